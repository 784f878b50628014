package userpool_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestEveryMessageHasTheFunctionsWords(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool, client := w.triggered(&types.LambdaConfigType{CustomMessage: aws.String(w.functions.plays("f", func(e event) (any, error) {
		body := "<b>" + e.source() + "</b> {####} for {username}"
		return e.respond(map[string]any{"emailMessage": body, "emailSubject": "Hello {username}", "smsMessage": "sms " + body}), nil
	}))})
	metadata := map[string]string{"lang": "de"}
	name, token := aws.String("ann"), func() *string { return w.tokens(client, "ann").AccessToken }
	for _, c := range []struct {
		source string
		client string
		do     func() error
	}{
		{"SignUp", *client.ClientId, func() error {
			_, err := w.SignUp(ctx, &idp.SignUpInput{ClientId: client.ClientId, Username: name, Password: aws.String(password), UserAttributes: pairs([]string{"email", "ann@example.com"}), ClientMetadata: metadata})
			return err
		}},
		{"ResendCode", *client.ClientId, func() error {
			_, err := w.ResendConfirmationCode(ctx, &idp.ResendConfirmationCodeInput{ClientId: client.ClientId, Username: name, ClientMetadata: metadata})
			return err
		}},
		{"ForgotPassword", *client.ClientId, func() error {
			if err := w.confirm(client, "ann", w.outbox.last(t).Code); err != nil {
				return err
			}
			_, err := w.ForgotPassword(ctx, &idp.ForgotPasswordInput{ClientId: client.ClientId, Username: name, ClientMetadata: metadata})
			return err
		}},
		{"VerifyUserAttribute", *client.ClientId, func() error {
			_, err := w.GetUserAttributeVerificationCode(ctx, &idp.GetUserAttributeVerificationCodeInput{AccessToken: token(), AttributeName: aws.String("email"), ClientMetadata: metadata})
			return err
		}},
		{"UpdateUserAttribute", *client.ClientId, func() error {
			_, err := w.UpdateUserAttributes(ctx, &idp.UpdateUserAttributesInput{AccessToken: token(), UserAttributes: pairs([]string{"email", "new@example.com"}), ClientMetadata: metadata})
			return err
		}},
		{"UpdateUserAttribute", "CLIENT_ID_NOT_APPLICABLE", func() error {
			_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: name, UserAttributes: pairs([]string{"email", "newer@example.com"}), ClientMetadata: metadata})
			return err
		}},
		{"ForgotPassword", "CLIENT_ID_NOT_APPLICABLE", func() error {
			must(w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: name, UserAttributes: pairs([]string{"email_verified", "true"})}))(t)
			_, err := w.AdminResetUserPassword(ctx, &idp.AdminResetUserPasswordInput{UserPoolId: pool.Id, Username: name, ClientMetadata: metadata})
			return err
		}},
		{"AdminCreateUser", "CLIENT_ID_NOT_APPLICABLE", func() error {
			name = aws.String("bea")
			_, err := w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: name, UserAttributes: pairs([]string{"email", "bea@example.com"}), ClientMetadata: metadata})
			return err
		}},
		{"AdminCreateUser", "CLIENT_ID_NOT_APPLICABLE", func() error {
			_, err := w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: name, MessageAction: "RESEND", ClientMetadata: metadata})
			return err
		}},
	} {
		sent := len(w.outbox.sent)
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		e := w.functions.events[len(w.functions.events)-1]
		if e.source() != "CustomMessage_"+c.source || e["callerContext"].(map[string]any)["clientId"] != c.client ||
			e.request()["codeParameter"] != "{####}" || e.request()["clientMetadata"].(map[string]any)["lang"] != "de" || e.attributes()["sub"] == nil {
			t.Errorf("%s: told %v", c.source, e)
		}
		if named := e.request()["usernameParameter"]; (named == "{username}") != (c.source == "AdminCreateUser") {
			t.Errorf("%s: usernameParameter %v", c.source, named)
		}
		m := w.outbox.last(t)
		if want := "<b>CustomMessage_" + c.source + "</b> " + escaped(m.Code) + " for " + *name; len(w.outbox.sent) != sent+1 || m.Body != want || m.Subject != "Hello "+*name {
			t.Errorf("%s: sent %+v, want %q", c.source, m, want)
		}
	}
}

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(text)
}

