package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

func TestAuthorizers(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	jwt := a.jwt("tokens")
	got, err := w.client.GetAuthorizer(ctx, &apigatewayv2.GetAuthorizerInput{ApiId: &a.id, AuthorizerId: &jwt})
	must(t, err)
	if got.AuthorizerType != "JWT" || *got.JwtConfiguration.Issuer != "https://issuer.example/" || fmt.Sprint(got.JwtConfiguration.Audience) != "[shop]" ||
		fmt.Sprint(got.IdentitySource) != "[$request.header.Authorization]" || got.AuthorizerUri != nil || got.AuthorizerPayloadFormatVersion != nil || got.EnableSimpleResponses != nil {
		t.Errorf("%+v", got)
	}
	changed, err := w.client.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{
		ApiId: &a.id, AuthorizerId: &jwt, JwtConfiguration: &types.JWTConfiguration{Audience: []string{"till", "shop"}}, IdentitySource: []string{"$request.querystring.token"},
	})
	must(t, err)
	if *changed.JwtConfiguration.Issuer != "https://issuer.example/" || len(changed.JwtConfiguration.Audience) != 2 || changed.IdentitySource[0] != "$request.querystring.token" {
		t.Errorf("%+v", changed)
	}

	made, err := a.tryAuthorizer(asking, func(in *apigatewayv2.CreateAuthorizerInput) {
		in.Name, in.EnableSimpleResponses, in.AuthorizerResultTtlInSeconds = aws.String("asked"), aws.Bool(true), aws.Int32(3600)
		in.IdentitySource = []string{"$request.header.X-Key", "$request.querystring.k", "$context.routeKey", "$context.identity.sourceIp", "$stageVariables.secret"}
		in.AuthorizerCredentialsArn, in.IdentityValidationExpression = aws.String(roleARN), aws.String("unused")
	})
	must(t, err)
	if made.AuthorizerType != "REQUEST" || *made.AuthorizerUri != functionURI || *made.AuthorizerPayloadFormatVersion != "2.0" || !*made.EnableSimpleResponses ||
		*made.AuthorizerResultTtlInSeconds != 3600 || len(made.IdentitySource) != 5 || *made.AuthorizerCredentialsArn != roleARN || made.JwtConfiguration != nil ||
		*made.IdentityValidationExpression != "unused" {
		t.Errorf("%+v", made)
	}
	_, err = w.client.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{ApiId: &a.id, AuthorizerId: made.AuthorizerId, Name: aws.String("tokens")})
	expectError(t, err, "ConflictException", "Authorizer tokens already exists")
	list, err := w.client.GetAuthorizers(ctx, &apigatewayv2.GetAuthorizersInput{ApiId: &a.id})
	must(t, err)
	if len(list.Items) != 2 {
		t.Errorf("%+v", list.Items)
	}

	route := a.route("POST /pdf", behind("CUSTOM", *made.AuthorizerId))
	_, err = w.client.DeleteAuthorizer(ctx, &apigatewayv2.DeleteAuthorizerInput{ApiId: &a.id, AuthorizerId: made.AuthorizerId})
	expectError(t, err, "ConflictException", "Cannot delete authorizer 'asked', is referenced in route: POST /pdf")
	_, err = w.client.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{ApiId: &a.id, RouteId: &route, AuthorizationType: "NONE"})
	must(t, err)
	_, err = w.client.DeleteAuthorizer(ctx, &apigatewayv2.DeleteAuthorizerInput{ApiId: &a.id, AuthorizerId: made.AuthorizerId})
	must(t, err)
	_, err = w.client.GetAuthorizer(ctx, &apigatewayv2.GetAuthorizerInput{ApiId: &a.id, AuthorizerId: made.AuthorizerId})
	expectError(t, err, "NotFoundException", "Invalid Authorizer identifier specified "+*made.AuthorizerId)
}

func TestAuthorizersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.jwt("taken")
	type input = apigatewayv2.CreateAuthorizerInput
	issuer := func(url string) func(*input) {
		return func(in *input) { in.JwtConfiguration.Issuer = &url }
	}
	function := func(change func(*input)) func(*input) {
		return func(in *input) { asking(in); change(in) }
	}
	source := func(s ...string) func(*input) {
		return func(in *input) { in.IdentitySource = append([]string{}, s...) } // nil is not sent
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprint("aud", i)
	}
	for name, c := range map[string]struct {
		change        func(*input)
		code, message string
	}{
		"no name":                    {func(in *input) { in.Name = aws.String("") }, "BadRequestException", "1 to 128 characters"},
		"a name that is taken":       {func(in *input) { in.Name = aws.String("taken") }, "ConflictException", "Authorizer taken already exists"},
		"a REST API's type":          {func(in *input) { in.AuthorizerType = "TOKEN" }, "BadRequestException", "Must be one of: REQUEST, JWT"},
		"JWT without configuration":  {func(in *input) { in.JwtConfiguration = nil }, "BadRequestException", "Audience must have 1 to 50"},
		"no audience":                {func(in *input) { in.JwtConfiguration.Audience = nil }, "BadRequestException", "Audience must have 1 to 50"},
		"51 audiences":               {func(in *input) { in.JwtConfiguration.Audience = many }, "BadRequestException", "Audience must have 1 to 50"},
		"an empty audience":          {func(in *input) { in.JwtConfiguration.Audience = []string{"a", ""} }, "BadRequestException", "cannot be empty"},
		"no issuer":                  {func(in *input) { in.JwtConfiguration.Issuer = nil }, "BadRequestException", "Issuer must be an https URL"},
		"an issuer without scheme":   {issuer("issuer.example"), "BadRequestException", "Issuer must be an https URL"},
		"an issuer over http":        {issuer("http://issuer.example"), "BadRequestException", "plain http is for this machine alone"},
		"localhost by another name":  {issuer("http://localhost.example"), "BadRequestException", "plain http is for this machine alone"},
		"an address of the network":  {issuer("http://10.0.0.1"), "BadRequestException", "plain http is for this machine alone"},
		"an issuer with a query":     {issuer("https://issuer.example/?a=b"), "BadRequestException", "without query and fragment"},
		"an issuer with a user":      {issuer("https://u:p@issuer.example/"), "BadRequestException", "Issuer must be an https URL"},
		"an issuer in a file":        {issuer("file:///etc/passwd"), "BadRequestException", "Issuer must be an https URL"},
		"JWT with a function":        {func(in *input) { in.AuthorizerUri = aws.String(functionURI) }, "BadRequestException", "A JWT authorizer has no URI"},
		"JWT with a TTL":             {func(in *input) { in.AuthorizerResultTtlInSeconds = aws.Int32(1) }, "BadRequestException", "A JWT authorizer has no URI"},
		"two sources of a token":     {source("$request.header.a", "$request.header.b"), "BadRequestException", "takes exactly one"},
		"no source of a token":       {source(), "BadRequestException", "takes exactly one"},
		"a token in the context":     {source("$context.stage"), "BadRequestException", "in a header or in a query parameter"},
		"a REST API's source":        {source("method.request.header.Authorization"), "BadRequestException", "Invalid identity source specified"},
		"a source in the body":       {source("$request.body.token"), "BadRequestException", "Invalid identity source specified"},
		"a header with a blank":      {source("$request.header.a b"), "BadRequestException", "Invalid identity source specified"},
		"a function without version": {function(func(in *input) { in.AuthorizerPayloadFormatVersion = nil }), "BadRequestException", "AuthorizerPayloadFormatVersion is a required parameter"},
		"a function of version 3":    {function(func(in *input) { in.AuthorizerPayloadFormatVersion = aws.String("3.0") }), "BadRequestException", "AuthorizerPayloadFormatVersion"},
		"simple answers of 1.0": {function(func(in *input) {
			in.AuthorizerPayloadFormatVersion, in.EnableSimpleResponses = aws.String("1.0"), aws.Bool(true)
		}), "BadRequestException", "EnableSimpleResponses is only supported with"},
		"a TTL of 3601":                          {function(func(in *input) { in.AuthorizerResultTtlInSeconds = aws.Int32(3601) }), "BadRequestException", "between 0 and 3600"},
		"a negative TTL":                         {function(func(in *input) { in.AuthorizerResultTtlInSeconds = aws.Int32(-1) }), "BadRequestException", "between 0 and 3600"},
		"a TTL without sources":                  {function(func(in *input) { in.IdentitySource, in.AuthorizerResultTtlInSeconds = []string{}, aws.Int32(1) }), "BadRequestException", "At least one identity source"},
		"a source that only an authorizer knows": {function(source("$context.authorizer.sub")), "BadRequestException", "Invalid identity source"},
		"no function":                            {function(func(in *input) { in.AuthorizerUri = nil }), "BadRequestException", "AuthorizerUri is a required parameter"},
		"a function's ARN":                       {function(func(in *input) { in.AuthorizerUri = aws.String(functionARN) }), "BadRequestException", "AWS ARN for integration must contain path or action"},
		"another region's URI":                   {function(func(in *input) { in.AuthorizerUri = aws.String(strings.Replace(functionURI, "eu-", "us-", 1)) }), "BadRequestException", "invalid region"},
		"a function with issuers": {function(func(in *input) {
			in.JwtConfiguration = &types.JWTConfiguration{Issuer: aws.String("https://x.example")}
		}), "BadRequestException", "only supported for JWT"},
		"another's credentials": {function(func(in *input) { in.AuthorizerCredentialsArn = aws.String("arn:aws:iam::*:user/*") }), "BadRequestException", "Invalid ARN specified"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.tryAuthorizer(c.change)
			expectError(t, err, c.code, c.message)
		})
	}
	for _, good := range []string{"http://127.0.0.1:4566/eu-west-1_pizza", "http://localhost:4566/p", "http://[::1]/", "https://issuer.example"} {
		_, err := a.tryAuthorizer(issuer(good), func(in *input) { in.Name = &good })
		must(t, err)
	}
	_, err := a.tryAuthorizer(function(func(in *input) {
		in.IdentitySource, in.AuthorizerResultTtlInSeconds, in.Name = []string{}, aws.Int32(0), aws.String("asked each time")
	}))
	must(t, err)
}

