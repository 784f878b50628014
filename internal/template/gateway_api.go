package template

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

const apiGateway = "apigateway"

var restAPIType = &resourceType{
	name: "AWS::ApiGateway::RestApi",
	properties: fields{
		"Name": str, "Description": str, "BinaryMediaTypes": strs, "DisableExecuteApiEndpoint": flag,
		"EndpointConfiguration": records(fields{
			"Types": listing(oneOf("REGIONAL", "EDGE")), "VpcEndpointIds": unsupported("there are no networks here"),
			"IpAddressType": noEffect("the server listens where it is told to"),
		}).without("one server serves every endpoint type"),
		"Tags": untagged,
		"Body": unsupported("define the API with resources or with Api events"), "BodyS3Location": unsupported("define the API with resources or with Api events"),
		"Policy":                 ownPolicy,
		"ApiKeySourceType":       unsupported("API keys are not supported"),
		"MinimumCompressionSize": unsupported("answers are not compressed"),
		"CloneFrom":              unsupported("an API cannot be cloned"), "FailOnWarnings": unsupported("there is no Body to warn about"),
		"Mode": unsupported("there is no Body to merge"), "Parameters": unsupported("there is no Body to import"),
	},
	attributes: []string{"RootResourceId", "RestApiId"},
	identity:   []string{"Name"},
	create: func(ctx context.Context, w *work) error {
		var in apigateway.CreateRestApiInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		in.Name = aws.String(w.apiName())
		out, err := invoke[apigateway.CreateRestApiOutput](ctx, w.deploy, apiGateway, "CreateRestApi", &in)
		if err != nil {
			return err
		}
		return w.apiIs(ctx, aws.ToString(out.Id), aws.ToString(out.RootResourceId))
	},
	update: updateAPI,
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigateway.DeleteRestApiOutput](ctx, w.deploy, apiGateway, "DeleteRestApi",
			&apigateway.DeleteRestApiInput{RestApiId: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		in := &apigateway.GetRestApisInput{Limit: aws.Int32(500)}
		for {
			page, err := invoke[apigateway.GetRestApisOutput](ctx, w.deploy, apiGateway, "GetRestApis", in)
			if err != nil {
				return false, err
			}
			for _, a := range page.Items {
				if aws.ToString(a.Name) != w.apiName() {
					continue
				}
				if ours, err := w.madeBy(ctx, aws.ToString(a.Id), "", a.CreatedDate); err != nil {
					return false, err
				} else if ours {
					return true, w.apiIs(ctx, aws.ToString(a.Id), aws.ToString(a.RootResourceId))
				}
			}
			if page.Position == nil {
				return false, nil
			}
			in.Position = page.Position
		}
	},
}

// apiName is the API's name, or the stack's, as SAM has it.
func (w *work) apiName() string {
	if name := w.text("Name"); name != "" {
		return name
	}
	return w.row.Stack
}

func (w *work) apiIs(ctx context.Context, id, root string) error {
	if root == "" {
		var err error
		if root, err = w.rootResource(ctx, id); err != nil {
			return err
		}
	}
	w.row.PhysicalID = id
	w.row.Attributes = map[string]string{"RestApiId": id, "RootResourceId": root, "Name": w.apiName()}
	return nil
}

func (w *work) rootResource(ctx context.Context, api string) (string, error) {
	in := &apigateway.GetResourcesInput{RestApiId: &api, Limit: aws.Int32(500)}
	for {
		page, err := invoke[apigateway.GetResourcesOutput](ctx, w.deploy, apiGateway, "GetResources", in)
		if err != nil {
			return "", err
		}
		for _, item := range page.Items {
			if aws.ToString(item.Path) == "/" {
				return aws.ToString(item.Id), nil
			}
		}
		if page.Position == nil {
			return "", &gatewaytypes.NotFoundException{Message: aws.String("the API has no root resource")}
		}
		in.Position = page.Position
	}
}

