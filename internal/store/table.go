package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

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

// Table is the typed door to one table. Safe for concurrent use.
type Table[T any] struct {
	schema Schema[T]
	shape  *shape
}

// NewTable panics if the schema is malformed: that is a mistake of the programmer.
func NewTable[T any](s Schema[T]) *Table[T] {
	names := func(columns []Column[T]) []string {
		out := make([]string, len(columns))
		for i, c := range columns {
			if c.Value == nil {
				panic(fmt.Sprintf("store: table %s: column %q has no Value", s.Table, c.Name))
			}
			out[i] = c.Name
		}
		return out
	}
	return &Table[T]{schema: s, shape: newShape(s.Table, names(s.Key), names(s.Columns))}
}

// Get returns the row with that key, or ErrNotFound. In a Tx it sees what the
// Tx has written.
func (t *Table[T]) Get(ctx context.Context, s Session, key ...any) (*T, error) {
	key, err := t.lookup(key)
	if err != nil {
		return nil, err
	}
	row, _, err := t.one(ctx, s, t.shape.get, key)
	return row, err
}

// GetBy returns the one row where the named column holds value, or ErrNotFound.
// It panics if the schema has no such column, and fails if several rows match.
func (t *Table[T]) GetBy(ctx context.Context, s Session, column string, value any) (*T, error) {
	text, ok := t.shape.by[column]
	if !ok {
		panic(fmt.Sprintf("store: table %s has no column %q", t.shape.table, column))
	}
	v, err := plain(value)
	if errors.Is(err, ErrText) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	row, _, err := t.one(ctx, s, text, []any{v})
	return row, err
}

// Insert adds a row, or returns ErrExists. In a Tx the transaction goes on after ErrExists.
func (t *Table[T]) Insert(ctx context.Context, s Session, row *T) error {
	key, columns, doc, err := t.values(row)
	if err != nil {
		return err
	}
	args := append(append(append(make([]any, 0, len(key)+len(columns)+1), key...), columns...), doc)
	n, err := t.change(ctx, s, key, t.shape.insert, args)
	if err == nil && n == 0 {
		return ErrExists
	}
	return err
}

// hopeful is how often Update reads, applies and compares without holding the
// row. After that it holds the row while fn runs, and cannot lose.
const hopeful = 3

