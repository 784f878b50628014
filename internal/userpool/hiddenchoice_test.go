package userpool_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

// shapeOf is all of an answer but what is drawn anew for each.
func shapeOf(challenge types.ChallengeNameType, session *string, parameters map[string]string, err error) string {
	var refusal smithy.APIError
	if errors.As(err, &refusal) {
		return refusal.ErrorCode() + ": " + refusal.ErrorMessage()
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value := parameters[name]
		switch name {
		case "CREDENTIAL_REQUEST_OPTIONS":
			var options map[string]any
			if json.Unmarshal([]byte(value), &options) == nil {
				options["challenge"] = fmt.Sprint(len(fmt.Sprint(options["challenge"])))
				text, _ := json.Marshal(options)
				value = string(text)
			}
		case "CODE_DELIVERY_DESTINATION":
			value = regexp.MustCompile(`[a-z0-9]`).ReplaceAllString(value, "x")
		case "SALT", "SRP_B", "SECRET_BLOCK", "USERNAME", "USER_ID_FOR_SRP":
			value = "drawn"
		}
		lines = append(lines, name+"="+value)
	}
	length := 0
	if session != nil {
		length = len(*session)
	}
	return fmt.Sprintf("%s %d %v", challenge, length, lines)
}

// hiddenWorld is a client that hides its users, of a pool with every first factor.
func hiddenWorld(t *testing.T, known ...string) (*world, *types.UserPoolType, *types.UserPoolClientType) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"))
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); hiding(in) })
	for _, name := range known {
		w.somebody(pool, name)
	}
	return w, pool, client
}

func TestEveryFirstFactorIsTheSameForNobody(t *testing.T) {
	w, pool, client := hiddenWorld(t, "mario", "disabled")
	must(w.AdminDisableUser(context.Background(), &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("disabled")}))(t)
	// nobody's addresses are drawn from the name: these have both
	strangers := []string{"disabled"}
	for i := 0; len(strangers) < 3; i++ {
		name := fmt.Sprintf("stranger-%d", i)
		if out := must(w.choose(client, name))(t); names(out.AvailableChallenges) == "PASSWORD PASSWORD_SRP EMAIL_OTP SMS_OTP" {
			strangers = append(strangers, name)
		}
	}
	if out := must(w.choose(client, "disabled"))(t); names(out.AvailableChallenges) != "PASSWORD PASSWORD_SRP EMAIL_OTP SMS_OTP" {
		strangers = strangers[1:] // drawn otherwise this time
	}
	for _, challenge := range []types.ChallengeNameType{"", "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"} {
		for _, name := range strangers {
			t.Run(string(challenge)+" of "+name, func(t *testing.T) {
				play := func(name string) (shapes []string) {
					out, err := w.prefer(client, name, string(challenge))
					if err != nil {
						return []string{shapeOf("", nil, nil, err)}
					}
					shapes = append(shapes, shapeOf(out.ChallengeName, out.Session, out.ChallengeParameters, nil)+names(out.AvailableChallenges))
					say := func(step types.ChallengeNameType, more ...string) {
						next, err := w.answerTo(client, step, out.Session, name, more...)
						if err != nil {
							shapes = append(shapes, shapeOf("", nil, nil, err))
							return
						}
						shapes = append(shapes, shapeOf(next.ChallengeName, next.Session, next.ChallengeParameters, nil))
					}
					switch challenge {
					case "":
						say("SELECT_CHALLENGE", "ANSWER", "WEB_AUTHN")
						say("SELECT_CHALLENGE", "ANSWER", "PASSWORD", "PASSWORD", "guess")
						say("SELECT_CHALLENGE", "ANSWER", "EMAIL_OTP")
						say("SELECT_CHALLENGE", "ANSWER", "EMAIL_OTP")
					case "PASSWORD":
						say("PASSWORD", "PASSWORD", "guess")
						say("PASSWORD")
					case "PASSWORD_SRP":
						say("PASSWORD_SRP", "SRP_A", "7b")
						say("PASSWORD_SRP", "SRP_A", "7b")
					default:
						say(challenge, string(challenge)+"_CODE", "00000000")
						say(challenge, string(challenge)+"_CODE", "")
						say(challenge, string(challenge)+"_CODE", "00000001")
						say("SELECT_CHALLENGE", "ANSWER", "PASSWORD")
					}
					return shapes
				}
				want, got := play("mario"), play(name)
				if !slices.Equal(want, got) {
					t.Errorf("somebody:\n%q\nnobody:\n%q", want, got)
				}
				w.clock.Advance(quietHour)
			})
		}
	}
}

func TestWhatNobodyIsOfferedStaysTheSame(t *testing.T) {
	w, _, client := hiddenWorld(t)
	seen := map[string]int{}
	for i := range 40 {
		name := fmt.Sprintf("stranger-%d", i)
		first := names(must(w.choose(client, name))(t).AvailableChallenges)
		if again := names(must(w.choose(client, name))(t).AvailableChallenges); again != first {
			t.Errorf("%s was offered %s, then %s", name, first, again)
		}
		seen[first]++
	}
	if len(seen) < 2 {
		t.Errorf("everybody who does not exist is offered the same: %v", seen)
	}
	for offered := range seen {
		if !slices.Contains([]string{"PASSWORD PASSWORD_SRP EMAIL_OTP", "PASSWORD PASSWORD_SRP EMAIL_OTP SMS_OTP",
			"PASSWORD PASSWORD_SRP EMAIL_OTP WEB_AUTHN", "PASSWORD PASSWORD_SRP EMAIL_OTP SMS_OTP WEB_AUTHN"}, offered) {
			t.Errorf("nobody is offered %s, which no user is", offered)
		}
	}
}
