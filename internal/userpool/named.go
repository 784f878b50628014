package userpool

import (
	"context"
	"encoding/hex"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/keyring"
)

// named is whom somebody without credentials names: a user, or nobody. For
// nobody a client that hides its users has the same done as for a user, so that
// neither the answer nor the time it takes tells who has an account.
type named struct {
	pool   *poolState
	client *clientState
	name   string // as it was given
	user   *User  // nil: nobody
	hidden *User  // who is meant, and is nobody here
	sub    string // the user's, or what stands for nobody of that name
}

// whom finds the client, proves its secret hash and looks the user up. It
// returns nobody only to a client that hides its users.
func (s *Service) whom(ctx context.Context, call *access.Call, clientID, secretHash, username *string) (*named, error) {
	p, c, err := s.anyClient(clientID)
	if err != nil {
		return nil, err
	}
	if !isName(deref(username)) {
		return nil, invalid(textBadUsername)
	}
	if err := c.checkSecretHash(deref(secretHash), deref(username)); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	return s.whomOf(ctx, call, p, c, deref(username))
}

// whomOf looks up whom somebody names at a client that was found.
func (s *Service) whomOf(ctx context.Context, call *access.Call, p *poolState, c *clientState, name string) (n *named, err error) {
	if !isName(name) {
		return nil, invalid(textBadUsername)
	}
	if err := s.refuseAddress(call, p.Pool, c.Client, call.Source, false); err != nil {
		return nil, err
	}
	n = &named{pool: p, client: c, name: name}
	if n.user, err = findUser(ctx, s.db, p.Pool, n.name); err != nil {
		return nil, err
	}
	if n.user != nil {
		n.sub = n.user.Sub
		return n, nil
	}
	return n, s.hide(n, noUserOfClient())
}

// isName reports whether somebody could have that name.
func isName(name string) bool { return name != "" && utf8.RuneCountInString(name) <= maxUsername }

// hide makes nobody of a user for whom a thing is not done. A client that shows
// its users gets the reason instead.
func (s *Service) hide(n *named, reason error) error {
	if !n.client.HideUsers {
		return reason
	}
	if n.user != nil {
		n.hidden = n.user
	}
	n.user, n.sub = nil, s.nobodyNamed(n)
	return nil
}

// nobodyNamed is the sub that stands for nobody of a name.
func (s *Service) nobodyNamed(n *named) string {
	return nobodysSubs + hex.EncodeToString(s.keys.MAC(keyring.Tokens, "nobody", n.pool.ID, n.pool.fold(n.name)))
}

// hideDisabled is hide for a user who is kept out.
func (s *Service) hideDisabled(n *named) error {
	if n.user != nil && !n.user.Enabled {
		return s.hide(n, notAuthorized(textDisabled))
	}
	return nil
}
