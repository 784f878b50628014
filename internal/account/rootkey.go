package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// ErrNoRootKey: the database holds no root key; no server has started on it yet.
var ErrNoRootKey = errors.New("account: no root key yet")

// StoredRootKey reads the root key that Start made.
func StoredRootKey(ctx context.Context, db *store.DB, ring *keyring.Keyring) (Credentials, error) {
	row, err := accessKeys.GetBy(ctx, db, "owner", ownerRoot)
	if errors.Is(err, store.ErrNotFound) {
		return Credentials{}, ErrNoRootKey
	}
	if err != nil {
		return Credentials{}, err
	}
	secret, err := ring.Open(keyring.AccessKeys, row.ID, row.Sealed)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{row.ID, keyring.NewSecret(string(secret))}, nil
}

// RootKey is the root key that the account has: the one that the operator set,
// or the one that Start made.
func (s *Service) RootKey(ctx context.Context) (Credentials, error) {
	if s.given.AccessKeyID != "" {
		return s.given, nil
	}
	return StoredRootKey(ctx, s.db, s.keyring)
}

// KeepRootKey runs empty, which forgets everything, and puts the root key back:
// who resets the server goes on with the key that they have.
func (s *Service) KeepRootKey(ctx context.Context, empty func(context.Context) error) error {
	if s.given.AccessKeyID != "" {
		return empty(ctx)
	}
	row, err := accessKeys.GetBy(ctx, s.db, "owner", ownerRoot)
	if err != nil {
		return err
	}
	if err := empty(ctx); err != nil {
		return err
	}
	// Whoever asked may leave; the key must come back all the same.
	return accessKeys.Insert(context.WithoutCancel(ctx), s.db, row)
}

// EnsureRootKey makes the root key if there is none, stored or given. Of
// several nodes that start together on an empty database exactly one makes it:
// the row is unique by its owner.
func (s *Service) EnsureRootKey(ctx context.Context) error {
	if s.given.AccessKeyID != "" {
		return nil
	}
	_, err := accessKeys.GetBy(ctx, s.db, "owner", ownerRoot)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	made := newCredentials()
	sealed, err := s.keyring.Seal(keyring.AccessKeys, made.AccessKeyID, []byte(made.SecretAccessKey.Reveal()))
	if err != nil {
		return err
	}
	err = accessKeys.Insert(ctx, s.db, &accessKey{ID: made.AccessKeyID, Owner: ownerRoot, Sealed: sealed})
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// newCredentials makes a key in AWS's form: AKIA and 16 characters of base 32,
// a secret of 40 characters.
func newCredentials() Credentials {
	var raw [40]byte
	rand.Read(raw[:]) // never fails
	return Credentials{
		AccessKeyID:     "AKIA" + base32.StdEncoding.EncodeToString(raw[:10]),
		SecretAccessKey: keyring.NewSecret(base64.RawStdEncoding.EncodeToString(raw[10:])),
	}
}
