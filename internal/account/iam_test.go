package account_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func TestAUserFromTheCradleToTheGrave(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	made := done[*iam.CreateUserOutput](w)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: new("Ann"), Path: new("/kitchen/"), Tags: []types.Tag{{Key: new("team"), Value: new("pizza")}}})).User
	if *made.Arn != "arn:aws:iam::"+number+":user/kitchen/Ann" || !strings.HasPrefix(*made.UserId, "AIDA") || len(*made.UserId) != 21 {
		t.Errorf("made %s, %s", *made.Arn, *made.UserId)
	}
	_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: new("ann")})
	w.refused("the same name in another case", err, "EntityAlreadyExists")
	done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("cooks")}))
	done[*iam.AddUserToGroupOutput](w)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: new("cooks"), UserName: new("Ann")}))
	done[*iam.AttachUserPolicyOutput](w)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("Ann"), PolicyArn: new("arn:aws:iam::aws:policy/IAMReadOnlyAccess")}))
	done[*iam.PutUserPolicyOutput](w)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("Ann"), PolicyName: new("p"), PolicyDocument: new(allow("lambda:*", "*"))}))
	key := w.key("Ann")
	w.key("Ann")
	_, err = c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("Ann")})
	w.refused("a third key", err, "LimitExceeded")

	text := *done[*iam.GetUserPolicyOutput](w)(c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: new("Ann"), PolicyName: new("p")})).PolicyDocument
	if plain, err := url.PathUnescape(text); err != nil || plain != allow("lambda:*", "*") || strings.ContainsAny(text, `{"+`) {
		t.Errorf("the document comes as %s", text)
	}
	done[*iam.UpdateUserOutput](w)(c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: new("Ann"), NewUserName: new("Anna"), NewPath: new("/")}))
	self := done[*iam.GetUserOutput](w)(w.iam(key).GetUser(ctx, &iam.GetUserInput{})).User
	if *self.UserName != "Anna" || *self.Arn != "arn:aws:iam::"+number+":user/Anna" || *self.UserId != *made.UserId {
		t.Errorf("renamed to %s, %s", *self.UserName, *self.Arn)
	}
	last := done[*iam.GetAccessKeyLastUsedOutput](w)(c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.AccessKeyID}))
	if *last.UserName != "Anna" || last.AccessKeyLastUsed.LastUsedDate == nil || *last.AccessKeyLastUsed.ServiceName != "iam" {
		t.Errorf("last used: %+v", last.AccessKeyLastUsed)
	}

	gone := &iam.DeleteUserInput{UserName: new("Anna")}
	for _, undo := range []func() error{
		func() error {
			_, err := c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: new("Anna"), PolicyArn: new("arn:aws:iam::aws:policy/IAMReadOnlyAccess")})
			return err
		},
		func() error {
			_, err := c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: new("Anna"), PolicyName: new("p")})
			return err
		},
		func() error {
			for _, k := range done[*iam.ListAccessKeysOutput](w)(c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: new("Anna")})).AccessKeyMetadata {
				if _, err := c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: new("Anna"), AccessKeyId: k.AccessKeyId}); err != nil {
					return err
				}
			}
			return nil
		},
		func() error {
			_, err := c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: new("cooks")})
			w.refused("a group with a user", err, "DeleteConflict")
			_, err = c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: new("Anna"), GroupName: new("cooks")})
			return err
		},
	} {
		_, err := c.DeleteUser(ctx, gone)
		w.refused("a user in use", err, "DeleteConflict")
		if err := undo(); err != nil {
			t.Fatal(err)
		}
	}
	done[*iam.DeleteUserOutput](w)(c.DeleteUser(ctx, gone))
	_, err = c.DeleteUser(ctx, gone)
	w.refused("a user who has gone", err, "NoSuchEntity")
}

