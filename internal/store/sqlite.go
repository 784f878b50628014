package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// lite is SQLite: one connection that writes, some that read.
type lite struct {
	*gate
	path     string // "" in memory
	file     *dataFile
	reads    *sql.DB
	writes   *sql.DB
	readers  sync.Map // text -> *sql.Stmt on reads
	writer   *sql.Conn
	prepared map[string]*sql.Stmt // on writer; behind the gate

	readersKnown atomic.Int64
}

// maxPrepared bounds the statements kept in hand, for reading and for writing each. The
// texts are the program's constants; it has fewer.
const maxPrepared = 2000

func openFile(ctx context.Context, path string) (engine, error) {
	file, err := holdFile(path)
	if err != nil {
		return nil, err
	}
	// The write-ahead log lets readers go on while one writes. FULL waits for the disk at
	// each commit: what was acknowledged survives a power cut. (fullfsync: macOS.)
	at := (&url.URL{Scheme: "file", Path: file.path, OmitHost: true}).String()
	e, err := openLite(ctx, at+"?mode=rw&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=fullfsync(1)&_pragma=journal_size_limit(67108864)", newGate(false), file)
	if err != nil {
		return nil, err
	}
	if err := e.inspect(ctx); err != nil {
		e.close()
		return nil, e.explain(err)
	}
	return e, nil
}

func openMemory(ctx context.Context) (engine, error) {
	// The slash makes it one database for all connections of this process that know its name.
	return openLite(ctx, "file:/sallyport-"+rand.Text()+"?vfs=memdb", newGate(true), nil)
}

func openLite(ctx context.Context, at string, g *gate, file *dataFile) (*lite, error) {
	at += "&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)&_dqs=0"
	e := &lite{gate: g, file: file, prepared: map[string]*sql.Stmt{}}
	if file != nil {
		e.path = file.path
	}
	var err error
	if e.writes, err = sql.Open("sqlite", at); err == nil {
		// In memory this connection also keeps the database alive.
		if e.writer, err = e.writes.Conn(ctx); err == nil {
			e.reads, err = sql.Open("sqlite", at+"&_pragma=query_only(1)")
		}
	}
	if err != nil {
		err = e.explain(err)
		e.close()
		return nil, err
	}
	n := max(4, runtime.GOMAXPROCS(0))
	e.reads.SetMaxOpenConns(n)
	e.reads.SetMaxIdleConns(n)
	return e, nil
}

// detached: SQLite's own work is local and short. It is not cut off in the middle, which
// also spares a watching goroutine for each statement.
func detached(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

func (e *lite) read(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	ctx = detached(ctx)
	if s, ok := e.readers.Load(text); ok {
		return s.(*sql.Stmt).QueryContext(ctx, args...)
	}
	if e.readersKnown.Load() >= maxPrepared {
		return e.reads.QueryContext(ctx, liteText(text), args...)
	}
	s, err := e.reads.PrepareContext(ctx, liteText(text))
	if err != nil {
		return nil, fmt.Errorf("%w in: %s", err, text)
	}
	e.readersKnown.Add(1)
	if first, there := e.readers.LoadOrStore(text, s); there {
		s.Close()
		s = first.(*sql.Stmt)
	}
	return s.QueryContext(ctx, args...)
}

// write finds or prepares a statement of the writing connection. Only who has entered
// the gate as a writer may call it.
func (e *lite) write(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := e.prepared[text]; ok {
		return s, nil
	}
	s, err := e.writer.PrepareContext(ctx, liteText(text))
	if err != nil {
		return nil, fmt.Errorf("%w in: %s", err, text)
	}
	if len(e.prepared) >= maxPrepared {
		for _, old := range e.prepared {
			old.Close()
		}
		clear(e.prepared)
	}
	e.prepared[text] = s
	return s, nil
}

func (e *lite) execute(ctx context.Context, text string, args []any) (sql.Result, error) {
	return (&liteTx{e: e}).exec(ctx, text, args)
}

func (e *lite) begin(ctx context.Context, _ sql.IsolationLevel) (transaction, error) {
	tx := &liteTx{e: e}
	if _, err := tx.exec(ctx, "begin immediate", nil); err != nil {
		return nil, err
	}
	tx.open = true
	return tx, nil
}

// liteTx is the transaction that is open on the writing connection.
type liteTx struct {
	e    *lite
	open bool
}

func (tx *liteTx) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	ctx = detached(ctx)
	s, err := tx.e.write(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (tx *liteTx) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	ctx = detached(ctx)
	s, err := tx.e.write(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (tx *liteTx) commit() error {
	if _, err := tx.exec(context.Background(), "commit", nil); err != nil {
		return err
	}
	tx.open = false
	return nil
}

func (tx *liteTx) rollback() {
	if tx.open {
		tx.open = false
		// After some errors (disk full) SQLite has rolled back itself; then this fails, rightly.
		_, _ = tx.exec(context.Background(), "rollback", nil)
	}
}

// liteText numbers the parameters as SQLite does: it would take $2 for the first
// parameter of a text in which it comes first.
func liteText(text string) string {
	text = strings.TrimSuffix(text, forUpdate)
	var out strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c == '$' && !quoted {
			c = '?'
		}
		out.WriteByte(c)
	}
	return out.String()
}

func (e *lite) orderCommits(context.Context, transaction) error { return nil }

func (e *lite) exclusively(_ context.Context, fn func(*sql.Conn) error) error { return fn(e.writer) }

func (e *lite) migration(text string) string { return text }

func (e *lite) tables(ctx context.Context, tx transaction) ([]string, error) {
	return names(tx.query(ctx, "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'", nil))
}

func (e *lite) empty(ctx context.Context, tx transaction, tables []string) error {
	if _, err := tx.exec(ctx, "pragma defer_foreign_keys = on", nil); err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := tx.exec(ctx, "delete from "+t, nil); err != nil {
			return err
		}
	}
	return nil
}

// liteCode is SQLite's extended result code, 0 if err is not SQLite's.
func liteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func (e *lite) isUnique(err error) bool {
	switch liteCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return false
}

func (e *lite) isConflict(err error) bool { return errors.Is(err, errStale) }

func (e *lite) many() bool { return false }

func (e *lite) close() error {
	// A write that is under way ends first; later ones find the gate shut.
	waiting, cancel := context.WithTimeout(context.Background(), longWait)
	defer cancel()
	var errs []error
	errs = append(errs, e.turns.Acquire(waiting, allTurns))
	e.readers.Range(func(_, s any) bool { s.(*sql.Stmt).Close(); return true })
	if e.reads != nil {
		errs = append(errs, e.reads.Close())
	}
	for _, s := range e.prepared {
		s.Close()
	}
	if e.writer != nil {
		e.writer.Close()
	}
	if e.writes != nil {
		errs = append(errs, e.writes.Close()) // the last one folds the log into the file
	}
	if e.file != nil {
		errs = append(errs, e.file.release())
	}
	return errors.Join(errs...)
}
