package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// routeSettings limit what a stage serves.
var routeSettings = records(fields{
	"ThrottlingRateLimit": decimal, "ThrottlingBurstLimit": integer, "DetailedMetricsEnabled": flag,
	"LoggingLevel": unsupported("WebSocket APIs are not supported"), "DataTraceEnabled": unsupported("WebSocket APIs are not supported"),
})

var allRouteSettings = shape{kind: tableOf, item: &routeSettings}

var httpStageType = &resourceType{
	name: "AWS::ApiGatewayV2::Stage",
	properties: fields{
		"ApiId": str.must().replaces(), "StageName": str.must().replaces(), "AutoDeploy": flag, "DeploymentId": str, "Description": str,
		"StageVariables": strMap, "DefaultRouteSettings": routeSettings, "RouteSettings": allRouteSettings, "AccessLogSettings": accessLog, "Tags": untagged,
		"ClientCertificateId": unsupported("client certificates are not supported"), "AccessPolicyId": unsupported("it is reserved"),
	},
	identity: []string{"ApiId", "StageName"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in apigatewayv2.CreateStageInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		if _, err := invoke[apigatewayv2.CreateStageOutput](ctx, w.deploy, apiGatewayV2, "CreateStage", &in); err != nil {
			return err
		}
		w.partOfHTTPAPI(w.text("StageName"), "")
		return nil
	},
	update: updateHTTPStage,
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigatewayv2.DeleteStageOutput](ctx, w.deploy, apiGatewayV2, "DeleteStage",
			&apigatewayv2.DeleteStageInput{ApiId: w.httpAPI(), StageName: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		name := w.text("StageName")
		_, err := invoke[apigatewayv2.GetStageOutput](ctx, w.deploy, apiGatewayV2, "GetStage", &apigatewayv2.GetStageInput{ApiId: ptr(w.text("ApiId")), StageName: &name})
		if err != nil {
			return false, unlessGone(err)
		}
		w.partOfHTTPAPI(name, "")
		return true, nil
	},
}

// updateHTTPStage gives the stage what the template says, and takes what it says
// no longer: UpdateStage alone leaves that.
func updateHTTPStage(ctx context.Context, w *work) error {
	api, name := w.httpAPI(), &w.row.PhysicalID
	current, err := invoke[apigatewayv2.GetStageOutput](ctx, w.deploy, apiGatewayV2, "GetStage", &apigatewayv2.GetStageInput{ApiId: api, StageName: name})
	if err != nil {
		return err
	}
	var in apigatewayv2.UpdateStageInput
	if err := into(orElse(without(w.properties, "Tags"), map[string]any{"AutoDeploy": false, "Description": ""}), &in); err != nil {
		return err
	}
	in.StageVariables = emptied(current.StageVariables, in.StageVariables)
	if current.DefaultRouteSettings != nil {
		if in.DefaultRouteSettings, err = w.accountsOwn(ctx, *current.DefaultRouteSettings, in.DefaultRouteSettings); err != nil {
			return err
		}
	}
	// Settings of a route can be removed as a whole only, and before they are set anew.
	for key, have := range current.RouteSettings {
		want, wanted := in.RouteSettings[key]
		if wanted && (have.ThrottlingRateLimit == nil || want.ThrottlingRateLimit != nil) &&
			(have.ThrottlingBurstLimit == nil || want.ThrottlingBurstLimit != nil) && (!aws.ToBool(have.DetailedMetricsEnabled) || want.DetailedMetricsEnabled != nil) {
			continue
		}
		if _, err := invoke[apigatewayv2.DeleteRouteSettingsOutput](ctx, w.deploy, apiGatewayV2, "DeleteRouteSettings",
			&apigatewayv2.DeleteRouteSettingsInput{ApiId: api, StageName: name, RouteKey: aws.String(key)}); err != nil {
			return err
		}
	}
	if _, err := invoke[apigatewayv2.UpdateStageOutput](ctx, w.deploy, apiGatewayV2, "UpdateStage", &in); err != nil {
		return err
	}
	if current.AccessLogSettings != nil && in.AccessLogSettings == nil {
		if _, err := invoke[apigatewayv2.DeleteAccessLogSettingsOutput](ctx, w.deploy, apiGatewayV2, "DeleteAccessLogSettings",
			&apigatewayv2.DeleteAccessLogSettingsInput{ApiId: api, StageName: name}); err != nil {
			return err
		}
	}
	return nil
}

