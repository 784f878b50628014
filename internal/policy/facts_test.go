package policy_test

import (
	"fmt"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

// TestManyKeysAtOnce: more keys than are remembered, in conditions whose values
// are variables of others, so that one takes the place of another halfway.
func TestManyKeysAtOnce(t *testing.T) {
	const keys = 20
	context := map[string][]string{}
	for i := range keys {
		context[fmt.Sprint("x:single", i)] = []string{fmt.Sprint("v", i)}
		context[fmt.Sprint("x:several", i)] = []string{"a", "b", fmt.Sprint("v", i)}
	}
	for i := range keys {
		for j := range keys {
			several, single := fmt.Sprint("x:several", i), fmt.Sprint("x:single", j)
			for condition, want := range map[string]bool{
				`{"ForAnyValue:StringEquals":{"` + several + `":["${x:none}","${` + single + `}"]}}`:    i == j,
				`{"ForAllValues:StringLike":{"` + several + `":["?","${` + single + `}"]}}`:             i == j,
				`{"ForAnyValue:StringNotEquals":{"` + several + `":["a","b","${` + single + `}"]}}`:     i != j,
				`{"StringEquals":{"` + single + `":"v` + fmt.Sprint(i) + `"},"Null":{"x:none":"true"}}`: i == j,
			} {
				if got := meets(t, condition, nil, context); got != want {
					t.Fatalf("%s: %v", condition, got)
				}
			}
		}
	}
}

// TestStatementsThatShareTheirClauses: what was found out for one list must not
// be taken for that of another policy, or for the list negated.
func TestStatementsThatShareTheirClauses(t *testing.T) {
	p := func(statements string) *policy.Policy {
		return policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
	}
	const (
		here  = `"Resource":"arn:aws:s3:::b/*"`
		when  = `"Condition":{"Bool":{"aws:SecureTransport":"true"}}`
		notIn = `"Condition":{"Bool":{"aws:SecureTransport":"false"}}`
	)
	for name, c := range map[string]struct {
		policies []*policy.Policy
		want     policy.Outcome
	}{
		"the action, then negated":    {these(p(`{"Effect":"Allow","Action":"s3:Get*",` + here + `},{"Effect":"Deny","NotAction":"s3:Get*",` + here + `}`)), policy.Allowed},
		"negated, then the action":    {these(p(`{"Effect":"Deny","NotAction":"s3:Get*",` + here + `},{"Effect":"Allow","Action":"s3:Get*",` + here + `}`)), policy.Allowed},
		"the resource, then negated":  {these(p(`{"Effect":"Allow","Action":"*",` + here + `},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/*"}`)), policy.Allowed},
		"the condition, twice":        {these(p(`{"Effect":"Allow","Action":"*",` + here + `,` + when + `},{"Effect":"Deny","Action":"*",` + here + `,` + when + `}`)), policy.ExplicitDeny},
		"the condition, then another": {these(p(`{"Effect":"Allow","Action":"*",`+here+`,`+when+`},{"Effect":"Allow","Action":"*",`+here+`,`+when+`}`), p(`{"Effect":"Deny","Action":"*",`+here+`,`+notIn+`},{"Effect":"Deny","Action":"*",`+here+`,`+notIn+`}`)), policy.Allowed},
		"alike but for a zero byte":   {these(p(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/k"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b/k\u0000"}`)), policy.Allowed},
	} {
		r := request("s3:GetObject", "arn:aws:s3:::b/k")
		r.Context = policy.ContextFunc(func(string) policy.Values { return policy.One("true") })
		if d := policy.Evaluate(r, &policy.Set{Identity: attach(c.policies...)}); d.Outcome != c.want {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func these(policies ...*policy.Policy) []*policy.Policy { return policies }
