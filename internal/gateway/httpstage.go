package gateway

import (
	"log/slog"
	"time"
)

// httpStage is what a stage of an HTTP API has beside what all stages have.
type httpStage struct {
	routes     httpRoutes
	unreadable bool // a route's key is none: which requests it was to guard, nobody knows
	cors       *cors
	preflight  *method // answers what browsers ask before they ask; nil without CORS
}

// compileHTTP makes the routes of a stage of an HTTP API. d is nil where nothing
// was deployed. What cannot be compiled answers 500, and leaves the rest alone.
func (g *Gateway) compileHTTP(s *stage, d *HTTPDefinition) {
	s.http = &httpStage{}
	if d == nil {
		return
	}
	if s.http.cors = compileCORS(d.CORS); s.http.cors != nil {
		s.http.preflight = &method{
			resource: &route{}, guard: guard{kind: guardNone, name: AuthorizationNone},
			steps: []step{{"preflight", answerPreflight}},
		}
	}
	parts := httpParts{
		integrations: map[string]*HTTPIntegration{}, tokens: map[string]*jwt{}, functions: g.compileHTTPAuthorizers(s, d.Authorizers),
	}
	for _, i := range d.Integrations {
		parts.integrations[i.ID] = i
	}
	for _, a := range d.Authorizers {
		parts.tokens[a.ID] = g.compileJWT(s.region, a)
	}
	for _, r := range d.Routes {
		key, err := ParseRouteKey(r.Key)
		if err != nil {
			g.logger.Error("the key of a route cannot be read: its stage serves nothing", slog.String("api", s.api),
				slog.String("stage", s.name), slog.String("route", r.Key), slog.Any("error", err))
			s.http.unreadable = true
			continue
		}
		s.http.routes.add(key, g.compileHTTPRoute(s, r, key, parts))
	}
}

// httpParts are what the routes of an API refer to, by id.
type httpParts struct {
	integrations map[string]*HTTPIntegration
	functions    map[string]*functionAuthorizer // authorizers that ask a function
	tokens       map[string]*jwt                // authorizers that take tokens
}

const (
	shortestHTTPTimeout = 50 * time.Millisecond
	defaultHTTPTimeout  = 30 * time.Second // and the longest
)

func (g *Gateway) compileHTTPRoute(s *stage, r *HTTPRoute, key RouteKey, parts httpParts) *method {
	made := &method{
		resource: &route{id: r.ID, template: key.Path}, operation: r.OperationName, key: r.Key, variables: key.Variables(),
		arns: map[string]string{}, operations: map[string]string{}, timeout: defaultHTTPTimeout,
	}
	if key.Default {
		made.resource.template = DefaultRoute
	}
	answers := []string{key.Method}
	if key.Default || key.Method == AnyVerb {
		answers = verbs
	}
	for _, v := range answers {
		made.operations[v], made.arns[v] = v+" "+key.Path, s.verbARN(v)+key.Path
		if key.Default {
			made.operations[v], made.arns[v] = DefaultRoute, s.arn()+"/"+DefaultRoute
		}
	}
	made.guard = g.compileHTTPGuard(r, parts)
	made.limitBy(s.throttles, nil)
	i := parts.integrations[r.IntegrationID()]
	var err error
	if made.integration, err = g.compileHTTPIntegration(s, key, i); err != nil {
		g.logger.Warn("a route cannot be served", slog.String("api", s.api), slog.String("stage", s.name),
			slog.String("route", r.Key), slog.String("reason", err.Error()))
		made.integration = broken{err.Error()}
	}
	if i != nil && i.TimeoutMillis > 0 {
		made.timeout = min(max(time.Duration(i.TimeoutMillis)*time.Millisecond, shortestHTTPTimeout), defaultHTTPTimeout)
	}
	if made.guard.kind == guardIAM {
		made.steps = append(made.steps, step{"signature", proveSigner})
	}
	made.steps = append(made.steps, step{"authorize", authorize}, step{"throttle", throttleRequest}, step{"integrate", integrate})
	return made
}

// compileHTTPIntegration makes what stands behind a route, held again to what the
// control plane lets in: the stage's variables stand in it now.
func (g *Gateway) compileHTTPIntegration(s *stage, key RouteKey, i *HTTPIntegration) (integration, error) {
	if i == nil {
		return broken{"the route has no integration"}, nil
	}
	changes, err := compileChanges(i)
	if err != nil {
		return nil, err
	}
	switch i.Type {
	case IntegrationLambda:
		return compileHTTPFunction(s, i, changes)
	case IntegrationHTTP:
		return compileHTTPBackend(s, key, i, changes)
	}
	return broken{"unknown integration type " + i.Type}, nil
}

// arn is the stage's, and verbARN that of all its paths for one verb. The $default
// stage stands there by its name.
func (s *stage) arn() string {
	return "arn:aws:execute-api:" + s.region + ":" + s.account + ":" + s.api + "/" + s.name
}

func (s *stage) verbARN(verb string) string { return s.arn() + "/" + verb }

// route finds what answers a request, or why nothing does. What browsers ask
// before they ask needs no route, and no authorizer sees it.
func (h *httpStage) route(x *exchange) (*denial, string) {
	// The request line counts with the headers, as at AWS.
	if headerBytes(x.r)+len(x.r.Method)+len(x.r.RequestURI)+len(x.r.Proto) > maxHeaders {
		return denyHeaders, "the request line and the headers are over 10240 bytes"
	}
	if h.cors != nil && isPreflight(x.r) {
		x.method = h.preflight
		x.route = x.method.resource
		x.record.Operation, x.record.Authorizer = "OPTIONS preflight", AuthorizationNone
		return nil, ""
	}
	if h.unreadable {
		return failInternal, "the API has a route whose key cannot be read"
	}
	var why string
	if x.method, x.params, why = h.routes.lookup(x.verb, x.address.Path, x.room[:0]); x.method == nil {
		return denyUnknownRoute, why
	}
	x.route, x.arn = x.method.resource, x.method.arns[x.verb]
	x.record.Resource, x.record.Operation = x.arn, x.method.operations[x.verb]
	x.record.Route, x.record.Authorizer = x.method.key, x.method.guard.name
	return nil, ""
}
