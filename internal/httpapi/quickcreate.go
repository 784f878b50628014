package httpapi

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// quick is what CreateApi makes of a target beside the API: an integration, a
// route to it and the stage $default, which deploys by itself. They are managed:
// UpdateApi changes them, and some of it only UpdateApi may.
type quick struct {
	route       *gateway.HTTPRoute
	integration *gateway.HTTPIntegration
}

// quickCreate reads a target, nil for none.
func (svc *Service) quickCreate(call *access.Call, api *API, in *apigatewayv2.CreateApiInput) (*quick, error) {
	if text(in.Target) == "" {
		if text(in.RouteKey) != "" || text(in.CredentialsArn) != "" {
			return nil, badRequest("A route key or credentials can only be given together with a target")
		}
		return nil, nil
	}
	q := &quick{
		&gateway.HTTPRoute{
			APIID: api.ID, ID: svc.chance.Identifier(routeIDLength), Key: gateway.DefaultRoute, Authorization: gateway.AuthorizationNone, Managed: true,
		},
		&gateway.HTTPIntegration{APIID: api.ID, ID: svc.chance.Identifier(routeIDLength), TimeoutMillis: defaultTimeout, Managed: true},
	}
	if text(in.RouteKey) != "" {
		q.route.Key = *in.RouteKey
	}
	q.route.Target = gateway.TargetOf(q.integration.ID)
	aim(q.integration, *in.Target)
	q.integration.CredentialsARN = text(in.CredentialsArn)
	if err := q.route.Check(); err != nil {
		return nil, err
	}
	if err := q.integration.Check(api.Region); err != nil {
		return nil, err
	}
	return q, svc.mayPass(call, q.integration.CredentialsARN)
}

// aim points a managed integration at a function or a URL.
func aim(i *gateway.HTTPIntegration, target string) {
	i.URI = target
	if strings.HasPrefix(target, "arn:") {
		i.Type, i.Method, i.PayloadVersion = gateway.IntegrationLambda, "POST", gateway.PayloadTwo
		return
	}
	i.Type, i.Method, i.PayloadVersion = gateway.IntegrationHTTP, gateway.AnyVerb, gateway.PayloadOne
}

func (q *quick) insert(ctx context.Context, tx *store.Tx, svc *Service, call *access.Call, api *API) error {
	if err := integrations.Insert(ctx, tx, q.integration); err != nil {
		return err
	}
	if err := routes.Insert(ctx, tx, q.route); err != nil {
		return err
	}
	now := call.Time.UnixMilli()
	err := stages.Insert(ctx, tx, &gateway.Stage{
		APIID: api.ID, Name: gateway.DefaultRoute, Region: api.Region, HTTP: true, AutoDeploy: true, Managed: true, Created: now, Updated: now,
	})
	if err != nil {
		return err
	}
	return svc.deployChange(ctx, tx, call, api)
}

// updateManaged changes what quick create has made.
func (svc *Service) updateManaged(ctx context.Context, tx *store.Tx, call *access.Call, api *API, in *apigatewayv2.UpdateApiInput) error {
	if text(in.Target) == "" && text(in.RouteKey) == "" && in.CredentialsArn == nil {
		return nil
	}
	all, err := routes.List(ctx, tx, ofAPI, api.ID)
	if err != nil {
		return err
	}
	var route *gateway.HTTPRoute
	for _, r := range all {
		if r.Managed {
			route = r
		}
	}
	if route == nil {
		return badRequest("A target, a route key or credentials can only be updated for an API that was created with a target")
	}
	if text(in.RouteKey) != "" {
		_, err := routes.Update(ctx, tx, func(r *gateway.HTTPRoute) error {
			r.Key = *in.RouteKey
			return r.Check()
		}, api.ID, route.ID)
		if err != nil {
			return err
		}
	}
	_, err = integrations.Update(ctx, tx, func(i *gateway.HTTPIntegration) error {
		held := credentials{i.CredentialsARN, i.URI}
		if text(in.Target) != "" {
			aim(i, *in.Target)
		}
		change(&i.CredentialsARN, in.CredentialsArn)
		if err := svc.mayAim(call, held, credentials{i.CredentialsARN, i.URI}); err != nil {
			return err
		}
		return i.Check(api.Region)
	}, api.ID, route.IntegrationID())
	if errors.Is(err, store.ErrNotFound) {
		return badRequest("The integration that was created with the API is no longer there")
	}
	return err
}
