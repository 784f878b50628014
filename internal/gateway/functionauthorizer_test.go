package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/gateway"
)

const (
	guardFunction = "arn:aws:lambda:eu-west-1:000000000000:function:guard"
	guardURI      = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/" + guardFunction + "/invocations"
	explicitly    = `{"Message":"User is not authorized to access this resource with an explicit deny"}`
	implicitly    = `{"Message":"User is not authorized to access this resource"}`
	broken        = `{"message":null}`
)

// guardian runs two functions: one that guards, and all others.
type guardian struct {
	*function
	mu     sync.Mutex
	answer func(event map[string]any) (answer string, failed bool, err error)
	calls  []gateway.Invocation
}

func (g *guardian) Invoke(ctx context.Context, i gateway.Invocation) ([]byte, bool, error) {
	if i.FunctionARN != guardFunction {
		return g.function.Invoke(ctx, i)
	}
	var event map[string]any
	if err := json.Unmarshal(i.Payload, &event); err != nil {
		return nil, false, err
	}
	g.mu.Lock()
	i.Payload = slices.Clone(i.Payload)
	g.calls = append(g.calls, i)
	answer := g.answer
	g.mu.Unlock()
	text, failed, err := answer(event)
	return []byte(text), failed, err
}

func (g *guardian) says(answer func(event map[string]any) string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = func(event map[string]any) (string, bool, error) { return answer(event), false, nil }
}

func (g *guardian) fails(answer string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = func(map[string]any) (string, bool, error) { return answer, err == nil, err }
}

func (g *guardian) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.calls)
}

func (g *guardian) last(t testing.TB) (gateway.Invocation, map[string]any) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.calls) == 0 {
		t.Fatal("the authorizer was not called")
	}
	var event map[string]any
	i := g.calls[len(g.calls)-1]
	must(t, json.Unmarshal(i.Payload, &event))
	return i, event
}

// allows answers with a policy of one statement.
func allows(effect, resource, context string) string {
	return fmt.Sprintf(`{"principalId":"ann","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":%q,"Resource":%q}]},"context":%s}`, effect, resource, context)
}

func always(answer string) func(map[string]any) string {
	return func(map[string]any) string { return answer }
}

func newGuarded(t testing.TB) (*api, *guardian) {
	g := &guardian{}
	w := newWorldOn(t, openMemory(t), func(c *gateway.Config) {
		g.function = c.Invoker.(*function)
		c.Invoker = g
	})
	g.says(always(allows("Allow", "*", "null")))
	return w.newAPI(), g
}

// functional makes a Lambda authorizer.
func (a *api) functional(in *apigateway.CreateAuthorizerInput) string {
	a.t.Helper()
	in.RestApiId, in.AuthorizerUri = &a.id, aws.String(guardURI)
	if in.Name == nil {
		in.Name = aws.String("guard")
	}
	made, err := a.client.CreateAuthorizer(a.t.Context(), in)
	must(a.t, err)
	return *made.Id
}

func (a *api) byToken(validation string, ttl int32) string {
	return a.functional(&apigateway.CreateAuthorizerInput{
		Type: types.AuthorizerTypeToken, IdentitySource: aws.String("method.request.header.Authorization"),
		IdentityValidationExpression: aws.String(validation), AuthorizerResultTtlInSeconds: &ttl,
	})
}

func (a *api) byRequest(sources string, ttl int32) string {
	return a.functional(&apigateway.CreateAuthorizerInput{
		Type: types.AuthorizerTypeRequest, IdentitySource: aws.String(sources), AuthorizerResultTtlInSeconds: &ttl,
	})
}

// custom defines a method behind a Lambda authorizer.
func (a *api) custom(verb, path, authorizer string) {
	a.t.Helper()
	a.method(verb, path, &apigateway.PutMethodInput{AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &authorizer})
	a.lambda(verb, path)
}

func (a *api) arnOf(rest string) string {
	return "arn:aws:execute-api:" + region + ":" + account + ":" + a.id + "/" + rest
}

func bearing(token string) func(*http.Request) { return withHeader("Authorization", token) }

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

