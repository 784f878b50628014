package userpool

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// USER_AUTH: somebody says who they are and chooses how to prove it, among what
// the pool allows and the user has. Of a client that hides its users, nobody has
// something to choose from as well, always the same under one name.

// choices are all that can be asked for, in the order in which they are offered.
var choices = []types.ChallengeNameType{
	types.ChallengeNameTypePassword, types.ChallengeNameTypePasswordSrp,
	types.ChallengeNameTypeEmailOtp, types.ChallengeNameTypeSmsOtp, types.ChallengeNameTypeWebAuthn,
}

// chooseFactor begins USER_AUTH: with the challenge that is preferred, or else
// with the question which it shall be.
func (s *Service) chooseFactor(ctx context.Context, call *access.Call, a attempt) (*answered, error) {
	name := a.parameters["USERNAME"]
	switch {
	case name == "":
		return nil, invalid(textUsernameRequired)
	case len(name) > maxName:
		return nil, invalid("USERNAME is too long.")
	}
	if err := a.client.checkSecretHash(a.parameters["SECRET_HASH"], name); err != nil {
		return nil, s.refused(call, "secret hash", err)
	}
	if a.session != "" {
		return s.goOnFromSignUp(ctx, call, a, name)
	}
	preferred := types.ChallengeNameType(a.parameters["PREFERRED_CHALLENGE"])
	if preferred != "" && !slices.Contains(choices, preferred) {
		return nil, invalid(textBadPreference)
	}
	if given, ok := passwordAtOnce(a, preferred); ok && a.pool.allowsFirst(types.AuthFactorTypePassword) {
		return given(s, ctx, call, a)
	}
	n, err := s.guest(ctx, a, name, call.Time)
	if err != nil {
		return nil, s.refused(call, "choice", err)
	}
	if n, err = s.admitGuest(ctx, call, a, n); err != nil {
		return nil, s.refused(call, "choice", err)
	}
	offered, err := s.offered(ctx, a, n)
	if err != nil {
		return nil, s.refused(call, "choice", err)
	}
	if slices.Contains(offered, preferred) {
		return s.openFactor(ctx, call, a, n, preferred)
	}
	return s.askChoice(ctx, call, a, n, offered)
}

// passwordAtOnce is the way of a password, or a proof of one, that comes together
// with the choice of it.
func passwordAtOnce(a attempt, chosen types.ChallengeNameType) (begin func(*Service, context.Context, *access.Call, attempt) (*answered, error), ok bool) {
	switch {
	case chosen == types.ChallengeNameTypePassword && a.parameters["PASSWORD"] != "":
		return (*Service).signIn, true
	case chosen == types.ChallengeNameTypePasswordSrp && a.parameters["SRP_A"] != "":
		return (*Service).offerSRP, true
	}
	return nil, false
}

// guest is whom a sign-in is for that has proved nothing yet.
func (s *Service) guest(ctx context.Context, a attempt, name string, now time.Time) (*named, error) {
	n := &named{pool: a.pool, client: a.client, name: name}
	u, err := findUser(ctx, s.db, a.pool.Pool, name)
	if err != nil {
		return nil, err
	}
	key, err := s.countedAs(a.pool.Pool, u, name)
	if err != nil {
		return nil, err
	}
	if _, err := s.admit(ctx, a, u, s.guessesFor(a.pool.ID, key, a.address, a.shared), latest(now, s.clock.Now())); err != nil {
		return nil, err
	}
	if u == nil {
		return n, s.hide(n, noUser())
	}
	n.user, n.sub = u, u.Sub
	return n, s.hideDisabled(n)
}

// admitGuest asks the pool's trigger whether the sign-in may begin.
func (s *Service) admitGuest(ctx context.Context, call *access.Call, a attempt, n *named) (*named, error) {
	u, err := s.preAuthenticate(ctx, call, a, n.user, n.name)
	if err != nil || n.user == nil {
		return n, err
	}
	if u == nil { // the function removed them
		return n, s.hide(n, noUser())
	}
	n.user = u
	return n, nil
}

