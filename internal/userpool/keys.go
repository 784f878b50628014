package userpool

import (
	"context"
	"encoding/base64"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sallyport/sallyport/internal/jws"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/verify"
)

// TokenUse is what a token is for: its token_use claim.
type TokenUse string

const (
	IDToken     TokenUse = "id"
	AccessToken TokenUse = "access"
)

// SigningKey is an RSA key of a pool as it is stored. ID and access tokens have
// keys of their own. All keys of a pool verify; which one signs, and when one
// leaves, the rows tell together: see keyrotation.go. A row never changes.
type SigningKey struct {
	ID        string // kid
	PoolID    string
	Use       TokenUse
	Created   time.Time
	SignsFrom time.Time `json:",omitzero"` // zero: since it was created
	Sealed    []byte    // PKCS #8, sealed for the kid
}

// signingKey is a key ready for use.
type signingKey struct {
	SigningKey
	key *jws.Key
}

// makeKeys makes two new keys of a pool, at the same time: each takes about a tenth of a second.
func (s *Service) makeKeys(ctx context.Context, poolID string, now time.Time) ([]*SigningKey, error) {
	uses := []TokenUse{IDToken, AccessToken}
	rows := make([]*SigningKey, len(uses))
	group, _ := errgroup.WithContext(ctx)
	for i, use := range uses {
		group.Go(func() error {
			private, err := s.newKey()
			if err != nil {
				return err
			}
			id := make([]byte, 32)
			if _, err := io.ReadFull(s.random, id); err != nil {
				return err
			}
			row := &SigningKey{ID: base64.StdEncoding.EncodeToString(id), PoolID: poolID, Use: use, Created: now}
			row.Sealed, err = jws.Seal(s.keys, keyring.SigningKeys, row.ID, private)
			rows[i] = row
			return err
		})
	}
	return rows, group.Wait()
}

func (s *Service) openKey(row *SigningKey) (*signingKey, error) {
	key, err := jws.Open(s.keys, keyring.SigningKeys, row.ID, row.Sealed, verify.RS256)
	return &signingKey{*row, key}, err
}
