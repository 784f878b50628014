package userpool_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestPreferencesThatAreRefused(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann")
	w.user(pool, "bob", "phone_number", "+15550101234", "email", "bob@example.com")
	off := w.tokens(c, "bob").AccessToken
	on := &types.SoftwareTokenMfaSettingsType{Enabled: true}
	refused(t, w.enable(pool, "bob", sms), "InvalidParameterException", "SMS_MFA is not enabled for the user pool.")
	_, err := w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{AccessToken: off})
	refused(t, err, "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
	_, err = w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{AccessToken: off, UserCode: aws.String("123456")})
	refused(t, err, "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")

	w.mfa(pool, "OPTIONAL", sms, token, email)
	access := w.tokens(c, "ann").AccessToken
	for name, c := range map[string]struct {
		in   idp.SetUserMFAPreferenceInput
		text string
	}{
		"no phone":        {idp.SetUserMFAPreferenceInput{SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true}}, "User does not have delivery config set to turn on SMS_MFA"},
		"no mail":         {idp.SetUserMFAPreferenceInput{EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true}}, "User does not have delivery config set to turn on EMAIL_OTP"},
		"no app":          {idp.SetUserMFAPreferenceInput{SoftwareTokenMfaSettings: on}, "User has not verified software token mfa"},
		"preferred alone": {idp.SetUserMFAPreferenceInput{SMSMfaSettings: &types.SMSMfaSettingsType{PreferredMfa: true}}, "An MFA that is not enabled cannot be preferred."},
	} {
		t.Run(name, func(t *testing.T) {
			c.in.AccessToken = access
			_, err := w.SetUserMFAPreference(ctx, &c.in)
			refused(t, err, "InvalidParameterException", c.text)
		})
	}
	_, err = w.AdminSetUserMFAPreference(ctx, &idp.AdminSetUserMFAPreferenceInput{
		UserPoolId: pool.Id, Username: aws.String("bob"),
		SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true, PreferredMfa: true}, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: true},
	})
	refused(t, err, "InvalidParameterException", "Only one MFA can be set as preferred.")
	refused(t, w.enable(pool, "eve", sms), "UserNotFoundException", "User does not exist.")
	_, err = w.SetUserMFAPreference(ctx, &idp.SetUserMFAPreferenceInput{AccessToken: aws.String("x.y.z"), SoftwareTokenMfaSettings: on})
	refused(t, err, "NotAuthorizedException", "Invalid Access Token")
	// Nothing of it was half done, and what is off may be turned off.
	if got := w.settings(pool, "bob"); got != `[null,null]` {
		t.Errorf("got %s", got)
	}
	must(w.SetUserMFAPreference(ctx, &idp.SetUserMFAPreferenceInput{
		AccessToken: access, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{}, SMSMfaSettings: &types.SMSMfaSettingsType{},
	}))(t)
	w.tokens(c, "ann")
}

func TestASeedThatWasNotProvedIsNotInForce(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(nil)
	c := w.client(pool, nil)
	w.user(pool, "ann")
	w.mfa(pool, "OPTIONAL", token)
	mine, others := w.tokens(c, "ann").AccessToken, w.tokens(c, "ann").AccessToken
	handOut := func(access *string) *app {
		return w.app(must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{AccessToken: access}))(t).SecretCode)
	}
	prove := func(access *string, code string) error {
		_, err := w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{AccessToken: access, UserCode: &code})
		return err
	}
	refused(t, prove(mine, "123456"), "SoftwareTokenMFANotFoundException", "")
	first := handOut(mine)
	second := handOut(mine)
	elsewhere := handOut(others) // of another sign-in: it takes nobody's place
	refused(t, prove(mine, first.code(0)), "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
	refused(t, prove(mine, elsewhere.code(0)), "EnableSoftwareTokenMFAException", "")
	for _, wrong := range []string{"", "abcdef", second.code(0) + "0", strings.Repeat("1", 3000)} {
		if err := prove(mine, wrong); err == nil {
			t.Errorf("%.10q proved an app", wrong)
		}
	}
	_, err := w.SetUserMFAPreference(ctx, &idp.SetUserMFAPreferenceInput{AccessToken: mine, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true}})
	refused(t, err, "InvalidParameterException", "User has not verified software token mfa")
	w.tokens(c, "ann")
	if err := prove(mine, second.code(0)); err != nil {
		t.Fatal(err)
	}
	refused(t, prove(mine, second.code(1)), "SoftwareTokenMFANotFoundException", "") // it is in force by now
	w.tokens(c, "ann")                                                               // and enabled by whoever sets the preference

	if err := w.enable(pool, "ann", token); err != nil {
		t.Fatal(err)
	}
	late := handOut(mine)
	start := w.asked(c, "ann", token)
	_, err = w.second(c, token, start.Session, "ann", late.wrong(0))
	refused(t, err, "CodeMismatchException", "")
	w.clock.Advance(59 * time.Minute)
	mine = must(w.second(c, token, w.asked(c, "ann", token).Session, "ann", second.code(0)))(t).AuthenticationResult.AccessToken
	late = handOut(mine)
	w.clock.Advance(time.Hour - time.Second)
	refused(t, prove(mine, late.wrong(0)), "EnableSoftwareTokenMFAException", "")
	w.clock.Advance(2 * time.Second)
	if err := prove(mine, late.code(0)); err == nil {
		t.Error("a seed was proved after its time")
	}
	for name, in := range map[string]*idp.AssociateSoftwareTokenInput{"neither": {}, "both": {AccessToken: mine, Session: aws.String(strings.Repeat("s", 40))}} {
		t.Run(name, func(t *testing.T) {
			_, err := w.AssociateSoftwareToken(ctx, in)
			refused(t, err, "InvalidParameterException", "")
			_, err = w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{AccessToken: in.AccessToken, Session: in.Session, UserCode: aws.String("123456")})
			refused(t, err, "InvalidParameterException", "")
		})
	}
}

