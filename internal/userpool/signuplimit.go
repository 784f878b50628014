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

// ofNetwork is how many accounts an hour can be made in one pool from one network
// (an IPv6 /64 is one) through clients without a secret, and how often as much can
// be done for names that nobody need have: more than behind any one address want
// it, and few enough that nobody fills a disk. A client with a secret is a server,
// which stands for many people.
const ofNetwork = 5000

func (s *Service) signUpsID(poolID string, from netip.Addr) string {
	return hex.EncodeToString(s.keys.MAC(keyring.Tokens, "allowance", "sign-up", poolID, network(from)))
}

// maySignUp refuses, before a hash is made, what countSignUp would refuse.
func (s *Service) maySignUp(ctx context.Context, c *clientState, from netip.Addr, now time.Time) error {
	if c.confidential() {
		return nil
	}
	row, err := spentTable.Get(ctx, s.db, s.signUpsID(c.PoolID, from))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case now.UnixMilli() < row.Until && row.Count >= s.signUps:
		return tooLarge(textTooOften)
	}
	return nil
}

// countSignUp counts an account in the transaction that makes it.
func (s *Service) countSignUp(ctx context.Context, tx *store.Tx, c *clientState, from netip.Addr, now time.Time) error {
	if c.confidential() {
		return nil
	}
	return take(ctx, tx, s.signUpsID(c.PoolID, from), s.signUps, now)
}
