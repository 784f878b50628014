package restapi_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func TestPoliciesAreAskedAboutTags(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	a.open("GET", "/menu")
	deployment := a.deploy("prod")
	arn := "arn:aws:apigateway:" + region + "::/restapis/" + a.id
	for _, c := range []struct {
		name string
		call func() error
		want map[string][]string
	}{
		{"creating", func() error {
			_, err := w.client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("n"), Tags: map[string]string{"Team": "red", "env": "dev"}})
			return err
		}, map[string][]string{"aws:requesttag/team": {"red"}, "aws:requesttag/env": {"dev"}, "aws:tagkeys": {"Team", "env"}}},
		{"tagging what has none", func() error {
			_, err := w.client.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"Team": "red"}})
			return err
		}, map[string][]string{"aws:requesttag/team": {"red"}, "aws:tagkeys": {"Team"}}},
		{"tagging again", func() error {
			_, err := w.client.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"env": "dev", "TEAM": "x"}})
			return err
		}, map[string][]string{"aws:requesttag/env": {"dev"}, "aws:requesttag/team": {"x"}, "aws:tagkeys": {"TEAM", "env"}, "aws:resourcetag/team": {"red"}}},
		{"reading", func() error {
			_, err := w.client.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: &a.id})
			return err
		}, map[string][]string{"aws:resourcetag/team": {"x", "red"}, "aws:resourcetag/env": {"dev"}}},
		{"a stage of its own", func() error {
			_, err := w.client.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("test"), DeploymentId: &deployment, Tags: map[string]string{"env": "test"}})
			return err
		}, map[string][]string{"aws:requesttag/env": {"test"}, "aws:tagkeys": {"env"}}},
		{"the stage", func() error {
			_, err := w.client.GetStage(ctx, &apigateway.GetStageInput{RestApiId: &a.id, StageName: aws.String("test")})
			return err
		}, map[string][]string{"aws:resourcetag/env": {"test"}}},
		{"untagging the stage", func() error {
			_, err := w.client.UntagResource(ctx, &apigateway.UntagResourceInput{ResourceArn: aws.String(arn + "/stages/test"), TagKeys: []string{"env"}})
			return err
		}, map[string][]string{"aws:tagkeys": {"env"}, "aws:resourcetag/env": {"test"}}},
	} {
		if err := c.call(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := w.asked.conditions
		maps.DeleteFunc(got, func(key string, _ []string) bool { return strings.HasPrefix(key, "apigateway:") })
		if !maps.EqualFunc(got, c.want, slices.Equal[[]string]) {
			t.Errorf("%s: asked about %v, want %v", c.name, got, c.want)
		}
	}
	// What is not there says nothing of itself, and is refused by the handler.
	_, err := w.client.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String("nosuchapi1")})
	expectError(t, err, "NotFoundException", "nosuchapi1")
	if len(w.asked.conditions) > 0 {
		t.Errorf("asked about %v", w.asked.conditions)
	}
}

