package httpapi

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func authorizerShape(a *gateway.HTTPAuthorizer) types.Authorizer {
	s := types.Authorizer{
		AuthorizerId: &a.ID, Name: &a.Name, AuthorizerType: types.AuthorizerType(a.Type), IdentitySource: a.IdentitySources,
		IdentityValidationExpression: optional(a.Validation),
	}
	if a.Type == gateway.AuthorizerJWT {
		s.JwtConfiguration = &types.JWTConfiguration{Audience: a.Audience, Issuer: &a.Issuer}
		return s
	}
	s.AuthorizerUri, s.AuthorizerCredentialsArn = &a.URI, optional(a.CredentialsARN)
	s.AuthorizerPayloadFormatVersion, s.EnableSimpleResponses = &a.PayloadVersion, &a.SimpleResponses
	s.AuthorizerResultTtlInSeconds = a.TTLSeconds
	return s
}

func (svc *Service) createAuthorizer(ctx context.Context, call *access.Call, in *apigatewayv2.CreateAuthorizerInput) (*apigatewayv2.CreateAuthorizerOutput, error) {
	made := &gateway.HTTPAuthorizer{
		APIID: text(in.ApiId), ID: svc.chance.Identifier(gateway.PartIDLength), Name: text(in.Name), Type: string(in.AuthorizerType),
		IdentitySources: in.IdentitySource, Validation: text(in.IdentityValidationExpression),
		URI: text(in.AuthorizerUri), CredentialsARN: text(in.AuthorizerCredentialsArn), PayloadVersion: text(in.AuthorizerPayloadFormatVersion),
		SimpleResponses: yes(in.EnableSimpleResponses), TTLSeconds: in.AuthorizerResultTtlInSeconds,
	}
	if in.JwtConfiguration != nil {
		made.Issuer, made.Audience = text(in.JwtConfiguration.Issuer), in.JwtConfiguration.Audience
	}
	if err := made.Check(call.Region); err != nil {
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
		if err := within(ctx, tx, authorizers, api.ID, "Authorizers", maxAuthorizers); err != nil {
			return err
		}
		if err := orNameTaken(authorizers.Insert(ctx, tx, made), made.Name); err != nil {
			return err
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.CreateAuthorizerOutput](authorizerShape(made)), nil
}

func orNameTaken(err error, name string) error {
	if errors.Is(err, store.ErrExists) {
		return conflict("Authorizer name must be unique. Authorizer %s already exists in this API.", name)
	}
	return err
}

func (svc *Service) getAuthorizer(ctx context.Context, call *access.Call, in *apigatewayv2.GetAuthorizerInput) (*apigatewayv2.GetAuthorizerOutput, error) {
	a, err := readAuthorizer(ctx, svc.db, call, in.ApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.GetAuthorizerOutput](authorizerShape(a)), nil
}

func (svc *Service) getAuthorizers(ctx context.Context, call *access.Call, in *apigatewayv2.GetAuthorizersInput) (*apigatewayv2.GetAuthorizersOutput, error) {
	items, next, err := partsOf(ctx, svc, call, list[gateway.HTTPAuthorizer]{"GetAuthorizers", ofAPIAfter, authorizers, func(row *gateway.HTTPAuthorizer) string { return row.ID }},
		in.ApiId, in.NextToken, in.MaxResults, authorizerShape)
	if err != nil {
		return nil, err
	}
	return &apigatewayv2.GetAuthorizersOutput{Items: items, NextToken: next}, nil
}

func (svc *Service) updateAuthorizer(ctx context.Context, call *access.Call, in *apigatewayv2.UpdateAuthorizerInput) (*apigatewayv2.UpdateAuthorizerOutput, error) {
	var changed *gateway.HTTPAuthorizer
	var name string
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		changed, err = authorizers.Update(ctx, tx, func(a *gateway.HTTPAuthorizer) error {
			if in.AuthorizerType != "" && string(in.AuthorizerType) != a.Type {
				// Routes name their authorizer together with its kind.
				return badRequest("The type of an authorizer cannot be changed")
			}
			held := credentials{a.CredentialsARN, a.URI}
			updateAuthorizerOf(a, in)
			if err := svc.mayAim(call, held, credentials{a.CredentialsARN, a.URI}); err != nil {
				return err
			}
			name = a.Name
			return a.Check(api.Region)
		}, api.ID, text(in.AuthorizerId))
		if err != nil {
			return orNotFound(err, "Authorizer", text(in.AuthorizerId))
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	if err := orNameTaken(err, name); err != nil {
		return nil, err
	}
	return as[apigatewayv2.UpdateAuthorizerOutput](authorizerShape(changed)), nil
}

func updateAuthorizerOf(a *gateway.HTTPAuthorizer, in *apigatewayv2.UpdateAuthorizerInput) {
	change(&a.Name, in.Name)
	change(&a.Validation, in.IdentityValidationExpression)
	change(&a.URI, in.AuthorizerUri)
	change(&a.CredentialsARN, in.AuthorizerCredentialsArn)
	change(&a.PayloadVersion, in.AuthorizerPayloadFormatVersion)
	change(&a.SimpleResponses, in.EnableSimpleResponses)
	changeList(&a.IdentitySources, in.IdentitySource)
	if in.AuthorizerResultTtlInSeconds != nil {
		a.TTLSeconds = in.AuthorizerResultTtlInSeconds
	}
	if in.JwtConfiguration != nil {
		change(&a.Issuer, in.JwtConfiguration.Issuer)
		changeList(&a.Audience, in.JwtConfiguration.Audience)
	}
}

// deleteAuthorizer refuses while a route relies on it: the next deployment
// would have a route that nobody can pass.
func (svc *Service) deleteAuthorizer(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteAuthorizerInput) (*apigatewayv2.DeleteAuthorizerOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		a, err := readAuthorizer(ctx, tx, call, in.ApiId, in.AuthorizerId)
		if err != nil {
			return err
		}
		using, err := routes.List(ctx, tx, routesBehind, api.ID, a.ID)
		if err != nil {
			return err
		}
		if len(using) > 0 {
			return conflict("Cannot delete authorizer '%s', is referenced in route: %s", a.Name, using[0].Key)
		}
		if err := authorizers.Delete(ctx, tx, api.ID, a.ID); err != nil {
			return err
		}
		return svc.deployChange(ctx, tx, call, api)
	})
	return &apigatewayv2.DeleteAuthorizerOutput{}, err
}
