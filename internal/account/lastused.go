package account

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// useEvery is how often the use of one key or role is written down.
const useEvery = time.Minute

// uses is when each use was last written down by this node.
type uses struct {
	mu sync.Mutex
	at map[string]time.Time
}

// due reports whether it is time to write down a use, and takes it that it is done.
func (u *uses) due(id string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if last, ok := u.at[id]; ok && now.Sub(last) < useEvery && !now.Before(last) {
		return false
	}
	if u.at == nil {
		u.at = map[string]time.Time{}
	}
	u.at[id] = now
	return true
}

func (u *uses) forget(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.at, id)
}

// used writes down that a user's long-term key has been proved, or a session of
// a role. A failure is not the caller's: it is tried again at the next use.
func (s *Service) used(ctx context.Context, call *access.Call, service string) {
	var id string
	switch c := &call.Caller; {
	case c.Session != nil && c.Session.Assumed:
		id = ownerID(c)
	case c.Session == nil && c.Kind == access.User:
		id = c.AccessKeyID
	}
	if id == "" || s.db == nil || !s.uses.due(id, call.Time) {
		return
	}
	use := keyUse{ID: id, At: second(call), Service: service, Region: call.Region}
	_, err := keyUses.Update(ctx, s.db, func(row *keyUse) error { *row = use; return nil }, id)
	if errors.Is(err, store.ErrNotFound) {
		err = keyUses.Insert(ctx, s.db, &use)
	}
	if err != nil {
		s.uses.forget(id)
	}
}

// forgetUse is for a key or role that goes.
func forgetUse(ctx context.Context, tx *store.Tx, id string) error {
	if err := keyUses.Delete(ctx, tx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// roleLastUsed is when somebody last acted in a role, and where; empty for never.
func (s *Service) roleLastUsed(ctx context.Context, e *entity) (*types.RoleLastUsed, error) {
	use, err := keyUses.Get(ctx, s.db, e.ID)
	if errors.Is(err, store.ErrNotFound) {
		return &types.RoleLastUsed{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &types.RoleLastUsed{LastUsedDate: &use.At, Region: &use.Region}, nil
}
