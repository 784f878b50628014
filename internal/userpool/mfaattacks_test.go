package userpool_test

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

// atOnce runs n tries at the same time and returns what refused them; nil is a success.
func atOnce(n int, try func(i int) error) (errs []error) {
	errs = make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = try(i) })
	}
	group.Wait()
	return errs
}

func wins(errs []error) (n int) {
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}

func TestOneCodeOfAnAppWorksOnceWhereverItIsTried(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		c := w.client(pool, nil)
		w.user(pool, "ann")
		w.mfa(pool, "OPTIONAL", token)
		a := w.enrol(w.tokens(c, "ann").AccessToken, "")

		one := w.asked(c, "ann", token)
		code := a.code(0)
		if n := wins(atOnce(4, func(int) error { _, err := w.second(c, token, one.Session, "ann", code); return err })); n != 1 {
			t.Errorf("%d answers in one session won, want 1", n)
		}
		w.clock.Advance(2 * time.Minute)
		var sessions []*string
		for range 4 {
			sessions = append(sessions, w.asked(c, "ann", token).Session)
		}
		code = a.code(0)
		errs := atOnce(4, func(i int) error { _, err := w.second(c, token, sessions[i], "ann", code); return err })
		if n := wins(errs); n != 1 {
			t.Errorf("%d sessions took one code, want 1: %v", n, errs)
		}
	})
}

func TestOneCodeThatWasSentWorksOnce(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		c := w.client(pool, nil)
		w.user(pool, "ann", "phone_number", "+15550101234")
		w.mfa(pool, "ON", sms)
		start := w.asked(c, "ann", sms)
		code := w.outbox.last(t).Code
		errs := atOnce(4, func(int) error { _, err := w.second(c, sms, start.Session, "ann", code); return err })
		if n := wins(errs); n != 1 {
			t.Errorf("%d answers won, want 1: %v", n, errs)
		}
	})
}

func TestSessionsOfSecondFactorsOpenNothingElse(t *testing.T) {
	w := newWorld(t)
	pool, elsewhere := w.pool(nil), w.pool(nil)
	c, other, foreign := w.client(pool, nil), w.client(pool, nil), w.client(elsewhere, nil)
	for _, p := range []*types.UserPoolType{pool, elsewhere} {
		w.user(p, "ann", "phone_number", "+15550101234", "email", "ann@example.com")
		w.user(p, "bob", "phone_number", "+15550105678", "email", "bob@example.com")
		w.mfa(p, "OPTIONAL", sms, token, email)
	}
	a := w.enrol(w.tokens(c, "ann").AccessToken, "")
	b := w.enrol(w.tokens(c, "bob").AccessToken, "")
	app := w.asked(c, "ann", token)
	if err := w.enable(pool, "ann", sms); err != nil {
		t.Fatal(err)
	}
	text := w.asked(c, "ann", sms)
	first := w.outbox.last(t).Code
	again := w.asked(c, "ann", sms)
	second := w.outbox.last(t).Code
	for first == second { // they may be the same by chance
		again = w.asked(c, "ann", sms)
		second = w.outbox.last(t).Code
	}
	try := func(err error) error { return err }
	answer := func(c *types.UserPoolClientType, factor string, session *string, name, code string) error {
		_, err := w.second(c, factor, session, name, code)
		return err
	}
	field := func(challenge string, session *string, field, value string) error {
		_, err := w.reply(c, challenge, session, "ann", field, value)
		return err
	}
	long := strings.Repeat("x", 3000)
	for name, err := range map[string]error{
		"another client":               answer(other, token, app.Session, "ann", a.code(0)),
		"another pool's client":        answer(foreign, token, app.Session, "ann", a.code(0)),
		"another user":                 answer(c, token, app.Session, "bob", b.code(0)),
		"nobody":                       answer(c, token, app.Session, "eve", a.code(0)),
		"no session":                   answer(c, token, nil, "ann", a.code(0)),
		"an invented session":          answer(c, token, aws.String("AYABeC1-y8qooiuysEv0uM4wAqQ"), "ann", a.code(0)),
		"a long one":                   answer(c, token, &long, "ann", a.code(0)),
		"a text's session for an app":  answer(c, token, text.Session, "ann", a.code(0)),
		"an app's session for a text":  answer(c, sms, app.Session, "ann", first),
		"a text's session for mail":    answer(c, email, text.Session, "ann", first),
		"as a choice":                  field("SELECT_MFA_TYPE", app.Session, "ANSWER", sms),
		"as a set-up":                  field("MFA_SETUP", app.Session, "", ""),
		"as a new password":            field("NEW_PASSWORD_REQUIRED", app.Session, "NEW_PASSWORD", "Better-Horse-8"),
		"an app set up in its session": try(associated(w, app.Session)),
	} {
		t.Run(name, func(t *testing.T) { refused(t, err, "NotAuthorizedException", "") })
	}
	refused(t, answer(c, sms, again.Session, "ann", first), "CodeMismatchException", "") // the code of another session
	refused(t, answer(c, token, app.Session, "ann", b.code(0)), "CodeMismatchException", "")
	refused(t, field(token, app.Session, "", ""), "InvalidParameterException", "Missing required parameter SOFTWARE_TOKEN_MFA_CODE")
	for _, code := range []string{" " + second, "١٢٣٤٥٦", long} {
		refused(t, answer(c, sms, text.Session, "ann", code), "CodeMismatchException", "")
	}
	// Nothing of all that used up what is good.
	if err := errors.Join(answer(c, sms, again.Session, "ann", second), answer(c, token, app.Session, "ann", a.code(0))); err != nil {
		t.Error(err)
	}
	late := w.asked(c, "ann", sms)
	code := w.outbox.last(t).Code
	w.clock.Advance(3*time.Minute + time.Second)
	refused(t, answer(c, sms, late.Session, "ann", code), "NotAuthorizedException", "Invalid session for the user, session is expired.")
}

