package template

import (
	"slices"
	"strings"
	"testing"
)

const httpAPITemplate = `
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: nodejs22.x, Handler: index.handler, InlineCode: "exports.handler = async () => ({})"}
  HttpApi:
    CorsConfiguration: {AllowOrigins: ["https://example.com"], AllowMethods: [GET, POST], AllowHeaders: [authorization]}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  App: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefaultRouteSettings: {ThrottlingBurstLimit: 50, ThrottlingRateLimit: 100}
      StageVariables: {colour: blue}
      Auth:
        DefaultAuthorizer: OAuth2
        EnableIamAuthorizer: true
        Authorizers:
          OAuth2:
            AuthorizationScopes: [pizza/read]
            JwtConfiguration: {issuer: !Sub "https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}", audience: [!Ref App]}
            IdentitySource: $request.header.Authorization
          Own:
            FunctionArn: !GetAtt Authorizer.Arn
            AuthorizerPayloadFormatVersion: 2.0
            EnableSimpleResponses: true
            EnableFunctionDefaultPermissions: true
            Identity: {Headers: [X-Key], ReauthorizeEvery: 60}
  Authorizer: {Type: AWS::Serverless::Function}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Menu: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /menu, Method: GET}}
        Write: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /menu, Method: POST, Auth: {AuthorizationScopes: [pizza/write]}}}
        Key: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: "/key/{id}", Method: ANY, PayloadFormatVersion: "1.0", TimeoutInMillis: 5000, Auth: {Authorizer: Own}}}
        Signed: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /signed, Method: get, Auth: {Authorizer: AWS_IAM}}}
        Rest: {Type: HttpApi, Properties: {ApiId: !Ref Api, Auth: {Authorizer: NONE}, RouteSettings: {ThrottlingBurstLimit: 5}}}
        Implicit: {Type: HttpApi, Properties: {Path: /hello, Method: get}}
Outputs:
  Url: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/menu"}
  Other: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/hello"}
`

func routesOf(a API) (all []string) {
	for _, r := range a.Routes {
		all = append(all, strings.TrimSpace(strings.Join(append([]string{r.Method, r.Path, r.Authorizer}, r.Scopes...), " "))+" -> "+r.Function)
	}
	return all
}

func TestAnHTTPAPIComesAsTheTemplateSaysChangesAndGoes(t *testing.T) {
	d, _ := services(t)
	o := deployed(t, d, httpAPITemplate)
	var guarded, implicit API
	for _, a := range o.APIs {
		if a.LogicalID == "Api" {
			guarded = a
		} else {
			implicit = a
		}
	}
	want := []string{"ANY $default -> Fn", "ANY /key/{id} Own -> Fn", "GET /menu OAuth2 pizza/read -> Fn", "POST /menu OAuth2 pizza/write -> Fn", "GET /signed AWS_IAM -> Fn"}
	if got := routesOf(guarded); !slices.Equal(got, want) {
		t.Errorf("routes %q, want %q", got, want)
	}
	if got := routesOf(implicit); implicit.LogicalID != "ServerlessHttpApi" || !slices.Equal(got, []string{"GET /hello -> Fn"}) {
		t.Errorf("the implicit API is %+v", implicit)
	}
	if len(guarded.Stages) != 1 || guarded.Stages[0].Name != "$default" || !strings.HasSuffix(guarded.Stages[0].URL, "/_aws/execute-api/"+guarded.ID+"/$default") {
		t.Errorf("stages %+v", guarded.Stages)
	}
	if guarded.Kind != "HTTP" {
		t.Errorf("it is told as a %s API", guarded.Kind)
	}
	for _, r := range guarded.Routes {
		if r.ByFunction != (r.Authorizer == "Own") {
			t.Errorf("%s %s, guarded by %s: a function decides: %v", r.Method, r.Path, r.Authorizer, r.ByFunction)
		}
		if r.Authorizer == "OAuth2" && (len(r.Pools) != 1 || r.Header != "Authorization") {
			t.Errorf("%s %s does not say whose tokens it takes: %+v", r.Method, r.Path, r)
		}
	}
	for _, out := range o.Outputs {
		if out.Name == "Url" && !strings.HasSuffix(out.Local, "/_aws/execute-api/"+guarded.ID+"/$default/menu") {
			t.Errorf("output %+v", out)
		}
	}
	if again := deployed(t, d, httpAPITemplate); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	changes := changed(t, httpAPITemplate,
		"[pizza/write]", "[pizza/all]",
		"{Authorizer: NONE}, RouteSettings: {ThrottlingBurstLimit: 5}", "{Authorizer: OAuth2}",
		`AllowMethods: [GET, POST], `, "",
		"StageVariables: {colour: blue}", "StageVariables: {shape: round}",
		"ReauthorizeEvery: 60", "ReauthorizeEvery: 0",
		"TimeoutInMillis: 5000", "TimeoutInMillis: 6000")
	o = deployed(t, d, changes)
	for _, a := range o.APIs {
		if a.LogicalID == "Api" && (a.ID != guarded.ID || !slices.Contains(routesOf(a), "POST /menu OAuth2 pizza/all -> Fn") || !slices.Contains(routesOf(a), "ANY $default OAuth2 pizza/read -> Fn")) {
			t.Errorf("after the change: %q", routesOf(a))
		}
	}
	if again := deployed(t, d, changes); len(again.Changes) > 0 {
		t.Errorf("a deploy after the change changes %+v", again.Changes)
	}
	gone := deployed(t, d, "Resources:\n  Pool: {Type: AWS::Cognito::UserPool}\n")
	if len(gone.APIs) != 0 {
		t.Errorf("left: %+v", gone.APIs)
	}
}

