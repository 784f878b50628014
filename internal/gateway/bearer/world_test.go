package bearer_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway/bearer"
	"github.com/sallyport/sallyport/verify"
)

const (
	tenant   = "https://tenant.example/"
	audience = "https://api.example"
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
	curveKey  = sync.OnceValue(func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		return key
	})
)

// trusted stands for whom an authorizer trusts; its keys can be changed.
type trusted struct {
	mu    sync.Mutex
	name  string
	keys  map[string]verify.Key
	fault error
	asked int
}

func (i *trusted) Name() string { i.mu.Lock(); defer i.mu.Unlock(); return i.name }

func (i *trusted) Key(_ context.Context, kid string) (verify.Key, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	if i.fault != nil {
		return verify.Key{}, i.fault
	}
	if key, ok := i.keys[kid]; ok {
		return key, nil
	}
	return verify.Key{}, verify.ErrUnknownKey
}

func (i *trusted) change(do func()) { i.mu.Lock(); defer i.mu.Unlock(); do() }

func publicKey(t testing.TB, kid string, public crypto.PublicKey, algorithm verify.Algorithm) verify.Key {
	t.Helper()
	key, err := verify.NewKey(kid, public, algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

type world struct {
	testing.TB
	*bearer.Authorizer
	issuer *trusted
	clock  *clock.Clock
}

func newWorld(t testing.TB, audiences ...string) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock.Clock{}, issuer: &trusted{name: tenant, keys: map[string]verify.Key{
		"k1": publicKey(t, "k1", firstKey().Public(), ""),
		"k2": publicKey(t, "k2", secondKey().Public(), verify.RS256),
		"ec": publicKey(t, "ec", curveKey().Public(), ""),
	}}}
	if len(audiences) == 0 {
		audiences = []string{audience, "second"}
	}
	var err error
	if w.Authorizer, err = bearer.New(bearer.Config{Issuer: w.issuer, Audience: audiences, Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	return w
}

type claims = map[string]any

func (w *world) claims(given claims) claims {
	now := w.clock.Now().Unix()
	all := claims{"iss": tenant, "sub": "ann", "aud": audience, "iat": now - 60, "exp": now + 3600, "scope": "read write"}
	maps.Copy(all, given)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

func (w *world) payload(given claims) string {
	text, err := json.Marshal(w.claims(given))
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

// token is a good one, but for what is given.
func (w *world) token(given claims) string { return w.signed(jose.RS256, firstKey(), "k1", given) }

// signed is go-jose's token.
func (w *world) signed(algorithm jose.SignatureAlgorithm, key any, kid string, given claims) string {
	w.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		w.Fatal(err)
	}
	signed, err := signer.Sign([]byte(w.payload(given)))
	if err != nil {
		w.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		w.Fatal(err)
	}
	return token
}

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs any texts at all by the first key with SHA-256, whatever they say.
func forge(header, payload string) string { return forgeSegments(segment(header), segment(payload)) }

func forgeSegments(header, payload string) string {
	signed := header + "." + payload
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, firstKey(), crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func hmacToken(header, payload string, secret []byte) string {
	signed := segment(header) + "." + segment(payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (w *world) accepted(what, value string, scopes ...string) *bearer.Caller {
	w.Helper()
	caller, refusal := w.Authorize(w.Context(), []string{value}, scopes)
	if refusal != nil || caller == nil {
		w.Errorf("%s: refused: %+v", what, refusal)
		return nil
	}
	return caller
}

// refused expects a 401 whose error_description is words; "" is for the bare
// challenge.
func (w *world) refused(what, value, words string) {
	w.Helper()
	want := `Bearer scope="" error="invalid_token" error_description="` + words + `"`
	if words == "" {
		want = "Bearer"
	}
	caller, refusal := w.Authorize(w.Context(), []string{value}, nil)
	if caller != nil || refusal == nil {
		w.Errorf("%s: let in", what)
		return
	}
	if refusal.Status != 401 || refusal.Challenge != want {
		w.Errorf("%s: %d %s; want %s", what, refusal.Status, refusal.Challenge, want)
	}
	w.discreet(what, refusal, value)
}

// discreet makes sure that neither answer nor record holds a part of the token,
// or anything that would not stay in its line.
func (w *world) discreet(what string, r *bearer.Refusal, token string) {
	w.Helper()
	for _, text := range []string{r.Challenge, r.Reason} {
		for part := range strings.SplitSeq(token, ".") {
			if len(part) > 12 && strings.Contains(text, part) {
				w.Errorf("%s: a part of the token is in %q", what, text)
			}
		}
		if text == "" || len(text) > 1500 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			w.Errorf("%s: not fit for a header and a log: %q", what, text)
		}
	}
}

func hour(n int) time.Duration { return time.Duration(n) * time.Hour }
