package audit

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// Log takes finished records: each refusal and failure becomes a log line, and
// the newest records are kept in memory so that an operator can look one up by
// its id. Safe for concurrent use.
type Log struct {
	logger *slog.Logger
	keeper Keeper // nil: nobody

	mu      sync.Mutex
	shelves [Kinds]shelf
	written uint64 // records, ever
}

// Kind is the sort of records that share a shelf, and a share of a journal.
type Kind int

const (
	KindPassed    Kind = iota
	KindStrangers      // refused or failed, of callers who were not proved
	KindCallers        // refused or failed, of proven callers
	Kinds
)

// Keeper keeps records for longer than a Log does. It must not keep r or any
// text of it; denied (nil if no policy refused) is bounded in size, and whoever
// has it may keep it and not change it.
type Keeper interface {
	Keep(k Kind, r *Record, denied *Denied)
}

// Bounds of the statements that are kept with refusals, in bytes.
const (
	strangerTraces = 256 << 10
	callerTraces   = 2 << 20
)

// NewLog keeps the newest keep records: a quarter of them for what passed, a
// quarter for refusals of strangers, and half for those of proven callers.
func NewLog(logger *slog.Logger, keep int) *Log {
	l := &Log{logger: logger}
	quarter := max(keep/4, 1)
	l.shelves[KindPassed].keep = quarter
	l.shelves[KindStrangers] = shelf{keep: quarter, maxTraces: strangerTraces}
	l.shelves[KindCallers] = shelf{keep: max(keep-2*quarter, 1), maxTraces: callerTraces}
	return l
}

// HandTo lets keeper have every record from now on. It is called before the
// first Write.
func (l *Log) HandTo(keeper Keeper) { l.keeper = keeper }

// Anonymous is the Caller of a record whose caller was not proved.
const Anonymous = "anonymous"

func kindOf(r *Record) Kind {
	switch {
	case r.Outcome == Passed:
		return KindPassed
	case r.Caller == "" || r.Caller == Anonymous:
		return KindStrangers
	}
	return KindCallers
}

// Write takes a copy of r, which the caller may reuse afterwards. Texts are
// clipped; r.Denied is copied as far as there is room for it.
func (l *Log) Write(r *Record) {
	k := kindOf(r)
	var denied *Denied
	var size int
	if r.Denied != nil && k != KindPassed {
		denied, size = bounded(r.Denied)
	}
	l.mu.Lock()
	l.shelves[k].put(r, l.written, denied, size)
	l.written++
	l.mu.Unlock()
	if l.keeper != nil {
		l.keeper.Keep(k, r, denied)
	}

	level := slog.LevelInfo
	if r.Outcome == Passed || r.Outcome == Refused && r.Plane == PlaneProgram { // the program deals with its own refusals
		level = slog.LevelDebug
	}
	if !l.logger.Enabled(context.Background(), level) {
		return
	}
	l.logger.LogAttrs(context.Background(), level, "request "+r.Outcome.String(),
		slog.String("requestId", r.ID),
		slog.String("service", r.Service),
		slog.String("operation", r.Operation),
		slog.Int("status", r.Status),
		slog.String("caller", r.Caller),
		slog.String("why", r.Why()),
		slog.Duration("took", r.Took))
}

// Find returns the records of a request that are still kept: the request's own
// first, then what the program asked of itself on the way, oldest first.
func (l *Log) Find(id string) []Record {
	type found struct {
		Record
		number uint64
	}
	var list []found
	l.mu.Lock()
	for k := range l.shelves {
		for i := range l.shelves[k].slots {
			if s := &l.shelves[k].slots[i]; s.is(id) {
				list = append(list, found{s.record(), s.number})
			}
		}
	}
	l.mu.Unlock()
	slices.SortFunc(list, func(a, b found) int {
		if inner := a.Plane == PlaneProgram; inner != (b.Plane == PlaneProgram) {
			if inner {
				return 1
			}
			return -1
		}
		return int(int64(a.number - b.number))
	})
	var records []Record
	for _, f := range list {
		records = append(records, f.Record)
	}
	return records
}

// Clear forgets every record.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.shelves {
		l.shelves[k].clear()
	}
}

// Why is the deciding step in one line: the first that did not pass, or
// nothing when all did.
func (r *Record) Why() string {
	if i := r.decided(); i >= 0 {
		return strings.TrimSuffix(r.steps[i].Name+": "+r.steps[i].Detail, ": ")
	}
	return ""
}

// decided is the index of the first step that did not pass, or -1.
func (r *Record) decided() int {
	return slices.IndexFunc(r.Steps(), func(s Step) bool { return s.Outcome != Passed })
}
