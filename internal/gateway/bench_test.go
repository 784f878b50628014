package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
)

type quiet struct{ header http.Header }

func (q *quiet) Header() http.Header               { return q.header }
func (q *quiet) Write(b []byte) (int, error)       { return len(b), nil }
func (q *quiet) WriteString(s string) (int, error) { return len(s), nil }
func (q *quiet) WriteHeader(int)                   {}

// BenchmarkRequest is a request from the moment that net/http hands it over to
// the moment that its answer is written, with a function that answers at once.
func BenchmarkRequest(b *testing.B) {
	w := newWorld(b)
	a := w.newAPI()
	authorizer := a.authorizer("pool", poolARN)
	a.open("GET", "/open/{id}")
	a.guarded("GET", "/guarded/{id}", authorizer)
	a.deploy("prod")
	token := "Bearer " + w.pools.sign(b, poolARN, "id", nil)
	for _, path := range []string{"/open/7", "/guarded/7"} {
		b.Run(path[1:], func(b *testing.B) { serve(b, w.gateway, w.fn, a.id, "/prod"+path+"?q=1", token, 200) })
	}
	b.Run("unknown", func(b *testing.B) { serve(b, w.gateway, w.fn, a.id, "/prod/none", "", 403) })
}

// BenchmarkManyRoutes holds 1,000 routes in 100 APIs: a request costs what it costs with one.
func BenchmarkManyRoutes(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("%dAPIs", n), func(b *testing.B) {
			w := newWorld(b)
			var last *api
			for range n {
				last = w.newAPI()
				for r := range 10 {
					last.open("GET", fmt.Sprintf("/r%d", r))
				}
				last.deploy("prod")
			}
			serve(b, w.gateway, w.fn, last.id, "/prod/r7", "", 200)
		})
	}
}

func serve(b *testing.B, g *gateway.Gateway, fn *function, id, target, token string, want int) {
	r := httptest.NewRequestWithContext(b.Context(), "GET", "http://"+id+".execute-api.eu-west-1.localhost:4566"+target, nil)
	r.RequestURI = target
	r.Header = http.Header{"Accept": {"*/*"}, "User-Agent": {"curl/8.9"}}
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	check := httptest.NewRecorder()
	g.ServeHTTP(check, r)
	if check.Code != want {
		body, _ := io.ReadAll(check.Body)
		b.Fatalf("%d %s", check.Code, body)
	}
	fn.mute()
	w := &quiet{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		g.ServeHTTP(w, r)
	}
}
