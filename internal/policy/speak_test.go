package policy_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

func TestDenialsAreAWSsSentences(t *testing.T) {
	r := request("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/POST/inventory")
	const who = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:111122223333:abc/prod/POST/inventory"
	for _, c := range []struct {
		outcome policy.Outcome
		layer   policy.Layer
		want    string
	}{
		{policy.ExplicitDeny, policy.LayerIdentity, " with an explicit deny in an identity-based policy"},
		{policy.ExplicitDeny, policy.LayerResource, " with an explicit deny in a resource-based policy"},
		{policy.ExplicitDeny, policy.LayerBoundary, " with an explicit deny in a permissions boundary"},
		{policy.ExplicitDeny, policy.LayerSession, " with an explicit deny in a session policy"},
		{policy.ExplicitDeny, policy.LayerServiceControl, " with an explicit deny in a service control policy"},
		{policy.ExplicitDeny, policy.LayerTrust, " with an explicit deny in the role trust policy"},
		{policy.ImplicitDeny, policy.LayerIdentity, " because no identity-based policy allows the execute-api:Invoke action"},
		{policy.ImplicitDeny, policy.LayerResource, " because no resource-based policy allows the execute-api:Invoke action"},
		{policy.ImplicitDeny, policy.LayerBoundary, " because no permissions boundary allows the execute-api:Invoke action"},
		{policy.ImplicitDeny, policy.LayerSession, " because no session policy allows the execute-api:Invoke action"},
		{policy.ImplicitDeny, policy.LayerServiceControl, " because no service control policy allows the execute-api:Invoke action"},
		{policy.ImplicitDeny, policy.LayerEngine, ""},
	} {
		if got := policy.Denial(r, policy.Decision{Outcome: c.outcome, Layer: c.layer}); got != who+c.want {
			t.Errorf("%s\nwant\n%s", got, who+c.want)
		}
	}
	if got := policy.Denial(&policy.Request{Action: "sts:X", Resource: "*"}, policy.Decision{}); got != "User: anonymous is not authorized to perform: sts:X" {
		t.Error(got)
	}
}

