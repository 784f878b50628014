// Package store keeps the rows of every service, in SQLite or PostgreSQL, with
// one SQL text for both.
//
//	service -> Table[T] (Get, Insert, Update, Delete, List) -> *DB or *Tx -> database/sql
//	                          |
//	                          +-> changes (same transaction) -> followers -> snapshots
package store

import (
	"context"
	"errors"
	"log/slog"
)

var (
	// ErrNotFound: no row has that key.
	ErrNotFound = errors.New("store: not found")
	// ErrExists: a row with that key, or with the same value in a unique column, is there already.
	ErrExists = errors.New("store: already exists")
)

// Options says where the rows live. Exactly one of File, Postgres and Memory is set.
type Options struct {
	File     string // path of the SQLite database
	Postgres string // postgres:// URL
	Memory   bool   // SQLite in memory, gone at Close
	Logger   *slog.Logger
}

// DB is an open database with its schema up to date. Safe for concurrent use.
type DB struct{}

// Open connects, checks the file and runs the migrations that are missing. Its
// errors say what is wrong and what to do (locked, read-only, corrupt, newer schema).
func Open(ctx context.Context, o Options) (*DB, error) { panic("not built yet") }

// Close waits for followers and closes the database.
func (db *DB) Close() error { panic("not built yet") }

// Empty deletes every row of every table (the test-only reset) and tells followers to reload.
func (db *DB) Empty(ctx context.Context) error { panic("not built yet") }

// Write runs fn in one read-write transaction and commits it if fn returns
// nil. It may run fn again when the database reports a conflict, so fn has no
// effects but through tx. When Write returns, followers of this node have seen
// every change that fn made.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) error { panic("not built yet") }

// Tx is a read-write transaction.
type Tx struct{}

// Session is where a query runs: *DB (on its own) or *Tx (as part of one).
type Session interface {
	session() // only *DB and *Tx
}

func (db *DB) session() {}
func (tx *Tx) session() {}

// Change is one row that was written or deleted, in commit order.
type Change struct {
	Seq   int64
	Table string
	Key   []string // the values of the key columns, as text
}

// Follow calls apply with the changes of tables: first with reload true (read everything),
// before Follow returns; later with the changes of each commit, of this node before the
// writing call returns, of other nodes within a second. reload true with no changes means
// that the follower missed some and must read everything again. Calls of one follower never
// overlap. An error is logged and the same changes come again. A read inside apply uses db
// and sees at least those changes. apply must not write.
func (db *DB) Follow(ctx context.Context, tables []string, apply func(ctx context.Context, reload bool, changes []Change) error) error {
	panic("not built yet")
}
