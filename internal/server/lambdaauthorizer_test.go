package server_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/config"
)

// guarding is a function that guards: what the token is, it does.
const guarding = `exports.handler = async (event) => {
  const token = event.authorizationToken ?? event.headers?.authorization ?? event.identitySource?.[0]
  const policy = (effect) => ({ principalId: "ann", context: { tier: 1 },
    policyDocument: { Version: "2012-10-17", Statement: [{ Effect: effect, Action: "execute-api:Invoke", Resource: event.methodArn ?? event.routeArn }] } })
  switch (token) {
    case "allow": return policy("Allow")
    case "deny": return policy("Deny")
    case "refuse": throw new Error("Unauthorized")
    case "throw": throw new Error("boom")
    case "crash": process.exit(3)
    case "simple": return { isAuthorized: true, context: { tier: 1 } }
    case "simply not": return { isAuthorized: false }
  }
  return {}
}`

// telling is a function that tells what its event says of the caller.
const telling = `exports.handler = async (event) => {
  const authorizer = event.requestContext.authorizer ?? {}
  delete authorizer.integrationLatency
  return { statusCode: 200, body: JSON.stringify(authorizer) }
}`

func invocationOf(function string) *string {
	return aws.String("arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + function + "/invocations")
}

// guardedByFunction is a REST API whose GET / and GET /other are behind a TOKEN
// authorizer. Nobody may call the authorizer's function yet.
type guardedByFunction struct {
	*world
	api, authorizer, guard string
}

func guardByFunction(t *testing.T, role string) *guardedByFunction {
	t.Helper()
	return guardByFunctionOn(t, start(t, config.Config{}, nil), role)
}

func guardByFunctionOn(t *testing.T, w *world, role string) *guardedByFunction {
	t.Helper()
	ctx := t.Context()
	g := &guardedByFunction{world: w, guard: w.function(t, "guarding", guarding)}
	must(w.lambda.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: &g.guard, StatementId: aws.String("api")}))(t)
	behind := w.function(t, "telling", telling)
	g.api = *must(w.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("guarded")}))(t).Id
	root := must(w.apis.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &g.api}))(t).Items[0].Id
	other := must(w.apis.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: &g.api, ParentId: root, PathPart: aws.String("other")}))(t).Id
	in := &apigateway.CreateAuthorizerInput{RestApiId: &g.api, Name: aws.String("guard"), Type: apitypes.AuthorizerTypeToken,
		AuthorizerUri: invocationOf(g.guard), IdentitySource: aws.String("method.request.header.Authorization")}
	if role != "" {
		must(iam.NewFromConfig(w.aws).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("caller"), AssumeRolePolicyDocument: aws.String(strings.ReplaceAll(trustGateway, "CONDITION", ""))}))(t)
		in.AuthorizerCredentials = &role
	}
	g.authorizer = *must(w.apis.CreateAuthorizer(ctx, in))(t).Id
	for _, resource := range []*string{root, other} {
		must(w.apis.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &g.api, ResourceId: resource, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &g.authorizer}))(t)
		must(w.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: &g.api, ResourceId: resource, HttpMethod: aws.String("GET"),
			Type: apitypes.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: invocationOf(behind)}))(t)
	}
	must(w.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &g.api, StageName: aws.String("prod")}))(t)
	return g
}

func (g *guardedByFunction) get(t *testing.T, path, token string) reply {
	t.Helper()
	return g.send(t, "GET", "/_aws/execute-api/"+g.api+"/prod"+path, "", "Authorization", token)
}

func (g *guardedByFunction) permit(t *testing.T, source string) {
	t.Helper()
	must(g.lambda.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: &g.guard, StatementId: aws.String("guard"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("apigateway.amazonaws.com"), SourceArn: aws.String("arn:aws:execute-api:" + region + ":" + account + ":" + g.api + source)}))(t)
}

func (g *guardedByFunction) forbid(t *testing.T) {
	t.Helper()
	must(g.lambda.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: &g.guard, StatementId: aws.String("guard")}))(t)
}

