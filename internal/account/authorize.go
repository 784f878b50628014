package account

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// Authorize implements access.Authorizer: the root of this account may do
// anything, everybody else what their policies allow.
func (s *Service) Authorize(ctx context.Context, call *access.Call, action, resource string) access.Verdict {
	service, _, _ := strings.Cut(action, ":")
	s.used(ctx, call, service)
	return s.Decide(call, action, resource, policy.Attached{})
}

// Decide is Authorize for a resource that has a policy of its own, the zero
// Attached for one that has none.
func (s *Service) Decide(call *access.Call, action, resource string, own policy.Attached) access.Verdict {
	if v, closed := closedToSessions(call, action); closed {
		return v
	}
	if call.Caller.Kind == access.Root && call.Caller.Account == s.account {
		return access.Verdict{Allowed: true, Reason: "the account's root may do anything"}
	}
	now := s.current.Load()
	resource, target := now.located(s.account, resource)
	set, ok := now.policiesOf(s, &call.Caller)
	if !ok && own.Policy == nil {
		return access.Verdict{Reason: "the caller is not known to the account any more", Cause: " because no identity-based policy allows the " + action + " action"}
	}
	set.Resource = own
	set.ResourceMustAllow = policy.ResourceMustAllow(action, resource)
	r := &policy.Request{
		Principal: principalOf(&call.Caller), Action: action, Resource: resource,
		Context: &conditions{call: call, account: s.account, caller: now.entities[ownerID(&call.Caller)], target: target},
	}
	return verdict(r, &set)
}

// verdict decides, and explains to the operator what was refused.
func verdict(r *policy.Request, set *policy.Set) access.Verdict {
	if d := policy.Evaluate(r, set); d.Allowed() {
		return access.Verdict{Allowed: true, Reason: "statement " + strconv.Itoa(d.By.Statement) + " of the " + d.Layer.String() + " " + strconv.Quote(d.By.Policy)}
	}
	d, trace := policy.Explain(r, set)
	if d.Allowed() { // the two never differ; if they did, no is the answer
		d.Outcome = policy.ImplicitDeny
	}
	cause := policy.DenialCause(r.Action, d)
	if cause == "" {
		cause = " because no identity-based policy allows the " + r.Action + " action"
	}
	return access.Verdict{Explicit: d.Outcome == policy.ExplicitDeny, Reason: trace.Reason(r), Cause: cause}
}