func TestATokenThatIsNotThereOnceIsUnauthorized(t *testing.T) {
	for _, ttl := range []int32{0, 300} {
		a, g := newGuarded(t)
		a.custom("GET", "/", a.byToken("Bearer [a-z]+[0-9]", ttl))
		a.deploy("prod")
		for name, change := range map[string]func(*http.Request){
			"absent":         func(*http.Request) {},
			"empty":          bearing(""),
			"blank":          bearing("  "),
			"twice":          func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer t1", "Bearer t1"} },
			"another header": withHeader("X-Authorization", "Bearer t1"),
			"in the query":   func(r *http.Request) { r.URL.RawQuery = "Authorization=Bearer%20t1" },
			"no match":       bearing("Basic t1"),
			"later match":    bearing("x Bearer t1"),
			"a signature":    bearing("AWS4-HMAC-SHA256 Credential=x"),
		} {
			got := a.send("GET", "/prod", change)
			expectReply(t, name, got, 401, `{"message":"Unauthorized"}`)
			if got.header.Get("x-amzn-ErrorType") != "UnauthorizedException" {
				t.Errorf("%s: the error type is %s", name, got.header.Get("x-amzn-ErrorType"))
			}
		}
		if n := g.count(); n != 0 {
			t.Errorf("the function was called %d times", n)
		}
		// The expression need not match to the end, and no case of a header's name matters.
		expectReply(t, "prefix", a.send("GET", "/prod", func(r *http.Request) { r.Header["aUTHORIZATION"] = []string{"Bearer t1 and more"} }), 200, "")
	}
}

func TestWhatAFunctionSaysDecides(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 0))
	a.deploy("prod")
	unauthorized, failure := `{"message":"Unauthorized"}`, broken
	for name, c := range map[string]struct {
		answer string
		failed bool
		err    error
		status int
		body   string
		kind   string
	}{
		"allow":               {allows("Allow", "*", "null"), false, nil, 200, "hello", ""},
		"deny":                {allows("Deny", "*", "null"), false, nil, 403, explicitly, "AccessDeniedException"},
		"another method":      {allows("Allow", a.arnOf("prod/POST/a"), "null"), false, nil, 403, implicitly, "AccessDeniedException"},
		"another API":         {allows("Allow", strings.Replace(a.arnOf("*"), a.id, "otherapi00", 1), "null"), false, nil, 403, implicitly, "AccessDeniedException"},
		"another stage":       {allows("Allow", a.arnOf("test/*"), "null"), false, nil, 403, implicitly, "AccessDeniedException"},
		"Unauthorized":        {`{"errorMessage":"Unauthorized","errorType":"Error"}`, true, nil, 401, unauthorized, "UnauthorizedException"},
		"Unauthorized, a lie": {`{"errorMessage":"Unauthorized"}`, false, nil, 500, failure, "AuthorizerConfigurationException"},
		"another error":       {`{"errorMessage":"boom"}`, true, nil, 500, failure, "AuthorizerConfigurationException"},
		"a crash":             {`{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}`, true, nil, 500, failure, "AuthorizerConfigurationException"},
		"no permission":       {"", false, gateway.ErrNotPermitted, 500, failure, "AuthorizerConfigurationException"},
		"no function":         {"", false, gateway.ErrNoFunction, 500, failure, "AuthorizerConfigurationException"},
		"throttled":           {"", false, gateway.ErrThrottled, 500, failure, "AuthorizerConfigurationException"},
		"not to be run":       {"", false, errors.New("disk"), 500, failure, "AuthorizerConfigurationException"},
		"nothing":             {"null", false, nil, 500, failure, "AuthorizerConfigurationException"},
		"no policy":           {`{"principalId":"ann"}`, false, nil, 500, failure, "AuthorizerConfigurationException"},
		"simple response":     {`{"isAuthorized":true}`, false, nil, 500, failure, "AuthorizerConfigurationException"},
		"context of a list":   {allows("Allow", "*", `{"a":[1]}`), false, nil, 500, failure, "AuthorizerConfigurationException"},
		"not UTF-8":           {allows("Allow", "*", "{\"a\":\"\xff\"}"), false, nil, 500, failure, "AuthorizerConfigurationException"},
		"a huge context":      {allows("Allow", "*", `{"a":"`+strings.Repeat("x", 70<<10)+`"}`), false, nil, 500, failure, "AuthorizerConfigurationException"},
	} {
		g.mu.Lock()
		g.answer = func(map[string]any) (string, bool, error) { return c.answer, c.failed, c.err }
		g.mu.Unlock()
		before := g.function.count()
		got := a.send("GET", "/prod/a", bearing("secret-token"))
		expectReply(t, name, got, c.status, c.body)
		if got.header.Get("x-amzn-ErrorType") != c.kind {
			t.Errorf("%s: the error type is %s", name, got.header.Get("x-amzn-ErrorType"))
		}
		if reached := g.function.count() > before; reached != (c.status == 200) {
			t.Errorf("%s: the function behind was reached: %v", name, reached)
		}
		if record := a.records.latest(); strings.Contains(fmt.Sprintf("%+v", record), "secret-token") {
			t.Errorf("%s: the record shows the token", name)
		}
	}
}

