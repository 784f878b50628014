package userpool_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (w *world) signInWith(c *types.UserPoolClientType, name, password string, metadata map[string]string) (*idp.InitiateAuthOutput, error) {
	return w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: c.ClientId, ClientMetadata: metadata,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
	})
}

func TestAFunctionBeforeAndAfterASignIn(t *testing.T) {
	w := newWorld(t)
	f := aws.String(w.functions.plays("f", func(e event) (any, error) {
		if e.source() == e.request()["userAttributes"].(map[string]any)["nickname"] {
			return nil, thrown("not now")
		}
		return e, nil
	}))
	pool, client := w.triggered(&types.LambdaConfigType{PreAuthentication: f, PostAuthentication: f})
	w.user(pool, "ann", "email", "ann@example.com", "email_verified", "true")
	must(w.signInWith(client, "ann@example.com", password, map[string]string{"captcha": "7"}))(t)
	before := w.functions.only(t, "PreAuthentication_Authentication")
	if before["userName"] != "ann" || before.attributes()["email"] != "ann@example.com" || before.request()["validationData"].(map[string]any)["captcha"] != "7" {
		t.Errorf("told %v", before)
	}
	if _, there := before.request()["userNotFound"]; there {
		t.Error("a client that shows its users says that one is not found")
	}
	after := w.functions.only(t, "PostAuthentication_Authentication")
	if after.request()["newDeviceUsed"] != false || after.request()["clientMetadata"] != nil || after.attributes()["cognito:user_status"] != "CONFIRMED" {
		t.Errorf("told %v", after)
	}

	// A wrong password reaches the first function and not the second.
	_, err := w.signIn(client, "ann", "Wrong-Horse-1")
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	if n, m := len(w.functions.told("PreAuthentication_Authentication")), len(w.functions.told("PostAuthentication_Authentication")); n != 2 || m != 1 {
		t.Errorf("%d before, %d after", n, m)
	}
	for _, kind := range []string{"PreAuthentication", "PostAuthentication"} {
		must(w.AdminUpdateUserAttributes(context.Background(), &idp.AdminUpdateUserAttributesInput{
			UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"nickname", kind + "_Authentication"}),
		}))(t)
		grants := w.rows("user_pool_grants")
		_, err = w.signIn(client, "ann", password)
		refused(t, err, "UserLambdaValidationException", kind+" failed with error not now.")
		if w.rows("user_pool_grants") != grants {
			t.Errorf("%s: a grant was left behind", kind)
		}
	}
	if strings.Contains(w.records.text.String(), "not now") {
		t.Error("a function's words are in the record")
	}
}

func TestNoFunctionHearsOfWhomTheBackoffKeepsOut(t *testing.T) {
	for _, hides := range []bool{false, true} {
		for _, name := range []string{"ann", "nobody"} {
			t.Run(fmt.Sprint(name, hides), func(t *testing.T) {
				w := newWorld(t)
				f := aws.String(w.functions.plays("f", agree))
				pool, client := w.triggered(&types.LambdaConfigType{PreAuthentication: f})
				if hides {
					client = hidingTo(w, pool)
				}
				w.user(pool, "ann")
				for range 6 {
					if _, err := w.signIn(client, name, "Wrong-Horse-1"); err == nil {
						t.Fatal("a wrong password")
					}
				}
				told := len(w.functions.events)
				want := 6
				if name == "nobody" && !hides {
					want = 0
				}
				if told != want {
					t.Errorf("told %d times, want %d", told, want)
				}
				for range 5 {
					if _, err := w.signIn(client, name, password); err == nil {
						t.Fatal("locked out")
					}
				}
				if len(w.functions.events) != told {
					t.Error("a function heard of somebody who is locked out")
				}
				if hides {
					if got := w.functions.events[0].request()["userNotFound"]; got != (name == "nobody") {
						t.Errorf("userNotFound %v", got)
					}
				}
			})
		}
	}
}

