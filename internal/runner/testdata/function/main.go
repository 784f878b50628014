// The function that the tests run: what it does is in the event.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type request struct {
	Do    string   `json:"do"`
	Path  string   `json:"path"`
	Value string   `json:"value"`
	N     int      `json:"n"`
	Args  []string `json:"args"`
}

var served int

func main() {
	switch os.Getenv("START") {
	case "exit":
		fmt.Println("going away at once")
		os.Exit(3)
	case "panic":
		panic("no start")
	case "tmp":
		panic("open /tmp/cache: permission denied")
	case "hang":
		time.Sleep(time.Hour)
	case "done":
		os.Exit(0)
	}
	if os.Getenv("BENCH") != "" {
		answer := json.RawMessage(fmt.Sprintf(`{"statusCode":200,"pid":%d}`, os.Getpid()))
		lambda.Start(func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return answer, nil
		})
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, r request) (any, error) {
	served++
	switch r.Do {
	case "echo":
		return r, nil
	case "who":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{"pid": os.Getpid(), "served": served, "context": lc, "left": time.Until(deadline).Milliseconds(),
			"trace": os.Getenv("_X_AMZN_TRACE_ID")}, nil
	case "env":
		cwd, _ := os.Getwd()
		return map[string]any{"env": os.Environ(), "cwd": cwd, "fds": descriptors(), "uid": os.Getuid()}, nil
	case "print":
		fmt.Println(r.Value)
		fmt.Fprintln(os.Stderr, r.Value+" on stderr")
		return nil, nil
	case "flood":
		line := strings.Repeat("x", 99) + "\n"
		for range r.N {
			fmt.Print(line)
		}
		return nil, nil
	case "error":
		return nil, errors.New(r.Value)
	case "panic":
		panic(r.Value)
	case "exit":
		os.Exit(r.N)
	case "sleep":
		time.Sleep(time.Duration(r.N) * time.Millisecond)
		return map[string]any{"pid": os.Getpid()}, nil
	case "hog":
		return len(hog(r.N)), nil
	case "big":
		return strings.Repeat("x", r.N), nil
	case "stream":
		return io.Reader(&broken{left: r.N}), nil
	case "read":
		b, err := os.ReadFile(r.Path)
		return said(b, err)
	case "list":
		_, err := os.ReadDir(r.Path)
		return said(nil, err)
	case "write":
		return said(nil, os.WriteFile(r.Path, []byte(r.Value), 0o600))
	case "run":
		out, err := exec.Command(r.Args[0], r.Args[1:]...).CombinedOutput()
		return said(out, err)
	case "spawn":
		// A child that tries to leave the group, and a grandchild.
		c := exec.Command("/bin/sh", "-c", "sleep 1000 & echo $!; exec sleep 1000")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: r.Value == "setsid"}
		out, _ := c.StdoutPipe()
		if err := c.Start(); err != nil {
			return said(nil, err)
		}
		var grandchild int
		_, _ = fmt.Fscan(out, &grandchild)
		return []int{c.Process.Pid, grandchild}, nil
	case "signal":
		return said(nil, syscall.Kill(r.N, 0))
	case "unixsocket":
		c, err := net.Dial("unix", r.Path)
		if err == nil {
			c.Close()
		}
		return said(nil, err)
	case "get":
		res, err := (&http.Client{Timeout: 3 * time.Second}).Get(r.Path)
		if err != nil {
			return said(nil, err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return said(b, err)
	case "raw":
		// Bytes to the process's own Runtime API.
		c, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
		if err != nil {
			return said(nil, err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(3 * time.Second))
		_, _ = io.WriteString(c, r.Value)
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.CloseWrite()
		}
		b, _ := io.ReadAll(c)
		return said(b, nil)
	case "later":
		go func() {
			time.Sleep(time.Duration(r.N) * time.Millisecond)
			fmt.Println(r.Value)
			os.Exit(7)
		}()
		return nil, nil
	}
	return nil, fmt.Errorf("cannot do %q", r.Do)
}

func said(b []byte, err error) (any, error) {
	if err != nil {
		return map[string]string{"refused": err.Error(), "output": string(b)}, nil
	}
	return map[string]string{"got": string(b)}, nil
}

func descriptors() []string {
	var list []string
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		to, _ := os.Readlink("/proc/self/fd/" + e.Name())
		list = append(list, e.Name()+" "+to)
	}
	return list
}

func hog(mb int) []byte {
	b := bytes.Repeat([]byte{1}, mb<<20)
	time.Sleep(time.Duration(mb) * time.Millisecond)
	return b
}

// broken is a streamed answer that fails in the middle.
type broken struct{ left int }

func (b *broken) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errors.New("the source dried up")
	}
	n := min(b.left, len(p))
	b.left -= n
	for i := range n {
		p[i] = 'x'
	}
	return n, nil
}
