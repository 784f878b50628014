package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dial is a connection to the gateway on which a test writes what it likes.
func (w *world) dial() net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
	must(w.t, err)
	w.t.Cleanup(func() { c.Close() })
	return c
}

func TestAClientThatSendsSlowlyOrLeavesReachesNoFunction(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("POST /")
	head := "POST / HTTP/1.1\r\nHost: " + hostOf(a.id) + "\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n"

	leaves := w.dial()
	_, err := io.WriteString(leaves, head+"half")
	must(t, err)
	must(t, leaves.(*net.TCPConn).CloseWrite())
	got, err := http.ReadResponse(bufio.NewReader(leaves), nil)
	must(t, err)
	if got.StatusCode != 400 {
		t.Errorf("a body that was cut off: %d", got.StatusCode)
	}
	got.Body.Close()
	if w.fn.count() != 0 {
		t.Fatal("half a body reached the function")
	}

	slow := w.dial()
	_, err = io.WriteString(slow, head)
	must(t, err)
	for _, letter := range "0123456789" {
		if w.fn.count() != 0 {
			t.Fatal("the function was called before all had come")
		}
		_, err = fmt.Fprint(slow, string(letter))
		must(t, err)
	}
	got, err = http.ReadResponse(bufio.NewReader(slow), nil)
	must(t, err)
	got.Body.Close()
	if body := w.fn.event(t)["body"]; got.StatusCode != 200 || body != "0123456789" {
		t.Errorf("%d, the function saw %v", got.StatusCode, body)
	}
}

// A function that has begun its work ends it, whether or not somebody waits.
func TestAFunctionOutlivesTheClientOfAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("GET /")
	w.fn.hold = make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", w.server.URL, nil)
	must(t, err)
	r.Host = hostOf(a.id)
	over := make(chan error)
	go func() {
		got, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			got.Body.Close()
		}
		over <- err
	}()
	for w.fn.count() == 0 {
		time.Sleep(time.Millisecond)
	}
	leave()
	if err := <-over; err == nil {
		t.Error("the client has left, and has an answer")
	}
	close(w.fn.hold)
	w.server.Close() // waits for what is under way
	if !w.fn.finished() {
		t.Error("the function was stopped because its client left")
	}
}

// Two requests that are read as one, or one as two, are none.
func TestSmuggledRequestsReachNoRoute(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("POST /", "GET /", "$default")
	for name, message := range map[string]string{
		"two lengths":       "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
		"an odd encoding":   "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
		"a space in a name": "GET / HTTP/1.1\r\nHost: HOST\r\nX-A : b\r\n\r\n",
		"two hosts":         "GET / HTTP/1.1\r\nHost: HOST\r\nHost: other\r\n\r\n",
		"a bare return":     "GET / HTTP/1.1\r\nHost: HOST\r\nX-A: b\rX-B: c\r\n\r\n",
	} {
		c := w.dial()
		before := w.fn.count()
		_, err := io.WriteString(c, strings.ReplaceAll(message, "HOST", hostOf(a.id)))
		must(t, err)
		got, err := http.ReadResponse(bufio.NewReader(c), nil)
		must(t, err)
		got.Body.Close()
		c.Close()
		if calls := w.fn.count() - before; calls != 0 || got.StatusCode < 400 {
			t.Errorf("%s: %d, %d calls", name, got.StatusCode, calls)
		}
	}
}
