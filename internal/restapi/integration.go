package restapi

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	noIntegration  = "Invalid Integration identifier specified"
	longestTimeout = 29000 // milliseconds
	leastTimeout   = 50
)

func integrationShape(i *gateway.Integration) types.Integration {
	s := types.Integration{
		Type: types.IntegrationType(i.Type), HttpMethod: optional(i.Method), Uri: optional(i.URI),
		TimeoutInMillis: i.TimeoutMillis, PassthroughBehavior: &i.Passthrough, CacheNamespace: optional(i.CacheNamespace),
		Credentials: optional(i.CredentialsARN), CacheKeyParameters: []string{}, RequestParameters: i.RequestParameters, RequestTemplates: i.RequestTemplates,
	}
	for status, r := range i.Responses {
		setEntry(&s.IntegrationResponses, status, integrationResponseShape(r, status))
	}
	return s
}

func (svc *Service) putIntegration(ctx context.Context, call *access.Call, in *apigateway.PutIntegrationInput) (*apigateway.PutIntegrationOutput, error) {
	if err := firstRefusal(
		refusalIf{in.Type == types.IntegrationTypeAws || in.Type == types.IntegrationTypeHttp, "The integration type " + string(in.Type)},
		refusalIf{in.ConnectionType == types.ConnectionTypeVpcLink || text(in.ConnectionId) != "", "A VPC link (connectionType VPC_LINK)"},
		refusalIf{in.ContentHandling != "", "Content handling (contentHandling)"},
		refusalIf{len(in.CacheKeyParameters) > 0, "Caching (cacheKeyParameters)"},
		refusalIf{in.TlsConfig != nil && in.TlsConfig.InsecureSkipVerification, "Skipping the verification of a backend's certificate (tlsConfig)"},
		refusalIf{in.ResponseTransferMode != "" && in.ResponseTransferMode != types.ResponseTransferModeBuffered, "Response streaming (responseTransferMode)"},
		refusalIf{text(in.IntegrationTarget) != "", "An integration target (integrationTarget)"},
	); err != nil {
		return nil, err
	}
	made := &gateway.Integration{
		Type: string(in.Type), Method: text(in.IntegrationHttpMethod), URI: text(in.Uri),
		TimeoutMillis: longestTimeout, Passthrough: "WHEN_NO_MATCH", CacheNamespace: text(in.CacheNamespace),
		RequestParameters: in.RequestParameters, RequestTemplates: in.RequestTemplates, CredentialsARN: text(in.Credentials),
	}
	if in.TimeoutInMillis != nil {
		made.TimeoutMillis = *in.TimeoutInMillis
	}
	if p := text(in.PassthroughBehavior); p != "" {
		made.Passthrough = p
	}
	if made.CacheNamespace == "" {
		made.CacheNamespace = text(in.ResourceId)
	}
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, r *gateway.Resource, m *gateway.Method) error {
		if err := checkIntegration(call, r, m, made); err != nil {
			return err
		}
		held := ""
		if m.Integration != nil {
			held = m.Integration.CredentialsARN
		}
		m.Integration = made
		return svc.mayActAs(call, m, held)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.PutIntegrationOutput](integrationShape(made)), nil
}

