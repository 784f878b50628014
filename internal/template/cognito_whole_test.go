package template

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// wholePool has every property of a user pool that is honoured, and all that can stand beside one.
const wholePool = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: people
      UsernameAttributes: [email]
      UsernameConfiguration: {CaseSensitive: false}
      AutoVerifiedAttributes: [email]
      Schema:
        - {Name: email, AttributeDataType: String, Required: true, Mutable: true}
        - {Name: team, AttributeDataType: String, Mutable: true, StringAttributeConstraints: {MinLength: "1", MaxLength: "20"}}
      Policies:
        PasswordPolicy: {MinimumLength: 10, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: false, TemporaryPasswordValidityDays: 3, PasswordHistorySize: 4}
        SignInPolicy: {AllowedFirstAuthFactors: [PASSWORD, EMAIL_OTP, WEB_AUTHN]}
      MfaConfiguration: OPTIONAL
      EnabledMfas: [SOFTWARE_TOKEN_MFA, EMAIL_OTP]
      EmailAuthenticationSubject: Knock knock
      EmailAuthenticationMessage: Your key is {####}
      WebAuthnRelyingPartyID: example.com
      WebAuthnUserVerification: required
      DeviceConfiguration: {ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true}
      AccountRecoverySetting: {RecoveryMechanisms: [{Name: verified_email, Priority: 1}]}
      UserAttributeUpdateSettings: {AttributesRequireVerificationBeforeUpdate: [email]}
      VerificationMessageTemplate: {DefaultEmailOption: CONFIRM_WITH_CODE, EmailSubject: Hello, EmailMessage: "Code {####}"}
      AdminCreateUserConfig: {AllowAdminCreateUserOnly: false, InviteMessageTemplate: {EmailSubject: Come in, EmailMessage: "{username} {####}", SMSMessage: "{username} {####}"}}
      EmailConfiguration: {EmailSendingAccount: COGNITO_DEFAULT}
      SmsConfiguration: {SnsCallerArn: "arn:aws:iam::000000000000:role/sms", ExternalId: x}
      SmsAuthenticationMessage: "Sms {####}"
      UserPoolAddOns: {AdvancedSecurityMode: ENFORCED}
      UserPoolTier: PLUS
      UserPoolTags: {team: shop}
      DeletionProtection: INACTIVE
      LambdaConfig:
        PreSignUp: !GetAtt Before.Arn
        PreTokenGenerationConfig: {LambdaArn: !GetAtt Before.Arn, LambdaVersion: V2_0}
        CustomEmailSender: {LambdaArn: !GetAtt Before.Arn, LambdaVersion: V1_0}
        CustomSMSSender: {LambdaArn: !GetAtt Before.Arn, LambdaVersion: V1_0}
        KMSKeyID: !GetAtt Key.Arn
  Key:
    Type: AWS::KMS::Key
    Properties: {Description: codes, PendingWindowInDays: 7, Tags: [{Key: team, Value: shop}]}
  Named: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/codes, TargetKeyId: !Ref Key}}
  Before:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs22.x, Handler: index.handler, InlineCode: "exports.handler = async e => e"}
  BeforePermission:
    Type: AWS::Lambda::Permission
    Properties: {Action: lambda:InvokeFunction, Principal: cognito-idp.amazonaws.com, FunctionName: !Ref Before, SourceArn: !GetAtt Pool.Arn}
  After:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: "exports.handler = async e => e"
      Events:
        Confirmed: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: PostConfirmation}}
        Signs: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: [PreAuthentication, PostAuthentication]}}
  Server: {Type: AWS::Cognito::UserPoolResourceServer, Properties: {UserPoolId: !Ref Pool, Identifier: shop, Name: Shop, Scopes: [{ScopeName: read, ScopeDescription: Reads}]}}
  Partner:
    Type: AWS::Cognito::UserPoolIdentityProvider
    Properties:
      UserPoolId: !Ref Pool
      ProviderName: Partner
      ProviderType: OIDC
      ProviderDetails: {client_id: a, client_secret: b, authorize_scopes: openid, oidc_issuer: "https://partner.example.com", attributes_request_method: GET}
      AttributeMapping: {email: email}
      IdpIdentifiers: [partner.example.com]
  App:
    Type: AWS::Cognito::UserPoolClient
    DependsOn: Server
    Properties:
      UserPoolId: !Ref Pool
      ClientName: app
      ExplicitAuthFlows: [ALLOW_USER_SRP_AUTH, ALLOW_USER_AUTH, ALLOW_CUSTOM_AUTH]
      RefreshTokenRotation: {Feature: ENABLED, RetryGracePeriodSeconds: 10}
      AuthSessionValidity: 5
      AccessTokenValidity: 30
      IdTokenValidity: 30
      RefreshTokenValidity: 7
      TokenValidityUnits: {AccessToken: minutes, IdToken: minutes, RefreshToken: days}
      EnableTokenRevocation: true
      PreventUserExistenceErrors: ENABLED
      ReadAttributes: [email, "custom:team"]
      WriteAttributes: [email, "custom:team"]
      SupportedIdentityProviders: [COGNITO, !Ref Partner]
  Risk:
    Type: AWS::Cognito::UserPoolRiskConfigurationAttachment
    Properties: {UserPoolId: !Ref Pool, ClientId: ALL, RiskExceptionConfiguration: {BlockedIPRangeList: [192.0.2.0/24]}}
  AppRisk:
    Type: AWS::Cognito::UserPoolRiskConfigurationAttachment
    Properties: {UserPoolId: !Ref Pool, ClientId: !Ref App, CompromisedCredentialsRiskConfiguration: {Actions: {EventAction: NO_ACTION}, EventFilter: [SIGN_IN]}}
  Cooks: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: cooks, Precedence: 2, Description: who bakes}}
  Regular:
    Type: AWS::Cognito::UserPoolUser
    DependsOn: [BeforePermission, AfterCognitoPermission]
    Metadata: {Sallyport: {PermanentPassword: Generate}}
    Properties: {UserPoolId: !Ref Pool, Username: regular@example.com, MessageAction: SUPPRESS, UserAttributes: [{Name: email, Value: regular@example.com}]}
  RegularCooks: {Type: AWS::Cognito::UserPoolUserToGroupAttachment, Properties: {UserPoolId: !Ref Pool, GroupName: !Ref Cooks, Username: !Ref Regular}}