func TestACachedPolicyIsAskedAgainForEachMethod(t *testing.T) {
	a, g := newGuarded(t)
	guard := a.byToken("", 300)
	for _, m := range []string{"GET /a", "DELETE /b", "GET /c/{id}"} {
		verb, path, _ := strings.Cut(m, " ")
		a.custom(verb, path, guard)
	}
	a.deploy("prod")
	g.says(func(event map[string]any) string { return allows("Allow", event["methodArn"].(string), "null") })
	expectReply(t, "GET /a", a.send("GET", "/prod/a", bearing("t1")), 200, "")
	expectReply(t, "DELETE /b", a.send("DELETE", "/prod/b", bearing("t1")), 403, implicitly)
	if denied := a.records.latest().Denied; denied == nil || denied.Resource != a.arnOf("prod/DELETE/b") || denied.Trace == nil {
		t.Errorf("the record does not say what was refused: %+v", denied)
	}
	expectReply(t, "GET /a again", a.send("GET", "/prod/a", bearing("t1")), 200, "")
	if n := g.count(); n != 1 {
		t.Errorf("%d calls", n)
	}
	// A path that would be a pattern as a resource comes back as itself.
	for _, trick := range []string{"/prod/c/*", "/prod/c/%3F", "/prod/c/%2A", "/prod/c/$%7Baws:SourceIp%7D"} {
		expectReply(t, trick, a.send("GET", trick, bearing(trick)), 200, "")
		expectReply(t, trick+" for another", a.send("GET", "/prod/c/1", bearing(trick)), 403, implicitly)
	}
}

func TestAPolicyIsAskedAboutEachReadingOfAPath(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/{proxy+}", a.byToken("", 0))
	a.deploy("prod")
	g.says(always(`{"principalId":"ann","policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"` + a.arnOf("prod/GET/admin*") + `"}]}}`))
	expectReply(t, "open", a.send("GET", "/prod/x/admin", bearing("t")), 200, "")
	for _, path := range []string{"/prod/admin", "/prod//admin", "/prod/admin/", "/prod/%61dmin", "/prod/admin;x=1", "/prod/;/admin"} {
		expectReply(t, path, a.send("GET", path, bearing("t")), 403, explicitly)
	}
}

func TestAnAuthorizersCacheEndsWithTimeFlushAndDeployment(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 60))
	a.deploy("prod")
	a.deploy("test")
	ask := func(name, stage string, calls int) {
		t.Helper()
		expectReply(t, name, a.send("GET", "/"+stage+"/a", bearing("t1")), 200, "")
		if n := g.count(); n != calls {
			t.Errorf("%s: %d calls, want %d", name, n, calls)
		}
	}
	ask("first", "prod", 1)
	ask("hit", "prod", 1)
	ask("another stage", "test", 2)
	a.clock.Advance(59 * time.Second)
	ask("almost over", "prod", 2)
	a.clock.Advance(time.Second)
	ask("over", "prod", 3)
	_, err := a.client.FlushStageAuthorizersCache(t.Context(), &apigateway.FlushStageAuthorizersCacheInput{RestApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	ask("flushed", "prod", 4)
	a.deploy("prod")
	ask("deployed", "prod", 5)
	ask("hit of the new deployment", "prod", 5)
	// What the function may no longer say is believed until then, as at AWS.
	g.fails("", gateway.ErrNotPermitted)
	ask("permission taken away", "prod", 5)
	a.clock.Advance(time.Minute)
	expectReply(t, "and believed no longer", a.send("GET", "/prod/a", bearing("t1")), 500, broken)
}

func TestNothingIsRememberedOfRefusalsAndFailures(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 300))
	a.deploy("prod")
	g.fails(`{"errorMessage":"Unauthorized"}`, nil)
	expectReply(t, "refused", a.send("GET", "/prod/a", bearing("t1")), 401, "")
	g.fails(`{"errorMessage":"boom"}`, nil)
	expectReply(t, "failed", a.send("GET", "/prod/a", bearing("t1")), 500, "")
	g.says(always(allows("Allow", "*", "null")))
	expectReply(t, "allowed", a.send("GET", "/prod/a", bearing("t1")), 200, "")
	g.says(always(allows("Deny", "*", "null")))
	expectReply(t, "denied", a.send("GET", "/prod/a", bearing("t2")), 403, explicitly)
	g.says(always(allows("Allow", "*", "null")))
	expectReply(t, "a deny is remembered", a.send("GET", "/prod/a", bearing("t2")), 403, explicitly)
}

