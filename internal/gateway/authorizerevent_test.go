package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func TestATokenAuthorizerHearsThreeThings(t *testing.T) {
	a, g := newGuarded(t)
	id := a.byToken("", 300)
	a.custom("GET", "/items/{id}", id)
	a.deploy("prod")
	expectReply(t, "allowed", a.send("GET", "/prod/items/7?q=1", bearing("Bearer t1")), 200, "hello")
	call, event := g.last(t)
	want := map[string]any{"type": "TOKEN", "methodArn": a.arnOf("prod/GET/items/7"), "authorizationToken": "Bearer t1"}
	if fmt.Sprint(event) != fmt.Sprint(want) {
		t.Errorf("the event is %v", event)
	}
	if call.SourceARN != a.arnOf("authorizers/"+id) || call.RoleARN != "" || call.Caller != nil {
		t.Errorf("called for %s by %q", call.SourceARN, call.RoleARN)
	}
}

func TestARequestAuthorizerHearsTheRequest(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("POST", "/items/{id}", a.byRequest("method.request.header.X-User", 300))
	a.deploy("prod")
	expectReply(t, "allowed", a.send("POST", "/prod/items/7?q=1&q=2", withHeader("X-User", "ann"), withHeader("Accept", "a"), withHeader("Accept", "b"), withBody("hidden")), 200, "")
	_, event := g.last(t)
	for name, want := range map[string]string{
		"type": "REQUEST", "methodArn": a.arnOf("prod/POST/items/7"), "resource": "/items/{id}", "path": "/items/7", "httpMethod": "POST",
		"queryStringParameters": "map[q:2]", "multiValueQueryStringParameters": "map[q:[1 2]]", "pathParameters": "map[id:7]", "stageVariables": "map[]",
	} {
		if got := fmt.Sprint(event[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	headers, all := event["headers"].(map[string]any), event["multiValueHeaders"].(map[string]any)
	if headers["X-User"] != "ann" || headers["Accept"] != "b" || fmt.Sprint(all["Accept"]) != "[a b]" {
		t.Errorf("headers are %v and %v", headers, all)
	}
	expectKeys(t, "the event", event, "type methodArn resource path httpMethod headers multiValueHeaders queryStringParameters multiValueQueryStringParameters pathParameters stageVariables requestContext")
	expectKeys(t, "the context", event["requestContext"].(map[string]any), "resourceId resourcePath httpMethod extendedRequestId requestTime path accountId protocol stage domainPrefix requestTimeEpoch requestId identity domainName apiId")
	expectReply(t, "bare", a.send("POST", "/prod/items/7", withHeader("X-User", "bob")), 200, "")
	if _, event = g.last(t); fmt.Sprint(event["queryStringParameters"], event["multiValueQueryStringParameters"]) != "map[] map[]" {
		t.Errorf("an empty query is %v", event["queryStringParameters"])
	}
}

func TestAContextReachesTheFunctionAsTexts(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 300))
	a.deploy("prod")
	g.says(always(allows("Allow", "*", `{"text":"x","number":123,"yes":true,"none":null,"principalId":"root","integrationLatency":9000,"claims":"y"}`)))
	for i := range 2 {
		expectReply(t, "allowed", a.send("GET", "/prod/a", bearing("t1")), 200, "")
		given := g.function.event(t)["requestContext"].(map[string]any)["authorizer"].(map[string]any)
		latency, isNumber := given["integrationLatency"].(float64)
		if !isNumber || latency >= 9000 || i == 1 && latency != 0 {
			t.Errorf("integrationLatency is %v", given["integrationLatency"])
		}
		delete(given, "integrationLatency")
		if got := fmt.Sprint(given); got != "map[claims:y none:<nil> number:123 principalId:ann text:x yes:true]" {
			t.Errorf("the context is %s", got)
		}
		if s, ok := given["number"].(string); !ok || s != "123" {
			t.Errorf("a number is a %T", given["number"])
		}
		record := a.records.latest()
		want := "a call"
		if i == 1 {
			want = "a cached answer"
		}
		if step := stepOf(record, "authorize"); !strings.HasPrefix(step.Detail, want+": statement 0") || record.Authorizer != "CUSTOM guard" || !strings.HasSuffix(record.Caller, "/ann") {
			t.Errorf("the record says %q by %q of %q", step.Detail, record.Authorizer, record.Caller)
		}
	}
}

func TestAnAuthorizersRoleAndVariablesGoWithTheCall(t *testing.T) {
	a, g := newGuarded(t)
	role := "arn:aws:iam::000000000000:role/guards"
	made, err := a.client.CreateAuthorizer(t.Context(), &apigateway.CreateAuthorizerInput{
		RestApiId: &a.id, Name: aws.String("guard"), Type: types.AuthorizerTypeToken, AuthorizerCredentials: &role,
		AuthorizerUri:  aws.String(strings.Replace(guardURI, ":guard", ":${stageVariables.who}", 1)),
		IdentitySource: aws.String("method.request.header.Authorization"),
	})
	must(t, err)
	a.custom("GET", "/a", *made.Id)
	d := a.deploy("prod")
	expectReply(t, "no such variable", a.send("GET", "/prod/a", bearing("t1")), 500, broken)
	_, err = a.client.CreateStage(t.Context(), &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("full"), DeploymentId: &d, Variables: map[string]string{"who": "guard"}})
	must(t, err)
	expectReply(t, "with it", a.send("GET", "/full/a", bearing("t1")), 200, "")
	if call, _ := g.last(t); call.RoleARN != role {
		t.Errorf("called by %q", call.RoleARN)
	}
}

