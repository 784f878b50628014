package gateway

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/gateway/authorizer"
	"github.com/sallyport/sallyport/internal/policy"
)

// functionAuthorizer has a function say what a caller may do: the kinds TOKEN and
// REQUEST of REST APIs, REQUEST of HTTP APIs.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
type functionAuthorizer struct {
	name       string // for the record: "CUSTOM staff"
	title      string // of its policy, in explanations
	arn        string // arn:aws:execute-api:{region}:{account}:{api}/authorizers/{id}: who calls the function
	function   string
	role       string // that calls it; "": API Gateway itself
	form       authorizer.Form
	needs      bool // every identity source must be there
	sources    []identityValue
	validation *regexp.Regexp // of a TOKEN; nil: none
	scope      *authorizer.Scope
	event      func(x *exchange, b []byte, arn string, values []string) []byte
}

// authorizerTimeout is how long a function is waited for.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const authorizerTimeout = 10 * time.Second

// compileAuthorizers makes what the methods of a REST API's stage are guarded by.
func (g *Gateway) compileAuthorizers(s *stage, list []*Authorizer) *authorizers {
	made := &authorizers{cognito: map[string]*cognito{}, lambda: map[string]*functionAuthorizer{}}
	for _, a := range list {
		if a.Type == AuthorizationCognito {
			if c := compileCognito(a); c != nil {
				made.cognito[a.ID] = c
			}
			continue
		}
		f, err := g.compileFunctionAuthorizer(s, a)
		if err != nil {
			g.logger.Warn("an authorizer cannot be asked, and its methods stay closed", slog.String("api", s.api),
				slog.String("stage", s.name), slog.String("authorizer", a.ID), slog.String("reason", err.Error()))
			continue
		}
		made.lambda[a.ID] = f
	}
	return made
}

// compileFunctionAuthorizer fails for what cannot be decided on.
func (g *Gateway) compileFunctionAuthorizer(s *stage, a *Authorizer) (*functionAuthorizer, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	f, err := g.newFunctionAuthorizer(s, a.ID, a.Name, a.URI, a.CredentialsARN)
	if err != nil {
		return nil, err
	}
	sources, err := a.IdentitySources()
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		f.sources = append(f.sources, compileIdentity(source))
	}
	f.form = authorizer.REST
	f.scope = g.answers.Open(time.Duration(a.TTL()) * time.Second)
	switch a.Type {
	case AuthorizerToken:
		f.needs, f.event = true, appendTokenEvent
		f.validation, err = ValidationExpression(a.Validation)
	case AuthorizerRequest:
		f.needs, f.event = f.scope.Remembers(), appendRequestEvent
	default:
		err = errors.New("there is no such type of authorizer")
	}
	return f, err
}

// newFunctionAuthorizer finds the function, with the stage's variables put in.
func (g *Gateway) newFunctionAuthorizer(s *stage, id, name, uri, role string) (*functionAuthorizer, error) {
	full, missing := substitute(uri, s.variables)
	if missing != "" {
		return nil, errors.New("the stage has no variable " + strconv.Quote(missing) + ", which the authorizer's URI names")
	}
	parts := functionURI.FindStringSubmatch(full)
	if parts == nil || !functionARN.MatchString(parts[2]) {
		return nil, errors.New("the authorizer's URI, with the stage's variables in it, names no function")
	}
	return &functionAuthorizer{
		name: AuthorizationCustom + " " + name, title: "authorizer " + name,
		arn:      "arn:aws:execute-api:" + s.region + ":" + s.account + ":" + s.api + "/authorizers/" + id,
		function: parts[2], role: role,
	}, nil
}

func (f *functionAuthorizer) guard() guard {
	return guard{kind: guardLambda, name: f.name, lambda: f}
}

// authorize finds who calls, has the function's answer remembered or given, and
// asks its policy about this request.
func (f *functionAuthorizer) authorize(ctx context.Context, g *Gateway, x *exchange) verdict {
	var room [4]string
	values, v := f.identify(x, room[:0])
	if v.denial != nil {
		return v
	}
	arns, n, d := x.methodARNs()
	if d != nil {
		return denied(d, "the ARN of the method is over 1600 bytes")
	}
	x.record.Resource = arns[0]
	answer, from, err := f.ask(ctx, g, x, arns[0], values)
	if err != nil {
		return f.failed(err, values)
	}
	x.said.answer, x.grant = answer, &x.said
	x.record.Caller = answer.Caller
	return f.decide(x, answer, from, arns[:n])
}

// identify collects the values of the identity sources.
func (f *functionAuthorizer) identify(x *exchange, into []string) ([]string, verdict) {
	for i := range f.sources {
		value, why := f.sources[i].of(x)
		if value == "" && f.needs {
			return nil, denied(denyUnauthorized, "the identity source "+f.sources[i].name+" "+why)
		}
		into = append(into, value)
	}
	if f.validation != nil && !f.validation.MatchString(into[0]) {
		return nil, denied(denyUnauthorized, "the token does not match the identity validation expression")
	}
	return into, verdict{}
}

