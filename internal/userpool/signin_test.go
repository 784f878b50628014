package userpool_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestSignInRefusals(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	open := w.client(pool, nil)
	hiding := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	guarded := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	onlySRP := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil })
	noRefresh := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}
	})
	otherGuarded := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	w.user(pool, "ann")
	w.user(pool, "bob")
	w.user(pool, "off")
	must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("off")}))(t)
	const flow = "USER_PASSWORD_AUTH"
	for _, c := range []struct {
		name       string
		client     *types.UserPoolClientType
		flow       types.AuthFlowType
		parameters map[string]string
		code, text string
	}{
		{"wrong password", open, flow, map[string]string{"USERNAME": "ann", "PASSWORD": "Wrong-Horse-7"}, "NotAuthorizedException", "Incorrect username or password."},
		{"unknown user, LEGACY", open, flow, map[string]string{"USERNAME": "nobody", "PASSWORD": "Wrong-Horse-7"}, "UserNotFoundException", "User does not exist."},
		{"unknown user, hidden", hiding, flow, map[string]string{"USERNAME": "nobody", "PASSWORD": "Wrong-Horse-7"}, "NotAuthorizedException", "Incorrect username or password."},
		{"disabled user", open, flow, map[string]string{"USERNAME": "off", "PASSWORD": password}, "NotAuthorizedException", "User is disabled."},
		{"disabled user, hidden, right password", hiding, flow, map[string]string{"USERNAME": "off", "PASSWORD": password}, "NotAuthorizedException", "User is disabled."},
		{"disabled user, hidden, wrong password", hiding, flow, map[string]string{"USERNAME": "off", "PASSWORD": "Wrong-Horse-7"}, "NotAuthorizedException", "Incorrect username or password."},
		{"names are case sensitive", open, flow, map[string]string{"USERNAME": "Ann", "PASSWORD": password}, "UserNotFoundException", ""},
		{"no name", open, flow, map[string]string{"PASSWORD": password}, "InvalidParameterException", "Missing required parameter USERNAME"},
		{"no password", open, flow, map[string]string{"USERNAME": "ann"}, "InvalidParameterException", "Missing required parameter PASSWORD"},
		{"a name with a zero byte", open, flow, map[string]string{"USERNAME": "ann\x00", "PASSWORD": password}, "UserNotFoundException", ""},
		{"an endless password", open, flow, map[string]string{"USERNAME": "ann", "PASSWORD": strings.Repeat("a", 100_000)}, "NotAuthorizedException", "Incorrect username or password."},
		{"secret hash missing", guarded, flow, map[string]string{"USERNAME": "ann", "PASSWORD": password}, "NotAuthorizedException", "Client " + *guarded.ClientId + " is configured with secret but SECRET_HASH was not received"},
		{"secret hash of another user", guarded, flow, map[string]string{"USERNAME": "ann", "PASSWORD": password, "SECRET_HASH": secretHash(guarded, "bob")}, "NotAuthorizedException", "Unable to verify secret hash for client " + *guarded.ClientId},
		{"secret hash of another client", guarded, flow, map[string]string{"USERNAME": "ann", "PASSWORD": password, "SECRET_HASH": secretHash(otherGuarded, "ann")}, "NotAuthorizedException", "Unable to verify secret hash for client " + *guarded.ClientId},
		{"secret hash that is no base64", guarded, flow, map[string]string{"USERNAME": "ann", "PASSWORD": password, "SECRET_HASH": "%%"}, "NotAuthorizedException", ""},
		{"secret hash for a client without secret", open, flow, map[string]string{"USERNAME": "ann", "PASSWORD": password, "SECRET_HASH": secretHash(guarded, "ann")}, "NotAuthorizedException", "Unable to verify secret hash for client " + *open.ClientId},
		{"flow not allowed", onlySRP, flow, map[string]string{"USERNAME": "ann", "PASSWORD": password}, "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"},
		{"refreshing not allowed", noRefresh, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": "x"}, "InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client"},
		{"flow for administrators", open, "ADMIN_USER_PASSWORD_AUTH", map[string]string{"USERNAME": "ann", "PASSWORD": password}, "InvalidParameterException", "Initiate Auth method not supported."},
		{"proof of the password not allowed", open, "USER_SRP_AUTH", map[string]string{"USERNAME": "ann", "SRP_A": "02"}, "InvalidParameterException", "USER_SRP_AUTH flow not enabled for this client"},
		{"flow that does not exist", open, "MAGIC", map[string]string{"USERNAME": "ann"}, "InvalidParameterException", ""},
		{"unknown client", &types.UserPoolClientType{ClientId: aws.String("nobody")}, flow, map[string]string{"USERNAME": "ann", "PASSWORD": password}, "ResourceNotFoundException", "User pool client nobody does not exist."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: c.client.ClientId, AuthFlow: c.flow, AuthParameters: c.parameters})
			refused(t, err, c.code, c.text)
		})
	}
	if w.tokens(guarded, "ann").AccessToken == nil {
		t.Error("the right secret hash was refused")
	}
	if text := w.records.text.String(); strings.Contains(text, "Horse") || strings.Contains(text, *guarded.ClientSecret) {
		t.Errorf("a record holds a secret:\n%s", text)
	}
}

