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
		Operations: []awsapi.Operation{
			awsapi.Op("GetCallerIdentity", awsapi.AnyCaller, s.GetCallerIdentity),
		},
	}
}

// GetCallerIdentity says whose key signed the call. AWS lets every proven
// caller ask, whatever their policies.
func (s *Service) GetCallerIdentity(_ context.Context, call *access.Call, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{
		Account: &call.Caller.Account,
		Arn:     &call.Caller.ARN,
		UserId:  &call.Caller.ID,
	}, nil
}
