package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

var (
	// ErrBusy: as many events as allowed are already under way.
	ErrBusy = errors.New("runner: too many concurrent invocations")
	// ErrClosed: the runner is shutting down.
	ErrClosed = errors.New("runner: closed")
)

// Function is what a process needs to know to run one version of a function.
// It must not change after it was handed to Invoke.
type Function struct {
	ID          string // changes whenever code or configuration does; processes are shared within one ID
	Name        string
	Version     string // "$LATEST" or a number
	Region      string // AWS_REGION; "" for Config.Region
	Role        string // ARN of the role that it runs as, for Config.Credentials
	Dir         string // the unpacked code, absolute; the function may read it, not write it
	Runtime     string // "provided.al2023", "nodejs22.x", "python3.12", ...
	Handler     string
	Environment map[string]string // of the operator and the server; reserved names are set by the runner
	MemoryMB    int               // resident memory of all its processes together; 0: 128
	Timeout     time.Duration     // for one event; 0: 3 s
	Concurrency int               // most processes at once; 0: only the runner's own limit
}

// Event is one invocation.
type Event struct {
	RequestID     string // letters, digits and hyphens
	ARN           string // as invoked, with version or alias
	Payload       []byte // at most MaxPayload; must not change any more
	ClientContext string // JSON, or ""
	Identity      string // JSON of the Cognito identity, or ""
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

// Config is how a Runner works. Dir is required; everything else has a default.
type Config struct {
	Dir         string // a folder of the runner's own, made if missing, mode 0700; never below /usr or another path that functions may read
	Region      string // AWS_REGION of functions; default us-east-1
	EndpointURL string // AWS_ENDPOINT_URL of functions: the server itself; "" sets none

	Processes int           // most processes of all functions at once; default 2 × cores + 8
	Starts    int           // most processes starting at the same moment; default: cores, at least 2
	Idle      time.Duration // a process without an event ends after this; default 10 min
	Wait      time.Duration // how long an event waits for room among Processes before ErrBusy; default 10 s

	// ReadPaths are more files and folders that functions may read and execute,
	// for a language runtime that lives in an unusual place.
	ReadPaths []string
	// RequireSandbox makes New fail where functions cannot be kept from the
	// files, signals and sockets of their neighbours.
	RequireSandbox bool

	// Credentials gives a process its own when it starts; nil: none. A process
	// whose credentials could end before an event does is replaced by a new one
	// first. An error is Invoke's error: the function is not asked.
	Credentials func(ctx context.Context, f *Function) (Credentials, error)
	// Clock is what Credentials.Expires is held against; default: the machine's time.
	Clock *clock.Clock
	// Log receives what functions print, line by line and without line ends.
	// requestID is "" while a process starts. Lines are dropped, and counted,
	// when it is slower than the functions; it never holds a function up.
	Log func(f *Function, requestID string, line []byte)
	// Logger is for the operator; default: discarded.
	Logger *slog.Logger
}

// Runner keeps the processes of all functions. Safe for concurrent use.
type Runner struct {
	config   Config
	log      *slog.Logger
	home     home
	tools    *toolbox
	sandbox  sandbox
	lines    *lineQueue
	watching chan struct{} // wakes the watch when there is something to watch

	mu       sync.Mutex
	pools    map[string]*pool
	waiting  []*waiter // in order of arrival, over all pools
	all      map[*process]struct{}
	total    int // processes, started or starting
	starting int
	ending   int // evicted, not yet gone
	closed   bool
	ended    chan struct{} // closed by Close
	running  sync.WaitGroup
}

// New makes a Runner. It ends function processes that an earlier server in the
// same Dir left behind when it was killed.
func New(c Config) (*Runner, error) {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Processes <= 0 {
		c.Processes = 2*runtime.NumCPU() + 8
	}
	if c.Starts <= 0 {
		c.Starts = max(2, runtime.NumCPU())
	}
	if c.Idle <= 0 {
		c.Idle = 10 * time.Minute
	}
	if c.Wait <= 0 {
		c.Wait = 10 * time.Second
	}
	if c.Clock == nil {
		c.Clock = new(clock.Clock)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Dir == "" {
		return nil, errors.New("runner: Config.Dir is empty: name a folder for temporary files of functions")
	}
	box := newSandbox(c.ReadPaths)
	if holds, reason := box.state(); reason != "" {
		if !holds && c.RequireSandbox {
			return nil, fmt.Errorf("runner: functions cannot be sandboxed here: %s", reason)
		}
		c.Logger.Warn("functions are not fully sandboxed", "reason", reason)
	}
	h, err := openHome(c.Dir, box)
	if err != nil {
		return nil, err
	}
	r := &Runner{
		config:   c,
		log:      c.Logger,
		home:     h,
		tools:    newToolbox(os.Getenv("PATH"), os.Getenv("HOME"), c.Logger),
		sandbox:  box,
		lines:    newLineQueue(c.Log, c.Logger),
		watching: make(chan struct{}, 1),
		pools:    map[string]*pool{},
		all:      map[*process]struct{}{},
		ended:    make(chan struct{}),
	}
	r.running.Go(r.watch)
	return r, nil
}

// Sandboxed says whether functions are kept from each other's and the server's
// files, and, when something is missing, what and why.
func (r *Runner) Sandboxed() (holds bool, reason string) { return r.sandbox.state() }

// Retire lets the processes of a Function.ID finish what they do and end; called when
// the code, configuration or function is gone.
func (r *Runner) Retire(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pools[id]
	if p == nil {
		return
	}
	p.retired = true
	delete(r.pools, id)
	for _, idle := range p.idle {
		idle.listed = false
		idle.kill(causeRetired)
	}
	p.idle = nil
}

// Close ends every process and waits for them. Events under way are lost:
// their Results say that the runtime was killed.
func (r *Runner) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		r.running.Wait()
		return nil
	}
	r.closed = true
	close(r.ended)
	for _, w := range r.waiting {
		w.got <- grant{err: ErrClosed}
	}
	r.waiting = nil
	for p := range r.all {
		p.kill(causeRetired)
	}
	r.mu.Unlock()
	r.running.Wait()
	r.lines.close()
	return r.home.remove()
}
