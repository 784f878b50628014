package template

import (
	"context"
	"fmt"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// secondFactors are the properties of a pool that SetUserPoolMfaConfig sets.
type secondFactors struct {
	MfaConfiguration           cognitotypes.UserPoolMfaType
	EnabledMfas                []string
	SmsAuthenticationMessage   *string
	SmsConfiguration           *cognitotypes.SmsConfigurationType
	EmailAuthenticationMessage *string
	EmailAuthenticationSubject *string
}

// mfaConfig is what the template says of second factors, or nil if it says none.
// A pool that names no factors has text messages, as at AWS.
func (w *work) mfaConfig() (*cognito.SetUserPoolMfaConfigInput, error) {
	var of secondFactors
	if err := into(w.properties, &of); err != nil {
		return nil, err
	}
	if len(of.EnabledMfas) == 0 {
		if of.MfaConfiguration == "" || of.MfaConfiguration == cognitotypes.UserPoolMfaTypeOff {
			return nil, nil
		}
		of.EnabledMfas = []string{"SMS_MFA"}
	}
	in := &cognito.SetUserPoolMfaConfigInput{MfaConfiguration: of.MfaConfiguration}
	if in.MfaConfiguration == "" {
		in.MfaConfiguration = cognitotypes.UserPoolMfaTypeOff
	}
	for _, f := range of.EnabledMfas {
		switch f {
		case "SMS_MFA":
			in.SmsMfaConfiguration = &cognitotypes.SmsMfaConfigType{SmsAuthenticationMessage: of.SmsAuthenticationMessage, SmsConfiguration: of.SmsConfiguration}
		case "SOFTWARE_TOKEN_MFA":
			in.SoftwareTokenMfaConfiguration = &cognitotypes.SoftwareTokenMfaConfigType{Enabled: true}
		case "EMAIL_OTP":
			in.EmailMfaConfiguration = &cognitotypes.EmailMfaConfigType{Message: of.EmailAuthenticationMessage, Subject: of.EmailAuthenticationSubject}
		default:
			return nil, fmt.Errorf("EnabledMfas: %q is none of SMS_MFA, SOFTWARE_TOKEN_MFA and EMAIL_OTP", f)
		}
	}
	return in, nil
}

// setMFA gives the pool that the work is about its second factors.
func (w *work) setMFA(ctx context.Context, in *cognito.SetUserPoolMfaConfigInput) error {
	if in == nil {
		return nil
	}
	in.UserPoolId = &w.row.PhysicalID
	_, err := invoke[cognito.SetUserPoolMfaConfigOutput](ctx, w.deploy, cognitoIDP, "SetUserPoolMfaConfig", in)
	return err
}

// passkeys are the properties of a pool that make its WebAuthnConfiguration.
type passkeys struct {
	Tier         string                                       `json:"UserPoolTier"`
	RelyingParty *string                                      `json:"WebAuthnRelyingPartyID"`
	Verification cognitotypes.UserVerificationType            `json:"WebAuthnUserVerification"`
	Factor       cognitotypes.WebAuthnFactorConfigurationType `json:"WebAuthnFactorConfiguration"`
}

// setPasskeys gives the pool that the work is about its relying party, or takes
// away what an earlier template gave.
func (w *work) setPasskeys(ctx context.Context) error {
	var of passkeys
	if err := into(w.properties, &of); err != nil {
		return err
	}
	if of.RelyingParty == nil && of.Verification == "" && of.Factor == "" {
		changed := w.changed["WebAuthnRelyingPartyID"] || w.changed["WebAuthnUserVerification"] || w.changed["WebAuthnFactorConfiguration"]
		if !changed || of.Tier == string(cognitotypes.UserPoolTierTypeLite) { // a tier without passkeys takes no word about them
			return nil
		}
	}
	_, err := invoke[cognito.SetUserPoolMfaConfigOutput](ctx, w.deploy, cognitoIDP, "SetUserPoolMfaConfig", &cognito.SetUserPoolMfaConfigInput{
		UserPoolId:            &w.row.PhysicalID,
		WebAuthnConfiguration: &cognitotypes.WebAuthnConfigurationType{RelyingPartyId: of.RelyingParty, UserVerification: of.Verification, FactorConfiguration: of.Factor},
	})
	return err
}
