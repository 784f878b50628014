package identitypool

import (
	"context"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// unite makes one identity of all that a call has proved to be one person. The
// oldest that has a login stays; a guest becomes it only where there is none.
func (s *Service) unite(ctx context.Context, tx *store.Tx, call *access.Call, w wanted, f *found) (*Identity, error) {
	var stays *Identity
	all := f.owners
	if f.given != nil && !f.owns(f.given.ID) {
		all = append(all, f.given)
	}
	if w.trusted && f.given != nil {
		stays = f.given // the developer said who it is to be
	} else if len(all) > 0 {
		stays = all[0]
	} else {
		var err error
		if stays, err = s.newIdentity(ctx, tx, call, w.pool, true); err != nil {
			return nil, err
		}
	}
	for _, i := range all {
		if i.ID == stays.ID {
			continue
		}
		if err := s.merge(ctx, tx, call, i, stays.ID); err != nil {
			return nil, err
		}
		f.did = append(f.did, "merged "+i.ID+" into "+stays.ID)
	}
	for _, l := range f.fresh {
		row := &loginRow{PoolID: w.pool.ID, Provider: l.provider, Subject: l.subject, Kind: l.kind, IdentityID: stays.ID}
		if err := loginTable.Insert(ctx, tx, row); err != nil {
			return nil, err
		}
		f.did = append(f.did, "linked "+mark(l.kind, l.provider, w.pool.ID, l.subject)+" to "+stays.ID)
	}
	if err := s.checkLogins(ctx, tx, stays.ID); err != nil {
		return nil, err
	}
	return identityTable.Update(ctx, tx, func(i *Identity) error {
		i.Linked, i.Modified = true, call.Time
		return nil
	}, stays.ID)
}

// merge disables an identity and gives its logins to another one.
func (s *Service) merge(ctx context.Context, tx *store.Tx, call *access.Call, gone *Identity, into string) error {
	rows, err := loginTable.List(ctx, tx, loginsOf, gone.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := loginTable.Update(ctx, tx, func(r *loginRow) error { r.IdentityID = into; return nil }, r.PoolID, r.Provider, r.Subject); err != nil {
			return err
		}
	}
	_, err = identityTable.Update(ctx, tx, func(i *Identity) error {
		i.Disabled, i.Into, i.Modified = true, into, call.Time
		return nil
	}, gone.ID)
	return err
}

// checkLogins holds an identity to one login of each provider, but for the
// developer's, of which it may have several.
func (s *Service) checkLogins(ctx context.Context, tx *store.Tx, id string) error {
	rows, err := loginTable.List(ctx, tx, loginsOf, id)
	if err != nil {
		return err
	}
	developers, last := 0, ""
	for _, r := range rows {
		if r.Kind == byDeveloper {
			if developers++; developers > maxDeveloperLogins {
				return tooMany(textTooManyLogins)
			}
			continue
		}
		if r.Provider == last {
			return conflict(textLinkedOther)
		}
		last = r.Provider
	}
	return nil
}
