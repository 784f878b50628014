package userpool

import "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

// The words of second factors.
const (
	textMFAOnLater     = "Cannot turn MFA functionality ON, once the user pool has been created."
	textMFAOffAndSet   = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
	textMFANone        = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
	textSMSNeeded      = "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
	textTokenOff       = "Software Token MFA has not been enabled by the userPool"
	textTokenMissing   = "Software Token MFA does not exist for the user."
	textTokenMismatch  = "Code mismatch and fail enable Software Token MFA"
	textTokenUsed      = "Your software token has already been used once."
	textTokenWrong     = "Invalid code received for user"
	textSentWrong      = textSignInCode
	textTokenUnproved  = "User has not verified software token mfa"
	textOnePreferred   = "Only one MFA can be set as preferred."
	textPreferDisabled = "An MFA that is not enabled cannot be preferred."
	textMFARequired    = "MFA is required in this user pool: a user's last MFA cannot be turned off."
	textMFAOptions     = "MFAOptions may have one entry: DeliveryMedium SMS with AttributeName phone_number."
	textTokenOrSession = "Either AccessToken or Session must be provided, and not both."
	textAnswerRequired = "Missing required parameter ANSWER"
	textNotChosen      = "The selected MFA is not available to the user."
	textDeviceName     = "FriendlyDeviceName may have 256 characters."
)

func textNoDelivery(f Factor) string {
	return "User does not have delivery config set to turn on " + string(f)
}
func textFactorOff(f Factor) string { return string(f) + " is not enabled for the user pool." }

func noSoftwareToken(text string) error {
	return &types.SoftwareTokenMFANotFoundException{Message: &text}
}
func wrongCode(text string) error  { return &types.CodeMismatchException{Message: &text} }
func tooManyNow(text string) error { return &types.TooManyRequestsException{Message: &text} }

func tokenMismatch() error {
	text := textTokenMismatch
	return &types.EnableSoftwareTokenMFAException{Message: &text}
}

func tokenUsed() error {
	text := textTokenUsed
	return &types.ExpiredCodeException{Message: &text}
}

func noSuchMFA() error {
	text := textNotChosen
	return &types.MFAMethodNotFoundException{Message: &text}
}
