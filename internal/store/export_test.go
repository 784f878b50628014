package store

import "context"

// For tests of what has no door: Prune, and how statements are written.
var (
	Prune    = (*DB).prune
	LiteText = liteText
)

// ChangesOf reads the feed of one table from its start.
func ChangesOf(db *DB, ctx context.Context, table string) (all []Change, err error) {
	for seen := int64(0); ; {
		_, changes, err := db.changesAfter(ctx, seen)
		if err != nil || len(changes) == 0 {
			return all, err
		}
		for _, c := range changes {
			if seen = c.Seq; c.Table == table {
				all = append(all, c)
			}
		}
	}
}
