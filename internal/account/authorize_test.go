package account_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// caller is whom a user's key proves.
func (w *world) caller(keyID string) access.Caller {
	w.Helper()
	_, c, err := w.account.Key(w.Context(), keyID, "")
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *world) call(c access.Caller) *access.Call {
	return &access.Call{
		Caller: c, Account: number, Region: "eu-west-1", Source: netip.MustParseAddr("203.0.113.7"),
		UserAgent: "pizza/1", Secure: true, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
}

func TestPoliciesDecide(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	const function = "arn:aws:lambda:eu-west-1:" + number + ":function:pizza"
	make := func(name string, own, ofGroup, boundary string) access.Caller {
		key := w.user(name, own)
		if ofGroup != "" {
			done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &name}))
			done[*iam.PutGroupPolicyOutput](w)(c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: &name, PolicyName: new("of-group"), PolicyDocument: &ofGroup}))
			done[*iam.AddUserToGroupOutput](w)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: &name, UserName: &name}))
		}
		if boundary != "" {
			p := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &boundary})).Policy
			done[*iam.PutUserPermissionsBoundaryOutput](w)(c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: &name, PermissionsBoundary: p.Arn}))
		}
		return w.caller(key.AccessKeyID)
	}
	invoke := allow("lambda:InvokeFunction", function)
	deny := doc(`{"Effect":"Deny","Action":"lambda:*","Resource":"*"}`)
	for name, x := range map[string]struct {
		own, ofGroup, boundary string
		may, explicit          bool
		cause                  string
	}{
		"nothing":         {"", "", "", false, false, " because no identity-based policy allows the lambda:InvokeFunction action"},
		"own":             {invoke, "", "", true, false, ""},
		"of-the-group":    {"", invoke, "", true, false, ""},
		"group-denies":    {invoke, deny, "", false, true, " with an explicit deny in an identity-based policy"},
		"other-resource":  {allow("lambda:InvokeFunction", function+"2"), "", "", false, false, " because no identity-based policy allows the lambda:InvokeFunction action"},
		"bounded-out":     {invoke, "", allow("s3:*", "*"), false, false, " because no permissions boundary allows the lambda:InvokeFunction action"},
		"boundary-alone":  {"", "", invoke, false, false, " because no identity-based policy allows the lambda:InvokeFunction action"},
		"within-bounds":   {invoke, "", allow("lambda:*", "*"), true, false, ""},
		"boundary-denies": {invoke, "", deny, false, true, " with an explicit deny in a permissions boundary"},
	} {
		v := w.account.Authorize(ctx, w.call(make(name, x.own, x.ofGroup, x.boundary)), "lambda:InvokeFunction", function)
		if v.Allowed != x.may || v.Explicit != x.explicit || !v.Allowed && v.Cause != x.cause || v.Reason == "" {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestConditionKeysOfACall(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	key := w.user("ann", "")
	done[*iam.TagUserOutput](w)(c.TagUser(ctx, &iam.TagUserInput{UserName: new("ann"), Tags: []types.Tag{{Key: new("Team"), Value: new("pizza")}}}))
	ann := w.caller(key.AccessKeyID)
	for condition, may := range map[string]bool{
		`"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`:                            true,
		`"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}`:                           false,
		`"Bool":{"aws:SecureTransport":"true"}`:                                    true,
		`"Bool":{"aws:SecureTransport":"false"}`:                                   false,
		`"DateGreaterThan":{"aws:CurrentTime":"2026-03-01T11:59:59Z"}`:             true,
		`"DateLessThan":{"aws:CurrentTime":"2026-03-01T11:59:59Z"}`:                false,
		`"NumericEquals":{"aws:EpochTime":"1772366400"}`:                           true,
		`"ArnEquals":{"aws:PrincipalArn":"` + arnOfAnn + `"}`:                      true,
		`"StringEquals":{"aws:PrincipalAccount":"` + number + `"}`:                 true,
		`"StringEquals":{"aws:PrincipalType":"User"}`:                              true,
		`"StringEquals":{"aws:PrincipalTag/team":"pizza"}`:                         true,
		`"StringEquals":{"aws:PrincipalTag/team":"pasta"}`:                         false,
		`"StringEquals":{"aws:username":"ann","aws:userid":"` + ann.ID + `"}`:      true,
		`"StringLike":{"aws:UserAgent":"pizza/*"}`:                                 true,
		`"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`:                       true,
		`"StringEquals":{"aws:RequestedRegion":"us-east-1"}`:                       false,
		`"Null":{"aws:MultiFactorAuthPresent":"true","aws:TokenIssueTime":"true"}`: true,
		`"Bool":{"aws:MultiFactorAuthPresent":"true"}`:                             false,
	} {
		text := doc(`{"Effect":"Allow","Action":"lambda:*","Resource":"*","Condition":{` + condition + `}}`)
		done[*iam.PutUserPolicyOutput](w)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new("p"), PolicyDocument: &text}))
		if v := w.account.Authorize(ctx, w.call(ann), "lambda:ListFunctions", "*"); v.Allowed != may {
			t.Errorf("%s: %+v", condition, v)
		}
	}
}

