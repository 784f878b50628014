package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// meanwhile is a body before whose first byte something happens.
type meanwhile struct {
	io.Reader
	happens func()
}

func (m *meanwhile) Read(p []byte) (int, error) {
	if m.happens != nil {
		m.happens()
		m.happens = nil
	}
	return m.Reader.Read(p)
}

// Requests that were begun in time and whose bodies are held back are no stock
// of permissions for the time after.
func TestAKeyThatEndsWhileTheBodyArrivesOpensNothing(t *testing.T) {
	a := signedAPI(t)
	for name, c := range map[string]struct {
		happens func(id string)
		kind    string
	}{
		"deleted": {func(id string) {
			a.signers.mu.Lock()
			defer a.signers.mu.Unlock()
			delete(a.signers.keys, id)
		}, "UnrecognizedClientException"},
		"over": {func(id string) {
			a.signers.mu.Lock()
			defer a.signers.mu.Unlock()
			p := a.signers.keys[id]
			p.over = true
			a.signers.keys[id] = p
		}, "ExpiredTokenException"},
		"with another secret": {func(id string) {
			a.signers.mu.Lock()
			defer a.signers.mu.Unlock()
			p := a.signers.keys[id]
			p.credentials.SecretAccessKey = "another"
			a.signers.keys[id] = p
		}, invalidKind},
		"without permissions": {func(string) { a.signers.customer("cus", denying("*")) }, "AccessDeniedException"},
	} {
		t.Run(name, func(t *testing.T) {
			customer := a.signers.customer("cus", allowing("*"))
			r := a.sign(customer, order{verb: "POST", target: "/prod/inventory", body: "the body"})
			r.RequestURI, r.RemoteAddr = "/prod/inventory", "127.0.0.1:1"
			r.Body = io.NopCloser(&meanwhile{strings.NewReader("the body"), func() { c.happens(customer.AccessKeyID) }})
			w := httptest.NewRecorder()
			a.gateway.ServeHTTP(w, r)
			if answer := fmt.Sprint(w.Code, w.Header()); !strings.HasPrefix(answer, "403 ") || !strings.Contains(answer, "["+c.kind+"]") {
				t.Errorf("%s %s", answer, w.Body)
			}
			if n := a.fn.count(); n != 0 {
				t.Errorf("the function ran %d times", n)
			}
		})
	}
}

// backed is an API with an HTTP server behind signed and open methods. last is
// the request that came through.
func backed(t *testing.T, mappings map[string]string) (a *api, last func() *http.Request, count *atomic.Int32) {
	var seen atomic.Pointer[http.Request]
	count = new(atomic.Int32)
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		count.Add(1)
	}))
	t.Cleanup(backend.Close)
	a = newWorld(t).newAPI()
	declared := map[string]bool{}
	for _, source := range mappings {
		declared[source] = false
	}
	for path, authorization := range map[string]string{"/signed": "AWS_IAM", "/open": "NONE"} {
		a.method("ANY", path, &apigateway.PutMethodInput{AuthorizationType: &authorization, RequestParameters: declared})
		a.integrate("ANY", path, &apigateway.PutIntegrationInput{
			Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("ANY"), Uri: aws.String(backend.URL + "/b"), RequestParameters: mappings,
		})
	}
	a.deploy("prod")
	return a, seen.Load, count
}

// A Connection header, which nobody signs, names headers that go no further.
// Whoever adds one to somebody's request must not take away what was signed.
func TestASignedHeaderCannotBeTakenAway(t *testing.T) {
	a, seen, _ := backed(t, nil)
	a.iam("POST", "/inventory")
	a.deploy("prod")
	user := a.signers.user("ann", allowing("*"))
	for _, presign := range []bool{false, true} {
		for _, path := range []string{"/prod/inventory", "/prod/signed"} {
			r := a.sign(user, order{verb: "POST", target: path, presign: presign, headers: http.Header{"X-Tenant": {"one"}}})
			signed := strings.Contains(r.Header.Get("Authorization")+r.URL.RawQuery, "x-tenant")
			r.Header.Set("X-Hop", "for the connection")
			r.Header.Set("Connection", "x-tenant, X-Amz-Date, X-Hop")
			if got := a.do(r); got.status != 200 {
				t.Fatalf("%s, presigned %v: %d %s", path, presign, got.status, got.body)
			}
			tenant, hop := "", ""
			if path == "/prod/signed" {
				tenant, hop = seen().Header.Get("X-Tenant"), seen().Header.Get("X-Hop")
			} else {
				headers := a.fn.event(t)["headers"].(map[string]any)
				tenant, _ = headers["X-Tenant"].(string)
				hop, _ = headers["X-Hop"].(string)
			}
			if !signed || tenant != "one" || hop != "" {
				t.Errorf("%s, presigned %v: the tenant (signed: %v) is %q, X-Hop %q", path, presign, signed, tenant, hop)
			}
		}
	}
}

