package userpool

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/srp"
)

// Users who do not exist are answered as if they did: the same name each time,
// the same salt each time, and a verifier that no password fits.

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// newNobody makes the row of a user whose password nobody knows. To read it and
// to open its verifier takes as long as with anybody's. Whose verifier it is does
// not show in what is made of it.
func (s *Service) newNobody() error {
	password, err := randomText(s.random, alphanumeric, 160)
	if err != nil {
		return err
	}
	salt, err := srp.NewSalt(s.random)
	if err != nil {
		return err
	}
	const name = "00000000-0000-4000-8000-000000000000" // and sub: such a user has one verifier in every pool
	u := &User{
		PoolID: "nobody", NameKey: name, Username: name, Sub: name, Status: Confirmed, Enabled: true, Password: []byte(password),
		Attributes: map[string]string{attributeEmail: "nobody@example.com", attributeEmailVerified: "true", "name": "Nobody"},
	}
	kept := append(salt, srp.Verifier(srp.Identity{User: name}, password, salt)...)
	if u.SRP, err = s.keys.Seal(keyring.Passwords, srpOwner(u, u.Password), kept); err != nil {
		return err
	}
	s.nobody, err = json.Marshal(u)
	return err
}

// verifierFor returns salt and verifier of the user's password under the name of
// the exchange. Of nobody, and of users who have none, they are not real.
func (s *Service) verifierFor(p *Pool, u *User, e *exchange) (salt, verifier []byte, real bool, err error) {
	if u != nil {
		salt, verifier, real, err = s.openVerifier(p, u, e.Name)
		if real || err != nil {
			return salt, verifier, real, err
		}
	}
	nobody := new(User)
	if err := json.Unmarshal(s.nobody, nobody); err != nil {
		return nil, nil, false, err
	}
	if _, verifier, _, err = s.openVerifier(p, nobody, nobody.Username); err != nil {
		return nil, nil, false, err
	}
	made := bytes.TrimLeft(s.keys.MAC(keyring.Tokens, "srp-salt", p.ID, e.Name), "\x00")
	return made[:srp.SaltBytes], verifier, false, nil
}

// srpName is the name that the password is to be proved under, and the sub that
// goes with it; without a user, such as they would be for one.
//
// A client that does not hide who exists is told the user's own name. Any other
// is told nothing that it did not send: a name that can be a user name is
// answered by itself, and one that can be an alias by a sub, since to name the
// user would tell that there is one.
func (s *Service) srpName(a attempt, u *User, typed string) (name, sub string, err error) {
	p := a.pool.Pool
	if u != nil && !a.client.HideUsers {
		return u.Username, u.Sub, nil
	}
	if u != nil {
		sub = u.Sub
	} else if sub, err = s.nobodysSub(p, typed); err != nil {
		return "", "", err
	}
	if p.mayBeAlias(typed) {
		return sub, sub, nil
	}
	return typed, sub, nil
}

// nobodysSub is the sub of the user whom a folded name would be of.
func (s *Service) nobodysSub(p *Pool, name string) (string, error) {
	if uuidPattern.MatchString(name) {
		return name, nil
	}
	return newUUID(bytes.NewReader(s.keys.MAC(keyring.Tokens, "srp-sub", p.ID, name)))
}

// countedAs is the name that failed attempts at a user are counted by. A user's
// failures are the same under the sub as under the alias that it was answered for,
// so nobody's must be, too.
func (s *Service) countedAs(p *Pool, u *User, typed string) (string, error) {
	switch name := p.fold(typed); {
	case u != nil:
		return u.NameKey, nil
	case p.mayBeAlias(name):
		return s.nobodysSub(p, name)
	default:
		return name, nil
	}
}

// mayBeAlias says whether a folded name can be another name of a user than their
// user name. What looks like a sub is taken for one.
func (p *Pool) mayBeAlias(name string) bool {
	switch {
	case uuidPattern.MatchString(name):
		return false
	case len(p.UsernameFrom) > 0, slices.Contains(p.Aliases, attributePreferred):
		return true
	default: // no user name looks like an address where addresses are aliases
		return slices.Contains(p.Aliases, attributeEmail) && validEmail(name) || slices.Contains(p.Aliases, attributePhone) && validPhone(name)
	}
}
