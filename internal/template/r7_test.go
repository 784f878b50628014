package template

import (
	"fmt"
	"testing"
)

func TestR7(t *testing.T) {
	for _, c := range []string{
		`Auth: {Authorizer: !If [Off, Own, !Ref AWS::NoValue]}`,
		`Auth: {Authorizer: ""}`,
		`Auth: !If [Off, {Authorizer: Own}, !Ref AWS::NoValue]`,
		`Auth: !Ref Pool`,
		`Auth: {Authorizer: !Ref Pool}`,
		`Auth: {AuthorizationScopes: []}`,
	} {
		src := `
Transform: AWS::Serverless-2016-10-31
Conditions: {Off: !Equals [a, b]}
Globals:
  Function: {Runtime: nodejs22.x, Handler: index.handler, InlineCode: "exports.handler = async () => ({})"}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: p, Auth: {DefaultAuthorizer: Own, Authorizers: {Own: {UserPoolArn: !GetAtt Pool.Arn, AuthorizationScopes: [x]}}}}}
  Http: {Type: AWS::Serverless::HttpApi, Properties: {Auth: {DefaultAuthorizer: Own, Authorizers: {Own: {AuthorizationScopes: [x], JwtConfiguration: {issuer: "https://x.com", audience: [a]}}}}}}
  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {
     A: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: get, ` + c + `}},
     B: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /a, Method: get, ` + c + `}}}}}
`
		tm, err := read("t.yaml", []byte(src), Settings{Region: "us-east-1", Account: "000000000000"})
		fmt.Println("=====", c)
		if err != nil {
			fmt.Println(err)
			continue
		}
		for id, r := range tm.resources {
			if r.kind == methodType || r.kind == httpRouteType {
				fmt.Println(id, r.properties.get("AuthorizationType"), r.properties.get("AuthorizerId") != nil, r.properties.get("AuthorizationScopes"))
			}
		}
	}
}
