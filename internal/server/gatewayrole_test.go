package server_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/config"
)

const trustGateway = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"CONDITION}}`

// calledAs is an HTTP API that calls a function as a role: the function has no
// policy that would let API Gateway itself call it.
type calledAs struct {
	*world
	roles    *iam.Client
	api      *apigatewayv2.Client
	id       string
	function string
	role     string
}

func callingAs(t *testing.T) *calledAs {
	t.Helper()
	w := start(t, config.Config{}, nil)
	c := &calledAs{world: w, roles: iam.NewFromConfig(w.aws), api: apigatewayv2.NewFromConfig(w.aws), function: w.function(t, "pizza", counting)}
	must(w.lambda.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: &c.function, StatementId: aws.String("api")}))(t)
	c.id = *must(c.api.CreateApi(t.Context(), &apigatewayv2.CreateApiInput{Name: aws.String("roles"), ProtocolType: v2types.ProtocolTypeHttp}))(t).ApiId
	must(c.api.CreateStage(t.Context(), &apigatewayv2.CreateStageInput{ApiId: &c.id, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true)}))(t)
	c.role = *must(c.roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("caller"), AssumeRolePolicyDocument: aws.String(strings.ReplaceAll(trustGateway, "CONDITION", ""))}))(t).Role.Arn
	return c
}

// route makes a route whose integration has credentials.
func (c *calledAs) route(t *testing.T, path, role string, change ...func(*apigatewayv2.CreateRouteInput)) {
	t.Helper()
	in := &apigatewayv2.CreateIntegrationInput{ApiId: &c.id, IntegrationType: v2types.IntegrationTypeAwsProxy, IntegrationUri: &c.function, PayloadFormatVersion: aws.String("2.0")}
	if role != "" {
		in.CredentialsArn = &role
	}
	i := must(c.api.CreateIntegration(t.Context(), in))(t)
	r := &apigatewayv2.CreateRouteInput{ApiId: &c.id, RouteKey: aws.String("GET " + path), Target: aws.String("integrations/" + *i.IntegrationId)}
	for _, c := range change {
		c(r)
	}
	must(c.api.CreateRoute(t.Context(), r))(t)
}

func (c *calledAs) may(t *testing.T, effect, resource string) {
	t.Helper()
	must(c.roles.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("caller"), PolicyName: aws.String("invoke"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"lambda:InvokeFunction","Resource":"` + resource + `"}}`)}))(t)
}

func (c *calledAs) get(t *testing.T, path string) int {
	t.Helper()
	return c.send(t, "GET", "/_aws/execute-api/"+c.id+"/$default"+path, "").status
}

func TestARoleCallsTheFunctionIfItsPoliciesLetIt(t *testing.T) {
	c := callingAs(t)
	c.route(t, "/plain", "")
	c.route(t, "/role", c.role)
	if got := c.get(t, "/plain"); got != 500 {
		t.Errorf("API Gateway itself, without the function's permission: %d", got)
	}
	for _, step := range []struct {
		name   string
		change func()
		want   int
	}{
		{"a role without policies", func() {}, 500},
		{"that may call another function", func() { c.may(t, "Allow", c.function+"2") }, 500},
		{"that may call this one", func() { c.may(t, "Allow", c.function) }, 200},
		{"that is denied it", func() { c.may(t, "Deny", "*") }, 500},
		{"that may again", func() { c.may(t, "Allow", "*") }, 200},
		{"that is gone", func() {
			must(c.roles.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String("caller"), PolicyName: aws.String("invoke")}))(t)
			must(c.roles.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("caller")}))(t)
		}, 500},
		{"another one of its name, that does not trust API Gateway", func() {
			must(c.roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("caller"), AssumeRolePolicyDocument: aws.String(trustLambda)}))(t)
			c.may(t, "Allow", "*")
		}, 500},
		{"that trusts it for another API", func() {
			must(c.roles.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("caller"), PolicyDocument: aws.String(strings.ReplaceAll(trustGateway, "CONDITION",
				`,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:execute-api:*:*:zzzzzzzzzz"}}`))}))(t)
		}, 500},
		{"that trusts it for this one", func() {
			must(c.roles.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("caller"), PolicyDocument: aws.String(strings.ReplaceAll(trustGateway, "CONDITION",
				`,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:execute-api:*:*:`+c.id+`"}}`))}))(t)
		}, 200},
	} {
		step.change()
		if got := c.get(t, "/role"); got != step.want {
			t.Errorf("%s: %d, want %d", step.name, got, step.want)
		}
	}
}

