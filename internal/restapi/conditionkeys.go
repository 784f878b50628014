package restapi

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
)

// API Gateway's own condition keys: what a call would make, and what it would
// change or delete. With them a policy can forbid methods that are open to all, or
// authorizers of foreign functions, whoever may edit the API.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
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

// patched are the keys that patch operations speak for. Of several operations on
// a path the last decides, here as in the row: nobody gets by a policy with a
// value that another one replaces.
var patched = map[string]string{
	"/name":                             keyAPIName,
	"/endpointConfiguration/types/*":    keyEndpointType,
	"/disableExecuteApiEndpoint":        keyEndpointDisabled,
	"/authorizationType":                keyAuthorization,
	"/apiKeyRequired":                   keyAPIKeyRequired,
	"/type":                             keyAuthorizerType,
	"/authorizerUri":                    keyAuthorizerURI,
	"/accessLogSettings/destinationArn": keyLogDestination,
	"/accessLogSettings/format":         keyLogFormat,
}

func (c keys) patches(operations []types.PatchOperation, keys ...string) {
	for _, op := range operations {
		for path, key := range patched {
			if _, ok := matchPatchPath(path, text(op.Path)); !ok {
				continue
			}
			for _, wanted := range keys {
				if key != wanted {
					continue
				}
				value := text(op.Value)
				if key == keyAuthorization {
					value = authorizationOf(value)
				}
				c.note(ofRequest, key, value)
			}
		}
	}
}

// asksFor notes what a call would make of something.
func (c keys) asksFor(in any) {
	switch in := in.(type) {
	case *apigateway.CreateRestApiInput:
		c.note(ofRequest, keyAPIName, text(in.Name))
		c.note(ofRequest, keyEndpointDisabled, strconv.FormatBool(in.DisableExecuteApiEndpoint))
		kind := types.EndpointTypeEdge
		if in.EndpointConfiguration != nil && len(in.EndpointConfiguration.Types) > 0 {
			kind = in.EndpointConfiguration.Types[0] // of which there is one, or the handler refuses
		}
		c.note(ofRequest, keyEndpointType, string(kind))
	case *apigateway.UpdateRestApiInput:
		c.patches(in.PatchOperations, keyAPIName, keyEndpointDisabled, keyEndpointType)
	case *apigateway.PutMethodInput:
		c.note(ofRequest, keyAuthorization, authorizationOf(text(in.AuthorizationType)))
		c.note(ofRequest, keyAPIKeyRequired, strconv.FormatBool(in.ApiKeyRequired))
	case *apigateway.UpdateMethodInput:
		c.patches(in.PatchOperations, keyAuthorization, keyAPIKeyRequired)
	case *apigateway.CreateAuthorizerInput:
		c.note(ofRequest, keyAuthorizerType, string(in.Type))
		c.note(ofRequest, keyAuthorizerURI, text(in.AuthorizerUri))
	case *apigateway.UpdateAuthorizerInput:
		c.patches(in.PatchOperations, keyAuthorizerType, keyAuthorizerURI)
	case *apigateway.CreateDeploymentInput:
		c.note(ofRequest, keyStageName, text(in.StageName))
	case *apigateway.UpdateStageInput:
		c.patches(in.PatchOperations, keyLogDestination, keyLogFormat)
	}
}

// describePart notes what a call would change or delete, as it is now.
func (svc *Service) describePart(ctx context.Context, c keys, call *access.Call, in any, api *API) error {
	switch in := in.(type) {
	case *apigateway.UpdateRestApiInput, *apigateway.DeleteRestApiInput:
		c.note(ofResource, keyAPIName, api.Name)
		c.note(ofResource, keyEndpointType, api.EndpointType)
		c.note(ofResource, keyEndpointDisabled, strconv.FormatBool(api.EndpointDisabled))
	case *apigateway.UpdateMethodInput:
		return svc.describeMethod(ctx, c, call, &api.ID, in.ResourceId, in.HttpMethod)
	case *apigateway.DeleteMethodInput:
		return svc.describeMethod(ctx, c, call, &api.ID, in.ResourceId, in.HttpMethod)
	case *apigateway.UpdateAuthorizerInput:
		return svc.describeAuthorizer(ctx, c, call, &api.ID, in.AuthorizerId)
	case *apigateway.DeleteAuthorizerInput:
		return svc.describeAuthorizer(ctx, c, call, &api.ID, in.AuthorizerId)
	}
	return nil
}

func (svc *Service) describeMethod(ctx context.Context, c keys, call *access.Call, apiID, resourceID, verb *string) error {
	m, err := svc.method(ctx, call, apiID, resourceID, verb)
	if err != nil {
		return err
	}
	c.note(ofResource, keyAuthorization, m.Authorization)
	c.note(ofResource, keyAPIKeyRequired, "false")
	return nil
}

func (svc *Service) describeAuthorizer(ctx context.Context, c keys, call *access.Call, apiID, id *string) error {
	a, err := readAuthorizer(ctx, svc.db, call, apiID, id)
	if err != nil {
		return err
	}
	c.note(ofResource, keyAuthorizerType, a.Type)
	c.note(ofResource, keyAuthorizerURI, a.URI)
	return nil
}