func TestAnAuthorizersFunctionLetsTheAuthorizerCallIt(t *testing.T) {
	g := guardByFunction(t, "")
	expect := func(name string, got reply, status int, body string) {
		t.Helper()
		if got.status != status || got.body != body {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, status, body)
		}
	}
	const failed, told = `{"message":null}`, `{"principalId":"ann","tier":"1"}`
	expect("no permission", g.get(t, "/", "allow"), 500, failed)
	g.permit(t, "/*/GET/")
	expect("permission for the method", g.get(t, "/", "allow"), 500, failed)
	g.forbid(t)
	g.permit(t, "/authorizers/zzzzzz")
	expect("permission for another authorizer", g.get(t, "/", "allow"), 500, failed)
	g.forbid(t)
	g.permit(t, "/authorizers/"+g.authorizer)
	expect("deny", g.get(t, "/", "deny"), 403, `{"Message":"User is not authorized to access this resource with an explicit deny"}`)
	expect("Unauthorized", g.get(t, "/", "refuse"), 401, `{"message":"Unauthorized"}`)
	expect("an error", g.get(t, "/", "throw"), 500, failed)
	expect("a crash", g.get(t, "/", "crash"), 500, failed)
	expect("no answer", g.get(t, "/", "nothing"), 500, failed)
	expect("allow", g.get(t, "/", "allow"), 200, told)
	expect("another method", g.get(t, "/other", "allow"), 403, `{"Message":"User is not authorized to access this resource"}`)

	// A permission that is gone is missed when the function is asked again.
	g.forbid(t)
	expect("remembered", g.get(t, "/", "allow"), 200, told)
	must(g.apis.FlushStageAuthorizersCache(t.Context(), &apigateway.FlushStageAuthorizersCacheInput{RestApiId: &g.api, StageName: aws.String("prod")}))(t)
	expect("flushed", g.get(t, "/", "allow"), 500, failed)
}

func TestAnAuthorizersRoleCallsItsFunction(t *testing.T) {
	g := guardByFunction(t, "arn:aws:iam::"+account+":role/caller")
	if got := g.get(t, "/", "allow"); got.status != 500 {
		t.Errorf("a role without policies: %d", got.status)
	}
	must(iam.NewFromConfig(g.aws).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("caller"), PolicyName: aws.String("invoke"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"` + g.guard + `"}}`)}))(t)
	if got := g.get(t, "/", "allow"); got.status != 200 {
		t.Errorf("a role that may: %d %s", got.status, got.body)
	}
}

func TestAnHTTPAPIsAuthorizersFunction(t *testing.T) {
	ctx := t.Context()
	w := start(t, config.Config{}, nil)
	guard, behind := w.function(t, "guarding", guarding), w.function(t, "telling", telling)
	c := apigatewayv2.NewFromConfig(w.aws)
	for name, simple := range map[string]bool{"policy": false, "simple": true} {
		id := must(c.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: &name, ProtocolType: v2types.ProtocolTypeHttp}))(t).ApiId
		must(c.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: id, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true)}))(t)
		authorizer := must(c.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{ApiId: id, Name: aws.String("guard"), AuthorizerType: v2types.AuthorizerTypeRequest,
			AuthorizerUri: invocationOf(guard), AuthorizerPayloadFormatVersion: aws.String("2.0"), EnableSimpleResponses: &simple,
			AuthorizerResultTtlInSeconds: aws.Int32(300), IdentitySource: []string{"$request.header.Authorization"}}))(t).AuthorizerId
		i := must(c.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{ApiId: id, IntegrationType: v2types.IntegrationTypeAwsProxy, IntegrationUri: &behind, PayloadFormatVersion: aws.String("2.0")}))(t)
		must(c.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{ApiId: id, RouteKey: aws.String("GET /a"), Target: aws.String("integrations/" + *i.IntegrationId),
			AuthorizationType: v2types.AuthorizationTypeCustom, AuthorizerId: authorizer}))(t)
		for _, c := range []struct {
			token          string
			policy, simple int
		}{{"allow", 200, 500}, {"deny", 403, 500}, {"simple", 500, 200}, {"simply not", 500, 403}, {"throw", 500, 500}, {"", 401, 401}} {
			want := c.policy
			if simple {
				want = c.simple
			}
			for range 2 { // asked, and remembered if it was an answer
				got := w.send(t, "GET", "/_aws/execute-api/"+*id+"/$default/a", "", "Authorization", c.token)
				if got.status != want || want == 200 && got.body != `{"lambda":{"tier":1}}` {
					t.Errorf("%s, %q: %d %s, want %d", name, c.token, got.status, got.body, want)
				}
			}
		}
		must(c.ResetAuthorizersCache(ctx, &apigatewayv2.ResetAuthorizersCacheInput{ApiId: id, StageName: aws.String("$default")}))(t)
	}
}
