package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func look(t *testing.T, o store.Options) *store.DB {
	t.Helper()
	db, err := store.OpenReadOnly(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return db
}

func TestLookingBesideTheServer(t *testing.T) {
	persistent(t, func(t *testing.T, o store.Options) {
		ctx := t.Context()
		o.Migrations = storetest.Migrations()
		server := open(t, o)
		write := func(n int64) {
			t.Helper()
			if err := parts.Insert(ctx, server, &part{Shelf: "a", Number: n}); err != nil {
				t.Fatal(err)
			}
		}
		write(1)
		db := look(t, o)
		write(2)
		for n := range int64(2) {
			if _, err := parts.Get(ctx, db, "a", n+1); err != nil {
				t.Errorf("row %d: %v", n+1, err)
			}
		}
		for name, act := range map[string]func() error{
			"insert":       func() error { return storetest.QuietParts.Insert(ctx, db, &part{Shelf: "b"}) },
			"feed":         func() error { return parts.Insert(ctx, db, &part{Shelf: "b"}) },
			"delete":       func() error { return parts.Delete(ctx, db, "a", 1) },
			"delete where": func() error { _, err := storetest.QuietParts.DeleteWhere(ctx, db, ""); return err },
			"write":        func() error { return db.Write(ctx, func(*store.Tx) error { return nil }) },
			"empty":        func() error { return db.Empty(ctx) },
			"follow": func() error {
				return db.Follow(ctx, []string{"parts"}, func(context.Context, bool, []store.Change) error { return nil })
			},
		} {
			if err := act(); err == nil || !strings.Contains(err.Error(), "reading only") {
				t.Errorf("%s: got %v, want a refusal", name, err)
			}
		}
		write(3) // the server has lost nothing by it
		if n, err := parts.Count(ctx, db, ""); err != nil || n != 3 {
			t.Errorf("%d rows, %v: want 3", n, err)
		}
	})
}

func TestLookingAfterACleanEndLeavesNothingOpenToOthers(t *testing.T) {
	o := filled(t)
	before, err := os.ReadFile(o.File)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.OpenReadOnly(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	n, err := parts.Count(t.Context(), db, "")
	if err != nil || n != 500 {
		t.Errorf("%d rows, %v: want 500", n, err)
	}
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(o.File), "*"))
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v (%v)", f, info.Mode(), err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(o.File); err != nil || string(after) != string(before) {
		t.Errorf("the file was written to (%v)", err)
	}
	open(t, o)
}

// What a killed server left in its log is there for who looks, and still there for
// the server that comes after.
func TestLookingAfterAKill(t *testing.T) {
	o := fileOptions(t)
	acknowledged := killAfter(t, o.File, 20)
	db, err := store.OpenReadOnly(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	complete(t, db, acknowledged)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	complete(t, open(t, o), acknowledged)
}

func TestLookingAtWhatIsNoDatabase(t *testing.T) {
	missing := fileOptions(t)
	if _, err := store.OpenReadOnly(t.Context(), missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(missing.File); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database at all\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for o, says := range map[store.Options]string{
		{File: text}:   "not a database",
		{File: empty}:  empty,
		{Memory: true}: "give one of",
		{}:             "give one of",
		{Postgres: "postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=1"}: "cannot be reached",
	} {
		_, err := store.OpenReadOnly(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v, want one that says %q", o, err, says)
		}
	}
}
