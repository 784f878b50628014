package gateway

import (
	"context"
	"net/http"

	"github.com/sallyport/sallyport/internal/gateway/bearer"
)

// compileHTTPGuard knows what a route of an HTTP API can demand of its caller.
// Every other kind, and an authorizer that is gone or of another kind, leaves the
// route closed.
func (g *Gateway) compileHTTPGuard(r *HTTPRoute, parts httpParts) guard {
	switch r.Authorization {
	case AuthorizationNone:
		return guard{kind: guardNone, name: AuthorizationNone}
	case AuthorizationIAM:
		return guard{kind: guardIAM, name: AuthorizationIAM}
	case AuthorizationCustom:
		if f := parts.functions[r.AuthorizerID]; f != nil {
			return f.guard()
		}
	case AuthorizationJWT:
		if j := parts.tokens[r.AuthorizerID]; j != nil {
			return guard{kind: guardJWT, name: AuthorizationJWT + " " + j.name, jwt: j, scopes: r.Scopes}
		}
	}
	return guard{}
}

// jwt proves callers by tokens of an OpenID issuer. One is shared by all routes of
// a stage that name the authorizer; their scopes are their own.
type jwt struct {
	name   string
	source IdentitySource
	proof  *bearer.Authorizer
	passes string // for the record
}

// compileJWT is nil for an authorizer that cannot be decided on: its routes stay
// closed.
func (g *Gateway) compileJWT(region string, a *HTTPAuthorizer) *jwt {
	if a.Type != AuthorizerJWT || a.Check(region) != nil || g.issuers == nil {
		return nil
	}
	source, err := ParseIdentitySource(a.IdentitySources[0])
	if err != nil {
		return nil
	}
	issuer, err := g.issuers.Issuer(a.Issuer)
	if err != nil {
		return nil
	}
	proof, err := bearer.New(bearer.Config{Issuer: issuer, Audience: a.Audience, Clock: g.clock})
	if err != nil {
		return nil
	}
	return &jwt{name: a.Name, source: source, proof: proof, passes: "the token holds for iss " + a.Issuer}
}

// values are those that the request has for the identity source.
func (j *jwt) values(x *exchange) []string {
	if j.source.From == HeaderSource {
		return headerValues(x.r.Header, j.source.Name)
	}
	var room [16]pair
	var values []string
	for _, p := range x.httpQuery(room[:0]) {
		if p.name == j.source.Name {
			values = append(values, p.value)
		}
	}
	return values
}

func (j *jwt) authorize(ctx context.Context, x *exchange, scopes []string) verdict {
	caller, refusal := j.proof.Authorize(ctx, j.values(x), scopes)
	switch {
	case refusal != nil:
		d := *denyUnauthorized
		if refusal.Status == http.StatusForbidden {
			d = *denyForbidden
		}
		d.challenge = refusal.Challenge
		return denied(&d, refusal.Reason)
	case caller == nil:
		return denied(denyUnauthorized, "the token was neither proved nor refused")
	}
	x.bearer, x.record.Caller = caller, caller.Principal()
	return passed(j.passes)
}
