package gateway_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

const functionARN = "arn:aws:lambda:eu-west-1:000000000000:function:pizza"

// httpAPI is an HTTP API under construction, with a $default stage that deploys by
// itself.
type httpAPI struct {
	*world
	id     string
	lambda string // an integration with the function, version 2.0
}

func (w *world) newHTTPAPI(change ...func(*apigatewayv2.CreateApiInput)) *httpAPI {
	w.t.Helper()
	in := &apigatewayv2.CreateApiInput{Name: aws.String("pizza"), ProtocolType: types.ProtocolTypeHttp}
	for _, c := range change {
		c(in)
	}
	made, err := w.http.CreateApi(w.t.Context(), in)
	must(w.t, err)
	a := &httpAPI{world: w, id: *made.ApiId}
	a.stage("$default", nil)
	a.lambda = a.function("2.0", nil)
	return a
}

func (a *httpAPI) stage(name string, variables map[string]string) {
	a.t.Helper()
	_, err := a.http.CreateStage(a.t.Context(), &apigatewayv2.CreateStageInput{
		ApiId: &a.id, StageName: &name, AutoDeploy: aws.Bool(true), StageVariables: variables,
	})
	must(a.t, err)
}

func (a *httpAPI) integration(in *apigatewayv2.CreateIntegrationInput) string {
	a.t.Helper()
	in.ApiId = &a.id
	made, err := a.http.CreateIntegration(a.t.Context(), in)
	must(a.t, err)
	return *made.IntegrationId
}

func (a *httpAPI) function(version string, request map[string]string) string {
	a.t.Helper()
	return a.integration(&apigatewayv2.CreateIntegrationInput{
		IntegrationType: types.IntegrationTypeAwsProxy, IntegrationUri: aws.String(functionARN), PayloadFormatVersion: &version, RequestParameters: request,
	})
}

func (a *httpAPI) backend(url string, change ...func(*apigatewayv2.CreateIntegrationInput)) string {
	a.t.Helper()
	in := &apigatewayv2.CreateIntegrationInput{
		IntegrationType: types.IntegrationTypeHttpProxy, IntegrationUri: &url, IntegrationMethod: aws.String("ANY"), PayloadFormatVersion: aws.String("1.0"),
	}
	for _, c := range change {
		c(in)
	}
	return a.integration(in)
}

func (a *httpAPI) route(key, integration string, change ...func(*apigatewayv2.CreateRouteInput)) {
	a.t.Helper()
	in := &apigatewayv2.CreateRouteInput{ApiId: &a.id, RouteKey: &key, Target: aws.String("integrations/" + integration)}
	for _, c := range change {
		c(in)
	}
	_, err := a.http.CreateRoute(a.t.Context(), in)
	must(a.t, err)
}

// open makes routes that anybody may call, with the function behind them.
func (a *httpAPI) open(keys ...string) {
	a.t.Helper()
	for _, key := range keys {
		a.route(key, a.lambda)
	}
}

func (a *httpAPI) jwt(source, pool string, audience ...string) string {
	a.t.Helper()
	made, err := a.http.CreateAuthorizer(a.t.Context(), &apigatewayv2.CreateAuthorizerInput{
		ApiId: &a.id, Name: aws.String("staff of " + source + " " + pool), AuthorizerType: types.AuthorizerTypeJwt, IdentitySource: []string{source},
		JwtConfiguration: &types.JWTConfiguration{Issuer: aws.String(poolIssuer + poolID(pool)), Audience: audience},
	})
	must(a.t, err)
	return *made.AuthorizerId
}

func byToken(authorizer string, scopes ...string) func(*apigatewayv2.CreateRouteInput) {
	return func(in *apigatewayv2.CreateRouteInput) {
		in.AuthorizationType, in.AuthorizerId, in.AuthorizationScopes = types.AuthorizationTypeJwt, &authorizer, scopes
	}
}

func bySignature(in *apigatewayv2.CreateRouteInput) {
	in.AuthorizationType = types.AuthorizationTypeAwsIam
}

func (a *httpAPI) send(verb, target string, change ...func(*http.Request)) reply {
	a.t.Helper()
	return a.sendTo(hostOf(a.id), verb, target, change...)
}

// lastRoute is the key of the route that the function was last called for.
func (a *httpAPI) lastRoute() string {
	a.t.Helper()
	key, _ := a.fn.event(a.t)["routeKey"].(string)
	return key
}

func expectHeader(t testing.TB, name string, got reply, header, want string) {
	t.Helper()
	if value := got.header.Get(header); value != want {
		t.Errorf("%s: %s is %q, want %q", name, header, value, want)
	}
}
