package userpool

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// paces remember how long a pool's functions took the last times. Where a function
// runs for users only, a client that hides its users has nobody wait as long: the
// time of an answer would tell otherwise who has an account. Each time is drawn
// anew from those, or asking twice would tell a function, whose times vary, from
// a wait, whose would not. Before a function has run once there is nothing to draw.
type paces struct {
	mu     sync.Mutex
	recent map[string]*recentTimes
}

// recentTimes are the last times that a function took; the oldest makes place.
type recentTimes struct {
	times [64]time.Duration
	noted int
}

// longestPace is what three tries at a function take at most.
const longestPace = 15 * time.Second

func (p *paces) note(poolID string, k trigger.Kind, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.recent == nil {
		p.recent = map[string]*recentTimes{}
	}
	r := p.recent[poolID+"/"+string(k)]
	if r == nil {
		r = new(recentTimes)
		p.recent[poolID+"/"+string(k)] = r
	}
	r.times[r.noted%len(r.times)] = min(max(took, 0), longestPace)
	r.noted++
}

// draw is one of the times that the function took; 0 if it never ran. Who could
// foretell which would have to know all that was noted.
func (p *paces) draw(poolID string, k trigger.Kind) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.recent[poolID+"/"+string(k)]
	if r == nil {
		return 0
	}
	return r.times[rand.IntN(min(r.noted, len(r.times)))]
}

// wait takes as long as the pool's function may have taken, if the pool has one.
func (p *paces) wait(ctx context.Context, pool *Pool, k trigger.Kind) error {
	if pool.function(k) == "" {
		return nil
	}
	took := p.draw(pool.ID, k)
	if took <= 0 {
		return nil
	}
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
