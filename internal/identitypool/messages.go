package identitypool

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

// What clients read. Those marked with a * are recalled and not confirmed.
const (
	textNoGuests       = "Unauthenticated access is not supported for this identity pool."
	textNotSupported   = "Token is not from a supported provider of this identity pool."
	textLoginsMismatch = "Logins don't match. Please include at least one valid login for this identity or identity pool."
	textRoles          = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
	textNoClassicFlow  = "Basic (classic) flow is not enabled, please use enhanced flow."

	textExpired        = "Invalid login token. Token is expired."
	textUnsigned       = "Invalid login token. Couldn't verify signed token."                   // *
	textNotIDToken     = "Invalid login token. Not a valid OpenId Connect identity token."      // *
	textNotSAML        = "Invalid login token. Not a valid SAML response."                      // *
	textSignedOut      = "Invalid login token. Token has been revoked."                         // *
	textSubject        = "Invalid login token. The subject cannot be used."                     // *
	textUnreachable    = "The identity provider cannot be reached."                             // *
	textDeveloperLogin = "The login of a developer provider needs developer credentials."       // *
	textCustomRole     = "Access to the role is not allowed for this identity."                 // *
	textAmbiguous      = "Access denied: no role is mapped to this identity."                   // *
	textTags           = "The principal tags of this identity cannot be used as session tags."  // *
	textLinkedOther    = "Another login of this provider is linked to this identity already."   // *
	textTooManyLogins  = "An identity has at most 20 developer user identifiers."               // *
	textDeveloperTaken = "Developer user is already registered with a different identity id."   // *
	textDeveloperFixed = "The developer provider name cannot be changed once it is set."        // *
	textNoDeveloper    = "The developer provider name is not that of this identity pool."       // *
	textTaken          = "The developer provider name %s is taken."                             // *
	textLookup         = "The developer user is not linked to this identity."                   // *
	textLookupNeeds    = "Either IdentityId or DeveloperUserIdentifier is required."            // *
	textTooFast        = "Rate exceeded"                                                        // *
	textBadPage        = "Invalid pagination token."                                            // *
	textTooManyPools   = "An account has at most 1000 identity pools in a region."              // *
	textTooManyTags    = "A resource has at most 50 tags."                                      // *
	textReservedTag    = "Tag keys must not begin with aws:."                                   // *
	textTagTwice       = "Tag keys must differ in more than upper and lower case."              // *
	textBadARN         = "ResourceArn must be the ARN of an identity pool."                     // *
	textOpaque         = " is not supported: only its own servers can check its access tokens." // ours
)

func textNoPool(id string) string      { return "IdentityPool '" + id + "' not found." }
func textNoIdentity(id string) string  { return "Identity '" + id + "' not found." }
func textForbidden(id string) string   { return "Access to Identity '" + id + "' is forbidden." }
func textNoProvider(key string) string { return key + " is not a provider of this identity pool." } // *
func textTokenExpired(expired, now int64) string {
	return fmt.Sprintf("Invalid login token. Token expired: %d >= %d", expired, now)
}

func notAuthorized(text string) error { return &types.NotAuthorizedException{Message: &text} }
func notFound(text string) error      { return &types.ResourceNotFoundException{Message: &text} }
func conflict(text string) error      { return &types.ResourceConflictException{Message: &text} }
func tooMany(text string) error       { return &types.LimitExceededException{Message: &text} }
func badConfiguration() error {
	text := textRoles
	return &types.InvalidIdentityPoolConfigurationException{Message: &text}
}

func invalid(format string, values ...any) error {
	text := format
	if len(values) > 0 {
		text = fmt.Sprintf(format, values...)
	}
	return &types.InvalidParameterException{Message: &text}
}

// constraint is how AWS refuses a member that breaks its model. The value is
// left out: it may be a token.
func constraint(member, rule string) error {
	return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: %s", member, rule)
}
