package upstream

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// recorded is a connection that answers with what was recorded, and then ends.
type recorded struct {
	net.Conn
	in io.Reader
}

func (r recorded) Read(b []byte) (int, error) { return r.in.Read(b) }
func (recorded) Write(b []byte) (int, error)  { return len(b), nil }
func (recorded) Close() error                 { return nil }
func (recorded) SetDeadline(time.Time) error  { return nil }

func read(in io.Reader, method string, limit int) (*Answer, bool, error) {
	c := &conn{net: recorded{in: in}, in: make([]byte, usualRoom)}
	a := &Answer{}
	keep, err := c.answer(&Request{Method: method, MaxBody: limit}, a)
	return a, keep, err
}

// FuzzAnswer holds our reading against net/http's: what we accept, it accepts, with
// the same status, headers and body; and where we would use a connection again,
// it has nothing left over. Nor does it matter in what pieces an answer comes.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nto the end",
		"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, in []byte, head bool) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		ours, keep, err := read(bytes.NewReader(in), method, limit)
		pieces, keepPieces, errPieces := read(iotest.OneByteReader(bytes.NewReader(in)), method, limit)
		if (err == nil) != (errPieces == nil) {
			t.Fatalf("whole: %v, in pieces: %v", err, errPieces)
		}
		if err != nil {
			return
		}
		if ours.Status != pieces.Status || !bytes.Equal(ours.Body, pieces.Body) || !slices.Equal(ours.Fields, pieces.Fields) || keep && !keepPieces {
			t.Fatalf("in pieces it is another answer: %+v, %+v", ours, pieces)
		}
		if len(ours.Body) > limit {
			t.Fatalf("%d bytes passed the limit", len(ours.Body))
		}
		source := bufio.NewReader(bytes.NewReader(in))
		var theirs *http.Response
		for theirs == nil || theirs.StatusCode < 200 {
			if theirs, err = http.ReadResponse(source, &http.Request{Method: method}); err != nil {
				t.Fatalf("net/http refuses what we accept: %v", err)
			}
		}
		body, err := io.ReadAll(theirs.Body)
		if err != nil {
			t.Fatalf("net/http refuses the body that we accept: %v", err)
		}
		if theirs.StatusCode != ours.Status || !bytes.Equal(body, ours.Body) {
			t.Fatalf("%d %q, net/http: %d %q", ours.Status, ours.Body, theirs.StatusCode, body)
		}
		got := http.Header{}
		for _, field := range ours.Fields {
			got.Add(field.Name, field.Value)
		}
		for name, values := range theirs.Header {
			if !slices.Equal(got[name], values) {
				t.Fatalf("%s: %q, net/http: %q", name, got[name], values)
			}
		}
		if left, _ := io.ReadAll(source); keep && (len(left) > 0 || theirs.Close) {
			t.Fatalf("we keep a connection that net/http does not: close %v, left %q", theirs.Close, left)
		}
	})
}

