package userpool_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (w *world) forgot(c *types.UserPoolClientType, name string) (*types.CodeDeliveryDetailsType, error) {
	out, err := w.ForgotPassword(context.Background(), &idp.ForgotPasswordInput{ClientId: c.ClientId, Username: &name})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

func (w *world) recover(c *types.UserPoolClientType, name, code, password string) error {
	_, err := w.ConfirmForgotPassword(context.Background(), &idp.ConfirmForgotPasswordInput{ClientId: c.ClientId, Username: &name, ConfirmationCode: &code, Password: &password})
	return err
}

// proved makes a confirmed user whose mail address is verified.
func (w *world) proved(pool *types.UserPoolType, name string) *types.UserType {
	return w.user(pool, name, "email", name+"@example.com", "email_verified", "true")
}

func TestAForgottenPasswordIsReplaced(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		c := w.client(pool, nil)
		w.proved(pool, "ann")
		before := w.tokens(c, "ann")
		if d := must(w.forgot(c, "ann"))(t); details(d) != "email EMAIL a***@e***" {
			t.Errorf("got %s", details(d))
		}
		m := w.outbox.last(t)
		if m.Purpose != "forgot-password" || m.To != "ann@example.com" {
			t.Errorf("got %+v", m)
		}
		w.tokens(c, "ann") // asking changes nothing
		refused(t, w.recover(c, "ann", m.Code, "short"), "InvalidPasswordException", "")
		refused(t, w.recover(c, "ann", notThe(m.Code, 0), newPassword), "CodeMismatchException", wrongCode)
		for range 4 { // failures of the owner, which the code makes good
			_, err := w.signIn(c, "ann", "Forgotten-1!")
			refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
		}
		if err := w.recover(c, "ann", m.Code, newPassword); err != nil {
			t.Fatal(err)
		}
		must(w.signIn(c, "ann", newPassword))(t)
		_, err := w.signIn(c, "ann", oldPassword)
		refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
		_, err = w.refresh(c, *before.RefreshToken)
		refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
		_, err = w.GetUser(t.Context(), &idp.GetUserInput{AccessToken: before.AccessToken})
		refused(t, err, "NotAuthorizedException", "Access Token has been revoked")
		refused(t, w.recover(c, "ann", m.Code, oldPassword), "ExpiredCodeException", noCode)
	})
}

// A client whose tokens have no origin is signed in again in the same second.
func TestANewPasswordDoesNotEndItsOwnSignIn(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.EnableTokenRevocation = aws.Bool(false) })
	w.proved(pool, "ann")
	before := w.tokens(c, "ann")
	w.clock.Advance(2 * time.Second)
	must(w.forgot(c, "ann"))(t)
	if err := w.recover(c, "ann", w.outbox.last(t).Code, newPassword); err != nil {
		t.Fatal(err)
	}
	after := must(w.signIn(c, "ann", newPassword))(t).AuthenticationResult
	must(w.GetUser(t.Context(), &idp.GetUserInput{AccessToken: after.AccessToken}))(t)
	_, err := w.GetUser(t.Context(), &idp.GetUserInput{AccessToken: before.AccessToken})
	refused(t, err, "NotAuthorizedException", "Access Token has been revoked")
}

