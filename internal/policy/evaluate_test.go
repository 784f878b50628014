package policy_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

var (
	yes    = policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	no     = policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	silent = policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"none:None","Resource":"*"}}`)
)

// onIt is a resource policy with one statement for a principal.
func onIt(effect, principal string) *policy.Policy {
	return policy.MustParse(policy.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"`+effect+`","Principal":`+principal+`,"Action":"*","Resource":"*"}}`)
}

// TestTheOrderOfEvaluation is the table of the documentation: who may do what,
// by what each layer says.
func TestTheOrderOfEvaluation(t *testing.T) {
	const (
		home    = "arn:aws:sqs:eu:111122223333:q"
		abroad  = "arn:aws:sqs:eu:999988887777:q"
		user    = `{"AWS":"arn:aws:iam::111122223333:user/staff/ann"}`
		role    = `{"AWS":"arn:aws:iam::111122223333:role/kitchen/cook"}`
		session = `{"AWS":"arn:aws:sts::111122223333:assumed-role/cook/s1"}`
		fed     = `{"AWS":"arn:aws:sts::111122223333:federated-user/ann"}`
		broker  = `{"AWS":"arn:aws:iam::111122223333:user/broker"}`
		whole   = `{"AWS":"111122223333"}`
	)
	implicit, explicit, allowed := policy.ImplicitDeny, policy.ExplicitDeny, policy.Allowed
	type layers struct {
		identity, boundary, session *policy.Policy
		service                     [][]*policy.Policy
		effect, principal           string // of the resource policy
		must                        bool
	}
	for _, c := range []struct {
		name, caller, resource string
		l                      layers
		want                   policy.Outcome
		layer                  policy.Layer
	}{
		{"nothing allows", "user", home, layers{}, implicit, policy.LayerIdentity},
		{"identity allows", "user", home, layers{identity: yes}, allowed, policy.LayerIdentity},
		{"identity denies", "user", home, layers{identity: no, effect: "Allow", principal: user}, explicit, policy.LayerIdentity},
		{"boundary limits identity", "user", home, layers{identity: yes, boundary: silent}, implicit, policy.LayerBoundary},
		{"boundary gives nothing", "user", home, layers{boundary: yes}, implicit, policy.LayerIdentity},
		{"boundary denies", "user", home, layers{identity: yes, boundary: no}, explicit, policy.LayerBoundary},
		{"session limits identity", "session", home, layers{identity: yes, session: silent}, implicit, policy.LayerSession},
		{"session gives nothing", "session", home, layers{session: yes}, implicit, policy.LayerIdentity},
		{"session denies", "session", home, layers{identity: yes, session: no}, explicit, policy.LayerSession},
		{"all three allow", "session", home, layers{identity: yes, boundary: yes, session: yes}, allowed, policy.LayerIdentity},

		{"resource allows the user, at once", "user", home, layers{effect: "Allow", principal: user}, allowed, policy.LayerResource},
		{"and past their boundary", "user", home, layers{boundary: silent, effect: "Allow", principal: user}, allowed, policy.LayerResource},
		{"but not past the session policy that is asked about", "user", home, layers{session: silent, effect: "Allow", principal: user}, implicit, policy.LayerSession},
		{"nor for root", "root", home, layers{session: silent, effect: "Allow", principal: whole}, implicit, policy.LayerSession},
		{"a session policy that allows leaves it to the resource", "user", home, layers{session: yes, effect: "Allow", principal: user}, allowed, policy.LayerResource},
		{"but not past a deny of the boundary", "user", home, layers{boundary: no, effect: "Allow", principal: user}, explicit, policy.LayerBoundary},
		{"resource allows everybody", "user", home, layers{boundary: silent, effect: "Allow", principal: `"*"`}, allowed, policy.LayerResource},
		{"resource denies", "user", home, layers{identity: yes, effect: "Deny", principal: user}, explicit, policy.LayerResource},
		{"resource denies the account", "user", home, layers{identity: yes, effect: "Deny", principal: whole}, explicit, policy.LayerResource},
		{"resource denies the role of a session", "session", home, layers{identity: yes, effect: "Deny", principal: role}, explicit, policy.LayerResource},
		{"resource allows the account: identity decides", "user", home, layers{effect: "Allow", principal: whole}, implicit, policy.LayerIdentity},
		{"resource allows the account and identity allows", "user", home, layers{identity: yes, effect: "Allow", principal: whole}, allowed, policy.LayerIdentity},
		{"resource allows the role", "session", home, layers{effect: "Allow", principal: role}, allowed, policy.LayerResource},
		{"the role's boundary limits that", "session", home, layers{boundary: silent, effect: "Allow", principal: role}, implicit, policy.LayerBoundary},
		{"the session policy limits that", "session", home, layers{session: silent, effect: "Allow", principal: role}, implicit, policy.LayerSession},
		{"resource allows the session", "session", home, layers{boundary: silent, session: silent, effect: "Allow", principal: session}, allowed, policy.LayerResource},
		{"resource allows the federated user", "federated", home, layers{boundary: silent, session: silent, effect: "Allow", principal: fed}, allowed, policy.LayerResource},
		{"resource allows the user behind a federated one", "federated", home, layers{effect: "Allow", principal: broker}, allowed, policy.LayerResource},
		{"the federated user's session policy limits that", "federated", home, layers{session: silent, effect: "Allow", principal: broker}, implicit, policy.LayerSession},
		{"a resource policy that is silent leaves it to identity", "user", home, layers{identity: yes, effect: "Allow", principal: `{"Service":"lambda.amazonaws.com"}`}, allowed, policy.LayerIdentity},

		{"resource must allow and does not", "user", home, layers{identity: yes, must: true}, implicit, policy.LayerResource},
		{"resource must allow and allows the account", "user", home, layers{identity: yes, must: true, effect: "Allow", principal: whole}, allowed, policy.LayerIdentity},
		{"resource must allow and allows the user", "user", home, layers{must: true, effect: "Allow", principal: user}, allowed, policy.LayerResource},

		{"abroad: identity alone", "user", abroad, layers{identity: yes}, implicit, policy.LayerResource},
		{"abroad: resource alone", "user", abroad, layers{effect: "Allow", principal: user}, implicit, policy.LayerIdentity},
		{"abroad: both", "user", abroad, layers{identity: yes, effect: "Allow", principal: user}, allowed, policy.LayerIdentity},
		{"abroad: both, for the account", "user", abroad, layers{identity: yes, effect: "Allow", principal: whole}, allowed, policy.LayerIdentity},
		{"abroad: everybody may, and identity must", "user", abroad, layers{effect: "Allow", principal: `"*"`}, implicit, policy.LayerIdentity},
		{"abroad: the role is allowed, its own policies are silent", "session", abroad, layers{effect: "Allow", principal: role}, implicit, policy.LayerIdentity},
		{"abroad: the session is allowed, its boundary is silent", "session", abroad, layers{identity: yes, boundary: silent, effect: "Allow", principal: session}, implicit, policy.LayerBoundary},
		{"abroad: the session is allowed, its session policy is silent", "session", abroad, layers{identity: yes, session: silent, effect: "Allow", principal: session}, implicit, policy.LayerSession},
		{"abroad: root needs the resource's leave", "root", abroad, layers{}, implicit, policy.LayerResource},
		{"abroad: root with leave", "root", abroad, layers{effect: "Allow", principal: whole}, allowed, policy.LayerRoot},

		{"root at home", "root", home, layers{}, allowed, policy.LayerRoot},
		{"root at home, denied by the resource", "root", home, layers{effect: "Deny", principal: whole}, explicit, policy.LayerResource},
		{"root at home under a service control policy", "root", home, layers{service: [][]*policy.Policy{{silent}}}, implicit, policy.LayerServiceControl},

		{"nobody known", "nobody", home, layers{identity: yes}, implicit, policy.LayerResource},
		{"nobody known, where everybody may", "nobody", home, layers{effect: "Allow", principal: `"*"`}, allowed, policy.LayerResource},
		{"nobody known, where an account may", "nobody", home, layers{effect: "Allow", principal: whole}, implicit, policy.LayerResource},
		{"a service, without leave", "gateway", home, layers{identity: yes}, implicit, policy.LayerResource},
		{"a service, with leave", "gateway", home, layers{effect: "Allow", principal: `{"Service":"apigateway.amazonaws.com"}`}, allowed, policy.LayerResource},

		{"each level of service control must allow", "user", home, layers{identity: yes, service: [][]*policy.Policy{{yes}, {silent}}}, implicit, policy.LayerServiceControl},
		{"one policy of each level is enough", "user", home, layers{identity: yes, service: [][]*policy.Policy{{silent, yes}, {yes}}}, allowed, policy.LayerIdentity},
		{"a level with nothing in it allows nothing", "user", home, layers{identity: yes, service: [][]*policy.Policy{{}}}, implicit, policy.LayerServiceControl},
		{"service control denies", "user", home, layers{identity: yes, service: [][]*policy.Policy{{yes, no}}}, explicit, policy.LayerServiceControl},
		{"service control gives nothing", "user", home, layers{service: [][]*policy.Policy{{yes}}}, implicit, policy.LayerIdentity},
		{"service control holds for whom the resource allows", "user", home, layers{effect: "Allow", principal: user, service: [][]*policy.Policy{{silent}}}, implicit, policy.LayerServiceControl},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &policy.Set{ResourceMustAllow: c.l.must}
			one := func(p *policy.Policy) []policy.Attached {
				if p == nil {
					return nil
				}
				return attach(p)
			}
			s.Identity, s.Boundary, s.Session = one(c.l.identity), one(c.l.boundary), one(c.l.session)
			for _, level := range c.l.service {
				s.ServiceControl = append(s.ServiceControl, attach(level...))
			}
			if c.l.effect != "" {
				s.Resource = attach(onIt(c.l.effect, c.l.principal))[0]
			}
			r := &policy.Request{Principal: callers[c.caller], Action: "sqs:SendMessage", Resource: c.resource}
			d := policy.Evaluate(r, s)
			if d.Outcome != c.want || d.Layer != c.layer {
				t.Errorf("%s by the %s, want %s by the %s", d.Outcome, d.Layer, c.want, c.layer)
			}
			if explained, _ := policy.Explain(r, s); explained != d {
				t.Errorf("explained it is %+v, decided %+v", explained, d)
			}
		})
	}
}

