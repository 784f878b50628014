package runner_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/runner"
)

// alive says whether a process runs; a zombie does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// eventually waits for what another process does.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func TestEventsAtTheSameTimeNeverShareAProcess(t *testing.T) {
	r := open(t, func(c *runner.Config) { c.Processes = 4 })
	f := function("concurrent")
	var wg sync.WaitGroup
	var mu sync.Mutex
	busy, seen := map[int]bool{}, map[int]bool{}
	for range 12 {
		wg.Go(func() {
			for range 5 {
				res := ask(t, r, f, `{"do":"sleep","n":10}`)
				pid := answerOf[who](t, res).PID
				mu.Lock()
				if seen[pid] = true; busy[pid] {
					t.Error("two events in one process")
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) > 4 {
		t.Errorf("%d processes, limit 4", len(seen))
	}
}

func TestAFunctionAtItsConcurrencyIsRefused(t *testing.T) {
	r := open(t, nil)
	f := function("reserved")
	f.Concurrency = 1
	ask(t, r, f, `{"do":"who"}`)
	started := make(chan struct{})
	done := make(chan runner.Result)
	go func() {
		close(started)
		done <- ask(t, r, f, `{"do":"sleep","n":1000}`)
	}()
	<-started
	eventually(t, "ErrBusy", func() bool {
		_, err := r.Invoke(context.Background(), f, event(`{"do":"echo"}`))
		return errors.Is(err, runner.ErrBusy)
	})
	if res := <-done; res.FunctionError != "" {
		t.Error(string(res.Payload))
	}
}

func TestTheLimitOfTheMachineIsWaitedFor(t *testing.T) {
	r := open(t, func(c *runner.Config) { c.Processes = 1; c.Wait = 50 * time.Millisecond })
	slow := make(chan runner.Result)
	f := function("holds")
	ask(t, r, f, `{"do":"who"}`)
	go func() {
		for { // the other may have the only place at this moment
			res, err := r.Invoke(context.Background(), f, event(`{"do":"sleep","n":1500}`))
			if err == nil {
				slow <- res
				return
			}
		}
	}()
	eventually(t, "ErrBusy", func() bool {
		_, err := r.Invoke(context.Background(), function("waits"), event(`{"do":"echo"}`))
		if err != nil && !errors.Is(err, runner.ErrBusy) {
			t.Fatal(err)
		}
		return err != nil
	})
	<-slow
	// An idle process of another function makes room.
	eventually(t, "a place for the other function", func() bool {
		res, err := r.Invoke(context.Background(), function("waits"), event(`{"do":"echo"}`))
		return err == nil && res.FunctionError == ""
	})
}

func TestTimeLimit(t *testing.T) {
	r := open(t, nil)
	f := function("slow")
	f.Timeout = 300 * time.Millisecond
	pid := answerOf[who](t, ask(t, r, f, `{"do":"who"}`)).PID
	e := event(`{"do":"sleep","n":60000}`)
	res, err := r.Invoke(context.Background(), f, e)
	if err != nil {
		t.Fatal(err)
	}
	want := "RequestId: " + e.RequestID + " Error: Task timed out after 0.30 seconds"
	if got := failureOf(t, res); got.Type != "Sandbox.Timedout" || got.Message != want {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(string(res.Log), e.RequestID+" Task timed out after 0.30 seconds\n") || !strings.Contains(string(res.Log), "Status: timeout") {
		t.Errorf("log:\n%s", res.Log)
	}
	if alive(pid) {
		t.Error("the process lives on")
	}
	if res := ask(t, r, f, `{"do":"who"}`); !res.Cold || res.FunctionError != "" {
		t.Errorf("after the timeout: %s", res.Payload)
	}
}

func TestFunctionsThatFail(t *testing.T) {
	r := open(t, nil)
	missing, denied, garbage, windows := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	write := func(dir, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(denied, "#!/bin/sh\n", 0o600)
	write(garbage, "\x00\x01\x02", 0o700)
	write(windows, "#!/bin/sh\r\ntrue\r\n", 0o700)
	for name, c := range map[string]struct {
		payload, start, dir, runtime string
		kind, message                string // <id> stands for the request id
		hint                         string // in the log
	}{
		"an error":             {payload: `{"do":"error","value":"no"}`, kind: "errorString", message: "no"},
		"a panic":              {payload: `{"do":"panic","value":"oh"}`, kind: "string", message: "oh"},
		"exit 1":               {payload: `{"do":"exit","n":1}`, kind: "Runtime.ExitError", message: "RequestId: <id> Error: Runtime exited with error: exit status 1"},
		"exit 0":               {payload: `{"do":"exit","n":0}`, kind: "Runtime.ExitError", message: "RequestId: <id> Error: Runtime exited without providing a reason"},
		"too much memory":      {payload: `{"do":"hog","n":400}`, kind: "Runtime.ExitError", message: "RequestId: <id> Error: Runtime exited with error: signal: killed"},
		"an answer over 6 MB":  {payload: `{"do":"big","n":6291556}`, kind: "Function.ResponseSizeTooLarge", message: "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
		"a stream that breaks": {payload: `{"do":"stream","n":100000}`, kind: "errorString", message: "the source dried up"},
		"exit while starting":  {start: "exit", kind: "Runtime.ExitError", message: "RequestId: <id> Error: Runtime exited with error: exit status 3"},
		"a start that ends":    {start: "done", kind: "Runtime.ExitError", message: "RequestId: <id> Error: Runtime exited without providing a reason"},
		"panic while starting": {start: "panic", kind: "Runtime.ExitError", message: "RequestId: <id> Error: Runtime exited with error: exit status 2"},
		"no bootstrap":         {dir: missing, kind: "Runtime.InvalidEntrypoint", message: "RequestId: <id> Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"},
		"not executable": {dir: denied, kind: "Runtime.InvalidEntrypoint",
			message: "RequestId: <id> Error: fork/exec /var/task/bootstrap: permission denied", hint: "mode 0755"},
		"not a program": {dir: garbage, kind: "Runtime.InvalidEntrypoint",
			message: "RequestId: <id> Error: fork/exec /var/task/bootstrap: exec format error", hint: runtime.GOOS + "/" + runtime.GOARCH},
		"a script with Windows line ends": {dir: windows, kind: "Runtime.InvalidEntrypoint",
			message: "RequestId: <id> Error: fork/exec /var/task/bootstrap: no such file or directory", hint: "ends as on Windows"},
		"/tmp is closed, said in an error":    {payload: `{"do":"error","value":"open /tmp/cache: permission denied"}`, kind: "errorString", hint: "$TMPDIR"},
		"/tmp is closed, said on the way out": {start: "tmp", kind: "Runtime.ExitError", hint: "$TMPDIR"},
		"no such folder":                      {dir: filepath.Join(missing, "gone"), kind: "Runtime.InvalidEntrypoint"},
		"no such runtime":                     {runtime: "cobol85", kind: "Runtime.InvalidEntrypoint", message: "RequestId: <id> Error: this server cannot run cobol85"},
	} {
		t.Run(name, func(t *testing.T) {
			f := function(name)
			if c.start != "" {
				f.Environment = map[string]string{"START": c.start}
			}
			if c.dir != "" {
				f.Dir = c.dir
			}
			if c.runtime != "" {
				f.Runtime = c.runtime
			}
			if c.payload == "" {
				c.payload = `{"do":"echo"}`
			}
			for range 2 {
				e := event(c.payload)
				res, err := r.Invoke(context.Background(), f, e)
				if err != nil {
					t.Fatal(err)
				}
				got := failureOf(t, res)
				if got.Type != c.kind || c.message != "" && got.Message != strings.ReplaceAll(c.message, "<id>", e.RequestID) {
					t.Errorf("%+v\n%s", got, res.Log)
				}
				if !strings.Contains(string(res.Log), "END RequestId: "+e.RequestID+"\nREPORT RequestId: "+e.RequestID) {
					t.Errorf("log:\n%s", res.Log)
				}
				if !strings.Contains(string(res.Log), c.hint) || c.hint == "" && strings.Contains(string(res.Log), "Hint: ") {
					t.Errorf("the log should hint at %q:\n%s", c.hint, res.Log)
				}
				if strings.Contains(string(res.Payload), f.Dir) {
					t.Error("the answer names a folder of the server")
				}
			}
			r.Retire(f.ID)
		})
	}
}

func TestTheLargestPayloads(t *testing.T) {
	r := open(t, nil)
	f := function("large")
	value := strings.Repeat("x", runner.MaxPayload-200)
	res := ask(t, r, f, `{"do":"echo","value":"`+value+`"}`)
	if res.FunctionError != "" || len(res.Payload) < runner.MaxPayload-200 {
		t.Errorf("%s, %d bytes", res.FunctionError, len(res.Payload))
	}
	if _, err := r.Invoke(context.Background(), f, event(strings.Repeat(" ", runner.MaxPayload+1))); err == nil {
		t.Error("an event over the limit was taken")
	}
	if res := ask(t, r, f, `{"do":"stream","n":0}`); res.FunctionError == "" {
		t.Error("a broken stream passed")
	}
}

func TestAStartThatHangsIsEnded(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	f := function("hangs")
	f.Timeout = 100 * time.Millisecond
	f.Environment = map[string]string{"START": "hang"}
	if got := failureOf(t, ask(t, r, f, `{}`)); got.Type != "Sandbox.Timedout" {
		t.Errorf("%+v", got)
	}
}

func TestAnEndedContext(t *testing.T) {
	r := open(t, nil)
	f := function("ctx")
	pid := answerOf[who](t, ask(t, r, f, `{"do":"who"}`)).PID
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	res, err := r.Invoke(ctx, f, event(`{"do":"sleep","n":60000}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := failureOf(t, res); got.Type != "Runtime.ExitError" {
		t.Errorf("%+v", got)
	}
	if alive(pid) {
		t.Error("the process lives on")
	}
	if _, err := r.Invoke(ctx, f, event(`{"do":"who"}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestAProcessThatEndsBetweenEvents(t *testing.T) {
	r := open(t, nil)
	f := function("later")
	for range 5 {
		ask(t, r, f, `{"do":"later","n":2,"value":"bye"}`)
		for range 20 { // some of these meet the dying process, and none may fail for it
			res, err := r.Invoke(context.Background(), f, event(`{"do":"echo"}`))
			if err != nil {
				t.Fatal(err)
			}
			if res.FunctionError != "" && !strings.Contains(string(res.Payload), "exit status 7") {
				t.Fatalf("%s", res.Payload)
			}
		}
	}
}

func TestRetire(t *testing.T) {
	r := open(t, nil)
	f := function("retired")
	idle := answerOf[who](t, ask(t, r, f, `{"do":"who"}`)).PID
	running := make(chan runner.Result)
	go func() { running <- ask(t, r, f, `{"do":"sleep","n":500}`) }()
	time.Sleep(100 * time.Millisecond) // either it has begun and finishes, or it gets a new process
	r.Retire(f.ID)
	res := <-running
	pid := answerOf[who](t, res).PID
	eventually(t, "the end of both processes", func() bool { return !alive(idle) && !alive(pid) })
	r.Retire("unknown")
}

func TestIdleProcessesEnd(t *testing.T) {
	dir := t.TempDir()
	r := open(t, func(c *runner.Config) { c.Idle = 50 * time.Millisecond; c.Dir = dir })
	pid := answerOf[who](t, ask(t, r, function("idle"), `{"do":"who"}`)).PID
	eventually(t, "the end of the idle process", func() bool { return !alive(pid) })
	eventually(t, "the removal of its folder", func() bool {
		left, _ := filepath.Glob(filepath.Join(dir, "run-*", "tmp", "*"))
		return len(left) == 0
	})
}

func TestCloseLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	r, err := runner.New(runner.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	idle := answerOf[who](t, ask(t, r, function("a"), `{"do":"who"}`)).PID
	children := answerOf[[]int](t, ask(t, r, function("b"), `{"do":"spawn"}`))
	running := make(chan error)
	go func() {
		_, err := r.Invoke(context.Background(), function("c"), event(`{"do":"sleep","n":60000}`))
		running <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	<-running
	for _, pid := range append(children, idle) {
		eventually(t, "the end of "+itoa(pid), func() bool { return !alive(pid) })
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left in the folder: %v", left)
	}
	if _, err := r.Invoke(context.Background(), function("a"), event(`{}`)); !errors.Is(err, runner.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestRequestIDsThatCouldEscapeTheirHeader(t *testing.T) {
	r := open(t, nil)
	for _, id := range []string{"", "a/b", "a\r\nX: y", strings.Repeat("a", 129), "é"} {
		e := event(`{}`)
		e.RequestID = id
		if _, err := r.Invoke(context.Background(), function("id"), e); err == nil {
			t.Errorf("%q was taken", id)
		}
	}
}
