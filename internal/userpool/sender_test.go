package userpool_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/sallyport/sallyport/internal/kms/message"
)

// postOffice is a pool whose messages a function of its own brings.
type postOffice struct {
	*world
	pool   *types.UserPoolType
	client *types.UserPoolClientType
	keys   *kms.Client
	key    string // ARN
	brings part
}

func newPostOffice(w *world, change func(*idp.CreateUserPoolInput)) *postOffice {
	o := &postOffice{world: w, brings: func(e event) (any, error) { return nil, nil }} // many senders return nothing
	o.keys = kms.New(kms.Options{BaseEndpoint: &w.url, Region: region, HTTPClient: w.http, Retryer: aws.NopRetryer{}, Credentials: w.Options().Credentials})
	o.key = *must(o.keys.CreateKey(context.Background(), &kms.CreateKeyInput{}))(w.t).KeyMetadata.Arn
	function := w.functions.plays("postman", func(e event) (any, error) { return o.brings(e) })
	o.pool = w.pool(func(in *idp.CreateUserPoolInput) {
		in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email", "phone_number"}
		in.LambdaConfig = &types.LambdaConfigType{
			KMSKeyID:          &o.key,
			CustomEmailSender: &types.CustomEmailLambdaVersionConfigType{LambdaArn: &function, LambdaVersion: "V1_0"},
			CustomSMSSender:   &types.CustomSMSLambdaVersionConfigType{LambdaArn: &function, LambdaVersion: "V1_0"},
		}
		if change != nil {
			change(in)
		}
	})
	o.client = w.client(o.pool, func(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	return o
}

// until waits for what happens beside the calls of a client.
func (w *world) until(what string, happened func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("it never came to this: %s\n%s", what, w.log.String())
		}
	}
}

// brought waits for the one event of a source.
func (o *postOffice) brought(source string) event {
	o.t.Helper()
	o.until(source, func() bool { return len(o.functions.told(source)) > 0 })
	return o.functions.only(o.t, source)
}

// code opens what an event brings as a function would: with the pool's key, for
// this pool alone.
func (o *postOffice) code(e event) string {
	o.t.Helper()
	sealed := must(base64.StdEncoding.DecodeString(e.request()["code"].(string)))(o.t)
	// The wrapped key stands behind the ARN of the key that wrapped it.
	_, rest, ok := bytes.Cut(sealed, []byte(o.key))
	if !ok {
		o.t.Fatal("the message does not name the pool's key")
	}
	wrapped := rest[2 : 2+int(rest[0])<<8+int(rest[1])]
	told := map[string]string{"userpool-id": *o.pool.Id}
	key := must(o.keys.Decrypt(context.Background(), &kms.DecryptInput{CiphertextBlob: wrapped, EncryptionContext: told}))(o.t).Plaintext
	if _, err := o.keys.Decrypt(context.Background(), &kms.DecryptInput{CiphertextBlob: wrapped}); err == nil {
		o.t.Error("the code opens without its pool")
	}
	for n := range 64 { // a message has the length of its text, so the text is found by writing it again
		text := make([]byte, n)
		again := must(message.Seal(bytes.NewReader(sealed[4:20]), key, message.Wrapped{Provider: "aws-kms", Info: o.key, Key: wrapped}, told, text))(o.t)
		if len(again) != len(sealed) {
			continue
		}
		at := len(sealed) - 16 - n
		for i := range text { // GCM is a stream: what both have in common cancels out
			text[i] = sealed[at+i] ^ again[at+i]
		}
		whole := must(message.Seal(bytes.NewReader(sealed[4:20]), key, message.Wrapped{Provider: "aws-kms", Info: o.key, Key: wrapped}, told, text))(o.t)
		if !bytes.Equal(whole, sealed) {
			o.t.Fatal("the message is not what was sealed")
		}
		return string(text)
	}
	o.t.Fatal("no text fits")
	return ""
}

