package restapi

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

const noResponse = "Invalid Response status code specified"

func methodResponseShape(r gateway.MethodResponse, status string) types.MethodResponse {
	return types.MethodResponse{StatusCode: &status, ResponseModels: r.Models, ResponseParameters: r.Parameters}
}

func integrationResponseShape(r gateway.IntegrationResponse, status string) types.IntegrationResponse {
	return types.IntegrationResponse{
		StatusCode: &status, SelectionPattern: r.Selection,
		ResponseParameters: r.Parameters, ResponseTemplates: r.Templates,
	}
}

var (
	statusCode      = regexp.MustCompile(`^[2-5][0-9][0-9]$`)
	responseHeader  = regexp.MustCompile("^method\\.response\\.header\\.[a-zA-Z0-9!#$%&'*+.^_`|~-]+$")
	headerValueText = regexp.MustCompile(`^[\x20-\x7e\t]*$`)
)

func checkStatus(status string) error {
	if !statusCode.MatchString(status) {
		return badRequest("Invalid status code specified: must be between 200 and 599")
	}
	return nil
}

// checkMethodResponse: models that exist, headers by their names.
func checkMethodResponse(r gateway.MethodResponse) error {
	for name := range r.Parameters {
		if !responseHeader.MatchString(name) {
			return badRequest("Invalid mapping expression specified: %s", name)
		}
	}
	return checkModels(r.Models)
}

func (svc *Service) putMethodResponse(ctx context.Context, call *access.Call, in *apigateway.PutMethodResponseInput) (*apigateway.PutMethodResponseOutput, error) {
	status := text(in.StatusCode)
	if err := checkStatus(status); err != nil {
		return nil, err
	}
	made := gateway.MethodResponse{Models: in.ResponseModels, Parameters: in.ResponseParameters}
	if err := checkMethodResponse(made); err != nil {
		return nil, err
	}
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		if _, there := m.Responses[status]; there {
			return conflict("Response already exists for this resource")
		}
		setEntry(&m.Responses, status, made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.PutMethodResponseOutput](methodResponseShape(made, status)), nil
}

func (svc *Service) getMethodResponse(ctx context.Context, call *access.Call, in *apigateway.GetMethodResponseInput) (*apigateway.GetMethodResponseOutput, error) {
	m, err := svc.method(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	r, ok := m.Responses[text(in.StatusCode)]
	if !ok {
		return nil, notFound(noResponse)
	}
	return as[apigateway.GetMethodResponseOutput](methodResponseShape(r, text(in.StatusCode))), nil
}

func (svc *Service) updateMethodResponse(ctx context.Context, call *access.Call, in *apigateway.UpdateMethodResponseInput) (*apigateway.UpdateMethodResponseOutput, error) {
	status := text(in.StatusCode)
	var changed gateway.MethodResponse
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		r, ok := m.Responses[status]
		if !ok {
			return notFound(noResponse)
		}
		if err := methodResponsePatch(&r).applyPlainly(in.PatchOperations); err != nil {
			return err
		}
		if err := checkMethodResponse(r); err != nil {
			return err
		}
		m.Responses[status], changed = r, r
		if m.Integration == nil {
			return nil
		}
		if own, there := m.Integration.Responses[status]; there { // which may set a header that was taken away
			return checkIntegrationResponse(m, status, own)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateMethodResponseOutput](methodResponseShape(changed, status)), nil
}

func methodResponsePatch(r *gateway.MethodResponse) patch {
	setParameter := func(k, v string) error {
		setEntry(&r.Parameters, k, v == "true")
		return nil
	}
	parameters := patchable{path: "/responseParameters/*", add: setParameter, replace: setParameter, remove: takeEntry(&r.Parameters, noParameter)}
	return patch{
		known(entries("/responseModels/*", &r.Models, noContentType), &r.Models, noContentType),
		known(parameters, &r.Parameters, noParameter),
	}
}

func (svc *Service) deleteMethodResponse(ctx context.Context, call *access.Call, in *apigateway.DeleteMethodResponseInput) (*apigateway.DeleteMethodResponseOutput, error) {
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		if _, ok := m.Responses[text(in.StatusCode)]; !ok {
			return notFound(noResponse)
		}
		delete(m.Responses, text(in.StatusCode))
		return nil
	})
	return &apigateway.DeleteMethodResponseOutput{}, err
}