func TestRefreshNeedsTheSecretHashOfItsUser(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	user := w.user(pool, "ann")
	w.user(pool, "bob")
	tokens := w.tokens(client, "ann")
	for hash, ok := range map[string]bool{
		secretHash(client, "ann"): true, secretHash(client, *user.Attributes[0].Value): true, secretHash(client, "bob"): false, secretHash(client, ""): false, "": false,
	} {
		_, err := w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{ClientId: client.ClientId, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: map[string]string{
			"REFRESH_TOKEN": *tokens.RefreshToken, "SECRET_HASH": hash,
		}})
		if ok && err != nil {
			t.Errorf("refused: %v", err)
		}
		if !ok {
			refused(t, err, "NotAuthorizedException", "")
		}
	}
}

func TestAdministratorsSignUsersInOnTheirPoolOnly(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	client, stranger := w.client(pool, nil), w.client(other, nil)
	w.user(pool, "ann")
	in := &idp.AdminInitiateAuthInput{UserPoolId: pool.Id, ClientId: client.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password}}
	for _, flow := range []types.AuthFlowType{"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"} {
		in.AuthFlow = flow
		if out := must(w.AdminInitiateAuth(ctx, in))(t); out.AuthenticationResult == nil || out.ChallengeParameters == nil {
			t.Errorf("%s: %+v", flow, out)
		}
	}
	in.ClientId = w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil }).ClientId
	for _, flow := range []types.AuthFlowType{"ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"} {
		in.AuthFlow = flow
		_, err := w.AdminInitiateAuth(ctx, in)
		refused(t, err, "InvalidParameterException", "Auth flow not enabled for this client")
	}
	in.ClientId = stranger.ClientId
	_, err := w.AdminInitiateAuth(ctx, in)
	refused(t, err, "ResourceNotFoundException", "User pool client "+*stranger.ClientId+" does not exist.")
	in.ClientId = client.ClientId
	_, err = w.in("us-east-1").AdminInitiateAuth(ctx, in)
	refused(t, err, "ResourceNotFoundException", "User pool "+*pool.Id+" does not exist.")
}

// failTimes makes n failed sign-ins.
func (w *world) failTimes(t *testing.T, c *types.UserPoolClientType, name string, n int, text string) {
	t.Helper()
	for i := range n {
		if _, err := w.signIn(c, name, "Wrong-Horse-7"); err == nil || !strings.Contains(err.Error(), text) {
			t.Fatalf("failure %d: got %v, want %q", i+1, err, text)
		}
	}
}

