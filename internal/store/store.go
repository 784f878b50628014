package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"sync"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store/migrations"
)

var (
	// ErrNotFound: no row has that key.
	ErrNotFound = errors.New("store: not found")
	// ErrExists: a row with that key, or with the same value in a unique column, is there already.
	ErrExists = errors.New("store: already exists")
)

// Options says where the rows live. Exactly one of File, Postgres and Memory is set.
type Options struct {
	File     string // path of the SQLite database, in a folder of its owner alone
	Postgres string // postgres:// URL
	Memory   bool   // SQLite in memory, gone at Close
	Logger   *slog.Logger
	Clock    *clock.Clock // dates the changes; nil: the machine's time

	Migrations fs.FS // the schema, as in package migrations; nil: the program's own
}

// DB is an open database with its schema up to date. Safe for concurrent use.
type DB struct {
	engine engine
	log    *slog.Logger
	clock  *clock.Clock
	feed   *feed         // nil if the database is open for reading only
	lane   chan struct{} // held by the one write that has met too many conflicts

	close    sync.Once
	closeErr error
}

// Open connects, checks the file and runs the migrations that are missing. Its
// errors say what is wrong and what to do (locked, read-only, corrupt, newer schema).
func Open(ctx context.Context, o Options) (*DB, error) {
	e, err := openEngine(ctx, o)
	if err != nil {
		return nil, err
	}
	db := &DB{engine: e, log: o.Logger, clock: o.Clock, lane: make(chan struct{}, 1)}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if db.clock == nil {
		db.clock = new(clock.Clock)
	}
	schema := o.Migrations
	if schema == nil {
		schema = migrations.Files
	}
	if err := migrate(ctx, e, schema); err != nil {
		e.close()
		return nil, e.explain(err)
	}
	db.feed = startFeed(db)
	return db, nil
}

func openEngine(ctx context.Context, o Options) (engine, error) {
	switch {
	case o.File != "" && o.Postgres == "" && !o.Memory:
		return openFile(ctx, o.File)
	case o.Postgres != "" && o.File == "" && !o.Memory:
		return openPostgres(ctx, o.Postgres, false)
	case o.Memory && o.File == "" && o.Postgres == "":
		return openMemory(ctx)
	}
	return nil, errors.New("store: give one of a file, a PostgreSQL URL and memory")
}

// Close waits for followers and closes the database.
func (db *DB) Close() error {
	db.close.Do(func() {
		if db.feed != nil { // not when read only
			db.feed.stop()
		}
		db.closeErr = db.engine.close()
	})
	return db.closeErr
}

// kept are the tables that Empty leaves: the schema's own, and the data keys, without
// which nothing sealed in the running program could be opened after a restart.
var kept = map[string]bool{"schema_migrations": true, "changes_pruned": true, "wrapped_keys": true}

// Empty deletes every row of every table (the test-only reset) and tells followers to
// reload. The schema and the wrapped data keys stay.
func (db *DB) Empty(ctx context.Context) error {
	return db.write(ctx, sql.LevelReadCommitted, func(tx *Tx) error {
		tx.emptied = true
		tables, err := db.engine.tables(ctx, tx.tx)
		if err == nil {
			tables = slices.DeleteFunc(tables, func(t string) bool { return kept[t] })
			err = db.engine.empty(ctx, tx.tx, tables)
		}
		if err != nil {
			return tx.fail(err)
		}
		return nil
	})
}

// Session is where a query runs: *DB (on its own) or *Tx (as part of one).
type Session interface {
	// query calls each for every row, which is gone when each returns.
	query(ctx context.Context, text string, args []any, each func(*sql.Rows) error) error
	// exec returns the number of rows it changed; ErrExists for a unique column.
	exec(ctx context.Context, text string, args []any) (int64, error)
}

func (db *DB) query(ctx context.Context, text string, args []any, each func(*sql.Rows) error) error {
	if err := db.engine.enter(ctx, false); err != nil {
		return err
	}
	defer db.engine.leave(false)
	rows, err := db.engine.read(ctx, text, args)
	if err != nil {
		return err
	}
	return readAll(ctx, rows, each)
}

func (db *DB) exec(ctx context.Context, text string, args []any) (n int64, err error) {
	if db.feed == nil {
		return 0, errReadOnly
	}
	for attempt := 1; ; attempt++ {
		n, err = db.execOnce(ctx, text, args)
		if err == nil || !db.engine.isConflict(err) || attempt == maxAttempts {
			break
		}
		if err := pause(ctx, attempt); err != nil {
			return 0, err
		}
	}
	if err != nil && db.engine.isUnique(err) {
		return 0, ErrExists
	}
	return n, err
}

func (db *DB) execOnce(ctx context.Context, text string, args []any) (int64, error) {
	if err := db.engine.enter(ctx, true); err != nil {
		return 0, err
	}
	defer db.engine.leave(true)
	return affected(db.engine.execute(ctx, text, args))
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// readAll asks ctx on the way, as the engine may not.
func readAll(ctx context.Context, rows *sql.Rows, each func(*sql.Rows) error) error {
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		if err := each(rows); err != nil {
			return err
		}
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return rows.Err()
}
