package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/runner"
)

// issuer gives out numbered credentials that live for an hour of its clock.
type issuer struct {
	clock  clock.Clock
	life   time.Duration
	given  atomic.Int64
	refuse atomic.Pointer[error]
	dead   atomic.Int64 // credentials up to this number have been revoked
}

func (i *issuer) credentials(_ context.Context, f *runner.Function) (runner.Credentials, error) {
	if err := i.refuse.Load(); err != nil {
		return runner.Credentials{}, *err
	}
	n := i.given.Add(1)
	return runner.Credentials{
		AccessKeyID: fmt.Sprintf("ASIA%d", n), SecretAccessKey: keyring.NewSecret("the-secret-of-" + f.Name), SessionToken: keyring.NewSecret("a-token"),
		Expires: i.clock.Now().Add(i.life), Valid: func() bool { return n > i.dead.Load() },
	}, nil
}

func (i *issuer) into(c *runner.Config) { c.Credentials, c.Clock = i.credentials, &i.clock }

// signer is what a function signs with now.
func signer(t *testing.T, r *runner.Runner, f *runner.Function) string {
	t.Helper()
	for _, e := range answerOf[environment](t, ask(t, r, f, `{"do":"env"}`)).Env {
		if id, ok := strings.CutPrefix(e, "AWS_ACCESS_KEY_ID="); ok {
			return id
		}
	}
	t.Fatal("no credentials")
	return ""
}

func TestCredentialsReachTheFunctionAndNobodyElse(t *testing.T) {
	i := &issuer{life: time.Hour}
	var log lockedBuffer
	dir := t.TempDir()
	r := open(t, func(c *runner.Config) {
		i.into(c)
		c.Dir = dir
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	f := function("credentials")
	f.Environment = map[string]string{"AWS_ACCESS_KEY_ID": "forged", "AWS_SESSION_TOKEN": "forged", "AWS_SECRET_ACCESS_KEY": "forged"}
	got := answerOf[environment](t, ask(t, r, f, `{"do":"env"}`))
	for _, want := range []string{"AWS_ACCESS_KEY_ID=ASIA1", "AWS_SECRET_ACCESS_KEY=the-secret-of-hello", "AWS_SESSION_TOKEN=a-token"} {
		if !slices.Contains(got.Env, want) {
			t.Errorf("no %s in %q", want, got.Env)
		}
	}
	pid := answerOf[who](t, ask(t, r, f, `{"do":"who"}`)).PID
	line, err := os.ReadFile("/proc/" + itoa(pid) + "/cmdline")
	if err != nil || bytes.Contains(line, []byte("the-secret")) {
		t.Errorf("the command line is %q, %v", line, err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte("the-secret")) {
			t.Errorf("the secret is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), "the-secret") || strings.Contains(log.String(), "a-token") {
		t.Errorf("logged: %s", log.String())
	}
	c, _ := i.credentials(t.Context(), f)
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "the-secret") || strings.Contains(text, "a-token") {
		t.Errorf("printed: %s", text)
	}
}

func TestOneFunctionsCredentialsAreNotAnothers(t *testing.T) {
	i := &issuer{life: time.Hour}
	r := open(t, i.into)
	if a, b, again := signer(t, r, function("a")), signer(t, r, function("b")), signer(t, r, function("a")); a == b || a != again {
		t.Errorf("a has %s and then %s, b has %s", a, again, b)
	}
}

func TestAProcessIsReplacedBeforeItsCredentialsEnd(t *testing.T) {
	i := &issuer{life: time.Hour}
	r := open(t, i.into)
	f := function("renewed")
	f.Timeout = 15 * time.Minute
	first := signer(t, r, f)
	i.clock.Advance(43 * time.Minute) // an event may take 15 minutes: enough
	if got := signer(t, r, f); got != first {
		t.Errorf("with 17 minutes left it has %s, not %s", got, first)
	}
	i.clock.Advance(2 * time.Minute) // an event could outlive them
	second := signer(t, r, f)
	if second == first {
		t.Error("an event began on credentials that may end before it does")
	}
	i.clock.Advance(10 * time.Hour)
	if got := signer(t, r, f); got == second {
		t.Error("an event began on expired credentials")
	}
}

func TestAnEventIsNotInterruptedWhenCredentialsEnd(t *testing.T) {
	i := &issuer{life: time.Hour}
	r := open(t, i.into)
	f := function("long")
	begun, proceed := make(chan struct{}), make(chan struct{})
	kitchen := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-proceed
	}))
	t.Cleanup(kitchen.Close)
	first := answerOf[who](t, ask(t, r, f, `{"do":"who"}`)).PID
	during := make(chan runner.Result, 1)
	go func() {
		res, err := r.Invoke(context.Background(), f, event(`{"do":"get","path":"`+kitchen.URL+`"}`))
		if err != nil {
			t.Error(err)
		}
		during <- res
	}()
	<-begun
	i.clock.Advance(5 * time.Hour)
	i.dead.Store(i.given.Load())
	close(proceed)
	if got := answerOf[said](t, <-during); got.Refused != "" {
		t.Errorf("the event under way: %+v", got)
	}
	if after := answerOf[who](t, ask(t, r, f, `{"do":"who"}`)).PID; after == first {
		t.Error("the next event was given to the old process")
	}
}

func TestIdleProcessesDoNotOutliveTheirCredentials(t *testing.T) {
	i := &issuer{life: time.Hour}
	r := open(t, i.into)
	pid := answerOf[who](t, ask(t, r, function("idle"), `{"do":"who"}`)).PID
	i.clock.Advance(time.Hour)
	eventually(t, "the process ends", func() bool { return !alive(pid) })
}

func TestRevokedCredentialsGetNoMoreEvents(t *testing.T) {
	i := &issuer{life: time.Hour}
	r := open(t, func(c *runner.Config) { i.into(c); c.Processes = 12 })
	f := function("revoked")
	var all sync.WaitGroup
	for range 12 { // more processes than an event is tried times
		all.Go(func() { ask(t, r, f, `{"do":"sleep","n":200}`) })
	}
	all.Wait()
	i.dead.Store(i.given.Load())
	last := i.given.Load()
	var number int64
	if _, err := fmt.Sscanf(signer(t, r, f), "ASIA%d", &number); err != nil || number <= last {
		t.Errorf("signs with number %d, and all to %d are revoked", number, last)
	}
}

func TestWithoutCredentialsNothingStarts(t *testing.T) {
	i := &issuer{life: time.Hour}
	r := open(t, i.into)
	f := function("refused")
	gone := errors.New("the role is gone")
	i.refuse.Store(&gone)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, err := r.Invoke(t.Context(), f, event(`{"do":"who"}`)); !errors.Is(err, gone) {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	i.refuse.Store(nil)
	if got := signer(t, r, f); got != "ASIA1" {
		t.Errorf("once it is back: %s", got)
	}
	i.life = 10 * time.Second // shorter than an event may take: better none than a new process for each event
	if _, err := r.Invoke(t.Context(), function("short"), event(`{"do":"who"}`)); err == nil || !strings.Contains(err.Error(), "too soon") {
		t.Errorf("got %v", err)
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
