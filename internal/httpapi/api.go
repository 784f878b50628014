package httpapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// What every HTTP API answers to how it selects routes and keys, which cannot be
// chosen. Clients send these back.
const (
	routeSelection  = "$request.method $request.path"
	apiKeySelection = "$request.header.x-api-key"
)

func (svc *Service) shape(a *API) types.Api {
	return types.Api{
		ApiId: &a.ID, Name: &a.Name, Description: optional(a.Description), Version: optional(a.Version),
		ProtocolType: types.ProtocolTypeHttp, ApiEndpoint: aws.String(svc.endpoint(a)),
		RouteSelectionExpression: aws.String(routeSelection), ApiKeySelectionExpression: aws.String(apiKeySelection),
		CorsConfiguration: corsShape(a.CORS), DisableExecuteApiEndpoint: &a.EndpointDisabled,
		CreatedDate: instant(a.Created), IpAddressType: types.IpAddressTypeIpv4, Tags: a.Tags,
	}
}

func corsShape(c *gateway.CORS) *types.Cors {
	if c == nil {
		return nil
	}
	return &types.Cors{
		AllowCredentials: &c.AllowCredentials, AllowHeaders: c.AllowHeaders, AllowMethods: c.AllowMethods,
		AllowOrigins: c.AllowOrigins, ExposeHeaders: c.ExposeHeaders, MaxAge: c.MaxAge,
	}
}

func corsOf(c *types.Cors) *gateway.CORS {
	if c == nil {
		return nil
	}
	return &gateway.CORS{
		AllowCredentials: yes(c.AllowCredentials), AllowHeaders: c.AllowHeaders, AllowMethods: c.AllowMethods,
		AllowOrigins: c.AllowOrigins, ExposeHeaders: c.ExposeHeaders, MaxAge: c.MaxAge,
	}
}

// fixed are the members of CreateApi and UpdateApi that have one value here.
type fixed struct {
	apiKey, route  *string
	skipValidation *bool
	addresses      types.IpAddressType
}

func (f fixed) check() error {
	if f.addresses != "" && f.addresses != types.IpAddressTypeIpv4 {
		return gateway.Unsupported("The IP address type " + string(f.addresses))
	}
	if s := text(f.route); s != "" && s != routeSelection && s != "${request.method} ${request.path}" {
		return badRequest("Invalid route selection expression specified: an HTTP API has %s", routeSelection)
	}
	return webSocketOnly(
		refusalIf{text(f.apiKey) != "" && *f.apiKey != apiKeySelection, "ApiKeySelectionExpression"},
		refusalIf{yes(f.skipValidation), "DisableSchemaValidation"},
	)
}

func (a *API) check() error {
	if a.Name == "" {
		return badRequest("API name cannot be null or empty")
	}
	for _, part := range []struct {
		what, text string
		most       int
	}{{"API name", a.Name, longestName}, {"description", a.Description, longestDescription}, {"version", a.Version, longestVersion}} {
		if err := checkLength(part.what, part.text, part.most); err != nil {
			return err
		}
	}
	if a.CORS != nil {
		if err := a.CORS.Check(); err != nil {
			return err
		}
	}
	return gateway.CheckTags(a.Tags)
}

