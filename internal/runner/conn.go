package runner

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"
)

// The Runtime API (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), one
// listener for each process.
const (
	pathNext      = "/2018-06-01/runtime/invocation/next"
	pathInitError = "/2018-06-01/runtime/init/error"
	pathEvent     = "/2018-06-01/runtime/invocation/" // {id}/response, {id}/error

	mostConns  = 32       // connections of one process at once
	smallEvent = 32 << 10 // fits the socket's buffer: writing it cannot block
)

var (
	replyAccepted  = reply(202, "Accepted", `{"status":"OK"}`)
	replyNotFound  = reply(404, "Not Found", `{"errorMessage":"The Runtime API has no such resource","errorType":"NotFound"}`)
	replyUnknownID = reply(400, "Bad Request", `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`)
	replyOutOfTurn = reply(403, "Forbidden", `{"errorMessage":"This is not due in the runtime's present state","errorType":"InvalidStateTransition"}`)
	replyTooLarge  = reply(413, "Request Entity Too Large", `{"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}`)
	replyBad       = []byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	replyContinue  = []byte("HTTP/1.1 100 Continue\r\n\r\n")
)

func reply(status int, text, body string) []byte {
	return []byte("HTTP/1.1 " + strconv.Itoa(status) + " " + text +
		"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// conn is one connection of a process to its Runtime API.
type conn struct {
	net     net.Conn
	reader  *bufio.Reader
	request request

	write  sync.Mutex // an event and a reply never mix
	buffer []byte
}

// serve accepts the process's connections until it ends.
func (p *process) serve() {
	port := p.listener.Addr().(*net.TCPAddr).Port
	for {
		nc, err := p.listener.Accept()
		if err != nil {
			return // closed when the process has ended
		}
		if !p.owns(nc, port) {
			nc.Close()
			continue
		}
		c := &conn{net: nc, reader: bufio.NewReaderSize(nc, readBuffer)}
		p.mu.Lock()
		refused := p.reaped || len(p.conns) >= mostConns
		if !refused {
			p.conns[c] = struct{}{}
		}
		p.mu.Unlock()
		if refused {
			nc.Close()
			continue
		}
		go c.serve(p)
	}
}

// owns says whether the other end of nc belongs to the process's group. Any
// local process can reach the port; only the function may use it.
func (p *process) owns(nc net.Conn, port int) bool {
	peer, ok := nc.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return false
	}
	owned, stranger := ownsSocket(p.system.Pid, peer.Port, port)
	if stranger {
		p.mu.Lock()
		first := !p.accused
		p.accused = true
		p.mu.Unlock()
		if first {
			p.runner.log.Warn("refused a connection to a function's Runtime API from outside its process", "function", p.function.Name)
		}
	}
	return owned
}

func (c *conn) close() { c.net.Close() }

func (c *conn) serve(p *process) {
	defer p.lost(c)
	defer c.close()
	q := &c.request
	for {
		err := readRequest(c.reader, q)
		if c.polling(p) { // it may say nothing while it waits for an event
			return
		}
		if err == nil {
			err = c.answer(p, q)
		}
		if err != nil {
			var bad badRequest
			if errors.As(err, &bad) {
				c.send(replyBad)
			}
			return
		}
		if q.close {
			return
		}
	}
}

func (c *conn) polling(p *process) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.poll == c
}

// answer serves one request. A non-nil error ends the connection.
func (c *conn) answer(p *process, q *request) error {
	if q.expect && q.length != 0 {
		if err := c.send(replyContinue); err != nil {
			return err
		}
	}
	if !q.post {
		if string(q.target) != pathNext {
			return c.refuse(q, replyNotFound)
		}
		if err := c.skipBody(q); err != nil {
			return err
		}
		e, refused := p.next(c)
		switch {
		case refused:
			return c.send(replyOutOfTurn)
		case e != nil:
			c.sendEvent(p, e)
		}
		return nil
	}
	if string(q.target) == pathInitError {
		body, err := readBody(c.reader, q, MaxPayload)
		if err != nil && err != errTooLarge {
			return err
		}
		return c.send(replyTo(p.failStart(errorDocument(body, q.errorType))))
	}
	rest, found := bytes.CutPrefix(q.target, []byte(pathEvent))
	id, verb, slash := bytes.Cut(rest, []byte("/"))
	if !found || !slash || string(verb) != "response" && string(verb) != "error" {
		return c.refuse(q, replyNotFound)
	}
	if o := p.expects(id); o != accepted {
		return c.refuse(q, replyTo(o))
	}
	header := q.errorType
	body, err := readBody(c.reader, q, MaxPayload)
	if err != nil && err != errTooLarge {
		return err
	}
	a := answer{payload: body, tooLarge: err == errTooLarge}
	switch {
	case a.tooLarge:
	case string(verb) == "error":
		a.failed = true
		a.payload = errorDocument(body, header)
	case q.errorType != "" && q.errorType != header:
		// A streamed answer that broke off says so in its trailers.
		a.failed = true
		document, err := base64.StdEncoding.DecodeString(q.errorBody)
		if err != nil {
			document = nil
		}
		a.payload = errorDocument(document, q.errorType)
	}
	o := p.finish(id, a)
	if o == accepted && a.tooLarge {
		return c.send(replyTooLarge)
	}
	return c.send(replyTo(o))
}

