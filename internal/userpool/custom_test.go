package userpool_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

// door is a pool whose functions lead its sign-ins: one code, three tries.
type door struct {
	*world
	pool   *types.UserPoolType
	client *types.UserPoolClientType

	define, create, verify part
}

const rightAnswer = "sesame"

func newDoor(w *world, change func(*idp.CreateUserPoolClientInput)) *door {
	d := &door{world: w}
	d.define = func(e event) (any, error) {
		session := e.request()["session"].([]any)
		if n := len(session); n > 0 {
			switch last := session[n-1].(map[string]any); {
			case last["challengeName"] == "SRP_A":
				return e.respond(map[string]any{"challengeName": "PASSWORD_VERIFIER", "issueTokens": false, "failAuthentication": false}), nil
			case last["challengeName"] == "CUSTOM_CHALLENGE" && last["challengeResult"] == true:
				return e.respond(map[string]any{"issueTokens": true}), nil
			case n >= 4:
				return e.respond(map[string]any{"failAuthentication": true}), nil
			}
		}
		return e.respond(map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": false}), nil
	}
	d.create = func(e event) (any, error) {
		return e.respond(map[string]any{
			"publicChallengeParameters": map[string]any{"hint": "open", "USERNAME": "mallory"}, "privateChallengeParameters": map[string]any{"answer": rightAnswer},
			"challengeMetadata": "CODE-" + rightAnswer,
		}), nil
	}
	d.verify = func(e event) (any, error) {
		private := e.request()["privateChallengeParameters"].(map[string]any)
		return e.respond(map[string]any{"answerCorrect": e.request()["challengeAnswer"] == private["answer"] && e.request()["userNotFound"] == false}), nil
	}
	d.pool = w.pool(func(in *idp.CreateUserPoolInput) {
		in.LambdaConfig = &types.LambdaConfigType{
			DefineAuthChallenge:         aws.String(w.functions.plays("define", func(e event) (any, error) { return d.define(e) })),
			CreateAuthChallenge:         aws.String(w.functions.plays("create", func(e event) (any, error) { return d.create(e) })),
			VerifyAuthChallengeResponse: aws.String(w.functions.plays("verify", func(e event) (any, error) { return d.verify(e) })),
		}
	})
	d.client = w.client(d.pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"}
		in.PreventUserExistenceErrors = "ENABLED"
		if change != nil {
			change(in)
		}
	})
	return d
}

// knock begins a sign-in and returns what the client hears.
func (d *door) knock(name string, more ...string) (*idp.InitiateAuthOutput, error) {
	in := &idp.InitiateAuthInput{AuthFlow: "CUSTOM_AUTH", ClientId: d.client.ClientId, AuthParameters: map[string]string{"USERNAME": name}, ClientMetadata: map[string]string{"at": "begin"}}
	for i := 0; i < len(more); i += 2 {
		in.AuthParameters[more[i]] = more[i+1]
	}
	return d.InitiateAuth(context.Background(), in)
}

func (d *door) say(session *string, name, answer string) (*idp.RespondToAuthChallengeOutput, error) {
	return d.RespondToAuthChallenge(context.Background(), &idp.RespondToAuthChallengeInput{
		ClientId: d.client.ClientId, ChallengeName: "CUSTOM_CHALLENGE", Session: session, ClientMetadata: map[string]string{"at": "answer"},
		ChallengeResponses: map[string]string{"USERNAME": name, "ANSWER": answer},
	})
}