func TestOperationsSpeakForTheirConditionKeys(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	const reader, admin = "arn:aws:iam::aws:policy/IAMReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"
	ann := w.iam(w.user("ann", doc(`[
		{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"`+reader+`"}}},
		{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+reader+`","aws:RequestTag/team":"pizza"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}},
		{"Effect":"Allow","Action":"iam:DeleteUser","Resource":"arn:aws:iam::*:user/cooks/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"pizza"}}}]`)))
	attach := func(arn string) error {
		_, err := ann.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: &arn})
		return err
	}
	w.refused("the policy that may be attached", attach(reader), "")
	w.refused("another one, to oneself", attach(admin), "AccessDenied")
	tags := func(pairs ...string) (list []types.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return list
	}
	for name, x := range map[string]struct {
		in   iam.CreateUserInput
		code string
	}{
		"without a boundary": {iam.CreateUserInput{Tags: tags("team", "pizza")}, "AccessDenied"},
		"another boundary":   {iam.CreateUserInput{PermissionsBoundary: new(admin), Tags: tags("team", "pizza")}, "AccessDenied"},
		"another tag":        {iam.CreateUserInput{PermissionsBoundary: new(reader), Tags: tags("team", "pasta")}, "AccessDenied"},
		"a tag more":         {iam.CreateUserInput{PermissionsBoundary: new(reader), Tags: tags("team", "pizza", "x", "y")}, "AccessDenied"},
		"the tag twice":      {iam.CreateUserInput{PermissionsBoundary: new(reader), Tags: tags("team", "pizza", "TEAM", "pasta")}, "AccessDenied"},
		"as it must be":      {iam.CreateUserInput{PermissionsBoundary: new(reader), Tags: tags("team", "pizza"), Path: new("/cooks/")}, ""},
	} {
		x.in.UserName = new("cook")
		_, err := ann.CreateUser(ctx, &x.in)
		w.refused(name, err, x.code)
	}
	w.user("bob", "")
	_, err := ann.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("bob")})
	w.refused("another path", err, "AccessDenied")
	_, err = ann.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("cook")})
	w.refused("path and tag of who is there", err, "")
}

func TestWhoRenamesNeedsBothNames(t *testing.T) {
	w := newWorld(t)
	ann := w.iam(w.user("ann", allow("iam:UpdateUser", "arn:aws:iam::*:user/cooks/*")))
	done[*iam.CreateUserOutput](w)(w.iam(w.root).CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("bob"), Path: new("/cooks/")}))
	for _, x := range []struct{ name, path, code string }{{"bob", "/admins/", "AccessDenied"}, {"bob", "/", "AccessDenied"}, {"rob", "/cooks/", ""}} {
		_, err := ann.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: new("bob"), NewUserName: &x.name, NewPath: &x.path})
		w.refused(x.path+x.name, err, x.code)
	}
}

