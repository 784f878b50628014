package userpool

import "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

// What clients are told about choosing a way to sign in.
const (
	textBadFactor     = "AllowedFirstAuthFactors may name PASSWORD, EMAIL_OTP, SMS_OTP and WEB_AUTHN, each once."
	textNeedsPassword = "AllowedFirstAuthFactors must include PASSWORD."
	textBadPreference = "PREFERRED_CHALLENGE must be PASSWORD, PASSWORD_SRP, EMAIL_OTP, SMS_OTP or WEB_AUTHN."
	textBadChoice     = "ANSWER must be one of the available challenges."
	textNoFactor      = "No first authentication factor is available for the user."
	textSignInCode    = "Invalid code or auth state for the user."

	signInCodeSubject = "Your authentication code"
	signInCodeText    = "Your authentication code is {####}"
)

func notInTier(what string) error {
	text := what + " is not available in the feature plan of the user pool."
	return &types.FeatureUnavailableInTierException{Message: &text}
}

// wrongSignInCode is codeMismatch in the words of a sign-in.
func wrongSignInCode() error {
	text := textSignInCode
	return &types.CodeMismatchException{Message: &text}
}
