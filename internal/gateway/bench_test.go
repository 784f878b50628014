package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// bare is the least that any handler does for such a request: it reads the body
// and writes an answer under the same headers. What the gateway costs beyond
// net/http is what it costs beyond this.
func bare(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	h := w.Header()
	h.Set("X-Amzn-Requestid", "7b6f5f44-4a3e-4c7e-9d26-0d5f6a1e2b3c")
	h.Set("X-Amz-Apigw-Id", "AbCdEfGhIjKlMnO=")
	h.Set("X-Amzn-Trace-Id", "Root=1-5f84c7a5-e2f9d4b3c1a098765432100f")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", "5")
	w.WriteHeader(200)
	_, _ = io.WriteString(w, "hello")
}

// BenchmarkRequest is a request from the moment that net/http hands it over to
// the moment that its answer is written, with a function that answers at once.
func BenchmarkRequest(b *testing.B) {
	w, a, token := guardedAPI(b)
	b.Run("bare", func(b *testing.B) {
		serve(b, http.HandlerFunc(bare), ask(b, a.id, "/prod/guarded/7?q=1", token, ""), 200)
	})
	for _, c := range []struct {
		name, target, token, body string
		status                    int
	}{
		{"open", "/prod/open/7?q=1", "", "", 200},
		{"guarded", "/prod/guarded/7?q=1", token, "", 200},
		{"guarded/1KB", "/prod/guarded/7?q=1", token, strings.Repeat("0123456\n", 128), 200},
		{"no token", "/prod/guarded/7?q=1", "", "", 401},
		{"no route", "/prod/none", "", "", 403},
	} {
		b.Run(c.name, func(b *testing.B) { serve(b, w.gateway, ask(b, a.id, c.target, c.token, c.body), c.status) })
	}
}

// The aim is a handful of allocations beyond net/http: four for the time limit,
// one for the ids, one for all header values. The race detector makes
// pools forget, which adds one or two.
func TestAGuardedRequestAllocatesAHandful(t *testing.T) {
	w, a, token := guardedAPI(t)
	r, q := ask(t, a.id, "/prod/guarded/7?q=1", token, ""), &quiet{header: http.Header{}}
	r.Body = http.NoBody
	cost := func(h http.Handler) float64 {
		return testing.AllocsPerRun(200, func() {
			clear(q.header)
			h.ServeHTTP(q, r)
		})
	}
	if ours, least := cost(w.gateway), cost(http.HandlerFunc(bare)); q.status != 200 || ours > least+4 {
		t.Errorf("%v allocations, a bare handler has %v", ours, least)
	}
}

// BenchmarkConnection is the same over a TCP connection that stays open, with
// all that net/http does. The client allocates nothing.
func BenchmarkConnection(b *testing.B) {
	w, a, token := guardedAPI(b)
	for name, handler := range map[string]http.Handler{"bare": http.HandlerFunc(bare), "guarded": w.gateway} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler)
			defer server.Close()
			c, err := net.Dial("tcp", server.Listener.Addr().String())
			must(b, err)
			defer c.Close()
			request := fmt.Appendf(nil, "GET /prod/guarded/7?q=1 HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nUser-Agent: curl/8.9\r\nAuthorization: %s\r\n\r\n", hostOf(a.id), token)
			answers := bufio.NewReader(c)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(request); err != nil {
					b.Fatal(err)
				}
				for line := []byte(nil); len(line) != 2; { // to the empty line
					if line, err = answers.ReadSlice('\n'); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := answers.Discard(len("hello")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkManyRoutes: a request costs the same whether 10 routes are deployed
// or 1,000 in 100 APIs.
func BenchmarkManyRoutes(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("%d", n*10), func(b *testing.B) {
			w := newWorld(b)
			w.fn.mute()
			var last *api
			for range n {
				last = w.newAPI()
				for r := range 10 {
					last.open("GET", fmt.Sprintf("/r%d", r))
				}
				last.deploy("prod")
			}
			serve(b, w.gateway, ask(b, last.id, "/prod/r7", "", ""), 200)
		})
	}
}

func guardedAPI(b testing.TB) (w *world, a *api, token string) {
	w = newWorld(b)
	w.fn.mute()
	a = w.newAPI()
	a.open("GET", "/open/{id}")
	a.guarded("GET", "/guarded/{id}", a.authorizer("pool", poolARN))
	a.deploy("prod")
	return w, a, "Bearer " + w.pools.sign(b, poolARN, "id", nil)
}

func hostOf(api string) string { return api + ".execute-api." + region + ".localhost:4566" }

func ask(b testing.TB, api, target, token, body string) *http.Request {
	r := httptest.NewRequestWithContext(b.Context(), "GET", "http://"+hostOf(api)+target, nil)
	r.RequestURI, r.Body = target, &again{strings.NewReader(body)}
	r.Header = http.Header{"Accept": {"*/*"}, "User-Agent": {"curl/8.9"}}
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	return r
}

// serve measures what a handler does of itself: the writer keeps nothing.
func serve(b *testing.B, handler http.Handler, r *http.Request, want int) {
	b.ReportAllocs()
	w := &quiet{header: http.Header{}}
	for b.Loop() {
		clear(w.header)
		r.Body.(*again).Seek(0, io.SeekStart)
		if handler.ServeHTTP(w, r); w.status != want {
			b.Fatalf("%d, want %d", w.status, want)
		}
	}
}

// again is a body that can be read again.
type again struct{ *strings.Reader }

func (*again) Close() error { return nil }

type quiet struct {
	header http.Header
	status int
}

func (q *quiet) Header() http.Header               { return q.header }
func (q *quiet) Write(b []byte) (int, error)       { return len(b), nil }
func (q *quiet) WriteString(s string) (int, error) { return len(s), nil }
func (q *quiet) WriteHeader(status int)            { q.status = status }
