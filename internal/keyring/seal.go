package keyring

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// wrapping stands where the id of a value would be when the master key wraps a data key.
const wrapping = "data key"

// newAEAD is AES-256-GCM with a random nonce of 12 bytes before the ciphertext. The key is
// one of our own wrapping, so that no keyset of Tink's is needed around it. A key is good for
// 2^32 values (NIST SP 800-38D, 8.3).
func newAEAD(key []byte) (tink.AEAD, error) { return subtle.NewAESGCM(key) }

// bound is the associated data: purpose, number and id, each with its length before it.
func bound(p Purpose, number int64, id string) []byte {
	b := make([]byte, 0, 8+len(p)+8+len(id))
	b = appendPart(b, string(p))
	b = binary.BigEndian.AppendUint64(b, uint64(number))
	return append(b, id...)
}

func appendPart(b []byte, part string) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
	return append(b, part...)
}

func randomKey() []byte {
	key := make([]byte, dataKeySize)
	rand.Read(key) // never fails: it ends the program instead
	return key
}

// macKey is HMAC-SHA256 under one key. The states are kept, as setting one up costs more
// than hashing a short text.
type macKey struct{ states sync.Pool }

type macState struct {
	hash    hash.Hash
	message []byte
}

func newMACKey(key []byte) *macKey {
	return &macKey{states: sync.Pool{New: func() any { return &macState{hash: hmac.New(sha256.New, key)} }}}
}

// MAC is a keyed hash (HMAC-SHA256) of parts, unambiguous in where one part ends: to look up what
// must not be stored as text, and to derive what must look random yet stay the same. 32 bytes.
// It panics if p is not one of Purposes.
func (k *Keyring) MAC(p Purpose, parts ...string) []byte {
	keys := (*k.keys.Load())[p]
	if keys == nil {
		panic(unknown(p))
	}
	s := keys.mac.states.Get().(*macState)
	s.message = s.message[:0]
	for _, part := range parts {
		s.message = appendPart(s.message, part)
	}
	s.hash.Reset()
	s.hash.Write(s.message)
	sum := s.hash.Sum(make([]byte, 0, sha256.Size))
	clear(s.message) // the parts may be secret
	if cap(s.message) <= 4096 {
		keys.mac.states.Put(s)
	}
	return sum
}
