package httpapi

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/gateway"
)

// keys are what is noted of one call.
type keys struct{ gateway.ConditionKeys }

func (c keys) noteFlag(whose, key string, value *bool) {
	if value != nil {
		c.Note(whose, key, strconv.FormatBool(*value))
	}
}

func (c keys) noteLog(whose string, l *types.AccessLogSettings) {
	if l != nil {
		c.Note(whose, gateway.KeyLogDestination, text(l.DestinationArn))
		c.Note(whose, gateway.KeyLogFormat, text(l.Format))
	}
}

// asksFor notes what a call would make of something. What it leaves out but would
// make all the same is noted, too: a route without a type is open to all.
func (c keys) asksFor(in any) {
	switch in := in.(type) {
	case *apigatewayv2.CreateApiInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAPIName, text(in.Name))
		c.Note(gateway.KeyOfRequest, gateway.KeyEndpointType, regional)
		c.Note(gateway.KeyOfRequest, gateway.KeyEndpointDisabled, strconv.FormatBool(yes(in.DisableExecuteApiEndpoint)))
		if text(in.Target) != "" { // which makes a route
			c.Note(gateway.KeyOfRequest, gateway.KeyAuthorization, gateway.AuthorizationNone)
		}
	case *apigatewayv2.UpdateApiInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAPIName, text(in.Name))
		c.noteFlag(gateway.KeyOfRequest, gateway.KeyEndpointDisabled, in.DisableExecuteApiEndpoint)
	case *apigatewayv2.CreateRouteInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorization, gateway.AuthorizationNone)
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorization, string(in.AuthorizationType))
		c.Note(gateway.KeyOfRequest, gateway.KeyAPIKeyRequired, strconv.FormatBool(yes(in.ApiKeyRequired)))
	case *apigatewayv2.UpdateRouteInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorization, string(in.AuthorizationType))
		c.noteFlag(gateway.KeyOfRequest, gateway.KeyAPIKeyRequired, in.ApiKeyRequired)
	case *apigatewayv2.CreateAuthorizerInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorizerType, string(in.AuthorizerType))
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorizerURI, text(in.AuthorizerUri))
	case *apigatewayv2.UpdateAuthorizerInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorizerType, string(in.AuthorizerType))
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorizerURI, text(in.AuthorizerUri))
	case *apigatewayv2.CreateDeploymentInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyStageName, text(in.StageName))
	case *apigatewayv2.CreateStageInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyStageName, text(in.StageName))
		c.noteLog(gateway.KeyOfRequest, in.AccessLogSettings)
	case *apigatewayv2.UpdateStageInput:
		c.noteLog(gateway.KeyOfRequest, in.AccessLogSettings)
	}
}

// regional is the one type of endpoint that HTTP APIs have.
const regional = "REGIONAL"

// describe notes what a call would change or delete, as it is now. What is not
// there says nothing.
func (svc *Service) describe(ctx context.Context, c keys, in any, api *API) error {
	switch in := in.(type) {
	case *apigatewayv2.UpdateApiInput, *apigatewayv2.DeleteApiInput:
		c.Note(gateway.KeyOfResource, gateway.KeyAPIName, api.Name)
		c.Note(gateway.KeyOfResource, gateway.KeyEndpointType, regional)
		c.Note(gateway.KeyOfResource, gateway.KeyEndpointDisabled, strconv.FormatBool(api.EndpointDisabled))
	case *apigatewayv2.UpdateRouteInput:
		return svc.describeRoute(ctx, c, api, in.RouteId)
	case *apigatewayv2.DeleteRouteInput:
		return svc.describeRoute(ctx, c, api, in.RouteId)
	case *apigatewayv2.UpdateAuthorizerInput:
		return svc.describeAuthorizer(ctx, c, api, in.AuthorizerId)
	case *apigatewayv2.DeleteAuthorizerInput:
		return svc.describeAuthorizer(ctx, c, api, in.AuthorizerId)
	}
	return nil
}

func (svc *Service) describeRoute(ctx context.Context, c keys, api *API, id *string) error {
	r, err := routes.Get(ctx, svc.db, api.ID, text(id))
	if err == nil {
		c.Note(gateway.KeyOfResource, gateway.KeyAuthorization, r.Authorization)
		c.Note(gateway.KeyOfResource, gateway.KeyAPIKeyRequired, "false")
	}
	return err
}

func (svc *Service) describeAuthorizer(ctx context.Context, c keys, api *API, id *string) error {
	a, err := authorizers.Get(ctx, svc.db, api.ID, text(id))
	if err == nil {
		c.Note(gateway.KeyOfResource, gateway.KeyAuthorizerType, a.Type)
		c.Note(gateway.KeyOfResource, gateway.KeyAuthorizerURI, a.URI)
	}
	return err
}