func TestAPoolsFunctionBringsItsMessages(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		o := newPostOffice(w, nil)
		ctx := context.Background()
		must(w.SignUp(ctx, &idp.SignUpInput{ClientId: o.client.ClientId, Username: aws.String("ann"), Password: aws.String(password),
			UserAttributes: pairs([]string{"email", "ann@example.com"}), ClientMetadata: map[string]string{"lang": "fr"}}))(t)
		e := o.brought("CustomEmailSender_SignUp")
		r := e.request()
		if r["type"] != "customEmailSenderRequestV1" || e["version"] != "1" || e["userName"] != "ann" || e["callerContext"].(map[string]any)["clientId"] != *o.client.ClientId ||
			e.attributes()["email"] != "ann@example.com" || e.attributes()["cognito:user_status"] != "UNCONFIRMED" || r["clientMetadata"].(map[string]any)["lang"] != "fr" {
			t.Errorf("the function is told %v", e)
		}
		must(w.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{ClientId: o.client.ClientId, Username: aws.String("ann"), ConfirmationCode: aws.String(o.code(e))}))(t)

		must(w.ForgotPassword(ctx, &idp.ForgotPasswordInput{ClientId: o.client.ClientId, Username: aws.String("ann")}))(t)
		code := o.code(o.brought("CustomEmailSender_ForgotPassword"))
		must(w.ConfirmForgotPassword(ctx, &idp.ConfirmForgotPasswordInput{ClientId: o.client.ClientId, Username: aws.String("ann"), ConfirmationCode: &code, Password: aws.String("Better-Horse-8")}))(t)
		token := must(w.signIn(o.client, "ann", "Better-Horse-8"))(t).AuthenticationResult.AccessToken
		must(w.UpdateUserAttributes(ctx, &idp.UpdateUserAttributesInput{AccessToken: token, UserAttributes: pairs([]string{"phone_number", "+15550100123"})}))(t)
		e = o.brought("CustomSMSSender_UpdateUserAttribute")
		if e.request()["type"] != "customSMSSenderRequestV1" {
			t.Errorf("a text is of the type %v", e.request()["type"])
		}
		must(w.VerifyUserAttribute(ctx, &idp.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("phone_number"), Code: aws.String(o.code(e))}))(t)
		must(w.GetUserAttributeVerificationCode(ctx, &idp.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: aws.String("email")}))(t)
		o.code(o.brought("CustomEmailSender_VerifyUserAttribute"))

		must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: o.pool.Id, Username: aws.String("bob"), UserAttributes: pairs([]string{"email", "bob@example.com", "phone_number", "+15550100124"})}))(t)
		mail, text := o.code(o.brought("CustomEmailSender_AdminCreateUser")), o.code(o.brought("CustomSMSSender_AdminCreateUser"))
		if out := must(w.signIn(o.client, "bob", mail))(t); mail != text || out.ChallengeName != "NEW_PASSWORD_REQUIRED" {
			t.Errorf("the invitation tells %d characters: %s", len(mail), out.ChallengeName)
		}
		must(w.SignUp(ctx, &idp.SignUpInput{ClientId: o.client.ClientId, Username: aws.String("eve"), Password: aws.String(password), UserAttributes: pairs([]string{"email", "eve@example.com"})}))(t)
		must(w.ResendConfirmationCode(ctx, &idp.ResendConfirmationCodeInput{ClientId: o.client.ClientId, Username: aws.String("eve")}))(t)
		o.code(o.brought("CustomEmailSender_ResendCode"))
		w.until("nothing waits", func() bool { return w.service.Sendings(t) == "" })
		if len(w.outbox.sent) != 0 {
			t.Errorf("our own delivery has %d messages", len(w.outbox.sent))
		}
	})
}

