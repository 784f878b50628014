package userpool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

func TestEveryOperationAgainstTheSDK(t *testing.T) {
	awsapitest.Prove(t, newWorld(t).service.API(), func(c aws.Config) any { return idp.NewFromConfig(c) },
		&types.AliasExistsException{}, &types.CodeMismatchException{}, &types.ExpiredCodeException{}, &types.GroupExistsException{}, &types.InvalidOAuthFlowException{}, &types.InvalidParameterException{},
		&types.InvalidPasswordException{}, &types.LimitExceededException{}, &types.NotAuthorizedException{}, &types.PasswordResetRequiredException{},
		&types.ResourceNotFoundException{}, &types.ScopeDoesNotExistException{}, &types.TooManyRequestsException{}, &types.UnauthorizedException{},
		&types.UnsupportedOperationException{}, &types.UnsupportedTokenTypeException{}, &types.UnsupportedUserStateException{},
		&types.UsernameExistsException{}, &types.UserNotConfirmedException{}, &types.UserNotFoundException{})
}
