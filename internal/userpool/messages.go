package userpool

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

// The words that AWS's clients see. Many programs compare them, so all of them
// stand here and one edit corrects one. The most were seen in the field; some
// are AWS's in kind only.
const (
	textWrongPassword      = "Incorrect username or password."
	textNoUser             = "User does not exist."
	textLocked             = "Password attempts exceeded"
	textDisabled           = "User is disabled."
	textUnconfirmed        = "User is not confirmed."
	textResetRequired      = "Password reset required for the user"
	textTemporaryExpired   = "Temporary password has expired and must be reset by an administrator."
	textSessionInvalid     = "Invalid session for the user."
	textSessionExpired     = "Invalid session for the user, session is expired."
	textUserTaken          = "User account already exists"
	textEmailTaken         = "An account with the email already exists."
	textPhoneTaken         = "An account with the phone_number already exists."
	textAliasTaken         = "Already found an entry for username"
	textPolicy             = "Password did not conform with policy: "
	textPolicyLength       = textPolicy + "Password not long enough"
	textPolicyTooLong      = textPolicy + "Password too long"
	textPolicyUpper        = textPolicy + "Password must have uppercase characters"
	textPolicyLower        = textPolicy + "Password must have lowercase characters"
	textPolicyNumber       = textPolicy + "Password must have numeric characters"
	textPolicySymbol       = textPolicy + "Password must have symbol characters"
	textPasswordPattern    = `1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`
	textAccessExpired      = "Access Token has expired"
	textAccessRevoked      = "Access Token has been revoked"
	textAccessInvalid      = "Invalid Access Token"
	textAccessScope        = "Access Token does not have required scopes"
	textRefreshExpired     = "Refresh Token has expired"
	textRefreshRevoked     = "Refresh Token has been revoked"
	textRefreshInvalid     = "Invalid Refresh Token"
	textNotARefreshToken   = "Unsupported token type"
	textRevocationOff      = "Token revocation is not enabled for this client"
	textBadClient          = "Invalid client credentials"
	textUnwritable         = "A client attempted to write unauthorized attribute"
	textBadFlow            = "Auth flow not enabled for this client"
	textNotHere            = "Initiate Auth method not supported."
	textBadEmail           = "Invalid email address format."
	textBadPhone           = "Invalid phone number format."
	textBadPage            = "Invalid pagination token provided."
	textBusy               = "Too many requests"
	textProtected          = "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first."
	textValidityRange      = "Invalid range for token validity."
	textUsernameEmail      = "Username should be an email."
	textUsernamePhone      = "Username should be a phone number."
	textUsernameEither     = "Username should be either an email or a phone number."
	textUsernameLikeEmail  = "Username cannot be of email format, since user pool is configured for email alias."
	textUsernameLikePhone  = "Username cannot be of phone number format, since user pool is configured for phone number alias."
	textSchema             = "Attributes did not conform to the schema: "
	textScopesNeedOpenID   = "email, phone and profile scopes need the openid scope."
	textOAuthIncomplete    = "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
	textCredentialsAlone   = "client_credentials flow can not be selected along with code flow or implicit flow."
	textCredentialsSecret  = "client_credentials flow can not be selected if client does not have a client secret."
	textMixedFlows         = "ALLOW_ flows cannot be used together with legacy flows in ExplicitAuthFlows."
	textAliasAndUsername   = "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
	textUsernameRequired   = "Missing required parameter USERNAME"
	textPasswordRequired   = "Missing required parameter PASSWORD"
	textRefreshRequired    = "Missing required parameter REFRESH_TOKEN"
	textBadSRPA            = "SRP_A is not a number of the group."
	textBadTimestamp       = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."
	textNewPasswordMissing = "Missing required parameter NEW_PASSWORD"
	textBadUsername        = `1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have 1 to 128 characters and satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`
	textNoUserOfClient     = "Username/client id combination not found."
	textNameTaken          = "User already exists"
	textSignUpOff          = "SignUp is not permitted for this user pool"
	textCodeMismatch       = "Invalid verification code provided, please try again."
	textCodeExpired        = "Invalid code provided, please request a code again."
	textTooOften           = "Attempt limit exceeded, please try after some time."
	textConfirmed          = "User is already confirmed."
	textNoAutoVerify       = "Cannot resend codes. Auto verification not turned on."
	textNoRecovery         = "Cannot reset password for the user as there is no registered/verified email or phone_number"
	textCannotReset        = "User password cannot be reset in the current state."
	textAdminRecovers      = "Contact administrator to reset password."
	textNotAnAddress       = "Only email and phone_number can be verified."
)

