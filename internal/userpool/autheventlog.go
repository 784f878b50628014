package userpool

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/store"
)

// eventLog holds events until they are written, all of a second together: a
// sign-in pays for a copy, and one of somebody who exists costs no more than one
// of nobody, who has no events. A crash may lose the last second.
type eventLog struct {
	mu       sync.Mutex
	waiting  []*AuthEvent
	failures map[string]int // of those that wait, by user
	dropped  int
	turn     atomic.Uint32 // of ids

	writing sync.Mutex // one writes at a time, so that who waits for it finds all written
}

const (
	writeEventsEvery = time.Second
	maxWaiting       = 20_000 // events, of about 300 bytes
	// maxWaitingFailures is of one user: more in a second than a person does.
	maxWaitingFailures = 20
	eventsAtOnce       = 200 // in one transaction, which others wait for
)

// add keeps an event until it is written, or drops it: one of a flood tells
// nothing that the others do not.
func (l *eventLog) add(e *AuthEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= maxWaiting || e.failed() && l.failures[e.Sub] >= maxWaitingFailures {
		l.dropped++
		return
	}
	if e.failed() {
		if l.failures == nil {
			l.failures = map[string]int{}
		}
		l.failures[e.Sub]++
	}
	l.waiting = append(l.waiting, e)
}

func (l *eventLog) take() (events []*AuthEvent, dropped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	events, dropped = l.waiting, l.dropped
	l.waiting, l.failures, l.dropped = nil, nil, 0
	return events, dropped
}

// writeEvents writes what waits and cuts each user's events to their share.
func (s *Service) writeEvents(ctx context.Context) error {
	s.events.writing.Lock()
	defer s.events.writing.Unlock()
	events, dropped := s.events.take()
	if dropped > 0 {
		s.log.Warn("more authentication events than are kept", "dropped", dropped)
	}
	var failed []error
	for len(events) > 0 {
		some := events[:min(len(events), eventsAtOnce)]
		events = events[len(some):]
		failed = append(failed, s.db.Write(ctx, func(tx *store.Tx) error { return keepSome(ctx, tx, some) }))
	}
	return errors.Join(failed...)
}

type eventOwner struct {
	poolID, sub string
	failed      bool
}

func keepSome(ctx context.Context, tx *store.Tx, events []*AuthEvent) error {
	touched := map[eventOwner]bool{}
	for _, e := range events {
		// Nothing is left behind of a user who went meanwhile. A sub is its own fold.
		if _, err := nameTable.Get(ctx, tx, e.PoolID, e.Sub); errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		_, err := authEventTable.Update(ctx, tx, func(before *AuthEvent) error {
			feedback := before.Feedback
			*before = *e
			before.Feedback = feedback
			return nil
		}, e.PoolID, e.Sub, e.ID)
		if errors.Is(err, store.ErrNotFound) {
			err = authEventTable.Insert(ctx, tx, e)
		}
		if err != nil {
			return err
		}
		touched[eventOwner{e.PoolID, e.Sub, e.failed()}] = true
	}
	for o := range touched {
		most := keepOfUser
		if o.failed {
			most = keepFailures
		}
		if _, err := authEventTable.DeleteWhere(ctx, tx, eventsTooMany, o.poolID, o.sub, o.failed, most); err != nil {
			return err
		}
	}
	return nil
}

// keepWriting writes events until ctx ends.
func (s *Service) keepWriting(ctx context.Context) {
	tick := time.NewTicker(writeEventsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.writeEvents(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("authentication events could not be written and are lost", "error", err)
			}
		}
	}
}

// Close writes what still waits to be written. The database must be open.
func (s *Service) Close() error { return s.writeEvents(context.Background()) }
