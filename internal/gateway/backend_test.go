package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// proxied defines an open method with an HTTP server behind it.
func (a *api) proxied(verb, path, uri string, declared map[string]bool, mapped map[string]string) {
	a.t.Helper()
	a.method(verb, path, &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE"), RequestParameters: declared})
	a.integrate(verb, path, &apigateway.PutIntegrationInput{
		Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("ANY"), Uri: &uri, RequestParameters: mapped, TimeoutInMillis: aws.Int32(1000),
	})
}

func TestProxiedToAnHTTPServer(t *testing.T) {
	w := newWorld(t)
	var seen *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen, body = r, string(b)
		rw.Header().Set("X-Own", "yes")
		rw.Header().Set("Server", "mine")
		rw.Header().Set("x-amzn-RequestId", "forged")
		rw.WriteHeader(302)
		fmt.Fprint(rw, "from the server")
	}))
	defer server.Close()
	a := w.newAPI()
	a.proxied("ANY", "/api/{proxy+}", server.URL+"/base/{proxy}?fixed=1", map[string]bool{"method.request.path.proxy": true, "method.request.header.X-In": false},
		map[string]string{"integration.request.path.proxy": "method.request.path.proxy", "integration.request.header.X-Out": "method.request.header.X-In",
			"integration.request.querystring.lit": "'value'", "integration.request.header.X-Ip": "context.identity.sourceIp"})
	a.deploy("prod")
	got := a.send("PUT", "/prod/api/a%2Fb/c%20d/..e?q=1&q=2%26", withBody("data"), withHeader("Authorization", "Bearer for-the-server"),
		withHeader("X-In", "in"), withHeader("X-Hop", "secret"), withHeader("Connection", "X-Hop"), withHeader("TE", "trailers"), withHeader("X-Amzn-Oidc-Data", "forged"),
		withHeader("X-Forwarded-For", "1.2.3.4"))
	if got.status != 302 || got.body != "from the server" || got.header.Get("X-Own") != "yes" {
		t.Fatalf("%+v", got)
	}
	if got.header.Get("x-amzn-Remapped-Server") != "mine" || got.header.Get("Server") != "" || got.header.Get("x-amzn-Remapped-X-Amzn-Requestid") != "forged" ||
		got.header.Get("x-amzn-Remapped-Content-Length") != "15" || got.header.Get("x-amzn-RequestId") == "forged" || got.header.Get("X-Amzn-Trace-Id") != "" {
		t.Errorf("headers of the answer: %v", got.header)
	}
	if seen.RequestURI != "/base/a%2Fb/c%20d/..e?fixed=1&q=1&q=2%26&lit=value" || seen.Method != "PUT" || body != "data" {
		t.Errorf("the server saw %s %s %q", seen.Method, seen.RequestURI, body)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer for-the-server", "X-Out": "in", "X-Ip": "127.0.0.1", "X-Hop": "", "Te": "", "X-Amzn-Oidc-Data": "",
		"X-Forwarded-For": "1.2.3.4, 127.0.0.1", "X-Amzn-Apigateway-Api-Id": a.id,
	} {
		if seen.Header.Get(name) != want {
			t.Errorf("the server saw %s: %q, want %q", name, seen.Header.Get(name), want)
		}
	}
	if seen.Host != strings.TrimPrefix(server.URL, "http://") {
		t.Errorf("Host %q", seen.Host)
	}
	a.send("GET", "/prod/api/x", withHeader("Authorization", "AWS4-HMAC-SHA256 Credential=x, Signature=y"))
	if seen.Header.Get("Authorization") != "" {
		t.Error("a signature went on to the server")
	}
	if got := a.send("GET", "/prod/api/..%2F..%2Fadmin"); got.status != 403 {
		t.Errorf("a dot segment: %+v", got)
	}
}