func TestTryingAnAuthorizersFunction(t *testing.T) {
	a, g := newGuarded(t)
	token := a.byToken("Bearer .*", 300)
	try := func(in *apigateway.TestInvokeAuthorizerInput) *apigateway.TestInvokeAuthorizerOutput {
		t.Helper()
		in.RestApiId = &a.id
		out, err := a.client.TestInvokeAuthorizer(t.Context(), in)
		must(t, err)
		return out
	}
	bearing := map[string]string{"authorization": "Bearer a-rather-long-token"}
	g.says(always(allows("Allow", "*", `{"n":1,"none":null}`)))
	for range 2 { // never remembered
		out := try(&apigateway.TestInvokeAuthorizerInput{AuthorizerId: &token, Headers: bearing, PathWithQueryString: aws.String("/items/7?q=1")})
		if out.ClientStatus != 0 || aws.ToString(out.PrincipalId) != "ann" || !strings.Contains(aws.ToString(out.Policy), `"Resource":"*"`) || fmt.Sprint(out.Authorization) != "map[n:[1]]" {
			t.Errorf("allowed: %+v", out)
		}
		if log := aws.ToString(out.Log); strings.Contains(log, "a-rather-long-token") || !strings.Contains(log, "principal: ann") {
			t.Errorf("the log is %s", log)
		}
	}
	if _, event := g.last(t); event["methodArn"] != a.arnOf("test-invoke-stage/GET/items/7") || g.count() != 2 {
		t.Errorf("the event is %v, after %d calls", event, g.count())
	}
	if out := try(&apigateway.TestInvokeAuthorizerInput{AuthorizerId: &token, Headers: map[string]string{"Authorization": "Basic x"}}); out.ClientStatus != 401 || g.count() != 2 {
		t.Errorf("no match: %+v", out)
	}
	g.fails(`{"errorMessage":"Unauthorized"}`, nil)
	if out := try(&apigateway.TestInvokeAuthorizerInput{AuthorizerId: &token, Headers: bearing}); out.ClientStatus != 401 {
		t.Errorf("Unauthorized: %+v", out)
	}
	g.says(always(`{}`))
	if out := try(&apigateway.TestInvokeAuthorizerInput{AuthorizerId: &token, Headers: bearing}); out.ClientStatus != 500 || out.Policy != nil {
		t.Errorf("no answer: %+v", out)
	}
	request := a.functional(&apigateway.CreateAuthorizerInput{
		Name: aws.String("request"), Type: types.AuthorizerTypeRequest, IdentitySource: aws.String("method.request.querystring.q,stageVariables.tier"),
	})
	g.says(always(allows("Deny", "*", "null")))
	if out := try(&apigateway.TestInvokeAuthorizerInput{AuthorizerId: &request, PathWithQueryString: aws.String("/?q=1"), StageVariables: map[string]string{"tier": "gold"}}); out.ClientStatus != 0 || !strings.Contains(aws.ToString(out.Policy), "Deny") {
		t.Errorf("a deny is an answer: %+v", out)
	}
	if out := try(&apigateway.TestInvokeAuthorizerInput{AuthorizerId: &request}); out.ClientStatus != 401 {
		t.Errorf("no identity: %+v", out)
	}
}

// What an authorizer says of a caller reaches a backend as it was said, and what
// the caller says of themselves in its place does not.
func TestAContextIsMappedAndNobodyElseSpeaksInItsPlace(t *testing.T) {
	a, g := newGuarded(t)
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r }))
	defer server.Close()
	guard := a.byToken("", 0)
	a.method("GET", "/a", &apigateway.PutMethodInput{AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &guard})
	a.integrate("GET", "/a", &apigateway.PutIntegrationInput{
		Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String(server.URL + "/b"),
		RequestParameters: map[string]string{
			"integration.request.header.X-User": "context.authorizer.principalId", "integration.request.header.X-Tier": "context.authorizer.tier",
			"integration.request.querystring.tier": "context.authorizer.tier",
		},
	})
	a.deploy("prod")
	send := func() reply {
		seen = nil
		return a.send("GET", "/prod/a?tier=forged&q=1", bearing("t"), withHeader("X-Tier", "forged"), withHeader("x-user", "forged"))
	}
	for context, want := range map[string]string{
		`{"tier":"gold"}`: `ann [gold] q=1&tier=gold`, `{"tier":7}`: `ann [7] q=1&tier=7`, `{"tier":null}`: `ann [] q=1`, `{"tier":""}`: `ann [] q=1`, `null`: `ann [] q=1`,
		`{"tier":"a&b=c"}`: `ann [a&b=c] q=1&tier=a%26b%3Dc`,
	} {
		g.says(always(allows("Allow", "*", context)))
		expectReply(t, context, send(), 200, "")
		if seen == nil {
			continue
		}
		if got := fmt.Sprintf("%s %v %s", seen.Header.Get("X-User"), seen.Header.Values("X-Tier"), seen.URL.RawQuery); got != want {
			t.Errorf("%s: the backend sees %s, want %s", context, got, want)
		}
	}
	g.says(always(allows("Allow", "*", `{"tier":"gold\r\nX-Admin: 1"}`)))
	if got := send(); got.status < 400 || seen != nil {
		t.Errorf("a line break in a context: %d, the backend was reached: %v", got.status, seen != nil)
	}
}
