package template

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

const withFactors = `Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: people
      MfaConfiguration: "ON"
      EnabledMfas: [SOFTWARE_TOKEN_MFA, EMAIL_OTP]
      EmailAuthenticationSubject: Knock knock
      EmailAuthenticationMessage: Your key is {####}
      SmsConfiguration: {SnsCallerArn: "arn:aws:iam::000000000000:role/sms"}
`

func TestAPoolGetsTheSecondFactorsOfItsTemplate(t *testing.T) {
	d, _ := services(t)
	ctx := context.Background()
	run := &deploy{Deployer: d}
	shown := func(id string) string {
		out, err := invoke[cognito.GetUserPoolMfaConfigOutput](ctx, run, cognitoIDP, "GetUserPoolMfaConfig", &cognito.GetUserPoolMfaConfigInput{UserPoolId: &id})
		must(t, err)
		text := string(out.MfaConfiguration)
		if out.SmsMfaConfiguration != nil {
			text += " SMS"
		}
		if out.SoftwareTokenMfaConfiguration != nil && out.SoftwareTokenMfaConfiguration.Enabled {
			text += " app"
		}
		if out.EmailMfaConfiguration != nil {
			text += " mail " + aws.ToString(out.EmailMfaConfiguration.Subject)
		}
		return text
	}
	first := deployed(t, d, withFactors)
	id := first.Pools[0].ID
	if got := shown(id); got != "ON app mail Knock knock" {
		t.Errorf("got %s", got)
	}
	if again := deployed(t, d, withFactors); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	without := func(lines ...string) string {
		source := withFactors
		for _, l := range lines {
			source = changed(t, source, l, "")
		}
		return source
	}
	const mode, factors = "      MfaConfiguration: \"ON\"\n", "      EnabledMfas: [SOFTWARE_TOKEN_MFA, EMAIL_OTP]\n"
	for _, c := range []struct{ name, source, want string }{
		{"another name leaves them alone", changed(t, withFactors, "UserPoolName: people", "UserPoolName: guests"), "ON app mail Knock knock"},
		{"one factor less", changed(t, withFactors, ", EMAIL_OTP", ""), "ON app"},
		{"optional", changed(t, withFactors, `"ON"`, "OPTIONAL"), "OPTIONAL app mail Knock knock"},
		{"none named", without(factors), "ON SMS"},
		{"nothing said", without(mode, factors), "OFF"},
		{"on again", withFactors, "ON app mail Knock knock"},
		{"off", changed(t, without(factors), `"ON"`, `"OFF"`), "OFF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if o := deployed(t, d, c.source); o.Pools[0].ID != id {
				t.Fatal("the pool is another one")
			}
			if got := shown(id); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	for name, source := range map[string]string{
		"factors while off": changed(t, withFactors, `"ON"`, `"OFF"`),
		"texts by nobody":   strings.Replace(without(factors), "SmsConfiguration", "# ", 1),
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := services(t)
			if _, err := d.Deploy(ctx, parsed(t, source, nil)); err == nil {
				t.Error("it was deployed")
			}
			pools, err := invoke[cognito.ListUserPoolsOutput](ctx, &deploy{Deployer: d}, cognitoIDP, "ListUserPools", &cognito.ListUserPoolsInput{MaxResults: aws.Int32(10)})
			must(t, err)
			if len(pools.UserPools) != 0 {
				t.Errorf("%d pools are left behind", len(pools.UserPools))
			}
		})
	}
}
