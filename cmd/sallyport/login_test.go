package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/rogpeppe/go-internal/testscript"
)

const loginPassword = "Correct-Horse-7"

// town is a server with people who sign in.
type town struct {
	*idp.Client
	t   testing.TB
	url string
}

func newTown(t testing.TB) (*town, string) {
	t.Helper()
	address := freeAddress(t)
	serve(t, address, rootEnv, "--ephemeral")
	users, _ := clients(address)
	return &town{users, t, "http://" + address}, address
}

func (w *town) pool(change func(*idp.CreateUserPoolInput)) string {
	w.t.Helper()
	in := &idp.CreateUserPoolInput{PoolName: aws.String("pizza")}
	if change != nil {
		change(in)
	}
	out, err := w.CreateUserPool(context.Background(), in)
	check(w.t, err)
	return *out.UserPool.Id
}

func (w *town) app(pool string, change func(*idp.CreateUserPoolClientInput)) *idptypes.UserPoolClientType {
	w.t.Helper()
	in := &idp.CreateUserPoolClientInput{UserPoolId: &pool, ClientName: aws.String("shell"), ExplicitAuthFlows: []idptypes.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}
	if change != nil {
		change(in)
	}
	out, err := w.CreateUserPoolClient(context.Background(), in)
	check(w.t, err)
	return out.UserPoolClient
}

func (w *town) user(pool, name, temporary string, attributes ...string) {
	w.t.Helper()
	in := &idp.AdminCreateUserInput{UserPoolId: &pool, Username: &name, MessageAction: "SUPPRESS"}
	for i := 0; i < len(attributes); i += 2 {
		in.UserAttributes = append(in.UserAttributes, idptypes.AttributeType{Name: &attributes[i], Value: &attributes[i+1]})
	}
	if temporary != "" {
		in.TemporaryPassword = &temporary
	}
	_, err := w.AdminCreateUser(context.Background(), in)
	check(w.t, err)
	if temporary == "" {
		_, err = w.AdminSetUserPassword(context.Background(), &idp.AdminSetUserPasswordInput{UserPoolId: &pool, Username: &name, Password: aws.String(loginPassword), Permanent: true})
		check(w.t, err)
	}
}

func TestAPersonSignsInFromAShell(t *testing.T) {
	w, address := newTown(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []idptypes.AliasAttributeType{"email"} })
	requiring := w.pool(func(in *idp.CreateUserPoolInput) {
		in.Schema = []idptypes.SchemaAttributeType{{Name: aws.String("nickname"), Required: aws.Bool(true)}}
	})
	secret := w.app(pool, func(in *idp.CreateUserPoolClientInput) {
		in.GenerateSecret, in.ExplicitAuthFlows = true, []idptypes.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH"}
		in.RefreshTokenRotation = &idptypes.RefreshTokenRotationType{Feature: "ENABLED", RetryGracePeriodSeconds: aws.Int32(0)}
	})
	given := map[string]string{
		"SALLYPORT_LISTEN": address, "URL": w.url, "NOBODY": freeAddress(t), "POOL": pool, "REQUIRING": requiring,
		"CLIENT": *w.app(pool, nil).ClientId, "REQUIRINGCLIENT": *w.app(requiring, nil).ClientId,
		"SECRETCLIENT": *secret.ClientId, "SECRET": *secret.ClientSecret,
		"PLAINCLIENT": *w.app(pool, func(in *idp.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []idptypes.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
		}).ClientId,
	}
	w.user(pool, "ann", "", "email", "ann@example.com", "email_verified", "true")
	w.user(pool, "bob", "")
	w.user(pool, "cleo", "")
	for _, name := range []string{"dora", "emma", "fritz"} {
		w.user(requiring, name, "Temporary-7")
	}
	for _, name := range []string{"uma", "rita"} {
		_, err := w.SignUp(context.Background(), &idp.SignUpInput{ClientId: aws.String(given["CLIENT"]), Username: &name, Password: aws.String(loginPassword),
			UserAttributes: []idptypes.AttributeType{{Name: aws.String("email"), Value: aws.String(name + "@example.com")}}})
		check(t, err)
	}
	_, err := w.AdminConfirmSignUp(context.Background(), &idp.AdminConfirmSignUpInput{UserPoolId: &pool, Username: aws.String("rita")})
	check(t, err)
	_, err = w.AdminUpdateUserAttributes(context.Background(), &idp.AdminUpdateUserAttributesInput{UserPoolId: &pool, Username: aws.String("rita"),
		UserAttributes: []idptypes.AttributeType{{Name: aws.String("email_verified"), Value: aws.String("true")}}})
	check(t, err)
	_, err = w.AdminResetUserPassword(context.Background(), &idp.AdminResetUserPasswordInput{UserPoolId: &pool, Username: aws.String("rita")})
	check(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/login",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, ".config"))
			for name, value := range given {
				e.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails": fails,
			"signout": func(ts *testscript.TestScript, _ bool, args []string) {
				_, err := w.AdminUserGlobalSignOut(context.Background(), &idp.AdminUserGlobalSignOutInput{UserPoolId: &pool, Username: &args[0]})
				ts.Check(err)
			},
		},
	})
}
