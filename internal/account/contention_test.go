package account_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// atOnce runs fn n times at once and counts those that succeed.
func atOnce(n int, fn func(i int) error) (succeeded int) {
	var wg sync.WaitGroup
	results := make([]error, n)
	for i := range n {
		wg.Go(func() { results[i] = fn(i) })
	}
	wg.Wait()
	for _, err := range results {
		if err == nil {
			succeeded++
		}
	}
	return succeeded
}

// Quotas hold however many ask at once.
func TestQuotasHoldAgainstManyAtOnce(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	for name, x := range map[string]struct {
		prepare func()
		fn      func(i int) error
		most    int
	}{
		"access keys": {func() { w.mustUser(c, "ann") }, func(int) error {
			_, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("ann")})
			return err
		}, 2},
		"versions, of which one is there": {func() {
			done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(allow("s3:*", "*"))}))
		}, func(int) error {
			_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: new("arn:aws:iam::" + number + ":policy/p"), PolicyDocument: new(allow("s3:*", "*"))})
			return err
		}, 4},
		"groups of a user": {func() {
			w.mustUser(c, "bob")
			for i := range 14 {
				done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new(fmt.Sprint("g", i))}))
			}
		}, func(i int) error {
			_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: new("bob"), GroupName: new(fmt.Sprint("g", i))})
			return err
		}, 10},
		"policies of a role": {func() {
			w.role("r", trust(wholeAccount), "")
			for i := range 14 {
				done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new(fmt.Sprint("r", i)), PolicyDocument: new(allow("s3:*", "*"))}))
			}
		}, func(i int) error {
			_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new(fmt.Sprint("arn:aws:iam::"+number+":policy/r", i))})
			return err
		}, 10},
		"one name in many cases": {func() {}, func(i int) error {
			_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: new("carl"[:i%4] + strings.ToUpper("carl"[i%4:]))})
			return err
		}, 1},
		"tags of a role, one each": {func() { w.role("t", trust(wholeAccount), "") }, func(i int) error {
			var list []types.Tag
			for n := range 10 {
				list = append(list, types.Tag{Key: new(fmt.Sprint("k", i, "-", n)), Value: new("")})
			}
			_, err := c.TagRole(ctx, &iam.TagRoleInput{RoleName: new("t"), Tags: list})
			return err
		}, 5},
	} {
		x.prepare()
		if got := atOnce(14, x.fn); got != x.most {
			t.Errorf("%s: %d succeeded, want %d", name, got, x.most)
		}
	}
}

func (w *world) mustUser(c *iam.Client, name string) {
	w.Helper()
	done[*iam.CreateUserOutput](w)(c.CreateUser(w.Context(), &iam.CreateUserInput{UserName: &name}))
}

// Whatever comes first when one takes up what another removes: nobody is left
// with what is not there, and what is left can be removed.
func TestNothingIsTakenUpThatGoes(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.mustUser(c, "ann")
	for i := range 8 {
		group, policy := fmt.Sprint("g", i), fmt.Sprint("p", i)
		arn := "arn:aws:iam::" + number + ":policy/" + policy
		done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &group}))
		done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &policy, PolicyDocument: new(allow("s3:*", "*"))}))
		succeeded := atOnce(4, func(n int) (err error) {
			switch n {
			case 0:
				_, err = c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: &group, UserName: new("ann")})
			case 1:
				_, err = c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: &group})
			case 2:
				_, err = c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: &arn})
			case 3:
				_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
			}
			return err
		})
		if succeeded != 2 {
			t.Errorf("%d of four calls succeeded of which two exclude the others", succeeded)
		}
		groups := done[*iam.ListGroupsForUserOutput](w)(c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: new("ann")})).Groups
		for _, g := range groups {
			done[*iam.RemoveUserFromGroupOutput](w)(c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: g.GroupName, UserName: new("ann")}))
			done[*iam.DeleteGroupOutput](w)(c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: g.GroupName}))
		}
		for _, p := range done[*iam.ListAttachedUserPoliciesOutput](w)(c.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: new("ann")})).AttachedPolicies {
			done[*iam.GetPolicyOutput](w)(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p.PolicyArn}))
			done[*iam.DetachUserPolicyOutput](w)(c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: new("ann"), PolicyArn: p.PolicyArn}))
		}
	}
	done[*iam.DeleteUserOutput](w)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("ann")}))
}

