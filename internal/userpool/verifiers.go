package userpool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/store"
)

// What is kept of a password for SRP is a salt and a verifier for each name that
// a client may be told to prove it under, in the order of srpNames:
//
//	salt (16 bytes) | verifier (384 bytes) | salt | verifier ...
//
// Names do not share a salt, or it would tell that they are one person's.
const keptForName = srp.SaltBytes + srp.NumberBytes

// srpNames are the names that the user's password is proved under, always in the
// same order: nothing that they depend on ever changes.
func (p *Pool) srpNames(u *User) []string {
	names := []string{u.Username}
	if u.NameKey != u.Username {
		names = append(names, u.NameKey)
	}
	if len(p.Aliases) > 0 && !slices.Contains(names, u.Sub) {
		names = append(names, u.Sub)
	}
	return names
}

// identity is how a name goes into the arithmetic: with the pool's id without its region.
func (p *Pool) identity(name string) srp.Identity {
	_, pool, _ := strings.Cut(p.ID, "_")
	return srp.Identity{Pool: pool, User: name}
}

// srpOwner binds verifiers to the very hash that they were made with. Whatever
// sets or removes a password leaves none that still open.
func srpOwner(u *User, hash []byte) string {
	sum := sha256.Sum256(hash)
	return "srp/" + u.owner() + "/" + hex.EncodeToString(sum[:])
}

// makeVerifiers makes and seals the verifiers of a password, of which hash is the
// sealed hash. Who copies the database can try no password against them.
func (s *Service) makeVerifiers(ctx context.Context, p *Pool, u *User, password string, hash []byte) ([]byte, error) {
	done, err := s.passwords.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var kept []byte
	for _, name := range p.srpNames(u) {
		salt, err := srp.NewSalt(s.random)
		if err != nil {
			return nil, err
		}
		kept = append(kept, salt...)
		kept = append(kept, srp.Verifier(p.identity(name), password, salt)...)
	}
	return s.keys.Seal(keyring.Passwords, srpOwner(u, hash), kept)
}

// openVerifier returns the salt and the verifier of the user's password under a
// name. ok is false if there is none.
func (s *Service) openVerifier(p *Pool, u *User, name string) (salt, verifier []byte, ok bool, err error) {
	if len(u.SRP) == 0 || len(u.Password) == 0 {
		return nil, nil, false, nil
	}
	kept, err := s.keys.Open(keyring.Passwords, srpOwner(u, u.Password), u.SRP)
	if errors.Is(err, keyring.ErrUnreadable) {
		return nil, nil, false, nil // of an earlier password
	}
	names := p.srpNames(u)
	i := slices.Index(names, name)
	if err != nil || i < 0 || len(kept) != len(names)*keptForName {
		return nil, nil, false, err
	}
	kept = kept[i*keptForName:][:keptForName]
	return kept[:srp.SaltBytes], kept[srp.SaltBytes:], true, nil
}

// mayProve says whether passwords may be proved by SRP through the client. Older
// clients, whose flows do not begin with ALLOW_, may unless they are for custom
// challenges alone.
func (c *Client) mayProve() bool {
	return c.allows("ALLOW_USER_SRP_AUTH") || c.allows("ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH") && !c.allows("CUSTOM_AUTH_FLOW_ONLY")
}

// needsVerifiers says whether SRP may ever be part of a sign-in through the client.
func (c *Client) needsVerifiers() bool {
	return c.mayProve() || c.allows("ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH")
}

// needsVerifiers says whether passwords of the pool need verifiers. Those of a
// pool without any client do: its first client may use SRP unless it is told not to.
func (now *snapshot) needsVerifiers(poolID string) bool {
	needs, hasClients := now.verifiers[poolID]
	return needs || !hasClients
}

// noteVerifiers finds out which pools need verifiers.
func (now *snapshot) noteVerifiers() {
	now.verifiers = make(map[string]bool, len(now.pools))
	for _, c := range now.clients {
		now.verifiers[c.PoolID] = now.verifiers[c.PoolID] || c.needsVerifiers()
	}
}

// addVerifiers gives the user, whose password this was proved to be, the
// verifiers that the password was set without: before a client of the pool used
// SRP. Without them the sign-in is good all the same.
func (s *Service) addVerifiers(ctx context.Context, p *Pool, u *User, password string) {
	if !s.current.Load().needsVerifiers(p.ID) {
		return
	}
	if _, _, has, err := s.openVerifier(p, u, u.Username); has || err != nil {
		return
	}
	made, err := s.makeVerifiers(ctx, p, u, password, u.Password)
	if err == nil {
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			_, err := updateUser(ctx, tx, p, u.NameKey, func(now *User) error {
				// Of a password that was set meanwhile these are not; they would not open.
				if now.Sub == u.Sub && slices.Equal(now.Password, u.Password) {
					now.SRP = made
				}
				return nil
			})
			return err
		})
	}
	if err != nil && !isRefusal(err) && ctx.Err() == nil {
		s.log.Error("a user's SRP verifiers could not be kept; trying again at the next sign-in", "pool", p.ID, "user", u.Sub, "error", err)
	}
}
