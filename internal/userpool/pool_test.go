package userpool_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestPoolsOfTheTutorial(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.Policies = &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(8), RequireLowercase: true, RequireNumbers: true, RequireSymbols: true}}
		in.AdminCreateUserConfig = &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: true}
		in.MfaConfiguration = "OFF"
		in.UserPoolTags = map[string]string{"team": "pizza"}
	})
	if !strings.HasPrefix(*pool.Id, region+"_") || len(*pool.Id) != len(region)+10 {
		t.Errorf("id %s", *pool.Id)
	}
	if want := "arn:aws:cognito-idp:" + region + ":" + account + ":userpool/" + *pool.Id; *pool.Arn != want {
		t.Errorf("ARN %s, want %s", *pool.Arn, want)
	}
	got := must(w.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool
	policy := got.Policies.PasswordPolicy
	if *policy.MinimumLength != 8 || policy.RequireUppercase || !policy.RequireSymbols || policy.TemporaryPasswordValidityDays != 7 {
		t.Errorf("policy %+v", policy)
	}
	if got.UserPoolTags["team"] != "pizza" || !got.AdminCreateUserConfig.AllowAdminCreateUserOnly || got.MfaConfiguration != "OFF" || !*got.UsernameConfiguration.CaseSensitive {
		t.Errorf("pool %+v", got)
	}
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	must(w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("regular")}))(t)
	user := must(w.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("regular")}))(t)
	if user.UserStatus != "FORCE_CHANGE_PASSWORD" || !user.Enabled {
		t.Errorf("user %+v", user)
	}
	for _, weak := range []string{"alllower1", "ALLUPPER1!", "nodigits!", "sh0rt!"} {
		_, err := w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("regular"), Password: &weak, Permanent: true})
		refused(t, err, "InvalidPasswordException", "")
	}
	must(w.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("regular"), Password: aws.String("lower-case-1"), Permanent: true}))(t)
	if out := must(w.signIn(client, "regular", "lower-case-1"))(t); out.AuthenticationResult == nil {
		t.Errorf("got %+v", out)
	}
}

func TestPoolSettingsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		text   string
		change func(*idp.CreateUserPoolInput)
	}{
		"MFA by nothing": {"SMS configuration and Auto verification for phone_number are required when MFA is required/optional", func(in *idp.CreateUserPoolInput) { in.MfaConfiguration = "ON" }},
		"triggers": {"The trigger InboundFederation is not supported by Sallyport yet", func(in *idp.CreateUserPoolInput) {
			in.LambdaConfig = &types.LambdaConfigType{InboundFederation: &types.InboundFederationLambdaType{LambdaArn: aws.String("arn:aws:lambda:eu-west-1:000000000000:function:f"), LambdaVersion: "V1_0"}}
		}},
		"SMS by nobody": {"SnsCallerArn must be the ARN of a role.", func(in *idp.CreateUserPoolInput) {
			in.SmsConfiguration = &types.SmsConfigurationType{SnsCallerArn: aws.String("sms")}
		}},
		"proving first what is not proved": {"AttributesRequireVerificationBeforeUpdate may name attributes of AutoVerifiedAttributes only.", func(in *idp.CreateUserPoolInput) {
			in.UserAttributeUpdateSettings = &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"email"}}
		}},
		"long subject": {"", func(in *idp.CreateUserPoolInput) { in.EmailVerificationSubject = aws.String(strings.Repeat("x", 141)) }},
		"add-ons": {"AdvancedSecurityAdditionalFlows is not supported by Sallyport yet", func(in *idp.CreateUserPoolInput) {
			in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityMode: "ENFORCED", AdvancedSecurityAdditionalFlows: &types.AdvancedSecurityAdditionalFlowsType{CustomAuthMode: "AUDIT"}}
		}},
		"mode of add-ons": {"", func(in *idp.CreateUserPoolInput) {
			in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityMode: "LOUD"}
		}},
		"long history": {"", func(in *idp.CreateUserPoolInput) {
			in.Policies = &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{PasswordHistorySize: aws.Int32(25)}}
		}},
		"length": {"", func(in *idp.CreateUserPoolInput) {
			in.Policies = &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(5)}}
		}},
		"both names": {"", func(in *idp.CreateUserPoolInput) {
			in.AliasAttributes, in.UsernameAttributes = []types.AliasAttributeType{"email"}, []types.UsernameAttributeType{"email"}
		}},
		"required custom": {"", func(in *idp.CreateUserPoolInput) {
			in.Schema = []types.SchemaAttributeType{{Name: aws.String("x"), Required: aws.Bool(true)}}
		}},
		"long custom": {"", func(in *idp.CreateUserPoolInput) {
			in.Schema = []types.SchemaAttributeType{{Name: aws.String(strings.Repeat("x", 21))}}
		}},
		"bad bounds": {"", func(in *idp.CreateUserPoolInput) {
			in.Schema = []types.SchemaAttributeType{{Name: aws.String("x"), AttributeDataType: "Number", NumberAttributeConstraints: &types.NumberAttributeConstraintsType{MinValue: aws.String("9"), MaxValue: aws.String("1")}}}
		}},
		"name": {"", func(in *idp.CreateUserPoolInput) { in.PoolName = aws.String("pizza!") }},
		"sub not required": {"", func(in *idp.CreateUserPoolInput) {
			in.Schema = []types.SchemaAttributeType{{Name: aws.String("sub"), Required: aws.Bool(false)}}
		}},
		"recovery": {"", func(in *idp.CreateUserPoolInput) {
			in.AccountRecoverySetting = &types.AccountRecoverySettingType{RecoveryMechanisms: []types.RecoveryOptionType{{Name: "carrier_pigeon", Priority: aws.Int32(1)}}}
		}},
		"message without its code": {"", func(in *idp.CreateUserPoolInput) { in.EmailVerificationMessage = aws.String("Welcome") }},
		"template without its code": {"", func(in *idp.CreateUserPoolInput) {
			in.VerificationMessageTemplate = &types.VerificationMessageTemplateType{EmailMessage: aws.String("Welcome")}
		}},
		"AWS's tags": {"", func(in *idp.CreateUserPoolInput) { in.UserPoolTags = map[string]string{"aws:x": "y"} }},
	} {
		t.Run(name, func(t *testing.T) {
			in := &idp.CreateUserPoolInput{PoolName: aws.String("pizza")}
			c.change(in)
			_, err := w.CreateUserPool(context.Background(), in)
			refused(t, err, "InvalidParameterException", c.text)
		})
	}
	if out := must(w.ListUserPools(context.Background(), &idp.ListUserPoolsInput{MaxResults: aws.Int32(60)}))(t); len(out.UserPools) != 0 {
		t.Errorf("%d pools were left behind", len(out.UserPools))
	}
}

func TestDeletingAPoolTakesEverythingWithIt(t *testing.T) {
	onEveryEngine(t, deletingAPoolTakesEverythingWithIt)
}