// offered are the challenges that somebody may choose from. A user for whom
// there are none is nobody, to a client that hides its users.
func (s *Service) offered(ctx context.Context, a attempt, n *named) ([]types.ChallengeNameType, error) {
	passkeys, err := s.hasPasskeys(ctx, a.pool.Pool, n.sub)
	if err != nil {
		return nil, err
	}
	if n.user != nil {
		if list := a.pool.factorsOf(n.user, passkeys); len(list) > 0 {
			return list, nil
		}
		reason := notAuthorized(textNoFactor)
		if n.user.Status == Unconfirmed {
			text := textUnconfirmed
			reason = &types.UserNotConfirmedException{Message: &text}
		}
		if err := s.hide(n, reason); err != nil {
			return nil, err
		}
	}
	return a.pool.factorsOf(s.standIn(n)), nil
}

// factorsOf are the challenges by which the user can begin a sign-in. Who has not
// proved an own address yet, or must set a new password, has their password only.
// So has who must prove a second factor, as at AWS, for a code is a factor of the
// same kind; but a passkey with which they were verified can be both at once.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
func (p *Pool) factorsOf(u *User, passkeys bool) []types.ChallengeNameType {
	var list []types.ChallengeNameType
	if p.allowsFirst(types.AuthFactorTypePassword) && len(u.Password) > 0 {
		list = append(list, types.ChallengeNameTypePassword, types.ChallengeNameTypePasswordSrp)
	}
	if u.Status != Confirmed {
		return list
	}
	if p.mfaMode() == types.UserPoolMfaTypeOn || len(p.secondFactorsOf(u)) > 0 {
		if passkeys && p.Passkeys.MultiFactor && u.Second.Passkey {
			list = append(list, types.ChallengeNameTypeWebAuthn)
		}
		return list
	}
	if p.allowsFirst(types.AuthFactorTypeEmailOtp) && u.verified(attributeEmail) {
		list = append(list, types.ChallengeNameTypeEmailOtp)
	}
	if p.allowsFirst(types.AuthFactorTypeSmsOtp) && u.verified(attributePhone) {
		list = append(list, types.ChallengeNameTypeSmsOtp)
	}
	if passkeys {
		list = append(list, types.ChallengeNameTypeWebAuthn)
	}
	return list
}

// standIn is who could be meant by a name that is nobody's: always the same
// person for one name, with a password, an address or two, and now and then a
// passkey.
func (s *Service) standIn(n *named) (u *User, passkeys bool) {
	drawn := s.keys.MAC(keyring.Tokens, "choices", n.pool.ID, n.pool.fold(n.name))
	u = &User{Status: Confirmed, Enabled: true, Password: drawn, Attributes: map[string]string{}}
	var candidates []string
	for _, a := range addresses {
		if n.pool.allowsFirst(factorOf(a)) {
			candidates = append(candidates, a)
		}
	}
	if len(candidates) > 0 {
		likely := *s.simulated(n, candidates).AttributeName
		for _, a := range candidates {
			if a == likely || drawn[0]%2 == 0 {
				u.Attributes[a], u.Attributes[verifiedOf(a)] = "somewhere", "true"
			}
		}
	}
	u.Second.Passkey = true
	return u, n.pool.takesPasskeys() && drawn[1]%4 == 0
}

// askChoice asks which of the challenges it shall be.
func (s *Service) askChoice(ctx context.Context, call *access.Call, a attempt, n *named, offered []types.ChallengeNameType) (*answered, error) {
	session, err := s.openChallenge(ctx, a, n.holder(), types.ChallengeNameTypeSelectChallenge, call.Time)
	if err != nil {
		return nil, err
	}
	done := &answered{challenge: types.ChallengeNameTypeSelectChallenge, session: session, available: offered}
	if slices.Contains(offered, types.ChallengeNameTypeWebAuthn) {
		done.parameters, err = s.passkeyQuestion(ctx, a, n, session)
	}
	return done, err
}

// openFactor answers with the challenge that was chosen.
func (s *Service) openFactor(ctx context.Context, call *access.Call, a attempt, n *named, chosen types.ChallengeNameType) (*answered, error) {
	if attribute, ok := addressOf(chosen); ok {
		return s.sendSignInCode(ctx, call, a, n, chosen, attribute)
	}
	session, err := s.openChallenge(ctx, a, n.holder(), chosen, call.Time)
	if err != nil {
		return nil, err
	}
	done := &answered{challenge: chosen, session: session}
	if chosen == types.ChallengeNameTypeWebAuthn {
		done.parameters, err = s.passkeyQuestion(ctx, a, n, session)
	}
	return done, err
}

