package userpool

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// allowance is how often an hour something may be done for one user: from one
// address, and from all addresses together. The first are AWS's numbers for a
// user; that they count by address keeps strangers from using up somebody's. The
// second bounds those who have many addresses, to guess from or to fill
// somebody's mailbox from.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
type allowance struct {
	name       string
	near, wide int64
}

var (
	allowConfirm        = allowance{"confirm sign-up", 15, 60}
	allowResend         = allowance{"resend sign-up code", 5, 20}
	allowForgot         = allowance{"forgot password", 5, 20}
	allowConfirmForgot  = allowance{"confirm forgot password", 15, 60}
	allowChangePassword = allowance{"change password", 5, 20}
	allowAttributeCode  = allowance{"attribute code", 5, 20}
	allowVerify         = allowance{"verify attribute", 15, 60}
)

// spent is what was used of an allowance in the hour that ends at Until.
type spent struct {
	ID    string // keyed hash, so that the table tells nobody who asked
	Count int64
	Until int64 // Unix milliseconds
}

var spentTable = store.NewTable(store.Schema[spent]{
	Table:   "user_pool_allowances",
	Key:     []store.Column[spent]{{Name: "id", Value: func(s *spent) any { return s.ID }}},
	Columns: []store.Column[spent]{{Name: "expires", Value: func(s *spent) any { return s.Until }}},
})

// spend takes one from an allowance of a user. It does so before what is allowed,
// so that many at once are counted one by one.
func (s *Service) spend(ctx context.Context, a allowance, poolID, sub string, from netip.Addr, now time.Time) error {
	return s.db.Write(ctx, func(tx *store.Tx) error { return s.spendIn(ctx, tx, a, poolID, sub, from, now) })
}

// spendOf is spend for whom somebody without credentials names, who may be nobody.
// A name costs nothing to make up, and each leaves rows for an hour or a day: so a
// network has an allowance, too, for all names together.
func (s *Service) spendOf(ctx context.Context, a allowance, n *named, from netip.Addr, now time.Time) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := s.spendIn(ctx, tx, a, n.pool.ID, n.sub, from, now); err != nil || n.client.confidential() {
			return err
		}
		return take(ctx, tx, s.allowanceID(a.name, n.pool.ID, "of a network", network(from)), s.names, now)
	})
}

func (s *Service) spendIn(ctx context.Context, tx *store.Tx, a allowance, poolID, sub string, from netip.Addr, now time.Time) error {
	if err := take(ctx, tx, s.allowanceID(a.name, poolID, sub, network(from)), a.near, now); err != nil {
		return err
	}
	return take(ctx, tx, s.allowanceID(a.name, poolID, sub, ""), a.wide, now)
}

func (s *Service) allowanceID(name, poolID, whose, where string) string {
	return hex.EncodeToString(s.keys.MAC(keyring.Tokens, "allowance", name, poolID, whose, where))
}

func take(ctx context.Context, tx *store.Tx, id string, most int64, now time.Time) error {
	_, err := spentTable.Update(ctx, tx, func(row *spent) error {
		if now.UnixMilli() >= row.Until {
			row.Count, row.Until = 0, now.Add(time.Hour).UnixMilli()
		}
		if row.Count >= most {
			return tooLarge(textTooOften)
		}
		row.Count++
		return nil
	}, id)
	if errors.Is(err, store.ErrNotFound) {
		err = spentTable.Insert(ctx, tx, &spent{ID: id, Count: 1, Until: now.Add(time.Hour).UnixMilli()})
	}
	return err
}
