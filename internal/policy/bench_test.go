package policy_test

import (
	"fmt"
	"maps"
	"slices"
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
			case "aws:currenttime":
				return policy.One("2030-01-31T12:00:00Z")
			case "aws:principalarn":
				return policy.One("arn:aws:iam::111122223333:role/customer")
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

// nearly are statements that are all about the action of the request and differ
// in what is looked at late; each is written two hundred times with %d going up.
// Only "deny last" has more to it: everything allows, and the denies nearly apply.
var nearly = map[string]string{
	"action wildcards": `{"Effect":"Allow","Action":["execute-api:*List%d","execute-api:Inv*Async%d"],"Resource":"*"}`,
	"resource":         `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["arn:aws:execute-api:*:*:abc123/*/POST/orders%d","arn:aws:execute-api:*:*:xyz%d/*"]}`,
	"several stars":    `{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:abc123/*/GET/*/%d/*"}`,
	"variable":         `{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:abc123/*/${aws:username}/%d/*"}`,
	"string":           `{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:abc123/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":["a%d","b%d"]}}}`,
	"two conditions":   `{"Effect":"Allow","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:abc123/*","Condition":{"Bool":{"aws:SecureTransport":"true"},"StringLike":{"aws:PrincipalTag/team":"a%d-*"}}}`,
	"address":          `{"Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.%d/32","198.51.100.0/24"]}}}`,
	"date":             `{"Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:%02dZ"}}}`,
	"ARN":              `{"Effect":"Allow","Action":"execute-api:*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/waiter%d*"}}}`,
	"deny last":        `{"Effect":"Deny","Action":"execute-api:*","Resource":"arn:aws:execute-api:*:*:abc123/*/DELETE/menu/%d"}`,
}

// BenchmarkEvaluateStatementsThatNearlyApply is the worst that authors do: ten
// policies of twenty statements of which no look at the action rules out any.
func BenchmarkEvaluateStatementsThatNearlyApply(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(nearly)) {
		b.Run(name, func(b *testing.B) {
			set, r := &policy.Set{Identity: alike(nearly[name])}, invokeRequest()
			if name == "deny last" {
				set.Identity = append([]policy.Attached{{Name: "all", Policy: yes}}, set.Identity[:9]...)
			}
			if d := policy.Evaluate(r, set); d.Allowed() != (name == "deny last") {
				b.Fatalf("%+v", d)
			}
			b.ReportAllocs()
			for b.Loop() {
				policy.Evaluate(r, set)
			}
		})
	}
}

// alike are ten policies of twenty statements of one sort.
func alike(statement string) []policy.Attached {
	var list []policy.Attached
	for p := range 10 {
		var statements []string
		for i := range 20 {
			n := p*20 + i
			if strings.Contains(statement, "%02d") || strings.Contains(statement, "%d/32") {
				n %= 60
			}
			one := strings.NewReplacer("%d", fmt.Sprint(n), "%02d", fmt.Sprintf("%02d", n))
			statements = append(statements, one.Replace(statement))
		}
		list = append(list, policy.Attached{Name: fmt.Sprint("p", p), Policy: policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)})
	}
	return list
}

func TestEvaluateAllocatesNothing(t *testing.T) {
	sets := map[string]*policy.Set{"ten policies": {Identity: tenPolicies(t)}}
	for name, statement := range nearly {
		sets[name] = &policy.Set{Identity: alike(statement)}
	}
	r := invokeRequest()
	for name, set := range sets {
		if n := testing.AllocsPerRun(100, func() { policy.Evaluate(r, set) }); n != 0 {
			t.Errorf("%s: it allocates %v times", name, n)
		}
	}
}
