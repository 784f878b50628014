package account

import (
	"context"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// Authorize implements access.Authorizer: the root of this account may do
// anything that the resource's own policy does not deny, everybody else what
// their policies allow. What AWS keeps to itself nobody changes.
func (s *Service) Authorize(ctx context.Context, call *access.Call, action, resource string) access.Verdict {
	service, _, _ := strings.Cut(action, ":")
	s.used(ctx, call, service)
	return s.Decide(call, action, resource, call.Own)
}

// Decide is Authorize for a resource that has a policy of its own, the zero
// Attached for one that has none.
func (s *Service) Decide(call *access.Call, action, resource string, own policy.Attached) access.Verdict {
	now := s.current.Load()
	var target *compiledEntity
	switch action {
	case "iam:CreateUser", "iam:CreateGroup", "iam:CreateRole": // what will be is where the caller says
	default:
		resource, target = now.located(s.account, resource)
	}
	return s.decide(now, call, action, resource, target, own)
}

// decide is Decide for a resource whose ARN is complete. target is the entity
// that it is, if it is one.
func (s *Service) decide(now *snapshot, call *access.Call, action, resource string, target *compiledEntity, own policy.Attached) access.Verdict {
	if v, closed := closedToSessions(call, action); closed {
		return v
	}
	root := call.Caller.Kind == access.Root && call.Caller.Account == s.account
	reserved := policy.Reserved(action, resource)
	if root && own.Policy == nil && !reserved {
		return access.Verdict{Allowed: true, Reason: "the account's root may do anything"}
	}
	set, ok := s.policiesOf(now, &call.Caller)
	if !ok && !root && own.Policy == nil {
		return access.Verdict{Reason: "the caller is not known to the account any more", Cause: " because no identity-based policy allows the " + action + " action"}
	}
	set.Resource = own
	set.ResourceMustAllow = policy.ResourceMustAllow(action, resource)
	set.Reserved, set.Open = reserved, policy.Open(action)
	keys := &conditions{call: call, account: s.account, caller: now.entities[ownerID(&call.Caller)], target: target}
	if target == nil {
		keys.tagged = now.policyTags[resource]
	} else if boundaryKeyed[action] {
		keys.bounded = target.Boundary
	}
	r := &policy.Request{Principal: principalOf(&call.Caller), Action: action, Resource: resource, Context: keys}
	return verdict(r, &set)
}

// verdict decides, and explains to the operator what was refused.
func verdict(r *policy.Request, set *policy.Set) access.Verdict {
	if d := policy.Evaluate(r, set); d.Allowed() {
		if d.By.Effect == 0 { // no statement was needed
			return access.Verdict{Allowed: true, Reason: d.Layer.String()}
		}
		return access.Verdict{Allowed: true, Reason: "statement " + strconv.Itoa(d.By.Statement) + " of the " + d.Layer.String() + " " + strconv.Quote(d.By.Policy)}
	}
	d, trace := policy.Explain(r, set)
	if d.Allowed() { // the two never differ; if they did, no is the answer
		d.Outcome = policy.ImplicitDeny
	}
	cause := policy.DenialCause(r.Action, d)
	switch {
	case d.Layer == policy.LayerReserved:
		cause = ", which AWS keeps to itself"
	case cause == "":
		cause = " because no identity-based policy allows the " + r.Action + " action"
	}
	return access.Verdict{Explicit: d.Outcome == policy.ExplicitDeny, Reason: trace.Reason(r), Cause: cause, Trace: trace}
}

// located completes the ARN of an entity that was asked for by its name alone:
// the caller did not say its path, and the refusal does not tell it.
func (n *snapshot) located(account, resource string) (string, *compiledEntity) {
	kind, path, name, ok := splitEntityARN(account, resource)
	if !ok || name == "" {
		return resource, nil
	}
	e := n.named(kind, name)
	if e == nil || e.Name != name || path != "/" && path != e.Path {
		return resource, nil
	}
	return e.arn(account), e
}

// ownerID is the unique id of the user or role behind a caller.
func ownerID(c *access.Caller) string {
	id, _, _ := strings.Cut(c.ID, ":")
	return id
}

// policiesOf collects what bounds and allows a caller. ok is false for one who
// has nothing here: who does not exist, or who never had policies.
func (s *Service) policiesOf(n *snapshot, c *access.Caller) (set policy.Set, ok bool) {
	if c.Account != s.account || c.Kind != access.User && c.Kind != access.Session {
		return policy.Set{}, false
	}
	owner := ownerID(c)
	if c.Session != nil && c.Session.Federated {
		owner = c.Session.IssuerID
	}
	switch g := n.grantsOf(owner); {
	case g != nil:
		set.Identity, set.Boundary = g.identity, g.boundary
	case c.Session != nil && c.Session.Federated && c.Session.IssuerID == "":
		set.Identity = []policy.Attached{{Name: "root of the account", Policy: awsCompiled(administrator)}}
	default:
		return policy.Set{}, false
	}
	if c.Session != nil {
		set.Session = s.sessionPolicies(n, c.Session)
	}
	return set, true
}

const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// nothing is the session policy of a federated user for whom none was passed.
var nothing = policy.MustParse(policy.Session, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}}`)

func (s *Service) sessionPolicies(n *snapshot, c *access.Temporary) []policy.Attached {
	var list []policy.Attached
	if c.Policy != "" {
		p, known := s.compiled.get(c.Policy)
		if !known {
			p = parsed(policy.Session, c.Policy)
			s.compiled.put(c.Policy, p)
		}
		list = append(list, policy.Attached{Name: "session policy", Policy: p})
	}
	for _, arn := range c.PolicyARNs {
		list = append(list, n.managed(arn))
	}
	if list == nil && c.Federated {
		list = []policy.Attached{{Name: "no session policy", Policy: nothing}}
	}
	return list
}

// closedToSessions: what AWS gives to no temporary credentials of
// GetSessionToken and GetFederationToken, whatever their policies say.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
func closedToSessions(call *access.Call, action string) (access.Verdict, bool) {
	c := call.Caller.Session
	if c == nil || c.Assumed {
		return access.Verdict{}, false
	}
	service, name, _ := strings.Cut(action, ":")
	open := name == "GetCallerIdentity" || !c.Federated && name == "AssumeRole"
	if action == passRole || service != "iam" && (service != "sts" || open) { // passing a role is no call of IAM
		return access.Verdict{}, false
	}
	return access.Verdict{Explicit: true, Reason: "credentials of GetSessionToken and GetFederationToken without MFA cannot call " + action, Cause: ", which credentials of GetSessionToken and GetFederationToken cannot"}, true
}

func principalOf(c *access.Caller) policy.Principal {
	p := policy.Principal{Account: c.Account, ARN: c.ARN, ID: c.ID}
	switch {
	case c.Kind == access.Root:
		p.Caller = policy.Root
	case c.Kind == access.User:
		p.Caller = policy.User
	case c.Kind == access.Service:
		p.Caller, p.Account = policy.Service, ""
	case c.Kind == access.Session && c.Session != nil && c.Session.Federated:
		p.Caller, p.Issuer = policy.FederatedUser, c.Session.Issuer
	case c.Kind == access.Session && c.Session != nil:
		p.Caller, p.Issuer = policy.RoleSession, c.Session.Issuer
	default:
		return policy.Principal{}
	}
	return p
}
