package upstream

import (
	"bytes"
	"strings"
)

// mostHead bounds the heads of one answer together, 1xx answers and trailers
// included, in bytes.
const mostHead = 64 << 10

// mostInterim is how many 1xx answers may come before the one that counts.
const mostInterim = 8

// framing is where a head says that the body ends.
type framing struct {
	length  int64 // of Content-Length; -1: not said
	chunked bool
	close   bool // the server ends the connection after this answer
}

// readHead reads to the empty line, and returns the lines before it, each with
// its CRLF. They are good until the next read.
func (c *conn) readHead(budget *int) ([]byte, error) {
	c.compact()
	for line, seen := 0, 0; ; {
		for {
			i := bytes.IndexByte(c.in[seen:c.end], '\n')
			if i < 0 {
				seen = c.end
				break
			}
			at := seen + i
			if at == 0 || c.in[at-1] != '\r' {
				return nil, malformed("a line ends without CR")
			}
			if at-1 == line {
				if *budget -= at; *budget < 0 {
					return nil, tooLarge("the answer's head is over 64 KB")
				}
				c.start = at + 1
				return c.in[:line], nil
			}
			line, seen = at+1, at+1
		}
		if c.end >= *budget {
			return nil, tooLarge("the answer's head is over 64 KB")
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// parseHead reads a status line and fields into a: one text, of which all names
// and values are parts.
func parseHead(head []byte, a *Answer) (framing, error) {
	f := framing{length: -1}
	text := string(head)
	line, rest, _ := strings.Cut(text, "\r\n")
	// HTTP/1.1 200 OK; the space before an empty reason is often forgotten.
	if len(line) < len("HTTP/1.1 200") || line[:len("HTTP/1.")] != "HTTP/1." || line[8] != ' ' || len(line) > 12 && line[12] != ' ' || !isFieldValue(line) {
		return f, malformed("there is no status line of HTTP/1")
	}
	old := false
	switch line[7] {
	case '0':
		old, f.close = true, true
	case '1':
	default:
		return f, malformed("the version is neither 1.0 nor 1.1")
	}
	a.Status = 0
	for i := 9; i < 12; i++ {
		if line[i] < '0' || line[i] > '9' {
			return f, malformed("the status is no number")
		}
		a.Status = a.Status*10 + int(line[i]-'0')
	}
	if a.Status < 100 || a.Status > 599 {
		return f, malformed("the status is not from 100 to 599")
	}
	a.Fields = a.Fields[:0]
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		field, err := parseField(line)
		if err != nil {
			return f, err
		}
		a.Fields = append(a.Fields, field)
		if err := f.note(field, old); err != nil {
			return f, err
		}
	}
	return f, nil
}

// parseField reads a line of a head or a trailer. A line that begins with a
// space, the continuation of the one before, has no name either.
func parseField(line string) (Field, error) {
	colon := strings.IndexByte(line, ':')
	if colon < 1 || !isToken(line[:colon]) {
		return Field{}, malformed("a header has no name")
	}
	value := line[colon+1:]
	for value != "" && (value[0] == ' ' || value[0] == '\t') {
		value = value[1:]
	}
	for value != "" && (value[len(value)-1] == ' ' || value[len(value)-1] == '\t') {
		value = value[:len(value)-1]
	}
	if !isFieldValue(value) {
		return Field{}, malformed("a header holds a control character")
	}
	return Field{line[:colon], value}, nil
}

// note takes from a field what it says about the message itself.
func (f *framing) note(field Field, old bool) error {
	switch len(field.Name) {
	case len("Content-Length"):
		if !strings.EqualFold(field.Name, "Content-Length") {
			return nil
		}
		n, ok := parseLength(field.Value)
		if !ok || f.length >= 0 || f.chunked {
			return malformed("Content-Length is not one number, or comes with Transfer-Encoding")
		}
		f.length = n
	case len("Transfer-Encoding"):
		if !strings.EqualFold(field.Name, "Transfer-Encoding") {
			return nil
		}
		if old || f.chunked || f.length >= 0 || !strings.EqualFold(field.Value, "chunked") {
			return malformed("Transfer-Encoding is not chunked alone")
		}
		f.chunked = true
	case len("Connection"):
		if !strings.EqualFold(field.Name, "Connection") {
			return nil
		}
		for option := range strings.SplitSeq(field.Value, ",") {
			f.close = f.close || strings.EqualFold(strings.Trim(option, " \t"), "close")
		}
	}
	return nil
}

func parseLength(s string) (n int64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
