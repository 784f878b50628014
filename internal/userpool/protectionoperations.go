package userpool

import (
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// protectionOperations are about single users (their attributes, their identities
// elsewhere, what happened at their sign-ins) and about what endangers them.
func (s *Service) protectionOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onPool(s, "AdminDeleteUserAttributes", s.AdminDeleteUserAttributes, func(in *idp.AdminDeleteUserAttributesInput) *string { return in.UserPoolId }, "Username", "UserAttributeNames"),
		onPool(s, "AdminLinkProviderForUser", s.AdminLinkProviderForUser, func(in *idp.AdminLinkProviderForUserInput) *string { return in.UserPoolId }, "DestinationUser", "SourceUser"),
		onPool(s, "AdminDisableProviderForUser", s.AdminDisableProviderForUser, func(in *idp.AdminDisableProviderForUserInput) *string { return in.UserPoolId }, "User"),

		onPool(s, "SetRiskConfiguration", s.SetRiskConfiguration, func(in *idp.SetRiskConfigurationInput) *string { return in.UserPoolId }),
		onPool(s, "DescribeRiskConfiguration", s.DescribeRiskConfiguration, func(in *idp.DescribeRiskConfigurationInput) *string { return in.UserPoolId }),
		onPool(s, "AdminListUserAuthEvents", s.AdminListUserAuthEvents, func(in *idp.AdminListUserAuthEventsInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminUpdateAuthEventFeedback", s.AdminUpdateAuthEventFeedback, func(in *idp.AdminUpdateAuthEventFeedbackInput) *string { return in.UserPoolId }, "Username", "EventId", "FeedbackValue"),
		awsapi.Op("UpdateAuthEventFeedback", awsapi.Public, s.UpdateAuthEventFeedback, awsapi.Require("UserPoolId", "Username", "EventId", "FeedbackToken", "FeedbackValue")),
	}
}
