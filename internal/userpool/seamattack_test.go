package userpool_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/srp"
)

// Attacks on where the parts of a sign-in meet: what one lets through must not
// help in another.

// untilLocked guesses until the backoff says so, and fails if it never does.
func untilLocked(t *testing.T, most int, guess func() error) {
	t.Helper()
	for range most {
		if err := guess(); err == nil {
			t.Fatal("a guess was right")
		} else if said := smithy.APIError(nil); errors.As(err, &said) && said.ErrorMessage() == "Password attempts exceeded" {
			return
		}
	}
	t.Fatalf("%d guesses and no end", most)
}

func TestARightPasswordGivesNoGuessesAtTheNextStepBack(t *testing.T) {
	t.Run("a device", func(t *testing.T) {
		w := newWorld(t)
		pool := w.tracking(true, false)
		client := w.client(pool, nil)
		w.user(pool, "ann")
		g, _ := w.confirmed(client, "ann")
		forged := *g
		forged.password = "guess"
		untilLocked(t, 10, func() error {
			out, err := w.InitiateAuth(t.Context(), &idp.InitiateAuthInput{
				AuthFlow: "USER_PASSWORD_AUTH", ClientId: client.ClientId,
				AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password, "DEVICE_KEY": g.key},
			})
			if err != nil {
				return err
			}
			_, err = forged.prove(out.Session, "ann")
			return err
		})
	})
	t.Run("a challenge of functions, after the password", func(t *testing.T) {
		w := newWorld(t)
		d := newDoor(w, nil)
		w.user(d.pool, "ann")
		untilLocked(t, 10, func() error {
			side := must(srp.NewClient(rand.Reader))(t)
			out, err := d.knock("ann", "CHALLENGE_NAME", "SRP_A", "SRP_A", side.A())
			if err != nil {
				return err
			}
			p := &proof{out, w, d.client, side}
			next, err := p.send(p.answers(password))
			if err != nil {
				return err
			}
			_, err = d.say(next.Session, "ann", "guess")
			return saysAgain(err)
		})
	})
	t.Run("a challenge of functions, beside a client for passwords", func(t *testing.T) {
		w := newWorld(t)
		d := newDoor(w, nil)
		byPassword := w.client(d.pool, nil)
		w.user(d.pool, "ann", "phone_number", "+15550101234")
		w.mfa(d.pool, "ON", sms)
		w.clock.Advance(time.Second)
		start := time.Duration(0)
		untilLocked(t, 10, func() error {
			if _, err := w.signIn(byPassword, "ann", password); err != nil {
				return err
			}
			out, err := d.knock("ann")
			if err != nil {
				return err
			}
			start++
			_, err = d.say(out.Session, "ann", "guess")
			return saysAgain(err)
		})
		if start < 5 {
			t.Errorf("locked after %d guesses", start)
		}
	})
}

// saysAgain is the error of a guess that functions answer with another question.
func saysAgain(err error) error {
	if err == nil {
		return errors.New("wrong, and asked again")
	}
	return err
}

// prove goes through both steps of a device's proof.
func (g *gadget) prove(session *string, name string) (*idp.RespondToAuthChallengeOutput, error) {
	client, out, err := g.offer(session, name)
	if err != nil {
		return nil, err
	}
	return g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, name, g.claim(client, out)...)
}

// Who learned a temporary password cannot bring a phone or a mailbox of their own
// for the codes of the second factor.
func TestATemporaryPasswordDoesNotMoveTheSecondFactor(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		attributes, given []string
		refused           bool
	}{
		"another phone":           {[]string{"phone_number", "+15550101234"}, []string{"phone_number", "+15550109999"}, true},
		"none any more":           {[]string{"phone_number", "+15550101234"}, []string{"phone_number", ""}, true},
		"a phone beside the mail": {[]string{"email", "ann@example.com"}, []string{"phone_number", "+15550109999"}, true},
		"the same phone":          {[]string{"phone_number", "+15550101234"}, []string{"phone_number", "+15550101234"}, false},
		"a name":                  {[]string{"phone_number", "+15550101234"}, []string{"name", "Ann"}, false},
		"the first phone":         {nil, []string{"phone_number", "+15550101234"}, false}, // there is nothing yet that could be moved
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pool := w.pool(nil)
			client := w.client(pool, nil)
			w.mfa(pool, "ON", sms, email)
			must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{
				UserPoolId: pool.Id, Username: aws.String("ann"), TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS", UserAttributes: pairs(c.attributes),
			}))(t)
			start := w.asked(client, "ann", "NEW_PASSWORD_REQUIRED")
			answers := map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Better-Horse-8", "userAttributes." + c.given[0]: c.given[1]}
			out, err := w.answer(client, start.Session, answers)
			if c.refused {
				if err == nil {
					t.Fatalf("it was taken, and followed by %s", out.ChallengeName)
				}
				delete(answers, "userAttributes."+c.given[0]) // the session is good for a proper answer
				out, err = w.answer(client, start.Session, answers)
			}
			if out = must(out, err)(t); out.AuthenticationResult != nil {
				t.Fatal("tokens without a second factor")
			}
			if sent := w.outbox.last(t); sent.To == "+15550109999" {
				t.Errorf("a code went to %s", sent.To)
			}
		})
	}
}

