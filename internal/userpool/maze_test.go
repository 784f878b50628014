package userpool_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/srp"
)

// maze is a pool with every way in, of which tests walk all.
type maze struct {
	*world
	pool   *types.UserPoolType
	client *types.UserPoolClientType
	people int
}

const theirPhone = "+15550101234"

func everyFlow(in *idp.CreateUserPoolClientInput) {
	in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{
		"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
	}
}

// newMaze is a pool in that mode of second factors. Where it is not "OFF" users can
// enable text messages; where it is "ON" they need an authenticator app.
func newMaze(w *world, mode types.UserPoolMfaType) *maze {
	m := &maze{world: w}
	lambda := &types.LambdaConfigType{
		DefineAuthChallenge: aws.String(w.functions.plays("define", func(e event) (any, error) {
			session := e.request()["session"].([]any)
			if len(session) == 0 {
				return e.respond(map[string]any{"challengeName": "CUSTOM_CHALLENGE"}), nil
			}
			last := session[len(session)-1].(map[string]any)
			if last["challengeName"] == "SRP_A" {
				return e.respond(map[string]any{"challengeName": "PASSWORD_VERIFIER"}), nil
			}
			right := last["challengeName"] == "CUSTOM_CHALLENGE" && last["challengeResult"] == true
			return e.respond(map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": right}), nil
		})),
		CreateAuthChallenge: aws.String(w.functions.plays("create", func(e event) (any, error) {
			return e.respond(map[string]any{"privateChallengeParameters": map[string]any{"answer": rightAnswer}}), nil
		})),
		VerifyAuthChallengeResponse: aws.String(w.functions.plays("verify", func(e event) (any, error) {
			return e.respond(map[string]any{"answerCorrect": e.request()["challengeAnswer"] == rightAnswer}), nil
		})),
		UserMigration: aws.String(w.functions.plays("migrate", func(e event) (any, error) {
			status, known := "CONFIRMED", e.request()["password"] == password
			if strings.HasPrefix(e["userName"].(string), "reset") {
				status = "RESET_REQUIRED"
			} else if !strings.HasPrefix(e["userName"].(string), "moved") {
				known = false
			}
			if !known {
				return nil, thrown("who?")
			}
			return e.respond(map[string]any{"userAttributes": map[string]any{"email": "moved@example.com", "email_verified": "true"}, "finalUserStatus": status, "messageAction": "SUPPRESS"}), nil
		})),
	}
	m.pool = w.pool(func(in *idp.CreateUserPoolInput) {
		choosing("EMAIL_OTP", "WEB_AUTHN")(in)
		in.LambdaConfig = lambda
		in.DeviceConfiguration = &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: true}
	})
	set := configured("example.com")
	set.FactorConfiguration = "MULTI_FACTOR_WITH_USER_VERIFICATION"
	must(w.SetUserPoolMfaConfig(context.Background(), &idp.SetUserPoolMfaConfigInput{UserPoolId: m.pool.Id, WebAuthnConfiguration: set}))(w.t)
	switch mode {
	case "OPTIONAL":
		w.mfa(m.pool, mode, sms)
	case "ON":
		w.mfa(m.pool, mode, token)
	}
	m.client = w.client(m.pool, everyFlow)
	return m
}

// person is a user of the maze with what they carry.
type person struct {
	m       *maze
	name    string
	signUp  *string // the session of their sign-up
	key     *authenticator
	app     *app
	gadget  *gadget
	side    *srp.Client // of a device's proof under way
	carried string      // DEVICE_KEY that they show
}

// person makes a user, confirmed, with a password, proved mail and a phone. Whoever
// signs up does so with a session.
func (m *maze) person(signsUp bool) *person {
	m.t.Helper()
	m.people++
	p := &person{m: m, name: fmt.Sprint("user", m.people)}
	mail := p.name + "@example.com"
	if !signsUp {
		m.user(m.pool, p.name, "email", mail, "email_verified", "true", "phone_number", theirPhone)
		return p
	}
	made := must(m.SignUp(context.Background(), &idp.SignUpInput{
		ClientId: m.client.ClientId, Username: &p.name, Password: aws.String(password), UserAttributes: pairs([]string{"email", mail, "phone_number", theirPhone}),
	}))(m.t)
	p.signUp = must(m.confirmIn(m.client, p.name, m.outbox.last(m.t).Code, made.Session))(m.t).Session
	return p
}

// passage is what a call of a sign-in brought.
type passage struct {
	challenge types.ChallengeNameType
	session   *string
	given     map[string]string
	result    *types.AuthenticationResultType
	err       error
}

// String is "tokens", a challenge, or a refusal.
func (s passage) String() string {
	var said smithy.APIError
	switch {
	case errors.As(s.err, &said):
		return strings.TrimSuffix(said.ErrorCode(), "Exception") + ": " + said.ErrorMessage()
	case s.err != nil:
		return s.err.Error()
	case s.result != nil:
		return "tokens"
	}
	return string(s.challenge)
}

