// Package runner runs functions as child processes behind the Lambda Runtime API.
//
//	Invoke -> a warm process, or a new one -> its own loopback listener -> next / response / error
//
// A process serves one event at a time. It gets a clean environment, a temporary
// folder of its own, a time limit, a memory limit, and no view of anything else.
package runner

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrBusy: as many events as allowed are already under way.
	ErrBusy = errors.New("runner: too many concurrent invocations")
	// ErrClosed: the runner is shutting down.
	ErrClosed = errors.New("runner: closed")
)

// Function is what a process needs to know to run one version of a function.
type Function struct {
	ID          string // changes whenever code or configuration does; processes are shared within one ID
	Name        string
	Version     string // "$LATEST" or a number
	Dir         string // the unpacked code; the function may read it, not write it
	Runtime     string // "provided.al2023", "nodejs22.x", "python3.12", ...
	Handler     string
	Environment map[string]string // of the operator and the server; reserved names are set by the runner
	MemoryMB    int
	Timeout     time.Duration
	Concurrency int // most processes at once; 0: only the runner's own limit
}

// Event is one invocation.
type Event struct {
	RequestID     string
	ARN           string // as invoked, with version or alias
	Payload       []byte
	ClientContext string // JSON, or ""
	TraceID       string // "Root=1-..." or ""
}

// Result is what came of an event that reached the function.
type Result struct {
	Payload       []byte // the answer, or the error document {"errorMessage","errorType",...}
	FunctionError string // "" or "Unhandled"
	Log           []byte // the last 4 KiB that it printed for this event, START, END and REPORT lines included
	Cold          bool   // a process was started for it
	Took          time.Duration
}

// Runner keeps the processes of all functions. Safe for concurrent use.
type Runner struct{}

// Invoke runs f on event. A function that fails, crashes or runs out of time
// or memory is a Result with FunctionError; an error means that it was never
// asked. When ctx ends, the process that holds the event is killed.
func (r *Runner) Invoke(ctx context.Context, f *Function, e Event) (Result, error) {
	panic("not built yet")
}

// Retire lets the processes of a Function.ID finish what they do and end; called when
// the code, configuration or function is gone.
func (r *Runner) Retire(id string) { panic("not built yet") }

// Close ends every process and waits for them.
func (r *Runner) Close() error { panic("not built yet") }
