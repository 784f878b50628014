package runner

import (
	"bytes"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	tailSize = 4 << 10  // of Result.Log, as AWS returns it
	lineSize = 64 << 10 // a longer line is cut into lines of this size
	// A process may print so much a second on average, and a burst of it, before lines are dropped.
	printRate  = 1 << 20
	printBurst = 8 << 20
)

// output is what one process prints: standard output and standard error
// through one pipe, so that their order holds. The pipe is always read, so
// that a function never stands still because nobody listens.
type output struct {
	pipe *os.File
	sink func(id string, lines []byte)

	mu      sync.Mutex
	fd      int // -1 when closed
	id      string
	line    []byte // not ended yet
	tail    []byte // of the current event, or of the start
	block   []byte // complete lines that the sink has not seen
	allowed int    // bytes that may still be printed
	dropped int
	filled  time.Time
	buffer  []byte
	done    chan struct{}
}

func newOutput(pipe *os.File, sink func(string, []byte)) *output {
	o := &output{pipe: pipe, sink: sink, fd: -1, allowed: printBurst, filled: time.Now(), done: make(chan struct{})}
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { o.fd = int(fd) })
	}
	return o
}

// read follows the pipe until every writer has closed it.
func (o *output) read() {
	defer close(o.done)
	raw, err := o.pipe.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(func(uintptr) bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		end := o.drain()
		o.flush()
		return end
	})
}

// drain takes what is in the pipe now, up to a bound, and says whether it has
// ended. What a function wrote before it answered is in the pipe by then, so
// draining when the answer arrives puts each line with its own event.
func (o *output) drain() (end bool) {
	if o.fd < 0 {
		return true
	}
	if o.buffer == nil {
		o.buffer = make([]byte, 16<<10)
	}
	for range 64 {
		n, err := unix.Read(o.fd, o.buffer)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return false
		case err != nil || n == 0:
			return true
		}
		o.add(o.buffer[:n])
		if n < len(o.buffer) {
			return false // the poller tells when there is more
		}
	}
	return false
}

// add splits what was printed into lines.
func (o *output) add(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			o.line = append(o.line, b...)
			for len(o.line) >= lineSize {
				o.emit(o.line[:lineSize])
				o.line = append(o.line[:0], o.line[lineSize:]...)
			}
			return
		}
		if len(o.line) > 0 {
			o.line = append(o.line, b[:i]...)
			o.emit(o.line)
			o.line = o.line[:0]
		} else {
			o.emit(b[:i])
		}
		b = b[i+1:]
	}
}

func (o *output) emit(line []byte) {
	o.tail = append(append(o.tail, line...), '\n')
	if len(o.tail) > 4*tailSize {
		o.tail = append(o.tail[:0], o.tail[len(o.tail)-tailSize:]...)
	}
	if o.allowed < len(line)+1 {
		now := time.Now()
		o.allowed = min(printBurst, o.allowed+int(now.Sub(o.filled).Seconds()*printRate))
		o.filled = now
		if o.allowed < len(line)+1 {
			o.dropped++
			return
		}
	}
	o.allowed -= len(line) + 1
	if o.dropped > 0 {
		o.block = append(o.block, "(lines were dropped: the function prints too much)\n"...)
		o.dropped = 0
	}
	o.block = append(append(o.block, line...), '\n')
}

// flush gives complete lines to the sink.
func (o *output) flush() {
	if len(o.block) > 0 {
		o.sink(o.id, o.block)
		o.block = o.block[:0]
	}
}

// begin starts the log of an event. What was printed since the last one
// belongs to that one; what was printed during the start belongs to this.
func (o *output) begin(id, version string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drain()
	o.flush()
	if o.id != "" {
		o.tail = o.tail[:0]
	}
	o.id = id
	n := len(o.block)
	o.block = append(append(append(append(append(o.block, "START RequestId: "...), id...), " Version: "...), version...), '\n')
	o.tail = append(o.tail, o.block[n:]...)
}

// end closes the log of the event and returns the last 4 KiB of it.
func (o *output) end(id string, l reportLine) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drain()
	if len(o.line) > 0 {
		o.emit(o.line)
		o.line = o.line[:0]
	}
	n := len(o.block)
	o.block = l.append(o.block, id)
	o.tail = append(o.tail, o.block[n:]...)
	o.flush()
	return append([]byte(nil), lastOf(o.tail, tailSize)...)
}

// takeTail is what was printed during a start that failed.
func (o *output) takeTail() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]byte(nil), lastOf(o.tail, tailSize)...)
}

// finish reads the rest after the process and its group have ended.
func (o *output) finish() {
	select {
	case <-o.done:
	case <-time.After(time.Second): // someone outside the group holds the pipe
	}
	o.mu.Lock()
	if len(o.line) > 0 {
		o.emit(o.line)
		o.line = nil
	}
	o.flush()
	o.fd = -1
	o.mu.Unlock()
	o.pipe.Close()
}

func lastOf(b []byte, n int) []byte {
	if len(b) > n {
		return b[len(b)-n:]
	}
	return b
}
