package userpool

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// openLed keeps a custom challenge. For nobody it is kept like anybody's.
func (s *Service) openLed(ctx context.Context, a attempt, u *User, l *led, plain []byte, now time.Time) (string, error) {
	holder := u
	if holder == nil {
		sub, err := s.nobodysSub(a.pool.Pool, l.Typed)
		if err != nil {
			return "", err
		}
		holder = &User{NameKey: nobodysSubs + sub, Sub: sub} // a row that there is none of
	}
	ch, session, err := s.newChallenge(a, holder, types.ChallengeNameTypeCustomChallenge, now)
	if err != nil {
		return "", err
	}
	if ch.Led, err = s.keys.Seal(keyring.Tokens, ledOwner(ch.ID), plain); err != nil {
		return "", err
	}
	return session, challengeTable.Insert(ctx, s.db, ch)
}

// readLed is readChallenge for a custom challenge, which may be nobody's.
func (s *Service) readLed(ctx context.Context, a attempt, session string, now time.Time) (*Challenge, *User, *led, error) {
	ch, err := challengeTable.Get(ctx, s.db, s.challengeID(session))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil, nil, notAuthorized(textSessionInvalid)
	case err != nil:
		return nil, nil, nil, err
	case ch.PoolID != a.pool.ID || ch.ClientID != a.client.ID || ch.Name != roundCustom:
		return nil, nil, nil, notAuthorized(textSessionInvalid)
	case now.UnixMilli() >= ch.Expires:
		return nil, nil, nil, notAuthorized(textSessionExpired)
	}
	l, err := s.openSealedLed(ch)
	if err != nil {
		return nil, nil, nil, err
	}
	u, err := userTable.Get(ctx, s.db, ch.PoolID, ch.NameKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if l.Nobody {
			return ch, nil, l, nil
		}
		return nil, nil, nil, notAuthorized(textSessionInvalid)
	case err != nil:
		return nil, nil, nil, err
	case l.Nobody || u.Sub != ch.Sub || u.Epoch != ch.Epoch:
		return nil, nil, nil, notAuthorized(textSessionInvalid)
	case !u.Enabled && a.client.HideUsers:
		return nil, nil, nil, notAuthorized(textSessionInvalid)
	case !u.Enabled:
		return nil, nil, nil, notAuthorized(textDisabled)
	}
	return ch, u, l, nil
}

// answerCustom takes the answer to a custom challenge: verify says whether it is
// right, and define what comes of it.
//
// Wrong answers count like wrong passwords, by the same backoff: a function that
// goes on asking whoever answers wrong, or the same thing each time, opens no more
// guesses than the sign-in by password has. One that throws has said no as well.
// An answer to a session is the only one that it gets, right or wrong.
func (s *Service) answerCustom(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	answer, given := a.parameters["ANSWER"]
	switch {
	case r.session == "":
		return nil, notAuthorized(textSessionInvalid)
	case !given || answer == "":
		return nil, invalid(textAnswerMissing)
	case len(answer) > maxLed:
		return nil, invalid(textAnswerTooLong)
	}
	ch, u, l, err := s.readLed(ctx, a, r.session, call.Time)
	if err != nil {
		return nil, err
	}
	named, err := findUser(ctx, s.db, a.pool.Pool, r.username)
	if err != nil {
		return nil, err
	}
	if !l.names(a.pool.Pool, u, named, r.username) {
		return nil, notAuthorized(textSessionInvalid)
	}
	a.event.resume(ch, u)
	right, err := s.judge(ctx, call, a, u, l, ch, answer)
	if err != nil {
		return nil, err
	}
	l.Rounds = append(l.Rounds, round{Name: roundCustom, Right: right, Metadata: l.Note})
	a.progress = ch.Progress
	return s.lead(ctx, call, a, u, l)
}

// names says whether USERNAME of the answer is whom the sign-in is about.
func (l *led) names(p *Pool, u, named *User, username string) bool {
	name := p.fold(username)
	return name == l.Typed || name == p.fold(l.Told) || u != nil && named != nil && named.Sub == u.Sub
}

// judge uses the challenge up and has the answer looked at.
func (s *Service) judge(ctx context.Context, call *access.Call, a attempt, u *User, l *led, ch *Challenge, answer string) (right bool, err error) {
	key, err := s.countedAs(a.pool.Pool, u, l.Typed)
	if err != nil {
		return false, err
	}
	g, own := s.guessesFor(a.pool.ID, key, a.address, a.shared), s.customGuessesFor(a.pool.ID, key, a.address)
	leave, err := s.queues.enter(ctx, g.ids[0])
	if err != nil {
		return false, err
	}
	defer leave()
	now := latest(call.Time, s.clock.Now())
	for _, counted := range []guesses{g, own} {
		if _, err := s.admit(ctx, a, u, counted, now); err != nil {
			return false, err
		}
	}
	if err := useChallenge(ctx, s.db, ch); err != nil {
		return false, err
	}
	a.event.of(u)
	defer func() { a.event.answered(right) }()
	private := l.Private
	if private == nil {
		private = map[string]string{}
	}
	var said verification
	err = s.ask(ctx, call, a, u, l, trigger.VerifyAuthChallengeResponse, question{Private: &private, Answer: &answer}, &said)
	var threw *types.UserLambdaValidationException
	switch {
	case errors.As(err, &threw):
		return false, errors.Join(s.failed(ctx, g, now), s.failed(ctx, own, now), err)
	case err != nil:
		return false, err
	case deref(said.Right):
		return true, nil
	}
	return false, errors.Join(s.failed(ctx, g, now), s.failed(ctx, own, now))
}
