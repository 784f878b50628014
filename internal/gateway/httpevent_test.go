package gateway_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// without takes what changes from request to request out of an event, and says
// what is missing of it.
func without(t *testing.T, event map[string]any, names ...string) {
	t.Helper()
	context := event["requestContext"].(map[string]any)
	for _, name := range names {
		if context[name] == nil {
			t.Errorf("requestContext lacks %s", name)
		}
		delete(context, name)
	}
}

func expectEvent(t *testing.T, got map[string]any, want string) {
	t.Helper()
	var expected map[string]any
	must(t, json.Unmarshal([]byte(want), &expected))
	if !reflect.DeepEqual(got, expected) {
		text, _ := json.MarshalIndent(got, "", " ")
		t.Errorf("the event is\n%s\nwant\n%s", text, want)
	}
}

func TestEventTwoIsWhatAPIGatewaySends(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.route("POST /shop/{id}/{proxy+}", a.lambda, byToken(a.jwt("$request.header.Authorization", poolARN, "client-1"), "pizza/read", "pizza/write"))
	token := w.pools.sign(t, poolARN, "access", claims{"exp": 4102444800, "iat": 1680633579, "auth_time": 1680633579, "cognito:groups": []string{"a", "b"}, "admin": true})
	got := a.send("POST", "/shop/a%20b/x%2By/z/?q=first&q=last&e=%2B+&flag&a;b=1", withBody("héllo\n"),
		withHeader("Authorization", "Bearer "+token), withHeader("X-Multi", "1"), withHeader("X-Multi", "2"),
		withHeader("Cookie", "one=1; two=2"), withHeader("Cookie", "three=3;"), withHeader("Content-Type", "text/plain; charset=utf-8"),
		withHeader("User-Agent", "curl/8"), withHeader("X-Forwarded-For", "203.0.113.9"), withHeader("X-Amzn-Oidc-Identity", "root"))
	if got.status != 200 {
		t.Fatalf("%+v", got)
	}
	event := w.fn.event(t)
	if id := event["requestContext"].(map[string]any)["requestId"]; id != got.header.Get("Apigw-Requestid") || id == "" {
		t.Errorf("requestId %v, the client was told %q", id, got.header.Get("Apigw-Requestid"))
	}
	without(t, event, "requestId", "time", "timeEpoch")
	headers := event["headers"].(map[string]any)
	if !strings.HasPrefix(headers["x-amzn-trace-id"].(string), "Root=1-") || headers["host"] != hostOf(a.id) {
		t.Errorf("headers %v", headers)
	}
	delete(headers, "x-amzn-trace-id")
	delete(headers, "x-forwarded-port")
	expectEvent(t, event, strings.NewReplacer("API", a.id, "TOKEN", token).Replace(`{
		"version":"2.0","routeKey":"POST /shop/{id}/{proxy+}","rawPath":"/shop/a b/x+y/z/","rawQueryString":"q=first&q=last&e=%2B+&flag&a;b=1",
		"cookies":["one=1","two=2","three=3"],
		"headers":{"accept-encoding":"gzip","authorization":"Bearer TOKEN","content-length":"7","content-type":"text/plain; charset=utf-8",
			"host":"API.execute-api.eu-west-1.localhost:4566","user-agent":"curl/8","x-forwarded-for":"203.0.113.9, 127.0.0.1",
			"x-forwarded-proto":"http","x-multi":"1,2"},
		"queryStringParameters":{"q":"first,last","e":"+ ","flag":"","a;b":"1"},
		"requestContext":{"accountId":"000000000000","apiId":"API",
			"authorizer":{"jwt":{"claims":{"sub":"11111111-2222-3333-4444-555555555555","iss":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pizza",
				"token_use":"access","iat":"1680633579","exp":"4102444800","auth_time":"1680633579","jti":"a-jti","origin_jti":"o-jti","client_id":"client-1",
				"username":"regular","scope":"aws.cognito.signin.user.admin pizza/read","cognito:groups":"[a b]","admin":"true"},"scopes":["pizza/read"]}},
			"domainName":"API.execute-api.eu-west-1.localhost","domainPrefix":"API",
			"http":{"method":"POST","path":"/shop/a b/x+y/z/","protocol":"HTTP/1.1","sourceIp":"127.0.0.1","userAgent":"curl/8"},
			"routeKey":"POST /shop/{id}/{proxy+}","stage":"$default"},
		"body":"héllo\n","pathParameters":{"id":"a b","proxy":"x+y/z/"},"isBase64Encoded":false}`))
	call := w.fn.calls[len(w.fn.calls)-1]
	if call.SourceARN != "arn:aws:execute-api:eu-west-1:000000000000:"+a.id+"/$default/POST/shop/{id}/{proxy+}" || call.FunctionARN != functionARN {
		t.Errorf("called as %+v", call)
	}
	if r := w.records.latest(); r.Caller != poolIssuer+"eu-west-1_pizza/11111111-2222-3333-4444-555555555555" || r.Authorizer != "JWT staff of $request.header.Authorization "+poolARN {
		t.Errorf("recorded %q by %q", r.Caller, r.Authorizer)
	}
}