Outputs:
  KeyId: {Value: !Ref Key}
  Alias: {Value: !Ref Named}
`

// withoutRuns is wholePool where no function has to run, for services without a runner.
func withoutRuns(t *testing.T) string {
	return changed(t, wholePool, "        PreSignUp: !GetAtt Before.Arn\n", "")
}

func TestEverythingOfAPoolIsDeployedChangedAndRemoved(t *testing.T) {
	d, _ := services(t)
	ctx, run := context.Background(), &deploy{Deployer: d}
	source := withoutRuns(t)
	first := deployed(t, d, source)
	id, client := &first.Pools[0].ID, &first.Pools[0].Clients[0].ID
	shown := func() string {
		t.Helper()
		pool, err := invoke[cognito.DescribeUserPoolOutput](ctx, run, cognitoIDP, "DescribeUserPool", &cognito.DescribeUserPoolInput{UserPoolId: id})
		must(t, err)
		mfa, err := invoke[cognito.GetUserPoolMfaConfigOutput](ctx, run, cognitoIDP, "GetUserPoolMfaConfig", &cognito.GetUserPoolMfaConfigInput{UserPoolId: id})
		must(t, err)
		b, err := json.Marshal([]any{pool.UserPool.LambdaConfig, pool.UserPool.UserPoolAddOns, pool.UserPool.Policies, pool.UserPool.UserPoolTags, mfa.WebAuthnConfiguration})
		must(t, err)
		return string(b)
	}
	holds := func(text string, all ...string) {
		t.Helper()
		for _, one := range all {
			if !strings.Contains(text, one) {
				t.Errorf("%s is missing in %s", one, text)
			}
		}
	}
	before, after := ":function:sallyport-Before-", ":function:sallyport-After-"
	got := shown()
	holds(got, `"PreTokenGenerationConfig":{"LambdaArn":"arn:aws:lambda:us-east-1:000000000000`+before, `"LambdaVersion":"V2_0"`, `"CustomEmailSender":{"LambdaArn"`, `"KMSKeyID":"arn:aws:kms:us-east-1:000000000000:key/`+outputsOf(first)["KeyId"],
		`"PostConfirmation":"arn:aws:lambda:us-east-1:000000000000`+after, `"PreAuthentication":"arn:aws`, `"PostAuthentication":"arn:aws`,
		`"AdvancedSecurityMode":"ENFORCED"`, `"PasswordHistorySize":4`, `"team":"shop"`, `"RelyingPartyId":"example.com"`, `"UserVerification":"required"`, "WEB_AUTHN")
	if again := deployed(t, d, source); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	policy, err := invoke[lambda.GetPolicyOutput](ctx, run, "lambda", "GetPolicy", &lambda.GetPolicyInput{FunctionName: aws.String(nameOf(t, d, "After"))})
	must(t, err)
	if n := strings.Count(*policy.Policy, "cognito-idp.amazonaws.com"); n != 1 || !strings.Contains(*policy.Policy, "userpool/"+*id) {
		t.Errorf("the pool may call the function by %d statements: %s", n, *policy.Policy)
	}
	risk := func(client *string) string {
		out, err := invoke[cognito.DescribeRiskConfigurationOutput](ctx, run, cognitoIDP, "DescribeRiskConfiguration", &cognito.DescribeRiskConfigurationInput{UserPoolId: id, ClientId: client})
		must(t, err)
		b, err := json.Marshal(out.RiskConfiguration)
		must(t, err)
		return string(b)
	}
	holds(risk(nil), "192.0.2.0/24")
	holds(risk(client), `"EventAction":"NO_ACTION"`)
	provider, err := invoke[cognito.DescribeIdentityProviderOutput](ctx, run, cognitoIDP, "DescribeIdentityProvider", &cognito.DescribeIdentityProviderInput{UserPoolId: id, ProviderName: aws.String("Partner")})
	must(t, err)
	if p := provider.IdentityProvider; p.AttributeMapping["email"] != "email" || !slices.Equal(p.IdpIdentifiers, []string{"partner.example.com"}) {
		t.Errorf("the provider is %+v", p)
	}

	source = changed(t, source,
		"      WebAuthnRelyingPartyID: example.com\n      WebAuthnUserVerification: required\n", "",
		", WEB_AUTHN]", "]", "UserPoolTags: {team: shop}", "EmailVerificationSubject: Now", "LambdaVersion: V2_0", "LambdaVersion: V1_0",
		"Description: codes, PendingWindowInDays: 7, Tags: [{Key: team, Value: shop}]", "Description: secrets, Enabled: false, PendingWindowInDays: 9, Tags: [{Key: of, Value: us}]",
		"[192.0.2.0/24]", "[198.51.100.0/24]", "      AttributeMapping: {email: email}\n      IdpIdentifiers: [partner.example.com]\n", "",
		"Trigger: PostConfirmation", "Trigger: CustomMessage")
	if o := deployed(t, d, source); o.Pools[0].ID != *id || outputsOf(o)["KeyId"] != outputsOf(first)["KeyId"] {
		t.Fatal("the pool or the key is another one")
	}
	got = shown()
	holds(got, `"CustomMessage":"arn:aws`, `"PostConfirmation":null`, `"LambdaVersion":"V1_0"`, `{},null]`)
	holds(risk(nil), "198.51.100.0/24")
	key, err := invoke[kms.DescribeKeyOutput](ctx, run, kmsService, "DescribeKey", &kms.DescribeKeyInput{KeyId: aws.String("alias/codes")})
	must(t, err)
	tags, err := invoke[kms.ListResourceTagsOutput](ctx, run, kmsService, "ListResourceTags", &kms.ListResourceTagsInput{KeyId: key.KeyMetadata.KeyId})
	must(t, err)
	if k := key.KeyMetadata; k.Enabled || *k.Description != "secrets" || len(tags.Tags) != 2 || *tags.Tags[0].TagKey != "of" {
		t.Errorf("the key is %+v, tags %v", k, tags.Tags)
	}
	provider, err = invoke[cognito.DescribeIdentityProviderOutput](ctx, run, cognitoIDP, "DescribeIdentityProvider", &cognito.DescribeIdentityProviderInput{UserPoolId: id, ProviderName: aws.String("Partner")})
	must(t, err)
	if p := provider.IdentityProvider; p.AttributeMapping["email"] != "" || len(p.IdpIdentifiers) > 0 {
		t.Errorf("what the template took away is still there: %+v", p)
	}
	deployed(t, d, changed(t, source, "  Risk:\n    Type: AWS::Cognito::UserPoolRiskConfigurationAttachment\n    Properties: {UserPoolId: !Ref Pool, ClientId: ALL, RiskExceptionConfiguration: {BlockedIPRangeList: [198.51.100.0/24]}}\n", ""))
	if left := risk(nil); strings.Contains(left, "198.51") {
		t.Errorf("the risk configuration is still %s", left)
	}

	deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
	_, err = invoke[cognito.DescribeUserPoolOutput](ctx, run, cognitoIDP, "DescribeUserPool", &cognito.DescribeUserPoolInput{UserPoolId: id})
	if !hasCode(err, "ResourceNotFoundException") {
		t.Errorf("the pool is still there: %v", err)
	}
	ended, err := invoke[kms.DescribeKeyOutput](ctx, run, kmsService, "DescribeKey", &kms.DescribeKeyInput{KeyId: key.KeyMetadata.KeyId})
	must(t, err)
	if ended.KeyMetadata.KeyState != "PendingDeletion" || ended.KeyMetadata.DeletionDate.Sub(d.Clock.Now()).Hours() < 9*24-1 {
		t.Errorf("the key is %s until %v", ended.KeyMetadata.KeyState, ended.KeyMetadata.DeletionDate)
	}
	aliases, err := invoke[kms.ListAliasesOutput](ctx, run, kmsService, "ListAliases", &kms.ListAliasesInput{})
	must(t, err)
	for _, a := range aliases.Aliases {
		if *a.AliasName == "alias/codes" {
			t.Error("the alias is still there")
		}
	}
}

