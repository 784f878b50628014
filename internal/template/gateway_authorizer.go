package template

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

var authorizerType = &resourceType{
	name: "AWS::ApiGateway::Authorizer",
	properties: fields{
		"RestApiId": str.must().replaces(), "Name": str.must(), "Type": oneOf("COGNITO_USER_POOLS", "TOKEN", "REQUEST").must().replaces(),
		"ProviderARNs": strs, "IdentitySource": str, "IdentityValidationExpression": str, "AuthorizerResultTtlInSeconds": integer, "AuthType": str,
		"AuthorizerUri": str, "AuthorizerCredentials": str,
	},
	attributes: []string{"AuthorizerId"},
	identity:   []string{"RestApiId", "Name"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in apigateway.CreateAuthorizerInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		out, err := invoke[apigateway.CreateAuthorizerOutput](ctx, w.deploy, apiGateway, "CreateAuthorizer", &in)
		if err != nil {
			return err
		}
		w.authorizerIs(aws.ToString(out.Id))
		return nil
	},
	update: updateAuthorizer,
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigateway.DeleteAuthorizerOutput](ctx, w.deploy, apiGateway, "DeleteAuthorizer",
			&apigateway.DeleteAuthorizerInput{RestApiId: ptr(w.row.Handles["RestApiId"]), AuthorizerId: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		page, err := invoke[apigateway.GetAuthorizersOutput](ctx, w.deploy, apiGateway, "GetAuthorizers",
			&apigateway.GetAuthorizersInput{RestApiId: ptr(w.text("RestApiId")), Limit: aws.Int32(500)})
		if err != nil {
			return false, unlessGone(err)
		}
		for _, a := range page.Items {
			if aws.ToString(a.Name) != w.text("Name") {
				continue
			}
			if ours, err := w.madeBy(ctx, aws.ToString(a.Id), "", nil); err != nil || !ours {
				return false, err
			}
			w.authorizerIs(aws.ToString(a.Id))
			return true, nil
		}
		return false, nil
	},
}

func (w *work) authorizerIs(id string) {
	w.row.PhysicalID = id
	w.row.Attributes = map[string]string{"AuthorizerId": id, "Name": w.text("Name")}
	w.row.Handles = map[string]string{"RestApiId": w.text("RestApiId")}
}

func updateAuthorizer(ctx context.Context, w *work) error {
	api, id := w.row.Handles["RestApiId"], w.row.PhysicalID
	current, err := invoke[apigateway.GetAuthorizerOutput](ctx, w.deploy, apiGateway, "GetAuthorizer",
		&apigateway.GetAuthorizerInput{RestApiId: &api, AuthorizerId: &id})
	if err != nil {
		return err
	}
	var p patch
	for name, path := range map[string]string{"Name": "/name", "IdentitySource": "/identitySource", "IdentityValidationExpression": "/identityValidationExpression",
		"AuthType": "/authType", "AuthorizerUri": "/authorizerUri", "AuthorizerCredentials": "/authorizerCredentials"} {
		if !w.changed[name] {
			continue
		}
		value := w.text(name)
		if name == "IdentitySource" && value == "" && w.text("Type") == "COGNITO_USER_POOLS" {
			value = "method.request.header.Authorization" // what CreateAuthorizer takes
		}
		p.replace(path, value)
	}
	if w.changed["AuthorizerResultTtlInSeconds"] {
		seconds := int64(300)
		if v, ok := w.properties["AuthorizerResultTtlInSeconds"].(int64); ok {
			seconds = v
		}
		p.replace("/authorizerResultTtlInSeconds", strconv.FormatInt(seconds, 10))
	}
	// New pools come before old ones go: an authorizer always has one.
	want := w.texts("ProviderARNs")
	for _, arn := range want {
		if !slices.Contains(current.ProviderARNs, arn) {
			p.add(gatewaytypes.OpAdd, "/providerARNs", aws.String(arn))
		}
	}
	for _, arn := range current.ProviderARNs {
		if !slices.Contains(want, arn) {
			p.add(gatewaytypes.OpRemove, "/providerARNs", aws.String(arn))
		}
	}
	if len(p) > 0 {
		if _, err := invoke[apigateway.UpdateAuthorizerOutput](ctx, w.deploy, apiGateway, "UpdateAuthorizer",
			&apigateway.UpdateAuthorizerInput{RestApiId: &api, AuthorizerId: &id, PatchOperations: p}); err != nil {
			return err
		}
	}
	w.row.Attributes["Name"] = w.text("Name")
	return nil
}
