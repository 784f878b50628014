package journal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store"
)

// Limits is how much is kept. Either one at zero keeps nothing.
type Limits struct {
	Number int           // records, of all nodes together
	For    time.Duration // after this they are gone
}

// BytesPerRecord is what a record may take in the database, on average: a
// journal for so many records is never larger than that number of times this,
// whatever is written into it. An ordinary record takes a tenth.
const BytesPerRecord = 1 << 10

const (
	flushEvery = time.Second
	// maxWaiting bounds what waits to be written, in bytes for each kind. Beyond
	// it records are dropped.
	maxWaiting = 1 << 20
	// enoughWaiting is when a write is due before its second is over, in bytes.
	enoughWaiting = 256 << 10
	lastWrite     = 5 * time.Second // for Close
	complainEvery = 10 * time.Second
)

// Journal takes records and finds them again. Safe for concurrent use.
type Journal struct {
	db      *store.DB
	clock   *clock.Clock
	logger  *slog.Logger
	limits  Limits
	maxScan int    // of a search
	node    string // what ids of this node's blocks end in

	mu      sync.Mutex          // held for the time it takes to copy a record
	waiting [audit.Kinds][]byte // entries, one behind the other
	dropped Dropped             // ever

	writing    sync.Mutex              // held by whoever writes; taken before mu
	spare      [audit.Kinds][]byte     // room for waiting
	open       [audit.Kinds]*openBlock // the next records go there
	unsaved    []*openBlock            // those that the database does not have as they are
	room       [audit.Kinds][]byte     // of a block that is closed, for the next one
	begun      int                     // blocks, ever
	press      press
	unpruned   int // records since the last prune
	lastPrune  time.Time
	complained time.Time
	told       Dropped // what the log has said of dropped

	wake chan struct{}
	end  context.CancelFunc
	done chan struct{}
}

// Dropped is how many records this node could not keep, because the database
// did not take them fast enough.
type Dropped struct {
	Passed  int64 `json:"passed"`
	Refused int64 `json:"refused"` // or failed
}

// Open starts to write. limits that keep nothing make a journal that has none.
func Open(db *store.DB, limits Limits, now *clock.Clock, logger *slog.Logger) *Journal {
	life, end := context.WithCancel(context.Background())
	var node [6]byte
	rand.Read(node[:])
	j := &Journal{db: db, clock: now, logger: logger, limits: limits, maxScan: maxScan, node: hex.EncodeToString(node[:]), wake: make(chan struct{}, 1), end: end, done: make(chan struct{})}
	if !j.Keeps() {
		close(j.done)
		return j
	}
	go j.run(life)
	return j
}

// Keeps reports whether there is anything to be found here.
func (j *Journal) Keeps() bool { return j.limits.Number > 0 && j.limits.For > 0 }

// Limits is how much is kept.
func (j *Journal) Limits() Limits { return j.limits }

// Keep copies a record into what waits to be written. It never waits for the
// database, and drops the record when too much waits already.
func (j *Journal) Keep(k audit.Kind, r *audit.Record, denied *audit.Denied) {
	if !j.Keeps() {
		return
	}
	j.mu.Lock()
	if len(j.waiting[k]) >= maxWaiting {
		if k == audit.KindPassed {
			j.dropped.Passed++
		} else {
			j.dropped.Refused++
		}
		j.mu.Unlock()
		return
	}
	j.waiting[k] = r.AppendEntry(j.waiting[k], denied)
	enough := len(j.waiting[k]) >= enoughWaiting
	j.mu.Unlock()
	if enough {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
}

// Dropped is what this node has not kept since it started.
func (j *Journal) Dropped() Dropped {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dropped
}

func (j *Journal) run(life context.Context) {
	defer close(j.done)
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		all := true
		select {
		case <-life.Done():
			return
		case <-ticker.C:
		case <-j.wake:
			all = false
		}
		_ = j.flush(life, all) // it has complained to the log
	}
}

// Close writes what waits. Records that come later are not kept.
func (j *Journal) Close() error {
	j.end()
	<-j.done
	if !j.Keeps() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWrite)
	defer cancel()
	return j.Flush(ctx)
}

// Forget runs empty, which empties the database, while nothing is written, and
// forgets what waited.
func (j *Journal) Forget(empty func() error) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	err := empty()
	j.mu.Lock()
	defer j.mu.Unlock()
	for k := range j.waiting {
		j.waiting[k], j.open[k] = nil, nil
	}
	j.unsaved = nil
	return err
}
