package userpool_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func scopes(names ...string) (list []types.ResourceServerScopeType) {
	for _, name := range names {
		list = append(list, types.ResourceServerScopeType{ScopeName: &name, ScopeDescription: aws.String("to " + name)})
	}
	return list
}

func (w *world) resourceServer(pool *types.UserPoolType, identifier string, names ...string) *types.ResourceServerType {
	w.t.Helper()
	return must(w.CreateResourceServer(context.Background(), &idp.CreateResourceServerInput{
		UserPoolId: pool.Id, Identifier: &identifier, Name: aws.String("API"), Scopes: scopes(names...),
	}))(w.t).ResourceServer
}

func TestResourceServers(t *testing.T) { onEveryEngine(t, resourceServers) }

func resourceServers(t *testing.T, w *world) {
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	made := w.resourceServer(pool, "https://api.example.com/v1", "read", "orders.write")
	about := func(pool *types.UserPoolType) (*idp.DescribeResourceServerOutput, error) {
		return w.DescribeResourceServer(ctx, &idp.DescribeResourceServerInput{UserPoolId: pool.Id, Identifier: made.Identifier})
	}
	if got := must(about(pool))(t).ResourceServer; !reflect.DeepEqual(got, made) || len(got.Scopes) != 2 || *got.Scopes[1].ScopeDescription != "to orders.write" {
		t.Errorf("described %+v, made %+v", got, made)
	}
	_, err := about(other)
	refused(t, err, "ResourceNotFoundException", "Resource server https://api.example.com/v1 does not exist.")
	_, err = w.CreateResourceServer(ctx, &idp.CreateResourceServerInput{UserPoolId: pool.Id, Identifier: made.Identifier, Name: aws.String("again")})
	refused(t, err, "InvalidParameterException", "https://api.example.com/v1 already exists in user pool "+*pool.Id+".")

	updated := must(w.UpdateResourceServer(ctx, &idp.UpdateResourceServerInput{UserPoolId: pool.Id, Identifier: made.Identifier, Name: aws.String("Orders"), Scopes: scopes("read")}))(t).ResourceServer
	if *updated.Name != "Orders" || len(updated.Scopes) != 1 {
		t.Errorf("updated %+v", updated)
	}
	_, err = w.UpdateResourceServer(ctx, &idp.UpdateResourceServerInput{UserPoolId: other.Id, Identifier: made.Identifier, Name: aws.String("Orders")})
	refused(t, err, "ResourceNotFoundException", "")

	w.resourceServer(pool, "a")
	w.resourceServer(pool, "b")
	first := must(w.ListResourceServers(ctx, &idp.ListResourceServersInput{UserPoolId: pool.Id, MaxResults: aws.Int32(2)}))(t)
	rest := must(w.ListResourceServers(ctx, &idp.ListResourceServersInput{UserPoolId: pool.Id, MaxResults: aws.Int32(2), NextToken: first.NextToken}))(t)
	if len(first.ResourceServers) != 2 || *first.ResourceServers[0].Identifier != "a" || len(rest.ResourceServers) != 1 || rest.NextToken != nil {
		t.Errorf("pages %+v and %+v", first, rest)
	}
	_, err = w.ListResourceServers(ctx, &idp.ListResourceServersInput{UserPoolId: other.Id, NextToken: first.NextToken})
	refused(t, err, "InvalidParameterException", "Invalid pagination token provided.")
	_, err = w.ListResourceServers(ctx, &idp.ListResourceServersInput{UserPoolId: pool.Id, MaxResults: aws.Int32(51)})
	refused(t, err, "InvalidParameterException", "")

	must(w.DeleteResourceServer(ctx, &idp.DeleteResourceServerInput{UserPoolId: pool.Id, Identifier: made.Identifier}))(t)
	_, err = about(pool)
	refused(t, err, "ResourceNotFoundException", "")
	_, err = w.DeleteResourceServer(ctx, &idp.DeleteResourceServerInput{UserPoolId: pool.Id, Identifier: made.Identifier})
	refused(t, err, "ResourceNotFoundException", "")
}

func TestResourceServersThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint("scope", i)
	}
	for name, in := range map[string]idp.CreateResourceServerInput{
		"identifier with space":     {Identifier: aws.String("my api")},
		"identifier with quote":     {Identifier: aws.String(`my"api`)},
		"identifier with backslash": {Identifier: aws.String(`my\api`)},
		"identifier with line end":  {Identifier: aws.String("api\n")},
		"identifier not ASCII":      {Identifier: aws.String("pizzä")},
		"long identifier":           {Identifier: aws.String(strings.Repeat("x", 257))},
		"name":                      {Name: aws.String("API!")},
		"long name":                 {Name: aws.String(strings.Repeat("x", 257))},
		"scope with slash":          {Scopes: scopes("a/b")},
		"scope with space":          {Scopes: scopes("a b")},
		"empty scope":               {Scopes: scopes("")},
		"scope twice":               {Scopes: scopes("a", "a")},
		"scope not described":       {Scopes: []types.ResourceServerScopeType{{ScopeName: aws.String("a"), ScopeDescription: aws.String("")}}},
		"too many scopes":           {Scopes: scopes(many...)},
	} {
		t.Run(name, func(t *testing.T) {
			in.UserPoolId = pool.Id
			if in.Identifier == nil {
				in.Identifier = aws.String("api")
			}
			if in.Name == nil {
				in.Name = aws.String("API")
			}
			_, err := w.CreateResourceServer(ctx, &in)
			refused(t, err, "InvalidParameterException", "")
		})
	}
	w.resourceServer(pool, strings.Repeat("x", 256), many[:100]...)
	for i := range 24 {
		w.resourceServer(pool, fmt.Sprint("api", i))
	}
	_, err := w.CreateResourceServer(ctx, &idp.CreateResourceServerInput{UserPoolId: pool.Id, Identifier: aws.String("api"), Name: aws.String("API")})
	refused(t, err, "LimitExceededException", "A user pool has at most 25 resource servers.")
}

// A client may name scopes of its own pool's resource servers, and those only.
func TestClientsNameScopesThatAreThere(t *testing.T) { onEveryEngine(t, clientsNameScopesThatAreThere) }

func clientsNameScopesThatAreThere(t *testing.T, w *world) {
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	w.resourceServer(pool, "https://api.example.com", "read")
	w.resourceServer(other, "foreign", "read")
	service := func(in *idp.CreateUserPoolClientInput) {
		in.GenerateSecret, in.AllowedOAuthFlowsUserPoolClient = true, true
		in.AllowedOAuthFlows, in.AllowedOAuthScopes = []types.OAuthFlowType{"client_credentials"}, []string{"https://api.example.com/read"}
	}
	made := w.client(pool, service)
	update := func(scopes ...string) error {
		_, err := w.UpdateUserPoolClient(ctx, &idp.UpdateUserPoolClientInput{
			UserPoolId: pool.Id, ClientId: made.ClientId, AllowedOAuthFlows: []types.OAuthFlowType{"client_credentials"},
			AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthScopes: scopes,
		})
		return err
	}
	for _, scope := range []string{"https://api.example.com/write", "https://api.example.com", "https://api.example.com/", "/read", "foreign/read", "read", "openid/read", "HTTPS://api.example.com/read"} {
		refused(t, update("https://api.example.com/read", scope), "ScopeDoesNotExistException", "Invalid scope requested: "+scope)
	}
	if err := update("https://api.example.com/read"); err != nil {
		t.Error(err)
	}
	// What a client has been given it keeps; it is not given anew once it is gone.
	must(w.DeleteResourceServer(ctx, &idp.DeleteResourceServerInput{UserPoolId: pool.Id, Identifier: aws.String("https://api.example.com")}))(t)
	got := must(w.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId}))(t).UserPoolClient
	if len(got.AllowedOAuthScopes) != 1 {
		t.Errorf("the client has %q", got.AllowedOAuthScopes)
	}
	refused(t, update("https://api.example.com/read"), "ScopeDoesNotExistException", "")
}