// Update reads the row, applies fn and writes it back if nobody else has
// written meanwhile, else starts over. An error of fn ends it and is returned as it is.
// fn must not change the key, and has no effects but on the row: it may run several times.
// Returns the row as written. ErrExists if a unique column would hold what another row
// holds; a Tx can then only be given up, and Write returns that error.
func (t *Table[T]) Update(ctx context.Context, s Session, fn func(*T) error, key ...any) (*T, error) {
	key, err := t.lookup(key)
	if err != nil {
		return nil, err
	}
	db, ok := s.(*DB)
	if !ok {
		return t.swap(ctx, s, s, t.shape.getLocked, fn, key)
	}
	for range hopeful {
		row, err := t.swap(ctx, db, db, t.shape.get, fn, key)
		if !errors.Is(err, errStale) {
			return row, err
		}
	}
	var row *T
	err = db.write(ctx, sql.LevelReadCommitted, func(tx *Tx) (err error) {
		row, err = t.swap(ctx, tx, tx, t.shape.getLocked, fn, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

// errStale: somebody else wrote the row between the read and the write.
var errStale = errors.New("store: the row has changed meanwhile")

// swap is one turn of Update.
func (t *Table[T]) swap(ctx context.Context, from, to Session, read string, fn func(*T) error, key []any) (*T, error) {
	row, version, err := t.one(ctx, from, read, key)
	if err != nil {
		return nil, err
	}
	if err := fn(row); err != nil {
		return nil, err
	}
	after, columns, doc, err := t.values(row)
	if err != nil {
		return nil, err
	}
	for i := range after {
		if !sameValue(after[i], key[i]) {
			return nil, fmt.Errorf("store: table %s: an update changed the key column %s", t.shape.table, t.shape.keys[i])
		}
	}
	args := append(append(append(make([]any, 0, len(key)+len(columns)+2), columns...), doc), key...)
	n, err := t.change(ctx, to, key, t.shape.update, append(args, version))
	if err == nil && n == 0 {
		err = errStale
	}
	if err != nil {
		return nil, err
	}
	return row, nil
}

// Delete removes the row, or returns ErrNotFound.
func (t *Table[T]) Delete(ctx context.Context, s Session, key ...any) error {
	key, err := t.lookup(key)
	if err != nil {
		return err
	}
	n, err := t.change(ctx, s, key, t.shape.delete, key)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// List returns rows by a condition in SQL over real columns ("" for all, by key), such as
// "pool_id = $1 and username > $2 order by username limit $3". The condition is a constant
// of the program; what varies is in args. Texts order by their bytes.
func (t *Table[T]) List(ctx context.Context, s Session, where string, args ...any) ([]*T, error) {
	args, err := plainAll(args)
	if err != nil {
		return nil, err
	}
	var rows []*T
	var doc sql.RawBytes
	err = s.query(ctx, t.shape.condition(where).list, args, func(r *sql.Rows) error {
		if err := r.Scan(&doc); err != nil {
			return err
		}
		row, err := t.decode(doc)
		rows = append(rows, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// DeleteWhere removes rows by a condition, as in List (without order or limit),
// and returns how many.
func (t *Table[T]) DeleteWhere(ctx context.Context, s Session, where string, args ...any) (int64, error) {
	args, err := plainAll(args)
	if err != nil {
		return 0, err
	}
	var n int64
	err = inTx(ctx, s, func(tx *Tx) error {
		n = 0
		key := make([]any, len(t.shape.keys))
		into := make([]any, len(key))
		for i := range key {
			into[i] = &key[i]
		}
		return tx.query(ctx, t.shape.condition(where).delete, args, func(r *sql.Rows) error {
			n++
			if !t.schema.Feed {
				return nil
			}
			if err := r.Scan(into...); err != nil {
				return err
			}
			tx.note(t.shape.table, key)
			return nil
		})
	})
	return n, err
}

// Count counts rows by a condition, as in List.
func (t *Table[T]) Count(ctx context.Context, s Session, where string, args ...any) (int64, error) {
	args, err := plainAll(args)
	if err != nil {
		return 0, err
	}
	var n int64
	err = s.query(ctx, t.shape.condition(where).count, args, func(r *sql.Rows) error { return r.Scan(&n) })
	return n, err
}

// change runs a statement that writes the row with that key, and notes it for the feed.
func (t *Table[T]) change(ctx context.Context, s Session, key []any, text string, args []any) (n int64, err error) {
	if !t.schema.Feed {
		return s.exec(ctx, text, args)
	}
	err = inTx(ctx, s, func(tx *Tx) error {
		n, err = tx.exec(ctx, text, args)
		if err == nil && n > 0 {
			tx.note(t.shape.table, key)
		}
		return err
	})
	return n, err
}

// one reads at most one row.
func (t *Table[T]) one(ctx context.Context, s Session, text string, args []any) (row *T, version int64, err error) {
	var doc sql.RawBytes
	err = s.query(ctx, text, args, func(r *sql.Rows) error {
		if row != nil {
			return fmt.Errorf("store: table %s: several rows where one was looked for", t.shape.table)
		}
		if err := r.Scan(&version, &doc); err != nil {
			return err
		}
		row, err = t.decode(doc)
		return err
	})
	if err == nil && row == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	return row, version, nil
}

func (t *Table[T]) decode(doc []byte) (*T, error) {
	row := new(T)
	if err := json.Unmarshal(doc, row); err != nil {
		return nil, fmt.Errorf("store: table %s: a row cannot be read: %w", t.shape.table, err)
	}
	return row, nil
}

// lookup checks a key given by a caller.
func (t *Table[T]) lookup(key []any) ([]any, error) {
	if len(key) != len(t.shape.keys) {
		panic(fmt.Sprintf("store: table %s has %d key columns, %d values given", t.shape.table, len(t.shape.keys), len(key)))
	}
	key, err := plainAll(key)
	if errors.Is(err, ErrText) {
		return nil, ErrNotFound
	}
	return key, err
}

// values takes a row apart.
func (t *Table[T]) values(row *T) (key, columns []any, doc string, err error) {
	if key, err = take(row, t.schema.Key); err != nil {
		return nil, nil, "", err
	}
	if columns, err = take(row, t.schema.Columns); err != nil {
		return nil, nil, "", err
	}
	text, err := json.Marshal(row)
	if err != nil {
		return nil, nil, "", fmt.Errorf("store: table %s: a row cannot be written: %w", t.shape.table, err)
	}
	return key, columns, string(text), nil
}

func take[T any](row *T, columns []Column[T]) ([]any, error) {
	out := make([]any, len(columns))
	for i, c := range columns {
		v, err := plain(c.Value(row))
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		out[i] = v
	}
	return out, nil
}
