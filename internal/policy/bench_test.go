package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

// tenPolicies of twenty statements, as a busy account has them: several
// services, wildcards, a variable, conditions. Only the last statement of the
// last policy allows the request.
func tenPolicies(tb testing.TB) []policy.Attached {
	services := []string{"s3", "dynamodb", "execute-api", "lambda", "cognito-idp"}
	var list []policy.Attached
	for p := range 10 {
		var statements []string
		for s := range 20 {
			service := services[(p+s)%len(services)]
			effect, condition := "Allow", ""
			if s%5 == 4 {
				effect = "Deny"
			}
			if s%4 == 1 {
				condition = `,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"t` + fmt.Sprint(s) + `"},"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.168.0.0/16"]}}`
			}
			statements = append(statements, fmt.Sprintf(
				`{"Effect":%q,"Action":["%s:Get%d*","%s:Invoke"],"Resource":["arn:aws:%s:*:111122223333:thing%d/${aws:username}/*","arn:aws:%s:eu-west-1:*:other%d/*"]%s}`,
				effect, service, s, service, service, s, service, p, condition))
		}
		if p == 9 {
			statements[19] = `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc123/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`
		}
		document := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
		parsed, err := policy.Parse(policy.Identity, []byte(document))
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, policy.Attached{Name: fmt.Sprint("p", p), Policy: parsed})
	}
	return list
}

func invokeRequest() *policy.Request {
	return &policy.Request{
		Principal: policy.Principal{Caller: policy.RoleSession, Account: "111122223333", ARN: "arn:aws:sts::111122223333:assumed-role/customer/CognitoIdentityCredentials"},
		Action:    "execute-api:Invoke",
		Resource:  "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/GET/menu/today",
		Context: policy.ContextFunc(func(key string) policy.Values {
			switch key {
			case "aws:securetransport":
				return policy.One("true")
			case "aws:sourceip":
				return policy.One("10.1.2.3")
			case "aws:username":
				return policy.One("ann")
			case "aws:principaltag/team":
				return policy.One("kitchen")
			}
			return policy.Values{}
		}),
	}
}

func BenchmarkEvaluateTenPoliciesOfTwentyStatements(b *testing.B) {
	set := &policy.Set{Identity: tenPolicies(b)}
	r := invokeRequest()
	if d := policy.Evaluate(r, set); !d.Allowed() || d.By.Policy != "p9" {
		b.Fatalf("%+v", d)
	}
	b.ReportAllocs()
	for b.Loop() {
		policy.Evaluate(r, set)
	}
}

// The worst that an author can do: all statements are about the same action, and
// differ in the last thing that is looked at.
func BenchmarkEvaluateStatementsThatNearlyApply(b *testing.B) {
	for name, statement := range map[string]string{
		"resource":  `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["arn:aws:execute-api:*:*:abc123/*/POST/orders%d","arn:aws:execute-api:*:*:xyz%d/*"]}`,
		"condition": `{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:abc123/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":["a%d","b%d"]}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			var list []policy.Attached
			for range 10 {
				var statements []string
				for i := range 20 {
					statements = append(statements, fmt.Sprintf(statement, i, i))
				}
				list = append(list, policy.Attached{Policy: policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)})
			}
			set, r := &policy.Set{Identity: list}, invokeRequest()
			b.ReportAllocs()
			for b.Loop() {
				policy.Evaluate(r, set)
			}
		})
	}
}

func TestEvaluateAllocatesNothing(t *testing.T) {
	set := &policy.Set{Identity: tenPolicies(t)}
	r := invokeRequest()
	if n := testing.AllocsPerRun(100, func() { policy.Evaluate(r, set) }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}
