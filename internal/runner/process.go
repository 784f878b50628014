package runner

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// phase is where a process stands in the Runtime API.
type phase uint8

const (
	starting phase = iota // has not asked for an event yet
	ready                 // its poll is open
	busy                  // has an event
	answered              // has answered and is expected to poll again at once
	away                  // will be of use again only when it polls
)

// cause is why the runner ended a process; the first one counts.
type cause uint32

const (
	causeNone cause = iota // it ended by itself
	causeRetired
	causeTime
	causeMemory
	causeCaller
	causeProcesses
)

// process is one running instance of a function.
type process struct {
	runner   *Runner
	function *Function
	pool     *pool
	system   *os.Process // set before anything can reach it
	dir      string      // its temporary folder
	listener net.Listener
	output   *output
	timer    *time.Timer // of the event; only run uses it
	started  time.Time
	expires  time.Time     // of its credentials; zero: never
	valid    func() bool   // asks whether they are still good; may be nil
	gone     chan struct{} // closed when the process and its group have ended
	polled   chan struct{} // closed at the first poll: the start is over
	answers  chan answer   // one per event
	peak     atomic.Int64  // most bytes resident, as far as seen
	ended    atomic.Uint32 // a cause

	// Runner.mu guards these.
	held, listed, evicted bool
	idleSince             time.Time

	mu        sync.Mutex
	reaped    bool // the process id is no longer ours
	phase     phase
	poll      *conn  // the open poll, when ready
	queued    *Event // to be sent at the next poll, when answered
	id        string // of the event under way, or of the last one
	eventAt   time.Time
	served    int
	initTook  time.Duration
	initError []byte // what it said to /runtime/init/error
	exit      string // "exit status 1", "signal: killed"; "" for status 0
	conns     map[*conn]struct{}
	accused   bool // a stranger at its listener was logged
}

// answer is what the process made of an event.
type answer struct {
	payload  []byte
	failed   bool
	tooLarge bool
	ended    bool // there is none: the process ended
}

// available says whether the process could take an event now or any moment.
func (p *process) available() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return (p.phase == ready || p.phase == answered) && p.ended.Load() == 0 && !p.reaped
}

// offer hands the process an event: at once when it polls, else with its next poll.
func (p *process) offer(e *Event) bool {
	p.mu.Lock()
	if p.ended.Load() != 0 || p.reaped {
		p.mu.Unlock()
		return false
	}
	switch p.phase {
	case ready:
		c := p.poll
		p.take(e)
		p.mu.Unlock()
		c.sendEvent(p, e)
		return true
	case answered:
		p.queued = e
		p.mu.Unlock()
		return true
	default:
		p.mu.Unlock()
		return false
	}
}

// take begins an event. p.mu is held.
func (p *process) take(e *Event) {
	p.phase, p.poll, p.queued, p.id = busy, nil, nil, e.RequestID
	p.eventAt = time.Now()
	p.served++
	p.output.begin(e.RequestID, p.function.Version)
}

func (p *process) taken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queued == nil
}

func (p *process) began() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.eventAt
}

// takeBack withdraws an event that the process has not taken; it is then
// of no use until it polls.
func (p *process) takeBack() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queued == nil {
		return false
	}
	p.queued = nil
	p.phase = away
	return true
}

// next is the process asking for an event on c. It returns the event that
// waits for it, if any; refused is the answer to a poll out of turn.
func (p *process) next(c *conn) (e *Event, refused bool) {
	p.mu.Lock()
	first := false
	switch p.phase {
	case ready, busy:
		p.mu.Unlock()
		return nil, true
	case starting:
		first = true
		p.initTook = time.Since(p.started)
	}
	if e = p.queued; e != nil {
		p.take(e)
		p.mu.Unlock()
		return e, false
	}
	p.phase, p.poll = ready, c
	p.mu.Unlock()
	if first {
		close(p.polled)
	}
	p.runner.settle(p)
	return nil, false
}

// lost is the end of connection c.
func (p *process) lost(c *conn) {
	p.mu.Lock()
	delete(p.conns, c)
	open := p.poll == c
	if open {
		p.poll, p.phase = nil, away
	}
	p.mu.Unlock()
	if open {
		p.runner.settle(p)
	}
}

// outcome of a message from the process.
type outcome uint8

const (
	accepted outcome = iota
	unknownRequest
	outOfTurn
)

// expects says whether an answer to the event id is due. It is asked before
// the body is read.
func (p *process) expects(id []byte) outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.expectsLocked(id)
}

func (p *process) expectsLocked(id []byte) outcome {
	switch {
	case p.id == "" || p.id != string(id):
		return unknownRequest
	case p.phase != busy:
		return outOfTurn
	}
	return accepted
}

// finish is the process's answer to the event id.
func (p *process) finish(id []byte, a answer) outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.expectsLocked(id)
	if o == accepted {
		p.phase = answered
		p.answers <- a
	}
	return o
}

// failStart is a report to /runtime/init/error.
func (p *process) failStart(document []byte) outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != starting || p.initError != nil {
		return outOfTurn
	}
	p.initError = document
	return accepted
}

// kill ends the process and everything it started. It does not wait.
func (p *process) kill(why cause) {
	p.ended.CompareAndSwap(0, uint32(why))
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		killGroup(p.system.Pid)
	}
}

// reap ends the group of a process that has ended, and gives everything back.
func (p *process) reap() {
	killGroup(p.system.Pid)
	p.mu.Lock()
	p.reaped = true
	state, err := p.system.Wait()
	p.mu.Unlock()
	switch {
	case err != nil:
		p.exit = err.Error()
	case !state.Success():
		p.exit = state.String()
	}
	reapOrphans(p.system.Pid)
	p.listener.Close()
	p.mu.Lock()
	for c := range p.conns {
		c.close()
	}
	p.mu.Unlock()
	p.output.finish()
	removeAll(p.dir)
	close(p.gone)
	p.runner.gone(p.pool, p, p.function)
}
