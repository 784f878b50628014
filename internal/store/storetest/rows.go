package storetest

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

var rowTests = []contract{
	{"a row comes back as it was put", func(t *testing.T, ctx context.Context, db *store.DB) {
		rows := []Part{
			{Shelf: "a", Number: 1},
			{Shelf: "a", Number: math.MaxInt64, Serial: "s", Label: []byte{0, 255, 1}, Sold: true, Price: math.MinInt64, Text: "t"},
			{Shelf: `'; drop table parts; --`, Number: -1, Serial: `"$1"`, Text: "\x00 in the doc only", Price: 3},
			{Shelf: "Ünïcödé 🚪", Number: 0, Text: strings.Repeat("long ", 200_000)},
		}
		for _, want := range rows {
			must(t, Parts.Insert(ctx, db, &want))
			got, err := Parts.Get(ctx, db, want.Shelf, want.Number)
			must(t, err)
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got %.200v, want %.200v", *got, want)
			}
		}
	}},
	{"a taken key or unique value is ErrExists, and changes nothing", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a", Number: 1, Serial: "one"}, Part{Shelf: "a", Number: 2, Serial: "two"})
		for _, p := range []Part{{Shelf: "a", Number: 1, Serial: "new"}, {Shelf: "a", Number: 3, Serial: "one"}} {
			if err := Parts.Insert(ctx, db, &p); !errors.Is(err, store.ErrExists) {
				t.Errorf("Insert(%v): %v, want ErrExists", p, err)
			}
		}
		_, err := Parts.Update(ctx, db, func(p *Part) error { p.Serial = "one"; return nil }, "a", 2)
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("Update to a taken value: %v, want ErrExists", err)
		}
		if p, err := Parts.GetBy(ctx, db, "serial", "two"); err != nil || p.Number != 2 {
			t.Errorf("the row is now %v, %v", p, err)
		}
	}},
	{"an empty unique column is no value", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a", Number: 1}, Part{Shelf: "a", Number: 2})
	}},
	{"what is not there is ErrNotFound", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a", Number: 1, Serial: "s"})
		for _, shelf := range []string{"b", "A", "", "a\x00", "a\xff", "a%", strings.Repeat("a", 10_000)} {
			_, got := Parts.Get(ctx, db, shelf, 1)
			_, by := Parts.GetBy(ctx, db, "serial", shelf)
			_, updated := Parts.Update(ctx, db, func(*Part) error { t.Error("called"); return nil }, shelf, 1)
			deleted := Parts.Delete(ctx, db, shelf, 1)
			for what, err := range map[string]error{"Get": got, "GetBy": by, "Update": updated, "Delete": deleted} {
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s %.20q: %v, want ErrNotFound", what, shelf, err)
				}
			}
		}
	}},
	{"text that no engine takes is refused", func(t *testing.T, ctx context.Context, db *store.DB) {
		for _, bad := range []string{"a\x00b", "\xff", "\xed\xa0\x80"} {
			if err := Parts.Insert(ctx, db, &Part{Shelf: bad}); !errors.Is(err, store.ErrText) {
				t.Errorf("Insert %q: %v, want ErrText", bad, err)
			}
			if _, err := Parts.List(ctx, db, "shelf = $1", bad); !errors.Is(err, store.ErrText) {
				t.Errorf("List %q: %v, want ErrText", bad, err)
			}
		}
	}},
	{"GetBy wants one row of a column that is declared", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a", Number: 1, Price: 7}, Part{Shelf: "a", Number: 2, Price: 7})
		if _, err := Parts.GetBy(ctx, db, "price", 7); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("two rows match: %v, want an error of its own", err)
		}
		if _, err := Parts.GetBy(ctx, db, "serial", nil); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an empty column was found: %v", err)
		}
		defer func() {
			if recover() == nil {
				t.Error("a column that is not declared did not panic")
			}
		}()
		_, _ = Parts.GetBy(ctx, db, "doc", "{}")
	}},
	{"Update gives the row as written, or fn's error and nothing", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a", Number: 1, Price: 1})
		got, err := Parts.Update(ctx, db, func(p *Part) error { p.Price++; p.Label = []byte("x"); return nil }, "a", 1)
		must(t, err)
		if got.Price != 2 || string(got.Label) != "x" {
			t.Errorf("Update returned %v", got)
		}
		mine := errors.New("mine")
		if _, err := Parts.Update(ctx, db, func(p *Part) error { p.Price = 9; return mine }, "a", 1); err != mine {
			t.Errorf("got %v, want fn's own error", err)
		}
		if _, err := Parts.Update(ctx, db, func(p *Part) error { p.Number = 9; return nil }, "a", 1); err == nil {
			t.Error("an update changed the key")
		}
		if p, err := Parts.GetBy(ctx, db, "price", 2); err != nil || p.Number != 1 {
			t.Errorf("the row is now %v, %v", p, err)
		}
	}},
	{"List takes conditions, in any order of parameters", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "b", Number: 1, Price: 10, Sold: true}, Part{Shelf: "a", Number: 2, Price: 20, Text: "$1"},
			Part{Shelf: "a", Number: 1, Price: 30, Label: []byte("l")}, Part{Shelf: "a", Number: 10, Price: 40})
		for _, c := range []struct {
			where string
			args  []any
			want  []int64 // prices
		}{
			{"", nil, []int64{30, 20, 40, 10}},
			{"order by price desc limit $1", []any{2}, []int64{40, 30}},
			{"shelf = $1 and number > $2 order by number limit $3", []any{"a", 1, 5}, []int64{20, 40}},
			{"number > $2 and shelf = $1 order by price", []any{"a", 1}, []int64{20, 40}},
			{"price >= $1 and price <= $2 and number < $1 and '$3' = '$3' order by price", []any{10, 20}, []int64{10, 20}},
			{"sold = $1", []any{true}, []int64{10}},
			{"label = $1", []any{[]byte("l")}, []int64{30}},
			{"serial is null and label is null and sold = $1 order by number", []any{false}, []int64{20, 40}},
			{"shelf = $1", []any{"' or 1=1 --"}, nil},
		} {
			rows, err := Parts.List(ctx, db, c.where, c.args...)
			must(t, err)
			var got []int64
			for _, r := range rows {
				got = append(got, r.Price)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q: %v, want %v", c.where, got, c.want)
			}
		}
		if n, err := Parts.Count(ctx, db, "shelf = $1", "a"); err != nil || n != 3 {
			t.Errorf("Count: %d, %v, want 3", n, err)
		}
		if n, err := Parts.DeleteWhere(ctx, db, "price < $1", 35); err != nil || n != 3 {
			t.Errorf("DeleteWhere: %d, %v, want 3", n, err)
		}
		if n := count(t, ctx, db); n != 1 {
			t.Errorf("%d rows left, want 1", n)
		}
	}},
	{"texts sort by their bytes", func(t *testing.T, ctx context.Context, db *store.DB) {
		for _, s := range []string{"b", "B", "a-c", "ab", "a", "Z", "é", "_"} {
			insert(t, ctx, db, Part{Shelf: s})
		}
		rows, err := Parts.List(ctx, db, "shelf > $1 order by shelf", "B")
		must(t, err)
		var got []string
		for _, r := range rows {
			got = append(got, r.Shelf)
		}
		if want := "Z _ a a-c ab b é"; strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}},
	{"a broken condition is an error, and the database goes on", func(t *testing.T, ctx context.Context, db *store.DB) {
		for _, where := range []string{"nosuch = 1", "shelf = $1 and", "shelf = \"quoted as a text\""} {
			if _, err := Parts.List(ctx, db, where); err == nil {
				t.Errorf("%q: no error", where)
			}
		}
		insert(t, ctx, db, Part{Shelf: "a"})
	}},
	{"a value that a column cannot hold is refused", func(t *testing.T, ctx context.Context, db *store.DB) {
		for _, v := range []any{1.5, struct{}{}, []string{"a"}} {
			if _, err := Parts.Get(ctx, db, v, 1); err == nil || errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get(%T): %v", v, err)
			}
		}
	}},
	{"Empty leaves no row", func(t *testing.T, ctx context.Context, db *store.DB) {
		insert(t, ctx, db, Part{Shelf: "a"})
		must(t, QuietParts.Insert(ctx, db, &Part{Shelf: "a"}))
		must(t, db.Empty(ctx))
		n, err := QuietParts.Count(ctx, db, "")
		must(t, err)
		if n += count(t, ctx, db); n != 0 {
			t.Errorf("%d rows left", n)
		}
		insert(t, ctx, db, Part{Shelf: "a"})
	}},
}
