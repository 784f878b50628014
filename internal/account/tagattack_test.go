package account_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// Some say that ſ is an S in lower case. Policies do not: were it one where the
// values of tags are looked up, a tag that no policy was asked about would take
// another one's place.
func TestAKeyThatOnlyLooksLikeATagsKeyIsAnother(t *testing.T) {
	const lookalike = "acceſs"
	w := newWorld(t)
	root, ctx := w.iam(w.root), t.Context()
	ann := w.user("ann", allow("sts:*", "*"))
	admins := doc(`{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/access":"high"}}}`)
	chain := doc(`[{"Effect":"Allow","Principal":` + wholeAccount + `,"Action":["sts:AssumeRole","sts:TagSession"]},
		{"Effect":"Deny","Principal":"*","Action":"sts:TagSession","Condition":{"StringNotEqualsIfExists":{"aws:RequestTag/access":"low"}}}]`)
	arn := w.role("r", chain, doc(`{"Effect":"Allow","Action":"sts:*","Resource":"*"}`))
	done[*iam.PutRolePolicyOutput](w)(root.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: new("r"), PolicyName: new("admins"), PolicyDocument: &admins}))
	done[*iam.TagRoleOutput](w)(root.TagRole(ctx, &iam.TagRoleInput{RoleName: new("r"), Tags: []iamtypes.Tag{{Key: new("access"), Value: new("low")}}}))
	high, low := types.Tag{Key: new(lookalike), Value: new("high")}, types.Tag{Key: new("access"), Value: new("low")}

	tagged := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn, Tags: []types.Tag{low, high}, TransitiveTagKeys: []string{"access"}})
	alone := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn, Tags: []types.Tag{low}, TransitiveTagKeys: []string{"access"}})
	chained := w.assumed(alone, &sts.AssumeRoleInput{RoleArn: &arn, Tags: []types.Tag{high}})
	for range 20 { // which of two came first was left to chance
		w.refused("beside the real one", w.listUsers(tagged), "AccessDenied")
		w.refused("beside the one that goes along", w.listUsers(chained), "AccessDenied")
	}

	bob := w.user("bob", admins)
	tagUser := func(t iamtypes.Tag) {
		done[*iam.TagUserOutput](w)(root.TagUser(ctx, &iam.TagUserInput{UserName: new("bob"), Tags: []iamtypes.Tag{t}}))
	}
	tagUser(iamtypes.Tag{Key: new("access"), Value: new("low")})
	tagUser(iamtypes.Tag{Key: new(lookalike), Value: new("high")})
	w.refused("a user's, over the real one", w.listUsers(bob), "AccessDenied")
	done[*iam.UntagUserOutput](w)(root.UntagUser(ctx, &iam.UntagUserInput{UserName: new("bob"), TagKeys: []string{lookalike}}))
	tags := done[*iam.ListUserTagsOutput](w)(root.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: new("bob")})).Tags
	if len(tags) != 1 || *tags[0].Key != "access" {
		t.Errorf("what is left are %d tags", len(tags))
	}
	tagUser(iamtypes.Tag{Key: new("ACCESS"), Value: new("high")})
	w.refused("the real one, in capitals", w.listUsers(bob), "")
}

func TestATransitiveKeyThatIsNamedTwiceGoesAlongOnce(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", allow("sts:*", "*"))
	chain := doc(`{"Effect":"Allow","Principal":` + wholeAccount + `,"Action":["sts:AssumeRole","sts:TagSession"]}`)
	first := w.role("first", chain, allow("sts:*", "*"))
	second := w.role("second", doc(`{"Effect":"Allow","Principal":`+wholeAccount+`,"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/team":"pizza"},"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]}}}`), "")
	c := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &first, Tags: []types.Tag{{Key: new("Team"), Value: new("pizza")}}, TransitiveTagKeys: []string{"team", "TEAM", "Team"}})
	_, err := w.assume(c, &sts.AssumeRoleInput{RoleArn: &second})
	w.refused("one tag, as it was written", err, "")
}
