package runner

import (
	"context"
	"errors"
	"time"
)

// MaxPayload is the most bytes of an event or an answer: AWS's 6 MB plus 100 bytes.
const MaxPayload = 6*1024*1024 + 100

const (
	defaultTimeout  = 3 * time.Second
	defaultMemoryMB = 128
	initTimeout     = 10 * time.Second // what a start may take before it eats into the event's own time
	// pollGrace is how long an event waits for a process that has answered but
	// not asked for more yet, before another process takes it.
	pollGrace = 50 * time.Millisecond
)

var (
	errPayload   = errors.New("runner: the event is over 6291556 bytes")
	errRequestID = errors.New("runner: Event.RequestID must be 1 to 128 letters, digits or hyphens")
)

// Invoke runs f on event. A function that fails, crashes or runs out of time
// or memory is a Result with FunctionError; an error means that it was never
// asked: ErrBusy, ErrClosed, ctx's, or that of Config.Credentials. When ctx ends, the process that holds the event is killed, which is a
// Result too; an event that still waits is given up with ctx's error.
func (r *Runner) Invoke(ctx context.Context, f *Function, e Event) (Result, error) {
	switch {
	case len(e.Payload) > MaxPayload:
		return Result{}, errPayload
	case !validRequestID(e.RequestID):
		return Result{}, errRequestID
	}
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	// A process can end between its last poll and the event, or have credentials
	// that are over: another one is asked.
	for range 8 + r.config.Processes {
		pool, g := r.enter(ctx, f)
		if pool == nil {
			return Result{}, g.err
		}
		var result Result
		asked, err := true, g.err
		switch {
		case g.failed != nil:
			result = g.failed.result(f, &e)
		case g.process != nil && !g.process.current():
			g.process.kill(causeRetired)
			asked = false
		case g.process != nil:
			result, asked, err = g.process.run(ctx, &e)
		}
		r.leave(pool, g.process, f)
		if asked || err != nil {
			return result, err
		}
	}
	return Result{}, ErrBusy
}

func validRequestID(id string) bool {
	if len(id) == 0 || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-') {
			return false
		}
	}
	return true
}

func (f *Function) timeout() time.Duration {
	if f.Timeout <= 0 {
		return defaultTimeout
	}
	return f.Timeout
}

func (f *Function) memoryMB() int {
	if f.MemoryMB <= 0 {
		return defaultMemoryMB
	}
	return f.MemoryMB
}

// run gives the process an event and waits for what comes of it. asked is
// false when the process never took the event.
func (p *process) run(ctx context.Context, e *Event) (result Result, asked bool, err error) {
	if !p.offer(e) {
		return Result{}, false, nil
	}
	limit := p.function.timeout()
	if p.taken() {
		p.timer.Reset(limit)
	} else {
		p.timer.Reset(pollGrace)
	}
	defer p.timer.Stop()
	for {
		select {
		case a := <-p.answers:
			return p.conclude(e, a), true, nil
		case <-p.gone:
			// An answer that came just before the end counts.
			select {
			case a := <-p.answers:
				return p.conclude(e, a), true, nil
			default:
			}
			if p.takeBack() {
				return Result{}, false, nil
			}
			return p.conclude(e, answer{ended: true}), true, nil
		case <-ctx.Done():
			if p.takeBack() {
				return Result{}, false, ctx.Err()
			}
			p.kill(causeCaller)
			<-p.gone
			return p.conclude(e, answer{ended: true}), true, nil
		case <-p.timer.C:
			if p.takeBack() {
				return Result{}, false, nil
			}
			if left := limit - time.Since(p.began()); left > 0 {
				p.timer.Reset(left) // the event was taken during the grace
				continue
			}
			p.kill(causeTime)
			<-p.gone
			select {
			case a := <-p.answers: // it was on time after all
				return p.conclude(e, a), true, nil
			default:
			}
			return p.conclude(e, answer{ended: true}), true, nil
		}
	}
}
