package httpapi

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

const defaultTimeout = 30000 // milliseconds

func integrationShape(i *gateway.HTTPIntegration) types.Integration {
	s := types.Integration{
		IntegrationId: &i.ID, IntegrationType: types.IntegrationType(i.Type), IntegrationMethod: optional(i.Method), IntegrationUri: optional(i.URI),
		ConnectionType: types.ConnectionTypeInternet, CredentialsArn: optional(i.CredentialsARN), Description: optional(i.Description),
		PayloadFormatVersion: &i.PayloadVersion, TimeoutInMillis: &i.TimeoutMillis,
		RequestParameters: i.RequestParameters, ResponseParameters: i.ResponseParameters,
	}
	if i.Managed {
		s.ApiGatewayManaged = aws.Bool(true)
	}
	return s
}

// beyond are the members of an integration that are not supported, or that only
// WebSocket APIs have.
type beyond struct {
	kind                  types.IntegrationType
	connection            types.ConnectionType
	connectionID, subtype *string
	tls                   *types.TlsConfigInput
	content               types.ContentHandlingStrategy
	passthrough           types.PassthroughBehavior
	templates             map[string]string
	templateSelection     *string
}

func (b beyond) check() error {
	if err := firstRefusal(
		refusalIf{b.kind == types.IntegrationTypeAws || b.kind == types.IntegrationTypeHttp || b.kind == types.IntegrationTypeMock, "The integration type " + string(b.kind)},
		refusalIf{text(b.subtype) != "", "The integration subtype " + text(b.subtype)},
		refusalIf{b.connection == types.ConnectionTypeVpcLink || text(b.connectionID) != "", "A VPC link (connectionType VPC_LINK)"},
		refusalIf{b.tls != nil && text(b.tls.ServerNameToVerify) != "", "The TLS configuration of a private integration (tlsConfig)"},
	); err != nil {
		return err
	}
	if b.connection != "" && b.connection != types.ConnectionTypeInternet {
		return badRequest("Invalid connection type specified: %s. Must be one of: INTERNET, VPC_LINK", b.connection)
	}
	return webSocketOnly(
		refusalIf{b.content != "", "ContentHandlingStrategy"},
		refusalIf{len(b.templates) > 0, "RequestTemplates"},
		refusalIf{text(b.templateSelection) != "", "TemplateSelectionExpression"},
		// WHEN_NO_MATCH is what clients send who have nothing to say.
		refusalIf{b.passthrough != "" && b.passthrough != types.PassthroughBehaviorWhenNoMatch, "PassthroughBehavior"},
	)
}

func (svc *Service) createIntegration(ctx context.Context, call *access.Call, in *apigatewayv2.CreateIntegrationInput) (*apigatewayv2.CreateIntegrationOutput, error) {
	if err := (beyond{
		in.IntegrationType, in.ConnectionType, in.ConnectionId, in.IntegrationSubtype, in.TlsConfig,
		in.ContentHandlingStrategy, in.PassthroughBehavior, in.RequestTemplates, in.TemplateSelectionExpression,
	}).check(); err != nil {
		return nil, err
	}
	made := &gateway.HTTPIntegration{
		APIID: text(in.ApiId), ID: svc.chance.Identifier(routeIDLength), Description: text(in.Description),
		Type: string(in.IntegrationType), Method: text(in.IntegrationMethod), URI: text(in.IntegrationUri),
		PayloadVersion: text(in.PayloadFormatVersion), TimeoutMillis: defaultTimeout, CredentialsARN: text(in.CredentialsArn),
		RequestParameters: in.RequestParameters, ResponseParameters: in.ResponseParameters,
	}
	change(&made.TimeoutMillis, in.TimeoutInMillis)
	complete(made)
	if err := checkIntegration(made, call.Region); err != nil {
		return nil, err
	}
	if err := svc.mayPass(call, made.CredentialsARN); err != nil {
		return nil, err
	}
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		if err := within(ctx, tx, integrations, api.ID, "Integrations", maxIntegrations); err != nil {
			return err
		}
		if err := integrations.Insert(ctx, tx, made); err != nil {
			return err
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.CreateIntegrationOutput](integrationShape(made)), nil
}

// complete sets what there is only one of.
func complete(i *gateway.HTTPIntegration) {
	if i.Type == gateway.IntegrationLambda && i.Method == "" {
		i.Method = "POST"
	}
	if i.Type == gateway.IntegrationHTTP && i.PayloadVersion == "" {
		i.PayloadVersion = gateway.PayloadOne
	}
}

