package runner

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// The Runtime API's HTTP/1.1: what its clients send, read strictly and without
// allocating. It knows GET and POST, Content-Length and chunked bodies with
// trailers, keep-alive and Expect; anything else is refused and ends the connection.

const (
	readBuffer  = 8 << 10 // the request line and each header that matters must fit
	headerLimit = 2 << 20 // all headers; an X-Ray cause of 1 MB is among them
	discardMost = 64 << 20
)

// badRequest is a message that is not HTTP as we read it. The connection ends.
type badRequest string

func (b badRequest) Error() string { return "runner: Runtime API: " + string(b) }

var errTooLarge = errors.New("runner: Runtime API: the body is over the limit")

// request is one message's head.
type request struct {
	post      bool
	target    []byte // valid until the next request
	length    int64  // -1: chunked
	close     bool
	expect    bool   // it waits for 100 Continue
	errorType string // Lambda-Runtime-Function-Error-Type, from header or trailer
	errorBody string // Lambda-Runtime-Function-Error-Body, a trailer, base64

	hosts, lengths int
	buffer         [512]byte
}

// readRequest reads a head. io.EOF means a clean end between requests.
func readRequest(r *bufio.Reader, q *request) error {
	q.post, q.length, q.close, q.expect = false, 0, false, false
	q.errorType, q.errorBody, q.hosts, q.lengths = "", "", 0, 0
	line, err := readLine(r)
	if err != nil {
		return err
	}
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	switch string(method) {
	case "GET":
	case "POST":
		q.post = true
	default:
		return badRequest("the method is neither GET nor POST")
	}
	if len(target) == 0 || target[0] != '/' || len(target) > len(q.buffer) {
		return badRequest("the target is not a path, or is too long")
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f {
			return badRequest("the target holds a character that no path has")
		}
	}
	q.target = append(q.buffer[:0], target...)
	old := string(version) == "HTTP/1.0"
	switch {
	case string(version) == "HTTP/1.1":
	case old:
		q.close = true
	default:
		return badRequest("the version is not HTTP/1.1")
	}
	if err := readFields(r, q, false); err != nil {
		return eofIsUnexpected(err)
	}
	if old && q.length == -1 {
		return badRequest("HTTP/1.0 has no Transfer-Encoding")
	}
	if q.hosts != 1 && !old {
		return badRequest("not exactly one Host")
	}
	return nil
}

func eofIsUnexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readLine reads a line that ends with CRLF and fits the buffer.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		return nil, badRequest("a line is too long")
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	case len(line) < 2 || line[len(line)-2] != '\r':
		return nil, badRequest("a line does not end with CRLF")
	}
	return line[:len(line)-2], nil
}

// readFields reads headers, or trailers, up to the empty line.
func readFields(r *bufio.Reader, q *request, trailer bool) error {
	left := headerLimit
	for {
		line, err := r.ReadSlice('\n')
		for err == bufio.ErrBufferFull { // a long one: an X-Ray cause, a trace
			if left -= len(line); left < 0 {
				return badRequest("the headers are too long")
			}
			if framing(line) {
				return badRequest("a header is too long")
			}
			line, err = skipLine(r, &left)
			if err == nil {
				line = nil
			}
		}
		if err != nil {
			return eofIsUnexpected(err)
		}
		if line == nil {
			continue
		}
		if left -= len(line); left < 0 {
			return badRequest("the headers are too long")
		}
		if len(line) < 2 || line[len(line)-2] != '\r' {
			return badRequest("a line does not end with CRLF")
		}
		line = line[:len(line)-2]
		if len(line) == 0 {
			return nil
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || !isToken(line[:colon]) {
			return badRequest("a header has no name")
		}
		if err := q.field(line[:colon], bytes.Trim(line[colon+1:], " \t"), trailer); err != nil {
			return err
		}
	}
}

// skipLine reads to the end of a line longer than the buffer.
func skipLine(r *bufio.Reader, left *int) ([]byte, error) {
	for {
		line, err := r.ReadSlice('\n')
		if *left -= len(line); *left < 0 {
			return nil, badRequest("the headers are too long")
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
	}
}

// framing says whether the beginning of a line is a header that says how to read on.
func framing(line []byte) bool {
	name, _, _ := bytes.Cut(line, []byte(":"))
	for _, known := range [...]string{"host", "content-length", "transfer-encoding", "connection", "expect"} {
		if equalFold(name, known) {
			return true
		}
	}
	return false
}

func (q *request) field(name, value []byte, trailer bool) error {
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return badRequest("a header holds a control character")
		}
	}
	if equalFold(name, "lambda-runtime-function-error-type") {
		q.errorType = string(value)
		return nil
	}
	if trailer {
		if equalFold(name, "lambda-runtime-function-error-body") {
			q.errorBody = string(value)
		}
		return nil
	}
	switch {
	case equalFold(name, "host"):
		q.hosts++
	case equalFold(name, "content-length"):
		n, ok := parseDecimal(value)
		if q.lengths++; !ok || q.lengths > 1 || q.length == -1 {
			return badRequest("Content-Length is not one number, or comes with Transfer-Encoding")
		}
		q.length = n
	case equalFold(name, "transfer-encoding"):
		if q.length == -1 || !equalFold(value, "chunked") {
			return badRequest("Transfer-Encoding is not chunked")
		}
		if q.lengths > 0 {
			return badRequest("both Content-Length and Transfer-Encoding")
		}
		q.length = -1
	case equalFold(name, "connection"):
		if equalFold(value, "close") {
			q.close = true
		}
	case equalFold(name, "expect"):
		if !equalFold(value, "100-continue") {
			return badRequest("Expect is not 100-continue")
		}
		q.expect = true
	}
	return nil
}

// readBody reads the body of q. Over limit it reads on, so that the answer can
// be sent, and returns errTooLarge.
func readBody(r *bufio.Reader, q *request, limit int) ([]byte, error) {
	if q.length >= 0 {
		if q.length > int64(limit) {
			if q.length > discardMost {
				return nil, badRequest("the body is far too large")
			}
			if _, err := io.CopyN(io.Discard, r, q.length); err != nil {
				return nil, eofIsUnexpected(err)
			}
			return nil, errTooLarge
		}
		body := make([]byte, q.length)
		_, err := io.ReadFull(r, body)
		return body, eofIsUnexpected(err)
	}
	var body []byte
	total := int64(0)
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, eofIsUnexpected(err)
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, ok := parseHex(bytes.TrimRight(size, " \t"))
		if !ok {
			return nil, badRequest("a chunk has no size")
		}
		if n == 0 {
			if err := readFields(r, q, true); err != nil {
				return nil, err
			}
			if total > int64(limit) {
				return nil, errTooLarge
			}
			return body, nil
		}
		switch total += n; {
		case total > discardMost:
			return nil, badRequest("the body is far too large")
		case total > int64(limit):
			body = nil
			_, err = io.CopyN(io.Discard, r, n)
		default:
			at := len(body)
			if body == nil {
				body = make([]byte, n)
			} else {
				body = append(body, make([]byte, n)...)
			}
			_, err = io.ReadFull(r, body[at:])
		}
		if err != nil {
			return nil, eofIsUnexpected(err)
		}
		if line, err = readLine(r); err != nil || len(line) != 0 {
			return nil, badRequest("a chunk does not end where it says")
		}
	}
}

func parseDecimal(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 15 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func parseHex(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | int64(c)
	}
	return n, true
}

// equalFold compares ASCII; lower is lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func isToken(b []byte) bool {
	for _, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) >= 0:
		default:
			return false
		}
	}
	return true
}
