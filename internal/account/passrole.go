package account

import (
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

const passRole = "iam:PassRole"

// MayPass answers whether whoever calls may give a role to a service, such as
// lambda.amazonaws.com: iam:PassRole on the role, with iam:PassedToService, and
// with iam:AssociatedResourceArn when call.Conditions has it. Root may pass any
// role of the account; nobody passes another account's. It does not say that
// the role is there: see Trusts.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func (s *Service) MayPass(call *access.Call, roleARN, service string) access.Verdict {
	v := s.mayPass(call, roleARN, service)
	result := audit.Refused
	if v.Allowed {
		result = audit.Passed
	}
	call.Record.Note("pass role", result, roleARN+" to "+service+": "+v.Reason, call.Time)
	return v
}

func (s *Service) mayPass(call *access.Call, roleARN, service string) access.Verdict {
	if kind, _, name, ok := splitEntityARN(s.account, roleARN); !ok || kind != role || name == "" {
		return access.Verdict{Reason: "it is no role of this account, and roles do not cross accounts", Cause: ": Cross-account pass role is not allowed."}
	}
	now, passing := s.current.Load(), *call
	passing.Own = policy.Attached{}
	// Keys of the request, such as its tags, are not keys of the role.
	passing.Conditions = map[string][]string{"iam:passedtoservice": {service}}
	if arn := call.Conditions[associatedResource]; len(arn) > 0 {
		passing.Conditions[associatedResource] = arn
	}
	return s.decide(now, &passing, passRole, roleARN, now.roleBy(s.account, roleARN), policy.Attached{})
}

const associatedResource = "iam:associatedresourcearn"

// Trusts reports whether a role is there and its trust policy lets a service
// assume it, for the resource in iam:AssociatedResourceArn of call.Conditions if
// there is one.
func (s *Service) Trusts(call *access.Call, roleARN, service string) bool {
	target := s.current.Load().roleBy(s.account, roleARN)
	if target == nil {
		return false
	}
	own := map[string][]string{"aws:sourceaccount": {s.account}}
	if arn := call.Conditions[associatedResource]; len(arn) > 0 {
		own["aws:sourcearn"] = arn
	}
	asking := *call
	asking.Caller, asking.Conditions = access.Caller{Kind: access.Service, ARN: service}, nil
	r := &policy.Request{
		Principal: policy.Principal{Caller: policy.Service, ARN: service}, Action: "sts:AssumeRole", Resource: roleARN,
		Context: &conditions{call: &asking, account: s.account, target: target, own: own},
	}
	v := verdict(r, &policy.Set{Resource: trustOf(target, roleARN), ResourceMustAllow: true})
	if !v.Allowed {
		call.Record.Note("trust", audit.Refused, strings.Join([]string{roleARN, service, v.Reason}, ": "), call.Time)
	}
	return v.Allowed
}
