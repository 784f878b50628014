package identitypool

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/jws"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

// SigningKey is an RSA key as it is stored. All keys verify, the newest signs.
type SigningKey struct {
	ID      string // kid
	Created time.Time
	Sealed  []byte // PKCS #8, sealed for the kid
}

const (
	// keyAge is how long a key signs. The first token after that has a new one.
	keyAge = 90 * 24 * time.Hour
	// keyGrace is how long a key verifies after another one signs: no token lives longer.
	keyGrace = maxDuration*time.Second + time.Hour
)

// signingKey is a key ready for use.
type signingKey struct {
	SigningKey
	key *jws.Key
}

func (s *Service) openKey(row *SigningKey) (*signingKey, error) {
	key, err := jws.Open(s.keys, keyring.IdentityKeys, row.ID, row.Sealed, verify.RS512)
	return &signingKey{*row, key}, err
}

// signer is the key that signs at that instant. The first token of a deployment
// waits for its key; so does the first one after a key has grown old.
func (s *Service) signer(ctx context.Context, now time.Time) (*signingKey, error) {
	if k := s.current.Load().signer(now); k != nil {
		return k, nil
	}
	s.making.Lock()
	defer s.making.Unlock()
	if k := s.current.Load().signer(now); k != nil {
		return k, nil
	}
	if err := s.addKey(ctx, now, false); err != nil {
		return nil, err
	}
	if k := s.current.Load().signer(now); k != nil {
		return k, nil
	}
	return nil, errors.New("identitypool: the new signing key is not there")
}

func (n *snapshot) signer(now time.Time) *signingKey {
	if len(n.keys) == 0 {
		return nil
	}
	if k := n.keys[len(n.keys)-1]; now.Sub(k.Created) < keyAge {
		return k
	}
	return nil
}

// RotateKeys makes a new signing key, with which this node signs from now on.
// Tokens of the older keys verify until they expire.
func (s *Service) RotateKeys(ctx context.Context) error {
	s.making.Lock()
	defer s.making.Unlock()
	return s.addKey(ctx, s.clock.Now(), true)
}

// addKey adds a key, unless another node has made a young one meanwhile, and
// removes those whose last token has expired.
func (s *Service) addKey(ctx context.Context, now time.Time, always bool) error {
	private, err := s.newKey()
	if err != nil {
		return err
	}
	id, err := uuid.NewRandomFromReader(s.random)
	if err != nil {
		return err
	}
	row := &SigningKey{ID: id.String(), Created: now}
	if row.Sealed, err = jws.Seal(s.keys, keyring.IdentityKeys, row.ID, private); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		rows, err := keyTable.List(ctx, tx, "")
		if err != nil {
			return err
		}
		var newest time.Time
		for _, r := range rows {
			if r.Created.After(newest) {
				newest = r.Created
			}
		}
		if !always && len(rows) > 0 && now.Sub(newest) < keyAge {
			return nil
		}
		for _, r := range rows {
			// A key signed until the next one was made, and that was at newest or before.
			if r.Created.Before(newest) && now.Sub(newest) > keyGrace {
				if err := keyTable.Delete(ctx, tx, r.ID); err != nil {
					return err
				}
			}
		}
		return keyTable.Insert(ctx, tx, row)
	})
}

// publicKeys are the current keys, for a verifier.
type publicKeys struct{ service *Service }

// Key finds a key by its id. One that another node has made a moment ago is
// looked for in the database.
func (p publicKeys) Key(ctx context.Context, id string) (verify.Key, error) {
	s := p.service
	if k := s.current.Load().key(id); k != nil {
		return k.key.Public(), nil
	}
	if _, err := uuid.Parse(id); err != nil {
		return verify.Key{}, verify.ErrUnknownKey
	}
	row, err := keyTable.Get(ctx, s.db, id)
	if errors.Is(err, store.ErrNotFound) {
		return verify.Key{}, verify.ErrUnknownKey
	}
	if err != nil {
		return verify.Key{}, err
	}
	k, err := s.openKey(row)
	if err != nil {
		return verify.Key{}, err
	}
	return k.key.Public(), nil
}