func deletingAPoolTakesEverythingWithIt(t *testing.T, w *world) {
	ctx := context.Background()
	pool := w.pool(func(in *idp.CreateUserPoolInput) { in.DeletionProtection = "ACTIVE" })
	client := w.client(pool, nil)
	w.resourceServer(pool, "pizza", "read")
	w.user(pool, "ann", "email", "ann@example.com")
	tokens := w.tokens(client, "ann")
	_, err := w.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: pool.Id})
	refused(t, err, "InvalidParameterException", "")
	must(w.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: pool.Id, DeletionProtection: "INACTIVE"}))(t)
	_, err = w.in("us-east-1").DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: pool.Id})
	refused(t, err, "ResourceNotFoundException", "")
	must(w.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: pool.Id}))(t)
	_, err = w.signIn(client, "ann", password)
	refused(t, err, "ResourceNotFoundException", "")
	_, err = w.refresh(client, *tokens.RefreshToken)
	refused(t, err, "ResourceNotFoundException", "")
	_, err = w.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool.Id})
	refused(t, err, "ResourceNotFoundException", "User pool "+*pool.Id+" does not exist.")
	for _, table := range []string{"user_pools", "user_pool_keys", "user_pool_clients", "user_pool_users", "user_pool_names", "user_pool_search", "user_pool_grants", "user_pool_resource_servers"} {
		if n := w.rows(table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

func TestPoolsAreListedByRegionInPages(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	want := map[string]bool{}
	for range 5 {
		want[*w.pool(nil).Id] = true
	}
	must(w.in("us-east-1").CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("elsewhere")}))(t)
	got := map[string]bool{}
	pages := idp.NewListUserPoolsPaginator(w, &idp.ListUserPoolsInput{MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page := must(pages.NextPage(ctx))(t)
		if len(page.UserPools) > 2 {
			t.Errorf("a page of %d", len(page.UserPools))
		}
		for _, p := range page.UserPools {
			got[*p.Id] = true
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	_, err := w.ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(2), NextToken: aws.String("made-up")})
	refused(t, err, "InvalidParameterException", "Invalid pagination token provided.")
	_, err = w.ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(61)})
	refused(t, err, "InvalidParameterException", "")
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	must(w.TagResource(ctx, &idp.TagResourceInput{ResourceArn: pool.Arn, Tags: map[string]string{"a": "1", "b": "2"}}))(t)
	must(w.UntagResource(ctx, &idp.UntagResourceInput{ResourceArn: pool.Arn, TagKeys: []string{"a", "never"}}))(t)
	if got := must(w.ListTagsForResource(ctx, &idp.ListTagsForResourceInput{ResourceArn: pool.Arn}))(t).Tags; !reflect.DeepEqual(got, map[string]string{"b": "2"}) {
		t.Errorf("tags %v", got)
	}
	_, err := w.TagResource(ctx, &idp.TagResourceInput{ResourceArn: aws.String(strings.Replace(*pool.Arn, account, "111111111111", 1)), Tags: map[string]string{"a": "1"}})
	refused(t, err, "InvalidParameterException", "")
}

