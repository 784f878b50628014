package userpool_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"net/netip"
	"syscall"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"golang.org/x/crypto/argon2"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// The benchmarks of signing in stand beside those of what it must at least
// cost: one hash and two signatures; refreshing, two signatures.

func BenchmarkHashAndTwoSignatures(b *testing.B) {
	key := must(rsa.GenerateKey(rand.Reader, 2048))(b)
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		argon2.IDKey([]byte(password), make([]byte, 16), 2, 19*1024, 1, 32)
		signTwice(b, key)
	}
}

func BenchmarkTwoSignatures(b *testing.B) {
	key := must(rsa.GenerateKey(rand.Reader, 2048))(b)
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		signTwice(b, key)
	}
}

// reportCPU measures processor time, which other work on the machine changes
// less than it changes the time on the wall.
func reportCPU(b *testing.B) func() {
	spent := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := spent()
	return func() { b.ReportMetric(float64(spent()-before)/float64(b.N), "cpu-ns/op") }
}

func signTwice(b *testing.B, key *rsa.PrivateKey) {
	for range 2 {
		sum := sha256.Sum256(make([]byte, 800))
		if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// call is one that has come through the door.
func (w *world) call() *access.Call {
	return &access.Call{Account: account, Region: region, Source: netip.MustParseAddr("192.0.2.1"), Time: w.clock.Now(), Record: &audit.Record{}}
}

func BenchmarkInitiateAuthByPassword(b *testing.B) {
	w := newWorldAtFullPrice(b, store.Options{Memory: true})
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann", "email", "ann@example.com", "name", "Ann")
	in := &idp.InitiateAuthInput{ClientId: client.ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password}}
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		if _, err := w.service.InitiateAuth(context.Background(), w.call(), in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInitiateAuthByRefreshToken(b *testing.B) {
	w := newWorldAtFullPrice(b, store.Options{Memory: true})
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann", "email", "ann@example.com", "name", "Ann")
	tokens := w.tokens(client, "ann")
	in := &idp.InitiateAuthInput{ClientId: client.ClientId, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: map[string]string{"REFRESH_TOKEN": *tokens.RefreshToken}}
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		if _, err := w.service.InitiateAuth(context.Background(), w.call(), in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefreshByRotation(b *testing.B) {
	w := newWorldAtFullPrice(b, store.Options{Memory: true})
	pool := w.pool(nil)
	client := w.rotating(pool, 0)
	w.user(pool, "ann", "email", "ann@example.com", "name", "Ann")
	in := &idp.GetTokensFromRefreshTokenInput{ClientId: client.ClientId, RefreshToken: w.tokens(client, "ann").RefreshToken}
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		out, err := w.service.GetTokensFromRefreshToken(context.Background(), w.call(), in)
		if err != nil {
			b.Fatal(err)
		}
		in.RefreshToken = out.AuthenticationResult.RefreshToken
	}
}

func BenchmarkRefreshByRotationOnADevice(b *testing.B) {
	w := newWorldAtFullPrice(b, store.Options{Memory: true})
	pool := w.tracking(true, false)
	client := w.rotating(pool, 0)
	w.user(pool, "ann", "email", "ann@example.com", "name", "Ann")
	g, tokens := w.confirmed(client, "ann")
	in := &idp.GetTokensFromRefreshTokenInput{ClientId: client.ClientId, RefreshToken: tokens.RefreshToken, DeviceKey: &g.key}
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		out, err := w.service.GetTokensFromRefreshToken(context.Background(), w.call(), in)
		if err != nil {
			b.Fatal(err)
		}
		in.RefreshToken = out.AuthenticationResult.RefreshToken
	}
}

func BenchmarkGetUser(b *testing.B) {
	w := newWorldAtFullPrice(b, store.Options{Memory: true})
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann", "email", "ann@example.com", "name", "Ann")
	in := &idp.GetUserInput{AccessToken: w.tokens(client, "ann").AccessToken}
	b.ReportAllocs()
	defer reportCPU(b)()
	for b.Loop() {
		if _, err := w.service.GetUser(context.Background(), w.call(), in); err != nil {
			b.Fatal(err)
		}
	}
}
