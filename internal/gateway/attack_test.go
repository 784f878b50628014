package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/gateway"
)

// raw sends bytes as they stand and reads all that comes back.
func (w *world) raw(message string) string {
	w.t.Helper()
	c, err := net.Dial("tcp", w.server.Listener.Addr().String())
	must(w.t, err)
	defer c.Close()
	_, err = io.WriteString(c, message)
	must(w.t, err)
	answer, err := io.ReadAll(c)
	must(w.t, err)
	return string(answer)
}

// The same key id in two pools is no reason to mix them up, and a pool that is
// gone takes its tokens with it, the remembered ones too.
func TestTokensOfPoolsThatLookAlikeOrAreGone(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.guarded("GET", "/x", a.authorizer("pool", poolARN))
	a.guarded("GET", "/both", a.authorizer("both", otherPool, poolARN))
	a.deploy("prod")
	good := w.pools.sign(t, poolARN, "id", nil)
	forged := signed(t, poolKeys()[1], map[string]any{"alg": "RS256", "kid": "key-of-" + poolID(poolARN)}, claims{
		"iss": poolIssuer + poolID(poolARN), "sub": "s", "aud": "client-1", "token_use": "id", "iat": 1, "exp": 4102444800})
	send := func(path, token string) int {
		return a.send("GET", "/prod"+path, withHeader("Authorization", token)).status
	}
	for range 2 { // cold and warm
		for path, want := range map[string]int{"/x": 200, "/both": 200} {
			if got := send(path, good); got != want {
				t.Errorf("%s: %d, want %d", path, got, want)
			}
			if got := send(path, forged); got != 401 {
				t.Errorf("%s with another pool's key under this pool's kid: %d", path, got)
			}
		}
	}
	w.pools.verifiers = maps.Clone(w.pools.verifiers)
	delete(w.pools.verifiers, poolARN)
	for _, path := range []string{"/x", "/both"} {
		if got := send(path, good); got != 401 {
			t.Errorf("%s with a token of a deleted pool: %d", path, got)
		}
	}
}

// A token counts in the header that the authorizer names and nowhere else, and
// no header can take it away from what was checked.
func TestTokensInOtherPlaces(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.guarded("GET", "/x", a.authorizer("pool", poolARN))
	a.deploy("prod")
	token := w.pools.sign(t, poolARN, "id", nil)
	host := "Host: " + hostOf(a.id) + "\r\n"
	for fields, want := range map[string]string{
		"X-Authorization: " + token:                                        "401",
		"Proxy-Authorization: Bearer " + token:                             "401",
		"Cookie: Authorization=" + token:                                   "401",
		"Authorization: Bearer\r\n " + token:                               "200", // folded: one line (RFC 9112, 5.2)
		"Authorization: " + token[:40] + "\r\n " + token[40:]:              "401",
		"Authorization : " + token:                                         "400",
		"Authorization: " + token + "\r\nauthorization: " + token:          "401",
		"Authorization:\r\nAuthorization: " + token:                        "401",
		"Authorization: " + token + ", " + token:                           "401",
		"Authorization: Bearer\t" + token:                                  "401",
		"Authorization: \"" + token + "\"":                                 "401",
		"Authorization: " + token + "\x00":                                 "400",
		"Authorization: " + token + "\r\nConnection: close, Authorization": "200",
	} {
		before := w.fn.count()
		answer := w.raw("GET /prod/x HTTP/1.1\r\n" + host + "Connection: close\r\n" + fields + "\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 "+want+" ") {
			t.Errorf("%.60q: %.60q, want %s", fields, answer, want)
		}
		if (w.fn.count() > before) != (want == "200") {
			t.Errorf("%.60q: function called: %v", fields, w.fn.count() > before)
		}
	}
	if answer := w.raw("GET /prod/x?Authorization=" + token + "&access_token=" + token + " HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.1 401 ") {
		t.Errorf("in the query: %.60q", answer)
	}
}

