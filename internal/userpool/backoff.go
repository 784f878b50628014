package userpool

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// failures counts failed sign-ins of one kind: of a user from an address, of a
// user from anywhere, or from an address for anybody.
type failures struct {
	ID     string
	Count  int64
	Last   int64 // Unix milliseconds
	Locked int64 // until then
}

const quiet = 15 * time.Minute // without a failure, and all is forgotten

func (f *failures) expires() int64 { return max(f.Locked, f.Last+quiet.Milliseconds()) }

// limit is a curve: so many failures are free; each further one locks for twice
// as long as the one before, from one second to most.
type limit struct {
	free int64
	most time.Duration
}

// lock is how long failure number count locks.
func (l limit) lock(count int64) time.Duration {
	if count <= l.free {
		return 0
	}
	doublings := count - l.free - 1
	if doublings > 20 {
		return l.most
	}
	return min(l.most, time.Second<<doublings)
}

// The first is AWS's curve. It counts per user and address, so that nobody can
// lock another person out; the wide ones bound who has many addresses or many
// names to guess with. The one that strangers can reach for a person from
// anywhere stays short for that reason.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
var (
	perUserAndAddress = limit{free: 5, most: 15 * time.Minute}
	perUser           = limit{free: 100, most: 30 * time.Second}
	perAddress        = limit{free: 1000, most: 15 * time.Minute}
)

// guesses says which counters an attempt is held against. An id is "" where it
// does not apply.
type guesses struct {
	ids    [3]string
	limits [3]limit
}

// perSecond bounds guesses at one user's second factor from anywhere. Only who has
// proved the first one gets so far, which makes it no way to shut a stranger out.
var perSecond = limit{free: 30, most: 15 * time.Minute}

// guessesFor names the counters: keyed hashes, so that the table tells nobody
// who tried. nameKey is the user's own name or, of a user who does not exist,
// the folded name that was tried. An address that stands for many people (a
// server that signs its users in) is not counted by itself.
func (s *Service) guessesFor(poolID, nameKey string, from netip.Addr, shared bool) guesses {
	g := s.guessesAt("user", poolID, nameKey, from, shared)
	g.limits = [3]limit{perUserAndAddress, perUser, perAddress}
	return g
}

// secondGuessesFor is guessesFor for second factors; nameKey is a user's.
func (s *Service) secondGuessesFor(poolID, nameKey string, from netip.Addr, shared bool) guesses {
	g := s.guessesAt("second factor", poolID, nameKey, from, shared)
	g.limits = [3]limit{perUserAndAddress, perSecond, perAddress}
	return g
}

// customGuessesFor is guessesFor for answers to the challenges of a pool's functions,
// beside it: a right password does not clear them, which may be a step on the way
// to the challenge. The address is counted once, by guessesFor.
func (s *Service) customGuessesFor(poolID, nameKey string, from netip.Addr) guesses {
	g := s.guessesAt("custom challenge", poolID, nameKey, from, true)
	g.limits = [3]limit{perUserAndAddress, perUser, perAddress}
	return g
}

func (s *Service) guessesAt(what, poolID, nameKey string, from netip.Addr, shared bool) guesses {
	id := func(parts ...string) string {
		return hex.EncodeToString(s.keys.MAC(keyring.Tokens, append([]string{"sign-in-failures", poolID}, parts...)...))
	}
	address := network(from)
	g := guesses{ids: [3]string{id(what+" and address", nameKey, address), id(what, nameKey), ""}}
	if !shared {
		g.ids[2] = id("address", address)
	}
	return g
}

// network is what one person can easily have many addresses of: an IPv6 /64.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// locked says whether an attempt must be refused unseen. failed says that
// there are failures to forget after a success.
func (s *Service) locked(ctx context.Context, g guesses, now time.Time) (locked, failed bool, err error) {
	rows, err := failureTable.List(ctx, s.db, failuresOfThree, g.ids[0], g.ids[1], g.ids[2])
	if err != nil {
		return true, false, err
	}
	for _, f := range rows {
		locked = locked || now.UnixMilli() < f.Locked
		failed = failed || f.ID == g.ids[0]
	}
	return locked, failed, nil
}

// failed counts a failure against all three.
func (s *Service) failed(ctx context.Context, g guesses, now time.Time) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		for i, id := range g.ids {
			if id == "" {
				continue
			}
			count := func(f *failures) error {
				if now.UnixMilli() >= f.expires() {
					f.Count = 0
				}
				f.Count++
				f.Last = now.UnixMilli()
				f.Locked = now.Add(g.limits[i].lock(f.Count)).UnixMilli()
				return nil
			}
			_, err := failureTable.Update(ctx, tx, count, id)
			if errors.Is(err, store.ErrNotFound) {
				f := &failures{ID: id}
				_ = count(f)
				err = failureTable.Insert(ctx, tx, f)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// forget clears the user's failures from that address after a success. The
// wide counters stay: one's own account must not pay for guesses at others.
func (s *Service) forget(ctx context.Context, g guesses) error {
	err := failureTable.Delete(ctx, s.db, g.ids[0])
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// queues lets the attempts on one counter go one after the other, so that a
// thousand guesses sent at once are counted like a thousand in a row. It holds
// only what is under way.
type queues struct {
	mu   sync.Mutex
	open map[string]*queue
}

type queue struct {
	turn  chan struct{} // holds one value while an attempt is under way
	users int
}

// enter waits for the turn of id. leave must be called afterwards.
func (q *queues) enter(ctx context.Context, id string) (leave func(), err error) {
	q.mu.Lock()
	if q.open == nil {
		q.open = map[string]*queue{}
	}
	one := q.open[id]
	if one == nil {
		one = &queue{turn: make(chan struct{}, 1)}
		q.open[id] = one
	}
	one.users++
	q.mu.Unlock()

	drop := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(q.open, id)
		}
	}
	select {
	case one.turn <- struct{}{}:
		return func() { <-one.turn; drop() }, nil
	case <-ctx.Done():
		drop()
		return nil, ctx.Err()
	}
}
