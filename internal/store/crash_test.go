package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

// envCrash makes the test binary the program that is killed: it holds the file to write.
const envCrash = "SALLYPORT_STORE_CRASH_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(envCrash); file != "" {
		if err := writeForEver(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForEver adds rows in twos, one transaction for both, and single ones, and
// prints the number of each that was acknowledged.
func writeForEver(file string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{File: file, Migrations: storetest.Migrations()})
	if err != nil {
		return err
	}
	from, err := parts.Count(ctx, db, "shelf = $1", "left")
	if err != nil {
		return err
	}
	for n := from; ; n++ {
		err := db.Write(ctx, func(tx *store.Tx) error {
			if err := parts.Insert(ctx, tx, &part{Shelf: "left", Number: n}); err != nil {
				return err
			}
			return parts.Insert(ctx, tx, &part{Shelf: "right", Number: n})
		})
		if err == nil {
			err = storetest.QuietParts.Insert(ctx, db, &part{Shelf: "single", Number: n})
		}
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func TestKilledInTheMiddleOfWrites(t *testing.T) {
	o := fileOptions(t)
	acknowledged := int64(-1)
	for round := range 6 {
		acknowledged = max(acknowledged, killAfter(t, o.File, 3+17*round))
		db, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatalf("after kill %d: %v", round, err)
		}
		complete(t, db, acknowledged)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter runs the writer, kills it once it has acknowledged so many more rows, and
// returns the last number that it acknowledged.
func killAfter(t *testing.T, file string, rows int) int64 {
	t.Helper()
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), envCrash+"="+file)
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	last := int64(-1)
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); seen++ {
		if seen == rows {
			if err := program.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		// What comes after the kill was acknowledged before it.
		if n, err := strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64); err == nil {
			last = n
		}
	}
	if err := program.Wait(); err == nil || last < 0 {
		t.Fatalf("the writer ended by itself (%v) after row %d", err, last)
	}
	return last
}

func complete(t *testing.T, db *store.DB, acknowledged int64) {
	t.Helper()
	ctx := t.Context()
	left, err := parts.Count(ctx, db, "shelf = $1", "left")
	if err != nil {
		t.Fatal(err)
	}
	right, err := parts.Count(ctx, db, "shelf = $1", "right")
	if err != nil {
		t.Fatal(err)
	}
	if left != right || left <= acknowledged {
		t.Errorf("%d and %d rows of pairs, want the same, and more than %d", left, right, acknowledged)
	}
	for n := range acknowledged + 1 {
		if _, err := storetest.QuietParts.Get(ctx, db, "single", n); err != nil {
			t.Errorf("acknowledged row %d: %v", n, err)
		}
	}
	// The feed has exactly what was committed.
	changes, err := store.ChangesOf(db, ctx, "parts")
	if err != nil || int64(len(changes)) != left+right {
		t.Errorf("%d changes for %d rows (%v)", len(changes), left+right, err)
	}
}
