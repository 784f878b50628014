package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/sigv4"
)

// BenchmarkSignedRequest is BenchmarkRequest for a method with AWS_IAM: what the
// signature and the policy cost beyond the Cognito guard, which is beside it.
func BenchmarkSignedRequest(b *testing.B) {
	w, a, token := guardedAPI(b)
	a.iam("GET", "/signed/{id}")
	a.deploy("prod")
	user := w.signers.user("ann", allowing("arn:aws:execute-api:*:*:"+a.id+"/*"))
	body := strings.Repeat("0123456\n", 128)
	signed := func(body string) *http.Request {
		s := a.sign(user, order{verb: "GET", target: "/prod/signed/7?q=1", body: body})
		r := ask(b, a.id, "/prod/signed/7?q=1", "", body)
		r.Header, r.ContentLength = s.Header, s.ContentLength
		return r
	}
	b.Run("cognito", func(b *testing.B) { serve(b, w.gateway, ask(b, a.id, "/prod/guarded/7?q=1", token, ""), 200) })
	b.Run("cognito/1KB", func(b *testing.B) { serve(b, w.gateway, ask(b, a.id, "/prod/guarded/7?q=1", token, body), 200) })
	b.Run("signed", func(b *testing.B) { serve(b, w.gateway, signed(""), 200) })
	b.Run("signed/1KB", func(b *testing.B) { serve(b, w.gateway, signed(body), 200) })

	// Its parts: the proof alone, with a cached signing key, and the policy alone.
	r, now := signed(body), new(clock.Clock)
	keys := sigv4.NewKeyCache(8)
	b.Run("proof/1KB", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := sigv4.Parse(r)
			must(b, err)
			must(b, s.Verify(sigv4.Params{Secret: user.SecretAccessKey, Now: now.Now(), Skew: sigv4.SkewExecute, Service: "execute-api", Region: region, Body: []byte(body), Keys: keys, Exact: true}))
		}
	})
	b.Run("policy", func(b *testing.B) {
		b.ReportAllocs()
		call := &access.Call{Caller: access.Caller{AccessKeyID: user.AccessKeyID}, Time: time.Now()}
		for b.Loop() {
			if v := w.signers.Authorize(context.Background(), call, "execute-api:Invoke", apiARN(a, "GET/signed/7")); !v.Allowed {
				b.Fatal(v.Reason)
			}
		}
	})
}
