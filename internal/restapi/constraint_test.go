package restapi_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// What AWS's model forbids is said first, of all members at once, and of what is
// not there, too.
func TestTheModelIsHeldAgainstACall(t *testing.T) {
	w := newWorld(t)
	c := w.client
	none, get := aws.String("none"), aws.String("GET")
	const operations = "failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
	for message, call := range map[string]func(context.Context) error{
		"1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]": func(ctx context.Context) error {
			_, err := c.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: none, ResourceId: none, HttpMethod: get, Type: "HTTPS_PROXY"})
			return err
		},
		"1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d": func(ctx context.Context) error {
			_, err := c.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: none, ResourceId: none, HttpMethod: get, StatusCode: aws.String("wrong")})
			return err
		},
		"2 validation errors detected: Value 'x' at 'updateMethodResponseInput.patchOperations.2.member.op' " + operations + "; Value 'wrong' at 'statusCode'": func(ctx context.Context) error {
			_, err := c.UpdateMethodResponse(ctx, &apigateway.UpdateMethodResponseInput{RestApiId: none, ResourceId: none, HttpMethod: get, StatusCode: aws.String("wrong"),
				PatchOperations: []types.PatchOperation{{Op: types.OpAdd}, {Op: "x"}}})
			return err
		},
		"1 validation error detected: Value 'FAKE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR,": func(ctx context.Context) error {
			_, err := c.GetGatewayResponse(ctx, &apigateway.GetGatewayResponseInput{RestApiId: none, ResponseType: "FAKE"})
			return err
		},
		"2 validation errors detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]; Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]": func(ctx context.Context) error {
			_, err := c.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: none, EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"wrong"}, IpAddressType: "wrong"}})
			return err
		},
		"Value 'BODY' at 'createRestApiInput.apiKeySource' failed to satisfy constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]": func(ctx context.Context) error {
			_, err := c.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: none, ApiKeySource: "BODY"})
			return err
		},
	} {
		expectError(t, call(t.Context()), "ValidationException", message)
	}
}

func TestOfAMethodTheResourceIsMissedFirst(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	c, none, root, get := w.client, aws.String("none"), aws.String(a.resources["/"]), aws.String("GET")
	_, err := c.PutMethod(t.Context(), &apigateway.PutMethodInput{RestApiId: none, ResourceId: root, HttpMethod: aws.String("fetch"), AuthorizationType: aws.String("NONE")})
	expectError(t, err, "NotFoundException", "Invalid Resource identifier specified")
	_, err = c.PutIntegrationResponse(t.Context(), &apigateway.PutIntegrationResponseInput{RestApiId: none, ResourceId: root, HttpMethod: get, StatusCode: aws.String("200")})
	expectError(t, err, "NotFoundException", "Invalid Resource identifier specified")
	_, err = c.DeleteIntegrationResponse(t.Context(), &apigateway.DeleteIntegrationResponseInput{RestApiId: &a.id, ResourceId: root, HttpMethod: get, StatusCode: aws.String("200")})
	expectError(t, err, "NotFoundException", "Invalid Integration identifier specified")
	for message, in := range map[string]*apigateway.PutMethodInput{
		"Invalid Request Validator identifier specified": {RequestValidatorId: aws.String("v")},
		"Invalid model identifier specified: Pizza":      {RequestModels: map[string]string{"application/json": "Pizza"}},
		"Parameter names must be unique across querystring, header and path": {
			RequestParameters: map[string]bool{"method.request.querystring.id": true, "method.request.header.id": false}},
	} {
		in.RestApiId, in.ResourceId, in.HttpMethod, in.AuthorizationType = &a.id, root, get, aws.String("NONE")
		_, err := c.PutMethod(t.Context(), in)
		expectError(t, err, "BadRequestException", message)
	}
	made, err := c.PutMethod(t.Context(), &apigateway.PutMethodInput{RestApiId: &a.id, ResourceId: root, HttpMethod: get, AuthorizationType: aws.String("none")})
	must(t, err)
	if *made.AuthorizationType != "NONE" {
		t.Error(*made.AuthorizationType)
	}
}

