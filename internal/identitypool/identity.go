package identitypool

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/store"
)

// Identity is somebody, across all the ways by which they come.
type Identity struct {
	ID       string // {region}:{uuid}; to know a guest's is to be the guest
	PoolID   string
	Created  time.Time
	Modified time.Time

	// Linked is set with the first login and stays: an identity that has lost its
	// last login is nobody's, and never a guest again.
	Linked   bool
	Disabled bool   // merged into another one
	Into     string `json:",omitempty"` // which
}

// loginRow says whose a login is.
type loginRow struct {
	PoolID, Provider, Subject string
	Kind                      loginKind
	IdentityID                string
}

// identity reads an identity by its id, or ResourceNotFoundException.
func (s *Service) identity(ctx context.Context, session store.Session, id string) (*Identity, error) {
	if err := checkID("identityId", &id); err != nil {
		return nil, err
	}
	i, err := identityTable.Get(ctx, session, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound(textNoIdentity(id))
	}
	return i, err
}

// identityAndPool reads an identity for an unsigned call.
func (s *Service) identityAndPool(ctx context.Context, id string) (*Identity, *Pool, error) {
	i, err := s.identity(ctx, s.db, id)
	if err != nil {
		return nil, nil, err
	}
	p := s.current.Load().pools[i.PoolID]
	if p == nil { // deleted a moment ago
		return nil, nil, notFound(textNoIdentity(id))
	}
	return i, p, nil
}

// owner is the identity that a login belongs to; nil if it is unknown. Outside a
// transaction an identity may be deleted between the two reads: so it is then, too.
func owner(ctx context.Context, session store.Session, poolID string, l login) (*Identity, error) {
	row, err := loginTable.Get(ctx, session, poolID, l.provider, l.subject)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	i, err := identityTable.Get(ctx, session, row.IdentityID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return i, err
}

// description is the identity as AWS shows it: the keys of its logins, not who
// somebody is there.
func (i *Identity) description(rows []*loginRow) types.IdentityDescription {
	out := types.IdentityDescription{IdentityId: &i.ID, CreationDate: &i.Created, LastModifiedDate: &i.Modified, Logins: []string{}}
	for _, r := range rows {
		if n := len(out.Logins); n == 0 || out.Logins[n-1] != r.Provider { // a developer's user may have several names
			out.Logins = append(out.Logins, r.Provider)
		}
	}
	return out
}
