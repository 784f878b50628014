package keyring

import (
	"context"

	"github.com/sallyport/sallyport/internal/store"
)

var errExists = store.ErrExists

// wrappedKeys is the table of data keys. The keyring imports the store, never the reverse:
// what the keyring needs of a database is these two verbs.
var wrappedKeys = store.NewTable(store.Schema[WrappedKey]{
	Table: "wrapped_keys",
	Key: []store.Column[WrappedKey]{
		{Name: "purpose", Value: func(k *WrappedKey) any { return string(k.Purpose) }},
		{Name: "number", Value: func(k *WrappedKey) any { return k.Number }},
	},
})

type shelf struct{ db *store.DB }

// NewShelf keeps the wrapped keys in db.
func NewShelf(db *store.DB) Shelf { return shelf{db} }

func (s shelf) WrappedKeys(ctx context.Context) ([]WrappedKey, error) {
	rows, err := wrappedKeys.List(ctx, s.db, "order by purpose, number")
	if err != nil {
		return nil, err
	}
	keys := make([]WrappedKey, len(rows))
	for i, row := range rows {
		keys[i] = *row
	}
	return keys, nil
}

func (s shelf) AddWrappedKey(ctx context.Context, k WrappedKey) error {
	return wrappedKeys.Insert(ctx, s.db, &k)
}

// Empty says whether no data key was ever wrapped: only then may a new master key be made.
func Empty(ctx context.Context, s Shelf) (bool, error) {
	keys, err := s.WrappedKeys(ctx)
	return len(keys) == 0, err
}