func TestBackoffAfterFailures(t *testing.T) {
	const wrong, locked = "Incorrect username or password.", "Password attempts exceeded"
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	w.user(pool, "ann")
	for _, name := range []string{"ann", "nobody"} {
		t.Run(name, func(t *testing.T) {
			w.failTimes(t, client, name, 6, wrong) // the sixth locks for a second
			for lock := time.Second; lock <= 4*time.Second; lock *= 2 {
				_, err := w.signIn(client, name, password)
				refused(t, err, "NotAuthorizedException", locked)
				w.failTimes(t, client, name, 3, locked) // does not extend the lock
				w.clock.Advance(lock)
				w.failTimes(t, client, name, 1, wrong) // locks for twice as long
			}
			w.clock.Advance(15 * time.Minute)
			w.failTimes(t, client, name, 5, wrong) // forgotten: five are free again
		})
	}
	if _, err := w.signIn(client, "ann", password); err != nil {
		t.Errorf("the right password after five failures: %v", err)
	}
	w.failTimes(t, client, "ann", 5, wrong) // a success forgets
	if _, err := w.signIn(client, "ann", password); err != nil {
		t.Errorf("the right password after a success and five failures: %v", err)
	}
}

func TestLockHoldsAgainstGuessesSentAtOnce(t *testing.T) {
	onEveryEngine(t, lockHoldsAgainstGuessesSentAtOnce)
}

func lockHoldsAgainstGuessesSentAtOnce(t *testing.T, w *world) {
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	var mu sync.Mutex
	tried := 0
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			_, err := w.signIn(client, "ann", fmt.Sprintf("Guess-Number-%d", i))
			if err == nil || !strings.Contains(err.Error(), "Password attempts exceeded") {
				mu.Lock()
				tried++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	// Six, and one more for each second that the guesses took on a slow machine.
	if tried > 9 {
		t.Errorf("%d of 40 guesses at once were held against the password", tried)
	}
}

func TestLockIsPerAddress(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	try := func(from, password string) error {
		_, err := w.AdminInitiateAuth(ctx, &idp.AdminInitiateAuthInput{
			UserPoolId: pool.Id, ClientId: client.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password},
			ContextData:    &types.ContextDataType{IpAddress: &from, ServerName: aws.String("a"), ServerPath: aws.String("/"), HttpHeaders: []types.HttpHeader{}},
		})
		return err
	}
	for range 6 {
		refused(t, try("2001:db8::1", "Wrong-Horse-7"), "NotAuthorizedException", "Incorrect username or password.")
	}
	refused(t, try("2001:db8::2", password), "NotAuthorizedException", "Password attempts exceeded") // of the same /64
	if err := try("192.0.2.7", password); err != nil {
		t.Errorf("somebody else's failures locked the person out: %v", err)
	}
}

func (w *world) answer(c *types.UserPoolClientType, session *string, responses map[string]string) (*idp.RespondToAuthChallengeOutput, error) {
	return w.RespondToAuthChallenge(context.Background(), &idp.RespondToAuthChallengeInput{
		ClientId: c.ClientId, ChallengeName: "NEW_PASSWORD_REQUIRED", Session: session, ChallengeResponses: responses,
	})
}