func TestFunctionsLeadASignIn(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		d := newDoor(w, nil)
		w.user(d.pool, "ann", "email", "ann@example.com")
		first := must(d.knock("ann"))(t)
		if first.ChallengeName != "CUSTOM_CHALLENGE" || !reflect.DeepEqual(first.ChallengeParameters, map[string]string{"hint": "open", "USERNAME": "ann"}) {
			t.Fatalf("the client hears %s %v", first.ChallengeName, first.ChallengeParameters)
		}
		wrong := must(d.say(first.Session, "ann", "simsim"))(t)
		if wrong.ChallengeName != "CUSTOM_CHALLENGE" || *wrong.Session == *first.Session {
			t.Fatalf("after a wrong answer: %s", wrong.ChallengeName)
		}
		right := must(d.say(wrong.Session, "ann", rightAnswer))(t)
		if right.AuthenticationResult == nil || right.AuthenticationResult.RefreshToken == nil {
			t.Fatalf("after the right answer: %+v", right)
		}
		_, claims := w.claims(*d.pool.Id, *right.AuthenticationResult.IdToken)
		if claims["cognito:username"] != "ann" {
			t.Errorf("tokens of %v", claims["cognito:username"])
		}

		defined := w.functions.told("DefineAuthChallenge_Authentication")
		asked := func(name string, right bool) any {
			return map[string]any{"challengeName": name, "challengeResult": right, "challengeMetadata": "CODE-" + rightAnswer}
		}
		for i, want := range [][]any{{}, {asked("CUSTOM_CHALLENGE", false)}, {asked("CUSTOM_CHALLENGE", false), asked("CUSTOM_CHALLENGE", true)}} {
			if got := defined[i].request()["session"]; !reflect.DeepEqual(got, want) {
				t.Errorf("define %d saw %v, want %v", i, got, want)
			}
		}
		if at, ok := defined[0].request()["clientMetadata"]; ok {
			t.Errorf("the first event has metadata: %v", at)
		}
		if at := defined[1].request()["clientMetadata"]; !reflect.DeepEqual(at, map[string]any{"at": "answer"}) {
			t.Errorf("metadata %v", at)
		}
		verified := w.functions.told("VerifyAuthChallengeResponse_Authentication")[0]
		if r := verified.request(); r["challengeAnswer"] != "simsim" || r["userNotFound"] != false || verified.attributes()["email"] != "ann@example.com" || verified["userName"] != "ann" {
			t.Errorf("verify saw %v", verified)
		}
		created := w.functions.told("CreateAuthChallenge_Authentication")[1]
		if r := created.request(); r["challengeName"] != "CUSTOM_CHALLENGE" || len(r["session"].([]any)) != 1 {
			t.Errorf("create saw %v", r)
		}
	})
}

func TestFunctionsMayWantThePasswordFirst(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	begin := func() *proof {
		side := must(srp.NewClient(rand.Reader))(t)
		out := must(d.knock("ann", "CHALLENGE_NAME", "SRP_A", "SRP_A", side.A()))(t)
		if out.ChallengeName != "PASSWORD_VERIFIER" {
			t.Fatalf("asked for %s", out.ChallengeName)
		}
		return &proof{out, w, d.client, side}
	}
	p := begin()
	_, err := p.send(p.answers("Wrong-Horse-7"))
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	p = begin()
	out := must(p.send(p.answers(password)))(t)
	if out.ChallengeName != "CUSTOM_CHALLENGE" || out.AuthenticationResult != nil {
		t.Fatalf("after the password: %s", out.ChallengeName)
	}
	defined := w.functions.told("DefineAuthChallenge_Authentication")
	want := []any{
		map[string]any{"challengeName": "SRP_A", "challengeResult": true, "challengeMetadata": nil},
		map[string]any{"challengeName": "PASSWORD_VERIFIER", "challengeResult": true, "challengeMetadata": nil},
	}
	if got := defined[len(defined)-1].request()["session"]; !reflect.DeepEqual(got, want) {
		t.Errorf("define saw %v", got)
	}
	if done := must(d.say(out.Session, "ann", rightAnswer))(t); done.AuthenticationResult == nil {
		t.Errorf("after all of it: %s", done.ChallengeName)
	}
	_, err = p.send(p.answers(password))
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = d.knock("ann", "CHALLENGE_NAME", "SRP_A", "SRP_A", "00")
	refused(t, err, "InvalidParameterException", "")
	_, err = d.knock("ann", "CHALLENGE_NAME", "PASSWORD_VERIFIER")
	refused(t, err, "InvalidParameterException", "")
}

