package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// guardedHTTPAPI has an open route, one for tokens and one for signatures, with a
// function that answers at once.
func guardedHTTPAPI(t testing.TB) (a *httpAPI, token string) {
	w := newWorld(t)
	w.fn.mute()
	a = w.newHTTPAPI(func(in *apigatewayv2.CreateApiInput) { in.CorsConfiguration = &types.Cors{AllowOrigins: []string{"*"}} })
	a.open("GET /open/{id}")
	a.route("GET /guarded/{id}", a.lambda, byToken(a.jwt("$request.header.Authorization", poolARN, "client-1")))
	a.route("GET /signed/{id}", a.lambda, bySignature)
	return a, "Bearer " + w.pools.sign(t, poolARN, "id", nil)
}

// BenchmarkHTTPRequest is BenchmarkRequest for an HTTP API: from the moment that
// net/http hands a request over to the moment that its answer is written.
func BenchmarkHTTPRequest(b *testing.B) {
	a, token := guardedHTTPAPI(b)
	rest := &api{world: a.world, id: a.id}
	user := a.signers.user("ann", allowing(everyAPI))
	signed := rest.sign(user, order{verb: "GET", target: "/signed/7?q=1"})
	for _, c := range []struct {
		name, target, token, body string
		status                    int
	}{
		{"open", "/open/7?q=1", "", "", 200},
		{"token", "/guarded/7?q=1", token, "", 200},
		{"token/1KB", "/guarded/7?q=1", token, strings.Repeat("0123456\n", 128), 200},
		{"no token", "/guarded/7?q=1", "", "", 401},
		{"no route", "/none", "", "", 404},
	} {
		b.Run(c.name, func(b *testing.B) { serve(b, a.gateway, ask(b, a.id, c.target, c.token, c.body), c.status) })
	}
	b.Run("signed", func(b *testing.B) {
		r := ask(b, a.id, "/signed/7?q=1", "", "")
		r.Header, r.ContentLength = signed.Header, signed.ContentLength
		serve(b, a.gateway, r, 200)
	})
}

func TestAGuardedRequestOfAnHTTPAPIAllocatesAHandful(t *testing.T) {
	a, token := guardedHTTPAPI(t)
	r, q := ask(t, a.id, "/guarded/7?q=1", token, ""), &quiet{header: http.Header{}}
	r.Body = http.NoBody
	got := testing.AllocsPerRun(200, func() {
		clear(q.header)
		a.gateway.ServeHTTP(q, r)
	})
	// Ten, and some more under the race detector, which empties pools at random.
	if q.status != 200 || got > 18 {
		t.Errorf("%d, %v allocations", q.status, got)
	}
}
