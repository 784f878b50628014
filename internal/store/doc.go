// Package store keeps the rows of every service, in SQLite or PostgreSQL, with
// one SQL text for both.
//
//	service -> Table[T] (Get, Insert, Update, Delete, List) -> *DB or *Tx -> database/sql
//	                          |
//	                          +-> changes (same transaction) -> followers -> snapshots
//
// A table has its key columns, the columns that are looked up, unique, ordered
// or expire, a version for compare-and-swap, and the whole row as JSON. What is
// more than one table's business is done in DB.Write, which is serialisable on
// both engines: what fn reads cannot change before its writes are there.
//
// The files: store.go opens and writes, table.go is the typed door, shape.go
// its SQL text, value.go what a column may hold, feed.go and follower.go the
// changes, sqlite.go and postgres.go what differs between the engines, hangup.go what is
// done when a server goes away.
package store
