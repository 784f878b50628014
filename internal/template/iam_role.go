package template

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/policy"
)

var (
	tagsShape      = listing(records(fields{"Key": str.must(), "Value": str.must()}))
	inlinePolicies = listing(records(fields{"PolicyName": str.must(), "PolicyDocument": policyOf(policy.Identity).must()}))
)

var roleType = &resourceType{
	name: "AWS::IAM::Role",
	properties: fields{
		"RoleName": str.replaces(), "Path": str.replaces(), "AssumeRolePolicyDocument": policyOf(policy.Trust).must(),
		"Description": str, "MaxSessionDuration": integer, "PermissionsBoundary": str,
		"ManagedPolicyArns": strs, "Policies": inlinePolicies, "Tags": tagsShape,
	},
	attributes: []string{"Arn", "RoleId"},
	identity:   []string{"RoleName"}, unique: true,
	create: createRole, update: updateRole, remove: removeRole, find: findRole,
}

func (w *work) roleIs(r *iamtypes.Role) {
	w.row.PhysicalID = aws.ToString(r.RoleName)
	w.row.Attributes = map[string]string{"Arn": aws.ToString(r.Arn), "RoleId": aws.ToString(r.RoleId)}
}

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

func createRole(ctx context.Context, w *work) error {
	var in iam.CreateRoleInput
	if err := into(w.entityShape(), &in); err != nil {
		return err
	}
	in.RoleName = aws.String(w.physicalName("RoleName", 64))
	out, err := invoke[iam.CreateRoleOutput](ctx, w.deploy, iamService, "CreateRole", &in)
	if err != nil {
		return err
	}
	w.roleIs(out.Role)
	return w.bind(ctx, w.bonds(iamRole, w.row.PhysicalID))
}

// updateRole always sets everything, so that a setting that was removed from
// the template goes back to its default. What takes rights away comes first.
func updateRole(ctx context.Context, w *work) error {
	name, limit := &w.row.PhysicalID, int32(3600)
	if n, ok := w.properties["MaxSessionDuration"].(int64); ok {
		limit = int32(n)
	}
	if err := w.setBoundary(ctx, iamRole); err != nil {
		return err
	}
	if err := run(ctx, w.deploy, iamService, "UpdateAssumeRolePolicy",
		&iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(w.text("AssumeRolePolicyDocument"))}); err != nil {
		return err
	}
	if err := run(ctx, w.deploy, iamService, "UpdateRole",
		&iam.UpdateRoleInput{RoleName: name, Description: aws.String(w.text("Description")), MaxSessionDuration: &limit}); err != nil {
		return err
	}
	if err := w.setTags(ctx, roleTags); err != nil {
		return err
	}
	return w.bind(ctx, w.bonds(iamRole, w.row.PhysicalID))
}

func removeRole(ctx context.Context, w *work) error {
	name := w.row.PhysicalID
	if err := w.strip(ctx, func(t tie) bool { return t.Entity == iamRole && t.Name == name }); err != nil {
		return err
	}
	return unlessGone(run(ctx, w.deploy, iamService, "DeleteRole", &iam.DeleteRoleInput{RoleName: &name}))
}

func findRole(ctx context.Context, w *work) (bool, error) {
	name := w.physicalName("RoleName", 64)
	out, err := invoke[iam.GetRoleOutput](ctx, w.deploy, iamService, "GetRole", &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return false, unlessGone(err)
	}
	if ours, err := w.madeBy(ctx, name, "", out.Role.CreateDate); err != nil || !ours {
		return false, err
	}
	w.roleIs(out.Role)
	return true, nil
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

var roleTags = taggedBy{
	list: func(ctx context.Context, w *work, marker *string) ([]iamtypes.Tag, *string, error) {
		out, err := invoke[iam.ListRoleTagsOutput](ctx, w.deploy, iamService, "ListRoleTags", &iam.ListRoleTagsInput{RoleName: &w.row.PhysicalID, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return out.Tags, out.Marker, nil
	},
	tag: func(ctx context.Context, w *work, tags []iamtypes.Tag) error {
		return run(ctx, w.deploy, iamService, "TagRole", &iam.TagRoleInput{RoleName: &w.row.PhysicalID, Tags: tags})
	},
	untag: func(ctx context.Context, w *work, keys []string) error {
		return run(ctx, w.deploy, iamService, "UntagRole", &iam.UntagRoleInput{RoleName: &w.row.PhysicalID, TagKeys: keys})
	},
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
