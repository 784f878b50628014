package httpapi

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

const routeIDLength = 7 // of routes and integrations, as at AWS

func routeShape(r *gateway.HTTPRoute) types.Route {
	s := types.Route{
		RouteId: &r.ID, RouteKey: &r.Key, Target: optional(r.Target), AuthorizationType: types.AuthorizationType(r.Authorization),
		AuthorizerId: optional(r.AuthorizerID), AuthorizationScopes: r.Scopes, OperationName: optional(r.OperationName),
		ApiKeyRequired: aws.Bool(false),
	}
	if r.Managed {
		s.ApiGatewayManaged = aws.Bool(true)
	}
	return s
}

// webSocketRoute are the members of a route that HTTP APIs do not have.
type webSocketRoute struct {
	apiKey         *bool
	models         map[string]string
	parameters     map[string]types.ParameterConstraints
	modelSelection *string
	replySelection *string
}

func (w webSocketRoute) check() error {
	return webSocketOnly(
		refusalIf{yes(w.apiKey), "ApiKeyRequired"},
		refusalIf{len(w.models) > 0, "RequestModels"},
		refusalIf{len(w.parameters) > 0, "RequestParameters"},
		refusalIf{text(w.modelSelection) != "", "ModelSelectionExpression"},
		refusalIf{text(w.replySelection) != "", "RouteResponseSelectionExpression"},
	)
}

// settleRoute holds a route against the rest of its API: its target is there,
// and its authorizer is of the kind that its authorization type wants.
func settleRoute(ctx context.Context, tx *store.Tx, r *gateway.HTTPRoute) error {
	if err := r.Check(); err != nil {
		return err
	}
	if id := r.IntegrationID(); id != "" {
		_, err := integrations.Get(ctx, tx, r.APIID, id)
		if errors.Is(err, store.ErrNotFound) {
			return badRequest("Invalid Integration identifier specified %s", id)
		}
		if err != nil {
			return err
		}
	}
	if r.AuthorizerID == "" {
		return nil
	}
	a, err := authorizers.Get(ctx, tx, r.APIID, r.AuthorizerID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (a.Type == gateway.AuthorizerJWT) != (r.Authorization == gateway.AuthorizationJWT) {
		return gateway.NoAuthorizer(r.Authorization)
	}
	return err
}

func orKeyTaken(err error, key string) error {
	if errors.Is(err, store.ErrExists) {
		return conflict("Route with key %s already exists for this API", key)
	}
	return err
}

func (svc *Service) createRoute(ctx context.Context, call *access.Call, in *apigatewayv2.CreateRouteInput) (*apigatewayv2.CreateRouteOutput, error) {
	if err := (webSocketRoute{in.ApiKeyRequired, in.RequestModels, in.RequestParameters, in.ModelSelectionExpression, in.RouteResponseSelectionExpression}).check(); err != nil {
		return nil, err
	}
	made := &gateway.HTTPRoute{
		APIID: text(in.ApiId), ID: svc.chance.Identifier(routeIDLength), Key: text(in.RouteKey), Target: text(in.Target),
		Authorization: string(in.AuthorizationType), AuthorizerID: text(in.AuthorizerId), Scopes: in.AuthorizationScopes,
		OperationName: text(in.OperationName),
	}
	if made.Authorization == "" {
		made.Authorization = gateway.AuthorizationNone
	}
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		if err := settleRoute(ctx, tx, made); err != nil {
			return err
		}
		if err := within(ctx, tx, routes, api.ID, "Routes", maxRoutes); err != nil {
			return err
		}
		if err := orKeyTaken(routes.Insert(ctx, tx, made), made.Key); err != nil {
			return err
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.CreateRouteOutput](routeShape(made)), nil
}

func (svc *Service) getRoute(ctx context.Context, call *access.Call, in *apigatewayv2.GetRouteInput) (*apigatewayv2.GetRouteOutput, error) {
	r, err := readRoute(ctx, svc.db, call, in.ApiId, in.RouteId)
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.GetRouteOutput](routeShape(r)), nil
}

func (svc *Service) getRoutes(ctx context.Context, call *access.Call, in *apigatewayv2.GetRoutesInput) (*apigatewayv2.GetRoutesOutput, error) {
	items, next, err := partsOf(ctx, svc, call, list[gateway.HTTPRoute]{"GetRoutes", ofAPIAfter, routes, func(row *gateway.HTTPRoute) string { return row.ID }},
		in.ApiId, in.NextToken, in.MaxResults, routeShape)
	if err != nil {
		return nil, err
	}
	return &apigatewayv2.GetRoutesOutput{Items: items, NextToken: next}, nil
}

// updateRoute changes a route. With the authorization type NONE or AWS_IAM its
// authorizer and scopes go: AWS's clients do not send them away.
func (svc *Service) updateRoute(ctx context.Context, call *access.Call, in *apigatewayv2.UpdateRouteInput) (*apigatewayv2.UpdateRouteOutput, error) {
	if err := (webSocketRoute{in.ApiKeyRequired, in.RequestModels, in.RequestParameters, in.ModelSelectionExpression, in.RouteResponseSelectionExpression}).check(); err != nil {
		return nil, err
	}
	var changed *gateway.HTTPRoute
	var key string
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		changed, err = routes.Update(ctx, tx, func(r *gateway.HTTPRoute) error {
			if r.Managed && in.RouteKey != nil && *in.RouteKey != r.Key {
				return badRequest("The key of a route that was created with its API is changed by UpdateApi")
			}
			updateRouteOf(r, in)
			key = r.Key
			return settleRoute(ctx, tx, r)
		}, api.ID, text(in.RouteId))
		if err != nil {
			return orNotFound(err, "Route", text(in.RouteId))
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	if err := orKeyTaken(err, key); err != nil {
		return nil, err
	}
	return as[apigatewayv2.UpdateRouteOutput](routeShape(changed)), nil
}

func updateRouteOf(r *gateway.HTTPRoute, in *apigatewayv2.UpdateRouteInput) {
	change(&r.Key, in.RouteKey)
	change(&r.Target, in.Target)
	change(&r.OperationName, in.OperationName)
	if in.AuthorizationType != "" {
		r.Authorization = string(in.AuthorizationType)
		if in.AuthorizationType == types.AuthorizationTypeNone || in.AuthorizationType == types.AuthorizationTypeAwsIam {
			r.AuthorizerID, r.Scopes = "", nil
		}
		if in.AuthorizationType == types.AuthorizationTypeCustom {
			r.Scopes = nil
		}
	}
	change(&r.AuthorizerID, in.AuthorizerId)
	changeList(&r.Scopes, in.AuthorizationScopes)
}

func (svc *Service) deleteRoute(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteRouteInput) (*apigatewayv2.DeleteRouteOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		if err := routes.Delete(ctx, tx, api.ID, text(in.RouteId)); err != nil {
			return orNotFound(err, "Route", text(in.RouteId))
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	return &apigatewayv2.DeleteRouteOutput{}, err
}
