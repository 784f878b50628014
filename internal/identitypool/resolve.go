package identitypool

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// wanted is what a call asks to be resolved.
type wanted struct {
	pool   *Pool
	id     string  // the identity that the caller says they are; "" for whichever it is
	logins []login // proved, at least one
	// trusted: the developer vouches for the caller, who need not show a login of
	// the identity.
	trusted bool
}

// found is who stands behind the logins of a call.
type found struct {
	given  *Identity   // the identity that was named; nil if none was
	owners []*Identity // of known logins, each once, the oldest first
	fresh  []login     // that nobody has yet
	did    []string    // what was written, for the operator
}

// resolve finds the identity of proved logins. What is not known yet is linked
// to it, what belongs to several identities merges them, and if nobody is known
// there is a new one. Two calls at once agree: what is decided is read again in
// the transaction that writes.
func (s *Service) resolve(ctx context.Context, call *access.Call, w wanted) (*Identity, error) {
	f, err := s.find(ctx, s.db, w)
	if err != nil {
		return nil, err
	}
	if i := f.settled(); i != nil {
		return i, nil
	}
	if f.given == nil && len(f.owners) == 0 && !w.trusted { // there will be a new one
		if err := s.newcomers.admit(call); err != nil {
			return nil, err
		}
	}
	var i *Identity
	err = s.writePool(ctx, w.pool.ID, func(tx *store.Tx) (err error) {
		if f, err = s.find(ctx, tx, w); err != nil {
			return err
		}
		if i = f.settled(); i != nil {
			return nil
		}
		i, err = s.unite(ctx, tx, call, w, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, what := range f.did {
		call.Record.Note("identity", audit.Passed, what, call.Time)
	}
	return i, nil
}

// settled is the identity if nothing has to be written. A disabled one was merged
// between two reads, and is looked for again.
func (f *found) settled() *Identity {
	if len(f.fresh) == 0 && len(f.owners) == 1 && !f.owners[0].Disabled && (f.given == nil || f.given.ID == f.owners[0].ID) {
		return f.owners[0]
	}
	return nil
}

// find reads who is there, and refuses a caller whose logins do not open the
// identity that they named.
func (s *Service) find(ctx context.Context, session store.Session, w wanted) (*found, error) {
	f := &found{}
	var developers *Identity // of the developer's user
	for _, l := range w.logins {
		i, err := owner(ctx, session, w.pool.ID, l)
		if l.kind == byDeveloper {
			developers = i
		}
		switch {
		case err != nil:
			return nil, err
		case i == nil && l.settled:
			return nil, notAuthorized(textLoginsMismatch)
		case i == nil:
			f.fresh = append(f.fresh, l)
		case !f.owns(i.ID):
			f.owners = append(f.owners, i)
		}
	}
	slices.SortFunc(f.owners, func(a, b *Identity) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	if w.id == "" {
		return f, nil
	}
	given, err := s.identity(ctx, session, w.id)
	if err != nil {
		return nil, err
	}
	if given.PoolID != w.pool.ID {
		return nil, notFound(textNoIdentity(w.id))
	}
	if given.Disabled {
		if given, err = s.successor(ctx, session, given); err != nil {
			return nil, err
		}
	}
	if given.Linked && !w.trusted && !f.owns(given.ID) {
		return nil, notAuthorized(textLoginsMismatch)
	}
	if w.trusted && developers != nil && developers.ID != given.ID {
		text := textDeveloperTaken
		return nil, &types.DeveloperUserAlreadyRegisteredException{Message: &text}
	}
	f.given = given
	return f, nil
}

func (f *found) owns(id string) bool {
	return slices.ContainsFunc(f.owners, func(i *Identity) bool { return i.ID == id })
}

// maxMerges bounds how often an identity may have been merged on.
const maxMerges = 100

// successor is the living identity that a disabled one has become.
func (s *Service) successor(ctx context.Context, session store.Session, i *Identity) (*Identity, error) {
	first := i.ID
	for range maxMerges {
		next, err := identityTable.Get(ctx, session, i.Into)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil, notAuthorized(textForbidden(first))
		case err != nil:
			return nil, err
		case !next.Disabled:
			return next, nil
		}
		i = next
	}
	return nil, notAuthorized(textForbidden(first))
}

// newIdentity adds an identity to a pool.
func (s *Service) newIdentity(ctx context.Context, tx *store.Tx, call *access.Call, p *Pool, linked bool) (*Identity, error) {
	id, err := newID(s.random, p.Region)
	if err != nil {
		return nil, err
	}
	i := &Identity{ID: id, PoolID: p.ID, Created: call.Time, Modified: call.Time, Linked: linked}
	return i, identityTable.Insert(ctx, tx, i)
}