func TestAnswersOfDefineThatLeadNowhere(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	for what, c := range map[string]struct {
		says       map[string]any
		code, text string
	}{
		"nothing":                   {map[string]any{}, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
		"no to all":                 {map[string]any{"issueTokens": false, "failAuthentication": false}, "InvalidLambdaResponseException", ""},
		"a challenge of its own":    {map[string]any{"challengeName": "RIDDLE"}, "InvalidLambdaResponseException", ""},
		"another built-in one":      {map[string]any{"challengeName": "SMS_MFA"}, "InvalidLambdaResponseException", ""},
		"SRP_A, which is no answer": {map[string]any{"challengeName": "SRP_A"}, "InvalidLambdaResponseException", ""},
		"a password without SRP_A":  {map[string]any{"challengeName": "PASSWORD_VERIFIER"}, "InvalidLambdaResponseException", ""},
		"a text for a boolean":      {map[string]any{"issueTokens": "true"}, "InvalidLambdaResponseException", ""},
		"failure":                   {map[string]any{"failAuthentication": true}, "NotAuthorizedException", "Incorrect username or password."},
		"failure and tokens":        {map[string]any{"failAuthentication": true, "issueTokens": true, "challengeName": "CUSTOM_CHALLENGE"}, "NotAuthorizedException", ""},
	} {
		t.Run(what, func(t *testing.T) {
			d.define = func(e event) (any, error) { return e.respond(c.says), nil }
			_, err := d.knock("ann")
			refused(t, err, c.code, c.text)
		})
	}
	d.define = func(event) (any, error) { return nil, thrown("not today") }
	_, err := d.knock("ann")
	refused(t, err, "UserLambdaValidationException", "DefineAuthChallenge failed with error not today.")
	d.define = func(e event) (any, error) { return e.respond(map[string]any{"issueTokens": true}), nil }
	if out := must(d.knock("ann"))(t); out.AuthenticationResult == nil {
		t.Error("define may issue tokens at once, which is its own business")
	}
}

func TestChallengesThatCannotBeKept(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	for what, says := range map[string]map[string]any{
		"too long":               {"privateChallengeParameters": map[string]any{"x": strings.Repeat("x", 1<<16)}},
		"a public part too long": {"publicChallengeParameters": map[string]any{"x": strings.Repeat("x", 1<<16)}},
		"no texts":               {"publicChallengeParameters": map[string]any{"x": 1}},
	} {
		d.create = func(e event) (any, error) { return e.respond(says), nil }
		_, err := d.knock("ann")
		if err == nil {
			t.Errorf("%s: it is taken", what)
			continue
		}
		refused(t, err, "InvalidLambdaResponseException", "")
	}
	d.define = func(e event) (any, error) {
		return e.respond(map[string]any{"challengeName": "CUSTOM_CHALLENGE"}), nil
	}
	d.create = func(e event) (any, error) { return e.respond(map[string]any{}), nil }
	d.verify = func(e event) (any, error) { return e.respond(map[string]any{"answerCorrect": true}), nil }
	session := must(d.knock("ann"))(t).Session
	for n := 0; ; n++ {
		out, err := d.say(session, "ann", "x")
		if err != nil {
			refused(t, err, "NotAuthorizedException", "")
			if n < 10 {
				t.Errorf("it ends after %d rounds", n)
			}
			break
		}
		if session = out.Session; n > 100 {
			t.Fatal("it never ends")
		}
	}
}

func TestACustomSessionIsGoodForOneAnswer(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	w.user(d.pool, "bob")
	other := w.client(d.pool, func(in *idp.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil })
	out := must(d.knock("ann"))(t)
	stranger := *d
	stranger.client = other
	const invalid = "Invalid session for the user."
	for what, try := range map[string]func() error{
		"another user":   func() error { _, err := d.say(out.Session, "bob", rightAnswer); return err },
		"another client": func() error { _, err := stranger.say(out.Session, "ann", rightAnswer); return err },
		"no session":     func() error { _, err := d.say(nil, "ann", rightAnswer); return err },
		"a made-up one": func() error {
			_, err := d.say(aws.String(strings.Repeat("x", 200)), "ann", rightAnswer)
			return err
		},
		"another step": func() error {
			_, err := d.RespondToAuthChallenge(context.Background(), &idp.RespondToAuthChallengeInput{ClientId: d.client.ClientId, ChallengeName: "NEW_PASSWORD_REQUIRED", Session: out.Session,
				ChallengeResponses: map[string]string{"USERNAME": "ann", "NEW_PASSWORD": password}})
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: it is taken", what)
		} else {
			refused(t, err, "NotAuthorizedException", invalid)
		}
	}
	_, err := d.say(out.Session, "ann", "")
	refused(t, err, "InvalidParameterException", "Missing required parameter ANSWER")
	var wg sync.WaitGroup
	var tokens, refusals sync.Map
	for i := range 8 {
		wg.Go(func() {
			if out, err := d.say(out.Session, "ann", rightAnswer); err == nil && out.AuthenticationResult != nil {
				tokens.Store(i, true)
			} else {
				refusals.Store(i, err)
			}
		})
	}
	wg.Wait()
	if n := len(maps.Collect(tokens.Range)); n != 1 {
		t.Errorf("%d sign-ins by one session", n)
	}
	late := must(d.knock("ann"))(t)
	w.clock.Advance(4 * time.Minute)
	_, err = d.say(late.Session, "ann", rightAnswer)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
	ended := must(d.knock("ann"))(t)
	must(w.AdminDisableUser(context.Background(), &idp.AdminDisableUserInput{UserPoolId: d.pool.Id, Username: aws.String("ann")}))(t)
	_, err = d.say(ended.Session, "ann", rightAnswer)
	refused(t, err, "NotAuthorizedException", invalid)
}

// Who does not exist, or is disabled, meets the same as anybody else, and is never let in.
func TestNobodyIsLedLikeAnybody(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	w.user(d.pool, "off")
	must(w.AdminDisableUser(context.Background(), &idp.AdminDisableUserInput{UserPoolId: d.pool.Id, Username: aws.String("off")}))(t)
	shape := func(name string) string {
		first := must(d.knock(name))(t)
		second := must(d.say(first.Session, first.ChallengeParameters["USERNAME"], "no"))(t)
		return fmt.Sprint(first.ChallengeName, len(*first.Session), first.ChallengeParameters["hint"], first.ChallengeParameters["USERNAME"] == name,
			second.ChallengeName, len(*second.Session), len(second.ChallengeParameters))
	}
	want := shape("ann")
	for _, name := range []string{"nobody", "off"} {
		if got := shape(name); got != want {
			t.Errorf("%s: %s, ann: %s", name, got, want)
		}
		events := w.functions.told("VerifyAuthChallengeResponse_Authentication")
		if last := events[len(events)-1]; last.request()["userNotFound"] != true || len(last.attributes()) != 0 || last["userName"] != name {
			t.Errorf("of %s verify was told %v", name, last)
		}
	}
	d.define = func(e event) (any, error) { return e.respond(map[string]any{"issueTokens": true}), nil }
	for _, name := range []string{"nobody", "off"} {
		_, err := d.knock(name)
		refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	}
	plain := newDoor(w, func(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "LEGACY" })
	before := len(w.functions.told("DefineAuthChallenge_Authentication"))
	_, err := plain.knock("nobody")
	refused(t, err, "UserNotFoundException", "User does not exist.")
	if after := len(w.functions.told("DefineAuthChallenge_Authentication")); after != before {
		t.Error("functions were asked about nobody")
	}
}

// However often the functions ask, wrong answers are no more than wrong passwords.
func TestGuessesAtACustomChallengeAreCounted(t *testing.T) {
	for what, name := range map[string]string{"a user": "ann", "nobody": "nobody"} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			d := newDoor(w, nil)
			w.user(d.pool, "ann")
			d.define = func(e event) (any, error) { // forgets to count
				session := e.request()["session"].([]any)
				done := len(session) > 0 && session[len(session)-1].(map[string]any)["challengeResult"] == true
				return e.respond(map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": done}), nil
			}
			guesses := 0
			for ; guesses < 30; guesses++ {
				first, err := d.knock(name)
				if err == nil {
					_, err = d.say(first.Session, name, "no")
				}
				if err != nil {
					refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
					break
				}
			}
			if guesses < 5 || guesses > 7 {
				t.Errorf("%d guesses at once", guesses)
			}
			w.clock.Advance(16 * time.Minute)
			first := must(d.knock(name))(t)
			if _, err := d.say(first.Session, name, rightAnswer); name == "ann" && err != nil {
				t.Error(err)
			}
		})
	}
}

