package userpool_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// rotating makes a client whose refresh tokens rotate.
func (w *world) rotating(pool *types.UserPoolType, grace int32) *types.UserPoolClientType {
	w.t.Helper()
	return w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}
		in.RefreshTokenRotation = &types.RefreshTokenRotationType{Feature: types.FeatureTypeEnabled, RetryGracePeriodSeconds: &grace}
	})
}

func (w *world) getTokens(c *types.UserPoolClientType, token *string) (*types.AuthenticationResultType, error) {
	out, err := w.GetTokensFromRefreshToken(context.Background(), &idp.GetTokensFromRefreshTokenInput{ClientId: c.ClientId, RefreshToken: token, ClientSecret: c.ClientSecret})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

func TestRotationKeepsTheSignInAndItsExpiry(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.rotating(pool, 0)
	w.user(pool, "ann")
	first := w.tokens(client, "ann")
	_, before := w.claims(*pool.Id, *first.AccessToken)
	token := first.RefreshToken
	for day := range 29 {
		w.clock.Advance(24 * time.Hour)
		next := must(w.getTokens(client, token))(t)
		if next.RefreshToken == nil || *next.RefreshToken == *token || len(strings.Split(*next.RefreshToken, ".")) != 5 || len(*next.RefreshToken) != len(*first.RefreshToken) {
			t.Fatalf("day %d: the next refresh token is %v", day, next.RefreshToken)
		}
		_, after := w.claims(*pool.Id, *next.AccessToken)
		for _, name := range []string{"auth_time", "origin_jti", "sub"} {
			if before[name] != after[name] {
				t.Errorf("%s changed from %v to %v", name, before[name], after[name])
			}
		}
		token = next.RefreshToken
	}
	w.clock.Advance(24*time.Hour + time.Second)
	_, err := w.getTokens(client, token)
	refused(t, err, "NotAuthorizedException", "Refresh Token has expired")
}

func TestAReplacedRefreshTokenEndsTheSignIn(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client, sibling := w.rotating(pool, 10), w.rotating(pool, 10)
	w.user(pool, "ann")
	other := w.tokens(client, "ann") // another sign-in of the same user
	for _, c := range []struct {
		name string
		show func(chain []*types.AuthenticationResultType) *string
	}{
		{"the first", func(chain []*types.AuthenticationResultType) *string { return chain[0].RefreshToken }},
		{"one between", func(chain []*types.AuthenticationResultType) *string { return chain[1].RefreshToken }},
		{"the last but one", func(chain []*types.AuthenticationResultType) *string { return chain[2].RefreshToken }},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := []*types.AuthenticationResultType{w.tokens(client, "ann")}
			for i := range 3 {
				chain = append(chain, must(w.getTokens(client, chain[i].RefreshToken))(t))
			}
			if _, err := w.getTokens(sibling, c.show(chain)); err == nil {
				t.Fatal("another client's token passed")
			}
			must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: chain[3].AccessToken}))(t)
			w.clock.Advance(10 * time.Second)
			_, err := w.getTokens(client, c.show(chain))
			refused(t, err, "RefreshTokenReuseException", "")
			for i, tokens := range chain {
				if _, err := w.GetUser(ctx, &idp.GetUserInput{AccessToken: tokens.AccessToken}); err == nil {
					t.Errorf("access token %d lives on", i)
				}
			}
			_, err = w.getTokens(client, chain[3].RefreshToken)
			refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
		})
	}
	must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: other.AccessToken}))(t)
	must(w.getTokens(client, other.RefreshToken))(t)
}

func TestTheGraceOfAReplacedRefreshToken(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.rotating(pool, 60)
	w.user(pool, "ann")
	first := w.tokens(client, "ann")
	second := must(w.getTokens(client, first.RefreshToken))(t)
	w.clock.Advance(30 * time.Second)
	again := must(w.getTokens(client, first.RefreshToken))(t)
	if *again.RefreshToken != *second.RefreshToken {
		t.Error("who asks again with one token is told another next one: the sign-in has two lines of tokens")
	}
	if *again.AccessToken == *second.AccessToken {
		t.Error("the same access token came twice")
	}
	third := must(w.getTokens(client, second.RefreshToken))(t)
	w.clock.Advance(29 * time.Second)
	if next := must(w.getTokens(client, first.RefreshToken))(t); *next.RefreshToken != *third.RefreshToken {
		t.Error("the first token, still in its grace, was not answered with the newest")
	}
	w.clock.Advance(time.Second)
	must(w.getTokens(client, second.RefreshToken))(t)
	_, err := w.getTokens(client, first.RefreshToken)
	refused(t, err, "RefreshTokenReuseException", "")
}