// checkIntegrationResponse: literal headers that the method response declares, literal templates.
func checkIntegrationResponse(m *gateway.Method, status string, r gateway.IntegrationResponse) error {
	if _, err := regexp.Compile(text(r.Selection)); err != nil {
		return badRequest("Invalid selection pattern specified: not a regular expression of the RE2 syntax")
	}
	for contentType, template := range r.Templates {
		if err := checkTemplate(contentType, template); err != nil {
			return err
		}
	}
	for target, source := range r.Parameters {
		if _, declared := m.Responses[status].Parameters[target]; !declared {
			return badRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]", target)
		}
		value, ok := gateway.Literal(source)
		if !ok {
			return unsupported("A response parameter that is not a 'literal' in single quotes (" + target + ")")
		}
		if !headerValueText.MatchString(value) {
			return badRequest("Invalid mapping expression specified: %s is not a header value", target)
		}
	}
	return nil
}

func (svc *Service) putIntegrationResponse(ctx context.Context, call *access.Call, in *apigateway.PutIntegrationResponseInput) (*apigateway.PutIntegrationResponseOutput, error) {
	if in.ContentHandling != "" {
		return nil, unsupported("Content handling (contentHandling)")
	}
	status := text(in.StatusCode)
	made := gateway.IntegrationResponse{Selection: in.SelectionPattern, Parameters: in.ResponseParameters, Templates: in.ResponseTemplates}
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		if m.Integration == nil {
			return notFound(noIntegration)
		}
		if err := checkIntegrationResponse(m, status, made); err != nil {
			return err
		}
		setEntry(&m.Integration.Responses, status, made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.PutIntegrationResponseOutput](integrationResponseShape(made, status)), nil
}

func (svc *Service) getIntegrationResponse(ctx context.Context, call *access.Call, in *apigateway.GetIntegrationResponseInput) (*apigateway.GetIntegrationResponseOutput, error) {
	m, err := svc.method(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	if m.Integration == nil {
		return nil, notFound(noIntegration)
	}
	r, ok := m.Integration.Responses[text(in.StatusCode)]
	if !ok {
		return nil, notFound(noResponse)
	}
	return as[apigateway.GetIntegrationResponseOutput](integrationResponseShape(r, text(in.StatusCode))), nil
}

func (svc *Service) updateIntegrationResponse(ctx context.Context, call *access.Call, in *apigateway.UpdateIntegrationResponseInput) (*apigateway.UpdateIntegrationResponseOutput, error) {
	status := text(in.StatusCode)
	var changed gateway.IntegrationResponse
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		if m.Integration == nil {
			return notFound(noIntegration)
		}
		r, ok := m.Integration.Responses[status]
		if !ok {
			return notFound(noResponse)
		}
		err := patch{
			{path: "/selectionPattern", replace: func(_, v string) error { r.Selection = &v; return nil }},
			entries("/responseParameters/*", &r.Parameters, noParameter),
			entries("/responseTemplates/*", &r.Templates, noContentType),
			notYet("/contentHandling", "Content handling (contentHandling)"),
		}.apply(in.PatchOperations)
		if err == nil {
			err = checkIntegrationResponse(m, status, r)
		}
		m.Integration.Responses[status], changed = r, r
		return err
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateIntegrationResponseOutput](integrationResponseShape(changed, status)), nil
}

func (svc *Service) deleteIntegrationResponse(ctx context.Context, call *access.Call, in *apigateway.DeleteIntegrationResponseInput) (*apigateway.DeleteIntegrationResponseOutput, error) {
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		if m.Integration == nil {
			return notFound(noIntegration)
		}
		if _, ok := m.Integration.Responses[text(in.StatusCode)]; !ok {
			return notFound(noResponse)
		}
		delete(m.Integration.Responses, text(in.StatusCode))
		return nil
	})
	if missing, ok := errors.AsType[*types.NotFoundException](err); ok && missing.ErrorMessage() == noMethod {
		err = notFound(noIntegration) // as AWS words it here alone
	}
	return &apigateway.DeleteIntegrationResponseOutput{}, err
}
