package keyring

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/time/rate"
)

// Purpose separates the keys of different kinds of secret: a value sealed for
// one purpose cannot be opened for another.
type Purpose string

const (
	SigningKeys   Purpose = "signing-keys"
	ClientSecrets Purpose = "client-secrets"
	AccessKeys    Purpose = "access-keys"
	Passwords     Purpose = "passwords"
	Tokens        Purpose = "tokens"      // refresh tokens, sessions, codes: keyed hashes
	PageTokens    Purpose = "page-tokens" // paging
	Environment   Purpose = "environment" // environment variables of functions
	Outbox        Purpose = "outbox"
	Templates     Purpose = "templates"     // fingerprints of what templates say
	Sessions      Purpose = "sessions"      // tokens of temporary credentials
	Imports       Purpose = "imports"       // files with users, until they are imported
	IdentityKeys  Purpose = "identitykeys"  // keys that sign the tokens of identity pools
	KMSKeys       Purpose = "kmskeys"       // material of keys of KMS
	SecondFactors Purpose = "secondfactors" // seeds of authenticator apps
)

// Purposes are all there are. Their keys are made when the keyring opens, so that
// sealing never touches the database.
var Purposes = []Purpose{SigningKeys, ClientSecrets, AccessKeys, Passwords, Tokens, PageTokens, Environment, Outbox, Templates, Sessions, Imports, IdentityKeys, KMSKeys, SecondFactors}

var (
	// ErrUnreadable: the sealed value was not made by this keyring for that purpose and id.
	ErrUnreadable = errors.New("keyring: cannot be opened with this key")
	// ErrWrongMaster: the keys on the shelf were wrapped by another master key.
	ErrWrongMaster = errors.New("the master key does not open this database: it was made with another one; restore that master key file, or set SALLYPORT_MASTER_KEY to it")
)

// Shelf keeps wrapped data keys. NewShelf makes one of a database.
type Shelf interface {
	// WrappedKeys returns all wrapped keys by purpose, newest last.
	WrappedKeys(ctx context.Context) ([]WrappedKey, error)
	// AddWrappedKey adds one, unless the purpose already has a key with that number;
	// then it returns store.ErrExists.
	AddWrappedKey(ctx context.Context, k WrappedKey) error
}

// WrappedKey is a data key as it lies in the database.
type WrappedKey struct {
	Purpose Purpose
	Number  int64
	Wrapped []byte
}

// Keyring seals and opens. Safe for concurrent use.
type Keyring struct {
	master tink.AEAD
	shelf  Shelf
	keys   atomic.Pointer[map[Purpose]*dataKeys]

	mu    sync.Mutex    // one looks for a newer key at a time
	looks *rate.Limiter // and not often in vain
}

// dataKeys are the keys of one purpose, never changed once published.
type dataKeys struct {
	mac    *macKey
	seal   map[int64]tink.AEAD
	newest int64
}

