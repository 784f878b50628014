package upstream

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	usualRoom = 4 << 10  // of the buffer that heads are read into
	oneWrite  = 16 << 10 // head and body up to here leave in one write
	// aside is the size from which a body is written beside the reading: less
	// fits into the buffers of any socket, so writing it does not wait.
	aside = 64 << 10
)

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// conn is one connection. It belongs to one request at a time.
type conn struct {
	net    net.Conn
	plain  net.Conn        // below TLS, or net itself
	socket syscall.RawConn // below TLS; nil: it cannot be asked whether it is alive
	direct bool            // TCP without TLS: turn can be used
	reused bool            // it has carried a request before
	origin origin
	since  time.Time // idle since

	in         []byte // in[start:end] is what has been read and not yet used
	start, end int
	out        []byte

	begun   bool // something of the answer has come
	written bool // something of the request may have been sent
	silent  bool // what the last look at the socket said
	cancel  func()
	look    func(descriptor uintptr) bool
	step    func(descriptor uintptr) bool
	turned  turned
}

// dial connects and, for https, proves that the server is who the URL says.
func (c *Client) dial(ctx context.Context, o origin) (*conn, error) {
	plain, err := c.config.Dial(ctx, "tcp", o.address())
	if err != nil {
		return nil, err
	}
	made := &conn{net: plain, plain: plain, origin: o, in: make([]byte, usualRoom)}
	made.cancel = func() { _ = made.net.SetDeadline(longAgo) }
	made.look, made.step = made.lookAt, made.stepAt
	if socket, ok := plain.(syscall.Conn); ok {
		made.socket, _ = socket.SyscallConn()
	}
	if !o.secure {
		_, tcp := plain.(*net.TCPConn)
		made.direct = tcp && made.socket != nil
		return made, nil
	}
	config := c.tls.Clone()
	config.ServerName = o.name()
	secure := tls.Client(plain, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, classifyHandshake(err)
	}
	made.net = secure
	return made, nil
}

// alive says whether an idle connection can carry a request: it is open, and
// the server has said nothing since its last answer. What it says unasked would be
// taken for the answer to whatever is sent next.
func (c *conn) alive() bool {
	if c.socket == nil || c.start != c.end {
		return false
	}
	c.silent = false
	if err := c.socket.Read(c.look); err != nil || !c.silent {
		return false
	}
	if secure, ok := c.net.(*tls.Conn); ok {
		// What TLS has decrypted and nobody has read. With this deadline it asks
		// its own memory and not the network.
		_ = secure.SetReadDeadline(longAgo)
		n, err := secure.Read(c.in[:1])
		return n == 0 && os.IsTimeout(err)
	}
	return true
}

// lookAt reads without waiting. Nothing there is the only good answer.
func (c *conn) lookAt(descriptor uintptr) bool {
	var one [1]byte
	n, err := syscall.Read(int(descriptor), one[:])
	c.silent = n < 0 && (err == syscall.EAGAIN || err == syscall.EWOULDBLOCK)
	return true
}

// exchange sends q and reads the answer. keep says that the connection can carry
// another request.
func (c *conn) exchange(q *Request, a *Answer) (keep bool, err error) {
	c.begun, c.written = false, false
	c.out = q.appendHead(c.out[:0])
	atOnce := len(c.out)+len(q.Body) <= oneWrite
	if c.direct && c.reused && !atOnce && !c.alive() {
		return false, errStale
	}
	if len(q.Body) > aside {
		return c.exchangeAside(q, a)
	}
	if atOnce {
		if c.out = append(c.out, q.Body...); c.direct {
			err = c.turn()
		} else {
			err = c.write(c.out)
		}
	} else {
		err = c.writeBoth(q.Body)
	}
	if cap(c.out) > oneWrite {
		c.out = nil
	}
	if err != nil {
		return false, err
	}
	return c.answer(q, a)
}

