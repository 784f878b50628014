package storetest

import (
	"path/filepath"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

// Engines are the ways to keep rows, by name, each opened anew for t.
var Engines = []struct {
	Name    string
	Options func(t testing.TB) store.Options
}{
	{"Memory", func(testing.TB) store.Options { return store.Options{Memory: true} }},
	{"File", func(t testing.TB) store.Options {
		return store.Options{File: filepath.Join(t.TempDir(), "data", "sallyport.db")}
	}},
	{"PostgreSQL", func(t testing.TB) store.Options { return store.Options{Postgres: Postgres(t)} }},
}

// Each runs test on every engine, with the program's own schema.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	for _, e := range Engines {
		t.Run(e.Name, func(t *testing.T) { test(t, open(t, e.Options(t))) })
	}
}

func open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return db
}
