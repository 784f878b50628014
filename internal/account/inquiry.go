package account

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// inquiryOperations are those that ask about the account as a whole: what
// policies would decide, and everything that it has.
func (s *Service) inquiryOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onAny("SimulateCustomPolicy", s.SimulateCustomPolicy, "ActionNames", "PolicyInputList"),
		awsapi.Op("SimulatePrincipalPolicy", awsapi.Action("iam:SimulatePrincipalPolicy",
			func(_ *access.Call, in *iam.SimulatePrincipalPolicyInput) (string, error) {
				return deref(in.PolicySourceArn), nil
			}), s.SimulatePrincipalPolicy, awsapi.Require("ActionNames", "PolicySourceArn")),
		onAny("GetContextKeysForCustomPolicy", s.GetContextKeysForCustomPolicy, "PolicyInputList"),
		awsapi.Op("GetContextKeysForPrincipalPolicy", awsapi.Action("iam:GetContextKeysForPrincipalPolicy",
			func(_ *access.Call, in *iam.GetContextKeysForPrincipalPolicyInput) (string, error) {
				return deref(in.PolicySourceArn), nil
			}), s.GetContextKeysForPrincipalPolicy, awsapi.Require("PolicySourceArn")),

		onAny("GetAccountAuthorizationDetails", s.GetAccountAuthorizationDetails),
		onAny("CreateAccountAlias", s.CreateAccountAlias, "AccountAlias"),
		onAny("ListAccountAliases", s.ListAccountAliases),
		onAny("DeleteAccountAlias", s.DeleteAccountAlias, "AccountAlias"),

		onAny("CreateServiceLinkedRole", s.CreateServiceLinkedRole, "AWSServiceName"),
		on(s, role, "DeleteServiceLinkedRole", s.DeleteServiceLinkedRole, "RoleName"),
	}
}

// iamUnions are the unions of IAM's inputs.
func iamUnions() []awsapi.Union {
	return []awsapi.Union{awsapi.UnionOf[types.PolicyIdentifier](
		&types.PolicyIdentifierMemberPolicyArn{}, &types.PolicyIdentifierMemberPolicyType{}, &types.PolicyIdentifierMemberInlinePolicyIdentifier{})}
}
