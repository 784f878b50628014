package account

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

const (
	shortestSession = 900 // seconds
	longestChained  = 3600
)

func itoa(n int32) string { return strconv.Itoa(int(n)) }

// AssumeRole gives the credentials of a role to whom its trust policy allows
// it. A role that is not there is refused in the words of one that may not be
// assumed.
func (s *Service) AssumeRole(ctx context.Context, call *access.Call, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	s.used(ctx, call, "sts")
	if err := checkAssume(in); err != nil {
		return nil, err
	}
	caller := call.Caller.Session
	switch {
	case call.Caller.Kind == access.Root:
		return nil, accessDenied("Roles may not be assumed by root accounts.")
	case caller != nil && caller.Federated:
		return nil, accessDenied("Cannot call AssumeRole with credentials of GetFederationToken")
	}
	p, err := passedBy(caller, in.Policy, in.PolicyArns, in.Tags, in.TransitiveTagKeys)
	if err != nil {
		return nil, err
	}
	p.SourceIdentity = deref(in.SourceIdentity)
	if caller != nil && caller.SourceIdentity != "" {
		if in.SourceIdentity != nil && *in.SourceIdentity != caller.SourceIdentity {
			return nil, accessDenied("The source identity of a session cannot be changed.")
		}
		p.SourceIdentity = caller.SourceIdentity
	}
	seconds := int32(minMaxSession)
	if in.DurationSeconds != nil {
		seconds = *in.DurationSeconds
	}
	target, err := s.mayAssume(call, in, &p, seconds)
	if err != nil {
		return nil, err
	}
	if caller != nil && caller.Assumed && seconds > longestChained {
		return nil, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	if seconds > target.Role.MaxSession {
		return nil, tooLongForRole()
	}
	size, err := p.packedSize()
	if err != nil {
		return nil, err
	}
	name := *in.RoleSessionName
	credentials, err := s.credentials(session{Kind: ofRole, Owner: target.ID, Name: name, passed: p}, call.Time, seconds)
	if err != nil {
		return nil, err
	}
	out := &sts.AssumeRoleOutput{
		Credentials: credentials,
		//lint:ignore SA1019 clients of today read it
		PackedPolicySize: size,
		AssumedRoleUser:  &types.AssumedRoleUser{Arn: new(s.assumedARN(target.Name, name)), AssumedRoleId: new(target.ID + ":" + name)},
	}
	if p.SourceIdentity != "" {
		out.SourceIdentity = &p.SourceIdentity
	}
	return out, nil
}

func checkAssume(in *sts.AssumeRoleInput) error {
	if err := checkRoleARN(deref(in.RoleArn)); err != nil {
		return err
	}
	if err := checkText("roleSessionName", in.RoleSessionName, sessionNames, 2, 64); err != nil {
		return err
	}
	if err := checkText("externalId", in.ExternalId, externalIDs, 2, 1224); err != nil {
		return err
	}
	if err := checkText("sourceIdentity", in.SourceIdentity, sessionNames, 2, 64); err != nil {
		return err
	}
	if err := checkDuration(in.DurationSeconds, maxMaxSession); err != nil {
		return err
	}
	switch {
	case len(in.ProvidedContexts) > 0:
		return invalidParameter("ProvidedContexts are not available here.")
	case in.MinimumSessionTokenSize != nil && *in.MinimumSessionTokenSize != 0:
		return tokenSize()
	}
	return checkMFA(in.SerialNumber, in.TokenCode)
}

func tokenSize() error {
	return invalidParameter("MinimumSessionTokenSize is not available here.")
}

func checkRoleARN(arn string) error {
	if len(arn) < 20 || len(arn) > 2048 || !strings.HasPrefix(arn, "arn:aws:iam::") || !strings.Contains(arn, ":role/") {
		return validation("%.2048s is invalid", arn)
	}
	return nil
}

func tooLongForRole() error {
	return validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
}

func checkDuration(seconds *int32, most int32) error {
	switch {
	case seconds == nil:
	case *seconds < shortestSession:
		return validation("1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to %d", *seconds, shortestSession)
	case *seconds > most:
		return validation("1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to %d", *seconds, most)
	}
	return nil
}

// checkMFA: there are no MFA devices here, so that no code of one is right.
func checkMFA(serial, code *string) error {
	if serial != nil || code != nil {
		return accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code.")
	}
	return nil
}

// mayAssume asks the role's trust policy, and the caller's own policies where
// it leaves it to them.
func (s *Service) mayAssume(call *access.Call, in *sts.AssumeRoleInput, p *passed, seconds int32) (*compiledEntity, error) {
	arn := *in.RoleArn
	if call.Record != nil {
		call.Record.Resource = arn
	}
	now := s.current.Load()
	target := now.roleBy(s.account, arn)
	refused := func(action, reason string) error {
		call.Record.Note("authorise", audit.Refused, action+": "+reason, call.Time)
		return accessDenied("User: %s is not authorized to perform: %s on resource: %s", call.Caller.ARN, action, arn)
	}
	if target == nil {
		return nil, refused("sts:AssumeRole", "the account has no such role")
	}
	set, ok := s.policiesOf(now, &call.Caller)
	if !ok {
		return nil, refused("sts:AssumeRole", "the caller is not known to the account any more")
	}
	set.Resource = trustOf(target, arn)
	set.ResourceMustAllow = true
	own := p.conditions()
	own["sts:rolesessionname"] = []string{*in.RoleSessionName}
	own["sts:durationseconds"] = []string{itoa(seconds)}
	if in.ExternalId != nil {
		own["sts:externalid"] = []string{*in.ExternalId}
	}
	r := &policy.Request{
		Principal: principalOf(&call.Caller), Resource: arn,
		Context: &conditions{call: call, account: s.account, caller: now.entities[ownerID(&call.Caller)], target: target, own: own},
	}
	for _, r.Action = range p.actions("sts:AssumeRole") {
		v := verdict(r, &set)
		if !v.Allowed {
			deny(call, call.Caller.ARN, r.Action, arn, &v)
			return nil, refused(r.Action, v.Reason)
		}
		call.Record.Note("authorise", audit.Passed, r.Action+": "+v.Reason, call.Time)
	}
	return target, nil
}

// credentials issues a session and gives it AWS's shape.
func (s *Service) credentials(claims session, now time.Time, seconds int32) (*types.Credentials, error) {
	c, token, expires, err := s.issue(claims, now, time.Duration(seconds)*time.Second)
	if err != nil {
		return nil, err
	}
	return &types.Credentials{AccessKeyId: &c.AccessKeyID, SecretAccessKey: new(c.SecretAccessKey.Reveal()), SessionToken: &token, Expiration: &expires}, nil
}
