package userpool

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/store"
)

// UserStatus is where an account stands.
type UserStatus string

const (
	Confirmed           UserStatus = "CONFIRMED"
	Unconfirmed         UserStatus = "UNCONFIRMED"
	ResetRequired       UserStatus = "RESET_REQUIRED"
	ForceChangePassword UserStatus = "FORCE_CHANGE_PASSWORD"
)

// User is one account of a pool.
type User struct {
	PoolID     string
	NameKey    string // the user name, folded as the pool folds names
	Username   string // as it was given; never changes
	Sub        string
	Status     UserStatus
	Enabled    bool
	Created    time.Time
	Modified   time.Time
	Attributes map[string]string // without sub

	Password    []byte    // sealed hash; empty: nobody can sign in by password
	PasswordSet time.Time // for the age of a temporary password
	Former      [][]byte  `json:",omitempty"` // sealed hashes of earlier passwords, the last first
	SRP         []byte    `json:",omitempty"` // sealed verifiers of the same password; empty: it works by password only

	Second SecondFactors `json:",omitzero"`

	// Epoch counts the times that all tokens were taken back. A grant of an
	// earlier epoch is dead. SignedOut is when that last happened.
	Epoch     int64
	SignedOut time.Time
}

// owner is what the user's secrets are sealed for.
func (u *User) owner() string { return u.PoolID + "/" + u.Sub }

// setTemporary gives the user a password to change at the next sign-in. It ends
// every sign-in, and every challenge that an earlier temporary password had
// opened: who knew that one must not finish with it. Access tokens without an
// origin live on until they expire, since one that is issued in this same second
// could not be told from them.
func (u *User) setTemporary(kept keptPassword, now time.Time) {
	u.setPassword(kept, now)
	u.Status = ForceChangePassword
	u.Epoch++
}

// takeBack kills every token that was issued so far.
func (u *User) takeBack(now time.Time) { u.Epoch, u.SignedOut = u.Epoch+1, now }

// names are all the names the user answers to, folded, with their kinds. They
// are unique in the pool across kinds, so no alias can shadow anybody's name.
func (p *Pool) names(u *User) map[string]string {
	names := map[string]string{p.fold(u.Sub): attributeSub, u.NameKey: attributeUsername}
	for _, a := range p.UsernameFrom {
		if v := u.Attributes[a]; v != "" {
			names[p.fold(v)] = a
		}
	}
	for _, a := range p.Aliases {
		v := u.Attributes[a]
		verified := a == attributePreferred || strings.EqualFold(u.Attributes[a+"_verified"], "true")
		if v != "" && verified {
			names[p.fold(v)] = a
		}
	}
	return names
}

// searchable are the attributes that ListUsers filters by, beside the statuses.
var searchable = []string{attributeUsername, attributeSub, attributeEmail, attributePhone, "name", "given_name", "family_name", attributePreferred}

// maxSearched bounds an indexed value: longer ones are found by their beginning.
const maxSearched = 256

func searchValue(p *Pool, value string) string {
	value = p.fold(value)
	if len(value) <= maxSearched {
		return value
	}
	cut := maxSearched
	for !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut]
}

func (p *Pool) searchRows(u *User) map[string]string {
	rows := map[string]string{attributeUsername: searchValue(p, u.NameKey), attributeSub: searchValue(p, u.Sub)}
	for _, a := range searchable[2:] {
		if v := u.Attributes[a]; v != "" {
			rows[a] = searchValue(p, v)
		}
	}
	return rows
}

// insertUser writes a new user and everything that finds it, or nothing.
func insertUser(ctx context.Context, tx *store.Tx, p *Pool, u *User) error {
	if err := userTable.Insert(ctx, tx, u); err != nil {
		if errors.Is(err, store.ErrExists) {
			return errUserTaken
		}
		return err
	}
	return index(ctx, tx, p, nil, u)
}

// errUserTaken: the user name belongs to somebody, as a name or as an alias.
var errUserTaken = errors.New("userpool: user name taken")

// updateUser changes one user together with everything that finds it.
func updateUser(ctx context.Context, tx *store.Tx, p *Pool, nameKey string, change func(*User) error) (*User, error) {
	var before *User
	after, err := userTable.Update(ctx, tx, func(u *User) error {
		copied := *u
		copied.Attributes = maps.Clone(u.Attributes)
		before = &copied
		return change(u)
	}, p.ID, nameKey)
	if err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return nil, noUser()
		}
		return nil, err
	}
	return after, index(ctx, tx, p, before, after)
}

// index brings the names and the search values from those of before to those of
// after; nil is a user that is not there.
func index(ctx context.Context, tx *store.Tx, p *Pool, before, after *User) error {
	var oldNames, newNames, oldRows, newRows map[string]string
	key := ""
	if before != nil {
		oldNames, oldRows, key = p.names(before), p.searchRows(before), before.NameKey
	}
	if after != nil {
		newNames, newRows, key = p.names(after), p.searchRows(after), after.NameKey
	}
	for _, name := range sortedNames(oldNames) {
		if newNames[name] != oldNames[name] {
			if err := nameTable.Delete(ctx, tx, p.ID, name); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
	for _, name := range sortedNames(newNames) {
		kind := newNames[name]
		if oldNames[name] == kind {
			continue
		}
		err := nameTable.Insert(ctx, tx, &nameRow{PoolID: p.ID, Name: name, NameKey: key, Kind: kind})
		if errors.Is(err, store.ErrExists) {
			if kind == attributeUsername || kind == attributeSub {
				return errUserTaken
			}
			return aliasTaken(kind)
		}
		if err != nil {
			return err
		}
	}
	for _, a := range searchable {
		was, had := oldRows[a]
		is, has := newRows[a]
		if had && (!has || was != is) {
			if err := searchTable.Delete(ctx, tx, p.ID, a, []byte(was), key); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		if has && (!had || was != is) {
			if err := searchTable.Insert(ctx, tx, &searchRow{PoolID: p.ID, Attribute: a, Value: is, NameKey: key}); err != nil {
				return err
			}
		}
	}
	return nil
}

const maxName = 4 * maxValue // bytes of a name that anybody could have

// findUser returns the user who answers to name: user name, sub or alias. nil
// without an error is nobody. It asks the database the same whether there is such
// a user or not, and by whichever of their names: the time must not tell.
func findUser(ctx context.Context, session store.Session, p *Pool, name string) (*User, error) {
	name = p.fold(name)
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return nil, nil
	}
	row, err := nameTable.Get(ctx, session, p.ID, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	key := name
	if row != nil {
		key = row.NameKey
	}
	u, err := userTable.Get(ctx, session, p.ID, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case row == nil:
		return nil, nil // every name of a user has its row
	}
	return u, nil
}