// A function may change or remove the very user who signs in.
func TestAFunctionMayChangeWhoSignsIn(t *testing.T) {
	ctx := context.Background()
	onEveryEngine(t, func(t *testing.T, w *world) {
		var pool *types.UserPoolType
		do := func(string) error { return nil }
		f := aws.String(w.functions.plays("f", func(e event) (any, error) { return e, do(e.source()) }))
		pool, client := w.triggered(&types.LambdaConfigType{PreAuthentication: f, PostAuthentication: f})
		w.user(pool, "ann")
		name := aws.String("ann")
		do = func(source string) error {
			_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: name, UserAttributes: pairs([]string{"nickname", source})})
			return err
		}
		_, claims := w.claims(*pool.Id, *w.tokens(client, "ann").IdToken)
		if claims["nickname"] != "PostAuthentication_Authentication" {
			t.Errorf("nickname %v", claims["nickname"])
		}
		do = func(source string) error {
			if source != "PostAuthentication_Authentication" {
				return nil
			}
			_, err := w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: name})
			return err
		}
		_, err := w.signIn(client, "ann", password)
		refused(t, err, "NotAuthorizedException", "")
		must(w.AdminEnableUser(ctx, &idp.AdminEnableUserInput{UserPoolId: pool.Id, Username: name}))(t)
		do = func(source string) error {
			_, err := w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: name})
			return err
		}
		_, err = w.signIn(client, "ann", password)
		refused(t, err, "UserNotFoundException", "")
	})
}

func TestMigration(t *testing.T) {
	ctx := context.Background()
	good := map[string]any{"userAttributes": map[string]any{"email": "ann@example.com", "email_verified": "true"}, "messageAction": "SUPPRESS"}
	with := func(name string, value any) map[string]any {
		says := map[string]any{name: value}
		for k, v := range good {
			if _, set := says[k]; !set {
				says[k] = v
			}
		}
		return says
	}
	for name, c := range map[string]struct {
		says map[string]any
		code string // of the sign-in; "": tokens
		made string // the status; "": no user
	}{
		"status left out":       {good, "", "CONFIRMED"},
		"confirmed":             {with("finalUserStatus", "CONFIRMED"), "", "CONFIRMED"},
		"to be reset":           {with("finalUserStatus", "RESET_REQUIRED"), "PasswordResetRequiredException", "RESET_REQUIRED"},
		"mediums":               {with("desiredDeliveryMediums", []string{"EMAIL"}), "", "CONFIRMED"},
		"another status":        {with("finalUserStatus", "ARCHIVED"), "InvalidLambdaResponseException", ""},
		"another action":        {with("messageAction", "RESEND"), "InvalidLambdaResponseException", ""},
		"another medium":        {with("desiredDeliveryMediums", []string{"FAX"}), "InvalidLambdaResponseException", ""},
		"a second factor":       {with("enableSMSMFA", true), "InvalidLambdaResponseException", ""},
		"no attributes":         {with("userAttributes", map[string]any{}), "InvalidLambdaResponseException", ""},
		"null attributes":       {with("userAttributes", nil), "InvalidLambdaResponseException", ""},
		"an unknown attribute":  {with("userAttributes", map[string]any{"custom:none": "x"}), "InvalidLambdaResponseException", ""},
		"a sub of its choosing": {with("userAttributes", map[string]any{"sub": "x"}), "InvalidLambdaResponseException", ""},
		"a boolean":             {with("userAttributes", map[string]any{"email_verified": true}), "InvalidLambdaResponseException", ""},
		"a bad address":         {with("userAttributes", map[string]any{"email": "ann"}), "InvalidLambdaResponseException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, hides := range []bool{false, true} {
				w := newWorld(t)
				pool, client := w.triggered(&types.LambdaConfigType{UserMigration: aws.String(w.functions.plays("f", func(e event) (any, error) {
					if e.request()["password"] != password {
						return nil, thrown("bad password")
					}
					return e.respond(c.says), nil
				}))})
				code, text := c.code, ""
				if hides {
					client = hidingTo(w, pool)
					if c.made == "" {
						code, text = "NotAuthorizedException", "Incorrect username or password."
					}
				}
				_, err := w.signIn(client, "ann", "Wrong-Horse-1")
				if hides {
					refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
				} else {
					refused(t, err, "UserNotFoundException", "")
				}
				out, err := w.signInWith(client, "ann", password, map[string]string{"from": "web"})
				if code != "" {
					refused(t, err, code, text)
				} else if err != nil || out.AuthenticationResult == nil {
					t.Fatalf("hides %v: %v", hides, err)
				}
				e := w.functions.events[len(w.functions.events)-1]
				if e.source() != "UserMigration_Authentication" || e["userName"] != "ann" || e.request()["validationData"].(map[string]any)["from"] != "web" {
					t.Errorf("told %v", e)
				}
				if c.made == "" {
					if n := w.rows("user_pool_users"); n != 0 {
						t.Errorf("%d users were made", n)
					}
					continue
				}
				if w.status(pool, "ann") != c.made {
					t.Errorf("made %s", w.status(pool, "ann"))
				}
				told := len(w.functions.events)
				if c.made == "CONFIRMED" { // from now on the password is ours
					w.tokens(client, "ann@example.com")
				}
				if _, err = w.signIn(client, "ann", "Wrong-Horse-1"); err == nil {
					t.Error("a wrong password")
				}
				if len(w.functions.events) != told {
					t.Error("the function was asked about a user who is there")
				}
				if text := w.records.text.String(); strings.Contains(text, password) || strings.Contains(text, "ann@example.com") || len(w.outbox.sent) != 0 {
					t.Errorf("sent %d messages; the record: %s", len(w.outbox.sent), text)
				}
				must(w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t)
			}
		})
	}
}

