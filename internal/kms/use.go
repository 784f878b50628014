package kms

import (
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/sallyport/sallyport/internal/access"
)

// Sizes in bytes: https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
const (
	maxPlaintext  = 4096
	maxCiphertext = 6144
	maxContext    = 8192
	maxRandom     = 1024
)

const symmetric = types.EncryptionAlgorithmSpecSymmetricDefault

// use is what the cryptographic operations ask of a key in common.
type use struct {
	algorithm types.EncryptionAlgorithmSpec
	context   map[string]string
	tokens    []string
	recipient *types.RecipientInfo
	dryRun    *bool
	modifiers []types.DryRunModifierType
}

// usable is the key, if it may be used and as u wants it.
func (s *Service) usable(call *access.Call, n name, u use) (*Key, error) {
	size := 0
	for key, value := range u.context {
		size += len(key) + len(value)
	}
	switch {
	case u.algorithm != "" && u.algorithm != symmetric:
		text := "The encryption algorithm " + string(u.algorithm) + " is not one of the key's."
		return nil, &types.InvalidKeyUsageException{Message: &text}
	case u.recipient != nil:
		return nil, unsupported("A recipient in an enclave (Recipient)")
	case len(u.modifiers) > 0:
		return nil, unsupported("DryRunModifiers")
	case size > maxContext:
		return nil, invalid("The encryption context has more than %d bytes", maxContext)
	}
	if err := noGrantTokens(u.tokens); err != nil {
		return nil, err
	}
	k, err := s.key(call, n, true)
	if err != nil {
		return nil, err
	}
	if state := k.state(); state != types.KeyStateEnabled {
		return nil, wrongState(s.keyARN(k.Region, k.ID), state)
	}
	return k, nil
}

// rehearsed ends a call that only asks whether it would succeed.
func (u use) rehearsed() error {
	if deref(u.dryRun) {
		text := textDryRun
		return &types.DryRunOperationException{Message: &text}
	}
	return nil
}

// noGrantTokens: there are no grants, so no token can be one's.
func noGrantTokens(tokens []string) error {
	if len(tokens) > 0 {
		text := "There are no grants, which the grant token could belong to."
		return &types.InvalidGrantTokenException{Message: &text}
	}
	return nil
}

// Encrypt encrypts up to 4096 bytes.
func (s *Service) Encrypt(_ context.Context, call *access.Call, in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	if len(in.Plaintext) < 1 || len(in.Plaintext) > maxPlaintext {
		return nil, invalid("Plaintext must have from 1 to %d bytes", maxPlaintext)
	}
	u := use{algorithm: in.EncryptionAlgorithm, context: in.EncryptionContext, tokens: in.GrantTokens, dryRun: in.DryRun}
	k, err := s.usable(call, s.find(call, deref(in.KeyId)), u)
	if err != nil {
		return nil, err
	}
	if err := u.rehearsed(); err != nil {
		return nil, err
	}
	blob, err := s.encrypt(k, in.Plaintext, u.context)
	if err != nil {
		return nil, err
	}
	arn := s.keyARN(k.Region, k.ID)
	return &kms.EncryptOutput{CiphertextBlob: blob, KeyId: &arn, EncryptionAlgorithm: symmetric}, nil
}

// named is the key of a blob, in the words of a KeyId. That it must be the one
// that the client expects is looked at before anything is opened.
func (s *Service) named(call *access.Call, blob []byte, expected *string) (name, error) {
	if len(blob) < 1 || len(blob) > maxCiphertext {
		return name{}, invalid("CiphertextBlob must have from 1 to %d bytes", maxCiphertext)
	}
	id, ok := blobKey(blob)
	if !ok {
		return name{}, badCiphertext()
	}
	if expected == nil {
		return s.find(call, id), nil
	}
	n := s.find(call, *expected)
	if _, err := s.key(call, n, true); err != nil {
		return name{}, err
	}
	if n.id != id {
		text := textWrongKey
		return name{}, &types.IncorrectKeyException{Message: &text}
	}
	return n, nil
}

// open decrypts a blob whose key n is.
func (s *Service) open(call *access.Call, n name, blob []byte, u use) (*Key, []byte, error) {
	k, err := s.usable(call, n, u)
	if errors.As(err, new(*types.NotFoundException)) {
		err = badCiphertext() // its key has gone, or was another server's
	}
	if err != nil {
		return nil, nil, err
	}
	plain, err := s.decrypt(k, blob, u.context)
	if errors.Is(err, errBlob) {
		err = badCiphertext()
	}
	return k, plain, err
}

// Decrypt opens what Encrypt and GenerateDataKey made, with the same encryption context.
func (s *Service) Decrypt(_ context.Context, call *access.Call, in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	n, err := s.named(call, in.CiphertextBlob, in.KeyId)
	if err != nil {
		return nil, err
	}
	u := use{in.EncryptionAlgorithm, in.EncryptionContext, in.GrantTokens, in.Recipient, in.DryRun, in.DryRunModifiers}
	k, plain, err := s.open(call, n, in.CiphertextBlob, u)
	if err != nil {
		return nil, err
	}
	if err := u.rehearsed(); err != nil {
		return nil, err
	}
	arn := s.keyARN(k.Region, k.ID)
	return &kms.DecryptOutput{Plaintext: plain, KeyId: &arn, EncryptionAlgorithm: symmetric}, nil
}

