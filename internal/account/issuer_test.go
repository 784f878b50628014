package account_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/verify"
)

func rsaKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

var (
	firstKey  = sync.OnceValue(rsaKey)
	secondKey = sync.OnceValue(rsaKey)
)

// issuer is an OpenID Connect provider elsewhere: on loopback, which may be http.
type issuer struct {
	*httptest.Server
	url   string // its iss
	name  string // without the scheme
	asked atomic.Int32
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: firstKey().Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		switch r.URL.Path {
		case "/tenant/.well-known/openid-configuration":
			json.NewEncoder(w).Encode(map[string]string{"issuer": i.url, "jwks_uri": i.Server.URL + "/keys"})
		case "/keys":
			json.NewEncoder(w).Encode(set)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(i.Close)
	i.url = i.Server.URL + "/tenant"
	i.name = strings.TrimPrefix(i.url, "http://")
	return i
}

type claims map[string]any

// idToken signs claims; those that are given replace the usual ones, and nil
// takes one away.
func idToken(t testing.TB, key any, algorithm jose.SignatureAlgorithm, kid, iss string, now time.Time, given claims) string {
	t.Helper()
	all := claims{"iss": iss, "sub": "ann", "aud": "app", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(all, given)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) token(i *issuer, given claims) string {
	w.Helper()
	return idToken(w, firstKey(), jose.RS256, "k1", i.url, w.clock.Now(), given)
}

// own stands for the issuers of this deployment: their keys are at hand.
type own map[string]account.Issuer

func (o own) Issuer(url string) (account.Issuer, bool) {
	for _, i := range o {
		if i.URL == url {
			return i, true
		}
		for _, alias := range i.Aliases {
			if alias == url {
				return i, true
			}
		}
	}
	return account.Issuer{}, false
}

func ownIssuer(w *world, url string, id bool, aliases ...string) account.Issuer {
	key, err := verify.NewKey("k1", firstKey().Public(), verify.RS256)
	if err != nil {
		w.Fatal(err)
	}
	keys, err := verify.NewKeySet(key)
	if err != nil {
		w.Fatal(err)
	}
	make := verify.NewJWT
	if id {
		make = verify.NewIDToken
	}
	v, err := make(url, verify.AnyClient(), keys, verify.WithClock(w.clock.Now))
	if err != nil {
		w.Fatal(err)
	}
	return account.Issuer{URL: url, Aliases: aliases, Verifier: v}
}
