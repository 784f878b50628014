package account

import (
	"errors"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/access"
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
	Claims map[string][]string
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
	for key, value := range a.Tags {
		p.Tags = append(p.Tags, tag{key, value})
	}
	if err := checkTags(sortTags(p.Tags)); err != nil {
		return TemporaryCredentials{}, err
	}
	if _, err := p.packedSize(); err != nil {
		return TemporaryCredentials{}, err
	}
	now := s.current.Load()
	target := now.roleBy(s.account, a.RoleARN)
	if target == nil {
		return TemporaryCredentials{}, fmt.Errorf("%w: the account has no role %s", ErrNotTrusted, a.RoleARN)
	}
	own := p.conditions()
	for key, values := range a.Conditions {
		own[key] = values
	}
	own["sts:rolesessionname"] = []string{a.Session}
	asking := *call
	asking.Caller, asking.Conditions = access.Caller{}, nil // who stands behind the call is not who assumes
	if a.Principal.Caller == policy.Service {
		asking.Caller = access.Caller{Kind: access.Service, ARN: a.Principal.ARN}
	}
	r := &policy.Request{Principal: a.Principal, Resource: a.RoleARN, Context: &conditions{call: &asking, account: s.account, target: target, own: own}}
	set := policy.Set{Resource: trustOf(target, a.RoleARN), ResourceMustAllow: true}
	actions := []string{a.Action}
	if len(p.Tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	for _, r.Action = range actions {
		if v := verdict(r, &set); !v.Allowed {
			return TemporaryCredentials{}, fmt.Errorf("%w: %s: %s", ErrNotTrusted, r.Action, v.Reason)
		}
	}
	life := min(a.Life, time.Duration(target.Role.MaxSession)*time.Second)
	claims := session{Kind: ofRole, Owner: target.ID, Name: a.Session, passed: p, Claims: a.Claims}
	if a.Principal.Caller == policy.Federated {
		claims.Provider, claims.Claims = a.Principal.ARN, a.Conditions
	}
	c, token, expires, err := s.issue(claims, call.Time, life)
	return TemporaryCredentials{c, token, expires, target.ID}, err
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