func TestEmptyPartsOfEventTwoAreLeftOut(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("GET /")
	a.send("GET", "/", withHeader("User-Agent", ""))
	event := w.fn.event(t)
	for _, name := range []string{"cookies", "queryStringParameters", "body", "pathParameters", "stageVariables"} {
		if _, there := event[name]; there {
			t.Errorf("the event has %s: %v", name, event[name])
		}
	}
	if event["rawQueryString"] != "" || event["isBase64Encoded"] != false || event["requestContext"].(map[string]any)["authorizer"] != nil {
		t.Errorf("%v", event)
	}
}

func TestEventOneIsWhatAPIGatewaySends(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.stage("dev", map[string]string{"colour": "red"})
	one := a.function("1.0", nil)
	a.route("GET /shop/{id}", one, func(in *apigatewayv2.CreateRouteInput) { in.OperationName = aws.String("look") })
	got := a.send("GET", "/dev/shop/a%2Bb?q=1&q=2", withHeader("X-Multi", "1"), withHeader("X-Multi", "2"), withHeader("User-Agent", "curl/8"), withHeader("Cookie", "a=1"))
	if got.status != 200 {
		t.Fatalf("%+v", got)
	}
	event := w.fn.event(t)
	without(t, event, "requestId", "extendedRequestId", "requestTime", "requestTimeEpoch")
	for _, name := range []string{"headers", "multiValueHeaders"} {
		headers := event[name].(map[string]any)
		for _, header := range []string{"x-amzn-trace-id", "x-forwarded-port", "host"} {
			if headers[header] == nil {
				t.Errorf("%s lack %s", name, header)
			}
			delete(headers, header)
		}
	}
	expectEvent(t, event, strings.ReplaceAll(`{
		"version":"1.0","resource":"/shop/{id}","path":"/dev/shop/a+b","httpMethod":"GET",
		"headers":{"accept-encoding":"gzip","content-length":"0","cookie":"a=1","user-agent":"curl/8","x-forwarded-for":"127.0.0.1","x-forwarded-proto":"http","x-multi":"2"},
		"multiValueHeaders":{"accept-encoding":["gzip"],"content-length":["0"],"cookie":["a=1"],"user-agent":["curl/8"],"x-forwarded-for":["127.0.0.1"],"x-forwarded-proto":["http"],"x-multi":["1","2"]},
		"queryStringParameters":{"q":"2"},"multiValueQueryStringParameters":{"q":["1","2"]},
		"requestContext":{"accountId":"000000000000","apiId":"API","authorizer":{"claims":null,"scopes":null},
			"domainName":"API.execute-api.eu-west-1.localhost","domainPrefix":"API","httpMethod":"GET",
			"identity":{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"127.0.0.1","principalOrgId":null,
				"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,"userAgent":"curl/8","user":null},
			"operationName":"look","path":"/dev/shop/a+b","protocol":"HTTP/1.1","resourceId":null,"resourcePath":"/shop/{id}","stage":"dev"},
		"pathParameters":{"id":"a+b"},"stageVariables":{"colour":"red"},"body":null,"isBase64Encoded":false}`, "API", a.id))
}

func TestWhichBodiesOfAnHTTPAPIAreBase64(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("POST /")
	for _, c := range []struct {
		contentType, encoding, body string
		encoded                     bool
	}{
		{"text/html", "", "x", false}, {"TEXT/Plain; charset=utf-8", "", "x", false}, {"application/json", "", "{}", false}, {"application/json; charset=utf-8", "", "{}", false},
		{"application/xml", "", "<a/>", false}, {"application/javascript", "", "x", false}, {"application/x-www-form-urlencoded", "", "a=1", true},
		{"application/octet-stream", "", "x", true}, {"image/png", "", "\x89PNG", true}, {"application/problem+json", "", "{}", true}, {"text/", "", "x", true},
		{"application/json", "gzip", "\x1f\x8b", true}, {"application/json", "identity", "{}", false}, {"", "", "x", false}, {"", "", "\xff\xfe", true},
	} {
		got := a.send("POST", "/", withBody(c.body), func(r *http.Request) {
			if c.contentType != "" {
				r.Header.Set("Content-Type", c.contentType)
			}
			if c.encoding != "" {
				r.Header.Set("Content-Encoding", c.encoding)
			}
		})
		event := w.fn.event(t)
		if got.status != 200 || event["isBase64Encoded"] != c.encoded || !c.encoded && event["body"] != c.body {
			t.Errorf("%q %q: %d, encoded %v, body %v", c.contentType, c.encoding, got.status, event["isBase64Encoded"], event["body"])
		}
	}
}