func TestAnswersThatAreRefused(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, in := range map[string]string{
		"both lengths":                   ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"both lengths, the other way":    ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
		"two lengths":                    ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
		"the same length twice":          ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
		"a list of lengths":              ok + "Content-Length: 2, 2\r\n\r\nab",
		"a signed length":                ok + "Content-Length: +2\r\n\r\nab",
		"an empty length":                ok + "Content-Length:\r\n\r\n",
		"a length beyond all":            ok + "Content-Length: 99999999999999999999\r\n\r\n",
		"another coding":                 ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"chunked twice":                  ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunked, disguised":             ok + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
		"chunked in 1.0":                 "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a folded line":                  ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
		"a folded first line":            ok + " X: a\r\nContent-Length: 0\r\n\r\n",
		"a bare LF":                      ok + "X: a\nContent-Length: 0\r\n\r\n",
		"a bare LF at the end":           ok + "Content-Length: 0\r\n\n",
		"a bare CR":                      ok + "X: a\rContent-Length: 5\r\nContent-Length: 0\r\n\r\n",
		"a NUL":                          ok + "X: a\x00b\r\nContent-Length: 0\r\n\r\n",
		"a space before the colon":       ok + "Content-Length : 0\r\n\r\n",
		"a name that is none":            ok + "X Y: 0\r\n\r\n",
		"no name":                        ok + ": 0\r\n\r\n",
		"no colon":                       ok + "Hello\r\n\r\n",
		"no status line":                 "\r\n" + ok + "\r\n",
		"another protocol":               "HTTP/2 200\r\n\r\n",
		"version 1.2":                    "HTTP/1.2 200 OK\r\n\r\n",
		"a long status":                  "HTTP/1.1 2000 OK\r\n\r\n",
		"a short status":                 "HTTP/1.1 20 OK\r\n\r\n",
		"status 099":                     "HTTP/1.1 099 OK\r\n\r\n",
		"status 600":                     "HTTP/1.1 600 OK\r\n\r\n",
		"two spaces":                     "HTTP/1.1  200 OK\r\n\r\n",
		"a control in the reason":        "HTTP/1.1 200 O\x01K\r\n\r\n",
		"switching protocols":            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		"an interim answer with a body":  "HTTP/1.1 103 Hints\r\nContent-Length: 2\r\n\r\nab" + ok + "\r\n",
		"interim answers without end":    strings.Repeat("HTTP/1.1 103 Hints\r\n\r\n", mostInterim+1) + ok + "Content-Length: 0\r\n\r\n",
		"a chunk without size":           ok + "Transfer-Encoding: chunked\r\n\r\n\r\n",
		"a chunk with a sign":            ok + "Transfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n",
		"a chunk with 0x":                ok + "Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
		"a chunk size with a space":      ok + "Transfer-Encoding: chunked\r\n\r\n2 \r\nab\r\n0\r\n\r\n",
		"a chunk size before a space":    ok + "Transfer-Encoding: chunked\r\n\r\n 2\r\nab\r\n0\r\n\r\n",
		"a chunk size of many digits":    ok + "Transfer-Encoding: chunked\r\n\r\n000000002\r\nab\r\n0\r\n\r\n",
		"a chunk that is longer":         ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
		"a chunk line with bare LF":      ok + "Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n",
		"an extension with bare CR":      ok + "Transfer-Encoding: chunked\r\n\r\n2;\rx\r\nab\r\n0\r\n\r\n",
		"a trailer that is none":         ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX Y: 1\r\n\r\n",
		"a trailer without end":          ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: "+strings.Repeat("x", 1000)+"\r\n", 70) + "\r\n",
		"chunks of padding":              ok + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\na\r\n", 20) + "0\r\n\r\n",
		"a chunk line of 8 KB":           ok + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 8<<10) + "\r\na\r\n0\r\n\r\n",
		"a body over the limit":          ok + "Content-Length: 101\r\n\r\n" + strings.Repeat("x", 101),
		"a chunked body over the limit":  ok + "Transfer-Encoding: chunked\r\n\r\n32\r\n" + strings.Repeat("x", 50) + "\r\n33\r\n" + strings.Repeat("x", 51) + "\r\n0\r\n\r\n",
		"an endless body over the limit": ok + "\r\n" + strings.Repeat("x", 101),
		"a head over the limit":          ok + "X: " + strings.Repeat("x", mostHead) + "\r\n\r\n",
		"a head without line ends":       "HTTP/1.1 200 " + strings.Repeat("x", mostHead+1),
		"heads over the limit together":  "HTTP/1.1 103 Hints\r\nX: " + strings.Repeat("x", mostHead/2) + "\r\n\r\n" + ok + "X: " + strings.Repeat("x", mostHead/2) + "\r\n\r\n",
		"TLS":                            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
	} {
		a, _, err := read(strings.NewReader(in), "GET", 100)
		e, ours := err.(*Error)
		if !ours || e.Kind != Malformed && e.Kind != TooLarge {
			t.Errorf("%s: %v %+v", name, err, a)
		}
	}
}

// What breaks off is not malformed: the server may be gone.
func TestAnswersThatBreakOff(t *testing.T) {
	for _, whole := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
	} {
		for n := range len(whole) {
			if _, keep, err := read(strings.NewReader(whole[:n]), "GET", 100); err != io.ErrUnexpectedEOF || keep {
				t.Errorf("after %q: %v, keep %v", whole[:n], err, keep)
			}
		}
		if a, keep, err := read(strings.NewReader(whole), "GET", 100); err != nil || !keep || string(a.Body) != "ok" {
			t.Errorf("%q: %v, keep %v, %q", whole, err, keep, a.Body)
		}
	}
}

func TestWhatIsKeptForTheNextRequest(t *testing.T) {
	for name, c := range map[string]struct {
		method, in string
		keep       bool
	}{
		"a length":              {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true},
		"none, and 204":         {"GET", "HTTP/1.1 204 No Content\r\n\r\n", true},
		"HEAD":                  {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true},
		"HEAD, chunked":         {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true},
		"304 with a length":     {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", true},
		"one byte too many":     {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!", false},
		"a second answer":       {"GET", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false},
		"a body for HEAD":       {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
		"204 with a length":     {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", false},
		"close":                 {"GET", "HTTP/1.1 204 No Content\r\nConnection: x, Close\r\n\r\n", false},
		"1.0":                   {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", false},
		"a body up to the end":  {"GET", "HTTP/1.1 200 OK\r\n\r\nok", false},
		"HEAD without a length": {"HEAD", "HTTP/1.1 200 OK\r\n\r\n", true},
	} {
		if _, keep, err := read(strings.NewReader(c.in), c.method, 100); err != nil || keep != c.keep {
			t.Errorf("%s: keep %v, %v", name, keep, err)
		}
	}
}

// Eight bytes at once are judged as each of them alone.
func TestFieldValuesByteByByte(t *testing.T) {
	for length := range 26 {
		for at := range length {
			for _, around := range []byte{'a', '\t', ' ', 0x7e, 0x80, 0xff} {
				b := bytes.Repeat([]byte{around}, length)
				for c := range 256 {
					b[at] = byte(c)
					if got, want := isFieldValue(string(b)), all(string(b), valueByte); got != want {
						t.Fatalf("%q: %v, want %v", b, got, want)
					}
				}
			}
		}
	}
}
