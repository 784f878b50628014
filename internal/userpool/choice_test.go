package userpool_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

// choosing is a pool with the first factors, beside passwords.
func choosing(factors ...types.AuthFactorType) func(*idp.CreateUserPoolInput) {
	return func(in *idp.CreateUserPoolInput) {
		in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
		in.Policies = &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{
			AllowedFirstAuthFactors: append([]types.AuthFactorType{"PASSWORD"}, factors...),
		}}
	}
}

func byChoice(in *idp.CreateUserPoolClientInput) {
	in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
}

// somebody is a user with two proved addresses.
func (w *world) somebody(pool *types.UserPoolType, name string) {
	w.t.Helper()
	w.user(pool, name, "email", name+"@example.com", "email_verified", "true", "phone_number", "+15550100123", "phone_number_verified", "true")
}

func (w *world) choose(c *types.UserPoolClientType, name string, more ...string) (*idp.InitiateAuthOutput, error) {
	in := &idp.InitiateAuthInput{AuthFlow: "USER_AUTH", ClientId: c.ClientId, AuthParameters: map[string]string{"USERNAME": name}}
	for i := 0; i < len(more); i += 2 {
		in.AuthParameters[more[i]] = more[i+1]
	}
	if c.ClientSecret != nil {
		in.AuthParameters["SECRET_HASH"] = secretHash(c, name)
	}
	return w.InitiateAuth(context.Background(), in)
}

func (w *world) prefer(c *types.UserPoolClientType, name, challenge string, more ...string) (*idp.InitiateAuthOutput, error) {
	return w.choose(c, name, append([]string{"PREFERRED_CHALLENGE", challenge}, more...)...)
}

func (w *world) answerTo(c *types.UserPoolClientType, challenge types.ChallengeNameType, session *string, name string, more ...string) (*idp.RespondToAuthChallengeOutput, error) {
	responses := map[string]string{"USERNAME": name}
	for i := 0; i < len(more); i += 2 {
		responses[more[i]] = more[i+1]
	}
	if c.ClientSecret != nil {
		responses["SECRET_HASH"] = secretHash(c, name)
	}
	return w.RespondToAuthChallenge(context.Background(), &idp.RespondToAuthChallengeInput{
		ClientId: c.ClientId, ChallengeName: challenge, Session: session, ChallengeResponses: responses,
	})
}

func signedIn(t testing.TB, result *types.AuthenticationResultType) {
	t.Helper()
	if result == nil || result.AccessToken == nil || result.RefreshToken == nil {
		t.Fatalf("no tokens: %+v", result)
	}
}

func names(list []types.ChallengeNameType) string {
	var all []string
	for _, n := range list {
		all = append(all, string(n))
	}
	return strings.Join(all, " ")
}

