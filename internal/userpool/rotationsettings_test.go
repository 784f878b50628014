package userpool_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestGetTokensWithoutRotation(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	plain := w.client(pool, nil)
	off := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.RefreshTokenRotation = &types.RefreshTokenRotationType{Feature: types.FeatureTypeDisabled}
	})
	never := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}
	})
	w.user(pool, "ann")
	for _, client := range []*types.UserPoolClientType{plain, off} {
		tokens := w.tokens(client, "ann")
		for range 2 {
			if next := must(w.getTokens(client, tokens.RefreshToken))(t); next.RefreshToken != nil || next.AccessToken == nil || next.IdToken == nil {
				t.Errorf("got %+v", next)
			}
		}
		must(w.refresh(client, *tokens.RefreshToken))(t)
	}
	_, err := w.getTokens(never, w.tokens(never, "ann").RefreshToken)
	refused(t, err, "InvalidParameterException", "")
}

func TestGetTokensProvesTheClient(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	guarded := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	open := w.client(pool, nil)
	w.user(pool, "ann")
	token := w.tokens(guarded, "ann").RefreshToken
	for _, secret := range []*string{nil, aws.String("wrong"), aws.String(secretHash(guarded, "ann"))} {
		_, err := w.GetTokensFromRefreshToken(ctx, &idp.GetTokensFromRefreshTokenInput{ClientId: guarded.ClientId, RefreshToken: token, ClientSecret: secret})
		refused(t, err, "NotAuthorizedException", "")
	}
	must(w.getTokens(guarded, token))(t)
	_, err := w.GetTokensFromRefreshToken(ctx, &idp.GetTokensFromRefreshTokenInput{ClientId: open.ClientId, RefreshToken: w.tokens(open, "ann").RefreshToken, ClientSecret: guarded.ClientSecret})
	refused(t, err, "NotAuthorizedException", "")
}

func TestRotationTurnedOnAndOffUnderASignIn(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	rotate := func(feature types.FeatureType, flows ...types.ExplicitAuthFlowsType) {
		must(w.UpdateUserPoolClient(ctx, &idp.UpdateUserPoolClientInput{
			UserPoolId: pool.Id, ClientId: client.ClientId, ExplicitAuthFlows: flows,
			RefreshTokenRotation: &types.RefreshTokenRotationType{Feature: feature},
		}))(t)
	}
	first := w.tokens(client, "ann")
	must(w.refresh(client, *first.RefreshToken))(t)
	rotate(types.FeatureTypeEnabled, "ALLOW_USER_PASSWORD_AUTH")
	_, err := w.refresh(client, *first.RefreshToken)
	refused(t, err, "InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client")
	second := must(w.getTokens(client, first.RefreshToken))(t)
	rotate(types.FeatureTypeDisabled, "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
	must(w.refresh(client, *second.RefreshToken))(t)
	must(w.refresh(client, *second.RefreshToken))(t)
	_, err = w.refresh(client, *first.RefreshToken)
	refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = w.refresh(client, *second.RefreshToken)
	refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
}

func TestRotationSettings(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	for _, c := range []struct {
		name  string
		given types.RefreshTokenRotationType
		flows []types.ExplicitAuthFlowsType
		text  string
	}{
		{"with the flow that cannot rotate", types.RefreshTokenRotationType{Feature: "ENABLED"}, []types.ExplicitAuthFlowsType{"ALLOW_REFRESH_TOKEN_AUTH"}, "ALLOW_REFRESH_TOKEN_AUTH cannot be used together with refresh token rotation."},
		{"a grace below 0", types.RefreshTokenRotationType{Feature: "ENABLED", RetryGracePeriodSeconds: aws.Int32(-1)}, nil, "RetryGracePeriodSeconds must be between 0 and 60."},
		{"a grace above 60", types.RefreshTokenRotationType{Feature: "DISABLED", RetryGracePeriodSeconds: aws.Int32(61)}, nil, "RetryGracePeriodSeconds must be between 0 and 60."},
		{"no such feature", types.RefreshTokenRotationType{Feature: "MAYBE"}, nil, "RefreshTokenRotation: Feature must be ENABLED or DISABLED."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: aws.String("web"), ExplicitAuthFlows: c.flows, RefreshTokenRotation: &c.given})
			refused(t, err, "InvalidParameterException", c.text)
		})
	}
	made := must(w.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{
		UserPoolId: pool.Id, ClientName: aws.String("web"), RefreshTokenRotation: &types.RefreshTokenRotationType{Feature: "ENABLED", RetryGracePeriodSeconds: aws.Int32(60)},
	}))(t).UserPoolClient
	shown := must(w.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId}))(t).UserPoolClient
	if shown.RefreshTokenRotation.Feature != "ENABLED" || *shown.RefreshTokenRotation.RetryGracePeriodSeconds != 60 {
		t.Errorf("shown: %+v", shown.RefreshTokenRotation)
	}
	for _, flow := range shown.ExplicitAuthFlows {
		if flow == "ALLOW_REFRESH_TOKEN_AUTH" {
			t.Error("the flows of a client that names none include the one that cannot rotate")
		}
	}
	again := must(w.UpdateUserPoolClient(ctx, &idp.UpdateUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId}))(t).UserPoolClient
	if again.RefreshTokenRotation != nil {
		t.Errorf("an update that leaves rotation out left it on: %+v", again.RefreshTokenRotation)
	}
}

func TestTheDatabaseHoldsNoRefreshToken(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.rotating(pool, 0)
	w.user(pool, "ann")
	first := w.tokens(client, "ann")
	second := must(w.getTokens(client, first.RefreshToken))(t)
	rows := must(w.service.Grants(context.Background(), *pool.Id))(t)
	if len(rows) != 1 {
		t.Fatalf("a sign-in has %d rows", len(rows))
	}
	text := string(must(json.Marshal(rows))(t))
	for _, token := range []*string{first.RefreshToken, second.RefreshToken} {
		for _, part := range strings.Split(*token, ".")[1:] {
			if len(part) > 16 && strings.Contains(text, part) {
				t.Errorf("the row holds a part of a refresh token: %s", text)
			}
		}
	}
}

func FuzzRefreshToken(f *testing.F) {
	w := newWorld(f)
	id := strings.Repeat("a1", 32)
	for _, generation := range []int64{1, 2, 1 << 62} {
		f.Add(must(w.service.RotatedToken(id, generation))(f))
	}
	f.Add("")
	f.Add("....")
	f.Fuzz(func(t *testing.T, text string) {
		got, generation := w.service.ReadRefreshToken(text)
		if generation < 0 || len(got) != 64 {
			t.Fatalf("read as grant %q, generation %d", got, generation)
		}
		if generation == 0 {
			return // looked up by its hash
		}
		if again, err := w.service.RotatedToken(got, generation); err != nil || again != text {
			t.Fatalf("%q passed for generation %d of %s, whose token is %q", text, generation, got, again)
		}
	})
}