// What a function does not take is tried again for a while, and never shown to
// the client; the code lies in no row in plain, in no record, in no log.
func TestAMessageIsNotLost(t *testing.T) {
	w := newWorld(t)
	o := newPostOffice(w, nil)
	ctx := context.Background()
	failures := 0
	o.brings = func(e event) (any, error) {
		if failures++; failures <= 2 {
			return nil, thrown("the mail server is away")
		}
		return e, nil
	}
	must(w.SignUp(ctx, &idp.SignUpInput{ClientId: o.client.ClientId, Username: aws.String("ann"), Password: aws.String(password), UserAttributes: pairs([]string{"email", "ann@example.com"})}))(t)
	kept := ""
	for tries := 1; tries <= 3; tries++ {
		w.until("a try", func() bool { return len(w.functions.told("CustomEmailSender_SignUp")) == tries })
		if tries < 3 {
			w.until("a rest", func() bool { return strings.Count(w.log.String(), "trying again") == tries })
			kept += w.service.Sendings(t)
			w.clock.Advance(time.Minute)
		}
	}
	w.until("nothing waits", func() bool { return w.service.Sendings(t) == "" })
	code := o.code(w.functions.told("CustomEmailSender_SignUp")[2])
	for what, text := range map[string]string{"rows": kept, "records": w.records.text.String(), "log": w.log.String()} {
		if strings.Contains(text, code) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(code))) || strings.Contains(text, "ann@example.com") {
			t.Errorf("the code is in the %s", what)
		}
	}
	must(w.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{ClientId: o.client.ClientId, Username: aws.String("ann"), ConfirmationCode: &code}))(t)
}

func TestAMessageThatNobodyTakesEnds(t *testing.T) {
	w := newWorld(t)
	o := newPostOffice(w, nil)
	ctx := context.Background()
	o.brings = func(event) (any, error) { return nil, thrown("never") }
	must(w.SignUp(ctx, &idp.SignUpInput{ClientId: o.client.ClientId, Username: aws.String("ann"), Password: aws.String(password), UserAttributes: pairs([]string{"email", "ann@example.com"})}))(t)
	for tries := 1; tries <= 6; tries++ {
		w.until("a try", func() bool { return len(w.functions.told("CustomEmailSender_SignUp")) >= tries })
		w.until("a rest", func() bool {
			return strings.Count(w.log.String(), "pool's sender") >= tries
		})
		w.clock.Advance(time.Hour)
	}
	w.until("nothing waits", func() bool { return w.service.Sendings(t) == "" })
	if n := len(w.functions.told("CustomEmailSender_SignUp")); n != 6 || !strings.Contains(w.log.String(), "is dropped") {
		t.Errorf("%d tries", n)
	}
}

func TestAMessageEndsWithWhatItIsAbout(t *testing.T) {
	ctx := context.Background()
	for what, c := range map[string]struct {
		end     func(o *postOffice)
		dropped bool // which the operator is told
	}{
		"its user goes": {func(o *postOffice) {
			must(o.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: o.pool.Id, Username: aws.String("ann")}))(o.t)
		}, false},
		"its pool goes":    {func(o *postOffice) { must(o.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: o.pool.Id}))(o.t) }, false},
		"its time is over": {func(o *postOffice) { o.clock.Advance(25 * time.Hour) }, true},
		"its key is disabled, and then there is no function": {func(o *postOffice) {
			must(o.keys.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &o.key}))(o.t)
			o.clock.Advance(time.Minute)
			o.until("a second failure", func() bool { return strings.Contains(o.log.String(), "is disabled") })
			must(o.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: o.pool.Id}))(o.t)
			o.clock.Advance(time.Hour)
		}, true},
	} {
		t.Run(what, func(t *testing.T) {
			o := newPostOffice(newWorld(t), nil)
			o.brings = func(event) (any, error) { return nil, thrown("never") }
			must(o.SignUp(ctx, &idp.SignUpInput{ClientId: o.client.ClientId, Username: aws.String("ann"), Password: aws.String(password), UserAttributes: pairs([]string{"email", "ann@example.com"})}))(t)
			o.until("a failure", func() bool { return strings.Contains(o.log.String(), "trying again") })
			c.end(o)
			o.until("nothing waits", func() bool { return o.service.Sendings(t) == "" })
			if c.dropped {
				o.until("a word of it", func() bool { return strings.Contains(o.log.String(), "is dropped") })
			} else if strings.Contains(o.log.String(), "is dropped") {
				t.Error("a message is missed that nobody wants")
			}
		})
	}
}

