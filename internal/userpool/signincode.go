package userpool

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/store"
)

// EMAIL_OTP and SMS_OTP as first factors: a code that is sent to an address that
// the user has proved to be theirs is all that signs them in. It has eight
// digits, as AWS's has; of the others that users get, none does as much.
const signInDigits = 8

// allowSignInCode is how often an hour somebody may be sent one.
var allowSignInCode = allowance{"sign-in code", 10, 30}

// addressOf is where the code of a challenge is sent.
func addressOf(challenge types.ChallengeNameType) (attribute string, ok bool) {
	switch challenge {
	case types.ChallengeNameTypeEmailOtp:
		return attributeEmail, true
	case types.ChallengeNameTypeSmsOtp:
		return attributePhone, true
	}
	return "", false
}

// newSignInCode draws the code of one session: it is of no use with another, so
// who asks for codes of somebody else's leaves theirs alone.
func (s *Service) newSignInCode(a attempt, n *named, session, attribute, value string, now time.Time) (c *Code, text string, err error) {
	if text, err = randomText(s.random, "0123456789", signInDigits); err != nil {
		return nil, "", err
	}
	c = &Code{
		ID: s.signInCodeID(a, n.sub, session), PoolID: a.pool.ID, Sub: n.sub, ClientID: a.client.ID, Purpose: codeSignIn,
		Attribute: attribute, Value: value, Issued: now, Expires: now.Add(a.client.sessionValidity()).UnixMilli(),
	}
	c.Hash = s.codeHash(c.ID, text)
	return c, text, nil
}

func (s *Service) signInCodeID(a attempt, sub, session string) string {
	return s.codeID(a.pool.ID, sub, codeSignIn, s.challengeID(session))
}

// sendSignInCode sends a code to whom the sign-in is for, or, for nobody, does as
// if, and answers with the challenge to bring it.
func (s *Service) sendSignInCode(ctx context.Context, call *access.Call, a attempt, n *named, challenge types.ChallengeNameType, attribute string) (*answered, error) {
	spend := func() error { return s.spendOf(ctx, allowSignInCode, n, a.address, call.Time) }
	if a.shared {
		spend = func() error { return s.spend(ctx, allowSignInCode, a.pool.ID, n.sub, a.address, call.Time) }
	}
	if err := spend(); err != nil {
		return nil, s.refused(call, "sign-in code", err)
	}
	session, err := s.openChallenge(ctx, a, n.holder(), challenge, call.Time)
	if err != nil {
		return nil, err
	}
	details, value := s.simulated(n, []string{attribute}), ""
	if n.user != nil {
		value = n.user.Attributes[attribute]
		details = deliveryDetails(attribute, value)
	}
	c, text, err := s.newSignInCode(a, n, session, attribute, value, call.Time)
	if err != nil {
		return nil, err
	}
	d, err := s.composeFor(ctx, call, n, letter{pool: a.pool.Pool, client: a.client.ID, what: "Authentication", metadata: a.told()}, c, text)
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, a.pool.ID, func(tx *store.Tx, p *Pool) error {
		if n.user == nil {
			return s.deliverNowhere(ctx, tx, p, n, c, call.Time)
		}
		return s.deliver(ctx, tx, d)
	})
	if err != nil {
		return nil, err
	}
	call.Record.Note("sign-in code", audit.Passed, sentTo(n), call.Time)
	return &answered{challenge: challenge, session: session, parameters: map[string]string{
		"CODE_DELIVERY_DELIVERY_MEDIUM": string(details.DeliveryMedium),
		"CODE_DELIVERY_DESTINATION":     *details.Destination,
	}}, nil
}

// answerCode takes EMAIL_OTP and SMS_OTP. A wrong code is counted like a wrong
// password and leaves the session as it is, until the code has had its tries.
func (s *Service) answerCode(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	if a.progress.Asks != "" { // EMAIL_OTP is a second factor's challenge as well
		return s.answerSecond(ctx, call, a, r)
	}
	parameter := r.challenge.Name + "_CODE"
	answer := a.parameters[parameter]
	if answer == "" {
		return nil, invalid(textMissing(parameter))
	}
	key, err := s.countedAs(a.pool.Pool, r.user, r.username)
	if err != nil {
		return nil, err
	}
	var code *Code
	var wrong error
	u, err := s.guess(ctx, call, a, r.user, key, func() (bool, error) {
		code, err = s.tryCode(ctx, s.signInCodeID(a, r.challenge.Sub, r.session), a.client.ID, answer, call.Time)
		if isRefusal(err) {
			wrong = err
			return false, nil
		}
		return err == nil, err
	})
	switch {
	case wrong != nil && err != nil && isRefusal(err):
		return nil, signInVerdict(wrong)
	case err != nil:
		return nil, err
	}
	if u.Attributes[code.Attribute] != code.Value || !u.verified(code.Attribute) {
		return nil, wrongSignInCode() // it went to an address that is theirs no longer
	}
	if !slices.Contains(a.pool.factorsOf(u, false), types.ChallengeNameType(r.challenge.Name)) {
		return nil, notAuthorized(textSessionInvalid) // the pool, or a second factor, took it out of use since
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := useChallenge(ctx, tx, r.challenge); err != nil {
			return err
		}
		return useCode(ctx, tx, code)
	})
	if err != nil {
		return nil, err
	}
	a.progress.First = factorOf(code.Attribute)
	return s.next(ctx, call, a, u)
}

// signInVerdict is what tryCode says, in the words of a sign-in.
func signInVerdict(err error) error {
	if _, mismatch := err.(*types.CodeMismatchException); mismatch {
		return wrongSignInCode()
	}
	return err
}