// Over HTTP/2 net/http leaves a Host header where it is, beside the :authority
// that it takes for the host.
func TestThereIsOneHost(t *testing.T) {
	a := signedAPI(t)
	r := a.sign(a.signers.user("ann", allowing("*")), order{verb: "GET", target: "/prod/menu"})
	r.RequestURI, r.RemoteAddr = "/prod/menu", "127.0.0.1:1"
	r.Header["Host"] = []string{"other"}
	w := httptest.NewRecorder()
	a.gateway.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	a.fn.mu.Lock()
	defer a.fn.mu.Unlock()
	event := string(a.fn.calls[0].Payload)
	if strings.Count(event, `"Host":`) != 2 || strings.Contains(event, `"other"`) {
		t.Errorf("the function reads %s", event)
	}
}

func TestNobodyBehindTheGatewayGetsASignature(t *testing.T) {
	a, seen, _ := backed(t, map[string]string{
		"integration.request.header.X-One":            "method.request.header.Authorization",
		"integration.request.header.X-All":            "method.request.multivalueheader.Authorization",
		"integration.request.querystring.one":         "method.request.querystring.X-Amz-Signature",
		"integration.request.querystring.all":         "method.request.multivaluequerystring.X-Amz-Signature",
		"integration.request.header.X-From-The-Query": "method.request.querystring.X-Amz-Signature",
	})
	user := a.signers.user("ann", allowing("*"))
	for _, path := range []string{"/prod/signed", "/prod/open"} {
		for _, presign := range []bool{false, path == "/prod/signed"} {
			r := a.sign(user, order{verb: "GET", target: path, presign: presign})
			if got := a.do(r); got.status != 200 {
				t.Fatalf("%s, presigned %v: %d %s", path, presign, got.status, got.body)
			}
			signature := r.URL.Query().Get("X-Amz-Signature")
			if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Signature="); ok {
				signature = after
			}
			if text := raw(t, seen()); signature == "" || strings.Contains(text, signature) {
				t.Errorf("%s, presigned %v: the backend sees the signature %q:\n%s", path, presign, signature, text)
			}
		}
	}
	if got := a.send("GET", "/prod/open", withHeader("Authorization", "Bearer x")); got.status != 200 || seen().Header.Get("X-One") != "Bearer x" || seen().Header.Get("X-All") != "Bearer x" {
		t.Errorf("other credentials: %d %v", got.status, seen().Header)
	}
}

func TestARefusedSignerNeverReachesTheBackend(t *testing.T) {
	a, _, count := backed(t, nil)
	user, barred := a.signers.user("ann", allowing("*")), a.signers.user("bob", allowing("*")+","+denying("arn:aws:execute-api:*:*:*/POST/signed"))
	post := order{verb: "POST", target: "/prod/signed", body: "the body"}
	old := post
	old.at = time.Now().Add(-6 * time.Minute)
	for name, r := range map[string]*http.Request{
		"denied": a.sign(barred, post),
		"stale":  a.sign(user, old),
		"changed": func() *http.Request {
			r := a.sign(user, post)
			withBody("the bodY")(r)
			return r
		}(),
		"unsigned": func() *http.Request {
			r := a.sign(user, post)
			r.Header.Del("Authorization")
			return r
		}(),
	} {
		if got := a.do(r); got.status != 403 || count.Load() != 0 {
			t.Errorf("%s: %d %s, the backend was asked %d times", name, got.status, got.body, count.Load())
		}
	}
	if got := a.do(a.sign(user, post)); got.status != 200 || count.Load() != 1 {
		t.Errorf("who may: %d %s", got.status, got.body)
	}
}

