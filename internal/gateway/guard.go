package gateway

import "context"

// guard is what a method demands of its caller. The zero value is unknown, and
// lets nobody pass.
type guard struct {
	kind    guardKind
	name    string // for the record: "NONE", "AWS_IAM", "COGNITO_USER_POOLS staff"
	cognito *cognito
	lambda  *functionAuthorizer
	jwt     *jwt
	scopes  []string // of a route with a JWT authorizer
}

// authorizers are those of an API, compiled, by id. One that could not be
// compiled is not among them, and its methods stay closed.
type authorizers struct {
	cognito map[string]*cognito
	lambda  map[string]*functionAuthorizer
}

type guardKind uint8

const (
	guardUnknown guardKind = iota
	guardNone
	guardCognito
	guardJWT
	guardIAM    // its steps begin with proveSigner
	guardLambda // an authorizer function: an allow of the API's own policy stands in for its silence
)

// compileGuard knows the kinds that authorize knows; every other one stays
// unknown. An authorizer that is gone leaves its methods closed.
func compileGuard(m *Method, of *authorizers) guard {
	switch m.Authorization {
	case AuthorizationNone:
		return guard{kind: guardNone, name: AuthorizationNone}
	case AuthorizationIAM:
		return guard{kind: guardIAM, name: AuthorizationIAM}
	case AuthorizationCognito:
		if c := of.cognito[m.AuthorizerID]; c != nil {
			return guard{kind: guardCognito, name: AuthorizationCognito + " " + c.name, cognito: c.forScopes(m.Scopes)}
		}
	case AuthorizationCustom:
		if f := of.lambda[m.AuthorizerID]; f != nil {
			return f.guard()
		}
	}
	return guard{}
}

// authorize is the step that lets a request in, or not.
func authorize(ctx context.Context, g *Gateway, x *exchange) verdict {
	switch x.method.guard.kind {
	case guardNone:
		return passed("the method is open to all")
	case guardCognito:
		return x.method.guard.cognito.authorize(ctx, g, x)
	case guardLambda:
		return x.method.guard.lambda.authorize(ctx, g, x)
	case guardJWT:
		return x.method.guard.jwt.authorize(ctx, x, x.method.guard.scopes)
	case guardIAM:
		return askPolicies(ctx, g, x)
	default:
		return denied(denyAuthorizer, "the method's authorization is of a kind that cannot be decided")
	}
}
