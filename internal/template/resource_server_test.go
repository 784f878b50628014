package template

import (
	"strings"
	"testing"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

const pizzaServer = `Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: pizza}}
  Server: {Type: AWS::Cognito::UserPoolResourceServer, Properties: {UserPoolId: !Ref Pool, Identifier: pizza, Name: API, Scopes: [{ScopeName: read, ScopeDescription: reads}]}}
  App:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: [client_credentials], AllowedOAuthScopes: [!Sub "${Server}/read"]}
Outputs: {Pool: {Value: !Ref Pool}}
`

// A client names the scopes of a resource server that the same template makes.
func TestResourceServersOfATemplate(t *testing.T) {
	d, _ := services(t)
	pool := deployed(t, d, pizzaServer).Outputs[0].Value
	about := func() (*cognito.ListResourceServersOutput, error) {
		return invoke[cognito.ListResourceServersOutput](t.Context(), &deploy{Deployer: d}, cognitoIDP, "ListResourceServers", &cognito.ListResourceServersInput{UserPoolId: &pool})
	}
	list, err := about()
	if err != nil || len(list.ResourceServers) != 1 || *list.ResourceServers[0].Scopes[0].ScopeName != "read" {
		t.Fatalf("made: %+v, %v", list, err)
	}
	deployed(t, d, strings.Replace(pizzaServer, "Name: API", "Name: Pizzas", 1))
	if list, err = about(); err != nil || *list.ResourceServers[0].Name != "Pizzas" {
		t.Errorf("changed: %+v, %v", list, err)
	}
	deployed(t, d, "Resources:\n  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: pizza}}\n")
	if list, err = about(); err != nil || len(list.ResourceServers) != 0 {
		t.Errorf("removed: %+v, %v", list, err)
	}
}
