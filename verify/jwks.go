package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// ParseKeys reads a JSON Web Key Set (RFC 7517 §5), such as a user pool's
// /.well-known/jwks.json. Keys that cannot verify tokens (another use, another
// type, too weak, broken) are left out; a set without any other is an error. A
// set in which two keys have one id, or which holds a private or symmetric key,
// is refused whole: the first is ambiguous, with the second any reader could
// sign.
func ParseKeys(jwks []byte) (*KeySet, error) {
	set, err := parseKeys(string(jwks))
	if err != nil {
		return nil, err
	}
	if len(set.byID) == 0 {
		return nil, errors.New("verify: the key set holds no key that can verify tokens")
	}
	return set, nil
}

// maxKeys bounds a set. Real ones hold two to ten keys.
const maxKeys = 256

// parseKeys also accepts a set without a usable key: an issuer that publishes
// one has withdrawn all its keys.
func parseKeys(text string) (*KeySet, error) {
	document, err := parseObject(text, maxMembers, nil)
	if err != nil {
		return nil, fmt.Errorf("verify: the key set cannot be read: %w", err)
	}
	value, _ := memberNamed(document, "keys")
	elements, ok := parseArray(value)
	if !ok {
		return nil, errors.New(`verify: the key set has no array "keys"`)
	}
	if len(elements) > maxKeys {
		return nil, fmt.Errorf("verify: the key set has more than %d keys", maxKeys)
	}
	var keys []Key
	for _, element := range elements {
		members, err := parseObject(element, maxMembers, nil)
		if err != nil {
			return nil, fmt.Errorf("verify: a key of the set cannot be read: %w", err)
		}
		if holdsSecret(members) {
			return nil, errors.New("verify: the key set holds a private or symmetric key: whoever reads it can sign tokens; withdraw it")
		}
		if key, ok := parseKey(members); ok {
			keys = append(keys, key)
		}
	}
	return newKeySet(keys)
}

func holdsSecret(members []member) bool {
	for _, m := range members {
		switch m.name {
		case "d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv":
			return true
		}
	}
	return false
}

// parseKey reads one JWK; false means that it is not for verifying tokens here.
func parseKey(members []member) (Key, bool) {
	var texts struct{ kty, kid, alg, use, crv, n, e, x, y string }
	for _, field := range []struct {
		name string
		into *string
	}{
		{"kty", &texts.kty}, {"kid", &texts.kid}, {"alg", &texts.alg}, {"use", &texts.use}, {"crv", &texts.crv},
		{"n", &texts.n}, {"e", &texts.e}, {"x", &texts.x}, {"y", &texts.y},
	} {
		value, present := memberNamed(members, field.name)
		if !present {
			continue
		}
		text, ok := parseString(value)
		if !ok || text == "" {
			return Key{}, false // present and not a text: nobody meant that
		}
		*field.into = text
	}
	if texts.use != "" && texts.use != "sig" {
		return Key{}, false
	}
	if value, present := memberNamed(members, "key_ops"); present {
		if operations, ok := parseStrings(value); !ok || !slices.Contains(operations, "verify") {
			return Key{}, false
		}
	}
	var public crypto.PublicKey
	switch texts.kty {
	case "RSA":
		public = rsaKey(texts.n, texts.e)
	case "EC":
		public = ecKey(texts.crv, texts.x, texts.y)
	case "OKP":
		if x, ok := decodeKeyBytes(texts.x); ok && texts.crv == "Ed25519" {
			public = ed25519.PublicKey(x)
		}
	}
	if public == nil {
		return Key{}, false
	}
	key, err := NewKey(strings.Clone(texts.kid), public, Algorithm(strings.Clone(texts.alg))) // which would keep the whole document
	return key, err == nil
}

// rsaKey reads n and e; leading zero bytes, which some issuers write, are harmless.
func rsaKey(n, e string) crypto.PublicKey {
	modulus, ok := decodeKeyBytes(n)
	exponent, ok2 := decodeKeyBytes(e)
	if !ok || !ok2 {
		return nil
	}
	value := new(big.Int).SetBytes(exponent)
	if !value.IsInt64() || value.Int64() > 1<<31-1 {
		return nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(value.Int64())}
}

// ecKey reads a point; each coordinate has the full length (RFC 7518 §6.2.1.2).
func ecKey(crv, x, y string) crypto.PublicKey {
	var curve elliptic.Curve
	switch crv {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return nil
	}
	size := (curve.Params().BitSize + 7) / 8
	first, ok := decodeKeyBytes(x)
	second, ok2 := decodeKeyBytes(y)
	if !ok || !ok2 || len(first) != size || len(second) != size {
		return nil
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, first, second))
	if err != nil {
		return nil
	}
	return public
}

func decodeKeyBytes(text string) ([]byte, bool) {
	if text == "" || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	decoded, err := strict.DecodeString(text)
	return decoded, err == nil
}
