package userpool

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool/passkey"
)

// What clients are told about passkeys.
const (
	textBadRelyingParty   = "RelyingPartyId must be the domain of your applications in lower case, without a scheme or a port, or localhost."
	textPasskeysOff       = "WebAuthn is not enabled for the user pool."
	textNoRelyingParty    = "WebAuthn is not configured for the user pool: it has no relying party ID."
	textTooManyPasskeys   = "The user has the maximum number of passkeys."
	textPasskeyTaken      = "The credential is registered already."
	textNoPasskey         = "The passkey does not exist."
	textBadCredential     = "The credential is not a WebAuthn response."
	textNoRegistration    = "The challenge of the registration was not found or has expired."
	textOtherClient       = "The registration was started by another client."
	textOriginNotAllowed  = "The origin of the credential does not belong to the relying party ID of the user pool."
	textOtherRelyingParty = "The credential was made for another relying party ID than the user pool's."
	textPasskeyNoFactor   = "Passkeys are not a second factor of the user pool."
	textPasskeyAlone      = "A passkey is a second factor only beside another one that the user has enabled."
	textKeyNotSupported   = "The credential or its authenticator is not supported."
)

// refusedRegistration is why a new passkey is not taken, in AWS's kinds.
func refusedRegistration(err error) error {
	text := textKeyNotSupported
	switch {
	case errors.Is(err, passkey.ErrOrigin):
		text = textOriginNotAllowed
		return &types.WebAuthnOriginNotAllowedException{Message: &text}
	case errors.Is(err, passkey.ErrRelyingParty):
		text = textOtherRelyingParty
		return &types.WebAuthnRelyingPartyMismatchException{Message: &text}
	case errors.Is(err, passkey.ErrUnsupported), errors.Is(err, passkey.ErrUnverified):
		return &types.WebAuthnCredentialNotSupportedException{Message: &text}
	default:
		return invalid(textBadCredential)
	}
}

func noRegistration() error {
	text := textNoRegistration
	return &types.WebAuthnChallengeNotFoundException{Message: &text}
}
