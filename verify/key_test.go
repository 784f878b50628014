package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/verify"
)

func TestKeysThatCannotVerifyAreLeftOut(t *testing.T) {
	good := jwks(accessSigner())
	inner := strings.TrimSuffix(strings.TrimPrefix(good, `{"keys":[`), `]}`)
	replaced := func(old, new string) string { return strings.Replace(inner, old, new, 1) }
	for name, bad := range map[string]string{
		"for encryption":         replaced(`"use":"sig"`, `"use":"enc"`),
		"use in capitals":        replaced(`"use":"sig"`, `"use":"SIG"`),
		"use null":               replaced(`"use":"sig"`, `"use":null`),
		"key_ops without verify": replaced(`"use":"sig"`, `"key_ops":["encrypt"]`),
		"key_ops empty":          replaced(`"use":"sig"`, `"key_ops":[]`),
		"key_ops a string":       replaced(`"use":"sig"`, `"key_ops":"verify"`),
		"alg none":               replaced(`"alg":"RS256"`, `"alg":"none"`),
		"alg HS256":              replaced(`"alg":"RS256"`, `"alg":"HS256"`),
		"alg ES256":              replaced(`"alg":"RS256"`, `"alg":"ES256"`),
		"alg RSA-OAEP":           replaced(`"alg":"RS256"`, `"alg":"RSA-OAEP"`),
		"alg a number":           replaced(`"alg":"RS256"`, `"alg":256`),
		"kty EC":                 replaced(`"kty":"RSA"`, `"kty":"EC"`),
		"kty in lower case":      replaced(`"kty":"RSA"`, `"kty":"rsa"`),
		"no kty":                 replaced(`"kty":"RSA"`, `"kind":"RSA"`),
		"no modulus":             replaced(`"n":`, `"N":`),
		"padded modulus":         replaced(`","e"`, `==","e"`),
		"exponent 1":             replaced(`"AQAB"`, `"AQ"`),
		"exponent even":          replaced(`"AQAB"`, `"AQAC"`),
		"exponent huge":          replaced(`"AQAB"`, `"AQABAQABAQABAQAB"`),
		"exponent zero":          replaced(`"AQAB"`, `"AA"`),
		"1024 bits":              `{"kty":"RSA","kid":"x","e":"AQAB","n":"` + strings.Repeat("_", 170) + `w"}`,
		"16384 bits":             `{"kty":"RSA","kid":"x","e":"AQAB","n":"` + strings.Repeat("_", 2730) + `w"}`,
		"Ed25519, too short":     `{"kty":"OKP","kid":"x","crv":"Ed25519","x":"AQAB"}`,
		"X25519":                 `{"kty":"OKP","kid":"x","crv":"X25519","x":"` + strings.Repeat("A", 43) + `"}`,
		"Ed448":                  `{"kty":"OKP","kid":"x","crv":"Ed448","x":"` + strings.Repeat("A", 76) + `"}`,
		"P-256 at infinity":      `{"kty":"EC","kid":"x","crv":"P-256","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}`,
		"secp256k1":              `{"kty":"EC","kid":"x","crv":"secp256k1","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}`,
		"an unknown type":        `{"kty":"AKP","kid":"x","alg":"ML-DSA-44","pub":"AQAB"}`,
		"nothing":                `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			if set, err := verify.ParseKeys([]byte(`{"keys":[` + bad + `]}`)); err == nil {
				t.Fatalf("alone it makes a set of %q", set.IDs())
			}
			other := strings.TrimSuffix(strings.TrimPrefix(jwks(idSigner()), `{"keys":[`), `]}`)
			set, err := verify.ParseKeys([]byte(`{"keys":[` + bad + `,` + other + `]}`))
			if err != nil || fmt.Sprint(set.IDs()) != "[id-key=]" {
				t.Errorf("beside a good key: %v", err)
			}
		})
	}
	for _, ok := range []string{replaced(`"use":"sig"`, `"key_ops":["sign","verify"]`), replaced(`"use":"sig",`, ``), replaced(`"alg":"RS256",`, ``), replaced(`"n":"`, `"x5c":["MIIB"],"n":"`)} {
		if _, err := verify.ParseKeys([]byte(`{"keys":[` + ok + `],"more":1}`)); err != nil {
			t.Errorf("%v: %s", err, ok)
		}
	}
}

func TestKeysFromGoValues(t *testing.T) {
	small := rsaPrivate(1024)
	var noRSA *signer
	for name, test := range map[string]struct {
		public    any
		algorithm verify.Algorithm
	}{
		"1024 bits": {small.Public(), ""}, "nil": {nil, ""}, "a private key": {accessSigner().private, ""}, "a shared secret": {[]byte("secret"), ""},
		"another type": {noRSA, ""}, "the wrong algorithm": {accessSigner().private.Public(), verify.ES256}, "no such algorithm": {accessSigner().private.Public(), "RS1"},
	} {
		if key, err := verify.NewKey("x", test.public, test.algorithm); err == nil || key != (verify.Key{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	key := accessSigner().key(t)
	if _, err := verify.NewKeySet(); err == nil {
		t.Error("an empty set was made")
	}
	if _, err := verify.NewKeySet(key, key); err == nil {
		t.Error("two equal ids were accepted")
	}
	if _, err := verify.NewKeySet(key, verify.Key{}); err == nil {
		t.Error("an empty key was accepted")
	}
}
