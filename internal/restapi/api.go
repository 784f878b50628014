package restapi

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func (a *API) shape() types.RestApi {
	return types.RestApi{
		Id: &a.ID, Name: &a.Name, Description: optional(a.Description), Version: optional(a.Version),
		CreatedDate: instant(a.Created), RootResourceId: &a.RootID,
		ApiKeySource:     types.ApiKeySourceTypeHeader,
		BinaryMediaTypes: a.BinaryMediaTypes, DisableExecuteApiEndpoint: a.EndpointDisabled,
		EndpointConfiguration: &types.EndpointConfiguration{
			Types: []types.EndpointType{types.EndpointType(a.EndpointType)}, IpAddressType: a.addressType(),
		},
		Tags: a.Tags, Policy: policyShape(a.Policy),
	}
}

// addressType is what IP addresses the API is said to have: those that the
// server listens on are the operator's choice, and clients have both the same.
func (a *API) addressType() types.IpAddressType {
	if a.AddressType == "" {
		return types.IpAddressTypeIpv4
	}
	return types.IpAddressType(a.AddressType)
}

const (
	maxCompressionSize   = 10485760 // bytes
	wrongCompressionSize = "Invalid minimum compression size, must be between 0 and 10485760"
)

// createRestAPI makes an API and its root resource.
func (svc *Service) createRestAPI(ctx context.Context, call *access.Call, in *apigateway.CreateRestApiInput) (*apigateway.CreateRestApiOutput, error) {
	if err := checkCreateRestAPI(in); err != nil {
		return nil, err
	}
	if len(in.BinaryMediaTypes) == 0 { // which AWS does not show
		in.BinaryMediaTypes = nil
	}
	api := &API{
		ID: svc.chance.Identifier(gateway.APIIDLength), RootID: svc.chance.Identifier(gateway.APIIDLength), Region: call.Region,
		Name: text(in.Name), Description: text(in.Description), Version: text(in.Version),
		BinaryMediaTypes: in.BinaryMediaTypes, EndpointDisabled: in.DisableExecuteApiEndpoint,
		EndpointType: string(types.EndpointTypeEdge), Tags: in.Tags, Created: call.Time.UnixMilli(),
	}
	if c := in.EndpointConfiguration; c != nil {
		api.AddressType = string(c.IpAddressType)
		if len(c.Types) == 1 {
			api.EndpointType = string(c.Types[0])
		}
	}
	if in.Policy != nil && *in.Policy != "" {
		var err error
		if api.Policy, err = readPolicy(call, api.ID, *in.Policy); err != nil {
			return nil, err
		}
		if err := svc.mayWritePolicy(ctx, call, api.ID); err != nil {
			return nil, err
		}
	}
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if err := apis.Insert(ctx, tx, api); err != nil {
			return err
		}
		return resources.Insert(ctx, tx, &gateway.Resource{APIID: api.ID, ID: api.RootID, Path: "/"})
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.CreateRestApiOutput](api.shape()), nil
}

func checkCreateRestAPI(in *apigateway.CreateRestApiInput) error {
	if text(in.Name) == "" {
		return badRequest("API name cannot be null or empty")
	}
	if in.Description != nil && *in.Description == "" {
		return badRequest("Description cannot be an empty string")
	}
	if in.MinimumCompressionSize != nil && (*in.MinimumCompressionSize < 0 || *in.MinimumCompressionSize > maxCompressionSize) {
		return badRequest(wrongCompressionSize)
	}
	if err := firstRefusal(
		refusalIf{text(in.CloneFrom) != "", "Cloning an API (cloneFrom)"},
		refusalIf{in.MinimumCompressionSize != nil, "Compression (minimumCompressionSize)"},
		refusalIf{in.ApiKeySource == types.ApiKeySourceTypeAuthorizer, "The API key source AUTHORIZER"},
		refusalIf{in.SecurityPolicy != "", "A security policy (securityPolicy)"},
		refusalIf{in.EndpointAccessMode != "", "An endpoint access mode (endpointAccessMode)"},
	); err != nil {
		return err
	}
	for _, t := range in.BinaryMediaTypes {
		if err := checkBinaryType(t); err != nil {
			return err
		}
	}
	if err := gateway.CheckTags(in.Tags); err != nil {
		return err
	}
	return checkEndpoint(in.EndpointConfiguration)
}

func checkEndpoint(c *types.EndpointConfiguration) error {
	if c == nil {
		return nil
	}
	if len(c.VpcEndpointIds) > 0 || slices.Contains(c.Types, types.EndpointTypePrivate) {
		return unsupported("A private endpoint")
	}
	switch {
	case c.Types != nil && len(c.Types) == 0:
		return badRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
	case len(c.Types) > 1:
		return badRequest("Cannot create an api with multiple Endpoint Types.")
	}
	return nil
}

func (svc *Service) getRestAPI(ctx context.Context, call *access.Call, in *apigateway.GetRestApiInput) (*apigateway.GetRestApiOutput, error) {
	api, err := readAPI(ctx, svc.db, call, in.RestApiId)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetRestApiOutput](api.shape()), nil
}

