package userpool

import (
	"context"
)

// maxHistory is how many passwords a pool can forbid to use again.
const maxHistory = 24

// A password costs a hash for each one that it is held against, so how often
// people may have that done is bounded, whatever their pool remembers.
var allowHistory = allowance{"password history", 10, 40}

// newPassword refuses a password that must not be set: one that is known to
// others, or one of the user's own that the pool remembers.
func (s *Service) newPassword(ctx context.Context, p *Pool, u *User, password string, o origin) error {
	switch _, refuse, err := s.checkCompromised(p, o, password); {
	case err != nil:
		return err
	case refuse:
		return badPassword(textCompromised)
	}
	if o.temporary {
		return nil
	}
	former := u.remembered(p.Policy.History)
	if len(former) > 0 && o.address.IsValid() {
		if err := s.spend(ctx, allowHistory, p.ID, u.Sub, o.address, s.clock.Now()); err != nil {
			return err
		}
	}
	for _, hash := range former {
		same, err := s.passwords.Matches(ctx, u.owner(), hash, password)
		if err != nil {
			return err
		}
		if same {
			return usedBefore()
		}
	}
	return nil
}

// remembered are the hashes of the last passwords of the user, the present one
// first, so many as the pool's policy says.
func (u *User) remembered(size int32) (hashes [][]byte) {
	if len(u.Password) > 0 {
		hashes = append(hashes, u.Password)
	}
	hashes = append(hashes, u.Former...)
	return hashes[:min(len(hashes), int(size))]
}

// retire moves the present password to the former ones, of which so many stay
// as are asked for together with the next one.
func (u *User) retire(size int32) {
	u.Former = u.remembered(min(max(size-1, 0), maxHistory))
}
