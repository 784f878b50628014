package userpool

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

// StillSignedIn reports whether the user of a proved ID token of a pool is
// still there and enabled, and neither they nor their sign-in was signed out
// since it was issued. It is for whoever asks beyond the token itself: this
// reads the database.
func (s *Service) StillSignedIn(ctx context.Context, poolARN string, token *verify.Token) (bool, error) {
	_, poolID, ok := poolOfARN(poolARN, s.account)
	now := s.current.Load()
	p, c := now.pools[poolID], now.clients[token.ClientID()]
	if !ok || p == nil || c == nil || c.PoolID != p.ID {
		return false, nil
	}
	u, err := userTable.Get(ctx, s.db, p.ID, p.fold(token.Username()))
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Sub != token.Subject() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	who := &session{pool: p, client: c, user: u, origin: token.Text("origin_jti")}
	err = s.stillGood(ctx, who, token.IssuedAt())
	if isRefusal(err) {
		return false, nil
	}
	return err == nil, err
}