func TestServersThatMisbehave(t *testing.T) {
	w := newWorld(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buffer := make([]byte, 4096)
				n, _ := c.Read(buffer)
				switch request := string(buffer[:n]); {
				case strings.HasPrefix(request, "GET /garbage"):
					io.WriteString(c, "\x16\x03\x01 not http at all\r\n\r\n")
				case strings.HasPrefix(request, "GET /reset"):
					c.(*net.TCPConn).SetLinger(0)
				case strings.HasPrefix(request, "GET /cut"):
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
				case strings.HasPrefix(request, "GET /slow"):
					c.Read(buffer) // until the gateway gives up
				case strings.HasPrefix(request, "GET /switch"):
					io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
				case strings.HasPrefix(request, "GET /huge"):
					io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Huge: "+strings.Repeat("x", 128<<10)+"\r\n\r\n")
				}
			}()
		}
	}()
	a := w.newAPI()
	for _, path := range []string{"/garbage", "/reset", "/cut", "/slow", "/switch", "/huge"} {
		a.proxied("GET", path, "http://"+listener.Addr().String()+path, nil, nil)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	closed.Close()
	a.proxied("GET", "/closed", "http://"+closed.Addr().String()+"/", nil, nil)
	a.deploy("prod")
	for path, want := range map[string]int{"/garbage": 502, "/reset": 504, "/cut": 504, "/slow": 504, "/switch": 502, "/huge": 502, "/closed": 504} {
		if got := a.send("GET", "/prod"+path); got.status != want || got.header.Get("x-amzn-ErrorType") != "InternalServerErrorException" {
			t.Errorf("%s: %+v, want %d", path, got, want)
		}
	}
}

func TestCORSPreflightByMock(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.guarded("GET", "/x", a.authorizer("pool", poolARN))
	a.method("OPTIONS", "/x", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.integrate("OPTIONS", "/x", &apigateway.PutIntegrationInput{Type: types.IntegrationTypeMock, PassthroughBehavior: aws.String("NEVER"), RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`}})
	resource := a.resource("/x")
	_, err := w.client.PutMethodResponse(t.Context(), &apigateway.PutMethodResponseInput{RestApiId: &a.id, ResourceId: &resource, HttpMethod: aws.String("OPTIONS"), StatusCode: aws.String("200"),
		ResponseModels: map[string]string{"application/json": "Empty"}, ResponseParameters: map[string]bool{"method.response.header.Access-Control-Allow-Origin": false, "method.response.header.Access-Control-Allow-Methods": false}})
	must(t, err)
	put := &apigateway.PutIntegrationResponseInput{RestApiId: &a.id, ResourceId: &resource, HttpMethod: aws.String("OPTIONS"), StatusCode: aws.String("200"),
		ResponseParameters: map[string]string{"method.response.header.Access-Control-Allow-Origin": "'*'", "method.response.header.Access-Control-Allow-Methods": "'GET,OPTIONS'"},
		ResponseTemplates:  map[string]string{"application/json": `{"ok":true}`}}
	_, err = w.client.PutIntegrationResponse(t.Context(), put)
	must(t, err)
	a.deploy("prod")
	got := a.send("OPTIONS", "/prod/x", withHeader("Origin", "https://pizza.example"))
	if got.status != 200 || got.body != `{"ok":true}` || got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Allow-Methods") != "GET,OPTIONS" {
		t.Errorf("preflight: %+v", got)
	}
	if got.header.Get("X-Amzn-Trace-Id") != "" {
		t.Error("a MOCK answer has a trace id")
	}
	if got := a.send("OPTIONS", "/prod/x", withHeader("Content-Type", "text/xml")); got.status != 415 || got.body != `{"message":"Unsupported Media Type"}` {
		t.Errorf("a type without template: %+v", got)
	}
	if got := a.send("GET", "/prod/x"); got.status != 401 {
		t.Errorf("the guarded method beside it: %+v", got)
	}
	put.ResponseTemplates = map[string]string{"application/json": `#set($x = 1)$input.body`}
	_, err = w.client.PutIntegrationResponse(t.Context(), put)
	expectError(t, err, "BadRequestException", "is not supported by Sallyport yet")
	put.ResponseTemplates, put.ResponseParameters = nil, map[string]string{"method.response.header.X-Undeclared": "'x'"}
	_, err = w.client.PutIntegrationResponse(t.Context(), put)
	expectError(t, err, "BadRequestException", "Invalid mapping expression parameter specified: method.response.header.X-Undeclared")
}