func TestNobodyHandsOutARoleThatTheyMayNotPass(t *testing.T) {
	c := callingAs(t)
	name := aws.String("builder")
	must(c.roles.CreateUser(t.Context(), &iam.CreateUserInput{UserName: name}))(t)
	must(c.roles.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: name, PolicyName: name,
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"apigateway:*","Resource":"*"}}`)}))(t)
	key := must(c.roles.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: name}))(t).AccessKey
	as := apigatewayv2.NewFromConfig(c.aws, func(o *apigatewayv2.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider(*key.AccessKeyId, *key.SecretAccessKey, "")
	})
	_, err := as.CreateIntegration(t.Context(), &apigatewayv2.CreateIntegrationInput{ApiId: &c.id, IntegrationType: v2types.IntegrationTypeAwsProxy,
		IntegrationUri: &c.function, PayloadFormatVersion: aws.String("2.0"), CredentialsArn: &c.role})
	if code(err) != "AccessDeniedException" {
		t.Errorf("an integration: %v", err)
	}
	_, err = as.CreateAuthorizer(t.Context(), &apigatewayv2.CreateAuthorizerInput{ApiId: &c.id, Name: aws.String("a"), AuthorizerType: v2types.AuthorizerTypeRequest,
		AuthorizerPayloadFormatVersion: aws.String("2.0"), AuthorizerCredentialsArn: &c.role, IdentitySource: []string{"$request.header.X"},
		AuthorizerUri: aws.String("arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + c.function + "/invocations")})
	if code(err) != "AccessDeniedException" {
		t.Errorf("an authorizer: %v", err)
	}
}

// With the caller's credentials, being allowed to call the route is not enough:
// the function must be theirs to invoke, too.
func TestTheCallersOwnPoliciesInvokeTheFunction(t *testing.T) {
	c := callingAs(t)
	ctx := t.Context()
	id := *must(c.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("own")}))(t).Id
	root := must(c.apis.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &id}))(t).Items[0].Id
	for verb, authorization := range map[string]string{"GET": "AWS_IAM", "POST": "NONE"} {
		must(c.apis.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &id, ResourceId: root, HttpMethod: &verb, AuthorizationType: &authorization}))(t)
		_, err := c.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: &id, ResourceId: root, HttpMethod: &verb, Credentials: aws.String("arn:aws:iam::*:user/*"),
			Type: apitypes.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"),
			Uri: aws.String("arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + c.function + "/invocations")})
		if refused := code(err) == "BadRequestException"; refused != (authorization == "NONE") {
			t.Fatalf("%s: %v", authorization, err)
		}
	}
	must(c.apis.DeleteMethod(ctx, &apigateway.DeleteMethodInput{RestApiId: &id, ResourceId: root, HttpMethod: aws.String("POST")}))(t)
	must(c.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}))(t)
	c.callersInvoke(t, "/_aws/execute-api/"+id+"/prod")
}

// So it is at HTTP APIs. Who has not signed has no credentials that could be used.
func TestTheCallersOwnPoliciesInvokeTheFunctionOfAnHTTPAPI(t *testing.T) {
	c := callingAs(t)
	signed := func(in *apigatewayv2.CreateRouteInput) { in.AuthorizationType = v2types.AuthorizationTypeAwsIam }
	c.route(t, "/own", "arn:aws:iam::*:user/*", signed)
	c.route(t, "/open", "arn:aws:iam::*:user/*")
	c.callersInvoke(t, "/_aws/execute-api/"+c.id+"/$default/own")
	if got := c.get(t, "/open"); got != 500 {
		t.Errorf("a route for everybody: %d", got)
	}
	// The function's permission for API Gateway is not the caller's.
	must(c.lambda.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: &c.function, StatementId: aws.String("gateway"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("apigateway.amazonaws.com")}))(t)
	if got := c.get(t, "/open"); got != 500 {
		t.Errorf("a route for everybody, whose function API Gateway may call: %d", got)
	}
}

// callersInvoke calls a URL as somebody who gets one policy after the other.
func (c *calledAs) callersInvoke(t *testing.T, path string) {
	t.Helper()
	ctx := t.Context()
	name := aws.String("ann")
	must(c.roles.CreateUser(ctx, &iam.CreateUserInput{UserName: name}))(t)
	key := must(c.roles.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))(t).AccessKey
	ann := aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
	invoke, call := `{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"`+c.function+`"}`, `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}`
	for _, step := range []struct {
		name, statements string
		want             int
	}{
		{"the function alone", invoke, 403},
		{"the route alone", call, 500},
		{"both", call + "," + invoke, 200},
		{"both, and a deny of the function", call + "," + invoke + `,{"Effect":"Deny","Action":"lambda:*","Resource":"*"}`, 500},
	} {
		must(c.roles.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: name, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + step.statements + `]}`)}))(t)
		if got := c.sendSigned(t, ann, "GET", path, ""); got.status != step.want {
			t.Errorf("%s: %d %s, want %d", step.name, got.status, got.body, step.want)
		}
	}
}
