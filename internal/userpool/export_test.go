package userpool

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sallyport/sallyport/internal/jws"
	"github.com/sallyport/sallyport/internal/store"
)

// Quicken gives the service cheap hashes and keys from a small stock, for tests
// whose matter is neither. The price of both is tested where it is set, and
// TestWellKnownDocuments and the benchmarks run with the real ones.
func (s *Service) Quicken() {
	s.passwords.cost = hashCost{memory: 64, passes: 1, threads: 1}
	s.passwords.nobody = encode(s.passwords.cost, make([]byte, saltBytes), make([]byte, hashBytes))
	s.newKey = func() (*rsa.PrivateKey, error) {
		keys, err := stock()
		if err != nil {
			return nil, err
		}
		return keys[int(taken.Add(1))%len(keys)], nil
	}
}

// stock has enough keys that pools of one test do not meet each other's.
var (
	taken atomic.Int64
	stock = sync.OnceValues(func() (keys [8]*rsa.PrivateKey, err error) {
		for i := range keys {
			if keys[i], err = rsa.GenerateKey(rand.Reader, jws.KeyBits); err != nil {
				break
			}
		}
		return keys, err
	})
)

// Cost is what a hash costs in production.
func (s *Service) Cost() (memory, passes uint32, threads uint8) {
	return s.passwords.cost.memory, s.passwords.cost.passes, s.passwords.cost.threads
}

// Populate puts confirmed users into a pool, user0000000 and on, each with an
// e-mail address as an alias, and returns their subs. A database behind a socket
// waits more than it works, so several transactions may be under way at once.
func (s *Service) Populate(ctx context.Context, poolID string, n, together int) ([]string, error) {
	const atOnce = 2000
	subs := make([]string, n)
	var work errgroup.Group
	work.SetLimit(together)
	for from := 0; from < n; from += atOnce {
		work.Go(func() error {
			for i := from; i < min(from+atOnce, n); i++ {
				subs[i], _ = newUUID(s.random)
			}
			return s.db.Write(ctx, func(tx *store.Tx) error {
				p, err := poolTable.Get(ctx, tx, poolID)
				for i := from; i < min(from+atOnce, n) && err == nil; i++ {
					name := fmt.Sprintf("user%07d", i)
					err = insertUser(ctx, tx, p, &User{
						PoolID: poolID, NameKey: name, Username: name, Sub: subs[i], Status: Confirmed, Enabled: true, Created: time.Now(),
						Attributes: map[string]string{attributeEmail: name + "@example.com", attributeEmailVerified: "true"},
					})
				}
				return err
			})
		})
	}
	return subs, work.Wait()
}

// SetStatus puts a user where an operation that is not under test would.
func (s *Service) SetStatus(ctx context.Context, poolID, nameKey string, status UserStatus) error {
	_, err := userTable.Update(ctx, s.db, func(u *User) error { u.Status = status; return nil }, poolID, nameKey)
	return err
}

// Documents are the rows of users and challenges as they lie in the database.
func (s *Service) Documents(ctx context.Context, poolID string) (users []*User, challenges []*Challenge, err error) {
	users, err = userTable.List(ctx, s.db, ofPool, poolID)
	if err == nil {
		challenges, err = challengeTable.List(ctx, s.db, ofPool, poolID)
	}
	return users, challenges, err
}

// SetSRP puts verifiers where they were not made for.
func (s *Service) SetSRP(ctx context.Context, poolID, nameKey string, sealed []byte) error {
	_, err := userTable.Update(ctx, s.db, func(u *User) error { u.SRP = sealed; return nil }, poolID, nameKey)
	return err
}

// Grants are the sign-ins of a pool as they lie in the database.
func (s *Service) Grants(ctx context.Context, poolID string) ([]*Grant, error) {
	return grantTable.List(ctx, s.db, ofPool, poolID)
}

// ReadRefreshToken and RotatedToken are the two ways between a refresh token and
// what it says.
func (s *Service) ReadRefreshToken(token string) (grantID string, generation int64) {
	return s.readRefreshToken(token)
}

func (s *Service) RotatedToken(grantID string, generation int64) (string, error) {
	return s.rotatedToken(grantID, generation)
}

// Devices are the devices of a pool as they lie in the database.
func (s *Service) Devices(ctx context.Context, poolID string) ([]*Device, error) {
	return deviceTable.List(ctx, s.db, ofPool, poolID)
}

// SetDevice puts a device's row where it was not made for.
func (s *Service) SetDevice(ctx context.Context, d *Device) error {
	return deviceTable.Insert(ctx, s.db, d)
}

// Challenges are the rows of sign-ins under way.
func (s *Service) Challenges(t testing.TB) string {
	t.Helper()
	rows, err := challengeTable.List(t.Context(), s.db, "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Sendings are the rows of messages that wait for custom senders, as they lie in
// the database; "" for none.
func (s *Service) Sendings(t testing.TB) string {
	t.Helper()
	rows, err := sendingTable.List(t.Context(), s.db, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		return ""
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
