package server_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	idtypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/config"
)

// desk is a user pool before an identity pool, with everybody's sign-in checked
// at the server, and a second client whose tokens are not.
type desk struct {
	*world
	people
	identities *cognitoidentity.Client
	identity   string
	key        string
}

func openDesk(t testing.TB) *desk {
	t.Helper()
	w := start(t, config.Config{}, nil)
	d := &desk{world: w, people: w.people(t, "carla"), identities: cognitoidentity.NewFromConfig(w.aws)}
	d.key = "cognito-idp." + region + ".amazonaws.com/" + d.pool
	d.identity = *must(d.identities.CreateIdentityPool(t.Context(), &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("desk"), AllowClassicFlow: aws.Bool(true),
		CognitoIdentityProviders: []idtypes.CognitoIdentityProvider{{ProviderName: &d.key, ClientId: &d.client, ServerSideTokenCheck: aws.Bool(true)}},
	}))(t).IdentityPoolId
	trust := strings.NewReplacer("POOL", d.identity, "AMR", "authenticated").Replace(trustPool)
	role := must(iam.NewFromConfig(w.aws).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("visitor"), AssumeRolePolicyDocument: &trust}))(t).Role.Arn
	must(d.identities.SetIdentityPoolRoles(t.Context(), &cognitoidentity.SetIdentityPoolRolesInput{
		IdentityPoolId: &d.identity, Roles: map[string]string{"authenticated": *role},
	}))(t)
	return d
}

func (d *desk) open(t testing.TB, logins map[string]string) (id string, err error) {
	out, err := d.identities.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &d.identity, Logins: logins})
	if err != nil {
		return "", err
	}
	_, err = d.identities.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: out.IdentityId, Logins: logins})
	return *out.IdentityId, err
}

// refusedAs holds an error against the code and the text of AWS's exception.
func refusedAs(t testing.TB, err error, code, text string) {
	t.Helper()
	var known smithy.APIError
	if !errors.As(err, &known) || known.ErrorCode() != code || known.ErrorMessage() != text {
		t.Errorf("got %v, want %s: %s", err, code, text)
	}
}

func TestAUserPoolsTokensOpenAnIdentity(t *testing.T) {
	d := openDesk(t)
	tokens := d.signIn(t, d.people)
	logins := map[string]string{d.key: *tokens.IdToken}
	id, err := d.open(t, logins)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.open(t, map[string]string{d.key: *tokens.AccessToken})
	refusedAs(t, err, "NotAuthorizedException", "Invalid login token. Not a valid OpenId Connect identity token.")

	// The basic flow: a token for STS, which asks whether it still stands.
	token := must(d.identities.GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: &id, Logins: logins}))(t).Token
	assume := func() (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return sts.NewFromConfig(d.aws).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String("arn:aws:iam::" + account + ":role/visitor"), RoleSessionName: aws.String("web"), WebIdentityToken: token,
		})
	}
	if out := must(assume())(t); *out.SubjectFromWebIdentityToken != id || *out.Audience != d.identity || *out.Provider != "cognito-identity.amazonaws.com" {
		t.Errorf("%s of %s by %s", *out.SubjectFromWebIdentityToken, *out.Audience, *out.Provider)
	}
	must(d.identities.DeleteIdentities(t.Context(), &cognitoidentity.DeleteIdentitiesInput{IdentityIdsToDelete: []string{id}}))(t)
	if _, err := assume(); err == nil {
		t.Error("the token of a deleted identity is good")
	}
}

func TestWhoIsSignedOutOpensNothing(t *testing.T) {
	for name, end := range map[string]func(d *desk, t testing.TB) error{
		"signed out everywhere": func(d *desk, t testing.TB) error {
			_, err := d.pools.AdminUserGlobalSignOut(t.Context(), &idp.AdminUserGlobalSignOutInput{UserPoolId: &d.pool, Username: &d.people.user})
			return err
		},
		"disabled": func(d *desk, t testing.TB) error {
			_, err := d.pools.AdminDisableUser(t.Context(), &idp.AdminDisableUserInput{UserPoolId: &d.pool, Username: &d.people.user})
			return err
		},
		"deleted": func(d *desk, t testing.TB) error {
			_, err := d.pools.AdminDeleteUser(t.Context(), &idp.AdminDeleteUserInput{UserPoolId: &d.pool, Username: &d.people.user})
			return err
		},
		"of a client that is gone": func(d *desk, t testing.TB) error {
			_, err := d.pools.DeleteUserPoolClient(t.Context(), &idp.DeleteUserPoolClientInput{UserPoolId: &d.pool, ClientId: &d.client})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t)
			logins := map[string]string{d.key: *d.signIn(t, d.people).IdToken}
			if _, err := d.open(t, logins); err != nil {
				t.Fatal(err)
			}
			if err := end(d, t); err != nil {
				t.Fatal(err)
			}
			_, err := d.open(t, logins)
			refusedAs(t, err, "NotAuthorizedException", "Invalid login token. Token has been revoked.")
		})
	}
}

// A user pool may also be registered in IAM as an OpenID Connect provider, under
// the URL that it would have at AWS; its tokens are proved here all the same.
func TestAUserPoolAsAnOpenIDConnectProvider(t *testing.T) {
	d := openDesk(t)
	arn := must(iam.NewFromConfig(d.aws).CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://" + d.key), ClientIDList: []string{d.client},
	}))(t).OpenIDConnectProviderArn
	must(d.identities.UpdateIdentityPool(t.Context(), &cognitoidentity.UpdateIdentityPoolInput{
		IdentityPoolId: &d.identity, IdentityPoolName: aws.String("desk"), OpenIdConnectProviderARNs: []string{*arn},
	}))(t)
	tokens := d.signIn(t, d.people)
	if _, err := d.open(t, map[string]string{d.key: *tokens.IdToken}); err != nil {
		t.Error(err)
	}
	if _, err := d.open(t, map[string]string{d.key: *tokens.AccessToken}); err == nil {
		t.Error("an access token opens an identity")
	}
}
