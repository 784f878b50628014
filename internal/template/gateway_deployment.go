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
		"StageName":                unsupported("add a resource of type AWS::ApiGateway::Stage"),
		"StageDescription":         unsupported("add a resource of type AWS::ApiGateway::Stage"),
		"DeploymentCanarySettings": unsupported("canaries are not supported"),
		followsProperty:            str.replaces().internal(),
	},
	attributes: []string{"DeploymentId"},
	identity:   []string{"RestApiId", "Description"},
	create: func(ctx context.Context, w *work) error {
		out, err := invoke[apigateway.CreateDeploymentOutput](ctx, w.deploy, apiGateway, "CreateDeployment",
			&apigateway.CreateDeploymentInput{RestApiId: ptr(w.text("RestApiId")), Description: aws.String(w.deploymentLabel())})
		if err != nil {
			return err
		}
		w.deploymentIs(aws.ToString(out.Id))
		return nil
	},
	find: findDeployment,
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigateway.DeleteDeploymentOutput](ctx, w.deploy, apiGateway, "DeleteDeployment",
			&apigateway.DeleteDeploymentInput{RestApiId: ptr(w.row.Handles["RestApiId"]), DeploymentId: &w.row.PhysicalID})
		return unlessGone(err)
	},
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
	w.row.Handles = map[string]string{"RestApiId": w.text("RestApiId")}
}
