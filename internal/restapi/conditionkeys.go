package restapi

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
)

// keys are what is noted of one call.
type keys struct{ gateway.ConditionKeys }

// patched are the keys that patch operations speak for. Of several operations on
// a path the last decides, here as in the row: nobody gets by a policy with a
// value that another one replaces.
var patched = map[string]string{
	"/name":                             gateway.KeyAPIName,
	"/endpointConfiguration/types/*":    gateway.KeyEndpointType,
	"/disableExecuteApiEndpoint":        gateway.KeyEndpointDisabled,
	"/authorizationType":                gateway.KeyAuthorization,
	"/apiKeyRequired":                   gateway.KeyAPIKeyRequired,
	"/type":                             gateway.KeyAuthorizerType,
	"/authorizerUri":                    gateway.KeyAuthorizerURI,
	"/accessLogSettings/destinationArn": gateway.KeyLogDestination,
	"/accessLogSettings/format":         gateway.KeyLogFormat,
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
				if key == gateway.KeyAuthorization {
					value = authorizationOf(value)
				}
				c.Note(gateway.KeyOfRequest, key, value)
			}
		}
	}
}

// asksFor notes what a call would make of something.
func (c keys) asksFor(in any) {
	switch in := in.(type) {
	case *apigateway.CreateRestApiInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAPIName, text(in.Name))
		c.Note(gateway.KeyOfRequest, gateway.KeyEndpointDisabled, strconv.FormatBool(in.DisableExecuteApiEndpoint))
		kind := types.EndpointTypeEdge
		if in.EndpointConfiguration != nil && len(in.EndpointConfiguration.Types) > 0 {
			kind = in.EndpointConfiguration.Types[0] // of which there is one, or the handler refuses
		}
		c.Note(gateway.KeyOfRequest, gateway.KeyEndpointType, string(kind))
	case *apigateway.UpdateRestApiInput:
		c.patches(in.PatchOperations, gateway.KeyAPIName, gateway.KeyEndpointDisabled, gateway.KeyEndpointType)
	case *apigateway.PutMethodInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorization, authorizationOf(text(in.AuthorizationType)))
		c.Note(gateway.KeyOfRequest, gateway.KeyAPIKeyRequired, strconv.FormatBool(in.ApiKeyRequired))
	case *apigateway.UpdateMethodInput:
		c.patches(in.PatchOperations, gateway.KeyAuthorization, gateway.KeyAPIKeyRequired)
	case *apigateway.CreateAuthorizerInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorizerType, string(in.Type))
		c.Note(gateway.KeyOfRequest, gateway.KeyAuthorizerURI, text(in.AuthorizerUri))
	case *apigateway.UpdateAuthorizerInput:
		c.patches(in.PatchOperations, gateway.KeyAuthorizerType, gateway.KeyAuthorizerURI)
	case *apigateway.CreateDeploymentInput:
		c.Note(gateway.KeyOfRequest, gateway.KeyStageName, text(in.StageName))
	case *apigateway.UpdateStageInput:
		c.patches(in.PatchOperations, gateway.KeyLogDestination, gateway.KeyLogFormat)
	}
}

// describePart notes what a call would change or delete, as it is now.
func (svc *Service) describePart(ctx context.Context, c keys, call *access.Call, in any, api *API) error {
	switch in := in.(type) {
	case *apigateway.UpdateRestApiInput, *apigateway.DeleteRestApiInput:
		c.Note(gateway.KeyOfResource, gateway.KeyAPIName, api.Name)
		c.Note(gateway.KeyOfResource, gateway.KeyEndpointType, api.EndpointType)
		c.Note(gateway.KeyOfResource, gateway.KeyEndpointDisabled, strconv.FormatBool(api.EndpointDisabled))
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
	c.Note(gateway.KeyOfResource, gateway.KeyAuthorization, m.Authorization)
	c.Note(gateway.KeyOfResource, gateway.KeyAPIKeyRequired, "false")
	return nil
}

func (svc *Service) describeAuthorizer(ctx context.Context, c keys, call *access.Call, apiID, id *string) error {
	a, err := readAuthorizer(ctx, svc.db, call, apiID, id)
	if err != nil {
		return err
	}
	c.Note(gateway.KeyOfResource, gateway.KeyAuthorizerType, a.Type)
	c.Note(gateway.KeyOfResource, gateway.KeyAuthorizerURI, a.URI)
	return nil
}
