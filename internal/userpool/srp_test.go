package userpool_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
	"github.com/sallyport/sallyport/internal/userpool"
)

// proof is a sign-in by SRP as a client goes through it.
type proof struct {
	*idp.InitiateAuthOutput
	w      *world
	client *types.UserPoolClientType
	side   *srp.Client
}

func (w *world) srpClient(pool *types.UserPoolType, change func(*idp.CreateUserPoolClientInput)) *types.UserPoolClientType {
	return w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = nil // AWS's default allows it
		if change != nil {
			change(in)
		}
	})
}

func (w *world) startSRP(c *types.UserPoolClientType, name string) (*proof, error) {
	w.t.Helper()
	side := must(srp.NewClient(rand.Reader))(w.t)
	in := &idp.InitiateAuthInput{ClientId: c.ClientId, AuthFlow: "USER_SRP_AUTH", AuthParameters: map[string]string{"USERNAME": name, "SRP_A": side.A()}}
	if c.ClientSecret != nil {
		in.AuthParameters["SECRET_HASH"] = secretHash(c, name)
	}
	out, err := w.InitiateAuth(context.Background(), in)
	return &proof{out, w, c, side}, err
}

// answers are the responses to PASSWORD_VERIFIER.
func (p *proof) answers(password string) map[string]string {
	p.w.t.Helper()
	given := p.ChallengeParameters
	_, pool, _ := strings.Cut(*p.client.UserPoolId, "_")
	id := srp.Identity{Pool: pool, User: given["USER_ID_FOR_SRP"]}
	key := must(p.side.Key(id, password, given["SALT"], given["SRP_B"]))(p.w.t)
	now := srp.FormatTime(time.Now())
	block := must(base64.StdEncoding.DecodeString(given["SECRET_BLOCK"]))(p.w.t)
	answers := map[string]string{
		"USERNAME": given["USERNAME"], "TIMESTAMP": now, "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": base64.StdEncoding.EncodeToString(key.Proof(id, block, now)),
	}
	if p.client.ClientSecret != nil {
		answers["SECRET_HASH"] = secretHash(p.client, given["USERNAME"])
	}
	return answers
}

func (p *proof) send(answers map[string]string) (*idp.RespondToAuthChallengeOutput, error) {
	return p.w.RespondToAuthChallenge(context.Background(), &idp.RespondToAuthChallengeInput{
		ClientId: p.client.ClientId, ChallengeName: "PASSWORD_VERIFIER", ChallengeResponses: answers,
	})
}

func (w *world) signInBySRP(c *types.UserPoolClientType, name, password string) (*idp.RespondToAuthChallengeOutput, error) {
	w.t.Helper()
	p, err := w.startSRP(c, name)
	if err != nil {
		return nil, err
	}
	return p.send(p.answers(password))
}

func TestSignInByProofOfThePassword(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		folding := func(in *idp.CreateUserPoolInput) {
			in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
		}
		byEmail := func(in *idp.CreateUserPoolInput) {
			in.UsernameAttributes = []types.UsernameAttributeType{"email"}
		}
		aliases := func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []types.AliasAttributeType{"email"} }
		preferred := func(in *idp.CreateUserPoolInput) {
			in.AliasAttributes = []types.AliasAttributeType{"preferred_username"}
		}
		secret := func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true }
		legacy := func(in *idp.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"USER_PASSWORD_AUTH"}
		}
		attributes := []string{"email", "ann@example.com", "email_verified", "true", "preferred_username", "annie"}
		for _, c := range []struct {
			name          string
			pool          func(*idp.CreateUserPoolInput)
			client        func(*idp.CreateUserPoolClientInput)
			created, used string
			told          string // USER_ID_FOR_SRP; "" is the sub
		}{
			{"user name", nil, nil, "ann", "ann", "ann"},
			{"user name, hidden", nil, hiding, "ann", "ann", "ann"},
			{"client with a secret", nil, secret, "ann", "ann", "ann"},
			{"client of old", nil, legacy, "ann", "ann", "ann"},
			{"not Latin, not only letters", nil, nil, "žofie🐎:x", "žofie🐎:x", "žofie🐎:x"},
			{"sub", nil, nil, "ann", "", "ann"},
			{"other case", folding, nil, "Ann", "aNN", "Ann"},
			{"other case, hidden", folding, hiding, "Ann", "aNN", "ann"},
			{"address as the user name", byEmail, nil, "ann@example.com", "ann@example.com", ""},
			{"address as the user name, hidden", byEmail, hiding, "ann@example.com", "ann@example.com", ""},
			{"alias", aliases, nil, "ann", "ann@example.com", "ann"},
			{"alias, hidden", aliases, hiding, "ann", "ann@example.com", ""},
			{"user name beside an alias, hidden", aliases, hiding, "ann", "ann", "ann"},
			{"sub beside an alias, hidden", aliases, hiding, "ann", "", ""},
			{"preferred user name", preferred, nil, "ann", "annie", "ann"},
			{"preferred user name, hidden", preferred, hiding, "ann", "annie", ""},
			{"user name beside a preferred one, hidden", preferred, hiding, "ann", "ann", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				pool := w.pool(c.pool)
				client := w.srpClient(pool, c.client)
				user := w.user(pool, c.created, attributes...)
				sub := *user.Attributes[0].Value
				if c.used == "" {
					c.used = sub
				}
				if c.told == "" {
					c.told = sub
				}
				p := must(w.startSRP(client, c.used))(t)
				given := p.ChallengeParameters
				if p.ChallengeName != "PASSWORD_VERIFIER" || given["USER_ID_FOR_SRP"] != c.told || given["USERNAME"] != c.told || p.AuthenticationResult != nil {
					t.Fatalf("offered %s %v, want it for %s", p.ChallengeName, given, c.told)
				}
				if len(given["SALT"]) != 32 || len(given["SRP_B"]) != 768 || len(given) != 5 || strings.ToLower(given["SALT"]+given["SRP_B"]) != given["SALT"]+given["SRP_B"] {
					t.Errorf("offered %v", given)
				}
				out := must(p.send(p.answers(password)))(t)
				if out.AuthenticationResult == nil || out.AuthenticationResult.RefreshToken == nil || len(out.ChallengeParameters) != 0 {
					t.Fatalf("answered %+v", out)
				}
				if _, claims := w.claims(*pool.Id, *out.AuthenticationResult.AccessToken); claims["sub"] != sub || claims["username"] != *user.Username {
					t.Errorf("the token is for %v", claims)
				}
				_, err := w.signInBySRP(client, c.used, "Wrong-Horse-7")
				refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
			})
		}
	})
}

