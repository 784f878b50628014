package upstream

import (
	"strconv"
	"strings"
	"time"
)

// Request is one request. Do changes nothing of it, and holds nothing of it when
// it has returned.
type Request struct {
	Secure bool   // https
	Host   string // as in the URL: a name or an address, with a port if it is not the usual one
	Method string
	Target string // path and query as they stand on the request line, "/" at least
	// Fields are all headers but those that say where the message goes and ends:
	// Host, Content-Length, Transfer-Encoding, Trailer, Connection, Keep-Alive,
	// Upgrade, TE and Expect are refused.
	Fields   []Field
	Body     []byte
	Deadline time.Time // of all of it; required
	MaxBody  int       // bytes of the answer's body
}

// Field is a header. A name may come again.
type Field struct{ Name, Value string }

// own are the headers that this package alone writes, or nobody.
var own = []string{"host", "content-length", "transfer-encoding", "trailer", "connection", "keep-alive", "upgrade", "te", "expect"}

// check refuses what could be read as another request than it was meant to be.
func (q *Request) check() error {
	switch {
	case !isToken(q.Method):
		return invalid("the method is no token")
	case q.Target == "" || q.Target[0] != '/' || !isVisible(q.Target):
		return invalid("the target is not a path")
	case q.Host == "" || !isVisible(q.Host) || strings.ContainsAny(q.Host, "/?#@\\"):
		return invalid("the host is none")
	case q.Deadline.IsZero():
		return invalid("no deadline")
	}
	for _, f := range q.Fields {
		if !isToken(f.Name) || !isFieldValue(f.Value) {
			return invalid("a header's name or value cannot be sent")
		}
		for _, name := range own {
			if len(name) == len(f.Name) && strings.EqualFold(name, f.Name) {
				return invalid("the header " + name + " is the connection's own")
			}
		}
	}
	return nil
}

// appendHead appends all but the body.
func (q *Request) appendHead(b []byte) []byte {
	b = append(append(append(b, q.Method...), ' '), q.Target...)
	b = append(append(b, " HTTP/1.1\r\nHost: "...), q.Host...)
	for i := range q.Fields {
		f := &q.Fields[i]
		b = append(append(b, "\r\n"...), f.Name...)
		b = append(append(b, ": "...), f.Value...)
	}
	// RFC 9110, 8.6: methods that have a body say so also when it is empty.
	if len(q.Body) > 0 || q.Method == "POST" || q.Method == "PUT" || q.Method == "PATCH" {
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(q.Body)), 10)
	}
	return append(b, "\r\n\r\n"...)
}

// idempotent methods may be sent again by a proxy (RFC 9110, 9.2.2).
func (q *Request) idempotent() bool {
	switch q.Method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}

// Classes of bytes.
const (
	tokenByte uint8 = 1 << iota // tchar of RFC 9110, 5.6.2
	valueByte                   // of a field's value: no controls but the tab
	graphByte                   // visible ASCII
)

var classes = func() (table [256]uint8) {
	for i := range table {
		c := byte(i)
		if c >= ' ' && c != 0x7f || c == '\t' {
			table[i] |= valueByte
		}
		if c > ' ' && c < 0x7f {
			table[i] |= graphByte
		}
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0 {
			table[i] |= tokenByte
		}
	}
	return table
}()

func all(s string, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

func isToken(s string) bool   { return s != "" && all(s, tokenByte) }
func isVisible(s string) bool { return all(s, graphByte) }

// isFieldValue is all(s, valueByte). It looks at eight bytes at once, because
// tokens are long: a word that has a control character, or seems to have one, is
// looked at byte by byte.
func isFieldValue(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		del := w ^ 0x7f*ones // 0 where a byte is 0x7f
		// A byte below n borrows from its top bit, which it had not set itself.
		if below, dels := (w-' '*ones)&^w, (del-ones)&^del; (below|dels)&tops != 0 && !all(s[:8], valueByte) {
			return false
		}
	}
	return all(s, valueByte)
}
