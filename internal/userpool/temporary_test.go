package userpool_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Whoever knew the temporary password before must gain nothing by having been
// quick with it.
func TestNewTemporaryPasswordEndsWhatTheOldOneOpened(t *testing.T) {
	ctx := context.Background()
	for name, renew := range map[string]func(w *world, pool *types.UserPoolType) error{
		"set again": func(w *world, pool *types.UserPoolType) error {
			_, err := w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String("Second-Horse-2")})
			return err
		},
		"invited again": func(w *world, pool *types.UserPoolType) error {
			_, err := w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("ann"), TemporaryPassword: aws.String("Second-Horse-2"), MessageAction: "RESEND"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pool := w.pool(nil)
			client := w.client(pool, nil)
			must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("ann"), TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS"}))(t)
			before := must(w.signIn(client, "ann", password))(t)
			if err := renew(w, pool); err != nil {
				t.Fatal(err)
			}
			answer := map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Stolen-Horse-3"}
			_, err := w.answer(client, before.Session, answer)
			refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

			after := must(w.signIn(client, "ann", "Second-Horse-2"))(t)
			answer["NEW_PASSWORD"] = "Better-Horse-4"
			if out := must(w.answer(client, after.Session, answer))(t); out.AuthenticationResult == nil {
				t.Errorf("the new one: %+v", out)
			}
		})
	}
}

// A refresh token that was answered "revoked" once does not come back to life
// when the person has chosen a new password.
func TestTemporaryPasswordTakesRefreshTokensBackForGood(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	old := w.tokens(client, "ann")
	must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String("Second-Horse-2")}))(t)
	start := must(w.signIn(client, "ann", "Second-Horse-2"))(t)
	done := must(w.answer(client, start.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Better-Horse-4"}))(t)
	_, err := w.refresh(client, *old.RefreshToken)
	refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
	_, err = w.GetUser(ctx, &idp.GetUserInput{AccessToken: old.AccessToken})
	refused(t, err, "NotAuthorizedException", "Access Token has been revoked")
	must(w.refresh(client, *done.AuthenticationResult.RefreshToken))(t)
	must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: done.AuthenticationResult.AccessToken}))(t)
}