func TestProofLeadsWhereThePasswordWould(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	for name, client := range map[string]*types.UserPoolClientType{"hidden": w.srpClient(pool, hiding), "LEGACY": w.srpClient(pool, nil)} {
		user := func(suffix string, status userpool.UserStatus) string {
			w.user(pool, name+suffix)
			if err := w.service.SetStatus(ctx, *pool.Id, name+suffix, status); err != nil {
				t.Fatal(err)
			}
			return name + suffix
		}
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				user string
				code string
			}{
				{user("unconfirmed", userpool.Unconfirmed), "UserNotConfirmedException"},
				{user("reset", userpool.ResetRequired), "PasswordResetRequiredException"},
			} {
				_, err := w.signInBySRP(client, c.user, password)
				refused(t, err, c.code, "")
				_, err = w.signInBySRP(client, c.user, "Wrong-Horse-7")
				refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
			}

			off := user("off", userpool.Confirmed)
			must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: &off}))(t)
			_, err := w.signInBySRP(client, off, password)
			refused(t, err, "NotAuthorizedException", "User is disabled.")
			if name == "hidden" {
				_, err = w.signInBySRP(client, off, "Wrong-Horse-7")
				refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
			} else if _, err = w.startSRP(client, off); err == nil {
				t.Error("a disabled user was made an offer")
			}
		})
	}
}

func TestTemporaryPasswordByProof(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	client := w.srpClient(pool, nil)
	for _, name := range []string{"ann", "late"} {
		must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: &name, TemporaryPassword: aws.String(password), MessageAction: "SUPPRESS"}))(t)
	}
	out := must(w.signInBySRP(client, "ann", password))(t)
	if out.ChallengeName != "NEW_PASSWORD_REQUIRED" || out.Session == nil || out.AuthenticationResult != nil {
		t.Fatalf("answered %+v", out)
	}
	done := must(w.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{
		ClientId: client.ClientId, ChallengeName: out.ChallengeName, Session: out.Session,
		ChallengeResponses: map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Better-Horse-4"},
	}))(t)
	if done.AuthenticationResult == nil {
		t.Fatalf("answered %+v", done)
	}
	_, err := w.signInBySRP(client, "ann", password)
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	if out := must(w.signInBySRP(client, "ann", "Better-Horse-4"))(t); out.AuthenticationResult == nil {
		t.Fatalf("answered %+v", out)
	}
	w.clock.Advance(8 * 24 * time.Hour)
	_, err = w.signInBySRP(client, "late", password)
	refused(t, err, "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.")
}

func TestAdministratorsMayUseProofsToo(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	client, deaf := w.srpClient(pool, nil), w.client(pool, nil)
	w.user(pool, "ann")
	side := must(srp.NewClient(rand.Reader))(t)
	in := &idp.AdminInitiateAuthInput{UserPoolId: pool.Id, ClientId: client.ClientId, AuthFlow: "USER_SRP_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "SRP_A": side.A()}}
	out := must(w.AdminInitiateAuth(ctx, in))(t)
	p := &proof{&idp.InitiateAuthOutput{ChallengeParameters: out.ChallengeParameters}, w, client, side}
	done := must(w.AdminRespondToAuthChallenge(ctx, &idp.AdminRespondToAuthChallengeInput{
		UserPoolId: pool.Id, ClientId: client.ClientId, ChallengeName: out.ChallengeName, Session: out.Session, ChallengeResponses: p.answers(password),
	}))(t)
	if done.AuthenticationResult == nil {
		t.Errorf("answered %+v", done)
	}
	in.ClientId = deaf.ClientId
	_, err := w.AdminInitiateAuth(ctx, in)
	refused(t, err, "InvalidParameterException", "Auth flow not enabled for this client")
}
