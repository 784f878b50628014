package gateway

import (
	"maps"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/gateway/accesslog"
)

// granted is what a function said, of one caller.
type granted map[string]string

func (g granted) Value(name string) (string, bool) { v, ok := g[name]; return v, ok }

var began = time.Date(2026, 11, 21, 8, 30, 0, 250e6, time.UTC)

// answered is a request that a function has answered.
func answered() *exchange {
	x := &exchange{
		r: httptest.NewRequest("POST", "http://api/prod/pets/7?x=1", nil), verb: "POST", id: "id-1", extended: "ext-1",
		trace: "Root=1-2-3", at: began, source: "203.0.113.9", address: Address{Path: "/pets/7"},
		stage:  &stage{api: "a1", name: "prod", region: "eu-west-1", deployment: "d1", account: "000000000000", host: "a1.execute-api.eu-west-1.localhost"},
		route:  &route{id: "r1", template: "/pets/{id}"},
		method: &method{integration: lambda{}},
		grant:  granted{"principalId": "mia", "tier": "gold", "integrationLatency": "12"},
		sent:   42, answered: 201,
	}
	x.r.Header.Set("User-Agent", "curl/8")
	x.record.At, x.record.Status, x.record.Route, x.record.Took = began, 201, "POST /pets/{id}", 30*time.Millisecond
	x.record.Note("route", audit.Passed, "", began)
	x.record.Note("authorize", audit.Passed, "", began.Add(15*time.Millisecond))
	x.record.Note("integrate", audit.Passed, "", began.Add(29*time.Millisecond))
	return x
}

// throttled is a request that was refused after its caller was let in.
func throttled() *exchange {
	x := answered()
	x.record = audit.Record{At: began, Status: 403}
	x.record.Note("route", audit.Passed, "", began)
	x.record.Note("authorize", audit.Refused, "no policy allows it", began.Add(15*time.Millisecond))
	x.answered, x.refusal, x.refusedAt = 0, policyDenial(`not "you"`), "authorize"
	return x
}

func TestVariablesOfARequest(t *testing.T) {
	for name, want := range map[string]string{
		"requestId": "id-1", "extendedRequestId": "ext-1", "xrayTraceId": "1-2-3",
		"requestTime": "21/Nov/2026:08:30:00 +0000", "requestTimeEpoch": "1795249800250", "protocol": "HTTP/1.1",
		"httpMethod": "POST", "status": "201", "responseLength": "42", "responseLatency": "30",
		"accountId": "000000000000", "apiId": "a1", "domainPrefix": "a1", "domainName": "a1.execute-api.eu-west-1.localhost",
		"stage": "prod", "deploymentId": "d1", "path": "/prod/pets/7", "resourceId": "r1", "resourcePath": "/pets/{id}",
		"routeKey": "POST /pets/{id}", "identity.sourceIp": "203.0.113.9", "identity.userAgent": "curl/8",
		"authorizer.principalId": "mia", "authorizer.tier": "gold", "authorizer.integrationLatency": "12", "authorizer.latency": "15",
		"authorize.latency": "15", "authorize.status": "200",
		"integration.latency": "14", "integrationLatency": "14", "integration.status": "201",
		"integration.integrationStatus": "200", "integrationStatus": "200",
	} {
		if got, ok := answered().variable(name); !ok || got != want {
			t.Errorf("$context.%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{
		"", "x", "identity", "identity.", "authorizer", "authorizer.", "authorizer.claims", "authorizer.claims.", "authorizer.claims.sub",
		"authorizer.nothing", "error.message", "integration.error", "authorizer.error", "identity.userArn", "identity.apiKey", "integration.",
	} {
		if got, ok := answered().variable(name); ok || got != "" {
			t.Errorf("$context.%s is %q, want nothing", name, got)
		}
	}
}

func TestVariablesOfARefusal(t *testing.T) {
	for name, want := range map[string]string{
		"status": "403", "error.message": `not "you"`, "error.messageString": `"not \"you\""`, "error.responseType": "ACCESS_DENIED",
		"authorize.status": "403", "authorize.error": "no policy allows it", "authorizer.error": "no policy allows it",
		"integration.status": "", "integration.error": "", "integrationErrorMessage": "", "integration.latency": "",
	} {
		if got, _ := throttled().variable(name); got != want {
			t.Errorf("$context.%s is %q, want %q", name, got, want)
		}
	}
}

func TestAnHTTPAPIsDefaultStageIsNoPartOfThePath(t *testing.T) {
	x := answered()
	x.stage.name = "$default"
	if got, _ := x.variable("path"); got != "/pets/7" {
		t.Error(got)
	}
}

// What was refused before it had a stage, a route or a method must not crash
// whoever asks about it, whatever they ask.
func TestEveryVariableCanBeAskedOfARequestThatFoundNothing(t *testing.T) {
	names := append(accesslog.REST.Names(), accesslog.HTTP.Names()...)
	names = append(names, slices.Collect(maps.Keys(requestVariables))...)
	for _, x := range []*exchange{{r: httptest.NewRequest("GET", "/", nil)}, throttled(), answered()} {
		for _, name := range names {
			x.variable(name)
			x.variable(name + ".x")
		}
	}
}

// A mapping can send nothing that is unknown when it is made.
func TestMappingsSendOnlyWhatIsKnownBefore(t *testing.T) {
	for _, name := range []string{"status", "responseLength", "error.message", "integration.status", "authorizer", "authorizer.", "authorizer.claims", "identity.apiKey", "x"} {
		if isRequestVariable(name) {
			t.Errorf("context.%s can be mapped", name)
		}
	}
	for _, name := range []string{"requestId", "identity.sourceIp", "authorizer.principalId", "authorizer.claims.sub", "authorizer.tier"} {
		if !isRequestVariable(name) {
			t.Errorf("context.%s cannot be mapped", name)
		}
	}
}