func TestAnAppThatWasTakenAwayFinishesNoSetUp(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.mfa(pool, "ON", token)
	w.user(pool, "ann")
	handed := must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: w.asked(c, "ann", "MFA_SETUP").Session}))(t)
	proved := must(w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: handed.Session, UserCode: aws.String(w.app(handed.SecretCode).code(0))}))(t)
	must(w.AdminSetUserMFAPreference(ctx, &idp.AdminSetUserMFAPreferenceInput{UserPoolId: pool.Id, Username: aws.String("ann"), SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{}}))(t)
	_, err := w.reply(c, "MFA_SETUP", proved.Session, "ann", "", "")
	refused(t, err, "NotAuthorizedException", invalidSession)
}

// Of two who know a password and set an app up at once, one is in.
func TestOneOfTwoSetsAnAppUp(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		pool := w.pool(nil)
		c := w.client(pool, nil)
		w.mfa(pool, "ON", token)
		w.user(pool, "ann")
		var sessions []*string
		var apps []*app
		for range 4 {
			handed := must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: w.asked(c, "ann", "MFA_SETUP").Session}))(t)
			sessions, apps = append(sessions, handed.Session), append(apps, w.app(handed.SecretCode))
		}
		errs := atOnce(4, func(i int) error {
			_, err := w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: sessions[i], UserCode: aws.String(apps[i].code(0))})
			return err
		})
		if n := wins(errs); n != 1 {
			t.Errorf("%d apps were set up, want 1: %v", n, errs)
		}
	})
}

// What a pool or a user takes out of use as a first factor is none any more, even
// if it was asked for before.
func TestAFirstFactorThatWasTakenOutOfUse(t *testing.T) {
	ctx := context.Background()
	only := func(w *world, pool *types.UserPoolType) {
		must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, Policies: &types.UserPoolPolicyType{
			SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD"}},
		}}))(t)
	}
	t.Run("codes, by the pool", func(t *testing.T) {
		w := newWorld(t)
		pool := w.pool(choosing("EMAIL_OTP"))
		client := w.client(pool, byChoice)
		w.somebody(pool, "ann")
		session, code := w.byCode(client, "ann")
		only(w, pool)
		_, err := w.bring(client, session, "ann", code)
		refused(t, err, "NotAuthorizedException", invalidSession)
	})
	t.Run("codes, by a second factor at the same address", func(t *testing.T) {
		w := newWorld(t)
		pool := w.pool(choosing("EMAIL_OTP"))
		client := w.client(pool, byChoice)
		w.somebody(pool, "ann")
		session, code := w.byCode(client, "ann")
		w.mfa(pool, "OPTIONAL", email)
		if err := w.enable(pool, "ann", email); err != nil {
			t.Fatal(err)
		}
		_, err := w.bring(client, session, "ann", code)
		refused(t, err, "NotAuthorizedException", invalidSession)
	})
	t.Run("passkeys", func(t *testing.T) {
		w := newWorld(t)
		pool := w.keyed(nil)
		client := w.client(pool, byChoice)
		w.user(pool, "ann")
		a := w.withPasskey(w.token(client, "ann"), newAuthenticator(t, origin))
		session, options := w.byPasskey(client, "ann")
		only(w, pool)
		_, err := w.sign(client, session, "ann", a.get(options))
		refused(t, err, "NotAuthorizedException", invalidSession)
	})
}

