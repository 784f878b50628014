package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/runner"
)

// goFunction is the folder with testdata/function, built once.
var goFunction string

func TestMain(m *testing.M) {
	if os.Getenv("RUNNER_TEST_SERVER") != "" {
		serveUntilKilled()
		return
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "runner-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		goFunction = dir
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "bootstrap"), "./testdata/function")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the test function: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// open makes a Runner that is closed with the test.
func open(t testing.TB, change func(*runner.Config)) *runner.Runner {
	t.Helper()
	c := runner.Config{Dir: t.TempDir(), EndpointURL: "http://127.0.0.1:4566", RequireSandbox: true,
		Logger: slog.New(slog.NewTextHandler(testWriter{t}, nil))}
	if change != nil {
		change(&c)
	}
	r, err := runner.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Helper()
	w.t.Logf("%s", bytes.TrimSpace(b))
	return len(b), nil
}

// function is testdata/function under an id of its own.
func function(id string) *runner.Function {
	return &runner.Function{ID: id, Name: "hello", Version: "$LATEST", Dir: goFunction, Runtime: "provided.al2023",
		Handler: "bootstrap", MemoryMB: 256, Timeout: 20 * time.Second}
}

// script is a function of one file.
func script(t testing.TB, runtime, file, source string) *runner.Function {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return &runner.Function{ID: dir, Name: "script", Version: "1", Dir: dir, Runtime: runtime,
		Handler: "index.handler", MemoryMB: 512, Timeout: 20 * time.Second}
}

var requests atomic.Int64

func event(payload string) runner.Event {
	return runner.Event{RequestID: fmt.Sprintf("00000000-0000-4000-8000-%012d", requests.Add(1)),
		ARN: "arn:aws:lambda:us-east-1:000000000000:function:hello", Payload: []byte(payload)}
}

// ask invokes and requires that the function was asked.
func ask(t testing.TB, r *runner.Runner, f *runner.Function, payload string) runner.Result {
	t.Helper()
	res, err := r.Invoke(context.Background(), f, event(payload))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// answerOf decodes a good answer.
func answerOf[T any](t testing.TB, res runner.Result) T {
	t.Helper()
	if res.FunctionError != "" {
		t.Fatalf("the function failed: %s\n%s", res.Payload, res.Log)
	}
	return decoded[T](t, res.Payload)
}

func decoded[T any](t testing.TB, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return v
}

type failure struct {
	Type    string   `json:"errorType"`
	Message string   `json:"errorMessage"`
	Request string   `json:"requestId"`
	Stack   any      `json:"stackTrace"`
	Trace   []string `json:"trace"`
}

func failureOf(t testing.TB, res runner.Result) failure {
	t.Helper()
	if res.FunctionError != "Unhandled" {
		t.Fatalf("FunctionError = %q, want Unhandled; payload %s", res.FunctionError, res.Payload)
	}
	return decoded[failure](t, res.Payload)
}

type who struct {
	PID     int    `json:"pid"`
	Served  int    `json:"served"`
	Left    int    `json:"left"`
	Trace   string `json:"trace"`
	Context struct {
		AwsRequestID, InvokedFunctionArn string
		Identity                         struct{ CognitoIdentityID string }
		ClientContext                    struct{ Custom map[string]string }
	} `json:"context"`
}

func TestAWarmProcessIsUsedAgain(t *testing.T) {
	r := open(t, nil)
	f := function("warm")
	first := ask(t, r, f, `{"do":"who"}`)
	a := answerOf[who](t, first)
	if !first.Cold || a.Served != 1 {
		t.Errorf("first: cold %v, served %d", first.Cold, a.Served)
	}
	for n := 2; n <= 20; n++ {
		res := ask(t, r, f, `{"do":"who"}`)
		if b := answerOf[who](t, res); res.Cold || b.PID != a.PID || b.Served != n {
			t.Fatalf("event %d: cold %v, process %d (first %d), served %d", n, res.Cold, b.PID, a.PID, b.Served)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
