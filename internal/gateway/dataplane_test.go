package gateway_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway"
)

func TestTheWellKnownTutorial(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.guarded("GET", "/", a.authorizer("pool", poolARN))
	a.deploy("prod")

	refused := a.send("GET", "/prod")
	if refused.status != 401 || refused.body != `{"message":"Unauthorized"}` || refused.header.Get("x-amzn-ErrorType") != "UnauthorizedException" {
		t.Fatalf("without a token: %+v", refused)
	}
	if refused.header.Get("x-amzn-RequestId") == "" || !strings.HasSuffix(refused.header.Get("x-amz-apigw-id"), "=") {
		t.Errorf("a refusal lacks its ids: %v", refused.header)
	}
	if w.fn.count() != 0 {
		t.Fatal("a refused request reached the function")
	}
	for _, target := range []string{"/prod", "/prod/"} {
		got := a.send("GET", target, withHeader("Authorization", w.pools.sign(t, poolARN, "id", nil)))
		if got.status != 200 || got.body != "hello" {
			t.Fatalf("GET %s with a token: %+v", target, got)
		}
	}
	if got := w.fn.calls[0]; got.SourceARN != "arn:aws:execute-api:eu-west-1:000000000000:"+a.id+"/prod/GET/" ||
		got.FunctionARN != "arn:aws:lambda:eu-west-1:000000000000:function:pizza" {
		t.Errorf("invoked with %+v", got)
	}
	byPath := w.sendTo("127.0.0.1:4566", "GET", "/_aws/execute-api/"+a.id+"/prod", withHeader("Authorization", "Bearer "+w.pools.sign(t, poolARN, "id", nil)))
	if byPath.status != 200 {
		t.Errorf("by path: %+v", byPath)
	}
}

// spanMade is a client's trace with a span that was made for the request.
var spanMade = regexp.MustCompile(`^Root=1-5f84c7a5-e2f9d4b3c1a098765432100f;Parent=[0-9a-f]{16};Sampled=1$`)

