package account

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

// ErrNotTrusted: the role is not there, or its trust policy does not allow it.
// The text beside it is for the operator, never for the client.
var ErrNotTrusted = errors.New("account: the role cannot be assumed")

// Assumption is what another service of the program asks when it assumes a
// role for somebody whom it has proved itself.
type Assumption struct {
	Action     string              // sts:AssumeRole, sts:AssumeRoleWithWebIdentity, sts:AssumeRoleWithSAML
	Principal  policy.Principal    // a Service (lambda.amazonaws.com) or a Federated one (cognito-identity.amazonaws.com)
	Conditions map[string][]string // what the principal's proof says, by condition key in lower case; a Federated one's stay with the session
	RoleARN    string
	Session    string // name of the session
	Life       time.Duration
	Policy     string            // session policy; "" for none
	PolicyARNs []string          // managed policies that bound the session, too
	Tags       map[string]string // of the session; the trust policy must allow sts:TagSession for them
	// Claims are condition keys, in lower case, that a Service's session goes on
	// saying of itself, such as lambda:sourcefunctionarn.
	Claims     map[string][]string
	Transitive []string // keys of tags that go on into sessions made from this one
	// SourceIdentity stays with the session and those made from it; the trust
	// policy must allow sts:SetSourceIdentity. "" for none.
	SourceIdentity string
}

// TemporaryCredentials are an access key that is good with its token, until it expires.
type TemporaryCredentials struct {
	Credentials
	SessionToken string
	Expires      time.Time
	RoleID       string // the unique id of the role, as in AROA…:session
}

// AssumeFor makes a session of a role whose trust policy names the principal.
// The role's longest session bounds Life.
func (s *Service) AssumeFor(call *access.Call, a Assumption) (TemporaryCredentials, error) {
	switch a.Principal.Caller {
	case policy.Service, policy.Federated:
	default:
		return TemporaryCredentials{}, fmt.Errorf("%w: %s is neither a service nor an identity provider", ErrNotTrusted, a.Principal.ARN)
	}
	if err := checkText("roleSessionName", &a.Session, sessionNames, 2, 64); err != nil {
		return TemporaryCredentials{}, err
	}
	p := passed{Policy: a.Policy, PolicyARNs: a.PolicyARNs}
	if a.SourceIdentity != "" {
		if err := checkText("sourceIdentity", &a.SourceIdentity, sessionNames, 2, 64); err != nil {
			return TemporaryCredentials{}, err
		}
		p.SourceIdentity = a.SourceIdentity
	}
	var tags []types.Tag
	for key, value := range a.Tags {
		tags = append(tags, types.Tag{Key: &key, Value: &value})
	}
	if err := p.tag(nil, tags, a.Transitive); err != nil {
		return TemporaryCredentials{}, err
	}
	if ok, err := packs(&p); err != nil {
		return TemporaryCredentials{}, err
	} else if !ok {
		_, err := p.packedSize() // says by how much
		return TemporaryCredentials{}, err
	}
	if err := a.fits(); err != nil {
		return TemporaryCredentials{}, err
	}
	target, err := s.trusts(call, &a, &p, 0)
	if err != nil {
		return TemporaryCredentials{}, err
	}
	life := min(a.Life, time.Duration(target.Role.MaxSession)*time.Second)
	c, token, expires, err := s.issue(a.session(target, &p), call.Time, life)
	return TemporaryCredentials{c, token, expires, target.ID}, err
}

// fits refuses a proof that says more than a session token can carry.
func (a *Assumption) fits() error {
	ok, err := packs([]map[string][]string{a.Conditions, a.Claims})
	if err == nil && !ok {
		return &types.PackedPolicyTooLargeException{Message: text("The claims of the identity provider take more than the space allotted to them.", nil)}
	}
	return err
}

// session is that of the role that trusted.
func (a *Assumption) session(target *compiledEntity, p *passed) session {
	claims := session{Kind: ofRole, Owner: target.ID, Name: a.Session, passed: *p, Claims: a.Claims}
	if a.Principal.Caller == policy.Federated {
		claims.Provider, claims.Claims = a.Principal.ARN, a.Conditions
	}
	return claims
}

// trusts asks the trust policy of a role about a principal that is proved
// already, and finds the role. ErrNotTrusted if it is not there or says no,
// which stands in the call's record. seconds is how long the session shall be,
// where a.Life does not say it.
func (s *Service) trusts(call *access.Call, a *Assumption, p *passed, seconds int32) (*compiledEntity, error) {
	target := s.current.Load().roleBy(s.account, a.RoleARN)
	if target == nil {
		return nil, fmt.Errorf("%w: the account has no role %s", ErrNotTrusted, a.RoleARN)
	}
	if a.Life > 0 {
		seconds = int32(min(a.Life, time.Duration(target.Role.MaxSession)*time.Second) / time.Second)
	}
	own := p.conditions()
	for key, values := range a.Conditions {
		own[key] = values
	}
	own["sts:rolesessionname"] = []string{a.Session}
	own["sts:durationseconds"] = []string{itoa(seconds)}
	asking := *call
	asking.Caller, asking.Conditions = access.Caller{}, nil // who stands behind the call is not who assumes
	if a.Principal.Caller == policy.Service {
		asking.Caller = access.Caller{Kind: access.Service, ARN: a.Principal.ARN}
	}
	r := &policy.Request{Principal: a.Principal, Resource: a.RoleARN, Context: &conditions{call: &asking, account: s.account, target: target, own: own}}
	set := policy.Set{Resource: trustOf(target, a.RoleARN), ResourceMustAllow: true}
	for _, r.Action = range p.actions(a.Action) {
		v := verdict(r, &set)
		if !v.Allowed {
			deny(call, a.Principal.ARN, r.Action, a.RoleARN, &v)
			return nil, fmt.Errorf("%w: %s: %s", ErrNotTrusted, r.Action, v.Reason)
		}
		call.Record.Note("authorise", audit.Passed, r.Action+": "+v.Reason, call.Time)
	}
	return target, nil
}

// actions are those that a trust policy has to allow for what was passed along.
func (p *passed) actions(assume string) []string {
	actions := []string{assume}
	if len(p.Tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if p.SourceIdentity != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	return actions
}

// deny keeps the decision that refused the call, so that it can be explained.
func deny(call *access.Call, principal, action, resource string, v *access.Verdict) {
	if call.Record != nil && v.Trace != nil {
		call.Record.Denied = &audit.Denied{Principal: principal, Action: action, Resource: resource, Trace: v.Trace}
	}
}

// roleBy finds a role by its whole ARN. One whose trust policy cannot be read
// is as good as none.
func (n *snapshot) roleBy(account, arn string) *compiledEntity {
	kind, path, name, ok := splitEntityARN(account, arn)
	if !ok || kind != role {
		return nil
	}
	if e := n.named(role, name); e != nil && e.Path == path && e.Name == name && e.trust != nil {
		return e
	}
	return nil
}

func trustOf(e *compiledEntity, arn string) policy.Attached {
	return policy.Attached{Name: "trust policy of " + arn, Policy: e.trust}
}
