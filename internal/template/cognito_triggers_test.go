package template

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

const withTriggers = `Transform: AWS::Serverless-2016-10-31
Resources:
  Members:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: members
      LambdaConfig:
        PreTokenGenerationConfig: {LambdaArn: !GetAtt Porter.Arn, LambdaVersion: V2_0}
      UserPoolAddOns: {AdvancedSecurityMode: AUDIT}
  Porter:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: porter
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: "exports.handler = async e => e"
      Events:
        Door:
          Type: Cognito
          Properties: {UserPool: !Ref Members, Trigger: [PreSignUp, CustomMessage]}
`

func describedPool(t *testing.T, d *Deployer, id string) *cognitotypes.UserPoolType {
	t.Helper()
	out, err := invoke[cognito.DescribeUserPoolOutput](context.Background(), &deploy{Deployer: d}, cognitoIDP, "DescribeUserPool", &cognito.DescribeUserPoolInput{UserPoolId: &id})
	must(t, err)
	return out.UserPool
}

func TestAPoolGetsTheTriggersOfItsTemplate(t *testing.T) {
	d, _ := services(t)
	id := deployed(t, d, withTriggers).Pools[0].ID
	shown := func() string {
		p := describedPool(t, d, id)
		l := p.LambdaConfig
		text := aws.ToString(l.PreSignUp) + " " + aws.ToString(l.CustomMessage) + " " + aws.ToString(l.PreTokenGeneration)
		if c := l.PreTokenGenerationConfig; c != nil {
			text += " " + string(c.LambdaVersion)
		}
		return strings.ReplaceAll(text, "arn:aws:lambda:us-east-1:000000000000:function:", "")
	}
	if got := shown(); got != "porter porter porter V2_0" {
		t.Errorf("got %s", got)
	}
	if p := describedPool(t, d, id); p.UserPoolAddOns == nil || p.UserPoolAddOns.AdvancedSecurityMode != "AUDIT" {
		t.Errorf("its threat protection is %+v", p.UserPoolAddOns)
	}
	policy, err := invoke[lambda.GetPolicyOutput](context.Background(), &deploy{Deployer: d}, "lambda", "GetPolicy", &lambda.GetPolicyInput{FunctionName: aws.String("porter")})
	must(t, err)
	for _, says := range []string{`"Service":"cognito-idp.amazonaws.com"`, "arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + id + `"`} {
		if !strings.Contains(*policy.Policy, says) {
			t.Errorf("the function's policy does not say %s: %s", says, *policy.Policy)
		}
	}
	if again := deployed(t, d, withTriggers); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	for _, c := range []struct{ name, source, want string }{
		{"one trigger less", changed(t, withTriggers, "[PreSignUp, CustomMessage]", "PreSignUp"), "porter  porter V2_0"},
		{"another version", changed(t, withTriggers, "V2_0", "V3_0"), "porter porter porter V3_0"},
		{"none in events", withTriggers[:strings.Index(withTriggers, "      Events:")], "  porter V2_0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if o := deployed(t, d, c.source); o.Pools[0].ID != id {
				t.Fatal("the pool is another one")
			}
			if got := shown(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAnEventThatIsNoTriggerIsRefused(t *testing.T) {
	const event = "{UserPool: !Ref Members, Trigger: [PreSignUp, CustomMessage]}"
	for name, c := range map[string]struct{ to, says string }{
		"without a pool":         {"{Trigger: PreSignUp}", `needs the property "UserPool"`},
		"without a trigger":      {"{UserPool: !Ref Members}", `needs the property "Trigger"`},
		"nothing":                {"", "needs Properties with UserPool and Trigger"},
		"a pool by name":         {"{UserPool: members, Trigger: PreSignUp}", "must be a Ref to a resource of type AWS::Cognito::UserPool"},
		"no pool":                {"{UserPool: !Ref Porter, Trigger: PreSignUp}", "must be a Ref to a resource of type AWS::Cognito::UserPool"},
		"no moment":              {"{UserPool: !Ref Members, Trigger: PreSignup}", `Trigger cannot be "PreSignup"; supported: CreateAuthChallenge`},
		"no moments":             {"{UserPool: !Ref Members, Trigger: []}", "is empty"},
		"a sender":               {"{UserPool: !Ref Members, Trigger: CustomEmailSender}", "cannot be"},
		"known too late":         {"{UserPool: !Ref Members, Trigger: !GetAtt Porter.Arn}", "must be known before resources are made"},
		"one moment twice":       {"{UserPool: !Ref Members, Trigger: [PreSignUp, PreSignUp]}", "already has a function for the trigger PreSignUp"},
		"against the pool's own": {"{UserPool: !Ref Members, Trigger: PreTokenGeneration}", "already has a function for the trigger PreTokenGeneration"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read("template.yaml", []byte(changed(t, withTriggers, event, c.to)), Settings{Region: "us-east-1", Account: "000000000000"})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestAPoolGetsThePasskeysOfItsTemplate(t *testing.T) {
	const source = `Resources:
  Members:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: members
      Policies: {SignInPolicy: {AllowedFirstAuthFactors: [PASSWORD, WEB_AUTHN]}}
      WebAuthnRelyingPartyID: pizza.example
      WebAuthnUserVerification: required
`
	d, _ := services(t)
	id := deployed(t, d, source).Pools[0].ID
	shown := func() string {
		out, err := invoke[cognito.GetUserPoolMfaConfigOutput](context.Background(), &deploy{Deployer: d}, cognitoIDP, "GetUserPoolMfaConfig", &cognito.GetUserPoolMfaConfigInput{UserPoolId: &id})
		must(t, err)
		c := out.WebAuthnConfiguration
		if c == nil {
			return string(out.MfaConfiguration)
		}
		return string(out.MfaConfiguration) + " " + aws.ToString(c.RelyingPartyId) + " " + string(c.UserVerification) + " " + string(c.FactorConfiguration)
	}
	none := changed(t, source, "      WebAuthnRelyingPartyID: pizza.example\n", "", "      WebAuthnUserVerification: required\n", "")
	for _, c := range []struct{ name, source, want string }{
		{"as it says", source, "OFF pizza.example required SINGLE_FACTOR"},
		{"beside a second factor", source + "      MfaConfiguration: OPTIONAL\n      EnabledMfas: [SOFTWARE_TOKEN_MFA]\n", "OPTIONAL pizza.example required SINGLE_FACTOR"},
		{"both factors", source + "      WebAuthnFactorConfiguration: MULTI_FACTOR_WITH_USER_VERIFICATION\n", "OFF pizza.example required MULTI_FACTOR_WITH_USER_VERIFICATION"},
		{"no longer", none, "OFF"},
		{"again", source, "OFF pizza.example required SINGLE_FACTOR"},
		{"in a tier without them", changed(t, none, ", WEB_AUTHN", "") + "      UserPoolTier: LITE\n", "OFF pizza.example required SINGLE_FACTOR"},
	} {
		deployed(t, d, c.source)
		if got := shown(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
