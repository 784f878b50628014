package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres is PostgreSQL, which many nodes may share.
type postgres struct {
	host          string // host:port/database, for messages
	user          string
	reads, writes *sql.DB
}

// Numbers of advisory locks, which are one space for a whole database.
const (
	migrateLock = 0x73616c6c79_01
	commitLock  = 0x73616c6c79_02
)

const (
	connectWithin = 10 * time.Second
	// poolSize is for reads and for writes each. They are apart so that a read never waits
	// for a write whose end waits for the read.
	poolSize = 8
)

func openPostgres(ctx context.Context, address string, readOnly bool) (engine, error) {
	config, err := parsePostgres(address)
	if err != nil {
		return nil, err
	}
	if readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	e := &postgres{host: fmt.Sprintf("%s:%d/%s", config.Host, config.Port, config.Database), user: config.User}
	e.reads, e.writes = pool(config), pool(config)
	if err := e.writes.PingContext(ctx); err != nil {
		e.close()
		return nil, e.explain(err)
	}
	return e, nil
}

func parsePostgres(address string) (*pgx.ConnConfig, error) {
	// What the parsers say may quote the password: it stays here.
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("the database URL is not valid: give postgres://user:password@host:5432/database, with special characters of the password percent-encoded")
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the database URL has a setting that PostgreSQL does not know or a file that cannot be read: check what comes after its ?")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "sallyport"
	}
	if u.Query().Get("sslmode") == "" && os.Getenv("PGSSLMODE") == "" {
		refusePlain(config)
	}
	return config, nil
}

// refusePlain takes away the client's custom of going on without TLS when the server has
// none: over a network, password and rows would be readable on the way. Who wants that says
// sslmode=disable.
func refusePlain(config *pgx.ConnConfig) {
	secure := config.Fallbacks[:0:0]
	for _, f := range config.Fallbacks {
		if f.TLSConfig != nil || isLocal(f.Host) {
			secure = append(secure, f)
		}
	}
	config.Fallbacks = secure
}

func isLocal(host string) bool {
	if host == "localhost" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func pool(config *pgx.ConnConfig) *sql.DB {
	db := stdlib.OpenDB(*config.Copy())
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

func (e *postgres) enter(ctx context.Context, _ bool) error { return ctx.Err() }
func (e *postgres) leave(bool)                              {}

// The driver keeps prepared statements by their text, for each connection.

func (e *postgres) read(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return steady(func() (*sql.Rows, error) { return e.reads.QueryContext(ctx, text, args...) })
}

func (e *postgres) execute(ctx context.Context, text string, args []any) (sql.Result, error) {
	conn, err := e.live(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ExecContext(ctx, text, args...)
}

func (e *postgres) begin(ctx context.Context, level sql.IsolationLevel) (transaction, error) {
	tx, err := steady(func() (*sql.Tx, error) { return e.writes.BeginTx(ctx, &sql.TxOptions{Isolation: level}) })
	if err != nil {
		return nil, err
	}
	return postgresTx{tx}, nil
}

type postgresTx struct{ tx *sql.Tx }

func (t postgresTx) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, text, args...)
}

func (t postgresTx) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, text, args...)
}

func (t postgresTx) commit() error { return t.tx.Commit() }
func (t postgresTx) rollback()     { _ = t.tx.Rollback() }

// orderCommits: the lock is let go when the commit can be seen, and the number of a change
// is taken after the lock, so that a lower number is never seen after a higher one. Numbers
// left out belong to transactions that were given up.
func (e *postgres) orderCommits(ctx context.Context, tx transaction) error {
	_, err := tx.exec(ctx, "select pg_advisory_xact_lock($1)", []any{int64(commitLock)})
	return err
}

func (e *postgres) exclusively(ctx context.Context, fn func(*sql.Conn) error) error {
	conn, err := e.writes.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", int64(migrateLock)); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", int64(migrateLock))
	return fn(conn)
}

var (
	typeBlob     = regexp.MustCompile(`\bBLOB\b`)
	typeText     = regexp.MustCompile(`\bTEXT\b`)
	typeIdentity = regexp.MustCompile(`\bINTEGER PRIMARY KEY AUTOINCREMENT\b`)
)

func (e *postgres) migration(text string) string {
	text = typeBlob.ReplaceAllString(text, "BYTEA")
	text = typeText.ReplaceAllString(text, `TEXT COLLATE "C"`)
	return typeIdentity.ReplaceAllString(text, "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
}

func (e *postgres) tables(ctx context.Context, tx transaction) ([]string, error) {
	return names(tx.query(ctx, "select table_name::text from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1", nil))
}

// empty leaves the numbering of changes as it is (TRUNCATE's CONTINUE IDENTITY).
func (e *postgres) empty(ctx context.Context, tx transaction, tables []string) error {
	_, err := tx.exec(ctx, "truncate "+strings.Join(tables, ", "), nil)
	return err
}

// SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func (e *postgres) isUnique(err error) bool { return postgresCode(err) == "23505" }

func (e *postgres) isConflict(err error) bool {
	code := postgresCode(err)
	return code == "40001" || code == "40P01" || errors.Is(err, errStale)
}

func (e *postgres) explain(err error) error {
	at := "PostgreSQL at " + e.host
	switch code := postgresCode(err); {
	case code == "28P01" || code == "28000":
		return fmt.Errorf("%s refuses user %q: check user and password in the database URL, and pg_hba.conf", at, e.user)
	case code == "3D000":
		return fmt.Errorf("%s has no such database: make it with createdb, or correct the database URL", at)
	case code == "42501":
		return fmt.Errorf("%s does not let user %q make tables: grant it CREATE on the schema, or make it the owner of the database", at, e.user)
	case code == "53300":
		return fmt.Errorf("%s has no connection left: raise max_connections, or stop other clients", at)
	case code == "25006":
		return fmt.Errorf("%s is read-only: use the primary server's address", at)
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return fmt.Errorf("%s cannot be reached (%s): start it, or correct the database URL; without TLS over a network, the URL must say sslmode=disable", at, cause(err))
	}
	return fmt.Errorf("%s: %w", at, err)
}

// cause is the innermost reason, in one line and without the driver's account of its settings.
func cause(err error) string {
	for {
		var inner error
		switch wrapped := err.(type) {
		case interface{ Unwrap() error }:
			inner = wrapped.Unwrap()
		case interface{ Unwrap() []error }:
			if all := wrapped.Unwrap(); len(all) > 0 {
				inner = all[len(all)-1]
			}
		}
		if inner == nil {
			return strings.ReplaceAll(err.Error(), "\n", " ")
		}
		err = inner
	}
}

func (e *postgres) many() bool { return true }

func (e *postgres) close() error { return errors.Join(e.reads.Close(), e.writes.Close()) }
