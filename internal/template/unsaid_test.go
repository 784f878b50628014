package template

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// call runs an operation as a deploy does.
func call[Out any](t *testing.T, d *Deployer, service, operation string, in any) *Out {
	t.Helper()
	out, err := invoke[Out](context.Background(), &deploy{Deployer: d}, service, operation, in)
	must(t, err)
	return out
}

const saidOfHTTP = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: [apigateway.amazonaws.com, lambda.amazonaws.com]}, Action: sts:AssumeRole}]}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "exports.handler = async () => ({})"}, Handler: index.handler, Runtime: nodejs22.x, Role: !GetAtt Role.Arn}}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: plain
      ProtocolType: HTTP
      Description: about it #
      Version: v1 #
      DisableExecuteApiEndpoint: true #
      CorsConfiguration: {AllowOrigins: ["https://a.example"], AllowMethods: [GET], AllowHeaders: [x], ExposeHeaders: [y], MaxAge: 5, AllowCredentials: true} #
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: own
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"
      AuthorizerPayloadFormatVersion: "2.0"
      IdentitySource: [$request.header.X-Key] #
      AuthorizerCredentialsArn: !GetAtt Role.Arn #
      EnableSimpleResponses: true #
      AuthorizerResultTtlInSeconds: 60 #
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Fn.Arn
      PayloadFormatVersion: "2.0"
      TimeoutInMillis: 5000 #
      CredentialsArn: !GetAtt Role.Arn #
  Upstream:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: http://127.0.0.1:9/
      PayloadFormatVersion: "1.0" #
      RequestParameters: {"append:header.x-from": $context.requestId} #
      ResponseParameters: {"404": {ResponseParameters: [{Destination: overwrite:statuscode, Source: "403"}]}} #
  Get:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /x
      OperationName: get #
      Target: !Sub "integrations/${Integration}"
      AuthorizationType: CUSTOM #
      AuthorizerId: !Ref Authorizer #
  Rest:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $default
      Target: !Sub "integrations/${Upstream}" #
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    DependsOn: [Get, Rest]
    Properties:
      ApiId: !Ref Api
      StageName: prod
      AutoDeploy: true
      Description: the one #
      StageVariables: {colour: blue} #
      DefaultRouteSettings: {ThrottlingRateLimit: 1.5, ThrottlingBurstLimit: 2, DetailedMetricsEnabled: true} #
      AccessLogSettings: {DestinationArn: !Sub "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:l", Format: $context.requestId} #
      RouteSettings:
        GET /x:
          ThrottlingBurstLimit: 4
          ThrottlingRateLimit: 5 #
        $default: {ThrottlingBurstLimit: 7} #