func (c *conn) write(b []byte) error {
	n, err := c.net.Write(b)
	_, plain := c.net.(*net.TCPConn)
	c.written = c.written || n > 0 || !plain // what TLS has put on the way, nobody knows
	return err
}

// writeBoth writes head and body in one system call, without copying the body.
func (c *conn) writeBoth(body []byte) error {
	c.written = true
	buffers := net.Buffers{c.out, body}
	_, err := buffers.WriteTo(c.net)
	return err
}

// exchangeAside writes a large body while it reads: a server may answer, that it
// is too large for example, without having read all of it.
func (c *conn) exchangeAside(q *Request, a *Answer) (keep bool, err error) {
	c.written = true
	sent := make(chan error, 1)
	go func() {
		buffers := net.Buffers{c.out, q.Body}
		_, err := buffers.WriteTo(c.net)
		sent <- err
	}()
	keep, err = c.answer(q, a)
	select {
	case failed := <-sent:
		return keep && failed == nil, err
	default: // answered before it was told everything
		c.close()
		<-sent // the body is the caller's again
		return false, err
	}
}

// answer reads the answer to q, past those that are not final.
func (c *conn) answer(q *Request, a *Answer) (keep bool, err error) {
	budget := mostHead
	for range mostInterim + 1 {
		head, err := c.readHead(&budget)
		if err != nil {
			return false, err
		}
		f, err := parseHead(head, a)
		if err != nil {
			return false, err
		}
		if a.Status >= 200 {
			return c.finish(q, a, f, &budget)
		}
		if a.Status == 101 || f.chunked || f.length >= 0 {
			return false, malformed("an interim answer has a body, or changes the protocol")
		}
	}
	return false, malformed("there are too many interim answers")
}

func (c *conn) finish(q *Request, a *Answer, f framing, budget *int) (keep bool, err error) {
	a.Body = a.Body[:0]
	switch {
	case q.Method == "HEAD" || a.Status == 304:
	case a.Status == 204:
		// It cannot have a body. A server that announces one may also send it.
		f.close = f.close || f.chunked || f.length > 0
	default:
		if err := c.readBody(a, f, q.MaxBody, budget); err != nil {
			return false, err
		}
		f.close = f.close || !f.chunked && f.length < 0
	}
	return !f.close && c.start == c.end, nil
}

// compact moves what is unread to the front.
func (c *conn) compact() {
	if c.start > 0 {
		c.end = copy(c.in, c.in[c.start:c.end])
		c.start = 0
	}
}

// fill reads more, behind what is unread. Before, compact has made room.
func (c *conn) fill() error {
	if c.end == len(c.in) {
		larger := make([]byte, 2*len(c.in))
		copy(larger, c.in)
		c.in = larger
	}
	n, err := c.net.Read(c.in[c.end:])
	if n > 0 {
		return c.took(n) // an error comes again
	}
	return endIsUnexpected(err)
}

// took counts bytes in that were read to the end of what is there.
func (c *conn) took(n int) error {
	c.end += n
	first := !c.begun
	c.begun = true
	if first && !looksLikeHTTP(c.in[:c.end]) {
		return malformed("the answer does not begin as HTTP/1 does")
	}
	return nil
}

// looksLikeHTTP spares the wait for the line end of a protocol that has none.
func looksLikeHTTP(b []byte) bool {
	const begin = "HTTP/1."
	n := min(len(b), len(begin))
	return string(b[:n]) == begin[:n]
}

func endIsUnexpected(err error) error {
	switch err {
	case io.EOF:
		return io.ErrUnexpectedEOF
	case nil:
		return io.ErrNoProgress
	}
	return err
}

// close never waits. TLS would say goodbye first, and wait for a server that reads
// nothing any more: five seconds, in which whoever holds the pool's mutex keeps all
// other servers waiting. Nobody needs that goodbye, as no answer ends by it.
func (c *conn) close() { _ = c.plain.Close() }
