package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// gatewayResponseType is what an API says in its own words to one kind of refusal.
// Putting one again replaces all of it, so that changing it is making it.
var gatewayResponseType = &resourceType{
	name: "AWS::ApiGateway::GatewayResponse",
	properties: fields{
		"RestApiId": str.must().replaces(), "ResponseType": str.must().replaces(), "StatusCode": str,
		"ResponseParameters": strMap, "ResponseTemplates": strMap,
	},
	attributes: []string{"Id"},
	identity:   []string{"RestApiId", "ResponseType"}, unique: true,
	create: putGatewayResponse, update: putGatewayResponse,
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigateway.DeleteGatewayResponseOutput](ctx, w.deploy, apiGateway, "DeleteGatewayResponse", &apigateway.DeleteGatewayResponseInput{
			RestApiId: ptr(w.row.Handles["RestApiId"]), ResponseType: gatewaytypes.GatewayResponseType(w.row.Handles["ResponseType"])})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		out, err := invoke[apigateway.GetGatewayResponseOutput](ctx, w.deploy, apiGateway, "GetGatewayResponse", &apigateway.GetGatewayResponseInput{
			RestApiId: ptr(w.text("RestApiId")), ResponseType: gatewaytypes.GatewayResponseType(w.text("ResponseType"))})
		if err != nil {
			return false, unlessGone(err)
		}
		if out.DefaultResponse { // AWS's own words: nobody has set any
			return false, nil
		}
		w.gatewayResponseIs()
		return true, nil
	},
}

func putGatewayResponse(ctx context.Context, w *work) error {
	var in apigateway.PutGatewayResponseInput
	if err := into(w.properties, &in); err != nil {
		return err
	}
	if _, err := invoke[apigateway.PutGatewayResponseOutput](ctx, w.deploy, apiGateway, "PutGatewayResponse", &in); err != nil {
		return err
	}
	w.gatewayResponseIs()
	return nil
}

func (w *work) gatewayResponseIs() {
	w.row.PhysicalID = w.text("RestApiId") + "|" + w.text("ResponseType")
	w.row.Handles = map[string]string{"RestApiId": w.text("RestApiId"), "ResponseType": w.text("ResponseType")}
	w.row.Attributes = map[string]string{"Id": w.row.PhysicalID}
}

// accountType is the one set of settings of the account. It is there before and
// after any template, which takes its role away again, if nobody has set another.
var accountType = &resourceType{
	name:       "AWS::ApiGateway::Account",
	properties: fields{"CloudWatchRoleArn": str},
	attributes: []string{"Id"},
	create:     updateGatewayAccount, update: updateGatewayAccount,
	remove: func(ctx context.Context, w *work) error {
		now, err := invoke[apigateway.GetAccountOutput](ctx, w.deploy, apiGateway, "GetAccount", &apigateway.GetAccountInput{})
		if err != nil || aws.ToString(now.CloudwatchRoleArn) != w.row.Handles["CloudWatchRoleArn"] {
			return err // another one's by now
		}
		var p patch
		p.replace("/cloudwatchRoleArn", "")
		_, err = invoke[apigateway.UpdateAccountOutput](ctx, w.deploy, apiGateway, "UpdateAccount", &apigateway.UpdateAccountInput{PatchOperations: p})
		return unlessGone(err)
	},
}

func updateGatewayAccount(ctx context.Context, w *work) error {
	var p patch
	p.replace("/cloudwatchRoleArn", w.text("CloudWatchRoleArn"))
	if _, err := invoke[apigateway.UpdateAccountOutput](ctx, w.deploy, apiGateway, "UpdateAccount", &apigateway.UpdateAccountInput{PatchOperations: p}); err != nil {
		return err
	}
	w.row.PhysicalID = "api-gateway-account"
	w.row.Attributes = map[string]string{"Id": w.row.PhysicalID}
	w.row.Handles = map[string]string{"CloudWatchRoleArn": w.text("CloudWatchRoleArn")}
	return nil
}