func (svc *Service) getRestAPIs(ctx context.Context, call *access.Call, in *apigateway.GetRestApisInput) (*apigateway.GetRestApisOutput, error) {
	page, err := svc.page("GetRestApis", call.Region, in.Position, in.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := apis.List(ctx, svc.db, apisAfter, call.Region, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	out := &apigateway.GetRestApisOutput{Items: []types.RestApi{}}
	rows, out.Position = awsapi.Turn(page, rows, func(a *API) string { return a.ID })
	for _, api := range rows {
		out.Items = append(out.Items, api.shape())
	}
	return out, nil
}

func (svc *Service) updateRestAPI(ctx context.Context, call *access.Call, in *apigateway.UpdateRestApiInput) (*apigateway.UpdateRestApiOutput, error) {
	if _, err := readAPI(ctx, svc.db, call, in.RestApiId); err != nil {
		return nil, err
	}
	for _, op := range in.PatchOperations {
		if text(op.Path) == "/policy" {
			if err := svc.mayWritePolicy(ctx, call, text(in.RestApiId)); err != nil {
				return nil, err
			}
			break
		}
	}
	api, err := apis.Update(ctx, svc.db, func(a *API) error { return a.patch(call).applyPlainly(in.PatchOperations) }, text(in.RestApiId))
	if err != nil {
		return nil, orNotFound(err, "Invalid API identifier specified "+call.Account+":"+text(in.RestApiId))
	}
	shape := api.shape()
	if shape.Tags == nil { // here alone AWS shows that there are none
		shape.Tags = map[string]string{}
	}
	return as[apigateway.UpdateRestApiOutput](shape), nil
}

func (a *API) patch(call *access.Call) patch {
	setPolicy := func(_, v string) (err error) {
		if v == "" {
			a.Policy = ""
			return nil
		}
		a.Policy, err = readPolicy(call, a.ID, v)
		return err
	}
	return patch{
		{path: "/name", replace: func(_, v string) error {
			if v == "" {
				return badRequest("API name cannot be null or empty")
			}
			a.Name = v
			return nil
		}},
		{path: "/description", replace: setText(&a.Description), remove: func(string, string) error { a.Description = ""; return nil }},
		{path: "/version", replace: setText(&a.Version)},
		{path: "/disableExecuteApiEndpoint", replace: func(_, v string) error {
			switch v {
			case "true", "false":
				a.EndpointDisabled = v == "true"
				return nil
			}
			return badRequest("Invalid value for disableExecuteApiEndpoint: must be true or false")
		}},
		{path: "/apiKeySource", replace: func(_, v string) error {
			if v == string(types.ApiKeySourceTypeHeader) {
				return nil
			}
			return unsupported("The API key source " + v)
		}},
		{path: "/binaryMediaTypes/*", add: func(k, _ string) error {
			if err := checkBinaryType(k); err != nil {
				return err
			}
			if !slices.Contains(a.BinaryMediaTypes, k) {
				a.BinaryMediaTypes = append(a.BinaryMediaTypes, k)
			}
			return nil
		}, replace: func(k, v string) error {
			if err := checkBinaryType(v); err != nil {
				return err
			}
			i := slices.Index(a.BinaryMediaTypes, k)
			if i < 0 {
				return notFound("Invalid binary media type specified")
			}
			a.BinaryMediaTypes = append(slices.Delete(a.BinaryMediaTypes, i, i+1), v) // the new one stands last, as at AWS
			return nil
		}, remove: func(k, _ string) error {
			i := slices.Index(a.BinaryMediaTypes, k)
			if i < 0 {
				return notFound("Invalid binary media type specified")
			}
			a.BinaryMediaTypes = slices.Delete(a.BinaryMediaTypes, i, i+1)
			return nil
		}},
		{path: "/endpointConfiguration/types/*", replace: func(_, v string) error {
			if !slices.Contains(enumOrder["EndpointType"], v) {
				return badRequest("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
			}
			if err := checkEndpoint(&types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointType(v)}}); err != nil {
				return err
			}
			a.EndpointType = v
			return nil
		}},
		{path: "/endpointConfiguration/ipAddressType", replace: func(_, v string) error {
			if !slices.Contains(enumOrder["IpAddressType"], v) {
				return badRequest("ipAddressType must be either ipv4 or dualstack.")
			}
			a.AddressType = v
			return nil
		}},
		{path: "/policy", add: setPolicy, replace: setPolicy, remove: func(string, string) error { a.Policy = ""; return nil }},
		{path: "/minimumCompressionSize", replace: func(_, v string) error {
			if v == "" { // no compression, which is how it is
				return nil
			}
			if n, err := strconv.Atoi(v); err != nil || n < 0 || n > maxCompressionSize {
				return badRequest(wrongCompressionSize)
			}
			return unsupported("Compression (minimumCompressionSize)")
		}, refused: true},
	}
}

// deleteRestAPI removes an API with all that belongs to it. Its stages stop
// answering before the call returns.
func (svc *Service) deleteRestAPI(ctx context.Context, call *access.Call, in *apigateway.DeleteRestApiInput) (*apigateway.DeleteRestApiOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		for _, remove := range []func(context.Context, store.Session, string, ...any) (int64, error){
			stages.DeleteWhere, deployments.DeleteWhere, gatewayResponses.DeleteWhere, authorizers.DeleteWhere, resources.DeleteWhere,
		} {
			if _, err := remove(ctx, tx, everythingOfAPI, api.ID); err != nil {
				return err
			}
		}
		return apis.Delete(ctx, tx, api.ID)
	})
	return &apigateway.DeleteRestApiOutput{}, err
}
