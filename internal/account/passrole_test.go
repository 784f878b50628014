package account_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/access"
)

const lambda = "lambda.amazonaws.com"

func passes(resource, condition string) string {
	return doc(`{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + resource + `","Condition":{` + condition + `}}`)
}

// chef is a role under a path, with a tag, which trusts lambda.
func (w *world) chef() string {
	w.Helper()
	return *done[*iam.CreateRoleOutput](w)(w.iam(w.root).CreateRole(w.Context(), &iam.CreateRoleInput{
		RoleName: new("chef"), Path: new("/kitchen/"), AssumeRolePolicyDocument: new(trust(`{"Service":"` + lambda + `"}`)),
		Tags: []iamtypes.Tag{{Key: new("path"), Value: new("kitchen")}},
	})).Role.Arn
}

func TestWhoMayPassARole(t *testing.T) {
	w := newWorld(t)
	arn := w.role("cook", trust(`{"Service":"`+lambda+`"}`), "")
	chef := w.chef()
	ann := w.caller(w.user("ann", "").AccessKeyID)
	const function = "arn:aws:lambda:eu-west-1:" + number + ":function:oven"
	for name, x := range map[string]struct {
		policy, role, service string
		associated            string
		may                   bool
	}{
		"nothing said":                    {"", arn, lambda, "", false},
		"the role":                        {allow("iam:PassRole", arn), arn, lambda, "", true},
		"another role":                    {allow("iam:PassRole", arn+"2"), arn, lambda, "", false},
		"the right to make functions":     {allow("lambda:*", "*"), arn, lambda, "", false},
		"to that service":                 {passes("*", `"StringEquals":{"iam:PassedToService":"`+lambda+`"}`), arn, lambda, "", true},
		"to another service":              {passes("*", `"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}`), arn, lambda, "", false},
		"for that function":               {passes("*", `"ArnLike":{"iam:AssociatedResourceArn":"arn:aws:lambda:*:*:function:oven"}`), arn, lambda, function, true},
		"for another function":            {passes("*", `"ArnLike":{"iam:AssociatedResourceArn":"arn:aws:lambda:*:*:function:oven"}`), arn, lambda, function + "2", false},
		"for an unnamed one":              {passes("*", `"ArnLike":{"iam:AssociatedResourceArn":"arn:aws:lambda:*:*:function:oven"}`), arn, lambda, "", false},
		"under a path":                    {allow("iam:PassRole", "arn:aws:iam::*:role/kitchen/*"), chef, lambda, "", true},
		"by the name without its path":    {allow("iam:PassRole", "arn:aws:iam::*:role/kitchen/*"), "arn:aws:iam::" + number + ":role/chef", lambda, "", false},
		"another account's":               {allow("iam:PassRole", "*"), "arn:aws:iam::999999999999:role/cook", lambda, "", false},
		"a user":                          {allow("iam:PassRole", "*"), "arn:aws:iam::" + number + ":user/cook", lambda, "", false},
		"text":                            {allow("iam:PassRole", "*"), "cook", lambda, "", false},
		"request tags are not the role's": {passes("*", `"StringEquals":{"aws:RequestTag/team":"pizza"}`), arn, lambda, "", false},
		"the role's tag":                  {passes("*", `"StringEquals":{"aws:ResourceTag/path":"kitchen"}`), chef, lambda, "", true},
	} {
		own := x.policy
		if own == "" {
			own = allow("s3:*", "*")
		}
		done[*iam.PutUserPolicyOutput](w)(w.iam(w.root).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new("own"), PolicyDocument: &own}))
		call := w.call(ann)
		call.Conditions = map[string][]string{"aws:requesttag/team": {"pizza"}}
		if x.associated != "" {
			call.Conditions["iam:associatedresourcearn"] = []string{x.associated}
		}
		if v := w.account.MayPass(call, x.role, x.service); v.Allowed != x.may || v.Reason == "" || !x.may && v.Cause == "" {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if v := w.account.MayPass(w.call(w.account.Root()), arn, lambda); !v.Allowed {
		t.Errorf("root: %+v", v)
	}
	if v := w.account.MayPass(w.call(w.account.Root()), "arn:aws:iam::999999999999:role/cook", lambda); v.Allowed {
		t.Error("root passed the role of another account")
	}
	if v := w.account.MayPass(w.call(access.Caller{}), arn, lambda); v.Allowed {
		t.Error("nobody known passed a role")
	}
}

func TestWhoseTrustARoleGives(t *testing.T) {
	w := newWorld(t)
	chef := w.chef()
	of := func(name, trust string) string { return w.role(name, trust, "") }
	conditional := func(condition string) string {
		return doc(`{"Effect":"Allow","Principal":{"Service":"` + lambda + `"},"Action":"sts:AssumeRole","Condition":{` + condition + `}}`)
	}
	const oven = "arn:aws:lambda:eu-west-1:" + number + ":function:oven"
	for name, x := range map[string]struct {
		role  string
		trust bool
	}{
		"the service":           {of("a", trust(`{"Service":"`+lambda+`"}`)), true},
		"among others":          {of("b", trust(`{"Service":["ec2.amazonaws.com","`+lambda+`"]}`)), true},
		"another service":       {of("c", trust(`{"Service":"ec2.amazonaws.com"}`)), false},
		"the account alone":     {of("d", trust(`{"AWS":"`+number+`"}`)), false},
		"every AWS principal":   {of("e", trust(`{"AWS":"*"}`)), false},
		"another action":        {of("f", doc(`{"Effect":"Allow","Principal":{"Service":"`+lambda+`"},"Action":"sts:TagSession"}`)), false},
		"denied":                {of("g", doc(`[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":{"Service":"`+lambda+`"},"Action":"sts:*"}]`)), false},
		"this account":          {of("h", conditional(`"StringEquals":{"aws:SourceAccount":"`+number+`"}`)), true},
		"another account":       {of("i", conditional(`"StringEquals":{"aws:SourceAccount":"999999999999"}`)), false},
		"that function":         {of("j", conditional(`"ArnLike":{"aws:SourceArn":"`+oven+`"}`)), true},
		"another function":      {of("k", conditional(`"ArnLike":{"aws:SourceArn":"`+oven+`2"}`)), false},
		"a service for itself":  {of("l", conditional(`"Bool":{"aws:PrincipalIsAWSService":"true"}`)), true},
		"under its path":        {chef, true},
		"without its path":      {"arn:aws:iam::" + number + ":role/chef", false},
		"a role that is not":    {"arn:aws:iam::" + number + ":role/nobody", false},
		"another account's one": {"arn:aws:iam::999999999999:role/a", false},
		"a name":                {"a", false},
	} {
		call := w.call(w.account.Root())
		call.Conditions = map[string][]string{"iam:associatedresourcearn": {oven}}
		if got := w.account.Trusts(call, x.role, lambda); got != x.trust {
			t.Errorf("%s: %v", name, got)
		}
	}
	done[*iam.DeleteRoleOutput](w)(w.iam(w.root).DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: new("a")}))
	if w.account.Trusts(w.call(w.account.Root()), "arn:aws:iam::"+number+":role/a", lambda) {
		t.Error("a deleted role trusts on")
	}
}

