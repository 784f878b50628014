package userpool

import (
	"context"
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// mfaOperations are those of second factors.
func (s *Service) mfaOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("AssociateSoftwareToken", awsapi.Public, s.AssociateSoftwareToken),
		awsapi.Op("VerifySoftwareToken", awsapi.Public, s.VerifySoftwareToken, awsapi.Require("UserCode")),
		awsapi.Op("SetUserMFAPreference", awsapi.Public, s.SetUserMFAPreference, awsapi.Require("AccessToken")),
		awsapi.Op("SetUserSettings", awsapi.Public, s.SetUserSettings, awsapi.Require("AccessToken", "MFAOptions")),
		awsapi.Op("GetUserAuthFactors", awsapi.Public, s.GetUserAuthFactors, awsapi.Require("AccessToken")),

		onPool(s, "SetUserPoolMfaConfig", s.SetUserPoolMfaConfig, func(in *idp.SetUserPoolMfaConfigInput) *string { return in.UserPoolId }),
		onPool(s, "GetUserPoolMfaConfig", s.GetUserPoolMfaConfig, func(in *idp.GetUserPoolMfaConfigInput) *string { return in.UserPoolId }),
		onPool(s, "AdminSetUserMFAPreference", s.AdminSetUserMFAPreference, func(in *idp.AdminSetUserMFAPreferenceInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminSetUserSettings", s.AdminSetUserSettings, func(in *idp.AdminSetUserSettingsInput) *string { return in.UserPoolId }, "Username", "MFAOptions"),
	}
}

// preference is what is wanted of one factor.
type preference struct {
	factor             Factor
	enabled, preferred bool
}

// preferences are those that were given; of the others nothing changes.
func preferences(sms *types.SMSMfaSettingsType, token *types.SoftwareTokenMfaSettingsType, email *types.EmailMfaSettingsType, passkey *types.WebAuthnMfaSettingsType) (wants []preference) {
	if sms != nil {
		wants = append(wants, preference{FactorSMS, sms.Enabled, sms.PreferredMfa})
	}
	if token != nil {
		wants = append(wants, preference{FactorToken, token.Enabled, token.PreferredMfa})
	}
	if email != nil {
		wants = append(wants, preference{FactorEmail, email.Enabled, email.PreferredMfa})
	}
	if passkey != nil {
		wants = append(wants, preference{FactorPasskey, passkey.Enabled, false})
	}
	return wants
}

// prefer changes which factors a user has to prove, by the pool's rules: only
// what the pool offers and the user has can be enabled, and where the pool
// requires a factor, the last one stays. An administrator who disables the app
// takes it away, for people who lost it: they set up another at their next sign-in.
func (p *Pool) prefer(u *User, wants []preference, admin bool) error {
	after, preferred, taken := u.Second, 0, false
	for _, w := range wants {
		if w.preferred {
			preferred++
		}
		if w.factor == FactorPasskey { // the last of all: it depends on the others
			if err := p.preferPasskey(&after, w.enabled); err != nil {
				return err
			}
			continue
		}
		switch {
		case w.preferred && !w.enabled:
			return invalid(textPreferDisabled)
		case preferred > 1:
			return invalid(textOnePreferred)
		case !w.enabled:
			after.disable(w.factor)
			if admin && w.factor == FactorToken && after.Token != nil {
				after.Token, taken = nil, true
			}
			continue
		case !p.offers(w.factor):
			return invalid(textFactorOff(w.factor))
		case !u.can(w.factor) && w.factor == FactorToken:
			return invalid(textTokenUnproved)
		case !u.can(w.factor):
			return invalid(textNoDelivery(w.factor))
		}
		after.enable(w.factor)
		if w.preferred {
			after.Preferred = w.factor
		} else if after.Preferred == w.factor {
			after.Preferred = ""
		}
	}
	if !taken && p.mfaMode() == types.UserPoolMfaTypeOn && len(u.Second.Enabled) > 0 && len(after.Enabled) == 0 {
		return invalid(textMFARequired)
	}
	u.Second = after
	return nil
}

// SetUserMFAPreference changes which second factors the bearer has to prove.
func (s *Service) SetUserMFAPreference(ctx context.Context, call *access.Call, in *idp.SetUserMFAPreferenceInput) (*idp.SetUserMFAPreferenceOutput, error) {
	return &idp.SetUserMFAPreferenceOutput{}, s.preferOfBearer(ctx, call, in.AccessToken,
		preferences(in.SMSMfaSettings, in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.WebAuthnMfaSettings))
}

// AdminSetUserMFAPreference changes which second factors a user has to prove.
func (s *Service) AdminSetUserMFAPreference(ctx context.Context, call *access.Call, in *idp.AdminSetUserMFAPreferenceInput) (*idp.AdminSetUserMFAPreferenceOutput, error) {
	return &idp.AdminSetUserMFAPreferenceOutput{}, s.preferOfUser(ctx, call, in.UserPoolId, in.Username,
		preferences(in.SMSMfaSettings, in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.WebAuthnMfaSettings))
}

// SetUserSettings is the older way to enable or disable text messages.
func (s *Service) SetUserSettings(ctx context.Context, call *access.Call, in *idp.SetUserSettingsInput) (*idp.SetUserSettingsOutput, error) {
	wants, err := olderPreference(in.MFAOptions)
	if err != nil {
		return nil, err
	}
	return &idp.SetUserSettingsOutput{}, s.preferOfBearer(ctx, call, in.AccessToken, wants)
}

// AdminSetUserSettings is the older way to enable or disable text messages for a user.
func (s *Service) AdminSetUserSettings(ctx context.Context, call *access.Call, in *idp.AdminSetUserSettingsInput) (*idp.AdminSetUserSettingsOutput, error) {
	wants, err := olderPreference(in.MFAOptions)
	if err != nil {
		return nil, err
	}
	return &idp.AdminSetUserSettingsOutput{}, s.preferOfUser(ctx, call, in.UserPoolId, in.Username, wants)
}

func olderPreference(options []types.MFAOptionType) ([]preference, error) {
	if len(options) == 0 {
		return []preference{{factor: FactorSMS}}, nil
	}
	if len(options) > 1 || options[0].DeliveryMedium != types.DeliveryMediumTypeSms || deref(options[0].AttributeName) != attributePhone {
		return nil, invalid(textMFAOptions)
	}
	return []preference{{factor: FactorSMS, enabled: true}}, nil
}

func (s *Service) preferOfBearer(ctx context.Context, call *access.Call, token *string, wants []preference) error {
	who, err := s.authenticate(ctx, call, deref(token))
	if err != nil {
		return err
	}
	err = s.changeUser(ctx, who.pool, who.user, call.Time, func(u *User) error { return who.pool.prefer(u, wants, false) })
	if err != nil {
		return s.refused(call, "second factor", err)
	}
	call.Record.Note("second factor", audit.Passed, "preference of user "+who.user.Sub+" changed by themselves", call.Time)
	return nil
}

func (s *Service) preferOfUser(ctx context.Context, call *access.Call, poolID, name *string, wants []preference) error {
	p, u, err := s.user(ctx, call, poolID, name)
	if err != nil {
		return err
	}
	err = s.changeUser(ctx, p, u, call.Time, func(u *User) error { return p.prefer(u, wants, true) })
	if err != nil {
		return err
	}
	call.Record.Note("second factor", audit.Passed, "preference of user "+u.Sub+" changed by an administrator", call.Time)
	return nil
}

// shown are a user's factors as AWS shows them: all, the preferred one, and the
// older form, which knows text messages only.
func (f SecondFactors) shown() (list []string, preferred *string, older []types.MFAOptionType) {
	for _, one := range factors {
		if slices.Contains(f.Enabled, one) {
			list = append(list, string(one))
		}
	}
	if slices.Contains(f.Enabled, FactorSMS) {
		older = []types.MFAOptionType{{DeliveryMedium: types.DeliveryMediumTypeSms, AttributeName: ptr(attributePhone)}}
	}
	return list, optional(string(f.Preferred)), older
}

// GetUserAuthFactors shows the bearer by what they can sign in.
func (s *Service) GetUserAuthFactors(ctx context.Context, call *access.Call, in *idp.GetUserAuthFactorsInput) (*idp.GetUserAuthFactorsOutput, error) {
	who, err := s.authenticate(ctx, call, deref(in.AccessToken))
	if err != nil {
		return nil, err
	}
	first, err := s.firstFactorsOf(ctx, who)
	if err != nil {
		return nil, err
	}
	list, preferred, _ := who.user.Second.shown()
	return &idp.GetUserAuthFactorsOutput{
		Username: &who.user.Username, ConfiguredUserAuthFactors: first,
		UserMFASettingList: list, PreferredMfaSetting: preferred,
	}, nil
}

// firstFactorsOf are the first factors that the bearer has and their pool allows.
func (s *Service) firstFactorsOf(ctx context.Context, who *session) ([]types.AuthFactorType, error) {
	passkeys, err := s.hasPasskeys(ctx, who.pool.Pool, who.user.Sub)
	list := []types.AuthFactorType{}
	for _, f := range who.pool.factorsOf(who.user, passkeys) {
		if f != types.ChallengeNameTypePasswordSrp { // the same password
			list = append(list, types.AuthFactorType(f))
		}
	}
	return list, err
}
