package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/gateway/authorizer"
)

// What stands for a stage, and for a client's address, where there is none.
const (
	trialStage  = "test-invoke-stage"
	trialSource = "test-invoke-source-ip"
)

// tryFunction asks an authorizer's function about a made-up GET request.
func (g *Gateway) tryFunction(a *Authorizer, t Trial) (TrialResult, error) {
	s := &stage{
		api: a.APIID, name: trialStage, region: t.Region, account: g.account,
		host:      a.APIID + ".execute-api." + t.Region + "." + g.domain,
		variables: t.Variables, variablesJSON: []byte("null"), root: &node{},
	}
	if len(t.Variables) > 0 {
		s.variablesJSON, _ = json.Marshal(t.Variables) // a map of strings always encodes
	}
	f, err := g.compileFunctionAuthorizer(s, a)
	if err != nil {
		return TrialResult{}, mistake("The authorizer cannot be run: %v", err)
	}
	x, err := g.trialExchange(s, t)
	if err != nil {
		return TrialResult{}, err
	}
	var log trialLog
	log.say("Execution log for request %s", x.id)
	log.say("Starting authorizer: %s", a.ID)
	values, v := f.identify(x, nil)
	if v.denial != nil {
		log.say("Unauthorized request: %s", v.reason)
		return TrialResult{Status: v.denial.status, Log: log.String()}, nil
	}
	arns, _, d := x.methodARNs()
	if d != nil {
		return TrialResult{Status: d.status, Log: log.String()}, nil
	}
	log.say("Calling %s for %s", f.function, f.arn)
	started := g.clock.Now()
	payload, err := f.invoke(g, Invocation{
		FunctionARN: f.function, SourceARN: f.arn, RoleARN: f.role, RequestID: x.id, TraceID: x.trace, Payload: f.event(x, nil, arns[0], values),
	})
	result := TrialResult{Latency: g.clock.Now().Sub(started)}
	log.say("Authorizer latency: %d ms", result.Latency.Milliseconds())
	var answer *authorizer.Answer
	if err == nil {
		answer, err = authorizer.Read(f.form, f.title, payload)
	}
	if err != nil {
		v := f.failed(err, values)
		log.say("Execution failed: %s", v.reason)
		result.Status, result.Log = v.denial.status, log.String()
		return result, nil
	}
	var said struct {
		Policy  json.RawMessage            `json:"policyDocument"`
		Context map[string]json.RawMessage `json:"context"`
	}
	_ = json.Unmarshal(payload, &said) // it was read already
	result.Principal, result.Policy, result.Context = answer.Principal, string(said.Policy), map[string]string{}
	for name := range said.Context {
		if text, ok := answer.Context.Text(name); ok {
			result.Context[name] = text
		}
	}
	log.say("Using valid authorizer policy for principal: %s", clipped(without(answer.Principal, values)))
	log.say("Successfully completed authorizer execution")
	result.Log = log.String()
	return result, nil
}

// trialExchange is the request of a trial, as far as an authorizer looks at one.
func (g *Gateway) trialExchange(s *stage, t Trial) (*exchange, error) {
	target := "/" + strings.TrimPrefix(t.Path, "/")
	path, query, _ := strings.Cut(target, "?")
	if inspect(path) == pathRefused || len(target) > maxURL {
		return nil, mistake("Invalid path specified: %s", path)
	}
	r, err := http.NewRequest(http.MethodGet, "http://"+s.host+"/", http.NoBody)
	if err != nil {
		return nil, mistake("The authorizer cannot be run")
	}
	r.Header = t.Headers
	route := &route{template: path}
	x := &exchange{
		r: r, stage: s, route: route, verb: http.MethodGet, at: g.clock.Now(), source: trialSource,
		address: Address{API: s.api, Region: s.region, Stage: s.name, Path: path, Query: query},
		method:  &method{resource: route, key: "GET " + path},
		arn:     s.verbARN(http.MethodGet) + path,
	}
	if headerBytes(r) > maxHeaders {
		return nil, mistake("The headers are over 10240 bytes")
	}
	g.identify(x)
	return x, nil
}

// trialLog is what an operator reads of a trial.
type trialLog struct{ strings.Builder }

func (l *trialLog) say(format string, args ...any) { fmt.Fprintf(l, format+"\n", args...) }