func TestAFactorComesAndGoesWithItsAddress(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"phone_number"}
	})
	c := w.client(pool, nil)
	w.user(pool, "ann", "phone_number", "+15550101234", "phone_number_verified", "true")
	w.mfa(pool, "OPTIONAL", sms)
	access := w.tokens(c, "ann").AccessToken
	must(w.SetUserSettings(ctx, &idp.SetUserSettingsInput{AccessToken: access, MFAOptions: []types.MFAOptionType{{DeliveryMedium: "SMS", AttributeName: aws.String("phone_number")}}}))(t)
	me := must(w.GetUser(ctx, &idp.GetUserInput{AccessToken: access}))(t)
	if len(me.MFAOptions) != 1 || me.MFAOptions[0].DeliveryMedium != "SMS" || *me.MFAOptions[0].AttributeName != "phone_number" || len(me.UserMFASettingList) != 1 || me.PreferredMfaSetting != nil {
		t.Errorf("got %+v", me)
	}
	// A number that changes stays the factor: codes go to the new one.
	if _, err := w.update(access, "phone_number", "+15550109999"); err != nil {
		t.Fatal(err)
	}
	w.asked(c, "ann", sms)
	if to := w.outbox.last(t).To; to != "+15550109999" {
		t.Errorf("the code went to %s", to)
	}
	// Where the pool wants the new one proved first, the old one stays until then.
	must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{
		UserPoolId: pool.Id, AutoVerifiedAttributes: []types.VerifiedAttributeType{"phone_number"},
		UserAttributeUpdateSettings: &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"phone_number"}},
	}))(t)
	if _, err := w.update(access, "phone_number", "+15550107777"); err != nil {
		t.Fatal(err)
	}
	w.asked(c, "ann", sms)
	if to := w.outbox.last(t).To; to != "+15550109999" {
		t.Errorf("the code went to %s", to)
	}
	must(w.DeleteUserAttributes(ctx, &idp.DeleteUserAttributesInput{AccessToken: access, UserAttributeNames: []string{"phone_number"}}))(t)
	if got := w.settings(pool, "ann"); got != `[null,null]` {
		t.Errorf("without the number: %s", got)
	}
	w.tokens(c, "ann")

	must(w.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: pool.Id, Username: aws.String("ann"), UserAttributes: pairs([]string{"phone_number", "+15550101234", "phone_number_verified", "true"})}))(t)
	options := []types.MFAOptionType{{DeliveryMedium: "SMS", AttributeName: aws.String("phone_number")}}
	must(w.AdminSetUserSettings(ctx, &idp.AdminSetUserSettingsInput{UserPoolId: pool.Id, Username: aws.String("ann"), MFAOptions: options}))(t)
	w.asked(c, "ann", sms)
	must(w.AdminSetUserSettings(ctx, &idp.AdminSetUserSettingsInput{UserPoolId: pool.Id, Username: aws.String("ann"), MFAOptions: []types.MFAOptionType{}}))(t)
	w.tokens(c, "ann")
	for _, bad := range [][]types.MFAOptionType{{{DeliveryMedium: "EMAIL", AttributeName: aws.String("email")}}, {{DeliveryMedium: "SMS", AttributeName: aws.String("email")}}, append(options, options...)} {
		_, err := w.SetUserSettings(ctx, &idp.SetUserSettingsInput{AccessToken: access, MFAOptions: bad})
		refused(t, err, "InvalidParameterException", "")
	}
}

