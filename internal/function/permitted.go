package function

import (
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// Source is on whose behalf an AWS service invokes a function.
type Source struct {
	Service string // "apigateway.amazonaws.com"
	ARN     string // of the method, rule, pool ... that causes the call
	Account string // that owns it
	// Decide is set where the service acts as a role or as its own caller: it says
	// whether they may invoke the function, whose own policy is at hand. The
	// function's policy alone decides where it is nil.
	Decide func(action, functionARN string, own policy.Attached) access.Verdict
}

const invokeAction = "lambda:InvokeFunction"

// grants is the compiled policy of a function, version or alias, under its ARN.
type grants struct {
	arn string
	own policy.Attached
}

// compile makes what GetPolicy shows ready for decisions.
func (p *resourcePolicy) compile(resource string) (*policy.Policy, error) {
	return policy.Parse(policy.Resource, []byte(p.document(resource)))
}

// compiled are the policies of a row. One that cannot be read, which
// AddPermission does not let in, grants nothing; as none of them denies
// anything, that is safe.
func (s *Service) compiled(row *functionRow) map[string]grants {
	all := make(map[string]grants, len(row.Policies))
	for qualifier, p := range row.Policies {
		arn := target{row.Region, s.account, row.Name, qualifier}.arn()
		ready, err := p.compile(arn)
		if err != nil {
			s.log.Error("a function's policy cannot be read and grants nothing", "function", arn, "error", err)
			continue
		}
		all[qualifier] = grants{arn, policy.Attached{Name: "policy of " + arn, Policy: ready}}
	}
	return all
}

// Value implements policy.Context: what a service says of its call.
func (from *Source) Value(key string) policy.Values {
	var value string
	switch key {
	case "aws:sourcearn":
		value = from.ARN
	case "aws:sourceaccount":
		value = from.Account
	case "aws:principalservicename":
		value = from.Service
	case "aws:principalisawsservice":
		value = "true"
	}
	if value == "" {
		return policy.Values{}
	}
	return policy.One(value)
}

func (g *grants) question(from *Source) (policy.Request, policy.Set) {
	return policy.Request{
		Principal: policy.Principal{Caller: policy.Service, ARN: from.Service},
		Action:    invokeAction, Resource: g.arn, Context: from,
	}, policy.Set{Resource: g.own, ResourceMustAllow: true}
}

// permit reports whether the policy lets a service invoke. Without a policy it does not.
func (g *grants) permit(from *Source) bool {
	if g.own.Policy == nil || from.Service == "" {
		return false
	}
	r, set := g.question(from)
	return policy.Evaluate(&r, &set).Allowed()
}

// refusal says why permit did not, for the operator.
func (g *grants) refusal(from *Source) string {
	switch {
	case from.Service == "":
		return "no service is named"
	case g.own.Policy == nil:
		return "it has no resource policy"
	}
	r, set := g.question(from)
	_, trace := policy.Explain(&r, &set)
	return trace.Reason(&r)
}

// lets says whether from may invoke what g guards, and if not, why, for the operator.
func (g *grants) lets(from *Source, functionARN string) (ok bool, why string) {
	if from.Decide != nil {
		v := from.Decide(invokeAction, functionARN, g.own)
		return v.Allowed && !v.Explicit, v.Reason
	}
	if g.permit(from) {
		return true, ""
	}
	return false, g.refusal(from)
}

// Permitted reports whether the resource policy of functionARN (with its
// qualifier, if it has one) lets a service invoke it for the source. A function
// that does not exist permits nothing.
func (s *Service) Permitted(from Source, functionARN string) bool {
	t, ok := s.parseARN(functionARN)
	if !ok {
		return false
	}
	e := s.current.Load().functions[key{t.region, t.name}]
	if e == nil {
		return false
	}
	g := e.permissions[t.qualifier]
	return g.permit(&from)
}

// parseARN takes full ARNs of this deployment only, with or without a qualifier.
// It is on the way of every event, so it does without nameForm; what it lets
// through and nameForm would not is the name of no function.
func (s *Service) parseARN(arn string) (t target, ok bool) {
	rest, ok := strings.CutPrefix(arn, "arn:aws:lambda:")
	if !ok {
		return target{}, false
	}
	t.region, rest, _ = strings.Cut(rest, ":")
	t.account, rest, _ = strings.Cut(rest, ":")
	if rest, ok = strings.CutPrefix(rest, "function:"); !ok || t.account != s.account || t.region == "" {
		return target{}, false
	}
	var qualified bool
	t.name, t.qualifier, qualified = strings.Cut(rest, ":")
	return t, t.name != "" && qualified == (t.qualifier != "")
}
