package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// deployHTTP makes an HTTP API with the routes GET /open and GET /guarded, before
// the same upstream, and returns its host. A JWT authorizer trusts the pool.
func deployHTTP(ctx context.Context, c aws.Config, t *tokens, upstream string) (host string, err error) {
	client := apigatewayv2.NewFromConfig(c)
	api, err := client.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("bench"), ProtocolType: types.ProtocolTypeHttp})
	if err != nil {
		return "", err
	}
	authorizer, err := client.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{
		ApiId: api.ApiId, Name: aws.String("people"), AuthorizerType: types.AuthorizerTypeJwt,
		IdentitySource:   []string{"$request.header.Authorization"},
		JwtConfiguration: &types.JWTConfiguration{Issuer: &t.issuer, Audience: []string{t.client}},
	})
	if err != nil {
		return "", err
	}
	integration, err := client.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
		ApiId: api.ApiId, IntegrationType: types.IntegrationTypeHttpProxy, IntegrationMethod: aws.String("GET"),
		IntegrationUri: &upstream, PayloadFormatVersion: aws.String("1.0"),
	})
	if err != nil {
		return "", err
	}
	target := aws.String("integrations/" + *integration.IntegrationId)
	for _, route := range []*apigatewayv2.CreateRouteInput{
		{RouteKey: aws.String("GET /open")},
		{RouteKey: aws.String("GET /guarded"), AuthorizationType: types.AuthorizationTypeJwt, AuthorizerId: authorizer.AuthorizerId},
	} {
		route.ApiId, route.Target = api.ApiId, target
		if _, err := client.CreateRoute(ctx, route); err != nil {
			return "", err
		}
	}
	_, err = client.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: api.ApiId, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true)})
	return hostOf(*api.ApiId), err
}

func hostOf(api string) string { return api + ".execute-api." + region + ".localhost" }
