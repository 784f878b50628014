package template

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// guardedHTTP has every type of resource of HTTP APIs.
var guardedHTTP = saidOfHTTP + `
  Frozen: {Type: AWS::ApiGatewayV2::Deployment, DependsOn: [Get, Rest], Properties: {ApiId: !Ref Api, Description: once}}
  Fixed: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: fixed, DeploymentId: !Ref Frozen}}
`

// Killed after each of its calls, a deploy finds what it has made, and makes it once.
func TestHTTPAPIsAreThereOnceAfterAKill(t *testing.T) {
	count := func(d *Deployer) (n [6]int) {
		apis := call[apigatewayv2.GetApisOutput](t, d, apiGatewayV2, "GetApis", &apigatewayv2.GetApisInput{}).Items
		n[0] = len(apis)
		if n[0] == 0 {
			return n
		}
		id := apis[0].ApiId
		n[1] = len(call[apigatewayv2.GetRoutesOutput](t, d, apiGatewayV2, "GetRoutes", &apigatewayv2.GetRoutesInput{ApiId: id}).Items)
		n[2] = len(call[apigatewayv2.GetIntegrationsOutput](t, d, apiGatewayV2, "GetIntegrations", &apigatewayv2.GetIntegrationsInput{ApiId: id}).Items)
		n[3] = len(call[apigatewayv2.GetAuthorizersOutput](t, d, apiGatewayV2, "GetAuthorizers", &apigatewayv2.GetAuthorizersInput{ApiId: id}).Items)
		n[4] = len(call[apigatewayv2.GetStagesOutput](t, d, apiGatewayV2, "GetStages", &apigatewayv2.GetStagesInput{ApiId: id}).Items)
		for _, made := range call[apigatewayv2.GetDeploymentsOutput](t, d, apiGatewayV2, "GetDeployments", &apigatewayv2.GetDeploymentsInput{ApiId: id}).Items {
			if strings.HasPrefix(aws.ToString(made.Description), "once") {
				n[5]++
			}
		}
		return n
	}
	for k := 1; ; k += 3 {
		d, _ := services(t)
		done := deployedOrKilled(t, d, guardedHTTP, k)
		deployed(t, d, guardedHTTP)
		if got, want := count(d), [6]int{1, 2, 2, 1, 2, 1}; got != want {
			t.Errorf("killed after call %d: %v APIs, routes, integrations, authorizers, stages, deployments; want %v", k, got, want)
		}
		if again := deployed(t, d, guardedHTTP); len(again.Changes) > 0 {
			t.Errorf("killed after call %d: a second deploy changes %+v", k, again.Changes)
		}
		if done {
			return
		}
	}
}

// The same for an update, and for what leaves the template.
func TestAnUpdateOfAnHTTPAPIIsCompletedAfterAKill(t *testing.T) {
	for _, next := range []string{unsaid(guardedHTTP), "Resources: {Other: {Type: AWS::Cognito::UserPool}}"} {
		for k := 1; ; k += 8 {
			d, _ := services(t)
			deployed(t, d, guardedHTTP)
			done := deployedOrKilled(t, d, next, k)
			if o := deployed(t, d, next); len(o.Left) > 0 {
				t.Errorf("killed after call %d: left %v", k, o.Left)
			}
			for _, api := range call[apigatewayv2.GetApisOutput](t, d, apiGatewayV2, "GetApis", &apigatewayv2.GetApisInput{}).Items {
				for _, i := range call[apigatewayv2.GetIntegrationsOutput](t, d, apiGatewayV2, "GetIntegrations", &apigatewayv2.GetIntegrationsInput{ApiId: api.ApiId}).Items {
					if i.CredentialsArn != nil || len(i.RequestParameters) > 0 {
						t.Errorf("killed after call %d: integration %+v", k, i)
					}
				}
			}
			if again := deployed(t, d, next); len(again.Changes) > 0 {
				t.Errorf("killed after call %d: a second deploy changes %+v", k, again.Changes)
			}
			if done {
				break
			}
		}
	}
}

func TestRESTAPIsOfPlainResourcesAreThereOnceAfterAKill(t *testing.T) {
	for k := 1; ; k += 3 {
		d, _ := services(t)
		done := deployedOrKilled(t, d, saidOfREST, k)
		o := deployed(t, d, saidOfREST)
		id := &o.APIs[0].ID
		apis := call[apigateway.GetRestApisOutput](t, d, apiGateway, "GetRestApis", &apigateway.GetRestApisInput{}).Items
		authorizers := call[apigateway.GetAuthorizersOutput](t, d, apiGateway, "GetAuthorizers", &apigateway.GetAuthorizersInput{RestApiId: id}).Items
		deployments := call[apigateway.GetDeploymentsOutput](t, d, apiGateway, "GetDeployments", &apigateway.GetDeploymentsInput{RestApiId: id}).Items
		stage := call[apigateway.GetStageOutput](t, d, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: id, StageName: aws.String("v1")})
		if len(apis) != 1 || len(authorizers) != 2 || len(deployments) != 1 || len(stage.MethodSettings) != 2 || stage.AccessLogSettings == nil {
			t.Errorf("killed after call %d: %d APIs, %d authorizers, %d deployments, stage %+v", k, len(apis), len(authorizers), len(deployments), stage)
		}
		if again := deployed(t, d, saidOfREST); len(again.Changes) > 0 {
			t.Errorf("killed after call %d: a second deploy changes %+v", k, again.Changes)
		}
		if done {
			return
		}
	}
}