func TestARequestAuthorizerNeedsItsIdentitySourcesOnlyToRemember(t *testing.T) {
	const sources = "method.request.header.X-User, method.request.querystring.team, stageVariables.tier, context.httpMethod"
	for _, ttl := range []int32{300, 0} {
		a, g := newGuarded(t)
		a.custom("GET", "/a", a.byRequest(sources, ttl))
		d := a.deploy("prod")
		_, err := a.client.CreateStage(t.Context(), &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("full"), DeploymentId: &d, Variables: map[string]string{"tier": "gold"}})
		must(t, err)
		user := withHeader("X-User", "ann")
		expectReply(t, "all there", a.send("GET", "/full/a?team=red", user), 200, "")
		called := g.count()
		for name, send := range map[string]func() reply{
			"no header":       func() reply { return a.send("GET", "/full/a?team=red") },
			"empty header":    func() reply { return a.send("GET", "/full/a?team=red", withHeader("X-User", "")) },
			"two headers":     func() reply { return a.send("GET", "/full/a?team=red", user, withHeader("x-user", "bob")) },
			"a taken header":  func() reply { return a.send("GET", "/full/a?team=red", user, withHeader("Connection", "X-User")) },
			"no parameter":    func() reply { return a.send("GET", "/full/a", user) },
			"empty parameter": func() reply { return a.send("GET", "/full/a?team=", user) },
			"two parameters":  func() reply { return a.send("GET", "/full/a?team=red&team=blue", user) },
			"another case":    func() reply { return a.send("GET", "/full/a?Team=red", user) },
			"no variable":     func() reply { return a.send("GET", "/prod/a?team=red", user) },
		} {
			if ttl > 0 {
				expectReply(t, name, send(), 401, `{"message":"Unauthorized"}`)
			} else {
				expectReply(t, name+", nothing remembered", send(), 200, "")
			}
		}
		if n := g.count() - called; ttl > 0 && n != 0 || ttl == 0 && n != 9 {
			t.Errorf("with a time to live of %d the function was called %d times", ttl, n)
		}
	}
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byRequest("", 0))
	a.deploy("prod")
	for range 2 {
		expectReply(t, "no sources", a.send("GET", "/prod/a"), 200, "")
	}
	if g.count() != 2 {
		t.Errorf("%d calls", g.count())
	}
}

func TestIdentitiesThatReadAlikeShareNothing(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byRequest("method.request.header.A,method.request.header.B", 300))
	a.deploy("prod")
	for i, pair := range [][2]string{{"a,b", "c"}, {"a", "b,c"}, {"a", "bc"}, {"ab", "c"}, {"A", "bc"}, {"c", "a,b"}} {
		expectReply(t, fmt.Sprint(pair), a.send("GET", "/prod/a", withHeader("A", pair[0]), withHeader("B", pair[1])), 200, "")
		if g.count() != i+1 {
			t.Errorf("%q was taken for another", pair)
		}
	}
}

