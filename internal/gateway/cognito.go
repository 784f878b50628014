package gateway

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
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
	sent := headerValues(x.r.Header, c.header)
	raw, ok := bearerToken(sent)
	if !ok {
		return denied(denyUnauthorized, noToken(c.header, sent))
	}
	token, pool, why := c.prove(ctx, g.pools, raw)
	if token == nil {
		if errors.Is(why, verify.ErrExpired) {
			return denied(denyExpired, why.Error())
		}
		return denied(denyUnauthorized, why.Error())
	}
	x.token = token
	x.remembered = c.memo.of(raw, token, pool)
	x.record.Caller = x.remembered.caller
	return passed(x.remembered.passes)
}

var errNoPool = errors.New("none of the authorizer's user pools exists here")

// Why a token whose signature holds does not do. What it says of itself is then
// its pool's word, and no secret.

func (c *cognito) otherAudience(token *verify.Token) error {
	expression := strings.TrimSuffix(strings.TrimPrefix(c.validation.String(), anchored), ")")
	return fmt.Errorf("the token's aud is %q; the authorizer's validation expression wants one that begins with %q", strings.Join(token.Audience(), " "), expression)
}

func (c *cognito) noScope(token *verify.Token) error {
	return fmt.Errorf("the access token's scope is %q; the method wants one of %q", strings.Join(token.Scopes(), " "), strings.Join(c.scopes, " "))
}

// noToken says why bearerToken has found none in a header.
func noToken(header string, values []string) string {
	switch len(values) {
	case 0:
		return "the request has no header " + header
	case 1:
		return "the header " + header + " holds no token"
	}
	return "the header " + header + " is there " + strconv.Itoa(len(values)) + " times, and nobody could say which one counts"
}

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
			return nil, "", c.otherAudience(token)
		}
		if len(c.scopes) > 0 && !slices.ContainsFunc(c.scopes, token.HasScope) {
			return nil, "", c.noScope(token)
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