func TestClientSettings(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.pool(nil)
	made := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.GenerateSecret = true
		in.AllowedOAuthFlows, in.AllowedOAuthFlowsUserPoolClient = []types.OAuthFlowType{"code"}, true
		in.AllowedOAuthScopes, in.CallbackURLs = []string{"openid", "email"}, []string{"https://app.example.com/back", "http://localhost:3000/", "myapp://back"}
		in.SupportedIdentityProviders = []string{"COGNITO"}
	})
	if len(*made.ClientId) != 26 || len(*made.ClientSecret) < 24 || made.RefreshTokenValidity != 30 || !*made.EnableTokenRevocation || made.PreventUserExistenceErrors != "LEGACY" {
		t.Errorf("client %+v", made)
	}
	got := must(w.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId}))(t).UserPoolClient
	if *got.ClientSecret != *made.ClientSecret || !reflect.DeepEqual(got.CallbackURLs, made.CallbackURLs) || !reflect.DeepEqual(got.ExplicitAuthFlows, made.ExplicitAuthFlows) {
		t.Errorf("described %+v, made %+v", got, made)
	}
	updated := must(w.UpdateUserPoolClient(ctx, &idp.UpdateUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId, PreventUserExistenceErrors: "ENABLED"}))(t).UserPoolClient
	if *updated.ClientSecret != *made.ClientSecret || *updated.ClientName != "web" || len(updated.CallbackURLs) != 0 || updated.PreventUserExistenceErrors != "ENABLED" {
		t.Errorf("updated %+v", updated)
	}
	for name, c := range map[string]struct {
		code   string
		change func(*idp.CreateUserPoolClientInput)
	}{
		"access token too short": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.AccessTokenValidity, in.TokenValidityUnits = aws.Int32(299), &types.TokenValidityUnitsType{AccessToken: "seconds"}
		}},
		"access token too long": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.AccessTokenValidity = aws.Int32(25) }},
		"ID token in days": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.IdTokenValidity, in.TokenValidityUnits = aws.Int32(2), &types.TokenValidityUnitsType{IdToken: "days"}
		}},
		"access token so long that it wraps around": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			// 213504 days are 2^64 ns and 25 minutes.
			in.AccessTokenValidity, in.TokenValidityUnits = aws.Int32(213504), &types.TokenValidityUnitsType{AccessToken: "days"}
		}},
		"refresh token so long that it wraps around": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.RefreshTokenValidity = 213504 + 30 }},
		"refresh token too long":                     {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.RefreshTokenValidity = 3651 }},
		"refresh token shorter than the access token": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.AccessTokenValidity, in.RefreshTokenValidity, in.TokenValidityUnits = aws.Int32(2), 1, &types.TokenValidityUnitsType{RefreshToken: "hours"}
		}},
		"access token of no time": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.AccessTokenValidity = aws.Int32(0) }},
		"unknown unit": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.TokenValidityUnits = &types.TokenValidityUnitsType{AccessToken: "weeks"}
		}},
		"half of an analytics application": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.AnalyticsConfiguration = &types.AnalyticsConfigurationType{ApplicationId: aws.String("d70b2ba36a8c4dc5a04a0451a31a1e12")}
		}},
		"too many scopes": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthScopes = make([]string, 51) }},
		"negative":        {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.RefreshTokenValidity = -1 }},
		"legacy beside new flows": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "ADMIN_NO_SRP_AUTH"}
		}},
		"unknown flow": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_ALL"}
		}},
		"unknown attribute": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.ReadAttributes = []string{"custom:none"} }},
		"plain http":        {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.CallbackURLs = []string{"http://app.example.com/"} }},
		"fragment":          {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.CallbackURLs = []string{"https://app.example.com/#a"} }},
		"javascript":        {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.CallbackURLs = []string{"javascript:alert(1)"} }},
		"default redirect elsewhere": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) {
			in.DefaultRedirectURI = aws.String("https://app.example.com/")
		}},
		"credentials beside code": {"InvalidOAuthFlowException", func(in *idp.CreateUserPoolClientInput) {
			in.GenerateSecret, in.AllowedOAuthFlows = true, []types.OAuthFlowType{"code", "client_credentials"}
		}},
		"credentials, no secret": {"InvalidOAuthFlowException", func(in *idp.CreateUserPoolClientInput) {
			in.AllowedOAuthFlows = []types.OAuthFlowType{"client_credentials"}
		}},
		"custom scope":     {"ScopeDoesNotExistException", func(in *idp.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"pizza/read"} }},
		"foreign provider": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.SupportedIdentityProviders = []string{"Google"} }},
		"weak secret":      {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.ClientSecret = aws.String("short") }},
		"session too long": {"InvalidParameterException", func(in *idp.CreateUserPoolClientInput) { in.AuthSessionValidity = aws.Int32(16) }},
	} {
		t.Run(name, func(t *testing.T) {
			in := &idp.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: aws.String("web")}
			c.change(in)
			_, err := w.CreateUserPoolClient(ctx, in)
			refused(t, err, c.code, "")
		})
	}
	for range 2 {
		w.client(pool, nil)
	}
	list := must(w.ListUserPoolClients(ctx, &idp.ListUserPoolClientsInput{UserPoolId: pool.Id, MaxResults: aws.Int32(2)}))(t)
	rest := must(w.ListUserPoolClients(ctx, &idp.ListUserPoolClientsInput{UserPoolId: pool.Id, MaxResults: aws.Int32(2), NextToken: list.NextToken}))(t)
	if len(list.UserPoolClients) != 2 || len(rest.UserPoolClients) != 1 || rest.NextToken != nil {
		t.Errorf("pages of %d and %d", len(list.UserPoolClients), len(rest.UserPoolClients))
	}
	_, err := w.ListUserPoolClients(ctx, &idp.ListUserPoolClientsInput{UserPoolId: w.pool(nil).Id, NextToken: list.NextToken})
	refused(t, err, "InvalidParameterException", "Invalid pagination token provided.")
	must(w.DeleteUserPoolClient(ctx, &idp.DeleteUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId}))(t)
	_, err = w.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: pool.Id, ClientId: made.ClientId})
	refused(t, err, "ResourceNotFoundException", "User pool client "+*made.ClientId+" does not exist.")
}

