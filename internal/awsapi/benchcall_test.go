package awsapi_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkServe is a whole call, from request to record, without a network:
// public, and signed (verification and authorisation included).
func BenchmarkServe(b *testing.B) {
	h := newHouse(b)
	for name, call := range map[string]struct {
		q       request
		service string
	}{
		"public": {jsonCall("InitiateAuth", initiate), ""},
		"signed": {jsonCall("CreateUserPool", `{"PoolName":"p"}`), "cognito-idp"},
	} {
		r := call.q.make()
		if call.service != "" {
			r = call.q.signed(b, call.service)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Body = io.NopCloser(strings.NewReader(call.q.body))
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Body)
				}
				h.recs, h.runs = h.recs[:0], h.runs[:0]
			}
		})
	}
}
