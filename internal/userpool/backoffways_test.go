package userpool_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Guesses at one person from one address are counted together, by whichever of
// their names and whichever way they come.
func TestGuessesCountTogetherByEveryNameAndWay(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		choosing("EMAIL_OTP")(in)
		in.AliasAttributes = []types.AliasAttributeType{"email", "preferred_username"}
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
	})
	client, another := w.client(pool, everyFlow), w.srpClient(pool, hiding)
	w.user(pool, "ann", "email", "ann@example.com", "email_verified", "true", "preferred_username", "annie")
	sub := w.attribute(pool, "ann", "sub")
	session, _ := w.byCode(client, "ann")
	tokens := w.tokens(client, "ann")
	guesses := []func() error{
		func() error { _, err := w.signIn(client, "ann", "wrong"); return err },
		func() error { _, err := w.signIn(client, "Ann@Example.com", "wrong"); return err },
		func() error { _, err := w.signInBySRP(another, "ANNIE", "wrong"); return err },
		func() error { _, err := w.prefer(client, sub, "PASSWORD", "PASSWORD", "wrong"); return err },
		func() error { _, err := w.bring(client, session, "annie", "00000000"); return err },
		func() error {
			_, err := w.ChangePassword(context.Background(), &idp.ChangePasswordInput{AccessToken: tokens.AccessToken, PreviousPassword: aws.String("wrong"), ProposedPassword: aws.String("Better-Horse-8")})
			return err
		},
	}
	for i, guess := range guesses {
		code := "NotAuthorizedException"
		if i == 4 {
			code = "CodeMismatchException"
		}
		text := incorrect
		if i == 4 {
			text = wrongSignInCode
		}
		refused(t, guess(), code, text)
	}
	for _, guess := range guesses {
		refused(t, guess(), "NotAuthorizedException", "Password attempts exceeded")
	}
	_, err := w.signIn(client, "ann", password) // the right one neither
	refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
	// From elsewhere the owner is let in, which gives the others nothing back.
	must(w.from("127.0.0.9").signIn(client, "ann", password))(t)
	refused(t, guesses[0](), "NotAuthorizedException", "Password attempts exceeded")
	// Nor does an administrator's server, which is at the same address here.
	_, err = w.AdminInitiateAuth(context.Background(), &idp.AdminInitiateAuthInput{
		UserPoolId: pool.Id, ClientId: client.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
	})
	refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
}

// A function that fails at the end of a sign-in leaves no sign-in behind: no
// grant, no session that is good once more, and a person who can begin again.
func TestASignInThatFunctionsEndLeavesNothing(t *testing.T) {
	ctx := context.Background()
	for _, last := range []string{"post", "token"} {
		for how, fail := range map[string]part{
			"throws":           func(event) (any, error) { return nil, thrown("no") },
			"answers rubbish":  func(event) (any, error) { return "[]", nil },
			"cannot be called": nil,
		} {
			t.Run(last+" "+how, func(t *testing.T) {
				w := newWorld(t)
				echo := func(e event) (any, error) { return e, nil }
				fails := false
				play := func(name string) *string {
					return aws.String(w.functions.plays(name, func(e event) (any, error) {
						switch {
						case !fails || name != last:
							return echo(e)
						case fail == nil:
							return nil, context.DeadlineExceeded
						}
						return fail(e)
					}))
				}
				pool := w.pool(func(in *idp.CreateUserPoolInput) {
					in.LambdaConfig = &types.LambdaConfigType{PostAuthentication: play("post"), PreTokenGeneration: play("token")}
				})
				client := w.client(pool, nil)
				w.mfa(pool, "OPTIONAL", sms)
				must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{
					UserPoolId: pool.Id, Username: aws.String("ann"), TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS", UserAttributes: pairs([]string{"phone_number", theirPhone}),
				}))(t)
				if err := w.enable(pool, "ann", sms); err != nil {
					t.Fatal(err)
				}
				fails = true
				first := must(w.answer(client, w.asked(client, "ann", "NEW_PASSWORD_REQUIRED").Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Better-Horse-8"}))(t)
				code := w.outbox.last(t).Code
				if out, err := w.second(client, sms, first.Session, "ann", code); err == nil {
					t.Fatalf("got %s, tokens: %v", out.ChallengeName, out.AuthenticationResult != nil)
				}
				fails = false
				if n := w.rows("user_pool_grants"); n != 0 {
					t.Errorf("%d grants", n)
				}
				_, err := w.second(client, sms, first.Session, "ann", code)
				refused(t, err, "NotAuthorizedException", invalidSession)
				again := must(w.signIn(client, "ann", "Better-Horse-8"))(t)
				signedIn(t, must(w.second(client, sms, again.Session, "ann", w.outbox.last(t).Code))(t).AuthenticationResult)
			})
		}
	}
}
