package gateway

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

func (a *Authorizer) shape() types.Authorizer {
	return types.Authorizer{
		Id: &a.ID, Name: &a.Name, Type: types.AuthorizerType(a.Type), AuthType: optional(a.AuthType),
		IdentitySource: &a.IdentitySource, IdentityValidationExpression: optional(a.Validation),
		AuthorizerResultTtlInSeconds: a.TTLSeconds, ProviderARNs: a.ProviderARNs,
	}
}

const headerSource = "method.request.header."

var (
	headerName  = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+.^_`|~-]+$")
	userPoolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):([0-9]{12}):userpool/([a-z0-9-]+_[0-9a-zA-Z]+)$`)
)

// check holds an authorizer to what the data plane can decide on.
func (a *Authorizer) check() error {
	if a.Name == "" {
		return badRequest("Authorizer name cannot be null or empty")
	}
	switch types.AuthorizerType(a.Type) {
	case types.AuthorizerTypeCognitoUserPools:
	case types.AuthorizerTypeToken, types.AuthorizerTypeRequest:
		return unsupported("The authorizer type " + a.Type)
	default:
		return badRequest("Invalid authorizer type specified. Must be one of: TOKEN, REQUEST, COGNITO_USER_POOLS")
	}
	if name, ok := strings.CutPrefix(a.IdentitySource, headerSource); !ok || !headerName.MatchString(name) {
		return badRequest("Invalid identity source specified: a COGNITO_USER_POOLS authorizer takes exactly one header, method.request.header.{name}")
	}
	if a.TTLSeconds != nil && (*a.TTLSeconds < 0 || *a.TTLSeconds > 3600) {
		return badRequest("Invalid authorizer result TTL specified: must be between 0 and 3600 seconds")
	}
	if _, err := validation(a.Validation); err != nil {
		return badRequest("Invalid identity validation expression specified: not a regular expression of the RE2 syntax")
	}
	if len(a.ProviderARNs) == 0 {
		return badRequest("Invalid Authorizer provider ARNs specified: at least one user pool ARN is required")
	}
	for _, arn := range a.ProviderARNs {
		if !userPoolARN.MatchString(arn) {
			return badRequest("Invalid Authorizer provider ARN specified: %s is not the ARN of a user pool", arn)
		}
	}
	return nil
}

// validation compiles an identityValidationExpression, anchored at the start.
func validation(expression string) (*regexp.Regexp, error) {
	if expression == "" {
		return nil, nil
	}
	return regexp.Compile(`^(?:` + expression + `)`)
}

func (g *Gateway) createAuthorizer(ctx context.Context, call *access.Call, in *apigateway.CreateAuthorizerInput) (*apigateway.CreateAuthorizerOutput, error) {
	made := &Authorizer{
		APIID: text(in.RestApiId), ID: g.chance.identifier(partIDLength), Name: text(in.Name), Type: string(in.Type),
		AuthType: text(in.AuthType), IdentitySource: text(in.IdentitySource), Validation: text(in.IdentityValidationExpression),
		TTLSeconds: in.AuthorizerResultTtlInSeconds, ProviderARNs: in.ProviderARNs,
	}
	if made.IdentitySource == "" && made.Type == authorizationCognito {
		made.IdentitySource = headerSource + "Authorization"
	}
	if err := made.check(); err != nil {
		return nil, err
	}
	if text(in.AuthorizerUri) != "" || text(in.AuthorizerCredentials) != "" {
		return nil, badRequest("A COGNITO_USER_POOLS authorizer has neither a URI nor credentials")
	}
	err := g.db.Write(ctx, func(tx *store.Tx) error {
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
	return as[apigateway.CreateAuthorizerOutput](made.shape()), nil
}

func orNameTaken(err error, name string) error {
	if errors.Is(err, store.ErrExists) {
		return conflict("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", name)
	}
	return err
}

func (g *Gateway) getAuthorizer(ctx context.Context, call *access.Call, in *apigateway.GetAuthorizerInput) (*apigateway.GetAuthorizerOutput, error) {
	a, err := readAuthorizer(ctx, g.db, call, in.RestApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetAuthorizerOutput](a.shape()), nil
}

func (g *Gateway) getAuthorizers(ctx context.Context, call *access.Call, in *apigateway.GetAuthorizersInput) (*apigateway.GetAuthorizersOutput, error) {
	api, err := readAPI(ctx, g.db, call, in.RestApiId)
	if err != nil {
		return nil, err
	}
	page, err := g.page("GetAuthorizers", api.ID, in.Position, in.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := authorizers.List(ctx, g.db, ofAPIAfter, api.ID, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	out := &apigateway.GetAuthorizersOutput{Items: []types.Authorizer{}}
	rows, out.Position = awsapi.Turn(page, rows, func(a *Authorizer) string { return a.ID })
	for _, a := range rows {
		out.Items = append(out.Items, a.shape())
	}
	return out, nil
}

func (g *Gateway) updateAuthorizer(ctx context.Context, call *access.Call, in *apigateway.UpdateAuthorizerInput) (*apigateway.UpdateAuthorizerOutput, error) {
	if _, err := readAuthorizer(ctx, g.db, call, in.RestApiId, in.AuthorizerId); err != nil {
		return nil, err
	}
	var name string
	a, err := authorizers.Update(ctx, g.db, func(a *Authorizer) error {
		if err := a.patch().apply(in.PatchOperations); err != nil {
			return err
		}
		name = a.Name
		return a.check()
	}, text(in.RestApiId), text(in.AuthorizerId))
	if err != nil {
		return nil, orNameTaken(orNotFound(err, "Invalid Authorizer identifier specified"), name)
	}
	return as[apigateway.UpdateAuthorizerOutput](a.shape()), nil
}

func (a *Authorizer) patch() patch {
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
		notYet("/authorizerUri", "An authorizer function (authorizerUri)"),
		notYet("/authorizerCredentials", "Calling an authorizer function under a role (authorizerCredentials)"),
	}
}

// deleteAuthorizer refuses while a method relies on it: the next deployment
// would have a method that nobody can pass.
func (g *Gateway) deleteAuthorizer(ctx context.Context, call *access.Call, in *apigateway.DeleteAuthorizerInput) (*apigateway.DeleteAuthorizerOutput, error) {
	err := g.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		a, err := readAuthorizer(ctx, tx, call, in.RestApiId, in.AuthorizerId)
		if err != nil {
			return err
		}
		all, err := resources.List(ctx, tx, ofAPI, api.ID)
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
		return authorizers.Delete(ctx, tx, api.ID, a.ID)
	})
	return &apigateway.DeleteAuthorizerOutput{}, err
}
