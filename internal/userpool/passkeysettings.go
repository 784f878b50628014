package userpool

import (
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool/passkey"
)

// PasskeySettings are the WebAuthnConfiguration of a pool.
type PasskeySettings struct {
	RelyingParty string `json:",omitempty"` // the domain of the applications; "": passkeys cannot be made
	VerifyUser   bool   `json:",omitempty"` // the authenticator must verify the person
	MultiFactor  bool   `json:",omitempty"` // an authenticator that did stands for a second factor
}

// setPasskeys takes a WebAuthnConfiguration; nil leaves everything as it is.
func (p *Pool) setPasskeys(in *types.WebAuthnConfigurationType) error {
	if in == nil {
		return nil
	}
	if p.Tier == string(types.UserPoolTierTypeLite) {
		return notInTier("WebAuthnConfiguration")
	}
	set := PasskeySettings{RelyingParty: deref(in.RelyingPartyId)}
	if in.RelyingPartyId != nil && !passkey.ValidID(set.RelyingParty) {
		return invalid(textBadRelyingParty)
	}
	switch in.UserVerification {
	case types.UserVerificationTypeRequired:
		set.VerifyUser = true
	case "", types.UserVerificationTypePreferred:
	default:
		return invalid("UserVerification must be required or preferred.")
	}
	switch in.FactorConfiguration {
	case types.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification:
		set.MultiFactor = true
	case "", types.WebAuthnFactorConfigurationTypeSingleFactor:
	default:
		return invalid("FactorConfiguration must be SINGLE_FACTOR or MULTI_FACTOR_WITH_USER_VERIFICATION.")
	}
	p.Passkeys = set
	return nil
}

// passkeyShape is the configuration as AWS shows it; nil if none was made.
func (p *Pool) passkeyShape() *types.WebAuthnConfigurationType {
	set := p.Passkeys
	if set == (PasskeySettings{}) {
		return nil
	}
	out := &types.WebAuthnConfigurationType{
		RelyingPartyId: optional(set.RelyingParty), UserVerification: types.UserVerificationTypePreferred,
		FactorConfiguration: types.WebAuthnFactorConfigurationTypeSingleFactor,
	}
	if set.VerifyUser {
		out.UserVerification = types.UserVerificationTypeRequired
	}
	if set.MultiFactor {
		out.FactorConfiguration = types.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification
	}
	return out
}

// takesPasskeys says whether users of the pool can sign in with passkeys.
func (p *Pool) takesPasskeys() bool {
	return p.allowsFirst(types.AuthFactorTypeWebAuthn) && p.Passkeys.RelyingParty != ""
}

// relyingParty is for whom the pool's passkeys are made. Where one can be both
// factors, all are verified: to ask only those who said so would tell who did.
func (p *Pool) relyingParty() passkey.RelyingParty {
	return passkey.RelyingParty{ID: p.Passkeys.RelyingParty, VerifyUser: p.Passkeys.VerifyUser || p.Passkeys.MultiFactor}
}

// preferPasskey lets a passkey be a user's both factors, or not. They need another
// second factor beside it, or a lost passkey would lock them out.
func (p *Pool) preferPasskey(f *SecondFactors, enabled bool) error {
	switch {
	case !enabled:
		f.Passkey = false
	case !p.takesPasskeys() || !p.Passkeys.MultiFactor:
		return invalid(textPasskeyNoFactor)
	case len(f.Enabled) == 0:
		return invalid(textPasskeyAlone)
	default:
		f.Passkey = true
	}
	return nil
}
