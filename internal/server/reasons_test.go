package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/config"
)

// What a refusal's record says is enough to mend it: what the token had, and
// what was wanted instead.
func TestRefusalsTellWhatWasThereAndWhatWasWanted(t *testing.T) {
	w := start(t, config.Config{}, nil)
	p, others := w.people(t, "regular"), w.people(t, "other")
	tokens, foreign := w.signIn(t, p), w.signIn(t, others)
	ctx := t.Context()
	id := *must(w.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("told")}))(t).Id
	root := must(w.apis.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &id}))(t).Items[0].Id
	guard := func(name, expression string) *string {
		in := apigateway.CreateAuthorizerInput{RestApiId: &id, Name: &name, Type: apitypes.AuthorizerTypeCognitoUserPools, ProviderARNs: []string{p.arn},
			IdentitySource: aws.String("method.request.header.Authorization")}
		if expression != "" {
			in.IdentityValidationExpression = &expression
		}
		return must(w.apis.CreateAuthorizer(ctx, &in))(t).Id
	}
	for path, m := range map[string]apigateway.PutMethodInput{
		"people": {AuthorizerId: guard("people", "")},
		"staff":  {AuthorizerId: guard("staff", "staff-.*")},
		"scoped": {AuthorizerId: guard("scoped", ""), AuthorizationScopes: []string{"pizzas/eat", "pizzas/bake"}},
	} {
		m.RestApiId, m.HttpMethod, m.AuthorizationType = &id, aws.String("GET"), aws.String("COGNITO_USER_POOLS")
		m.ResourceId = must(w.apis.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: &id, ParentId: root, PathPart: &path}))(t).Id
		must(w.apis.PutMethod(ctx, &m))(t)
		must(w.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: &id, ResourceId: m.ResourceId, HttpMethod: m.HttpMethod, Type: apitypes.IntegrationTypeMock,
			RequestTemplates: map[string]string{"application/json": `{"statusCode":200}`}}))(t)
		must(w.apis.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: &id, ResourceId: m.ResourceId, HttpMethod: m.HttpMethod, StatusCode: aws.String("200")}))(t)
		must(w.apis.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: &id, ResourceId: m.ResourceId, HttpMethod: m.HttpMethod, StatusCode: aws.String("200")}))(t)
	}
	must(w.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}))(t)

	for name, c := range map[string]struct {
		path, outcome, says string
		headers             []string
	}{
		"none":               {"people", "refused", "the request has no header Authorization", nil},
		"an empty one":       {"people", "refused", "the header Authorization holds no token", []string{"Authorization", ""}},
		"two":                {"people", "refused", "the header Authorization is there 2 times", []string{"Authorization", *tokens.IdToken, "Authorization", *tokens.IdToken}},
		"another pool's":     {"people", "refused", "names an unknown key", []string{"Authorization", *foreign.IdToken}},
		"an access token":    {"people", "refused", "another kind", []string{"Authorization", *tokens.AccessToken}},
		"another client's":   {"staff", "refused", `the token's aud is "` + p.client + `"; the authorizer's validation expression wants one that begins with "staff-.*"`, []string{"Authorization", *tokens.IdToken}},
		"without a scope":    {"scoped", "refused", `the access token's scope is "aws.cognito.signin.user.admin"; the method wants one of "pizzas/eat pizzas/bake"`, []string{"Authorization", *tokens.AccessToken}},
		"one that holds":     {"people", "passed", "a token of " + p.arn, []string{"Authorization", *tokens.IdToken}},
		"one that holds too": {"people", "passed", "a token of " + p.arn, []string{"Authorization", "Bearer " + *tokens.IdToken}},
	} {
		r := w.send(t, "GET", "/_aws/execute-api/"+id+"/prod/"+c.path, "", c.headers...)
		var report audit.Report
		told := w.send(t, "GET", requestsPath+r.header.Get("X-Amzn-Requestid"), "")
		if err := json.Unmarshal([]byte(told.body), &report); err != nil {
			t.Fatalf("%s: %d, %s", name, r.status, told.body)
		}
		found := ""
		for _, s := range report.Steps {
			if s.Name == "authorize" {
				found = s.Detail
			}
		}
		if report.Outcome != c.outcome || !strings.Contains(found, c.says) || report.API != id || report.Stage != "prod" || report.Route != "GET /"+c.path ||
			report.Guard != "COGNITO_USER_POOLS "+c.path {
			t.Errorf("%s: %+v, because %q", name, report, found)
		}
	}
}
