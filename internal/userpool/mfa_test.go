package userpool_test

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/totp"
)

const (
	sms   = "SMS_MFA"
	token = "SOFTWARE_TOKEN_MFA"
	email = "EMAIL_OTP"

	invalidSession = "Invalid session for the user."
)

var (
	smsSender = &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms")}
	codeField = map[string]string{sms: "SMS_MFA_CODE", token: "SOFTWARE_TOKEN_MFA_CODE", email: "EMAIL_OTP_CODE"}
)

// mfa gives a pool second factors.
func (w *world) mfa(pool *types.UserPoolType, mode types.UserPoolMfaType, factors ...string) {
	w.t.Helper()
	in := &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, MfaConfiguration: mode}
	if slices.Contains(factors, sms) {
		in.SmsMfaConfiguration = &types.SmsMfaConfigType{SmsConfiguration: smsSender}
	}
	if slices.Contains(factors, token) {
		in.SoftwareTokenMfaConfiguration = &types.SoftwareTokenMfaConfigType{Enabled: true}
	}
	if slices.Contains(factors, email) {
		in.EmailMfaConfiguration = &types.EmailMfaConfigType{}
	}
	must(w.SetUserPoolMfaConfig(context.Background(), in))(w.t)
}

// enable sets a user's factors: the first is preferred.
func (w *world) enable(pool *types.UserPoolType, name string, factors ...string) error {
	in := &idp.AdminSetUserMFAPreferenceInput{UserPoolId: pool.Id, Username: &name}
	for i, f := range factors {
		switch f {
		case sms:
			in.SMSMfaSettings = &types.SMSMfaSettingsType{Enabled: true, PreferredMfa: i == 0}
		case token:
			in.SoftwareTokenMfaSettings = &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: i == 0}
		case email:
			in.EmailMfaSettings = &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: i == 0}
		}
	}
	_, err := w.AdminSetUserMFAPreference(context.Background(), in)
	return err
}

// app is an authenticator app with its seed.
type app struct {
	w    *world
	seed []byte
}

func (w *world) app(secretCode *string) *app {
	w.t.Helper()
	return &app{w, must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(*secretCode))(w.t)}
}

// code is what the app shows so many steps from now.
func (a *app) code(steps int64) string {
	return totp.Code(a.seed, totp.Step(a.w.clock.Now())+steps)
}

// wrong is well formed and no code of any step near.
func (a *app) wrong(n int) string {
	for ; ; n++ {
		code := notThe(a.code(0), n)
		if !slices.ContainsFunc([]int64{-2, -1, 0, 1, 2}, func(s int64) bool { return a.code(s) == code }) {
			return code
		}
	}
}

// enrol gives a signed-in user an authenticator app, and puts it in use.
func (w *world) enrol(access *string, name string) *app {
	w.t.Helper()
	ctx := context.Background()
	a := w.app(must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{AccessToken: access}))(w.t).SecretCode)
	done := must(w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{AccessToken: access, UserCode: aws.String(a.code(0)), FriendlyDeviceName: &name}))(w.t)
	if done.Status != "SUCCESS" {
		w.t.Fatalf("got %+v", done)
	}
	must(w.SetUserMFAPreference(ctx, &idp.SetUserMFAPreferenceInput{
		AccessToken: access, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true},
	}))(w.t)
	w.clock.Advance(time.Minute) // past the code that was used
	return a
}

// reply answers a challenge with one more response.
func (w *world) reply(c *types.UserPoolClientType, challenge string, session *string, name, field, value string) (*idp.RespondToAuthChallengeOutput, error) {
	in := &idp.RespondToAuthChallengeInput{
		ClientId: c.ClientId, ChallengeName: types.ChallengeNameType(challenge), Session: session, ChallengeResponses: map[string]string{"USERNAME": name},
	}
	if field != "" {
		in.ChallengeResponses[field] = value
	}
	return w.RespondToAuthChallenge(context.Background(), in)
}

func (w *world) second(c *types.UserPoolClientType, factor string, session *string, name, code string) (*idp.RespondToAuthChallengeOutput, error) {
	return w.reply(c, factor, session, name, codeField[factor], code)
}

// asked signs in and expects a challenge.
func (w *world) asked(c *types.UserPoolClientType, name, challenge string) *idp.InitiateAuthOutput {
	w.t.Helper()
	out := must(w.signIn(c, name, password))(w.t)
	if string(out.ChallengeName) != challenge || out.AuthenticationResult != nil {
		w.t.Fatalf("got %s, tokens: %v; want %s", out.ChallengeName, out.AuthenticationResult != nil, challenge)
	}
	return out
}

// settings are a user's second factors as an administrator and as they see them.
func (w *world) settings(pool *types.UserPoolType, name string) string {
	w.t.Helper()
	u := must(w.AdminGetUser(context.Background(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &name}))(w.t)
	text := must(json.Marshal([]any{u.UserMFASettingList, u.PreferredMfaSetting}))(w.t)
	return string(text)
}