func TestHTTPAPIsOfPlainResources(t *testing.T) {
	const source = `
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: [apigateway.amazonaws.com, lambda.amazonaws.com]}, Action: sts:AssumeRole}]}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "exports.handler = async () => ({})"}, Handler: index.handler, Runtime: nodejs22.x, Role: !GetAtt Role.Arn}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: plain, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['*']}}}
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties: {ApiId: !Ref Api, Name: jwt, AuthorizerType: JWT, IdentitySource: [$request.header.Authorization], JwtConfiguration: {Issuer: "https://example.auth0.com/", Audience: [me]}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations", PayloadFormatVersion: "2.0", CredentialsArn: !GetAtt Role.Arn}
  Upstream:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: http://127.0.0.1:9/
      PayloadFormatVersion: "1.0"
      RequestParameters: {"append:header.x-from": $context.requestId}
      ResponseParameters: {"404": {ResponseParameters: [{Destination: overwrite:statuscode, Source: "403"}]}}
  Get: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /x, AuthorizationType: JWT, AuthorizerId: !Ref Authorizer, AuthorizationScopes: [a], Target: !Join [/, [integrations, !Ref Integration]]}}
  Rest: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: "$default", Target: !Sub "integrations/${Upstream}"}}
  Deployment: {Type: AWS::ApiGatewayV2::Deployment, DependsOn: [Get, Rest], Properties: {ApiId: !Ref Api}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: prod, DeploymentId: !Ref Deployment, DefaultRouteSettings: {ThrottlingRateLimit: 1.5, ThrottlingBurstLimit: 2}}}
`
	d, _ := services(t)
	o := deployed(t, d, source)
	if got := routesOf(o.APIs[0]); !slices.Equal(got, []string{"ANY $default ->", "GET /x jwt a -> Fn"}) && !slices.Equal(got, []string{"ANY $default -> ", "GET /x jwt a -> Fn"}) {
		t.Errorf("routes %q", got)
	}
	if again := deployed(t, d, source); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
}

func TestHTTPAPIsThatAreRefused(t *testing.T) {
	for _, test := range []struct{ name, from, to, want string }{
		{"an authorizer that is not there", "{Authorizer: Own}", "{Authorizer: Onw}", `HTTP API Api has no authorizer "Onw"`},
		{"a default that is not there", "DefaultAuthorizer: OAuth2", "DefaultAuthorizer: OAuth3", `HTTP API Api has no authorizer "OAuth3"`},
		{"signatures that are not switched on", "EnableIamAuthorizer: true", "EnableIamAuthorizer: false", "AWS_IAM needs EnableIamAuthorizer: true"},
		{"scopes that nobody checks", "Auth: {Authorizer: Own}", "Auth: {Authorizer: Own, AuthorizationScopes: [a]}", "AuthorizationScopes need an authorizer for tokens"},
		{"no payload format", "            AuthorizerPayloadFormatVersion: 2.0\n", "", "needs AuthorizerPayloadFormatVersion"},
		{"no audience", ", audience: [!Ref App]", "", "needs issuer and audience"},
		{"a path without a method", "Path: /menu, Method: GET}", "Path: /menu}", "needs both Path and Method"},
		{"two events for one route", "Path: /signed, Method: get", "Path: /menu, Method: get", "GET /menu is already on line"},
		{"another kind of API", "Menu: {Type: HttpApi, Properties: {ApiId: !Ref Api", "Menu: {Type: HttpApi, Properties: {ApiId: !Ref Pool", `ApiId of event "Menu" must be a Ref to a resource of type AWS::Serverless::HttpApi`},
	} {
		t.Run(test.name, func(t *testing.T) {
			problems := refusals(t, changed(t, httpAPITemplate, test.from, test.to), nil)
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, test.want) }) {
				t.Errorf("got %q, want %s", problems, test.want)
			}
		})
	}
}
