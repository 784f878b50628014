package userpool

import (
	"context"
	"crypto/rsa"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/jws"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// Outbox takes messages to users. A message is put in the transaction that
// makes what it tells about, so neither exists without the other.
type Outbox interface {
	Put(ctx context.Context, s store.Session, m outbox.Message) error
}

// Roles answers who may give a role of the account to an identity pool.
type Roles interface {
	MayPass(call *access.Call, roleARN string) access.Verdict
}

// CompromisedPasswords is a list of passwords that are known to others. Contains
// fails when the list cannot be read, which must not pass for a no.
type CompromisedPasswords interface {
	Contains(password string) (bool, error)
}

// Config is what the service needs from its surroundings. All fields are
// required but Compromised, which is nil where the operator has no list.
type Config struct {
	DB          *store.DB
	Keys        *keyring.Keyring
	PublicURL   string // base URL without a slash at the end; issuers are PublicURL + "/" + pool id
	Account     string
	Outbox      Outbox
	Roles       Roles
	LogRoles    Roles  // the same of roles by which import jobs would write logs
	ImportURL   string // where ServeImport is mounted, no slash at the end
	Compromised CompromisedPasswords
	Functions   trigger.Invoker // runs the functions that pools name as triggers
	KMS         KMS             // has the keys of custom senders
	Random      io.Reader       // crypto/rand.Reader
	Clock       *clock.Clock
	Logger      *slog.Logger
}

// Service is cognito-idp. Safe for concurrent use.
type Service struct {
	db          *store.DB
	keys        *keyring.Keyring
	publicURL   string
	account     string
	outbox      Outbox
	roles       Roles
	compromised CompromisedPasswords // nil: none
	triggers    trigger.Caller
	kms         KMS
	random      io.Reader
	clock       *clock.Clock
	log         *slog.Logger

	logRoles  Roles
	importURL string
	imports   importer
	passwords *hasher
	nobody    []byte // the row of a user who does not exist, for SRP
	newKey    func() (*rsa.PrivateKey, error)
	queues    queues
	sending   sendingSlots
	events    eventLog
	signUps   int64 // that one network may have in one pool, an hour
	names     int64 // that it may have something done for, likewise
	paces     paces
	pages     *awsapi.Pages
	current   atomic.Pointer[snapshot]
}

// New makes the service. It answers after Start has filled the snapshot.
func New(c Config) (*Service, error) {
	switch {
	case c.DB == nil || c.Keys == nil || c.Outbox == nil || c.Roles == nil || c.LogRoles == nil || c.ImportURL == "" || c.Functions == nil || c.KMS == nil || c.Random == nil || c.Clock == nil || c.Logger == nil:
		return nil, errors.New("userpool: every field of Config must be set")
	case c.PublicURL == "" || strings.HasSuffix(c.PublicURL, "/"):
		return nil, errors.New("userpool: PublicURL must be set, without a slash at its end")
	}
	h, err := newHasher(c.Keys, c.Random)
	if err != nil {
		return nil, err
	}
	s := &Service{
		db: c.DB, keys: c.Keys, publicURL: c.PublicURL, account: c.Account, roles: c.Roles,
		triggers: trigger.Caller{Invoker: c.Functions}, kms: c.KMS, compromised: c.Compromised, random: c.Random, clock: c.Clock, log: c.Logger,
		passwords: h, signUps: ofNetwork, names: ofNetwork, pages: awsapi.NewPages(c.Keys),
		newKey: func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(c.Random, jws.KeyBits) },
	}
	s.outbox = posting{c.Outbox, s}
	s.logRoles, s.importURL, s.imports.again = c.LogRoles, c.ImportURL, make(chan struct{}, 1)
	if s.imports.id, err = newUUID(c.Random); err != nil {
		return nil, err
	}
	s.current.Store(&snapshot{})
	if err := s.newNobody(); err != nil {
		return nil, err
	}
	return s, nil
}

// sweepEvery is how often rows whose time is over are removed. They are dead
// at their time; sweeping only gives back the space.
const sweepEvery = time.Minute

// Start fills the snapshot, follows the database until ctx ends and sweeps out
// what has expired.
func (s *Service) Start(ctx context.Context) error {
	if err := s.follow(ctx); err != nil {
		return err
	}
	s.warnOfRisks()
	go s.keepWriting(ctx)
	go s.keepSending(ctx)
	go s.runImports(ctx)
	go func() {
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
					s.log.Error("expired sign-in rows could not be removed; trying again", "error", err)
				}
			}
		}
	}()
	return nil
}

func (s *Service) sweep(ctx context.Context) error {
	now := s.clock.Now().UnixMilli()
	failed := []error{s.retireKeys(ctx, s.clock.Now()), s.expireImports(ctx, s.clock.Now())}
	for _, empty := range rowsThatExpire {
		_, err := empty(ctx, s.db, expired, now)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// issuer is the "iss" of a pool's tokens.
func (s *Service) issuer(poolID string) string { return s.publicURL + "/" + poolID }

// pool finds a pool of the call's region in the snapshot.
func (s *Service) pool(call *access.Call, id *string) (*poolState, error) {
	p := s.current.Load().pools[deref(id)]
	if p == nil || p.Region != call.Region {
		return nil, noPool(deref(id))
	}
	return p, nil
}

// client finds a client of a pool.
func (s *Service) client(p *poolState, id *string) (*clientState, error) {
	c := s.current.Load().clients[deref(id)]
	if c == nil || c.PoolID != p.ID {
		return nil, noClient(deref(id))
	}
	return c, nil
}

// anyClient finds a client and its pool by the client's id alone: ids are unique everywhere.
func (s *Service) anyClient(id *string) (*poolState, *clientState, error) {
	now := s.current.Load()
	if c := now.clients[deref(id)]; c != nil {
		if p := now.pools[c.PoolID]; p != nil {
			return p, c, nil
		}
	}
	return nil, nil, noClient(deref(id))
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func ptr[T any](v T) *T { return &v }
