package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// trusted is the share of the processors that others may use while we measure.
// Above it, caches and turns that are not ours decide about the figures: processor
// time per request grows with them, and not for every server alike.
const trusted = 0.10

// usage is the processor time that has been used since some moment.
type usage struct {
	at         time.Time
	everybody  time.Duration // all processors, what a host above us took included
	ours, host time.Duration // of everybody: this benchmark's; what the host took
}

// used reads the clocks of the machine, and of what belongs to the site.
func (s *site) used() (usage, error) {
	u := usage{at: time.Now()}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return u, err
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	fields := bytes.Fields(line) // cpu user nice system idle iowait irq softirq steal guest guest_nice
	if len(fields) < 9 {
		return u, fmt.Errorf("/proc/stat begins with %q", line)
	}
	for i, field := range fields[1:9] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return u, err
		}
		switch spent := time.Duration(n) * tick; i {
		case 3, 4: // idle, and waiting for disks
		case 7:
			u.host += spent
			u.everybody += spent
		default:
			u.everybody += spent
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} { // wrk is a child that has ended
		var r syscall.Rusage
		if err := syscall.Getrusage(who, &r); err != nil {
			return u, err
		}
		u.ours += time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	for _, p := range s.processes() {
		spent, err := p.family()
		if err != nil {
			return u, err
		}
		u.ours += spent
	}
	return u, nil
}

// strangers is the share of all processors that neither we nor idling had.
func strangers(from, to usage) float64 {
	others := (to.everybody - from.everybody) - (to.ours - from.ours)
	return max(0, others.Seconds()/(to.at.Sub(from.at).Seconds()*float64(runtime.NumCPU())))
}

// judge says how busy the machine was, and whether that lets the figures count.
func judge(out io.Writer, others []float64, before string) bool {
	middle, least, most := spread(others)
	fmt.Fprintf(out, "\nload      %s before, %s after; other programs had %.0f %% of the processors (%.0f .. %.0f)\n",
		before, firstField("/proc/loadavg"), 100*middle, 100*least, 100*most)
	if middle > trusted {
		fmt.Fprintf(out, "NOT TO BE TRUSTED: the machine was busy with other things (over %.0f %%). Run it again on a quiet one.\n", 100*trusted)
	}
	return middle <= trusted
}
