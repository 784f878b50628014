package verify

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// KeySource finds the public key that a token names. It is asked for every
// token, also for one that the verifier's cache remembers, so that a key which
// is gone from the source takes its tokens with it: answer from memory.
//
// keyID is the header's kid, written by a stranger; it is empty when the token
// has none. A source answers
//
//   - a Key: this one, and no other, may verify the token;
//   - ErrUnknownKey, wrapped or not: there is no such key, the token is bad;
//   - any other error: it could not find out. The token is refused, and the
//     verifier says ErrKeysUnavailable, since this is not the caller's fault.
//
// The zero Key with a nil error counts as ErrUnknownKey. Implementations are
// safe for concurrent use.
type KeySource interface {
	Key(ctx context.Context, keyID string) (Key, error)
}

// Key is a public key that may verify signatures, with the id it goes by and,
// where its owner has said so, the one algorithm it is for. It is immutable.
type Key struct{ material *material }

type material struct {
	id        string
	algorithm Algorithm // empty: any that fits the type and curve
	public    crypto.PublicKey
	encoded   [sha256.Size]byte // of the PKIX form
}

// Limits of RSA keys, in bits. The upper one bounds the work per token.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// NewKey is a key from an *rsa.PublicKey (2048 to 8192 bits), an
// *ecdsa.PublicKey (P-256, P-384, P-521) or an ed25519.PublicKey. algorithm may
// be empty: then every algorithm that fits the key's type and curve may use it.
// An empty id makes a key for tokens that name none.
func NewKey(id string, public crypto.PublicKey, algorithm Algorithm) (Key, error) {
	own, err := ownCopy(public)
	if err != nil {
		return Key{}, fmt.Errorf("verify: key %q: %w", id, err)
	}
	if algorithm != "" && !algorithm.fits(own) {
		return Key{}, fmt.Errorf("verify: key %q: a key of this type cannot be used with %q", id, string(algorithm))
	}
	encoded, err := x509.MarshalPKIXPublicKey(own)
	if err != nil {
		return Key{}, fmt.Errorf("verify: key %q: %w", id, err)
	}
	return Key{&material{id: id, algorithm: algorithm, public: own, encoded: sha256.Sum256(encoded)}}, nil
}

// ownCopy checks a key and copies it, so that nobody can change it later.
func ownCopy(public crypto.PublicKey) (crypto.PublicKey, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key == nil || key.N == nil {
			return nil, errors.New("it is nil")
		}
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("it has %d bits; from %d to %d are accepted", bits, minRSABits, maxRSABits)
		}
		if key.E < 3 || key.E&1 == 0 || key.E > 1<<31-1 || key.N.Bit(0) == 0 {
			return nil, errors.New("its modulus or exponent makes no sense")
		}
		if isROCA(key.N) {
			return nil, errors.New("its modulus has the ROCA weakness (CVE-2017-15361): it can be factored")
		}
		return &rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E}, nil
	case *ecdsa.PublicKey:
		if key == nil {
			return nil, errors.New("it is nil")
		}
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return nil, errors.New("its curve is none of P-256, P-384 and P-521")
		}
		point, err := key.Bytes()
		if err != nil {
			return nil, errors.New("it is not a point of its curve")
		}
		return ecdsa.ParseUncompressedPublicKey(key.Curve, point)
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("it has %d bytes; an Ed25519 key has %d", len(key), ed25519.PublicKeySize)
		}
		return slices.Clone(key), nil
	default:
		return nil, fmt.Errorf("%T is no public key that can verify tokens", public)
	}
}

// ID is the kid that tokens name this key by.
func (k Key) ID() string {
	if k.material == nil {
		return ""
	}
	return k.material.id
}

// Public is the key itself: an *rsa.PublicKey, an *ecdsa.PublicKey or an
// ed25519.PublicKey, shared and not to be changed; nil for the zero Key.
func (k Key) Public() crypto.PublicKey {
	if k.material == nil {
		return nil
	}
	return k.material.public
}

// Algorithm is the only algorithm that the key is for; empty if it is not bound
// to one.
func (k Key) Algorithm() Algorithm {
	if k.material == nil {
		return ""
	}
	return k.material.algorithm
}

// Equal says whether both are the same key, under the same id and algorithm.
func (k Key) Equal(other Key) bool {
	if k.material == other.material {
		return true
	}
	return k.material != nil && other.material != nil &&
		k.material.encoded == other.material.encoded &&
		k.material.id == other.material.id && k.material.algorithm == other.material.algorithm
}

// KeySet is a fixed set of keys, and a KeySource. It is immutable.
type KeySet struct {
	byID map[string]Key
	only Key // the set's single key, for tokens that name none
}

// NewKeySet is a set of at least one key. In a set of more than one, every key
// has an id of its own.
func NewKeySet(keys ...Key) (*KeySet, error) {
	if len(keys) == 0 {
		return nil, errors.New("verify: a key set needs at least one key")
	}
	return newKeySet(keys)
}

func newKeySet(keys []Key) (*KeySet, error) {
	set := &KeySet{byID: make(map[string]Key, len(keys))}
	for _, key := range keys {
		switch _, twice := set.byID[key.ID()]; {
		case key.material == nil:
			return nil, errors.New("verify: a key of the set is empty")
		case key.ID() == "" && len(keys) > 1:
			return nil, errors.New("verify: a key of the set has no id: with several keys none could be chosen")
		case twice:
			return nil, fmt.Errorf("verify: two keys of the set have the id %q", public(key.ID()))
		}
		set.byID[key.ID()] = key
	}
	if len(keys) == 1 {
		set.only = keys[0]
	}
	return set, nil
}

// Key finds a key by its id. A token without kid may use the only key of a set
// of one; where there are several, it is refused.
func (s *KeySet) Key(_ context.Context, keyID string) (Key, error) {
	if keyID == "" && s.only.material != nil {
		return s.only, nil
	}
	if key, ok := s.byID[keyID]; ok {
		return key, nil
	}
	return Key{}, ErrUnknownKey
}

// IDs are the ids of the keys, sorted.
func (s *KeySet) IDs() []string {
	ids := make([]string, 0, len(s.byID))
	for id := range s.byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
