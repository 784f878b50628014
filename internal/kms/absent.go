package kms

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// What AWS has and Sallyport has not says so, by the operation's name.
const (
	grants     = "grants; let key policies name who may use a key"
	asymmetric = "asymmetric keys"
	macs       = "HMAC keys"
	imports    = "imported key material"
	keyStores  = "custom key stores"
	rotation   = "rotation of key material"
	regions    = "multi-Region keys"
	usage      = "when a key was used last"
)

// absent refuses an operation, to whoever has signed the call: nothing is told
// that permission would be needed for.
func absent[In, Out any](operation, what string, required ...string) awsapi.Operation {
	return awsapi.Op(operation, awsapi.AnyCaller, func(context.Context, *access.Call, *In) (*Out, error) {
		return nil, unsupported("The operation " + operation + " (" + what + ")")
	}, awsapi.Require(required...))
}

func absentOperations() []awsapi.Operation {
	return []awsapi.Operation{
		absent[kms.CreateGrantInput, kms.CreateGrantOutput]("CreateGrant", grants, "KeyId", "Operations"),
		absent[kms.ListGrantsInput, kms.ListGrantsOutput]("ListGrants", grants, "KeyId"),
		absent[kms.ListRetirableGrantsInput, kms.ListRetirableGrantsOutput]("ListRetirableGrants", grants),
		absent[kms.RetireGrantInput, kms.RetireGrantOutput]("RetireGrant", grants),
		absent[kms.RevokeGrantInput, kms.RevokeGrantOutput]("RevokeGrant", grants, "KeyId", "GrantId"),
		absent[kms.SignInput, kms.SignOutput]("Sign", asymmetric, "KeyId", "Message", "SigningAlgorithm"),
		absent[kms.VerifyInput, kms.VerifyOutput]("Verify", asymmetric, "KeyId", "Message", "Signature", "SigningAlgorithm"),
		absent[kms.GetPublicKeyInput, kms.GetPublicKeyOutput]("GetPublicKey", asymmetric, "KeyId"),
		absent[kms.GenerateDataKeyPairInput, kms.GenerateDataKeyPairOutput]("GenerateDataKeyPair", asymmetric, "KeyId", "KeyPairSpec"),
		absent[kms.GenerateDataKeyPairWithoutPlaintextInput, kms.GenerateDataKeyPairWithoutPlaintextOutput]("GenerateDataKeyPairWithoutPlaintext", asymmetric, "KeyId", "KeyPairSpec"),
		absent[kms.DeriveSharedSecretInput, kms.DeriveSharedSecretOutput]("DeriveSharedSecret", asymmetric, "KeyId", "KeyAgreementAlgorithm", "PublicKey"),
		absent[kms.EncapsulateInput, kms.EncapsulateOutput]("Encapsulate", asymmetric, "KeyId", "EncapsulationAlgorithm"),
		absent[kms.DecapsulateInput, kms.DecapsulateOutput]("Decapsulate", asymmetric, "KeyId", "SharedSecretCiphertextBlob", "EncapsulationAlgorithm"),
		absent[kms.GenerateMacInput, kms.GenerateMacOutput]("GenerateMac", macs, "Message", "KeyId", "MacAlgorithm"),
		absent[kms.VerifyMacInput, kms.VerifyMacOutput]("VerifyMac", macs, "Message", "KeyId", "MacAlgorithm", "Mac"),
		absent[kms.ImportKeyMaterialInput, kms.ImportKeyMaterialOutput]("ImportKeyMaterial", imports, "KeyId", "ImportToken", "EncryptedKeyMaterial"),
		absent[kms.DeleteImportedKeyMaterialInput, kms.DeleteImportedKeyMaterialOutput]("DeleteImportedKeyMaterial", imports, "KeyId"),
		absent[kms.GetParametersForImportInput, kms.GetParametersForImportOutput]("GetParametersForImport", imports, "KeyId", "WrappingAlgorithm", "WrappingKeySpec"),
		absent[kms.CreateCustomKeyStoreInput, kms.CreateCustomKeyStoreOutput]("CreateCustomKeyStore", keyStores, "CustomKeyStoreName"),
		absent[kms.DescribeCustomKeyStoresInput, kms.DescribeCustomKeyStoresOutput]("DescribeCustomKeyStores", keyStores),
		absent[kms.UpdateCustomKeyStoreInput, kms.UpdateCustomKeyStoreOutput]("UpdateCustomKeyStore", keyStores, "CustomKeyStoreId"),
		absent[kms.DeleteCustomKeyStoreInput, kms.DeleteCustomKeyStoreOutput]("DeleteCustomKeyStore", keyStores, "CustomKeyStoreId"),
		absent[kms.ConnectCustomKeyStoreInput, kms.ConnectCustomKeyStoreOutput]("ConnectCustomKeyStore", keyStores, "CustomKeyStoreId"),
		absent[kms.DisconnectCustomKeyStoreInput, kms.DisconnectCustomKeyStoreOutput]("DisconnectCustomKeyStore", keyStores, "CustomKeyStoreId"),
		absent[kms.EnableKeyRotationInput, kms.EnableKeyRotationOutput]("EnableKeyRotation", rotation, "KeyId"),
		absent[kms.RotateKeyOnDemandInput, kms.RotateKeyOnDemandOutput]("RotateKeyOnDemand", rotation, "KeyId"),
		absent[kms.ListKeyRotationsInput, kms.ListKeyRotationsOutput]("ListKeyRotations", rotation, "KeyId"),
		absent[kms.ReplicateKeyInput, kms.ReplicateKeyOutput]("ReplicateKey", regions, "KeyId", "ReplicaRegion"),
		absent[kms.UpdatePrimaryRegionInput, kms.UpdatePrimaryRegionOutput]("UpdatePrimaryRegion", regions, "KeyId", "PrimaryRegion"),
		absent[kms.GetKeyLastUsageInput, kms.GetKeyLastUsageOutput]("GetKeyLastUsage", usage, "KeyId"),
	}
}
