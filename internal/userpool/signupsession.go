package userpool

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// Who makes an account and confirms it has proved their address by then, and may
// sign in without proving it again:
//
//	SignUp -> Session -> ConfirmSignUp, with the code -> Session -> InitiateAuth USER_AUTH -> tokens
//
// ConfirmSignUp takes SignUp's session and may do without. Each session works
// once, for the client and the user it was made for, for as long as a challenge
// waits. Neither is a challenge that could be answered.
const (
	sessionSignUp    types.ChallengeNameType = "sign-up"
	sessionConfirmed types.ChallengeNameType = "sign-up confirmed"
)

// openSignUp returns the session of a new account, "" where it leads nowhere.
func (s *Service) openSignUp(ctx context.Context, p *poolState, c *clientState, u *User, now time.Time) (string, error) {
	if !p.offersChoice(c.Client) || u.Status != Unconfirmed {
		return "", nil
	}
	return s.openChallenge(ctx, attempt{pool: p, client: c}, u, sessionSignUp, now)
}

// readSignUp returns the challenge of SignUp's session. One that is merely late
// is nil: it does not stand in the way of who confirms in a day.
func (s *Service) readSignUp(ctx context.Context, n *named, session string, now time.Time) (*Challenge, error) {
	if session == "" {
		return nil, nil
	}
	if len(session) > maxSession || n.user == nil {
		return nil, notAuthorized(textSessionInvalid)
	}
	ch, err := challengeTable.Get(ctx, s.db, s.challengeID(session))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, notAuthorized(textSessionInvalid)
	case err != nil:
		return nil, err
	case ch.PoolID != n.pool.ID || ch.ClientID != n.client.ID || ch.Name != string(sessionSignUp) || ch.Sub != n.user.Sub || ch.Epoch != n.user.Epoch:
		return nil, notAuthorized(textSessionInvalid)
	case now.UnixMilli() >= ch.Expires:
		return nil, nil
	}
	return ch, nil
}

// openConfirmed gives whoever brought the code back a session to sign in with, in
// the place of SignUp's. Of two calls with one session, one gets it. Some clients
// bring none: theirs is one as well if a code to that address signs them in anyway.
func (s *Service) openConfirmed(ctx context.Context, n *named, u *User, ch *Challenge, brought bool, now time.Time) (string, error) {
	factor := factorOf(n.pool.signUpAddress(u))
	switch {
	case brought && ch == nil:
		return "", nil
	case brought:
		if err := useChallenge(ctx, s.db, ch); err != nil {
			if isRefusal(err) {
				return "", nil
			}
			return "", err
		}
	case !n.pool.offersChoice(n.client.Client) || !slices.Contains(n.pool.factorsOf(u, false), types.ChallengeNameType(factor)):
		return "", nil
	}
	a := attempt{pool: n.pool, client: n.client, progress: Progress{First: factor}}
	return s.openChallenge(ctx, a, u, sessionConfirmed, now)
}

// goOnFromSignUp is USER_AUTH with the session of ConfirmSignUp.
func (s *Service) goOnFromSignUp(ctx context.Context, call *access.Call, a attempt, name string) (*answered, error) {
	r := reply{username: name, session: a.session}
	if len(r.session) > maxSession {
		return nil, s.refused(call, "session", notAuthorized(textSessionInvalid))
	}
	if err := s.readAnybodys(ctx, a, &r, sessionConfirmed, call.Time); err != nil {
		return nil, s.refused(call, "session", err)
	}
	if r.user == nil {
		return nil, s.refused(call, "session", notAuthorized(textSessionInvalid))
	}
	u, err := s.preAuthenticate(ctx, call, a, r.user, name)
	if err == nil && u == nil { // the function removed them
		err = notAuthorized(textSessionInvalid)
	}
	if err == nil {
		err = r.challenge.stillOf(u)
	}
	if err != nil {
		return nil, s.refused(call, "session", err)
	}
	if err := useChallenge(ctx, s.db, r.challenge); err != nil {
		return nil, s.refused(call, "session", err)
	}
	call.Record.Note("session", audit.Passed, "user "+u.Sub+", from their sign-up", call.Time)
	a.progress = r.challenge.Progress
	return s.next(ctx, call, a, u)
}
