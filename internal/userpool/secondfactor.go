package userpool

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// Factor is a second factor, by the name of the challenge that asks for it.
type Factor string

const (
	FactorSMS   Factor = "SMS_MFA"
	FactorToken Factor = "SOFTWARE_TOKEN_MFA"
	FactorEmail Factor = "EMAIL_OTP"

	// FactorPasskey is never asked for: as a first factor it can be the second as well.
	FactorPasskey Factor = "WEB_AUTHN"
)

// factors in the order in which they are listed.
var factors = []Factor{FactorSMS, FactorToken, FactorEmail}

// attribute is where the codes of a factor are sent; "" for an authenticator app.
func (f Factor) attribute() string {
	switch f {
	case FactorSMS:
		return attributePhone
	case FactorEmail:
		return attributeEmail
	}
	return ""
}

// answer is the response that carries the code of a factor.
func (f Factor) answer() string {
	switch f {
	case FactorSMS:
		return "SMS_MFA_CODE"
	case FactorEmail:
		return "EMAIL_OTP_CODE"
	}
	return "SOFTWARE_TOKEN_MFA_CODE"
}

// SecondFactors are how a user proves a sign-in beside the first factor.
type SecondFactors struct {
	Enabled   []Factor       `json:",omitempty"`
	Preferred Factor         `json:",omitempty"` // one of Enabled, or ""
	Token     *SoftwareToken `json:",omitempty"` // proved once; in use if it is enabled, or the pool requires a factor
	Passkey   bool           `json:",omitempty"` // a passkey with user verification is both factors; beside Enabled ones only
}

func (f *SecondFactors) enable(one Factor) {
	if !slices.Contains(f.Enabled, one) {
		f.Enabled = append(slices.Clone(f.Enabled), one)
	}
}

func (f *SecondFactors) disable(one Factor) {
	f.Enabled = slices.DeleteFunc(slices.Clone(f.Enabled), func(other Factor) bool { return other == one })
	if f.Preferred == one {
		f.Preferred = ""
	}
	f.Passkey = f.Passkey && len(f.Enabled) > 0
}

// lose disables the factor whose codes went to an attribute that is gone.
func (f *SecondFactors) lose(attribute string) {
	for _, one := range factors {
		if one.attribute() == attribute && slices.Contains(f.Enabled, one) {
			f.disable(one)
		}
	}
}

// can says whether the user has what a factor needs. An address need not be
// verified, as at AWS: the first code that comes back from it verifies it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
func (u *User) can(f Factor) bool {
	if f == FactorToken {
		return u.Second.Token != nil
	}
	return u.Attributes[f.attribute()] != ""
}

// secondFactorsOf are the factors by which a user has to prove a sign-in: those
// that they enabled, and where the pool requires one and they enabled none, all
// that they can. Who has an authenticator app is so never asked to set up another.
func (p *Pool) secondFactorsOf(u *User) []Factor {
	var enabled, possible []Factor
	for _, f := range p.offered() {
		if !u.can(f) {
			continue
		}
		possible = append(possible, f)
		if slices.Contains(u.Second.Enabled, f) {
			enabled = append(enabled, f)
		}
	}
	if len(enabled) == 0 && p.mfaMode() == types.UserPoolMfaTypeOn {
		return possible
	}
	return enabled
}

// secondFactor asks for the second factor, unless one was proved: the preferred
// one, the only one, or one to choose; and has it set up where the pool requires
// what the user does not have. What else may stand in for a second factor notes
// itself in a.progress.Second before this stage.
func (s *Service) secondFactor(ctx context.Context, call *access.Call, a attempt, u *User) (*answered, error) {
	if a.progress.Second != "" || a.pool.mfaMode() == types.UserPoolMfaTypeOff {
		return nil, nil
	}
	have := a.pool.secondFactorsOf(u)
	switch {
	case len(have) > 0:
		if err := s.secondLocked(ctx, a, u, latest(call.Time, s.clock.Now())); err != nil {
			return nil, s.refused(call, "second factor", err)
		}
	case a.pool.mfaMode() == types.UserPoolMfaTypeOn:
		return s.askMFA(ctx, call, a, u, types.ChallengeNameTypeMfaSetup, "MFAS_CAN_SETUP", a.pool.offered())
	default:
		return nil, nil
	}
	switch {
	case slices.Contains(have, u.Second.Preferred):
		return s.askFactor(ctx, call, a, u, u.Second.Preferred, nil)
	case len(have) == 1:
		return s.askFactor(ctx, call, a, u, have[0], nil)
	}
	return s.askMFA(ctx, call, a, u, types.ChallengeNameTypeSelectMfaType, "MFAS_CAN_CHOOSE", have)
}

// askMFA opens a challenge that names several factors.
func (s *Service) askMFA(ctx context.Context, call *access.Call, a attempt, u *User, name types.ChallengeNameType, parameter string, list []Factor) (*answered, error) {
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	session, err := s.openChallenge(ctx, a, u, name, call.Time)
	if err != nil {
		return nil, err
	}
	return &answered{challenge: name, session: session, parameters: map[string]string{parameter: string(text), "USER_ID_FOR_SRP": u.Username}}, nil
}

// askFactor opens the challenge of one factor and sends its code, if it has one,
// in the place of the challenge before (nil: none), which lasts if this fails.
func (s *Service) askFactor(ctx context.Context, call *access.Call, a attempt, u *User, f Factor, before *Challenge) (*answered, error) {
	done := &answered{challenge: types.ChallengeNameType(f), parameters: map[string]string{"USER_ID_FOR_SRP": u.Username}}
	a.progress.Asks = f
	challenge, session, err := s.newChallenge(a, u, done.challenge, call.Time)
	if err != nil {
		return nil, err
	}
	done.session = session
	send := func(*store.Tx, *Pool) error { return nil }
	if f == FactorToken {
		if name := u.Second.Token.Name; name != "" {
			done.parameters["FRIENDLY_DEVICE_NAME"] = name
		}
	} else {
		if send, err = s.sendSecond(ctx, call, a, u, f, challenge, done.parameters); err != nil {
			return nil, s.refused(call, "second factor", err)
		}
	}
	return done, s.writePool(ctx, a.pool.ID, func(tx *store.Tx, p *Pool) error {
		if before != nil {
			if err := useChallenge(ctx, tx, before); err != nil {
				return err
			}
		}
		if err := challengeTable.Insert(ctx, tx, challenge); err != nil {
			return err
		}
		return send(tx, p)
	})
}

// chooseSecond answers SELECT_MFA_TYPE. AWS's clients say EMAIL_OTP, its
// documentation EMAIL_MFA.
func (s *Service) chooseSecond(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	chosen := Factor(a.parameters["ANSWER"])
	switch chosen {
	case "":
		return nil, invalid(textAnswerRequired)
	case "EMAIL_MFA":
		chosen = FactorEmail
	}
	if !slices.Contains(a.pool.secondFactorsOf(r.user), chosen) {
		return nil, noSuchMFA()
	}
	return s.askFactor(ctx, call, a, r.user, chosen, r.challenge)
}
