package account_test

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

const number = "000000000000"

func openRing(t testing.TB, db *store.DB, master keyring.Master) *keyring.Keyring {
	t.Helper()
	ring, err := keyring.Open(t.Context(), master, keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func started(t testing.TB, db *store.DB, ring *keyring.Keyring, given account.Credentials) *account.Service {
	t.Helper()
	s := account.New(number, db, ring, given)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func memory(t testing.TB) *store.DB { return open(t, store.Options{Memory: true}) }

func open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestTheFirstStartMakesARootKeyInAWSsForm(t *testing.T) {
	db := memory(t)
	ring := openRing(t, db, keyring.NewMaster())
	if _, err := account.StoredRootKey(t.Context(), db, ring); !errors.Is(err, account.ErrNoRootKey) {
		t.Errorf("before the start: %v", err)
	}
	s := started(t, db, ring, account.Credentials{})
	key, err := account.StoredRootKey(t.Context(), db, ring)
	if err != nil || !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(key.AccessKeyID) || len(key.SecretAccessKey.Reveal()) != 40 {
		t.Errorf("the root key is %q with a secret of %d characters, %v", key.AccessKeyID, len(key.SecretAccessKey.Reveal()), err)
	}
	secret, caller, err := s.Key(t.Context(), key.AccessKeyID, "")
	if err != nil || secret != key.SecretAccessKey.Reveal() || caller.Kind != access.Root || caller.ARN != "arn:aws:iam::"+number+":root" {
		t.Errorf("it belongs to %+v, %v", caller, err)
	}
	started(t, db, ring, account.Credentials{})
	again, err := account.StoredRootKey(t.Context(), db, ring)
	if err != nil || again.AccessKeyID != key.AccessKeyID || again.SecretAccessKey.Reveal() != key.SecretAccessKey.Reveal() {
		t.Errorf("the second start has made another one: %v", err)
	}
}

func TestNodesThatStartTogetherMakeOneRootKey(t *testing.T) {
	for name, o := range map[string]store.Options{"SQLite": {File: filepath.Join(t.TempDir(), "data", "sallyport.db")}, "PostgreSQL": {Postgres: storetest.Postgres(t)}} {
		t.Run(name, func(t *testing.T) {
			db := open(t, o)
			ring := openRing(t, db, keyring.NewMaster())
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if err := account.New(number, db, ring, account.Credentials{}).EnsureRootKey(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if _, err := account.StoredRootKey(t.Context(), db, ring); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsNoKeyOpensNothing(t *testing.T) {
	db := memory(t)
	ring := openRing(t, db, keyring.NewMaster())
	started(t, db, ring, account.Credentials{})
	stored, err := account.StoredRootKey(t.Context(), db, ring)
	if err != nil {
		t.Fatal(err)
	}
	given := account.Credentials{AccessKeyID: "operator", SecretAccessKey: keyring.NewSecret("s3cret")}
	s := started(t, db, ring, given)
	for name, c := range map[string]struct{ id, token string }{
		"no id":                             {"", ""},
		"an unknown id":                     {"AKIAIOSFODNN7EXAMPLE", ""},
		"another case":                      {"OPERATOR", ""},
		"a long-term key with a token":      {"operator", "x"},
		"the stored key behind a given one": {stored.AccessKeyID, ""},
	} {
		if secret, caller, err := s.Key(t.Context(), c.id, c.token); !errors.Is(err, awsapi.ErrUnknownKey) || secret != "" || caller.Kind != access.Anonymous {
			t.Errorf("%s: %+v, %v", name, caller, err)
		}
	}
	if secret, _, err := s.Key(t.Context(), "operator", ""); err != nil || secret != "s3cret" {
		t.Errorf("the given key: %v", err)
	}
}

func TestASealedSecretIsBoundToItsKeyring(t *testing.T) {
	db := memory(t)
	started(t, db, openRing(t, db, keyring.NewMaster()), account.Credentials{})
	other := openRing(t, memory(t), keyring.NewMaster())
	if err := account.New(number, db, other, account.Credentials{}).Start(t.Context()); err == nil {
		t.Error("another keyring opens the root key")
	}
}

func TestOnlyTheAccountsRootMayDoAnything(t *testing.T) {
	s := account.New(number, nil, nil, account.Credentials{})
	for name, c := range map[string]struct {
		caller access.Caller
		may    bool
	}{
		"nobody":                  {access.Caller{}, false},
		"root":                    {s.Root(), true},
		"root of another account": {access.Caller{Kind: access.Root, Account: "111111111111"}, false},
		"root of no account":      {access.Caller{Kind: access.Root}, false},
		"a caller by name":        {access.Caller{ARN: "arn:aws:iam::" + number + ":root", Account: number}, false},
	} {
		if v := s.Authorize(t.Context(), &access.Call{Caller: c.caller}, "lambda:InvokeFunction", "*"); v.Allowed != c.may {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestTheRootKeyOutlivesAReset(t *testing.T) {
	for name, given := range map[string]account.Credentials{"made": {}, "given": {AccessKeyID: "operator", SecretAccessKey: keyring.NewSecret("s3cret")}} {
		t.Run(name, func(t *testing.T) {
			db := memory(t)
			s := started(t, db, openRing(t, db, keyring.NewMaster()), given)
			before, err := s.RootKey(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			err = s.KeepRootKey(ctx, func(ctx context.Context) error {
				err := db.Empty(ctx)
				cancel() // whoever asked has gone
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if secret, _, err := s.Key(t.Context(), before.AccessKeyID, ""); err != nil || secret != before.SecretAccessKey.Reveal() {
				t.Errorf("the key is gone: %v", err)
			}
		})
	}
}
