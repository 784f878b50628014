package userpool_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

// open is a challenge that waits, how one comes to it, and its right answer.
type open struct {
	challenge types.ChallengeNameType
	mode      types.UserPoolMfaType
	reach     func(p *person) passage
	answer    func(p *person, s passage) []string
	leads     string
}

func chosen(challenge string) func(p *person) passage {
	return func(p *person) passage { return p.begin("USER_AUTH", nil, "PREFERRED_CHALLENGE", challenge) }
}

func byPassword(p *person) passage {
	return p.begin("USER_PASSWORD_AUTH", nil, "PASSWORD", password)
}

// opens are the challenges that have a session.
var opens = []open{
	{"SMS_MFA", "OPTIONAL", func(p *person) passage { p.enableTexts(); return byPassword(p) }, func(p *person, _ passage) []string {
		return []string{"SMS_MFA_CODE", p.sent("mfa")}
	}, "tokens"},
	{"SOFTWARE_TOKEN_MFA", "ON", func(p *person) passage { p.setUp(); return byPassword(p) }, func(p *person, _ passage) []string {
		return []string{"SOFTWARE_TOKEN_MFA_CODE", p.app.code(1)}
	}, "tokens"},
	{"MFA_SETUP", "ON", (*person).setUp, func(*person, passage) []string { return nil }, "tokens"},
	{"NEW_PASSWORD_REQUIRED", "OFF", func(p *person) passage {
		must(p.m.AdminSetUserPassword(context.Background(), &idp.AdminSetUserPasswordInput{UserPoolId: p.m.pool.Id, Username: &p.name, Password: aws.String(password)}))(p.m.t)
		return byPassword(p)
	}, func(*person, passage) []string { return []string{"NEW_PASSWORD", "Better-Horse-8"} }, "tokens"},
	{"DEVICE_SRP_AUTH", "OPTIONAL", func(p *person) passage { p.rememberDevice(); p.enableTexts(); return byPassword(p) }, func(p *person, _ passage) []string {
		return []string{"SRP_A", must(srp.NewClient(rand.Reader))(p.m.t).A()}
	}, "DEVICE_PASSWORD_VERIFIER"},
	{"DEVICE_PASSWORD_VERIFIER", "OPTIONAL", func(p *person) passage {
		p.rememberDevice()
		p.enableTexts()
		p.side = must(srp.NewClient(rand.Reader))(p.m.t)
		return p.respond("DEVICE_SRP_AUTH", byPassword(p).session, "SRP_A", p.side.A())
	}, func(p *person, s passage) []string {
		return p.gadget.claim(p.side, &idp.RespondToAuthChallengeOutput{ChallengeParameters: s.given})
	}, "tokens"},
	{"SELECT_CHALLENGE", "OFF", chosen(""), func(*person, passage) []string { return []string{"ANSWER", "PASSWORD", "PASSWORD", password} }, "tokens"},
	{"PASSWORD", "OFF", chosen("PASSWORD"), func(*person, passage) []string { return []string{"PASSWORD", password} }, "tokens"},
	{"PASSWORD_SRP", "OFF", chosen("PASSWORD_SRP"), func(p *person, _ passage) []string {
		return []string{"SRP_A", must(srp.NewClient(rand.Reader))(p.m.t).A()}
	}, "PASSWORD_VERIFIER"},
	{"EMAIL_OTP", "OFF", chosen("EMAIL_OTP"), func(p *person, _ passage) []string { return []string{"EMAIL_OTP_CODE", p.sent("sign-in")} }, "tokens"},
	{"WEB_AUTHN", "OFF", func(p *person) passage {
		p.key = p.m.withPasskey(p.m.token(p.m.client, p.name), newAuthenticator(p.m.t, origin))
		return chosen("WEB_AUTHN")(p)
	}, func(p *person, s passage) []string {
		return []string{"CREDENTIAL", p.key.get(s.given["CREDENTIAL_REQUEST_OPTIONS"])}
	}, "tokens"},
	{"CUSTOM_CHALLENGE", "OFF", func(p *person) passage { return p.begin("CUSTOM_AUTH", nil) }, func(*person, passage) []string {
		return []string{"ANSWER", rightAnswer}
	}, "tokens"},
}

