package awsapi

import (
	"reflect"
	"strings"
)

// exceptions are the members whose name in AWS's model follows neither the Go
// field nor the service's rule, by the SDK's package and Shape.Field. The
// proof over all operations of each client finds those that are missing.
var exceptions = map[string]map[string]string{
	"sts": {
		"PolicyDescriptorType.Arn": "arn",
	},
	"cognitoidentityprovider": {
		"HttpHeader.HeaderName":                "headerName",
		"HttpHeader.HeaderValue":               "headerValue",
		"InvalidParameterException.ReasonCode": "reasonCode",
	},
	"apigateway": {
		"PutIntegrationInput.IntegrationHttpMethod":   "httpMethod",
		"GetApiKeysOutput.Items":                      "item",
		"GetAuthorizersOutput.Items":                  "item",
		"GetBasePathMappingsOutput.Items":             "item",
		"GetClientCertificatesOutput.Items":           "item",
		"GetDeploymentsOutput.Items":                  "item",
		"GetDocumentationPartsOutput.Items":           "item",
		"GetDocumentationVersionsOutput.Items":        "item",
		"GetDomainNameAccessAssociationsOutput.Items": "item",
		"GetDomainNamesOutput.Items":                  "item",
		"GetGatewayResponsesOutput.Items":             "item",
		"GetModelsOutput.Items":                       "item",
		"GetRequestValidatorsOutput.Items":            "item",
		"GetResourcesOutput.Items":                    "item",
		"GetRestApisOutput.Items":                     "item",
		"GetSdkTypesOutput.Items":                     "item",
		"GetUsageOutput.Items":                        "values",
		"GetUsagePlanKeysOutput.Items":                "item",
		"GetUsagePlansOutput.Items":                   "item",
		"GetVpcLinksOutput.Items":                     "item",
		"UpdateUsageOutput.Items":                     "values",
	},
	// The message of an error is "message" everywhere but in these.
	"lambda": {
		"CallbackTimeoutException.Message":                "Message",
		"CodeSigningConfigNotFoundException.Message":      "Message",
		"CodeVerificationFailedException.Message":         "Message",
		"DurableExecutionAlreadyStartedException.Message": "Message",
		"EC2AccessDeniedException.Message":                "Message",
		"EC2ThrottledException.Message":                   "Message",
		"EC2UnexpectedException.Message":                  "Message",
		"EFSIOException.Message":                          "Message",
		"EFSMountConnectivityException.Message":           "Message",
		"EFSMountFailureException.Message":                "Message",
		"EFSMountTimeoutException.Message":                "Message",
		"ENILimitReachedException.Message":                "Message",
		"ENINotReadyException.Message":                    "Message",
		"InvalidCodeSignatureException.Message":           "Message",
		"InvalidRuntimeException.Message":                 "Message",
		"InvalidSecurityGroupIDException.Message":         "Message",
		"InvalidSubnetIDException.Message":                "Message",
		"InvalidZipFileException.Message":                 "Message",
		"KMSAccessDeniedException.Message":                "Message",
		"KMSDisabledException.Message":                    "Message",
		"KMSInvalidStateException.Message":                "Message",
		"KMSNotFoundException.Message":                    "Message",
		"NoPublishedVersionException.Message":             "Message",
		"PublicPolicyException.Message":                   "Message",
		"RecursiveInvocationException.Message":            "Message",
		"ResourceInUseException.Message":                  "Message",
		"ResourceNotFoundException.Message":               "Message",
		"S3FilesMountConnectivityException.Message":       "Message",
		"S3FilesMountFailureException.Message":            "Message",
		"S3FilesMountTimeoutException.Message":            "Message",
		"ServiceException.Message":                        "Message",
		"ServiceQuotaExceededException.Message":           "Message",
		"SnapStartException.Message":                      "Message",
		"SnapStartNotReadyException.Message":              "Message",
		"SnapStartRegenerationFailureException.Message":   "Message",
		"SnapStartTimeoutException.Message":               "Message",
		"SubnetIPAddressLimitReachedException.Message":    "Message",
	},
}

// sdkService is the SDK's name of the service that a shape belongs to:
// "lambda" for .../service/lambda/types.FunctionCode; "" for any other type.
func sdkService(shape reflect.Type) string {
	_, after, _ := strings.Cut(shape.PkgPath(), "/aws-sdk-go-v2/service/")
	name, _, _ := strings.Cut(after, "/")
	return name
}
