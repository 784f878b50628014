package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

const maxKeys = 2

func (k *accessKey) status() types.StatusType {
	if k.Inactive {
		return types.StatusTypeInactive
	}
	return types.StatusTypeActive
}

// CreateAccessKey makes a key for a user. Its secret is in this answer and
// nowhere else.
func (s *Service) CreateAccessKey(ctx context.Context, call *access.Call, in *iam.CreateAccessKeyInput) (*iam.CreateAccessKeyOutput, error) {
	name, err := s.userName(call, in.UserName)
	if err != nil {
		return nil, err
	}
	made := newCredentials()
	sealed, err := s.keyring.Seal(keyring.AccessKeys, made.AccessKeyID, []byte(made.SecretAccessKey.Reveal()))
	if err != nil {
		return nil, err
	}
	row := &accessKey{ID: made.AccessKeyID, Sealed: sealed, Created: second(call)}
	var e *entity
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if e, err = s.find(ctx, tx, user, name); err != nil {
			return err
		}
		row.Owner = e.ID
		n, err := accessKeys.Count(ctx, tx, "owner = $1", e.ID)
		if err != nil {
			return err
		}
		if n >= maxKeys {
			return limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
		}
		return accessKeys.Insert(ctx, tx, row)
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
		UserName: &e.Name, AccessKeyId: &row.ID, SecretAccessKey: new(made.SecretAccessKey.Reveal()),
		Status: row.status(), CreateDate: &row.Created,
	}}, nil
}

// ListAccessKeys shows the keys of a user, without their secrets.
func (s *Service) ListAccessKeys(ctx context.Context, call *access.Call, in *iam.ListAccessKeysInput) (*iam.ListAccessKeysOutput, error) {
	name, err := s.userName(call, in.UserName)
	if err != nil {
		return nil, err
	}
	l, err := s.listing("ListAccessKeys", *name, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	e, err := s.find(ctx, s.db, user, name)
	if err != nil {
		return nil, err
	}
	rows, err := accessKeys.List(ctx, s.db, "owner = $1 order by id", e.ID)
	if err != nil {
		return nil, err
	}
	rows, truncated, next := page(l, rows, func(k *accessKey) string { return k.ID })
	list := make([]types.AccessKeyMetadata, len(rows))
	for i, k := range rows {
		list[i] = types.AccessKeyMetadata{UserName: &e.Name, AccessKeyId: &k.ID, Status: k.status(), CreateDate: &k.Created}
	}
	return &iam.ListAccessKeysOutput{AccessKeyMetadata: list, IsTruncated: truncated, Marker: next}, nil
}

// UpdateAccessKey makes a key Active or Inactive.
func (s *Service) UpdateAccessKey(ctx context.Context, call *access.Call, in *iam.UpdateAccessKeyInput) (*iam.UpdateAccessKeyOutput, error) {
	if in.Status != types.StatusTypeActive && in.Status != types.StatusTypeInactive {
		return nil, validation("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", in.Status)
	}
	return nil, s.withKey(ctx, call, in.UserName, in.AccessKeyId, func(tx *store.Tx, id string) error {
		_, err := accessKeys.Update(ctx, tx, func(k *accessKey) error {
			k.Inactive = in.Status == types.StatusTypeInactive
			return nil
		}, id)
		return err
	})
}

// DeleteAccessKey removes a key for good.
func (s *Service) DeleteAccessKey(ctx context.Context, call *access.Call, in *iam.DeleteAccessKeyInput) (*iam.DeleteAccessKeyOutput, error) {
	return nil, s.withKey(ctx, call, in.UserName, in.AccessKeyId, func(tx *store.Tx, id string) error {
		if err := forgetUse(ctx, tx, id); err != nil {
			return err
		}
		return accessKeys.Delete(ctx, tx, id)
	})
}

// withKey runs fn on a key that belongs to the user named, and to nobody else.
func (s *Service) withKey(ctx context.Context, call *access.Call, userName, id *string, fn func(tx *store.Tx, id string) error) error {
	name, err := s.userName(call, userName)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		e, err := s.find(ctx, tx, user, name)
		if err != nil {
			return err
		}
		k, err := accessKeys.Get(ctx, tx, deref(id))
		if errors.Is(err, store.ErrNotFound) || err == nil && k.Owner != e.ID {
			return noSuchEntity("The Access Key with id %s cannot be found.", deref(id))
		}
		if err != nil {
			return err
		}
		return fn(tx, k.ID)
	})
}

// GetAccessKeyLastUsed says when a user's key was last used, and for what. A key
// that is not there is refused in the words of one that is another's.
func (s *Service) GetAccessKeyLastUsed(ctx context.Context, call *access.Call, in *iam.GetAccessKeyLastUsedInput) (*iam.GetAccessKeyLastUsedOutput, error) {
	const action = "iam:GetAccessKeyLastUsed"
	s.used(ctx, call, "iam")
	k, err := accessKeys.Get(ctx, s.db, deref(in.AccessKeyId))
	var e *entity
	if err == nil {
		e, err = entities.Get(ctx, s.db, k.Owner)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	v := access.Verdict{Reason: "there is no such key"}
	if err == nil {
		v = s.Decide(call, action, e.arn(s.account), policy.Attached{})
	}
	if !v.Allowed {
		call.Record.Note("authorise", audit.Refused, action+": "+v.Reason, call.Time)
		return nil, accessDenied("User: %s is not authorized to perform %s on resource: access key %s", call.Caller.ARN, action, deref(in.AccessKeyId))
	}
	call.Record.Note("authorise", audit.Passed, action+": "+v.Reason, call.Time)
	out := &iam.GetAccessKeyLastUsedOutput{UserName: &e.Name, AccessKeyLastUsed: &types.AccessKeyLastUsed{ServiceName: new("N/A"), Region: new("N/A")}}
	use, err := keyUses.Get(ctx, s.db, k.ID)
	if errors.Is(err, store.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.AccessKeyLastUsed = &types.AccessKeyLastUsed{LastUsedDate: &use.At, ServiceName: &use.Service, Region: &use.Region}
	return out, nil
}
