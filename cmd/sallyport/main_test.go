package main

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
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The test binary is the program, too: started under the name sallyport it runs
// main, so that every test here meets a real process.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "sallyport" { // the developer's own settings must not leak in
		for _, name := range []string{"SALLYPORT_LISTEN", "SALLYPORT_URL", "SALLYPORT_DATA", "SALLYPORT_DATABASE", "SALLYPORT_MASTER_KEY",
			"SALLYPORT_ROOT_ACCESS_KEY_ID", "SALLYPORT_ROOT_SECRET_ACCESS_KEY", "SALLYPORT_SMTP", "SALLYPORT_MAIL_FROM", "SALLYPORT_SMS_WEBHOOK", "SALLYPORT_SMS_WEBHOOK_SECRET", "SALLYPORT_CLIENT_SECRET", "AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
			os.Unsetenv(name)
		}
		os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")) // under the race detector each program would sleep for a second at its end
	}
	testscript.Main(m, map[string]func(){"sallyport": main})
}

func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "share"))
			for name, token := range tokens(t) {
				e.Setenv(name, token)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails": fails,
		},
	})
}

// fails CODE COMMAND: the command ends with that code, and says one line on stderr.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails CODE COMMAND [ARGUMENT...]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // it may start by mistake
	defer cancel()
	cmd := exec.CommandContext(ctx, args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = environment(ts)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	fmt.Fprint(ts.Stdout(), stdout.String())
	fmt.Fprint(ts.Stderr(), stderr.String())
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s%s", code, args[0], stdout.String(), stderr.String())
	}
	if text := stderr.String(); strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "sallyport: ") || !strings.HasSuffix(text, "\n") {
		ts.Fatalf("not one line that says who speaks:\n%s", text)
	}
}

func environment(ts *testscript.TestScript) []string {
	var list []string
	for _, name := range []string{"PATH", "HOME", "XDG_DATA_HOME", "TMPDIR", "SALLYPORT_LISTEN", "SALLYPORT_DATA", "SALLYPORT_DATABASE", "SALLYPORT_MASTER_KEY",
		"SALLYPORT_ROOT_ACCESS_KEY_ID", "SALLYPORT_ROOT_SECRET_ACCESS_KEY", "XDG_CONFIG_HOME", "AWS_ENDPOINT_URL", "SALLYPORT_CLIENT_SECRET"} {
		if value := ts.Getenv(name); value != "" {
			list = append(list, name+"="+value)
		}
	}
	return list
}

// program is a sallyport that runs.
type program struct {
	cmd *exec.Cmd
	url string
	out *screen
	err *screen
}

// screen is what a program has printed so far.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// serve starts "sallyport up" with more arguments, and waits until it is healthy.
func serve(t testing.TB, address string, env []string, args ...string) *program {
	t.Helper()
	p := launch(t, env, append([]string{"up", "--listen", address}, args...)...)
	p.url = "http://" + address
	p.waitFor(t, "it is healthy", func() bool {
		response, err := http.Get(p.url + "/_sallyport/health")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == 200
	})
	return p
}

// sallyport is where the program is.
func sallyport(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("sallyport")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func launch(t testing.TB, env []string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(sallyport(t), args...), out: new(screen), err: new(screen)}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.err
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.WaitDelay = 10 * time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("it printed:\n%s\n%s", p.out, p.err)
		}
	})
	return p
}

func (p *program) waitFor(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s\n%s\n%s", what, p.out, p.err)
		}
	}
}

// shows waits until the program has printed text, after what it had printed before.
func (p *program) shows(t testing.TB, before string, texts ...string) string {
	t.Helper()
	p.waitFor(t, fmt.Sprintf("it prints %q", texts), func() bool {
		news := strings.TrimPrefix(p.out.String(), before)
		for _, text := range texts {
			if !strings.Contains(news, text) {
				return false
			}
		}
		return true
	})
	return p.out.String()
}

// interrupt ends the program as Ctrl-C does, and expects it to end well.
func (p *program) interrupt(t testing.TB) {
	t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, p.err)
	}
}

// kill ends it as a power cut does.
func (p *program) kill() {
	if p.cmd.ProcessState == nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	}
}

// exits waits for the program to end by itself, and returns its exit code.
func (p *program) exits(t testing.TB) int {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { p.cmd.Process.Signal(syscall.SIGQUIT) })
	defer timer.Stop()
	p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// freeAddress is one that nobody listens on: a restart must come back where it was.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// shell runs a line as a person would paste it, and returns what it printed.
func shell(t testing.TB, env []string, line string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", line)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", line, err, out, stderr.String())
	}
	return string(out)
}

// answer reads what curl -i printed.
func answer(t testing.TB, printed string) (status int, body string) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(printed)), nil)
	if err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