func TestSettingsOfAnAPI(t *testing.T) {
	w := newWorld(t)
	ctx, c := t.Context(), w.client
	for message, in := range map[string]*apigateway.CreateRestApiInput{
		"Description cannot be an empty string":                                  {Description: aws.String("")},
		"Invalid minimum compression size, must be between 0 and 10485760":       {MinimumCompressionSize: aws.Int32(-1)},
		"Cannot create an api with multiple Endpoint Types.":                     {EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"EDGE", "REGIONAL"}}},
		"REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.": {EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{}}},
		"A private endpoint is not supported by Sallyport yet":                   {EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"PRIVATE"}}},
		"Compression (minimumCompressionSize) is not supported by Sallyport yet": {MinimumCompressionSize: aws.Int32(10)},
	} {
		in.Name = aws.String("pizza")
		_, err := c.CreateRestApi(ctx, in)
		expectError(t, err, "BadRequestException", message)
	}
	made, err := c.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("pizza"), Description: aws.String("d"), BinaryMediaTypes: []string{"-", "image/png"},
		EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}, IpAddressType: "dualstack"}})
	must(t, err)
	if made.EndpointConfiguration.IpAddressType != "dualstack" || made.ApiStatus != "" {
		t.Errorf("%+v", made)
	}
	changed, err := c.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: made.Id, PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/binaryMediaTypes/-"), Value: aws.String("image/gif")},
		{Op: types.OpReplace, Path: aws.String("/minimumCompressionSize"), Value: aws.String("")},
		{Op: types.OpReplace, Path: aws.String("/endpointConfiguration/ipAddressType"), Value: aws.String("ipv4")},
		{Op: types.OpRemove, Path: aws.String("/description")},
	}})
	must(t, err)
	if got := changed.BinaryMediaTypes; len(got) != 2 || got[1] != "image/gif" || changed.Description != nil || changed.EndpointConfiguration.IpAddressType != "ipv4" {
		t.Errorf("%+v", changed)
	}
	for path, message := range map[string]string{
		"/minimumCompressionSize":              "Invalid minimum compression size",
		"/endpointConfiguration/ipAddressType": "ipAddressType must be either ipv4 or dualstack.",
		"/endpointConfiguration/types/EDGE":    "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
		"/binaryMediaTypes":                    "Invalid patch path /binaryMediaTypes",
	} {
		_, err := c.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: made.Id, PatchOperations: replace(path, "wrong")})
		expectError(t, err, "BadRequestException", message)
	}
}

// A map that was given empty is shown empty; one from which all was taken is not shown.
func TestEmptyMapsOfMethodResponses(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	ctx, c := t.Context(), w.client
	resource, get, ok := aws.String(a.resource("/x")), aws.String("GET"), aws.String("200")
	_, err := c.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok, SelectionPattern: aws.String("")})
	must(t, err) // before its method response, too
	reply, err := c.GetIntegrationResponse(ctx, &apigateway.GetIntegrationResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok})
	must(t, err)
	if reply.SelectionPattern == nil {
		t.Error("a selection pattern that was given is not shown")
	}
	_, err = c.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok,
		ResponseModels: map[string]string{}, ResponseParameters: map[string]bool{}})
	must(t, err)
	got, err := c.GetMethodResponse(ctx, &apigateway.GetMethodResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok})
	must(t, err)
	if got.ResponseModels == nil || got.ResponseParameters == nil {
		t.Errorf("%+v", got)
	}
	patch := func(op types.Op) *apigateway.UpdateMethodResponseOutput {
		out, err := c.UpdateMethodResponse(ctx, &apigateway.UpdateMethodResponseInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, StatusCode: ok, PatchOperations: []types.PatchOperation{
			{Op: op, Path: aws.String("/responseModels/application~1json"), Value: aws.String("Empty")},
			{Op: op, Path: aws.String("/responseParameters/method.response.header.X"), Value: aws.String("true")},
		}})
		must(t, err)
		return out
	}
	patch(types.OpAdd)
	if out := patch(types.OpRemove); out.ResponseModels != nil || out.ResponseParameters != nil {
		t.Errorf("%+v", out)
	}
}
