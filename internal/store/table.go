package store

import "context"

// Column is a real column of a table beside its JSON doc: what is looked up,
// unique, ordered, or expires.
type Column[T any] struct {
	Name  string
	Value func(*T) any // string, int64, bool, []byte, or nil; time as Unix milliseconds
}

// Schema says how T is stored. The table has the key columns, the other
// columns, "version" (for compare-and-swap) and "doc" (T as JSON).
type Schema[T any] struct {
	Table   string
	Key     []Column[T]
	Columns []Column[T]
	Feed    bool // every write appends to changes; for tables that a snapshot follows
}

// Table is the typed door to one table.
type Table[T any] struct{ schema Schema[T] }

// NewTable panics if the schema is malformed: that is a mistake of the programmer.
func NewTable[T any](s Schema[T]) *Table[T] { return &Table[T]{s} }

// Get returns the row with that key, or ErrNotFound.
func (t *Table[T]) Get(ctx context.Context, s Session, key ...any) (*T, error) {
	panic("not built yet")
}

// GetBy returns the one row where the named column holds value, or ErrNotFound.
func (t *Table[T]) GetBy(ctx context.Context, s Session, column string, value any) (*T, error) {
	panic("not built yet")
}

// Insert adds a row, or returns ErrExists.
func (t *Table[T]) Insert(ctx context.Context, s Session, row *T) error { panic("not built yet") }

// Update reads the row, applies fn and writes it back if nobody else has
// written meanwhile, else starts over. An error of fn ends it and is returned as it is.
// fn must not change the key. Returns the row as written.
func (t *Table[T]) Update(ctx context.Context, s Session, fn func(*T) error, key ...any) (*T, error) {
	panic("not built yet")
}

// Delete removes the row, or returns ErrNotFound.
func (t *Table[T]) Delete(ctx context.Context, s Session, key ...any) error { panic("not built yet") }

// List returns rows by a condition in SQL over real columns ("" for all), such as
// "pool_id = $1 and username > $2 order by username limit $3".
func (t *Table[T]) List(ctx context.Context, s Session, where string, args ...any) ([]*T, error) {
	panic("not built yet")
}

// DeleteWhere removes rows by a condition, as in List, and returns how many.
func (t *Table[T]) DeleteWhere(ctx context.Context, s Session, where string, args ...any) (int64, error) {
	panic("not built yet")
}

// Count counts rows by a condition, as in List.
func (t *Table[T]) Count(ctx context.Context, s Session, where string, args ...any) (int64, error) {
	panic("not built yet")
}
