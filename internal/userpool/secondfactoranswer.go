package userpool

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/totp"
)

// codeMFA are the codes of second factors. Each belongs to one session: two
// sign-ins of one user do not disturb each other, and the code of one is no
// answer to the other.
const codeMFA codePurpose = "mfa"

// allowSecond is how many codes an hour a user's sign-ins may send.
var allowSecond = allowance{"second factor code", 10, 30}

// maxTries is how many answers one session takes.
const maxTries = 5

// sendSecond prepares the code of a challenge and says where it goes. What it
// returns sends it, in the transaction that opens the challenge.
func (s *Service) sendSecond(ctx context.Context, call *access.Call, a attempt, u *User, f Factor, ch *Challenge, told map[string]string) (func(*store.Tx, *Pool) error, error) {
	var spent *types.LimitExceededException
	if err := s.spend(ctx, allowSecond, a.pool.ID, u.Sub, a.address, call.Time); errors.As(err, &spent) {
		return nil, tooManyNow(textTooOften)
	} else if err != nil {
		return nil, err
	}
	attribute := f.attribute()
	code, text, err := s.newCode(a.pool.ID, u.Sub, a.client.ID, codeMFA, attribute, u.Attributes[attribute], call.Time)
	if err != nil {
		return nil, err
	}
	code.ID = s.codeID(a.pool.ID, u.Sub, codeMFA, ch.ID)
	code.Hash, code.Expires = s.codeHash(code.ID, text), ch.Expires
	where := deliveryDetails(attribute, code.Value)
	told["CODE_DELIVERY_DELIVERY_MEDIUM"], told["CODE_DELIVERY_DESTINATION"] = string(where.DeliveryMedium), deref(where.Destination)
	call.Record.Note("second factor", audit.Passed, "a code for user "+u.Sub+" by "+string(where.DeliveryMedium), call.Time)
	l := letter{pool: a.pool.Pool, user: u, client: a.client.ID, what: "Authentication", metadata: a.told()}
	d, err := s.compose(ctx, call, l, code, text)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx, _ *Pool) error { return s.deliver(ctx, tx, d) }, nil
}

// mfaTexts are the templates of a message that brings the code of a second factor.
func (p *Pool) mfaTexts() MessageText {
	return MessageText{
		Subject: orElse(deref(p.MFA.EmailSubject), signInCodeSubject),
		Email:   orElse(deref(p.MFA.EmailMessage), signInCodeText),
		SMS:     orElse(deref(p.Shown.SMSAuthenticationMessage), signInCodeText),
	}
}

// answerSecond takes the code of the second factor that its challenge asks for.
// A wrong one leaves the session for another try, a right one uses it up.
func (s *Service) answerSecond(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	f := a.progress.Asks
	if f == "" || string(f) != r.challenge.Name || !a.mayAnswer(r.user, f) {
		return nil, notAuthorized(textSessionInvalid)
	}
	answer := a.parameters[f.answer()]
	if answer == "" {
		return nil, invalid(textMissing(f.answer()))
	}
	g := s.secondGuessesFor(a.pool.ID, r.user.NameKey, a.address, a.shared)
	u, err := s.guessSecond(ctx, g, call.Time, func(now time.Time) (u *User, wrong bool, err error) {
		if err := s.takeTry(ctx, r.challenge); err != nil {
			return nil, false, err
		}
		if f == FactorToken {
			u, err = s.useTokenCode(ctx, a, r, answer, now)
		} else {
			u, err = s.useSentCode(ctx, a, r, f, answer, now)
		}
		_, wrong = errors.AsType[*types.CodeMismatchException](err)
		return u, wrong, err
	})
	if err != nil {
		return nil, err
	}
	call.Record.Note("second factor", audit.Passed, string(f)+" of user "+u.Sub, call.Time)
	a.progress.Asks, a.progress.Second, a.progress.Mail = "", f, ""
	return s.next(ctx, call, a, u)
}

// guessSecond is guess for second factors. They have counters of their own,
// which a right password does not clear: whoever guesses here has one. check says
// of its error whether it is that of a wrong answer, which counts.
func (s *Service) guessSecond(ctx context.Context, g guesses, asked time.Time, check func(now time.Time) (u *User, wrong bool, err error)) (*User, error) {
	leave, err := s.queues.enter(ctx, g.ids[1])
	if err != nil {
		return nil, err
	}
	defer leave()
	now := latest(asked, s.clock.Now())
	locked, failedBefore, err := s.locked(ctx, g, now)
	switch {
	case err != nil:
		return nil, err
	case locked:
		return nil, notAuthorized(textLocked)
	}
	u, wrong, err := check(now)
	switch {
	case wrong:
		return nil, cmp.Or(s.failed(ctx, g, now), err)
	case err != nil:
		return nil, err
	case failedBefore:
		return u, s.forget(ctx, g)
	}
	return u, nil
}

