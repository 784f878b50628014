package userpool_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

// tracking makes a pool that tracks devices.
func (w *world) tracking(standIn, ask bool) *types.UserPoolType {
	w.t.Helper()
	return w.pool(func(in *idp.CreateUserPoolInput) {
		in.DeviceConfiguration = &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: standIn, DeviceOnlyRememberedOnUserPrompt: ask}
	})
}

// gadget is a device as an application keeps it.
type gadget struct {
	w                    *world
	client               *types.UserPoolClientType
	key, group, password string
}

func (g *gadget) identity() srp.Identity { return srp.Identity{Pool: g.group, User: g.key} }

// secret makes what ConfirmDevice takes.
func (g *gadget) secret() *types.DeviceSecretVerifierConfigType {
	g.w.t.Helper()
	salt := must(srp.NewSalt(rand.Reader))(g.w.t)
	verifier := srp.Verifier(g.identity(), g.password, salt)
	encode := base64.StdEncoding.EncodeToString
	return &types.DeviceSecretVerifierConfigType{Salt: aws.String(encode(salt)), PasswordVerifier: aws.String(encode(append([]byte{0}, verifier...)))}
}

// newGadget is the device that a sign-in was told the key of.
func (w *world) newGadget(c *types.UserPoolClientType, tokens *types.AuthenticationResultType) *gadget {
	w.t.Helper()
	if tokens.NewDeviceMetadata == nil {
		w.t.Fatal("no NewDeviceMetadata")
	}
	return &gadget{w: w, client: c, key: *tokens.NewDeviceMetadata.DeviceKey, group: *tokens.NewDeviceMetadata.DeviceGroupKey, password: "device password"}
}

func (g *gadget) confirm(tokens *types.AuthenticationResultType) (*idp.ConfirmDeviceOutput, error) {
	return g.w.ConfirmDevice(context.Background(), &idp.ConfirmDeviceInput{
		AccessToken: tokens.AccessToken, DeviceKey: &g.key, DeviceName: aws.String("Ann's phone"), DeviceSecretVerifierConfig: g.secret(),
	})
}

// confirmed signs in, and confirms the device.
func (w *world) confirmed(c *types.UserPoolClientType, name string) (*gadget, *types.AuthenticationResultType) {
	w.t.Helper()
	tokens := w.tokens(c, name)
	g := w.newGadget(c, tokens)
	must(g.confirm(tokens))(w.t)
	return g, tokens
}

func (g *gadget) begin(name string) *idp.InitiateAuthOutput {
	g.w.t.Helper()
	return must(g.w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{
		AuthFlow: "USER_PASSWORD_AUTH", ClientId: g.client.ClientId,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password, "DEVICE_KEY": g.key},
	}))(g.w.t)
}

func (g *gadget) respond(challenge types.ChallengeNameType, session *string, name string, more ...string) (*idp.RespondToAuthChallengeOutput, error) {
	in := &idp.RespondToAuthChallengeInput{
		ChallengeName: challenge, ClientId: g.client.ClientId, Session: session,
		ChallengeResponses: map[string]string{"USERNAME": name, "DEVICE_KEY": g.key},
	}
	for i := 0; i < len(more); i += 2 {
		in.ChallengeResponses[more[i]] = more[i+1]
	}
	return g.w.RespondToAuthChallenge(context.Background(), in)
}

// offer goes through DEVICE_SRP_AUTH.
func (g *gadget) offer(session *string, name string) (*srp.Client, *idp.RespondToAuthChallengeOutput, error) {
	client := must(srp.NewClient(rand.Reader))(g.w.t)
	out, err := g.respond("DEVICE_SRP_AUTH", session, name, "SRP_A", client.A())
	return client, out, err
}

// claim is the answer to DEVICE_PASSWORD_VERIFIER.
func (g *gadget) claim(client *srp.Client, out *idp.RespondToAuthChallengeOutput) []string {
	g.w.t.Helper()
	p := out.ChallengeParameters
	block := must(base64.StdEncoding.DecodeString(p["SECRET_BLOCK"]))(g.w.t)
	key := must(client.Key(g.identity(), g.password, p["SALT"], p["SRP_B"]))(g.w.t)
	at := srp.FormatTime(time.Now()) // as a client reckons it, which knows of no advance
	return []string{
		"PASSWORD_CLAIM_SECRET_BLOCK", p["SECRET_BLOCK"], "TIMESTAMP", at,
		"PASSWORD_CLAIM_SIGNATURE", base64.StdEncoding.EncodeToString(key.Proof(g.identity(), block, at)),
	}
}

// signIn goes through password and device.
func (g *gadget) signIn(name string) (*types.AuthenticationResultType, error) {
	g.w.t.Helper()
	begun := g.begin(name)
	if begun.ChallengeName != "DEVICE_SRP_AUTH" {
		return nil, fmt.Errorf("challenge %q, want DEVICE_SRP_AUTH", begun.ChallengeName)
	}
	client, out, err := g.offer(begun.Session, name)
	if err != nil {
		return nil, err
	}
	if out.ChallengeName != "DEVICE_PASSWORD_VERIFIER" {
		return nil, fmt.Errorf("challenge %q, want DEVICE_PASSWORD_VERIFIER", out.ChallengeName)
	}
	done, err := g.respond("DEVICE_PASSWORD_VERIFIER", out.Session, name, g.claim(client, out)...)
	if err != nil {
		return nil, err
	}
	return done.AuthenticationResult, nil
}

func (g *gadget) refresh(token *string, key string) (*types.AuthenticationResultType, error) {
	in := &idp.InitiateAuthInput{AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: g.client.ClientId, AuthParameters: map[string]string{"REFRESH_TOKEN": *token}}
	if key != "" {
		in.AuthParameters["DEVICE_KEY"] = key
	}
	out, err := g.w.InitiateAuth(context.Background(), in)
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}
