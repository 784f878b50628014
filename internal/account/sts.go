package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// STS is the registration of the Security Token Service.
func (s *Service) STS() *awsapi.Service {
	return &awsapi.Service{
		Name:     "sts",
		Protocol: awsapi.Query("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"),
		Status:   iamStatus,
		Operations: []awsapi.Operation{
			awsapi.Op("GetCallerIdentity", awsapi.AnyCaller, s.GetCallerIdentity),
			// The role's trust policy has to be asked as well, which AssumeRole does itself.
			awsapi.Op("AssumeRole", awsapi.AnyCaller, s.AssumeRole, awsapi.Require("RoleArn", "RoleSessionName")),
			awsapi.Op("GetSessionToken", awsapi.AnyCaller, s.GetSessionToken),
			awsapi.Op("GetFederationToken", awsapi.Action("sts:GetFederationToken", func(call *access.Call, in *sts.GetFederationTokenInput) (string, error) {
				call.Conditions = requestTags(in.Tags)
				return s.federatedARN(deref(in.Name)), nil
			}), s.GetFederationToken, awsapi.Require("Name")),
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
