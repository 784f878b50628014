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
		"RestApiId": str.must().replaces(), "Name": str.must(), "Type": oneOf("COGNITO_USER_POOLS").must().replaces(),
		"ProviderARNs": strs, "IdentitySource": str, "IdentityValidationExpression": str, "AuthorizerResultTtlInSeconds": integer, "AuthType": str.replaces(),
		"AuthorizerUri":         unsupported("function authorizers are not supported"),
		"AuthorizerCredentials": unsupported("function authorizers are not supported"),
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
	for name, path := range map[string]string{"Name": "/name", "IdentitySource": "/identitySource", "IdentityValidationExpression": "/identityValidationExpression"} {
		if w.changed[name] {
			p.replace(path, w.text(name))
		}
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

// methodSettings may say what is logged. What limits or caches requests is
// refused: whoever writes it relies on it.
var methodSettings = listing(records(fields{
	"HttpMethod": str, "ResourcePath": str,
	"LoggingLevel": str, "DataTraceEnabled": flag, "MetricsEnabled": flag,
	"ThrottlingRateLimit":  unsupported("requests to one method are not limited"),
	"ThrottlingBurstLimit": unsupported("requests to one method are not limited"),
	"CachingEnabled":       flag.of("false"), "CacheDataEncrypted": unsupported("answers are not cached"), "CacheTtlInSeconds": unsupported("answers are not cached"),
})).without("every request is recorded by the server itself")

var stageType = &resourceType{
	name: "AWS::ApiGateway::Stage",
	properties: fields{
		"RestApiId": str.must().replaces(), "StageName": str.must().replaces(), "DeploymentId": str.must(),
		"Description": str, "Variables": strMap, "TracingEnabled": notTraced, "Tags": noEffect("tags are not kept for stages made by a template"),
		"MethodSettings":      methodSettings,
		"AccessLogSetting":    unsupported("every request is recorded by the server itself"),
		"CacheClusterEnabled": flag.of("false"), "CacheClusterSize": unsupported("answers are not cached"),
		"CanarySetting": unsupported("canaries are not supported"), "ClientCertificateId": unsupported("client certificates are not supported"),
		"DocumentationVersion": unsupported("documentation is not kept"),
	},
	create: func(ctx context.Context, w *work) error {
		var in apigateway.CreateStageInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		if _, err := invoke[apigateway.CreateStageOutput](ctx, w.deploy, apiGateway, "CreateStage", &in); err != nil {
			return err
		}
		w.stageIs()
		return nil
	},
	identity: []string{"RestApiId", "StageName"}, unique: true,
	update: updateStage,
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigateway.DeleteStageOutput](ctx, w.deploy, apiGateway, "DeleteStage",
			&apigateway.DeleteStageInput{RestApiId: ptr(w.row.Handles["RestApiId"]), StageName: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		api, name := w.text("RestApiId"), w.text("StageName")
		out, err := invoke[apigateway.GetStageOutput](ctx, w.deploy, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: &api, StageName: &name})
		if err != nil {
			return false, unlessGone(err)
		}
		if ours, err := w.madeBy(ctx, name, "", out.CreatedDate); err != nil || !ours {
			return false, err
		}
		w.stageIs()
		return true, nil
	},
}

func (w *work) stageIs() {
	w.row.PhysicalID = w.text("StageName")
	w.row.Handles = map[string]string{"RestApiId": w.text("RestApiId")}
}

func updateStage(ctx context.Context, w *work) error {
	api, name := w.row.Handles["RestApiId"], w.row.PhysicalID
	current, err := invoke[apigateway.GetStageOutput](ctx, w.deploy, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: &api, StageName: &name})
	if err != nil {
		return err
	}
	var p patch
	if aws.ToString(current.DeploymentId) != w.text("DeploymentId") {
		p.replace("/deploymentId", w.text("DeploymentId"))
	}
	if aws.ToString(current.Description) != w.text("Description") {
		p.replace("/description", w.text("Description"))
	}
	want, _ := w.properties["Variables"].(map[string]any)
	for name := range current.Variables {
		if _, ok := want[name]; !ok {
			p.add(gatewaytypes.OpRemove, "/variables/"+pointer(name), nil)
		}
	}
	for name, v := range want {
		if v, _ := v.(string); current.Variables[name] != v {
			p.replace("/variables/"+pointer(name), v)
		}
	}
	if len(p) == 0 {
		return nil
	}
	_, err = invoke[apigateway.UpdateStageOutput](ctx, w.deploy, apiGateway, "UpdateStage",
		&apigateway.UpdateStageInput{RestApiId: &api, StageName: &name, PatchOperations: p})
	return err
}