func textNoFlow(flow types.AuthFlowType) string {
	set := strings.ReplaceAll(fmt.Sprint(flow.Values()), " ", ", ")
	return fmt.Sprintf("1 validation error detected: Value '%.64s' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: %s", flow, set)
}
func textMissing(name string) string      { return "Missing required parameter " + name }
func textNoPool(id string) string         { return "User pool " + id + " does not exist." }
func textNoClient(id string) string       { return "User pool client " + id + " does not exist." }
func textHashWrong(id string) string      { return "Unable to verify secret hash for client " + id }
func textFlowDisabled(flow string) string { return flow + " flow not enabled for this client" }
func textUnsupported(what string) string  { return what + " is not supported by Sallyport yet" }
func textRequired(attribute string) string {
	return textSchema + attribute + ": The attribute is required"
}
func textUnknownAttribute(name string) string {
	return textSchema + "Type for attribute {" + name + "} could not be determined"
}
func textNoAttribute(names ...string) string {
	return "Invalid user attributes: user." + strings.Join(names, ": Attribute does not exist in the schema.\nuser.") + ": Attribute does not exist in the schema.\n"
}
func textImmutable(name string) string { return "user." + name + ": Attribute cannot be updated.\n" }
func textProvided(name string) string  { return "Cannot modify an already provided " + name }
func textNotToConfirm(status UserStatus) string {
	return "User cannot be confirmed. Current status is " + string(status)
}
func textNoValue(attribute string) string { return "User does not have a value for " + attribute }
func textHashMissing(id string) string {
	return "Client " + id + " is configured with secret but SECRET_HASH was not received"
}

func notAuthorized(text string) error { return &types.NotAuthorizedException{Message: &text} }
func invalid(text string) error       { return &types.InvalidParameterException{Message: &text} }
func noResource(text string) error    { return &types.ResourceNotFoundException{Message: &text} }
func badPassword(text string) error   { return &types.InvalidPasswordException{Message: &text} }
func aliasExists(text string) error   { return &types.AliasExistsException{Message: &text} }
func tooLarge(text string) error      { return &types.LimitExceededException{Message: &text} }
func unsupported(what string) error   { return invalid(textUnsupported(what)) }
func noPool(id string) error          { return noResource(textNoPool(id)) }
func noClient(id string) error        { return noResource(textNoClient(id)) }
func invalidOAuth(text string) error  { return &types.InvalidOAuthFlowException{Message: &text} }

func noUser() error {
	text := textNoUser
	return &types.UserNotFoundException{Message: &text}
}

// noUserOfClient is noUser where AWS has other words for it.
func noUserOfClient() error {
	text := textNoUserOfClient
	return &types.UserNotFoundException{Message: &text}
}

func codeMismatch() error {
	text := textCodeMismatch
	return &types.CodeMismatchException{Message: &text}
}

func codeExpired() error {
	text := textCodeExpired
	return &types.ExpiredCodeException{Message: &text}
}

// aliasTaken is the answer when another user holds a name of that kind.
func aliasTaken(kind string) error {
	switch kind {
	case attributeEmail:
		return aliasExists(textEmailTaken)
	case attributePhone:
		return aliasExists(textPhoneTaken)
	default:
		return aliasExists(textAliasTaken)
	}
}

// busy asks the caller to try again.
func busy() error {
	text := textBusy
	return &types.TooManyRequestsException{Message: &text}
}

// isRefusal tells an answer that AWS models (the caller's doing) from a failure of ours.
func isRefusal(err error) bool {
	var modelled smithy.APIError
	return errors.As(err, &modelled)
}
