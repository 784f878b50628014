package gateway_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/verify"
)

// pools are two user pools, each with a key of its own.
type pools struct {
	keys      map[string]*rsa.PrivateKey
	sets      map[string]verify.KeySource // by issuer
	verifiers map[string][2]gateway.TokenVerifier
}

const poolIssuer = "https://cognito-idp.eu-west-1.amazonaws.com/"

var poolKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

func poolID(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

func newPools(t testing.TB) *pools {
	p := &pools{keys: map[string]*rsa.PrivateKey{}, sets: map[string]verify.KeySource{}, verifiers: map[string][2]gateway.TokenVerifier{}}
	for i, arn := range []string{poolARN, otherPool} {
		private := poolKeys()[i]
		p.keys[arn] = private
		key, err := verify.NewKey("key-of-"+poolID(arn), private.Public(), verify.RS256)
		must(t, err)
		set, err := verify.NewKeySet(key)
		must(t, err)
		p.sets[poolIssuer+poolID(arn)] = set
		id, err := verify.NewIDToken(poolIssuer+poolID(arn), verify.AnyClient(), set, verify.WithCache(100))
		must(t, err)
		access, err := verify.NewAccessToken(poolIssuer+poolID(arn), verify.AnyClient(), set, verify.WithCache(100))
		must(t, err)
		p.verifiers[arn] = [2]gateway.TokenVerifier{id, access}
	}
	return p
}

// Issuer has the keys of the pools for JWT authorizers.
func (p *pools) Issuer(url string) (name string, keys verify.KeySource, ok bool) {
	set, ok := p.sets[url]
	return url, set, ok
}

func (p *pools) Verifiers(arn string) (id, access gateway.TokenVerifier) {
	v := p.verifiers[arn]
	return v[0], v[1]
}

type claims map[string]any

// sign makes a token of a pool. change adjusts the claims of an ordinary one.
func (p *pools) sign(t testing.TB, arn, use string, change claims) string {
	t.Helper()
	now := time.Now().Unix()
	all := claims{
		"sub": "11111111-2222-3333-4444-555555555555", "iss": poolIssuer + poolID(arn), "token_use": use,
		"iat": now - 10, "exp": now + 3600, "auth_time": now - 10, "jti": "a-jti", "origin_jti": "o-jti",
	}
	if use == "id" {
		all["aud"], all["cognito:username"], all["email_verified"] = "client-1", "regular", true
		all["cognito:groups"] = []string{"cooks", "waiters"}
	} else {
		all["client_id"], all["username"], all["scope"] = "client-1", "regular", "aws.cognito.signin.user.admin pizza/read"
	}
	for name, value := range change {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return signed(t, p.keys[arn], map[string]any{"alg": "RS256", "kid": "key-of-" + poolID(arn)}, all)
}

func signed(t testing.TB, key *rsa.PrivateKey, header map[string]any, payload any) string {
	t.Helper()
	h, err := json.Marshal(header)
	must(t, err)
	p, err := json.Marshal(payload)
	must(t, err)
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(p)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	must(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
