package account_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

func TestAResourcesOwnPolicyDeniesRootToo(t *testing.T) {
	w := newWorld(t)
	const api = "arn:aws:execute-api:eu-west-1:" + number + ":api/prod/GET/menu"
	root := w.account.Root()
	asSession := root
	asSession.Session = &access.Temporary{Issuer: root.ARN}
	own := func(statement string) policy.Attached {
		return policy.Attached{Name: "api", Policy: policy.MustParse(policy.Resource, doc(statement))}
	}
	deny := `{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"*"`
	for name, x := range map[string]struct {
		own   policy.Attached
		may   bool
		cause string
	}{
		"has none":           {policy.Attached{}, true, ""},
		"denies everybody":   {own(deny + `}`), false, " with an explicit deny in a resource-based policy"},
		"denies root":        {own(strings.Replace(deny, `"*"`, wholeAccount, 1) + `}`), false, " with an explicit deny in a resource-based policy"},
		"denies from here":   {own(deny + `,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`), false, " with an explicit deny in a resource-based policy"},
		"denies from there":  {own(deny + `,"Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}}`), true, ""},
		"denies something":   {own(`{"Effect":"Deny","Principal":"*","Action":"execute-api:ManageConnections","Resource":"*"}`), true, ""},
		"allows others only": {own(`{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"execute-api:Invoke","Resource":"*"}`), true, ""},
		"is in the wrong place": {policy.Attached{Name: "api", Policy: policy.MustParse(policy.Identity, allow("*", "*"))}, false,
			" because no identity-based policy allows the execute-api:Invoke action"},
	} {
		for who, caller := range map[string]access.Caller{"root": root, "a session of root": asSession} {
			v := w.account.Decide(w.call(caller), "execute-api:Invoke", api, x.own)
			if v.Allowed != x.may || v.Cause != x.cause || v.Reason == "" || !x.may && v.Trace == nil {
				t.Errorf("%s; %s: %+v", who, name, v)
			}
		}
	}
}

func TestWhatAWSKeepsToItselfNobodyChanges(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	const managed = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	admin := w.user("admin", allow("*", "*"))
	for who, c := range map[string]*iam.Client{"root": w.iam(w.root), "an administrator": w.iam(admin)} {
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("AWSReservedSSO_Admin_1"), Path: new("/aws-reserved/sso.amazonaws.com/"), AssumeRolePolicyDocument: new(trust(wholeAccount))})
		w.said(who+": a role as if it were AWS's", err, "AccessDenied", "iam:CreateRole on resource: arn:aws:iam::"+number+":role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1, which AWS keeps to itself")
		_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: new(managed)})
		w.said(who+": a policy of AWS's", err, "AccessDenied", managed)
		_, err = c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: new(managed), Tags: []types.Tag{{Key: new("a"), Value: new("b")}}})
		w.refused(who+": its tags", err, "AccessDenied")
		_, err = c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: new(managed)})
		w.refused(who+": to read it", err, "")
		_, err = c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{PolicyArn: new(managed), UserName: new("admin")})
		w.refused(who+": to attach it", err, "")
	}
}

func TestSimulationsKnowWhatNeedsNoPolicyAndWhatNoneAllows(t *testing.T) {
	w := newWorld(t)
	w.user("ann", allow("iam:*", "*"))
	for action, want := range map[string]types.PolicyEvaluationDecisionType{"sts:GetCallerIdentity": "allowed", "iam:DeletePolicy": "implicitDeny", "iam:GetPolicy": "allowed", "sts:GetSessionToken": "implicitDeny"} {
		out := done[*iam.SimulatePrincipalPolicyOutput](w)(w.iam(w.root).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: new(arnOfAnn), ActionNames: []string{action}, ResourceArns: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
		}))
		if got := out.EvaluationResults[0].EvalDecision; got != want {
			t.Errorf("%s: %s", action, got)
		}
	}
}
