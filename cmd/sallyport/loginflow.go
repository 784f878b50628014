package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/verify"
)

// signIn is one person on their way in.
type signIn struct {
	api      *idp.Client
	endpoint string
	poolName string // what stands behind the region in the pool's id
	client   string
	secret   keyring.Secret
	options  *loginOptions
	ask      *asker

	typed    string // the name as it was given
	name     string // as the pool calls them from the first answer on
	password string
	proof    *srp.Client
}

// maxSteps bounds a service that asks for ever.
const maxSteps = 20

func (s *signIn) run(ctx context.Context) (*tokenSet, error) {
	var err error
	if s.typed = s.options.user; s.typed == "" {
		if s.typed, err = s.ask.line(ctx, "User name"); err != nil {
			return nil, err
		}
	}
	s.name = s.typed
	if s.password, err = s.ask.secret(ctx, "Password"); err != nil {
		return nil, err
	}
	first := map[string]string{"USERNAME": s.name}
	flow := types.AuthFlowTypeUserSrpAuth
	if s.options.passwordFlow {
		flow, first["PASSWORD"] = types.AuthFlowTypeUserPasswordAuth, s.password
	} else {
		if s.proof, err = srp.NewClient(rand.Reader); err != nil {
			return nil, err
		}
		first["SRP_A"] = s.proof.A()
	}
	out, err := s.api.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &s.client, AuthFlow: flow, AuthParameters: s.signed(first)})
	if err != nil {
		return nil, s.refused(err)
	}
	challenge, parameters, session, result := out.ChallengeName, out.ChallengeParameters, out.Session, out.AuthenticationResult
	for range maxSteps {
		if result != nil {
			return s.signedIn(result)
		}
		if id := parameters["USER_ID_FOR_SRP"]; id != "" {
			s.name = id
		}
		answers, next, err := s.answer(ctx, challenge, parameters, session)
		if err != nil {
			return nil, err
		}
		answers["USERNAME"] = s.name
		out, err := s.api.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{ClientId: &s.client, ChallengeName: challenge, Session: next, ChallengeResponses: s.signed(answers)})
		if err != nil {
			return nil, s.refused(err)
		}
		challenge, parameters, session, result = out.ChallengeName, out.ChallengeParameters, out.Session, out.AuthenticationResult
	}
	return nil, errors.New("the user pool goes on asking and does not sign anybody in")
}

// signedIn takes the tokens if they are of the pool that was named: a client says
// by itself whose it is, and a password that is sent goes wherever that is.
func (s *signIn) signedIn(result *types.AuthenticationResultType) (*tokenSet, error) {
	tokens, err := newTokenSet(result, s.typed, "")
	if err != nil {
		return nil, err
	}
	token, err := verify.InsecureDecode(tokens.Access)
	if err != nil { // too large to be looked into
		return tokens, nil
	}
	if issuer := token.Issuer(); !strings.HasSuffix(issuer, "/"+s.options.pool) {
		return nil, usageError{fmt.Errorf("the client %s is one of the user pool %s, not of %s", s.client, visible(path.Base(issuer)), s.options.pool)}
	}
	return tokens, nil
}

// refused is what the service says to this person, and where to go from there.
func (s *signIn) refused(err error) error {
	told := refusedBy(s.endpoint, err)
	r, ok := errors.AsType[*refusal](told)
	if !ok {
		return told
	}
	follow := "aws" + s.where() + " --no-sign-request cognito-idp %s --client-id " + s.client + " --username " + shellQuote(s.typed) + " --confirmation-code CODE"
	if s.secret.Reveal() != "" {
		follow += " --secret-hash HASH"
	}
	switch {
	case s.typed == "": // nobody was asked: this is a refresh
	case saidAs[*types.UserNotConfirmedException](err):
		r.hint = "the code that was sent confirms them, with " + fmt.Sprintf(follow, "confirm-sign-up")
	case saidAs[*types.PasswordResetRequiredException](err):
		r.hint = "set one with the code that was sent, with " + fmt.Sprintf(follow, "confirm-forgot-password") + " --password NEW"
	case !s.options.passwordFlow && strings.Contains(r.text, string(types.AuthFlowTypeUserSrpAuth)):
		r.hint = "--user-password-auth sends the password itself, where the client allows that"
	case s.secret.Reveal() == "" && strings.Contains(r.text, "SECRET_HASH"):
		r.hint = "the client's secret is read from " + envClientSecret
	}
	return r
}

