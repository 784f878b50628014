package userpool_test

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/totp"
)

// tangle is a maze in which somebody tries steps at random: with every session and
// parameter that they were given, and with the proofs of one user, their own.
type tangle struct {
	*maze
	t        *testing.T
	script   []byte
	sessions []tried
	told     map[string]string
	own      *person
	seed     []byte
	names    []string
}

// tried is a session, and whether something that proves a first factor was shown
// on the way to it.
type tried struct {
	text  *string
	first bool
}

func (g *tangle) draw(n int) int {
	if len(g.script) == 0 {
		return 0
	}
	b := g.script[0]
	g.script = g.script[1:]
	return int(b) % n
}

func pick[T any](g *tangle, from []T) T { return from[g.draw(len(from))] }

// FuzzStepsOfASignIn plays steps of sign-ins in any order, with anybody's names
// and any session, and holds that tokens are only ever the own user's, and come
// only after a first and a second factor were shown.
func FuzzStepsOfASignIn(f *testing.F) {
	in := byte(slices.Index(types.ChallengeNameType("").Values(), token))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, in}) // password, code: tokens
	f.Add([]byte("a sign-in goes one step after the other, and back"))
	f.Add([]byte{1, 0, 2, 3, 2, 1, 5, 3, 0, 9, 8, 4, 4, 7, 7, 1, 1, 2, 6, 200, 100, 50, 25, 12, 6, 3, 1})
	w := newWorld(f)
	m := newMaze(w, "OPTIONAL")
	w.mfa(m.pool, "OPTIONAL", token, sms)
	hidden := w.client(m.pool, func(in *idp.CreateUserPoolClientInput) { everyFlow(in); hiding(in) })
	own, victim := m.person(false), m.person(false)
	app := w.enrol(m.token(m.client, own.name), "")
	victim.enableTexts()
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 400 {
			return
		}
		w.clock.Advance(20 * time.Minute) // nothing of before is locked, and no code was used
		here, maze := *w, *m
		here.t, maze.world = t, &here
		if len(script)%2 == 1 {
			maze.client = hidden
		}
		person := *own
		person.m = &maze
		g := &tangle{maze: &maze, t: t, script: script, own: &person, seed: app.seed, told: map[string]string{}}
		g.names = []string{own.name, victim.name, "nobody", strings.ToUpper(own.name), own.name + "\x00", "\xff", ""}
		g.sessions = []tried{{}, {text: aws.String("")}, {text: aws.String(strings.Repeat("s", 3000))}, {text: aws.String("not a session at all")}}
		for len(g.script) > 0 {
			g.play()
		}
	})
}

var flows = []types.AuthFlowType{"USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "ADMIN_USER_PASSWORD_AUTH"}

// play is one call.
func (g *tangle) play() {
	side := must(srp.NewClient(rand.Reader))(g.t)
	name := pick(g, g.names)
	code := totp.Code(g.seed, totp.Step(g.clock.Now()))
	knowsAll := map[string]string{
		"PASSWORD": password, "NEW_PASSWORD": "Better-Horse-8", "SOFTWARE_TOKEN_MFA_CODE": code, "ANSWER": pick(g, []string{"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", token, sms, rightAnswer, "wrong"}),
		"SRP_A": side.A(), "PREFERRED_CHALLENGE": pick(g, []string{"", "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "WEB_AUTHN"}), "CHALLENGE_NAME": "SRP_A",
		"SMS_MFA_CODE": "123456", "EMAIL_OTP_CODE": "12345678", "REFRESH_TOKEN": "a.b.c.d.e", "DEVICE_KEY": "eu-west-1_00000000-0000-4000-8000-000000000000",
		"PASSWORD_CLAIM_SIGNATURE": "AAAA", "PASSWORD_CLAIM_SECRET_BLOCK": g.told["SECRET_BLOCK"], "TIMESTAMP": srp.FormatTime(time.Now()), "CREDENTIAL": "{}",
	}
	maps.DeleteFunc(knowsAll, func(_, value string) bool { return value == "" })
	given, omit := map[string]string{"USERNAME": name}, g.draw(256)
	for i, key := range slices.Sorted(maps.Keys(knowsAll)) {
		if omit>>(i%8)&1 == 0 {
			given[key] = knowsAll[key]
		}
	}
	if name != g.own.name && g.draw(2) == 0 {
		given["PASSWORD"] = pick(g, []string{"wrong", "\x00", "\xff\xfe", strings.Repeat("p", 5000)})
	}
	metadata := map[string]string{"x": strings.Repeat("m", g.draw(256)*100)}
	session := pick(g, g.sessions)
	if g.draw(8) == 7 {
		g.clock.Advance(31 * time.Second) // for another code
	}
	var out passage
	switch g.draw(3) {
	case 0:
		done, err := g.InitiateAuth(g.t.Context(), &idp.InitiateAuthInput{AuthFlow: pick(g, flows), ClientId: g.client.ClientId, Session: session.text, AuthParameters: given, ClientMetadata: metadata})
		if err == nil {
			out = passage{done.ChallengeName, done.Session, done.ChallengeParameters, done.AuthenticationResult, nil}
		} else {
			out.err = err
		}
	default:
		step := pick(g, types.ChallengeNameType("").Values())
		done, err := g.RespondToAuthChallenge(g.t.Context(), &idp.RespondToAuthChallengeInput{ChallengeName: step, ClientId: g.client.ClientId, Session: session.text, ChallengeResponses: given, ClientMetadata: metadata})
		if err == nil {
			out = passage{done.ChallengeName, done.Session, done.ChallengeParameters, done.AuthenticationResult, nil}
		} else {
			out.err = err
		}
	}
	g.hold(out, given, session)
}

// hold checks what came.
func (g *tangle) hold(out passage, given map[string]string, session tried) {
	g.t.Helper()
	if text := out.String(); strings.HasPrefix(text, "InternalFailure") || out.err != nil && !strings.Contains(text, ": ") {
		g.t.Fatalf("%v: %s", given, text)
	}
	maps.Copy(g.told, out.given)
	if out.session != nil {
		first := session.first || given["PASSWORD"] == password || given["ANSWER"] == rightAnswer
		g.sessions = append(g.sessions, tried{out.session, first})
	}
	if out.result == nil {
		return
	}
	_, claims := g.claims(*g.pool.Id, *out.result.IdToken)
	if claims["cognito:username"] != g.own.name {
		g.t.Fatalf("tokens of %v", claims["cognito:username"])
	}
	if given["SOFTWARE_TOKEN_MFA_CODE"] == "" || !session.first {
		g.t.Fatalf("tokens without both factors, for %v", given)
	}
}