// Messages as they go on the wire, around a good signature.
func TestEveryFramingMeansWhatWasSigned(t *testing.T) {
	a := signedAPI(t)
	user := a.signers.user("ann", allowing("*"))
	host := hostOf(a.id)
	signed := func(body string) (headers string) {
		r := a.sign(user, order{verb: "POST", target: "/prod/inventory", body: body})
		r.ContentLength = -1
		for name, values := range r.Header {
			headers += name + ": " + values[0] + "\r\n"
		}
		return headers
	}
	unmeasured := func(body string) string { // no Content-Length among what is signed
		r := a.sign(user, order{verb: "POST", target: "/prod/inventory?X-Amz-Expires=60", body: body, presign: true})
		return r.URL.RequestURI()
	}
	chunks := func(parts ...string) (b string) {
		for _, part := range append(parts, "") {
			b += fmt.Sprintf("%x\r\n%s\r\n", len(part), part)
		}
		return b
	}
	const end = "Connection: close\r\n\r\n"
	for name, c := range map[string]struct {
		message string
		status  int // 0: another connection's business, but the function does not run
	}{
		"as it is":               {"POST /prod/inventory HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 8\r\n" + signed("the body") + end + "the body", 200},
		"HTTP/1.0":               {"POST /prod/inventory HTTP/1.0\r\nHost: " + host + "\r\nContent-Length: 8\r\n" + signed("the body") + end + "the body", 200},
		"absolute form":          {"POST http://" + host + "/prod/inventory HTTP/1.1\r\nHost: other\r\nContent-Length: 8\r\n" + signed("the body") + end + "the body", 200},
		"expecting to continue":  {"POST /prod/inventory HTTP/1.1\r\nHost: " + host + "\r\nExpect: 100-continue\r\nContent-Length: 8\r\n" + signed("the body") + end + "the body", 200},
		"in chunks":              {"POST " + unmeasured("the body") + " HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n" + end + chunks("the ", "body"), 200},
		"chunks for a length":    {"POST /prod/inventory HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n" + signed("the body") + end + chunks("the body"), 403},
		"another absolute host":  {"POST http://other.execute-api.eu-west-1.localhost/prod/inventory HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 8\r\n" + signed("the body") + end + "the body", 403},
		"two hosts":              {"POST /prod/inventory HTTP/1.1\r\nHost: " + host + "\r\nHost: other\r\nContent-Length: 8\r\n" + signed("the body") + end + "the body", 400},
		"no host":                {"POST /prod/inventory HTTP/1.1\r\nContent-Length: 8\r\n" + signed("the body") + end + "the body", 400},
		"a shorter length":       {"POST " + unmeasured("the body") + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 7\r\n" + end + "the body", 403},
		"two lengths":            {"POST " + unmeasured("the body") + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 8\r\nContent-Length: 7\r\n" + end + "the body", 400},
		"a chunk less":           {"POST " + unmeasured("the body") + " HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n" + end + chunks("the "), 403},
		"a broken chunk":         {"POST " + unmeasured("the body") + " HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n" + end + "8\r\nthe body\r\nzz\r\n\r\n", 400},
		"an encoding of its own": {"POST " + unmeasured("the body") + " HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: gzip, chunked\r\n" + end + chunks("the body"), 501},
		"a signed header as a trailer": {"POST /prod/inventory HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\nTrailer: X-Amz-Date\r\n" +
			strings.Replace(signed("the body"), "X-Amz-Date: ", "X-Was-Date: ", 1) + end + "8\r\nthe body\r\n0\r\nX-Amz-Date: " + time.Now().UTC().Format("20060102T150405Z") + "\r\n\r\n", 403},
		"CONNECT": {"CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n" + signed("") + end, 403},
	} {
		t.Run(name, func(t *testing.T) {
			before := a.fn.count()
			got := strings.TrimPrefix(a.raw(c.message), "HTTP/1.1 100 Continue\r\n\r\n")
			if _, line, _ := strings.Cut(got, " "); !strings.HasPrefix(line, fmt.Sprint(c.status)) {
				t.Errorf("want %d: %.300s", c.status, got)
			}
			if ran := a.fn.count() > before; ran != (c.status == 200) {
				t.Errorf("the function ran: %v", ran)
			} else if ran && a.fn.event(t)["body"] != "the body" {
				t.Errorf("the body is %q", a.fn.event(t)["body"])
			}
		})
	}
}