// where are the arguments with which the AWS CLI finds the service.
func (s *signIn) where() string {
	region := " --region " + regionOf(s.options.pool)
	if !strings.HasPrefix(s.endpoint, "http") { // AWS's own
		return region
	}
	return " --endpoint-url " + shellQuote(s.endpoint) + region
}

func saidAs[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// signed adds the client's secret hash, of a client that has a secret.
func (s *signIn) signed(values map[string]string) map[string]string {
	if hash := s.hash(values["USERNAME"]); hash != "" {
		values["SECRET_HASH"] = hash
	}
	return values
}

func (s *signIn) hash(name string) string {
	if s.secret.Reveal() == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(s.secret.Reveal()))
	mac.Write([]byte(name + s.client))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// answer asks the person for what a challenge asks for. It returns the session
// to go on with, which setting up a factor changes.
func (s *signIn) answer(ctx context.Context, challenge types.ChallengeNameType, told map[string]string, session *string) (map[string]string, *string, error) {
	code := func(field, question string) (map[string]string, *string, error) {
		text, err := s.ask.line(ctx, question)
		return map[string]string{field: text}, session, err
	}
	switch challenge {
	case types.ChallengeNameTypePasswordVerifier:
		answers, err := s.prove(told)
		return answers, session, err
	case types.ChallengeNameTypeNewPasswordRequired:
		answers, err := s.newPassword(ctx, told)
		return answers, session, err
	case types.ChallengeNameTypeSoftwareTokenMfa:
		device := ""
		if name := told["FRIENDLY_DEVICE_NAME"]; name != "" {
			device = " of " + visible(name)
		}
		return code("SOFTWARE_TOKEN_MFA_CODE", "Code of your authenticator app"+device)
	case types.ChallengeNameTypeSmsMfa:
		return code("SMS_MFA_CODE", "Code that was sent"+sentWhere(told))
	case types.ChallengeNameTypeSmsOtp:
		return code("SMS_OTP_CODE", "Code that was sent"+sentWhere(told))
	case types.ChallengeNameTypeEmailOtp:
		return code("EMAIL_OTP_CODE", "Code that was sent"+sentWhere(told))
	case types.ChallengeNameTypeSelectMfaType:
		choice, err := s.choose(ctx, told["MFAS_CAN_CHOOSE"])
		return map[string]string{"ANSWER": choice}, session, err
	case types.ChallengeNameTypeMfaSetup:
		next, err := s.setUp(ctx, told["MFAS_CAN_SETUP"], session)
		return map[string]string{}, next, err
	}
	return nil, nil, fmt.Errorf("the user pool asks for %s, which this command cannot answer", visible(string(challenge)))
}

func sentWhere(told map[string]string) string {
	if to := told["CODE_DELIVERY_DESTINATION"]; to != "" {
		return " to " + visible(to)
	}
	return ""
}

// prove shows that we have the password, without sending it.
func (s *signIn) prove(told map[string]string) (map[string]string, error) {
	block, err := base64.StdEncoding.DecodeString(told["SECRET_BLOCK"])
	if err != nil || s.proof == nil {
		return nil, errors.New("the user pool asks for a proof in a form that is not Cognito's")
	}
	who := srp.Identity{Pool: s.poolName, User: s.name}
	key, err := s.proof.Key(who, s.password, told["SALT"], told["SRP_B"])
	if err != nil {
		return nil, fmt.Errorf("the user pool's half of the proof cannot be right: %w", err)
	}
	at := srp.FormatTime(time.Now())
	return map[string]string{
		"PASSWORD_CLAIM_SIGNATURE": base64.StdEncoding.EncodeToString(key.Proof(who, block, at)), "PASSWORD_CLAIM_SECRET_BLOCK": told["SECRET_BLOCK"], "TIMESTAMP": at,
	}, nil
}

// newPassword asks for a new password, and for what the pool knows not yet and requires.
func (s *signIn) newPassword(ctx context.Context, told map[string]string) (map[string]string, error) {
	s.ask.tell("The password is a temporary one; choose your own.")
	password, err := s.ask.newSecret(ctx)
	if err != nil {
		return nil, err
	}
	answers := map[string]string{"NEW_PASSWORD": password}
	var required []string
	if text := told["requiredAttributes"]; text != "" {
		if err := json.Unmarshal([]byte(text), &required); err != nil {
			return nil, errors.New("the user pool asks for attributes in a form that is not Cognito's")
		}
	}
	for _, name := range required {
		name = "userAttributes." + strings.TrimPrefix(name, "userAttributes.")
		if answers[name], err = s.ask.line(ctx, strings.TrimPrefix(visible(name), "userAttributes.")); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// factors reads a list of second factors, which travels as JSON in a text.
func factors(text string) (list []string, err error) {
	if err = json.Unmarshal([]byte(text), &list); err != nil || len(list) == 0 {
		return nil, errors.New("the user pool names its second factors in a form that is not Cognito's")
	}
	for i := range list {
		list[i] = visible(list[i])
	}
	return list, nil
}

func (s *signIn) choose(ctx context.Context, among string) (string, error) {
	list, err := factors(among)
	if err != nil {
		return "", err
	}
	choice := s.options.factor
	if choice == "" {
		if choice, err = s.ask.line(ctx, "Which second factor ("+strings.Join(list, ", ")+")"); err != nil {
			return "", err
		}
	}
	if !slices.Contains(list, choice) {
		return "", fmt.Errorf("there is no choice %q: the user pool offers %s", choice, strings.Join(list, ", "))
	}
	return choice, nil
}

// setUp gives a person without a second factor an authenticator app.
func (s *signIn) setUp(ctx context.Context, among string, session *string) (*string, error) {
	list, err := factors(among)
	if err != nil {
		return nil, err
	}
	if app := string(types.ChallengeNameTypeSoftwareTokenMfa); !slices.Contains(list, app) {
		return nil, fmt.Errorf("a second factor must be set up, and the user pool offers none but %s, which this command cannot", strings.Join(list, ", "))
	}
	if !s.ask.atTerminal() { // the secret is for one pair of eyes, and for no log
		return nil, errors.New("a second factor must be set up, which this command does at a terminal only")
	}
	secret, err := s.api.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{Session: session})
	if err != nil {
		return nil, s.refused(err)
	}
	key := aws.ToString(secret.SecretCode)
	uri := url.URL{Scheme: "otpauth", Host: "totp", Path: "/Sallyport:" + s.typed, RawQuery: url.Values{"secret": {key}, "issuer": {"Sallyport"}}.Encode()}
	s.ask.tell("Set up an authenticator app as your second factor, with this secret:\n  " + visible(key) + "\nor this link:\n  " + uri.String())
	code, err := s.ask.line(ctx, "Code that the app shows")
	if err != nil {
		return nil, err
	}
	done, err := s.api.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{Session: secret.Session, UserCode: &code, FriendlyDeviceName: aws.String("authenticator app")})
	if err != nil {
		return nil, s.refused(err)
	}
	if done.Status != types.VerifySoftwareTokenResponseTypeSuccess {
		return nil, errors.New("the authenticator app was not accepted")
	}
	return done.Session, nil
}

// refresh gets new tokens. A client whose refresh tokens rotate wants to be asked
// by another operation; which kind it is only its owner can look up.
func (s *signIn) refresh(ctx context.Context, kept *tokenSet) (*tokenSet, error) {
	if kept.Refresh == "" {
		return nil, errors.New("no refresh token is kept: sign in with --save again")
	}
	values := map[string]string{"REFRESH_TOKEN": kept.Refresh}
	if hash := s.hash(kept.username()); hash != "" {
		values["SECRET_HASH"] = hash
	}
	out, err := s.api.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &s.client, AuthFlow: types.AuthFlowTypeRefreshTokenAuth, AuthParameters: values})
	if err == nil && out.AuthenticationResult != nil {
		return newTokenSet(out.AuthenticationResult, kept.User, kept.Refresh)
	}
	if err == nil {
		return nil, errors.New("the user pool asks for more than a refresh token")
	}
	if !isRefused(err) {
		return nil, s.refused(err)
	}
	in := &idp.GetTokensFromRefreshTokenInput{ClientId: &s.client, RefreshToken: &kept.Refresh}
	if s.secret.Reveal() != "" {
		in.ClientSecret = aws.String(s.secret.Reveal())
	}
	if rotated, other := s.api.GetTokensFromRefreshToken(ctx, in); other == nil && rotated.AuthenticationResult != nil {
		return newTokenSet(rotated.AuthenticationResult, kept.User, kept.Refresh)
	}
	return nil, s.refused(err)
}

// username is what the pool calls the person, of whom secret hashes are made.
func (t *tokenSet) username() string {
	if token, err := verify.InsecureDecode(t.Access); err == nil {
		return token.Username()
	}
	return t.User
}
