package restapi_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func TestAuthorizersAreShownAsTheyWereMade(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	for name, c := range map[string]struct {
		in   apigateway.CreateAuthorizerInput
		want string // beside Id and Name, as JSON
	}{
		"pools": {apigateway.CreateAuthorizerInput{Type: types.AuthorizerTypeCognitoUserPools, ProviderARNs: []string{poolARN}, AuthType: aws.String("cognito_user_pools")},
			`{"AuthType":"cognito_user_pools","AuthorizerCredentials":null,"AuthorizerResultTtlInSeconds":null,"AuthorizerUri":null,"IdentitySource":"method.request.header.Authorization","IdentityValidationExpression":null,"ProviderARNs":["` + poolARN + `"],"Type":"COGNITO_USER_POOLS"}`},
		"token": {apigateway.CreateAuthorizerInput{Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(functionURI), AuthorizerCredentials: aws.String(roleARN),
			IdentitySource: aws.String("method.request.header.X-Key"), IdentityValidationExpression: aws.String("^k-[0-9]+$"), AuthorizerResultTtlInSeconds: aws.Int32(0)},
			`{"AuthType":null,"AuthorizerCredentials":"` + roleARN + `","AuthorizerResultTtlInSeconds":0,"AuthorizerUri":"` + functionURI + `","IdentitySource":"method.request.header.X-Key","IdentityValidationExpression":"^k-[0-9]+$","ProviderARNs":null,"Type":"TOKEN"}`},
		"request": {apigateway.CreateAuthorizerInput{Type: types.AuthorizerTypeRequest, AuthorizerUri: aws.String(functionURI),
			IdentitySource: aws.String("method.request.header.A,method.request.querystring.b"), AuthorizerResultTtlInSeconds: aws.Int32(60)},
			`{"AuthType":null,"AuthorizerCredentials":null,"AuthorizerResultTtlInSeconds":60,"AuthorizerUri":"` + functionURI + `","IdentitySource":"method.request.header.A,method.request.querystring.b","IdentityValidationExpression":null,"ProviderARNs":null,"Type":"REQUEST"}`},
		"request without a cache": {apigateway.CreateAuthorizerInput{Type: types.AuthorizerTypeRequest, AuthorizerUri: aws.String(functionURI), AuthorizerResultTtlInSeconds: aws.Int32(0)},
			`{"AuthType":null,"AuthorizerCredentials":null,"AuthorizerResultTtlInSeconds":0,"AuthorizerUri":"` + functionURI + `","IdentitySource":null,"IdentityValidationExpression":null,"ProviderARNs":null,"Type":"REQUEST"}`},
	} {
		c.in.RestApiId, c.in.Name = &a.id, &name
		made, err := w.client.CreateAuthorizer(t.Context(), &c.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := w.client.GetAuthorizer(t.Context(), &apigateway.GetAuthorizerInput{RestApiId: &a.id, AuthorizerId: made.Id})
		must(t, err)
		for from, shape := range map[string]any{"made": made, "got": got} {
			var members map[string]any
			text, _ := json.Marshal(shape)
			must(t, json.Unmarshal(text, &members))
			if members["Name"] != name || members["Id"] != *made.Id {
				t.Errorf("%s: %s", name, text)
			}
			delete(members, "Name")
			delete(members, "Id")
			delete(members, "ResultMetadata")
			if text, _ = json.Marshal(members); string(text) != c.want {
				t.Errorf("%s %s:\n%s\nwant\n%s", from, name, text, c.want)
			}
		}
	}
	list, err := w.client.GetAuthorizers(t.Context(), &apigateway.GetAuthorizersInput{RestApiId: &a.id})
	must(t, err)
	if len(list.Items) != 4 {
		t.Errorf("%d authorizers", len(list.Items))
	}
}

// A method and its authorizer must be of one kind: one that asks for tokens of a
// pool is not guarded by a function, and the other way around.
func TestMethodsTakeAuthorizersOfTheirKind(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	pools, token := a.authorizer("pools", poolARN), a.tokenAuthorizer("token", nil)
	const refusal = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
	put := func(verb, kind, id string, scopes ...string) error {
		_, err := w.client.PutMethod(t.Context(), &apigateway.PutMethodInput{
			RestApiId: &a.id, ResourceId: aws.String(a.resource("/x")), HttpMethod: &verb, AuthorizationType: &kind, AuthorizerId: &id, AuthorizationScopes: scopes,
		})
		return err
	}
	expectError(t, put("GET", "CUSTOM", pools), "BadRequestException", refusal)
	expectError(t, put("GET", "COGNITO_USER_POOLS", token), "BadRequestException", refusal)
	expectError(t, put("GET", "CUSTOM", ""), "BadRequestException", refusal)
	expectError(t, put("GET", "CUSTOM", "none99"), "BadRequestException", refusal)
	other := w.newAPI()
	expectError(t, put("GET", "CUSTOM", other.tokenAuthorizer("foreign", nil)), "BadRequestException", refusal)
	expectError(t, put("GET", "CUSTOM", token, "a/b"), "BadRequestException", "cannot have authorization scopes")
	expectError(t, put("GET", "NONE", token), "BadRequestException", "can have neither an authorizer")
	must(t, put("GET", "CUSTOM", token))
	must(t, put("POST", "COGNITO_USER_POOLS", pools, "a/b"))

	// Nor does the authorizer of a method become one of the other kind.
	_, err := w.client.UpdateAuthorizer(t.Context(), &apigateway.UpdateAuthorizerInput{RestApiId: &a.id, AuthorizerId: &token, PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/type"), Value: aws.String("COGNITO_USER_POOLS")},
		{Op: types.OpReplace, Path: aws.String("/authorizerUri"), Value: aws.String("")},
		{Op: types.OpAdd, Path: aws.String("/providerARNs"), Value: aws.String(poolARN)},
	}})
	expectError(t, err, "ConflictException", "is referenced by method: GET /x")
	_, err = w.client.UpdateAuthorizer(t.Context(), &apigateway.UpdateAuthorizerInput{RestApiId: &a.id, AuthorizerId: &token, PatchOperations: replace("/type", "REQUEST")})
	must(t, err)
}

func TestLimitsOfAnAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/")
	for i := range 10 {
		a.tokenAuthorizer(fmt.Sprint("a", i), nil)
		a.deploy(fmt.Sprint("s", i))
	}
	_, err := w.client.CreateAuthorizer(t.Context(), &apigateway.CreateAuthorizerInput{RestApiId: &a.id, Name: aws.String("more"), Type: types.AuthorizerTypeCognitoUserPools, ProviderARNs: []string{poolARN}})
	expectError(t, err, "LimitExceededException", "Maximum number of Authorizers for this API has been reached")
	_, err = w.client.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &a.id, StageName: aws.String("more")})
	expectError(t, err, "LimitExceededException", "Maximum number of stages for this API has been reached")
	deployments, err := w.client.GetDeployments(t.Context(), &apigateway.GetDeploymentsInput{RestApiId: &a.id})
	must(t, err)
	if len(deployments.Items) != 10 {
		t.Errorf("%d deployments: one was left behind", len(deployments.Items))
	}
}