func TestEventIsWhatAPIGatewaySends(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.guarded("POST", "/{proxy+}", a.authorizer("pool", poolARN))
	deployment := a.deploy("stage")
	token := w.pools.sign(t, poolARN, "id", claims{"exp": 4102444800, "iat": 1680633579})
	got := a.send("POST", "/stage/a//b/?q=first&q=last&e=%2B+&flag", withBody("héllo\n"),
		withHeader("Authorization", token), withHeader("X-Multi", "1"), withHeader("X-Multi", "2"),
		withHeader("X-Forwarded-For", "203.0.113.9"), withHeader("X-Forwarded-Proto", "https"), withHeader("X-Forwarded-Host", "evil.example"),
		withHeader("X-Amzn-Trace-Id", "Self=x;Root=1-5f84c7a5-e2f9d4b3c1a098765432100f;Sampled=1"), withHeader("X-Amzn-Oidc-Identity", "root"),
		withHeader("Expect", ""), withHeader("Content-Type", "text/plain"), withHeader("User-Agent", "curl/8"))
	if got.status != 200 {
		t.Fatalf("%+v", got)
	}
	if trace := got.header.Get("X-Amzn-Trace-Id"); !spanMade.MatchString(trace) {
		t.Errorf("trace of the answer: %q", trace)
	}
	event := w.fn.event(t)
	headers := event["headers"].(map[string]any)
	if headers["X-Forwarded-For"] != "203.0.113.9, 127.0.0.1" || headers["X-Forwarded-Proto"] != "http" || headers["X-Multi"] != "2" {
		t.Errorf("headers: %v", headers)
	}
	for _, absent := range []string{"X-Amzn-Oidc-Identity", "Content-Length", "Expect", "Connection"} {
		if _, there := headers[absent]; there {
			t.Errorf("the event has the header %s", absent)
		}
	}
	if multi := event["multiValueHeaders"].(map[string]any)["X-Multi"]; !reflect.DeepEqual(multi, []any{"1", "2"}) {
		t.Errorf("multiValueHeaders: %v", multi)
	}
	context := event["requestContext"].(map[string]any)
	authorizer := context["authorizer"].(map[string]any)["claims"].(map[string]any)
	for name, want := range map[string]string{
		"exp": "Fri Jan 01 00:00:00 UTC 2100", "iat": "Tue Apr 04 18:39:39 UTC 2023", "email_verified": "true",
		"cognito:groups": "cooks,waiters", "aud": "client-1", "cognito:username": "regular",
	} {
		if authorizer[name] != want {
			t.Errorf("claim %s is %v, want %s", name, authorizer[name], want)
		}
	}
	if at, ok := authorizer["auth_time"].(string); !ok || strings.Trim(at, "0123456789") != "" {
		t.Errorf("auth_time is %v, want digits in a string", authorizer["auth_time"])
	}
	delete(event, "headers")
	delete(event, "multiValueHeaders")
	for _, changing := range []string{"authorizer", "requestId", "extendedRequestId", "requestTime", "requestTimeEpoch", "resourceId"} {
		if context[changing] == nil {
			t.Errorf("requestContext lacks %s", changing)
		}
		delete(context, changing)
	}
	var want map[string]any
	must(t, json.Unmarshal([]byte(`{"resource":"/{proxy+}","path":"/a//b/","httpMethod":"POST",
		"queryStringParameters":{"q":"last","e":"+ ","flag":""},"multiValueQueryStringParameters":{"q":["first","last"],"e":["+ "],"flag":[""]},
		"pathParameters":{"proxy":"a//b"},"stageVariables":null,
		"requestContext":{"resourcePath":"/{proxy+}","httpMethod":"POST","path":"/stage/a//b/","accountId":"000000000000","protocol":"HTTP/1.1",
		"stage":"stage","domainPrefix":"API","identity":{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,
		"sourceIp":"127.0.0.1","principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,
		"userArn":null,"userAgent":"curl/8","user":null},"domainName":"API.execute-api.eu-west-1.localhost","deploymentId":"DEPLOYMENT","apiId":"API"},
		"body":"héllo\n","isBase64Encoded":false}`), &want))
	text, _ := json.Marshal(want)
	must(t, json.Unmarshal([]byte(strings.NewReplacer("API.", a.id+".", `"API"`, `"`+a.id+`"`, "DEPLOYMENT", deployment).Replace(string(text))), &want))
	if !reflect.DeepEqual(event, want) {
		got, _ := json.MarshalIndent(event, "", " ")
		t.Errorf("the event is\n%s\nwant\n%s", got, text)
	}
}

func TestEmptyPartsOfTheEventAreNull(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/plain")
	a.deploy("prod")
	a.send("GET", "/prod/plain")
	event := w.fn.event(t)
	for _, name := range []string{"queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"} {
		if value, there := event[name]; value != nil || !there {
			t.Errorf("%s is %v, want null", name, value)
		}
	}
	if _, there := event["requestContext"].(map[string]any)["authorizer"]; there {
		t.Error("an open method has an authorizer in its event")
	}
}

