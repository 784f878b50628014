package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway"
)

// Clients that send and then wait hold no more than the gateway gives to all.
func TestBodiesThatDoNotEndHoldABoundedRoom(t *testing.T) {
	w := newWorldOn(t, openMemory(t), func(c *gateway.Config) { c.Bodies = 1 << 20 })
	a := w.newAPI()
	a.open("POST", "/x")
	a.guarded("POST", "/guarded", a.authorizer("pool", poolARN))
	a.deploy("prod")
	half := strings.Repeat("x", 600<<10)
	hold := func() net.Conn {
		c, err := net.Dial("tcp", w.server.Listener.Addr().String())
		must(t, err)
		fmt.Fprintf(c, "POST /prod/x HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", hostOf(a.id), 9<<20, half)
		return c
	}
	send := func(path, body string) reply { return a.send("POST", "/prod"+path, withBody(body)) }
	expectReply(t, "alone", send("/x", half), 200, "")
	holding := hold()
	// Not by sending another: of two that arrive at once either may be too much.
	until(t, "it is held", func() bool { return gateway.HeldBodies(w.gateway) == int64(len(half)) })
	got := send("/x", half)
	expectReply(t, "no room", got, 503, `{"message":"Service Unavailable"}`)
	if d := stepOf(a.records.latest(), "integrate").Detail; !strings.Contains(d, "held at once") {
		t.Errorf("the record says %q", d)
	}
	expectReply(t, "a small one", send("/x", "x"), 200, "")
	expectReply(t, "none", a.send("POST", "/prod/x"), 200, "")
	expectReply(t, "whoever is refused has not been read", send("/guarded", half), 401, "")
	// Whoever would be too much has its connection's answer, and holds nothing either.
	more := hold()
	in, err := http.ReadResponse(bufio.NewReader(more), nil)
	must(t, err)
	if in.StatusCode != 503 {
		t.Errorf("one more: %d", in.StatusCode)
	}
	more.Close()
	holding.Close()
	until(t, "there is room again", func() bool { return send("/x", half).status == 200 })
	for range 5 { // nothing is counted for good
		expectReply(t, "again", send("/x", half), 200, "")
	}
	expectReply(t, "too long", a.send("POST", "/prod/x", func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat("x", 11<<20))), -1
	}), 503, "")
	expectReply(t, "and after it", send("/x", half), 200, "")
}

// until polls for what becomes so without another call.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