// What names the API is the target and the Host that net/http has made sure of;
// no other reading of them finds an API or a stage.
func TestRequestTargetsThatMustNotFindAnotherAPI(t *testing.T) {
	w := newWorld(t)
	mine, other := w.newAPI(), w.newAPI()
	for _, a := range []*api{mine, other} {
		a.open("ANY", "/x")
		a.deploy("prod")
	}
	form := "/_aws/execute-api/"
	for _, c := range []struct{ line, host, want string }{
		{"GET " + form + mine.id + "/prod/x", "h", "200"},
		{"GET " + form + mine.id + "/../" + other.id + "/prod/x", "h", "403"},
		{"GET " + form + mine.id + "/prod/../../" + other.id + "/prod/x", "h", "403"},
		{"GET " + form + "nosuchapi0/../" + other.id + "/prod/x", "h", "403"},
		{"GET " + form + mine.id + "%2Fprod/x", "h", "403"},
		{"GET " + form + mine.id + "/prod%2Fx", "h", "403"},
		{"GET " + form + mine.id + "/pro%64/x", "h", "403"},
		{"GET " + form + mine.id + "//prod/x", "h", "200"}, // slashes before the stage are one, as at AWS
		{"GET " + form + mine.id + "/PROD/x", "h", "403"},
		{"GET http://" + hostOf(mine.id) + "/prod/x", "elsewhere", "200"},
		{"GET http://" + strings.ToUpper(hostOf(mine.id)) + "/prod/x", "elsewhere", "200"},
		{"GET http://" + hostOf(mine.id) + "/nostage/x", hostOf(other.id), "403"},
		{"GET http://nosuchapi0.execute-api." + region + ".localhost/prod/x", hostOf(mine.id), "403"},
		{"GET /prod/x", mine.id + ".execute-api." + region + ".localhost.", "200"},
		{"GET /prod/x", mine.id + ".execute-api.us-west-2.localhost", "403"},
		{"GET " + form + other.id + "/prod/x", hostOf(mine.id), "403"}, // by host, all of the path is the API's
		{"GET //prod/x", hostOf(mine.id), "200"},
		{"GET //" + other.id + "/prod/x", hostOf(mine.id), "403"},
		{"GET /prod%2Fx", hostOf(mine.id), "403"},
		{"GET /prod;v=1/x", hostOf(mine.id), "403"},
		{"CONNECT /prod/x", hostOf(mine.id), "403"},
		{"TRACE /prod/x", hostOf(mine.id), "403"},
		{"PROPFIND /prod/x", hostOf(mine.id), "403"},
	} {
		before := w.fn.count()
		answer := w.raw(c.line + " HTTP/1.1\r\nHost: " + c.host + "\r\nX-Forwarded-Host: " + hostOf(other.id) + "\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 "+c.want+" ") {
			t.Errorf("%s, Host %s: %.60q, want %s", c.line, c.host, answer, c.want)
		}
		if called := w.fn.count() > before; called != (c.want == "200") {
			t.Errorf("%s: function called: %v", c.line, called)
		} else if called && !strings.Contains(w.fn.calls[before].SourceARN, mine.id) {
			t.Errorf("%s called %s", c.line, w.fn.calls[before].SourceARN)
		}
	}
}

// One request in is one request out, with the framing of the gateway: a backend
// never sees a second request in the body of the first.
func TestNothingIsSmuggledToABackend(t *testing.T) {
	w := newWorld(t)
	var seen []string
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("%s %s %d %q %v", r.Method, r.URL.Path, r.ContentLength, body, r.TransferEncoding))
	}))
	defer server.Close()
	a := w.newAPI()
	a.proxied("POST", "/x", server.URL+"/x", nil, nil)
	a.deploy("prod")
	const hidden = "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n"
	for name, c := range map[string]struct{ message, status, backend string }{
		"both lengths":          {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "200", `POST /x 3 "abc" []`},
		"hidden behind the end": {"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "200", `POST /x 0 "" []`},
		"hidden in a length":    {fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(hidden), hidden), "200", fmt.Sprintf(`POST /x %d %q []`, len(hidden), hidden)},
		"trailers":              {"Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\na\r\n0\r\nX-T: v\r\n\r\n", "200", `POST /x 1 "a" []`},
		"two lengths":           {"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400", ""},
		"a length with a sign":  {"Content-Length: +1\r\n\r\na", "400", ""},
		"an odd encoding":       {"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501", ""},
		"two encodings":         {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "501", ""},
		"a broken chunk":        {"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", "400", ""},
		"cut chunks":            {"Transfer-Encoding: chunked\r\n\r\n5\r\nab\n\r\n0\r\n\r\n", "400", ""},
	} {
		seen = nil
		answer := w.raw("POST /prod/x HTTP/1.1\r\nHost: " + hostOf(a.id) + "\r\nConnection: close\r\n" + c.message)
		if !strings.HasPrefix(answer, "HTTP/1.1 "+c.status+" ") {
			t.Errorf("%s: %.60q, want %s", name, answer, c.status)
		}
		mu.Lock()
		if got := strings.Join(seen, "; "); got != c.backend {
			t.Errorf("%s: the backend saw %s, want %s", name, got, c.backend)
		}
		mu.Unlock()
	}
}

// An integration with a method of its own decides which one the backend sees: a
// client cannot have it changed behind the gateway, nor skip an authorizer so.
func TestMethodOverrideEndsAtTheGateway(t *testing.T) {
	w := newWorld(t)
	var seen string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = r.Method + " " + r.Header.Get("X-HTTP-Method-Override")
	}))
	defer server.Close()
	a := w.newAPI()
	a.proxied("ANY", "/own", server.URL, nil, nil)
	a.method("ANY", "/fixed", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.integrate("ANY", "/fixed", &apigateway.PutIntegrationInput{Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("POST"), Uri: &server.URL})
	a.deploy("prod")
	for path, want := range map[string]string{"/own": "DELETE ", "/fixed": "POST "} {
		if a.send("POST", "/prod"+path, withHeader("X-HTTP-Method-Override", "DELETE")); seen != want {
			t.Errorf("%s: the backend saw %q, want %q", path, seen, want)
		}
	}
}