func TestTokensThatMustNotPass(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	authorizer := a.authorizer("pool", poolARN)
	a.guarded("GET", "/id", authorizer)
	a.guarded("GET", "/scoped", authorizer, "pizza/read", "pizza/write")
	a.guarded("GET", "/unscoped", authorizer, "pizza/never")
	a.deploy("prod")
	id := w.pools.sign(t, poolARN, "id", nil)
	access := w.pools.sign(t, poolARN, "access", nil)
	other := w.pools.sign(t, otherPool, "id", nil)
	none := strings.Join([]string{"eyJhbGciOiJub25lIn0", strings.Split(id, ".")[1], ""}, ".")
	body := strings.Split(id, ".")
	past := time.Now().Add(-time.Hour).Unix()

	for _, c := range []struct {
		name, path string
		values     []string
		status     int
		message    string
	}{
		{"an ID token", "/id", []string{id}, 200, ""},
		{"an ID token after Bearer", "/id", []string{"Bearer " + id}, 200, ""},
		{"an ID token after bearer", "/id", []string{"bearer " + id}, 200, ""},
		{"an access token with a scope", "/scoped", []string{access}, 200, ""},
		{"no header", "/id", nil, 401, "Unauthorized"},
		{"an empty header", "/id", []string{""}, 401, "Unauthorized"},
		{"Bearer alone", "/id", []string{"Bearer "}, 401, "Unauthorized"},
		{"Bearer twice", "/id", []string{"Bearer Bearer " + id}, 401, "Unauthorized"},
		{"another scheme", "/id", []string{"Basic " + id}, 401, "Unauthorized"},
		{"the header twice, same token", "/id", []string{id, id}, 401, "Unauthorized"},
		{"the header twice, good one last", "/id", []string{"x", id}, 401, "Unauthorized"},
		{"two tokens in one header", "/id", []string{id + ", " + id}, 401, "Unauthorized"},
		{"not a token", "/id", []string{"let-me-in"}, 401, "Unauthorized"},
		{"alg none", "/id", []string{none}, 401, "Unauthorized"},
		{"no signature", "/id", []string{body[0] + "." + body[1] + "."}, 401, "Unauthorized"},
		{"another payload under the signature", "/id", []string{body[0] + "." + strings.Split(access, ".")[1] + "." + body[2]}, 401, "Unauthorized"},
		{"another pool's token", "/id", []string{other}, 401, "Unauthorized"},
		{"a token signed by another pool", "/id", []string{w.pools.sign(t, otherPool, "id", claims{"iss": poolIssuer + poolID(poolARN)})}, 401, "Unauthorized"},
		{"expired", "/id", []string{w.pools.sign(t, poolARN, "id", claims{"exp": past})}, 401, "The incoming token has expired"},
		{"an access token where an ID token is due", "/id", []string{access}, 401, "Unauthorized"},
		{"an ID token where scopes are asked for", "/scoped", []string{id}, 401, "Unauthorized"},
		{"an ID token that claims a scope", "/scoped", []string{w.pools.sign(t, poolARN, "id", claims{"scope": "pizza/read"})}, 401, "Unauthorized"},
		{"an access token without the scope", "/unscoped", []string{access}, 401, "Unauthorized"},
		{"a scope that only starts alike", "/scoped", []string{w.pools.sign(t, poolARN, "access", claims{"scope": "pizza/reader"})}, 401, "Unauthorized"},
		{"no exp", "/id", []string{w.pools.sign(t, poolARN, "id", claims{"exp": nil})}, 401, "Unauthorized"},
		{"no token_use", "/id", []string{w.pools.sign(t, poolARN, "id", claims{"token_use": nil})}, 401, "Unauthorized"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.fn.count()
			got := a.send("GET", "/prod"+c.path, func(r *http.Request) { r.Header["Authorization"] = c.values })
			if got.status != c.status || c.status != 200 && got.body != `{"message":"`+c.message+`"}` {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, c.status, c.message)
			}
			if called := w.fn.count() > before; called != (c.status == 200) {
				t.Errorf("function called: %v", called)
			}
			if record := w.records.latest(); record.Status != c.status {
				t.Errorf("the record says %d", record.Status)
			} else {
				for _, step := range record.Steps() {
					for _, v := range c.values {
						if v = strings.TrimPrefix(v, "Bearer "); len(v) > 20 && strings.Contains(step.Detail, v) {
							t.Error("the record holds the token")
						}
					}
				}
			}
		})
	}
}