func TestWordsThatCannotBeUsed(t *testing.T) {
	ctx := context.Background()
	const own, ownInvitation = "Your verification code is ", "Your username is "
	long := strings.Repeat("x", 140)
	for name, c := range map[string]struct {
		says    map[string]any
		begins  string // of the sign-up code's mail; "": refused
		invites string // of the invitation
	}{
		"none":                    {map[string]any{}, own, ownInvitation},
		"nulls":                   {map[string]any{"emailMessage": nil}, own, ownInvitation},
		"without code":            {map[string]any{"emailMessage": "hello {username}"}, own, ownInvitation},
		"without name":            {map[string]any{"emailMessage": "code {####}"}, "code ", ownInvitation},
		"with both":               {map[string]any{"emailMessage": "both {username} {####}"}, "both ann ", "both bea "},
		"a text for others":       {map[string]any{"smsMessage": "sms {####}"}, own, ownInvitation},
		"SMS too long":            {map[string]any{"smsMessage": long + "{####}"}, "", ""},
		"mail too long":           {map[string]any{"emailMessage": "{####}" + strings.Repeat("x", 20000)}, "", ""},
		"subject too long":        {map[string]any{"emailSubject": long + "x"}, "", ""},
		"a subject of two lines":  {map[string]any{"emailSubject": "a\r\nBcc: all@example.com"}, "", ""},
		"a list":                  {map[string]any{"emailMessage": []string{"{####}"}}, "", ""},
		"a member of another one": {map[string]any{"autoConfirmUser": true}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pool, client := w.triggered(&types.LambdaConfigType{CustomMessage: aws.String(w.functions.plays("f", func(e event) (any, error) { return e.respond(c.says), nil }))})
			invite := &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("bea"), UserAttributes: pairs([]string{"email", "bea@example.com"})}
			_, err := w.signUp(client, "ann", "email", "ann@example.com")
			if c.begins == "" {
				refused(t, err, "InvalidLambdaResponseException", "Unrecognizable lambda output")
				_, err = w.AdminCreateUser(ctx, invite)
				refused(t, err, "InvalidLambdaResponseException", "Unrecognizable lambda output")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if m := w.outbox.last(t); !strings.HasPrefix(m.Body, c.begins) || !strings.Contains(m.Body, m.Code) {
				t.Errorf("sent %q", m.Body)
			}
			must(w.AdminCreateUser(ctx, invite))(t)
			if m := w.outbox.last(t); !strings.HasPrefix(m.Body, c.invites) || !strings.Contains(m.Body, escaped(m.Code)) {
				t.Errorf("sent %q", m.Body)
			}
		})
	}
}

// A function that refuses a message refuses what the message is about, and the code
// of before goes on working.
func TestARefusedMessageLeavesEverythingAsItWas(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	refuses := false
	pool, client := w.triggered(&types.LambdaConfigType{CustomMessage: aws.String(w.functions.plays("f", func(e event) (any, error) {
		if refuses {
			return nil, thrown("no")
		}
		return e, nil
	}))})
	const text = "CustomMessage failed with error no."
	must(w.signUp(client, "ann", "email", "ann@example.com"))(t)
	code := w.outbox.last(t).Code
	refuses = true
	_, err := w.resend(client, "ann")
	refused(t, err, "UserLambdaValidationException", text)
	_, err = w.signUp(client, "bea", "email", "bea@example.com")
	refused(t, err, "UserLambdaValidationException", text)
	if err := w.confirm(client, "ann", code); err != nil {
		t.Errorf("the code of before: %v", err)
	}
	token := w.tokens(client, "ann").AccessToken
	_, err = w.update(token, "email", "new@example.com")
	refused(t, err, "UserLambdaValidationException", text)
	if w.attribute(pool, "ann", "email") != "ann@example.com" {
		t.Error("the address was changed")
	}
	_, err = w.AdminResetUserPassword(ctx, &idp.AdminResetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann")})
	refused(t, err, "UserLambdaValidationException", text)
	if w.status(pool, "ann") != "CONFIRMED" {
		t.Error("the password was reset")
	}
	if len(w.outbox.sent) != 1 || w.rows("user_pool_users") != 1 {
		t.Errorf("%d messages, %d users", len(w.outbox.sent), w.rows("user_pool_users"))
	}
}

// The function of a message may change the very user that it is about.
func TestAFunctionMayCallBackAboutTheSameUser(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		var pool *types.UserPoolType
		changes := 0
		f := w.functions.plays("f", func(e event) (any, error) {
			changes++
			_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{
				UserPoolId: pool.Id, Username: aws.String(e["userName"].(string)), UserAttributes: pairs([]string{"nickname", e.source()}),
			})
			return e, err
		})
		pool, client := w.triggered(&types.LambdaConfigType{CustomMessage: &f, PostConfirmation: &f})
		w.proved(pool, "bea")
		must(w.forgot(client, "bea"))(t)
		if got := w.attribute(pool, "bea", "nickname"); got != "CustomMessage_ForgotPassword" {
			t.Errorf("nickname %q", got)
		}
		if err := w.recover(client, "bea", w.outbox.last(t).Code, "Better-Horse-8"); err != nil {
			t.Fatal(err)
		}
		if got := w.attribute(pool, "bea", "nickname"); got != "PostConfirmation_ConfirmForgotPassword" || changes != 2 {
			t.Errorf("nickname %q after %d changes", got, changes)
		}
	})
}
