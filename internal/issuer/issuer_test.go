package issuer_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/issuer"
	"github.com/sallyport/sallyport/verify"
)

var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// provider is an issuer on loopback, whose answers a test decides about.
type provider struct {
	*httptest.Server
	mu       sync.Mutex
	document string // "%s" stands for the server's URL
	keys     string
	down     bool

	configurations, sets atomic.Int32
}

func newProvider(t testing.TB, kids ...string) *provider {
	p := &provider{document: `{"issuer":"%s","jwks_uri":"%s/keys"}`}
	p.publish(kids...)
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	document, keys, down := p.document, p.keys, p.down
	p.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		p.configurations.Add(1)
		if !down {
			w.Write([]byte(strings.ReplaceAll(document, "%s", p.URL)))
			return
		}
	case r.URL.Path == "/keys":
		p.sets.Add(1)
		if !down {
			w.Write([]byte(keys))
			return
		}
	}
	http.Error(w, "no", http.StatusServiceUnavailable)
}

func (p *provider) change(do func()) { p.mu.Lock(); defer p.mu.Unlock(); do() }

func (p *provider) publish(kids ...string) {
	var set jose.JSONWebKeySet
	for _, kid := range kids {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: signingKey().Public(), KeyID: kid, Algorithm: "RS256", Use: "sig"})
	}
	text, err := json.Marshal(set)
	if err != nil {
		panic(err)
	}
	p.change(func() { p.keys = string(text) })
}

func (p *provider) expectAsked(t *testing.T, configurations, sets int32) {
	t.Helper()
	if c, s := p.configurations.Load(), p.sets.Load(); c != configurations || s != sets {
		t.Errorf("asked %d times for the configuration and %d for keys, want %d and %d", c, s, configurations, sets)
	}
}

func directory(t testing.TB, own issuer.Own) (*issuer.Directory, *clock.Clock) {
	now := &clock.Clock{}
	d := issuer.New(issuer.Config{Now: now.Now, Own: own})
	t.Cleanup(func() { d.Close() })
	return d, now
}