// ask is the answer for these values: remembered, or the function's.
func (f *functionAuthorizer) ask(ctx context.Context, g *Gateway, x *exchange, arn string, values []string) (*authorizer.Answer, authorizer.Origin, error) {
	var key authorizer.Key
	if f.scope.Remembers() {
		key = f.scope.Key(values...)
		if answer := f.scope.Find(key); answer != nil {
			return answer, authorizer.Remembered, nil
		}
	}
	// The call may outlive the request, so nothing of the exchange goes with it.
	values = append([]string(nil), values...) // and what they lie in need not outlive authorize
	call := Invocation{
		FunctionARN: f.function, SourceARN: f.arn, RoleARN: f.role, RequestID: x.id, TraceID: x.trace,
		Payload: f.event(x, nil, arn, values),
	}
	started := g.clock.Now()
	answer, from, err := f.scope.Answer(ctx, key, func() (*authorizer.Answer, error) { return f.call(g, call, values) })
	x.said.latency = g.clock.Now().Sub(started)
	return answer, from, err
}

// call asks the function itself. Whoever shares the answer has the same values.
func (f *functionAuthorizer) call(g *Gateway, i Invocation, values []string) (*authorizer.Answer, error) {
	payload, err := f.invoke(g, i)
	if err != nil {
		return nil, err
	}
	answer, err := authorizer.Read(f.form, f.title, payload)
	if err == nil {
		answer.Caller = f.arn + "/" + clipped(without(answer.Principal, values))
	}
	return answer, err
}

func (f *functionAuthorizer) invoke(g *Gateway, i Invocation) ([]byte, error) {
	waiting, stop := context.WithTimeout(context.Background(), authorizerTimeout)
	defer stop()
	payload, functionError, err := g.invoker.Invoke(waiting, i)
	switch {
	case waiting.Err() != nil:
		return nil, &authorizer.Failure{Reason: "the function did not answer within " + authorizerTimeout.String()}
	case errors.Is(err, ErrThrottled):
		return nil, &authorizer.Failure{Kind: authorizer.Broken, Reason: err.Error()}
	case err != nil:
		return nil, &authorizer.Failure{Reason: "the function cannot be invoked: " + err.Error()}
	case functionError:
		return nil, authorizer.FailureOf(f.form, payload)
	}
	return payload, nil
}

// failed is what a client hears when there is no answer.
func (f *functionAuthorizer) failed(err error, values []string) verdict {
	failure, ok := errors.AsType[*authorizer.Failure](err)
	switch {
	case !ok:
		return denied(failAuthorizer, "the client left while the authorizer was asked")
	case failure.Kind == authorizer.Unauthorized:
		return denied(denyUnauthorized, without(failure.Reason, values))
	case failure.Kind == authorizer.Broken:
		return denied(failAuthorizer, without(failure.Reason, values))
	}
	return denied(denyAuthorizer, without(failure.Reason, values))
}

// decide asks the answer about each way in which the path can be read. An allow
// of the API's own policy stands in for its silence, not for its no.
func (f *functionAuthorizer) decide(x *exchange, answer *authorizer.Answer, from authorizer.Origin, arns []string) verdict {
	q := authorizer.Question{Account: x.stage.account, Conditions: (*conditions)(x)}
	var d policy.Decision
	for _, q.ARN = range arns {
		x.record.Resource = q.ARN
		d = answer.Decide(&q)
		if d.Allowed() || x.resourceAllowed && d.Outcome == policy.ImplicitDeny {
			continue
		}
		return f.refuse(x, answer, from, &q)
	}
	if !d.Allowed() {
		return passed(from.String() + ": the authorizer's policy is silent, the API's own allows it")
	}
	if d.By.Effect == 0 {
		return passed(from.String() + ": isAuthorized")
	}
	return passed(allowedBy(from, d.By.Statement))
}

// allowedBy says which statement let a request in. The texts of most are made once.
func allowedBy(from authorizer.Origin, statement int) string {
	if int(from) < len(allowedTexts) && statement < len(allowedTexts[from]) {
		return allowedTexts[from][statement]
	}
	return allowedText(from, statement)
}

func allowedText(from authorizer.Origin, statement int) string {
	return from.String() + ": statement " + strconv.Itoa(statement) + " of the authorizer's policy allows it"
}

var allowedTexts = func() (texts [authorizer.Remembered + 1][8]string) {
	for from := range texts {
		for statement := range texts[from] {
			texts[from][statement] = allowedText(authorizer.Origin(from), statement)
		}
	}
	return texts
}()

func (f *functionAuthorizer) refuse(x *exchange, answer *authorizer.Answer, from authorizer.Origin, q *authorizer.Question) verdict {
	d, trace, reason := answer.Explain(q)
	if trace != nil {
		x.record.Denied = &audit.Denied{Principal: x.record.Caller, Action: invoke, Resource: q.ARN, Trace: trace}
	}
	reason = from.String() + ": " + reason
	if d.Outcome == policy.ExplicitDeny {
		return denied(denyExplicitly, reason)
	}
	return denied(denyAccess, reason)
}

// clipped bounds a principal, which may be as long as an answer, in a record.
func clipped(principal string) string {
	const most = 256 // bytes
	if len(principal) <= most {
		return principal
	}
	return strings.ToValidUTF8(principal[:most], "") + "…"
}

// said is what an authorizer's function has said of the caller of an exchange.
type said struct {
	answer  *authorizer.Answer
	latency time.Duration // of the call; 0 when the answer was remembered
}

// Value implements grant.
func (s *said) Value(name string) (string, bool) {
	if name == "integrationLatency" {
		return milliseconds(s.latency), true
	}
	return s.answer.Context.Text(name)
}

// append appends requestContext.authorizer of a REST API's event.
func (s *said) append(b []byte) []byte {
	b = append(b, '{')
	b = append(b, s.answer.Context.Members...)
	b = append(b, `,"integrationLatency":`...)
	b = strconv.AppendInt(b, s.latency.Milliseconds(), 10)
	return append(b, '}')
}
