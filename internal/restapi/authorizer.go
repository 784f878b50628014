package restapi

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func authorizerShape(a *gateway.Authorizer) types.Authorizer {
	return types.Authorizer{
		Id: &a.ID, Name: &a.Name, Type: types.AuthorizerType(a.Type), AuthType: optional(a.AuthType),
		IdentitySource: optional(a.IdentitySource), IdentityValidationExpression: optional(a.Validation),
		AuthorizerResultTtlInSeconds: a.TTLSeconds, ProviderARNs: a.ProviderARNs,
		AuthorizerUri: optional(a.URI), AuthorizerCredentials: optional(a.CredentialsARN),
	}
}

func (svc *Service) createAuthorizer(ctx context.Context, call *access.Call, in *apigateway.CreateAuthorizerInput) (*apigateway.CreateAuthorizerOutput, error) {
	made := &gateway.Authorizer{
		APIID: text(in.RestApiId), ID: svc.chance.Identifier(gateway.PartIDLength), Name: text(in.Name), Type: string(in.Type),
		AuthType: text(in.AuthType), IdentitySource: text(in.IdentitySource), Validation: text(in.IdentityValidationExpression),
		TTLSeconds: in.AuthorizerResultTtlInSeconds, ProviderARNs: in.ProviderARNs,
		URI: text(in.AuthorizerUri), CredentialsARN: text(in.AuthorizerCredentials),
	}
	if made.IdentitySource == "" && made.Type == gateway.AuthorizationCognito {
		made.IdentitySource = gateway.HeaderSource + "Authorization"
	}
	if err := svc.checkAuthorizer(call, made, ""); err != nil {
		return nil, err
	}
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, in.RestApiId); err != nil {
			if _, unknown := errors.AsType[*types.NotFoundException](err); unknown {
				// AWS's own answer for an API that is not there.
				return conflict("Unable to complete operation due to concurrent modification. Please try again later.")
			}
			return err
		}
		if n, err := authorizers.Count(ctx, tx, everythingOfAPI, made.APIID); err != nil {
			return err
		} else if n >= maxAuthorizers {
			return limitExceeded("Maximum number of Authorizers for this API has been reached (%d)", maxAuthorizers)
		}
		return orNameTaken(authorizers.Insert(ctx, tx, made), made.Name)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.CreateAuthorizerOutput](authorizerShape(made)), nil
}

// checkAuthorizer holds a to what can be served, and its new role to one that
// whoever calls may hand out. held is the role that it had before.
func (svc *Service) checkAuthorizer(call *access.Call, a *gateway.Authorizer, held string) error {
	if err := a.Check(); err != nil {
		return err
	}
	if a.URI != "" {
		if err := gateway.CheckFunctionURI(call.Region, a.URI); err != nil {
			return err
		}
	}
	if a.CredentialsARN == held {
		return nil
	}
	return svc.mayHandOut(call, a.CredentialsARN)
}

func orNameTaken(err error, name string) error {
	if errors.Is(err, store.ErrExists) {
		return conflict("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", name)
	}
	return err
}

func (svc *Service) getAuthorizer(ctx context.Context, call *access.Call, in *apigateway.GetAuthorizerInput) (*apigateway.GetAuthorizerOutput, error) {
	a, err := readAuthorizer(ctx, svc.db, call, in.RestApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetAuthorizerOutput](authorizerShape(a)), nil
}

func (svc *Service) getAuthorizers(ctx context.Context, call *access.Call, in *apigateway.GetAuthorizersInput) (*apigateway.GetAuthorizersOutput, error) {
	items, position, err := partsOf(ctx, svc, call, list[gateway.Authorizer]{"GetAuthorizers", authorizers, func(row *gateway.Authorizer) string { return row.ID }},
		in.RestApiId, in.Position, in.Limit, authorizerShape)
	if err != nil {
		return nil, err
	}
	return &apigateway.GetAuthorizersOutput{Items: items, Position: position}, nil
}

