package template

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

var integrationShape = records(fields{
	"Type":                  oneOf("AWS_PROXY", "HTTP_PROXY", "MOCK").must(),
	"IntegrationHttpMethod": str, "Uri": str, "PassthroughBehavior": str, "ContentHandling": str, "TimeoutInMillis": integer,
	"RequestTemplates": strMap, "RequestParameters": strMap,
	"IntegrationResponses": listing(records(fields{
		"StatusCode": str.must(), "ResponseParameters": strMap, "ResponseTemplates": strMap, "SelectionPattern": str, "ContentHandling": str,
	})),
	"Credentials":        str,
	"CacheKeyParameters": unsupported("answers are not cached"), "CacheNamespace": unsupported("answers are not cached"),
	"ConnectionId": unsupported("there are no networks here"), "ConnectionType": unsupported("there are no networks here"),
})

var methodType = &resourceType{
	name: "AWS::ApiGateway::Method",
	properties: fields{
		"RestApiId": str.must().replaces(), "ResourceId": str.must().replaces(), "HttpMethod": str.must().replaces(),
		"AuthorizationType": oneOf("NONE", "COGNITO_USER_POOLS", "CUSTOM", awsIAM), "AuthorizerId": str, "AuthorizationScopes": strs,
		"OperationName": str, "RequestParameters": shape{kind: tableOf, item: &flag}, "Integration": integrationShape,
		"MethodResponses": listing(records(fields{
			"StatusCode": str.must(), "ResponseParameters": shape{kind: tableOf, item: &flag},
			"ResponseModels": unsupported("models are not supported"),
		})),
		"ApiKeyRequired":     flag.of("false"), // API keys are not supported: true would leave the method open
		"RequestModels":      unsupported("models are not supported"),
		"RequestValidatorId": unsupported("request validators are not supported"),
	},
	identity: []string{"RestApiId", "ResourceId", "HttpMethod"}, unique: true,
	create: putMethod, update: updateMethod, remove: removeMethod,
	find: func(ctx context.Context, w *work) (bool, error) {
		w.methodIs()
		h := w.row.Handles
		_, err := invoke[apigateway.GetMethodOutput](ctx, w.deploy, apiGateway, "GetMethod",
			&apigateway.GetMethodInput{RestApiId: ptr(h["RestApiId"]), ResourceId: ptr(h["ResourceId"]), HttpMethod: ptr(h["HttpMethod"])})
		return err == nil, unlessGone(err)
	},
}

func (w *work) methodIs() {
	api, resource, verb := w.text("RestApiId"), w.text("ResourceId"), strings.ToUpper(w.text("HttpMethod"))
	w.row.PhysicalID = api + "|" + resource + "|" + verb
	w.row.Handles = map[string]string{"RestApiId": api, "ResourceId": resource, "HttpMethod": verb}
	w.row.Attributes = map[string]string{"AuthorizerId": w.text("AuthorizerId"), "AuthorizationType": w.text("AuthorizationType")}
}

func putMethod(ctx context.Context, w *work) error {
	api, resource, verb := w.text("RestApiId"), w.text("ResourceId"), strings.ToUpper(w.text("HttpMethod"))
	w.methodIs()
	// The names of a method's and an integration's members overlap, so each is filled from its own part.
	method := make(map[string]any, len(w.properties))
	for name, v := range w.properties {
		if name != "Integration" && name != "MethodResponses" && name != "ApiKeyRequired" {
			method[name] = v
		}
	}
	var in apigateway.PutMethodInput
	if err := into(method, &in); err != nil {
		return err
	}
	in.HttpMethod = &verb
	if in.AuthorizationType == nil {
		in.AuthorizationType = aws.String("NONE")
	}
	if _, err := invoke[apigateway.PutMethodOutput](ctx, w.deploy, apiGateway, "PutMethod", &in); err != nil {
		return err
	}
	if err := w.putResponses(ctx, api, resource, verb); err != nil {
		return err
	}
	return w.putIntegration(ctx, api, resource, verb)
}

func (w *work) putResponses(ctx context.Context, api, resource, verb string) error {
	responses, _ := w.properties["MethodResponses"].([]any)
	for _, r := range responses {
		in := apigateway.PutMethodResponseInput{}
		if err := into(r.(map[string]any), &in); err != nil {
			return err
		}
		in.RestApiId, in.ResourceId, in.HttpMethod = &api, &resource, &verb
		if _, err := invoke[apigateway.PutMethodResponseOutput](ctx, w.deploy, apiGateway, "PutMethodResponse", &in); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) putIntegration(ctx context.Context, api, resource, verb string) error {
	integration, _ := w.properties["Integration"].(map[string]any)
	if integration == nil {
		return nil
	}
	var in apigateway.PutIntegrationInput
	if err := into(integration, &in); err != nil {
		return err
	}
	in.RestApiId, in.ResourceId, in.HttpMethod = &api, &resource, &verb
	in.Type = gatewaytypes.IntegrationType(integration["Type"].(string))
	if _, err := invoke[apigateway.PutIntegrationOutput](ctx, w.deploy, apiGateway, "PutIntegration", &in); err != nil {
		return err
	}
	responses, _ := integration["IntegrationResponses"].([]any)
	for _, r := range responses {
		in := apigateway.PutIntegrationResponseInput{}
		if err := into(r.(map[string]any), &in); err != nil {
			return err
		}
		in.RestApiId, in.ResourceId, in.HttpMethod = &api, &resource, &verb
		if _, err := invoke[apigateway.PutIntegrationResponseOutput](ctx, w.deploy, apiGateway, "PutIntegrationResponse", &in); err != nil {
			return err
		}
	}
	return nil
}

// updateMethod makes the method again. Nobody sees the moment between: a stage
// serves its deployment, and the next deployment comes after this.
func updateMethod(ctx context.Context, w *work) error {
	if err := removeMethod(ctx, w); err != nil {
		return err
	}
	return putMethod(ctx, w)
}

func removeMethod(ctx context.Context, w *work) error {
	h := w.row.Handles
	_, err := invoke[apigateway.DeleteMethodOutput](ctx, w.deploy, apiGateway, "DeleteMethod",
		&apigateway.DeleteMethodInput{RestApiId: ptr(h["RestApiId"]), ResourceId: ptr(h["ResourceId"]), HttpMethod: ptr(h["HttpMethod"])})
	return unlessGone(err)
}
