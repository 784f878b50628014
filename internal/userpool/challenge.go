package userpool

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// Challenge is a step that a sign-in waits for. The client holds a session
// text, of which only the keyed hash is kept; it works once, for the pool,
// client, user and step it was made for.
type Challenge struct {
	ID       string // keyed hash of the session
	PoolID   string
	ClientID string
	NameKey  string
	Sub      string
	Epoch    int64
	Name     string
	Progress Progress
	Event    *carriedEvent `json:",omitempty"`
	Tries    int           `json:",omitempty"` // answers that were looked at, where they are counted
	Led      []byte        `json:",omitempty"` // sealed: what the pool's functions know of the sign-in
	Expires  int64         // Unix milliseconds
}

const (
	defaultSession = 3 // minutes; AuthSessionValidity
	lateAnswer     = time.Hour
	sessionBytes   = 192 // AWS's sessions are long; clients allow 20 to 2048 characters
	maxSession     = 2048
)

func (s *Service) challengeID(session string) string {
	return hex.EncodeToString(s.keys.MAC(keyring.Tokens, "session", session))
}

// openChallenge keeps what the sign-in waits for and returns the session text.
func (s *Service) openChallenge(ctx context.Context, a attempt, u *User, name types.ChallengeNameType, now time.Time) (string, error) {
	ch, session, err := s.newChallenge(a, u, name, now)
	if err != nil {
		return "", err
	}
	return session, challengeTable.Insert(ctx, s.db, ch)
}

// newChallenge is openChallenge for whoever keeps the challenge together with
// something else.
func (s *Service) newChallenge(a attempt, u *User, name types.ChallengeNameType, now time.Time) (ch *Challenge, session string, err error) {
	b := make([]byte, sessionBytes)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return nil, "", err
	}
	session = base64.RawURLEncoding.EncodeToString(b)
	return &Challenge{
		ID: s.challengeID(session), PoolID: a.pool.ID, ClientID: a.client.ID, NameKey: u.NameKey, Sub: u.Sub, Epoch: u.Epoch,
		Name: string(name), Progress: a.progress, Event: a.event.carried(), Expires: now.Add(a.client.sessionValidity()).UnixMilli(),
	}, session, nil
}

// readChallenge returns the challenge of a session and its user, if the session
// is this client's, for that step, and not used or late.
func (s *Service) readChallenge(ctx context.Context, from store.Session, a attempt, session string, name types.ChallengeNameType, now time.Time) (*Challenge, *User, error) {
	ch, err := challengeTable.Get(ctx, from, s.challengeID(session))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, notAuthorized(textSessionInvalid)
	case err != nil:
		return nil, nil, err
	case ch.PoolID != a.pool.ID || ch.ClientID != a.client.ID || ch.Name != string(name):
		return nil, nil, notAuthorized(textSessionInvalid)
	case now.UnixMilli() >= ch.Expires:
		return nil, nil, notAuthorized(textSessionExpired)
	}
	u, err := userTable.Get(ctx, from, ch.PoolID, ch.NameKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, notAuthorized(textSessionInvalid)
	case err != nil:
		return nil, nil, err
	case u.Sub != ch.Sub || u.Epoch != ch.Epoch:
		return nil, nil, notAuthorized(textSessionInvalid)
	case !u.Enabled:
		return nil, nil, notAuthorized(textDisabled)
	}
	return ch, u, nil
}

// useChallenge uses a challenge up. Of two answers with one session one finds it
// gone; where an answer changes something, both happen in one transaction.
func useChallenge(ctx context.Context, session store.Session, ch *Challenge) error {
	err := challengeTable.Delete(ctx, session, ch.ID)
	if errors.Is(err, store.ErrNotFound) {
		return notAuthorized(textSessionInvalid)
	}
	return err
}
