package template

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/policy"
)

// What users, groups and roles have in common.

const iamService = "iam"

var (
	tagsShape      = listing(records(fields{"Key": str.must(), "Value": str.must()}))
	inlinePolicies = listing(records(fields{"PolicyName": str.must(), "PolicyDocument": policyOf(policy.Identity).must()}))
)

// entityShape is the properties that are the entity's own, not tied to it.
func (w *work) entityShape() map[string]any {
	shape := make(map[string]any, len(w.properties))
	for name, v := range w.properties {
		if name != "ManagedPolicyArns" && name != "Policies" && name != "Groups" {
			shape[name] = v
		}
	}
	return shape
}

// bonds are the ties that the properties of a user, group or role ask for.
func (w *work) bonds(entity, name string) (all []bond) {
	for _, arn := range w.texts("ManagedPolicyArns") {
		all = append(all, bond{tie: tie{tiedAttached, entity, name, arn}})
	}
	policies, _ := w.properties["Policies"].([]any)
	for _, p := range policies {
		p := p.(map[string]any)
		all = append(all, bond{tie{tiedInline, entity, name, p["PolicyName"].(string)}, p["PolicyDocument"].(string)})
	}
	for _, group := range w.texts("Groups") {
		all = append(all, bond{tie: tie{tiedMember, entity, name, group}})
	}
	return all
}

// setBoundary puts the permissions boundary of a user or role, or takes it away.
func (w *work) setBoundary(ctx context.Context, entity string) error {
	name, arn := &w.row.PhysicalID, ptr(w.text("PermissionsBoundary"))
	switch {
	case arn == nil && entity == iamUser:
		return unlessGone(run(ctx, w.deploy, iamService, "DeleteUserPermissionsBoundary", &iam.DeleteUserPermissionsBoundaryInput{UserName: name}))
	case arn == nil:
		return unlessGone(run(ctx, w.deploy, iamService, "DeleteRolePermissionsBoundary", &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))
	case entity == iamUser:
		return run(ctx, w.deploy, iamService, "PutUserPermissionsBoundary", &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: arn})
	}
	return run(ctx, w.deploy, iamService, "PutRolePermissionsBoundary", &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: arn})
}

// taggedBy is how the tags of one sort of thing are read and changed, by the
// physical id of its row.
type taggedBy struct {
	list  func(ctx context.Context, w *work, marker *string) (tags []iamtypes.Tag, next *string, err error)
	tag   func(ctx context.Context, w *work, tags []iamtypes.Tag) error
	untag func(ctx context.Context, w *work, keys []string) error
}

// setTags makes the tags what the property Tags says.
func (w *work) setTags(ctx context.Context, by taggedBy) error {
	var want struct{ Tags []iamtypes.Tag }
	if err := into(map[string]any{"Tags": w.properties["Tags"]}, &want); err != nil {
		return err
	}
	var gone []string
	for marker, more := (*string)(nil), true; more; more = marker != nil {
		have, next, err := by.list(ctx, w, marker)
		if err != nil {
			return err
		}
		for _, t := range have {
			if !slices.ContainsFunc(want.Tags, func(w iamtypes.Tag) bool { return aws.ToString(w.Key) == aws.ToString(t.Key) }) {
				gone = append(gone, aws.ToString(t.Key))
			}
		}
		marker = next
	}
	if len(gone) > 0 {
		if err := by.untag(ctx, w, gone); err != nil {
			return err
		}
	}
	if len(want.Tags) == 0 {
		return nil
	}
	return by.tag(ctx, w, want.Tags)
}
