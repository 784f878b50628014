package kms_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func TestWhatWasEncryptedOpensWithItsContextOnly(t *testing.T) {
	w := newWorld(t)
	key, other := w.key(""), w.key("")
	context := map[string]string{"userpool-id": "eu-west-1_abc", "b": "c"}
	sealed := must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("123456"), EncryptionContext: context}))(t)
	again := must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("123456"), EncryptionContext: context}))(t)
	if *sealed.KeyId != key || bytes.Equal(sealed.CiphertextBlob, again.CiphertextBlob) {
		t.Errorf("sealed under %s; two of one text are alike: %v", *sealed.KeyId, bytes.Equal(sealed.CiphertextBlob, again.CiphertextBlob))
	}
	if got := must(w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context}))(t); string(got.Plaintext) != "123456" || *got.KeyId != key {
		t.Errorf("opened %q under %s", got.Plaintext, *got.KeyId)
	}
	for what, c := range map[string]map[string]string{
		"none": nil, "another value": {"userpool-id": "eu-west-1_abd", "b": "c"}, "one less": {"userpool-id": "eu-west-1_abc"},
		"one more": {"userpool-id": "eu-west-1_abc", "b": "c", "d": ""}, "another case": {"Userpool-id": "eu-west-1_abc", "b": "c"},
		"a border moved": {"userpool-id": "eu-west-1_ab", "cb": "c"},
	} {
		_, err := w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: c})
		if err == nil {
			t.Errorf("it opens with %s", what)
			continue
		}
		refused(t, err, "InvalidCiphertextException")
	}
	for i := range sealed.CiphertextBlob {
		changed := bytes.Clone(sealed.CiphertextBlob)
		changed[i] ^= 1
		_, err := w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: changed, EncryptionContext: context})
		refused(t, err, "InvalidCiphertextException")
		if _, err := w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob[:i], EncryptionContext: context}); err == nil {
			t.Fatalf("%d bytes of it open", i)
		}
	}
	_, err := w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context, KeyId: &other})
	refused(t, err, "IncorrectKeyException")
	elsewhere := kms.NewFromConfig(w.config("us-east-1", aws.Credentials{AccessKeyID: "operator", SecretAccessKey: "s3cret"}))
	_, err = elsewhere.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: context})
	refused(t, err, "InvalidCiphertextException")
	_, err = elsewhere.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &key})
	refused(t, err, "NotFoundException")
}

func TestReEncryptMovesABlobToAnotherKey(t *testing.T) {
	w := newWorld(t)
	key, other := w.key(""), w.key("")
	sealed := must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("x"), EncryptionContext: map[string]string{"a": "1"}}))(t).CiphertextBlob
	moved := must(w.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: sealed, SourceEncryptionContext: map[string]string{"a": "1"}, DestinationKeyId: &other, DestinationEncryptionContext: map[string]string{"a": "2"}}))(t)
	got := must(w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: moved.CiphertextBlob, EncryptionContext: map[string]string{"a": "2"}}))(t)
	if string(got.Plaintext) != "x" || *got.KeyId != other || *moved.SourceKeyId != key {
		t.Errorf("got %q of %s", got.Plaintext, *got.KeyId)
	}
	_, err := w.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: sealed, DestinationKeyId: &other})
	refused(t, err, "InvalidCiphertextException")
}

func TestDataKeys(t *testing.T) {
	w := newWorld(t)
	key := w.key("")
	for _, c := range []struct {
		in   kms.GenerateDataKeyInput
		size int
		code string
	}{
		{kms.GenerateDataKeyInput{KeySpec: "AES_256"}, 32, ""},
		{kms.GenerateDataKeyInput{KeySpec: "AES_128"}, 16, ""},
		{kms.GenerateDataKeyInput{NumberOfBytes: aws.Int32(1024)}, 1024, ""},
		{kms.GenerateDataKeyInput{NumberOfBytes: aws.Int32(1025)}, 0, "ValidationException"},
		{kms.GenerateDataKeyInput{NumberOfBytes: aws.Int32(0)}, 0, "ValidationException"},
		{kms.GenerateDataKeyInput{}, 0, "ValidationException"},
		{kms.GenerateDataKeyInput{KeySpec: "AES_256", NumberOfBytes: aws.Int32(32)}, 0, "ValidationException"},
		{kms.GenerateDataKeyInput{KeySpec: "AES_256", DryRun: aws.Bool(true)}, 0, "DryRunOperationException"},
		{kms.GenerateDataKeyInput{KeySpec: "AES_256", GrantTokens: []string{"x"}}, 0, "InvalidGrantTokenException"},
		{kms.GenerateDataKeyInput{KeySpec: "AES_256", Recipient: &types.RecipientInfo{}}, 0, "UnsupportedOperationException"},
		{kms.GenerateDataKeyInput{KeySpec: "AES_256", EncryptionContext: map[string]string{"a": strings.Repeat("x", 8192)}}, 0, "ValidationException"},
	} {
		c.in.KeyId = &key
		made, err := w.GenerateDataKey(ctx, &c.in)
		if c.code != "" {
			refused(t, err, c.code)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got := must(w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: made.CiphertextBlob}))(t)
		if len(made.Plaintext) != c.size || !bytes.Equal(got.Plaintext, made.Plaintext) {
			t.Errorf("a key of %d bytes, opened %v", len(made.Plaintext), bytes.Equal(got.Plaintext, made.Plaintext))
		}
	}
	later := must(w.GenerateDataKeyWithoutPlaintext(ctx, &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: &key, KeySpec: "AES_256"}))(t)
	if got := must(w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: later.CiphertextBlob}))(t); len(got.Plaintext) != 32 {
		t.Errorf("%d bytes", len(got.Plaintext))
	}
	if a, b := must(w.GenerateRandom(ctx, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(16)}))(t), must(w.GenerateRandom(ctx, &kms.GenerateRandomInput{NumberOfBytes: aws.Int32(16)}))(t); len(a.Plaintext) != 16 || bytes.Equal(a.Plaintext, b.Plaintext) {
		t.Error("not random")
	}
	for size, ok := range map[int]bool{1: true, 4096: true, 4097: false} {
		_, err := w.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: make([]byte, size)})
		if (err == nil) != ok {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// Neither the database nor what operators read holds key material or a plaintext.
func TestNothingSecretIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	key := w.key("")
	material := w.service.Material(t, key)
	must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("the-plaintext")}))(t)
	kept := w.service.Row(t, key)
	if bytes.Contains(kept, material) || strings.Contains(w.seen.text, "the-plaintext") {
		t.Error("a secret is readable")
	}
}
