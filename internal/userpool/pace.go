package userpool

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// paces remember how long a pool's functions took the last time. Where a function
// runs for users only, a client that hides its users has nobody wait as long: the
// time of an answer would tell otherwise who has an account.
type paces struct {
	mu   sync.Mutex
	last map[string]time.Duration
}

// longestPace is what three tries at a function take at most.
const longestPace = 15 * time.Second

func (p *paces) note(poolID string, k trigger.Kind, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.last = map[string]time.Duration{}
	}
	p.last[poolID+"/"+string(k)] = min(max(took, 0), longestPace)
}

// wait takes as long as the pool's function took, if the pool has one.
func (p *paces) wait(ctx context.Context, pool *Pool, k trigger.Kind) error {
	if pool.function(k) == "" {
		return nil
	}
	p.mu.Lock()
	took := p.last[pool.ID+"/"+string(k)]
	p.mu.Unlock()
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