func TestWhatThereIsToChooseFrom(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		factors    []types.AuthFactorType
		attributes []string
		want       string
	}{
		"passwords":            {nil, []string{"email", "a@example.com", "email_verified", "true"}, "PASSWORD PASSWORD_SRP"},
		"a proved address":     {[]types.AuthFactorType{"EMAIL_OTP"}, []string{"email", "a@example.com", "email_verified", "true"}, "PASSWORD PASSWORD_SRP EMAIL_OTP"},
		"an unproved address":  {[]types.AuthFactorType{"EMAIL_OTP"}, []string{"email", "a@example.com"}, "PASSWORD PASSWORD_SRP"},
		"another address":      {[]types.AuthFactorType{"SMS_OTP"}, []string{"email", "a@example.com", "email_verified", "true"}, "PASSWORD PASSWORD_SRP"},
		"a telephone":          {[]types.AuthFactorType{"SMS_OTP"}, []string{"phone_number", "+15550100", "phone_number_verified", "true"}, "PASSWORD PASSWORD_SRP SMS_OTP"},
		"no passkey was made":  {[]types.AuthFactorType{"WEB_AUTHN"}, nil, "PASSWORD PASSWORD_SRP"},
		"both, where both are": {[]types.AuthFactorType{"SMS_OTP", "EMAIL_OTP"}, []string{"email", "a@example.com", "email_verified", "true", "phone_number", "+15550100", "phone_number_verified", "true"}, "PASSWORD PASSWORD_SRP EMAIL_OTP SMS_OTP"},
	} {
		t.Run(name, func(t *testing.T) {
			pool := w.pool(choosing(c.factors...))
			client := w.client(pool, byChoice)
			w.user(pool, "mario", c.attributes...)
			for _, preferred := range []string{"", "WEB_AUTHN"} { // what is not there cannot be preferred
				out := must(w.prefer(client, "mario", preferred))(t)
				if out.ChallengeName != "SELECT_CHALLENGE" || names(out.AvailableChallenges) != c.want || out.Session == nil || len(out.ChallengeParameters) != 0 {
					t.Errorf("%q: %s of %s, %v; want %s", preferred, out.ChallengeName, names(out.AvailableChallenges), out.ChallengeParameters, c.want)
				}
			}
		})
	}
}

func TestSignInByChoice(t *testing.T) { onEveryEngine(t, signInByChoice) }

func signInByChoice(t *testing.T, w *world) {
	pool := w.pool(choosing("EMAIL_OTP", "SMS_OTP"))
	for name, secret := range map[string]bool{"public": false, "with a secret": true} {
		t.Run(name, func(t *testing.T) {
			client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); in.GenerateSecret = secret })
			user := "mario" + fmt.Sprint(secret)
			w.somebody(pool, user)

			signedIn(t, must(w.prefer(client, user, "PASSWORD", "PASSWORD", password))(t).AuthenticationResult)

			asked := must(w.prefer(client, user, "PASSWORD"))(t)
			if asked.ChallengeName != "PASSWORD" {
				t.Fatalf("asked for %s", asked.ChallengeName)
			}
			_, err := w.answerTo(client, "PASSWORD", asked.Session, user, "PASSWORD", "wrong")
			refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
			signedIn(t, must(w.answerTo(client, "PASSWORD", asked.Session, user, "PASSWORD", password))(t).AuthenticationResult)
			_, err = w.answerTo(client, "PASSWORD", asked.Session, user, "PASSWORD", password)
			refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

			choice := must(w.choose(client, user))(t)
			_, err = w.answerTo(client, "SELECT_CHALLENGE", choice.Session, user, "ANSWER", "WEB_AUTHN")
			refused(t, err, "InvalidParameterException", "")
			_, err = w.answerTo(client, "SELECT_CHALLENGE", choice.Session, user)
			refused(t, err, "InvalidParameterException", "")
			signedIn(t, must(w.answerTo(client, "SELECT_CHALLENGE", choice.Session, user, "ANSWER", "PASSWORD", "PASSWORD", password))(t).AuthenticationResult)
			_, err = w.answerTo(client, "SELECT_CHALLENGE", choice.Session, user, "ANSWER", "PASSWORD", "PASSWORD", password)
			refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

			for challenge, channel := range map[types.ChallengeNameType]string{"EMAIL_OTP": "email", "SMS_OTP": "sms"} {
				choice = must(w.choose(client, user))(t)
				asked := must(w.answerTo(client, "SELECT_CHALLENGE", choice.Session, user, "ANSWER", string(challenge)))(t)
				sent := w.outbox.last(t)
				if asked.ChallengeName != challenge || sent.Channel != channel || len(sent.Code) != 8 || !strings.Contains(sent.Body, sent.Code) {
					t.Fatalf("%s: %s, %+v", challenge, asked.ChallengeName, sent)
				}
				want := map[types.ChallengeNameType]map[string]string{
					"EMAIL_OTP": {"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "m***@e***"},
					"SMS_OTP":   {"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******0123"},
				}[challenge]
				if !maps.Equal(asked.ChallengeParameters, want) {
					t.Errorf("%s: %v, want %v", challenge, asked.ChallengeParameters, want)
				}
				signedIn(t, must(w.answerTo(client, challenge, asked.Session, user, string(challenge)+"_CODE", sent.Code))(t).AuthenticationResult)
			}
		})
	}
}

