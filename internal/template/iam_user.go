package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

var userType = &resourceType{
	name: "AWS::IAM::User",
	properties: fields{
		"UserName": str.replaces(), "Path": str, "PermissionsBoundary": str, "Groups": strs,
		"ManagedPolicyArns": strs, "Policies": inlinePolicies, "Tags": tagsShape,
		"LoginProfile": unsupported("there is no console to sign in to; people sign in to a user pool"),
	},
	attributes: []string{"Arn"},
	identity:   []string{"UserName"}, unique: true,
	create: createIAMUser, update: updateIAMUser, remove: removeIAMUser, find: findIAMUser,
}

func (w *work) iamUserIs(u *iamtypes.User) {
	w.row.PhysicalID = aws.ToString(u.UserName)
	w.row.Attributes = map[string]string{"Arn": aws.ToString(u.Arn)}
}

func createIAMUser(ctx context.Context, w *work) error {
	var in iam.CreateUserInput
	if err := into(w.entityShape(), &in); err != nil {
		return err
	}
	in.UserName = aws.String(w.physicalName("UserName", 64))
	out, err := invoke[iam.CreateUserOutput](ctx, w.deploy, iamService, "CreateUser", &in)
	if err != nil {
		return err
	}
	w.iamUserIs(out.User)
	return w.bind(ctx, w.bonds(iamUser, w.row.PhysicalID))
}

// updateIAMUser sets everything; what takes rights away comes first.
func updateIAMUser(ctx context.Context, w *work) error {
	name := &w.row.PhysicalID
	if err := w.setBoundary(ctx, iamUser); err != nil {
		return err
	}
	if err := run(ctx, w.deploy, iamService, "UpdateUser", &iam.UpdateUserInput{UserName: name, NewPath: aws.String(w.path())}); err != nil {
		return err
	}
	out, err := invoke[iam.GetUserOutput](ctx, w.deploy, iamService, "GetUser", &iam.GetUserInput{UserName: name})
	if err != nil {
		return err
	}
	w.iamUserIs(out.User) // a path is part of the ARN
	if err := w.setTags(ctx, userTags); err != nil {
		return err
	}
	return w.bind(ctx, w.bonds(iamUser, *name))
}

func removeIAMUser(ctx context.Context, w *work) error {
	name := w.row.PhysicalID
	if err := w.strip(ctx, func(t tie) bool { return t.Entity == iamUser && t.Name == name }); err != nil {
		return err
	}
	return unlessGone(run(ctx, w.deploy, iamService, "DeleteUser", &iam.DeleteUserInput{UserName: &name}))
}

func findIAMUser(ctx context.Context, w *work) (bool, error) {
	name := w.physicalName("UserName", 64)
	out, err := invoke[iam.GetUserOutput](ctx, w.deploy, iamService, "GetUser", &iam.GetUserInput{UserName: &name})
	if err != nil {
		return false, unlessGone(err)
	}
	if ours, err := w.madeBy(ctx, name, "", out.User.CreateDate); err != nil || !ours {
		return false, err
	}
	w.iamUserIs(out.User)
	return true, nil
}

var userTags = taggedBy{
	list: func(ctx context.Context, w *work, marker *string) ([]iamtypes.Tag, *string, error) {
		out, err := invoke[iam.ListUserTagsOutput](ctx, w.deploy, iamService, "ListUserTags", &iam.ListUserTagsInput{UserName: &w.row.PhysicalID, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return out.Tags, out.Marker, nil
	},
	tag: func(ctx context.Context, w *work, tags []iamtypes.Tag) error {
		return run(ctx, w.deploy, iamService, "TagUser", &iam.TagUserInput{UserName: &w.row.PhysicalID, Tags: tags})
	},
	untag: func(ctx context.Context, w *work, keys []string) error {
		return run(ctx, w.deploy, iamService, "UntagUser", &iam.UntagUserInput{UserName: &w.row.PhysicalID, TagKeys: keys})
	},
}

var groupType = &resourceType{
	name:       "AWS::IAM::Group",
	properties: fields{"GroupName": str.replaces(), "Path": str, "ManagedPolicyArns": strs, "Policies": inlinePolicies},
	attributes: []string{"Arn"},
	identity:   []string{"GroupName"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		in := &iam.CreateGroupInput{GroupName: aws.String(w.physicalName("GroupName", 128)), Path: ptr(w.text("Path"))}
		out, err := invoke[iam.CreateGroupOutput](ctx, w.deploy, iamService, "CreateGroup", in)
		if err != nil {
			return err
		}
		w.iamGroupIs(out.Group)
		return w.bind(ctx, w.bonds(iamGroup, w.row.PhysicalID))
	},
	update: func(ctx context.Context, w *work) error {
		name := &w.row.PhysicalID
		if err := run(ctx, w.deploy, iamService, "UpdateGroup", &iam.UpdateGroupInput{GroupName: name, NewPath: aws.String(w.path())}); err != nil {
			return err
		}
		out, err := invoke[iam.GetGroupOutput](ctx, w.deploy, iamService, "GetGroup", &iam.GetGroupInput{GroupName: name})
		if err != nil {
			return err
		}
		w.iamGroupIs(out.Group)
		return w.bind(ctx, w.bonds(iamGroup, *name))
	},
	remove: func(ctx context.Context, w *work) error {
		name := w.row.PhysicalID
		concerns := func(t tie) bool {
			return t.Entity == iamGroup && t.Name == name || t.Kind == tiedMember && t.What == name
		}
		if err := w.strip(ctx, concerns); err != nil {
			return err
		}
		return unlessGone(run(ctx, w.deploy, iamService, "DeleteGroup", &iam.DeleteGroupInput{GroupName: &name}))
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		name := w.physicalName("GroupName", 128)
		out, err := invoke[iam.GetGroupOutput](ctx, w.deploy, iamService, "GetGroup", &iam.GetGroupInput{GroupName: &name})
		if err != nil {
			return false, unlessGone(err)
		}
		if ours, err := w.madeBy(ctx, name, "", out.Group.CreateDate); err != nil || !ours {
			return false, err
		}
		w.iamGroupIs(out.Group)
		return true, nil
	},
}

func (w *work) iamGroupIs(g *iamtypes.Group) {
	w.row.PhysicalID = aws.ToString(g.GroupName)
	w.row.Attributes = map[string]string{"Arn": aws.ToString(g.Arn)}
}

var additionType = &resourceType{
	name:       "AWS::IAM::UserToGroupAddition",
	properties: fields{"GroupName": str.must().replaces(), "Users": strs.must()},
	attributes: []string{"Id"},
	create: func(ctx context.Context, w *work) error {
		w.tiesAre()
		return w.bindMembers(ctx)
	},
	update: func(ctx context.Context, w *work) error { return w.bindMembers(ctx) },
	remove: func(ctx context.Context, w *work) error { return w.untie(ctx) },
}

func (w *work) bindMembers(ctx context.Context) error {
	var all []bond
	for _, user := range w.texts("Users") {
		all = append(all, bond{tie: tie{tiedMember, iamUser, user, w.text("GroupName")}})
	}
	return w.bind(ctx, all)
}

// tiesAre names a resource that is nothing but ties. Its row says all that
// there is to find.
func (w *work) tiesAre() {
	w.row.PhysicalID = w.physicalName("", 128)
	w.row.Attributes = map[string]string{"Id": w.row.PhysicalID}
}

// path is the property Path, / by default.
func (w *work) path() string {
	if path := w.text("Path"); path != "" {
		return path
	}
	return "/"
}
