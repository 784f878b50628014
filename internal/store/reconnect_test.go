package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

// A server that restarts, or gives its place to another, hangs up on everybody. What is
// asked next must not pay for it.
func TestStatementsGoOnAfterTheServerHungUp(t *testing.T) {
	ctx := t.Context()
	address, name := storetest.Postgres(t), "sallyport-"+rand.Text()
	db := open(t, store.Options{Postgres: address + "&application_name=" + name, Migrations: storetest.Migrations()})
	follower := listen(t, db)
	fill := func() { // every connection that there may be
		var group sync.WaitGroup
		for n := range 32 {
			group.Go(func() {
				_, err1 := parts.List(ctx, db, "")
				err2 := storetest.QuietParts.Insert(ctx, db, &part{Shelf: rand.Text(), Number: int64(n)})
				if err := errors.Join(err1, err2); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	raise := func(p *part) error { p.Price++; return nil }
	for i, act := range []func() error{
		func() error { return parts.Insert(ctx, db, &part{Shelf: "a"}) },
		func() error { return ignore(parts.Get(ctx, db, "a", 0)) },
		func() error { return ignore(parts.List(ctx, db, "shelf = $1", "a")) },
		func() error { return ignore(parts.Update(ctx, db, raise, "a", 0)) },
		func() error { return storetest.QuietParts.Insert(ctx, db, &part{Shelf: "a"}) },
		func() error { return ignore(storetest.QuietParts.Update(ctx, db, raise, "a", 0)) },
		func() error { return storetest.QuietParts.Delete(ctx, db, "a", 0) },
		func() error {
			return db.Write(ctx, func(tx *store.Tx) error { return ignore(parts.Update(ctx, tx, raise, "a", 0)) })
		},
	} {
		fill()
		if ended := hangUp(t, address, name); ended < 2 {
			t.Fatalf("%d connections were ended, want some", ended)
		}
		if err := act(); err != nil {
			t.Errorf("statement %d: %v", i, err)
		}
	}
	if got := strings.Join(follower.until(t, 3, 1), " "); got != "a a a" {
		t.Errorf("the follower was told %s", got)
	}

	// In the middle of a transaction nobody can go on; it is not half there, and the next is well.
	err := db.Write(ctx, func(tx *store.Tx) error {
		if err := parts.Insert(ctx, tx, &part{Shelf: "half"}); err != nil {
			return err
		}
		hangUp(t, address, name)
		return parts.Insert(ctx, tx, &part{Shelf: "other half"})
	})
	if err == nil {
		t.Error("a transaction outlived its connection")
	}
	if n, err := parts.Count(ctx, db, "shelf = $1", "half"); err != nil || n != 0 {
		t.Errorf("%d rows of it are there, %v", n, err)
	}
}

// hangUp ends every connection of that name, and returns when all are gone.
func hangUp(t *testing.T, address, name string) (ended int) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	// All at once, and then one after the other until it is gone.
	for _, end := range []string{"pg_terminate_backend(pid)", "pg_terminate_backend(pid, 10000)"} {
		n := 0
		err = conn.QueryRow(ctx, "select count("+end+") from pg_stat_activity where application_name = $1", name).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		ended = max(ended, n)
	}
	return ended
}
