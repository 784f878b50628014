package gateway

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/accesslog"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
	"github.com/sallyport/sallyport/internal/policy"
)

// stage is a deployment as the data plane serves it under one name.
type stage struct {
	api, name, region string
	deployment        string
	account           string
	host              string // {api}.execute-api.{region}.{domain}: never what a client claims
	disabled          bool
	variables         map[string]string
	variablesJSON     []byte // or null
	binary            binaryTypes
	root              *node
	policy            policy.Attached // of the API itself; zero: none
	responses         responses
	throttles         *throttle.Stage
	log               *accesslog.Log // nil: none is kept

	http *httpStage // of an HTTP API; nil: of a REST API
}

// method is what answers one verb of a route.
type method struct {
	resource    *route
	guard       guard
	integration integration
	timeout     time.Duration
	steps       []step
	arns        map[string]string // by verb: ARN of what is called
	operations  map[string]string // by verb: "GET /pets/{id}"
	operation   string            // operationName
	variables   []string          // of an HTTP API's route: names of the path's variables, in order
	key         string            // as its owner wrote it: "ANY /pets/{id}"
	limit       throttle.Chain
	limits      map[string]throttle.Chain // by verb, where one of ANY's has a limit of its own
}

// compile makes the tree of routes of a stage. It cannot fail: what cannot be
// compiled becomes a method that answers 500, and leaves the others alone.
func (g *Gateway) compile(row *Stage, d *Definition) *stage {
	s := &stage{
		api: row.APIID, name: row.Name, region: row.Region, deployment: row.DeploymentID, account: g.account,
		host:     row.APIID + ".execute-api." + row.Region + "." + g.domain,
		disabled: d.EndpointDisabled, variables: row.Variables, variablesJSON: []byte("null"),
		binary: d.BinaryMediaTypes, root: &node{},
	}
	if len(row.Variables) > 0 {
		s.variablesJSON, _ = json.Marshal(row.Variables) // a map of strings always encodes
	}
	s.throttles = g.throttles.Stage(row.Region, row.APIID, row.Name, throttleSettings(row, d))
	s.log = g.compileLog(row)
	if row.HTTP {
		g.compileHTTP(s, d.HTTP)
		return s
	}
	s.policy = g.compilePolicy(s, d.Policy)
	s.responses = responses{}
	for _, r := range d.Responses {
		if made, err := compileResponse(r); err == nil { // else the gateway's own words stay
			s.responses[responseType(r.Type)] = made
		}
	}
	guards := g.compileAuthorizers(s, d.Authorizers)
	for _, r := range d.Resources {
		if len(r.Methods) == 0 {
			continue
		}
		compiled := &route{id: r.ID, template: r.Path, methods: map[string]*method{}}
		for verb, m := range r.Methods {
			made := g.compileMethod(s, compiled, verb, m, guards)
			if verb == AnyVerb {
				compiled.any = made
			} else {
				compiled.methods[verb] = made
			}
		}
		s.root.add(r.Path, compiled)
	}
	return s
}

func (g *Gateway) compileMethod(s *stage, r *route, verb string, m *Method, guards *authorizers) *method {
	made := &method{
		resource: r, guard: compileGuard(m, guards), operation: m.OperationName, key: verb + " " + r.template,
		arns: map[string]string{}, operations: map[string]string{},
	}
	answers := []string{verb}
	if verb == AnyVerb {
		answers = verbs
	}
	made.limitBy(s.throttles, answers)
	for _, v := range answers {
		made.arns[v] = "arn:aws:execute-api:" + s.region + ":" + s.account + ":" + s.api + "/" + s.name + "/" + v + r.template
		made.operations[v] = v + " " + r.template
	}
	var err error
	if made.integration, err = compileIntegration(s, r, m); err != nil {
		g.logger.Warn("a method cannot be served", slog.String("api", s.api), slog.String("stage", s.name),
			slog.String("method", verb+" "+r.template), slog.String("reason", err.Error()))
		made.integration = broken{err.Error()}
	}
	if m.Integration != nil {
		made.timeout = time.Duration(m.Integration.TimeoutMillis) * time.Millisecond
	}
	own := s.policy.Policy != nil
	switch {
	case made.guard.kind == guardIAM:
		made.steps = append(made.steps, step{"signature", proveSigner})
	case made.guard.kind == guardLambda && own:
		made.steps = append(made.steps, step{"resource policy", resourceMayDeny})
	}
	made.steps = append(made.steps, step{"authorize", authorize})
	if own && (made.guard.kind == guardNone || made.guard.kind == guardCognito) {
		made.steps = append(made.steps, step{"resource policy", resourceAllows})
	}
	made.steps = append(made.steps, step{"throttle", throttleRequest}, step{"integrate", integrate})
	return made
}

// compileIntegration makes what stands behind a method, with the stage's
// variables put in.
func compileIntegration(s *stage, r *route, m *Method) (integration, error) {
	if m.Integration == nil {
		return broken{"no integration"}, nil
	}
	switch m.Integration.Type {
	case IntegrationLambda:
		return compileLambda(s, m.Integration)
	case IntegrationHTTP:
		return compileBackend(s, r, m.Integration)
	case IntegrationMock:
		return compileMock(m)
	}
	return broken{"unknown integration type " + m.Integration.Type}, nil
}

// substitute puts stage variables into a URI. A variable that the stage does
// not have stays missing: missing is its name.
func substitute(uri string, variables map[string]string) (full, missing string) {
	full = stageVariable.ReplaceAllStringFunc(uri, func(reference string) string {
		name := stageVariable.FindStringSubmatch(reference)[1]
		value, ok := variables[name]
		if !ok {
			missing = name
		}
		return value
	})
	return full, missing
}

// matchWhole compiles a selection pattern, which is matched against all of a text.
func matchWhole(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`^(?:` + pattern + `)$`)
}

// headerOf is the canonical name of the header of an identity source.
func headerOf(source string) string { return strings.TrimPrefix(source, HeaderSource) }
