package userpool_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

// since are the sources of the events since the nth, with the ClientMetadata that
// each was told by: of the call that began, or of an answer.
func (t *troupe) since(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []string
	for _, e := range t.events[n:] {
		told := e.source()
		for _, member := range []string{"validationData", "clientMetadata"} {
			if data, ok := e.request()[member].(map[string]any); ok {
				told += fmt.Sprintf(" %s:%v", member, data["of"])
			}
		}
		list = append(list, told)
	}
	return strings.Join(list, ", ")
}

func (t *troupe) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.events)
}

// Each way of signing in tells the functions once of each moment, and each function
// the ClientMetadata of the calls that AWS hands on to it.
func TestEachSignInTellsTheFunctions(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	f := aws.String(w.functions.plays("f", agree))
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		choosing("EMAIL_OTP")(in)
		in.DeviceConfiguration = &types.DeviceConfigurationType{}
		in.LambdaConfig = &types.LambdaConfigType{PreAuthentication: f, PostAuthentication: f, PreTokenGeneration: f,
			DefineAuthChallenge: aws.String(w.functions.plays("define", func(e event) (any, error) {
				if session := e.request()["session"].([]any); len(session) > 0 {
					return e.respond(map[string]any{"issueTokens": true}), nil
				}
				return e.respond(map[string]any{"challengeName": "CUSTOM_CHALLENGE"}), nil
			})), CreateAuthChallenge: f,
			VerifyAuthChallengeResponse: aws.String(w.functions.plays("verify", func(e event) (any, error) { return e.respond(map[string]any{"answerCorrect": true}), nil }))}
	})
	flows := []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.ExplicitAuthFlows = flows })
	rotating := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = flows[:4]
		in.RefreshTokenRotation = &types.RefreshTokenRotationType{Feature: "ENABLED"}
	})
	w.somebody(pool, "ann")
	var gadget *gadget
	begins, answers := map[string]string{"of": "begin"}, map[string]string{"of": "answer"}
	begin := func(c *types.UserPoolClientType, flow types.AuthFlowType, more ...string) (*idp.InitiateAuthOutput, error) {
		in := &idp.InitiateAuthInput{AuthFlow: flow, ClientId: c.ClientId, ClientMetadata: begins, AuthParameters: map[string]string{"USERNAME": "ann"}}
		for i := 0; i < len(more); i += 2 {
			in.AuthParameters[more[i]] = more[i+1]
		}
		return w.InitiateAuth(ctx, in)
	}
	answer := func(challenge types.ChallengeNameType, session *string, responses map[string]string) (*idp.RespondToAuthChallengeOutput, error) {
		return w.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{ClientId: client.ClientId, ChallengeName: challenge, Session: session, ChallengeResponses: responses, ClientMetadata: answers})
	}
	var tokens, rotated *types.AuthenticationResultType
	const pre, post, mint = "PreAuthentication_Authentication validationData:begin", "PostAuthentication_Authentication", "TokenGeneration_Authentication"
	for _, c := range []struct {
		name string
		do   func() (*types.AuthenticationResultType, error)
		want string
	}{
		{"password", func() (*types.AuthenticationResultType, error) {
			out, err := begin(client, "USER_PASSWORD_AUTH", "PASSWORD", password)
			tokens = out.AuthenticationResult
			return tokens, err
		}, pre + ", " + post + ", " + mint},
		{"a device that is known", func() (*types.AuthenticationResultType, error) {
			gadget = w.newGadget(client, tokens)
			must(gadget.confirm(tokens))(t)
			out, err := begin(client, "USER_PASSWORD_AUTH", "PASSWORD", password, "DEVICE_KEY", gadget.key)
			return out.AuthenticationResult, err
		}, pre + ", " + post + ", " + mint},
		{"proof", func() (*types.AuthenticationResultType, error) {
			side := must(srp.NewClient(rand.Reader))(t)
			out, err := begin(client, "USER_SRP_AUTH", "SRP_A", side.A())
			if err != nil {
				return nil, err
			}
			p := &proof{out, w, client, side}
			done, err := answer("PASSWORD_VERIFIER", out.Session, p.answers(password))
			return done.AuthenticationResult, err
		}, pre + ", " + post + " clientMetadata:answer, " + mint + " clientMetadata:answer"},
		{"functions", func() (*types.AuthenticationResultType, error) {
			out, err := begin(client, "CUSTOM_AUTH")
			if err != nil {
				return nil, err
			}
			done, err := answer("CUSTOM_CHALLENGE", out.Session, map[string]string{"USERNAME": "ann", "ANSWER": "any"})
			return done.AuthenticationResult, err
		}, pre + ", DefineAuthChallenge_Authentication, CreateAuthChallenge_Authentication, VerifyAuthChallengeResponse_Authentication clientMetadata:answer, " +
			"DefineAuthChallenge_Authentication clientMetadata:answer, " + post + " clientMetadata:answer, " + mint + " clientMetadata:answer"},
		{"choice", func() (*types.AuthenticationResultType, error) {
			out, err := begin(client, "USER_AUTH")
			if err != nil {
				return nil, err
			}
			done, err := answer("SELECT_CHALLENGE", out.Session, map[string]string{"USERNAME": "ann", "ANSWER": "PASSWORD", "PASSWORD": password})
			return done.AuthenticationResult, err
		}, pre + ", " + post + " clientMetadata:answer, " + mint + " clientMetadata:answer"},
		{"refresh", func() (*types.AuthenticationResultType, error) {
			out, err := begin(client, "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", *tokens.RefreshToken, "DEVICE_KEY", gadget.key)
			return out.AuthenticationResult, err
		}, "TokenGeneration_RefreshTokens"},
		{"password of a client that rotates", func() (*types.AuthenticationResultType, error) {
			out, err := begin(rotating, "USER_PASSWORD_AUTH", "PASSWORD", password)
			rotated = out.AuthenticationResult
			return rotated, err
		}, pre + ", " + post + ", " + mint},
		{"rotation", func() (*types.AuthenticationResultType, error) {
			out, err := w.GetTokensFromRefreshToken(ctx, &idp.GetTokensFromRefreshTokenInput{ClientId: rotating.ClientId, RefreshToken: rotated.RefreshToken, ClientMetadata: answers})
			return out.AuthenticationResult, err
		}, "TokenGeneration_RefreshTokens clientMetadata:answer"},
		{"a new password", func() (*types.AuthenticationResultType, error) {
			must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String("Temporary-Horse-1")}))(t)
			out, err := begin(client, "USER_PASSWORD_AUTH", "PASSWORD", "Temporary-Horse-1")
			if err != nil {
				return nil, err
			}
			done, err := answer("NEW_PASSWORD_REQUIRED", out.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": password})
			return done.AuthenticationResult, err
		}, pre + ", " + post + " clientMetadata:answer, TokenGeneration_NewPasswordChallenge clientMetadata:answer"},
	} {
		before := w.functions.count()
		got, err := c.do()
		if err != nil || got == nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if told := w.functions.since(before); told != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, told, c.want)
		}
	}
	for n, e := range w.functions.told(post) { // the first sign-in, and those that name no device
		if want := n != 1; e.request()["newDeviceUsed"] != want {
			t.Errorf("sign-in %d: newDeviceUsed %v", n, e.request()["newDeviceUsed"])
		}
	}
}