// What an ordinary tool sends that means nothing more than the default.
func TestPoolsAsToolsMakeThem(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*idp.CreateUserPoolInput){
		"a console": func(in *idp.CreateUserPoolInput) {
			in.Policies = &types.UserPoolPolicyType{
				PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(8), RequireNumbers: true, TemporaryPasswordValidityDays: 7},
				SignInPolicy:   &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD"}},
			}
			in.AutoVerifiedAttributes, in.AliasAttributes = []types.VerifiedAttributeType{"email"}, []types.AliasAttributeType{"email"}
			in.LambdaConfig, in.MfaConfiguration, in.UserPoolTier = &types.LambdaConfigType{}, "OFF", "ESSENTIALS"
			in.VerificationMessageTemplate = &types.VerificationMessageTemplateType{DefaultEmailOption: "CONFIRM_WITH_CODE"}
			in.EmailConfiguration = &types.EmailConfigurationType{EmailSendingAccount: "COGNITO_DEFAULT"}
			in.UserAttributeUpdateSettings = &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"email"}}
			in.AdminCreateUserConfig = &types.AdminCreateUserConfigType{}
			in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
			in.AccountRecoverySetting = &types.AccountRecoverySettingType{RecoveryMechanisms: []types.RecoveryOptionType{{Name: "verified_email", Priority: aws.Int32(1)}}}
			in.UserPoolTags = map[string]string{}
		},
		"templates as code": func(in *idp.CreateUserPoolInput) {
			in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityMode: "OFF"}
			in.AdminCreateUserConfig = &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: true}
			in.EmailVerificationMessage, in.EmailVerificationSubject = aws.String("Your code is {####}"), aws.String("Verify")
			in.SmsConfiguration = &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::000000000000:role/sms"), ExternalId: aws.String("x")}
			in.SmsVerificationMessage, in.SmsAuthenticationMessage = aws.String("Your code is {####}"), aws.String("Your code is {####}")
			in.Schema = []types.SchemaAttributeType{
				{Name: aws.String("email"), AttributeDataType: "String", Required: aws.Bool(true), Mutable: aws.Bool(true), DeveloperOnlyAttribute: aws.Bool(false)},
				{Name: aws.String("shoe"), AttributeDataType: "Number", NumberAttributeConstraints: &types.NumberAttributeConstraintsType{}},
				{Name: aws.String("hat"), AttributeDataType: "String", StringAttributeConstraints: &types.StringAttributeConstraintsType{}},
			}
		},
		"a copy of another pool's description": func(in *idp.CreateUserPoolInput) {
			from := must(w.DescribeUserPool(context.Background(), &idp.DescribeUserPoolInput{UserPoolId: w.pool(nil).Id}))(t).UserPool
			in.Schema, in.Policies, in.LambdaConfig, in.EmailConfiguration = from.SchemaAttributes, from.Policies, from.LambdaConfig, from.EmailConfiguration
			in.VerificationMessageTemplate, in.UsernameConfiguration, in.DeletionProtection = from.VerificationMessageTemplate, from.UsernameConfiguration, from.DeletionProtection
			in.MfaConfiguration, in.UserPoolTier, in.UserPoolTags = from.MfaConfiguration, from.UserPoolTier, from.UserPoolTags
		},
	} {
		t.Run(name, func(t *testing.T) { w.pool(change) })
	}
}
