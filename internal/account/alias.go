package account

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// accountAlias is the name that people call the account by. There is one at most.
type accountAlias struct {
	Account string `json:"account"`
	Alias   string `json:"alias"`
}

var accountAliases = store.NewTable(store.Schema[accountAlias]{
	Table: "account_aliases",
	Key:   []store.Column[accountAlias]{{Name: "account", Value: func(a *accountAlias) any { return a.Account }}},
})

var aliasPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9]|-[a-z0-9]){1,61}[a-z0-9]?$`)

func checkAlias(alias string) error {
	if len(alias) < 3 || len(alias) > 63 || !aliasPattern.MatchString(alias) {
		return validation("1 validation error detected: Value '%s' at 'accountAlias' failed to satisfy constraint: Member must have 3 to 63 characters and satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", alias)
	}
	return nil
}

// CreateAccountAlias names the account, in the place of the name that it had.
func (s *Service) CreateAccountAlias(ctx context.Context, _ *access.Call, in *iam.CreateAccountAliasInput) (*iam.CreateAccountAliasOutput, error) {
	row := accountAlias{s.account, deref(in.AccountAlias)}
	if err := checkAlias(row.Alias); err != nil {
		return nil, err
	}
	return nil, s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := accountAliases.Update(ctx, tx, func(a *accountAlias) error { *a = row; return nil }, row.Account)
		if errors.Is(err, store.ErrNotFound) {
			err = accountAliases.Insert(ctx, tx, &row)
		}
		return err
	})
}

// ListAccountAliases is the account's name, or nothing.
func (s *Service) ListAccountAliases(ctx context.Context, _ *access.Call, in *iam.ListAccountAliasesInput) (*iam.ListAccountAliasesOutput, error) {
	if _, err := s.listing("ListAccountAliases", "", in.Marker, in.MaxItems); err != nil {
		return nil, err
	}
	out := &iam.ListAccountAliasesOutput{AccountAliases: []string{}}
	a, err := accountAliases.Get(ctx, s.db, s.account)
	switch {
	case err == nil:
		out.AccountAliases = append(out.AccountAliases, a.Alias)
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	return out, nil
}

// DeleteAccountAlias takes the account's name away.
func (s *Service) DeleteAccountAlias(ctx context.Context, _ *access.Call, in *iam.DeleteAccountAliasInput) (*iam.DeleteAccountAliasOutput, error) {
	return nil, s.db.Write(ctx, func(tx *store.Tx) error {
		a, err := accountAliases.Get(ctx, tx, s.account)
		if errors.Is(err, store.ErrNotFound) || err == nil && a.Alias != deref(in.AccountAlias) {
			return noSuchEntity("The account alias with name %s cannot be found.", deref(in.AccountAlias))
		}
		if err != nil {
			return err
		}
		return accountAliases.Delete(ctx, tx, s.account)
	})
}
