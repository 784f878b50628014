package restapi

import (
	"context"
	"slices"

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
		ApiKeySource: types.ApiKeySourceTypeHeader, ApiStatus: types.ApiStatusAvailable,
		BinaryMediaTypes: a.BinaryMediaTypes, DisableExecuteApiEndpoint: a.EndpointDisabled,
		EndpointConfiguration: &types.EndpointConfiguration{
			Types: []types.EndpointType{types.EndpointType(a.EndpointType)}, IpAddressType: types.IpAddressTypeIpv4,
		},
		Tags: a.Tags, Policy: policyShape(a.Policy),
	}
}

// createRestAPI makes an API and its root resource.
func (svc *Service) createRestAPI(ctx context.Context, call *access.Call, in *apigateway.CreateRestApiInput) (*apigateway.CreateRestApiOutput, error) {
	if err := checkCreateRestAPI(in); err != nil {
		return nil, err
	}
	api := &API{
		ID: svc.chance.Identifier(gateway.APIIDLength), RootID: svc.chance.Identifier(gateway.APIIDLength), Region: call.Region,
		Name: text(in.Name), Description: text(in.Description), Version: text(in.Version),
		BinaryMediaTypes: in.BinaryMediaTypes, EndpointDisabled: in.DisableExecuteApiEndpoint,
		EndpointType: string(types.EndpointTypeEdge), Tags: in.Tags, Created: call.Time.UnixMilli(),
	}
	if in.EndpointConfiguration != nil && len(in.EndpointConfiguration.Types) == 1 {
		api.EndpointType = string(in.EndpointConfiguration.Types[0])
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
	if err := firstRefusal(
		refusalIf{text(in.CloneFrom) != "", "Cloning an API (cloneFrom)"},
		refusalIf{in.MinimumCompressionSize != nil, "Compression (minimumCompressionSize)"},
		refusalIf{in.ApiKeySource == types.ApiKeySourceTypeAuthorizer, "The API key source AUTHORIZER"},
		refusalIf{in.SecurityPolicy != "", "A security policy (securityPolicy)"},
		refusalIf{in.EndpointAccessMode != "", "An endpoint access mode (endpointAccessMode)"},
	); err != nil {
		return err
	}
	if in.ApiKeySource != "" && in.ApiKeySource != types.ApiKeySourceTypeHeader {
		return badRequest("Invalid API key source: %s. Must be one of: HEADER, AUTHORIZER", in.ApiKeySource)
	}
	for _, t := range in.BinaryMediaTypes {
		if err := checkMediaType(t); err != nil {
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
	if c.IpAddressType != "" && c.IpAddressType != types.IpAddressTypeIpv4 {
		return unsupported("The IP address type " + string(c.IpAddressType))
	}
	if len(c.Types) != 1 || c.Types[0] != types.EndpointTypeEdge && c.Types[0] != types.EndpointTypeRegional {
		return badRequest("Endpoint configuration must have exactly one type, EDGE or REGIONAL")
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
	api, err := apis.Update(ctx, svc.db, func(a *API) error { return a.patch(call).apply(in.PatchOperations) }, text(in.RestApiId))
	if err != nil {
		return nil, orNotFound(err, "Invalid API identifier specified "+call.Account+":"+text(in.RestApiId))
	}
	return as[apigateway.UpdateRestApiOutput](api.shape()), nil
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
		{path: "/description", replace: setText(&a.Description)},
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
			if err := checkMediaType(k); err != nil {
				return err
			}
			if !slices.Contains(a.BinaryMediaTypes, k) {
				a.BinaryMediaTypes = append(a.BinaryMediaTypes, k)
			}
			return nil
		}, replace: func(k, v string) error {
			if err := checkMediaType(v); err != nil {
				return err
			}
			i := slices.Index(a.BinaryMediaTypes, k)
			if i < 0 {
				return notFound("Invalid binary media type specified")
			}
			a.BinaryMediaTypes[i] = v
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
			if err := checkEndpoint(&types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointType(v)}}); err != nil {
				return err
			}
			a.EndpointType = v
			return nil
		}},
		{path: "/policy", add: setPolicy, replace: setPolicy, remove: func(string, string) error { a.Policy = ""; return nil }},
		notYet("/minimumCompressionSize", "Compression (minimumCompressionSize)"),
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
