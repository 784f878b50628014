package userpool_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// join signs somebody up without a password.
func (w *world) join(c *types.UserPoolClientType, name string, attributes ...string) (*idp.SignUpOutput, error) {
	return w.SignUp(context.Background(), &idp.SignUpInput{ClientId: c.ClientId, Username: &name, UserAttributes: pairs(attributes)})
}

func (w *world) confirmIn(c *types.UserPoolClientType, name, code string, session *string) (*idp.ConfirmSignUpOutput, error) {
	return w.ConfirmSignUp(context.Background(), &idp.ConfirmSignUpInput{ClientId: c.ClientId, Username: &name, ConfirmationCode: &code, Session: session})
}

func (w *world) goOn(c *types.UserPoolClientType, name string, session *string) (*idp.InitiateAuthOutput, error) {
	return w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{
		AuthFlow: "USER_AUTH", ClientId: c.ClientId, Session: session, AuthParameters: map[string]string{"USERNAME": name},
	})
}

func TestWhoSignsUpIsSignedIn(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(choosing("EMAIL_OTP"))
		client := w.client(pool, byChoice)
		for name, sign := range map[string]func(name string) (*idp.SignUpOutput, error){
			"without": func(n string) (*idp.SignUpOutput, error) { return w.join(client, n, "email", n+"@example.com") },
			"with":    func(n string) (*idp.SignUpOutput, error) { return w.signUp(client, n, "email", n+"@example.com") },
		} {
			t.Run(name, func(t *testing.T) {
				made := must(sign(name))(t)
				if made.Session == nil {
					t.Fatal("no session")
				}
				_, err := w.goOn(client, name, made.Session) // nothing is proved yet
				refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
				code := w.outbox.last(t).Code
				confirmed := must(w.confirmIn(client, name, code, made.Session))(t)
				if confirmed.Session == nil {
					t.Fatal("no session to go on with")
				}
				signedIn(t, must(w.goOn(client, name, confirmed.Session))(t).AuthenticationResult)
				_, err = w.goOn(client, name, confirmed.Session)
				refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
			})
		}
		session, code := w.byCode(client, "without")
		signedIn(t, must(w.bring(client, session, "without", code))(t).AuthenticationResult)
		out := must(w.choose(client, "without"))(t)
		if names(out.AvailableChallenges) != "EMAIL_OTP" {
			t.Errorf("who has no password is offered %s", names(out.AvailableChallenges))
		}
		_, err := w.prefer(client, "without", "PASSWORD", "PASSWORD", password)
		refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
		_, err = w.answerTo(client, "SELECT_CHALLENGE", out.Session, "without", "ANSWER", "PASSWORD", "PASSWORD", "")
		refused(t, err, "InvalidParameterException", "")
	})
}

func TestSessionsOfSignUpsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client, other, plain := w.client(pool, byChoice), w.client(pool, byChoice), w.client(pool, nil)
	invalid := "Invalid session for the user."

	if made := must(w.signUp(plain, "plain", "email", "plain@example.com"))(t); made.Session != nil {
		t.Error("a client that does not choose got a session")
	}
	mario := must(w.join(client, "mario", "email", "mario@example.com"))(t)
	marios := w.outbox.last(t).Code
	luigi := must(w.join(client, "luigi", "email", "luigi@example.com"))(t)

	_, err := w.confirmIn(client, "mario", marios, luigi.Session)
	refused(t, err, "NotAuthorizedException", invalid)
	_, err = w.confirmIn(client, "mario", marios, aws.String("what nobody was given at all"))
	refused(t, err, "NotAuthorizedException", invalid)
	_, err = w.confirmIn(other, "mario", marios, mario.Session)
	refused(t, err, "NotAuthorizedException", invalid)
	_, err = w.answerTo(client, "sign-up", mario.Session, "mario")
	refused(t, err, "InvalidParameterException", "")

	confirmed := must(w.confirmIn(client, "mario", marios, mario.Session))(t).Session
	_, err = w.goOn(other, "mario", confirmed)
	refused(t, err, "NotAuthorizedException", invalid)
	_, err = w.goOn(client, "luigi", confirmed)
	refused(t, err, "NotAuthorizedException", invalid)
	_, err = w.goOn(client, "mario", luigi.Session)
	refused(t, err, "NotAuthorizedException", invalid)
	must(w.AdminUserGlobalSignOut(context.Background(), &idp.AdminUserGlobalSignOutInput{UserPoolId: pool.Id, Username: aws.String("mario")}))(t)
	_, err = w.goOn(client, "mario", confirmed) // of before everything was taken back
	refused(t, err, "NotAuthorizedException", invalid)

	late := must(w.join(client, "late", "email", "late@example.com"))(t)
	code := w.outbox.last(t).Code
	w.clock.Advance(3 * time.Minute)
	if out := must(w.confirmIn(client, "late", code, late.Session))(t); out.Session != nil {
		t.Error("a late session led on")
	}
	peach := must(w.join(client, "peach", "email", "peach@example.com"))(t)
	confirmed = must(w.confirmIn(client, "peach", w.outbox.last(t).Code, peach.Session))(t).Session
	w.clock.Advance(3 * time.Minute)
	_, err = w.goOn(client, "peach", confirmed)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
}

