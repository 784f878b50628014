package kms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/keyring"
)

// What leaves the server in the place of a plaintext:
//
//	version (1 byte) | key id (16 bytes) | salt (16 bytes) | AES-256-GCM text and tag
//
// Every blob has a key of its own, drawn with HKDF-SHA256 from the key's material
// and the salt, so that no number of blobs is too many for one key. The header
// and the encryption context are associated data.
const (
	blobVersion  = 1
	saltSize     = 16
	blobHeader   = 1 + 16 + saltSize
	materialSize = 32
	gcmNonceSize = 12
)

// errBlob: the blob is none of ours, was changed, or had another encryption context.
var errBlob = errors.New("kms: the ciphertext does not open")

// blobKey is the id of the key that a blob names.
func blobKey(blob []byte) (id string, ok bool) {
	if len(blob) < blobHeader || blob[0] != blobVersion {
		return "", false
	}
	return uuid.UUID(blob[1:17]).String(), true
}

func (s *Service) encrypt(k *Key, plain []byte, context map[string]string) ([]byte, error) {
	id, err := uuid.Parse(k.ID)
	if err != nil {
		return nil, err
	}
	blob := make([]byte, blobHeader, blobHeader+len(plain)+16)
	blob[0] = blobVersion
	copy(blob[1:], id[:])
	if _, err := io.ReadFull(s.random, blob[17:blobHeader]); err != nil {
		return nil, err
	}
	sealer, nonce, err := s.sealer(k, blob[17:blobHeader])
	if err != nil {
		return nil, err
	}
	return sealer.Seal(blob, nonce, plain, associated(blob[:blobHeader], context)), nil
}

func (s *Service) decrypt(k *Key, blob []byte, context map[string]string) ([]byte, error) {
	if id, ok := blobKey(blob); !ok || id != k.ID {
		return nil, errBlob
	}
	sealer, nonce, err := s.sealer(k, blob[17:blobHeader])
	if err != nil {
		return nil, err
	}
	plain, err := sealer.Open(nil, nonce, blob[blobHeader:], associated(blob[:blobHeader], context))
	if err != nil {
		return nil, errBlob
	}
	return plain, nil
}

// sealer is the cipher of one blob.
func (s *Service) sealer(k *Key, salt []byte) (cipher.AEAD, []byte, error) {
	material, err := s.keys.Open(keyring.KMSKeys, k.ID, k.Material)
	if err != nil {
		return nil, nil, err
	}
	drawn, err := hkdf.Key(sha256.New, material, salt, "sallyport kms blob", materialSize+gcmNonceSize)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(drawn[:materialSize])
	if err != nil {
		return nil, nil, err
	}
	gcm, err := cipher.NewGCM(block)
	return gcm, drawn[materialSize:], err
}

// associated writes header and context so that no two pairs read alike: each
// text with its length before it, names in order.
func associated(header []byte, context map[string]string) []byte {
	out := slices.Clone(header)
	write := func(text string) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
		out = append(out, text...)
	}
	for _, name := range slices.Sorted(maps.Keys(context)) {
		write(name)
		write(context[name])
	}
	return out
}