func TestSignInWithAnAuthenticatorApp(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		pool := w.pool(nil)
		c := w.client(pool, nil)
		w.user(pool, "ann")
		w.mfa(pool, "OPTIONAL", token)
		before := w.tokens(c, "ann")
		a := w.enrol(before.AccessToken, "Ann's phone")

		start := w.asked(c, "ann", token)
		if p := start.ChallengeParameters; p["FRIENDLY_DEVICE_NAME"] != "Ann's phone" || p["USER_ID_FOR_SRP"] != "ann" {
			t.Errorf("got %v", p)
		}
		for i := range 3 {
			_, err := w.second(c, token, start.Session, "ann", a.wrong(i))
			refused(t, err, "CodeMismatchException", "Invalid code received for user")
		}
		code := a.code(0)
		done := must(w.second(c, token, start.Session, "ann", code))(t)
		if done.AuthenticationResult == nil || done.AuthenticationResult.RefreshToken == nil || len(done.ChallengeParameters) != 0 {
			t.Fatalf("got %+v", done)
		}
		_, err := w.second(c, token, start.Session, "ann", code)
		refused(t, err, "NotAuthorizedException", invalidSession)

		again := w.asked(c, "ann", token)
		_, err = w.second(c, token, again.Session, "ann", code)
		refused(t, err, "ExpiredCodeException", "Your software token has already been used once.")
		_, err = w.second(c, token, again.Session, "ann", a.code(-1))
		if err == nil {
			t.Error("a code of before the last one was taken")
		}
		must(w.second(c, token, again.Session, "ann", a.code(1)))(t)

		// A refresh asks for nothing, also of a sign-in from before.
		must(w.refresh(c, *done.AuthenticationResult.RefreshToken))(t)
		if got := w.settings(pool, "ann"); got != `[["SOFTWARE_TOKEN_MFA"],"SOFTWARE_TOKEN_MFA"]` {
			t.Errorf("got %s", got)
		}
		factors := must(w.GetUserAuthFactors(ctx, &idp.GetUserAuthFactorsInput{AccessToken: done.AuthenticationResult.AccessToken}))(t)
		if *factors.Username != "ann" || !slices.Contains(factors.ConfiguredUserAuthFactors, "PASSWORD") ||
			!slices.Equal(factors.UserMFASettingList, []string{token}) || *factors.PreferredMfaSetting != token {
			t.Errorf("got %+v", factors)
		}
		me := must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: done.AuthenticationResult.AccessToken}))(t)
		if !slices.Equal(me.UserMFASettingList, []string{token}) || *me.PreferredMfaSetting != token || me.MFAOptions != nil {
			t.Errorf("got %+v", me)
		}
		must(w.SetUserMFAPreference(ctx, &idp.SetUserMFAPreferenceInput{
			AccessToken: done.AuthenticationResult.AccessToken, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{},
		}))(t)
		w.tokens(c, "ann")
	})
}

func TestSignInWithACodeThatWasSent(t *testing.T) {
	for factor, want := range map[string]struct{ channel, medium, masked, to, subject, body, verified string }{
		sms:   {"sms", "SMS", "+*******1234", "+15550101234", "", "Ring {####}!", "phone_number_verified"},
		email: {"email", "EMAIL", "a***@e***", "ann@example.com", "Knock {####}", "Your key: {####}", "email_verified"},
	} {
		t.Run(factor, func(t *testing.T) {
			ctx := context.Background()
			w := newWorld(t)
			pool := w.pool(nil)
			c := w.client(pool, nil)
			w.user(pool, "ann", "phone_number", "+15550101234", "email", "ann@example.com")
			w.mfa(pool, "OPTIONAL", sms, email)
			if err := w.enable(pool, "ann", factor); err != nil {
				t.Fatal(err)
			}
			start := w.asked(c, "ann", factor)
			p := start.ChallengeParameters
			if p["CODE_DELIVERY_DELIVERY_MEDIUM"] != want.medium || p["CODE_DELIVERY_DESTINATION"] != want.masked || p["USER_ID_FOR_SRP"] != "ann" {
				t.Errorf("got %v", p)
			}
			m := w.outbox.last(t)
			if m.Channel != want.channel || m.To != want.to || m.Purpose != "mfa" || m.Body != "Your authentication code is "+m.Code {
				t.Errorf("got %+v", m)
			}
			_, err := w.second(c, factor, start.Session, "ann", notThe(m.Code, 0))
			refused(t, err, "CodeMismatchException", "Invalid code or auth state for the user.")
			if done := must(w.second(c, factor, start.Session, "ann", m.Code))(t); done.AuthenticationResult == nil {
				t.Fatalf("got %+v", done)
			}
			if got := w.attribute(pool, "ann", want.verified); got != "true" {
				t.Errorf("the address that a code came back from is verified: %q", got)
			}

			in := &idp.SetUserPoolMfaConfigInput{
				UserPoolId: pool.Id, MfaConfiguration: "OPTIONAL",
				SmsMfaConfiguration:   &types.SmsMfaConfigType{SmsAuthenticationMessage: aws.String("Ring {####}!")},
				EmailMfaConfiguration: &types.EmailMfaConfigType{Subject: aws.String("Knock {####}"), Message: aws.String("Your key: {####}")},
			}
			must(w.SetUserPoolMfaConfig(ctx, in))(t)
			w.asked(c, "ann", factor)
			m = w.outbox.last(t)
			fill := func(text string) string { return replaceCode(text, m.Code) }
			if m.Subject != fill(want.subject) || m.Body != fill(want.body) {
				t.Errorf("got %+v", m)
			}
		})
	}
}