// Whatever a path looks like, it must not reach the open method when some
// reading of it is the guarded one, and never a method whose authorizer it did not pass.
func TestPathsThatMustNotSlipPastAnAuthorizer(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	authorizer := a.authorizer("pool", poolARN)
	a.guarded("GET", "/admin", authorizer)
	a.guarded("GET", "/admin/users", authorizer)
	a.open("ANY", "/{proxy+}")
	a.open("GET", "/items/{id}")
	a.guarded("GET", "/items/secret", authorizer)
	a.deploy("prod")
	const no, guarded, open = 403, 401, 200
	for target, want := range map[string]int{
		"/admin":                    guarded,
		"/admin/":                   guarded,
		"/%61dmin":                  guarded,
		"/admi%6E":                  guarded,
		"/admin%2Fusers":            no,
		"/admin%2fusers":            no,
		"//admin":                   guarded, // slashes before the path are one, as at AWS
		"///admin/":                 guarded,
		"/admin//":                  no,
		"//admin//users":            no,
		"/admin//users":             no,
		"/./admin":                  no,
		"/x/../admin":               no,
		"/%2e/admin":                no,
		"/x/%2e%2e/admin":           no,
		"/x/%2E./admin":             no,
		"/x/..%2Fadmin":             no,
		"/x/..;/admin":              no,
		"/x/..%3B/admin":            no,
		"/x/..%5Cadmin":             no,
		"/admin;x=1":                no,
		"/admin%3Bx=1":              no,
		"/admin;/users":             no,
		"/admin%00":                 no,
		"/admin%0a":                 no,
		"/adm%00in":                 no,
		"/%":                        400, // net/http refuses it before anybody looks
		"/%zz":                      400,
		"/admin%":                   400,
		"/items/secret":             guarded,
		"/items/secret/":            guarded,
		"/items/%73ecret":           guarded,
		"/items/secret;v=1":         no,
		"/items/x;v=1":              open,
		"/items/a%2Fb":              open,
		"/Admin":                    open, // routes are case-sensitive, as at AWS
		"/a//b":                     open,
		"/a.b/v1.2":                 open,
		"/...":                      open,
		"/admin/other":              open,
		"//":                        no,
		"/":                         no,
		"":                          no,
		"/admin?x=/../open":         guarded,
		"/a%252e%252e/b":            open, // escaped twice: text, and sent on as text
		"/admin/users/../../public": no,
	} {
		before := w.fn.count()
		got := a.send("GET", "/prod"+target)
		if got.status != want {
			t.Errorf("GET %q: %d %s, want %d", target, got.status, got.body, want)
		}
		if (w.fn.count() > before) != (got.status == 200) {
			t.Errorf("GET %q: %d, but function called: %v", target, got.status, w.fn.count() > before)
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/known")
	a.open("ANY", "/any")
	a.deploy("prod")
	for _, c := range []struct {
		verb, target, authorization string
		status                      int
		kind, message               string
	}{
		{"GET", "/prod/unknown", "", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"POST", "/prod/known", "", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"HEAD", "/prod/known", "", 403, "MissingAuthenticationTokenException", ""},
		{"OPTIONS", "/prod/known", "", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"TRACE", "/prod/any", "", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"get", "/prod/any", "", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"PATCH", "/prod/any", "", 200, "", ""},
		{"OPTIONS", "/prod/any", "", 200, "", ""},
		{"GET", "/prod/unknown", "eyJh.eyJz.sig", 403, "IncompleteSignatureException", "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '"},
		{"GET", "/prod/unknown", "Basic dTpw=", 403, "IncompleteSignatureException", "Authorization header requires 'Credential' parameter."},
		{"GET", "/prod/unknown", "AWS4-HMAC-SHA256 Credential=x", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"GET", "/nostage/known", "", 403, "ForbiddenException", "Forbidden"},
	} {
		got := a.send(c.verb, c.target, func(r *http.Request) {
			if c.authorization != "" {
				r.Header.Set("Authorization", c.authorization)
			}
		})
		if got.status != c.status || got.header.Get("x-amzn-ErrorType") != c.kind || !strings.Contains(got.body, c.message) {
			t.Errorf("%s %s with %q: %+v", c.verb, c.target, c.authorization, got)
		}
		if c.authorization != "" && strings.Contains(got.body, c.authorization) {
			t.Errorf("%s %s: the answer repeats the header", c.verb, c.target)
		}
	}
	for _, host := range []string{"nosuchapi1.execute-api.eu-west-1.localhost", a.id + ".execute-api.us-east-1.localhost"} {
		if got := w.sendTo(host, "GET", "/prod/known"); got.status != 403 || got.body != `{"message":"Forbidden"}` {
			t.Errorf("host %s: %+v", host, got)
		}
	}
}

func TestMethodOverrideMeetsTheMethodsOwnAuthorizer(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	a.guarded("DELETE", "/x", a.authorizer("pool", poolARN))
	a.deploy("prod")
	for override, want := range map[string]int{"DELETE": 401, "delete": 400, "TRACE": 400, "POST": 403, "GET": 200} {
		if got := a.send("GET", "/prod/x", withHeader("X-HTTP-Method-Override", override)); got.status != want {
			t.Errorf("%s: %+v", override, got)
		}
	}
}

func TestWhereAnAPIIsFound(t *testing.T) {
	for _, c := range []struct {
		host, target string
		want         gateway.Address
		ok           bool
	}{
		{"abc.execute-api.eu-west-1.localhost:4566", "/prod/a%2Fb?x=1?2", gateway.Address{API: "abc", Region: "eu-west-1", Stage: "prod", Path: "/a%2Fb", Query: "x=1?2"}, true},
		{"ABC.Execute-API.EU-west-1.LocalHost.:80", "/prod", gateway.Address{API: "abc", Region: "eu-west-1", Stage: "prod"}, true},
		{"abc.execute-api.eu-west-1.localhost", "/", gateway.Address{API: "abc", Region: "eu-west-1"}, true},
		{"abc.execute-api.eu-west-1.localhost", "/_aws/execute-api/def/prod/x", gateway.Address{API: "abc", Region: "eu-west-1", Stage: "_aws", Path: "/execute-api/def/prod/x"}, true},
		{"127.0.0.1:4566", "/_aws/execute-api/ABC/prod//x/", gateway.Address{API: "abc", Stage: "prod", Path: "//x/"}, true},
		{"localhost", "/_aws/execute-api/abc", gateway.Address{API: "abc"}, true},
		{"localhost", "http://localhost/_aws/execute-api/abc/prod/x?q", gateway.Address{API: "abc", Stage: "prod", Path: "/x", Query: "q"}, true},
		{"localhost", "/_AWS/execute-api/abc/prod", gateway.Address{}, false},
		{"localhost", "/x/../_aws/execute-api/abc/prod", gateway.Address{}, false},
		{"abc.execute-api.eu-west-1.localhost.evil.example", "/prod", gateway.Address{}, false},
		{"abc.execute-api.eu-west-1.evillocalhost", "/prod", gateway.Address{}, false},
		{"execute-api.eu-west-1.localhost", "/prod", gateway.Address{}, false},
		{"a.b.execute-api.eu-west-1.localhost", "/prod", gateway.Address{}, false},
		{"localhost", "*", gateway.Address{}, false},
		{"", "/prod", gateway.Address{}, false},
	} {
		r := &http.Request{Host: c.host, RequestURI: c.target, Header: http.Header{"X-Forwarded-Host": {"zzz.execute-api.eu-west-1.localhost"}}}
		if got, ok := gateway.Locate(r, "localhost"); ok != c.ok || got != c.want {
			t.Errorf("Locate(%q, %q) = %+v, %v", c.host, c.target, got, ok)
		}
	}
}