func TestADevicesProofIsAMomentOfItsOwn(t *testing.T) {
	w := newWorld(t)
	f := aws.String(w.functions.plays("f", agree))
	pool := w.tracking(true, false)
	must(w.UpdateUserPool(context.Background(), &idp.UpdateUserPoolInput{UserPoolId: pool.Id,
		DeviceConfiguration: &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: true},
		LambdaConfig:        &types.LambdaConfigType{PreAuthentication: f, PostAuthentication: f, PreTokenGeneration: f}}))(t)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	w.mfa(pool, types.UserPoolMfaTypeOptional, token)
	app := w.enrol(w.tokens(client, "ann").AccessToken, "app")
	done := must(w.second(client, token, w.asked(client, "ann", token).Session, "ann", app.code(0)))(t)
	g := w.newGadget(client, done.AuthenticationResult)
	must(g.confirm(done.AuthenticationResult))(t)
	before := w.functions.count()
	must(g.signIn("ann"))(t)
	if got := w.functions.since(before); got != "PreAuthentication_Authentication, PostAuthentication_Authentication, TokenGeneration_AuthenticateDevice" {
		t.Errorf("told %s", got)
	}
	if list := w.functions.told("PostAuthentication_Authentication"); list[len(list)-1].request()["newDeviceUsed"] != false || list[0].request()["newDeviceUsed"] != true {
		t.Error("newDeviceUsed is not about the device")
	}
}

// What is confirmed stays so when its function throws or takes too long, and the
// person goes on as anybody who is confirmed. A client that has gone stops nothing.
func TestWhatAConfirmationLeavesWhenItsFunctionFails(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.service.HurryTriggers()
	hangs := make(chan struct{})
	t.Cleanup(func() { close(hangs) })
	var tries atomic.Int64
	pool, client := w.triggered(&types.LambdaConfigType{PostConfirmation: aws.String(w.functions.plays("f", func(e event) (any, error) {
		if e["userName"] == "slow" {
			tries.Add(1)
			<-hangs
		}
		return nil, thrown("no")
	}))})
	for name, want := range map[string]string{"ann": "UserLambdaValidationException", "slow": "UnexpectedLambdaException"} {
		must(w.signUp(client, name, "email", name+"@example.com"))(t)
		code := w.outbox.last(t).Code
		refused(t, w.confirm(client, name, code), want, "")
		if w.status(pool, name) != "CONFIRMED" || w.attribute(pool, name, "email_verified") != "true" {
			t.Errorf("%s is %s", name, w.status(pool, name))
		}
		if err := w.confirm(client, name, code); err == nil {
			t.Errorf("%s: the code works again", name)
		}
		w.tokens(client, name)
		must(w.forgot(client, name))(t)
		refused(t, w.recover(client, name, w.outbox.last(t).Code, "Better-Horse-8"), want, "")
		if out := must(w.signIn(client, name, "Better-Horse-8"))(t); out.AuthenticationResult == nil {
			t.Errorf("%s has another password", name)
		}
	}
	if n := tries.Load(); n != 6 {
		t.Errorf("the function that takes too long was asked %d times for two events, want 3 each", n)
	}

	// The client leaves while the function runs, which is not torn away.
	gone, leave := context.WithCancel(ctx)
	w.functions.plays("f", func(e event) (any, error) {
		leave()
		time.Sleep(10 * time.Millisecond) // for the server to notice; it is right without it, too
		return e, nil
	})
	must(w.signUp(client, "bea", "email", "bea@example.com"))(t)
	const ran = `trigger PostConfirmation_ConfirmSignUp`
	before := strings.Count(w.records.written(), ran)
	_, err := w.ConfirmSignUp(gone, &idp.ConfirmSignUpInput{ClientId: client.ClientId, Username: aws.String("bea"), ConfirmationCode: aws.String(w.outbox.last(t).Code)})
	if err == nil {
		t.Error("the client has not left")
	}
	w.until("the function has answered", func() bool { return strings.Count(w.records.written(), ran) > before })
}

// written is what the records say so far, also while more are written.
func (r *records) written() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
