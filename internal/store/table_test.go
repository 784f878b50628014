package store_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/store"
)

func TestMalformedSchemasPanicWhenTheProgramStarts(t *testing.T) {
	text := func(name string) store.Column[part] {
		return store.Column[part]{Name: name, Value: func(p *part) any { return p.Shelf }}
	}
	columns := func(names ...string) (all []store.Column[part]) {
		for _, n := range names {
			all = append(all, text(n))
		}
		return all
	}
	for name, s := range map[string]store.Schema[part]{
		"no table":        {Key: columns("a")},
		"not a name":      {Table: "a; drop table b", Key: columns("a")},
		"no key":          {Table: "t"},
		"twice":           {Table: "t", Key: columns("a"), Columns: columns("a")},
		"reserved":        {Table: "t", Key: columns("a"), Columns: columns("doc")},
		"bad column":      {Table: "t", Key: columns("a = 1 or b")},
		"without a value": {Table: "t", Key: []store.Column[part]{{Name: "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was taken")
				}
			}()
			store.NewTable(s)
		})
	}
}

func TestWrongNumberOfKeyValuesPanics(t *testing.T) {
	db := open(t, store.Options{Memory: true})
	defer func() {
		if recover() == nil {
			t.Error("it was taken")
		}
	}()
	_, _ = parts.Get(t.Context(), db, "only the shelf")
}
