package restapi

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func methodShape(m *gateway.Method, verb string) types.Method {
	s := types.Method{
		HttpMethod: &verb, AuthorizationType: &m.Authorization, ApiKeyRequired: aws.Bool(false),
		AuthorizerId: optional(m.AuthorizerID), AuthorizationScopes: m.Scopes, OperationName: optional(m.OperationName),
		RequestModels: m.RequestModels, RequestParameters: m.RequestParameters,
	}
	for status, r := range m.Responses {
		setEntry(&s.MethodResponses, status, methodResponseShape(r, status))
	}
	if m.Integration != nil {
		i := integrationShape(m.Integration)
		s.MethodIntegration = &i
	}
	return s
}

const wantAuthorizer = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."

// checkAuthorization: is what m demands of its callers something that the data plane can prove?
func checkAuthorization(ctx context.Context, tx *store.Tx, call *access.Call, apiID *string, m *gateway.Method) error {
	switch m.Authorization {
	case gateway.AuthorizationNone, gateway.AuthorizationIAM:
		if m.AuthorizerID != "" || len(m.Scopes) > 0 {
			return badRequest("A method with the authorization type %s can have neither an authorizer nor authorization scopes", m.Authorization)
		}
		return nil
	case gateway.AuthorizationCustom:
		if len(m.Scopes) > 0 {
			return badRequest("A method with the authorization type CUSTOM cannot have authorization scopes")
		}
	case gateway.AuthorizationCognito:
	default:
		return badRequest("Invalid authorization type specified. Must be one of: NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS")
	}
	for _, scope := range m.Scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n\"\\") {
			return badRequest("Invalid authorization scope specified: a scope is a text without spaces")
		}
	}
	if m.AuthorizerID == "" {
		return badRequest(wantAuthorizer)
	}
	a, err := readAuthorizer(ctx, tx, call, apiID, &m.AuthorizerID)
	if _, gone := errors.AsType[*types.NotFoundException](err); gone || err == nil && methodType(a.Type) != m.Authorization {
		return badRequest(wantAuthorizer)
	}
	return err
}

var requestParameter = regexp.MustCompile(`^method\.request\.(?:path|querystring|header|multivalue(?:querystring|header))\.[a-zA-Z0-9._$-]+$`)

// checkRequestParameters: parameters of the request, and no name in two places.
func checkRequestParameters(parameters map[string]bool) error {
	places := map[string]string{} // by name
	for parameter := range parameters {
		if !requestParameter.MatchString(parameter) {
			return badRequest("Invalid mapping expression specified: %s", parameter)
		}
		part := strings.SplitN(parameter, ".", 4)
		place, name := strings.TrimPrefix(part[2], "multivalue"), part[3]
		if before := places[name]; before != "" && before != place {
			return badRequest("Parameter names must be unique across querystring, header and path")
		}
		places[name] = place
	}
	return nil
}

// checkModels accepts the two models that every API has: there are no others.
func checkModels(models map[string]string) error {
	for _, model := range models {
		if model != "Empty" && model != "Error" {
			return badRequest("Invalid model identifier specified: %s", model)
		}
	}
	return nil
}

func (svc *Service) putMethod(ctx context.Context, call *access.Call, in *apigateway.PutMethodInput) (*apigateway.PutMethodOutput, error) {
	verb := text(in.HttpMethod)
	m := &gateway.Method{
		Authorization: authorizationOf(text(in.AuthorizationType)), AuthorizerID: text(in.AuthorizerId), Scopes: in.AuthorizationScopes,
		OperationName: text(in.OperationName), RequestModels: in.RequestModels, RequestParameters: in.RequestParameters,
	}
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readPlace(ctx, tx, call, in.RestApiId, in.ResourceId); err != nil {
			return err
		}
		if err := checkMethod(in); err != nil {
			return err
		}
		if err := checkAuthorization(ctx, tx, call, in.RestApiId, m); err != nil {
			return err
		}
		_, err := resources.Update(ctx, tx, func(r *gateway.Resource) error {
			if r.Methods[verb] != nil {
				return conflict("Method already exists for this resource")
			}
			setEntry(&r.Methods, verb, m)
			return nil
		}, text(in.RestApiId), text(in.ResourceId))
		return err
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.PutMethodOutput](methodShape(m, verb)), nil
}

// checkMethod holds a method to what needs nothing else to be known.
func checkMethod(in *apigateway.PutMethodInput) error {
	if verb := text(in.HttpMethod); !gateway.IsVerb(verb) && verb != gateway.AnyVerb {
		return badRequest("Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY")
	}
	if in.ApiKeyRequired {
		return unsupported("A required API key (apiKeyRequired)")
	}
	if text(in.RequestValidatorId) != "" { // there are none
		return badRequest(noValidator)
	}
	if err := checkModels(in.RequestModels); err != nil {
		return err
	}
	return checkRequestParameters(in.RequestParameters)
}

