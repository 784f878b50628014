package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// A deployment freezes an API. It has no name, so its description says whose it is.
var deploymentType = &resourceType{
	name: "AWS::ApiGateway::Deployment",
	properties: fields{
		"RestApiId": str.must().replaces(), "Description": str.replaces(),
		// Plain templates often make their stage so: it then goes with its deployment.
		"StageName": str.replaces(),
		"StageDescription": records(fields{
			"Description": str.replaces(), "Variables": strMap.replaces(), "TracingEnabled": notTraced,
			"LoggingLevel": str.replaces(), "DataTraceEnabled": flag.replaces(), "MetricsEnabled": flag.replaces(),
			"ThrottlingRateLimit": inStage, "ThrottlingBurstLimit": inStage, "MethodSettings": inStage, "AccessLogSetting": inStage,
			"CachingEnabled": flag.of("false"), "CacheClusterEnabled": flag.of("false"),
		}).replaces(),
		"DeploymentCanarySettings": unsupported("canaries are not supported"),
		followsProperty:            str.replaces().internal(),
	},
	attributes: []string{"DeploymentId"},
	identity:   []string{"RestApiId", "Description"},
	create: func(ctx context.Context, w *work) error {
		in := apigateway.CreateDeploymentInput{
			RestApiId: ptr(w.text("RestApiId")), Description: aws.String(w.deploymentLabel()), StageName: optionalText(w.text("StageName")),
		}
		if d, ok := w.properties["StageDescription"].(map[string]any); ok && in.StageName != nil {
			if err := into(map[string]any{"StageDescription": d["Description"], "Variables": d["Variables"]}, &in); err != nil {
				return err
			}
		}
		out, err := invoke[apigateway.CreateDeploymentOutput](ctx, w.deploy, apiGateway, "CreateDeployment", &in)
		if err != nil {
			return err
		}
		w.deploymentIs(aws.ToString(out.Id))
		return nil
	},
	find:   findDeployment,
	remove: removeDeployment,
}

var inStage = unsupported("add a resource of type AWS::ApiGateway::Stage")

// removeDeployment takes along the stage that the deployment has made, unless it
// serves another one by now.
func removeDeployment(ctx context.Context, w *work) error {
	api, stage := ptr(w.row.Handles["RestApiId"]), w.row.Handles["StageName"]
	if stage != "" {
		out, err := invoke[apigateway.GetStageOutput](ctx, w.deploy, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: api, StageName: &stage})
		if err == nil && aws.ToString(out.DeploymentId) == w.row.PhysicalID {
			_, err = invoke[apigateway.DeleteStageOutput](ctx, w.deploy, apiGateway, "DeleteStage", &apigateway.DeleteStageInput{RestApiId: api, StageName: &stage})
		}
		if err := unlessGone(err); err != nil {
			return err
		}
	}
	_, err := invoke[apigateway.DeleteDeploymentOutput](ctx, w.deploy, apiGateway, "DeleteDeployment",
		&apigateway.DeleteDeploymentInput{RestApiId: api, DeploymentId: &w.row.PhysicalID})
	return unlessGone(err)
}

func (w *work) deploymentLabel() string {
	label := "stack " + w.row.Stack + ", " + w.row.Token[:12]
	if d := w.text("Description"); d != "" {
		label = d + " (" + label + ")"
	}
	return label
}

func findDeployment(ctx context.Context, w *work) (bool, error) {
	in := &apigateway.GetDeploymentsInput{RestApiId: ptr(w.text("RestApiId")), Limit: aws.Int32(500)}
	for {
		page, err := invoke[apigateway.GetDeploymentsOutput](ctx, w.deploy, apiGateway, "GetDeployments", in)
		if err != nil {
			return false, unlessGone(err)
		}
		for _, item := range page.Items {
			if aws.ToString(item.Description) == w.deploymentLabel() {
				w.deploymentIs(aws.ToString(item.Id))
				return true, nil
			}
		}
		if page.Position == nil {
			return false, nil
		}
		in.Position = page.Position
	}
}

func (w *work) deploymentIs(id string) {
	w.row.PhysicalID = id
	w.row.Attributes = map[string]string{"DeploymentId": id}
	w.row.Handles = map[string]string{"RestApiId": w.text("RestApiId"), "StageName": w.text("StageName")}
}
