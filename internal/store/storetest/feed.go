package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

// diary is what a follower was told.
type diary struct {
	mu      sync.Mutex
	reloads int
	changes []store.Change
	wrong   error
}

// apply answers errors first, one a call after the first reload.
func (d *diary) apply(refusals ...error) store.Apply {
	busy := make(chan struct{}, 1)
	return func(_ context.Context, reload bool, changes []store.Change) error {
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
		default:
			d.wrong = errors.New("two calls at once")
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if reload {
			d.reloads++
			return nil
		}
		if len(refusals) > 0 {
			err := refusals[0]
			refusals = refusals[1:]
			return err
		}
		d.changes = append(d.changes, changes...)
		return nil
	}
}

// keys are the distinct changes, in the order of their seq, which must rise.
func (d *diary) keys(t testing.TB) []string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wrong != nil {
		t.Error(d.wrong)
	}
	var out []string
	last := int64(0)
	for _, c := range d.changes {
		if c.Seq <= last {
			t.Errorf("change %d came after %d", c.Seq, last)
		}
		last = c.Seq
		out = append(out, fmt.Sprint(c.Table, c.Key))
	}
	return out
}

func follow(t testing.TB, ctx context.Context, db *store.DB) *diary {
	d := &diary{}
	must(t, db.Follow(ctx, []string{"parts"}, d.apply()))
	return d
}