func TestWhereARecoveryCodeGoes(t *testing.T) {
	w := newWorld(t)
	recover := func(names ...types.RecoveryOptionNameType) func(*idp.CreateUserPoolInput) {
		return func(in *idp.CreateUserPoolInput) {
			in.AccountRecoverySetting = &types.AccountRecoverySettingType{}
			for i, name := range names { // the list in turned order, so that priorities decide
				in.AccountRecoverySetting.RecoveryMechanisms = append([]types.RecoveryOptionType{{Name: name, Priority: aws.Int32(int32(i + 1))}}, in.AccountRecoverySetting.RecoveryMechanisms...)
			}
		}
	}
	mail, phone := []string{"email", "ann@example.com", "email_verified", "true"}, []string{"phone_number", "+15555551234", "phone_number_verified", "true"}
	unproved := []string{"email", "ann@example.com", "email_verified", "false", "phone_number", "+15555551234"}
	both := append(append([]string{}, mail...), phone...)
	const nowhere = "Cannot reset password for the user as there is no registered/verified email or phone_number"
	for name, c := range map[string]struct {
		pool       func(*idp.CreateUserPoolInput)
		attributes []string
		want       string
		code, text string
	}{
		"as AWS did first":  {nil, both, "phone_number SMS +*******1234", "", ""},
		"what there is":     {nil, mail, "email EMAIL a***@e***", "", ""},
		"mail first":        {recover("verified_email", "verified_phone_number"), both, "email EMAIL a***@e***", "", ""},
		"phone first":       {recover("verified_phone_number", "verified_email"), both, "phone_number SMS +*******1234", "", ""},
		"the second way":    {recover("verified_phone_number", "verified_email"), mail, "email EMAIL a***@e***", "", ""},
		"not this way":      {recover("verified_email"), phone, "", "InvalidParameterException", nowhere},
		"not proved":        {nil, unproved, "", "InvalidParameterException", nowhere},
		"no address":        {nil, nil, "", "InvalidParameterException", nowhere},
		"by administrators": {recover("admin_only"), both, "", "NotAuthorizedException", "Contact administrator to reset password."},
	} {
		t.Run(name, func(t *testing.T) {
			pool := w.pool(c.pool)
			w.user(pool, "ann", c.attributes...)
			d, err := w.forgot(w.client(pool, nil), "ann")
			if c.code != "" {
				refused(t, err, c.code, c.text)
				return
			}
			if err != nil || details(d) != c.want {
				t.Errorf("got %v, %v", d, err)
			}
		})
	}
}

func TestRecoveriesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	ctx := t.Context()
	_, err := w.forgot(c, "nobody")
	refused(t, err, "UserNotFoundException", notFound)
	refused(t, w.recover(c, "nobody", "123456", newPassword), "UserNotFoundException", notFound)
	refused(t, w.confirm(c, "nobody", "123456"), "UserNotFoundException", notFound)

	if err := w.create(pool, "invited", "email", "i@example.com", "email_verified", "true"); err != nil {
		t.Fatal(err)
	}
	_, err = w.forgot(c, "invited")
	refused(t, err, "NotAuthorizedException", "User password cannot be reset in the current state.")

	w.proved(pool, "kept-out")
	must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("kept-out")}))(t)
	_, err = w.forgot(c, "kept-out")
	refused(t, err, "NotAuthorizedException", "User is disabled.")

	w.proved(pool, "ann")
	refused(t, w.recover(c, "ann", "123456", newPassword), "ExpiredCodeException", noCode)
	must(w.forgot(c, "ann"))(t)
	code := w.outbox.last(t).Code
	w.clock.Advance(time.Hour)
	refused(t, w.recover(c, "ann", code, newPassword), "ExpiredCodeException", noCode)
	for range 5 {
		must(w.forgot(c, "ann"))(t)
	}
	_, err = w.forgot(c, "ann")
	refused(t, err, "LimitExceededException", tooOften)
	w.clock.Advance(time.Hour)
	must(w.forgot(c, "ann"))(t)
}

// What was sent before the account changed is worth nothing after it.
func TestALateRecoveryCodeOpensNothing(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	ctx := t.Context()
	for name, change := range map[string]func(name *string) error{
		"moved": func(name *string) error {
			_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: name, UserAttributes: pairs([]string{"email", "new@example.com", "email_verified", "true"})})
			return err
		},
		"unproved": func(name *string) error {
			_, err := w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: name, UserAttributes: pairs([]string{"email_verified", "false"})})
			return err
		},
		"new-password": func(name *string) error {
			_, err := w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: name, Password: aws.String("Another-One-9"), Permanent: true})
			return err
		},
		"invited-again": func(name *string) error {
			_, err := w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: name, Password: aws.String("Another-One-9")})
			return err
		},
		"made-anew": func(name *string) error {
			if _, err := w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: name}); err != nil {
				return err
			}
			w.proved(pool, *name)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.proved(pool, name)
			must(w.forgot(c, name))(t)
			code := w.outbox.last(t).Code
			w.clock.Advance(time.Second)
			if err := change(&name); err != nil {
				t.Fatal(err)
			}
			refused(t, w.recover(c, name, code, newPassword), "ExpiredCodeException", noCode)
		})
	}
}