// The function that decides who may begin a sign-in is asked by whichever way one
// begins, and one that puts a user back is heard at the end.
func TestNoWayInGoesRoundTheFunctions(t *testing.T) {
	ctx := context.Background()
	t.Run("before", func(t *testing.T) {
		w := newWorld(t)
		closed := true
		pool := w.pool(func(in *idp.CreateUserPoolInput) {
			choosing("EMAIL_OTP")(in)
			in.LambdaConfig = &types.LambdaConfigType{PreAuthentication: aws.String(w.functions.plays("pre", func(e event) (any, error) {
				if closed {
					return nil, thrown("not today")
				}
				return e, nil
			}))}
		})
		client := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"}
		})
		w.somebody(pool, "ann")
		made := must(w.join(client, "bob", "email", "bob@example.com"))(t)
		confirmed := must(w.confirmIn(client, "bob", w.outbox.last(t).Code, made.Session))(t)
		for name, begin := range map[string]func() error{
			"password":         func() error { _, err := w.signIn(client, "ann", password); return err },
			"proof":            func() error { _, err := w.startSRP(client, "ann"); return err },
			"choice":           func() error { _, err := w.choose(client, "ann"); return err },
			"password, chosen": func() error { _, err := w.prefer(client, "ann", "PASSWORD", "PASSWORD", password); return err },
			"code":             func() error { _, err := w.prefer(client, "ann", "EMAIL_OTP"); return err },
			"sign-up":          func() error { _, err := w.goOn(client, "bob", confirmed.Session); return err },
			"administrator": func() error {
				_, err := w.AdminInitiateAuth(ctx, &idp.AdminInitiateAuthInput{
					UserPoolId: pool.Id, ClientId: client.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
				})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				refused(t, begin(), "UserLambdaValidationException", "PreAuthentication failed with error not today.")
			})
		}
		closed = false
		signedIn(t, must(w.goOn(client, "bob", confirmed.Session))(t).AuthenticationResult) // its session was not used up
	})
	t.Run("after", func(t *testing.T) {
		w := newWorld(t)
		var pool *types.UserPoolType
		pool = w.pool(func(in *idp.CreateUserPoolInput) {
			in.LambdaConfig = &types.LambdaConfigType{PostAuthentication: aws.String(w.functions.plays("post", func(e event) (any, error) {
				_, err := w.AdminResetUserPassword(ctx, &idp.AdminResetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann")})
				return e, err
			}))}
		})
		client := w.client(pool, nil)
		w.somebody(pool, "ann")
		out, err := w.signIn(client, "ann", password)
		if err == nil {
			t.Fatalf("tokens: %v", out.AuthenticationResult != nil)
		}
		refused(t, err, "NotAuthorizedException", "")
	})
}

// What people type reaches the database as it is, and no byte of it breaks a query.
func TestAnyBytesAreAnAnswer(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		pool := w.keyed(nil)
		client := w.client(pool, byChoice)
		w.somebody(pool, "ann")
		access := w.token(client, "ann")
		w.withPasskey(access, newAuthenticator(t, origin))
		for name, text := range map[string]string{"zero": "a\x00b", "not text": "\xff\xfe", "long": strings.Repeat("x", 100_000), "surrogates": "\xed\xa0\x80", "quote": "'; --"} {
			t.Run(name, func(t *testing.T) {
				for what, try := range map[string]func() error{
					"name":       func() error { _, err := w.signIn(client, text, password); return err },
					"password":   func() error { _, err := w.signIn(client, "ann", text); return err },
					"choice":     func() error { _, err := w.choose(client, text); return err },
					"preference": func() error { _, err := w.prefer(client, "ann", text); return err },
					"session":    func() error { _, err := w.answerTo(client, "PASSWORD", &text, "ann", "PASSWORD", password); return err },
					"passkey": func() error {
						_, err := w.DeleteWebAuthnCredential(ctx, &idp.DeleteWebAuthnCredentialInput{AccessToken: access, CredentialId: &text})
						return err
					},
					"refresh": func() error { _, err := w.refresh(client, text); return err },
					"code": func() error {
						session, _ := w.byPasskey(client, "ann")
						_, err := w.sign(client, session, "ann", text)
						return err
					},
					"app session": func() error { return associated(w, &text) },
					"app name": func() error {
						_, err := w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{AccessToken: access, UserCode: &text, FriendlyDeviceName: &text})
						return err
					},
				} {
					err := try()
					var said smithy.APIError
					if err == nil && what != "preference" || err != nil && (!errors.As(err, &said) || !strings.HasSuffix(said.ErrorCode(), "Exception")) {
						t.Errorf("%s: %v", what, err)
					}
				}
			})
			w.clock.Advance(16 * time.Minute)
			access = w.token(client, "ann")
		}
	})
}