func TestWhereAFactorIsRequired(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email"}
	})
	c := w.client(pool, nil)
	w.user(pool, "holder", "email", "one@example.com", "email_verified", "true")
	w.user(pool, "ann", "phone_number", "+15550101234", "email", "one@example.com")
	w.user(pool, "bob")
	w.user(pool, "cid", "email", "cid@example.com")
	bobs := w.tokens(c, "bob").AccessToken
	w.mfa(pool, "ON", sms, email, token)

	// Who set nothing up proves what they have; who has nothing sets up an app.
	if got := w.asked(c, "ann", "SELECT_MFA_TYPE").ChallengeParameters["MFAS_CAN_CHOOSE"]; got != `["SMS_MFA","EMAIL_OTP"]` {
		t.Errorf("got %s", got)
	}
	if got := w.asked(c, "bob", "MFA_SETUP").ChallengeParameters["MFAS_CAN_SETUP"]; got != `["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]` {
		t.Errorf("got %s", got)
	}
	start := w.asked(c, "cid", email)
	must(w.second(c, email, start.Session, "cid", w.outbox.last(t).Code))(t)

	// An app that was proved counts without a preference: nobody is asked to set up another.
	b := w.app(must(w.AssociateSoftwareToken(ctx, &idp.AssociateSoftwareTokenInput{AccessToken: bobs}))(t).SecretCode)
	must(w.VerifySoftwareToken(ctx, &idp.VerifySoftwareTokenInput{AccessToken: bobs, UserCode: aws.String(b.code(0))}))(t)
	w.asked(c, "bob", token)

	// Who lost their app gets another one by way of an administrator, and not by themselves.
	must(w.SetUserMFAPreference(ctx, &idp.SetUserMFAPreferenceInput{AccessToken: bobs, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true}}))(t)
	_, err := w.SetUserMFAPreference(ctx, &idp.SetUserMFAPreferenceInput{AccessToken: bobs, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{}})
	refused(t, err, "InvalidParameterException", "MFA is required in this user pool: a user's last MFA cannot be turned off.")
	must(w.AdminSetUserMFAPreference(ctx, &idp.AdminSetUserMFAPreferenceInput{UserPoolId: pool.Id, Username: aws.String("bob"), SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{}}))(t)
	w.asked(c, "bob", "MFA_SETUP")
	refused(t, w.enable(pool, "bob", token), "InvalidParameterException", "User has not verified software token mfa")

	// The last factor stays; another may take its place.
	if err := w.enable(pool, "ann", sms); err != nil {
		t.Fatal(err)
	}
	off := &idp.AdminSetUserMFAPreferenceInput{UserPoolId: pool.Id, Username: aws.String("ann"), SMSMfaSettings: &types.SMSMfaSettingsType{}}
	_, err = w.AdminSetUserMFAPreference(ctx, off)
	refused(t, err, "InvalidParameterException", "")
	off.EmailMfaSettings = &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: true}
	must(w.AdminSetUserMFAPreference(ctx, off))(t)
	start = w.asked(c, "ann", email)

	// An address that is another's name is no name of hers, code or no code.
	must(w.second(c, email, start.Session, "ann", w.outbox.last(t).Code))(t)
	if got := w.attribute(pool, "ann", "email_verified"); got == "true" {
		t.Error("one address names two people")
	}
}

func TestOneAddressIsNotRecoveryAndSecondFactor(t *testing.T) {
	recovery := func(names ...types.RecoveryOptionNameType) func(*idp.CreateUserPoolInput) {
		return func(in *idp.CreateUserPoolInput) {
			in.AccountRecoverySetting = &types.AccountRecoverySettingType{}
			for i, n := range names {
				in.AccountRecoverySetting.RecoveryMechanisms = append(in.AccountRecoverySetting.RecoveryMechanisms, types.RecoveryOptionType{Name: n, Priority: aws.Int32(int32(i + 1))})
			}
		}
	}
	for name, c := range map[string]struct {
		pool   func(*idp.CreateUserPoolInput)
		factor string
		want   string
	}{
		"a pool that says nothing": {nil, sms, "phone_number SMS +*******1234"},
		"texts":                    {recovery("verified_phone_number", "verified_email"), sms, "email EMAIL a***@e***"},
		"mail":                     {recovery("verified_email", "verified_phone_number"), email, "phone_number SMS +*******1234"},
		"nothing else":             {recovery("verified_phone_number"), sms, ""},
		"an app":                   {recovery("verified_phone_number"), "", "phone_number SMS +*******1234"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pool := w.pool(c.pool)
			client := w.client(pool, nil)
			w.user(pool, "ann", "phone_number", "+15550101234", "phone_number_verified", "true", "email", "ann@example.com", "email_verified", "true")
			w.mfa(pool, "OPTIONAL", sms, email)
			if c.factor != "" {
				if err := w.enable(pool, "ann", c.factor); err != nil {
					t.Fatal(err)
				}
			}
			d, err := w.forgot(client, "ann")
			if c.want == "" {
				refused(t, err, "InvalidParameterException", "Cannot reset password for the user as there is no registered/verified email or phone_number")
			} else if err != nil || details(d) != c.want {
				t.Errorf("got %s, %v", details(d), err)
			}
		})
	}
}
