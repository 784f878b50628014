package kms

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

var aliasForm = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)

const maxAliases = 50 // of one key

func checkAlias(name string) error {
	text := textAliasForm
	if strings.HasPrefix(name, "alias/aws/") {
		text = textAWSAlias
	} else if aliasForm.MatchString(name) {
		return nil
	}
	return &types.InvalidAliasNameException{Message: &text}
}

// target is the key that an alias is to stand for, if the caller may give it one.
func (s *Service) target(ctx context.Context, call *access.Call, action string, given *string) (*Key, error) {
	if err := s.permitted(ctx, call, action, deref(given), nil); err != nil {
		return nil, err
	}
	k, err := s.key(call, s.find(call, deref(given)), false)
	if err == nil && k.Deletion != nil {
		err = wrongState(s.keyARN(k.Region, k.ID), types.KeyStatePendingDeletion)
	}
	return k, err
}

// CreateAlias gives a key another name.
func (s *Service) CreateAlias(ctx context.Context, call *access.Call, in *kms.CreateAliasInput) (*kms.CreateAliasOutput, error) {
	if err := checkAlias(*in.AliasName); err != nil {
		return nil, err
	}
	k, err := s.target(ctx, call, "kms:CreateAlias", in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	return nil, s.db.Write(ctx, func(tx *store.Tx) error {
		if err := roomForAlias(ctx, tx, k); err != nil {
			return err
		}
		err := aliasTable.Insert(ctx, tx, &Alias{Region: call.Region, Name: *in.AliasName, KeyID: k.ID, Created: call.Time, Modified: call.Time})
		if errors.Is(err, store.ErrExists) {
			text := "An alias with the name " + s.aliasARN(call.Region, *in.AliasName) + " already exists"
			return &types.AlreadyExistsException{Message: &text}
		}
		return err
	})
}

func roomForAlias(ctx context.Context, tx *store.Tx, k *Key) error {
	if _, err := keyTable.Get(ctx, tx, k.ID); err != nil { // it may have gone meanwhile
		return err
	}
	n, err := aliasTable.Count(ctx, tx, ofKey, k.ID)
	if err == nil && n >= maxAliases {
		return tooMany("A key has at most 50 aliases.")
	}
	return err
}

// UpdateAlias lets an alias stand for another key.
func (s *Service) UpdateAlias(ctx context.Context, call *access.Call, in *kms.UpdateAliasInput) (*kms.UpdateAliasOutput, error) {
	if err := s.permittedBefore(ctx, call, "kms:UpdateAlias", *in.AliasName); err != nil {
		return nil, err
	}
	k, err := s.target(ctx, call, "kms:UpdateAlias", in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := roomForAlias(ctx, tx, k); err != nil {
			return err
		}
		_, err := aliasTable.Update(ctx, tx, func(a *Alias) error {
			a.KeyID, a.Modified = k.ID, call.Time
			return nil
		}, call.Region, *in.AliasName)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = s.noAlias(call.Region, *in.AliasName)
	}
	return nil, err
}

// permittedBefore asks for the key that the alias stands for now.
func (s *Service) permittedBefore(ctx context.Context, call *access.Call, action, alias string) error {
	if err := checkAlias(alias); err != nil {
		return err
	}
	a := s.current.Load().aliases[aliasKey{call.Region, alias}]
	if a == nil {
		return s.noAlias(call.Region, alias)
	}
	return s.permitted(ctx, call, action, a.KeyID, nil)
}

// DeleteAlias takes a name from a key.
func (s *Service) DeleteAlias(ctx context.Context, call *access.Call, in *kms.DeleteAliasInput) (*kms.DeleteAliasOutput, error) {
	if err := s.permittedBefore(ctx, call, "kms:DeleteAlias", *in.AliasName); err != nil {
		return nil, err
	}
	err := aliasTable.Delete(ctx, s.db, call.Region, *in.AliasName)
	if errors.Is(err, store.ErrNotFound) {
		err = s.noAlias(call.Region, *in.AliasName)
	}
	return nil, err
}

// ListAliases shows the aliases of the region or of one key, page by page.
func (s *Service) ListAliases(ctx context.Context, call *access.Call, in *kms.ListAliasesInput) (*kms.ListAliasesOutput, error) {
	of := ""
	if in.KeyId != nil {
		k, err := s.key(call, s.find(call, *in.KeyId), false)
		if err != nil {
			return nil, err
		}
		of = k.ID
	}
	page, err := s.page("ListAliases", call.Region+"/"+of, in.Marker, in.Limit, 100, 50)
	if err != nil {
		return nil, err
	}
	where, args := aliasesAfter, []any{call.Region, page.After, page.Fetch()}
	if of != "" {
		where, args = aliasesOfKey, []any{call.Region, of, page.After, page.Fetch()}
	}
	rows, err := aliasTable.List(ctx, s.db, where, args...)
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(a *Alias) string { return a.Name })
	out := &kms.ListAliasesOutput{Aliases: []types.AliasListEntry{}, NextMarker: next, Truncated: next != nil}
	for _, a := range rows {
		arn := s.aliasARN(a.Region, a.Name)
		out.Aliases = append(out.Aliases, types.AliasListEntry{
			AliasArn: &arn, AliasName: &a.Name, TargetKeyId: &a.KeyID, CreationDate: &a.Created, LastUpdatedDate: &a.Modified,
		})
	}
	return out, nil
}