func TestAManagedPolicyHasVersionsAndIsGuardedWhileInUse(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	p := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: new(allow("iam:ListUsers", "*"))})).Policy
	ann := w.user("ann", "")
	list := func() error { _, err := w.iam(ann).ListUsers(ctx, &iam.ListUsersInput{}); return err }
	w.refused("nothing attached", list(), "AccessDenied")
	done[*iam.AttachUserPolicyOutput](w)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: p.Arn}))
	w.refused("attached", list(), "")
	done[*iam.CreatePolicyVersionOutput](w)(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: new(allow("iam:ListRoles", "*")), SetAsDefault: true}))
	w.refused("the second version is in force", list(), "AccessDenied")
	done[*iam.SetDefaultPolicyVersionOutput](w)(c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: p.Arn, VersionId: new("v1")}))
	w.refused("the first is again", list(), "")
	for range 3 {
		done[*iam.CreatePolicyVersionOutput](w)(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: new(allow("iam:ListRoles", "*"))}))
	}
	_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: new(allow("iam:ListRoles", "*"))})
	w.refused("a sixth version", err, "LimitExceeded")
	_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: p.Arn, VersionId: new("v1")})
	w.refused("the version in force", err, "DeleteConflict")
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: p.Arn})
	w.refused("a policy in use", err, "DeleteConflict")
	got := done[*iam.GetPolicyOutput](w)(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p.Arn})).Policy
	if *got.AttachmentCount != 1 || *got.DefaultVersionId != "v1" {
		t.Errorf("%d attachments, default %s", *got.AttachmentCount, *got.DefaultVersionId)
	}
	who := done[*iam.ListEntitiesForPolicyOutput](w)(c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn}))
	if len(who.PolicyUsers) != 1 || *who.PolicyUsers[0].UserName != "ann" || len(who.PolicyRoles)+len(who.PolicyGroups) != 0 {
		t.Errorf("attached to %+v", who)
	}
	_, err = c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: new("arn:aws:iam::aws:policy/NoSuch")})
	w.refused("a policy that AWS does not have", err, "NoSuchEntity")
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")})
	w.refused("a policy of AWS's", err, "AccessDenied")
}

func TestWhatIAMDoesNotTake(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.user("ann", "")
	many := make([]types.Tag, 51)
	for i := range many {
		many[i] = types.Tag{Key: new(fmt.Sprint("k", i)), Value: new("")}
	}
	for name, in := range map[string]struct {
		user iam.CreateUserInput
		code string
	}{
		"a name with a slash":          {iam.CreateUserInput{UserName: new("a/b")}, "ValidationError"},
		"an empty name":                {iam.CreateUserInput{UserName: new("")}, "ValidationError"},
		"a name with a line end":       {iam.CreateUserInput{UserName: new("bob\n")}, "ValidationError"},
		"65 characters":                {iam.CreateUserInput{UserName: new(strings.Repeat("a", 65))}, "ValidationError"},
		"a path without an end":        {iam.CreateUserInput{UserName: new("b"), Path: new("/x")}, "ValidationError"},
		"a boundary that is not there": {iam.CreateUserInput{UserName: new("b"), PermissionsBoundary: new("arn:aws:iam::aws:policy/NoSuch")}, "NoSuchEntity"},
		"tags that differ by case":     {iam.CreateUserInput{UserName: new("b"), Tags: []types.Tag{{Key: new("A"), Value: new("1")}, {Key: new("a"), Value: new("2")}}}, "InvalidInput"},
		"51 tags":                      {iam.CreateUserInput{UserName: new("b"), Tags: many}, "ValidationError"},
		"a tag of AWS's":               {iam.CreateUserInput{UserName: new("b"), Tags: []types.Tag{{Key: new("aws:x"), Value: new("1")}}}, "InvalidInput"},
	} {
		_, err := c.CreateUser(ctx, &in.user)
		w.refused(name, err, in.code)
	}
	for name, text := range map[string]string{
		"no JSON": "{", "a principal": doc(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), "no resource": doc(`{"Effect":"Allow","Action":"iam:*"}`),
	} {
		_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new("p"), PolicyDocument: &text})
		w.refused(name, err, "MalformedPolicyDocument")
	}
	long := allow("iam:*", "arn:aws:iam::*:user/"+strings.Repeat("x", 2048))
	_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new("p"), PolicyDocument: &long})
	w.refused("a policy too long for a user", err, "LimitExceeded")
	_, err = c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: new(trust(`{"AWS":"arn:aws:iam::` + number + `:user/nobody"}`))})
	w.refused("trust in a user who is not there", err, "MalformedPolicyDocument")
	for name, text := range map[string]string{
		"a principal twice": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + number + `"},"Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`,
		"a statement twice": `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"},"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`,
		"another document":  trust(`"*"`) + trust(`"*"`),
		"another's action":  doc(`{"Effect":"Allow","Principal":"*","Action":"iam:*"}`),
	} {
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: &text})
		w.refused(name, err, "MalformedPolicyDocument")
	}
	_, err = c.GetUser(ctx, &iam.GetUserInput{UserName: new("ANN")})
	w.refused("a name in another case", err, "NoSuchEntity")
	_, err = c.ListUsers(ctx, &iam.ListUsersInput{Marker: new("forged")})
	w.refused("a forged marker", err, "ValidationError")
	_, err = c.ListUsers(ctx, &iam.ListUsersInput{MaxItems: new(int32(1001))})
	w.refused("a page too long", err, "ValidationError")
}