`

// unsaid is source without the lines that end in #.
func unsaid(source string) string {
	var kept []string
	for line := range strings.Lines(source) {
		if !strings.HasSuffix(line, " #\n") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func TestWhatATemplateNoLongerSaysOfAnHTTPAPIIsTakenAway(t *testing.T) {
	d, _ := services(t)
	api := deployed(t, d, saidOfHTTP).APIs[0].ID
	for _, a := range call[apigatewayv2.GetRoutesOutput](t, d, apiGatewayV2, "GetRoutes", &apigatewayv2.GetRoutesInput{ApiId: &api}).Items {
		if *a.RouteKey == "GET /x" && (a.AuthorizerId == nil || a.OperationName == nil) {
			t.Fatalf("at first, the route is %+v", a)
		}
	}
	if o := deployed(t, d, unsaid(saidOfHTTP)); len(o.Left) > 0 {
		t.Errorf("left %v", o.Left)
	}
	if again := deployed(t, d, unsaid(saidOfHTTP)); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	a := call[apigatewayv2.GetApiOutput](t, d, apiGatewayV2, "GetApi", &apigatewayv2.GetApiInput{ApiId: &api})
	if a.Description != nil || a.Version != nil || a.CorsConfiguration != nil || *a.DisableExecuteApiEndpoint {
		t.Errorf("the API is still %+v", a)
	}
	for _, r := range call[apigatewayv2.GetRoutesOutput](t, d, apiGatewayV2, "GetRoutes", &apigatewayv2.GetRoutesInput{ApiId: &api}).Items {
		if r.AuthorizationType != "NONE" || r.AuthorizerId != nil || r.OperationName != nil || (r.Target != nil) != (*r.RouteKey == "GET /x") {
			t.Errorf("route %s is still %+v", *r.RouteKey, r)
		}
	}
	for _, i := range call[apigatewayv2.GetIntegrationsOutput](t, d, apiGatewayV2, "GetIntegrations", &apigatewayv2.GetIntegrationsInput{ApiId: &api}).Items {
		if *i.TimeoutInMillis != 30000 || i.CredentialsArn != nil || len(i.RequestParameters) > 0 || len(i.ResponseParameters) > 0 {
			t.Errorf("integration %s is still %+v", *i.IntegrationUri, i)
		}
	}
	own := call[apigatewayv2.GetAuthorizersOutput](t, d, apiGatewayV2, "GetAuthorizers", &apigatewayv2.GetAuthorizersInput{ApiId: &api}).Items[0]
	if own.AuthorizerCredentialsArn != nil || aws.ToBool(own.EnableSimpleResponses) || aws.ToInt32(own.AuthorizerResultTtlInSeconds) != 0 || len(own.IdentitySource) > 0 {
		t.Errorf("the authorizer is still %+v", own)
	}
	s := call[apigatewayv2.GetStageOutput](t, d, apiGatewayV2, "GetStage", &apigatewayv2.GetStageInput{ApiId: &api, StageName: aws.String("prod")})
	def := s.DefaultRouteSettings
	if s.Description != nil || len(s.StageVariables) > 0 || s.AccessLogSettings != nil || *def.ThrottlingRateLimit < 1000 || *def.ThrottlingBurstLimit < 1000 || *def.DetailedMetricsEnabled {
		t.Errorf("the stage is still %+v, %+v", s, def)
	}
	if x := s.RouteSettings["GET /x"]; len(s.RouteSettings) != 1 || x.ThrottlingRateLimit != nil || *x.ThrottlingBurstLimit != 4 {
		t.Errorf("settings of routes are still %+v", s.RouteSettings)
	}
	deployed(t, d, saidOfHTTP)
	if again := deployed(t, d, saidOfHTTP); len(again.Changes) > 0 {
		t.Errorf("after all is said again, a deploy changes %+v", again.Changes)
	}
}

const saidOfREST = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: [apigateway.amazonaws.com, lambda.amazonaws.com]}, Action: sts:AssumeRole}]}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "exports.handler = async () => ({})"}, Handler: index.handler, Runtime: nodejs22.x, Role: !GetAtt Role.Arn}}
  Account: {Type: AWS::ApiGateway::Account, Properties: {CloudWatchRoleArn: !GetAtt Role.Arn}}
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: plain}}
  Function:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: function
      Type: TOKEN
      IdentitySource: method.request.header.X-Key
      AuthorizerUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"
      AuthorizerCredentials: !GetAtt Role.Arn #
      AuthorizerResultTtlInSeconds: 60 #
      IdentityValidationExpression: "x.*" #
      AuthType: custom #
  Users:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: users
      Type: COGNITO_USER_POOLS
      ProviderARNs: [!GetAtt Pool.Arn]
      IdentitySource: method.request.header.X-Token #
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: ACCESS_DENIED
      StatusCode: "418" #
      ResponseTemplates: {application/json: "{}"} #
      ResponseParameters: {gatewayresponse.header.x: "'y'"} #
  X: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: x}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref X
      HttpMethod: GET
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Function
      Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: [Get, Denied, Users], Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      StageName: v1
      DeploymentId: !Ref Deployment
      Description: the one #
      Variables: {a: b} #
      AccessLogSetting: {DestinationArn: !Sub "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:l", Format: $context.requestId} #
      MethodSettings:
        - ResourcePath: /~1x
          HttpMethod: GET
          ThrottlingBurstLimit: 4
          LoggingLevel: INFO #
          ThrottlingRateLimit: 5 #
        - {ResourcePath: /*, HttpMethod: "*", MetricsEnabled: true} #
`