// ReEncrypt encrypts a blob anew under another key, or another context. The
// caller needs kms:ReEncryptFrom for the one and kms:ReEncryptTo for the other.
func (s *Service) ReEncrypt(ctx context.Context, call *access.Call, in *kms.ReEncryptInput) (*kms.ReEncryptOutput, error) {
	n, err := s.named(call, in.CiphertextBlob, in.SourceKeyId)
	if err != nil {
		return nil, err
	}
	if err := s.permitted(ctx, call, "kms:ReEncryptTo", *in.DestinationKeyId, reEncrypting(s, call, in, in.DestinationEncryptionContext)); err != nil {
		return nil, err
	}
	to := use{in.DestinationEncryptionAlgorithm, in.DestinationEncryptionContext, in.GrantTokens, nil, in.DryRun, in.DryRunModifiers}
	into, err := s.usable(call, s.find(call, *in.DestinationKeyId), to)
	if err != nil {
		return nil, err
	}
	from, plain, err := s.open(call, n, in.CiphertextBlob, use{algorithm: in.SourceEncryptionAlgorithm, context: in.SourceEncryptionContext})
	if err != nil {
		return nil, err
	}
	if err := to.rehearsed(); err != nil {
		return nil, err
	}
	blob, err := s.encrypt(into, plain, to.context)
	if err != nil {
		return nil, err
	}
	arn, fromARN := s.keyARN(into.Region, into.ID), s.keyARN(from.Region, from.ID)
	return &kms.ReEncryptOutput{
		CiphertextBlob: blob, KeyId: &arn, SourceKeyId: &fromARN, SourceEncryptionAlgorithm: symmetric, DestinationEncryptionAlgorithm: symmetric,
	}, nil
}

// reEncrypting notes what ReEncrypt speaks for, on either side.
func reEncrypting(s *Service, call *access.Call, in *kms.ReEncryptInput, context map[string]string) access.Keys {
	said := using(context)
	same := "false"
	if id, ok := blobKey(in.CiphertextBlob); ok && s.find(call, deref(in.DestinationKeyId)).id == id {
		same = "true"
	}
	said.One("kms:reencryptonsamekey", same)
	return said
}

// dataKeySize is the size in bytes that is asked for.
func dataKeySize(spec types.DataKeySpec, bytes *int32) (int, error) {
	switch {
	case (spec == "") == (bytes == nil):
		return 0, invalid(textEitherSize)
	case spec == types.DataKeySpecAes256:
		return 32, nil
	case spec == types.DataKeySpecAes128:
		return 16, nil
	case spec != "":
		return 0, invalid("KeySpec must be AES_256 or AES_128")
	case *bytes < 1 || *bytes > maxRandom:
		return 0, invalid("NumberOfBytes must be from 1 to %d", maxRandom)
	}
	return int(*bytes), nil
}

// dataKey draws a key for somebody to encrypt with, and encrypts it.
func (s *Service) dataKey(k *Key, size int, context map[string]string) (plain, blob []byte, err error) {
	plain = make([]byte, size)
	if _, err := io.ReadFull(s.random, plain); err != nil {
		return nil, nil, err
	}
	blob, err = s.encrypt(k, plain, context)
	return plain, blob, err
}

// GenerateDataKey draws a key for the client to encrypt with.
func (s *Service) GenerateDataKey(_ context.Context, call *access.Call, in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	size, err := dataKeySize(in.KeySpec, in.NumberOfBytes)
	if err != nil {
		return nil, err
	}
	u := use{context: in.EncryptionContext, tokens: in.GrantTokens, recipient: in.Recipient, dryRun: in.DryRun}
	k, err := s.usable(call, s.find(call, deref(in.KeyId)), u)
	if err != nil {
		return nil, err
	}
	if err := u.rehearsed(); err != nil {
		return nil, err
	}
	plain, blob, err := s.dataKey(k, size, u.context)
	if err != nil {
		return nil, err
	}
	arn := s.keyARN(k.Region, k.ID)
	return &kms.GenerateDataKeyOutput{Plaintext: plain, CiphertextBlob: blob, KeyId: &arn}, nil
}

// GenerateDataKeyWithoutPlaintext draws a key for later: only its ciphertext leaves.
func (s *Service) GenerateDataKeyWithoutPlaintext(ctx context.Context, call *access.Call, in *kms.GenerateDataKeyWithoutPlaintextInput) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	made, err := s.GenerateDataKey(ctx, call, &kms.GenerateDataKeyInput{
		KeyId: in.KeyId, DryRun: in.DryRun, EncryptionContext: in.EncryptionContext, GrantTokens: in.GrantTokens, KeySpec: in.KeySpec, NumberOfBytes: in.NumberOfBytes,
	})
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyWithoutPlaintextOutput{CiphertextBlob: made.CiphertextBlob, KeyId: made.KeyId}, nil
}

// GenerateRandom draws up to 1024 random bytes.
func (s *Service) GenerateRandom(_ context.Context, _ *access.Call, in *kms.GenerateRandomInput) (*kms.GenerateRandomOutput, error) {
	switch {
	case in.CustomKeyStoreId != nil:
		return nil, unsupported("A custom key store")
	case in.Recipient != nil:
		return nil, unsupported("A recipient in an enclave (Recipient)")
	case in.NumberOfBytes == nil || *in.NumberOfBytes < 1 || *in.NumberOfBytes > maxRandom:
		return nil, invalid("NumberOfBytes must be from 1 to %d", maxRandom)
	}
	plain := make([]byte, *in.NumberOfBytes)
	if _, err := io.ReadFull(s.random, plain); err != nil {
		return nil, err
	}
	return &kms.GenerateRandomOutput{Plaintext: plain}, nil
}
