package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Tx is a read-write transaction. It belongs to the goroutine that runs fn.
type Tx struct {
	db      *DB
	tx      transaction
	failed  error // the database has given the transaction up
	noted   []noted
	emptied bool
}

// noted is a change on its way to the feed.
type noted struct{ table, key string }

// Write runs fn in one read-write transaction and commits it if fn returns
// nil. Transactions are serialisable: fn may read, decide, and write. It may run fn again
// when the database reports a conflict, so fn has no effects but through tx, and it does
// not use the DB itself: it would wait for its own end. When Write returns, followers of
// this node have seen every change that fn made; a follower whose apply failed has been
// told, and is told again until it succeeds.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return db.write(ctx, sql.LevelSerializable, fn)
}

// inTx runs fn in the transaction that s is, or in one of its own for a single statement.
func inTx(ctx context.Context, s Session, fn func(tx *Tx) error) error {
	if tx, ok := s.(*Tx); ok {
		return fn(tx)
	}
	return s.(*DB).write(ctx, sql.LevelReadCommitted, fn)
}

const (
	maxAttempts = 40
	// patientAttempts is how many conflicts a write takes before it queues up in the
	// lane, where the unlucky of this node go one at a time.
	patientAttempts = 3
)

func (db *DB) write(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) error {
	if db.feed == nil {
		return errReadOnly
	}
	inLane := false
	defer func() {
		if inLane {
			<-db.lane
		}
	}()
	for attempt := 1; ; attempt++ {
		end, tables, err := db.attempt(ctx, level, fn)
		if err == nil {
			if end > 0 {
				db.feed.publish(ctx, end, tables)
			}
			return nil
		}
		if !db.engine.isConflict(err) {
			return err
		}
		if attempt == maxAttempts {
			return fmt.Errorf("store: given up after %d conflicts with other writes: %w", attempt, err)
		}
		if attempt == patientAttempts {
			select {
			case db.lane <- struct{}{}:
				inLane = true
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// pause waits a random while, longer after each attempt, up to 50 ms.
func pause(ctx context.Context, attempt int) error {
	most := min(time.Millisecond<<min(attempt, 6), 50*time.Millisecond)
	t := time.NewTimer(time.Duration(rand.Int64N(int64(most))))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt runs fn once. end is the seq of its last change, 0 if it made none.
func (db *DB) attempt(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) (end int64, tables []string, err error) {
	if err := db.engine.enter(ctx, true); err != nil {
		return 0, nil, err
	}
	defer db.engine.leave(true)
	begun, err := db.engine.begin(ctx, level)
	if err != nil {
		return 0, nil, err
	}
	defer begun.rollback()
	tx := &Tx{db: db, tx: begun}
	err = fn(tx)
	if tx.failed != nil {
		// What fn made of it does not matter: nothing of this can be committed.
		return 0, nil, tx.failed
	}
	if err != nil {
		return 0, nil, err
	}
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	if end, err = tx.append(ctx); err != nil {
		return 0, nil, err
	}
	if err := begun.commit(); err != nil {
		db.feed.doubt() // it may have been committed all the same
		return 0, nil, err
	}
	if tx.emptied {
		return end, nil, nil
	}
	for _, n := range tx.noted {
		tables = append(tables, n.table)
	}
	return end, tables, nil
}

// fail keeps an error of the database, so that whatever fn makes of it, the
// transaction ends. It is the same on both engines, although SQLite could go on.
func (tx *Tx) fail(err error) error {
	if tx.db.engine.isUnique(err) {
		err = ErrExists
	}
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

func (tx *Tx) query(ctx context.Context, text string, args []any, each func(*sql.Rows) error) error {
	if err := tx.ready(ctx); err != nil {
		return err
	}
	rows, err := tx.tx.query(ctx, text, args)
	if err == nil {
		err = readAll(ctx, rows, each)
	}
	if err != nil {
		return tx.fail(err)
	}
	return nil
}

func (tx *Tx) exec(ctx context.Context, text string, args []any) (int64, error) {
	if err := tx.ready(ctx); err != nil {
		return 0, err
	}
	n, err := affected(tx.tx.exec(ctx, text, args))
	if err != nil {
		return 0, tx.fail(err)
	}
	return n, nil
}

func (tx *Tx) ready(ctx context.Context) error {
	if tx.failed == nil && ctx.Err() != nil {
		tx.failed = ctx.Err()
	}
	return tx.failed
}

// note remembers a change for the feed.
func (tx *Tx) note(table string, key []any) {
	texts := make([]string, len(key))
	for i, v := range key {
		texts[i] = keyText(v)
	}
	encoded, _ := json.Marshal(texts) // strings always encode
	tx.noted = append(tx.noted, noted{table, string(encoded)})
}