func TestRefreshingAtOnceWithOneToken(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		w.user(pool, "ann")
		race := func(client *types.UserPoolClientType, token *string) (won []*types.AuthenticationResultType, lost []error) {
			var group sync.WaitGroup
			var mu sync.Mutex
			for range 8 {
				group.Go(func() {
					tokens, err := w.getTokens(client, token)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						lost = append(lost, err)
					} else {
						won = append(won, tokens)
					}
				})
			}
			group.Wait()
			return won, lost
		}
		t.Run("within the grace everybody is told the same next token", func(t *testing.T) {
			client := w.rotating(pool, 60)
			won, lost := race(client, w.tokens(client, "ann").RefreshToken)
			if len(lost) > 0 {
				t.Fatalf("%d were refused, the first with %v", len(lost), lost[0])
			}
			for _, tokens := range won {
				if *tokens.RefreshToken != *won[0].RefreshToken {
					t.Error("two lines of tokens")
				}
			}
			must(w.getTokens(client, won[0].RefreshToken))(t)
		})
		t.Run("without grace one wins, and the sign-in is over", func(t *testing.T) {
			client := w.rotating(pool, 0)
			won, lost := race(client, w.tokens(client, "ann").RefreshToken)
			if len(won) != 1 {
				t.Fatalf("%d won", len(won))
			}
			reused := false
			for _, err := range lost {
				if strings.Contains(err.Error(), "RefreshTokenReuseException") {
					reused = true
				} else {
					refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
				}
			}
			if !reused {
				t.Error("nobody was told of the reuse")
			}
			_, err := w.getTokens(client, won[0].RefreshToken)
			refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
		})
	})
}

func TestRevokingAnyRefreshTokenOfASignInEndsIt(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client, sibling := w.rotating(pool, 0), w.rotating(pool, 0)
	w.user(pool, "ann")
	for i := range 3 {
		chain := []*types.AuthenticationResultType{w.tokens(client, "ann")}
		chain = append(chain, must(w.getTokens(client, chain[0].RefreshToken))(t))
		chain = append(chain, must(w.getTokens(client, chain[1].RefreshToken))(t))
		_, err := w.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: sibling.ClientId, Token: chain[i].RefreshToken})
		refused(t, err, "UnauthorizedException", "")
		must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: chain[2].AccessToken}))(t)
		must(w.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: client.ClientId, Token: chain[i].RefreshToken}))(t)
		for _, tokens := range chain {
			_, err := w.GetUser(ctx, &idp.GetUserInput{AccessToken: tokens.AccessToken})
			refused(t, err, "NotAuthorizedException", "Access Token has been revoked")
			_, err = w.getTokens(client, tokens.RefreshToken)
			refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
		}
	}
}

func TestRotatedRefreshTokensThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.rotating(pool, 60)
	name := aws.String("ann")
	w.user(pool, "ann")
	const invalid, revoked = "Invalid Refresh Token", "Refresh Token has been revoked"
	for _, c := range []struct {
		name string
		do   func(tokens *types.AuthenticationResultType) string
		text string
	}{
		{"changed in any part", func(r *types.AuthenticationResultType) string {
			for at := range *r.RefreshToken {
				changed := []byte(*r.RefreshToken)
				changed[at] ^= 1
				_, err := w.getTokens(client, aws.String(string(changed)))
				refused(t, err, "NotAuthorizedException", invalid)
			}
			return *r.RefreshToken + "A"
		}, invalid},
		{"an access token", func(r *types.AuthenticationResultType) string { return *r.AccessToken }, invalid},
		{"huge", func(*types.AuthenticationResultType) string { return strings.Repeat("a.", 50_000) }, invalid},
		{"signed out everywhere", func(r *types.AuthenticationResultType) string {
			must(w.GlobalSignOut(ctx, &idp.GlobalSignOutInput{AccessToken: r.AccessToken}))(t)
			return *r.RefreshToken
		}, revoked},
		{"of a disabled user", func(r *types.AuthenticationResultType) string {
			must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: name}))(t)
			return *r.RefreshToken
		}, "User is disabled."},
		{"of a user with a new temporary password", func(r *types.AuthenticationResultType) string {
			must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: name, Password: aws.String(password)}))(t)
			return *r.RefreshToken
		}, revoked},
		{"of a user deleted and made again", func(r *types.AuthenticationResultType) string {
			must(w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: name}))(t)
			w.user(pool, "ann")
			return *r.RefreshToken
		}, invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(w.AdminEnableUser(ctx, &idp.AdminEnableUserInput{UserPoolId: pool.Id, Username: name}))(t)
			must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: name, Password: aws.String(password), Permanent: true}))(t)
			tokens := must(w.getTokens(client, w.tokens(client, "ann").RefreshToken))(t)
			_, err := w.getTokens(client, aws.String(c.do(tokens)))
			refused(t, err, "NotAuthorizedException", c.text)
		})
	}
}
