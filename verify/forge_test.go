package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/verify"
)

// What all tests agree on.
const (
	issuer   = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pizza0001"
	clientID = "1example23456789pizza"
	subject  = "5c2f1d6e-0000-4000-8000-00000000a11c"
)

var testNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func atTestNow() time.Time { return testNow }

// signer makes tokens with any header and payload at all, valid JSON or not.
type signer struct {
	id        string
	algorithm verify.Algorithm
	private   crypto.Signer
}

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func (s signer) sign(header, payload string) string {
	return s.signSegments(segment(header), segment(payload))
}

func (s signer) signSegments(header, payload string) string {
	signed := header + "." + payload
	return signed + "." + base64.RawURLEncoding.EncodeToString(s.signature(s.algorithm, signed))
}

func (s signer) signature(algorithm verify.Algorithm, signed string) []byte {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[strings.TrimLeft(string(algorithm), "RSPE")]
	digest := []byte(signed)
	if algorithm != verify.EdDSA {
		h := hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	var signature []byte
	var err error
	switch key := s.private.(type) {
	case *rsa.PrivateKey:
		var opts crypto.SignerOpts = hash
		if algorithm[0] == 'P' {
			opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		}
		signature, err = key.Sign(rand.Reader, digest, opts)
	case *ecdsa.PrivateKey:
		size := (key.Params().BitSize + 7) / 8
		r, s, fault := ecdsa.Sign(rand.Reader, key, digest)
		err = fault
		signature = make([]byte, 2*size)
		r.FillBytes(signature[:size])
		s.FillBytes(signature[size:])
	case ed25519.PrivateKey:
		signature, err = key.Sign(rand.Reader, digest, crypto.Hash(0))
	}
	if err != nil {
		panic(err)
	}
	return signature
}

func (s signer) header() string {
	return fmt.Sprintf(`{"kid":%q,"alg":%q}`, s.id, s.algorithm)
}

func (s signer) token(claims map[string]any) string {
	return s.sign(s.header(), toJSON(claims))
}

func (s signer) key(t testing.TB) verify.Key {
	t.Helper()
	key, err := verify.NewKey(s.id, s.private.Public(), s.algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func hmacToken(header, payload string, secret []byte) string {
	signed := segment(header) + "." + segment(payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Signers are made once: RSA keys take a while. The others are the same in every
// process, so that a fuzzing worker accepts the tokens that it is given.
var (
	accessSigner = sync.OnceValue(func() signer { return signer{"access-key=", verify.RS256, rsaPrivate(2048)} })
	idSigner     = sync.OnceValue(func() signer { return signer{"id-key=", verify.RS256, rsaPrivate(2048)} })
	strangers    = sync.OnceValue(func() signer { return signer{"access-key=", verify.RS256, rsaPrivate(2048)} })
	everySigner  = sync.OnceValue(func() []signer {
		shared := accessSigner().private
		edwards := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
		return []signer{
			{"rs256", verify.RS256, shared}, {"rs384", verify.RS384, shared}, {"rs512", verify.RS512, shared},
			{"ps256", verify.PS256, shared}, {"ps384", verify.PS384, shared}, {"ps512", verify.PS512, shared},
			{"es256", verify.ES256, ecPrivate(elliptic.P256())},
			{"es384", verify.ES384, ecPrivate(elliptic.P384())},
			{"es512", verify.ES512, ecPrivate(elliptic.P521())},
			{"eddsa", verify.EdDSA, edwards},
		}
	})
)

func rsaPrivate(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func ecPrivate(curve elliptic.Curve) *ecdsa.PrivateKey {
	scalar := bytes.Repeat([]byte{7}, (curve.Params().BitSize+7)/8)
	scalar[0] = 0
	key, err := ecdsa.ParseRawPrivateKey(curve, scalar)
	if err != nil {
		panic(err)
	}
	return key
}

// poolKeys are the two keys that a user pool publishes.
func poolKeys(t testing.TB) *verify.KeySet {
	t.Helper()
	set, err := verify.NewKeySet(accessSigner().key(t), idSigner().key(t))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// accessClaims are those of a Cognito access token, with changes on top; a
// change to nil removes the claim.
func accessClaims(changes ...map[string]any) map[string]any {
	return changed(map[string]any{
		"sub": subject, "iss": issuer, "client_id": clientID, "token_use": "access", "username": "regular",
		"scope": "pizza/read pizza/order", "cognito:groups": []string{"cooks", "guests"},
		"auth_time": testNow.Unix() - 60, "iat": testNow.Unix() - 60, "exp": testNow.Unix() + 3540,
		"jti": "a-jti", "origin_jti": "an-origin", "event_id": "an-event", "version": 2,
	}, changes)
}

func idClaims(changes ...map[string]any) map[string]any {
	return changed(map[string]any{
		"sub": subject, "iss": issuer, "aud": clientID, "token_use": "id", "cognito:username": "regular",
		"cognito:groups": []string{"cooks", "guests"}, "email": "regular@example.com", "email_verified": true,
		"auth_time": testNow.Unix() - 60, "iat": testNow.Unix() - 60, "exp": testNow.Unix() + 3540,
	}, changes)
}

func changed(claims map[string]any, changes []map[string]any) map[string]any {
	for _, change := range changes {
		maps.Copy(claims, change)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

type claims = map[string]any

func accessVerifier(t testing.TB, opts ...verify.Option) *verify.Verifier {
	t.Helper()
	v, err := verify.NewAccessToken(issuer, verify.Clients(clientID), poolKeys(t), append([]verify.Option{verify.WithClock(atTestNow)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func idVerifier(t testing.TB, opts ...verify.Option) *verify.Verifier {
	t.Helper()
	v, err := verify.NewIDToken(issuer, verify.Clients(clientID), poolKeys(t), append([]verify.Option{verify.WithClock(atTestNow)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func jwtVerifier(t testing.TB, opts ...verify.Option) *verify.Verifier {
	t.Helper()
	v, err := verify.NewJWT(issuer, verify.Clients(clientID), poolKeys(t), append([]verify.Option{verify.WithClock(atTestNow)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// keysFunc is a KeySource made of a function.
type keysFunc func(ctx context.Context, keyID string) (verify.Key, error)

func (f keysFunc) Key(ctx context.Context, keyID string) (verify.Key, error) { return f(ctx, keyID) }

func asn1Signature(t *testing.T, s signer, signed string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(signed))
	signature, err := s.private.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}
