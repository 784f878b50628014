package template

import (
	"slices"
	"strings"
	"testing"
)

const inline = `
Globals:
  Function: {Runtime: nodejs22.x, Handler: index.handler, InlineCode: "exports.handler = async () => ({})"}
`

// Templates with authorizers as guides and pattern collections have them. want is
// the routes of all APIs.
func TestTemplatesWithAuthorizersAsPeopleWriteThem(t *testing.T) {
	for _, test := range []struct {
		name, source string
		want         []string
	}{
		{"signed by default, the function called by the gateway", `
Transform: AWS::Serverless-2016-10-31` + inline + `
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod, Auth: {DefaultAuthorizer: AWS_IAM, InvokeRole: NONE}}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a/, Method: get}}
        B: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /b, Method: post, Auth: {Authorizer: AWS_IAM, InvokeRole: CALLER_CREDENTIALS, ResourcePolicy: {AwsAccountWhitelist: [!Ref "AWS::AccountId"]}}}}
`, []string{"GET /a AWS_IAM -> Fn", "POST /b AWS_IAM -> Fn"}},
		{"the implicit API, guarded by Globals, with its log", `
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: nodejs22.x, Handler: index.handler, InlineCode: "exports.handler = async () => ({})"}
  Api:
    OpenApiVersion: 3.0.1
    AccessLogSetting: {DestinationArn: !GetAtt Log.Arn, Format: '{"requestId":"$context.requestId","status":"$context.status"}'}
    GatewayResponses: {DEFAULT_4XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}}
    Auth:
      DefaultAuthorizer: Check
      Authorizers: {Check: {FunctionPayloadType: REQUEST, FunctionArn: !GetAtt Check.Arn, Identity: {Headers: [Authorization], ReauthorizeEvery: 0}}}
      ResourcePolicy: {CustomStatements: [{Effect: Allow, Principal: "*", Action: execute-api:Invoke, Resource: execute-api:/Prod/*}]}
Resources:
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "/aws/api/${AWS::StackName}", RetentionInDays: 7}}
  Check: {Type: AWS::Serverless::Function}
  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {A: {Type: Api, Properties: {Path: "/{proxy+}", Method: ANY}}}}}
Outputs: {Url: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/"}, Log: {Value: !Ref Log}}
`, []string{"ANY /{proxy+} Check -> Fn"}},
		{"an HTTP API signed by default", `
Transform: AWS::Serverless-2016-10-31` + inline + `
  HttpApi: {Auth: {EnableIamAuthorizer: true, DefaultAuthorizer: AWS_IAM}, CorsConfiguration: true, AccessLogSettings: {DestinationArn: !GetAtt Log.Arn, Format: $context.requestId}}
Resources:
  Log: {Type: AWS::Logs::LogGroup}
  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {A: {Type: HttpApi, Properties: {Path: /a, Method: get}}, All: {Type: HttpApi}}}}
Outputs: {Url: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com"}}
`, []string{"ANY $default AWS_IAM -> Fn", "GET /a AWS_IAM -> Fn"}},
		{"an HTTP API behind another provider and a function with a permission of its own", `
Transform: AWS::Serverless-2016-10-31
Parameters: {Issuer: {Type: String, Default: "https://tenant.eu.auth0.com/"}, Audiences: {Type: CommaDelimitedList, Default: "one,two"}}` + inline + `
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: v1
      FailOnWarnings: true
      Auth:
        DefaultAuthorizer: Provider
        Authorizers:
          Provider: {JwtConfiguration: {Issuer: !Ref Issuer, Audience: !Ref Audiences}, IdentitySource: "$request.header.Authorization", AuthorizationScopes: [read]}
          Fn: {FunctionArn: !GetAtt Check.Arn, FunctionInvokeRole: NONE, AuthorizerPayloadFormatVersion: 1.0, Identity: {Headers: [X-Key], QueryStrings: [k], ReauthorizeEvery: 30}}
  Check: {Type: AWS::Serverless::Function}
  Allowed: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Check, Principal: apigateway.amazonaws.com, SourceArn: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/*"}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /a, Method: get}}
        B: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /b, Method: any, Auth: {Authorizer: Fn}}}
        C: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /c, Method: put, Auth: {AuthorizationScopes: [write]}}}
        D: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /d, Method: get, Auth: {Authorizer: NONE}}}
`, []string{"GET /a Provider read -> Fn", "ANY /b Fn -> Fn", "PUT /c Provider write -> Fn", "GET /d -> Fn"}},
		{"plain resources: a pool, a preflight by hand, answers of the API's own", `
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "exports.handler = async () => ({})"}, Handler: index.handler, Runtime: nodejs22.x, Role: !GetAtt Role.Arn}}
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: p, EndpointConfiguration: {Types: [REGIONAL]}, Policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: "*", Action: execute-api:Invoke, Resource: "execute-api:/*/*/*"}]}}}
  Users: {Type: AWS::ApiGateway::Authorizer, Properties: {Name: users, RestApiId: !Ref Api, Type: COGNITO_USER_POOLS, IdentitySource: method.request.header.Authorization, ProviderARNs: [!GetAtt Pool.Arn]}}
  X: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: x}}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      {RestApiId: !Ref Api, ResourceId: !Ref X, HttpMethod: POST, AuthorizationType: COGNITO_USER_POOLS, AuthorizerId: !Ref Users, AuthorizationScopes: [api/write],
       Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}}
  Options:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref X
      HttpMethod: OPTIONS
      AuthorizationType: NONE
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: '{"statusCode": 200}'}
        IntegrationResponses: [{StatusCode: 200, ResponseParameters: {method.response.header.Access-Control-Allow-Origin: "'*'"}}]
      MethodResponses: [{StatusCode: 200, ResponseParameters: {method.response.header.Access-Control-Allow-Origin: false}}]
  Denied: {Type: AWS::ApiGateway::GatewayResponse, Properties: {RestApiId: !Ref Api, ResponseType: DEFAULT_4XX, ResponseParameters: {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !GetAtt Fn.Arn, Principal: apigateway.amazonaws.com, SourceArn: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/POST/x"}}
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: [Post, Options, Denied], Properties: {RestApiId: !Ref Api}}
  Stage: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: v1, MethodSettings: [{ResourcePath: /x, HttpMethod: POST, ThrottlingRateLimit: 5, ThrottlingBurstLimit: 2}]}}
`, []string{"OPTIONS /x ->", "POST /x users api/write -> Fn"}},
		{"plain resources: an HTTP API that deploys by itself, its function called by permission", `
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "exports.handler = async () => ({})"}, Handler: index.handler, Runtime: nodejs22.x, Role: !GetAtt Role.Arn}}
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}
  Get: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /x, AuthorizationType: JWT, AuthorizerId: !Ref Jwt, Target: !Join [/, [integrations, !Ref I]]}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: h, ProtocolType: HTTP}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}}
  I: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Fn.Arn, PayloadFormatVersion: "2.0"}}
  Jwt: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {ApiId: !Ref Api, Name: pool, AuthorizerType: JWT, IdentitySource: [$request.header.Authorization], JwtConfiguration: {Audience: [!Ref Client], Issuer: !Sub "https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}"}}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Fn, Principal: apigateway.amazonaws.com, SourceArn: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/x"}}
Outputs: {Url: {Value: !GetAtt Api.ApiEndpoint}}
`, []string{"GET /x pool -> Fn"}},
		{"plain resources: quick create", `
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "exports.handler = async () => ({})"}, Handler: index.handler, Runtime: nodejs22.x, Role: !GetAtt Role.Arn}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: h, ProtocolType: HTTP, RouteKey: GET /x, Target: !GetAtt Fn.Arn}}
`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			o := deployed(t, d, test.source)
			var got []string
			for _, api := range o.APIs {
				for _, r := range routesOf(api) {
					got = append(got, strings.TrimSpace(r))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("routes\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
			for _, out := range o.Outputs {
				if out.Name == "Url" && strings.Contains(out.Value, ".amazonaws.com") && strings.HasSuffix(out.Local, "/") != strings.HasSuffix(out.Value, "/") {
					t.Errorf("output %+v", out)
				}
			}
			if again := deployed(t, d, test.source); len(again.Changes) > 0 {
				t.Errorf("a second deploy changes %+v", again.Changes)
			}
		})
	}
}
