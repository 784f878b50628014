package store_test

import (
	"bufio"
	"context"
	"errors"
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
	if file := os.Getenv(envOpen); file != "" {
		_, err := store.Open(context.Background(), store.Options{File: file})
		fmt.Print(err)
		os.Exit(0)
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
	var acknowledged []int64
	for round := range 6 {
		acknowledged = append(acknowledged, killAfter(t, o.File, 3+17*round)...)
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
// returns all the numbers that it acknowledged.
func killAfter(t *testing.T, file string, rows int) (acknowledged []int64) {
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
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); seen++ {
		if seen == rows {
			if err := program.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		// What comes after the kill was acknowledged before it.
		if n, err := strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64); err == nil {
			acknowledged = append(acknowledged, n)
		}
	}
	if err := program.Wait(); err == nil || len(acknowledged) <= rows {
		t.Fatalf("the writer ended by itself (%v) after %d rows", err, len(acknowledged))
	}
	return acknowledged
}

func complete(t *testing.T, db *store.DB, acknowledged []int64) {
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
	if left != right {
		t.Errorf("%d and %d rows of pairs, want the same", left, right)
	}
	for _, n := range acknowledged {
		_, pair := parts.Get(ctx, db, "left", n)
		_, single := storetest.QuietParts.Get(ctx, db, "single", n)
		if err := errors.Join(pair, single); err != nil {
			t.Errorf("acknowledged row %d: %v", n, err)
		}
	}
	// The feed has exactly what was committed.
	changes, err := store.ChangesOf(db, ctx, "parts")
	if err != nil || int64(len(changes)) != left+right {
		t.Errorf("%d changes for %d rows (%v)", len(changes), left+right, err)
	}
}
