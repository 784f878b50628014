package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"
	"time"
)

// Change is one row that was written or deleted, in commit order.
type Change struct {
	Seq   int64
	Table string
	Key   []string // the values of the key columns, as text: numbers in decimal, bytes in hex
}

const (
	keepChanges  = time.Hour // how long a change is kept for who has not seen it
	pruneEvery   = 10 * time.Minute
	lookEvery    = 200 * time.Millisecond // for the changes of other nodes
	appendAtOnce = 50
	readAtOnce   = 500
)

// feed brings changes to the followers of this node.
//
//	commit here ---------> publish -+-> follower: read changes since the last seen, apply
//	commit elsewhere ----> look ----+
type feed struct {
	db   *DB
	ctx  context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu        sync.Mutex
	followers []*follower
	looking   bool
}

func startFeed(db *DB) *feed {
	f := &feed{db: db}
	f.ctx, f.end = context.WithCancel(context.Background())
	f.work.Go(f.pruneOld)
	return f
}

func (f *feed) stop() {
	f.end()
	f.work.Wait()
}

const (
	appendText = "insert into changes (row_table, row_key, at) values ($1, $2, $3)"
	headText   = "select seq, (select max(seq) from changes) from changes_pruned"
)

var appendMany = manyRows(appendText, appendAtOnce, 3)

// append writes what the transaction has noted to the feed, as its last act: from here
// to the commit the writers of all nodes go one at a time, so that seq rises in the order
// of commits and a follower cannot miss one that commits late.
func (tx *Tx) append(ctx context.Context) (end int64, err error) {
	if len(tx.noted) == 0 && !tx.emptied {
		return 0, nil
	}
	if err := tx.db.engine.orderCommits(ctx, tx.tx); err != nil {
		return 0, err
	}
	if tx.emptied {
		return tx.forgetAll(ctx)
	}
	at := tx.db.clock.Now().UnixMilli()
	for rest := tx.noted; len(rest) > 0; {
		text, n := appendText, 1
		if len(rest) >= appendAtOnce {
			text, n = appendMany, appendAtOnce
		}
		args := make([]any, 0, 3*n)
		for _, c := range rest[:n] {
			args = append(args, c.table, c.key, at)
		}
		if end, err = tx.insertChanges(ctx, text, args); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return end, nil
}

// forgetAll makes everything up to a new seq count as pruned: every follower of every
// node has then seen less, and reads everything.
func (tx *Tx) forgetAll(ctx context.Context) (end int64, err error) {
	if end, err = tx.insertChanges(ctx, appendText, []any{"", "[]", int64(0)}); err != nil {
		return 0, err
	}
	for _, text := range []string{"delete from changes where seq <= $1", "update changes_pruned set seq = $1"} {
		if _, err := tx.exec(ctx, text, []any{end}); err != nil {
			return 0, err
		}
	}
	return end, nil
}

func (tx *Tx) insertChanges(ctx context.Context, text string, args []any) (last int64, err error) {
	err = tx.query(ctx, text+" returning seq", args, func(r *sql.Rows) error {
		var seq int64
		err := r.Scan(&seq)
		last = max(last, seq)
		return err
	})
	return last, err
}

// publish tells the followers of tables (nil: all) that there are changes up to end, and
// waits until they have seen them.
func (f *feed) publish(ctx context.Context, end int64, tables []string) {
	for _, one := range f.wake(func(one *follower) bool { return one.follows(tables) }) {
		one.await(ctx, end)
	}
}

// doubt is for a commit of which nobody knows whether it happened.
func (f *feed) doubt() { f.wake(func(*follower) bool { return true }) }

func (f *feed) wake(which func(*follower) bool) []*follower {
	f.mu.Lock()
	defer f.mu.Unlock()
	var woken []*follower
	for _, one := range f.followers {
		if which(one) {
			one.wake()
			woken = append(woken, one)
		}
	}
	return woken
}

// look asks for the changes of other nodes.
func (f *feed) look() {
	known, failing := int64(-1), false
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return
		}
		end, err := f.db.head(f.ctx)
		if err != nil {
			if !failing && f.ctx.Err() == nil {
				f.db.log.Error("the changes of other nodes cannot be read; trying again", "error", err)
			}
			failing = true
			continue
		}
		failing = false
		if end != known {
			known = end
			f.doubt()
		}
	}
}

// head is the seq of the newest change.
func (db *DB) head(ctx context.Context) (end int64, err error) {
	err = db.query(ctx, headText, nil, func(r *sql.Rows) error {
		var newest sql.NullInt64
		if err := r.Scan(&end, &newest); err != nil {
			return err
		}
		end = max(end, newest.Int64)
		return nil
	})
	return end, err
}

// pruneOld removes old changes now and then.
func (f *feed) pruneOld() {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return
		}
		if err := f.db.prune(f.ctx, f.db.clock.Now().Add(-keepChanges)); err != nil && f.ctx.Err() == nil {
			f.db.log.Error("old changes cannot be removed; trying again later", "error", err)
		}
	}
}

// prune removes the changes before an instant. Followers of this node are brought up
// first: one that follows a quiet table may not have been woken for long.
func (db *DB) prune(ctx context.Context, before time.Time) error {
	end, err := db.head(ctx)
	if err != nil {
		return err
	}
	db.feed.publish(ctx, end, nil)
	return db.write(ctx, sql.LevelReadCommitted, func(tx *Tx) error {
		// Of two nodes that prune at the same time, the later must not take the mark back.
		n, err := tx.exec(ctx, `update changes_pruned set seq = (select max(seq) from changes where at < $1)
			where seq < (select max(seq) from changes where at < $1)`, []any{before.UnixMilli()})
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.exec(ctx, "delete from changes where seq <= (select seq from changes_pruned)", nil)
		return err
	})
}

func decodeKey(text string) (key []string, err error) {
	err = json.Unmarshal([]byte(text), &key)
	return key, err
}
