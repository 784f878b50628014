package policy_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

func TestWhatAWSKeepsToItself(t *testing.T) {
	const (
		managed = "arn:aws:iam::aws:policy/AdministratorAccess"
		sso     = "arn:aws:iam::" + account + ":role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"
		alias   = "arn:aws:kms:eu-west-1:" + account + ":alias/aws/s3"
	)
	for _, c := range []struct {
		action, resource string
		want             bool
	}{
		{"iam:DeletePolicy", managed, true},
		{"IAM:tagpolicy", managed, true},
		{"iam:GetPolicyVersion", managed, false},
		{"iam:ListEntitiesForPolicy", managed, false},
		{"iam:DeletePolicy", "arn:aws:iam::" + account + ":policy/mine", false},
		{"iam:PassRole", sso, true},
		{"iam:GenerateServiceLastAccessedDetails", sso, false},
		{"sts:AssumeRole", sso, false},
		{"iam:DeleteRole", "arn:aws:iam::" + account + ":role/mine", false},
		{"kms:UpdateAlias", alias, true},
		{"kms:CreateAlias", "arn:aws:kms:eu-west-1:" + account + ":alias/mine", false},
		{"iam:DeletePolicy", "*", false},
		{"", "", false},
	} {
		if got := policy.Reserved(c.action, c.resource); got != c.want {
			t.Errorf("%s on %s: %v", c.action, c.resource, got)
		}
	}
	r := request("iam:DeletePolicy", managed)
	for _, c := range []struct {
		caller string
		set    policy.Set
		want   policy.Outcome
	}{
		{"user", policy.Set{Identity: attach(yes), Reserved: true}, policy.ImplicitDeny},
		{"root", policy.Set{Reserved: true}, policy.ImplicitDeny},
		{"user", policy.Set{Identity: attach(no), Reserved: true}, policy.ExplicitDeny},
		{"user", policy.Set{Identity: attach(yes)}, policy.Allowed},
	} {
		r.Principal = callers[c.caller]
		if d := policy.Evaluate(r, &c.set); d.Outcome != c.want {
			t.Errorf("%s: %+v", c.caller, d)
		}
	}
}

func TestWhatEveryCallerMayDo(t *testing.T) {
	if !policy.Open("sts:getcalleridentity") || policy.Open("sts:GetSessionToken") {
		t.Error("which actions need no policy?")
	}
	r := request("sts:GetCallerIdentity", "*")
	for _, c := range []struct {
		name, caller string
		set          policy.Set
		want         policy.Outcome
	}{
		{"nothing allows it", "user", policy.Set{Open: true}, policy.Allowed},
		{"its boundary is silent", "session", policy.Set{Boundary: attach(silent), Session: attach(silent), Open: true}, policy.Allowed},
		{"a deny is still a deny", "user", policy.Set{Identity: attach(no), Open: true}, policy.ExplicitDeny},
		{"nobody known", "nobody", policy.Set{Open: true}, policy.ImplicitDeny},
	} {
		r.Principal = callers[c.caller]
		if d := policy.Evaluate(r, &c.set); d.Outcome != c.want {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}