func TestSettingsOfSenders(t *testing.T) {
	w := newWorld(t)
	o := newPostOffice(w, nil)
	function := functionPrefix + "postman"
	other := *must(o.keys.CreateKey(context.Background(), &kms.CreateKeyInput{}))(t).KeyMetadata.Arn
	must(o.keys.DisableKey(context.Background(), &kms.DisableKeyInput{KeyId: &other}))(t)
	email := func(version types.CustomEmailSenderLambdaVersionType) *types.CustomEmailLambdaVersionConfigType {
		return &types.CustomEmailLambdaVersionConfigType{LambdaArn: &function, LambdaVersion: version}
	}
	for what, c := range map[string]struct {
		l    types.LambdaConfigType
		code string
	}{
		"no key":                     {types.LambdaConfigType{CustomEmailSender: email("V1_0")}, "InvalidParameterException"},
		"another version":            {types.LambdaConfigType{CustomEmailSender: email("V2_0"), KMSKeyID: &o.key}, "InvalidParameterException"},
		"no ARN of a key":            {types.LambdaConfigType{CustomEmailSender: email("V1_0"), KMSKeyID: aws.String("alias/codes")}, "InvalidParameterException"},
		"a key elsewhere":            {types.LambdaConfigType{CustomEmailSender: email("V1_0"), KMSKeyID: aws.String(strings.Replace(o.key, region, "us-east-1", 1))}, "InvalidParameterException"},
		"a key of another account":   {types.LambdaConfigType{CustomEmailSender: email("V1_0"), KMSKeyID: aws.String(strings.Replace(o.key, account, "111111111111", 1))}, "InvalidParameterException"},
		"a key that is not there":    {types.LambdaConfigType{CustomEmailSender: email("V1_0"), KMSKeyID: aws.String("arn:aws:kms:" + region + ":" + account + ":key/00000000-0000-4000-8000-000000000000")}, "InvalidParameterException"},
		"a key that is disabled":     {types.LambdaConfigType{CustomEmailSender: email("V1_0"), KMSKeyID: &other}, "InvalidParameterException"},
		"a function that is none":    {types.LambdaConfigType{CustomEmailSender: &types.CustomEmailLambdaVersionConfigType{LambdaArn: aws.String("postman"), LambdaVersion: "V1_0"}, KMSKeyID: &o.key}, "InvalidParameterException"},
		"all as it should be":        {types.LambdaConfigType{CustomEmailSender: email("V1_0"), KMSKeyID: &o.key}, ""},
		"a key alone, for later use": {types.LambdaConfigType{KMSKeyID: &o.key}, ""},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := w.CreateUserPool(context.Background(), &idp.CreateUserPoolInput{PoolName: aws.String("x"), LambdaConfig: &c.l})
			if c.code == "" && err != nil {
				t.Error(err)
			} else if c.code != "" {
				refused(t, err, c.code, "")
			}
		})
	}
	shown := must(w.DescribeUserPool(context.Background(), &idp.DescribeUserPoolInput{UserPoolId: o.pool.Id}))(t).UserPool.LambdaConfig
	if *shown.KMSKeyID != o.key || *shown.CustomSMSSender.LambdaArn != function || shown.CustomEmailSender.LambdaVersion != "V1_0" {
		t.Errorf("shown %+v", shown)
	}
}
