package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func BenchmarkStore(b *testing.B) {
	for _, e := range storetest.Engines {
		b.Run(e.Name, func(b *testing.B) {
			o := e.Options(b)
			o.Migrations = storetest.Migrations()
			db := open(b, o)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			const rows = 1000
			err := db.Write(ctx, func(tx *store.Tx) error {
				for n := range int64(rows) {
					if err := parts.Insert(ctx, tx, &part{Shelf: "a", Number: n, Serial: fmt.Sprint(n)}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			next := int64(rows)
			for _, c := range []struct {
				name string
				run  func() error
			}{
				{"Get", func() error { return ignore(parts.Get(ctx, db, "a", 500)) }},
				{"GetBy", func() error { return ignore(parts.GetBy(ctx, db, "serial", "500")) }},
				{"List100", func() error { return ignore(parts.List(ctx, db, "shelf = $1 order by number limit $2", "a", 100)) }},
				{"Insert", func() error {
					next++
					return storetest.QuietParts.Insert(ctx, db, &part{Shelf: "a", Number: next})
				}},
				{"InsertWithFeed", func() error {
					next++
					return parts.Insert(ctx, db, &part{Shelf: "a", Number: next})
				}},
				{"Update", func() error {
					return ignore(parts.Update(ctx, db, func(p *part) error { p.Price++; return nil }, "a", 7))
				}},
			} {
				b.Run(c.name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if err := c.run(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
