package gateway

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Trial is a made-up request on which an authorizer is tried.
type Trial struct {
	Region    string
	Headers   http.Header
	Path      string            // with its query; "" is /
	Variables map[string]string // of the stage
}

// TrialResult is what came of it.
type TrialResult struct {
	Status  int // what the client would have heard; 0: the authorizer did its work
	Log     string
	Latency time.Duration
	Claims  map[string]string // of a user pool's token

	// Of a function.
	Principal string
	Policy    string            // the document, as it was answered
	Context   map[string]string // as texts
}

// TryAuthorizer runs an authorizer of a REST API as it is edited now, past all caches.
func (g *Gateway) TryAuthorizer(ctx context.Context, a *Authorizer, t Trial) (TrialResult, error) {
	if a.Type != AuthorizationCognito {
		return g.tryFunction(a, t)
	}
	c := compileCognito(a)
	if c == nil {
		return TrialResult{}, mistake("The authorizer cannot be run")
	}
	started := g.clock.Now()
	sent := headerValues(t.Headers, c.header)
	raw, ok := bearerToken(sent)
	if !ok {
		return TrialResult{Status: 401, Log: "Unauthorized: " + noToken(c.header, sent)}, nil
	}
	token, _, why := c.prove(ctx, g.pools, raw)
	result := TrialResult{Status: 401, Latency: g.clock.Now().Sub(started)}
	if token == nil {
		result.Log = fmt.Sprintf("Unauthorized: %v", why)
		return result, nil
	}
	result.Status, result.Log, result.Claims = 0, "Authorized", map[string]string{}
	for name, value := range token.All() {
		if text, ok := claimText(token, name, value); ok {
			result.Claims[name] = text
		}
	}
	return result, nil
}