func (svc *Service) updateAuthorizer(ctx context.Context, call *access.Call, in *apigateway.UpdateAuthorizerInput) (*apigateway.UpdateAuthorizerOutput, error) {
	var changed *gateway.Authorizer
	var name string
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		before, err := readAuthorizer(ctx, tx, call, in.RestApiId, in.AuthorizerId)
		if err != nil {
			return err
		}
		changed, err = authorizers.Update(ctx, tx, func(a *gateway.Authorizer) error {
			if err := authorizerPatch(a).apply(in.PatchOperations); err != nil {
				return err
			}
			name = a.Name
			return svc.checkAuthorizer(call, a, before.CredentialsARN)
		}, before.APIID, before.ID)
		if err != nil {
			return err
		}
		if methodType(before.Type) == methodType(changed.Type) {
			return nil
		}
		return unreferenced(ctx, tx, before) // its methods ask for the other type of authorization
	})
	if err != nil {
		return nil, orNameTaken(orNotFound(err, "Invalid Authorizer identifier specified"), name)
	}
	return as[apigateway.UpdateAuthorizerOutput](authorizerShape(changed)), nil
}

func authorizerPatch(a *gateway.Authorizer) patch {
	return patch{
		{path: "/name", replace: setText(&a.Name)},
		{path: "/type", replace: setText(&a.Type)},
		{path: "/authType", replace: setText(&a.AuthType)},
		{path: "/identitySource", replace: setText(&a.IdentitySource)},
		{path: "/identityValidationExpression", replace: setText(&a.Validation)},
		{path: "/authorizerResultTtlInSeconds", replace: func(_, v string) error {
			n, err := strconv.ParseInt(v, 10, 32)
			if err != nil {
				return badRequest("Invalid authorizer result TTL specified: must be between 0 and 3600 seconds")
			}
			seconds := int32(n)
			a.TTLSeconds = &seconds
			return nil
		}},
		{path: "/providerARNs", add: func(_, v string) error {
			if !slices.Contains(a.ProviderARNs, v) {
				a.ProviderARNs = append(a.ProviderARNs, v)
			}
			return nil
		}, remove: func(_, v string) error {
			i := slices.Index(a.ProviderARNs, v)
			if i < 0 {
				return notFound("Invalid Authorizer provider ARN specified")
			}
			a.ProviderARNs = slices.Delete(a.ProviderARNs, i, i+1)
			return nil
		}},
		{path: "/authorizerUri", replace: setText(&a.URI)},
		{path: "/authorizerCredentials", replace: setText(&a.CredentialsARN)},
	}
}

// deleteAuthorizer refuses while a method relies on it: the next deployment
// would have a method that nobody can pass.
func (svc *Service) deleteAuthorizer(ctx context.Context, call *access.Call, in *apigateway.DeleteAuthorizerInput) (*apigateway.DeleteAuthorizerOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		a, err := readAuthorizer(ctx, tx, call, in.RestApiId, in.AuthorizerId)
		if err != nil {
			return err
		}
		if err := unreferenced(ctx, tx, a); err != nil {
			return err
		}
		return authorizers.Delete(ctx, tx, api.ID, a.ID)
	})
	return &apigateway.DeleteAuthorizerOutput{}, err
}

// unreferenced says ConflictException while a method names the authorizer.
func unreferenced(ctx context.Context, tx *store.Tx, a *gateway.Authorizer) error {
	all, err := resources.List(ctx, tx, ofAPI, a.APIID)
	if err != nil {
		return err
	}
	for _, r := range all {
		for verb, m := range r.Methods {
			if m.AuthorizerID == a.ID {
				return conflict("Authorizer %s is referenced by method: %s %s", a.ID, verb, r.Path)
			}
		}
	}
	return nil
}

// methodType is the authorization type of the methods that an authorizer can guard.
func methodType(authorizerType string) string {
	if authorizerType == gateway.AuthorizationCognito {
		return gateway.AuthorizationCognito
	}
	return gateway.AuthorizationCustom
}
