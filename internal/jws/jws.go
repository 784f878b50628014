// Package jws signs tokens: compact JSON Web Signatures (RFC 7515) of JSON
// claims, by RSA keys that lie sealed in the database.
//
//	Seal(private key) -> row -> Open -> Key.Sign(claims) -> token -> package verify
package jws

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/verify"
)

// KeyBits is the size of new keys.
const KeyBits = 2048

// hashes of the algorithms that keys here sign by (RFC 7518, section 3.3).
var hashes = map[verify.Algorithm]crypto.Hash{verify.RS256: crypto.SHA256, verify.RS512: crypto.SHA512}

// Key is a key ready for use. Safe for concurrent use.
type Key struct {
	ID      string // kid
	private *rsa.PrivateKey
	public  verify.Key
	hash    crypto.Hash
	header  string // base64url of {"kid":…,"alg":…}
}

// Seal makes a private key what a row may hold (PKCS #8, sealed for the kid).
func Seal(ring *keyring.Keyring, purpose keyring.Purpose, id string, private *rsa.PrivateKey) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	return ring.Seal(purpose, id, plain)
}

// Open is Seal backwards.
func Open(ring *keyring.Keyring, purpose keyring.Purpose, id string, sealed []byte, algorithm verify.Algorithm) (*Key, error) {
	plain, err := ring.Open(purpose, id, sealed)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, errors.New("the private key cannot be read")
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the private key is not RSA")
	}
	return newKey(id, private, algorithm)
}

func newKey(id string, private *rsa.PrivateKey, algorithm verify.Algorithm) (*Key, error) {
	hash, ok := hashes[algorithm]
	if !ok {
		return nil, fmt.Errorf("no key here signs by %s", algorithm)
	}
	header, err := json.Marshal(struct {
		KeyID     string           `json:"kid"`
		Algorithm verify.Algorithm `json:"alg"`
	}{id, algorithm})
	if err != nil {
		return nil, err
	}
	public, err := verify.NewKey(id, &private.PublicKey, algorithm)
	if err != nil {
		return nil, err
	}
	return &Key{ID: id, private: private, public: public, hash: hash, header: base64.RawURLEncoding.EncodeToString(header)}, nil
}

// Public is the half that verifies.
func (k *Key) Public() verify.Key { return k.public }

// RSA is the half that verifies, for whoever publishes it.
func (k *Key) RSA() *rsa.PublicKey { return &k.private.PublicKey }

// Sign makes a token of the claims, which encode as a JSON object.
func (k *Key) Sign(random io.Reader, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	b := base64.RawURLEncoding
	size := len(k.header) + 1 + b.EncodedLen(len(payload)) + 1 + b.EncodedLen(k.private.Size())
	token := make([]byte, 0, size)
	token = append(token, k.header...)
	token = append(token, '.')
	token = b.AppendEncode(token, payload)
	hash := k.hash.New()
	hash.Write(token)
	signature, err := rsa.SignPKCS1v15(random, k.private, k.hash, hash.Sum(nil))
	if err != nil {
		return "", err
	}
	token = append(token, '.')
	return string(b.AppendEncode(token, signature)), nil
}
