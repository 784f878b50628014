package upstream_test

import (
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/upstream"
)

// BenchmarkDo is a request with a token of the usual length over one connection.
// The server, which costs as little as can be, is in its figures.
func BenchmarkDo(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for room := make([]byte, 16<<10); ; {
			if _, err := c.Read(room); err != nil {
				return
			}
			io.WriteString(c, ok)
		}
	}()
	client := upstream.New(upstream.Config{})
	defer client.Close()
	q := ask(l.Addr().String(), "GET", "/pizzas", nil)
	q.Fields = []upstream.Field{{Name: "Authorization", Value: "Bearer " + strings.Repeat("aZ3_-.", 170)}, {Name: "Accept", Value: "*/*"}}
	var answer upstream.Answer
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		if err := client.Do(b.Context(), q, &answer); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// processorTime is what this process has used, with the kernel on its behalf.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