// Open unwraps the data keys on the shelf, making those that are missing; of several
// nodes that do so at once, one wins and the others take its keys. A master key that is
// not the one that wrapped them is ErrWrongMaster.
func Open(ctx context.Context, master Master, shelf Shelf) (*Keyring, error) {
	wrap, err := master.aead()
	if err != nil {
		return nil, err
	}
	k := &Keyring{master: wrap, shelf: shelf, looks: rate.NewLimiter(1, 2*len(Purposes))}
	if err := k.load(ctx); err != nil {
		return nil, err
	}
	made := false
	for _, p := range Purposes {
		have := (*k.keys.Load())[p]
		if have == nil || have.mac == nil {
			made = true
			err = errors.Join(err, k.make(ctx, p, macNumber))
		}
		if have == nil || have.newest == 0 {
			made = true
			err = errors.Join(err, k.make(ctx, p, 1))
		}
	}
	if err == nil && made {
		err = k.load(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, p := range Purposes {
		if have := (*k.keys.Load())[p]; have == nil || have.mac == nil || have.newest == 0 {
			return nil, fmt.Errorf("keyring: the data keys for %s were made and are not there: the database does not show what was written to it", p)
		}
	}
	return k, nil
}

// Rotate gives purpose a newer data key, with which this node seals from now on, and other
// nodes when they first meet it or next open. Values sealed before still open. MAC keys stay.
func (k *Keyring) Rotate(ctx context.Context, p Purpose) error {
	if err := k.load(ctx); err != nil {
		return err
	}
	keys := (*k.keys.Load())[p]
	if keys == nil {
		return unknown(p)
	}
	if err := k.make(ctx, p, keys.newest+1); err != nil {
		return err
	}
	return k.load(ctx)
}

// Seal encrypts plain for purpose, bound to id: it opens only with the same id.
// The result is 33 bytes longer than plain.
func (k *Keyring) Seal(p Purpose, id string, plain []byte) ([]byte, error) {
	keys := (*k.keys.Load())[p]
	if keys == nil {
		return nil, unknown(p)
	}
	body, err := keys.seal[keys.newest].Encrypt(plain, bound(p, keys.newest, id))
	if err != nil {
		return nil, fmt.Errorf("keyring: a value for %s could not be sealed: %w", p, err)
	}
	sealed := make([]byte, headerSize, headerSize+len(body))
	sealed[0] = sealedVersion
	binary.BigEndian.PutUint32(sealed[1:], uint32(keys.newest))
	return append(sealed, body...), nil
}

// Open decrypts what Seal made with the same purpose and id, or returns ErrUnreadable.
func (k *Keyring) Open(p Purpose, id string, sealed []byte) ([]byte, error) {
	if len(sealed) < headerSize || sealed[0] != sealedVersion {
		return nil, ErrUnreadable
	}
	number := int64(binary.BigEndian.Uint32(sealed[1:]))
	keys := (*k.keys.Load())[p]
	if keys == nil {
		return nil, unknown(p)
	}
	if number > keys.newest {
		k.lookAgain(p, number)
		keys = (*k.keys.Load())[p]
	}
	key, ok := keys.seal[number]
	if !ok {
		return nil, ErrUnreadable
	}
	plain, err := key.Decrypt(sealed[headerSize:], bound(p, number, id))
	if err != nil {
		return nil, ErrUnreadable
	}
	return plain, nil
}

const (
	sealedVersion = 1
	headerSize    = 5
	macNumber     = 0
	dataKeySize   = 32

	lookAgainLimit = 5 * time.Second
)

// lookAgain reads the shelf once more for a key that another node may have made. Who
// comes meanwhile waits for the answer; forged values with made-up key numbers soon get
// none, instead of reading the database each time.
func (k *Keyring) lookAgain(p Purpose, number int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if number <= (*k.keys.Load())[p].newest || !k.looks.Allow() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookAgainLimit)
	defer cancel()
	_ = k.load(ctx) // without it, the value is unreadable
}

// load reads the shelf and publishes its keys.
func (k *Keyring) load(ctx context.Context) error {
	wrapped, err := k.shelf.WrappedKeys(ctx)
	if err != nil {
		return fmt.Errorf("keyring: the data keys cannot be read: %w", err)
	}
	all := map[Purpose]*dataKeys{}
	var damaged []string
	for _, w := range wrapped {
		key, err := k.master.Decrypt(w.Wrapped, bound(w.Purpose, w.Number, wrapping))
		if err != nil || len(key) != dataKeySize {
			damaged = append(damaged, fmt.Sprintf("%s/%d", w.Purpose, w.Number))
			continue
		}
		keys := all[w.Purpose]
		if keys == nil {
			keys = &dataKeys{seal: map[int64]tink.AEAD{}}
			all[w.Purpose] = keys
		}
		if w.Number == macNumber {
			keys.mac = newMACKey(key)
			continue
		}
		if keys.seal[w.Number], err = newAEAD(key); err != nil {
			return err
		}
		keys.newest = max(keys.newest, w.Number)
	}
	switch {
	case len(damaged) == 0:
	case len(damaged) == len(wrapped):
		return ErrWrongMaster
	default:
		slices.Sort(damaged)
		return fmt.Errorf("keyring: the data keys %v are damaged in the database (others open): restore the database from a backup", damaged)
	}
	k.publish(all)
	return nil
}

// publish never takes a key away: of two loads, the one that read less may end later.
func (k *Keyring) publish(all map[Purpose]*dataKeys) {
	for {
		old := k.keys.Load()
		if old != nil {
			for p, have := range *old {
				if now := all[p]; now == nil || now.newest < have.newest {
					all[p] = have
				}
			}
		}
		if k.keys.CompareAndSwap(old, &all) {
			return
		}
		all = maps.Clone(all)
	}
}

// make adds a random data key, unless another node is faster.
func (k *Keyring) make(ctx context.Context, p Purpose, number int64) error {
	sealed, err := k.master.Encrypt(randomKey(), bound(p, number, wrapping))
	if err != nil {
		return fmt.Errorf("keyring: a data key could not be wrapped: %w", err)
	}
	err = k.shelf.AddWrappedKey(ctx, WrappedKey{Purpose: p, Number: number, Wrapped: sealed})
	if err != nil && !errors.Is(err, errExists) {
		return fmt.Errorf("keyring: a data key could not be kept: %w", err)
	}
	return nil
}

func unknown(p Purpose) error { return fmt.Errorf("keyring: %q is not a purpose", string(p)) }
