package throttle

import (
	"math"
	"sync"
	"time"
)

// Bucket holds tokens: Burst at most and at first, Rate more each second. It is
// safe for concurrent use.
type Bucket struct {
	limit  Limit
	reason string // for the operator's record

	mu     sync.Mutex
	tokens float64   // as of last
	last   time.Time // when a token was last taken; only ever later
}

// newBucket is a full bucket. What names what it limits.
func newBucket(what string, l Limit) *Bucket {
	return &Bucket{limit: l, reason: "over the limit of " + what + ": " + l.String(), tokens: float64(l.Burst)}
}

// Reason says in plain words which limit a refused request was over.
func (b *Bucket) Reason() string { return b.reason }

// closed buckets give nothing, ever: a rate of 0 does not let a first burst through.
func (b *Bucket) closed() bool { return !(b.limit.Rate > 0) || b.limit.Burst <= 0 }

// has is how many tokens are there at now. It changes nothing, so that requests
// that are refused leave no rounding behind. An instant before last, from
// another goroutine or a clock set back, fills nothing.
func (b *Bucket) has(now time.Time) float64 {
	if b.last.IsZero() {
		return b.tokens
	}
	passed := now.Sub(b.last)
	if passed <= 0 {
		return b.tokens
	}
	return math.Min(b.tokens+passed.Seconds()*b.limit.Rate, float64(b.limit.Burst))
}

// take takes a token of those that has(now) found.
func (b *Bucket) take(now time.Time, has float64) {
	b.tokens = has - 1
	if now.After(b.last) {
		b.last = now
	}
}

// Chain is what one method's requests must pass: its own bucket, if it has one,
// then the account's. The order is that in which they are locked, and must be
// the same for all who share one. An empty chain, which no stage gives out,
// lets nothing through.
type Chain struct {
	own, account *Bucket
}

// Take takes a token of each bucket at now, or of none, and returns nil or the
// bucket that has refused. It allocates nothing and never waits for a token.
func (c Chain) Take(now time.Time) (refusedBy *Bucket) {
	switch {
	case c.account == nil:
		return nothing
	case c.own == nil:
		return c.account.takeOne(now)
	case c.own.closed():
		return c.own
	}
	c.own.mu.Lock()
	defer c.own.mu.Unlock()
	has := c.own.has(now)
	if has < 1 {
		return c.own
	}
	if refusedBy = c.account.takeOne(now); refusedBy == nil {
		c.own.take(now, has)
	}
	return refusedBy
}

// takeOne returns b if it has no token to give.
func (b *Bucket) takeOne(now time.Time) (refusedBy *Bucket) {
	if b.closed() {
		return b
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	has := b.has(now)
	if has < 1 {
		return b
	}
	b.take(now, has)
	return nil
}

// nothing refuses for a chain that no stage has made. Nobody locks it.
var nothing = newBucket("a method that no stage has", Limit{})
