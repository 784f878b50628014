package userpool

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/totp"
)

// SoftwareToken is an authenticator app that a user has proved.
type SoftwareToken struct {
	Seed []byte // sealed for the user
	Name string `json:",omitempty"` // FriendlyDeviceName
	Last int64  // the step of the last code that was taken: none up to it works again
}

const (
	// pendingValidity is how long a bearer has to prove the app that they set up.
	pendingValidity = time.Hour
	maxDeviceName   = 256 // characters
)

func (u *User) seedOwner() string { return u.owner() + "/software-token" }

func (s *Service) openSeed(u *User) ([]byte, error) {
	return s.keys.Open(keyring.SecondFactors, u.seedOwner(), u.Second.Token.Seed)
}

// pendingOfBearer names the seed that a bearer asked for: one for each sign-in, so
// that somebody else's token cannot put another seed in its place.
func (s *Service) pendingOfBearer(who *session) string {
	return hex.EncodeToString(s.keys.MAC(keyring.SecondFactors, "bearer", who.pool.ID, who.user.Sub, who.client.ID, who.origin))
}

func (s *Service) pendingOfSession(ch *Challenge) string {
	return hex.EncodeToString(s.keys.MAC(keyring.SecondFactors, "session", ch.ID))
}

// newPending draws a seed. The text goes to the user and nowhere else.
func (s *Service) newPending(id string, u *User, expires int64) (*pendingToken, string, error) {
	seed := make([]byte, totp.SeedBytes)
	if _, err := io.ReadFull(s.random, seed); err != nil {
		return nil, "", err
	}
	sealed, err := s.keys.Seal(keyring.SecondFactors, u.seedOwner()+"/"+id, seed)
	return &pendingToken{ID: id, PoolID: u.PoolID, Sub: u.Sub, Seed: sealed, Expires: expires}, totp.Text(seed), err
}

// keepPending puts a seed in the place of the one before.
func keepPending(ctx context.Context, tx *store.Tx, t *pendingToken) error {
	if err := dropPending(ctx, tx, t.ID); err != nil {
		return err
	}
	return pendingTokenTable.Insert(ctx, tx, t)
}

func dropPending(ctx context.Context, tx *store.Tx, id string) error {
	if err := pendingTokenTable.Delete(ctx, tx, id); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// proved opens a pending seed with a code of it and returns the app, sealed for
// the user. That code counts as used.
func (s *Service) proved(t *pendingToken, u *User, code, name string, now time.Time) (*SoftwareToken, error) {
	seed, err := s.keys.Open(keyring.SecondFactors, u.seedOwner()+"/"+t.ID, t.Seed)
	if err != nil {
		return nil, err
	}
	step, ok := totp.Match(seed, code, now)
	if !ok {
		return nil, tokenMismatch()
	}
	sealed, err := s.keys.Seal(keyring.SecondFactors, u.seedOwner(), seed)
	return &SoftwareToken{Seed: sealed, Name: name, Last: step}, err
}

// pending is the seed of that id, if it is in time.
func pending(ctx context.Context, tx *store.Tx, id string, now time.Time) (*pendingToken, error) {
	t, err := pendingTokenTable.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && now.UnixMilli() >= t.Expires {
		return nil, noSoftwareToken(textTokenMissing)
	}
	return t, err
}

// AssociateSoftwareToken hands out the seed of an authenticator app: to the
// bearer of an access token, or in a session of MFA_SETUP, which a new one follows.
func (s *Service) AssociateSoftwareToken(ctx context.Context, call *access.Call, in *idp.AssociateSoftwareTokenInput) (*idp.AssociateSoftwareTokenOutput, error) {
	if (in.AccessToken == nil) == (in.Session == nil) {
		return nil, invalid(textTokenOrSession)
	}
	if in.Session != nil {
		out, err := s.associateInSession(ctx, call, *in.Session)
		if err != nil {
			return nil, s.refused(call, "software token", err)
		}
		return out, nil
	}
	who, err := s.authenticate(ctx, call, *in.AccessToken)
	if err != nil {
		return nil, err
	}
	if !who.pool.offers(FactorToken) {
		return nil, s.refused(call, "software token", noSoftwareToken(textTokenOff))
	}
	t, text, err := s.newPending(s.pendingOfBearer(who), who.user, call.Time.Add(pendingValidity).UnixMilli())
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, who.pool.ID, func(tx *store.Tx, _ *Pool) error { return keepPending(ctx, tx, t) })
	if err != nil {
		return nil, err
	}
	call.Record.Note("software token", audit.Passed, "handed out to user "+who.user.Sub, call.Time)
	return &idp.AssociateSoftwareTokenOutput{SecretCode: &text}, nil
}

