package runner_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var benchEvent = []byte(`{"version":"2.0","rawPath":"/","headers":{"host":"x"},"body":"` + strings.Repeat("x", 900) + `"}`)

// BenchmarkWarmInvocation is one event through a warm Go function.
// The Bare benchmarks do no more than hand the same events to the same function.
func BenchmarkWarmInvocation(b *testing.B) {
	r := open(b, nil)
	f := function("bench")
	f.Environment = map[string]string{"BENCH": "1"}
	e := event("")
	e.Payload = benchEvent
	invoke := func() {
		res, err := r.Invoke(context.Background(), f, e)
		if err != nil || res.FunctionError != "" {
			b.Fatal(err, string(res.Payload))
		}
	}
	measure(b, answerOf[who](b, ask(b, r, f, "{}")).PID, invoke)
}

// BenchmarkBareLoop is the least that a Runtime API server in Go can do: one
// goroutine, one connection, no pool, limits, logs or checks.
func BenchmarkBareLoop(b *testing.B) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	pid := startBare(b, listener.Addr().String())
	c, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	in := bufio.NewReader(c)
	head := func() (chunked bool) {
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if len(line) == 2 {
				return chunked
			}
			chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
		}
	}
	n := 0
	var out []byte
	head()
	measure(b, pid, func() {
		n++
		out = fmt.Appendf(out[:0], "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: %d\r\nLambda-Runtime-Deadline-Ms: 99999999999999\r\nContent-Length: %d\r\n\r\n", n, len(benchEvent))
		_, _ = c.Write(append(out, benchEvent...))
		head()
		for { // the chunks and the trailer
			line, _ := in.ReadSlice('\n')
			if bytes.HasPrefix(line, []byte("0\r")) {
				head()
				break
			}
			var size int
			_, _ = fmt.Sscanf(string(line), "%x", &size)
			_, _ = in.Discard(size + 2)
		}
		_, _ = io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
		head()
	})
}

// BenchmarkBareNetHTTP is the same loop on net/http.
func BenchmarkBareNetHTTP(b *testing.B) {
	events, answers := make(chan int), make(chan []byte)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case n := <-events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprint(n))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", "99999999999999")
			_, _ = w.Write(benchEvent)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		answers <- body
	})
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	defer server.Close()
	pid := startBare(b, listener.Addr().String())
	n := 0
	measure(b, pid, func() {
		n++
		events <- n
		<-answers
	})
}

// startBare starts the benchmark's function without a runner.
func startBare(b *testing.B, api string) int {
	c := exec.Command(filepath.Join(goFunction, "bootstrap"))
	c.Env = []string{"BENCH=1", "AWS_LAMBDA_RUNTIME_API=" + api}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return c.Process.Pid
}

// measure reports the processor time of server and function together.
func measure(b *testing.B, pid int, step func()) {
	for range 200 {
		step()
	}
	b.ReportAllocs()
	server, function := processorTime(b, os.Getpid()), processorTime(b, pid)
	for b.Loop() {
		step()
	}
	server, function = processorTime(b, os.Getpid())-server, processorTime(b, pid)-function
	b.ReportMetric(server/float64(b.N), "server-cpu-µs/op")
	b.ReportMetric((server+function)/float64(b.N), "cpu-µs/op")
}

// processorTime is what a process has used so far, in µs.
func processorTime(b *testing.B, pid int) float64 {
	if pid == os.Getpid() {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(errors.Join(err, errors.New("the function ended")))
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	var user, system float64
	_, _ = fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system)
	return (user + system) * 1e6 / 100 // USER_HZ
}