func TestTheSecondFactorIsChosen(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann", "phone_number", "+15550101234", "email", "ann@example.com")
	w.mfa(pool, "OPTIONAL", sms, token, email)
	w.enrol(w.tokens(c, "ann").AccessToken, "")
	must(w.AdminSetUserMFAPreference(context.Background(), &idp.AdminSetUserMFAPreferenceInput{
		UserPoolId: pool.Id, Username: aws.String("ann"), SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true},
		EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true}, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true},
	}))(t)
	for answer, want := range map[string]string{sms: sms, token: token, email: email, "EMAIL_MFA": email} {
		start := w.asked(c, "ann", "SELECT_MFA_TYPE")
		if got := start.ChallengeParameters["MFAS_CAN_CHOOSE"]; got != `["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]` {
			t.Errorf("got %s", got)
		}
		_, err := w.reply(c, "SELECT_MFA_TYPE", start.Session, "ann", "ANSWER", "PIGEON")
		refused(t, err, "MFAMethodNotFoundException", "")
		_, err = w.reply(c, "SELECT_MFA_TYPE", start.Session, "ann", "", "")
		refused(t, err, "InvalidParameterException", "Missing required parameter ANSWER")
		asked := must(w.reply(c, "SELECT_MFA_TYPE", start.Session, "ann", "ANSWER", answer))(t)
		if string(asked.ChallengeName) != want || asked.Session == nil || asked.AuthenticationResult != nil {
			t.Errorf("%s: got %+v", answer, asked)
		}
		_, err = w.reply(c, "SELECT_MFA_TYPE", start.Session, "ann", "ANSWER", answer)
		refused(t, err, "NotAuthorizedException", invalidSession)
		if want != token {
			must(w.second(c, want, asked.Session, "ann", w.outbox.last(t).Code))(t)
		}
	}
	if err := w.enable(pool, "ann", email, sms, token); err != nil {
		t.Fatal(err)
	}
	w.asked(c, "ann", email)
}

func TestARequiredFactorIsSetUpAtSignIn(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		pool := w.pool(nil)
		c := w.client(pool, nil)
		w.mfa(pool, "ON", token)
		must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("ann"), TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS"}))(t)
		start := w.asked(c, "ann", "NEW_PASSWORD_REQUIRED")
		setup := must(w.answer(c, start.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Better-Horse-8"}))(t)
		if setup.ChallengeName != "MFA_SETUP" || setup.AuthenticationResult != nil || setup.ChallengeParameters["MFAS_CAN_SETUP"] != `["SOFTWARE_TOKEN_MFA"]` {
			t.Fatalf("got %+v", setup)
		}
		_, err := w.reply(c, "MFA_SETUP", setup.Session, "ann", "", "")
		refused(t, err, "NotAuthorizedException", invalidSession)
		_, err = w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: setup.Session, UserCode: aws.String("123456")})
		refused(t, err, "SoftwareTokenMFANotFoundException", "")

		handed := must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: setup.Session}))(t)
		a := w.app(handed.SecretCode)
		_, err = w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: setup.Session})
		refused(t, err, "NotAuthorizedException", invalidSession)
		_, err = w.reply(c, "MFA_SETUP", handed.Session, "ann", "", "")
		refused(t, err, "NotAuthorizedException", invalidSession)
		_, err = w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: handed.Session, UserCode: aws.String(a.wrong(0))})
		refused(t, err, "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
		code := a.code(0)
		proved := must(w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: handed.Session, UserCode: &code}))(t)
		if proved.Status != "SUCCESS" || proved.Session == nil {
			t.Fatalf("got %+v", proved)
		}
		_, err = w.reply(c, "MFA_SETUP", handed.Session, "ann", "", "")
		refused(t, err, "NotAuthorizedException", invalidSession)
		done := must(w.reply(c, "MFA_SETUP", proved.Session, "ann", "", ""))(t)
		if done.AuthenticationResult == nil || done.AuthenticationResult.RefreshToken == nil {
			t.Fatalf("got %+v", done)
		}
		_, err = w.reply(c, "MFA_SETUP", proved.Session, "ann", "", "")
		refused(t, err, "NotAuthorizedException", invalidSession)

		out := must(w.signIn(c, "ann", "Better-Horse-8"))(t)
		_, err = w.second(c, token, out.Session, "ann", code)
		refused(t, err, "ExpiredCodeException", "Your software token has already been used once.")
		must(w.second(c, token, out.Session, "ann", a.code(1)))(t)
	})
}

func replaceCode(text, code string) string { return strings.ReplaceAll(text, "{####}", code) }
