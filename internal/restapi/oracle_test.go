package restapi_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/restapi"
)

// The SDK's client is the oracle for every message, required member and error.
// It writes its own Accept over that of GetExport, whose registration cannot be
// proved so.
func TestEveryOperationAgreesWithTheSDK(t *testing.T) {
	service := new(restapi.Service).API()
	service.Operations = slices.DeleteFunc(service.Operations, func(op awsapi.Operation) bool { return op.Name() == "GetExport" })
	awsapitest.Prove(t, service, func(c aws.Config) any { return apigateway.NewFromConfig(c) },
		&types.NotFoundException{}, &types.BadRequestException{}, &types.ConflictException{}, &types.LimitExceededException{})
}

// Nothing of the service is left out: what is not there says so.
func TestEveryOperationOfTheServiceAnswers(t *testing.T) {
	here := map[string]bool{}
	for _, op := range new(restapi.Service).API().Operations {
		here[op.Name()] = true
	}
	client := reflect.TypeFor[*apigateway.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; name != "Options" && !here[name] {
			t.Errorf("%s is no operation here", name)
		}
	}
}
