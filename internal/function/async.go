package function

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/runner"
)

// An asynchronous event is tried three times when the function fails, and for
// hours when there is no room for it, as at AWS.
const (
	maxQueued  = 1000 // events of all functions, waiting or under way; each has at most maxAsyncPayload
	maxTries   = 3
	maxAge     = 6 * time.Hour
	firstPause = time.Second // when there is no room; doubles up to lastPause
	lastPause  = 5 * time.Minute
)

// pauses are before the second and the third try.
var pauses = [maxTries - 1]time.Duration{time.Minute, 2 * time.Minute}

// enqueue takes an event, unless too many wait or the server is closing.
func (s *Service) enqueue(t target, event runner.Event) bool {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.life.Err() != nil {
		return false
	}
	if s.queued.Add(1) > maxQueued {
		s.queued.Add(-1)
		return false
	}
	s.inFlight.Add(1)
	go func() {
		defer s.inFlight.Done()
		defer s.queued.Add(-1)
		s.deliver(s.life, t, event)
	}()
	return true
}

// deliver tries until the function has answered, or has failed for good.
func (s *Service) deliver(ctx context.Context, t target, event runner.Event) {
	log := s.log.With("request", event.RequestID, "function", t.arn())
	started := s.clock.Now()
	failures, pause := 0, firstPause
	for {
		r, err := s.attempt(ctx, t, event)
		var wait time.Duration
		switch {
		case err == nil && r.FunctionError == "":
			return
		case ctx.Err() != nil:
			log.Warn("asynchronous event given up: the server is closing")
			return
		case errors.Is(err, ErrNoFunction):
			log.Warn("asynchronous event given up: the function is gone")
			return
		case err == nil:
			failures++
			if failures == maxTries {
				log.Warn("asynchronous event given up: the function failed each time", "tries", failures)
				return
			}
			wait = pauses[failures-1]
		default:
			if s.clock.Now().Sub(started) > maxAge {
				log.Warn("asynchronous event given up: it is too old", "error", err)
				return
			}
			wait = pause
			pause = min(2*pause, lastPause)
		}
		if s.wait(ctx, wait) != nil {
			log.Warn("asynchronous event given up: the server is closing")
			return
		}
	}
}

// attempt asks the version that the name means now, which a change since may have moved.
func (s *Service) attempt(ctx context.Context, t target, event runner.Event) (runner.Result, error) {
	e := s.current.Load().functions[key{t.region, t.name}]
	if e == nil {
		return runner.Result{}, ErrNoFunction
	}
	v := e.resolve(t.qualifier, s.chance)
	if v == nil {
		return runner.Result{}, ErrNoFunction
	}
	return s.run(ctx, e, v, event)
}