func TestMigrationTakesNothingFromUsersWhoAreThere(t *testing.T) {
	w := newWorld(t)
	force := false
	pool, client := w.triggered(&types.LambdaConfigType{UserMigration: aws.String(w.functions.plays("f", func(e event) (any, error) {
		return e.respond(map[string]any{"userAttributes": map[string]any{"email": "ann@example.com", "email_verified": "true", "username": "ann" + e["userName"].(string)[3:]}, "forceAliasCreation": force}), nil
	}))})
	w.proved(pool, "ann")
	sub := w.attribute(pool, "ann", "sub")
	_, err := w.signIn(client, "bea", "Other-Horse-1") // the function says that this is ann
	refused(t, err, "UserNotFoundException", "")
	_, err = w.signIn(client, "bea2", "Other-Horse-1") // or another ann with her address
	refused(t, err, "AliasExistsException", "An account with the email already exists.")
	if w.rows("user_pool_users") != 1 || w.attribute(pool, "ann", "sub") != sub {
		t.Fatal("the user who was there is another")
	}
	w.tokens(client, "ann@example.com")
	force = true
	must(w.signIn(client, "bea2", "Other-Horse-1"))(t)
	if w.attribute(pool, "ann", "email_verified") != "false" || w.attribute(pool, "ann2", "email_verified") != "true" {
		t.Error("forceAliasCreation moved nothing")
	}
	w.tokens(client, "ann")
}

// Guesses at a password elsewhere are counted like guesses at one that is here.
func TestMigrationIsNoWayAroundTheBackoff(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.triggered(&types.LambdaConfigType{UserMigration: aws.String(w.functions.plays("f", func(event) (any, error) { return nil, thrown("no") }))})
	client := hidingTo(w, pool)
	for range 20 {
		if _, err := w.signIn(client, "ann", "Wrong-Horse-1"); err == nil {
			t.Fatal("a wrong password")
		}
	}
	if n := len(w.functions.events); n > 7 {
		t.Errorf("the function was asked %d times", n)
	}
}

func TestForgottenPasswordsElsewhere(t *testing.T) {
	w := newWorld(t)
	pool, client := w.triggered(&types.LambdaConfigType{UserMigration: aws.String(w.functions.plays("f", func(e event) (any, error) {
		if e["userName"] != "ann" {
			return nil, thrown("who?")
		}
		return e.respond(map[string]any{"userAttributes": map[string]any{"email": "ann@example.com", "email_verified": "true"}}), nil
	}))})
	_, err := w.forgot(client, "bea")
	refused(t, err, "UserLambdaValidationException", "UserMigration failed with error who?.")
	hidden := hidingTo(w, pool)
	if d := must(w.forgot(hidden, "bea"))(t); d == nil || len(w.outbox.sent) != 0 {
		t.Errorf("of nobody: %v, %d messages", d, len(w.outbox.sent))
	}
	if d := must(w.forgot(hidden, "ann"))(t); details(d) != "email EMAIL a***@e***" || w.status(pool, "ann") != "RESET_REQUIRED" {
		t.Errorf("%s, %s", details(d), w.status(pool, "ann"))
	}
	if _, there := w.functions.told("UserMigration_ForgotPassword")[0].request()["password"]; there {
		t.Error("a password where there is none")
	}
	if err := w.recover(hidden, "ann", w.outbox.last(t).Code, "Better-Horse-8"); err != nil {
		t.Fatal(err)
	}
	out := must(w.signIn(client, "ann", "Better-Horse-8"))(t)
	if out.AuthenticationResult == nil {
		t.Error("no tokens")
	}
}
