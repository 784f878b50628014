package runner

import (
	"slices"
	"time"
)

const (
	lookMain  = 100 * time.Millisecond // between looks at the memory of busy processes
	lookGroup = 10                     // every so many looks, their children are counted too
)

// mostProcesses of one function instance, as on AWS.
const mostProcesses = 1024

// group is what the processes of one process group use together.
type group struct {
	resident  int64 // bytes
	processes int
}

// watch ends what has been idle for too long or has grown too large. It sleeps
// when there is no process.
func (r *Runner) watch() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for look := 1; ; look++ {
		r.mu.Lock()
		procs := make([]*process, 0, len(r.all))
		held := r.starting > 0
		for p := range r.all {
			procs = append(procs, p)
			held = held || p.held
		}
		r.endIdle(time.Now())
		r.mu.Unlock()

		whole := look%lookGroup == 0
		var all map[int]group
		if whole && len(procs) > 0 {
			all = groups()
		}
		for _, p := range procs {
			p.sample()
			g := all[p.system.Pid]
			if g.resident > p.peak.Load() {
				p.peak.Store(g.resident)
			}
			if g.processes > mostProcesses {
				p.kill(causeProcesses)
			}
			if p.peak.Load() > int64(p.function.memoryMB())<<20 {
				p.kill(causeMemory)
			}
		}

		wait := lookMain
		switch {
		case len(procs) == 0:
			wait = time.Hour
		case !held:
			// Nothing runs: look rarely, but in time for what is idle.
			wait = min(time.Second, r.config.Idle/4+time.Millisecond)
			look = lookGroup - 1
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-r.watching:
		case <-r.ended:
			return
		}
	}
}

// endIdle ends processes that nobody has needed for Config.Idle, or that nobody
// may use any more. r.mu is held.
func (r *Runner) endIdle(now time.Time) {
	for _, pool := range r.pools {
		pool.idle = slices.DeleteFunc(pool.idle, func(p *process) bool {
			if now.Sub(p.idleSince) < r.config.Idle && p.lasting() {
				return false
			}
			p.listed = false
			p.kill(causeRetired)
			return true
		})
	}
}

// sample looks at the memory of the process itself.
func (p *process) sample() {
	if n := memoryOf(p.system.Pid); n > p.peak.Load() {
		p.peak.Store(n)
	}
}
