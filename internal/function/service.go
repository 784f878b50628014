package function

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/store"
)

// Runner runs functions: *runner.Runner.
type Runner interface {
	Invoke(ctx context.Context, f *runner.Function, e runner.Event) (runner.Result, error)
	Retire(id string)
}

// Config is what the service needs from its surroundings. All fields are
// required but the last two.
type Config struct {
	DB      *store.DB
	Keys    *keyring.Keyring
	Account string
	Dir     string // a folder of this node's own, for unpacked code
	Runner  Runner
	Roles   Roles
	Random  io.Reader // crypto/rand.Reader
	Clock   *clock.Clock
	Logger  *slog.Logger

	CodeURL string                                           // where ServeCode is mounted, no slash at the end; "" leaves GetFunction's Code.Location out
	Wait    func(ctx context.Context, d time.Duration) error // between tries of an asynchronous event; nil: real time
}

// Service is lambda. Safe for concurrent use.
type Service struct {
	db      *store.DB
	keys    *keyring.Keyring
	account string
	code    codeFolder
	runner  Runner
	roles   Roles
	random  io.Reader
	clock   *clock.Clock
	log     *slog.Logger
	codeURL string
	wait    func(ctx context.Context, d time.Duration) error

	pages     *awsapi.Pages
	current   atomic.Pointer[snapshot]
	preparing singleflight.Group

	life     context.Context // ends with Close
	end      context.CancelFunc
	queued   atomic.Int64
	inFlight sync.WaitGroup
	closing  sync.RWMutex // held for reading while an event joins inFlight
}

// New makes the service. It answers after Start has filled the snapshot.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Keys == nil || c.Account == "" || c.Dir == "" || c.Runner == nil || c.Roles == nil || c.Random == nil || c.Clock == nil || c.Logger == nil {
		return nil, errors.New("function: a required field of Config is not set")
	}
	code, err := openCodeFolder(c.Dir)
	if err != nil {
		return nil, err
	}
	s := &Service{
		db: c.DB, keys: c.Keys, account: c.Account, code: code, runner: c.Runner, roles: c.Roles, random: c.Random, clock: c.Clock, log: c.Logger,
		codeURL: c.CodeURL, wait: c.Wait, pages: awsapi.NewPages(c.Keys),
	}
	if s.wait == nil {
		s.wait = sleep
	}
	s.current.Store(&snapshot{})
	s.life, s.end = context.WithCancel(context.Background())
	return s, nil
}

// Start fills the snapshot, follows the database until ctx ends, and removes
// code that no function has any more.
func (s *Service) Start(ctx context.Context) error {
	if err := s.follow(ctx); err != nil {
		return err
	}
	used := map[string]bool{}
	for _, e := range s.current.Load().functions {
		for v := range e.all() {
			used[v.config.CodeSHA256] = true
		}
	}
	if err := s.code.sweep(used); err != nil {
		s.log.Warn("unused code could not be removed", "error", err)
	}
	return nil
}

// Close breaks off all invocations and returns when the asynchronous ones, which
// are logged, have ended. Stop serving before it, close the runner after it.
func (s *Service) Close() error {
	s.closing.Lock()
	s.end()
	s.closing.Unlock()
	s.inFlight.Wait()
	return nil
}

// newID is a random UUID.
func (s *Service) newID() (string, error) {
	id, err := uuid.NewRandomFromReader(s.random)
	return id.String(), err
}

// chance is in [0, 1). Without randomness it is 1: the alias's own version.
func (s *Service) chance() float64 {
	var b [8]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return 1
	}
	return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
