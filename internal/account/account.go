package account

import (
	"context"
	"crypto/sha256"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/issuer"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

// Credentials are an access key with its secret.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey keyring.Secret
}

// Service is the account: who belongs to it, and what they may do. Safe for
// concurrent use.
type Service struct {
	account string
	db      *store.DB
	keyring *keyring.Keyring
	pages   *awsapi.Pages
	given   Credentials // the root key that the operator set; empty if none
	current atomic.Pointer[snapshot]
	uses    uses

	neighbours Neighbours
	directory  *issuer.Directory // where the neighbours have none

	opened   memo[[sha256.Size]byte, session] // good tokens, by the hash of key id and token
	compiled memo[string, *policy.Policy]     // session policies, by their text
}

// New makes the service of one account. given is the root key that the
// operator chose; if it is empty, the stored one is used, and made first if
// there is none.
func New(account string, db *store.DB, ring *keyring.Keyring, given Credentials) *Service {
	s := &Service{account: account, db: db, keyring: ring, pages: awsapi.NewPages(ring), given: given, directory: issuer.New(issuer.Config{Now: db.Now})}
	s.current.Store(newSnapshot())
	return s
}

// Start makes the root key if need be and follows the account's rows.
func (s *Service) Start(ctx context.Context) error {
	if err := s.EnsureRootKey(ctx); err != nil {
		return err
	}
	return s.follow(ctx)
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
