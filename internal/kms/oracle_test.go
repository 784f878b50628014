package kms_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

// The SDK's client is the oracle for every message, required member and error.
func TestEveryOperationAgreesWithTheSDK(t *testing.T) {
	awsapitest.Prove(t, newWorld(t).service.API(), func(c aws.Config) any { return kms.NewFromConfig(c) },
		&types.AlreadyExistsException{}, &types.DisabledException{}, &types.DryRunOperationException{}, &types.IncorrectKeyException{},
		&types.InvalidAliasNameException{}, &types.InvalidCiphertextException{}, &types.InvalidGrantTokenException{},
		&types.InvalidKeyUsageException{}, &types.InvalidMarkerException{}, &types.KMSInvalidStateException{}, &types.LimitExceededException{},
		&types.MalformedPolicyDocumentException{}, &types.NotFoundException{}, &types.TagException{}, &types.UnsupportedOperationException{})
}

// Nothing of the service is left out, and what is not there says so by its name.
func TestEveryOperationOfTheServiceAnswers(t *testing.T) {
	w := newWorld(t)
	here := map[string]bool{}
	for _, op := range w.service.API().Operations {
		here[op.Name()] = true
	}
	client := reflect.TypeFor[*kms.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; name != "Options" && !here[name] {
			t.Errorf("%s is no operation here", name)
		}
	}
	key := w.key("")
	ctx := context.Background()
	for name, err := range map[string]error{
		"CreateGrant":       second(w.CreateGrant(ctx, &kms.CreateGrantInput{KeyId: &key, GranteePrincipal: aws.String("x"), Operations: []types.GrantOperation{"Decrypt"}})),
		"ListGrants":        second(w.ListGrants(ctx, &kms.ListGrantsInput{KeyId: &key})),
		"Sign":              second(w.Sign(ctx, &kms.SignInput{KeyId: &key, Message: []byte("m"), SigningAlgorithm: "RSASSA_PSS_SHA_256"})),
		"GetPublicKey":      second(w.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &key})),
		"EnableKeyRotation": second(w.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &key})),
		"ReplicateKey":      second(w.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: &key, ReplicaRegion: aws.String("us-east-1")})),
	} {
		refused(t, err, "UnsupportedOperationException")
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is refused without its name: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
