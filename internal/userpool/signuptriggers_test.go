package userpool_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// triggered is a pool with triggers, which verifies e-mail addresses and takes
// them as names.
func (w *world) triggered(triggers *types.LambdaConfigType, change ...func(*idp.CreateUserPoolInput)) (*types.UserPoolType, *types.UserPoolClientType) {
	w.t.Helper()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AutoVerifiedAttributes, in.AliasAttributes = []types.VerifiedAttributeType{"email"}, []types.AliasAttributeType{"email"}
		in.LambdaConfig = triggers
		for _, c := range change {
			c(in)
		}
	})
	return pool, w.client(pool, nil)
}

// agree answers every event as it came.
func agree(e event) (any, error) { return e, nil }

func TestAFunctionCanRefuseASignUp(t *testing.T) {
	hangs := make(chan struct{})
	t.Cleanup(func() { close(hangs) })
	for name, c := range map[string]struct {
		part       part
		code, text string
	}{
		"says no":            {func(event) (any, error) { return nil, thrown("no") }, "UserLambdaValidationException", "PreSignUp failed with error no."},
		"answers nothing":    {func(event) (any, error) { return "null", nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"answers rubble":     {func(event) (any, error) { return "{", nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"only the response":  {func(event) (any, error) { return `{"response":{"autoConfirmUser":true}}`, nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"a text for true":    {func(e event) (any, error) { return e.respond(map[string]any{"autoConfirmUser": "true"}), nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"more than there is": {func(e event) (any, error) { return e.respond(map[string]any{"autoConfirm": true}), nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"verifies nothing":   {func(e event) (any, error) { return e.respond(map[string]any{"autoVerifyPhone": true}), nil }, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"too slow":           {func(event) (any, error) { <-hangs; return nil, nil }, "UnexpectedLambdaException", "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."},
		"may not be invoked": {func(event) (any, error) { return nil, trigger.ErrNotPermitted }, "UnexpectedLambdaException", "PreSignUp invocation failed due to error AccessDeniedException."},
		"throttled":          {func(event) (any, error) { return nil, trigger.ErrThrottled }, "UnexpectedLambdaException", "PreSignUp invocation failed due to error TooManyRequestsException."},
		"cannot start":       {func(event) (any, error) { return nil, errors.New("no room") }, "UnexpectedLambdaException", "PreSignUp invocation failed due to error ServiceException."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.service.HurryTriggers()
			pool, client := w.triggered(&types.LambdaConfigType{PreSignUp: aws.String(w.functions.plays("f", c.part))})
			_, err := w.signUp(client, "ann", "email", "ann@example.com")
			refused(t, err, c.code, c.text)
			_, err = w.AdminCreateUser(context.Background(), &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("bea")})
			if name == "verifies nothing" { // without effect on whom an administrator makes
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, c.code, c.text)
			if n := w.rows("user_pool_users") + w.rows("user_pool_names") + w.rows("user_pool_codes"); n != 0 || len(w.outbox.sent) != 0 {
				t.Errorf("%d rows and %d messages were left behind", n, len(w.outbox.sent))
			}
		})
	}
}

func TestWhatPreSignUpIsTold(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool, client := w.triggered(&types.LambdaConfigType{PreSignUp: aws.String(w.functions.plays("f", agree))})
	must(w.SignUp(ctx, &idp.SignUpInput{
		ClientId: client.ClientId, Username: aws.String("ann"), Password: aws.String(password),
		UserAttributes: pairs([]string{"email", "ann@example.com"}), ValidationData: pairs([]string{"invite", "42"}), ClientMetadata: map[string]string{"from": "web"},
	}))(t)
	e := w.functions.only(t, "PreSignUp_SignUp")
	caller := e["callerContext"].(map[string]any)
	for what, got := range map[string][2]any{
		"version":  {e["version"], "1"},
		"region":   {e["region"], region},
		"pool":     {e["userPoolId"], *pool.Id},
		"user":     {e["userName"], "ann"},
		"client":   {caller["clientId"], *client.ClientId},
		"email":    {e.attributes()["email"], "ann@example.com"},
		"validate": {e.request()["validationData"].(map[string]any)["invite"], "42"},
		"metadata": {e.request()["clientMetadata"].(map[string]any)["from"], "web"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %v, want %v", what, got[0], got[1])
		}
	}
	if len(e.attributes()) != 1 {
		t.Errorf("attributes %v: more than was given", e.attributes())
	}
	must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("bea"), MessageAction: "SUPPRESS"}))(t)
	e = w.functions.only(t, "PreSignUp_AdminCreateUser")
	if got := e["callerContext"].(map[string]any)["clientId"]; got != "CLIENT_ID_NOT_APPLICABLE" || e.request()["validationData"] != nil {
		t.Errorf("an administrator's: client %v, validationData %v", got, e.request()["validationData"])
	}
	text := w.records.text.String()
	if strings.Contains(text, "ann@example.com") || strings.Contains(text, password) || !strings.Contains(text, "trigger PreSignUp_SignUp: passed") {
		t.Errorf("the record: %s", text)
	}
}

// A stranger's request that is refused anyway reaches no function.
func TestNoFunctionIsAskedAboutWhatIsRefusedAnyway(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	f := aws.String(w.functions.plays("f", agree))
	pool, client := w.triggered(&types.LambdaConfigType{PreSignUp: f, CustomMessage: f, PostConfirmation: f})
	guarded := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	w.user(pool, "ann")
	before := len(w.functions.events)
	in := idp.SignUpInput{ClientId: guarded.ClientId, Username: aws.String("bea"), Password: aws.String(password), SecretHash: aws.String("AAAA")}
	_, err := w.SignUp(ctx, &in)
	refused(t, err, "NotAuthorizedException", "")
	in.ClientId, in.SecretHash, in.Password = client.ClientId, nil, aws.String("short")
	_, err = w.SignUp(ctx, &in)
	refused(t, err, "InvalidPasswordException", "")
	in.Password, in.Username = aws.String(password), aws.String("ann")
	_, err = w.SignUp(ctx, &in)
	refused(t, err, "UsernameExistsException", "")
	refused(t, w.create(pool, "ann"), "UsernameExistsException", "")
	refused(t, w.confirm(client, "ann", "123456"), "NotAuthorizedException", "")
	_, err = w.resend(client, "ann")
	refused(t, err, "InvalidParameterException", "")
	if n := len(w.functions.events) - before; n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestAFunctionConfirmsAndVerifies(t *testing.T) {
	for name, c := range map[string]struct {
		says              map[string]any
		status, verified  string
		codes, confirmeds int
	}{
		"nothing":   {nil, "UNCONFIRMED", "false", 1, 0},
		"confirms":  {map[string]any{"autoConfirmUser": true}, "CONFIRMED", "false", 0, 1},
		"verifies":  {map[string]any{"autoVerifyEmail": true}, "UNCONFIRMED", "true", 1, 0},
		"both":      {map[string]any{"autoConfirmUser": true, "autoVerifyEmail": true}, "CONFIRMED", "true", 0, 1},
		"only null": {map[string]any{"autoConfirmUser": nil}, "UNCONFIRMED", "false", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := aws.String(w.functions.plays("f", func(e event) (any, error) {
				if e.source() == "PreSignUp_SignUp" {
					return e.respond(c.says), nil
				}
				return e, nil
			}))
			pool, client := w.triggered(&types.LambdaConfigType{PreSignUp: f, PostConfirmation: f})
			out := must(w.signUp(client, "ann", "email", "ann@example.com"))(t)
			if out.UserConfirmed != (c.status == "CONFIRMED") || w.status(pool, "ann") != c.status || w.attribute(pool, "ann", "email_verified") != c.verified {
				t.Errorf("confirmed %v, %s, verified %s", out.UserConfirmed, w.status(pool, "ann"), w.attribute(pool, "ann", "email_verified"))
			}
			if len(w.outbox.sent) != c.codes || len(w.functions.told("PostConfirmation_ConfirmSignUp")) != c.confirmeds {
				t.Errorf("%d codes sent, %d confirmations told", len(w.outbox.sent), len(w.functions.told("PostConfirmation_ConfirmSignUp")))
			}
			if c.status == "CONFIRMED" {
				w.tokens(client, "ann")
			}
		})
	}
}

// A function that verifies whatever comes gives nobody another person's address.
func TestAFunctionsWordTakesNoAddressAway(t *testing.T) {
	w := newWorld(t)
	pool, client := w.triggered(&types.LambdaConfigType{PreSignUp: aws.String(w.functions.plays("f", func(e event) (any, error) {
		return e.respond(map[string]any{"autoConfirmUser": true, "autoVerifyEmail": true}), nil
	}))})
	w.user(pool, "ann", "email", "ann@example.com", "email_verified", "true")
	_, err := w.signUp(client, "mallory", "email", "ann@example.com")
	refused(t, err, "UsernameExistsException", "")
	w.tokens(client, "ann@example.com")
	if w.attribute(pool, "ann", "email_verified") != "true" {
		t.Error("the address is its owner's no longer")
	}
}

func TestPostConfirmation(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool, client := w.triggered(&types.LambdaConfigType{PostConfirmation: aws.String(w.functions.plays("f", func(e event) (any, error) {
		if e["userName"] == "eve" {
			return nil, thrown("not eve")
		}
		return e, nil
	}))})
	must(w.signUp(client, "ann", "email", "ann@example.com"))(t)
	must(w.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{
		ClientId: client.ClientId, Username: aws.String("ann"), ConfirmationCode: aws.String(w.outbox.last(t).Code), ClientMetadata: map[string]string{"a": "b"},
	}))(t)
	e := w.functions.only(t, "PostConfirmation_ConfirmSignUp")
	a := e.attributes()
	if a["cognito:user_status"] != "CONFIRMED" || a["email_verified"] != "true" || a["sub"] == nil || a["cognito:email_alias"] != "ann@example.com" {
		t.Errorf("told %v", a)
	}
	if e.request()["clientMetadata"].(map[string]any)["a"] != "b" {
		t.Errorf("told %v", e.request())
	}

	must(w.forgot(client, "ann"))(t)
	if err := w.recover(client, "ann", w.outbox.last(t).Code, "Better-Horse-8"); err != nil {
		t.Fatal(err)
	}
	w.functions.only(t, "PostConfirmation_ConfirmForgotPassword")

	// What is confirmed stays so when the function fails.
	must(w.signUp(client, "eve", "email", "eve@example.com"))(t)
	refused(t, w.confirm(client, "eve", w.outbox.last(t).Code), "UserLambdaValidationException", "PostConfirmation failed with error not eve.")
	if w.status(pool, "eve") != "CONFIRMED" {
		t.Errorf("eve is %s", w.status(pool, "eve"))
	}
	must(w.signUp(client, "bea", "email", "bea@example.com"))(t)
	must(w.AdminConfirmSignUp(ctx, &idp.AdminConfirmSignUpInput{UserPoolId: pool.Id, Username: aws.String("bea")}))(t)
	if n := len(w.functions.told("PostConfirmation_ConfirmSignUp")); n != 3 {
		t.Errorf("told %d times, want 3", n)
	}
	if text := w.records.text.String(); strings.Contains(text, "not eve") {
		t.Errorf("a function's words are in the record: %s", text)
	}
}