func TestPoliciesAreAskedAboutWhatACallMakesAndChanges(t *testing.T) {
	w := newWorld(t)
	ctx, c := t.Context(), w.client
	a := w.newAPI()
	a.open("GET", "/x")
	deployment := a.deploy("prod")
	_, err := c.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: aws.String("arn:aws:apigateway:" + region + "::/restapis/" + a.id), Tags: map[string]string{"team": "red"}})
	must(t, err)
	token := a.tokenAuthorizer("first", nil)
	resource := aws.String(a.resource("/x"))
	get, put := aws.String("GET"), aws.String("PUT")
	for _, call := range []struct {
		name string
		do   func() error
		want map[string]string
	}{
		{"a private door", func() error {
			_, err := c.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("n"), DisableExecuteApiEndpoint: true, EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypeRegional}}})
			return err
		}, map[string]string{"request/apiname": "n", "request/endpointtype": "REGIONAL", "request/disableexecuteapiendpoint": "true"}},
		{"renaming", func() error {
			_, err := c.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: &a.id, PatchOperations: replace("/name", "m")})
			return err
		}, map[string]string{"request/apiname": "m", "resource/apiname": "pizza", "resource/endpointtype": "EDGE", "resource/disableexecuteapiendpoint": "false", "team": "red"}},
		{"an open method", func() error {
			_, err := c.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: put, AuthorizationType: aws.String("NONE")})
			return err
		}, map[string]string{"request/routeauthorizationtype": "NONE", "request/apikeyrequired": "false", "team": "red"}},
		{"closing it; the last operation counts", func() error {
			_, err := c.UpdateMethod(ctx, &apigateway.UpdateMethodInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: put, PatchOperations: append(replace("/authorizationType", "NONE"), replace("/authorizationType", "AWS_IAM")...)})
			return err
		}, map[string]string{"request/routeauthorizationtype": "AWS_IAM", "resource/routeauthorizationtype": "NONE", "resource/apikeyrequired": "false", "team": "red"}},
		{"deleting it", func() error {
			_, err := c.DeleteMethod(ctx, &apigateway.DeleteMethodInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: put})
			return err
		}, map[string]string{"resource/routeauthorizationtype": "AWS_IAM", "resource/apikeyrequired": "false", "team": "red"}},
		{"a signed method, spelt in another case", func() error {
			_, err := c.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: put, AuthorizationType: aws.String("aws_iam")})
			return err
		}, map[string]string{"request/routeauthorizationtype": "AWS_IAM", "request/apikeyrequired": "false", "team": "red"}},
		{"opening it, spelt in another case", func() error {
			_, err := c.UpdateMethod(ctx, &apigateway.UpdateMethodInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: put, PatchOperations: replace("/authorizationType", "none")})
			return err
		}, map[string]string{"request/routeauthorizationtype": "NONE", "resource/routeauthorizationtype": "AWS_IAM", "resource/apikeyrequired": "false", "team": "red"}},
		{"deleting that", func() error {
			_, err := c.DeleteMethod(ctx, &apigateway.DeleteMethodInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: put})
			return err
		}, map[string]string{"resource/routeauthorizationtype": "NONE", "resource/apikeyrequired": "false", "team": "red"}},
		{"an authorizer", func() error {
			_, err := c.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{RestApiId: &a.id, Name: aws.String("second"), Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(functionURI), IdentitySource: aws.String("method.request.header.A")})
			return err
		}, map[string]string{"request/authorizertype": "TOKEN", "request/authorizeruri": functionURI, "team": "red"}},
		{"another function", func() error {
			_, err := c.UpdateAuthorizer(ctx, &apigateway.UpdateAuthorizerInput{RestApiId: &a.id, AuthorizerId: &token, PatchOperations: replace("/authorizerUri", functionURI)})
			return err
		}, map[string]string{"request/authorizeruri": functionURI, "resource/authorizertype": "TOKEN", "resource/authorizeruri": functionURI, "team": "red"}},
		{"a deployment", func() error {
			_, err := c.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &a.id, StageName: aws.String("test")})
			return err
		}, map[string]string{"request/stagename": "test", "team": "red"}},
		{"a log", func() error {
			_, err := c.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: &a.id, StageName: aws.String("prod"), PatchOperations: append(replace("/accessLogSettings/destinationArn", logGroup), replace("/accessLogSettings/format", "$context.requestId")...)})
			return err
		}, map[string]string{"request/accessloggingdestination": logGroup, "request/accessloggingformat": "$context.requestId"}},
		{"the log again", func() error {
			_, err := c.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: &a.id, StageName: aws.String("prod"), PatchOperations: []types.PatchOperation{{Op: types.OpRemove, Path: aws.String("/accessLogSettings")}}})
			return err
		}, map[string]string{"resource/accessloggingdestination": logGroup, "resource/accessloggingformat": "$context.requestId"}},
		{"what has the API's tags", func() error {
			_, err := c.GetIntegration(ctx, &apigateway.GetIntegrationInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get})
			return err
		}, map[string]string{"team": "red"}},
		{"what has them not", func() error {
			_, err := c.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("own"), DeploymentId: &deployment})
			return err
		}, map[string]string{}},
	} {
		if err := call.do(); err != nil {
			t.Errorf("%s: %v", call.name, err)
			continue
		}
		want := map[string][]string{}
		for key, value := range call.want {
			if key = "apigateway:" + key; strings.HasSuffix(key, ":team") {
				key = "aws:resourcetag/team"
			}
			want[key] = []string{value}
		}
		if got := w.asked.conditions; !maps.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("%s: asked about %v, want %v", call.name, got, want)
		}
	}
	// An API of another region has no tags to tell of.
	elsewhere := apigateway.New(c.Options(), func(o *apigateway.Options) { o.Region = "us-east-1" })
	_, err = elsewhere.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &a.id})
	expectError(t, err, "NotFoundException", "Invalid API identifier")
	if len(w.asked.conditions) > 0 {
		t.Errorf("asked about %v", w.asked.conditions)
	}
}

func TestTheARNOfTagsIsOnePart(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	w.asked.about()
	_, err := w.client.GetTags(t.Context(), &apigateway.GetTagsInput{ResourceArn: aws.String("arn:aws:apigateway:eu-west-1::/restapis/" + a.id)})
	must(t, err)
	if got, want := w.asked.about(), "apigateway:GET arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Frestapis%2F"+a.id; !slices.Equal(got, []string{want}) {
		t.Errorf("asked %q, want %q", got, want)
	}
}
