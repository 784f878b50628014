package restapi_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/restapi"
)

// The SDK's client is the oracle for every message, required member and error.
func TestEveryOperationAgreesWithTheSDK(t *testing.T) {
	awsapitest.Prove(t, new(restapi.Service).API(), func(c aws.Config) any { return apigateway.NewFromConfig(c) },
		&types.NotFoundException{}, &types.BadRequestException{}, &types.ConflictException{}, &types.LimitExceededException{})
}
