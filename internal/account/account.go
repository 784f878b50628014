package account

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// Credentials are an access key with its secret.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey keyring.Secret
}

// Service knows the account's keys. Safe for concurrent use.
type Service struct {
	account string
	db      *store.DB
	keyring *keyring.Keyring
	given   Credentials // the root key that the operator set; empty if none
	keys    atomic.Pointer[map[string]proved]
}

// proved is what a good signature by a key proves.
type proved struct {
	secret keyring.Secret
	owner  access.Caller
}

// New makes the service of one account. given is the root key that the
// operator chose; if it is empty, the stored one is used, and made first if
// there is none.
func New(account string, db *store.DB, ring *keyring.Keyring, given Credentials) *Service {
	s := &Service{account: account, db: db, keyring: ring, given: given}
	s.keys.Store(&map[string]proved{})
	return s
}

// Start makes the root key if need be and follows the stored ones.
func (s *Service) Start(ctx context.Context) error {
	if err := s.EnsureRootKey(ctx); err != nil {
		return err
	}
	return s.db.Follow(ctx, []string{"access_keys"}, func(ctx context.Context, _ bool, _ []store.Change) error {
		return s.load(ctx)
	})
}

// load reads every key into a new snapshot. There are few of them, and they
// change rarely.
func (s *Service) load(ctx context.Context) error {
	rows, err := accessKeys.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	keys := make(map[string]proved, len(rows)+1)
	for _, row := range rows {
		if row.Owner != ownerRoot || s.given.AccessKeyID != "" {
			continue // a root key that the operator sets replaces the stored one
		}
		secret, err := s.keyring.Open(keyring.AccessKeys, row.ID, row.Sealed)
		if err != nil {
			return fmt.Errorf("access key %s: %w", row.ID, err)
		}
		keys[row.ID] = proved{keyring.NewSecret(string(secret)), s.root(row.ID)}
	}
	if id := s.given.AccessKeyID; id != "" {
		keys[id] = proved{s.given.SecretAccessKey, s.root(id)}
	}
	s.keys.Store(&keys)
	return nil
}

func (s *Service) root(keyID string) access.Caller {
	return access.Caller{
		Kind:        access.Root,
		Account:     s.account,
		ARN:         "arn:aws:iam::" + s.account + ":root",
		ID:          s.account,
		AccessKeyID: keyID,
	}
}

// Root is the account's root as a caller, for what the operator asks of the
// program itself, such as deploying a template.
func (s *Service) Root() access.Caller { return s.root("") }

// Key implements awsapi.Keys. Long-term keys have no session token: one that
// comes with a token is not the key that it says it is.
func (s *Service) Key(_ context.Context, accessKeyID, sessionToken string) (string, access.Caller, error) {
	key, ok := (*s.keys.Load())[accessKeyID]
	if !ok || sessionToken != "" {
		return "", access.Caller{}, awsapi.ErrUnknownKey
	}
	return key.secret.Reveal(), key.owner, nil
}

// Authorize implements access.Authorizer: the root of this account may do
// anything, nobody else may do anything.
func (s *Service) Authorize(_ context.Context, call *access.Call, _, _ string) access.Verdict {
	if call.Caller.Kind == access.Root && call.Caller.Account == s.account {
		return access.Verdict{Allowed: true, Reason: "the account's root may do anything"}
	}
	return access.Verdict{Reason: "only the account's root has permissions"}
}
