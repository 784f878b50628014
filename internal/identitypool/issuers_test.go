package identitypool_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/identitypool"
	"github.com/sallyport/sallyport/verify"
)

// issuers are everybody who vouches for people: user pools, an OpenID Connect
// provider, Google, and a SAML provider.
type issuers struct {
	clock *clock.Clock
	mu    sync.Mutex
	gone  map[string]bool // users, by sub
}

const kid = "key-1"

var private = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func keySet(t testing.TB) verify.KeySource {
	return must(verify.NewKeySet(must(verify.NewKey(kid, &private().PublicKey, verify.RS256))(t)))(t)
}

func keys() verify.KeySource {
	key, err := verify.NewKey(kid, &private().PublicKey, verify.RS256)
	if err != nil {
		panic(err)
	}
	set, err := verify.NewKeySet(key)
	if err != nil {
		panic(err)
	}
	return set
}

func issuerOf(pool string) string { return "https://pools.example/" + pool }

func (i *issuers) IDToken(ctx context.Context, arn, token string) (*verify.Token, error) {
	pool := arn[strings.LastIndexByte(arn, '/')+1:]
	if !strings.HasPrefix(pool, region+"_Pool") {
		return nil, identitypool.ErrNoProvider
	}
	v, err := verify.NewIDToken(issuerOf(pool), verify.AnyClient(), keys(), verify.WithClock(i.clock.Now))
	if err != nil {
		return nil, err
	}
	return v.Verify(ctx, token)
}

func (i *issuers) StillSignedIn(_ context.Context, _ string, t *verify.Token) (bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !i.gone[t.Subject()], nil
}

func (i *issuers) signOut(sub string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.gone[sub] = true
}

func (i *issuers) OpenID(ctx context.Context, arn, token string) (*verify.Token, error) {
	if arn != openID {
		return nil, identitypool.ErrNoProvider
	}
	v, err := verify.NewJWT("https://idp.example/shop", verify.Clients("shop"), keys(), verify.WithClock(i.clock.Now))
	if err != nil {
		return nil, err
	}
	return v.Verify(ctx, token)
}

// SAML takes "subject;role" for a response that holds.
func (i *issuers) SAML(_ context.Context, arn, response string, _ time.Time) (identitypool.Assertion, error) {
	subject, role, ok := strings.Cut(response, ";")
	if arn != saml || !ok {
		return identitypool.Assertion{}, errors.New("the signature does not hold")
	}
	return identitypool.Assertion{Subject: subject, Attributes: map[string][]string{"role": {role}}}, nil
}

// signed makes a token of the claims.
func signed(claims map[string]any) string {
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return sign(text)
}

func sign(text []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private()}, (&jose.SignerOptions{}).WithHeader("kid", kid))
	if err != nil {
		panic(err)
	}
	object, err := signer.Sign(text)
	if err != nil {
		panic(err)
	}
	compact, err := object.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return compact
}

const (
	poolA    = region + "_PoolA"
	poolB    = region + "_PoolB"
	clientID = "client1"
)

func key(pool string) string { return "cognito-idp." + region + ".amazonaws.com/" + pool }

// idToken is the ID token of a user of a pool; changes replace its claims.
func (w *world) idToken(pool, sub string, changes ...any) string {
	now := w.clock.Now()
	claims := map[string]any{
		"iss": issuerOf(pool), "sub": sub, "aud": clientID, "token_use": "id", "cognito:username": sub,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for i := 0; i < len(changes); i += 2 {
		claims[changes[i].(string)] = changes[i+1]
	}
	return signed(claims)
}

func (w *world) login(sub string, changes ...any) map[string]string {
	return map[string]string{key(poolA): w.idToken(poolA, sub, changes...)}
}

func (w *world) openIDToken(issuer, aud, sub string, changes ...any) string {
	now := w.clock.Now()
	claims := map[string]any{"iss": issuer, "sub": sub, "aud": aud, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for i := 0; i < len(changes); i += 2 {
		claims[changes[i].(string)] = changes[i+1]
	}
	return signed(claims)
}
