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

const (
	wrongSignInCode = "Invalid code or auth state for the user."
	quietHour       = time.Hour // all failures are forgotten, all allowances full
)

// byCode asks for a code by mail and returns its session and the code.
func (w *world) byCode(c *types.UserPoolClientType, name string) (session *string, code string) {
	w.t.Helper()
	asked := must(w.prefer(c, name, "EMAIL_OTP"))(w.t)
	if asked.ChallengeName != "EMAIL_OTP" {
		w.t.Fatalf("asked for %s", asked.ChallengeName)
	}
	return asked.Session, w.outbox.last(w.t).Code
}

func (w *world) bring(c *types.UserPoolClientType, session *string, name, code string) (*idp.RespondToAuthChallengeOutput, error) {
	return w.answerTo(c, "EMAIL_OTP", session, name, "EMAIL_OTP_CODE", code)
}

func TestASignInCodeOpensOneSessionOnce(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP", "SMS_OTP"))
	client, other := w.client(pool, byChoice), w.client(pool, byChoice)
	w.somebody(pool, "mario")
	w.somebody(pool, "luigi")

	first, firstCode := w.byCode(client, "mario")
	second, secondCode := w.byCode(client, "mario")
	luigis, luigisCode := w.byCode(client, "luigi")
	if firstCode != secondCode { // one in a hundred million
		_, err := w.bring(client, first, "mario", secondCode)
		refused(t, err, "CodeMismatchException", wrongSignInCode)
	}
	_, err := w.bring(client, luigis, "mario", luigisCode)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.bring(client, second, "mario", luigisCode)
	refused(t, err, "CodeMismatchException", wrongSignInCode)
	_, err = w.bring(other, second, "mario", secondCode)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.answerTo(client, "SMS_OTP", second, "mario", "SMS_OTP_CODE", secondCode)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.answerTo(client, "EMAIL_OTP", second, "mario", "SMS_OTP_CODE", secondCode)
	refused(t, err, "InvalidParameterException", "Missing required parameter EMAIL_OTP_CODE")
	refused(t, w.confirm(client, "mario", secondCode), "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
	refused(t, w.recover(client, "mario", secondCode, newPassword), "ExpiredCodeException", "")

	signedIn(t, must(w.bring(client, first, "mario", firstCode))(t).AuthenticationResult) // a later one took nothing from it
	_, err = w.bring(client, first, "mario", firstCode)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

	w.clock.Advance(3 * time.Minute)
	_, err = w.bring(client, second, "mario", secondCode)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
}

func TestOfTwoWhoBringOneSignInCodeOneIsSignedIn(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(choosing("EMAIL_OTP"))
		client := w.client(pool, byChoice)
		w.somebody(pool, "mario")
		session, code := w.byCode(client, "mario")
		var all sync.WaitGroup
		results := make([]error, 6)
		for i := range results {
			all.Go(func() { _, results[i] = w.bring(client, session, "mario", code) })
		}
		all.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d were signed in: %v", won, results)
		}
	})
}

func TestASignInCodeIsGuessedAtLikeAPassword(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	for name, client := range map[string]*types.UserPoolClientType{
		"shown":  w.client(pool, byChoice),
		"hidden": w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); hiding(in) }),
	} {
		t.Run(name, func(t *testing.T) {
			w.somebody(pool, name)
			session, code := w.byCode(client, name)
			for i := range 6 {
				_, err := w.bring(client, session, name, notThe(code, i))
				refused(t, err, "CodeMismatchException", wrongSignInCode)
			}
			_, err := w.bring(client, session, name, code) // even the right one waits
			refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
			_, err = w.prefer(client, name, "PASSWORD", "PASSWORD", password)
			refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
			_, err = w.choose(client, name)
			refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
			w.clock.Advance(time.Second)
			signedIn(t, must(w.bring(client, session, name, code))(t).AuthenticationResult)
		})
	}
}

func TestASignInCodeEndsAfterItsTries(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); in.AuthSessionValidity = aws.Int32(15) })
	w.somebody(pool, "mario")
	session, code := w.byCode(client, "mario")
	for i := range 15 { // from everywhere, so that none waits
		_, err := w.from("127.0.0."+string(rune('1'+i%9))).bring(client, session, "mario", notThe(code, i))
		refused(t, err, "CodeMismatchException", wrongSignInCode)
	}
	_, err := w.bring(client, session, "mario", code)
	refused(t, err, "ExpiredCodeException", "")
}

func TestSignInCodesAreAskedForSoOften(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	hidden := w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); hiding(in) })
	w.somebody(pool, "mario")
	for _, name := range []string{"mario", "nobody"} {
		for range 10 {
			must(w.prefer(hidden, name, "EMAIL_OTP"))(t)
		}
		_, err := w.prefer(hidden, name, "EMAIL_OTP")
		refused(t, err, "LimitExceededException", tooOften)
	}
	if len(w.outbox.sent) != 10 {
		t.Errorf("%d codes were sent, want 10", len(w.outbox.sent))
	}
	w.clock.Advance(time.Hour)
	must(w.prefer(hidden, "mario", "EMAIL_OTP"))(t)
}

func TestASignInCodeIsGoodForTheAddressItWentTo(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client := w.client(pool, byChoice)
	w.somebody(pool, "mario")
	session, code := w.byCode(client, "mario")
	must(w.AdminUpdateUserAttributes(context.Background(), &idp.AdminUpdateUserAttributesInput{
		UserPoolId: pool.Id, Username: aws.String("mario"), UserAttributes: pairs([]string{"email", "new@example.com", "email_verified", "true"}),
	}))(t)
	_, err := w.bring(client, session, "mario", code)
	refused(t, err, "CodeMismatchException", wrongSignInCode)

	session, code = w.byCode(client, "mario")
	must(w.AdminDisableUser(context.Background(), &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("mario")}))(t)
	_, err = w.bring(client, session, "mario", code)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

	w.somebody(pool, "luigi")
	session, code = w.byCode(client, "luigi")
	must(w.AdminDeleteUser(context.Background(), &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: aws.String("luigi")}))(t)
	w.somebody(pool, "luigi") // another one
	_, err = w.bring(client, session, "luigi", code)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
}

func TestSignInCodesAreKeptNowhere(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client := w.client(pool, byChoice)
	w.somebody(pool, "mario")
	session, code := w.byCode(client, "mario")
	signedIn(t, must(w.bring(client, session, "mario", code))(t).AuthenticationResult)
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	if text := w.records.text.String(); strings.Contains(text, code) || strings.Contains(text, *session) {
		t.Error("the record tells a code or a session")
	}
}
