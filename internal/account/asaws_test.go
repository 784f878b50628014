package account_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func (w *world) says(what string, err error, code, message string) {
	w.Helper()
	var known smithy.APIError
	if !errors.As(err, &known) || known.ErrorCode() != code || known.ErrorMessage() != message {
		w.Errorf("%s: %v, want %s: %s", what, err, code, message)
	}
}

// What AWS was recorded to answer to the same mistakes.
func TestMistakesAreAnsweredAsAWSDid(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.user("ann", "")
	w.role("r", trust(wholeAccount), "")
	done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("g")}))
	arn := "arn:aws:iam::" + number + ":policy/p"
	done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(allow("s3:*", "*"))}))
	const versionForm = `1 validation error detected: Value at 'versionId' failed to satisfy constraint: Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`
	tags := func(pairs ...string) (list []types.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return list
	}
	tagRole := func(list []types.Tag) error {
		_, err := c.TagRole(ctx, &iam.TagRoleInput{RoleName: new("r"), Tags: list})
		return err
	}
	untagRole := func(keys ...string) error {
		_, err := c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: new("r"), TagKeys: keys})
		return err
	}
	tagPolicy := func(list []types.Tag) error {
		_, err := c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: &arn, Tags: list})
		return err
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprint("k", i)
	}
	bound := func(to string) error {
		_, err := c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: new("r"), PermissionsBoundary: &to})
		return err
	}
	getVersion := func(arn, id string) error {
		_, err := c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: &id})
		return err
	}
	setVersion := func(arn, id string) error {
		_, err := c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: &id})
		return err
	}
	attach := func(arn string) error {
		_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: &arn})
		return err
	}
	trustIn := func(text string) error {
		_, err := c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: new("r"), PolicyDocument: &text})
		return err
	}
	lastUsed := func(id string) error {
		_, err := c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
		return err
	}
	const (
		key  = "1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: Member must "
		keys = `1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]`
		none = "arn:aws:iam::" + number + ":policy/none"
	)
	for _, x := range []struct {
		what          string
		err           error
		code, message string
	}{
		{"a long tag", tagRole(tags(strings.Repeat("k", 129), "")), "ValidationError", key + "have length less than or equal to 128"},
		{"a tag of other characters", tagRole(tags("k!", "")), "ValidationError", key + `satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`},
		{"tags of one name", tagRole(tags("k", "", "K", "")), "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{"a policy's tags of one name", tagPolicy(tags("k", "", "k", "")), "InvalidInput", "Duplicate tag keys found."},
		{"51 keys", untagRole(many...), "ValidationError", "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: Member must have length less than or equal to 50"},
		{"a long key", untagRole(strings.Repeat("k", 129)), "ValidationError", keys},
		{"a boundary of another form", bound("arn:aws:iam::" + number + ":not_a_policy/x"), "InvalidInput", "ARN arn:aws:iam::" + number + ":not_a_policy/x is not valid."},
		{"a boundary that is not there", bound(none), "NoSuchEntity", "Scope ARN: " + none + " does not exist or is not attachable."},
		{"a version of nothing", getVersion(none, "v1"), "NoSuchEntity", "Policy " + none + " version v1 does not exist or is not attachable."},
		{"a version that is not there", getVersion(arn, "v9"), "NoSuchEntity", "Policy " + arn + " version v9 does not exist or is not attachable."},
		{"a version of another form", getVersion(arn, "9"), "ValidationError", versionForm},
		{"such a default", setVersion(arn, "latest"), "ValidationError", versionForm},
		{"a default of nothing", setVersion(none, "v1"), "NoSuchEntity", "Policy " + none + " version v1 does not exist or is not attachable."},
		{"a name for an ARN", attach("longpolicynamebutnoarn"), "ValidationError", "ARN longpolicynamebutnoarn is not valid."},
		{"a policy that is not there", attach(none), "NoSuchEntity", "Policy " + none + " does not exist or is not attachable."},
		{"trust that is no JSON", trustIn("not json"), "MalformedPolicyDocument", "This policy contains invalid Json"},
		{"trust with a resource", trustIn(doc(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`)), "MalformedPolicyDocument", "Has prohibited field Resource"},
		{"a key of nobody's", lastUsed("AKIAIOSFODNN7EXAMPLE"), "AccessDenied", "User: arn:aws:iam::" + number + ":root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE"},
	} {
		w.says(x.what, x.err, x.code, x.message)
	}
	w.refused("tags of a policy that differ by case", tagPolicy(tags("a", "lower", "A", "upper")), "")
	list := done[*iam.ListPolicyTagsOutput](w)(c.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: &arn})).Tags
	if len(list) != 2 || *list[0].Key != "A" || *list[1].Value != "lower" {
		t.Errorf("%+v", list)
	}
	_, err := c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: new("g"), UserName: new("ann")})
	w.refused("somebody who is not in the group", err, "")
	_, err = c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("q"), PolicyDocument: new(doc(`{"Sid":"x","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + "\u2028" + `"}`))})
	w.refused("characters that policies do not have", err, "ValidationError")
}

func TestWhatAnswersLeaveOutAsAWSDoes(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	made := done[*iam.CreateRoleOutput](w)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: new(trust(wholeAccount)), Description: new("d"), MaxSessionDuration: new(int32(7200))})).Role
	if made.Description != nil || made.MaxSessionDuration != nil || made.Tags != nil || made.RoleLastUsed != nil {
		t.Errorf("%+v", made)
	}
	got := done[*iam.GetRoleOutput](w)(c.GetRole(ctx, &iam.GetRoleInput{RoleName: new("r")})).Role
	if *got.Description != "d" || *got.MaxSessionDuration != 7200 || got.RoleLastUsed == nil || got.RoleLastUsed.LastUsedDate != nil || got.Tags != nil {
		t.Errorf("%+v", got)
	}
	p := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(allow("s3:*", "*")), Description: new("d")})).Policy
	if p.Description != nil || p.Tags != nil {
		t.Errorf("%+v", p)
	}
	if p = done[*iam.GetPolicyOutput](w)(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p.Arn})).Policy; *p.Description != "d" || p.Tags == nil {
		t.Errorf("%+v", p)
	}
	done[*iam.PutRolePermissionsBoundaryOutput](w)(c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: new("r"), PermissionsBoundary: p.Arn}))
	if b := done[*iam.GetRoleOutput](w)(c.GetRole(ctx, &iam.GetRoleInput{RoleName: new("r")})).Role.PermissionsBoundary; b.PermissionsBoundaryType != "Policy" || *b.PermissionsBoundaryArn != *p.Arn {
		t.Errorf("%+v", b)
	}
	if v := done[*iam.GetPolicyOutput](w)(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: new("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")})).Policy; *v.DefaultVersionId != "v2" || v.UpdateDate.Year() != 2024 {
		t.Errorf("%+v", v)
	}
}

func TestARoleKnowsWhenItWasLastUsed(t *testing.T) {
	w := newWorld(t)
	arn := w.role("r", trust(wholeAccount), allow("iam:*", "*"))
	session := w.assumed(w.user("ann", allow("sts:*", "*")), &sts.AssumeRoleInput{RoleArn: &arn})
	get := func() *types.RoleLastUsed {
		return done[*iam.GetRoleOutput](w)(w.iam(w.root).GetRole(t.Context(), &iam.GetRoleInput{RoleName: new("r")})).Role.RoleLastUsed
	}
	if get().LastUsedDate != nil {
		t.Error("nobody has acted in it yet")
	}
	w.refused("a call in the role", w.listUsers(session), "")
	if u := get(); u.LastUsedDate == nil || *u.Region == "" {
		t.Errorf("%+v", u)
	}
}

func TestAuthorizationDetails(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.user("ann", allow("s3:ListBucket", "*"))
	w.role("r", trust(wholeAccount), allow("s3:*", "*"))
	done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("g")}))
	done[*iam.AddUserToGroupOutput](w)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: new("g"), UserName: new("ann")}))
	p := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(allow("sqs:*", "*"))})).Policy.Arn
	done[*iam.CreatePolicyVersionOutput](w)(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p, PolicyDocument: new(allow("sns:*", "*"))}))
	done[*iam.AttachGroupPolicyOutput](w)(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")}))
	of := func(filter ...types.EntityType) *iam.GetAccountAuthorizationDetailsOutput {
		return done[*iam.GetAccountAuthorizationDetailsOutput](w)(c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: filter}))
	}
	for name, x := range map[string]struct {
		filter []types.EntityType
		counts [4]int // users, groups, roles, policies
	}{
		"everything": {nil, [4]int{1, 1, 1, 2}}, "users": {[]types.EntityType{"User"}, [4]int{1, 0, 0, 0}}, "groups": {[]types.EntityType{"Group"}, [4]int{0, 1, 0, 0}},
		"roles": {[]types.EntityType{"Role"}, [4]int{0, 0, 1, 0}}, "policies": {[]types.EntityType{"LocalManagedPolicy"}, [4]int{0, 0, 0, 1}},
		"AWS's": {[]types.EntityType{"AWSManagedPolicy"}, [4]int{0, 0, 0, 1}}, "two sorts": {[]types.EntityType{"User", "Role"}, [4]int{1, 0, 1, 0}},
	} {
		out := of(x.filter...)
		if got := [4]int{len(out.UserDetailList), len(out.GroupDetailList), len(out.RoleDetailList), len(out.Policies)}; got != x.counts || out.IsTruncated {
			t.Errorf("%s: %v, want %v", name, got, x.counts)
		}
	}
	out := of()
	u, g, r := out.UserDetailList[0], out.GroupDetailList[0], out.RoleDetailList[0]
	plain, err := url.QueryUnescape(*u.UserPolicyList[0].PolicyDocument)
	if err != nil || plain != allow("s3:ListBucket", "*") || *u.UserPolicyList[0].PolicyDocument == plain || u.GroupList[0] != "g" {
		t.Errorf("%+v", u)
	}
	if *g.AttachedManagedPolicies[0].PolicyName != "AdministratorAccess" || !strings.Contains(*r.AssumeRolePolicyDocument, "%22sts%3AAssumeRole%22") || len(r.RolePolicyList) != 1 {
		t.Errorf("%+v %+v", g, r)
	}
	if v := of("LocalManagedPolicy").Policies[0].PolicyVersionList; len(v) != 2 || *v[0].VersionId != "v2" || v[0].IsDefaultVersion || !v[1].IsDefaultVersion {
		t.Errorf("%+v", v)
	}
	pages, seen := iam.NewGetAccountAuthorizationDetailsPaginator(c, &iam.GetAccountAuthorizationDetailsInput{MaxItems: new(int32(2))}), 0
	for pages.HasMorePages() {
		out := done[*iam.GetAccountAuthorizationDetailsOutput](w)(pages.NextPage(ctx))
		n := len(out.UserDetailList) + len(out.GroupDetailList) + len(out.RoleDetailList) + len(out.Policies)
		if seen += n; n > 2 {
			t.Error("a page of", n)
		}
	}
	if seen != 5 {
		t.Error(seen)
	}
	_, err = c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{"Robot"}})
	w.refused("a sort there is not", err, "ValidationError")
}

func TestTheAccountHasOneAlias(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	create := func(alias string) error {
		_, err := c.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: &alias})
		return err
	}
	remove := func(alias string) error {
		_, err := c.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: &alias})
		return err
	}
	aliases := func() string {
		return strings.Join(done[*iam.ListAccountAliasesOutput](w)(c.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})).AccountAliases, " ")
	}
	for _, bad := range []string{"ab", "Pizza", "-pizza", "pizza-", "piz--za", "piz_za", strings.Repeat("a", 64), "pizza\n"} {
		w.refused(bad, create(bad), "ValidationError")
	}
	w.refused("none yet", remove("pizza"), "NoSuchEntity")
	w.refused("the first", create("pizza"), "")
	w.refused("another in its place", create("pas-ta"), "")
	if got := aliases(); got != "pas-ta" {
		t.Error(got)
	}
	w.refused("the old one", remove("pizza"), "NoSuchEntity")
	w.refused("the one there is", remove("pas-ta"), "")
	if got := aliases(); got != "" {
		t.Error(got)
	}
}

func TestServiceLinkedRolesAreRefused(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.role("r", trust(wholeAccount), "")
	_, err := c.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: new("ops.apigateway.amazonaws.com")})
	w.refused("one of AWS's services", err, "InvalidInput")
	_, err = c.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: new("AWSServiceRoleForAPIGateway")})
	w.refused("deleting one", err, "NoSuchEntity")
	_, err = c.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: new("r")})
	w.refused("deleting another role that way", err, "InvalidInput")
	for _, in := range []iam.CreateRoleInput{
		{RoleName: new("AWSServiceRoleForAPIGateway")}, {RoleName: new("awsserviceroleforx")}, {RoleName: new("x"), Path: new("/aws-service-role/ops.apigateway.amazonaws.com/")},
	} {
		in.AssumeRolePolicyDocument = new(trust(wholeAccount))
		_, err := c.CreateRole(ctx, &in)
		w.refused(*in.RoleName, err, "InvalidInput")
	}
}

// What the console of AWS puts on a role to revoke its sessions ends them: what
// they may do themselves, and the roles that they could go on to.
func TestRevokedSessionsCanDoNothing(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann := w.user("ann", allow("sts:*", "*"))
	arn := w.role("r", trust(wholeAccount), allow("*", "*"))
	next := w.role("next", trust(wholeAccount), allow("*", "*"))
	before := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})
	cut := w.clock.Advance(time.Millisecond).UTC()
	text := doc(`[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + cut.Format("2006-01-02T15:04:05.000Z") + `"}}}]`)
	done[*iam.PutRolePolicyOutput](w)(w.iam(w.root).PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: new("r"), PolicyName: new("AWSRevokeOlderSessions"), PolicyDocument: &text}))
	w.clock.Advance(time.Millisecond)
	after := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})
	w.refused("an old session", w.listUsers(before), "AccessDenied")
	w.refused("one of a millisecond later", w.listUsers(after), "")
	_, err := w.assume(before, &sts.AssumeRoleInput{RoleArn: &next, RoleSessionName: new("on")})
	w.refused("going on from an old one", err, "AccessDenied")
	_, err = w.assume(after, &sts.AssumeRoleInput{RoleArn: &next, RoleSessionName: new("on")})
	w.refused("going on from the new one", err, "")
	_, err = w.iam(before).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: new("r"), PolicyName: new("AWSRevokeOlderSessions")})
	w.refused("taking the policy away with an old one", err, "AccessDenied")
}
