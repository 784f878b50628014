package userpool_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/srp"
)

func TestADeviceNamedWithTheFirstCallAlone(t *testing.T) {
	w := newWorld(t)
	pool := w.tracking(true, false)
	client := w.srpClient(pool, func(in *idp.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"}
	})
	w.user(pool, "ann")
	g, _ := w.confirmed(client, "ann")
	a := must(srp.NewClient(rand.Reader))(t)
	begun := must(w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{
		AuthFlow: "USER_SRP_AUTH", ClientId: client.ClientId, AuthParameters: map[string]string{"USERNAME": "ann", "SRP_A": a.A(), "DEVICE_KEY": g.key},
	}))(t)
	_, poolName, _ := strings.Cut(*pool.Id, "_")
	person := &gadget{w: w, client: client, group: poolName, key: begun.ChallengeParameters["USER_ID_FOR_SRP"], password: password}
	claim := person.claim(a, &idp.RespondToAuthChallengeOutput{ChallengeParameters: begun.ChallengeParameters})
	out := must(g.respond("PASSWORD_VERIFIER", begun.Session, "ann", append(claim, "DEVICE_KEY", "")...))(t)
	if out.ChallengeName != "DEVICE_SRP_AUTH" {
		t.Errorf("got %s", out.ChallengeName)
	}
}

func TestARefreshNamesItsDevice(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.tracking(true, false)
	client := w.client(pool, nil)
	rotating := w.rotating(pool, 0)
	w.user(pool, "ann")
	unconfirmed := w.tokens(client, "ann")
	g, tokens := w.confirmed(client, "ann")
	other, _ := w.confirmed(client, "ann")
	for _, key := range []string{"", other.key, "eu-west-1_00000000-0000-4000-8000-000000000000"} {
		must(g.refresh(unconfirmed.RefreshToken, key))(t)
		_, err := g.refresh(tokens.RefreshToken, key)
		refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
	}
	must(g.refresh(tokens.RefreshToken, g.key))(t)

	turning, first := w.confirmed(rotating, "ann")
	in := &idp.GetTokensFromRefreshTokenInput{ClientId: rotating.ClientId, RefreshToken: first.RefreshToken}
	_, err := w.GetTokensFromRefreshToken(ctx, in)
	refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
	in.DeviceKey = &turning.key
	next := must(w.GetTokensFromRefreshToken(ctx, in))(t).AuthenticationResult // the refusal did not use the token up
	must(w.AdminForgetDevice(ctx, &idp.AdminForgetDeviceInput{UserPoolId: pool.Id, Username: aws.String("ann"), DeviceKey: &turning.key}))(t)
	in.RefreshToken = next.RefreshToken
	_, err = w.GetTokensFromRefreshToken(ctx, in)
	refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
}

func TestDevicesGoWithTheirUserAndTheirPool(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.tracking(true, false)
	client := w.client(pool, nil)
	for _, name := range []string{"ann", "bob"} {
		w.user(pool, name)
		w.confirmed(client, name)
	}
	count := func() int { return len(must(w.service.Devices(ctx, *pool.Id))(t)) }
	must(w.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: aws.String("ann")}))(t)
	if n := count(); n != 1 {
		t.Errorf("%d devices are left of one user", n)
	}
	must(w.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: pool.Id}))(t)
	if n := count(); n != 0 {
		t.Errorf("%d devices are left of a deleted pool", n)
	}
}

func TestTheDeviceConfigurationIsShown(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.tracking(true, true)
	shown := must(w.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.DeviceConfiguration
	if shown == nil || !shown.ChallengeRequiredOnNewDevice || !shown.DeviceOnlyRememberedOnUserPrompt {
		t.Errorf("shown: %+v", shown)
	}
	must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id}))(t)
	if shown := must(w.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.DeviceConfiguration; shown != nil {
		t.Errorf("an update that leaves devices out left them on: %+v", shown)
	}
	client := w.client(pool, nil)
	w.user(pool, "ann")
	if w.tokens(client, "ann").NewDeviceMetadata != nil {
		t.Error("a pool that tracks no devices gave a device key")
	}
}
