package userpool_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool"
)

// node is a second service on the world's database, as on another machine or
// after a restart.
func (w *world) node() *world {
	w.t.Helper()
	second := *w
	var err error
	if second.service, err = userpool.New(w.config); err != nil {
		w.t.Fatal(err)
	}
	second.service.Quicken()
	if err := second.service.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	second.serve()
	return &second
}

func TestTwoSecretsOfAClient(t *testing.T) { onEveryEngine(t, twoSecretsOfAClient) }

func twoSecretsOfAClient(t *testing.T, w *world) {
	ctx := context.Background()
	pool := w.pool(nil)
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	w.user(pool, "ann")
	elsewhere := w.node()
	with := func(secret string) *types.UserPoolClientType {
		c := *client
		c.ClientSecret = &secret
		return &c
	}
	good := func(secret string) {
		t.Helper()
		for _, at := range []*world{w, elsewhere} {
			tokens := at.tokens(with(secret), "ann")
			out := must(at.InitiateAuth(ctx, &idp.InitiateAuthInput{AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: client.ClientId, AuthParameters: map[string]string{
				"REFRESH_TOKEN": *tokens.RefreshToken, "SECRET_HASH": secretHash(with(secret), "ann"),
			}}))(t)
			if out.AuthenticationResult == nil {
				t.Error("not refreshed")
			}
			must(at.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: client.ClientId, ClientSecret: &secret, Token: tokens.RefreshToken}))(t)
		}
	}
	bad := func(secret string) {
		t.Helper()
		for _, at := range []*world{w, elsewhere} {
			_, err := at.signIn(with(secret), "ann", password)
			refused(t, err, "NotAuthorizedException", "Unable to verify secret hash for client "+*client.ClientId)
			_, err = at.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: client.ClientId, ClientSecret: &secret, Token: aws.String("x")})
			refused(t, err, "UnauthorizedException", "")
			_, err = at.ForgotPassword(ctx, &idp.ForgotPasswordInput{ClientId: client.ClientId, Username: aws.String("ann"), SecretHash: aws.String(secretHash(with(secret), "ann"))})
			refused(t, err, "NotAuthorizedException", "Unable to verify secret hash for client "+*client.ClientId)
		}
	}
	list := func() []types.ClientSecretDescriptorType {
		t.Helper()
		return must(w.ListUserPoolClientSecrets(ctx, &idp.ListUserPoolClientSecretsInput{UserPoolId: pool.Id, ClientId: client.ClientId}))(t).ClientSecrets
	}
	remove := func(id *string) error {
		_, err := w.DeleteUserPoolClientSecret(ctx, &idp.DeleteUserPoolClientSecretInput{UserPoolId: pool.Id, ClientId: client.ClientId, ClientSecretId: id})
		return err
	}
	first := *client.ClientSecret
	good(first)
	if l := list(); len(l) != 1 || !strings.HasPrefix(*l[0].ClientSecretId, *client.ClientId+"--") || l[0].ClientSecretValue != nil || l[0].ClientSecretCreateDate == nil {
		t.Fatalf("secrets %+v", l)
	}
	refused(t, remove(list()[0].ClientSecretId), "InvalidParameterException", "The last secret of an app client cannot be deleted.")

	add := &idp.AddUserPoolClientSecretInput{UserPoolId: pool.Id, ClientId: client.ClientId}
	added := must(w.AddUserPoolClientSecret(ctx, add))(t).ClientSecretDescriptor
	second := *added.ClientSecretValue
	if len(second) < 24 || second == first {
		t.Errorf("the new secret has %d characters", len(second))
	}
	good(first)
	good(second)
	bad(first + "x")
	bad("")
	bad(first + second)
	if l := list(); len(l) != 2 || *l[1].ClientSecretId != *added.ClientSecretId || *l[0].ClientSecretId == *l[1].ClientSecretId || l[1].ClientSecretValue != nil {
		t.Errorf("secrets %+v", l)
	}
	_, err := w.AddUserPoolClientSecret(ctx, add)
	refused(t, err, "LimitExceededException", "")
	if got := must(w.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: pool.Id, ClientId: client.ClientId}))(t).UserPoolClient; *got.ClientSecret != second {
		t.Error("the client is not shown with its newest secret")
	}
	must(w.UpdateUserPoolClient(ctx, &idp.UpdateUserPoolClientInput{UserPoolId: pool.Id, ClientId: client.ClientId, ExplicitAuthFlows: client.ExplicitAuthFlows}))(t)
	good(first)
	good(second)

	old := list()[0].ClientSecretId
	if err := remove(old); err != nil {
		t.Fatal(err)
	}
	bad(first)
	good(second)
	refused(t, remove(old), "ResourceNotFoundException", "")

	own := "an_own_secret_of_30_characters"
	custom := must(w.AddUserPoolClientSecret(ctx, &idp.AddUserPoolClientSecretInput{UserPoolId: pool.Id, ClientId: client.ClientId, ClientSecret: &own}))(t).ClientSecretDescriptor
	if custom.ClientSecretValue != nil || *custom.ClientSecretId == *old {
		t.Errorf("an own secret is shown as %+v", custom)
	}
	good(own)
	good(second)
	if err := remove(added.ClientSecretId); err != nil {
		t.Fatal(err)
	}
	bad(second)
	good(own)
	good2 := w.node()
	must(good2.signIn(with(own), "ann", password))(t)
}

func TestSecretsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool, other := w.pool(nil), w.pool(nil)
	public := w.client(pool, nil)
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	foreign := w.client(other, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	add := func(pool, client, secret *string) error {
		_, err := w.AddUserPoolClientSecret(ctx, &idp.AddUserPoolClientSecretInput{UserPoolId: pool, ClientId: client, ClientSecret: secret})
		return err
	}
	refused(t, add(pool.Id, public.ClientId, nil), "InvalidParameterException", "Client secrets can be added only to a client that was made with one.")
	refused(t, add(pool.Id, foreign.ClientId, nil), "ResourceNotFoundException", "")
	refused(t, add(pool.Id, client.ClientId, aws.String("short")), "InvalidParameterException", "")
	refused(t, add(pool.Id, client.ClientId, aws.String(strings.Repeat("x", 65))), "InvalidParameterException", "")
	refused(t, add(pool.Id, client.ClientId, aws.String(strings.Repeat("ä", 30))), "InvalidParameterException", "")
	refused(t, add(pool.Id, client.ClientId, client.ClientSecret), "InvalidParameterException", "The client has this secret already.")
	if err := add(pool.Id, client.ClientId, nil); err != nil {
		t.Fatal(err)
	}
	theirs := must(w.ListUserPoolClientSecrets(ctx, &idp.ListUserPoolClientSecretsInput{UserPoolId: other.Id, ClientId: foreign.ClientId}))(t).ClientSecrets[0]
	_, err := w.DeleteUserPoolClientSecret(ctx, &idp.DeleteUserPoolClientSecretInput{UserPoolId: pool.Id, ClientId: client.ClientId, ClientSecretId: theirs.ClientSecretId})
	refused(t, err, "ResourceNotFoundException", "")
	_, err = w.ListUserPoolClientSecrets(ctx, &idp.ListUserPoolClientSecretsInput{UserPoolId: other.Id, ClientId: client.ClientId})
	refused(t, err, "ResourceNotFoundException", "")
	if out := must(w.ListUserPoolClientSecrets(ctx, &idp.ListUserPoolClientSecretsInput{UserPoolId: pool.Id, ClientId: public.ClientId}))(t); len(out.ClientSecrets) != 0 {
		t.Errorf("a public client has %d secrets", len(out.ClientSecrets))
	}
}
