package userpool_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Every setting of a client comes back as it was given, and an update that
// leaves all of them out goes back to what a new client has.
func TestClientSettingsComeBackAndGoBack(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	w.resourceServer(pool, "pizza", "read")
	in := &idp.CreateUserPoolClientInput{
		UserPoolId: pool.Id, ClientName: aws.String("web"), GenerateSecret: true,
		AccessTokenValidity: aws.Int32(10), IdTokenValidity: aws.Int32(600), RefreshTokenValidity: 2,
		TokenValidityUnits:  &types.TokenValidityUnitsType{AccessToken: "minutes", IdToken: "seconds", RefreshToken: "hours"},
		AuthSessionValidity: aws.Int32(15), EnableTokenRevocation: aws.Bool(false), EnablePropagateAdditionalUserContextData: aws.Bool(true),
		PreventUserExistenceErrors: "ENABLED", ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH"},
		ReadAttributes: []string{"email", "name"}, WriteAttributes: []string{"name"},
		AllowedOAuthFlows: []types.OAuthFlowType{"code"}, AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthScopes: []string{"openid", "pizza/read"},
		CallbackURLs: []string{"https://app.example.com/"}, LogoutURLs: []string{"https://app.example.com/bye"}, DefaultRedirectURI: aws.String("https://app.example.com/"),
		SupportedIdentityProviders: []string{"COGNITO"},
		AnalyticsConfiguration:     &types.AnalyticsConfigurationType{ApplicationArn: aws.String("arn:aws:mobiletargeting:eu-west-1:000000000000:apps/x"), UserDataShared: true},
	}
	made := must(w.CreateUserPoolClient(ctx, in))(t).UserPoolClient
	want := &types.UserPoolClientType{
		UserPoolId: pool.Id, ClientName: in.ClientName, ClientId: made.ClientId, ClientSecret: made.ClientSecret, CreationDate: made.CreationDate, LastModifiedDate: made.LastModifiedDate,
		AccessTokenValidity: in.AccessTokenValidity, IdTokenValidity: in.IdTokenValidity, RefreshTokenValidity: 2, TokenValidityUnits: in.TokenValidityUnits,
		AuthSessionValidity: in.AuthSessionValidity, EnableTokenRevocation: in.EnableTokenRevocation, EnablePropagateAdditionalUserContextData: in.EnablePropagateAdditionalUserContextData,
		PreventUserExistenceErrors: "ENABLED", ExplicitAuthFlows: in.ExplicitAuthFlows, ReadAttributes: in.ReadAttributes, WriteAttributes: in.WriteAttributes,
		AllowedOAuthFlows: in.AllowedOAuthFlows, AllowedOAuthFlowsUserPoolClient: aws.Bool(true), AllowedOAuthScopes: in.AllowedOAuthScopes,
		CallbackURLs: in.CallbackURLs, LogoutURLs: in.LogoutURLs, DefaultRedirectURI: in.DefaultRedirectURI, SupportedIdentityProviders: in.SupportedIdentityProviders,
		AnalyticsConfiguration: in.AnalyticsConfiguration,
	}
	if got := must(w.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId}))(t).UserPoolClient; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	plain := must(w.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: aws.String("web")}))(t).UserPoolClient
	bare := must(w.UpdateUserPoolClient(ctx, &idp.UpdateUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId}))(t).UserPoolClient
	bare.ClientId, bare.ClientSecret, bare.CreationDate, bare.LastModifiedDate = plain.ClientId, nil, plain.CreationDate, plain.LastModifiedDate
	if !reflect.DeepEqual(bare, plain) {
		t.Errorf("updated %+v\nnew     %+v", bare, plain)
	}
	if !*plain.EnableTokenRevocation || plain.RefreshTokenValidity != 30 || *plain.AuthSessionValidity != 3 || plain.PreventUserExistenceErrors != "LEGACY" {
		t.Errorf("a new client is %+v", plain)
	}
}

func TestValidityInEachUnit(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	for _, c := range []struct {
		unit   types.TimeUnitsType
		amount int32
		good   bool
	}{
		{"seconds", 300, true}, {"seconds", 299, false}, {"seconds", 86400, true}, {"seconds", 86401, false},
		{"minutes", 5, true}, {"minutes", 4, false}, {"minutes", 1440, true}, {"minutes", 1441, false},
		{"hours", 1, true}, {"hours", 24, true}, {"hours", 25, false}, {"", 24, true}, {"", 25, false}, {"days", 1, true}, {"days", 2, false},
	} {
		_, err := w.CreateUserPoolClient(context.Background(), &idp.CreateUserPoolClientInput{
			UserPoolId: pool.Id, ClientName: aws.String("web"), AccessTokenValidity: &c.amount, IdTokenValidity: &c.amount,
			TokenValidityUnits: &types.TokenValidityUnitsType{AccessToken: c.unit, IdToken: c.unit},
		})
		if c.good && err != nil {
			t.Errorf("%d %s: %v", c.amount, c.unit, err)
		}
		if !c.good {
			refused(t, err, "InvalidParameterException", "Invalid range for token validity.")
		}
	}
	// 0 is the default, whatever the unit.
	for unit, shown := range map[types.TimeUnitsType]types.TimeUnitsType{"": "", "hours": "days", "days": "days"} {
		c := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
			in.TokenValidityUnits = &types.TokenValidityUnitsType{RefreshToken: unit}
		})
		if c.RefreshTokenValidity != 30 || c.TokenValidityUnits.RefreshToken != shown {
			t.Errorf("%d %s of unit %q", c.RefreshTokenValidity, c.TokenValidityUnits.RefreshToken, unit)
		}
	}
}

func TestKeyAndIssuerOfAPool(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.KeyConfiguration = &types.KeyConfigurationType{KeyType: "AWS_OWNED_KEY"}
		in.IssuerConfiguration = &types.IssuerConfigurationType{Type: "ORIGINAL"}
	})
	if pool.KeyConfiguration.KeyType != "AWS_OWNED_KEY" || pool.IssuerConfiguration.Type != "ORIGINAL" {
		t.Errorf("pool %+v", pool)
	}
	for _, change := range []func(*idp.CreateUserPoolInput){
		func(in *idp.CreateUserPoolInput) {
			in.KeyConfiguration = &types.KeyConfigurationType{KeyType: "CUSTOMER_MANAGED_KEY", KmsKeyArn: aws.String("arn:aws:kms:eu-west-1:000000000000:key/x")}
		},
		func(in *idp.CreateUserPoolInput) {
			in.KeyConfiguration = &types.KeyConfigurationType{KeyType: "AWS_OWNED_KEY", KmsKeyArn: aws.String("arn:aws:kms:eu-west-1:000000000000:key/x")}
		},
		func(in *idp.CreateUserPoolInput) { in.KeyConfiguration = &types.KeyConfigurationType{} },
		func(in *idp.CreateUserPoolInput) {
			in.IssuerConfiguration = &types.IssuerConfigurationType{Type: "UPDATED"}
		},
	} {
		in := &idp.CreateUserPoolInput{PoolName: aws.String("pizza")}
		change(in)
		_, err := w.CreateUserPool(context.Background(), in)
		refused(t, err, "InvalidParameterException", "")
	}
}