func find(t testing.TB, d *issuer.Directory, url string) *issuer.Issuer {
	t.Helper()
	i, err := d.Issuer(url)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func expectKey(t *testing.T, keys verify.KeySource, kid string, want error) {
	t.Helper()
	key, err := keys.Key(t.Context(), kid)
	if !errors.Is(err, want) || want == nil && key.ID() != kid || want != nil && key != (verify.Key{}) {
		t.Errorf("key %q: %q, %v; want %v", kid, key.ID(), err, want)
	}
}

func TestAllWhoTrustAnIssuerShareItsKeys(t *testing.T) {
	p := newProvider(t, "a")
	d, _ := directory(t, nil)
	p.expectAsked(t, 0, 0)
	var all sync.WaitGroup
	for range 40 {
		i := find(t, d, p.URL)
		if i.Name() != p.URL {
			t.Errorf("its name is %s", i.Name())
		}
		all.Go(func() { expectKey(t, i, "a", nil) })
	}
	all.Wait()
	p.expectAsked(t, 1, 1)
}

func TestInventedKeyIDsAreNoFloodOfFetches(t *testing.T) {
	p := newProvider(t, "a")
	d, now := directory(t, nil)
	i := find(t, d, p.URL)
	expectKey(t, i, "a", nil)
	for n := range 500 {
		expectKey(t, i, fmt.Sprint("invented", n), verify.ErrUnknownKey)
	}
	p.expectAsked(t, 1, 1)
	now.Advance(11 * time.Second)
	for n := range 500 {
		expectKey(t, i, fmt.Sprint("invented", n), verify.ErrUnknownKey)
	}
	expectKey(t, i, "a", nil)
	p.expectAsked(t, 2, 2)
}

func TestKeysRotate(t *testing.T) {
	p := newProvider(t, "old")
	d, now := directory(t, nil)
	i := find(t, d, p.URL)
	expectKey(t, i, "old", nil)
	p.publish("old", "new")
	now.Advance(11 * time.Second)
	expectKey(t, i, "new", nil) // by its first token
	expectKey(t, i, "old", nil)
	p.publish("new")
	now.Advance(11 * time.Second)
	expectKey(t, i, "newer", verify.ErrUnknownKey)
	expectKey(t, i, "old", verify.ErrUnknownKey)
	expectKey(t, i, "new", nil)
}

func TestAnOutageIsBridgedForTwoHoursAndNoLonger(t *testing.T) {
	p := newProvider(t, "a")
	d, now := directory(t, nil)
	i := find(t, d, p.URL)
	expectKey(t, i, "a", nil)
	p.change(func() { p.down = true })
	for range 11 {
		now.Advance(10*time.Minute + 30*time.Second)
		expectKey(t, i, "forged", verify.ErrKeysUnavailable) // must not cost the keys that are held
		expectKey(t, i, "a", nil)
	}
	now.Advance(5 * time.Minute)
	expectKey(t, i, "a", verify.ErrKeysUnavailable)
	p.change(func() { p.down = false })
	now.Advance(11 * time.Second)
	expectKey(t, i, "a", nil)
}

func TestAnIssuerThatCannotBeReachedIsLeftAloneForAWhile(t *testing.T) {
	p := newProvider(t, "a")
	p.change(func() { p.down = true })
	d, now := directory(t, nil)
	i := find(t, d, p.URL)
	for range 100 {
		_, err := i.Key(t.Context(), "a")
		if !errors.Is(err, verify.ErrKeysUnavailable) || !errors.Is(err, verify.ErrDiscovery) {
			t.Fatalf("got %v", err)
		}
	}
	p.expectAsked(t, 1, 0)
	p.change(func() { p.down = false })
	now.Advance(2 * time.Second)
	expectKey(t, i, "a", nil)
	p.expectAsked(t, 2, 1)
}

func TestWhoGivesUpEarlyIsNoOutage(t *testing.T) {
	p := newProvider(t, "a")
	d, _ := directory(t, nil)
	i := find(t, d, p.URL)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := i.Key(gone, "a"); err != nil && !errors.Is(err, verify.ErrKeysUnavailable) {
		t.Errorf("got %v", err)
	}
	expectKey(t, i, "a", nil)
	p.expectAsked(t, 1, 1)
}

func TestDocumentsThatAreNotBelieved(t *testing.T) {
	good := `{"issuer":"%s","jwks_uri":"%s/keys"}`
	for name, test := range map[string]struct {
		document, keys string
		discovery      bool // it is the first document's fault
	}{
		"another issuer":            {`{"issuer":"https://issuer.example","jwks_uri":"%s/keys"}`, "", true},
		"a slash behind":            {`{"issuer":"%s/","jwks_uri":"%s/keys"}`, "", true},
		"an issuer in another case": {`{"Issuer":"%s","jwks_uri":"%s/keys"}`, "", true},
		"two issuers":               {`{"issuer":"%s","issuer":"%s","jwks_uri":"%s/keys"}`, "", true},
		"no place of keys":          {`{"issuer":"%s"}`, "", true},
		"keys by plain http":        {`{"issuer":"%s","jwks_uri":"http://192.0.2.1/keys"}`, "", true},
		"keys in a file":            {`{"issuer":"%s","jwks_uri":"file:///etc/passwd"}`, "", true},
		"no JSON":                   {`<html>`, "", true},
		"too long a document":       {good + strings.Repeat(" ", 150_000), "", true},
		"too long a set":            {good, `{"keys":[]}` + strings.Repeat(" ", 150_000), false},
		"a set that is a list":      {good, `[]`, false},
		"a set with a private key":  {good, `{"keys":[{"kty":"RSA","kid":"a","n":"AQ","e":"AQAB","d":"AQ"}]}`, false},
	} {
		p := newProvider(t, "a")
		p.change(func() {
			p.document = test.document
			if test.keys != "" {
				p.keys = test.keys
			}
		})
		d, _ := directory(t, nil)
		_, err := find(t, d, p.URL).Key(t.Context(), "a")
		if !errors.Is(err, verify.ErrKeysUnavailable) || errors.Is(err, verify.ErrDiscovery) != test.discovery {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, url := range []string{"", "http://issuer.example", "issuer.example", "file:///etc", "https://", "https://a@issuer.example", "https://issuer.example/?a=b", "https://issuer.example/#a", "http://localhost.issuer.example"} {
		d, _ := directory(t, nil)
		if _, err := d.Issuer(url); err == nil || issuer.Check(url) == nil {
			t.Errorf("%q may be trusted", url)
		}
	}
}

func TestRedirectsStayWithTheirOrigin(t *testing.T) {
	other := newProvider(t, "a")
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
	}))
	t.Cleanup(p.Close)
	d, _ := directory(t, nil)
	expectKey(t, find(t, d, p.URL), "a", verify.ErrKeysUnavailable)
	other.expectAsked(t, 0, 0)
}

