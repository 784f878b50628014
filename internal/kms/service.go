package kms

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

// Config is what the service needs from its surroundings. All fields are required.
type Config struct {
	DB       *store.DB
	Keys     *keyring.Keyring
	Account  string
	Policies access.Authorizer // asked where one call needs permission for more than one thing
	Random   io.Reader         // crypto/rand.Reader
	Clock    *clock.Clock
	Logger   *slog.Logger
}

// Service is kms. Safe for concurrent use.
type Service struct {
	db       *store.DB
	keys     *keyring.Keyring
	account  string
	policies access.Authorizer
	random   io.Reader
	clock    *clock.Clock
	log      *slog.Logger
	pages    *awsapi.Pages
	fallback *policy.Policy // of a key that is not there: the account's own policies say who may know
	current  atomic.Pointer[snapshot]
}

// snapshot is every key and alias. It never changes; a change of the database makes a new one.
type snapshot struct {
	keys    map[string]*Key
	aliases map[aliasKey]*Alias
}

type aliasKey struct{ region, name string }

// aliasesOf are the names of a key's aliases, in order.
func (n *snapshot) aliasesOf(id string) (names []string) {
	for _, a := range n.aliases {
		if a.KeyID == id {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names
}

// New makes the service. It answers after Start has filled the snapshot.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Keys == nil || c.Account == "" || c.Policies == nil || c.Random == nil || c.Clock == nil || c.Logger == nil {
		return nil, errors.New("kms: every field of Config must be set")
	}
	fallback, err := policy.Parse(policy.Resource, []byte(defaultPolicy(c.Account)))
	if err != nil {
		return nil, err
	}
	s := &Service{
		db: c.DB, keys: c.Keys, account: c.Account, policies: c.Policies, random: c.Random, clock: c.Clock, log: c.Logger,
		pages: awsapi.NewPages(c.Keys), fallback: fallback,
	}
	s.current.Store(&snapshot{})
	return s, nil
}

// sweepEvery is how often keys are removed whose time is over. They open nothing
// from their time on.
const sweepEvery = time.Minute

// Start fills the snapshot, follows the database until ctx ends and removes keys
// whose deletion was scheduled.
func (s *Service) Start(ctx context.Context) error {
	err := s.db.Follow(ctx, []string{"kms_keys", "kms_aliases"}, func(ctx context.Context, _ bool, _ []store.Change) error { return s.read(ctx) })
	if err != nil {
		return err
	}
	go func() {
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
					s.log.Error("keys whose deletion is due could not be removed; trying again", "error", err)
				}
			}
		}
	}()
	return nil
}

func (s *Service) sweep(ctx context.Context) error {
	now := s.clock.Now().UnixMilli()
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := aliasTable.DeleteWhere(ctx, tx, ofEnded, now); err != nil {
			return err
		}
		_, err := keyTable.DeleteWhere(ctx, tx, ended, now)
		return err
	})
}

// read makes the snapshot anew. A key whose policy cannot be read opens for nobody.
func (s *Service) read(ctx context.Context) error {
	keys, err := keyTable.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	aliases, err := aliasTable.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	next := &snapshot{keys: make(map[string]*Key, len(keys)), aliases: make(map[aliasKey]*Alias, len(aliases))}
	before := s.current.Load()
	for _, k := range keys {
		if old := before.keys[k.ID]; old != nil && old.Policy == k.Policy {
			k.compiled = old.compiled
		} else if k.compiled, err = policy.Parse(policy.Resource, []byte(k.Policy)); err != nil {
			s.log.Error("the policy of a key cannot be read; nobody may use the key", "key", k.ID, "error", err)
			k.compiled = nobodysPolicy
		}
		next.keys[k.ID] = k
	}
	for _, a := range aliases {
		next.aliases[aliasKey{a.Region, a.Name}] = a
	}
	s.current.Store(next)
	return nil
}

// nobodysPolicy stands in the place of one that cannot be read.
var nobodysPolicy = policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}}`)

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
