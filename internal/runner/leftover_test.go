package runner_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/runner"
)

// serveUntilKilled is the test program as a server: it hardens itself, starts
// a function with children, prints their process ids and waits to be killed.
func serveUntilKilled() {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fail(runner.Harden())
	goFunction = os.Getenv("RUNNER_TEST_FUNCTION")
	r, err := runner.New(runner.Config{Dir: os.Getenv("RUNNER_TEST_SERVER")})
	fail(err)
	var pids []int
	for _, payload := range []string{`{"do":"who"}`, `{"do":"spawn","value":"setsid"}`} {
		res, err := r.Invoke(context.Background(), function("orphan"), event(payload))
		fail(err)
		var one struct{ PID int }
		var many []int
		if json.Unmarshal(res.Payload, &one) == nil {
			pids = append(pids, one.PID)
		} else if fail(json.Unmarshal(res.Payload, &many)); true {
			pids = append(pids, many...)
		}
	}
	// What a function sees of a hardened server.
	res, err := r.Invoke(context.Background(), function("orphan"), event(`{"do":"read","path":"/proc/`+itoa(os.Getpid())+`/environ"}`))
	fail(err)
	fail(json.NewEncoder(os.Stdout).Encode(map[string]any{"pids": pids, "read": json.RawMessage(res.Payload)}))
	time.Sleep(time.Hour)
}

func TestAKilledServerLeavesNoFunction(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("parent-death signals are Linux's")
		return
	}
	dir := t.TempDir()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), "RUNNER_TEST_SERVER="+dir, "RUNNER_TEST_FUNCTION="+goFunction)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	told := decoded[struct {
		PIDs []int
		Read said
	}](t, line)
	if len(told.PIDs) != 3 || told.Read.Refused == "" {
		t.Fatalf("%s", line)
	}
	for _, pid := range told.PIDs {
		if !alive(pid) {
			t.Fatalf("%d does not run yet", pid)
		}
	}
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	eventually(t, "the end of the function", func() bool { return !alive(told.PIDs[0]) })

	// The next server ends what the function had started, and removes its files.
	r := open(t, func(c *runner.Config) { c.Dir = dir })
	for _, pid := range told.PIDs {
		eventually(t, "the end of "+itoa(pid), func() bool { return !alive(pid) })
	}
	if runs, _ := filepath.Glob(filepath.Join(dir, "run-*")); len(runs) != 1 {
		t.Errorf("folders: %v", runs)
	}
	lives := answerOf[who](t, ask(t, r, function("orphan"), `{"do":"who"}`)).PID

	// A server that lives is left alone.
	open(t, func(c *runner.Config) { c.Dir = dir })
	if ask(t, r, function("orphan"), `{"do":"who"}`); !alive(lives) {
		t.Error("a second server in the folder ended the function of the first")
	}
}
