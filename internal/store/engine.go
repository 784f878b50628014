package store

import (
	"context"
	"database/sql"
)

// engine is what differs between SQLite and PostgreSQL. Statements come to it in the
// one text, with parameters $1, $2, …
type engine interface {
	// enter and leave are called around each read outside a transaction, each single
	// statement that writes, and each transaction. enter fails when ctx ends, or when it
	// has waited so long that something must be wrong.
	enter(ctx context.Context, write bool) error
	leave(write bool)

	// read and execute run one statement on its own.
	read(ctx context.Context, text string, args []any) (*sql.Rows, error)
	execute(ctx context.Context, text string, args []any) (sql.Result, error)
	begin(ctx context.Context, level sql.IsolationLevel) (transaction, error)

	// orderCommits makes whoever appends to changes later in commit order wait here,
	// where there is more than one writer.
	orderCommits(ctx context.Context, tx transaction) error

	// exclusively runs fn while no other program migrates the same database.
	exclusively(ctx context.Context, fn func(*sql.Conn) error) error
	// migration is the text of a migration in the engine's dialect.
	migration(text string) string

	tables(ctx context.Context, tx transaction) ([]string, error)
	empty(ctx context.Context, tx transaction, tables []string) error

	isUnique(err error) bool   // a unique column or key holds that value already
	isConflict(err error) bool // another transaction was faster: run it again
	explain(err error) error   // what Open says: what is wrong, and what to do

	many() bool // other nodes may write to the same database
	close() error
}

type transaction interface {
	query(ctx context.Context, text string, args []any) (*sql.Rows, error)
	exec(ctx context.Context, text string, args []any) (sql.Result, error)
	commit() error
	rollback() // after commit it does nothing
}

// names reads rows of one text.
func names(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}