func TestARefusalTellsTheClientLittleAndTheOperatorAll(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann := w.iam(w.user("ann", doc(`{"Sid":"Secret","Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::*:user/hidden/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`)))
	done[*iam.CreateUserOutput](w)(w.iam(w.root).CreateUser(ctx, &iam.CreateUserInput{UserName: new("eve"), Path: new("/hidden/")}))
	_, err := ann.GetUser(ctx, &iam.GetUserInput{UserName: new("eve")})
	want := "User: " + arnOfAnn + " is not authorized to perform: iam:GetUser on resource: arn:aws:iam::" + number + ":user/eve because no identity-based policy allows the iam:GetUser action"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("the client reads %v", err)
	}
	var reason string
	for _, step := range w.last.Load().Steps() {
		if step.Name == "authorise" {
			reason = step.Detail
		}
	}
	for _, part := range []string{"own of user ann", "statement 0", "aws:SecureTransport"} {
		if !strings.Contains(reason, part) {
			t.Errorf("the operator reads %q, without %q", reason, part)
		}
	}
}

func TestEverythingIsRefusedWithoutAPolicy(t *testing.T) {
	w := newWorld(t)
	ann := w.caller(w.user("ann", "").AccessKeyID)
	for _, op := range w.account.IAM().Operations {
		if v := w.account.Authorize(t.Context(), w.call(ann), "iam:"+op.Name(), "*"); v.Allowed {
			t.Errorf("%s: %+v", op.Name(), v)
		}
	}
	for name, c := range map[string]access.Caller{
		"nobody": {}, "a user who is not there": {Kind: access.User, Account: number, ID: "AIDAX", ARN: arnOfAnn},
		"of another account": {Kind: access.User, Account: "111111111111", ID: ann.ID, ARN: ann.ARN},
		"a service":          {Kind: access.Service, ARN: "lambda.amazonaws.com"},
		"a bare session":     {Kind: access.Session, Account: number, ID: "AROAX:s"},
	} {
		if v := w.account.Authorize(t.Context(), w.call(c), "iam:GetUser", "*"); v.Allowed {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestAResourcesOwnPolicyCounts(t *testing.T) {
	w := newWorld(t)
	ann := w.caller(w.user("ann", "").AccessKeyID)
	const api = "arn:aws:execute-api:eu-west-1:" + number + ":api/prod/GET/menu"
	own := func(effect, principal string) policy.Attached {
		return policy.Attached{Name: "api", Policy: policy.MustParse(policy.Resource, doc(`{"Effect":"`+effect+`","Principal":`+principal+`,"Action":"execute-api:Invoke","Resource":"*"}`))}
	}
	for name, x := range map[string]struct {
		caller access.Caller
		own    policy.Attached
		may    bool
	}{
		"names ann":           {ann, own("Allow", `{"AWS":"`+arnOfAnn+`"}`), true},
		"names her account":   {ann, own("Allow", wholeAccount), false},
		"names everybody":     {access.Caller{}, own("Allow", `"*"`), true},
		"names ann, not all":  {access.Caller{}, own("Allow", `{"AWS":"`+arnOfAnn+`"}`), false},
		"says nothing of her": {ann, own("Allow", `{"AWS":"111111111111"}`), false},
		"denies":              {ann, own("Deny", `"*"`), false},
		"in the wrong place":  {ann, policy.Attached{Policy: policy.MustParse(policy.Identity, allow("*", "*"))}, false},
	} {
		if v := w.account.Decide(w.call(x.caller), "execute-api:Invoke", api, x.own); v.Allowed != x.may {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestAChangeOfAGroupOrPolicyCountsAtOnce(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	ann := w.user("ann", "")
	p := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(allow("iam:ListUsers", "*"))})).Policy
	w.refused("at first", w.listUsers(ann), "AccessDenied")
	done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("g")}))
	done[*iam.AttachGroupPolicyOutput](w)(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: p.Arn}))
	done[*iam.AddUserToGroupOutput](w)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: new("g"), UserName: new("ann")}))
	w.refused("in the group", w.listUsers(ann), "")
	done[*iam.UpdateGroupOutput](w)(c.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: new("g"), NewGroupName: new("h")}))
	w.refused("renamed", w.listUsers(ann), "")
	done[*iam.DetachGroupPolicyOutput](w)(c.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: new("h"), PolicyArn: p.Arn}))
	w.refused("detached", w.listUsers(ann), "AccessDenied")
}
