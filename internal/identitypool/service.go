package identitypool

import (
	"context"
	"crypto/rsa"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/jws"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

// Config is what the service needs from its surroundings. All fields but
// PublicKeys are required.
type Config struct {
	DB        *store.DB
	Keys      *keyring.Keyring
	Account   string
	UserPools UserPools
	Providers Providers
	Roles     Roles
	Random    io.Reader // crypto/rand.Reader
	Clock     *clock.Clock
	Logger    *slog.Logger
	// PublicKeys replaces the keys of public providers, by login key
	// (accounts.google.com); nil for those that the providers publish.
	PublicKeys map[string]verify.KeySource
}

// Service is cognito-identity. Safe for concurrent use.
type Service struct {
	db        *store.DB
	keys      *keyring.Keyring
	account   string
	userPools UserPools
	providers Providers
	roles     Roles
	random    io.Reader
	clock     *clock.Clock
	log       *slog.Logger
	pages     *awsapi.Pages
	newcomers newcomers

	public  map[string]publicProvider
	newKey  func() (*rsa.PrivateKey, error)
	making  sync.Mutex // one signing key is made at a time
	current atomic.Pointer[snapshot]
}

// New makes the service. It answers after Start has filled the snapshot.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Keys == nil || c.Account == "" || c.UserPools == nil || c.Providers == nil || c.Roles == nil || c.Random == nil || c.Clock == nil || c.Logger == nil {
		return nil, errors.New("identitypool: every field of Config but PublicKeys must be set")
	}
	s := &Service{
		db: c.DB, keys: c.Keys, account: c.Account, userPools: c.UserPools, providers: c.Providers, roles: c.Roles,
		random: c.Random, clock: c.Clock, log: c.Logger, pages: awsapi.NewPages(c.Keys),
		newKey: func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(c.Random, jws.KeyBits) },
	}
	var err error
	if s.public, err = publicProviders(c); err != nil {
		return nil, err
	}
	s.current.Store(newSnapshot())
	return s, nil
}

// Start fills the snapshot and follows the database until ctx ends.
func (s *Service) Start(ctx context.Context) error { return s.follow(ctx) }

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
