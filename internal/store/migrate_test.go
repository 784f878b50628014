package store_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func schema(extra map[string]string) fstest.MapFS {
	all := fstest.MapFS{}
	for name, file := range storetest.Migrations().(fstest.MapFS) {
		all[name] = file
	}
	for name, text := range extra {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

// persistent are the engines whose rows outlive a DB.
func persistent(t *testing.T, test func(t *testing.T, o store.Options)) {
	for _, e := range storetest.Engines {
		if e.Name != "Memory" {
			t.Run(e.Name, func(t *testing.T) { test(t, e.Options(t)) })
		}
	}
}

func reopen(t *testing.T, o store.Options, files fstest.MapFS) error {
	t.Helper()
	o.Migrations = files
	db, err := store.Open(t.Context(), o)
	if err == nil {
		err = db.Close()
	}
	return err
}

func TestMissingMigrationsRunInOrderWhateverIsThere(t *testing.T) {
	persistent(t, func(t *testing.T, o store.Options) {
		for _, step := range []map[string]string{
			{"9020_late.sql": "CREATE TABLE late (a TEXT);"},
			// 9010 came from a colleague; 9011 needs it. 9020 has run and is not run again.
			{"9020_late.sql": "CREATE TABLE late (a TEXT);", "9011_more.sql": "INSERT INTO early (a) VALUES ('x');", "9010_early.sql": "CREATE TABLE early (a TEXT); -- first"},
		} {
			if err := reopen(t, o, schema(step)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestMigrationThatFailsLeavesNothing(t *testing.T) {
	persistent(t, func(t *testing.T, o store.Options) {
		err := reopen(t, o, schema(map[string]string{"9010_bad.sql": "CREATE TABLE half (a TEXT); INSERT INTO nosuch VALUES (1);"}))
		if err == nil || !strings.Contains(err.Error(), "9010_bad.sql") {
			t.Errorf("got %v, want an error that names the migration", err)
		}
		if err := reopen(t, o, schema(map[string]string{"9010_bad.sql": "CREATE TABLE half (a TEXT);"})); err != nil {
			t.Errorf("the corrected migration: %v", err)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	persistent(t, func(t *testing.T, o store.Options) {
		if err := reopen(t, o, schema(map[string]string{"9010_next.sql": "CREATE TABLE next (a TEXT);"})); err != nil {
			t.Fatal(err)
		}
		err := reopen(t, o, schema(nil))
		if err == nil || !strings.Contains(err.Error(), "newer sallyport") {
			t.Errorf("got %v, want one that says newer", err)
		}
	})
}

func TestProgramsOwnMigrationsRunOnEveryEngine(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.Empty(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestMisnamedMigrationsAreRefused(t *testing.T) {
	for _, name := range []string{"10_short.sql", "x.sql", "0001_twice.sql"} {
		if err := reopen(t, store.Options{Memory: true}, schema(map[string]string{name: "SELECT 1;"})); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