func checkIntegration(i *gateway.HTTPIntegration, region string) error {
	if err := checkLength("description", i.Description, longestDescription); err != nil {
		return err
	}
	return i.Check(region)
}

func (svc *Service) getIntegration(ctx context.Context, call *access.Call, in *apigatewayv2.GetIntegrationInput) (*apigatewayv2.GetIntegrationOutput, error) {
	i, err := readIntegration(ctx, svc.db, call, in.ApiId, in.IntegrationId)
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.GetIntegrationOutput](integrationShape(i)), nil
}

func (svc *Service) getIntegrations(ctx context.Context, call *access.Call, in *apigatewayv2.GetIntegrationsInput) (*apigatewayv2.GetIntegrationsOutput, error) {
	items, next, err := partsOf(ctx, svc, call, list[gateway.HTTPIntegration]{"GetIntegrations", ofAPIAfter, integrations, func(row *gateway.HTTPIntegration) string { return row.ID }},
		in.ApiId, in.NextToken, in.MaxResults, integrationShape)
	if err != nil {
		return nil, err
	}
	return &apigatewayv2.GetIntegrationsOutput{Items: items, NextToken: next}, nil
}

func (svc *Service) updateIntegration(ctx context.Context, call *access.Call, in *apigatewayv2.UpdateIntegrationInput) (*apigatewayv2.UpdateIntegrationOutput, error) {
	if err := (beyond{
		in.IntegrationType, in.ConnectionType, in.ConnectionId, in.IntegrationSubtype, in.TlsConfig,
		in.ContentHandlingStrategy, in.PassthroughBehavior, in.RequestTemplates, in.TemplateSelectionExpression,
	}).check(); err != nil {
		return nil, err
	}
	var changed *gateway.HTTPIntegration
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		changed, err = integrations.Update(ctx, tx, func(i *gateway.HTTPIntegration) error {
			held := credentials{i.CredentialsARN, i.URI}
			updateIntegrationOf(i, in)
			if err := svc.mayAim(call, held, credentials{i.CredentialsARN, i.URI}); err != nil {
				return err
			}
			return checkIntegration(i, api.Region)
		}, api.ID, text(in.IntegrationId))
		if err != nil {
			return orNotFound(err, "Integration", text(in.IntegrationId))
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.UpdateIntegrationOutput](integrationShape(changed)), nil
}

// updateIntegrationOf also tells what it is not told: a parameter without a
// value is taken away, and a status without parameters.
func updateIntegrationOf(i *gateway.HTTPIntegration, in *apigatewayv2.UpdateIntegrationInput) {
	if in.IntegrationType != "" {
		i.Type = string(in.IntegrationType)
	}
	change(&i.Description, in.Description)
	change(&i.Method, in.IntegrationMethod)
	change(&i.URI, in.IntegrationUri)
	change(&i.PayloadVersion, in.PayloadFormatVersion)
	change(&i.TimeoutMillis, in.TimeoutInMillis)
	change(&i.CredentialsARN, in.CredentialsArn)
	merge(&i.RequestParameters, in.RequestParameters)
	if in.ResponseParameters == nil {
		return
	}
	merged := maps.Clone(i.ResponseParameters)
	if merged == nil {
		merged = map[string]map[string]string{}
	}
	for status, parameters := range in.ResponseParameters {
		var left map[string]string
		if merge(&left, parameters); len(left) > 0 {
			merged[status] = left
		} else {
			delete(merged, status)
		}
	}
	i.ResponseParameters = merged
}

// deleteIntegration refuses while a route leads to it.
func (svc *Service) deleteIntegration(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteIntegrationInput) (*apigatewayv2.DeleteIntegrationOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		i, err := readIntegration(ctx, tx, call, in.ApiId, in.IntegrationId)
		if err != nil {
			return err
		}
		if i.Managed {
			return badRequest("An integration that was created with its API cannot be deleted")
		}
		using, err := routes.List(ctx, tx, routesTo, api.ID, i.ID)
		if err != nil {
			return err
		}
		if len(using) > 0 {
			var ids []string
			for _, r := range using {
				ids = append(ids, r.ID)
			}
			return conflict("Cannot delete Integration because it is referenced by the following Routes with Ids: [%s]", strings.Join(ids, ", "))
		}
		if err := integrations.Delete(ctx, tx, api.ID, i.ID); err != nil {
			return err
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	return &apigatewayv2.DeleteIntegrationOutput{}, err
}
