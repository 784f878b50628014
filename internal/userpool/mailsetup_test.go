package userpool_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Amplify answers MFA_SETUP with an address, and EMAIL_OTP with the code that went there.
func TestWhoHasNoSecondFactorSetsUpCodesByMailOnTheWay(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []types.AliasAttributeType{"email"} })
		w.mfa(pool, "ON", "EMAIL_OTP")
		c := w.client(pool, nil)
		w.user(pool, "ann")
		setup := w.asked(c, "ann", "MFA_SETUP")
		asked := must(w.reply(c, "MFA_SETUP", setup.Session, "ann", "EMAIL", "ann@example.com"))(t)
		if asked.ChallengeName != "EMAIL_OTP" || asked.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "a***@e***" {
			t.Fatalf("asked for %s %v", asked.ChallengeName, asked.ChallengeParameters)
		}
		_, err := w.reply(c, "MFA_SETUP", setup.Session, "ann", "EMAIL", "ann@example.com")
		refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		if mail := w.outbox.last(t); mail.To != "ann@example.com" {
			t.Errorf("the code went to %s", mail.To)
		}
		code := w.outbox.last(t).Code
		if got := w.mailOf(pool, "ann"); got != " " {
			t.Errorf("before the code came back the address is %s", got)
		}
		_, err = w.second(c, "EMAIL_OTP", asked.Session, "ann", wrongOf(code))
		refused(t, err, "CodeMismatchException", "")
		signedIn(t, must(w.second(c, "EMAIL_OTP", asked.Session, "ann", code))(t).AuthenticationResult)
		if got := w.mailOf(pool, "ann"); got != "ann@example.com true" {
			t.Errorf("afterwards it is %s", got)
		}
		_, err = w.second(c, "EMAIL_OTP", asked.Session, "ann", code)
		refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		w.asked(c, "ann@example.com", "EMAIL_OTP")
	})
}

func wrongOf(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// mailOf is a user's address and whether it is verified.
func (w *world) mailOf(pool *types.UserPoolType, name string) string {
	w.t.Helper()
	out := must(w.AdminGetUser(context.Background(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &name}))(w.t)
	var mail, verified string
	for _, a := range out.UserAttributes {
		switch *a.Name {
		case "email":
			mail = *a.Value
		case "email_verified":
			verified = *a.Value
		}
	}
	return mail + " " + verified
}

func TestCodesByMailAreNotSetUpForEverybody(t *testing.T) {
	ctx, invalid := context.Background(), "Invalid session for the user."
	begin := func(t *testing.T, client func(*idp.CreateUserPoolClientInput), factors ...string) (*world, *types.UserPoolType, *types.UserPoolClientType, *string) {
		w := newWorld(t)
		pool := w.pool(func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []types.AliasAttributeType{"email"} })
		w.mfa(pool, "ON", factors...)
		c := w.client(pool, client)
		w.user(pool, "ann")
		return w, pool, c, w.asked(c, "ann", "MFA_SETUP").Session
	}
	t.Run("the pool does not send codes by mail", func(t *testing.T) {
		w, _, c, session := begin(t, nil, "SOFTWARE_TOKEN_MFA")
		_, err := w.reply(c, "MFA_SETUP", session, "ann", "EMAIL", "ann@example.com")
		refused(t, err, "NotAuthorizedException", invalid)
	})
	t.Run("the client may not write the address", func(t *testing.T) {
		w, _, c, session := begin(t, func(in *idp.CreateUserPoolClientInput) { in.WriteAttributes = []string{"name"} }, "EMAIL_OTP")
		_, err := w.reply(c, "MFA_SETUP", session, "ann", "EMAIL", "ann@example.com")
		refused(t, err, "NotAuthorizedException", "")
	})
	t.Run("no address", func(t *testing.T) {
		w, _, c, session := begin(t, nil, "EMAIL_OTP")
		_, err := w.reply(c, "MFA_SETUP", session, "ann", "EMAIL", "ann")
		refused(t, err, "InvalidParameterException", "")
		must(w.reply(c, "MFA_SETUP", session, "ann", "EMAIL", "ann@example.com"))(t) // the session is as it was
	})
	t.Run("another's name", func(t *testing.T) {
		w, pool, c, session := begin(t, nil, "EMAIL_OTP")
		w.user(pool, "bob", "email", "bob@example.com", "email_verified", "true")
		asked := must(w.reply(c, "MFA_SETUP", session, "ann", "EMAIL", "bob@example.com"))(t)
		_, err := w.second(c, "EMAIL_OTP", asked.Session, "ann", w.outbox.last(t).Code)
		refused(t, err, "AliasExistsException", "")
		if got := w.mailOf(pool, "ann"); got != " " {
			t.Errorf("the address is %s", got)
		}
	})
	for name, meanwhile := range map[string]func(w *world, pool *types.UserPoolType) error{
		"they got an address meanwhile": func(w *world, pool *types.UserPoolType) error {
			_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"email", "own@example.com", "email_verified", "true"})})
			return err
		},
		"the pool stopped it meanwhile": func(w *world, pool *types.UserPoolType) error {
			w.mfa(pool, "ON", "SOFTWARE_TOKEN_MFA")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, pool, c, session := begin(t, nil, "EMAIL_OTP")
			other := w.asked(c, "ann", "MFA_SETUP").Session
			asked := must(w.reply(c, "MFA_SETUP", session, "ann", "EMAIL", "thief@example.com"))(t)
			code := w.outbox.last(t).Code
			if err := meanwhile(w, pool); err != nil {
				t.Fatal(err)
			}
			_, err := w.second(c, "EMAIL_OTP", asked.Session, "ann", code)
			refused(t, err, "NotAuthorizedException", invalid)
			_, err = w.reply(c, "MFA_SETUP", other, "ann", "EMAIL", "thief@example.com")
			refused(t, err, "NotAuthorizedException", invalid)
			if got := w.mailOf(pool, "ann"); got == "thief@example.com true" {
				t.Error("the address was taken")
			}
		})
	}
}
