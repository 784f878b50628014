package store

import "time"

// Now is the time by which the database dates its changes: that of
// Options.Clock. Services whose rows expire reckon by the same.
func (db *DB) Now() time.Time { return db.clock.Now() }
