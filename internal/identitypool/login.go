package identitypool

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/verify"
)

// login is one proved login: somebody is known to a provider under a subject.
type login struct {
	provider string // its key in Logins
	subject  string
	kind     loginKind
	// names are where role mappings and principal tags are looked up, the most
	// exact first.
	names  []string
	claims claims
	tags   map[string]string // principal tags that a developer's token brought along
	// settled: it opens the identity that it belongs to, and is never linked to
	// another one.
	settled bool
}

// loginKind stands between provider and subject in amr.
type loginKind string

const (
	byUserPool  loginKind = "CognitoSignIn"
	byOpenID    loginKind = "OIDC"
	bySAML      loginKind = "SAML"
	byDeveloper loginKind = "developer"
)

// mark is what amr says of a login beside its provider.
// https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
func mark(kind loginKind, provider, poolID, subject string) string {
	if kind == byDeveloper {
		return provider + ":" + poolID + ":" + subject
	}
	return provider + ":" + string(kind) + ":" + subject
}

// methods is the amr of an identity that came by these logins.
func methods(p *Pool, logins []login) []string {
	if len(logins) == 0 {
		return []string{roleUnauthenticated}
	}
	amr := []string{roleAuthenticated}
	for _, l := range logins {
		amr = append(amr, l.provider, mark(l.kind, l.provider, p.ID, l.subject))
	}
	return amr
}

// claims finds what a proof says under a name.
type claims func(name string) claim

// claim is what a proof says under one name: nothing, one value or several. A
// list of one is a list: what it means must not change with a second entry.
type claim struct {
	values []string
	list   bool
}

// tokenClaims reads claims of a token. What is neither a text, a number, a truth
// value nor a list of texts says nothing.
func tokenClaims(t *verify.Token) claims {
	return func(name string) claim {
		raw, _ := t.Claim(name) // of no claim: nothing
		return readClaim(raw)
	}
}

func readClaim(raw json.RawMessage) claim {
	if !json.Valid(raw) { // a decoder stops at the end of the first value
		return claim{}
	}
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return claim{}
	}
	switch v := value.(type) {
	case string:
		return claim{values: []string{v}}
	case bool, json.Number:
		return claim{values: []string{strings.TrimSpace(string(raw))}}
	case []any:
		texts := make([]string, 0, len(v))
		for _, e := range v {
			text, ok := e.(string)
			if !ok {
				return claim{}
			}
			texts = append(texts, text)
		}
		return claim{texts, true}
	}
	return claim{}
}

// prove proves every login of a call, in the order of their keys. One that does
// not hold refuses the whole call.
func (s *Service) prove(ctx context.Context, call *access.Call, p *Pool, given map[string]string) ([]login, error) {
	if err := checkCount("logins", len(given), maxLogins); err != nil {
		return nil, err
	}
	var proved []login
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if err := check("logins", key, 1, 128, nil); err != nil {
			return nil, err
		}
		if err := check("logins", given[key], 1, maxToken, nil); err != nil {
			return nil, err
		}
		l, err := s.proveOne(ctx, call, p, key, given[key])
		if err == nil && !usable(l.subject) {
			err = refusal{notAuthorized(textSubject), "the subject is empty, too long or no text"}
		}
		if err != nil {
			return nil, noted(call, key, err)
		}
		call.Record.Note("login", audit.Passed, mark(l.kind, l.provider, p.ID, l.subject), call.Time)
		proved = append(proved, l)
	}
	return proved, nil
}

func usable(subject string) bool {
	return subject != "" && len(subject) <= maxSubject && utf8.ValidString(subject) && !strings.ContainsRune(subject, 0)
}

// refusal is what refuses a login: AWS's error for the client, and the reason
// for the operator.
type refusal struct {
	error
	why string
}

func (r refusal) Unwrap() error { return r.error }

// noted records what refused a login, and returns what the client reads.
func noted(call *access.Call, key string, err error) error {
	var r refusal
	if !errors.As(err, &r) {
		call.Record.Note("login", audit.Failed, key+": "+err.Error(), call.Time)
		return err
	}
	call.Record.Note("login", audit.Refused, key+": "+r.why, call.Time)
	return r.error
}

// proveOne finds the provider of the pool that a key names.
func (s *Service) proveOne(ctx context.Context, call *access.Call, p *Pool, key, token string) (login, error) {
	switch {
	case key == ownProvider:
		return s.proveOwn(ctx, call, p, token)
	case p.Developer != "" && key == p.Developer:
		return login{}, refusal{notAuthorized(textDeveloperLogin), "anybody can claim to be a developer's user"}
	case slices.ContainsFunc(p.UserPools, func(u UserPoolProvider) bool { return u.Name == key }):
		return s.proveUserPool(ctx, call, p, key, token)
	case slices.Contains(p.SAML, key):
		return s.proveSAML(ctx, call, key, token)
	}
	for _, arn := range p.OpenID {
		if openIDName(arn) == key {
			return s.proveOpenID(ctx, call, arn, token)
		}
	}
	if clientID, ok := p.Public[key]; ok {
		return s.provePublic(ctx, call, key, clientID, token)
	}
	return login{}, refusal{notAuthorized(textNotSupported), "the pool has no such provider"}
}