// answerChoice takes SELECT_CHALLENGE, with the proof if it came at once. A
// choice that was not offered leaves the session as it is.
func (s *Service) answerChoice(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	n := s.sameGuest(a, r)
	offered, err := s.offered(ctx, a, n)
	if err != nil {
		return nil, err
	}
	chosen := types.ChallengeNameType(a.parameters["ANSWER"])
	if chosen == "" {
		return nil, invalid(textMissing("ANSWER"))
	}
	if !slices.Contains(offered, chosen) {
		return nil, invalid(textBadChoice)
	}
	switch {
	case chosen == types.ChallengeNameTypePassword && a.parameters["PASSWORD"] != "":
		return s.answerPassword(ctx, call, a, r)
	case chosen == types.ChallengeNameTypePasswordSrp && a.parameters["SRP_A"] != "":
		return s.answerSRP(ctx, call, a, r)
	case chosen == types.ChallengeNameTypeWebAuthn && a.parameters["CREDENTIAL"] != "":
		return s.answerPasskey(ctx, call, a, r)
	}
	if err := useChallenge(ctx, s.db, r.challenge); err != nil {
		return nil, err
	}
	call.Record.Note("choice", audit.Passed, string(chosen), call.Time)
	return s.openFactor(ctx, call, a, n, chosen)
}

// answerPassword takes the challenge PASSWORD. A wrong one leaves the session as
// it is, and is counted like any other.
func (s *Service) answerPassword(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	password := a.parameters["PASSWORD"]
	if password == "" {
		return nil, invalid(textPasswordRequired)
	}
	u, err := s.prove(ctx, call, a, r.username, password)
	switch {
	case err != nil:
		return nil, err
	case r.user == nil || u.Sub != r.user.Sub:
		return nil, notAuthorized(textWrongPassword)
	}
	if err := useChallenge(ctx, s.db, r.challenge); err != nil {
		return nil, err
	}
	s.addVerifiers(ctx, a.pool.Pool, u, password)
	a.progress.First = types.AuthFactorTypePassword
	return s.next(ctx, call, a, u)
}

// answerSRP takes the challenge PASSWORD_SRP, and answers with PASSWORD_VERIFIER.
func (s *Service) answerSRP(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	if a.parameters["SRP_A"] == "" {
		return nil, invalid(textMissing("SRP_A"))
	}
	done, err := s.offerSRP(ctx, call, a)
	if err != nil {
		return nil, err
	}
	return done, useChallenge(ctx, s.db, r.challenge)
}

const nobodysSubs = "nobody/"

// holder is whom a challenge is kept for: nobody has no row that it could name.
func (n *named) holder() *User {
	if n.user != nil {
		return n.user
	}
	return &User{Sub: n.sub}
}

// sameGuest is guest again, from an answer that was found to be theirs.
func (s *Service) sameGuest(a attempt, r reply) *named {
	return &named{pool: a.pool, client: a.client, name: r.username, user: r.user, hidden: r.hidden, sub: r.challenge.Sub}
}

// readAnybodys reads the challenge of somebody who may be nobody; r.user is then
// nil. It asks the database the same for both. What may not be told of a user is
// an invalid session.
func (s *Service) readAnybodys(ctx context.Context, a attempt, r *reply, name types.ChallengeNameType, now time.Time) error {
	wrong := notAuthorized(textSessionInvalid)
	typed, err := findUser(ctx, s.db, a.pool.Pool, r.username)
	if err != nil {
		return err
	}
	ch, err := challengeTable.Get(ctx, s.db, s.challengeID(r.session))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return wrong
	case err != nil:
		return err
	case ch.PoolID != a.pool.ID || ch.ClientID != a.client.ID || ch.Name != string(name):
		return wrong
	case now.UnixMilli() >= ch.Expires:
		return notAuthorized(textSessionExpired)
	}
	r.challenge = ch
	u, err := userTable.Get(ctx, s.db, ch.PoolID, ch.NameKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if strings.HasPrefix(ch.Sub, nobodysSubs) {
		n := &named{pool: a.pool, client: a.client, name: r.username}
		if s.hide(n, wrong) != nil || n.sub != ch.Sub {
			return wrong
		}
		r.hidden = typed
		return nil
	}
	switch {
	case u == nil || typed == nil || u.Sub != ch.Sub || u.Epoch != ch.Epoch || typed.Sub != ch.Sub:
		return wrong
	case !u.Enabled && a.client.HideUsers:
		return wrong
	case !u.Enabled:
		return notAuthorized(textDisabled)
	}
	r.user = u
	return nil
}
