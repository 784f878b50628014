package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// issuer is a token issuer of another make, so that the tokens here are none of ours.
type issuer struct {
	*httptest.Server
	key *rsa.PrivateKey
}

var newIssuer = sync.OnceValue(func() *issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	i := &issuer{key: key}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/pool/.well-known/openid-configuration":
			json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL + "/pool", "jwks_uri": i.URL + "/pool/.well-known/jwks.json"})
		case "/pool/.well-known/jwks.json":
			json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "first", Algorithm: "RS256", Use: "sig"}}})
		default:
			http.NotFound(w, r)
		}
	}))
	return i
})

func (i *issuer) sign(t testing.TB, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "first"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// tokens are what the scripts look into.
func tokens(t testing.TB) map[string]string {
	i := newIssuer()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	claims := func(issued time.Time, use string) map[string]any {
		c := map[string]any{"iss": i.URL + "/pool", "sub": "5f3c", "token_use": use, "iat": issued.Unix(), "exp": issued.Add(time.Hour).Unix(),
			"cognito:groups": []string{"bakers", "\x1b[31mevil"}}
		if use == "id" {
			c["aud"], c["cognito:username"] = "pizza-app", "regular"
		} else {
			c["client_id"], c["username"], c["scope"] = "pizza-app", "regular", "openid email"
		}
		return c
	}
	good := i.sign(t, i.key, claims(now, "id"))
	parts := strings.Split(good, ".")
	other := strings.Split(i.sign(t, i.key, claims(now, "access")), ".")
	return map[string]string{
		"GOOD":     good,
		"ACCESS":   strings.Join(other, "."),
		"EXPIRED":  i.sign(t, i.key, claims(now.Add(-3*time.Hour), "id")),
		"TAMPERED": parts[0] + "." + other[1] + "." + parts[2],
		"FOREIGN":  i.sign(t, stranger, claims(now, "id")),
		"ISSUER":   i.URL + "/pool",
	}
}