func associated(w *world, session *string) error {
	_, err := w.AssociateSoftwareToken(context.Background(), &idp.AssociateSoftwareTokenInput{Session: session})
	return err
}

func TestGuessesAtASecondFactorEnd(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann")
	w.mfa(pool, "OPTIONAL", token)
	a := w.enrol(w.tokens(c, "ann").AccessToken, "")
	start := w.asked(c, "ann", token)
	mismatches := 0
	for i := range 100 {
		// A right password in between does not clear the count.
		out, err := w.signIn(c, "ann", password)
		if err == nil && out.Session != nil {
			start = out
		}
		if err == nil {
			_, err = w.second(c, token, start.Session, "ann", a.wrong(i))
		}
		var said smithy.APIError
		errors.As(err, &said)
		if said.ErrorCode() == "CodeMismatchException" {
			mismatches++
		} else {
			refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
		}
	}
	if mismatches < 5 || mismatches > 8 {
		t.Errorf("%d of 100 guesses were looked at", mismatches)
	}
	w.clock.Advance(16 * time.Minute)
	start = w.asked(c, "ann", token)
	must(w.second(c, token, start.Session, "ann", a.code(0)))(t)
}

func TestASessionTakesFiveAnswersEvenAtOnce(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		c := w.client(pool, nil)
		w.user(pool, "ann", "email", "ann@example.com")
		w.mfa(pool, "ON", email)
		start := w.asked(c, "ann", email)
		code := w.outbox.last(t).Code
		looked := 0
		for _, err := range atOnce(12, func(i int) error { _, err := w.second(c, email, start.Session, "ann", notThe(code, i)); return err }) {
			var said smithy.APIError
			if errors.As(err, &said) && said.ErrorCode() == "CodeMismatchException" {
				looked++
			}
		}
		if looked > 5 {
			t.Errorf("%d answers were looked at", looked)
		}
		w.clock.Advance(2 * time.Minute) // past the lock, within the session
		_, err := w.second(c, email, start.Session, "ann", code)
		refused(t, err, "NotAuthorizedException", invalidSession)
	})
}

func TestCodesOfSecondFactorsAreNotSentForever(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann", "phone_number", "+15550101234")
	w.mfa(pool, "ON", sms)
	for range 10 {
		w.asked(c, "ann", sms)
	}
	_, err := w.signIn(c, "ann", password)
	refused(t, err, "TooManyRequestsException", "Attempt limit exceeded, please try after some time.")
	w.clock.Advance(time.Hour)
	w.asked(c, "ann", sms)
}

