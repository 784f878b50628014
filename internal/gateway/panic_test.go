package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/gateway"
)

// faulty panics where a function should run.
type faulty struct{ *function }

func (f faulty) Invoke(ctx context.Context, i gateway.Invocation) ([]byte, bool, error) {
	if bytes.Contains(i.Payload, []byte("panic")) {
		panic("a mistake")
	}
	return f.function.Invoke(ctx, i)
}

// cut is a connection that fails with a panic once an answer is under way.
type cut struct{ quiet }

func (*cut) Write([]byte) (int, error) { panic("a mistake of the server's") }

func TestAPanicIsAnsweredRecordedAndForgotten(t *testing.T) {
	var log bytes.Buffer
	w := newWorldOn(t, openMemory(t), func(c *gateway.Config) {
		c.Invoker, c.Logger = faulty{c.Invoker.(*function)}, slog.New(slog.NewTextHandler(&log, nil))
	})
	a := w.newAPI()
	a.open("GET", "/x/{id}")
	a.deploy("prod")
	got := a.send("GET", "/prod/x/panic")
	expectReply(t, "a panic", got, 500, `{"message":"Internal server error"}`)
	id := got.header.Get("x-amzn-RequestId")
	if r := a.records.latest(); r.ID != id || r.Outcome != audit.Failed || r.Status != 500 || stepOf(r, "panic").Outcome != audit.Failed {
		t.Errorf("the record is %+v", r)
	}
	if text := log.String(); !strings.Contains(text, "a mistake") || !strings.Contains(text, id) || !strings.Contains(text, "panic_test.go") {
		t.Errorf("the log is %s", text)
	}
	expectReply(t, "the next one", a.send("GET", "/prod/x/7"), 200, "hello")

	// Of an answer that was begun nobody gets half: the connection ends.
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("it ended with %v", p)
			}
		}()
		a.gateway.ServeHTTP(&cut{quiet{header: http.Header{}}}, ask(t, a.id, "/prod/x/7", "", ""))
		t.Error("it did not end")
	}()
	if r := a.records.latest(); r.Outcome != audit.Failed || r.Status != 200 {
		t.Errorf("the record is %+v", r)
	}
	expectReply(t, "and the next one", a.send("GET", "/prod/x/7"), 200, "hello")
}
