package userpool

import "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

// What clients read of passwords that they may not have, of threat protection
// and of linked providers.
const (
	textCompromised      = "Provided password cannot be used for security reasons."
	textUsedBefore       = "Password has previously been used"
	textSecurity         = "Unable to login because of security reasons"
	textThreatsOff       = "Threat protection is not enabled for this user pool."
	textNoEvent          = "The authentication event does not exist."
	textFeedbackToken    = "Invalid feedback token: Sallyport sends no message that carries one; use AdminUpdateAuthEventFeedback."
	textFeedbackValue    = "FeedbackValue must be Valid or Invalid."
	textNeedsList        = "CompromisedCredentialsRiskConfiguration with EventAction BLOCK needs a list of compromised passwords: start the server with --compromised-passwords."
	textLinkedToUser     = "SourceUser is already linked to DestinationUser"
	textLinkedToAnother  = "SourceUser is already linked to another user"
	textLinkExists       = "SourceUser is a user of this user pool already"
	textLinkNative       = "SourceUser must be a user of an external identity provider."
	textLinkAttribute    = "Linking by another ProviderAttributeName than Cognito_Subject is not supported by Sallyport yet"
	textLinkValue        = "ProviderAttributeValue must have 1 to 256 characters."
	textLinkImmutable    = "The attributes of DestinationUser must be mutable: "
	textLinkMany         = "A user can be linked to at most 5 external identities."
	textDisableNative    = "Disabling the provider Cognito is not supported by Sallyport yet: AdminDisableUser keeps a user out"
	textTooManyAddresses = "BlockedIPRangeList and SkippedIPRangeList may have 200 ranges each."
)

func textBadRange(text string) string {
	return text + " is not a range of IP addresses in CIDR notation."
}

func usedBefore() error {
	text := textUsedBefore
	return &types.PasswordHistoryPolicyViolationException{Message: &text}
}

func threatsOff() error {
	text := textThreatsOff
	return &types.UserPoolAddOnNotEnabledException{Message: &text}
}
