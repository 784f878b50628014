package template

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

const apiGatewayV2 = "apigatewayv2"

var corsShape = records(fields{
	"AllowOrigins": strs, "AllowMethods": strs, "AllowHeaders": strs, "ExposeHeaders": strs, "MaxAge": integer, "AllowCredentials": flag,
})

var untagged = noEffect("tags are not kept for APIs made by a template")

var noImport = unsupported("define the API with resources or with HttpApi events")

var httpAPIType = &resourceType{
	name: "AWS::ApiGatewayV2::Api",
	properties: fields{
		"Name": str, "ProtocolType": oneOf("HTTP").replaces(), "Description": str, "Version": str, "CorsConfiguration": corsShape,
		"DisableExecuteApiEndpoint": flag, "RouteKey": str.replaces(), "Target": str.replaces(), "CredentialsArn": str.replaces(),
		"Tags": untagged, "Body": noImport, "BodyS3Location": noImport, "BasePath": noImport, "FailOnWarnings": noImport,
		"RouteSelectionExpression":  oneOf("$request.method $request.path", "${request.method} ${request.path}"),
		"IpAddressType":             noEffect("the server listens where it is told to"),
		"DisableSchemaValidation":   unsupported("models are not supported"),
		"ApiKeySelectionExpression": unsupported("API keys are not supported"),
	},
	attributes: []string{"ApiId", "ApiEndpoint"},
	identity:   []string{"Name"},
	create: func(ctx context.Context, w *work) error {
		var in apigatewayv2.CreateApiInput
		if err := into(without(w.properties, "RouteSelectionExpression"), &in); err != nil {
			return err
		}
		in.Name, in.ProtocolType = aws.String(w.apiName()), "HTTP"
		out, err := invoke[apigatewayv2.CreateApiOutput](ctx, w.deploy, apiGatewayV2, "CreateApi", &in)
		if err != nil {
			return err
		}
		w.httpAPIIs(aws.ToString(out.ApiId), aws.ToString(out.ApiEndpoint))
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		in := apigatewayv2.UpdateApiInput{ApiId: &w.row.PhysicalID}
		said := without(w.properties, "RouteSelectionExpression", "ProtocolType", "RouteKey", "Target", "CredentialsArn")
		if err := into(orElse(said, map[string]any{"Description": "", "Version": "", "DisableExecuteApiEndpoint": false}), &in); err != nil {
			return err
		}
		in.Name = aws.String(w.apiName())
		if w.changed["CorsConfiguration"] && in.CorsConfiguration == nil {
			if _, err := invoke[apigatewayv2.DeleteCorsConfigurationOutput](ctx, w.deploy, apiGatewayV2, "DeleteCorsConfiguration",
				&apigatewayv2.DeleteCorsConfigurationInput{ApiId: &w.row.PhysicalID}); err != nil {
				return err
			}
		}
		out, err := invoke[apigatewayv2.UpdateApiOutput](ctx, w.deploy, apiGatewayV2, "UpdateApi", &in)
		if err != nil {
			return err
		}
		w.httpAPIIs(w.row.PhysicalID, aws.ToString(out.ApiEndpoint))
		return nil
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigatewayv2.DeleteApiOutput](ctx, w.deploy, apiGatewayV2, "DeleteApi", &apigatewayv2.DeleteApiInput{ApiId: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		in := &apigatewayv2.GetApisInput{MaxResults: aws.String("500")}
		for {
			page, err := invoke[apigatewayv2.GetApisOutput](ctx, w.deploy, apiGatewayV2, "GetApis", in)
			if err != nil {
				return false, err
			}
			for _, a := range page.Items {
				if aws.ToString(a.Name) != w.apiName() {
					continue
				}
				if ours, err := w.madeBy(ctx, aws.ToString(a.ApiId), "", a.CreatedDate); err != nil {
					return false, err
				} else if ours {
					w.httpAPIIs(aws.ToString(a.ApiId), aws.ToString(a.ApiEndpoint))
					return true, nil
				}
			}
			if page.NextToken == nil {
				return false, nil
			}
			in.NextToken = page.NextToken
		}
	},
}

func (w *work) httpAPIIs(id, endpoint string) {
	w.row.PhysicalID = id
	w.row.Attributes = map[string]string{"ApiId": id, "ApiEndpoint": endpoint, "Name": w.apiName()}
}

// without is properties but for some of them.
func without(properties map[string]any, names ...string) map[string]any {
	out := maps.Clone(properties)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// orElse is properties with what holds for those that the template does not
// name: an update leaves what it is not told, and the template may have named it
// before.
func orElse(properties, unsaid map[string]any) map[string]any {
	out := maps.Clone(unsaid)
	maps.Copy(out, properties)
	return out
}

// partOfHTTPAPI notes a part of an API under its id.
func (w *work) partOfHTTPAPI(id, attribute string) {
	w.row.PhysicalID = id
	w.row.Handles = map[string]string{"ApiId": w.text("ApiId")}
	if attribute != "" {
		w.row.Attributes = map[string]string{attribute: id}
	}
}

func (w *work) httpAPI() *string { return ptr(w.row.Handles["ApiId"]) }
