package userpool_test

import (
	"context"
	"crypto/rand"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/store"
)

// An offer costs one exponentiation of the group, its answer two: internal/srp's
// benchmarks say what those cost alone.

func BenchmarkInitiateAuthByProof(b *testing.B) {
	w := newWorldAtFullPrice(b, store.Options{Memory: true})
	pool := w.pool(nil)
	client := w.srpClient(pool, hiding)
	w.user(pool, "somebody", "email", "ann@example.com", "name", "Ann")
	side := must(srp.NewClient(rand.Reader))(b)
	for _, name := range []string{"somebody", "annabody"} {
		in := &idp.InitiateAuthInput{ClientId: client.ClientId, AuthFlow: "USER_SRP_AUTH", AuthParameters: map[string]string{"USERNAME": name, "SRP_A": side.A()}}
		b.Run(map[bool]string{true: "Known", false: "Unknown"}[name == "somebody"], func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for b.Loop() {
				if _, err := w.service.InitiateAuth(context.Background(), w.call(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkProof is a whole sign-in: both calls, and the client's side of it,
// which costs three exponentiations.
func BenchmarkProof(b *testing.B) {
	w := newWorldAtFullPrice(b, store.Options{Memory: true})
	pool := w.pool(nil)
	client := w.srpClient(pool, hiding)
	w.user(pool, "somebody", "email", "ann@example.com", "name", "Ann")
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		if _, err := w.signInBySRP(client, "somebody", password); err != nil {
			b.Fatal(err)
		}
	}
}
