package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// server stands behind an API and keeps the last request.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen *http.Request
	body string
}

func newServer(t *testing.T, answer http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen, s.body = r, string(b)
		s.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) last() (*http.Request, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen, s.body
}

func TestAnHTTPAPIProxiesToAServer(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Own", "yes")
		rw.Header().Set("Apigw-Requestid", "forged")
		rw.Header().Set("X-Hop", "secret")
		rw.Header().Set("Connection", "X-Hop")
		rw.WriteHeader(302)
		fmt.Fprint(rw, "from the server")
	})
	a := w.newHTTPAPI()
	a.route("ANY /api/{proxy+}", a.backend(s.URL+"/base/{proxy}?fixed=1"))
	a.route("GET /pets/{id}/{part}", a.backend(s.URL+"/{part}/of/{id}"))
	a.route("POST /fixed", a.backend(s.URL+"/only", func(in *apigatewayv2.CreateIntegrationInput) { in.IntegrationMethod = aws.String("PUT") }))
	a.route("$default", a.backend(s.URL+"/all/"))
	got := a.send("PUT", "/api/a%2Fb/c%20d/..e/?q=1&q=2%26;x", withBody("data"), withHeader("Authorization", "Bearer for-the-server"),
		withHeader("X-Hop", "secret"), withHeader("Connection", "X-Hop"), withHeader("TE", "trailers"), withHeader("X-Amzn-Oidc-Data", "forged"),
		withHeader("X-Forwarded-For", `1.2.3.4, 2001:db8::1, "x;by=y`), withHeader("X-Forwarded-Proto", "https"), withHeader("Forwarded", "for=9.9.9.9"),
		withHeader("Via", "1.1 mine"), withHeader("Cookie", "a=1"), withHeader("X-HTTP-Method-Override", "DELETE"))
	if got.status != 302 || got.body != "from the server" || got.header.Get("X-Own") != "yes" || got.header.Get("X-Hop") != "" || got.header.Get("Apigw-Requestid") == "forged" {
		t.Fatalf("%+v", got)
	}
	seen, body := s.last()
	if seen.RequestURI != "/base/a%2Fb/c%20d/..e/?fixed=1&q=1&q=2%26%3Bx" || seen.Method != "PUT" || body != "data" {
		t.Errorf("the server saw %s %s %q", seen.Method, seen.RequestURI, body)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer for-the-server", "X-Hop": "", "Te": "", "X-Amzn-Oidc-Data": "", "X-Forwarded-For": "", "X-Forwarded-Proto": "", "X-Forwarded-Port": "",
		"Via": "1.1 mine, HTTP/1.1 AmazonAPIGateway", "Cookie": "a=1",
		"Forwarded": `for=9.9.9.9, for=1.2.3.4, for="[2001:db8::1]", for="\"x;by=y", by=127.0.0.1;for=127.0.0.1;host="` + hostOf(a.id) + `";proto=http`,
	} {
		if seen.Header.Get(name) != want {
			t.Errorf("the server saw %s: %q, want %q", name, seen.Header.Get(name), want)
		}
	}
	if seen.Host != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("Host %q", seen.Host)
	}
	for _, c := range [][3]string{
		{"GET", "/pets/a%20b/x%3Fy", "GET /x%3Fy/of/a%20b"}, {"POST", "/fixed?a=1", "PUT /only?a=1"}, {"GET", "/x/y%20z/?a=1", "GET /all/x/y%20z/?a=1"},
		{"DELETE", "/", "DELETE /all/"}, {"GET", "/%C3%A9;v=1", "GET /all/%C3%A9%3Bv%3D1"},
	} {
		a.send(c[0], c[1])
		if seen, _ := s.last(); seen.Method+" "+seen.RequestURI != c[2] {
			t.Errorf("%s %s: the server saw %s %s, want %s", c[0], c[1], seen.Method, seen.RequestURI, c[2])
		}
	}
	a.send("GET", "/x", withHeader("Authorization", "AWS4-HMAC-SHA256 Credential=x, Signature=y"))
	if seen, _ := s.last(); seen.Header.Get("Authorization") != "" {
		t.Error("a signature went on to the server")
	}
}

func TestServersThatMisbehaveBehindAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	answers := map[string]string{
		"garbage": "not HTTP\r\n\r\n", "two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"cut": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", "reset": "", "odd-status": "HTTP/1.1 700 Odd\r\nContent-Length: 0\r\n\r\n",
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 4096)
			n, _ := c.Read(b)
			for name, answer := range answers {
				if strings.HasPrefix(string(b[:n]), "GET /"+name) {
					_, _ = io.WriteString(c, answer)
				}
			}
			_ = c.Close()
		}
	}()
	a.route("GET /{proxy+}", a.backend("http://"+listener.Addr().String()+"/{proxy}"))
	a.route("GET /nobody", a.backend("http://127.0.0.1:1/"))
	hang := newServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	a.route("GET /slow", a.backend(hang.URL, func(in *apigatewayv2.CreateIntegrationInput) { in.TimeoutInMillis = aws.Int32(50) }))
	for target, status := range map[string]int{
		"/garbage": 500, "/two-lengths": 500, "/odd-status": 500, "/cut": 503, "/reset": 503, "/nobody": 503, "/slow": 503,
	} {
		body := `{"message":"Service Unavailable"}`
		if status == 500 {
			body = brokenBody
		}
		expectReply(t, target, a.send("GET", target), status, body)
	}
}

func TestAnHTTPAPIMapsParametersOfRequests(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, nil)
	a := w.newHTTPAPI()
	a.stage("dev", map[string]string{"tier": "gold"})
	staff := a.jwt("$request.header.Authorization", poolARN, "client-1")
	mapped := map[string]string{
		"overwrite:header.X-User":      "$context.authorizer.claims.sub",
		"overwrite:header.X-Missing":   "$context.authorizer.claims.none",
		"overwrite:header.X-Both":      "id=${request.path.id};q=${request.querystring.q}",
		"append:header.X-Many":         "$request.header.x-in",
		"remove:header.X-Secret":       "''",
		"overwrite:header.X-City":      "$request.body.user.addresses[1].city",
		"overwrite:header.X-Tier":      "$stageVariables.tier",
		"append:querystring.tag":       "static",
		"overwrite:querystring.q":      "$request.header.x-in",
		"remove:querystring.token":     "''",
		"overwrite:header.X-Request":   "$context.requestId",
		"overwrite:header.X-Path":      "$request.path",
		"overwrite:header.X-Of-Object": "$request.body.user.n",
	}
	backend := a.backend(s.URL+"/b", func(in *apigatewayv2.CreateIntegrationInput) { in.RequestParameters = mapped })
	a.route("POST /pets/{id}", backend, byToken(staff))
	a.route("PUT /pets/{id}", a.function("2.0", mapped), byToken(staff))
	a.route("POST /to/{where}", a.backend(s.URL+"/b", func(in *apigatewayv2.CreateIntegrationInput) {
		in.RequestParameters = map[string]string{"overwrite:path": "/v2/$request.path.where"}
	}))
	token := w.pools.sign(t, poolARN, "id", nil)
	request := func(verb string) reply {
		return a.send(verb, "/dev/pets/a%20b?q=1&q=2&token=secret&tag=own", withBody(`{"user":{"addresses":[{},{"city":"Bern"}],"n":{"a":[1, 2]}}}`),
			withHeader("Authorization", token), withHeader("X-User", "admin"), withHeader("X-Missing", "admin"), withHeader("X-In", "1"), withHeader("X-In", "2"),
			withHeader("X-Many", "0"), withHeader("X-Secret", "s"), withHeader("Content-Type", "application/json"))
	}
	want := map[string]string{
		"X-User": "11111111-2222-3333-4444-555555555555", "X-Missing": "", "X-Both": "id=a b;q=1,2", "X-Many": "0,1,2", "X-Secret": "", "X-City": "Bern",
		"X-Tier": "gold", "X-Path": "/pets/a b", "X-Of-Object": `{"a":[1, 2]}`,
	}
	got := request("POST")
	expectReply(t, "to a server", got, 200, "")
	seen, _ := s.last()
	for name, value := range want {
		if strings.Join(seen.Header[name], ",") != value {
			t.Errorf("the server saw %s: %q, want %q", name, seen.Header[name], value)
		}
	}
	if seen.RequestURI != "/b?q=1%2C2&tag=own&tag=static" || seen.Header.Get("X-Request") != got.header.Get("Apigw-Requestid") {
		t.Errorf("the server saw %s", seen.RequestURI)
	}
	expectReply(t, "to the function", request("PUT"), 200, "hello")
	event := w.fn.event(t)
	headers := event["headers"].(map[string]any)
	for name, value := range want {
		if got, _ := headers[strings.ToLower(name)].(string); got != value {
			t.Errorf("the function saw %s: %q, want %q", name, got, value)
		}
	}
	if query := event["queryStringParameters"].(map[string]any); event["rawQueryString"] != "q=1%2C2&tag=own&tag=static" || query["q"] != "1,2" || query["tag"] != "own,static" || query["token"] != nil {
		t.Errorf("%v, %v", event["rawQueryString"], query)
	}
	a.send("POST", "/to/a%20b%3Fc?x=1")
	if seen, _ := s.last(); seen.RequestURI != "/v2/a%20b%3Fc?x=1" {
		t.Errorf("overwritten path: %s", seen.RequestURI)
	}
}

