package httpapi_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/httpapi"
)

// The SDK's client is the oracle for every message, required member and error.
func TestEveryOperationAgreesWithTheSDK(t *testing.T) {
	awsapitest.Prove(t, new(httpapi.Service).API(), func(c aws.Config) any { return apigatewayv2.NewFromConfig(c) },
		&types.NotFoundException{}, &types.BadRequestException{}, &types.ConflictException{}, &types.TooManyRequestsException{})
}

// Nothing of the service is left out: what is not there says so.
func TestEveryOperationOfTheServiceAnswers(t *testing.T) {
	here := map[string]bool{}
	for _, op := range new(httpapi.Service).API().Operations {
		here[op.Name()] = true
	}
	client := reflect.TypeFor[*apigatewayv2.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; name != "Options" && !here[name] {
			t.Errorf("%s is no operation here", name)
		}
	}
}
