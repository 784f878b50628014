package policy_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

func TestActions(t *testing.T) {
	for _, c := range []struct {
		element, pattern, action string
		want                     bool
	}{
		{"Action", "execute-api:Invoke", "execute-api:Invoke", true},
		{"Action", "Execute-API:INVOKE", "execute-api:Invoke", true},
		{"Action", "execute-api:Invoke", "execute-api:InvokeX", false},
		{"Action", "execute-api:Invok", "execute-api:Invoke", false},
		{"Action", "s3:Get*", "S3:GETOBJECT", true},
		{"Action", "s3:Get*", "s3:PutObject", false},
		{"Action", "s3:*Object", "s3:GetObject", true},
		{"Action", "s3:*Object", "s3:GetObjectAcl", false},
		{"Action", "s3:?etObject", "s3:GetObject", true},
		{"Action", "s3:Get?", "s3:Get", false},
		{"Action", "*", "iam:CreateUser", true},
		{"Action", "*:*", "iam:CreateUser", true},
		{"Action", "*:Create*", "iam:CreateUser", true},
		{"Action", "s3:*", "s3express:CreateSession", false},
		{"Action", "s3:*", "s3", false},
		{"NotAction", "iam:*", "s3:GetObject", true},
		{"NotAction", "iam:*", "iam:CreateUser", false},
	} {
		p := policy.MustParse(policy.Identity, fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow",%q:%q,"Resource":"*"}}`, c.element, c.pattern))
		if got := policy.Evaluate(request(c.action, "*"), &policy.Set{Identity: attach(p)}).Allowed(); got != c.want {
			t.Errorf("%s %s for %s: %v", c.element, c.pattern, c.action, got)
		}
	}
}

func TestResources(t *testing.T) {
	const api = "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/GET/menu/today"
	context, err := policy.NewContext(map[string][]string{"aws:username": {"ann"}, "aws:PrincipalTag/star": {"*"}, "aws:TagKeys": {"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, element, pattern, resource string
		want                             bool
	}{
		{"the same", "Resource", api, api, true},
		{"a star crosses slashes", "Resource", "arn:aws:execute-api:*:*:abc123/*/GET/*", api, true},
		{"a star crosses slashes to the end", "Resource", "arn:aws:execute-api:*:*:abc123/*", api, true},
		{"another API", "Resource", "arn:aws:execute-api:*:*:abc124/*", api, false},
		{"cases are told apart", "Resource", "arn:aws:execute-api:*:*:abc123/*/get/*", api, false},
		{"a star crosses colons in the last part", "Resource", "arn:aws:lambda:*:*:function:*", "arn:aws:lambda:eu:1:function:f:1", true},
		{"a star does not cross into another part", "Resource", "arn:aws:lambda:*:function:g", "arn:aws:lambda:eu:1:function:g", false},
		{"nor does one in the account reach the name", "Resource", "arn:aws:lambda:*:*:function:g", "arn:aws:lambda:eu:1:function:f:function:g", false},
		{"a question mark is one character", "Resource", "arn:aws:s3:::b?/k", "arn:aws:s3:::b1/k", true},
		{"a question mark is not none", "Resource", "arn:aws:s3:::b?/k", "arn:aws:s3:::b/k", false},
		{"missing parts are completed", "Resource", "arn:aws:execute-api", api, true},
		{"a star is everything", "Resource", "*", "*", true},
		{"an ARN is not a star", "Resource", "arn:*:*:*:*:*", "*", false},
		{"what is no ARN is under a star alone", "Resource", "arn:aws:s3:::b", "b", false},
		{"a variable", "Resource", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ann/k", true},
		{"a variable with another value", "Resource", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/k", false},
		{"a value's star is literal", "Resource", "arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/k", false},
		{"a variable without value fits nothing", "Resource", "arn:aws:s3:::b/${aws:none}", "arn:aws:s3:::b/", false},
		{"nor its own text", "Resource", "arn:aws:s3:::b/${aws:none}", "arn:aws:s3:::b/${aws:none}", false},
		{"a variable with several values fits nothing", "Resource", "arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/a", false},
		{"a default", "Resource", "arn:aws:s3:::b/${aws:none, 'guest'}/*", "arn:aws:s3:::b/guest/k", true},
		{"a variable before the fifth colon is text", "Resource", "arn:aws:sqs:eu:${aws:username}:q", "arn:aws:sqs:eu:ann:q", false},
		{"an escaped star", "Resource", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/k", false},
		{"NotResource", "NotResource", "arn:aws:s3:::b/*", "arn:aws:s3:::c/k", true},
		{"NotResource of the resource", "NotResource", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", false},
		{"NotResource allows nothing when its variable has no value", "NotResource", "arn:aws:s3:::b/${aws:none}/*", "arn:aws:s3:::c/k", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := policy.MustParse(policy.Identity, fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",%q:%q}}`, c.element, c.pattern))
			r := request("x:Do", c.resource)
			r.ResourceAccount, r.Context = account, context
			if got := policy.Evaluate(r, &policy.Set{Identity: attach(p)}).Allowed(); got != c.want {
				t.Errorf("%s %s for %s: %v", c.element, c.pattern, c.resource, got)
			}
		})
	}
}

func TestADenyByNotResourceHoldsWhenItsVariableHasNoValue(t *testing.T) {
	p := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/${aws:none}/*"}]}`)
	if d := policy.Evaluate(request("s3:GetObject", "arn:aws:s3:::b/k"), &policy.Set{Identity: attach(p)}); d.Outcome != policy.ExplicitDeny {
		t.Error(d)
	}
}

func TestOlderVersionsHaveNoVariables(t *testing.T) {
	context, err := policy.NewContext(map[string][]string{"aws:username": {"ann"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{`"Version":"2008-10-17",`, ``} {
		p := policy.MustParse(policy.Identity, `{`+version+`"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}}`)
		for resource, want := range map[string]bool{"arn:aws:s3:::b/ann": false, "arn:aws:s3:::b/${aws:username}": true} {
			r := request("s3:GetObject", resource)
			r.Context = context
			if got := policy.Evaluate(r, &policy.Set{Identity: attach(p)}).Allowed(); got != want {
				t.Errorf("%q %s: %v", version, resource, got)
			}
		}
	}
}

func TestTheShortFormOfAnAPIsOwnPolicy(t *testing.T) {
	p := policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/prod/GET/*"}}`)
	for resource, want := range map[string]bool{
		"arn:aws:execute-api:eu:111122223333:abc/prod/GET/menu":               true,
		"arn:aws:execute-api:eu:111122223333:abc/dev/GET/menu":                false,
		"arn:aws:execute-api:eu:111122223333:abc/dev/POST/x/prod/GET/menu":    false,
		"arn:aws:lambda:eu:111122223333:abc/prod/GET/menu":                    false,
		"arn:aws:execute-api:eu:111122223333:abc/prod/GET/menu/../POST/a:b?c": true,
	} {
		r := &policy.Request{Action: "execute-api:Invoke", Resource: resource}
		if got := policy.Evaluate(r, &policy.Set{Resource: attach(p)[0]}).Allowed(); got != want {
			t.Errorf("%s: %v", resource, got)
		}
	}
	if _, err := policy.Parse(policy.Identity, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"execute-api:/prod/GET/*"}}`)); err == nil {
		t.Error("it has no meaning away from the API")
	}
}

// principals that ask, by name.
var callers = map[string]policy.Principal{
	"nobody":     {},
	"user":       {Caller: policy.User, Account: account, ARN: "arn:aws:iam::" + account + ":user/staff/ann", ID: "AIDAANNANNANNANNANNA"},
	"root":       {Caller: policy.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root"},
	"session":    {Caller: policy.RoleSession, Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/cook/s1", Issuer: "arn:aws:iam::" + account + ":role/kitchen/cook", ID: "AROACOOKCOOKCOOKCOOK:s1"},
	"by name":    {Caller: policy.RoleSession, Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/cook/s1"},
	"federated":  {Caller: policy.FederatedUser, Account: account, ARN: "arn:aws:sts::" + account + ":federated-user/ann", Issuer: "arn:aws:iam::" + account + ":user/broker"},
	"web":        {Caller: policy.Federated, ARN: "cognito-identity.amazonaws.com"},
	"gateway":    {Caller: policy.Service, ARN: "apigateway.amazonaws.com"},
	"other user": {Caller: policy.User, Account: other, ARN: "arn:aws:iam::" + other + ":user/eve"},
}

func TestPrincipals(t *testing.T) {
	const (
		user    = `{"AWS":"arn:aws:iam::111122223333:user/staff/ann"}`
		role    = `{"AWS":"arn:aws:iam::111122223333:role/kitchen/cook"}`
		session = `{"AWS":"arn:aws:sts::111122223333:assumed-role/cook/s1"}`
		whole   = `{"AWS":"111122223333"}`
	)
	for _, c := range []struct {
		principal string
		matches   []string // all others must not
	}{
		{`"*"`, []string{"nobody", "user", "root", "session", "by name", "federated", "web", "gateway", "other user"}},
		{`{"AWS":"*"}`, []string{"nobody", "user", "root", "session", "by name", "federated", "web", "gateway", "other user"}},
		{user, []string{"user"}},
		{role, []string{"session", "by name"}},
		{`{"AWS":"arn:aws:iam::111122223333:role/cook"}`, []string{"by name"}}, // the session that says its role is another's
		{session, []string{"session", "by name"}},
		{`{"AWS":"arn:aws:sts::111122223333:assumed-role/cook/s2"}`, nil},
		{`{"AWS":"arn:aws-cn:iam::111122223333:role/kitchen/cook"}`, nil},
		{`{"AWS":"arn:aws:iam::999988887777:role/kitchen/cook"}`, nil},
		{`{"AWS":"arn:aws:sts::111122223333:federated-user/ann"}`, []string{"federated"}},
		{`{"AWS":"arn:aws:iam::111122223333:user/broker"}`, []string{"federated"}},
		{`{"AWS":"arn:aws:iam::111122223333:user/ann"}`, nil}, // a federated user chooses any name
		{whole, []string{"root"}},                             // alone it leaves the others to their own policies
		{`{"AWS":"arn:aws:iam::111122223333:root"}`, []string{"root"}},
		{`{"AWS":"AIDAANNANNANNANNANNA"}`, []string{"user"}},
		{`{"AWS":"AROACOOKCOOKCOOKCOOK"}`, []string{"session"}},
		{`{"Service":"apigateway.amazonaws.com"}`, []string{"gateway"}},
		{`{"Service":["lambda.amazonaws.com"]}`, nil},
		{`{"Federated":"cognito-identity.amazonaws.com"}`, []string{"web"}},
		{`{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, nil},
		{`{"AWS":["arn:aws:iam::111122223333:user/nobody","arn:aws:iam::111122223333:user/staff/ann"],"Service":"apigateway.amazonaws.com"}`, []string{"user", "gateway"}},
	} {
		p := policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":`+c.principal+`,"Action":"*","Resource":"*"}}`)
		want := map[string]bool{}
		for _, name := range c.matches {
			want[name] = true
		}
		for name, caller := range callers {
			r := &policy.Request{Principal: caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
			// Root needs nobody's leave at home, so it asks for what is another's.
			set := &policy.Set{Resource: attach(p)[0]}
			if name == "root" {
				set.ResourceMustAllow = true
			}
			if got := policy.Evaluate(r, set).Allowed(); got != want[name] {
				t.Errorf("%s for %s: %v", c.principal, name, got)
			}
		}
	}
}

func TestAWildcardOfAWSInATrustPolicyIsNoProvider(t *testing.T) {
	p := policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRoleWithWebIdentity"}}`)
	for name, want := range map[string]bool{"web": false, "gateway": false, "user": true} {
		r := &policy.Request{Principal: callers[name], Action: "sts:AssumeRoleWithWebIdentity", Resource: "arn:aws:iam::" + account + ":role/cook"}
		if got := policy.Evaluate(r, &policy.Set{Resource: attach(p)[0]}).Allowed(); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNotPrincipal(t *testing.T) {
	open := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	list := func(values ...string) string {
		b, err := json.Marshal(map[string][]string{"AWS": values})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const (
		root    = "arn:aws:iam::111122223333:root"
		ann     = "arn:aws:iam::111122223333:user/staff/ann"
		cook    = "arn:aws:iam::111122223333:role/kitchen/cook"
		session = "arn:aws:sts::111122223333:assumed-role/cook/s1"
	)
	for _, c := range []struct {
		name, effect, spared, caller string
		bounded                      bool
		want                         policy.Outcome
	}{
		{"a deny spares who is named", "Deny", list(ann, root), "user", false, policy.Allowed},
		{"a deny strikes who is not", "Deny", list(ann, root), "session", false, policy.ExplicitDeny},
		{"the account alone spares nobody in it", "Deny", list(root), "user", false, policy.ExplicitDeny},
		{"a session is spared with its role", "Deny", list(session, cook, root), "session", false, policy.Allowed},
		{"a session is not spared by its role alone", "Deny", list(cook, root), "session", false, policy.ExplicitDeny},
		{"a session is not spared without its role", "Deny", list(session, root), "session", false, policy.ExplicitDeny},
		{"a deny strikes everybody with a boundary", "Deny", list(ann, root), "user", true, policy.ExplicitDeny},
		{"a deny sparing everybody strikes nobody", "Deny", `"*"`, "session", false, policy.Allowed},
		{"a deny strikes who is unknown", "Deny", list(ann), "nobody", false, policy.ExplicitDeny},
		{"an allow leaves out who is named", "Allow", list(ann), "user", false, policy.ImplicitDeny},
		{"an allow leaves out who is named by account", "Allow", list(root), "user", false, policy.ImplicitDeny},
		{"an allow lets in the rest", "Allow", list(ann), "other user", false, policy.Allowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"`+c.effect+`","NotPrincipal":`+c.spared+`,"Action":"*","Resource":"*"}}`)
			set := &policy.Set{Resource: attach(p)[0]}
			if c.effect == "Deny" {
				set.Identity = attach(open)
			}
			if c.bounded {
				set.Boundary = attach(open)
			}
			r := &policy.Request{Principal: callers[c.caller], Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
			if d := policy.Evaluate(r, set); d.Outcome != c.want {
				t.Errorf("%s, want %s", d.Outcome, c.want)
			}
		})
	}
}
