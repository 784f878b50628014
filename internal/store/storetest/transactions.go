package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

var txTests = []contract{
	{"a transaction sees what it has written, others only after its end", func(t *testing.T, ctx context.Context, db *store.DB) {
		must(t, db.Write(ctx, func(tx *store.Tx) error {
			if err := Parts.Insert(ctx, tx, &Part{Shelf: "a", Number: 1, Serial: "s"}); err != nil {
				return err
			}
			if _, err := Parts.Update(ctx, tx, func(p *Part) error { p.Price = 5; return nil }, "a", 1); err != nil {
				return err
			}
			p, err := Parts.GetBy(ctx, tx, "serial", "s")
			if err != nil || p.Price != 5 {
				t.Errorf("GetBy inside: %v, %v", p, err)
			}
			if n, err := Parts.Count(ctx, tx, ""); err != nil || n != 1 {
				t.Errorf("Count inside: %d, %v", n, err)
			}
			rows, err := Parts.List(ctx, tx, "")
			if err != nil || len(rows) != 1 {
				t.Errorf("List inside: %v, %v", rows, err)
			}
			if err := Parts.Delete(ctx, tx, "a", 1); err != nil {
				return err
			}
			if _, err := Parts.Get(ctx, tx, "a", 1); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get of what the transaction deleted: %v", err)
			}
			return Parts.Insert(ctx, tx, &Part{Shelf: "b", Number: 2})
		}))
		if _, err := Parts.Get(ctx, db, "b", 2); err != nil || count(t, ctx, db) != 1 {
			t.Errorf("after the commit: %v", err)
		}
	}},
	{"an error undoes everything, and comes back as it is", func(t *testing.T, ctx context.Context, db *store.DB) {
		mine := errors.New("mine")
		err := db.Write(ctx, func(tx *store.Tx) error {
			must(t, Parts.Insert(ctx, tx, &Part{Shelf: "a"}))
			must(t, QuietParts.Insert(ctx, tx, &Part{Shelf: "a"}))
			return mine
		})
		if err != mine {
			t.Errorf("got %v, want fn's own error", err)
		}
		if n := count(t, ctx, db); n != 0 {
			t.Errorf("%d rows there", n)
		}
	}},
	{"a panic undoes everything, and the next write goes on", func(t *testing.T, ctx context.Context, db *store.DB) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Write(ctx, func(tx *store.Tx) error {
				must(t, Parts.Insert(ctx, tx, &Part{Shelf: "a"}))
				panic("mine")
			})
		}()
		insert(t, ctx, db, Part{Shelf: "b"})
		if n := count(t, ctx, db); n != 1 {
			t.Errorf("%d rows there, want 1", n)
		}
	}},
	{"after ErrExists of Insert a transaction goes on", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a", Serial: "s"})
		must(t, db.Write(ctx, func(tx *store.Tx) error {
			for _, p := range []Part{{Shelf: "a"}, {Shelf: "b", Serial: "s"}} {
				if err := Parts.Insert(ctx, tx, &p); !errors.Is(err, store.ErrExists) {
					t.Errorf("Insert: %v, want ErrExists", err)
				}
			}
			return Parts.Insert(ctx, tx, &Part{Shelf: "c"})
		}))
		if _, err := Parts.Get(ctx, db, "c", 0); err != nil {
			t.Error(err)
		}
	}},
	{"after ErrExists of Update a transaction cannot be committed", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a", Serial: "s"}, Part{Shelf: "b"})
		err := db.Write(ctx, func(tx *store.Tx) error {
			must(t, Parts.Insert(ctx, tx, &Part{Shelf: "c"}))
			_, err := Parts.Update(ctx, tx, func(p *Part) error { p.Serial = "s"; return nil }, "b", 0)
			if !errors.Is(err, store.ErrExists) {
				t.Errorf("Update: %v, want ErrExists", err)
			}
			return nil // as if nothing had happened
		})
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("Write: %v, want ErrExists", err)
		}
		if _, err := Parts.Get(ctx, db, "c", 0); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("half of the transaction is there: %v", err)
		}
	}},
	{"a context that has ended writes nothing", func(t *testing.T, ctx context.Context, db *store.DB) {
		ctx2, cancel := context.WithCancel(ctx)
		err := db.Write(ctx2, func(tx *store.Tx) error {
			must(t, Parts.Insert(ctx2, tx, &Part{Shelf: "a"}))
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Write: %v, want context.Canceled", err)
		}
		if err := QuietParts.Insert(ctx2, db, &Part{Shelf: "a"}); !errors.Is(err, context.Canceled) {
			t.Errorf("Insert: %v, want context.Canceled", err)
		}
		if _, err := Parts.Get(ctx2, db, "a", 0); !errors.Is(err, context.Canceled) {
			t.Errorf("Get: %v, want context.Canceled", err)
		}
		if n := count(t, ctx, db); n != 0 {
			t.Errorf("%d rows there", n)
		}
	}},
}