// A value that a client can choose is a value wherever it is mapped to.
func TestMappedValuesOfAnHTTPAPICannotLeaveTheirPlace(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, nil)
	a := w.newHTTPAPI()
	a.route("GET /q", a.backend(s.URL+"/b", func(in *apigatewayv2.CreateIntegrationInput) {
		in.RequestParameters = map[string]string{"overwrite:path": "/public/$request.querystring.to", "overwrite:header.X-To": "$request.querystring.header", "append:querystring.a": "$request.querystring.b"}
	}))
	a.route("GET /v/{id}", a.backend(s.URL+"/public/{id}/x"))
	for _, target := range []string{
		"/q?to=../admin", "/q?to=%2e%2e/admin", "/q?to=..%2Fadmin", "/q?to=..%5Cadmin", "/q?to=a%00", "/q?to=a%0d%0aX:y", "/q?to=a&header=a%0d%0aX-Evil:%20y", "/q?to=a&header=%00",
		"/v/..%2F..%2Fadmin", "/v/%2e%2e",
	} {
		if got := a.send("GET", target); got.status != 400 && got.status != 404 {
			t.Errorf("%s: %+v", target, got)
		}
	}
	if seen, _ := s.last(); seen != nil {
		t.Fatalf("the server saw %s", seen.RequestURI)
	}
	a.send("GET", "/q?to=a?admin=1%23x&b=1%26admin=2&header=ok")
	if seen, _ := s.last(); seen == nil || seen.URL.Path != "/public/a?admin=1#x" || seen.URL.Query().Has("admin") || seen.Header.Get("X-To") != "ok" {
		t.Errorf("the server saw %v", seen)
	}
}

