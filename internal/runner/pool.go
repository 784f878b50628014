package runner

import (
	"context"
	"slices"
	"time"
)

// pool is the processes of one Function.ID. Runner.mu guards it.
type pool struct {
	idle      []*process // ready for an event, newest last
	processes int        // started or starting
	starting  int
	events    int // under way or waiting
	waiters   int
	retired   bool
}

// waiter is an event that has no process yet.
type waiter struct {
	pool     *pool
	function *Function
	got      chan grant
}

// grant ends a wait: a process, a start that failed, or an error.
type grant struct {
	process *process
	failed  *startFailure
	err     error
}

// enter counts an event in and finds it a process. A function at its own
// Concurrency is refused at once, as AWS throttles; the limits of this machine,
// which AWS does not have, are waited for, up to Config.Wait.
func (r *Runner) enter(ctx context.Context, f *Function) (*pool, grant) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, grant{err: ErrClosed}
	}
	p := r.pools[f.ID]
	if p == nil {
		p = &pool{}
		r.pools[f.ID] = p
	}
	if f.Concurrency > 0 && p.events >= f.Concurrency || len(r.waiting) >= mostWaiting {
		r.mu.Unlock()
		return nil, grant{err: ErrBusy}
	}
	p.events++
	if n := len(p.idle); n > 0 {
		warm := p.idle[n-1]
		p.idle = p.idle[:n-1]
		warm.listed, warm.held = false, true
		r.mu.Unlock()
		return p, grant{process: warm}
	}
	w := &waiter{pool: p, function: f, got: make(chan grant, 1)}
	r.waiting = append(r.waiting, w)
	p.waiters++
	r.schedule()
	r.mu.Unlock()
	return p, r.wait(ctx, w)
}

// mostWaiting events wait for room at the same time; one more is refused.
const mostWaiting = 1000

func (r *Runner) wait(ctx context.Context, w *waiter) grant {
	limit := time.NewTimer(r.config.Wait)
	defer limit.Stop()
	for {
		select {
		case g := <-w.got:
			return g
		case <-ctx.Done():
			if g, granted := r.giveUp(w); granted {
				return g
			}
			return grant{err: ctx.Err()}
		case <-limit.C:
			r.mu.Lock()
			starting := w.pool.starting > 0
			r.mu.Unlock()
			if starting { // a slow start is bounded by its own limit, not by this one
				limit.Reset(r.config.Wait)
				continue
			}
			if g, granted := r.giveUp(w); granted {
				return g
			}
			return grant{err: ErrBusy}
		}
	}
}

// giveUp takes w off the list, unless it was granted meanwhile.
func (r *Runner) giveUp(w *waiter) (grant, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case g := <-w.got:
		return g, true
	default:
	}
	if i := slices.Index(r.waiting, w); i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
		w.pool.waiters--
	}
	return grant{}, false
}

// leave counts an event out and gives its process back.
func (r *Runner) leave(p *pool, held *process, f *Function) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.events--
	if held != nil {
		held.held = false
		r.settleLocked(held)
	}
	r.dropEmpty(p, f.ID)
}

// dropEmpty forgets a pool that has nothing left to remember.
func (r *Runner) dropEmpty(p *pool, id string) {
	if p.processes == 0 && p.events == 0 && r.pools[id] == p {
		delete(r.pools, id)
	}
}

// settle brings the lists in line with what p can do now. It is called after
// every change of a process's phase, in any order, and is idempotent.
func (r *Runner) settle(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settleLocked(p)
}

func (r *Runner) settleLocked(p *process) {
	free := !p.held && p.available()
	switch {
	case p.listed && !free:
		p.pool.idle = slices.DeleteFunc(p.pool.idle, func(q *process) bool { return q == p })
		p.listed = false
	case p.listed || !free:
	case r.closed:
		p.kill(causeRetired)
	case p.pool.waiters > 0:
		p.held = true
		r.grant(p.pool, grant{process: p})
	case p.pool.retired:
		p.kill(causeRetired)
	default:
		p.idleSince = time.Now()
		p.listed = true
		p.pool.idle = append(p.pool.idle, p)
	}
	if len(r.waiting) > 0 {
		r.schedule()
	}
}

// grant gives g to the event of p that has waited longest.
func (r *Runner) grant(p *pool, g grant) {
	for i, w := range r.waiting {
		if w.pool == p {
			r.waiting = slices.Delete(r.waiting, i, i+1)
			p.waiters--
			w.got <- g
			return
		}
	}
}

// schedule starts processes for those who wait, oldest first, as far as the
// limits allow, ending the process that has been idle longest to make room.
func (r *Runner) schedule() {
	for _, w := range r.waiting {
		if r.closed || r.starting >= r.config.Starts {
			return
		}
		p := w.pool
		if p.starting >= p.waiters || w.function.Concurrency > 0 && p.processes >= w.function.Concurrency {
			continue
		}
		if r.total >= r.config.Processes {
			if r.ending == 0 {
				r.evict() // its place is free when it is gone, and gone calls schedule again
			}
			return
		}
		r.total++
		r.starting++
		p.processes++
		p.starting++
		f := w.function
		r.running.Go(func() { r.launch(p, f) })
	}
}

// evict ends the process that has been idle longest.
func (r *Runner) evict() {
	var oldest *process
	for _, p := range r.pools {
		if len(p.idle) > 0 && (oldest == nil || p.idle[0].idleSince.Before(oldest.idleSince)) {
			oldest = p.idle[0]
		}
	}
	if oldest != nil {
		oldest.pool.idle = oldest.pool.idle[1:]
		oldest.listed = false
		oldest.evicted = true
		r.ending++
		oldest.kill(causeRetired)
	}
}

// gone gives back the place of a process that has ended, or never came to be.
func (r *Runner) gone(p *pool, ended *process, f *Function) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total--
	p.processes--
	if ended != nil {
		delete(r.all, ended)
		if ended.evicted {
			r.ending--
		}
		if ended.listed {
			p.idle = slices.DeleteFunc(p.idle, func(q *process) bool { return q == ended })
			ended.listed = false
		}
	}
	r.schedule()
	r.dropEmpty(p, f.ID)
}
