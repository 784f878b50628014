package account

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// stsStatus is the HTTP status of those that are not 400.
var stsStatus = map[string]int{
	"AccessDenied":     http.StatusForbidden,
	"IDPRejectedClaim": http.StatusForbidden,
}

// STS is the registration of the Security Token Service.
func (s *Service) STS() *awsapi.Service {
	return &awsapi.Service{
		Name:     "sts",
		Protocol: awsapi.Query("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"),
		Status:   stsStatus,
		Operations: []awsapi.Operation{
			awsapi.Op("GetCallerIdentity", awsapi.AnyCaller, s.GetCallerIdentity),
			// The role's trust policy has to be asked as well, which AssumeRole does itself.
			awsapi.Op("AssumeRole", awsapi.AnyCaller, s.AssumeRole, awsapi.Require("RoleArn", "RoleSessionName")),
			awsapi.Op("AssumeRoleWithWebIdentity", awsapi.Public, s.AssumeRoleWithWebIdentity, awsapi.Require("RoleArn", "RoleSessionName", "WebIdentityToken")),
			awsapi.Op("AssumeRoleWithSAML", awsapi.Public, s.AssumeRoleWithSAML, awsapi.Require("PrincipalArn", "RoleArn", "SAMLAssertion")),
			awsapi.Op("GetSessionToken", awsapi.AnyCaller, s.GetSessionToken),
			awsapi.Op("GetFederationToken", awsapi.Action("sts:GetFederationToken", func(call *access.Call, in *sts.GetFederationTokenInput) (string, error) {
				call.Conditions = requestTags(in.Tags)
				return s.federatedARN(deref(in.Name)), nil
			}), s.GetFederationToken, awsapi.Require("Name")),
			awsapi.Op("DecodeAuthorizationMessage", awsapi.Action("sts:DecodeAuthorizationMessage", awsapi.AnyResource), s.DecodeAuthorizationMessage, awsapi.Require("EncodedMessage")),
			awsapi.Op("GetAccessKeyInfo", awsapi.Action("sts:GetAccessKeyInfo", awsapi.AnyResource), s.GetAccessKeyInfo, awsapi.Require("AccessKeyId")),
		},
	}
}

// GetCallerIdentity says whose key signed the call. AWS lets every proven
// caller ask, whatever their policies.
func (s *Service) GetCallerIdentity(ctx context.Context, call *access.Call, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	s.used(ctx, call, "sts")
	return &sts.GetCallerIdentityOutput{
		Account: &call.Caller.Account,
		Arn:     &call.Caller.ARN,
		UserId:  &call.Caller.ID,
	}, nil
}