// nameOf is the name of the one function that the template gives this logical id.
func nameOf(t *testing.T, d *Deployer, id string) string {
	t.Helper()
	out, err := invoke[lambda.ListFunctionsOutput](context.Background(), &deploy{Deployer: d}, "lambda", "ListFunctions", &lambda.ListFunctionsInput{})
	must(t, err)
	for _, f := range out.Functions {
		if strings.HasPrefix(*f.FunctionName, "sallyport-"+id+"-") {
			return *f.FunctionName
		}
	}
	t.Fatalf("no function %s", id)
	return ""
}

// Killed after each of its calls, a deploy leaves nothing twice.
func TestKeysAndProvidersAreThereOnceAfterAKill(t *testing.T) {
	const source = `
Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolTier: PLUS, UserPoolAddOns: {AdvancedSecurityMode: AUDIT}}}
  Key: {Type: AWS::KMS::Key, Properties: {Description: codes, Enabled: false}}
  Named: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/codes, TargetKeyId: !Ref Key}}
  Partner: {Type: AWS::Cognito::UserPoolIdentityProvider, Properties: {UserPoolId: !Ref Pool, ProviderName: Partner, ProviderType: OIDC, ProviderDetails: {client_id: a, client_secret: b, authorize_scopes: openid, oidc_issuer: "https://partner.example.com", attributes_request_method: GET}}}
  Risk: {Type: AWS::Cognito::UserPoolRiskConfigurationAttachment, Properties: {UserPoolId: !Ref Pool, ClientId: ALL, RiskExceptionConfiguration: {BlockedIPRangeList: [192.0.2.0/24]}}}
`
	for n := 1; ; n++ {
		d, _ := services(t)
		if deployedOrKilled(t, d, source, n) {
			if n < 5 {
				t.Fatalf("only %d calls were made", n)
			}
			return
		}
		deployed(t, d, source)
		run := &deploy{Deployer: d}
		keys, err := invoke[kms.ListKeysOutput](context.Background(), run, kmsService, "ListKeys", &kms.ListKeysInput{})
		must(t, err)
		pools, err := invoke[cognito.ListUserPoolsOutput](context.Background(), run, cognitoIDP, "ListUserPools", &cognito.ListUserPoolsInput{MaxResults: aws.Int32(10)})
		must(t, err)
		var stay []bool // those that do not wait for their end: are they enabled
		for _, k := range keys.Keys {
			key, err := invoke[kms.DescribeKeyOutput](context.Background(), run, kmsService, "DescribeKey", &kms.DescribeKeyInput{KeyId: k.KeyId})
			must(t, err)
			if key.KeyMetadata.DeletionDate == nil {
				stay = append(stay, key.KeyMetadata.Enabled)
			}
		}
		if len(pools.UserPools) != 1 || !slices.Equal(stay, []bool{false}) {
			t.Fatalf("killed after %d calls: keys %v, %d pools", n, stay, len(pools.UserPools))
		}
		deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
	}
}

func TestWhatIsRefusedBesideAPool(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"rotation of keys":       {"{Description: codes,", "{EnableKeyRotation: true, Description: codes,", "EnableKeyRotation cannot be true"},
		"asymmetric keys":        {"{Description: codes,", "{KeySpec: RSA_2048, Description: codes,", `KeySpec cannot be "RSA_2048"`},
		"mails about risks":      {"EventFilter: [SIGN_IN]}", "EventFilter: [SIGN_IN]}, AccountTakeoverRiskConfiguration: {Actions: {}, NotifyConfiguration: {}}", "nobody is told of a risk by mail"},
		"provider without facts": {"      ProviderDetails: {client_id: a, client_secret: b, authorize_scopes: openid, oidc_issuer: \"https://partner.example.com\", attributes_request_method: GET}\n", "", `needs the property "ProviderDetails"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read("t.yaml", []byte(changed(t, wholePool, c.from, c.to)), Settings{Region: "us-east-1", Account: "000000000000"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
