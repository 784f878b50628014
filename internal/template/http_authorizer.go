package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

var httpAuthorizerType = &resourceType{
	name: "AWS::ApiGatewayV2::Authorizer",
	properties: fields{
		"ApiId": str.must().replaces(), "Name": str.must(), "AuthorizerType": oneOf("JWT", "REQUEST").must().replaces(), "IdentitySource": strs,
		"JwtConfiguration": records(fields{"Issuer": str, "Audience": strs}),
		"AuthorizerUri":    str, "AuthorizerCredentialsArn": str, "AuthorizerPayloadFormatVersion": str, "EnableSimpleResponses": flag,
		"AuthorizerResultTtlInSeconds": integer, "IdentityValidationExpression": unsupported("HTTP APIs do not use it"),
	},
	attributes: []string{"AuthorizerId"},
	identity:   []string{"ApiId", "Name"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in apigatewayv2.CreateAuthorizerInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		out, err := invoke[apigatewayv2.CreateAuthorizerOutput](ctx, w.deploy, apiGatewayV2, "CreateAuthorizer", &in)
		if err != nil {
			return err
		}
		w.httpAuthorizerIs(aws.ToString(out.AuthorizerId))
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		in := apigatewayv2.UpdateAuthorizerInput{AuthorizerId: &w.row.PhysicalID}
		unsaid := map[string]any{"IdentitySource": []string{}}
		if w.text("AuthorizerType") == "REQUEST" { // without a time to live, nothing is remembered
			unsaid = map[string]any{"IdentitySource": []string{}, "AuthorizerUri": "", "AuthorizerCredentialsArn": "", "AuthorizerPayloadFormatVersion": "",
				"EnableSimpleResponses": false, "AuthorizerResultTtlInSeconds": 0}
		}
		if err := into(orElse(w.properties, unsaid), &in); err != nil {
			return err
		}
		if _, err := invoke[apigatewayv2.UpdateAuthorizerOutput](ctx, w.deploy, apiGatewayV2, "UpdateAuthorizer", &in); err != nil {
			return err
		}
		w.httpAuthorizerIs(w.row.PhysicalID)
		return nil
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigatewayv2.DeleteAuthorizerOutput](ctx, w.deploy, apiGatewayV2, "DeleteAuthorizer",
			&apigatewayv2.DeleteAuthorizerInput{ApiId: w.httpAPI(), AuthorizerId: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		page, err := invoke[apigatewayv2.GetAuthorizersOutput](ctx, w.deploy, apiGatewayV2, "GetAuthorizers",
			&apigatewayv2.GetAuthorizersInput{ApiId: ptr(w.text("ApiId")), MaxResults: aws.String("500")})
		if err != nil {
			return false, unlessGone(err)
		}
		for _, a := range page.Items {
			if aws.ToString(a.Name) == w.text("Name") {
				w.httpAuthorizerIs(aws.ToString(a.AuthorizerId))
				return true, nil
			}
		}
		return false, nil
	},
}

func (w *work) httpAuthorizerIs(id string) {
	w.partOfHTTPAPI(id, "AuthorizerId")
	w.row.Attributes["Name"] = w.text("Name")
}