func replyTo(o outcome) []byte {
	switch o {
	case accepted:
		return replyAccepted
	case unknownRequest:
		return replyUnknownID
	default:
		return replyOutOfTurn
	}
}

func (c *conn) skipBody(q *request) error {
	if q.length == 0 {
		return nil
	}
	_, err := readBody(c.reader, q, 0)
	if err == errTooLarge {
		err = nil
	}
	return err
}

func (c *conn) refuse(q *request, with []byte) error {
	if err := c.skipBody(q); err != nil {
		return err
	}
	return c.send(with)
}

// errorDocument is what a runtime reported, made into AWS's document when it is none.
func errorDocument(body []byte, kind string) []byte {
	if len(body) > 0 && json.Valid(body) {
		return body
	}
	if kind == "" {
		kind = "Runtime.Unknown"
	}
	return document(kind, string(body))
}

func (c *conn) send(b []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	_, err := c.net.Write(b)
	return err
}

// sendEvent answers a poll. When it fails the process is ended: it may have
// read a part of the event.
func (c *conn) sendEvent(p *process, e *Event) {
	if len(e.Payload) <= smallEvent {
		c.writeEvent(p, e)
		return
	}
	go c.writeEvent(p, e) // it ends with the connection at the latest
}

func (c *conn) writeEvent(p *process, e *Event) {
	c.write.Lock()
	defer c.write.Unlock()
	p.mu.Lock()
	deadline := p.eventAt.Add(p.function.timeout())
	p.mu.Unlock()
	c.buffer = appendEventHead(c.buffer[:0], e, deadline)
	var err error
	if len(e.Payload) <= smallEvent {
		c.buffer = append(c.buffer, e.Payload...)
		_, err = c.net.Write(c.buffer)
	} else {
		parts := net.Buffers{c.buffer, e.Payload}
		_, err = parts.WriteTo(c.net)
	}
	if err != nil {
		p.kill(causeNone)
	}
}

// appendEventHead writes the head of an event. The deadline is the machine's
// time, not the server's clock: the function compares it with its own.
func appendEventHead(b []byte, e *Event, deadline time.Time) []byte {
	b = append(b, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: "...)
	b = append(b, e.RequestID...)
	b = append(b, "\r\nLambda-Runtime-Deadline-Ms: "...)
	b = strconv.AppendInt(b, deadline.UnixMilli(), 10)
	b = append(b, "\r\nLambda-Runtime-Invoked-Function-Arn: "...)
	b = appendHeaderValue(b, e.ARN)
	if e.TraceID != "" {
		b = append(b, "\r\nLambda-Runtime-Trace-Id: "...)
		b = appendHeaderValue(b, e.TraceID)
	}
	if e.ClientContext != "" {
		b = append(b, "\r\nLambda-Runtime-Client-Context: "...)
		b = appendHeaderValue(b, e.ClientContext)
	}
	if e.Identity != "" {
		b = append(b, "\r\nLambda-Runtime-Cognito-Identity: "...)
		b = appendHeaderValue(b, e.Identity)
	}
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(e.Payload)), 10)
	return append(b, "\r\n\r\n"...)
}

// appendHeaderValue keeps a value on its line: what came from a client could
// otherwise add headers. In JSON a line end is white space.
func appendHeaderValue(b []byte, v string) []byte {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c == 0x7f {
			b = append(b, ' ')
		} else {
			b = append(b, c)
		}
	}
	return b
}
