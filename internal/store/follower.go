package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Apply brings a follower up to date; see DB.Follow.
type Apply = func(ctx context.Context, reload bool, changes []Change) error

// Follow calls apply with the changes of tables: first with reload true (read everything),
// before Follow returns; later with the changes of each commit, of this node before the
// writing call returns, of other nodes within a second. reload true with no changes means
// that the follower missed some and must read everything again. Calls of one follower never
// overlap. An error is logged and the same changes come again; an error of the first call is
// returned, and then there is no follower. Changes come at least once, in commit order. A read
// inside apply uses db and sees at least those changes. apply must not write. The follower
// ends with ctx, or with Close.
func (db *DB) Follow(ctx context.Context, tables []string, apply func(ctx context.Context, reload bool, changes []Change) error) error {
	if db.feed == nil {
		return errReadOnly
	}
	one := &follower{db: db, tables: tables, apply: apply, woken: make(chan struct{}, 1), moved: make(chan struct{})}
	if err := one.reload(ctx, 0); err != nil {
		return err
	}
	db.feed.start(ctx, one)
	return nil
}

func (f *feed) start(ctx context.Context, one *follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followers = append(f.followers, one)
	one.wake() // for what was written since its reload
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(f.ctx, cancel)
	f.work.Go(func() {
		defer stop()
		defer cancel()
		one.run(ctx)
		f.mu.Lock()
		f.followers = slices.DeleteFunc(f.followers, func(o *follower) bool { return o == one })
		f.mu.Unlock()
		one.progress(func() { one.ended = true })
	})
	if f.db.engine.many() && !f.looking {
		f.looking = true
		f.work.Go(f.look)
	}
}

type follower struct {
	db     *DB
	tables []string
	apply  Apply
	woken  chan struct{}

	mu    sync.Mutex
	seen  int64         // applied up to here
	tried int64         // applied, or refused once, up to here
	ended bool          // nothing comes any more
	moved chan struct{} // closed at each progress
}

func (o *follower) follows(tables []string) bool {
	return tables == nil || slices.ContainsFunc(tables, func(t string) bool { return slices.Contains(o.tables, t) })
}

func (o *follower) wake() {
	select {
	case o.woken <- struct{}{}:
	default: // it is awake, or about to be
	}
}

// await returns when the follower has been told of the changes up to seq.
func (o *follower) await(ctx context.Context, seq int64) {
	for {
		o.mu.Lock()
		done, moved := o.tried >= seq || o.ended, o.moved
		o.mu.Unlock()
		if done {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done(): // the caller has gone; the change is there all the same
			return
		}
	}
}

func (o *follower) progress(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
	o.tried = max(o.tried, o.seen)
	close(o.moved)
	o.moved = make(chan struct{})
}

const longestRetry = 5 * time.Second

func (o *follower) run(ctx context.Context) {
	var retry <-chan time.Time
	wait := 20 * time.Millisecond
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.woken:
		case <-retry:
		}
		retry = nil
		upTo, err := o.catchUp(ctx)
		if err == nil {
			wait = 20 * time.Millisecond
			continue
		}
		if ctx.Err() != nil {
			return
		}
		o.db.log.Error("a follower could not take in changes; trying again", "tables", strings.Join(o.tables, ","), "error", err)
		o.progress(func() { o.tried = max(o.tried, upTo) })
		retry = time.After(wait)
		wait = min(2*wait, longestRetry)
	}
}

// catchUp applies what is new, and says how far it has got or tried to.
func (o *follower) catchUp(ctx context.Context) (upTo int64, err error) {
	for {
		pruned, changes, err := o.db.changesAfter(ctx, o.seen)
		if err != nil {
			return o.seen, err
		}
		if pruned > o.seen {
			if err := o.reload(ctx, pruned); err != nil {
				return pruned, err
			}
			continue
		}
		if len(changes) == 0 {
			return o.seen, nil
		}
		last := changes[len(changes)-1].Seq
		full := len(changes) == readAtOnce
		mine := slices.DeleteFunc(changes, func(c Change) bool { return !slices.Contains(o.tables, c.Table) })
		if len(mine) > 0 {
			if err := o.apply(ctx, false, mine); err != nil {
				return last, err
			}
		}
		o.progress(func() { o.seen = last })
		if !full {
			return last, nil
		}
	}
}

// reload has everything read again. The end of the feed is taken before: what is written
// meanwhile comes once more.
func (o *follower) reload(ctx context.Context, atLeast int64) error {
	end, err := o.db.head(ctx)
	if err != nil {
		return err
	}
	if err := o.apply(ctx, true, nil); err != nil {
		return err
	}
	o.progress(func() { o.seen = max(end, atLeast) })
	return nil
}

// changesAfter reads the next changes, and up to where some may be gone, in one
// statement so that the two belong together.
func (db *DB) changesAfter(ctx context.Context, seq int64) (pruned int64, changes []Change, err error) {
	text := fmt.Sprintf(`select p.seq, c.seq, c.row_table, c.row_key from changes_pruned p
		left join changes c on c.seq > $1 order by c.seq limit %d`, readAtOnce)
	err = db.query(ctx, text, []any{seq}, func(r *sql.Rows) error {
		var at sql.NullInt64
		var table, key sql.NullString
		if err := r.Scan(&pruned, &at, &table, &key); err != nil || !at.Valid {
			return err
		}
		texts, err := decodeKey(key.String)
		changes = append(changes, Change{Seq: at.Int64, Table: table.String, Key: texts})
		return err
	})
	return pruned, changes, err
}