// A route names its authorizer together with the kind: were the kind changed,
// routes would be behind what they did not ask for.
func TestAnAuthorizerStaysOfItsKind(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	jwt := a.jwt("tokens")
	for name, c := range map[string]struct {
		in            apigatewayv2.UpdateAuthorizerInput
		code, message string
	}{
		"another kind":  {apigatewayv2.UpdateAuthorizerInput{AuthorizerType: "REQUEST"}, "BadRequestException", "type of an authorizer cannot be changed"},
		"no audience":   {apigatewayv2.UpdateAuthorizerInput{JwtConfiguration: &types.JWTConfiguration{Audience: []string{}}}, "BadRequestException", "Audience"},
		"a bad issuer":  {apigatewayv2.UpdateAuthorizerInput{JwtConfiguration: &types.JWTConfiguration{Issuer: aws.String("http://x.example")}}, "BadRequestException", "Issuer"},
		"no source":     {apigatewayv2.UpdateAuthorizerInput{IdentitySource: []string{}}, "BadRequestException", "exactly one"},
		"a function":    {apigatewayv2.UpdateAuthorizerInput{AuthorizerUri: aws.String(functionURI)}, "BadRequestException", "has no URI"},
		"no such thing": {apigatewayv2.UpdateAuthorizerInput{AuthorizerId: aws.String("abcdef")}, "NotFoundException", "Invalid Authorizer identifier specified abcdef"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.in.ApiId = &a.id; c.in.AuthorizerId == nil {
				c.in.AuthorizerId = &jwt
			}
			_, err := w.client.UpdateAuthorizer(t.Context(), &c.in)
			expectError(t, err, c.code, c.message)
		})
	}
}
