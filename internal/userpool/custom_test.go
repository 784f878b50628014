package userpool_test

import (
	"context"
	"crypto/rand"
	"reflect"
	"strings"
	"testing"

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
