package store

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

// gate lets the writers of a SQLite database in one at a time and in the order in
// which they came, instead of having them fail or poll. If readers are counted too
// (a database in memory has no log beside it that they could read from), a writer is
// alone.
type gate struct {
	turns   *semaphore.Weighted
	readers bool
}

const (
	allTurns = 1 << 20
	// longWait is far beyond what a queue of writers can take. Who waits longer waits
	// for itself: a Write inside a Write, or a use of the DB inside one.
	longWait = 30 * time.Second
)

var errLongWait = errors.New("store: waited 30 s for another write to end (the database is used inside a Write, or the disk hangs)")

func newGate(readers bool) *gate { return &gate{semaphore.NewWeighted(allTurns), readers} }

func (g *gate) enter(ctx context.Context, write bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turns, counts := g.turnsFor(write)
	if !counts || g.turns.TryAcquire(turns) {
		return nil
	}
	bounded, cancel := context.WithTimeoutCause(ctx, longWait, errLongWait)
	defer cancel()
	if g.turns.Acquire(bounded, turns) != nil {
		return context.Cause(bounded)
	}
	return nil
}

func (g *gate) leave(write bool) {
	if turns, counts := g.turnsFor(write); counts {
		g.turns.Release(turns)
	}
}

func (g *gate) turnsFor(write bool) (turns int64, counts bool) {
	if write {
		return allTurns, true
	}
	return 1, g.readers
}
