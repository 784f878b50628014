package kms_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// Whatever bytes come for a ciphertext, and whatever a key is called, nobody gets
// more than a refusal; only the blob as it was made opens.
func FuzzDecrypt(f *testing.F) {
	w := newWorld(f)
	key := w.key("")
	sealed := must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("123456")}))(f).CiphertextBlob
	f.Add(sealed, key)
	f.Add(sealed[:33], "alias/x")
	f.Add([]byte{1}, "arn:aws:kms:eu-west-1:123456789012:key/")
	f.Fuzz(func(t *testing.T, blob []byte, name string) {
		for _, in := range []*kms.DecryptInput{{CiphertextBlob: blob}, {CiphertextBlob: blob, KeyId: &name}} {
			out, err := w.Decrypt(ctx, in)
			if err == nil && (!bytes.Equal(blob, sealed) || string(out.Plaintext) != "123456") {
				t.Fatalf("%x opens", blob)
			}
		}
	})
}