func TestWhoOwnsAResourceWhoseNameDoesNotSay(t *testing.T) {
	r := request("s3:GetObject", "arn:aws:s3:::b/k")
	for owner, want := range map[string]bool{"": true, account: true, other: false} {
		r.ResourceAccount = owner
		if got := policy.Evaluate(r, &policy.Set{Identity: attach(yes)}).Allowed(); got != want {
			t.Errorf("owner %q: %v", owner, got)
		}
	}
	r = request("sqs:SendMessage", "arn:aws:sqs:eu:"+other+":q")
	r.ResourceAccount = account
	if policy.Evaluate(r, &policy.Set{Identity: attach(yes)}).Allowed() {
		t.Error("the ARN names another owner, which counts")
	}
}

func TestARoleNeedsItsTrustPolicy(t *testing.T) {
	trust := func(principal string) policy.Attached {
		return attach(policy.MustParse(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":`+principal+`,"Action":"sts:AssumeRole"}}`))[0]
	}
	r := request("sts:AssumeRole", "arn:aws:iam::"+account+":role/cook")
	for _, c := range []struct {
		name  string
		set   policy.Set
		want  bool
		layer policy.Layer
	}{
		{"identity alone", policy.Set{Identity: attach(yes), ResourceMustAllow: true}, false, policy.LayerResource},
		{"identity, and it trusts another", policy.Set{Identity: attach(yes), Resource: trust(`{"Service":"lambda.amazonaws.com"}`)}, false, policy.LayerTrust},
		{"it trusts the account, identity is silent", policy.Set{Identity: attach(silent), Resource: trust(`{"AWS":"111122223333"}`)}, false, policy.LayerIdentity},
		{"it trusts the account, identity allows", policy.Set{Identity: attach(yes), Resource: trust(`{"AWS":"111122223333"}`)}, true, policy.LayerIdentity},
		{"it trusts the user", policy.Set{Resource: trust(`{"AWS":"arn:aws:iam::111122223333:user/ann"}`)}, true, policy.LayerTrust},
	} {
		if d := policy.Evaluate(r, &c.set); d.Allowed() != c.want || d.Layer != c.layer {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
	if !policy.ResourceMustAllow("sts:AssumeRole", r.Resource) || policy.ResourceMustAllow("iam:GetRole", r.Resource) || policy.ResourceMustAllow("sts:GetCallerIdentity", "*") {
		t.Error("which resources have the last word?")
	}
}

func TestWhatCannotBeDecidedIsDenied(t *testing.T) {
	for name, d := range map[string]policy.Decision{
		"the zero decision":                {},
		"nothing":                          policy.Evaluate(nil, nil),
		"no set":                           policy.Evaluate(request("s3:GetObject", "*"), nil),
		"the zero request":                 policy.Evaluate(&policy.Request{}, &policy.Set{Identity: attach(yes)}),
		"no action":                        policy.Evaluate(request("", "*"), &policy.Set{Identity: attach(yes)}),
		"an endless action":                policy.Evaluate(request("s3:"+string(make([]byte, 4096)), "*"), &policy.Set{Identity: attach(yes)}),
		"a policy that is missing":         policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Identity: append(attach(yes), policy.Attached{Name: "lost"})}),
		"a boundary that is missing":       policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Identity: attach(yes), Boundary: []policy.Attached{{}}}),
		"a level with a policy missing":    policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Identity: attach(yes), ServiceControl: [][]policy.Attached{{{}, attach(yes)[0]}}}),
		"a resource policy in their hands": policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Identity: attach(onIt("Allow", `{"AWS":"999988887777"}`))}),
		"an identity policy on a resource": policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Resource: attach(yes)[0]}),
		"the zero policy":                  policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Identity: attach(&policy.Policy{})}),
	} {
		if d.Allowed() || d.Outcome != policy.ImplicitDeny {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestADecisionNamesTheStatement(t *testing.T) {
	p := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"*"},
		{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},
		{"Sid":"NotThat","Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::secret/*"}]}`)
	set := &policy.Set{Identity: []policy.Attached{{Name: "reader", Policy: p}}}
	d, trace := policy.Explain(request("s3:GetObject", "arn:aws:s3:::b/k"), set)
	if want := (policy.Ref{Policy: "reader", Statement: 0, Effect: policy.Allow}); d.By != want || len(trace.Deciding()) != 2 {
		t.Errorf("%+v, deciding %v", d, trace.Deciding())
	}
	d, trace = policy.Explain(request("s3:GetObject", "arn:aws:s3:::secret/k"), set)
	if want := (policy.Ref{Policy: "reader", Statement: 2, Effect: policy.Deny}); d.By != want || len(trace.Deciding()) != 1 || trace.Steps[2].Sid != "NotThat" {
		t.Errorf("%+v, deciding %v", d, trace.Deciding())
	}
}
