package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/policy"
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
