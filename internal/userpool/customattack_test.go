package userpool_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

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
