package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

var httpRouteType = &resourceType{
	name: "AWS::ApiGatewayV2::Route",
	properties: fields{
		"ApiId": str.must().replaces(), "RouteKey": str.must(), "Target": str,
		"AuthorizationType": oneOf("NONE", "JWT", "CUSTOM", awsIAM), "AuthorizerId": str, "AuthorizationScopes": strs, "OperationName": str,
		"ApiKeyRequired": flag.of("false"), "ModelSelectionExpression": unsupported("models are not supported"),
		"RequestModels": unsupported("models are not supported"), "RequestParameters": unsupported("request validation is not supported"),
		"RouteResponseSelectionExpression": unsupported("WebSocket APIs are not supported"),
	},
	attributes: []string{"RouteId"},
	identity:   []string{"ApiId", "RouteKey"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in apigatewayv2.CreateRouteInput
		if err := into(without(w.properties, "ApiKeyRequired"), &in); err != nil {
			return err
		}
		out, err := invoke[apigatewayv2.CreateRouteOutput](ctx, w.deploy, apiGatewayV2, "CreateRoute", &in)
		if err != nil {
			return err
		}
		w.httpRouteIs(aws.ToString(out.RouteId))
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		in := apigatewayv2.UpdateRouteInput{RouteId: &w.row.PhysicalID}
		unsaid := map[string]any{"AuthorizationType": "NONE", "AuthorizerId": "", "AuthorizationScopes": []string{}, "Target": "", "OperationName": ""}
		if err := into(orElse(without(w.properties, "ApiKeyRequired"), unsaid), &in); err != nil {
			return err
		}
		if _, err := invoke[apigatewayv2.UpdateRouteOutput](ctx, w.deploy, apiGatewayV2, "UpdateRoute", &in); err != nil {
			return err
		}
		w.httpRouteIs(w.row.PhysicalID)
		return nil
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigatewayv2.DeleteRouteOutput](ctx, w.deploy, apiGatewayV2, "DeleteRoute", &apigatewayv2.DeleteRouteInput{ApiId: w.httpAPI(), RouteId: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		in := &apigatewayv2.GetRoutesInput{ApiId: ptr(w.text("ApiId")), MaxResults: aws.String("500")}
		for {
			page, err := invoke[apigatewayv2.GetRoutesOutput](ctx, w.deploy, apiGatewayV2, "GetRoutes", in)
			if err != nil {
				return false, unlessGone(err)
			}
			for _, r := range page.Items {
				if aws.ToString(r.RouteKey) == w.text("RouteKey") {
					w.httpRouteIs(aws.ToString(r.RouteId))
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

func (w *work) httpRouteIs(id string) {
	w.partOfHTTPAPI(id, "RouteId")
	w.row.Attributes["RouteKey"] = w.text("RouteKey")
	w.row.Attributes["AuthorizerId"] = w.text("AuthorizerId")
	w.row.Attributes["AuthorizationType"] = w.text("AuthorizationType")
}
