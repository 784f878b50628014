package awsapi_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

func all(string, reflect.Type, reflect.Type) ([]awsapi.Option, bool) { return nil, true }

func stsClient(c aws.Config) any     { return sts.NewFromConfig(c) }
func iamClient(c aws.Config) any     { return iam.NewFromConfig(c) }
func cognitoClient(c aws.Config) any { return cognitoidentityprovider.NewFromConfig(c) }

func gatewayClient(c aws.Config) any { return apigateway.NewFromConfig(c) }
func lambdaClient(c aws.Config) any  { return lambda.NewFromConfig(c) }

func stsService() *awsapi.Service {
	return &awsapi.Service{
		Name:       "sts",
		Protocol:   awsapi.Query("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"),
		Operations: awsapitest.Every(stsClient, all),
	}
}

// policyIdentifier is the one union of IAM.
var policyIdentifier = awsapi.UnionOf[iamtypes.PolicyIdentifier](
	&iamtypes.PolicyIdentifierMemberPolicyArn{}, &iamtypes.PolicyIdentifierMemberPolicyType{}, &iamtypes.PolicyIdentifierMemberInlinePolicyIdentifier{})

func iamService() *awsapi.Service {
	return &awsapi.Service{
		Name: "iam", Global: true,
		Protocol:   awsapi.Query("2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/"),
		Operations: awsapitest.Every(iamClient, all),
		Unions:     []awsapi.Union{policyIdentifier},
	}
}

func TestEveryOperationOfSTS(t *testing.T) {
	awsapitest.Prove(t, stsService(), stsClient,
		&ststypes.ExpiredTokenException{}, &ststypes.PackedPolicyTooLargeException{})
}

func TestEveryOperationOfIAM(t *testing.T) {
	awsapitest.Prove(t, iamService(), iamClient,
		&iamtypes.EntityAlreadyExistsException{}, &iamtypes.NoSuchEntityException{}, &iamtypes.ServiceFailureException{})
}

func TestEveryOperationOfCognito(t *testing.T) {
	service := &awsapi.Service{
		Name:       "cognito-idp",
		Protocol:   awsapi.JSON("AWSCognitoIdentityProviderService"),
		Document:   awsapi.DocumentOf(document.NewLazyDocument),
		Operations: awsapitest.Every(cognitoClient, all),
	}
	awsapitest.Prove(t, service, cognitoClient,
		&cognitotypes.NotAuthorizedException{}, &cognitotypes.InvalidParameterException{},
		&cognitotypes.UserNotFoundException{}, &cognitotypes.InternalErrorException{}, &cognitotypes.ResourceNotFoundException{})
}

func gatewayService(t *testing.T) *awsapi.Service {
	bindings := apigatewayBindings(t)
	return &awsapi.Service{
		Name:     "apigateway",
		Protocol: awsapi.REST(awsapi.RESTNames{LowerFirst: true}),
		Operations: awsapitest.Every(gatewayClient, func(name string, _, _ reflect.Type) ([]awsapi.Option, bool) {
			if name == "GetExport" { // the SDK overwrites the header Accept, which is a member there
				return nil, false
			}
			return bindings[name].options(), true
		}),
	}
}

func TestEveryOperationOfAPIGateway(t *testing.T) {
	awsapitest.Prove(t, gatewayService(t), gatewayClient,
		&gatewaytypes.NotFoundException{}, &gatewaytypes.BadRequestException{}, &gatewaytypes.ConflictException{},
		&gatewaytypes.TooManyRequestsException{}, &gatewaytypes.LimitExceededException{}, &gatewaytypes.UnauthorizedException{})
}

func lambdaService(t *testing.T) *awsapi.Service {
	bindings := lambdaBindings(t)
	return &awsapi.Service{
		Name:     "lambda",
		Protocol: awsapi.REST(awsapi.RESTNames{}),
		Operations: awsapitest.Every(lambdaClient, func(name string, _, _ reflect.Type) ([]awsapi.Option, bool) {
			switch name {
			case "InvokeWithResponseStream", // answers with a stream of events
				"SendDurableExecutionCallbackFailure", "StopDurableExecution": // a structure as the whole body
				return nil, false
			}
			return bindings[name].options(), true
		}),
	}
}

func TestEveryOperationOfLambda(t *testing.T) {
	awsapitest.Prove(t, lambdaService(t), lambdaClient,
		&lambdatypes.ResourceNotFoundException{}, &lambdatypes.ResourceConflictException{}, &lambdatypes.InvalidParameterValueException{},
		&lambdatypes.TooManyRequestsException{}, &lambdatypes.ServiceException{}, &lambdatypes.InvalidRuntimeException{},
		&lambdatypes.PreconditionFailedException{}, &lambdatypes.RequestTooLargeException{})
}