// method finds a method, or says which part of its address is wrong.
func (svc *Service) method(ctx context.Context, call *access.Call, apiID, resourceID, verb *string) (*gateway.Method, error) {
	r, err := readPlace(ctx, svc.db, call, apiID, resourceID)
	if err != nil {
		return nil, err
	}
	m := r.Methods[text(verb)]
	if m == nil {
		return nil, notFound(noMethod)
	}
	return m, nil
}

const (
	noMethod   = "Invalid Method identifier specified"
	noResource = "Invalid Resource identifier specified"
)

// changeMethod runs change on a method and writes its resource.
func (svc *Service) changeMethod(ctx context.Context, call *access.Call, apiID, resourceID, verb *string, change func(tx *store.Tx, r *gateway.Resource, m *gateway.Method) error) (*gateway.Method, error) {
	var changed *gateway.Method
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readPlace(ctx, tx, call, apiID, resourceID); err != nil {
			return err
		}
		_, err := resources.Update(ctx, tx, func(r *gateway.Resource) error {
			if changed = r.Methods[text(verb)]; changed == nil {
				return notFound(noMethod)
			}
			return change(tx, r, changed)
		}, text(apiID), text(resourceID))
		return err
	})
	return changed, err
}

func (svc *Service) getMethod(ctx context.Context, call *access.Call, in *apigateway.GetMethodInput) (*apigateway.GetMethodOutput, error) {
	m, err := svc.method(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetMethodOutput](methodShape(m, text(in.HttpMethod))), nil
}

func (svc *Service) updateMethod(ctx context.Context, call *access.Call, in *apigateway.UpdateMethodInput) (*apigateway.UpdateMethodOutput, error) {
	m, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(tx *store.Tx, _ *gateway.Resource, m *gateway.Method) error {
		if err := methodPatch(m).applyPlainly(in.PatchOperations); err != nil {
			return err
		}
		if err := checkModels(m.RequestModels); err != nil {
			return err
		}
		if err := checkAuthorization(ctx, tx, call, in.RestApiId, m); err != nil || m.Integration == nil {
			return err
		}
		return svc.mayActAs(call, m, m.Integration.CredentialsARN)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateMethodOutput](methodShape(m, text(in.HttpMethod))), nil
}

// authorizationOf is an authorization type as it is kept. AWS takes it in any case;
// what policies are asked about is what is kept, or "none" would pass by a deny of
// "NONE".
func authorizationOf(given string) string { return strings.ToUpper(given) }

func methodPatch(m *gateway.Method) patch {
	setParameter := func(k, v string) error {
		setEntry(&m.RequestParameters, k, v == "true")
		return checkRequestParameters(m.RequestParameters)
	}
	requestModels := entries("/requestModels/*", &m.RequestModels, noContentType)
	return patch{
		{path: "/authorizationType", replace: func(_, v string) error {
			v = authorizationOf(v)
			m.Authorization = v
			if v == gateway.AuthorizationNone || v == gateway.AuthorizationIAM { // what only the other types have goes with them
				m.AuthorizerID, m.Scopes = "", nil
			}
			return nil
		}},
		{path: "/authorizerId", replace: setText(&m.AuthorizerID)},
		{path: "/operationName", replace: setText(&m.OperationName)},
		{path: "/authorizationScopes", add: func(_, v string) error {
			if !slices.Contains(m.Scopes, v) {
				m.Scopes = append(m.Scopes, v)
			}
			return nil
		}, remove: func(_, v string) error {
			i := slices.Index(m.Scopes, v)
			if i < 0 {
				return notFound("Invalid authorization scope specified")
			}
			m.Scopes = slices.Delete(m.Scopes, i, i+1)
			return nil
		}},
		{path: "/requestParameters/*", add: setParameter, replace: setParameter, remove: takeEntry(&m.RequestParameters, noParameter)},
		requestModels,
		{path: "/apiKeyRequired", replace: func(_, v string) error {
			if v == "false" {
				return nil
			}
			return unsupported("A required API key (apiKeyRequired)")
		}},
		{path: "/requestValidatorId", replace: func(_, v string) error {
			if v == "" {
				return nil
			}
			return badRequest(noValidator)
		}},
	}
}

func (svc *Service) deleteMethod(ctx context.Context, call *access.Call, in *apigateway.DeleteMethodInput) (*apigateway.DeleteMethodOutput, error) {
	_, err := svc.changeMethod(ctx, call, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, r *gateway.Resource, _ *gateway.Method) error {
		delete(r.Methods, text(in.HttpMethod))
		return nil
	})
	return &apigateway.DeleteMethodOutput{}, err
}
