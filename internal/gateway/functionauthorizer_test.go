package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

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

func stepOf(r audit.Record, name string) audit.Step {
	for _, s := range r.Steps() {
		if s.Name == name {
			return s
		}
	}
	return audit.Step{}
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
