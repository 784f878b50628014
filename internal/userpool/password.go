package userpool

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"

	"github.com/sallyport/sallyport/internal/keyring"
)

// hashCost is argon2id's price: KiB of memory, passes, lanes.
type hashCost struct {
	memory  uint32
	passes  uint32
	threads uint8
}

// cost follows the OWASP password storage recommendation for argon2id.
var cost = hashCost{memory: 19 * 1024, passes: 2, threads: 1}

const (
	saltBytes = 16
	hashBytes = 32
	maxWaits  = 2000 // sign-ins that may wait for a turn; more are told to come later
)

// errHash: a stored hash cannot be read. The row was damaged.
var errHash = errors.New("userpool: a stored password hash cannot be read")

// hasher hashes passwords, a few at a time: each takes 19 MiB and a core, and
// a burst of sign-ins must starve neither memory nor the gateway.
type hasher struct {
	keys    *keyring.Keyring
	random  io.Reader
	cost    hashCost
	turns   *semaphore.Weighted
	waiting atomic.Int64
	nobody  string // what the password of a user who does not exist is held against
}

func newHasher(keys *keyring.Keyring, random io.Reader) (*hasher, error) {
	h := &hasher{keys: keys, random: random, cost: cost, turns: semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2)))}
	salt := make([]byte, saltBytes+hashBytes)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, err
	}
	h.nobody = encode(cost, salt[:saltBytes], salt[saltBytes:])
	return h, nil
}

// turn waits until a hash may be computed. done must be called afterwards.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	if h.waiting.Add(1) > maxWaits {
		h.waiting.Add(-1)
		return nil, busy()
	}
	defer h.waiting.Add(-1)
	if err := h.turns.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { h.turns.Release(1) }, nil
}

// Hash returns the password's hash sealed for the owner (pool and sub): a copy
// of the database alone lets nobody guess at passwords.
func (h *hasher) Hash(ctx context.Context, owner, password string) ([]byte, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return nil, err
	}
	c := h.cost
	sum := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, hashBytes)
	return h.keys.Seal(keyring.Passwords, owner, []byte(encode(c, salt, sum)))
}

// keptPassword is all that is kept of a password.
type keptPassword struct {
	hash, srp []byte
	history   int32 // how many passwords the pool remembers, this one included
}

// keep is keepFor of an administrator.
func (s *Service) keep(ctx context.Context, p *Pool, u *User, password string) (keptPassword, error) {
	return s.keepFor(ctx, p, u, password, origin{})
}

// keepFor makes what is kept of a new password of the user, if it may be one.
// Every password that is set comes through here and goes in by setPassword.
func (s *Service) keepFor(ctx context.Context, p *Pool, u *User, password string, o origin) (keptPassword, error) {
	if err := s.newPassword(ctx, p, u, password, o); err != nil {
		return keptPassword{}, err
	}
	kept := keptPassword{history: p.Policy.History}
	var err error
	if kept.hash, err = s.passwords.Hash(ctx, u.owner(), password); err != nil || !s.current.Load().needsVerifiers(p.ID) {
		return kept, err
	}
	kept.srp, err = s.makeVerifiers(ctx, p, u, password, kept.hash)
	return kept, err
}

// setPassword puts a password in, or, of the zero value, takes it away.
func (u *User) setPassword(kept keptPassword, now time.Time) {
	u.retire(kept.history)
	u.Password, u.SRP, u.PasswordSet = kept.hash, kept.srp, now
}

// Matches compares a password with the sealed hash of its owner in constant time.
func (h *hasher) Matches(ctx context.Context, owner string, sealed []byte, password string) (bool, error) {
	text := h.nobody
	known := len(sealed) > 0
	if known {
		plain, err := h.keys.Open(keyring.Passwords, owner, sealed)
		if err != nil {
			return false, err
		}
		text = string(plain)
	}
	c, salt, want, err := decode(text)
	if err != nil {
		return false, err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// encode writes a hash in the PHC string format, which carries its cost: a hash
// stays readable after the cost is raised.
func encode(c hashCost, salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads, b.EncodeToString(salt), b.EncodeToString(sum))
}

func decode(text string) (c hashCost, salt, sum []byte, err error) {
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return c, nil, nil, errHash
	}
	if c.memory == 0 || c.memory > 1<<20 || c.passes == 0 || c.passes > 64 || c.threads == 0 {
		return c, nil, nil, errHash
	}
	salt, err = base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil || len(salt) < 8 {
		return c, nil, nil, errHash
	}
	sum, err = base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil || len(sum) < 16 || len(sum) > 64 {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}