func (p *person) with(more []string) map[string]string {
	all := map[string]string{"USERNAME": p.name}
	if p.carried != "" {
		all["DEVICE_KEY"] = p.carried
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

func (p *person) begin(flow types.AuthFlowType, session *string, more ...string) passage {
	out, err := p.m.InitiateAuth(context.Background(), &idp.InitiateAuthInput{AuthFlow: flow, ClientId: p.m.client.ClientId, Session: session, AuthParameters: p.with(more)})
	if err != nil {
		return passage{err: err}
	}
	return passage{out.ChallengeName, out.Session, out.ChallengeParameters, out.AuthenticationResult, nil}
}

func (p *person) respond(challenge types.ChallengeNameType, session *string, more ...string) passage {
	out, err := p.m.RespondToAuthChallenge(context.Background(), &idp.RespondToAuthChallengeInput{ClientId: p.m.client.ClientId, ChallengeName: challenge, Session: session, ChallengeResponses: p.with(more)})
	if err != nil {
		return passage{err: err}
	}
	return passage{out.ChallengeName, out.Session, out.ChallengeParameters, out.AuthenticationResult, nil}
}

// way is how the first factor is proved. It begins, and returns what proves it, or
// where it ended early.
type way struct {
	name  string
	begin func(p *person) (prove func() passage, early passage)
}

// halfway goes on where a challenge is of the kind that was hoped for.
func halfway(s passage, want types.ChallengeNameType, prove func(s passage) passage) (func() passage, passage) {
	if s.challenge != want {
		return nil, s
	}
	return func() passage { return prove(s) }, s
}

func proveSRP(p *person, side *srp.Client) func(s passage) passage {
	return func(s passage) passage {
		sum := &proof{&idp.InitiateAuthOutput{ChallengeParameters: s.given}, p.m.world, p.m.client, side}
		var more []string
		for name, value := range sum.answers(password) {
			more = append(more, name, value)
		}
		return p.respond("PASSWORD_VERIFIER", s.session, more...)
	}
}

// ways are all that there are but migration, whose people are not there.
var ways = []way{
	{"password", func(p *person) (func() passage, passage) {
		return func() passage { return p.begin("USER_PASSWORD_AUTH", nil, "PASSWORD", password) }, passage{}
	}},
	{"administrator", func(p *person) (func() passage, passage) {
		return func() passage {
			out, err := p.m.AdminInitiateAuth(context.Background(), &idp.AdminInitiateAuthInput{
				UserPoolId: p.m.pool.Id, ClientId: p.m.client.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: p.with([]string{"PASSWORD", password}),
			})
			if err != nil {
				return passage{err: err}
			}
			return passage{out.ChallengeName, out.Session, out.ChallengeParameters, out.AuthenticationResult, nil}
		}, passage{}
	}},
	{"proof", func(p *person) (func() passage, passage) {
		side := must(srp.NewClient(rand.Reader))(p.m.t)
		return halfway(p.begin("USER_SRP_AUTH", nil, "SRP_A", side.A()), "PASSWORD_VERIFIER", proveSRP(p, side))
	}},
	{"password, chosen", func(p *person) (func() passage, passage) {
		return halfway(p.begin("USER_AUTH", nil), "SELECT_CHALLENGE", func(s passage) passage {
			return p.respond("SELECT_CHALLENGE", s.session, "ANSWER", "PASSWORD", "PASSWORD", password)
		})
	}},
	{"proof, chosen", func(p *person) (func() passage, passage) {
		side := must(srp.NewClient(rand.Reader))(p.m.t)
		s := p.begin("USER_AUTH", nil, "PREFERRED_CHALLENGE", "PASSWORD_SRP")
		return halfway(s, "PASSWORD_SRP", func(s passage) passage {
			if s = p.respond("PASSWORD_SRP", s.session, "SRP_A", side.A()); s.challenge != "PASSWORD_VERIFIER" {
				return s
			}
			return proveSRP(p, side)(s)
		})
	}},
	{"code", func(p *person) (func() passage, passage) {
		return halfway(p.begin("USER_AUTH", nil, "PREFERRED_CHALLENGE", "EMAIL_OTP"), "EMAIL_OTP", func(s passage) passage {
			return p.respond("EMAIL_OTP", s.session, "EMAIL_OTP_CODE", p.sent("sign-in"))
		})
	}},
	{"passkey", func(p *person) (func() passage, passage) {
		return halfway(p.begin("USER_AUTH", nil, "PREFERRED_CHALLENGE", "WEB_AUTHN"), "WEB_AUTHN", func(s passage) passage {
			return p.respond("WEB_AUTHN", s.session, "CREDENTIAL", p.key.get(s.given["CREDENTIAL_REQUEST_OPTIONS"]))
		})
	}},
	{"custom", func(p *person) (func() passage, passage) {
		return halfway(p.begin("CUSTOM_AUTH", nil), "CUSTOM_CHALLENGE", func(s passage) passage {
			return p.respond("CUSTOM_CHALLENGE", s.session, "ANSWER", rightAnswer)
		})
	}},
	{"custom, after a proof", func(p *person) (func() passage, passage) {
		side := must(srp.NewClient(rand.Reader))(p.m.t)
		s := p.begin("CUSTOM_AUTH", nil, "CHALLENGE_NAME", "SRP_A", "SRP_A", side.A())
		return halfway(s, "PASSWORD_VERIFIER", func(s passage) passage {
			if s = proveSRP(p, side)(s); s.challenge != "CUSTOM_CHALLENGE" {
				return s
			}
			return p.respond("CUSTOM_CHALLENGE", s.session, "ANSWER", rightAnswer)
		})
	}},
	{"sign-up", func(p *person) (func() passage, passage) {
		return func() passage { return p.begin("USER_AUTH", p.signUp) }, passage{}
	}},
}

// sent is the last code that was sent to the person for a purpose.
func (p *person) sent(purpose string) string {
	box := p.m.outbox
	box.mu.Lock()
	defer box.mu.Unlock()
	for i := len(box.sent) - 1; i >= 0; i-- {
		if m := box.sent[i]; m.Username == p.name && m.Purpose == purpose {
			return m.Code
		}
	}
	return "00000000"
}
