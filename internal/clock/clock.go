// Package clock tells the server its time. Everything that compares or stores
// an instant takes it from one Clock, so that a test can wait for an expiry by
// asking for it (POST /_sallyport/clock) instead of sleeping.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock is the server's time: the machine's, plus what a test has advanced it
// by. The zero value is ready, runs with the machine, and is safe for
// concurrent use.
type Clock struct{ ahead atomic.Int64 }

// Now is the current instant in UTC.
func (c *Clock) Now() time.Time {
	return time.Now().Add(time.Duration(c.ahead.Load())).UTC()
}

// Advance moves the clock forward by d and returns the new instant. It never
// moves backward: a negative d is ignored, so that nothing that has expired
// can come to life again.
func (c *Clock) Advance(d time.Duration) time.Time {
	if d > 0 {
		c.ahead.Add(int64(d))
	}
	return c.Now()
}
