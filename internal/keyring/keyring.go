// Package keyring seals what must not lie in the clear. One master key wraps
// data keys; data keys seal values, each bound to its purpose and id.
//
//	master key -> data key (one a purpose, wrapped, in the database) -> Seal / Open / MAC
package keyring

import (
	"context"
	"errors"
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
)

// ErrUnreadable: the sealed value was not made by this keyring for that purpose and id.
var ErrUnreadable = errors.New("keyring: cannot be opened with this key")

// Shelf keeps wrapped data keys. The store provides it.
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
type Keyring struct{}

// Open unwraps the data keys on the shelf, making those that are missing. A
// master key that is not the one that wrapped them is an error that says so.
func Open(ctx context.Context, master Master, shelf Shelf) (*Keyring, error) { panic("not built yet") }

// Seal encrypts plain for purpose, bound to id: it opens only with the same id.
func (k *Keyring) Seal(p Purpose, id string, plain []byte) ([]byte, error) { panic("not built yet") }

// Open decrypts what Seal made with the same purpose and id, or returns ErrUnreadable.
func (k *Keyring) Open(p Purpose, id string, sealed []byte) ([]byte, error) { panic("not built yet") }

// MAC is a keyed hash (HMAC-SHA256) of parts, unambiguous in where one part ends: to look up what
// must not be stored as text, and to derive what must look random yet stay the same.
func (k *Keyring) MAC(p Purpose, parts ...string) []byte { panic("not built yet") }
