package gateway

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/verify"
)

// cognito proves callers by tokens of user pools.
//
// A method without authorization scopes wants an ID token; one with scopes an
// access token that has at least one of them. Neither kind passes for the other.
type cognito struct {
	name       string
	header     string         // canonical name of the header that holds the token
	validation *regexp.Regexp // on aud; nil: none
	pools      []string       // ARNs
	scopes     []string
	memo       *memo
}

// compileCognito is nil for an authorizer that cannot be decided on: its
// methods stay closed.
func compileCognito(a *Authorizer) *cognito {
	expression, err := ValidationExpression(a.Validation)
	if a.Type != AuthorizationCognito || err != nil || a.Check() != nil {
		return nil
	}
	return &cognito{name: a.Name, header: headerOf(a.IdentitySource), validation: expression, pools: a.ProviderARNs, memo: newMemo()}
}

func (c *cognito) forScopes(scopes []string) *cognito {
	own := *c
	own.scopes = scopes
	return &own
}

func (c *cognito) authorize(ctx context.Context, g *Gateway, x *exchange) verdict {
	raw, ok := bearerToken(headerValues(x.r.Header, c.header))
	if !ok {
		return denied(denyUnauthorized, "the header "+c.header+" does not hold exactly one token")
	}
	token, pool, why := c.prove(ctx, g.pools, raw)
	if token == nil {
		if errors.Is(why, verify.ErrExpired) {
			return denied(denyExpired, why.Error())
		}
		return denied(denyUnauthorized, why.Error())
	}
	x.token = token
	remembered := c.memo.of(raw, token, pool)
	x.claims, x.record.Caller = remembered.claims, remembered.caller
	return passed("")
}

var (
	errNoPool     = errors.New("none of the authorizer's user pools exists here")
	errValidation = errors.New("the token's aud does not match the identity validation expression")
	errNoScope    = errors.New("the access token has none of the method's authorization scopes")
)

// prove finds the pool that the token is from. Of several refusals it returns
// the one that came furthest: an expired token of one pool is expired, though
// it is foreign to the others.
func (c *cognito) prove(ctx context.Context, pools Pools, raw string) (*verify.Token, string, error) {
	why := errNoPool
	for _, pool := range c.pools {
		id, access := pools.Verifiers(pool)
		verifier := id
		if len(c.scopes) > 0 {
			verifier = access
		}
		if verifier == nil {
			continue
		}
		token, err := verifier.Verify(ctx, raw)
		if err != nil || token == nil {
			if err != nil && !errors.Is(why, verify.ErrExpired) {
				why = err
			}
			continue
		}
		if c.validation != nil && !slices.ContainsFunc(token.Audience(), c.validation.MatchString) {
			return nil, "", errValidation
		}
		if len(c.scopes) > 0 && !slices.ContainsFunc(c.scopes, token.HasScope) {
			return nil, "", errNoScope
		}
		return token, pool, nil
	}
	return nil, "", why
}

// bearerToken takes a token from the values of a header: one value, bare or after
// "Bearer". A header that is sent twice is refused, because two readers may
// each take another one.
func bearerToken(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	token := strings.Trim(values[0], " \t")
	const scheme = "Bearer "
	if len(token) > len(scheme) && strings.EqualFold(token[:len(scheme)], scheme) {
		token = strings.TrimLeft(token[len(scheme):], " ")
	}
	return token, token != ""
}