// accountsOwn is want, with the account's own limit for each that the stage had
// and shall have no longer: the settings of all routes can be changed, not removed.
func (w *work) accountsOwn(ctx context.Context, have apigatewaytypes.RouteSettings, want *apigatewaytypes.RouteSettings) (*apigatewaytypes.RouteSettings, error) {
	out := apigatewaytypes.RouteSettings{}
	if want != nil {
		out = *want
	}
	if out.DetailedMetricsEnabled == nil {
		out.DetailedMetricsEnabled = aws.Bool(false)
	}
	rate, burst := have.ThrottlingRateLimit != nil && out.ThrottlingRateLimit == nil, have.ThrottlingBurstLimit != nil && out.ThrottlingBurstLimit == nil
	if !rate && !burst {
		return &out, nil
	}
	account, err := invoke[apigateway.GetAccountOutput](ctx, w.deploy, apiGateway, "GetAccount", &apigateway.GetAccountInput{})
	if err != nil {
		return nil, err
	}
	if rate {
		out.ThrottlingRateLimit = &account.ThrottleSettings.RateLimit
	}
	if burst {
		out.ThrottlingBurstLimit = &account.ThrottleSettings.BurstLimit
	}
	return &out, nil
}

// httpDeploymentType freezes an HTTP API for stages that do not deploy by themselves.
var httpDeploymentType = &resourceType{
	name: "AWS::ApiGatewayV2::Deployment",
	properties: fields{
		"ApiId": str.must().replaces(), "Description": str.replaces(), "StageName": str.replaces(), followsProperty: str.replaces().internal(),
	},
	attributes: []string{"DeploymentId"},
	identity:   []string{"ApiId", "Description"},
	create: func(ctx context.Context, w *work) error {
		out, err := invoke[apigatewayv2.CreateDeploymentOutput](ctx, w.deploy, apiGatewayV2, "CreateDeployment",
			&apigatewayv2.CreateDeploymentInput{ApiId: ptr(w.text("ApiId")), Description: aws.String(w.deploymentLabel()), StageName: optionalText(w.text("StageName"))})
		if err != nil {
			return err
		}
		w.partOfHTTPAPI(aws.ToString(out.DeploymentId), "DeploymentId")
		w.row.Handles["StageName"] = w.text("StageName")
		return nil
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		in := &apigatewayv2.GetDeploymentsInput{ApiId: ptr(w.text("ApiId")), MaxResults: aws.String("500")}
		for {
			page, err := invoke[apigatewayv2.GetDeploymentsOutput](ctx, w.deploy, apiGatewayV2, "GetDeployments", in)
			if err != nil {
				return false, unlessGone(err)
			}
			for _, item := range page.Items {
				if aws.ToString(item.Description) == w.deploymentLabel() {
					w.partOfHTTPAPI(aws.ToString(item.DeploymentId), "DeploymentId")
					return true, nil
				}
			}
			if page.NextToken == nil {
				return false, nil
			}
			in.NextToken = page.NextToken
		}
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigatewayv2.DeleteDeploymentOutput](ctx, w.deploy, apiGatewayV2, "DeleteDeployment",
			&apigatewayv2.DeleteDeploymentInput{ApiId: w.httpAPI(), DeploymentId: &w.row.PhysicalID})
		return unlessGone(err)
	},
}
