package upstream

import (
	"bytes"
	"io"
	"slices"
)

const (
	// firstRoom is what a body gets before it has shown that it is so long.
	firstRoom = 64 << 10
	// longestChunkLine is the size of a chunk with its extensions, in bytes.
	longestChunkLine = 4 << 10
	// mostPadding bounds what chunks cost beyond what they carry: a byte each
	// would make a small body a long transfer.
	mostPadding = 16 << 10
)

// readBody reads the body that f announces.
func (c *conn) readBody(a *Answer, f framing, limit int, budget *int) error {
	switch {
	case f.chunked:
		return c.readChunks(a, limit, budget)
	case f.length >= 0:
		if f.length > int64(limit) {
			return tooLarge("the answer's body is over the limit")
		}
		return c.readSized(a, int(f.length))
	}
	return c.readToEnd(a, limit)
}

// readSized appends n bytes to the body.
func (c *conn) readSized(a *Answer, n int) error {
	have := min(n, c.end-c.start)
	a.Body = append(a.Body, c.in[c.start:c.start+have]...)
	c.start += have
	for n -= have; n > 0; {
		at := len(a.Body)
		if at == cap(a.Body) {
			a.Body = slices.Grow(a.Body, min(n, max(firstRoom, at)))
		}
		room := a.Body[at:min(cap(a.Body), at+n)]
		got, err := c.net.Read(room)
		a.Body = a.Body[:at+got]
		if n -= got; n > 0 && err != nil {
			return endIsUnexpected(err)
		}
	}
	return nil
}

// readToEnd reads a body that ends with the connection.
func (c *conn) readToEnd(a *Answer, limit int) error {
	a.Body = append(a.Body, c.in[c.start:c.end]...)
	c.start = c.end
	for {
		if len(a.Body) > limit {
			return tooLarge("the answer's body is over the limit")
		}
		a.Body = slices.Grow(a.Body, min(firstRoom, limit+1-len(a.Body)))
		at := len(a.Body)
		got, err := c.net.Read(a.Body[at:cap(a.Body)])
		a.Body = a.Body[:at+got]
		if err == io.EOF {
			if len(a.Body) > limit {
				return tooLarge("the answer's body is over the limit")
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readChunks reads chunks and drops the trailer, which nobody has asked for.
func (c *conn) readChunks(a *Answer, limit int, budget *int) error {
	padding := 0
	for {
		line, err := c.readLine(longestChunkLine)
		if err != nil {
			return err
		}
		size, extension, extended := bytes.Cut(line, []byte(";"))
		n, ok := parseChunkSize(size)
		if !ok || extended && !isFieldValue(string(extension)) {
			return malformed("a chunk has no size")
		}
		if n == 0 {
			return c.dropTrailer(budget)
		}
		if n > int64(limit-len(a.Body)) {
			return tooLarge("the answer's body is over the limit")
		}
		if padding = max(0, padding+len(line)-16-2*int(n)); padding > mostPadding {
			return malformed("the chunks are mostly padding")
		}
		if err := c.readSized(a, int(n)); err != nil {
			return err
		}
		if line, err = c.readLine(longestChunkLine); err != nil {
			return err
		}
		if len(line) != 0 {
			return malformed("a chunk does not end where it says")
		}
	}
}

func (c *conn) dropTrailer(budget *int) error {
	for {
		line, err := c.readLine(*budget)
		if err != nil {
			return err
		}
		if *budget -= len(line) + 2; *budget < 0 {
			return tooLarge("the answer's trailer is too long")
		}
		if len(line) == 0 {
			return nil
		}
		if _, err := parseField(string(line)); err != nil {
			return err
		}
	}
}

// readLine reads a line that ends with CRLF, of so many bytes at most. It is good
// until the next read.
func (c *conn) readLine(most int) ([]byte, error) {
	for seen := 0; ; {
		if i := bytes.IndexByte(c.in[c.start+seen:c.end], '\n'); i >= 0 {
			line := c.in[c.start : c.start+seen+i]
			c.start += seen + i + 1
			if len(line) == 0 || line[len(line)-1] != '\r' {
				return nil, malformed("a line ends without CR")
			}
			return line[:len(line)-1], nil
		}
		if seen = c.end - c.start; seen > most {
			return nil, malformed("a line is too long")
		}
		c.compact()
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

func parseChunkSize(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	for _, d := range b {
		switch {
		case '0' <= d && d <= '9':
			d -= '0'
		case 'a' <= d && d <= 'f':
			d -= 'a' - 10
		case 'A' <= d && d <= 'F':
			d -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | int64(d)
	}
	return n, true
}