// createAPI makes an API, and with a target all that it takes to call it.
func (svc *Service) createAPI(ctx context.Context, call *access.Call, in *apigatewayv2.CreateApiInput) (*apigatewayv2.CreateApiOutput, error) {
	switch in.ProtocolType {
	case types.ProtocolTypeHttp:
	case types.ProtocolTypeWebsocket:
		return nil, gateway.Unsupported("The protocol type WEBSOCKET")
	default:
		return nil, badRequest("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
	}
	if err := (fixed{in.ApiKeySelectionExpression, in.RouteSelectionExpression, in.DisableSchemaValidation, in.IpAddressType}).check(); err != nil {
		return nil, err
	}
	api := &API{
		ID: svc.chance.Identifier(gateway.APIIDLength), Region: call.Region, Name: text(in.Name), Description: text(in.Description),
		Version: text(in.Version), CORS: corsOf(in.CorsConfiguration), EndpointDisabled: yes(in.DisableExecuteApiEndpoint),
		Tags: in.Tags, Created: call.Time.UnixMilli(),
	}
	if err := api.check(); err != nil {
		return nil, err
	}
	quick, err := svc.quickCreate(call, api, in)
	if err != nil {
		return nil, err
	}
	err = svc.db.Write(ctx, func(tx *store.Tx) error {
		if err := apis.Insert(ctx, tx, api); err != nil || quick == nil {
			return err
		}
		return quick.insert(ctx, tx, svc, call, api)
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.CreateApiOutput](svc.shape(api)), nil
}

func (svc *Service) getAPI(ctx context.Context, call *access.Call, in *apigatewayv2.GetApiInput) (*apigatewayv2.GetApiOutput, error) {
	api, err := readAPI(ctx, svc.db, call, in.ApiId)
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.GetApiOutput](svc.shape(api)), nil
}

func (svc *Service) getAPIs(ctx context.Context, call *access.Call, in *apigatewayv2.GetApisInput) (*apigatewayv2.GetApisOutput, error) {
	page, err := svc.page("GetApis", call.Region, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := apis.List(ctx, svc.db, apisAfter, call.Region, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	out := &apigatewayv2.GetApisOutput{Items: []types.Api{}}
	rows, out.NextToken = awsapi.Turn(page, rows, func(a *API) string { return a.ID })
	for _, a := range rows {
		out.Items = append(out.Items, svc.shape(a))
	}
	return out, nil
}

// updateAPI changes an API, and of one that quick create has made the route and
// the integration.
func (svc *Service) updateAPI(ctx context.Context, call *access.Call, in *apigatewayv2.UpdateApiInput) (*apigatewayv2.UpdateApiOutput, error) {
	if err := (fixed{in.ApiKeySelectionExpression, in.RouteSelectionExpression, in.DisableSchemaValidation, in.IpAddressType}).check(); err != nil {
		return nil, err
	}
	var changed *API
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, in.ApiId); err != nil {
			return err
		}
		var err error
		changed, err = apis.Update(ctx, tx, func(a *API) error {
			change(&a.Name, in.Name)
			change(&a.Description, in.Description)
			change(&a.Version, in.Version)
			change(&a.EndpointDisabled, in.DisableExecuteApiEndpoint)
			if in.CorsConfiguration != nil {
				a.CORS = corsOf(in.CorsConfiguration)
			}
			return a.check()
		}, text(in.ApiId))
		if err != nil {
			return err
		}
		if err := svc.updateManaged(ctx, tx, call, changed, in); err != nil {
			return err
		}
		return svc.deployChange(ctx, tx, call, changed)
	})
	if err := orKeyTaken(err, text(in.RouteKey)); err != nil {
		return nil, err
	}
	return as[apigatewayv2.UpdateApiOutput](svc.shape(changed)), nil
}

func (svc *Service) deleteCORS(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteCorsConfigurationInput) (*apigatewayv2.DeleteCorsConfigurationOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, in.ApiId); err != nil {
			return err
		}
		changed, err := apis.Update(ctx, tx, func(a *API) error {
			a.CORS = nil
			return nil
		}, text(in.ApiId))
		if err != nil {
			return err
		}
		return svc.deployChange(ctx, tx, call, changed)
	})
	return &apigatewayv2.DeleteCorsConfigurationOutput{}, err
}

// deleteAPI removes an API with all that belongs to it; its URLs end with it.
func (svc *Service) deleteAPI(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteApiInput) (*apigatewayv2.DeleteApiOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		for _, remove := range []func(context.Context, store.Session, string, ...any) (int64, error){
			stages.DeleteWhere, deployments.DeleteWhere, routes.DeleteWhere, integrations.DeleteWhere, authorizers.DeleteWhere,
		} {
			if _, err := remove(ctx, tx, everythingOfAPI, api.ID); err != nil {
				return err
			}
		}
		return apis.Delete(ctx, tx, api.ID)
	})
	return &apigatewayv2.DeleteApiOutput{}, err
}
