package userpool_test

import (
	"context"
	"crypto/rsa"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store"
)

func keysOf(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func TestTokensHaveExactlyTheClaimsOfCognito(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.Schema = []types.SchemaAttributeType{{Name: aws.String("level"), AttributeDataType: "Number"}, {Name: aws.String("hidden"), AttributeDataType: "String"}}
	})
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ReadAttributes = []string{"email", "email_verified", "name", "custom:level"}
		in.AccessTokenValidity, in.IdTokenValidity = aws.Int32(10), aws.Int32(1800)
		in.TokenValidityUnits = &types.TokenValidityUnitsType{AccessToken: "minutes", IdToken: "seconds"}
	})
	user := w.user(pool, "ann", "email", "ann@example.com", "email_verified", "true", "name", "Ann", "nickname", "unread", "custom:level", "7", "custom:hidden", "x")
	for i, group := range []string{"bakers", "admins"} {
		must(w.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: pool.Id, GroupName: &group, Precedence: aws.Int32(int32(9 - i)), RoleArn: aws.String("arn:aws:iam::000000000000:role/" + group)}))(t)
		must(w.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: pool.Id, GroupName: &group, Username: aws.String("ann")}))(t)
	}
	before := time.Now().Truncate(time.Second)
	got := w.tokens(client, "ann")
	if got.ExpiresIn != 600 || *got.TokenType != "Bearer" || got.RefreshToken == nil {
		t.Errorf("ExpiresIn %d, TokenType %s, RefreshToken present: %t", got.ExpiresIn, *got.TokenType, got.RefreshToken != nil)
	}
	if parts := strings.Split(*got.RefreshToken, "."); len(parts) != 5 {
		t.Errorf("the refresh token has %d parts, clients expect 5", len(parts))
	}

	idHeader, id := w.claims(*pool.Id, *got.IdToken)
	accessHeader, access := w.claims(*pool.Id, *got.AccessToken)
	for _, header := range []map[string]any{idHeader, accessHeader} {
		if want := []string{"alg", "kid"}; !reflect.DeepEqual(keysOf(header), want) || header["alg"] != "RS256" {
			t.Errorf("header %v, want exactly kid and alg RS256", header)
		}
	}
	if idHeader["kid"] == accessHeader["kid"] {
		t.Error("ID and access token are signed by the same key")
	}
	if want := []string{"aud", "auth_time", "cognito:groups", "cognito:preferred_role", "cognito:roles", "cognito:username", "custom:level", "email", "email_verified", "event_id", "exp", "iat", "iss", "jti", "name", "origin_jti", "sub", "token_use"}; !reflect.DeepEqual(keysOf(id), want) {
		t.Errorf("ID token has claims\n%v, want\n%v", keysOf(id), want)
	}
	if want := []string{"auth_time", "client_id", "cognito:groups", "event_id", "exp", "iat", "iss", "jti", "origin_jti", "scope", "sub", "token_use", "username"}; !reflect.DeepEqual(keysOf(access), want) {
		t.Errorf("access token has claims\n%v, want\n%v", keysOf(access), want)
	}
	issuer := w.url + "/" + *pool.Id
	for name, want := range map[string]any{
		"iss": issuer, "aud": *client.ClientId, "token_use": "id", "cognito:username": "ann", "email": "ann@example.com", "email_verified": true,
		"custom:level": "7", "name": "Ann", "cognito:groups": []any{"admins", "bakers"}, "cognito:preferred_role": "arn:aws:iam::000000000000:role/admins",
		"sub": *user.Attributes[0].Value,
	} {
		if !reflect.DeepEqual(id[name], want) {
			t.Errorf("ID token: %s is %v, want %v", name, id[name], want)
		}
	}
	for name, want := range map[string]any{"iss": issuer, "client_id": *client.ClientId, "token_use": "access", "username": "ann", "scope": "aws.cognito.signin.user.admin", "sub": id["sub"], "event_id": id["event_id"], "origin_jti": id["origin_jti"]} {
		if !reflect.DeepEqual(access[name], want) {
			t.Errorf("access token: %s is %v, want %v", name, access[name], want)
		}
	}
	if access["jti"] == id["jti"] || access["jti"] == access["origin_jti"] {
		t.Error("jti is not the token's own")
	}
	issued := w.seconds(access["iat"])
	if issued.Before(before) || w.seconds(access["exp"]).Sub(issued) != 10*time.Minute || w.seconds(id["exp"]).Sub(issued) != 30*time.Minute || access["auth_time"] != access["iat"] {
		t.Errorf("times: iat %v auth_time %v, access exp %v, ID exp %v", access["iat"], access["auth_time"], access["exp"], id["exp"])
	}
}

