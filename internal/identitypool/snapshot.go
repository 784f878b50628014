package identitypool

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// snapshot is every pool and signing key of the deployment. It never changes; a
// change of the database makes a new one.
type snapshot struct {
	pools map[string]*Pool
	keys  []*signingKey // oldest first; the last one signs
}

func newSnapshot() *snapshot { return &snapshot{pools: map[string]*Pool{}} }

func (n *snapshot) key(id string) *signingKey {
	for _, k := range n.keys {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// follow keeps the snapshot in step with the database.
func (s *Service) follow(ctx context.Context) error {
	return s.db.Follow(ctx, []string{"identity_pools", "identity_keys"}, func(ctx context.Context, reload bool, changes []store.Change) error {
		now := s.current.Load()
		next := &snapshot{pools: maps.Clone(now.pools), keys: now.keys}
		keysToo := reload || slices.ContainsFunc(changes, func(c store.Change) bool { return c.Table == "identity_keys" })
		var err error
		if reload {
			next.pools, err = s.readPools(ctx)
		} else {
			err = s.readChangedPools(ctx, next.pools, changes)
		}
		if err == nil && keysToo {
			next.keys, err = s.readKeys(ctx, now)
		}
		if err == nil {
			s.current.Store(next)
		}
		return err
	})
}

func (s *Service) readPools(ctx context.Context) (map[string]*Pool, error) {
	rows, err := poolTable.List(ctx, s.db, "")
	pools := make(map[string]*Pool, len(rows))
	for _, p := range rows {
		pools[p.ID] = p
	}
	return pools, err
}

func (s *Service) readChangedPools(ctx context.Context, pools map[string]*Pool, changes []store.Change) error {
	for _, c := range changes {
		if c.Table != "identity_pools" {
			continue
		}
		id := c.Key[0]
		switch p, err := poolTable.Get(ctx, s.db, id); {
		case errors.Is(err, store.ErrNotFound):
			delete(pools, id)
		case err != nil:
			return err
		default:
			pools[id] = p
		}
	}
	return nil
}

// readKeys opens the keys that are new. One that cannot be opened is left out
// with a word in the log: the others go on verifying.
func (s *Service) readKeys(ctx context.Context, now *snapshot) ([]*signingKey, error) {
	rows, err := keyTable.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b *SigningKey) int { return a.Created.Compare(b.Created) })
	var keys []*signingKey
	for _, row := range rows {
		key := now.key(row.ID)
		if key == nil {
			if key, err = s.openKey(row); err != nil {
				s.log.Error("a signing key of identity pools cannot be opened", "kid", row.ID, "error", err)
				continue
			}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// pool finds a pool of the call's region.
func (s *Service) pool(call *access.Call, id *string) (*Pool, error) {
	p := s.current.Load().pools[deref(id)]
	if p == nil || p.Region != call.Region {
		return nil, s.noPool(id)
	}
	return p, nil
}

// anyPool finds a pool for an unsigned call, whose region its id tells.
func (s *Service) anyPool(id *string) (*Pool, error) {
	p := s.current.Load().pools[deref(id)]
	if p == nil {
		return nil, s.noPool(id)
	}
	return p, nil
}

func (s *Service) noPool(id *string) error {
	if err := checkID("identityPoolId", id); err != nil {
		return err
	}
	return notFound(textNoPool(*id))
}
