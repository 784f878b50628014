package account_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The tags of a managed policy guard it, and the boundary that somebody has
// bounds what another may do to them.
func TestKeysOfWhatIsChanged(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	bounds := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("bounds"), PolicyDocument: new(allow("s3:*", "*")), Tags: []types.Tag{{Key: new("protected"), Value: new("true")}}})).Policy.Arn
	free := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("free"), PolicyDocument: new(allow("s3:*", "*"))})).Policy.Arn
	w.user("bounded", "")
	w.user("unbounded", "")
	done[*iam.PutUserPermissionsBoundaryOutput](w)(c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: new("bounded"), PermissionsBoundary: bounds}))
	ann := w.iam(w.user("ann", doc(`[
		{"Effect":"Allow","Action":["iam:*PolicyVersion","iam:TagPolicy"],"Resource":"*"},
		{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/protected":"true"}}},
		{"Effect":"Allow","Action":["iam:PutUserPolicy","iam:AttachUserPolicy","iam:PutUserPermissionsBoundary"],"Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+*bounds+`"}}}]`)))
	version := func(arn *string) error {
		_, err := ann.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: new(allow("*", "*")), SetAsDefault: true})
		return err
	}
	put := func(name string) error {
		_, err := ann.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: new("p"), PolicyDocument: new(allow("*", "*"))})
		return err
	}
	bound := func(name string, arn *string) error {
		_, err := ann.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: &name, PermissionsBoundary: arn})
		return err
	}
	w.refused("a policy without the tag", version(free), "")
	w.refused("a protected policy", version(bounds), "AccessDenied")
	w.refused("whoever is bounded so", put("bounded"), "")
	w.refused("who is not bounded", put("unbounded"), "AccessDenied")
	w.refused("oneself", put("ann"), "AccessDenied")
	w.refused("other bounds for who is bounded so", bound("bounded", free), "AccessDenied")
	w.refused("those bounds", bound("unbounded", bounds), "")
	done[*iam.UntagPolicyOutput](w)(c.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: bounds, TagKeys: []string{"protected"}}))
	w.refused("a policy that is protected no more", version(bounds), "")
}