func updateAPI(ctx context.Context, w *work) error {
	api := &w.row.PhysicalID
	current, err := invoke[apigateway.GetRestApiOutput](ctx, w.deploy, apiGateway, "GetRestApi", &apigateway.GetRestApiInput{RestApiId: api})
	if err != nil {
		return err
	}
	var p patch
	if w.changed["Name"] {
		p.replace("/name", w.apiName())
	}
	if w.changed["Description"] {
		p.replace("/description", w.text("Description"))
	}
	if w.changed["DisableExecuteApiEndpoint"] {
		disabled, _ := w.properties["DisableExecuteApiEndpoint"].(bool)
		p.replace("/disableExecuteApiEndpoint", map[bool]string{true: "true", false: "false"}[disabled])
	}
	if w.changed["Policy"] {
		p.replace("/policy", w.text("Policy"))
	}
	if w.changed["BinaryMediaTypes"] {
		p.set("/binaryMediaTypes", current.BinaryMediaTypes, w.texts("BinaryMediaTypes"))
	}
	if len(p) > 0 {
		if _, err := invoke[apigateway.UpdateRestApiOutput](ctx, w.deploy, apiGateway, "UpdateRestApi",
			&apigateway.UpdateRestApiInput{RestApiId: api, PatchOperations: p}); err != nil {
			return err
		}
	}
	w.row.Attributes["Name"] = w.apiName()
	return nil
}

// patch is a list of changes in API Gateway's own form.
type patch []gatewaytypes.PatchOperation

func (p *patch) replace(path, value string) { p.add(gatewaytypes.OpReplace, path, &value) }

func (p *patch) add(op gatewaytypes.Op, path string, value *string) {
	*p = append(*p, gatewaytypes.PatchOperation{Op: op, Path: &path, Value: value})
}

// set changes a set whose members are part of the path, such as binary media types.
func (p *patch) set(path string, have, want []string) {
	for _, v := range have {
		if !slices.Contains(want, v) {
			p.add(gatewaytypes.OpRemove, path+"/"+pointer(v), nil)
		}
	}
	for _, v := range want {
		if !slices.Contains(have, v) {
			p.add(gatewaytypes.OpAdd, path+"/"+pointer(v), nil)
		}
	}
}

// pointer escapes a segment of a path, RFC 6901.
func pointer(segment string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(segment)
}

var apiResourceType = &resourceType{
	name:       "AWS::ApiGateway::Resource",
	properties: fields{"RestApiId": str.must().replaces(), "ParentId": str.must().replaces(), "PathPart": str.must().replaces()},
	attributes: []string{"ResourceId"},
	identity:   []string{"RestApiId", "ParentId", "PathPart"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in apigateway.CreateResourceInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		out, err := invoke[apigateway.CreateResourceOutput](ctx, w.deploy, apiGateway, "CreateResource", &in)
		if err != nil {
			return err
		}
		w.apiResourceIs(aws.ToString(out.Id), aws.ToString(out.Path))
		return nil
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigateway.DeleteResourceOutput](ctx, w.deploy, apiGateway, "DeleteResource",
			&apigateway.DeleteResourceInput{RestApiId: ptr(w.row.Handles["RestApiId"]), ResourceId: &w.row.PhysicalID})
		return unlessGone(err)
	},
	// A parent has one child of a name, and there was none before.
	find: func(ctx context.Context, w *work) (bool, error) {
		in := &apigateway.GetResourcesInput{RestApiId: ptr(w.text("RestApiId")), Limit: aws.Int32(500)}
		for {
			page, err := invoke[apigateway.GetResourcesOutput](ctx, w.deploy, apiGateway, "GetResources", in)
			if err != nil {
				return false, unlessGone(err)
			}
			for _, item := range page.Items {
				if aws.ToString(item.ParentId) == w.text("ParentId") && aws.ToString(item.PathPart) == w.text("PathPart") {
					w.apiResourceIs(aws.ToString(item.Id), aws.ToString(item.Path))
					return true, nil
				}
			}
			if page.Position == nil {
				return false, nil
			}
			in.Position = page.Position
		}
	},
}

func (w *work) apiResourceIs(id, path string) {
	w.row.PhysicalID = id
	w.row.Attributes = map[string]string{"ResourceId": id, "Path": path}
	w.row.Handles = map[string]string{"RestApiId": w.text("RestApiId")}
}
