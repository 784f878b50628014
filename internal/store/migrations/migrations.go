// Package migrations holds the schema: numbered files, run once each, in the
// order of their numbers, forward only.
//
// A file is one SQL text for SQLite and PostgreSQL. Its column types, in
// capitals, are TEXT, BIGINT, BOOLEAN and BLOB; for PostgreSQL the store writes
// BLOB as BYTEA, TEXT as TEXT COLLATE "C" (so that both engines sort by bytes)
// and INTEGER PRIMARY KEY AUTOINCREMENT as an identity column. A file that has
// been released is never edited; its correction is a new file.
package migrations

import "embed"

// Files are the migrations, named NNNN_name.sql.
//
//go:embed *.sql
var Files embed.FS
