package kms

import (
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

const maxDescription = 8192 // characters

// CreateKey makes a symmetric key.
func (s *Service) CreateKey(ctx context.Context, call *access.Call, in *kms.CreateKeyInput) (*kms.CreateKeyOutput, error) {
	//lint:ignore SA1019 the name that KeySpec had before; who asks by it for an RSA key gets no other
	before := string(in.CustomerMasterKeySpec)
	switch {
	case in.KeySpec != "" && in.KeySpec != types.KeySpecSymmetricDefault:
		return nil, unsupported("A key of the spec " + string(in.KeySpec))
	case before != "" && before != string(types.KeySpecSymmetricDefault):
		return nil, unsupported("A key of the spec " + before)
	case in.KeyUsage != "" && in.KeyUsage != types.KeyUsageTypeEncryptDecrypt:
		return nil, unsupported("A key for " + string(in.KeyUsage))
	case in.Origin != "" && in.Origin != types.OriginTypeAwsKms, in.CustomKeyStoreId != nil, in.XksKeyId != nil:
		return nil, unsupported("A key whose material comes from elsewhere")
	case deref(in.MultiRegion):
		return nil, unsupported("A multi-Region key")
	case utf8.RuneCountInString(deref(in.Description)) > maxDescription:
		return nil, invalid("Description is longer than %d characters", maxDescription)
	}
	id, err := uuid.NewRandomFromReader(s.random)
	if err != nil {
		return nil, err
	}
	k := &Key{ID: id.String(), Region: call.Region, Description: deref(in.Description), Created: call.Time, Policy: deref(in.Policy)}
	if in.Policy == nil {
		k.Policy = defaultPolicy(s.account)
	}
	if k.Tags, err = withTags(nil, in.Tags); err != nil {
		return nil, err
	}
	if len(in.Tags) > 0 {
		if err := s.permittedNew(ctx, call, k); err != nil {
			return nil, err
		}
	}
	if err := s.checkPolicy(ctx, call, k, k.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	material := make([]byte, materialSize)
	if _, err := io.ReadFull(s.random, material); err != nil {
		return nil, err
	}
	if k.Material, err = s.keys.Seal(keyring.KMSKeys, k.ID, material); err != nil {
		return nil, err
	}
	if err := keyTable.Insert(ctx, s.db, k); err != nil {
		return nil, err
	}
	return &kms.CreateKeyOutput{KeyMetadata: s.metadata(k)}, nil
}

func (s *Service) metadata(k *Key) *types.KeyMetadata {
	arn, no := s.keyARN(k.Region, k.ID), false
	m := &types.KeyMetadata{
		KeyId: &k.ID, Arn: &arn, AWSAccountId: &s.account, CreationDate: &k.Created, Description: &k.Description,
		Enabled: k.state() == types.KeyStateEnabled, KeyState: k.state(), KeyManager: types.KeyManagerTypeCustomer,
		KeySpec:  types.KeySpecSymmetricDefault,
		KeyUsage: types.KeyUsageTypeEncryptDecrypt, Origin: types.OriginTypeAwsKms, MultiRegion: &no,
		EncryptionAlgorithms: []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault},
	}
	//lint:ignore SA1019 clients of today read it
	m.CustomerMasterKeySpec = types.CustomerMasterKeySpecSymmetricDefault
	m.DeletionDate = k.Deletion
	return m
}

// DescribeKey shows a key.
func (s *Service) DescribeKey(_ context.Context, call *access.Call, in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	if err := noGrantTokens(in.GrantTokens); err != nil {
		return nil, err
	}
	k, err := s.key(call, s.find(call, deref(in.KeyId)), true)
	if err != nil {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: s.metadata(k)}, nil
}

// ListKeys shows all keys of the region, page by page.
func (s *Service) ListKeys(ctx context.Context, call *access.Call, in *kms.ListKeysInput) (*kms.ListKeysOutput, error) {
	page, err := s.page("ListKeys", call.Region, in.Marker, in.Limit, 1000, 100)
	if err != nil {
		return nil, err
	}
	rows, err := keyTable.List(ctx, s.db, keysAfter, call.Region, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(k *Key) string { return k.ID })
	out := &kms.ListKeysOutput{Keys: []types.KeyListEntry{}, NextMarker: next, Truncated: next != nil}
	for _, k := range rows {
		arn := s.keyARN(k.Region, k.ID)
		out.Keys = append(out.Keys, types.KeyListEntry{KeyId: &k.ID, KeyArn: &arn})
	}
	return out, nil
}

// change updates a key that no alias may stand for here.
func (s *Service) change(ctx context.Context, call *access.Call, given *string, fn func(k *Key) error) (*Key, error) {
	k, err := s.key(call, s.find(call, deref(given)), false)
	if err != nil {
		return nil, err
	}
	changed, err := keyTable.Update(ctx, s.db, fn, k.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.noKey(call.Region, k.ID)
	}
	return changed, err
}

// settle changes a key that is not waiting for its deletion.
func (s *Service) settle(ctx context.Context, call *access.Call, given *string, fn func(k *Key) error) (*Key, error) {
	return s.change(ctx, call, given, func(k *Key) error {
		if k.Deletion != nil {
			return wrongState(s.keyARN(k.Region, k.ID), types.KeyStatePendingDeletion)
		}
		return fn(k)
	})
}

// UpdateKeyDescription replaces what a key says of itself.
func (s *Service) UpdateKeyDescription(ctx context.Context, call *access.Call, in *kms.UpdateKeyDescriptionInput) (*kms.UpdateKeyDescriptionOutput, error) {
	if utf8.RuneCountInString(deref(in.Description)) > maxDescription {
		return nil, invalid("Description is longer than %d characters", maxDescription)
	}
	_, err := s.settle(ctx, call, in.KeyId, func(k *Key) error { k.Description = deref(in.Description); return nil })
	return nil, err
}

// EnableKey lets a key be used again.
func (s *Service) EnableKey(ctx context.Context, call *access.Call, in *kms.EnableKeyInput) (*kms.EnableKeyOutput, error) {
	_, err := s.settle(ctx, call, in.KeyId, func(k *Key) error { k.Disabled = false; return nil })
	return nil, err
}

// DisableKey lets nobody use a key.
func (s *Service) DisableKey(ctx context.Context, call *access.Call, in *kms.DisableKeyInput) (*kms.DisableKeyOutput, error) {
	_, err := s.settle(ctx, call, in.KeyId, func(k *Key) error { k.Disabled = true; return nil })
	return nil, err
}

const (
	shortestWindow, longestWindow = 7, 30 // days
)

// ScheduleKeyDeletion ends a key, and all that was encrypted under it, in 7 to 30 days.
func (s *Service) ScheduleKeyDeletion(ctx context.Context, call *access.Call, in *kms.ScheduleKeyDeletionInput) (*kms.ScheduleKeyDeletionOutput, error) {
	days := int32(longestWindow)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < shortestWindow || days > longestWindow {
		return nil, invalid("PendingWindowInDays must be from %d to %d", shortestWindow, longestWindow)
	}
	end := call.Time.AddDate(0, 0, int(days))
	k, err := s.settle(ctx, call, in.KeyId, func(k *Key) error {
		k.Deletion, k.Window = &end, days
		return nil
	})
	if err != nil {
		return nil, err
	}
	arn := s.keyARN(k.Region, k.ID)
	return &kms.ScheduleKeyDeletionOutput{KeyId: &arn, DeletionDate: k.Deletion, KeyState: k.state(), PendingWindowInDays: &days}, nil
}

// CancelKeyDeletion keeps a key, which is disabled then.
func (s *Service) CancelKeyDeletion(ctx context.Context, call *access.Call, in *kms.CancelKeyDeletionInput) (*kms.CancelKeyDeletionOutput, error) {
	k, err := s.change(ctx, call, in.KeyId, func(k *Key) error {
		if k.Deletion == nil {
			return wrongState(s.keyARN(k.Region, k.ID), types.KeyStateEnabled)
		}
		if k.ends() <= call.Time.UnixMilli() {
			return s.noKey(k.Region, k.ID)
		}
		k.Deletion, k.Window, k.Disabled = nil, 0, true
		return nil
	})
	if err != nil {
		return nil, err
	}
	arn := s.keyARN(k.Region, k.ID)
	return &kms.CancelKeyDeletionOutput{KeyId: &arn}, nil
}

// GetKeyRotationStatus says that a key does not rotate.
func (s *Service) GetKeyRotationStatus(_ context.Context, call *access.Call, in *kms.GetKeyRotationStatusInput) (*kms.GetKeyRotationStatusOutput, error) {
	k, err := s.key(call, s.find(call, deref(in.KeyId)), false)
	if err != nil {
		return nil, err
	}
	return &kms.GetKeyRotationStatusOutput{KeyId: &k.ID}, nil
}

// DisableKeyRotation finds nothing to disable.
func (s *Service) DisableKeyRotation(_ context.Context, call *access.Call, in *kms.DisableKeyRotationInput) (*kms.DisableKeyRotationOutput, error) {
	_, err := s.key(call, s.find(call, deref(in.KeyId)), false)
	return nil, err
}