// setUp proves an app in a session of MFA_SETUP, and returns the one that answers it.
func (p *person) setUp() passage {
	ctx := context.Background()
	begun := byPassword(p)
	handed := must(p.m.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: begun.session}))(p.m.t)
	p.app = p.m.app(handed.SecretCode)
	proved := must(p.m.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: handed.Session, UserCode: aws.String(p.app.code(0))}))(p.m.t)
	return passage{challenge: begun.challenge, session: proved.Session}
}

// A session is good for its step, its user, its client and its pool, in its time,
// once, and while the account stays what it was.
func TestEverySession(t *testing.T) { onEveryEngine(t, everySession) }

func everySession(t *testing.T, w *world) {
	mazes := map[types.UserPoolMfaType]*maze{}
	for _, mode := range []types.UserPoolMfaType{"OFF", "OPTIONAL", "ON"} {
		mazes[mode] = newMaze(w, mode)
	}
	elsewhere := newMaze(w, "OFF")
	for _, o := range opens {
		t.Run(string(o.challenge), func(t *testing.T) {
			m := mazes[o.mode]
			other := w.client(m.pool, everyFlow)
			reach := func(t *testing.T) (*person, passage, []string) {
				t.Helper()
				p := m.person(false)
				s := o.reach(p)
				if s.challenge != o.challenge || s.session == nil {
					t.Fatalf("reached %s", s)
				}
				return p, s, o.answer(p, s)
			}
			t.Run("misused", func(t *testing.T) {
				p, s, right := reach(t)
				through := func(c *types.UserPoolClientType) passage {
					q, maze := *p, *m
					maze.client, q.m = c, &maze
					return q.respond(o.challenge, s.session, right...)
				}
				neighbour := *m.person(false)
				neighbour.carried = p.carried
				for name, got := range map[string]passage{
					"another client":   through(other),
					"another pool":     through(elsewhere.client),
					"another user":     neighbour.respond(o.challenge, s.session, right...),
					"nobody":           (&person{m: m, name: "nobody", carried: p.carried}).respond(o.challenge, s.session, right...),
					"a sign-up's":      p.begin("USER_AUTH", s.session),
					"a longer session": p.respond(o.challenge, aws.String(*s.session+"A"), right...),
				} {
					if got.String() != badSession {
						t.Errorf("%s: %s", name, got)
					}
				}
				everything := append([]string{"ANSWER", "PASSWORD", "PASSWORD", password, "NEW_PASSWORD", "Better-Horse-9"}, right...)
				for _, step := range append(types.ChallengeNameType("").Values(), "sign-up", "sign-up confirmed", "") {
					if step == o.challenge {
						continue
					}
					if got := p.respond(step, s.session, everything...); got.err == nil {
						t.Errorf("as %s it led to %s", step, got)
					}
				}
				// All of that used nothing up, but the answer itself does.
				if got := p.respond(o.challenge, s.session, right...); got.String() != o.leads {
					t.Errorf("the right answer led to %s, want %s", got, o.leads)
				}
				if got := p.respond(o.challenge, s.session, right...); got.String() != badSession {
					t.Errorf("once more: %s", got)
				}
			})
			t.Run("raced", func(t *testing.T) {
				p, s, right := reach(t)
				errs := atOnce(3, func(int) error { return p.respond(o.challenge, s.session, right...).err })
				if n := wins(errs); n != 1 {
					t.Errorf("%d of 3 won: %v", n, errs)
				}
			})
			for _, standing := range standings {
				t.Run(standing.name, func(t *testing.T) {
					p, s, right := reach(t)
					standing.set(p)
					switch got := p.respond(o.challenge, s.session, right...); {
					case standing.name == "confirmed" && got.String() != o.leads:
						t.Errorf("got %s, want %s", got, o.leads)
					case standing.epochs && got.String() != badSession:
						t.Errorf("got %s, want %s", got, badSession)
					case standing.name != "confirmed" && got.result != nil: // steps that are left say it in their words
						t.Error("tokens for an account that is not in order")
					}
				})
			}
			t.Run("late", func(t *testing.T) {
				p, s, right := reach(t)
				w.clock.Advance(3*time.Minute + time.Second)
				if got := p.respond(o.challenge, s.session, right...); got.String() != "NotAuthorized: Invalid session for the user, session is expired." {
					t.Errorf("got %s", got)
				}
			})
		})
	}
}
