// Package message writes messages of the AWS Encryption SDK, which every client
// of it opens: what is said is encrypted under a data key of its own, and the
// data key travels along, wrapped by a key of KMS.
//
//	header (suite, message id, encryption context, wrapped data key) | its tag | one final frame
//
// The format is version 1 with the suite 0x0178: AES-256-GCM, keys by HKDF with
// SHA-256, no signature and no key commitment. All numbers are big-endian.
// https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/data-format/message.md
package message

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math"
	"slices"
)

const (
	// KeySize is the size of a data key in bytes.
	KeySize = 32
	// MaxPlain is the most bytes that one message takes: what fits its one frame.
	MaxPlain = frameLength

	formatVersion  = 0x01
	formatType     = 0x80 // customer authenticated encrypted data
	suite          = 0x0178
	idSize         = 16
	framed         = 0x02
	ivSize         = 12
	frameLength    = 4096
	finalFrame     = 0xFFFFFFFF
	finalFrameName = "AWSKMSEncryptionClient Final Frame"
)

// Wrapped is a data key as it travels: who wrapped it ("aws-kms"), with what (the
// key's ARN), and what became of it.
type Wrapped struct {
	Provider string
	Info     string
	Key      []byte
}

// ErrSize: a part of the message is longer than the format has room for, or the
// data key has another size than KeySize.
var ErrSize = errors.New("message: a part has a size that the format does not allow")

// Seal encrypts plain under dataKey. The wrapped key must open with the same
// context. random gives the message's id; a data key serves one message only.
func Seal(random io.Reader, dataKey []byte, wrapped Wrapped, context map[string]string, plain []byte) ([]byte, error) {
	if len(dataKey) != KeySize || len(plain) > MaxPlain {
		return nil, ErrSize
	}
	id := make([]byte, idSize)
	if _, err := io.ReadFull(random, id); err != nil {
		return nil, err
	}
	header, err := headerOf(id, wrapped, context)
	if err != nil {
		return nil, err
	}
	sealer, err := cipherOf(dataKey, id)
	if err != nil {
		return nil, err
	}
	// The header's tag is that of an empty text, under the number 0; frames count
	// from 1, so no number is used twice under the key.
	out := append(header, iv(0)...)
	out = sealer.Seal(out, iv(0), nil, header)

	out = binary.BigEndian.AppendUint32(out, finalFrame)
	out = binary.BigEndian.AppendUint32(out, 1)
	out = append(out, iv(1)...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(plain)))
	return sealer.Seal(out, iv(1), plain, frameContext(id, 1, len(plain))), nil
}

func headerOf(id []byte, wrapped Wrapped, context map[string]string) ([]byte, error) {
	said, err := contextOf(context)
	if err != nil {
		return nil, err
	}
	h := []byte{formatVersion, formatType}
	h = binary.BigEndian.AppendUint16(h, suite)
	h = append(h, id...)
	if h, err = appendSized(h, said); err != nil {
		return nil, err
	}
	h = binary.BigEndian.AppendUint16(h, 1) // wrapped data keys
	for _, part := range [][]byte{[]byte(wrapped.Provider), []byte(wrapped.Info), wrapped.Key} {
		if h, err = appendSized(h, part); err != nil {
			return nil, err
		}
	}
	h = append(h, framed, 0, 0, 0, 0, ivSize)
	return binary.BigEndian.AppendUint32(h, frameLength), nil
}

// contextOf is the context's number of pairs and then the pairs, in order of their
// names; nothing at all if there are none.
func contextOf(context map[string]string) (out []byte, err error) {
	if len(context) == 0 {
		return nil, nil
	}
	if len(context) > math.MaxUint16 {
		return nil, ErrSize
	}
	out = binary.BigEndian.AppendUint16(nil, uint16(len(context)))
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, text := range []string{name, context[name]} {
			if out, err = appendSized(out, []byte(text)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func appendSized(to, part []byte) ([]byte, error) {
	if len(part) > math.MaxUint16 {
		return nil, ErrSize
	}
	return append(binary.BigEndian.AppendUint16(to, uint16(len(part))), part...), nil
}

// cipherOf is the cipher of the message with that id.
func cipherOf(dataKey, id []byte) (cipher.AEAD, error) {
	info := append(binary.BigEndian.AppendUint16(nil, suite), id...)
	key, err := hkdf.Key(sha256.New, dataKey, nil, string(info), KeySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func iv(number uint32) []byte {
	out := make([]byte, ivSize)
	binary.BigEndian.PutUint32(out[ivSize-4:], number)
	return out
}

// frameContext is what a frame's tag covers beside its text.
func frameContext(id []byte, number uint32, size int) []byte {
	out := append(slices.Clone(id), finalFrameName...)
	out = binary.BigEndian.AppendUint32(out, number)
	return binary.BigEndian.AppendUint64(out, uint64(size))
}