func TestWhatATemplateNoLongerSaysOfARESTAPIIsTakenAway(t *testing.T) {
	d, _ := services(t)
	api := deployed(t, d, saidOfREST).APIs[0].ID
	first := call[apigateway.GetStageOutput](t, d, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: &api, StageName: aws.String("v1")})
	if x := first.MethodSettings["~1x/GET"]; x.ThrottlingRateLimit != 5 || x.ThrottlingBurstLimit != 4 || !first.MethodSettings["*/*"].MetricsEnabled {
		t.Errorf("at first, the settings of methods are %+v", first.MethodSettings)
	}
	deployed(t, d, unsaid(saidOfREST))
	if again := deployed(t, d, unsaid(saidOfREST)); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	for _, a := range call[apigateway.GetAuthorizersOutput](t, d, apiGateway, "GetAuthorizers", &apigateway.GetAuthorizersInput{RestApiId: &api}).Items {
		if *a.Name == "users" && *a.IdentitySource != "method.request.header.Authorization" ||
			a.AuthorizerCredentials != nil || a.IdentityValidationExpression != nil || a.AuthType != nil || aws.ToInt32(a.AuthorizerResultTtlInSeconds) == 60 {
			t.Errorf("authorizer %s is still %+v", *a.Name, a)
		}
	}
	r := call[apigateway.GetGatewayResponseOutput](t, d, apiGateway, "GetGatewayResponse", &apigateway.GetGatewayResponseInput{RestApiId: &api, ResponseType: "ACCESS_DENIED"})
	if aws.ToString(r.StatusCode) == "418" || len(r.ResponseParameters) > 0 {
		t.Errorf("the gateway response is still %+v", r)
	}
	s := call[apigateway.GetStageOutput](t, d, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: &api, StageName: aws.String("v1")})
	x := s.MethodSettings["~1x/GET"]
	if s.Description != nil || len(s.Variables) > 0 || s.AccessLogSettings != nil || len(s.MethodSettings) != 1 || x.ThrottlingBurstLimit != 4 || x.ThrottlingRateLimit == 5 || x.LoggingLevel != nil {
		t.Errorf("the stage is still %+v", s)
	}
}

// The account's role goes with the template, but not one that somebody has set since.
func TestTheAccountsRoleOfAnotherStays(t *testing.T) {
	d, _ := services(t)
	deployed(t, d, saidOfREST)
	role := func() *string {
		return call[apigateway.GetAccountOutput](t, d, apiGateway, "GetAccount", &apigateway.GetAccountInput{}).CloudwatchRoleArn
	}
	if role() == nil {
		t.Fatal("the template's role is not set")
	}
	without := strings.Replace(saidOfREST, "  Account:", "  Other: {Type: AWS::IAM::Role, Properties: {RoleName: other, AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: apigateway.amazonaws.com}, Action: sts:AssumeRole}]}}}\n  Account:", 1)
	deployed(t, d, without)
	var p patch
	p.replace("/cloudwatchRoleArn", "arn:aws:iam::000000000000:role/other")
	call[apigateway.UpdateAccountOutput](t, d, apiGateway, "UpdateAccount", &apigateway.UpdateAccountInput{PatchOperations: p})
	if deployed(t, d, strings.Replace(without, "  Account: {Type: AWS::ApiGateway::Account, Properties: {CloudWatchRoleArn: !GetAtt Role.Arn}}\n", "", 1)); role() == nil {
		t.Error("a role that somebody else has set is gone")
	}
	p = nil
	p.replace("/cloudwatchRoleArn", "")
	call[apigateway.UpdateAccountOutput](t, d, apiGateway, "UpdateAccount", &apigateway.UpdateAccountInput{PatchOperations: p})
	deployed(t, d, saidOfREST)
	if deployed(t, d, strings.Replace(saidOfREST, "  Account: {Type: AWS::ApiGateway::Account, Properties: {CloudWatchRoleArn: !GetAtt Role.Arn}}\n", "", 1)); role() != nil {
		t.Error("the template's own role stays")
	}
}
