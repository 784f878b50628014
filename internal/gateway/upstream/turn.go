package upstream

import (
	"errors"
	"io"
	"syscall"
)

// errStale is an idle connection on which nothing can be sent any more, or on
// which the server spoke unasked. Nothing of the request has been written.
var errStale = errors.New("a connection kept from before was closed, or the server spoke unasked")

// turned is where a turn stands.
type turned struct {
	sent int  // bytes of out
	done bool // the request was written, as far as the socket took it
	n    int  // bytes of the answer
	err  error
}

// turn sends out and waits for the first of the answer, in one turn at the
// socket. Apart, these are a look whether the connection is alive, a write, a read
// that is tried before the server can have answered, and the read that counts. What
// comes while the turn lasts wakes it, because it has begun to listen before it looks.
func (c *conn) turn() error {
	if c.start != c.end {
		return errStale
	}
	c.start, c.end = 0, 0
	c.turned = turned{}
	err := c.socket.Read(c.step)
	t := c.turned
	switch {
	case t.err != nil:
		return t.err
	case err != nil: // the deadline, or a caller who went away
		return err
	case t.sent < len(c.out): // more than the socket takes at once
		return c.write(c.out[t.sent:])
	}
	return c.took(t.n)
}

// stepAt is called again when there is something to read.
func (c *conn) stepAt(descriptor uintptr) (ended bool) {
	t := &c.turned
	if !t.done {
		if c.reused {
			if c.lookAt(descriptor); !c.silent {
				t.err = errStale
				return true
			}
		}
		n, err := again(syscall.Write, descriptor, c.out)
		if err != nil && err != syscall.EAGAIN {
			t.err = err
			return true
		}
		t.sent, t.done, c.written = max(n, 0), true, n > 0
		return t.sent < len(c.out)
	}
	n, err := again(syscall.Read, descriptor, c.in)
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil:
		t.err = err
	case n == 0:
		t.err = io.ErrUnexpectedEOF
	default:
		t.n = n
	}
	return true
}

// again repeats a call that a signal has interrupted.
func again(call func(int, []byte) (int, error), descriptor uintptr, b []byte) (n int, err error) {
	for {
		if n, err = call(int(descriptor), b); err != syscall.EINTR {
			return n, err
		}
	}
}
