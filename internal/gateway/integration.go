package gateway

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	noIntegration  = "Invalid Integration identifier specified"
	longestTimeout = 29000 // milliseconds
	leastTimeout   = 50
)

func (i *Integration) shape() types.Integration {
	s := types.Integration{
		Type: types.IntegrationType(i.Type), HttpMethod: optional(i.Method), Uri: optional(i.URI),
		TimeoutInMillis: i.TimeoutMillis, PassthroughBehavior: &i.Passthrough, CacheNamespace: optional(i.CacheNamespace),
		CacheKeyParameters: []string{}, RequestParameters: i.RequestParameters, RequestTemplates: i.RequestTemplates,
	}
	for status, r := range i.Responses {
		setEntry(&s.IntegrationResponses, status, r.shape(status))
	}
	return s
}

func (g *Gateway) putIntegration(ctx context.Context, call *access.Call, in *apigateway.PutIntegrationInput) (*apigateway.PutIntegrationOutput, error) {
	if err := firstRefusal(
		refusalIf{in.Type == types.IntegrationTypeAws || in.Type == types.IntegrationTypeHttp, "The integration type " + string(in.Type)},
		refusalIf{in.ConnectionType == types.ConnectionTypeVpcLink || text(in.ConnectionId) != "", "A VPC link (connectionType VPC_LINK)"},
		refusalIf{in.ContentHandling != "", "Content handling (contentHandling)"},
		refusalIf{text(in.Credentials) != "", "Calling an integration under a role (credentials)"},
		refusalIf{len(in.CacheKeyParameters) > 0, "Caching (cacheKeyParameters)"},
		refusalIf{in.TlsConfig != nil && in.TlsConfig.InsecureSkipVerification, "Skipping the verification of a backend's certificate (tlsConfig)"},
		refusalIf{in.ResponseTransferMode != "" && in.ResponseTransferMode != types.ResponseTransferModeBuffered, "Response streaming (responseTransferMode)"},
		refusalIf{text(in.IntegrationTarget) != "", "An integration target (integrationTarget)"},
	); err != nil {
		return nil, err
	}
	made := &Integration{
		Type: string(in.Type), Method: text(in.IntegrationHttpMethod), URI: text(in.Uri),
		TimeoutMillis: longestTimeout, Passthrough: "WHEN_NO_MATCH", CacheNamespace: text(in.CacheNamespace),
		RequestParameters: in.RequestParameters, RequestTemplates: in.RequestTemplates,
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
	_, err := g.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, r *Resource, m *Method) error {
		if err := checkIntegration(call, r, m, made); err != nil {
			return err
		}
		m.Integration = made
		return nil
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.PutIntegrationOutput](made.shape()), nil
}

func checkIntegration(call *access.Call, r *Resource, m *Method, i *Integration) error {
	if i.TimeoutMillis < leastTimeout || i.TimeoutMillis > longestTimeout {
		return badRequest("Timeout should be between 50 ms and 29000 ms")
	}
	if !slices.Contains([]string{"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"}, i.Passthrough) {
		return badRequest("Invalid passthrough behavior specified. Must be one of: WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER")
	}
	if i.Type != integrationMock && !isVerb(i.Method) && !(i.Type == integrationHTTP && i.Method == anyVerb) {
		return badRequest("Enumeration value for HttpMethod must be non-empty and one of GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY")
	}
	for contentType, template := range i.RequestTemplates {
		if err := checkTemplate(contentType, template); err != nil {
			return err
		}
	}
	switch i.Type {
	case integrationLambda:
		if len(i.RequestParameters) > 0 {
			return unsupported("Parameter mapping towards a function (requestParameters with AWS_PROXY)")
		}
		return checkFunctionURI(call.Region, i.URI)
	case integrationHTTP:
		if err := checkBackendURI(i.URI); err != nil {
			return err
		}
		return checkMappings(r.Path, m, i)
	case integrationMock:
		if len(i.RequestParameters) > 0 {
			return unsupported("Parameter mapping of a MOCK integration (requestParameters)")
		}
		return nil
	}
	return badRequest("Enumeration value for integration type must be non-empty and one of HTTP, AWS, MOCK, HTTP_PROXY, AWS_PROXY")
}

// stageVariable is a reference to one. AWS allows these in URIs alone.
var stageVariable = regexp.MustCompile(`\$\{stageVariables\.([a-zA-Z0-9_]+)\}`)