// White space is free, and nothing else that looks like it.
func TestInlineSizesCountWhatAWSCounts(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.mustUser(c, "ann")
	put := func(name, text string) error {
		_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: &name, PolicyDocument: &text})
		return err
	}
	frame := len(allow("s3:*", "arn:aws:s3:::"))
	full := allow("s3:*", "arn:aws:s3:::"+strings.Repeat("x", 2048-frame))
	w.refused("as much as there may be", put("p", full), "")
	w.refused("the same with white space", put("p", strings.Repeat(" \n\t", 500)+full), "")
	w.refused("one character more", put("p", allow("s3:*", "arn:aws:s3:::"+strings.Repeat("x", 2049-frame))), "LimitExceeded")
	w.refused("a second policy", put("q", allow("s3:*", "*")), "LimitExceeded")
	w.refused("blanks that are none in JSON", put("p", allow("s3:*", "arn:aws:s3:::"+strings.Repeat("\u00a0", 2049-frame))), "LimitExceeded")
}

// Who may change a little must not be able to make it more.
func TestLittleRightsStayLittle(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.role("admin", trust(wholeAccount), allow("*", "*"))
	w.user("root-like", allow("*", "*"))
	ann := w.iam(w.user("ann", doc(`[
		{"Effect":"Allow","Action":["iam:CreateAccessKey","iam:UpdateUser"],"Resource":"arn:aws:iam::*:user/${aws:username}"},
		{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::*:user/team/*","arn:aws:iam::*:policy/team/*"]}]`)))
	try := func(what string, err error) {
		t.Helper()
		w.refused(what, err, "AccessDenied")
	}
	_, err := ann.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("root-like")})
	try("a key of another", err)
	_, err = ann.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("Root-Like")})
	try("a key of another in another case", err)
	_, err = ann.UpdateUser(ctx, &iam.UpdateUserInput{UserName: new("ann"), NewPath: new("/team/")})
	w.refused("moving oneself, which both ends allow", err, "")
	_, err = c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: new("ann"), NewPath: new("/")})
	w.refused("back", err, "")
	_, err = ann.UpdateUser(ctx, &iam.UpdateUserInput{UserName: new("root-like"), NewPath: new("/team/")})
	try("moving another there", err)
	_, err = ann.CreateUser(ctx, &iam.CreateUserInput{UserName: new("bob"), Path: new("/team/")})
	w.refused("a user of the team", err, "")
	_, err = ann.UpdateUser(ctx, &iam.UpdateUserInput{UserName: new("bob"), NewPath: new("/")})
	try("moving them out of it", err)
	_, err = ann.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("p"), Path: new("/team/"), PolicyDocument: new(allow("*", "*"))})
	w.refused("a policy of the team", err, "")
	arn := new("arn:aws:iam::" + number + ":policy/team/p")
	_, err = ann.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: new("admin"), PolicyArn: arn})
	try("attaching it to a role", err)
	_, err = ann.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: arn})
	try("attaching it to oneself", err)
	_, err = ann.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: new("admin"), PolicyDocument: new(trust(wholeAccount))})
	try("whom a role trusts", err)
	_, err = ann.TagRole(ctx, &iam.TagRoleInput{RoleName: new("admin"), Tags: []types.Tag{{Key: new("team"), Value: new("x")}}})
	try("a role's tags", err)
	_, err = ann.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{})
	try("everything that there is", err)
	_, err = ann.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: new("mine")})
	try("the account's name", err)
}