func TestWhoMaySignUpWithoutAPassword(t *testing.T) {
	w := newWorld(t)
	mail, plain := w.pool(choosing("EMAIL_OTP")), w.pool(choosing())
	for name, c := range map[string]struct {
		client     *types.UserPoolClientType
		attributes []string
	}{
		"the pool has passwords only": {w.client(plain, byChoice), []string{"email", "a@example.com"}},
		"the client does not choose":  {w.client(mail, nil), []string{"email", "b@example.com"}},
		"no address for codes":        {w.client(mail, byChoice), []string{"phone_number", "+15550100"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.join(c.client, "mario", c.attributes...)
			_, want := w.SignUp(context.Background(), &idp.SignUpInput{ClientId: c.client.ClientId, Username: aws.String("luigi"), Password: aws.String("")})
			if err == nil || want == nil {
				t.Fatal("was let in")
			}
		})
	}
}

func TestAdministratorsMakeUsersWithoutPasswords(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client := w.client(pool, byChoice)
	make := func(name string, in idp.AdminCreateUserInput, attributes ...string) string {
		in.UserPoolId, in.Username, in.UserAttributes = pool.Id, &name, pairs(attributes)
		must(w.AdminCreateUser(context.Background(), &in))(t)
		return w.status(pool, name)
	}
	if got := make("mario", idp.AdminCreateUserInput{}, "email", "mario@example.com", "email_verified", "true"); got != "CONFIRMED" {
		t.Errorf("who can sign in by a code is %s", got)
	}
	if len(w.outbox.sent) != 0 {
		t.Error("an invitation without a password was sent")
	}
	session, code := w.byCode(client, "mario")
	token := must(w.bring(client, session, "mario", code))(t).AuthenticationResult.AccessToken
	if got := make("luigi", idp.AdminCreateUserInput{}, "email", "luigi@example.com"); got != "FORCE_CHANGE_PASSWORD" {
		t.Errorf("whose address nobody proved is %s", got)
	}
	if got := make("peach", idp.AdminCreateUserInput{TemporaryPassword: aws.String(password)}, "email", "peach@example.com", "email_verified", "true"); got != "FORCE_CHANGE_PASSWORD" {
		t.Errorf("who got a password is %s", got)
	}
	if out := must(w.choose(client, "peach"))(t); names(out.AvailableChallenges) != "PASSWORD PASSWORD_SRP" {
		t.Errorf("who must set a new password is offered %s", names(out.AvailableChallenges))
	}

	// A first password needs no former one; the next does.
	set := func(previous *string, proposed string) error {
		_, err := w.ChangePassword(context.Background(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: previous, ProposedPassword: &proposed})
		return err
	}
	if err := set(nil, password); err != nil {
		t.Fatal(err)
	}
	refused(t, set(nil, newPassword), "NotAuthorizedException", "")
	signedIn(t, must(w.signIn(client, "mario", password))(t).AuthenticationResult)
}

// Amplify for JavaScript confirms without the session of SignUp and goes on with
// that of ConfirmSignUp.
func TestWhoConfirmsWithoutASessionIsSignedInWhereACodeWouldDo(t *testing.T) {
	for name, c := range map[string]struct {
		pool    func(*idp.CreateUserPoolInput)
		client  func(*idp.CreateUserPoolClientInput)
		leadsOn bool
	}{
		"a code signs in":            {choosing("EMAIL_OTP"), byChoice, true},
		"a password only":            {choosing(), byChoice, false},
		"by text only":               {choosing("SMS_OTP"), byChoice, false},
		"a client that does not ask": {choosing("EMAIL_OTP"), nil, false},
		"a second factor is required": {func(in *idp.CreateUserPoolInput) {
			choosing("EMAIL_OTP")(in)
			in.MfaConfiguration = "ON"
			in.SmsConfiguration = &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms")}
		}, byChoice, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			client := w.client(w.pool(c.pool), c.client)
			must(w.signUp(client, "mario", "email", "mario@example.com"))(t)
			out := must(w.confirmIn(client, "mario", w.outbox.last(t).Code, nil))(t)
			if led := out.Session != nil; led != c.leadsOn {
				t.Fatalf("leads on: %t", led)
			}
			if !c.leadsOn {
				return
			}
			signedIn(t, must(w.goOn(client, "mario", out.Session))(t).AuthenticationResult)
			_, err := w.goOn(client, "mario", out.Session)
			refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		})
	}
}
