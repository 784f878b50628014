package identitypool

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

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
	keyBits = 2048
	// keyAge is how long a key signs. The first token after that has a new one.
	keyAge = 90 * 24 * time.Hour
	// keyGrace is how long a key verifies after another one signs: no token lives longer.
	keyGrace = maxDuration*time.Second + time.Hour
)

// signingKey is a key ready for use, with the token header that names it.
type signingKey struct {
	SigningKey
	private *rsa.PrivateKey
	public  verify.Key
	header  string // base64url of {"kid":…,"alg":"RS512"}
}

func (s *Service) openKey(row *SigningKey) (*signingKey, error) {
	plain, err := s.keys.Open(keyring.IdentityKeys, row.ID, row.Sealed)
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
	}{row.ID, "RS512"})
	if err != nil {
		return nil, err
	}
	public, err := verify.NewKey(row.ID, &private.PublicKey, verify.RS512)
	if err != nil {
		return nil, err
	}
	return &signingKey{SigningKey: *row, private: private, public: public, header: base64.RawURLEncoding.EncodeToString(header)}, nil
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
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	row := &SigningKey{ID: id.String(), Created: now}
	if row.Sealed, err = s.keys.Seal(keyring.IdentityKeys, row.ID, plain); err != nil {
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

// sign makes a compact JWS (RFC 7515) of the claims: RS512.
func (k *signingKey) sign(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := k.header + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha512.Sum512([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA512, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// publicKeys are the current keys, for a verifier.
type publicKeys struct{ service *Service }

// Key finds a key by its id. One that another node has made a moment ago is
// looked for in the database.
func (p publicKeys) Key(ctx context.Context, id string) (verify.Key, error) {
	s := p.service
	if k := s.current.Load().key(id); k != nil {
		return k.public, nil
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
	return k.public, nil
}