// located completes the ARN of an entity that was asked for by its name alone:
// the caller did not say its path, and the refusal does not tell it.
func (n *snapshot) located(account, resource string) (string, *compiledEntity) {
	kind, path, name, ok := splitEntityARN(account, resource)
	if !ok || name == "" {
		return resource, nil
	}
	e := n.named(kind, name)
	if e == nil || path != "/" && path != e.Path {
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
func (n *snapshot) policiesOf(s *Service, c *access.Caller) (set policy.Set, ok bool) {
	if c.Account != s.account || c.Kind != access.User && c.Kind != access.Session {
		return policy.Set{}, false
	}
	owner := ownerID(c)
	if c.Session != nil && c.Session.Federated {
		owner = s.issuerOf(n, c.Session)
	}
	switch g := n.grantsOf(owner); {
	case g != nil:
		set.Identity, set.Boundary = g.identity, g.boundary
	case c.Session != nil && c.Session.Federated && c.Session.Issuer == s.root("").ARN:
		set.Identity = []policy.Attached{{Name: "root of the account", Policy: awsCompiled[administrator]}}
	default:
		return policy.Set{}, false
	}
	if c.Session != nil {
		set.Session = n.sessionPolicies(c.Session)
	}
	return set, true
}

const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// issuerOf is the unique id of the user behind a federated session.
func (s *Service) issuerOf(n *snapshot, session *access.Temporary) string {
	kind, path, name, ok := splitEntityARN(s.account, session.Issuer)
	if !ok {
		return ""
	}
	if e := n.named(kind, name); e != nil && e.Path == path {
		return e.ID
	}
	return ""
}

// nothing is the session policy of a federated user for whom none was passed.
var nothing = policy.MustParse(policy.Session, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}}`)

func (n *snapshot) sessionPolicies(c *access.Temporary) []policy.Attached {
	var list []policy.Attached
	if c.Policy != "" {
		list = append(list, policy.Attached{Name: "session policy", Policy: parsed(policy.Session, c.Policy)})
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
	if service != "iam" && (service != "sts" || open) {
		return access.Verdict{}, false
	}
	return access.Verdict{Explicit: true, Reason: "credentials of GetSessionToken and GetFederationToken without MFA cannot call " + action, Cause: " with an explicit deny"}, true
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

// conditions are the values of the global condition keys for one call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
type conditions struct {
	call    *access.Call
	account string
	caller  *compiledEntity // nil for root and what has gone
	target  *compiledEntity // the entity that is asked for, if it is one
	own     map[string][]string
}

// Value implements policy.Context.
func (c *conditions) Value(key string) policy.Values {
	call, session := c.call, c.call.Caller.Session
	switch key {
	case "aws:currenttime":
		return policy.One(call.Time.UTC().Format(time.RFC3339))
	case "aws:epochtime":
		return policy.One(strconv.FormatInt(call.Time.Unix(), 10))
	case "aws:sourceip":
		return present(addr(call.Source))
	case "aws:securetransport":
		return policy.One(strconv.FormatBool(call.Secure))
	case "aws:useragent":
		return present(call.UserAgent)
	case "aws:requestedregion":
		return present(call.Region)
	case "aws:principalarn":
		if session != nil && session.Assumed {
			return policy.One(session.Issuer)
		}
		return present(call.Caller.ARN)
	case "aws:principalaccount":
		return present(call.Caller.Account)
	case "aws:principaltype":
		return present(principalType(&call.Caller))
	case "aws:userid":
		return present(call.Caller.ID)
	case "aws:username":
		if call.Caller.Kind == access.User && c.caller != nil {
			return policy.One(c.caller.Name)
		}
	case "aws:resourceaccount":
		return present(c.account)
	case "aws:tokenissuetime":
		if session != nil {
			return policy.One(session.Issued.UTC().Format(time.RFC3339))
		}
	case "aws:multifactorauthpresent":
		if session != nil && !session.Federated {
			return policy.One("false")
		}
	case "aws:sourceidentity":
		if session != nil {
			return present(session.SourceIdentity)
		}
	}
	if name, ok := strings.CutPrefix(key, "aws:principaltag/"); ok {
		return c.principalTag(name)
	}
	if name, ok := strings.CutPrefix(key, "aws:resourcetag/"); ok && c.target != nil {
		return tagValueOf(c.target.Tags, name)
	}
	if name, ok := strings.CutPrefix(key, "iam:resourcetag/"); ok && c.target != nil {
		return tagValueOf(c.target.Tags, name)
	}
	if values, ok := c.own[key]; ok {
		return policy.Many(values)
	}
	return policy.Many(call.Conditions[key])
}

// principalTag: the tags of a session win over those of the role or user behind it.
func (c *conditions) principalTag(name string) policy.Values {
	if session := c.call.Caller.Session; session != nil {
		for key, value := range session.Tags {
			if strings.EqualFold(key, name) {
				return policy.One(value)
			}
		}
	}
	if c.caller == nil {
		return policy.Values{}
	}
	return tagValueOf(c.caller.Tags, name)
}

func tagValueOf(tags []tag, name string) policy.Values {
	for _, t := range tags {
		if strings.EqualFold(t.Key, name) {
			return policy.One(t.Value)
		}
	}
	return policy.Values{}
}

func present(value string) policy.Values {
	if value == "" {
		return policy.Values{}
	}
	return policy.One(value)
}

func addr(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func principalType(c *access.Caller) string {
	switch {
	case c.Kind == access.Root:
		return "Account"
	case c.Kind == access.User:
		return "User"
	case c.Kind == access.Session && c.Session != nil && c.Session.Federated:
		return "FederatedUser"
	case c.Kind == access.Session:
		return "AssumedRole"
	case c.Kind == access.Anonymous:
		return "Anonymous"
	}
	return ""
}