func TestProxiesOfTheEnvironmentAreNotAsked(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "no", http.StatusBadGateway)
	}))
	t.Cleanup(proxy.Close)
	// The environment is read once in a process: no fetch may have come before it.
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	d, _ := directory(t, nil)
	// Nobody listens at port 1; a proxy would be asked for it.
	expectKey(t, find(t, d, "https://issuer.localhost:1"), "a", verify.ErrKeysUnavailable)
	if n := asked.Load(); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

// home is the program's own issuers.
type home struct {
	mu    sync.Mutex
	names map[string]string // url -> name
	keys  verify.KeySource
}

func (h *home) Issuer(url string) (string, verify.KeySource, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name, ok := h.names[url]
	return name, h.keys, ok
}

func TestOwnIssuersAreNeverAskedOverTheWire(t *testing.T) {
	p := newProvider(t, "remote")
	key, err := verify.NewKey("local", signingKey().Public(), verify.RS256)
	if err != nil {
		t.Fatal(err)
	}
	set, err := verify.NewKeySet(key)
	if err != nil {
		t.Fatal(err)
	}
	const alias = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool"
	h := &home{names: map[string]string{p.URL: p.URL, alias: p.URL}, keys: set}
	d, _ := directory(t, h)
	direct, byAlias := find(t, d, p.URL), find(t, d, alias)
	for _, i := range []*issuer.Issuer{direct, byAlias} {
		if i.Name() != p.URL {
			t.Errorf("its name is %s", i.Name())
		}
		expectKey(t, i, "local", nil)
		expectKey(t, i, "remote", verify.ErrUnknownKey)
	}
	h.mu.Lock()
	h.names = nil // gone: it is not looked for elsewhere
	h.mu.Unlock()
	expectKey(t, direct, "remote", verify.ErrUnknownKey)
	p.expectAsked(t, 0, 0)
}

func TestOneThatBecomesAnOwnIssuerIsOneFromThenOn(t *testing.T) {
	p := newProvider(t, "remote")
	h := &home{}
	d, _ := directory(t, h)
	i := find(t, d, p.URL)
	expectKey(t, i, "remote", nil)
	key, _ := verify.NewKey("local", signingKey().Public(), verify.RS256)
	set, err := verify.NewKeySet(key)
	if err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	h.names, h.keys = map[string]string{p.URL: "own"}, set
	h.mu.Unlock()
	if i.Name() != "own" {
		t.Errorf("its name is %s", i.Name())
	}
	expectKey(t, i, "remote", verify.ErrUnknownKey)
	expectKey(t, i, "local", nil)
}

func TestTheNumberOfIssuersIsBounded(t *testing.T) {
	d, now := directory(t, nil)
	ask := func(n int) error {
		// Port 1: nobody is there. The place is taken all the same.
		_, err := find(t, d, fmt.Sprintf("http://127.0.0.1:1/%d", n)).Key(t.Context(), "a")
		return err
	}
	for n := range 1024 {
		if err := ask(n); errors.Is(err, issuer.ErrTooManyIssuers) {
			t.Fatalf("the %d. has no place", n)
		}
	}
	if err := ask(1024); !errors.Is(err, issuer.ErrTooManyIssuers) || !errors.Is(err, verify.ErrKeysUnavailable) {
		t.Errorf("one too many: %v", err)
	}
	if err := ask(7); errors.Is(err, issuer.ErrTooManyIssuers) {
		t.Error("one that has a place lost it")
	}
	now.Advance(2 * time.Hour)
	if err := ask(1024); errors.Is(err, issuer.ErrTooManyIssuers) {
		t.Errorf("places that nobody uses are not given away: %v", err)
	}
}

func TestAClosedDirectoryHasNoKeys(t *testing.T) {
	p, other := newProvider(t, "a"), newProvider(t, "a")
	d, _ := directory(t, nil)
	i := find(t, d, p.URL)
	expectKey(t, i, "a", nil)
	d.Close()
	expectKey(t, i, "a", verify.ErrKeysUnavailable)
	expectKey(t, find(t, d, other.URL), "a", verify.ErrKeysUnavailable)
	other.expectAsked(t, 0, 0)
}