// setup finds the MFA_SETUP challenge of a session, whose client nobody named.
// Whoever has a second factor already cannot set up another one in such a session:
// they would have to prove the one they have.
func (s *Service) setup(ctx context.Context, from store.Session, text string, now time.Time) (a attempt, ch *Challenge, u *User, err error) {
	if text == "" || len(text) > maxSession {
		return a, nil, nil, notAuthorized(textSessionInvalid)
	}
	ch, err = challengeTable.Get(ctx, from, s.challengeID(text))
	if errors.Is(err, store.ErrNotFound) {
		return a, nil, nil, notAuthorized(textSessionInvalid)
	}
	if err != nil {
		return a, nil, nil, err
	}
	if a.pool, a.client, err = s.anyClient(&ch.ClientID); err != nil {
		return a, nil, nil, notAuthorized(textSessionInvalid)
	}
	if ch, u, err = s.readChallenge(ctx, from, a, text, types.ChallengeNameTypeMfaSetup, now); err != nil {
		return a, nil, nil, err
	}
	a.progress = ch.Progress
	switch {
	case a.progress.Second != "" || len(a.pool.secondFactorsOf(u)) > 0:
		return a, nil, nil, notAuthorized(textSessionInvalid)
	case !a.pool.offers(FactorToken):
		return a, nil, nil, noSoftwareToken(textTokenOff)
	}
	return a, ch, u, nil
}

func (s *Service) associateInSession(ctx context.Context, call *access.Call, text string) (*idp.AssociateSoftwareTokenOutput, error) {
	out := &idp.AssociateSoftwareTokenOutput{}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		a, ch, u, err := s.setup(ctx, tx, text, call.Time)
		if err != nil {
			return err
		}
		next, session, err := s.newChallenge(a, u, types.ChallengeNameTypeMfaSetup, call.Time)
		if err != nil {
			return err
		}
		t, seed, err := s.newPending(s.pendingOfSession(next), u, next.Expires)
		if err != nil {
			return err
		}
		out.SecretCode, out.Session = &seed, &session
		if err := s.follows(ctx, tx, ch, next); err != nil {
			return err
		}
		return pendingTokenTable.Insert(ctx, tx, t)
	})
	if err != nil {
		return nil, err
	}
	call.Record.Note("software token", audit.Passed, "handed out in a session", call.Time)
	return out, nil
}

// follows uses up a session of MFA_SETUP, with its seed, and opens the next.
func (s *Service) follows(ctx context.Context, tx *store.Tx, ch, next *Challenge) error {
	if err := useChallenge(ctx, tx, ch); err != nil {
		return err
	}
	if err := dropPending(ctx, tx, s.pendingOfSession(ch)); err != nil {
		return err
	}
	next.Event = ch.Event
	return challengeTable.Insert(ctx, tx, next)
}

