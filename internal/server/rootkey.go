package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// RootKey finds the root key of a deployment, whether its server runs or not:
// the one that the operator set, or the one that the first start has made.
func RootKey(ctx context.Context, c config.Config) (account.Credentials, error) {
	if c.RootAccessKeyID != "" {
		return account.Credentials{AccessKeyID: c.RootAccessKeyID, SecretAccessKey: c.RootSecretAccessKey}, nil
	}
	if c.Ephemeral {
		return account.Credentials{}, fmt.Errorf("the root key of an ephemeral server lives in its memory: set %s and %s before you start it", config.EnvRootKeyID, config.EnvRootSecret)
	}
	folder := dataFolder(c.Data)
	db, err := store.OpenReadOnly(ctx, storeOptions(c, folder, new(clock.Clock), nil))
	if errors.Is(err, fs.ErrNotExist) {
		if c.Database.Reveal() != "" {
			return account.Credentials{}, fmt.Errorf("no server has run with this database yet: start one with sallyport up, or name another with --database")
		}
		return account.Credentials{}, fmt.Errorf("no server has run with the data folder %s yet: start one with sallyport up, or name another with --data", folder)
	}
	if err != nil {
		return account.Credentials{}, err
	}
	defer db.Close()
	noKey := fmt.Errorf("the database holds no root key yet: start the server once with sallyport up")
	empty, err := keyring.Empty(ctx, keyring.NewShelf(db))
	if err == nil && empty {
		return account.Credentials{}, noKey
	}
	if err != nil {
		return account.Credentials{}, err
	}
	ring, err := openKeyring(ctx, c, folder, db, false)
	if err != nil {
		return account.Credentials{}, err
	}
	key, err := account.StoredRootKey(ctx, db, ring)
	if errors.Is(err, account.ErrNoRootKey) {
		return account.Credentials{}, noKey
	}
	return key, err
}
