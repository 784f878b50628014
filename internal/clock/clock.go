// Package clock tells the server its time. Everything that compares or stores
// an instant takes it from one Clock, so that a test can wait for an expiry by
// asking for it (POST /_sallyport/clock) instead of sleeping.
package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the server's time: the machine's, plus what a test has advanced it
// by. The zero value is ready, runs with the machine, and is safe for
// concurrent use.
type Clock struct {
	mu    sync.Mutex // one Advance at a time
	steps atomic.Pointer[[]step]
}

// step is one Advance: from a moment of the machine's time on, the server's
// is ahead of it by so much.
type step struct {
	from  time.Time
	ahead time.Duration
}

// Now is the current instant in UTC.
func (c *Clock) Now() time.Time { return time.Now().Add(c.ahead()).UTC() }

func (c *Clock) ahead() time.Duration {
	if steps := c.steps.Load(); steps != nil {
		return (*steps)[len(*steps)-1].ahead
	}
	return 0
}

// Advance moves the clock forward by d and returns the new instant. It never
// moves backward: a negative d is ignored, so that nothing that has expired
// can come to life again.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > 0 {
		var steps []step
		if old := c.steps.Load(); old != nil {
			steps = append(steps, *old...)
		}
		steps = append(steps, step{time.Now(), c.ahead() + d})
		c.steps.Store(&steps)
	}
	return c.Now()
}

// stampLag is how far a stamp may lie behind the moment it was made at. It may be
// from anywhere in its second; and SDKs of AWS correct their time by the Date of
// the last answer, which has whole seconds, too, and was a while on its way.
const stampLag = 3 * time.Second

// NowFor is the present as a client reckons it that has stamped something with
// the machine's time, in whole seconds: what the server's clock was advanced
// by before then it does not know of, what came after has passed for it, too.
// So a request that is signed after an Advance is fresh, and one from before
// it has aged, if by more than stampLag. Without any Advance it is Now.
func (c *Clock) NowFor(stamp time.Time) time.Time {
	now := c.Now()
	steps := c.steps.Load()
	if steps == nil {
		return now
	}
	end := stamp.Add(stampLag)
	for i := len(*steps) - 1; i >= 0; i-- {
		if s := (*steps)[i]; s.from.Before(end) {
			return now.Add(-s.ahead)
		}
	}
	return now
}
