package identitypool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

func TestEveryOperationAgainstTheSDK(t *testing.T) {
	api := newWorld(t).service.API()
	if len(api.Operations) != 23 {
		t.Errorf("%d operations, AWS has 23", len(api.Operations))
	}
	awsapitest.Prove(t, api, func(c aws.Config) any { return ci.NewFromConfig(c) },
		&types.DeveloperUserAlreadyRegisteredException{}, &types.ExternalServiceException{}, &types.InvalidIdentityPoolConfigurationException{},
		&types.InvalidParameterException{}, &types.LimitExceededException{}, &types.NotAuthorizedException{},
		&types.ResourceConflictException{}, &types.ResourceNotFoundException{}, &types.TooManyRequestsException{})
}
