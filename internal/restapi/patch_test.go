package restapi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func TestPatchOperations(t *testing.T) {
	w := newWorld(t)
	ctx, c := t.Context(), w.client
	a := w.newAPI("image/png")
	a.open("GET", "/x")
	deployment := a.deploy("prod")
	a.authorizer("pools", poolARN)
	token := a.tokenAuthorizer("token", nil)
	resource, get := aws.String(a.resource("/x")), aws.String("GET")
	ok := aws.String("200")
	_, err := c.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok})
	must(t, err)
	_, err = c.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok})
	must(t, err)

	patches := map[string]func(...types.PatchOperation) error{
		"api": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: &a.id, PatchOperations: ops})
			return err
		},
		"method": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateMethod(ctx, &apigateway.UpdateMethodInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, PatchOperations: ops})
			return err
		},
		"integration": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateIntegration(ctx, &apigateway.UpdateIntegrationInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, PatchOperations: ops})
			return err
		},
		"method response": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateMethodResponse(ctx, &apigateway.UpdateMethodResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok, PatchOperations: ops})
			return err
		},
		"integration response": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateIntegrationResponse(ctx, &apigateway.UpdateIntegrationResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok, PatchOperations: ops})
			return err
		},
		"authorizer": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateAuthorizer(ctx, &apigateway.UpdateAuthorizerInput{RestApiId: &a.id, AuthorizerId: &token, PatchOperations: ops})
			return err
		},
		"deployment": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateDeployment(ctx, &apigateway.UpdateDeploymentInput{RestApiId: &a.id, DeploymentId: &deployment, PatchOperations: ops})
			return err
		},
		"stage": func(ops ...types.PatchOperation) error { _, err := a.updateStage(ops...); return err },
		"resource": func(ops ...types.PatchOperation) error {
			_, err := c.UpdateResource(ctx, &apigateway.UpdateResourceInput{RestApiId: &a.id, ResourceId: resource, PatchOperations: ops})
			return err
		},
	}
	for name, patch := range patches {
		for _, op := range []types.Op{types.OpCopy, types.OpMove, types.OpTest, ""} {
			t.Run(name+" "+string(op), func(t *testing.T) {
				err := patch(types.PatchOperation{Op: op, From: aws.String("/name"), Path: aws.String("/description"), Value: aws.String("v")})
				expectError(t, err, "BadRequestException", "Invalid patch operation specified. Must be one of: [add, remove, replace]")
			})
		}
		t.Run(name+" nothing", func(t *testing.T) {
			listed := slices.Contains([]string{"integration", "integration response", "authorizer", "deployment", "stage", "resource"}, name)
			nothing, noPath := "Invalid patch path /nothing", "Invalid patch path null"
			if listed {
				nothing, noPath = "Invalid patch path  '/nothing' specified for op 'replace'. Must be one of: [/", "Invalid patch path  '' specified for op 'replace'. Must be one of: [/"
			}
			expectError(t, patch(replace("/nothing", "v")...), "BadRequestException", nothing)
			expectError(t, patch(types.PatchOperation{Op: types.OpReplace, Value: aws.String("v")}), "BadRequestException", noPath)
			expectError(t, patch(types.PatchOperation{Op: "increase", Path: aws.String("/name")}, types.PatchOperation{Op: "lessen", Path: aws.String("/name")}),
				"ValidationException", "2 validation errors detected: Value 'increase' at '")
			must(t, patch())
		})
	}
	for _, one := range []struct{ of, op, path, value, refusal string }{
		{"api", "replace", "/version", "2", ""},
		{"api", "replace", "/name", "", "API name cannot be null or empty"},
		{"api", "add", "/name", "n", "Invalid patch operation specified. Must be one of: [replace]"},
		{"api", "remove", "/binaryMediaTypes/image~1png", "", ""},
		{"api", "remove", "/binaryMediaTypes/image~1png", "", "Invalid binary media type specified"},
		{"api", "replace", "/endpointConfiguration/types/EDGE", "REGIONAL", ""},
		{"api", "replace", "/endpointConfiguration/types/REGIONAL", "PRIVATE", "not supported"},
		{"api", "replace", "/minimumCompressionSize", "1", "Compression (minimumCompressionSize) is not supported by Sallyport yet"},
		{"api", "replace", "/apiKeySource", "AUTHORIZER", "not supported"},
		{"api", "replace", "/disableExecuteApiEndpoint", "yes", "must be true or false"},
		{"method", "replace", "/authorizationType", "CUSTOM", "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."},
		{"method", "replace", "/apiKeyRequired", "true", "A required API key (apiKeyRequired) is not supported by Sallyport yet"},
		{"method", "replace", "/requestValidatorId", "v", "Invalid Request Validator identifier specified"},
		{"method", "add", "/requestModels/application~1json", "Pizza", "Invalid model identifier specified: Pizza"},
		{"method", "add", "/requestModels/application~1json", "Empty", ""},
		{"method", "remove", "/requestModels/application~1json", "", ""},
		{"method", "remove", "/requestModels/application~1json", "", "Content-Type specified was not found"},
		{"method", "add", "/operationName", "x", "Invalid patch operation specified. Must be one of: [replace]"},
		{"method", "add", "/requestModels/application/json", "Empty", "Invalid patch path /requestModels/application/json"},
		{"method", "add", "/requestParameters/method.request.header.X", "true", ""},
		{"method", "add", "/requestParameters/header.X", "true", "Invalid mapping expression specified: header.X"},
		{"integration", "replace", "/timeoutInMillis", "49", "Timeout should be between 50 ms and 29000 ms"},
		{"integration", "replace", "/uri", "arn:aws:lambda:x", "Invalid ARN specified in the request"},
		{"integration", "remove", "/requestParameters/integration.request.header.X", "", "Invalid parameter name specified"},
		{"integration", "replace", "/connectionType", "VPC_LINK", "not supported"},
		{"method response", "add", "/responseParameters/method.response.header.X", "true", ""},
		{"method response", "add", "/responseParameters/X", "true", "Invalid mapping expression specified: X"},
		{"method response", "add", "/responseModels/application~1json", "Pizza", "Invalid model identifier specified: Pizza"},
		{"method response", "replace", "/responseModels/text~1plain", "Empty", "Content-Type specified was not found"},
		{"method response", "replace", "/responseParameters/method.response.header.None", "true", "Invalid parameter name specified"},
		{"integration response", "add", "/responseParameters/method.response.header.X", "'x'", ""},
		{"method response", "remove", "/responseParameters/method.response.header.X", "", "Invalid mapping expression parameter specified: method.response.header.X"},
		{"integration response", "add", "/responseParameters/method.response.header.Y", "'x'", "Invalid mapping expression parameter specified"},
		{"integration response", "replace", "/selectionPattern", "(", "not a regular expression"},
		{"integration response", "replace", "/contentHandling", "CONVERT_TO_TEXT", "not supported"},
		{"authorizer", "replace", "/type", "REQUEST", ""},
		{"authorizer", "replace", "/identitySource", "method.request.body", "Invalid mapping expression specified"},
		{"authorizer", "replace", "/authorizerUri", "https://example.com/", "Invalid Authorizer URI: https://example.com/. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."},
		{"authorizer", "replace", "/authorizerUri", strings.Replace(functionURI, "apigateway:eu-west-1", "apigateway:us-east-1", 1), "contains invalid region"},
		{"authorizer", "replace", "/authorizerResultTtlInSeconds", "3601", "must be between 0 and 3600 seconds"},
		{"authorizer", "replace", "/name", "pools", "Authorizer name must be unique. Authorizer pools already exists in this RestApi."},
		{"authorizer", "add", "/providerARNs", poolARN, "has no user pools"},
		{"stage", "remove", "/variables/none", "", "Invalid stage variable name specified"},
	} {
		t.Run(one.of+" "+one.op+" "+one.path, func(t *testing.T) {
			err := patches[one.of](types.PatchOperation{Op: types.Op(one.op), Path: &one.path, Value: &one.value})
			if one.refusal == "" {
				must(t, err)
			} else if err == nil || !strings.Contains(err.Error(), one.refusal) {
				t.Errorf("%v, want %s", err, one.refusal)
			}
		})
	}
	// What fails leaves nothing behind.
	err = patches["api"](append(replace("/name", "half"), replace("/nothing", "x")...)...)
	if got, _ := c.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: &a.id}); err == nil || *got.Name != "pizza" {
		t.Errorf("%v: %s", err, *got.Name)
	}
}