var feedTests = []contract{
	{"a follower reads everything first, then each change before the write returns", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "before"})
		d := follow(t, ctx, db)
		if d.reloads != 1 {
			t.Fatalf("%d reloads when Follow returns, want 1", d.reloads)
		}
		var want []string
		check := func(what string, keys ...string) {
			t.Helper()
			want = append(want, keys...)
			if got := d.keys(t); !reflect.DeepEqual(got, want) {
				t.Errorf("after %s: %v, want %v", what, got, want)
			}
		}
		insert(t, ctx, db, Part{Shelf: `a"]`, Number: -7})
		check("Insert", `parts[a"] -7]`)
		_, err := Parts.Update(ctx, db, raise, `a"]`, -7)
		must(t, err)
		check("Update", `parts[a"] -7]`)
		must(t, QuietParts.Insert(ctx, db, &Part{Shelf: "quiet"}))
		check("a write to a table without feed")
		must(t, db.Write(ctx, func(tx *store.Tx) error {
			must(t, Parts.Delete(ctx, tx, `a"]`, -7))
			return Parts.Insert(ctx, tx, &Part{Shelf: "b"})
		}))
		check("a transaction", `parts[a"] -7]`, "parts[b 0]")
		_, err = Parts.DeleteWhere(ctx, db, "shelf = $1", "b")
		must(t, err)
		check("DeleteWhere", "parts[b 0]")
		if err := Parts.Insert(ctx, db, &Part{Shelf: "before"}); !errors.Is(err, store.ErrExists) {
			t.Error(err)
		}
		_ = db.Write(ctx, func(tx *store.Tx) error {
			must(t, Parts.Insert(ctx, tx, &Part{Shelf: "undone"}))
			return errors.New("undo")
		})
		check("writes that failed")
	}},
	{"a read inside apply sees the change", func(t *testing.T, ctx context.Context, db *store.DB) {
		seen := map[string]int64{}
		must(t, db.Follow(ctx, []string{"parts"}, func(ctx context.Context, reload bool, changes []store.Change) error {
			rows, err := Parts.List(ctx, db, "")
			for _, r := range rows {
				seen[r.Shelf] = r.Price
			}
			return err
		}))
		insert(t, ctx, db, Part{Shelf: "a", Price: 1})
		if _, err := Parts.Update(ctx, db, raise, "a", 0); err != nil || seen["a"] != 2 {
			t.Errorf("the snapshot holds %v, want a: 2 (%v)", seen, err)
		}
	}},
	{"a transaction of many rows comes whole", func(t *testing.T, ctx context.Context, db *store.DB) {
		const rows = 1234
		d := follow(t, ctx, db)
		must(t, db.Write(ctx, func(tx *store.Tx) error {
			for n := range int64(rows) {
				if err := Parts.Insert(ctx, tx, &Part{Shelf: "a", Number: n}); err != nil {
					return err
				}
			}
			return nil
		}))
		got := d.keys(t)
		if len(got) != rows || got[rows-1] != fmt.Sprintf("parts[a %d]", rows-1) {
			t.Errorf("%d changes came, want %d", len(got), rows)
		}
		if n, err := Parts.DeleteWhere(ctx, db, ""); err != nil || n != rows {
			t.Errorf("DeleteWhere: %d, %v", n, err)
		}
		if got := len(d.keys(t)); got != 2*rows {
			t.Errorf("%d changes came after the deletion, want %d", got, 2*rows)
		}
	}},
	{"what a follower refuses comes again, and writes do not wait for it", func(t *testing.T, ctx context.Context, db *store.DB) {
		d := &diary{}
		refusal := errors.New("not now")
		apply := d.apply(refusal, refusal)
		taken := make(chan struct{}, 100)
		must(t, db.Follow(ctx, []string{"parts"}, func(ctx context.Context, reload bool, changes []store.Change) error {
			err := apply(ctx, reload, changes)
			if err == nil && !reload {
				taken <- struct{}{}
			}
			return err
		}))
		insert(t, ctx, db, Part{Shelf: "a"})
		<-taken // the refused change, again
		insert(t, ctx, db, Part{Shelf: "b"})
		if got := d.keys(t); !reflect.DeepEqual(got, []string{"parts[a 0]", "parts[b 0]"}) {
			t.Errorf("the follower was told %v", got)
		}
	}},
	{"a slow follower misses nothing and holds nobody's transaction", func(t *testing.T, ctx context.Context, db *store.DB) {
		slow, fast := &diary{}, follow(t, ctx, db)
		release := make(chan struct{})
		inner := slow.apply()
		must(t, db.Follow(ctx, []string{"parts"}, func(ctx context.Context, reload bool, changes []store.Change) error {
			if !reload {
				<-release
			}
			return inner(ctx, reload, changes)
		}))
		const writers = 6
		done := make(chan error, 1)
		go func() {
			done <- all(writers, func(i int) error { return Parts.Insert(ctx, db, &Part{Shelf: fmt.Sprint(i)}) })
		}()
		// The rows are all committed although no write has returned yet.
		for count(t, ctx, db) < writers {
		}
		close(release)
		must(t, <-done)
		for name, d := range map[string]*diary{"slow": slow, "fast": fast} {
			if got := d.keys(t); len(got) != writers {
				t.Errorf("the %s follower was told of %v, want %d changes", name, got, writers)
			}
		}
	}},
	{"changes of many writers come in one order, and none is missing", func(t *testing.T, ctx context.Context, db *store.DB) {
		d := follow(t, ctx, db)
		must(t, all(8, func(i int) error {
			for n := range int64(10) {
				if err := Parts.Insert(ctx, db, &Part{Shelf: fmt.Sprint(i), Number: n}); err != nil {
					return err
				}
			}
			return nil
		}))
		if got := d.keys(t); len(got) != 80 {
			t.Errorf("%d changes came, want 80", len(got))
		}
	}},
	{"after Empty followers read everything again", func(t *testing.T, ctx context.Context, db *store.DB) {
		d := follow(t, ctx, db)
		insert(t, ctx, db, Part{Shelf: "a"})
		must(t, db.Empty(ctx))
		if d.reloads != 2 {
			t.Errorf("%d reloads when Empty returns, want 2", d.reloads)
		}
		insert(t, ctx, db, Part{Shelf: "b"})
		if got := d.keys(t); !reflect.DeepEqual(got, []string{"parts[a 0]", "parts[b 0]"}) {
			t.Errorf("the follower was told %v", got)
		}
	}},
	{"a follower that cannot start says so and is none", func(t *testing.T, ctx context.Context, db *store.DB) {
		mine := errors.New("mine")
		calls := 0
		err := db.Follow(ctx, []string{"parts"}, func(context.Context, bool, []store.Change) error { calls++; return mine })
		if err != mine {
			t.Errorf("Follow: %v, want apply's own error", err)
		}
		insert(t, ctx, db, Part{Shelf: "a"})
		if calls != 1 {
			t.Errorf("%d calls, want 1", calls)
		}
	}},
	{"a follower ends with its context, and writes go on", func(t *testing.T, ctx context.Context, db *store.DB) {
		following, cancel := context.WithCancel(ctx)
		d := follow(t, following, db)
		insert(t, ctx, db, Part{Shelf: "a"})
		cancel()
		insert(t, ctx, db, Part{Shelf: "b"}) // may come, or not; must not wait for ever
		if got := d.keys(t); len(got) == 0 || got[0] != "parts[a 0]" {
			t.Errorf("the follower was told %v", got)
		}
	}},
}
