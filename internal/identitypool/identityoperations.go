package identitypool

import (
	"context"
	"errors"
	"slices"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// GetId finds the identity of logins, or makes one; without logins it makes a
// guest each time.
func (s *Service) GetId(ctx context.Context, call *access.Call, in *ci.GetIdInput) (*ci.GetIdOutput, error) {
	p, err := s.anyPool(in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	if in.AccountId != nil {
		if err := check("accountId", *in.AccountId, 1, 15, accounts); err != nil {
			return nil, err
		}
		if *in.AccountId != s.account {
			return nil, notFound(textNoPool(p.ID))
		}
	}
	if len(in.Logins) == 0 {
		return s.newGuest(ctx, call, p)
	}
	logins, err := s.prove(ctx, call, p, in.Logins)
	if err != nil {
		return nil, err
	}
	i, err := s.resolve(ctx, call, wanted{pool: p, logins: logins})
	if err != nil {
		return nil, err
	}
	return &ci.GetIdOutput{IdentityId: &i.ID}, nil
}

func (s *Service) newGuest(ctx context.Context, call *access.Call, p *Pool) (*ci.GetIdOutput, error) {
	if !p.Guests {
		return nil, refused(call, "the pool lets no guests in", notAuthorized(textNoGuests))
	}
	if err := s.newcomers.admit(call); err != nil {
		return nil, err
	}
	var i *Identity
	err := s.writePool(ctx, p.ID, func(tx *store.Tx) (err error) {
		i, err = s.newIdentity(ctx, tx, call, p, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	call.Record.Note("identity", audit.Passed, "new guest "+i.ID, call.Time)
	return &ci.GetIdOutput{IdentityId: &i.ID}, nil
}

// DescribeIdentity shows an identity of the call's region.
func (s *Service) DescribeIdentity(ctx context.Context, call *access.Call, in *ci.DescribeIdentityInput) (*ci.DescribeIdentityOutput, error) {
	i, err := s.identity(ctx, s.db, deref(in.IdentityId))
	if err != nil {
		return nil, err
	}
	if regionOf(i.ID) != call.Region {
		return nil, notFound(textNoIdentity(i.ID))
	}
	rows, err := loginTable.List(ctx, s.db, loginsOf, i.ID)
	if err != nil {
		return nil, err
	}
	d := i.description(rows)
	return &ci.DescribeIdentityOutput{IdentityId: d.IdentityId, Logins: d.Logins, CreationDate: d.CreationDate, LastModifiedDate: d.LastModifiedDate}, nil
}

// ListIdentities pages through the identities of a pool.
func (s *Service) ListIdentities(ctx context.Context, call *access.Call, in *ci.ListIdentitiesInput) (*ci.ListIdentitiesOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.openPage("ListIdentities", p.ID, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	var rows []*Identity
	if in.HideDisabled {
		rows, err = identityTable.List(ctx, s.db, enabledAfter, p.ID, false, page.After, page.Fetch())
	} else {
		rows, err = identityTable.List(ctx, s.db, identitiesAfter, p.ID, page.After, page.Fetch())
	}
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(i *Identity) string { return i.ID })
	out := &ci.ListIdentitiesOutput{IdentityPoolId: &p.ID, NextToken: next, Identities: []types.IdentityDescription{}}
	if len(rows) == 0 {
		return out, nil
	}
	logins, err := loginTable.List(ctx, s.db, loginsBetween, p.ID, page.After, rows[len(rows)-1].ID)
	if err != nil {
		return nil, err
	}
	of := map[string][]*loginRow{}
	for _, l := range logins {
		of[l.IdentityID] = append(of[l.IdentityID], l)
	}
	for _, i := range rows {
		out.Identities = append(out.Identities, i.description(of[i.ID]))
	}
	return out, nil
}

// DeleteIdentities removes identities of the call's region with their logins,
// which are unknown then. Those that are not there are not processed.
func (s *Service) DeleteIdentities(ctx context.Context, call *access.Call, in *ci.DeleteIdentitiesInput) (*ci.DeleteIdentitiesOutput, error) {
	if n := len(in.IdentityIdsToDelete); n < 1 || n > maxPage {
		return nil, constraint("identityIdsToDelete", "Member must have length between 1 and 60")
	}
	out := &ci.DeleteIdentitiesOutput{}
	for _, id := range in.IdentityIdsToDelete {
		if err := checkID("identityIdsToDelete", &id); err != nil {
			return nil, err
		}
	}
	for _, id := range in.IdentityIdsToDelete {
		err := s.deleteIdentity(ctx, call, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			out.UnprocessedIdentityIds = append(out.UnprocessedIdentityIds, types.UnprocessedIdentityId{IdentityId: &id, ErrorCode: types.ErrorCodeAccessDenied})
		case err != nil:
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) deleteIdentity(ctx context.Context, call *access.Call, id string) error {
	if regionOf(id) != call.Region {
		return store.ErrNotFound
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := identityTable.Delete(ctx, tx, id); err != nil {
			return err
		}
		_, err := loginTable.DeleteWhere(ctx, tx, "identity_id = $1", id)
		return err
	})
}

// UnlinkIdentity takes logins from an identity, for somebody who shows one of
// its logins. Next time they are seen they are of a new identity; after the last
// one nobody opens this one.
func (s *Service) UnlinkIdentity(ctx context.Context, call *access.Call, in *ci.UnlinkIdentityInput) (*ci.UnlinkIdentityOutput, error) {
	i, p, err := s.identityAndPool(ctx, deref(in.IdentityId))
	if err != nil {
		return nil, err
	}
	if len(in.Logins) == 0 {
		return nil, refused(call, "no login was shown", notAuthorized(textLoginsMismatch))
	}
	if err := checkCount("loginsToRemove", len(in.LoginsToRemove), maxLogins); err != nil {
		return nil, err
	}
	logins, err := s.prove(ctx, call, p, in.Logins)
	if err != nil {
		return nil, err
	}
	return nil, s.writePool(ctx, p.ID, func(tx *store.Tx) error {
		f, err := s.find(ctx, tx, wanted{pool: p, id: i.ID, logins: logins})
		if err != nil {
			return err
		}
		if !f.owns(f.given.ID) {
			return notAuthorized(textLoginsMismatch)
		}
		rows, err := loginTable.List(ctx, tx, loginsOf, f.given.ID)
		if err != nil {
			return err
		}
		for _, provider := range in.LoginsToRemove {
			n := slices.IndexFunc(rows, func(r *loginRow) bool { return r.Provider == provider && r.Kind != byDeveloper })
			if n < 0 {
				return invalid("%.128s is not linked to this identity.", provider)
			}
			if err := loginTable.Delete(ctx, tx, p.ID, provider, rows[n].Subject); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return s.touch(ctx, tx, call, f.given.ID)
	})
}

// touch notes that an identity has changed.
func (s *Service) touch(ctx context.Context, tx *store.Tx, call *access.Call, id string) error {
	_, err := identityTable.Update(ctx, tx, func(i *Identity) error { i.Modified = call.Time; return nil }, id)
	return err
}