// VerifySoftwareToken puts the app in force whose code it is. A bearer enables it
// with SetUserMFAPreference; in a session it is enabled at once, and the session
// that is returned answers MFA_SETUP.
func (s *Service) VerifySoftwareToken(ctx context.Context, call *access.Call, in *idp.VerifySoftwareTokenInput) (*idp.VerifySoftwareTokenOutput, error) {
	if (in.AccessToken == nil) == (in.Session == nil) {
		return nil, invalid(textTokenOrSession)
	}
	code, name := deref(in.UserCode), deref(in.FriendlyDeviceName)
	if utf8.RuneCountInString(name) > maxDeviceName {
		return nil, invalid(textDeviceName)
	}
	out := &idp.VerifySoftwareTokenOutput{Status: types.VerifySoftwareTokenResponseTypeSuccess}
	if in.Session != nil {
		session, err := s.verifyInSession(ctx, call, *in.Session, code, name)
		if err != nil {
			return nil, s.refused(call, "software token", err)
		}
		out.Session = &session
		return out, nil
	}
	who, err := s.authenticate(ctx, call, *in.AccessToken)
	if err != nil {
		return nil, err
	}
	if err := s.verifyOfBearer(ctx, call, who, code, name); err != nil {
		return nil, s.refused(call, "software token", err)
	}
	call.Record.Note("software token", audit.Passed, "proved by user "+who.user.Sub, call.Time)
	return out, nil
}

func (s *Service) verifyOfBearer(ctx context.Context, call *access.Call, who *session, code, name string) error {
	if !who.pool.offers(FactorToken) {
		return noSoftwareToken(textTokenOff)
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		t, err := pending(ctx, tx, s.pendingOfBearer(who), call.Time)
		if err != nil {
			return err
		}
		if err := dropPending(ctx, tx, t.ID); err != nil {
			return err
		}
		_, err = updateUser(ctx, tx, who.pool.Pool, who.user.NameKey, func(u *User) error {
			if u.Sub != who.user.Sub {
				return noUser()
			}
			token, err := s.proved(t, u, code, name, latest(call.Time, s.clock.Now()))
			u.Second.Token, u.Modified = token, call.Time
			return err
		})
		return err
	})
}

func (s *Service) verifyInSession(ctx context.Context, call *access.Call, text, code, name string) (session string, err error) {
	if err := s.takeTry(ctx, &Challenge{ID: s.challengeID(text)}); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		a, ch, found, err := s.setup(ctx, tx, text, call.Time)
		if err != nil {
			return err
		}
		t, err := pending(ctx, tx, s.pendingOfSession(ch), call.Time)
		if err != nil {
			return err
		}
		u, err := updateUser(ctx, tx, a.pool.Pool, found.NameKey, func(u *User) error {
			if len(a.pool.secondFactorsOf(u)) > 0 { // another session was faster
				return notAuthorized(textSessionInvalid)
			}
			token, err := s.proved(t, u, code, name, latest(call.Time, s.clock.Now()))
			if err != nil {
				return err
			}
			u.Second.Token, u.Modified = token, call.Time
			u.Second.enable(FactorToken)
			if u.Second.Preferred == "" {
				u.Second.Preferred = FactorToken
			}
			return ch.stillOf(u)
		})
		if err != nil {
			return err
		}
		a.progress.Second = FactorToken
		next, opened, err := s.newChallenge(a, u, types.ChallengeNameTypeMfaSetup, call.Time)
		if err != nil {
			return err
		}
		session = opened
		call.Record.Note("software token", audit.Passed, "proved by user "+u.Sub, call.Time)
		return s.follows(ctx, tx, ch, next)
	})
	return session, err
}

// finishSetup answers MFA_SETUP: in the session that VerifySoftwareToken opened, or
// in the first one with an address for codes.
func (s *Service) finishSetup(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	if address := a.parameters["EMAIL"]; address != "" && a.progress.Second == "" {
		return s.setUpMail(ctx, call, a, r, address)
	}
	if f := a.progress.Second; f == "" || !slices.Contains(a.pool.secondFactorsOf(r.user), f) { // or taken away since
		return nil, notAuthorized(textSessionInvalid)
	}
	if err := useChallenge(ctx, s.db, r.challenge); err != nil {
		return nil, err
	}
	return s.next(ctx, call, a, r.user)
}