func TestAnHTTPAPIMapsParametersOfAnswers(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Internal", "secret")
		rw.Header().Set("X-Kept", "1")
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(map[string]int{"/teapot": 418, "/gone": 410}[r.URL.Path])
		fmt.Fprint(rw, `{"error":{"code":"E7"}}`)
	})
	a := w.newHTTPAPI()
	responses := map[string]map[string]string{
		"418": {"overwrite:statuscode": "403", "remove:header.X-Internal": "''", "append:header.X-Kept": "2", "overwrite:header.X-Code": "$response.body.error.code",
			"overwrite:header.X-Was": "$response.header.x-internal", "append:header.X-Stage": "$context.stage"},
	}
	a.route("GET /{proxy+}", a.backend(s.URL+"/{proxy}", func(in *apigatewayv2.CreateIntegrationInput) { in.ResponseParameters = responses }))
	a.route("GET /fn", a.integration(&apigatewayv2.CreateIntegrationInput{
		IntegrationType: "AWS_PROXY", IntegrationUri: aws.String(functionARN), PayloadFormatVersion: aws.String("2.0"), ResponseParameters: responses,
	}))
	w.fn.says(`{"statusCode":418,"body":"{\"error\":{\"code\":\"E7\"}}","headers":{"X-Internal":"secret","X-Kept":"1","Content-Type":"application/json"}}`)
	for _, target := range []string{"/teapot", "/fn"} {
		got := a.send("GET", target)
		expectReply(t, target, got, 403, `{"error":{"code":"E7"}}`)
		for name, want := range map[string]string{"X-Internal": "", "X-Kept": "1,2", "X-Code": "E7", "X-Was": "secret", "X-Stage": "$default", "Content-Type": "application/json"} {
			if strings.Join(got.header[name], ",") != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got.header[name], want)
			}
		}
	}
	if got := a.send("GET", "/gone"); got.status != 410 || got.header.Get("X-Internal") != "secret" {
		t.Errorf("another status: %+v", got)
	}
}

// What a mapping takes from a header that the gateway sets is what the gateway knows.
func TestMappingsTakeTheGatewaysOwnHeaders(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, nil)
	a := w.newHTTPAPI()
	mapped := map[string]string{
		"overwrite:header.X-Client": "$request.header.x-forwarded-for", "overwrite:header.X-Scheme": "$request.header.x-forwarded-proto", "overwrite:header.X-Asked": "$request.header.host",
		"overwrite:header.X-Trace": "$request.header.x-amzn-trace-id", "overwrite:header.X-Oidc": "$request.header.x-amzn-oidc-identity", "overwrite:header.X-Forwarded-Prefix": "/shop",
	}
	a.route("GET /", a.backend(s.URL, func(in *apigatewayv2.CreateIntegrationInput) { in.RequestParameters = mapped }))
	a.route("GET /fn", a.function("2.0", mapped))
	forged := []func(*http.Request){
		withHeader("X-Forwarded-For", "10.0.0.1"), withHeader("X-Forwarded-Proto", "https"), withHeader("X-Amzn-Trace-Id", "forged"), withHeader("X-Amzn-Oidc-Identity", "root"),
		withHeader("X-Forwarded-Prefix", "/admin"), func(r *http.Request) { r.Header["Host"] = []string{"forged"} },
	}
	want := map[string]string{"X-Client": "10.0.0.1, 127.0.0.1", "X-Scheme": "http", "X-Asked": hostOf(a.id), "X-Oidc": "", "X-Forwarded-Prefix": "/shop"}
	expectReply(t, "to a server", a.send("GET", "/", forged...), 200, "")
	expectReply(t, "to the function", a.send("GET", "/fn", forged...), 200, "hello")
	seen, _ := s.last()
	headers := w.fn.event(t)["headers"].(map[string]any)
	for name, value := range want {
		if got := seen.Header.Get(name); got != value {
			t.Errorf("the server saw %s: %q, want %q", name, got, value)
		}
		if got, _ := headers[strings.ToLower(name)].(string); got != value {
			t.Errorf("the function saw %s: %q, want %q", name, got, value)
		}
	}
	if trace := seen.Header.Get("X-Trace"); !strings.HasPrefix(trace, "Root=1-") {
		t.Errorf("the server saw the trace %q", trace)
	}
}
