package userpool

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

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
// keys of their own. All keys of a pool verify; of each use the newest that
// Signs signs, so a key is replaced by adding one and removed when its last
// token has expired.
type SigningKey struct {
	ID      string // kid
	PoolID  string
	Use     TokenUse
	Signs   bool
	Created time.Time
	Sealed  []byte // PKCS #8, sealed for the kid
}

const keyBits = 2048

// signingKey is a key ready for use, with the token header that names it.
type signingKey struct {
	SigningKey
	private *rsa.PrivateKey
	public  verify.Key
	header  string // base64url of {"kid":…,"alg":"RS256"}
}

// makeKeys makes the two keys of a new pool, at the same time: each takes about a tenth of a second.
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
			plain, err := x509.MarshalPKCS8PrivateKey(private)
			if err != nil {
				return err
			}
			row := &SigningKey{ID: base64.StdEncoding.EncodeToString(id), PoolID: poolID, Use: use, Signs: true, Created: now}
			row.Sealed, err = s.keys.Seal(keyring.SigningKeys, row.ID, plain)
			rows[i] = row
			return err
		})
	}
	return rows, group.Wait()
}

func (s *Service) openKey(row *SigningKey) (*signingKey, error) {
	plain, err := s.keys.Open(keyring.SigningKeys, row.ID, row.Sealed)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, errors.New("the private key cannot be read")
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the private key is not RSA")
	}
	header, err := json.Marshal(struct {
		KeyID     string `json:"kid"`
		Algorithm string `json:"alg"`
	}{row.ID, "RS256"})
	if err != nil {
		return nil, err
	}
	public, err := verify.NewKey(row.ID, &private.PublicKey, verify.RS256)
	if err != nil {
		return nil, err
	}
	return &signingKey{SigningKey: *row, private: private, public: public, header: base64.RawURLEncoding.EncodeToString(header)}, nil
}

// sign makes a compact JWS (RFC 7515) of the claims: RS256.
func (k *signingKey) sign(random io.Reader, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	b := base64.RawURLEncoding
	size := len(k.header) + 1 + b.EncodedLen(len(payload)) + 1 + b.EncodedLen(k.private.Size())
	token := make([]byte, 0, size)
	token = append(token, k.header...)
	token = append(token, '.')
	token = b.AppendEncode(token, payload)
	sum := sha256.Sum256(token)
	signature, err := rsa.SignPKCS1v15(random, k.private, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	token = append(token, '.')
	return string(b.AppendEncode(token, signature)), nil
}
