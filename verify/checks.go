package verify

import (
	"slices"
	"strings"
	"time"
)

// checkOrigin compares who issued the token, which kind it is, and for whom.
func (v *Verifier) checkOrigin(c *claims) error {
	if c.issuer != v.issuer {
		return &Error{Check: CheckIssuer, Expected: v.issuer, Found: public(c.issuer)}
	}
	switch v.kind {
	case idToken:
		if c.use != useID {
			return &Error{Check: CheckUse, Detail: "an ID token is due", Expected: useID, Found: public(c.use)}
		}
		// With several audiences, each must be trusted (OpenID Connect Core §3.1.3.7).
		if len(c.audience) == 0 || !v.acceptsAll(c.audience) {
			return v.wrongAudience(c.audience)
		}
	case accessToken:
		if c.use != useAccess {
			return &Error{Check: CheckUse, Detail: "an access token is due", Expected: useAccess, Found: public(c.use)}
		}
		if !v.audience.accepts(c.clientID) {
			return v.wrongAudience([]string{c.clientID})
		}
	default:
		return v.checkAudience(c)
	}
	if c.subject == "" {
		return malformed("its payload: sub is missing")
	}
	return nil
}

func (v *Verifier) checkAudience(c *claims) error {
	if _, present := memberNamed(c.members, "aud"); !present && v.clientIDFallback {
		if !v.audience.accepts(c.clientID) {
			return v.wrongAudience([]string{c.clientID})
		}
		return nil
	}
	if !slices.ContainsFunc(c.audience, v.audience.accepts) {
		return v.wrongAudience(c.audience)
	}
	return nil
}

func (v *Verifier) acceptsAll(audience []string) bool {
	return !slices.ContainsFunc(audience, func(id string) bool { return !v.audience.accepts(id) })
}

func (v *Verifier) wrongAudience(found []string) error {
	return &Error{Check: CheckAudience, Expected: v.audience.String(), Found: public(strings.Join(found, " "))}
}

// checkTimes compares exp, nbf and iat with now (RFC 7519 §4.1). It runs for a
// remembered token as for a new one.
func (v *Verifier) checkTimes(c *claims) error {
	now := v.now()
	switch {
	case c.expiry.IsZero():
		return malformed("its payload: exp is missing")
	case c.issuedAt.IsZero() && v.kind != anyToken:
		return malformed("its payload: iat is missing")
	case !now.Before(c.expiry.Add(v.leeway)):
		return &Error{Check: CheckExpired, Detail: "at " + c.expiry.Format(time.RFC3339) + "; now it is " + now.UTC().Format(time.RFC3339)}
	case now.Add(v.leeway).Before(c.notBefore):
		return v.tooEarly("nbf", c.notBefore, now)
	case now.Add(v.leeway).Before(c.issuedAt):
		return v.tooEarly("iat", c.issuedAt, now)
	}
	return nil
}

func (v *Verifier) tooEarly(claim string, from, now time.Time) error {
	return &Error{Check: CheckNotYetValid, Detail: claim + " is " + from.Format(time.RFC3339) + "; now it is " + now.UTC().Format(time.RFC3339) +
		". If this machine's clock is behind, correct it or use WithLeeway"}
}

// checkRights reads the groups and compares scopes and groups with what is
// required.
func (v *Verifier) checkRights(t *Token) error {
	if value, present := memberNamed(t.members, v.groupsClaim); present {
		groups, ok := parseStrings(value)
		if !ok {
			return malformed("its payload: the claim " + v.groupsClaim + " is not an array of strings")
		}
		t.groups = groups
	}
	if len(v.anyScope) > 0 && !slices.ContainsFunc(v.anyScope, t.HasScope) {
		return &Error{Check: CheckScope, Detail: "one of these is required", Expected: strings.Join(v.anyScope, " ")}
	}
	for _, scope := range v.allScopes {
		if !t.HasScope(scope) {
			return &Error{Check: CheckScope, Expected: scope}
		}
	}
	if len(v.anyGroup) > 0 && !slices.ContainsFunc(v.anyGroup, t.InGroup) {
		return &Error{Check: CheckGroup, Detail: "one of these is required", Expected: strings.Join(v.anyGroup, " ")}
	}
	return nil
}