// A backend that closes an idle connection without a word is common. The next
// request finds that out before it is sent, and takes a new connection, whatever
// its method: nothing is sent twice, and nothing is lost.
func TestBackendsThatCloseIdleConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	bodies, closed := make(chan string, 16), make(chan struct{}, 16)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err == nil {
				body, _ := io.ReadAll(r.Body)
				bodies <- r.Method + " " + string(body)
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
			c.Close()
			closed <- struct{}{}
		}
	}()
	w := newWorld(t)
	a := w.newAPI()
	a.proxied("ANY", "/x", "http://"+listener.Addr().String(), nil, nil)
	a.deploy("prod")
	for _, verb := range []string{"POST", "PUT", "PATCH", "POST"} {
		got := a.send(verb, "/prod/x", withBody("pizza"))
		<-closed
		if seen := <-bodies; got.status != 200 || got.body != "ok" || seen != verb+" pizza" {
			t.Errorf("%s: %+v, the backend saw %q", verb, got, seen)
		}
	}
	if len(bodies) > 0 {
		t.Errorf("sent twice: %q", <-bodies)
	}
}

func TestHeadThroughABackendClaimsNoLength(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, "12345") }))
	defer server.Close()
	a := w.newAPI()
	a.proxied("ANY", "/x", server.URL, nil, nil)
	a.deploy("prod")
	if got := a.send("HEAD", "/prod/x"); got.status != 200 || got.header.Get("Content-Length") != "" || got.header.Get("x-amzn-Remapped-Content-Length") != "5" {
		t.Errorf("%+v", got)
	}
	if got := a.send("GET", "/prod/x"); got.body != "12345" || got.header.Get("Content-Length") != "5" {
		t.Errorf("%+v", got)
	}
}

// echo answers with the event's own body and caller, and now and then only
// after the gateway has given up, while it still reads the event.
type echo struct {
	late atomic.Int32
	stop sync.WaitGroup
}

func (e *echo) Invoke(ctx context.Context, i gateway.Invocation) ([]byte, bool, error) {
	if bytes.Contains(i.Payload, []byte(`"body":"late`)) {
		e.stop.Go(func() {
			<-ctx.Done()
			for range 50 { // it runs on, as functions do
				if !bytes.Contains(i.Payload, []byte(`"body":"late`)) {
					e.late.Add(1)
				}
			}
		})
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	_, after, _ := strings.Cut(string(i.Payload), `"body":`)
	text, _, _ := strings.Cut(after, `,"isBase64Encoded"`)
	_, after, _ = strings.Cut(string(i.Payload), `"sub":`)
	sub, _, _ := strings.Cut(after, `,`)
	return []byte(`{"body":` + text + `,"headers":{"X-Sub":` + sub + `,"X-Again":"last"},"multiValueHeaders":{"x-again":["first"]}}`), false, nil
}

// Requests use the same memory one after the other. None may see another's
// claims, body or headers, whatever the order in which they end.
func TestRequestsAtOnceKeepToThemselves(t *testing.T) {
	fn := &echo{}
	w := newWorldOn(t, openMemory(t), func(c *gateway.Config) { c.Invoker = fn })
	a := w.newAPI()
	authorizer := a.authorizer("pool", poolARN)
	a.guarded("POST", "/x", authorizer)
	a.guarded("POST", "/late", authorizer)
	a.integrate("POST", "/late", &apigateway.PutIntegrationInput{
		Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(functionURI), TimeoutInMillis: aws.Int32(50),
	})
	a.deploy("prod")
	var people sync.WaitGroup
	for n := range 8 {
		sub := fmt.Sprintf("person-%d", n)
		token := w.pools.sign(t, poolARN, "id", claims{"sub": sub})
		people.Go(func() {
			c, err := net.Dial("tcp", w.server.Listener.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			in := bufio.NewReader(c)
			for i := range 40 {
				path, body, want := "/x", fmt.Sprintf("%s says %s", sub, strings.Repeat("é", i*n*10)), 200
				if i%20 == n {
					path, body, want = "/late", "late "+body, 504
				}
				fmt.Fprintf(c, "POST /prod%s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s", path, hostOf(a.id), token, len(body), body)
				got, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Error(err)
					return
				}
				text, _ := io.ReadAll(got.Body)
				if got.StatusCode != want {
					t.Errorf("%s: %d, want %d", sub, got.StatusCode, want)
				}
				if want == 200 && (string(text) != body || got.Header.Get("X-Sub") != sub || strings.Join(got.Header["X-Again"], ",") != "first,last") {
					t.Errorf("%s: %q %v", sub, text, got.Header)
				}
			}
		})
	}
	people.Wait()
	fn.stop.Wait()
	if n := fn.late.Load(); n > 0 {
		t.Errorf("a function's event changed under its hands %d times", n)
	}
}