func TestProofOfThePasswordByChoice(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing())
	client := w.client(pool, byChoice)
	w.user(pool, "mario")
	p := w.proofBy(client, "mario", func(a string) (map[string]string, *string) {
		out := must(w.prefer(client, "mario", "PASSWORD_SRP", "SRP_A", a))(t)
		if out.ChallengeName != "PASSWORD_VERIFIER" {
			t.Fatalf("answered with %s", out.ChallengeName)
		}
		return out.ChallengeParameters, out.Session
	})
	signedIn(t, must(p.send(p.answers(password)))(t).AuthenticationResult)

	p = w.proofBy(client, "mario", func(a string) (map[string]string, *string) {
		asked := must(w.prefer(client, "mario", "PASSWORD_SRP"))(t)
		out := must(w.answerTo(client, "PASSWORD_SRP", asked.Session, "mario", "SRP_A", a))(t)
		_, err := w.answerTo(client, "PASSWORD_SRP", asked.Session, "mario", "SRP_A", a)
		refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		return out.ChallengeParameters, out.Session
	})
	_, err := p.send(p.answers("wrong"))
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")

	p = w.proofBy(client, "mario", func(a string) (map[string]string, *string) {
		choice := must(w.choose(client, "mario"))(t)
		out := must(w.answerTo(client, "SELECT_CHALLENGE", choice.Session, "mario", "ANSWER", "PASSWORD_SRP", "SRP_A", a))(t)
		return out.ChallengeParameters, out.Session
	})
	signedIn(t, must(p.send(p.answers(password)))(t).AuthenticationResult)
}

func TestAdministratorsChooseForTheirUsers(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client := w.client(pool, byChoice)
	w.somebody(pool, "mario")
	out := must(w.AdminInitiateAuth(context.Background(), &idp.AdminInitiateAuthInput{
		UserPoolId: pool.Id, ClientId: client.ClientId, AuthFlow: "USER_AUTH", AuthParameters: map[string]string{"USERNAME": "mario"},
	}))(t)
	if names(out.AvailableChallenges) != "PASSWORD PASSWORD_SRP EMAIL_OTP" {
		t.Fatalf("offered %s", names(out.AvailableChallenges))
	}
	answer := func(challenge types.ChallengeNameType, session *string, responses map[string]string) *idp.AdminRespondToAuthChallengeOutput {
		return must(w.AdminRespondToAuthChallenge(context.Background(), &idp.AdminRespondToAuthChallengeInput{
			UserPoolId: pool.Id, ClientId: client.ClientId, ChallengeName: challenge, Session: session, ChallengeResponses: responses,
		}))(t)
	}
	asked := answer("SELECT_CHALLENGE", out.Session, map[string]string{"USERNAME": "mario", "ANSWER": "EMAIL_OTP"})
	done := answer("EMAIL_OTP", asked.Session, map[string]string{"USERNAME": "mario", "EMAIL_OTP_CODE": w.outbox.last(t).Code})
	signedIn(t, done.AuthenticationResult)
}

func TestChoicesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client, other := w.client(pool, byChoice), w.client(pool, nil)
	w.somebody(pool, "mario")
	w.user(pool, "late", "email", "late@example.com", "email_verified", "true")
	must(w.AdminDisableUser(context.Background(), &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("late")}))(t)

	for name, c := range map[string]struct {
		client     *types.UserPoolClientType
		user       string
		parameters []string
		code, text string
	}{
		"the client does not choose": {other, "mario", nil, "InvalidParameterException", "USER_AUTH flow not enabled for this client"},
		"nobody":                     {client, "luigi", nil, "UserNotFoundException", "User does not exist."},
		"no name":                    {client, "", nil, "InvalidParameterException", "Missing required parameter USERNAME"},
		"a disabled user":            {client, "late", []string{"PREFERRED_CHALLENGE", "EMAIL_OTP"}, "NotAuthorizedException", "User is disabled."},
		"what is no first factor":    {client, "mario", []string{"PREFERRED_CHALLENGE", "SMS_MFA"}, "InvalidParameterException", ""},
		"a wrong password":           {client, "mario", []string{"PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", "x"}, "NotAuthorizedException", "Incorrect username or password."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.choose(c.client, c.user, c.parameters...)
			refused(t, err, c.code, c.text)
		})
	}
	if sent := len(w.outbox.sent); sent != 0 {
		t.Errorf("%d messages were sent", sent)
	}
}

func TestFirstFactorsNeedTheirTierAndPasswords(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		tier    types.UserPoolTierType
		factors []types.AuthFactorType
		code    string
	}{
		"lite":             {"LITE", []types.AuthFactorType{"PASSWORD", "EMAIL_OTP"}, "FeatureUnavailableInTierException"},
		"without password": {"ESSENTIALS", []types.AuthFactorType{"EMAIL_OTP"}, "InvalidParameterException"},
		"twice":            {"ESSENTIALS", []types.AuthFactorType{"PASSWORD", "PASSWORD"}, "InvalidParameterException"},
		"unknown":          {"PLUS", []types.AuthFactorType{"PASSWORD", "PIGEON"}, "InvalidParameterException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateUserPool(context.Background(), &idp.CreateUserPoolInput{
				PoolName: aws.String("pizza"), UserPoolTier: c.tier,
				Policies: &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: c.factors}},
			})
			refused(t, err, c.code, "")
		})
	}
	pool := w.pool(choosing("EMAIL_OTP", "WEB_AUTHN"))
	shown := must(w.DescribeUserPool(context.Background(), &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool
	if got := shown.Policies.SignInPolicy.AllowedFirstAuthFactors; !slices.Equal(got, []types.AuthFactorType{"PASSWORD", "EMAIL_OTP", "WEB_AUTHN"}) {
		t.Errorf("shown are %v", got)
	}
}

func TestAnswersToChoicesBelongToTheirSessions(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(choosing("EMAIL_OTP"))
	client, other := w.client(pool, byChoice), w.client(pool, byChoice)
	w.somebody(pool, "mario")
	w.somebody(pool, "luigi")
	session := func() *string { return must(w.prefer(client, "mario", "PASSWORD"))(t).Session }

	_, err := w.answerTo(other, "PASSWORD", session(), "mario", "PASSWORD", password)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.answerTo(client, "PASSWORD", session(), "luigi", "PASSWORD", password)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.answerTo(client, "SELECT_CHALLENGE", session(), "mario", "ANSWER", "PASSWORD", "PASSWORD", password)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.answerTo(client, "PASSWORD", aws.String(strings.Repeat("x", 100)), "mario", "PASSWORD", password)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.answerTo(client, "PASSWORD", nil, "mario", "PASSWORD", password)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

	late := session()
	w.clock.Advance(4 * time.Minute)
	_, err = w.answerTo(client, "PASSWORD", late, "mario", "PASSWORD", password)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
}

// proofBy is a proof of the password that begins otherwise than by USER_SRP_AUTH.
func (w *world) proofBy(c *types.UserPoolClientType, name string, begin func(a string) (map[string]string, *string)) *proof {
	w.t.Helper()
	side := must(srp.NewClient(rand.Reader))(w.t)
	parameters, session := begin(side.A())
	return &proof{&idp.InitiateAuthOutput{ChallengeParameters: parameters, Session: session}, w, c, side}
}