func TestRefreshingKeepsTheSignIn(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	first := w.tokens(client, "ann")
	w.clock.Advance(2 * time.Hour)
	second := must(w.refresh(client, *first.RefreshToken))(t)
	if second.RefreshToken != nil {
		t.Error("a refresh token came back, though the client does not rotate them")
	}
	_, before := w.claims(*pool.Id, *first.AccessToken)
	_, after := w.claims(*pool.Id, *second.AccessToken)
	for _, name := range []string{"auth_time", "origin_jti", "sub"} {
		if before[name] != after[name] {
			t.Errorf("%s changed from %v to %v", name, before[name], after[name])
		}
	}
	if before["jti"] == after["jti"] || w.seconds(after["iat"]).Sub(w.seconds(before["iat"])) < 2*time.Hour {
		t.Errorf("not new tokens: before %v, after %v", before, after)
	}
}

func TestRevocationOffLeavesNoOriginInTokens(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.EnableTokenRevocation = aws.Bool(false) })
	w.user(pool, "ann")
	got := w.tokens(client, "ann")
	_, id := w.claims(*pool.Id, *got.IdToken)
	_, access := w.claims(*pool.Id, *got.AccessToken)
	for name, claims := range map[string]map[string]any{"ID": id, "access": access} {
		if _, has := claims["origin_jti"]; has {
			t.Errorf("%s token has origin_jti", name)
		}
	}
	_, err := w.RevokeToken(context.Background(), &idp.RevokeTokenInput{ClientId: client.ClientId, Token: got.RefreshToken})
	refused(t, err, "UnsupportedOperationException", "")
}

func TestRefreshTokensThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	client, sibling, stranger := w.client(pool, nil), w.client(pool, nil), w.client(other, nil)
	name := aws.String("ann")
	w.user(pool, "ann")
	for _, c := range []struct {
		name string
		do   func(tokens *types.AuthenticationResultType) (*types.UserPoolClientType, string)
		code string
		text string
	}{
		{"of another client", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			return sibling, *r.RefreshToken
		}, "NotAuthorizedException", "Invalid Refresh Token"},
		{"of another pool", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			return stranger, *r.RefreshToken
		}, "NotAuthorizedException", "Invalid Refresh Token"},
		{"changed by a character", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			return client, *r.RefreshToken + "A"
		}, "NotAuthorizedException", "Invalid Refresh Token"},
		{"an access token", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			return client, *r.AccessToken
		}, "NotAuthorizedException", "Invalid Refresh Token"},
		{"huge", func(*types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			return client, strings.Repeat("a", 100_000)
		}, "NotAuthorizedException", "Invalid Refresh Token"},
		{"revoked", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			must(w.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: client.ClientId, Token: r.RefreshToken}))(t)
			return client, *r.RefreshToken
		}, "NotAuthorizedException", "Refresh Token has been revoked"},
		{"signed out everywhere", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			must(w.GlobalSignOut(ctx, &idp.GlobalSignOutInput{AccessToken: r.AccessToken}))(t)
			return client, *r.RefreshToken
		}, "NotAuthorizedException", "Refresh Token has been revoked"},
		{"of a disabled user", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: name}))(t)
			return client, *r.RefreshToken
		}, "NotAuthorizedException", "User is disabled."},
		{"of a user who was disabled since", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: name}))(t)
			must(w.AdminEnableUser(ctx, &idp.AdminEnableUserInput{UserPoolId: pool.Id, Username: name}))(t)
			return client, *r.RefreshToken
		}, "NotAuthorizedException", "Refresh Token has been revoked"},
		{"of a user with a new temporary password", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: name, Password: aws.String(password)}))(t)
			return client, *r.RefreshToken
		}, "NotAuthorizedException", "Refresh Token has been revoked"},
		{"of a user deleted and made again", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			must(w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: name}))(t)
			w.user(pool, "ann")
			return client, *r.RefreshToken
		}, "NotAuthorizedException", "Invalid Refresh Token"},
		{"past its time", func(r *types.AuthenticationResultType) (*types.UserPoolClientType, string) {
			// Last: the SDK signs with the machine's clock.
			w.clock.Advance(30*24*time.Hour + time.Second)
			return client, *r.RefreshToken
		}, "NotAuthorizedException", "Refresh Token has expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(w.AdminEnableUser(ctx, &idp.AdminEnableUserInput{UserPoolId: pool.Id, Username: name}))(t)
			must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: name, Password: aws.String(password), Permanent: true}))(t)
			by, token := c.do(w.tokens(client, "ann"))
			_, err := w.refresh(by, token)
			refused(t, err, c.code, c.text)
		})
	}
}

func TestAccessTokensThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann", "email", "ann@example.com")
	name := aws.String("ann")
	good := w.tokens(client, "ann")
	out := must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: good.AccessToken}))(t)
	if *out.Username != "ann" || len(out.UserAttributes) != 2 {
		t.Fatalf("GetUser: %+v", out)
	}
	head, rest, _ := strings.Cut(*good.AccessToken, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	otherPool := w.pool(nil)
	otherClient := w.client(otherPool, nil)
	w.user(otherPool, "ann")
	foreign := w.tokens(otherClient, "ann")
	_, foreignRest, _ := strings.Cut(*foreign.AccessToken, ".")
	foreignPayload, _, _ := strings.Cut(foreignRest, ".")
	for _, c := range []struct {
		name, token, text string
		before            func()
	}{
		{name: "an ID token", token: *good.IdToken, text: "Invalid Access Token"},
		{name: "a refresh token", token: *good.RefreshToken, text: "Invalid Access Token"},
		{name: "nonsense", token: "x.y.z", text: "Invalid Access Token"},
		{name: "no signature", token: head + "." + payload + ".", text: "Invalid Access Token"},
		{name: "alg none", token: "eyJhbGciOiJub25lIn0." + payload + ".", text: "Invalid Access Token"},
		{name: "claims of another pool under this pool's key", token: head + "." + foreignPayload + "." + signature, text: "Invalid Access Token"},
		{name: "a changed signature", token: head + "." + payload + "." + "AAAA" + signature[4:], text: "Invalid Access Token"},
		{name: "revoked", token: *good.AccessToken, text: "Access Token has been revoked", before: func() {
			must(w.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: client.ClientId, Token: good.RefreshToken}))(t)
		}},
		{name: "signed out", token: *w.tokens(client, "ann").AccessToken, text: "Access Token has been revoked", before: func() {
			must(w.AdminUserGlobalSignOut(ctx, &idp.AdminUserGlobalSignOutInput{UserPoolId: pool.Id, Username: name}))(t)
		}},
		{name: "of another user's pool after its deletion", token: *foreign.AccessToken, text: "Invalid Access Token", before: func() {
			must(w.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: otherPool.Id}))(t)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.before != nil {
				c.before()
			}
			_, err := w.GetUser(ctx, &idp.GetUserInput{AccessToken: &c.token})
			refused(t, err, "NotAuthorizedException", c.text)
		})
	}
	fresh := w.tokens(client, "ann")
	w.clock.Advance(time.Hour + time.Minute)
	_, err := w.GetUser(ctx, &idp.GetUserInput{AccessToken: fresh.AccessToken})
	refused(t, err, "NotAuthorizedException", "Access Token has expired")
}

func TestRevokeTokenRefusesWhatIsNotTheClients(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client, sibling := w.client(pool, nil), w.client(pool, nil)
	guarded := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	w.user(pool, "ann")
	tokens := w.tokens(client, "ann")
	_, err := w.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: client.ClientId, Token: tokens.AccessToken})
	refused(t, err, "UnsupportedTokenTypeException", "")
	_, err = w.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: sibling.ClientId, Token: tokens.RefreshToken})
	refused(t, err, "UnauthorizedException", "")
	_, err = w.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: guarded.ClientId, Token: w.tokens(guarded, "ann").RefreshToken, ClientSecret: aws.String("wrong-wrong-wrong-wrong-wrong")})
	refused(t, err, "UnauthorizedException", "")
	if _, err := w.refresh(client, *tokens.RefreshToken); err != nil {
		t.Errorf("the token died of another client's revocation: %v", err)
	}
}

