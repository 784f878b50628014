package userpool_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestSecondFactorsOfAPool(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		pool := w.pool(nil)
		shown := func() *idp.GetUserPoolMfaConfigOutput {
			return must(w.GetUserPoolMfaConfig(ctx, &idp.GetUserPoolMfaConfigInput{UserPoolId: pool.Id}))(t)
		}
		mode := func() string {
			return string(must(w.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.MfaConfiguration)
		}
		if got := shown(); got.MfaConfiguration != "OFF" || got.SmsMfaConfiguration != nil || got.SoftwareTokenMfaConfiguration != nil || got.EmailMfaConfiguration != nil {
			t.Errorf("a new pool: %+v", got)
		}
		set := must(w.SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{
			UserPoolId: pool.Id, MfaConfiguration: "ON", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
			SmsMfaConfiguration:   &types.SmsMfaConfigType{SmsConfiguration: smsSender, SmsAuthenticationMessage: aws.String("It is {####}")},
			EmailMfaConfiguration: &types.EmailMfaConfigType{Subject: aws.String("Here"), Message: aws.String("It is {####}")},
		}))(t)
		got := shown()
		if set.MfaConfiguration != "ON" || got.MfaConfiguration != "ON" || mode() != "ON" || !got.SoftwareTokenMfaConfiguration.Enabled || !set.SoftwareTokenMfaConfiguration.Enabled ||
			*got.SmsMfaConfiguration.SmsAuthenticationMessage != "It is {####}" || *got.SmsMfaConfiguration.SmsConfiguration.SnsCallerArn != *smsSender.SnsCallerArn ||
			*got.EmailMfaConfiguration.Subject != "Here" || *got.EmailMfaConfiguration.Message != "It is {####}" {
			t.Errorf("got %+v", got)
		}
		// An update that does not speak of MFA leaves it alone.
		must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, DeletionProtection: "INACTIVE"}))(t)
		if got := shown(); mode() != "ON" || got.SmsMfaConfiguration == nil || got.SmsMfaConfiguration.SmsConfiguration == nil || got.EmailMfaConfiguration == nil {
			t.Errorf("after an update: %+v", got)
		}
		must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, MfaConfiguration: "ON"}))(t)
		must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, MfaConfiguration: "OPTIONAL"}))(t)
		if got := shown(); mode() != "OPTIONAL" || !got.SoftwareTokenMfaConfiguration.Enabled || got.EmailMfaConfiguration == nil {
			t.Errorf("after OPTIONAL: %+v", got)
		}
		// What a configuration does not name is off afterwards.
		w.mfa(pool, "OPTIONAL", token)
		if got := shown(); got.SmsMfaConfiguration != nil || got.EmailMfaConfiguration != nil || !got.SoftwareTokenMfaConfiguration.Enabled {
			t.Errorf("got %+v", got)
		}
		must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, MfaConfiguration: "OFF"}))(t)
		if got := shown(); mode() != "OFF" || got.SoftwareTokenMfaConfiguration != nil {
			t.Errorf("after OFF: %+v", got)
		}
		_, err := w.in("us-east-1").SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, MfaConfiguration: "OFF"})
		refused(t, err, "ResourceNotFoundException", "")
	})
}

func TestAPoolIsMadeWithMFA(t *testing.T) {
	w := newWorld(t)
	for _, mode := range []types.UserPoolMfaType{"ON", "OPTIONAL"} {
		pool := w.pool(func(in *idp.CreateUserPoolInput) { in.MfaConfiguration, in.SmsConfiguration = mode, smsSender })
		got := must(w.GetUserPoolMfaConfig(context.Background(), &idp.GetUserPoolMfaConfigInput{UserPoolId: pool.Id}))(t)
		if pool.MfaConfiguration != mode || got.MfaConfiguration != mode || got.SmsMfaConfiguration == nil || got.SoftwareTokenMfaConfiguration.Enabled {
			t.Errorf("%s: got %+v", mode, got)
		}
	}
}

func TestSecondFactorsThatAreRefused(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	const (
		none   = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
		offSet = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
		sender = "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
	)
	app := &types.SoftwareTokenMfaConfigType{Enabled: true}
	for name, c := range map[string]struct {
		in         idp.SetUserPoolMfaConfigInput
		code, text string
	}{
		"nothing":             {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "ON"}, "InvalidParameterException", none},
		"an app that is off":  {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{}}, "InvalidParameterException", none},
		"off with an app":     {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "OFF", SoftwareTokenMfaConfiguration: app}, "InvalidParameterException", offSet},
		"an app and no mode":  {idp.SetUserPoolMfaConfigInput{SoftwareTokenMfaConfiguration: app}, "InvalidParameterException", offSet},
		"texts by nobody":     {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "ON", SmsMfaConfiguration: &types.SmsMfaConfigType{}}, "InvalidParameterException", sender},
		"texts by no role":    {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "ON", SmsMfaConfiguration: &types.SmsMfaConfigType{SmsConfiguration: &types.SmsConfigurationType{SnsCallerArn: aws.String("sms")}}}, "InvalidParameterException", ""},
		"a text with no code": {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "ON", SmsMfaConfiguration: &types.SmsMfaConfigType{SmsConfiguration: smsSender, SmsAuthenticationMessage: aws.String("hello")}}, "InvalidParameterException", ""},
		"a mail with no code": {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "ON", EmailMfaConfiguration: &types.EmailMfaConfigType{Message: aws.String("hello")}}, "InvalidParameterException", ""},
		"an unknown mode":     {idp.SetUserPoolMfaConfigInput{MfaConfiguration: "MAYBE", SoftwareTokenMfaConfiguration: app}, "InvalidParameterException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			pool := w.pool(nil)
			c.in.UserPoolId = pool.Id
			_, err := w.SetUserPoolMfaConfig(ctx, &c.in)
			refused(t, err, c.code, c.text)
			if got := must(w.GetUserPoolMfaConfig(ctx, &idp.GetUserPoolMfaConfigInput{UserPoolId: pool.Id}))(t); got.MfaConfiguration != "OFF" {
				t.Errorf("it took hold: %+v", got)
			}
		})
	}
	pool := w.pool(func(in *idp.CreateUserPoolInput) { in.UserPoolTier = "LITE" })
	_, err := w.SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, MfaConfiguration: "ON", EmailMfaConfiguration: &types.EmailMfaConfigType{}})
	refused(t, err, "FeatureUnavailableInTierException", "")
	pool = w.pool(nil)
	_, err = w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, MfaConfiguration: "ON", SmsConfiguration: smsSender})
	refused(t, err, "InvalidParameterException", "Cannot turn MFA functionality ON, once the user pool has been created.")
	_, err = w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, MfaConfiguration: "OPTIONAL"})
	refused(t, err, "InvalidParameterException", sender)
	w.mfa(pool, "OPTIONAL", email)
	_, err = w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, UserPoolTier: "LITE"})
	refused(t, err, "FeatureUnavailableInTierException", "")
}