// What a client claims of earlier hops is no identity: the function sees the
// address of the connection beside it, and so does the cache.
func TestAForwardedAddressIsTheOneTheFunctionSees(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byRequest("method.request.header.X-Forwarded-For", 300))
	a.deploy("prod")
	expectReply(t, "not sent", a.send("GET", "/prod/a"), 200, "")
	expectReply(t, "sent", a.send("GET", "/prod/a", withHeader("X-Forwarded-For", "127.0.0.1")), 200, "")
	if g.count() != 2 {
		t.Errorf("%d calls", g.count())
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

func expectKeys(t testing.TB, name string, object map[string]any, keys string) {
	t.Helper()
	want := strings.Fields(keys)
	for key := range object {
		if !slices.Contains(want, key) {
			t.Errorf("%s has the key %s", name, key)
		}
	}
	for _, key := range want {
		if _, ok := object[key]; !ok {
			t.Errorf("%s has no key %s", name, key)
		}
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

func stepOf(r audit.Record, name string) audit.Step {
	for _, s := range r.Steps() {
		if s.Name == name {
			return s
		}
	}
	return audit.Step{}
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

func TestOneCallServesAllWhoWaitForIt(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 300))
	a.deploy("prod")
	begun, finish := make(chan struct{}), make(chan struct{})
	g.mu.Lock()
	g.answer = func(map[string]any) (string, bool, error) {
		close(begun)
		<-finish
		return allows("Allow", "*", "null"), false, nil
	}
	g.mu.Unlock()
	// The first one leaves: the call goes on for the others.
	leaving, leave := context.WithCancel(t.Context())
	r := ask(t, a.id, "/prod/a", "t1", "").WithContext(leaving)
	left := make(chan int)
	go func() {
		q := &quiet{header: http.Header{}}
		a.gateway.ServeHTTP(q, r)
		left <- q.status
	}()
	<-begun
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() { expectReply(t, "waiting", a.send("GET", "/prod/a", bearing("t1")), 200, "") })
	}
	leave()
	if status := <-left; status != 500 {
		t.Errorf("who left got %d", status)
	}
	close(finish)
	all.Wait()
	if n := g.count(); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestALambdaAuthorizerOpensOnlyMethodsThatNameItAsTheirs(t *testing.T) {
	a, _ := newGuarded(t)
	guard := a.byToken("", 300)
	a.custom("GET", "/a", guard)
	a.deploy("prod")
	for name, change := range map[string]func(m *gateway.Method, d *gateway.Definition){
		"as a user pool's": func(m *gateway.Method, _ *gateway.Definition) { m.Authorization = gateway.AuthorizationCognito },
		"one that is gone": func(m *gateway.Method, _ *gateway.Definition) { m.AuthorizerID = "gone00" },
		"one of no kind":   func(_ *gateway.Method, d *gateway.Definition) { d.Authorizers[0].Type = "JWT" },
		"one without function": func(_ *gateway.Method, d *gateway.Definition) {
			d.Authorizers[0].Type, d.Authorizers[0].URI = "TOKEN", ""
		},
		"a cache for all": func(m *gateway.Method, d *gateway.Definition) {
			d.Authorizers[0].Type, d.Authorizers[0].URI, d.Authorizers[0].IdentitySource = "REQUEST", guardURI, ""
		},
	} {
		a.redefine("prod", func(d *gateway.Definition) {
			for _, r := range d.Resources {
				if m := r.Methods["GET"]; m != nil {
					m.Authorization, m.AuthorizerID = gateway.AuthorizationCustom, guard
					change(m, d)
				}
			}
		})
		expectReply(t, name, a.send("GET", "/prod/a", bearing("t1")), 500, broken)
	}
}

// BenchmarkFunctionAuthorizer: a hit of the cache costs hardly more than an open route.
func BenchmarkFunctionAuthorizer(b *testing.B) {
	a, g := newGuarded(b)
	g.function.mute()
	a.open("GET", "/open/{id}")
	a.custom("GET", "/guarded/{id}", a.byToken("", 3600))
	a.deploy("prod")
	token := "Bearer " + strings.Repeat("t", 900)
	b.Run("open", func(b *testing.B) { serve(b, a.gateway, ask(b, a.id, "/prod/open/7?q=1", token, ""), 200) })
	b.Run("hit", func(b *testing.B) { serve(b, a.gateway, ask(b, a.id, "/prod/guarded/7?q=1", token, ""), 200) })
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
