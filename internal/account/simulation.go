package account

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/policy"
)

// simulation is a set of policies that is asked what it would decide. It asks
// the engine that decides calls, and nothing of its own.
type simulation struct {
	principal policy.Principal
	owner     string // account of the resources whose ARN does not say
	set       policy.Set
	sources   []source // by the number that is the policy's name in set
	context   policy.Context
	given     map[string]bool // keys of context, in lower case
}

// source is a policy and where it comes from.
type source struct {
	id       string // as the answer calls it
	arn      string // of a managed policy
	owner    *entity
	boundary bool
	text     string
	policy   *policy.Policy // nil when the text cannot be read, which no decision survives
}

func (m *simulation) add(layer policy.Layer, from source) {
	a := policy.Attached{Name: strconv.Itoa(len(m.sources)), Policy: from.policy}
	m.sources = append(m.sources, from)
	switch layer {
	case policy.LayerIdentity:
		m.set.Identity = append(m.set.Identity, a)
	case policy.LayerBoundary:
		m.set.Boundary = append(m.set.Boundary, a)
	case policy.LayerResource:
		m.set.Resource = a
	case policy.LayerServiceControl:
		level := &m.set.ServiceControl[len(m.set.ServiceControl)-1]
		*level = append(*level, a)
	}
}

func (m *simulation) addInput(layer policy.Layer, kind policy.Kind, id, text string) error {
	p, err := policy.Parse(kind, []byte(text))
	if err != nil {
		return unreadable(id, err)
	}
	m.add(layer, source{id: id, text: text, policy: p})
	return nil
}

func (m *simulation) source(name string) *source {
	i, _ := strconv.Atoi(name) // add made it
	return &m.sources[i]
}

// result decides one action on one resource. named is whether the client named
// resources at all.
func (m *simulation) result(action, resource string, named bool) (types.EvaluationResult, error) {
	r := &policy.Request{Principal: m.principal, Action: action, Resource: resource, ResourceAccount: m.owner, Context: m.context}
	set := m.set
	if set.Resource.Policy != nil {
		set.ResourceMustAllow = policy.ResourceMustAllow(action, resource)
	}
	set.Reserved, set.Open = policy.Reserved(action, resource), policy.Open(action)
	d, trace := policy.Explain(r, &set)
	if d.Layer == policy.LayerEngine {
		return types.EvaluationResult{}, &types.PolicyEvaluationException{Message: text("A policy that applies to %s could not be evaluated.", []any{action})}
	}
	matched, missing := m.matched(trace), m.missing(trace)
	out := types.EvaluationResult{
		EvalActionName: &action, EvalResourceName: &resource, EvalDecision: decisions[d.Outcome],
		MatchedStatements: matched, MissingContextValues: missing,
	}
	if len(set.Boundary) > 0 {
		out.PermissionsBoundaryDecisionDetail = &types.PermissionsBoundaryDecisionDetail{
			AllowedByPermissionsBoundary: said(trace, policy.LayerBoundary, -1) == types.PolicyEvaluationDecisionTypeAllowed,
		}
	}
	if len(set.ServiceControl) > 0 {
		allowed := true
		for level := range set.ServiceControl {
			allowed = allowed && said(trace, policy.LayerServiceControl, level) == types.PolicyEvaluationDecisionTypeAllowed
		}
		out.OrganizationsDecisionDetail = &types.OrganizationsDecisionDetail{AllowedByOrganizations: allowed}
	}
	if !named {
		return out, nil
	}
	out.EvalDecisionDetails = map[string]types.PolicyEvaluationDecisionType{}
	specific := types.ResourceSpecificResult{
		EvalResourceName: &resource, EvalResourceDecision: out.EvalDecision, MatchedStatements: matched, MissingContextValues: missing,
		PermissionsBoundaryDecisionDetail: out.PermissionsBoundaryDecisionDetail,
	}
	if m.abroad(resource) {
		out.EvalDecisionDetails[fromIdentity] = said(trace, policy.LayerIdentity, -1)
		out.EvalDecisionDetails[fromResource] = said(trace, policy.LayerResource, -1)
		specific.EvalDecisionDetails = out.EvalDecisionDetails
	}
	out.ResourceSpecificResults = []types.ResourceSpecificResult{specific}
	return out, nil
}