// Passing a role is no call of IAM: sessions, which must not call IAM, may do
// what their policies allow.
func TestSessionsPassRoles(t *testing.T) {
	w := newWorld(t)
	arn := w.role("cook", trust(`{"Service":"`+lambda+`"}`), "")
	key := w.user("ann", allow("iam:*", "*"))
	own := done[*sts.GetSessionTokenOutput](w)(w.sts(key).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{}))
	bounded := done[*sts.GetFederationTokenOutput](w)(w.sts(w.user("bob", allow("*", "*"))).GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: new("guest"), Policy: new(allow("lambda:*", "*"))}))
	for name, x := range map[string]struct {
		credentials *ststypes.Credentials
		may         bool
	}{"their own": {own.Credentials, true}, "whose policy does not say so": {bounded.Credentials, false}} {
		c := temporary(x.credentials)
		_, caller, err := w.account.Key(t.Context(), c.AccessKeyID, c.SessionToken)
		if err != nil {
			t.Fatal(err)
		}
		if v := w.account.MayPass(w.call(caller), arn, lambda); v.Allowed != x.may {
			t.Errorf("%s: %+v", name, v)
		}
		_, err = w.iam(c).ListUsers(t.Context(), &iam.ListUsersInput{})
		w.refused(name+", IAM itself", err, "AccessDenied")
	}
}
