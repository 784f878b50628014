package bearer_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway/bearer"
	"github.com/sallyport/sallyport/internal/issuer"
)

// The whole way: an issuer elsewhere, found by its configuration.
func TestTokensOfAnIssuerElsewhere(t *testing.T) {
	var mu sync.Mutex
	var down bool
	var asked atomic.Int32
	keys := map[string]any{"k1": firstKey().Public()}
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked.Add(1)
		switch {
		case down:
			http.Error(rw, "down", http.StatusBadGateway)
		case r.URL.Path == "/tenant/.well-known/openid-configuration":
			fmt.Fprintf(rw, `{"issuer":%q,"jwks_uri":%q}`, server.URL+"/tenant/", server.URL+"/keys")
		case r.URL.Path == "/keys":
			var set jose.JSONWebKeySet
			for kid, key := range keys {
				set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: "RS256", Use: "sig"})
			}
			json.NewEncoder(rw).Encode(set)
		default:
			http.NotFound(rw, r)
		}
	}))
	t.Cleanup(server.Close)
	change := func(do func()) { mu.Lock(); defer mu.Unlock(); do() }

	now := &clock.Clock{}
	directory := issuer.New(issuer.Config{Now: now.Now})
	t.Cleanup(func() { directory.Close() })
	authorizer := func(url string) *bearer.Authorizer {
		i, err := directory.Issuer(url)
		if err != nil {
			t.Fatal(err)
		}
		a, err := bearer.New(bearer.Config{Issuer: i, Audience: []string{audience}, Clock: now})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	w := &world{TB: t, Authorizer: authorizer(server.URL + "/tenant/"), clock: now}
	iss := claims{"iss": server.URL + "/tenant/", "exp": now.Now().Unix() + 24*3600}
	w.refused("no kid, though there is one key alone", forge(`{"alg":"RS256"}`, w.payload(iss)), noKey)
	first := w.signed(jose.RS256, firstKey(), "k1", iss)
	for n := range 50 {
		w.accepted("a token", first)
		w.refused("an invented key", forge(fmt.Sprintf(`{"alg":"RS256","kid":"x%d"}`, n), w.payload(iss)), noKey)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("the issuer was asked %d times", n)
	}

	change(func() { keys["k2"] = secondKey().Public() })
	now.Advance(11 * time.Second)
	second := w.signed(jose.RS256, secondKey(), "k2", iss)
	w.accepted("by a key that is new", second)
	w.accepted("by the old one still", first)
	change(func() { delete(keys, "k1") })
	now.Advance(11 * time.Second)
	w.refused("an invented key, for which the keys are fetched", forge(`{"alg":"RS256","kid":"x"}`, w.payload(iss)), noKey)
	w.refused("a remembered token, whose key was withdrawn", first, noKey)

	change(func() { down = true })
	now.Advance(time.Hour)
	w.refused("a forged token during an outage", forge(`{"alg":"RS256","kid":"y"}`, w.payload(iss)), "OIDC discovery endpoint communication error")
	w.accepted("a good one during the outage", second)
	now.Advance(time.Hour)
	w.refused("when the keys are too old", second, "OIDC discovery endpoint communication error")

	// Without its slash it is another issuer, which the document does not name.
	change(func() { down = false })
	other := &world{TB: t, Authorizer: authorizer(server.URL + "/tenant"), clock: now}
	other.refused("the slash is missing", second, "OIDC discovery endpoint communication error")
}
