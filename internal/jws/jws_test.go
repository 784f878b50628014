package jws_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/jws"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

func newRing(t testing.TB) *keyring.Keyring {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	ring, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, jws.KeyBits)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func TestAnotherLibraryReadsWhatAKeyHasSigned(t *testing.T) {
	ring, private := newRing(t), newRSA(t)
	sealed, err := jws.Seal(ring, keyring.SigningKeys, "kid+/=", private)
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, theirs := range map[verify.Algorithm]jose.SignatureAlgorithm{verify.RS256: jose.RS256, verify.RS512: jose.RS512} {
		key, err := jws.Open(ring, keyring.SigningKeys, "kid+/=", sealed, algorithm)
		if err != nil {
			t.Fatal(err)
		}
		token, err := key.Sign(rand.Reader, map[string]any{"sub": "somebody"})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{theirs})
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		payload, err := parsed.Verify(key.RSA())
		if err != nil || string(payload) != `{"sub":"somebody"}` || parsed.Signatures[0].Header.KeyID != "kid+/=" {
			t.Errorf("%s: %s, kid %q, %v", algorithm, payload, parsed.Signatures[0].Header.KeyID, err)
		}
	}
}

func TestWhatIsNoKeyOfThatRowDoesNotOpen(t *testing.T) {
	ring := newRing(t)
	good, err := jws.Seal(ring, keyring.SigningKeys, "mine", newRSA(t))
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	seal := func(plain []byte) []byte {
		sealed, err := ring.Seal(keyring.SigningKeys, "mine", plain)
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	for name, c := range map[string]struct {
		purpose   keyring.Purpose
		id        string
		sealed    []byte
		algorithm verify.Algorithm
	}{
		"another row's":            {keyring.SigningKeys, "yours", good, verify.RS256},
		"sealed for another use":   {keyring.IdentityKeys, "mine", good, verify.RS256},
		"nothing":                  {keyring.SigningKeys, "mine", nil, verify.RS256},
		"no key":                   {keyring.SigningKeys, "mine", seal([]byte("no key")), verify.RS256},
		"a key of a curve":         {keyring.SigningKeys, "mine", seal(plain), verify.RS256},
		"an algorithm of a curve":  {keyring.SigningKeys, "mine", good, verify.ES256},
		"an algorithm of no sort":  {keyring.SigningKeys, "mine", good, ""},
		"the algorithm of no sign": {keyring.SigningKeys, "mine", good, "none"},
	} {
		if key, err := jws.Open(ring, c.purpose, c.id, c.sealed, c.algorithm); err == nil || key != nil {
			t.Errorf("%s opens", name)
		}
	}
}
