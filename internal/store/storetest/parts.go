package storetest

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/migrations"
)

// Part is the row that the contract is tried on: a key of two columns, a unique
// column that may be empty, and one of each type.
type Part struct {
	Shelf  string
	Number int64
	Serial string // unique unless ""
	Label  []byte
	Sold   bool
	Price  int64
	Text   string // only in the doc
}

const partsSchema = `
CREATE TABLE parts (
    shelf   TEXT NOT NULL,
    number  BIGINT NOT NULL,
    serial  TEXT UNIQUE,
    label   BLOB,
    sold    BOOLEAN NOT NULL,
    price   BIGINT NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT NOT NULL,
    PRIMARY KEY (shelf, number)
);
CREATE TABLE quiet_parts (
    shelf   TEXT NOT NULL,
    number  BIGINT NOT NULL,
    price   BIGINT NOT NULL,
    version BIGINT NOT NULL,
    doc     TEXT NOT NULL,
    PRIMARY KEY (shelf, number)
);`

// Migrations are the store's own and the tables of the contract. open in Run passes
// them to store.Open.
func Migrations() fs.FS {
	const own = "0001_store.sql"
	text, err := fs.ReadFile(migrations.Files, own)
	if err != nil {
		panic(err)
	}
	return fstest.MapFS{own: {Data: text}, "9001_parts.sql": {Data: []byte(partsSchema)}}
}

func column(name string, value func(*Part) any) store.Column[Part] {
	return store.Column[Part]{Name: name, Value: value}
}

var (
	key = []store.Column[Part]{
		column("shelf", func(p *Part) any { return p.Shelf }),
		column("number", func(p *Part) any { return p.Number }),
	}

	// Parts has a feed, QuietParts has none.
	Parts = store.NewTable(store.Schema[Part]{
		Table: "parts", Key: key, Feed: true,
		Columns: []store.Column[Part]{
			column("serial", func(p *Part) any {
				if p.Serial == "" {
					return nil
				}
				return p.Serial
			}),
			column("label", func(p *Part) any { return p.Label }),
			column("sold", func(p *Part) any { return p.Sold }),
			column("price", func(p *Part) any { return p.Price }),
		},
	})
	QuietParts = store.NewTable(store.Schema[Part]{
		Table: "quiet_parts", Key: key,
		Columns: []store.Column[Part]{column("price", func(p *Part) any { return p.Price })},
	})
)

// Run holds the database that open opens, empty and with Migrations, to the contract.
// Its tests wait for disks and servers more than they compute, so several run at once:
// not more than a server has connections for.
func Run(t *testing.T, open func(t *testing.T) *store.DB) {
	turns := make(chan struct{}, 4)
	for _, group := range []struct {
		name  string
		tests []contract
	}{
		{"rows", rowTests}, {"transactions", txTests}, {"together", togetherTests}, {"feed", feedTests},
	} {
		for _, c := range group.tests {
			t.Run(group.name+"/"+c.promise, func(t *testing.T) {
				t.Parallel()
				turns <- struct{}{}
				t.Cleanup(func() { <-turns }) // after the database is closed
				db := open(t)
				c.test(t, t.Context(), db)
			})
		}
	}
}

type contract struct {
	promise string
	test    func(t *testing.T, ctx context.Context, db *store.DB)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// insert adds rows to Parts, one a shelf and number.
func insert(t testing.TB, ctx context.Context, db *store.DB, parts ...Part) {
	t.Helper()
	for _, p := range parts {
		must(t, Parts.Insert(ctx, db, &p))
	}
}

func count(t testing.TB, ctx context.Context, db *store.DB) int64 {
	t.Helper()
	n, err := Parts.Count(ctx, db, "")
	must(t, err)
	return n
}