// secondLocked refuses to ask a user whose second factor is being guessed at.
func (s *Service) secondLocked(ctx context.Context, a attempt, u *User, now time.Time) error {
	locked, _, err := s.locked(ctx, s.secondGuessesFor(a.pool.ID, u.NameKey, a.address, a.shared), now)
	if err == nil && locked {
		return notAuthorized(textLocked)
	}
	return err
}

// takeTry counts an answer before it is looked at, so that many at once are no
// more than many in a row.
func (s *Service) takeTry(ctx context.Context, ch *Challenge) error {
	_, err := challengeTable.Update(ctx, s.db, func(c *Challenge) error {
		if c.Tries >= maxTries {
			return notAuthorized(textSessionInvalid)
		}
		c.Tries++
		return nil
	}, ch.ID)
	if errors.Is(err, store.ErrNotFound) {
		return notAuthorized(textSessionInvalid)
	}
	return err
}

// stillOf refuses a user who is not the one, or not in the state, that the
// challenge was opened for.
func (ch *Challenge) stillOf(u *User) error {
	switch {
	case u.Sub != ch.Sub || u.Epoch != ch.Epoch:
		return notAuthorized(textSessionInvalid)
	case !u.Enabled:
		return notAuthorized(textDisabled)
	}
	return nil
}

// useTokenCode takes a code of the user's authenticator app. That its step is
// later than the last one's is decided where the last one is kept, so that a
// code works once, on whichever node and in whichever session.
func (s *Service) useTokenCode(ctx context.Context, a attempt, r reply, answer string, now time.Time) (u *User, err error) {
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := useChallenge(ctx, tx, r.challenge); err != nil {
			return err
		}
		u, err = userTable.Update(ctx, tx, func(u *User) error {
			if err := r.challenge.stillOf(u); err != nil {
				return err
			}
			if u.Second.Token == nil {
				return notAuthorized(textSessionInvalid)
			}
			seed, err := s.openSeed(u)
			if err != nil {
				return err
			}
			step, ok := totp.Match(seed, answer, now)
			switch {
			case !ok:
				return wrongCode(textTokenWrong)
			case step <= u.Second.Token.Last:
				return tokenUsed()
			}
			u.Second.Token.Last = step
			return nil
		}, a.pool.ID, r.user.NameKey)
		return err
	})
	return u, err
}

// useSentCode takes a code that was sent, if it went where the user still is.
func (s *Service) useSentCode(ctx context.Context, a attempt, r reply, f Factor, answer string, now time.Time) (u *User, err error) {
	code, err := s.tryCode(ctx, s.codeID(a.pool.ID, r.user.Sub, codeMFA, r.challenge.ID), a.client.ID, answer, now)
	var wrong *types.CodeMismatchException
	switch {
	case errors.As(err, &wrong):
		return nil, wrongCode(textSentWrong)
	case err != nil:
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := useChallenge(ctx, tx, r.challenge); err != nil {
			return err
		}
		if err := useCode(ctx, tx, code); err != nil {
			return err
		}
		u, err = userTable.Get(ctx, tx, a.pool.ID, r.user.NameKey)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return notAuthorized(textSessionInvalid)
		case err != nil:
			return err
		case a.progress.Mail != "":
			return a.keepMail(ctx, tx, r, code, &u)
		case u.Attributes[f.attribute()] != code.Value:
			return codeExpired() // it went to an address that is theirs no longer
		}
		return r.challenge.stillOf(u)
	})
	if err != nil || u.verified(f.attribute()) {
		return u, err
	}
	return s.verifyBySecond(ctx, a.pool.Pool, u, f.attribute(), code.Value)
}

// verifyBySecond notes that an address was proved by the code that came back from
// it, as AWS does. An address that is already another's name stays unverified,
// and the sign-in goes on.
func (s *Service) verifyBySecond(ctx context.Context, p *Pool, found *User, attribute, value string) (*User, error) {
	u := found
	err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
		u, err = updateUser(ctx, tx, p, found.NameKey, func(u *User) error {
			if u.Sub == found.Sub && u.Attributes[attribute] == value {
				u.setAttributes(map[string]string{verifiedOf(attribute): "true"})
			}
			return nil
		})
		return err
	})
	var taken *types.AliasExistsException
	if errors.As(err, &taken) {
		return found, nil
	}
	return u, err
}