func TestATraceSaysWhichClauseFailed(t *testing.T) {
	p := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"*"},
		{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc/*/GET/*"},
		{"Sid":"Office","Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}},
		{"Effect":"Allow","NotAction":"execute-api:*","Resource":"*"}]}`)
	r := request("execute-api:Invoke", "arn:aws:execute-api:eu:111122223333:abc/prod/POST/x")
	r.Context, _ = policy.NewContext(map[string][]string{"aws:SecureTransport": {"true"}, "aws:SourceIp": {"192.0.2.1"}})
	d, trace := policy.Explain(r, &policy.Set{Identity: attach(p), Resource: attach(onIt("Allow", `{"Service":"lambda.amazonaws.com"}`))[0]})
	if d.Outcome != policy.ImplicitDeny {
		t.Fatal(d)
	}
	var got []string
	for _, s := range trace.Steps {
		got = append(got, s.String())
	}
	want := []string{
		`resource-based policy "p0", statement 0: Allow does not apply, Principal: "arn:aws:iam::111122223333:user/ann" is none of "lambda.amazonaws.com"`,
		`identity-based policy "p0", statement 0: Allow does not apply, Action: "execute-api:Invoke" is none of "s3:*"`,
		`identity-based policy "p0", statement 1: Allow does not apply, Resource: "arn:aws:execute-api:eu:111122223333:abc/prod/POST/x" is none of "arn:aws:execute-api:*:*:abc/*/GET/*"`,
		`identity-based policy "p0", statement 2 (Office): Allow does not apply, Condition: IpAddress of aws:SourceIp wants "10.0.0.0/8", the request has "192.0.2.1"`,
		`identity-based policy "p0", statement 3: Allow does not apply, NotAction: "execute-api:Invoke" is among "execute-api:*"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if reason := trace.Reason(r); !strings.Contains(reason, `the nearest is statement 2 of "p0", whose Condition does not fit`) {
		t.Error(reason)
	}
}

func TestLint(t *testing.T) {
	const v = `{"Version":"2012-10-17","Statement":`
	for _, c := range []struct{ name, text, want string }{
		{"a policy for one API", v + `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc/*"}}`, ""},
		{"a deny of everything", v + `{"Effect":"Deny","Action":"*","Resource":"*"}}`, ""},
		{"a trust of Lambda", v + `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`, ""},
		{"a trust of an identity pool", v + `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu:1"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}}`, ""},
		{"roles by name", v + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/cook"}}`, ""},
		{"roles to one service", v + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}}`, ""},
		{"everybody of an organization", v + `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}}`, ""},
		{"ForAllValues with a guard", v + `{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"a"},"Null":{"aws:TagKeys":"false"}}}}`, ""},

		{"cut short", `{"Version"`, "malformed"},
		{"a principal where none may be", v + `{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"invalid"}}`, "malformed"},
		{"everybody", v + `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`, "dangerous: a wildcard principal"},
		{"everybody of AWS", v + `{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sts:AssumeRole"}}`, "dangerous: a wildcard principal"},
		{"everybody with a certain browser", v + `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringLike":{"aws:UserAgent":"x*"}}}}`, "dangerous: a wildcard principal"},
		{"everybody but one", v + `{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`, "dangerous: an Allow by NotPrincipal"},
		{"any token of a provider", v + `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}}`, "dangerous: nothing ties the role"},
		{"every role", v + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}`, "dangerous: iam:PassRole"},
		{"every role, in other words", v + `{"Effect":"Allow","Action":"iam:Pass*","Resource":"arn:aws:iam::*:role/*"}}`, `dangerous: "iam:Pass*"`},
		{"all but", v + `{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:s3:::b"}}`, "dangerous: an Allow by NotAction"},
		{"all but some resources", v + `{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::b"}}`, "dangerous: an Allow by NotResource"},
		{"an administrator", v + `{"Effect":"Allow","Action":"*","Resource":"*"}}`, "dangerous: every action"},
		{"an administrator in the making", v + `{"Effect":"Allow","Action":"iam:Attach*","Resource":"*"}}`, "dangerous: "},
		{"ForAllValues without a guard", v + `{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}}}`, "dangerous: ForAllValues"},
		{"MFA if it pleases", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}}}`, "dangerous: requests by long-term keys"},
		{"every address", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}}`, "dangerous: 0.0.0.0/0"},
		{"variables without a version", `{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}"}}`, "doubtful: Resource has a variable"},
		{"a variable too early", v + `{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:*:${aws:PrincipalAccount}:q"}}`, "doubtful: a variable counts only"},
		{"a key there is not", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceIP2":"x"}}}}`, "doubtful: there is no condition key"},
		{"a key that is none", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"prefix":"x"}}}}`, "doubtful: \"prefix\" is no condition key"},
		{"several values without a set operator", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:TagKeys":"x"}}}}`, "doubtful: aws:TagKeys may have several"},
		{"a wildcard where it is none", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:username":"a*"}}}}`, "doubtful: StringEquals takes"},
		{"a value nobody can read", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}}}`, "doubtful: \"10.0.0.0/33\""},
		{"a negation without the key", v + `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"x"}}}}`, "doubtful: StringNotEquals holds when"},
		{"an operator in another case", v + `{"Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"stringequals":{"aws:username":"x"}}}}`, "doubtful: the operator is written StringEquals"},
	} {
		t.Run(c.name, func(t *testing.T) {
			findings := policy.Lint(policy.GuessKind([]byte(c.text)), []byte(c.text))
			if c.want == "" {
				if len(findings) > 0 {
					t.Errorf("it is clean, and yet: %+v", findings)
				}
				return
			}
			for _, f := range findings {
				if strings.HasPrefix(string(f.Severity)+": "+f.Message, c.want) {
					return
				}
			}
			t.Errorf("want %q, got %+v", c.want, findings)
		})
	}
}