func checkIntegration(call *access.Call, r *gateway.Resource, m *gateway.Method, i *gateway.Integration) error {
	if i.TimeoutMillis < leastTimeout || i.TimeoutMillis > longestTimeout {
		return badRequest("Timeout should be between 50 ms and 29000 ms")
	}
	if !slices.Contains([]string{"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"}, i.Passthrough) {
		return badRequest("Invalid passthrough behavior specified. Must be one of: WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER")
	}
	if i.Type != gateway.IntegrationMock && !gateway.IsVerb(i.Method) && !(i.Type == gateway.IntegrationHTTP && i.Method == gateway.AnyVerb) {
		return badRequest("Enumeration value for HttpMethod must be non-empty and one of GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY")
	}
	for contentType, template := range i.RequestTemplates {
		if err := checkTemplate(contentType, template); err != nil {
			return err
		}
	}
	if i.CredentialsARN != "" && i.Type != gateway.IntegrationLambda {
		return unsupported("Credentials of an integration that calls no function (credentials)")
	}
	if err := gateway.CheckCredentials(i.CredentialsARN, true); err != nil {
		return err
	}
	switch i.Type {
	case gateway.IntegrationLambda:
		if len(i.RequestParameters) > 0 {
			return unsupported("Parameter mapping towards a function (requestParameters with AWS_PROXY)")
		}
		return gateway.CheckFunctionURI(call.Region, i.URI)
	case gateway.IntegrationHTTP:
		if err := gateway.CheckBackendURI(i.URI); err != nil {
			return err
		}
		return gateway.CheckMappings(r.Path, m, i)
	case gateway.IntegrationMock:
		if len(i.RequestParameters) > 0 {
			return unsupported("Parameter mapping of a MOCK integration (requestParameters)")
		}
		return nil
	}
	return badRequest("Enumeration value for integration type must be non-empty and one of HTTP, AWS, MOCK, HTTP_PROXY, AWS_PROXY")
}

func (svc *Service) getIntegration(ctx context.Context, call *access.Call, in *apigateway.GetIntegrationInput) (*apigateway.GetIntegrationOutput, error) {
	m, err := svc.method(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	if m.Integration == nil {
		return nil, notFound(noIntegration)
	}
	return as[apigateway.GetIntegrationOutput](integrationShape(m.Integration)), nil
}

func (svc *Service) updateIntegration(ctx context.Context, call *access.Call, in *apigateway.UpdateIntegrationInput) (*apigateway.UpdateIntegrationOutput, error) {
	m, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, r *gateway.Resource, m *gateway.Method) error {
		if m.Integration == nil {
			return notFound(noIntegration)
		}
		held := m.Integration.CredentialsARN
		if err := integrationPatch(m.Integration).apply(in.PatchOperations); err != nil {
			return err
		}
		if err := checkIntegration(call, r, m, m.Integration); err != nil {
			return err
		}
		return svc.mayActAs(call, m, held)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateIntegrationOutput](integrationShape(m.Integration)), nil
}

func integrationPatch(i *gateway.Integration) patch {
	return patch{
		{path: "/uri", replace: setText(&i.URI)},
		{path: "/httpMethod", replace: setText(&i.Method)},
		{path: "/passthroughBehavior", replace: setText(&i.Passthrough)},
		{path: "/timeoutInMillis", replace: func(_, v string) error {
			n, err := strconv.ParseInt(v, 10, 32)
			if err != nil {
				return badRequest("Timeout should be between 50 ms and 29000 ms")
			}
			i.TimeoutMillis = int32(n)
			return nil
		}},
		entries("/requestParameters/*", &i.RequestParameters, noParameter),
		entries("/requestTemplates/*", &i.RequestTemplates, noContentType),
		{path: "/credentials", add: setText(&i.CredentialsARN), replace: setText(&i.CredentialsARN), remove: func(string, string) error { i.CredentialsARN = ""; return nil }},
		notYet("/connectionType", "A VPC link (connectionType)"),
		notYet("/connectionId", "A VPC link (connectionId)"),
		notYet("/contentHandling", "Content handling (contentHandling)"),
		notYet("/tlsConfig/insecureSkipVerification", "Skipping the verification of a backend's certificate (tlsConfig)"),
	}
}

func (svc *Service) deleteIntegration(ctx context.Context, call *access.Call, in *apigateway.DeleteIntegrationInput) (*apigateway.DeleteIntegrationOutput, error) {
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		if m.Integration == nil {
			return notFound(noIntegration)
		}
		m.Integration = nil
		return nil
	})
	return &apigateway.DeleteIntegrationOutput{}, err
}
