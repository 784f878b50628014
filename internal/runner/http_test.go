package runner

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzRequest holds our reader against net/http's: what we accept, it accepts,
// with the same method, path, body and trailers, and the same bytes left over.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:1\r\nUser-Agent: aws-lambda-go/go1.26\r\nAccept-Encoding: gzip\r\n\r\n",
		"POST /a/response HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n",
		"POST /a/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Lambda-Runtime-Function-Error-Type\r\n\r\n3;x=y\r\nabc\r\n0\r\nLambda-Runtime-Function-Error-Type: E\r\n\r\n",
		"POST / HTTP/1.0\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, in []byte) {
		ours := bufio.NewReaderSize(bytes.NewReader(in), readBuffer)
		var q request
		if readRequest(ours, &q) != nil {
			return
		}
		target := string(q.target)
		body, err := readBody(ours, &q, limit)
		if err != nil {
			return
		}
		if len(body) > limit {
			t.Fatalf("a body of %d bytes passed the limit", len(body))
		}
		theirs := bufio.NewReader(bytes.NewReader(in))
		req, err := http.ReadRequest(theirs)
		if err != nil {
			if strings.Contains(err.Error(), "parse") || strings.Contains(err.Error(), "malformed Host") || strings.Contains(err.Error(), "Host") {
				return // URL syntax and Host values mean nothing to us
			}
			t.Fatalf("net/http refuses what we accept: %v", err)
		}
		theirBody, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatalf("net/http refuses the body that we accept: %v", err)
		}
		if (req.Method == "POST") != q.post || req.RequestURI != target || !bytes.Equal(theirBody, body) {
			t.Fatalf("%s %q %q, net/http: %s %q %q", map[bool]string{true: "POST", false: "GET"}[q.post], target, body, req.Method, req.RequestURI, theirBody)
		}
		left, _ := io.ReadAll(ours)
		theirLeft, _ := io.ReadAll(theirs)
		if !bytes.Equal(left, theirLeft) {
			t.Fatalf("we leave %q, net/http %q: a request could be smuggled", left, theirLeft)
		}
	})
}

// A header longer than the buffer is read past, with what follows it intact.
func TestLongHeadersAreSkipped(t *testing.T) {
	in := "POST /x HTTP/1.1\r\nHost: x\r\nLambda-Runtime-Function-Xray-Error-Cause: " + strings.Repeat("a", 1<<20) +
		"\r\nLambda-Runtime-Function-Error-Type: E\r\nContent-Length: 2\r\n\r\nok"
	r := bufio.NewReaderSize(strings.NewReader(in), readBuffer)
	var q request
	if err := readRequest(r, &q); err != nil {
		t.Fatal(err)
	}
	body, err := readBody(r, &q, 10)
	if err != nil || string(body) != "ok" || q.errorType != "E" {
		t.Errorf("%q %q %v", body, q.errorType, err)
	}
	long := "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: " + strings.Repeat(" ", readBuffer) + "1\r\n\r\na"
	if err := readRequest(bufio.NewReaderSize(strings.NewReader(long), readBuffer), &q); err == nil {
		t.Error("a framing header that does not fit was skipped")
	}
}

func TestBodiesOverTheLimit(t *testing.T) {
	for _, in := range []string{
		"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890",
		"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n",
	} {
		r := bufio.NewReaderSize(strings.NewReader(in+"next"), readBuffer)
		var q request
		if err := readRequest(r, &q); err != nil {
			t.Fatal(err)
		}
		if _, err := readBody(r, &q, 10); err != errTooLarge {
			t.Errorf("%v", err)
		}
		if left, _ := io.ReadAll(r); string(left) != "next" {
			t.Errorf("left: %q", left)
		}
	}
}

func TestAPollIsReadWithoutAllocating(t *testing.T) {
	in := []byte("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:1\r\nUser-Agent: x\r\n\r\n")
	source := bytes.NewReader(in)
	r := bufio.NewReaderSize(source, readBuffer)
	var q request
	if n := testing.AllocsPerRun(100, func() {
		source.Reset(in)
		r.Reset(source)
		if err := readRequest(r, &q); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations to read a poll", n)
	}
}
