package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sallyport/sallyport/internal/clock"
)

var errReadOnly = errors.New("store: the database is open for reading only")

// OpenReadOnly looks into a database beside the server that has it: it takes no
// lock, runs no migration, and cannot write or follow. A file that does not
// exist, and a database in which nothing has been made yet, is fs.ErrNotExist.
func OpenReadOnly(ctx context.Context, o Options) (*DB, error) {
	var e engine
	var err error
	switch {
	case o.File != "" && o.Postgres == "" && !o.Memory:
		e, err = openFileReadOnly(ctx, o.File)
	case o.Postgres != "" && o.File == "" && !o.Memory:
		e, err = openPostgres(ctx, o.Postgres, true)
	default:
		err = errors.New("store: give one of a file and a PostgreSQL URL to read")
	}
	if err != nil {
		return nil, err
	}
	db := &DB{engine: e, log: slog.New(slog.DiscardHandler), clock: new(clock.Clock), lane: make(chan struct{}, 1)}
	if _, err := db.head(ctx); err != nil {
		if hasNoTables(err) {
			err = &fs.PathError{Op: "no tables yet in", Path: cmp.Or(o.File, "the database"), Err: fs.ErrNotExist}
			return nil, errors.Join(err, e.close())
		}
		return nil, errors.Join(e.explain(err), e.close())
	}
	return db, nil
}

func openFileReadOnly(ctx context.Context, path string) (engine, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return nil, fmt.Errorf("the database %s cannot be read: %w", path, err)
	}
	at := (&url.URL{Scheme: "file", Path: path, OmitHost: true}).String()
	e, err := openLite(ctx, at+"?mode=ro&_pragma=query_only(1)", newGate(false), nil)
	if err != nil {
		return nil, err
	}
	e.path = path // for what it explains
	return e, nil
}

// hasNoTables reads the error of a statement that is well formed: what is wrong
// with it can only be that its tables are not there.
func hasNoTables(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "42P01" // undefined_table
	}
	return liteCode(err) == sqlite3.SQLITE_ERROR
}
