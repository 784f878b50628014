package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

type part = storetest.Part

var parts = storetest.Parts

// told collects the shelves of the changes that a follower is told of.
type told struct {
	mu      sync.Mutex
	shelves []string
	reloads int
	news    chan struct{}
}

func listen(t *testing.T, db *store.DB) *told {
	l := &told{news: make(chan struct{}, 10_000)}
	err := db.Follow(t.Context(), []string{"parts"}, func(_ context.Context, reload bool, changes []store.Change) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if reload {
			l.reloads++
		}
		for _, c := range changes {
			l.shelves = append(l.shelves, c.Key[0])
		}
		l.news <- struct{}{}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// until waits for the follower to be told of n changes and so many reloads.
func (l *told) until(t *testing.T, n, reloads int) []string {
	t.Helper()
	for {
		l.mu.Lock()
		shelves, r := l.shelves, l.reloads
		l.mu.Unlock()
		if len(shelves) >= n && r >= reloads {
			return shelves
		}
		select {
		case <-l.news:
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		}
	}
}

func twoNodes(t *testing.T) (one, two *store.DB) {
	address := storetest.Postgres(t)
	o := store.Options{Postgres: address, Migrations: storetest.Migrations()}
	return open(t, o), open(t, o)
}

func TestNodesSeeEachOthersChanges(t *testing.T) {
	one, two := twoNodes(t)
	first, second := listen(t, one), listen(t, two)
	const each = 30
	var writers sync.WaitGroup
	for name, db := range map[string]*store.DB{"one": one, "two": two} {
		for w := range 3 {
			writers.Go(func() {
				for n := range each / 3 {
					if err := parts.Insert(t.Context(), db, &part{Shelf: fmt.Sprint(name, w, "-", n)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	writers.Wait()
	a, b := first.until(t, 2*each, 1), second.until(t, 2*each, 1)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the nodes were told in different orders:\n%v\n%v", a, b)
	}
}

func TestNodesUpdateOneRowTogether(t *testing.T) {
	one, two := twoNodes(t)
	ctx := t.Context()
	if err := parts.Insert(ctx, one, &part{Shelf: "a"}); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			db := []*store.DB{one, two}[w%2]
			for range 10 {
				raise := func(p *part) error { p.Price++; return nil }
				err := errors.Join(
					ignore(parts.Update(ctx, db, raise, "a", 0)),
					db.Write(ctx, func(tx *store.Tx) error { return ignore(parts.Update(ctx, tx, raise, "a", 0)) }))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if p, err := parts.Get(ctx, one, "a", 0); err != nil || p.Price != 160 {
		t.Errorf("%v, %v: want a price of 160", p, err)
	}
}

func ignore[T any](_ T, err error) error { return err }

func TestNodeIsToldOfAnotherNodesReset(t *testing.T) {
	one, two := twoNodes(t)
	follower := listen(t, two)
	if err := one.Empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	follower.until(t, 0, 2)
}

func TestNodesStartTogether(t *testing.T) {
	o := store.Options{Postgres: storetest.Postgres(t), Migrations: storetest.Migrations()}
	var nodes sync.WaitGroup
	for range 5 {
		nodes.Go(func() {
			db, err := store.Open(t.Context(), o)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
}

// A node whose follower has been asleep while changes were pruned elsewhere.
func TestFollowerThatMissedPrunedChangesReadsEverything(t *testing.T) {
	one, two := twoNodes(t)
	ctx := t.Context()
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	var mu sync.Mutex
	var reloads int
	again := make(chan struct{}, 10)
	err := two.Follow(ctx, []string{"parts"}, func(_ context.Context, reload bool, _ []store.Change) error {
		mu.Lock()
		defer mu.Unlock()
		if reload {
			reloads++
			again <- struct{}{}
			return nil
		}
		select {
		case held <- struct{}{}:
		default:
		}
		<-hold
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-again
	for n, shelf := range []string{"a", "b"} {
		if err := parts.Insert(ctx, one, &part{Shelf: shelf}); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			<-held // asleep with a; b comes and goes
		}
	}
	if err := store.Prune(one, ctx, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	close(hold)
	<-again
}

func TestPruneKeepsWhatIsYoung(t *testing.T) {
	for _, e := range storetest.Engines {
		t.Run(e.Name, func(t *testing.T) {
			o := e.Options(t)
			o.Migrations = storetest.Migrations()
			db := open(t, o)
			follower := listen(t, db)
			ctx := t.Context()
			write := func(shelf string) {
				t.Helper()
				if err := parts.Insert(ctx, db, &part{Shelf: shelf}); err != nil {
					t.Fatal(err)
				}
			}
			write("a")
			for _, before := range []time.Time{time.Now().Add(-time.Hour), time.Now().Add(time.Hour)} {
				if err := store.Prune(db, ctx, before); err != nil {
					t.Fatal(err)
				}
			}
			write("b") // its seq goes on where the pruned ones ended
			if got := follower.until(t, 2, 1); fmt.Sprint(got) != "[a b]" || follower.reloads != 1 {
				t.Errorf("told %v after %d reloads, want a and b after 1", got, follower.reloads)
			}
		})
	}
}
