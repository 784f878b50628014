package gateway

import (
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/authorizer"
)

// compileHTTPAuthorizers makes those authorizers of an HTTP API's stage that ask a function.
func (g *Gateway) compileHTTPAuthorizers(s *stage, list []*HTTPAuthorizer) map[string]*functionAuthorizer {
	made := map[string]*functionAuthorizer{}
	for _, a := range list {
		if a.Type != AuthorizerRequest {
			continue
		}
		f, err := g.compileHTTPAuthorizer(s, a)
		if err != nil {
			g.logger.Warn("an authorizer cannot be asked, and its routes stay closed", slog.String("api", s.api),
				slog.String("stage", s.name), slog.String("authorizer", a.ID), slog.String("reason", err.Error()))
			continue
		}
		made[a.ID] = f
	}
	return made
}

// compileHTTPAuthorizer fails for what cannot be decided on. Every identity source
// must be there, whether or not answers are remembered. They are where that was
// asked for, and not otherwise: what a simple response says holds for all routes,
// which nobody should come by unawares.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
func (g *Gateway) compileHTTPAuthorizer(s *stage, a *HTTPAuthorizer) (*functionAuthorizer, error) {
	if err := a.Check(s.region); err != nil {
		return nil, err
	}
	f, err := g.newFunctionAuthorizer(s, a.ID, a.Name, a.URI, a.CredentialsARN)
	if err != nil {
		return nil, err
	}
	for _, text := range a.IdentitySources {
		source, err := ParseIdentitySource(text)
		if err != nil {
			return nil, err
		}
		value := compileIdentity(source)
		value.name = text // in HTTP APIs' own words, for who reads why it was refused
		f.sources = append(f.sources, value)
	}
	f.needs = true
	switch {
	case a.PayloadVersion == PayloadOne:
		f.form, f.event = authorizer.HTTP1, appendHTTPRequestOne
	case a.SimpleResponses:
		f.form, f.event = authorizer.Simple, appendHTTPRequestTwo
	default:
		f.form, f.event = authorizer.HTTP2, appendHTTPRequestTwo
	}
	var ttl time.Duration
	if a.TTLSeconds != nil && len(f.sources) > 0 {
		ttl = time.Duration(*a.TTLSeconds) * time.Second
	}
	f.scope = g.answers.Open(ttl)
	return f, nil
}