// A challenge that anybody can answer gives no guesses at the next one back, and
// a function that throws at wrong answers has said no as well.
func TestAnEasyChallengeGivesNoGuessesBack(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	d.define = func(e event) (any, error) {
		session := e.request()["session"].([]any)
		return e.respond(map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": len(session) == 2}), nil
	}
	d.verify = func(e event) (any, error) {
		if e.request()["challengeAnswer"] == "easy" {
			return e.respond(map[string]any{"answerCorrect": true}), nil
		}
		return nil, thrown("wrong")
	}
	for n := 0; ; n++ {
		first, err := d.knock("ann")
		if err == nil {
			var second *idp.RespondToAuthChallengeOutput
			if second, err = d.say(first.Session, "ann", "easy"); err == nil {
				_, err = d.say(second.Session, "ann", fmt.Sprint(n))
			}
		}
		if err == nil || strings.Contains(err.Error(), "VerifyAuthChallengeResponse failed with error wrong.") {
			if n > 10 {
				t.Fatal("guesses without end")
			}
			continue
		}
		refused(t, err, "NotAuthorizedException", "Password attempts exceeded")
		return
	}
}

func TestWhereAnAccountStandsCountsAfterTheFunctions(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	must(w.AdminCreateUser(context.Background(), &idp.AdminCreateUserInput{UserPoolId: d.pool.Id, Username: aws.String("new"), MessageAction: "SUPPRESS", TemporaryPassword: aws.String(password)}))(t)
	out := must(d.say(must(d.knock("new"))(t).Session, "new", rightAnswer))(t)
	if out.ChallengeName != "NEW_PASSWORD_REQUIRED" {
		t.Errorf("a temporary password: %s", out.ChallengeName)
	}
	must(w.SignUp(context.Background(), &idp.SignUpInput{ClientId: d.client.ClientId, Username: aws.String("fresh"), Password: aws.String(password)}))(t)
	_, err := d.say(must(d.knock("fresh"))(t).Session, "fresh", rightAnswer)
	refused(t, err, "UserNotConfirmedException", "User is not confirmed.")
}

func TestAnAdministratorsCustomSignIn(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	out := must(w.AdminInitiateAuth(context.Background(), &idp.AdminInitiateAuthInput{UserPoolId: d.pool.Id, ClientId: d.client.ClientId, AuthFlow: "CUSTOM_AUTH", AuthParameters: map[string]string{"USERNAME": "ann"}}))(t)
	done := must(w.AdminRespondToAuthChallenge(context.Background(), &idp.AdminRespondToAuthChallengeInput{UserPoolId: d.pool.Id, ClientId: d.client.ClientId, ChallengeName: out.ChallengeName, Session: out.Session,
		ChallengeResponses: map[string]string{"USERNAME": "ann", "ANSWER": rightAnswer}}))(t)
	if done.AuthenticationResult == nil {
		t.Errorf("got %s", done.ChallengeName)
	}
	bare := w.pool(nil)
	_, err := w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{AuthFlow: "CUSTOM_AUTH", AuthParameters: map[string]string{"USERNAME": "ann"},
		ClientId: w.client(bare, func(in *idp.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil }).ClientId})
	refused(t, err, "InvalidParameterException", "Custom auth lambda trigger is not configured for the user pool.")
}

// The right answer, which functions keep in private parameters and metadata, lies
// in no row and in no record.
func TestWhatFunctionsKnowIsSealed(t *testing.T) {
	w := newWorld(t)
	d := newDoor(w, nil)
	w.user(d.pool, "ann")
	out := must(d.knock("ann"))(t)
	must(d.say(out.Session, "ann", "my-wrong-answer"))(t)
	kept := w.service.Challenges(t)
	if !strings.Contains(kept, "CUSTOM_CHALLENGE") {
		t.Fatal("no challenge is kept")
	}
	for _, text := range []string{kept, w.records.text.String()} {
		if strings.Contains(text, rightAnswer) || strings.Contains(text, "my-wrong-answer") {
			t.Errorf("it is readable in %s", text)
		}
	}
}