func TestAdministratorsResetPasswords(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c, other := w.client(pool, nil), w.client(pool, nil)
	w.proved(pool, "ann")
	tokens := w.tokens(c, "ann")
	in := &idp.AdminResetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann")}
	must(w.AdminResetUserPassword(t.Context(), in))(t)
	if got := w.status(pool, "ann"); got != "RESET_REQUIRED" {
		t.Errorf("status %s", got)
	}
	_, err := w.signIn(c, "ann", password)
	refused(t, err, "PasswordResetRequiredException", "Password reset required for the user")
	_, err = w.refresh(c, *tokens.RefreshToken)
	refused(t, err, "PasswordResetRequiredException", "")
	_, err = w.ChangePassword(t.Context(), &idp.ChangePasswordInput{AccessToken: tokens.AccessToken, PreviousPassword: aws.String(password), ProposedPassword: aws.String(newPassword)})
	refused(t, err, "PasswordResetRequiredException", "")
	// The code is of no client, so that the person can bring it wherever they sign in.
	if err := w.recover(other, "ann", w.outbox.last(t).Code, newPassword); err != nil {
		t.Fatal(err)
	}
	if got := w.status(pool, "ann"); got != "CONFIRMED" {
		t.Errorf("status %s", got)
	}
	must(w.signIn(c, "ann", newPassword))(t)
	_, err = w.refresh(c, *tokens.RefreshToken)
	refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")

	w.user(pool, "bob", "email", "bob@example.com")
	_, err = w.AdminResetUserPassword(t.Context(), &idp.AdminResetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("bob")})
	refused(t, err, "InvalidParameterException", "")
	if got := w.status(pool, "bob"); got != "CONFIRMED" {
		t.Errorf("a refused reset left bob %s", got)
	}
	if err := w.create(pool, "eve", "email", "eve@example.com", "email_verified", "true"); err != nil {
		t.Fatal(err)
	}
	_, err = w.AdminResetUserPassword(t.Context(), &idp.AdminResetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("eve")})
	refused(t, err, "NotAuthorizedException", "User password cannot be reset in the current state.")
}

func TestChangingOnesPassword(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann")
	tokens := w.tokens(c, "ann")
	change := func(token *string, previous, proposed string) error {
		_, err := w.ChangePassword(context.Background(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: &previous, ProposedPassword: &proposed})
		return err
	}
	refused(t, change(aws.String("x.y.z"), oldPassword, newPassword), "NotAuthorizedException", "Invalid Access Token")
	refused(t, change(tokens.IdToken, oldPassword, newPassword), "NotAuthorizedException", "Invalid Access Token")
	refused(t, change(tokens.AccessToken, oldPassword, "short"), "InvalidPasswordException", "")
	refused(t, change(tokens.AccessToken, "Wrong-Horse-7", newPassword), "NotAuthorizedException", "Incorrect username or password.")
	if err := change(tokens.AccessToken, oldPassword, newPassword); err != nil {
		t.Fatal(err)
	}
	must(w.signIn(c, "ann", newPassword))(t)
	_, err := w.signIn(c, "ann", oldPassword)
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	must(w.refresh(c, *tokens.RefreshToken))(t) // as in AWS, who is signed in stays so
	for range 3 {
		refused(t, change(tokens.AccessToken, "Wrong-Horse-7", oldPassword), "NotAuthorizedException", "Incorrect username or password.")
	}
	refused(t, change(tokens.AccessToken, newPassword, oldPassword), "LimitExceededException", tooOften)
}
