package userpool_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestAFunctionChangesBothTokens(t *testing.T) {
	w := newWorld(t)
	f := aws.String(w.functions.plays("f", func(e event) (any, error) {
		if e["version"] != "2" || e.request()["scopes"].([]any)[0] != "aws.cognito.signin.user.admin" {
			return nil, thrown("not the second version")
		}
		return e.respond(map[string]any{"claimsAndScopeOverrideDetails": map[string]any{
			"idTokenGeneration": map[string]any{
				"claimsToAddOrOverride": map[string]any{"tenant": map[string]any{"id": 7}, "sub": "mallory", "aud": "other", "both": 1, "cognito:groups": []string{"admin"}},
				"claimsToSuppress":      []string{"both", "email", "exp"},
			},
			"accessTokenGeneration": map[string]any{
				"claimsToAddOrOverride": map[string]any{"tenant": "blue", "client_id": "other", "username": "mallory", "aud": "other", "scope": "all"},
				"scopesToAdd":           []string{"shop/read"},
			},
			"groupOverrideDetails": map[string]any{"groupsToOverride": []string{"cooks"}},
		}}), nil
	}))
	pool, client := w.triggered(&types.LambdaConfigType{PreTokenGenerationConfig: &types.PreTokenGenerationVersionConfigType{LambdaArn: f, LambdaVersion: "V2_0"}})
	w.user(pool, "ann", "email", "ann@example.com")
	tokens := w.tokens(client, "ann")
	_, id := w.claims(*pool.Id, *tokens.IdToken)
	_, bearer := w.claims(*pool.Id, *tokens.AccessToken)
	sub := w.attribute(pool, "ann", "sub")
	for _, c := range []struct{ got, want any }{
		{id["tenant"], map[string]any{"id": 7.0}}, {id["sub"], sub}, {id["aud"], *client.ClientId}, {id["both"], nil}, {id["email"], nil},
		{id["cognito:groups"], []any{"cooks"}}, {bearer["cognito:groups"], []any{"cooks"}}, {bearer["tenant"], "blue"}, {bearer["aud"], nil},
		{bearer["client_id"], *client.ClientId}, {bearer["username"], "ann"}, {bearer["scope"], "aws.cognito.signin.user.admin shop/read"}, {bearer["sub"], sub},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	if id["exp"] == nil {
		t.Error("a token without an end")
	}
	if _, err := w.refresh(client, *tokens.RefreshToken); err != nil {
		t.Fatal(err)
	}
	w.functions.only(t, "TokenGeneration_Authentication")
	w.functions.only(t, "TokenGeneration_RefreshTokens")
}

func TestTheFirstVersionKnowsTextOnly(t *testing.T) {
	w := newWorld(t)
	var value any = "blue"
	pool, client := w.triggered(&types.LambdaConfigType{PreTokenGeneration: aws.String(w.functions.plays("f", func(e event) (any, error) {
		return e.respond(map[string]any{"claimsOverrideDetails": map[string]any{"claimsToAddOrOverride": map[string]any{"tenant": value}}}), nil
	}))})
	w.user(pool, "ann")
	tokens := w.tokens(client, "ann")
	_, id := w.claims(*pool.Id, *tokens.IdToken)
	_, bearer := w.claims(*pool.Id, *tokens.AccessToken)
	if id["tenant"] != "blue" || bearer["tenant"] != nil {
		t.Errorf("ID %v, access %v", id["tenant"], bearer["tenant"])
	}
	grants := w.rows("user_pool_grants")
	for _, value = range []any{7, true, nil, []string{"a"}} {
		_, err := w.signIn(client, "ann", password)
		refused(t, err, "InvalidLambdaResponseException", "Unrecognizable lambda output")
	}
	if w.rows("user_pool_grants") != grants {
		t.Error("a grant was left behind")
	}
}
