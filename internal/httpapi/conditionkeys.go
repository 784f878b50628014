package httpapi

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
)

// API Gateway's own condition keys: what a call would make, and what it would
// change or delete. With them a policy can forbid routes that are open to all, or
// authorizers of foreign functions, whoever may edit the API.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
const (
	ofRequest  = "apigateway:request/"
	ofResource = "apigateway:resource/"

	keyAPIName          = "apiname"
	keyEndpointType     = "endpointtype"
	keyEndpointDisabled = "disableexecuteapiendpoint"
	keyAuthorization    = "routeauthorizationtype"
	keyAPIKeyRequired   = "apikeyrequired"
	keyAuthorizerType   = "authorizertype"
	keyAuthorizerURI    = "authorizeruri"
	keyStageName        = "stagename"
	keyLogDestination   = "accessloggingdestination"
	keyLogFormat        = "accessloggingformat"
)

// keys are what is noted of one call.
type keys struct{ access.Keys }

// note sets a key to the one value that counts.
func (c keys) note(whose, key, value string) { c.One(whose+key, value) }

func (c keys) noteFlag(whose, key string, value *bool) {
	if value != nil {
		c.note(whose, key, strconv.FormatBool(*value))
	}
}

func (c keys) noteLog(whose string, l *types.AccessLogSettings) {
	if l != nil {
		c.note(whose, keyLogDestination, text(l.DestinationArn))
		c.note(whose, keyLogFormat, text(l.Format))
	}
}

// asksFor notes what a call would make of something. What it leaves out but would
// make all the same is noted, too: a route without a type is open to all.
func (c keys) asksFor(in any) {
	switch in := in.(type) {
	case *apigatewayv2.CreateApiInput:
		c.note(ofRequest, keyAPIName, text(in.Name))
		c.note(ofRequest, keyEndpointType, regional)
		c.note(ofRequest, keyEndpointDisabled, strconv.FormatBool(yes(in.DisableExecuteApiEndpoint)))
		if text(in.Target) != "" { // which makes a route
			c.note(ofRequest, keyAuthorization, gateway.AuthorizationNone)
		}
	case *apigatewayv2.UpdateApiInput:
		c.note(ofRequest, keyAPIName, text(in.Name))
		c.noteFlag(ofRequest, keyEndpointDisabled, in.DisableExecuteApiEndpoint)
	case *apigatewayv2.CreateRouteInput:
		c.note(ofRequest, keyAuthorization, gateway.AuthorizationNone)
		c.note(ofRequest, keyAuthorization, string(in.AuthorizationType))
		c.note(ofRequest, keyAPIKeyRequired, strconv.FormatBool(yes(in.ApiKeyRequired)))
	case *apigatewayv2.UpdateRouteInput:
		c.note(ofRequest, keyAuthorization, string(in.AuthorizationType))
		c.noteFlag(ofRequest, keyAPIKeyRequired, in.ApiKeyRequired)
	case *apigatewayv2.CreateAuthorizerInput:
		c.note(ofRequest, keyAuthorizerType, string(in.AuthorizerType))
		c.note(ofRequest, keyAuthorizerURI, text(in.AuthorizerUri))
	case *apigatewayv2.UpdateAuthorizerInput:
		c.note(ofRequest, keyAuthorizerType, string(in.AuthorizerType))
		c.note(ofRequest, keyAuthorizerURI, text(in.AuthorizerUri))
	case *apigatewayv2.CreateDeploymentInput:
		c.note(ofRequest, keyStageName, text(in.StageName))
	case *apigatewayv2.CreateStageInput:
		c.note(ofRequest, keyStageName, text(in.StageName))
		c.noteLog(ofRequest, in.AccessLogSettings)
	case *apigatewayv2.UpdateStageInput:
		c.noteLog(ofRequest, in.AccessLogSettings)
	}
}

// regional is the one type of endpoint that HTTP APIs have.
const regional = "REGIONAL"

// describe notes what a call would change or delete, as it is now. What is not
// there says nothing.
func (svc *Service) describe(ctx context.Context, c keys, in any, api *API) error {
	switch in := in.(type) {
	case *apigatewayv2.UpdateApiInput, *apigatewayv2.DeleteApiInput:
		c.note(ofResource, keyAPIName, api.Name)
		c.note(ofResource, keyEndpointType, regional)
		c.note(ofResource, keyEndpointDisabled, strconv.FormatBool(api.EndpointDisabled))
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
		c.note(ofResource, keyAuthorization, r.Authorization)
		c.note(ofResource, keyAPIKeyRequired, "false")
	}
	return err
}

func (svc *Service) describeAuthorizer(ctx context.Context, c keys, api *API, id *string) error {
	a, err := authorizers.Get(ctx, svc.db, api.ID, text(id))
	if err == nil {
		c.note(ofResource, keyAuthorizerType, a.Type)
		c.note(ofResource, keyAuthorizerURI, a.URI)
	}
	return err
}