func TestNothingGoesRoundASecondFactor(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	c, bySRP := w.client(pool, nil), w.srpClient(pool, nil)
	w.user(pool, "ann", "phone_number", "+15550101234")
	w.mfa(pool, "OPTIONAL", token, sms)
	a := w.enrol(w.tokens(c, "ann").AccessToken, "")

	t.Run("proof of the password", func(t *testing.T) {
		out := must(w.signInBySRP(bySRP, "ann", password))(t)
		if out.ChallengeName != token || out.AuthenticationResult != nil {
			t.Errorf("got %+v", out)
		}
	})
	t.Run("an administrator's flow", func(t *testing.T) {
		out := must(w.AdminInitiateAuth(ctx, &idp.AdminInitiateAuthInput{
			UserPoolId: pool.Id, ClientId: c.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
		}))(t)
		if out.ChallengeName != token || out.AuthenticationResult != nil {
			t.Fatalf("got %+v", out)
		}
		answer := func(code string) (*idp.AdminRespondToAuthChallengeOutput, error) {
			return w.AdminRespondToAuthChallenge(ctx, &idp.AdminRespondToAuthChallengeInput{
				UserPoolId: pool.Id, ClientId: c.ClientId, ChallengeName: token, Session: out.Session,
				ChallengeResponses: map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": code},
			})
		}
		_, err := answer(a.wrong(0))
		refused(t, err, "CodeMismatchException", "")
		if done := must(answer(a.code(0)))(t); done.AuthenticationResult == nil {
			t.Errorf("got %+v", done)
		}
		w.clock.Advance(time.Minute)
	})
	t.Run("a temporary password", func(t *testing.T) {
		open := w.asked(c, "ann", token)
		must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String("Temporary-1")}))(t)
		start := must(w.signIn(c, "ann", "Temporary-1"))(t)
		out := must(w.answer(c, start.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": password}))(t)
		if out.ChallengeName != token || out.AuthenticationResult != nil {
			t.Errorf("got %+v", out)
		}
		_, err := w.second(c, token, open.Session, "ann", a.code(0)) // of the old password
		refused(t, err, "NotAuthorizedException", invalidSession)
	})
	t.Run("a password that an administrator reset", func(t *testing.T) {
		must(w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"phone_number_verified", "true"})}))(t)
		must(w.AdminResetUserPassword(ctx, &idp.AdminResetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t)
		if err := w.recover(c, "ann", w.outbox.last(t).Code, password); err != nil {
			t.Fatal(err)
		}
		w.asked(c, "ann", token)
	})
	t.Run("a factor that is gone", func(t *testing.T) {
		if err := w.enable(pool, "ann", sms); err != nil {
			t.Fatal(err)
		}
		start := w.asked(c, "ann", sms)
		code := w.outbox.last(t).Code
		must(w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"phone_number", "+15550109999"})}))(t)
		_, err := w.second(c, sms, start.Session, "ann", code)
		refused(t, err, "ExpiredCodeException", "")
		start = w.asked(c, "ann", sms)
		code = w.outbox.last(t).Code
		must(w.AdminSetUserMFAPreference(ctx, &idp.AdminSetUserMFAPreferenceInput{UserPoolId: pool.Id, Username: aws.String("ann"), SMSMfaSettings: &types.SMSMfaSettingsType{}}))(t)
		_, err = w.second(c, sms, start.Session, "ann", code) // disabled since
		refused(t, err, "NotAuthorizedException", invalidSession)
		if err := w.enable(pool, "ann", token); err != nil {
			t.Fatal(err)
		}
		w.mfa(pool, "OPTIONAL", token)
		_, err = w.second(c, sms, start.Session, "ann", code)
		refused(t, err, "NotAuthorizedException", invalidSession)
		w.asked(c, "ann", token)
	})
	t.Run("another app in a session of set-up", func(t *testing.T) {
		w.mfa(pool, "ON", token)
		w.user(pool, "bob")
		setup := w.asked(c, "bob", "MFA_SETUP")
		again := w.asked(c, "bob", "MFA_SETUP")
		theirs := must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: again.Session}))(t)
		handed := must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: setup.Session}))(t)
		must(w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: handed.Session, UserCode: aws.String(w.app(handed.SecretCode).code(0))}))(t)
		_, err := w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: theirs.Session, UserCode: aws.String(w.app(theirs.SecretCode).code(0))})
		refused(t, err, "NotAuthorizedException", invalidSession)
		refused(t, associated(w, theirs.Session), "NotAuthorizedException", invalidSession)
		w.asked(c, "bob", token)
	})
}

func TestNoSeedAndNoCodeLiesInTheClear(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann", "phone_number", "+15550101234")
	w.mfa(pool, "OPTIONAL", token, sms)
	access := w.tokens(c, "ann").AccessToken
	a := w.enrol(access, "")
	pending := must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{AccessToken: access}))(t)
	session := w.asked(c, "ann", token).Session
	code := a.code(0)
	must(w.second(c, token, session, "ann", code))(t)
	if err := w.enable(pool, "ann", sms); err != nil {
		t.Fatal(err)
	}
	w.asked(c, "ann", sms)
	sent := w.outbox.last(t).Code
	rows := must(w.service.SecondFactorRows(ctx, *pool.Id))(t)
	if len(rows) < 5 {
		t.Fatalf("%d rows", len(rows))
	}
	text := string(must(json.Marshal(rows))(t))
	for name, secret := range map[string]string{
		"seed": string(a.seed), "pending seed": string(w.app(pending.SecretCode).seed), "session": *session, "code of the app": `"` + code + `"`, "code that was sent": `"` + sent + `"`,
	} {
		b := []byte(secret)
		for _, form := range []string{secret, hex.EncodeToString(b), base64.StdEncoding.EncodeToString(b), base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)} {
			if strings.Contains(text, form) || strings.Contains(w.records.text.String(), form) {
				t.Errorf("the %s lies in the database or in a record", name)
			}
		}
	}
	must(w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t)
	for _, table := range []string{"user_pool_pending_tokens", "user_pool_codes"} {
		if n := w.rows(table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}
