package template

import (
	"slices"
	"strings"
	"testing"
)

// Templates as people publish them: SAM with a user pool in front. Each is
// deployed; want is its routes with their authorizers.
func TestTemplatesAsPeopleWriteThem(t *testing.T) {
	tests := []struct {
		name, source string
		want         []string
		notes        int
	}{
		{"hello world", `
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: >
  app

  Sample SAM Template
Globals:
  Function:
    Timeout: 3
    MemorySize: 128
    Tracing: Active
  Api:
    TracingEnabled: true
Resources:
  HelloWorldFunction:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "exports.handler = async () => ({})"
      Handler: index.handler
      Runtime: nodejs20.x
      Architectures:
        - x86_64
      Events:
        HelloWorld:
          Type: Api
          Properties:
            Path: /hello
            Method: get
Outputs:
  HelloWorldApi:
    Description: "API Gateway endpoint URL for Prod stage"
    Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/hello/"
  HelloWorldFunction:
    Value: !GetAtt HelloWorldFunction.Arn
  HelloWorldFunctionIamRole:
    Value: !GetAtt HelloWorldFunctionRole.Arn
`, []string{"GET /hello "}, 3},
		{"pool, scopes, cors", `
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  CognitoUserPoolName: {Type: String, Default: MyUserPool}
  CognitoUserPoolClientName: {Type: String, Default: MyUserPoolClient}
Resources:
  MyApi:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      EndpointConfiguration: {Type: REGIONAL}
      Cors:
        AllowMethods: "'GET,POST,OPTIONS'"
        AllowHeaders: "'Content-Type,Authorization'"
        AllowOrigin: "'*'"
      Auth:
        DefaultAuthorizer: MyCognitoAuthorizer
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers:
          MyCognitoAuthorizer:
            UserPoolArn:
              - !GetAtt MyCognitoUserPool.Arn
            Identity:
              Header: Authorization
              ReauthorizeEvery: 30
            AuthorizationScopes: [email]
  LambdaFunction:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: |
        def handler(event, context):
            return {'statusCode': 200, 'body': 'hello'}
      Handler: index.handler
      Runtime: python3.12
      Policies: AWSLambdaBasicExecutionRole
      Events:
        Root:
          Type: Api
          Properties:
            RestApiId: !Ref MyApi
            Path: /
            Method: GET
        Items:
          Type: Api
          Properties: {RestApiId: !Ref MyApi, Path: "/items/{proxy+}", Method: ANY, Auth: {AuthorizationScopes: [items/read]}}
        Status:
          Type: Api
          Properties: {RestApiId: !Ref MyApi, Path: /status, Method: get, Auth: {Authorizer: NONE}}
  MyCognitoUserPool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: !Ref CognitoUserPoolName
      Policies: {PasswordPolicy: {MinimumLength: 8}}
      UsernameAttributes: [email]
      AutoVerifiedAttributes: [email]
      Schema:
        - {AttributeDataType: String, Name: email, Required: false}
  MyCognitoUserPoolClient:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref MyCognitoUserPool
      ClientName: !Ref CognitoUserPoolClientName
      GenerateSecret: false
Outputs:
  UserPoolId: {Value: !Ref MyCognitoUserPool, Export: {Name: !Sub '${AWS::StackName}-pool'}}
`, []string{"GET / MyCognitoAuthorizer email", "OPTIONS / ", "ANY /items/{proxy+} MyCognitoAuthorizer items/read", "OPTIONS /items/{proxy+} ", "GET /status ", "OPTIONS /status "}, 2},
		{"guarded by globals", `
Transform: AWS::Serverless-2016-10-31
Globals:
  Api:
    Cors: "'https://example.com'"
    Auth:
      DefaultAuthorizer: Auth
      Authorizers: {Auth: {UserPoolArn: !GetAtt Users.Arn}}
  Function:
    Runtime: nodejs22.x
    Handler: index.handler
    Environment: {Variables: {TABLE: pizzas, STAGE: dev}}
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  A:
    Type: AWS::Serverless::Function
    Properties: {InlineCode: x, Environment: {Variables: {STAGE: prod}}, Events: {E: {Type: Api, Properties: {Path: /a, Method: post}}}}
  B:
    Type: AWS::Serverless::Function
    Properties: {InlineCode: x, Events: {E: {Type: Api, Properties: {Path: /b, Method: get}}}}
`, []string{"OPTIONS /a Auth", "POST /a Auth", "GET /b Auth", "OPTIONS /b Auth"}, 0},
		{"without SAM", `
Resources:
  Users: {Type: AWS::Cognito::UserPool}
  Fn:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.12, Handler: index.handler, Role: !GetAtt Role.Arn, Code: {ZipFile: "def handler(e, c): return {}"}}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: plain}}
  Auth:
    Type: AWS::ApiGateway::Authorizer
    Properties: {RestApiId: !Ref Api, Name: users, Type: COGNITO_USER_POOLS, IdentitySource: method.request.header.Authorization, ProviderARNs: [!GetAtt Users.Arn]}
  Pizzas: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: pizzas}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pizzas
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Auth
      Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref Fn, Principal: apigateway.amazonaws.com, SourceArn: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/pizzas"}
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {RestApiId: !Ref Api}}
  Stage: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, StageName: v1, DeploymentId: !Ref Deployment}}
`, []string{"GET /pizzas users"}, 0},
		{"lambda authorizers of both kinds", `
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Resources:
  MyApi:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      MethodSettings: [{ResourcePath: /*, HttpMethod: '*', ThrottlingRateLimit: 100, ThrottlingBurstLimit: 50}]
      Auth:
        DefaultAuthorizer: MyLambdaTokenAuthorizer
        Authorizers:
          MyLambdaTokenAuthorizer:
            FunctionArn: !GetAtt MyAuthFunction.Arn
            Identity: {Header: MyCustomHeader, ValidationExpression: "mycustomregex.*", ReauthorizeEvery: 20}
          MyLambdaRequestAuthorizer:
            FunctionPayloadType: REQUEST
            FunctionArn: !GetAtt MyAuthFunction.Arn
            FunctionInvokeRole: NONE
            Identity: {QueryStrings: [auth], Headers: [X-Auth], StageVariables: [VARIABLE], Context: [identity.sourceIp], ReauthorizeEvery: 0}
  MyFunction:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "exports.handler = async () => ({})"
      Handler: index.handler
      Runtime: nodejs22.x
      Events:
        GetRoot: {Type: Api, Properties: {RestApiId: !Ref MyApi, Path: /, Method: get}}
        GetUsers: {Type: Api, Properties: {RestApiId: !Ref MyApi, Path: /users, Method: get, Auth: {Authorizer: MyLambdaRequestAuthorizer}}}
        GetSigned: {Type: Api, Properties: {RestApiId: !Ref MyApi, Path: /signed, Method: get, Auth: {Authorizer: AWS_IAM}}}
        GetOpen: {Type: Api, Properties: {RestApiId: !Ref MyApi, Path: /open, Method: get, Auth: {Authorizer: NONE}}}
  MyAuthFunction:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "exports.handler = async () => ({})"
      Handler: index.handler
      Runtime: nodejs22.x
`, []string{"GET / MyLambdaTokenAuthorizer", "GET /open ", "GET /signed AWS_IAM", "GET /users MyLambdaRequestAuthorizer"}, 0},
		{"plain resources, a stage made by the deployment", `
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: [apigateway.amazonaws.com, lambda.amazonaws.com]}, Action: sts:AssumeRole}]}
      Policies: [{PolicyName: invoke, PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Fn.Arn}]}}]
  FnRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "exports.handler = async () => ({})"}
      Handler: index.handler
      Runtime: nodejs22.x
      Role: !GetAtt FnRole.Arn
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: plain}}
  Authorizer:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      Name: token
      RestApiId: !Ref Api
      Type: TOKEN
      IdentitySource: method.request.header.Authorization
      AuthorizerUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"
      AuthorizerCredentials: !GetAtt Role.Arn
      AuthorizerResultTtlInSeconds: 0
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Authorizer
      Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Credentials: !GetAtt Role.Arn, Uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}
  Deployment:
    Type: AWS::ApiGateway::Deployment
    DependsOn: [Get]
    Properties: {RestApiId: !Ref Api, StageName: v1, StageDescription: {Description: first, Variables: {a: b}}}
Outputs:
  Url: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/v1/"}
`, []string{"GET / token"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := newDeployer(t, newAccount(t))
			o := deployed(t, d, test.source)
			var got []string
			for _, r := range o.APIs[0].Routes {
				got = append(got, strings.Join(append([]string{r.Method, r.Path, r.Authorizer}, r.Scopes...), " "))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("routes\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
			if len(o.Notes) != test.notes {
				t.Errorf("%d notes, want %d: %v", len(o.Notes), test.notes, o.Notes)
			}
			// And the services themselves take it, and find nothing to do the second time.
			real, _ := services(t)
			deployed(t, real, test.source)
			if again := deployed(t, real, test.source); len(again.Changes) > 0 {
				t.Errorf("a second deploy changes %+v", again.Changes)
			}
		})
	}
}

// Whatever the bytes are, reading them ends, without a panic, with a template
// or with problems that name the file.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{guarded, "{\"Resources\": {\"A\": {\"Type\": \"AWS::Cognito::UserPool\"}}}", "a: &b [*b]\n", "? [a]\n: b\n", "- - - - x\n",
		"Resources: !Sub {a: b}\n", "Conditions: {A: !Not [!Condition A]}\nResources: {}\n", "Outputs: {A: {Value: !Select [9999999999999, [a]]}}\nResources: {B: {Type: AWS::Cognito::UserPool}}",
		"Parameters: {A: {Type: Number, Default: 1e999}}\nResources: !If [a, b]\n", "!!binary x\n", "%YAML 1.1\n---\na: b\n", "a: |\n  b\n", "Fn::If: [a]\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 1<<16 {
			return
		}
		tmpl, err := read("t.yaml", source, Settings{Region: "us-east-1", Account: "000000000000"})
		if (tmpl == nil) == (err == nil) {
			t.Fatalf("template %v, error %v", tmpl, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "t.yaml:") {
			t.Fatalf("error %v", err)
		}
	})
}