// functionURI: arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function ARN}/invocations.
var functionURI = regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:([a-z0-9-]+):lambda:path/(?:[0-9-]+/)functions/(.+)/invocations$`)

// functionARN with an optional version or alias.
var functionARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]{1,64}(?::[a-zA-Z0-9$_-]{1,128})?$`)

func checkFunctionURI(region, uri string) error {
	parts := functionURI.FindStringSubmatch(uri)
	if parts == nil {
		return badRequest("Invalid ARN specified in the request")
	}
	if parts[1] != region {
		return badRequest("AWS ARN for integration contains invalid region or path")
	}
	// What a stage variable stands for is known, and checked, per stage.
	arn := stageVariable.ReplaceAllString(parts[2], "0")
	if arn == parts[2] && !functionARN.MatchString(arn) || strings.ContainsAny(arn, "${} ") {
		return badRequest("Invalid function ARN or invalid uri")
	}
	return nil
}

// checkBackendURI wants http or https, a host, and no variable of the path in it.
func checkBackendURI(uri string) error {
	plain := stageVariable.ReplaceAllString(uri, "v")
	u, err := url.Parse(pathVariable.ReplaceAllString(plain, "v"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return badRequest("Invalid HTTP endpoint specified for URI")
	}
	if u.User != nil || u.Fragment != "" {
		return badRequest("Invalid HTTP endpoint specified for URI: it can hold neither a user nor a fragment")
	}
	authority, _, _ := strings.Cut(plain[strings.Index(plain, "://")+3:], "/")
	if strings.ContainsAny(authority, "{}?#") {
		return badRequest("Invalid HTTP endpoint specified for URI: a path variable can stand in the path only")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err == nil && (n < 1 || n > 65535) {
			return badRequest("Invalid HTTP endpoint specified for URI: no such port")
		}
	}
	return nil
}

func (g *Gateway) getIntegration(ctx context.Context, call *access.Call, in *apigateway.GetIntegrationInput) (*apigateway.GetIntegrationOutput, error) {
	m, err := g.method(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	if m.Integration == nil {
		return nil, notFound(noIntegration)
	}
	return as[apigateway.GetIntegrationOutput](m.Integration.shape()), nil
}

func (g *Gateway) updateIntegration(ctx context.Context, call *access.Call, in *apigateway.UpdateIntegrationInput) (*apigateway.UpdateIntegrationOutput, error) {
	m, err := g.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, r *Resource, m *Method) error {
		if m.Integration == nil {
			return notFound(noIntegration)
		}
		if err := m.Integration.patch().apply(in.PatchOperations); err != nil {
			return err
		}
		return checkIntegration(call, r, m, m.Integration)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateIntegrationOutput](m.Integration.shape()), nil
}

func (i *Integration) patch() patch {
	setIn := func(m *map[string]string) func(string, string) error {
		return func(k, v string) error { setEntry(m, k, v); return nil }
	}
	removeFrom := func(m *map[string]string) func(string, string) error {
		return func(k, _ string) error { delete(*m, k); return nil }
	}
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
		{path: "/requestParameters/*", add: setIn(&i.RequestParameters), replace: setIn(&i.RequestParameters), remove: removeFrom(&i.RequestParameters)},
		{path: "/requestTemplates/*", add: setIn(&i.RequestTemplates), replace: setIn(&i.RequestTemplates), remove: removeFrom(&i.RequestTemplates)},
		notYet("/credentials", "Calling an integration under a role (credentials)"),
		notYet("/connectionType", "A VPC link (connectionType)"),
		notYet("/connectionId", "A VPC link (connectionId)"),
		notYet("/contentHandling", "Content handling (contentHandling)"),
		notYet("/tlsConfig/insecureSkipVerification", "Skipping the verification of a backend's certificate (tlsConfig)"),
	}
}

func (g *Gateway) deleteIntegration(ctx context.Context, call *access.Call, in *apigateway.DeleteIntegrationInput) (*apigateway.DeleteIntegrationOutput, error) {
	_, err := g.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *Resource, m *Method) error {
		if m.Integration == nil {
			return notFound(noIntegration)
		}
		m.Integration = nil
		return nil
	})
	return &apigateway.DeleteIntegrationOutput{}, err
}
