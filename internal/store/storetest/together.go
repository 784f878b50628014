package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

// all runs n of fn at once and returns the first error.
func all(n int, fn func(i int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	group.Wait()
	return errors.Join(errs...)
}

func raise(p *Part) error { p.Price++; return nil }

var togetherTests = []contract{
	{"no update of one row is lost", func(t *testing.T, ctx context.Context, db *store.DB) {
		const writers, each = 16, 10
		insert(t, ctx, db, Part{Shelf: "a"})
		must(t, QuietParts.Insert(ctx, db, &Part{Shelf: "a"}))
		must(t, all(writers, func(i int) error {
			for range each {
				table := Parts
				if i%2 == 0 {
					table = QuietParts
				}
				if _, err := table.Update(ctx, db, raise, "a", 0); err != nil {
					return err
				}
			}
			return nil
		}))
		for _, table := range []*store.Table[Part]{Parts, QuietParts} {
			p, err := table.Get(ctx, db, "a", 0)
			must(t, err)
			if p.Price != writers/2*each {
				t.Errorf("%d of %d updates are there", p.Price, writers/2*each)
			}
		}
	}},
	{"no transaction on one row is lost", func(t *testing.T, ctx context.Context, db *store.DB) {
		const writers, each = 8, 10
		insert(t, ctx, db, Part{Shelf: "a"})
		must(t, all(writers, func(int) error {
			for range each {
				err := db.Write(ctx, func(tx *store.Tx) error {
					_, err := Parts.Update(ctx, tx, raise, "a", 0)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		}))
		p, err := Parts.Get(ctx, db, "a", 0)
		must(t, err)
		if p.Price != writers*each {
			t.Errorf("%d of %d are there", p.Price, writers*each)
		}
	}},
	{"what a transaction decided by still holds when it commits", func(t *testing.T, ctx context.Context, db *store.DB) {
		// Each takes a part away if another would be left. If two could decide by what both
		// are about to change, the shelf would end up bare.
		for round := range 10 {
			shelf := fmt.Sprint(round)
			insert(t, ctx, db, Part{Shelf: shelf, Number: 0}, Part{Shelf: shelf, Number: 1})
			must(t, all(2, func(i int) error {
				return db.Write(ctx, func(tx *store.Tx) error {
					n, err := Parts.Count(ctx, tx, "shelf = $1", shelf)
					if err != nil || n < 2 {
						return err
					}
					return Parts.Delete(ctx, tx, shelf, i)
				})
			}))
			if n, err := Parts.Count(ctx, db, "shelf = $1", shelf); err != nil || n != 1 {
				t.Fatalf("%d parts left on the shelf, want 1 (%v)", n, err)
			}
		}
	}},
	{"of many who insert the same, one succeeds", func(t *testing.T, ctx context.Context, db *store.DB) {
		var mu sync.Mutex
		added := 0
		must(t, all(12, func(i int) error {
			err := db.Write(ctx, func(tx *store.Tx) error {
				return Parts.Insert(ctx, tx, &Part{Shelf: "a", Number: int64(i), Serial: "one"})
			})
			if errors.Is(err, store.ErrExists) {
				return nil
			}
			mu.Lock()
			added++
			mu.Unlock()
			return err
		}))
		if n := count(t, ctx, db); added != 1 || n != 1 {
			t.Errorf("%d succeeded, %d rows are there, want 1 and 1", added, n)
		}
	}},
	{"a reader never sees half a transaction", func(t *testing.T, ctx context.Context, db *store.DB) {
		const total = 100
		insert(t, ctx, db, Part{Shelf: "a", Price: total}, Part{Shelf: "b"})
		reading, stop := context.WithCancel(ctx)
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for reading.Err() == nil {
					rows, err := Parts.List(ctx, db, "")
					if err != nil || len(rows) != 2 || rows[0].Price+rows[1].Price != total {
						t.Errorf("read %v, %v", rows, err)
						return
					}
				}
			})
		}
		move := func(p *Part, by int64) error { p.Price += by; return nil }
		err := all(4, func(int) error {
			for range 15 {
				err := db.Write(ctx, func(tx *store.Tx) error {
					_, err := Parts.Update(ctx, tx, func(p *Part) error { return move(p, -1) }, "a", 0)
					if err == nil {
						_, err = Parts.Update(ctx, tx, func(p *Part) error { return move(p, +1) }, "b", 0)
					}
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		stop()
		readers.Wait()
		must(t, err)
	}},
	{"reading, listing and writing at once", func(t *testing.T, ctx context.Context, db *store.DB) {
		must(t, all(8, func(i int) error {
			for n := range int64(20) {
				p := Part{Shelf: fmt.Sprint(i), Number: n, Serial: fmt.Sprint(i, "-", n)}
				if err := Parts.Insert(ctx, db, &p); err != nil {
					return err
				}
				if _, err := Parts.GetBy(ctx, db, "serial", p.Serial); err != nil {
					return err
				}
				rows, err := Parts.List(ctx, db, "shelf = $1", p.Shelf)
				if err != nil || int64(len(rows)) != n+1 {
					return fmt.Errorf("%d rows listed, want %d: %w", len(rows), n+1, err)
				}
			}
			return nil
		}))
	}},
}
