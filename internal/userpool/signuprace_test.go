package userpool_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestOfManyWhoWantOneNameOneGetsIt(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		c := w.client(w.pool(func(in *idp.CreateUserPoolInput) {
			mailing(in)
			in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
		}), nil)
		var mu sync.Mutex
		won := 0
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() {
				name := []string{"ann", "Ann", "ANN"}[i%3]
				_, err := w.signUp(c, name, "email", "ann@example.com")
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
					return
				}
				refused(t, err, "UsernameExistsException", "User already exists")
			})
		}
		group.Wait()
		if won != 1 || w.rows("user_pool_users") != 1 {
			t.Errorf("%d won, %d users", won, w.rows("user_pool_users"))
		}
	})
}

func TestOfTwoRightAnswersOneWins(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(mailing)
		c := w.client(pool, nil)
		must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
		code := w.outbox.last(t).Code
		race := func(what string, one func() error, codes ...string) {
			t.Helper()
			var group sync.WaitGroup
			var mu sync.Mutex
			won := 0
			for range 8 {
				group.Go(func() {
					err := one()
					mu.Lock()
					defer mu.Unlock()
					var expired *types.ExpiredCodeException
					var confirmed *types.NotAuthorizedException
					switch {
					case err == nil:
						won++
					case errors.As(err, &expired), errors.As(err, &confirmed):
					default:
						t.Errorf("%s: %v", what, err)
					}
				})
			}
			group.Wait()
			if won != 1 {
				t.Errorf("%s: %d won", what, won)
			}
		}
		race("sign-up", func() error { return w.confirm(c, "ann", code) })
		must(w.forgot(c, "ann"))(t)
		code = w.outbox.last(t).Code
		race("forgot", func() error { return w.recover(c, "ann", code, newPassword) })
	})
}

func TestASignUpCodeEndsAndIsReplaced(t *testing.T) {
	w := newWorld(t)
	c := w.client(w.pool(mailing), nil)
	must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
	first := w.outbox.last(t).Code
	d := must(w.resend(c, "ann"))(t)
	second := w.outbox.last(t)
	if details(d) != "email EMAIL a***@e***" || second.Purpose != "sign-up" {
		t.Errorf("got %s, %+v", details(d), second)
	}
	if first != second.Code {
		refused(t, w.confirm(c, "ann", first), "CodeMismatchException", wrongCode)
	}
	w.clock.Advance(24*time.Hour - time.Second)
	for range 4 { // the fifth of the hour is the last
		must(w.resend(c, "ann"))(t)
	}
	must(w.resend(c, "ann"))(t)
	_, err := w.resend(c, "ann")
	refused(t, err, "LimitExceededException", tooOften)
	last := w.outbox.last(t).Code
	w.clock.Advance(24 * time.Hour)
	refused(t, w.confirm(c, "ann", last), "ExpiredCodeException", noCode)
	must(w.resend(c, "ann"))(t)
	if err := w.confirm(c, "ann", w.outbox.last(t).Code); err != nil {
		t.Error(err)
	}
}

func TestAnAliasBelongsToWhoProvesIt(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(func(in *idp.CreateUserPoolInput) {
			mailing(in)
			in.AliasAttributes = []types.AliasAttributeType{"email"}
		})
		c := w.client(pool, nil)
		must(w.signUp(c, "ann", "email", "shared@example.com"))(t)
		_, err := w.signIn(c, "shared@example.com", password)
		refused(t, err, "UserNotFoundException", "") // what is not proved is no name
		if err := w.confirm(c, "ann", w.outbox.last(t).Code); err != nil {
			t.Fatal(err)
		}
		must(w.signUp(c, "bob", "email", "shared@example.com"))(t)
		code := w.outbox.last(t).Code
		refused(t, w.confirm(c, "bob", code), "AliasExistsException", "An account with the email already exists.")
		if got := w.status(pool, "shared@example.com"); got != "CONFIRMED" || w.status(pool, "bob") != "UNCONFIRMED" {
			t.Errorf("the address's account is %s, bob's %s", got, w.status(pool, "bob"))
		}
		must(w.ConfirmSignUp(t.Context(), &idp.ConfirmSignUpInput{ClientId: c.ClientId, Username: aws.String("bob"), ConfirmationCode: &code, ForceAliasCreation: true}))(t)
		if u := must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("shared@example.com")}))(t); *u.Username != "bob" {
			t.Errorf("the address is %s's", *u.Username)
		}
		if got := w.attribute(pool, "ann", "email_verified"); got != "false" {
			t.Errorf("ann's address is verified: %s", got)
		}
		w.tokens(c, "ann") // by her name still
	})
}

func TestAdministratorsConfirm(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(mailing)
	c := w.client(pool, nil)
	must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
	code := w.outbox.last(t).Code
	in := &idp.AdminConfirmSignUpInput{UserPoolId: pool.Id, Username: aws.String("ann")}
	must(w.AdminConfirmSignUp(t.Context(), in))(t)
	if got := w.attribute(pool, "ann", "email_verified"); got != "false" {
		t.Errorf("an address that nobody proved is verified: %s", got)
	}
	_, err := w.AdminConfirmSignUp(t.Context(), in)
	refused(t, err, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
	refused(t, w.confirm(c, "ann", code), "NotAuthorizedException", "")
	_, err = w.AdminConfirmSignUp(t.Context(), &idp.AdminConfirmSignUpInput{UserPoolId: pool.Id, Username: aws.String("bob")})
	refused(t, err, "UserNotFoundException", "User does not exist.")
	if n := w.rows("user_pool_codes"); n != 0 {
		t.Errorf("%d codes are left", n)
	}
}

func TestMessagesAreThePools(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		change         func(*idp.CreateUserPoolInput)
		subject, body  string
		phone, unnamed bool
	}{
		"old settings": {func(in *idp.CreateUserPoolInput) {
			in.EmailVerificationSubject, in.EmailVerificationMessage = aws.String("Hello"), aws.String("Take {####}, {username}")
		}, "Hello", "Take CODE, &lt;b&gt;{####}", false, false},
		"template before them": {func(in *idp.CreateUserPoolInput) {
			in.EmailVerificationMessage = aws.String("Take {####}")
			in.VerificationMessageTemplate = &types.VerificationMessageTemplateType{EmailSubject: aws.String("Hi {username}"), EmailMessage: aws.String("{####}!{####}")}
		}, "Hi <b>{####}", "CODE!CODE", false, false},
		"SMS": {func(in *idp.CreateUserPoolInput) {
			in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"phone_number"}
			in.SmsVerificationMessage = aws.String("{username}: {####}")
		}, "", "<b>{####}: CODE", true, false},
		"SMS by template": {func(in *idp.CreateUserPoolInput) {
			in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"phone_number"}
			in.VerificationMessageTemplate = &types.VerificationMessageTemplateType{SmsMessage: aws.String("{####}")}
		}, "", "CODE", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			client := w.client(w.pool(func(in *idp.CreateUserPoolInput) { mailing(in); c.change(in) }), nil)
			// The name looks like markup and like the place of the code: it is neither.
			must(w.signUp(client, "<b>{####}", "email", "ann@example.com", "phone_number", "+15555551234"))(t)
			m := w.outbox.last(t)
			if m.Subject != c.subject || m.Body != strings.ReplaceAll(c.body, "CODE", m.Code) || (m.Channel == "sms") != c.phone {
				t.Errorf("got %+v", m)
			}
		})
	}
}