// What AWS calls the two sorts of sources. It answers the first, which the
// enumeration of its model does not have; the second is formed after it.
const (
	fromIdentity = "IAM Policy"
	fromResource = "Resource Policy"
)

var decisions = map[policy.Outcome]types.PolicyEvaluationDecisionType{
	policy.Allowed: types.PolicyEvaluationDecisionTypeAllowed, policy.ExplicitDeny: types.PolicyEvaluationDecisionTypeExplicitDeny,
	policy.ImplicitDeny: types.PolicyEvaluationDecisionTypeImplicitDeny,
}

// said is what the policies of one layer say by themselves; level is one of
// those of an organization, -1 for all.
func said(t *policy.Trace, layer policy.Layer, level int) types.PolicyEvaluationDecisionType {
	answer := types.PolicyEvaluationDecisionTypeImplicitDeny
	for _, s := range t.Steps {
		if s.Layer != layer || !s.Applies || level >= 0 && s.Level != level {
			continue
		}
		if s.Effect == policy.Deny {
			return types.PolicyEvaluationDecisionTypeExplicitDeny
		}
		answer = types.PolicyEvaluationDecisionTypeAllowed
	}
	return answer
}

func ofSimulated(l policy.Layer) bool { return l == policy.LayerIdentity || l == policy.LayerResource }

// matched are the statements that made the decision, those of boundaries and
// organizations left out.
func (m *simulation) matched(t *policy.Trace) []types.Statement {
	list := []types.Statement{}
	for _, s := range t.Steps {
		deciding := t.Decision.Outcome == policy.ExplicitDeny && s.Effect == policy.Deny || t.Decision.Allowed() && s.Effect == policy.Allow
		if !s.Applies || !deciding || !ofSimulated(s.Layer) {
			continue
		}
		from := m.source(s.Policy)
		kind := types.PolicySourceType(fromIdentity)
		if s.Layer == policy.LayerResource {
			kind = fromResource
		}
		start, end := from.policy.Span(s.Statement)
		start = startOf(from.text, start)
		list = append(list, types.Statement{SourcePolicyId: &from.id, SourcePolicyType: kind, StartPosition: position(from.text, start), EndPosition: position(from.text, end)})
	}
	return list
}

// startOf is where AWS lets the statement start whose { is at some offset: where
// what stands before it in the list ends, and behind the { when there is no list.
func startOf(text string, at int) int {
	before := strings.TrimRight(text[:at], " \t\r\n")
	if strings.HasSuffix(before, ":") {
		return at + 1
	}
	return len(strings.TrimRight(strings.TrimSuffix(before, ","), " \t\r\n"))
}

// position is an offset as line and column, both from 1.
func position(text string, at int) *types.Position {
	before := text[:at]
	line := strings.Count(before, "\n")
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return &types.Position{Line: int32(line + 1), Column: int32(column + 1)}
}

// missing are the keys that statements asked for and the context does not have.
func (m *simulation) missing(t *policy.Trace) []string {
	list, seen := []string{}, map[string]bool{}
	for _, s := range t.Steps {
		if !ofSimulated(s.Layer) {
			continue
		}
		for _, key := range m.source(s.Policy).policy.StatementKeys(s.Statement, s.Clause) {
			if folded := strings.ToLower(key); !seen[folded] && !m.given[folded] {
				seen[folded] = true
				list = append(list, key)
			}
		}
	}
	return list
}

// abroad reports whether a resource is another account's than the caller's.
func (m *simulation) abroad(resource string) bool {
	owner := m.owner
	if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 && parts[4] != "" {
		owner = parts[4]
	}
	return owner != m.principal.Account
}
