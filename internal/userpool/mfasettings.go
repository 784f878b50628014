package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
)

// MFASettings say whether the people of a pool prove a second factor, and by
// what they may. Texts and senders that other messages use as well stand in
// ShownSettings.
type MFASettings struct {
	Mode types.UserPoolMfaType `json:",omitempty"` // "" is OFF

	SMS   bool `json:",omitempty"`
	Token bool `json:",omitempty"` // an authenticator app
	Email bool `json:",omitempty"`

	EmailMessage *string `json:",omitempty"`
	EmailSubject *string `json:",omitempty"`
}

func (p *Pool) mfaMode() types.UserPoolMfaType {
	if p.MFA.Mode == "" {
		return types.UserPoolMfaTypeOff
	}
	return p.MFA.Mode
}

// offers says whether people of the pool may prove themselves by a factor.
func (p *Pool) offers(f Factor) bool {
	if p.mfaMode() == types.UserPoolMfaTypeOff {
		return false
	}
	switch f {
	case FactorSMS:
		return p.MFA.SMS
	case FactorToken:
		return p.MFA.Token
	case FactorEmail:
		return p.MFA.Email
	}
	return false
}

// offered are all factors of the pool.
func (p *Pool) offered() (list []Factor) {
	for _, f := range factors {
		if p.offers(f) {
			list = append(list, f)
		}
	}
	return list
}

// changeMFA is the part of CreateUserPool and UpdateUserPool, which know one
// factor: text messages. An update that does not name MfaConfiguration leaves
// second factors as they are, and text messages the configuration that they need:
// what guards accounts is not turned off by a parameter that somebody forgot.
func (p *Pool) changeMFA(in *idp.UpdateUserPoolInput, sms *types.SmsConfigurationType) error {
	isNew := in.UserPoolId == nil
	switch in.MfaConfiguration {
	case "":
	case types.UserPoolMfaTypeOff:
		p.MFA = MFASettings{}
	case types.UserPoolMfaTypeOn, types.UserPoolMfaTypeOptional:
		if in.MfaConfiguration == types.UserPoolMfaTypeOn && p.MFA.Mode != in.MfaConfiguration && !isNew {
			return invalid(textMFAOnLater)
		}
		if p.mfaMode() == types.UserPoolMfaTypeOff {
			p.MFA = MFASettings{SMS: true}
		}
		p.MFA.Mode = in.MfaConfiguration
	default:
		return invalid("MfaConfiguration must be OFF, ON or OPTIONAL.")
	}
	if p.MFA.SMS && p.Shown.SMS == nil {
		if p.Shown.SMS = sms; sms == nil {
			return invalid(textSMSNeeded)
		}
	}
	if p.MFA.Email && p.Tier == string(types.UserPoolTierTypeLite) {
		return notInTier("E-mail as a second factor")
	}
	return nil
}

// setMFA is SetUserPoolMfaConfig: what it does not name is off afterwards. Text
// messages need an SmsConfiguration, as at AWS, though this server has its own
// ways to send; mail needs nothing but a tier that has it.
func (p *Pool) setMFA(in *idp.SetUserPoolMfaConfigInput) error {
	sms, email, token := in.SmsMfaConfiguration, in.EmailMfaConfiguration, in.SoftwareTokenMfaConfiguration
	given := sms != nil || email != nil || token != nil && token.Enabled
	mode := in.MfaConfiguration
	if mode == "" {
		mode = p.mfaMode()
		if !given && token == nil { // nothing was said of second factors
			return nil
		}
	}
	switch mode {
	case types.UserPoolMfaTypeOff:
		if given {
			return invalid(textMFAOffAndSet)
		}
		p.MFA = MFASettings{}
		return nil
	case types.UserPoolMfaTypeOn, types.UserPoolMfaTypeOptional:
		if !given {
			return invalid(textMFANone)
		}
	default:
		return invalid("MfaConfiguration must be OFF, ON or OPTIONAL.")
	}
	p.MFA = MFASettings{Mode: mode, SMS: sms != nil, Email: email != nil, Token: token != nil && token.Enabled}
	texts := &idp.UpdateUserPoolInput{}
	if sms != nil {
		if sms.SmsConfiguration != nil {
			p.Shown.SMS = sms.SmsConfiguration
		}
		if p.Shown.SMS == nil {
			return invalid(textSMSNeeded)
		}
		p.Shown.SMSAuthenticationMessage = sms.SmsAuthenticationMessage
		texts.SmsConfiguration, texts.SmsAuthenticationMessage = p.Shown.SMS, sms.SmsAuthenticationMessage
	}
	if email != nil {
		if p.Tier == string(types.UserPoolTierTypeLite) {
			return notInTier("E-mail as a second factor")
		}
		p.MFA.EmailMessage, p.MFA.EmailSubject = email.Message, email.Subject
		texts.EmailVerificationMessage, texts.EmailVerificationSubject = email.Message, email.Subject
	}
	return checkShown(texts)
}

// SetUserPoolMfaConfig says which second factors a pool has and who needs one.
func (s *Service) SetUserPoolMfaConfig(ctx context.Context, call *access.Call, in *idp.SetUserPoolMfaConfigInput) (*idp.SetUserPoolMfaConfigOutput, error) {
	found, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	var shown *idp.GetUserPoolMfaConfigOutput
	err = s.changePool(ctx, found.ID, func(p *Pool) error {
		p.Modified = call.Time
		err := p.setMFA(in)
		if err == nil {
			err = p.setPasskeys(in.WebAuthnConfiguration)
		}
		shown = p.shownMFA()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &idp.SetUserPoolMfaConfigOutput{
		MfaConfiguration: shown.MfaConfiguration, SmsMfaConfiguration: shown.SmsMfaConfiguration,
		SoftwareTokenMfaConfiguration: shown.SoftwareTokenMfaConfiguration, EmailMfaConfiguration: shown.EmailMfaConfiguration,
		WebAuthnConfiguration: shown.WebAuthnConfiguration,
	}, nil
}

// GetUserPoolMfaConfig shows it.
func (s *Service) GetUserPoolMfaConfig(_ context.Context, call *access.Call, in *idp.GetUserPoolMfaConfigInput) (*idp.GetUserPoolMfaConfigOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return p.shownMFA(), nil
}

func (p *Pool) shownMFA() *idp.GetUserPoolMfaConfigOutput {
	out := &idp.GetUserPoolMfaConfigOutput{MfaConfiguration: p.mfaMode(), WebAuthnConfiguration: p.passkeyShape()}
	if out.MfaConfiguration == types.UserPoolMfaTypeOff {
		return out
	}
	out.SoftwareTokenMfaConfiguration = &types.SoftwareTokenMfaConfigType{Enabled: p.MFA.Token}
	if p.MFA.SMS {
		out.SmsMfaConfiguration = &types.SmsMfaConfigType{SmsAuthenticationMessage: p.Shown.SMSAuthenticationMessage, SmsConfiguration: p.Shown.SMS}
	}
	if p.MFA.Email {
		out.EmailMfaConfiguration = &types.EmailMfaConfigType{Message: p.MFA.EmailMessage, Subject: p.MFA.EmailSubject}
	}
	return out
}
