package runner

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// startFailure is a process that never asked for an event.
type startFailure struct {
	kind     string // errorType; "" when document is the function's own
	text     string // errorMessage after "RequestId: … Error: "
	document []byte
	timeout  bool
	took     time.Duration
	peak     int64
	log      []byte
	err      error // it was never started, through no fault of the function's; nothing else is set
}

// launch starts a process for p, with whoever waits longest as its first
// event, and returns when the start is over. The caller has counted it.
func (r *Runner) launch(p *pool, f *Function) {
	proc, failed := r.start(p, f)
	if failed != nil && proc == nil {
		r.gone(p, nil, f)
	}
	r.mu.Lock()
	p.starting--
	r.starting--
	switch {
	case failed == nil:
	case failed.err != nil:
		r.grant(p, grant{err: failed.err})
	default:
		r.grant(p, grant{failed: failed})
	}
	r.schedule()
	r.mu.Unlock()
}

func (r *Runner) start(p *pool, f *Function) (*process, *startFailure) {
	program, failed := r.tools.program(f, r.home.bootstraps)
	if failed != nil {
		r.log.Error("function cannot start", "function", f.Name, "runtime", f.Runtime, "reason", failed.operator())
		return nil, failed
	}
	keys, err := r.credentials(f)
	if err != nil {
		r.log.Error("function cannot start", "function", f.Name, "role", f.Role, "reason", err.Error())
		return nil, &startFailure{err: err}
	}
	proc, err := r.spawn(p, f, program, &keys)
	if err != nil {
		text, hint := execError(program.shown, err)
		r.log.Error("function cannot start", "function", f.Name, "reason", err.Error(), "hint", strings.TrimSpace(strings.TrimPrefix(hint, "Hint:")))
		return nil, &startFailure{kind: "Runtime.InvalidEntrypoint", text: text, log: []byte(hint)}
	}
	limit := time.NewTimer(initTimeout + f.timeout())
	defer limit.Stop()
	select {
	case <-proc.polled:
		proc.sample()
		return proc, nil
	case <-limit.C:
		proc.kill(causeTime)
		<-proc.gone
	case <-proc.gone:
		select {
		case <-proc.polled: // it started, and ended at once: an event for it finds another
			return proc, nil
		default:
		}
	}
	failed = &startFailure{
		took: time.Since(proc.started), peak: proc.peak.Load(), log: proc.output.takeTail(),
	}
	switch {
	case cause(proc.ended.Load()) == causeTime:
		failed.timeout = true
	case proc.initError != nil:
		failed.document = proc.initError
	default:
		failed.kind, failed.text = exitError(proc.exit)
	}
	failed.log = append(failed.log, hintFor(failed.document, failed.log)...)
	return proc, failed
}

// spawn makes the process with its listener, folder and pipe.
func (r *Runner) spawn(pool *pool, f *Function, program program, keys *Credentials) (_ *process, err error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for its Runtime API: %w", err)
	}
	dir, err := r.home.makeTemp()
	if err != nil {
		listener.Close()
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		listener.Close()
		removeAll(dir)
		return nil, err
	}
	p := &process{
		runner: r, function: f, pool: pool, dir: dir, listener: listener,
		expires: keys.Expires, valid: keys.Valid,
		started: time.Now(),
		timer:   time.NewTimer(time.Hour),
		gone:    make(chan struct{}), polled: make(chan struct{}),
		answers: make(chan answer, 1), conns: map[*conn]struct{}{},
	}
	p.timer.Stop()
	p.output = newOutput(read, func(id string, lines []byte) { r.lines.add(f, id, lines) })
	err = r.exec(p, program, r.environment(f, program, keys, dir, listener.Addr().String()), write)
	write.Close()
	if err != nil {
		listener.Close()
		read.Close()
		removeAll(dir)
		return nil, err
	}
	return p, nil
}

// exec starts the program from a thread that is restricted for it and ends
// with it, and begins to serve it.
func (r *Runner) exec(p *process, program program, env []string, stdout *os.File) error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	began := make(chan error, 1)
	r.running.Go(func() {
		r.sandbox.start(startRequest{
			program: program, dir: p.function.Dir, temp: p.dir, bootstraps: r.home.bootstraps, env: env,
			files: []*os.File{null, stdout, stdout},
		}, func(system *os.Process, err error) {
			if err == nil {
				p.system = system
				r.admit(p)
			}
			began <- err
			if err == nil {
				awaitExit(system) // it stays a zombie, so that its number cannot be given away
			}
		})
		if p.system != nil {
			p.reap() // on a thread that is not restricted
		}
	})
	if err := <-began; err != nil {
		return err
	}
	p.sacrifice()
	return nil
}

// sacrifice lets the function go before the server does when the machine's
// memory runs out. The restricted thread could not write this.
func (p *process) sacrifice() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped { // its number is still its own
		endFirst(p.system.Pid)
	}
}

// admit begins to serve a process that has just started.
func (r *Runner) admit(p *process) {
	r.mu.Lock()
	r.all[p] = struct{}{}
	closed := r.closed
	r.mu.Unlock()
	if closed {
		p.kill(causeRetired)
	}
	go p.output.read()
	go p.serve()
	select {
	case r.watching <- struct{}{}:
	default:
	}
}

// environment is everything the process sees of ours: nothing of the server's
// own environment is in it.
func (r *Runner) environment(f *Function, program program, keys *Credentials, temp, api string) []string {
	env := make(map[string]string, len(f.Environment)+24)
	for k, v := range f.Environment {
		env[k] = v
	}
	setDefault := func(k, v string) {
		if _, set := env[k]; !set {
			env[k] = v
		}
	}
	setDefault("LANG", "en_US.UTF-8")
	setDefault("TZ", ":UTC")
	setDefault("PATH", program.path)
	setDefault("LD_LIBRARY_PATH", f.Dir+":"+f.Dir+"/lib")
	if r.config.EndpointURL != "" {
		setDefault("AWS_ENDPOINT_URL", r.config.EndpointURL)
	}
	for k, v := range program.env {
		setDefault(k, v)
	}
	keys.into(env)
	for k, v := range map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     f.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(f.memoryMB()),
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      logStream(f.Version, temp, time.Now()),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_RUNTIME_API":          api,
		"AWS_REGION":                      cmp.Or(f.Region, r.config.Region),
		"AWS_DEFAULT_REGION":              cmp.Or(f.Region, r.config.Region),
		"LAMBDA_TASK_ROOT":                f.Dir,
		"LAMBDA_RUNTIME_DIR":              r.home.bootstraps,
		"_HANDLER":                        f.Handler,
		"HOME":                            temp,
		"TMPDIR":                          temp,
	} {
		env[k] = v
	}
	if !strings.HasPrefix(f.Runtime, "provided") { // as on AWS, which sets none there
		env["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + f.Runtime
	}
	list := make([]string, 0, len(env))
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	return list
}