func TestListsComeInPages(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	for i := range 7 {
		done[*iam.CreateRoleOutput](w)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new(fmt.Sprint("r", i)), Path: new(fmt.Sprintf("/p%d/", i%2)), AssumeRolePolicyDocument: new(trust(`{"Service":"lambda.amazonaws.com"}`))}))
	}
	var names []string
	pages := iam.NewListRolesPaginator(c, &iam.ListRolesInput{MaxItems: new(int32(2)), PathPrefix: new("/p0")})
	for pages.HasMorePages() {
		for _, r := range done[*iam.ListRolesOutput](w)(pages.NextPage(ctx)).Roles {
			names = append(names, *r.RoleName)
		}
	}
	if fmt.Sprint(names) != "[r0 r2 r4 r6]" {
		t.Errorf("the pages have %v", names)
	}
	all := iam.NewListPoliciesPaginator(c, &iam.ListPoliciesInput{MaxItems: new(int32(5)), Scope: types.PolicyScopeTypeAws})
	seen := map[string]bool{}
	for all.HasMorePages() {
		for _, p := range done[*iam.ListPoliciesOutput](w)(all.NextPage(ctx)).Policies {
			seen[*p.Arn] = true
			v := done[*iam.GetPolicyVersionOutput](w)(c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: p.DefaultVersionId}))
			if aws.ToString(v.PolicyVersion.Document) == "" {
				t.Errorf("%s has no document", *p.Arn)
			}
		}
	}
	if len(seen) < 25 || !seen["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"] {
		t.Errorf("%d policies of AWS's", len(seen))
	}
}

func TestWritersAtOnceLoseNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorldOn(t, db, new(clock.Clock))
		c, ctx := w.iam(w.root), t.Context()
		w.user("ann", "")
		var all sync.WaitGroup
		var keys atomic.Int32
		for i := range 8 {
			all.Go(func() {
				if _, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new(fmt.Sprint("p", i)), PolicyDocument: new(allow("iam:GetUser", "*"))}); err != nil {
					t.Error(err)
				}
				if _, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("ann")}); err == nil {
					keys.Add(1)
				}
			})
		}
		all.Wait()
		if names := done[*iam.ListUserPoliciesOutput](w)(c.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: new("ann")})).PolicyNames; len(names) != 8 {
			t.Errorf("of eight policies %v are there", names)
		}
		if n := keys.Load(); n != 1 {
			t.Errorf("%d keys were made beside the first, which may be one", n)
		}
	})
}

func TestNothingIsAttachedThatIsGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorldOn(t, db, new(clock.Clock))
		c, ctx := w.iam(w.root), t.Context()
		w.user("ann", "")
		for i := range 8 {
			p := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new(fmt.Sprint("p", i)), PolicyDocument: new(allow("iam:GetUser", "*"))})).Policy
			var both sync.WaitGroup
			var attached, deleted error
			both.Go(func() {
				_, attached = c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: p.Arn})
			})
			both.Go(func() { _, deleted = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: p.Arn}) })
			both.Wait()
			if (attached == nil) == (deleted == nil) {
				t.Errorf("attaching: %v; deleting: %v", attached, deleted)
			}
			if attached == nil {
				done[*iam.DetachUserPolicyOutput](w)(c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: new("ann"), PolicyArn: p.Arn}))
			}
		}
	})
}

func TestKeysThatDoNotSign(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	ann := w.user("ann", "")
	who := func(k aws.Credentials) error {
		_, err := w.sts(k).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return err
	}
	w.refused("an active key", who(ann), "")
	w.refused("its secret changed", who(aws.Credentials{AccessKeyID: ann.AccessKeyID, SecretAccessKey: "x" + ann.SecretAccessKey}), "SignatureDoesNotMatch")
	w.refused("with a session token", who(aws.Credentials{AccessKeyID: ann.AccessKeyID, SecretAccessKey: ann.SecretAccessKey, SessionToken: "x"}), "InvalidClientTokenId")
	w.refused("an unknown key", who(aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: ann.SecretAccessKey}), "InvalidClientTokenId")
	w.user("bob", "")
	_, err := c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: new("bob"), AccessKeyId: &ann.AccessKeyID, Status: types.StatusTypeInactive})
	w.refused("another user's key", err, "NoSuchEntity")
	for _, status := range []types.StatusType{types.StatusTypeInactive, types.StatusTypeActive} {
		done[*iam.UpdateAccessKeyOutput](w)(c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: new("ann"), AccessKeyId: &ann.AccessKeyID, Status: status}))
		w.refused(string(status), who(ann), map[types.StatusType]string{types.StatusTypeInactive: "InvalidClientTokenId"}[status])
	}
	done[*iam.DeleteAccessKeyOutput](w)(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: new("ann"), AccessKeyId: &ann.AccessKeyID}))
	w.refused("a deleted key", who(ann), "InvalidClientTokenId")
}
