package function_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/function"
)

func TestTheRegistrationAgainstTheSDK(t *testing.T) {
	awsapitest.Prove(t, new(function.Service).API(), func(c aws.Config) any { return lambda.NewFromConfig(c) },
		&types.ResourceNotFoundException{}, &types.ResourceConflictException{}, &types.InvalidParameterValueException{},
		&types.PreconditionFailedException{}, &types.PolicyLengthExceededException{}, &types.TooManyRequestsException{},
		&types.RequestTooLargeException{}, &types.InvalidRequestContentException{}, &types.ServiceException{})
}