func TestNewPasswordRequired(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.Schema = []types.SchemaAttributeType{{Name: aws.String("name"), Required: aws.Bool(true)}, {Name: aws.String("email"), Required: aws.Bool(true)}, {Name: aws.String("role"), AttributeDataType: "String"}}
	})
	client, other := w.client(pool, nil), w.client(pool, nil)
	for _, name := range []string{"ann", "bob"} {
		must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: &name, TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS", UserAttributes: pairs([]string{"email", name + "@example.com"})}))(t)
	}
	start := must(w.signIn(client, "ann", password))(t)
	if start.ChallengeName != "NEW_PASSWORD_REQUIRED" || start.AuthenticationResult != nil || start.Session == nil {
		t.Fatalf("got %+v", start)
	}
	var shown map[string]string
	if err := json.Unmarshal([]byte(start.ChallengeParameters["userAttributes"]), &shown); err != nil || shown["email"] != "ann@example.com" {
		t.Errorf("userAttributes %q", start.ChallengeParameters["userAttributes"])
	}
	if got := start.ChallengeParameters["requiredAttributes"]; got != `["userAttributes.name"]` {
		t.Errorf("requiredAttributes %s", got)
	}
	if got := start.ChallengeParameters["USER_ID_FOR_SRP"]; got != "ann" {
		t.Errorf("USER_ID_FOR_SRP %q", got)
	}
	good := func() map[string]string {
		return map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Better-Horse-8", "userAttributes.name": "Ann"}
	}
	with := func(key, value string) map[string]string {
		m := good()
		m[key] = value
		return m
	}
	for _, c := range []struct {
		name       string
		client     *types.UserPoolClientType
		session    string
		responses  map[string]string
		code, text string
	}{
		{"session of another client", other, *start.Session, good(), "NotAuthorizedException", "Invalid session for the user."},
		{"another user's name", client, *start.Session, with("USERNAME", "bob"), "NotAuthorizedException", "Invalid session for the user."},
		{"an invented session", client, "AYABeC1-y8qooiuysEv0uM4wAqQ", good(), "NotAuthorizedException", "Invalid session for the user."},
		{"an invented session that is long", client, strings.Repeat("x", 3000), good(), "NotAuthorizedException", ""},
		{"a weak password", client, *start.Session, with("NEW_PASSWORD", "short"), "InvalidPasswordException", "Password did not conform with policy: Password not long enough"},
		{"no password", client, *start.Session, with("NEW_PASSWORD", ""), "InvalidParameterException", ""},
		{"a required attribute missing", client, *start.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Better-Horse-8"}, "InvalidParameterException", "Attributes did not conform to the schema: name: The attribute is required"},
		{"a required attribute that has a value", client, *start.Session, with("userAttributes.email", "eve@example.com"), "NotAuthorizedException", "Cannot modify an already provided email"},
		{"verified by oneself", client, *start.Session, with("userAttributes.email_verified", "true"), "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		{"an attribute the client may not write", client, *start.Session, with("userAttributes.custom:role", "admin"), "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		{"sub", client, *start.Session, with("userAttributes.sub", "x"), "NotAuthorizedException", ""},
		{"an unknown attribute", client, *start.Session, with("userAttributes.shoe", "42"), "InvalidParameterException", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.answer(c.client, &c.session, c.responses)
			refused(t, err, c.code, c.text)
		})
	}
	_, err := w.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{ClientId: client.ClientId, ChallengeName: "SMS_MFA", Session: start.Session, ChallengeResponses: good()})
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

	done := must(w.answer(client, start.Session, good()))(t)
	if done.AuthenticationResult == nil || done.AuthenticationResult.RefreshToken == nil {
		t.Fatalf("got %+v", done)
	}
	if u := must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t); u.UserStatus != "CONFIRMED" {
		t.Errorf("status %s", u.UserStatus)
	}
	_, err = w.answer(client, start.Session, good())
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	if out := must(w.signIn(client, "ann", "Better-Horse-8"))(t); out.AuthenticationResult == nil {
		t.Errorf("the new password: %+v", out)
	}

	late := must(w.signIn(client, "bob", password))(t)
	w.clock.Advance(3*time.Minute + time.Second)
	_, err = w.answer(client, late.Session, map[string]string{"USERNAME": "bob", "NEW_PASSWORD": "Better-Horse-8", "userAttributes.name": "Bob"})
	refused(t, err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
	w.clock.Advance(7 * 24 * time.Hour)
	_, err = w.signIn(client, "bob", password)
	refused(t, err, "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.")
}

func TestOneSessionAnsweredTwiceAtOnceWorksOnce(t *testing.T) {
	onEveryEngine(t, oneSessionAnsweredTwiceAtOnceWorksOnce)
}

func oneSessionAnsweredTwiceAtOnceWorksOnce(t *testing.T, w *world) {
	pool := w.pool(nil)
	client := w.client(pool, nil)
	must(w.AdminCreateUser(context.Background(), &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("ann"), TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS"}))(t)
	start := must(w.signIn(client, "ann", password))(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 8 {
		group.Go(func() {
			_, err := w.answer(client, start.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": fmt.Sprintf("Better-Horse-%d", i)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else {
				refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
			}
		})
	}
	group.Wait()
	if won != 1 {
		t.Errorf("%d answers won, want 1", won)
	}
}