func TestVerifiersFollowThePool(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	tokens := w.tokens(client, "ann")
	id, access, ok := w.service.Verifiers(*pool.Arn)
	if !ok {
		t.Fatal("no verifiers for the pool's ARN")
	}
	if _, err := id.Verify(ctx, *tokens.IdToken); err != nil {
		t.Errorf("ID token: %v", err)
	}
	if _, err := access.Verify(ctx, *tokens.AccessToken); err != nil {
		t.Errorf("access token: %v", err)
	}
	if _, err := id.Verify(ctx, *tokens.AccessToken); err == nil {
		t.Error("an access token passed for an ID token")
	}
	if _, err := access.Verify(ctx, *tokens.IdToken); err == nil {
		t.Error("an ID token passed for an access token")
	}
	for _, arn := range []string{"", *pool.Id, strings.Replace(*pool.Arn, region, "us-east-1", 1), strings.Replace(*pool.Arn, account, "111111111111", 1), *pool.Arn + "x"} {
		if _, _, ok := w.service.Verifiers(arn); ok {
			t.Errorf("verifiers for %q", arn)
		}
	}
	must(w.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: pool.Id}))(t)
	if _, err := id.Verify(ctx, *tokens.IdToken); err == nil {
		t.Error("a token of a deleted pool still verifies")
	}
}

func TestWellKnownDocuments(t *testing.T) {
	w := newWorldAtFullPrice(t, store.Options{Memory: true})
	pool := w.pool(nil)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/" + *pool.Id + "/.well-known/jwks.json", 200},
		{"HEAD", "/" + *pool.Id + "/.well-known/jwks.json", 200},
		{"GET", "/" + *pool.Id + "/.well-known/openid-configuration", 200},
		{"POST", "/" + *pool.Id + "/.well-known/jwks.json", 405},
		{"GET", "/" + *pool.Id + "/.well-known/other", 404},
		{"GET", "/eu-west-1_aaaaaaaaa/.well-known/jwks.json", 404},
		{"GET", "/.well-known/jwks.json", 404},
	} {
		request := must(http.NewRequest(c.method, w.url+c.path, nil))(t)
		answer := must(http.DefaultClient.Do(request))(t)
		answer.Body.Close()
		if answer.StatusCode != c.status || answer.Header.Get("Content-Type") != "application/json" || answer.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: %d %v, want %d", c.method, c.path, answer.StatusCode, answer.Header, c.status)
		}
		if cached := answer.Header.Get("Cache-Control") != ""; cached != (c.status == 200) {
			t.Errorf("%s %s: Cache-Control %q", c.method, c.path, answer.Header.Get("Cache-Control"))
		}
	}
	set := w.keySet(*pool.Id)
	if len(set.Keys) != 2 {
		t.Fatalf("%d keys, want 2", len(set.Keys))
	}
	for _, k := range set.Keys {
		if !k.IsPublic() || !k.Valid() || k.Use != "sig" || k.Algorithm != "RS256" {
			t.Errorf("key %+v", k)
		}
		if public, ok := k.Key.(*rsa.PublicKey); !ok || public.N.BitLen() != 2048 {
			t.Errorf("key %T, want RSA of 2048 bits", k.Key)
		}
	}
}

func TestPasswordsAndKeysAtTheirFullPrice(t *testing.T) {
	w := newWorldAtFullPrice(t, store.Options{Memory: true})
	if memory, passes, threads := w.service.Cost(); memory != 19*1024 || passes != 2 || threads != 1 {
		t.Errorf("argon2id with %d KiB, %d passes, %d lanes, want 19 MiB, 2, 1", memory, passes, threads)
	}
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	w.claims(*pool.Id, *w.tokens(client, "ann").IdToken)
	_, err := w.signIn(client, "ann", "Wrong-Horse-7")
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
}
