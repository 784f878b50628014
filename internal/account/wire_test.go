package account_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

func TestIAMSpeaksAsItsClientDoes(t *testing.T) {
	s := account.New(number, nil, nil, account.Credentials{})
	awsapitest.Prove(t, s.IAM(), func(c aws.Config) any { return iam.NewFromConfig(c) },
		&iamtypes.NoSuchEntityException{}, &iamtypes.EntityAlreadyExistsException{}, &iamtypes.DeleteConflictException{},
		&iamtypes.LimitExceededException{}, &iamtypes.MalformedPolicyDocumentException{}, &iamtypes.InvalidInputException{}, &iamtypes.PolicyEvaluationException{})
}

func TestSTSSpeaksAsItsClientDoes(t *testing.T) {
	s := account.New(number, nil, nil, account.Credentials{})
	awsapitest.Prove(t, s.STS(), func(c aws.Config) any { return sts.NewFromConfig(c) })
}
