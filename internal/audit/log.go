package audit

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// Log takes finished records: each refusal and failure becomes a log line, and
// the newest records are kept in memory so that an operator can look one up by
// its id. Safe for concurrent use.
type Log struct {
	logger *slog.Logger

	mu   sync.Mutex
	ring []Record // grows to keep, then wraps
	next int
	keep int
}

// NewLog keeps the newest keep records.
func NewLog(logger *slog.Logger, keep int) *Log {
	return &Log{logger: logger, keep: max(keep, 1)}
}

// Write takes a copy of r, which the caller may reuse afterwards.
func (l *Log) Write(r *Record) {
	l.mu.Lock()
	if len(l.ring) < l.keep {
		l.ring = append(l.ring, *r)
	} else {
		l.ring[l.next] = *r
	}
	l.next = (l.next + 1) % l.keep
	l.mu.Unlock()

	level := slog.LevelInfo
	if r.Outcome == Passed || r.Outcome == Refused && r.Plane == "program" { // the program deals with its own refusals
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

// Find returns the record of a request, if it is still kept.
func (l *Log) Find(id string) (Record, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.ring {
		if l.ring[i].ID == id {
			return l.ring[i], true
		}
	}
	return Record{}, false
}

// Clear forgets every record.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.next = nil, 0
}

// Why is the deciding step in one line: the first that did not pass, or
// nothing when all did.
func (r *Record) Why() string {
	for _, s := range r.Steps() {
		if s.Outcome != Passed {
			return strings.TrimSuffix(s.Name+": "+s.Detail, ": ")
		}
	}
	return ""
}
