package template

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

var userPoolGroupType = &resourceType{
	name: "AWS::Cognito::UserPoolGroup",
	properties: fields{
		"UserPoolId": str.must().replaces(), "GroupName": str.replaces(), "Description": str, "Precedence": integer, "RoleArn": str,
	},
	identity: []string{"UserPoolId", "GroupName"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		in := cognito.CreateGroupInput{}
		if err := into(w.properties, &in); err != nil {
			return err
		}
		in.GroupName = aws.String(w.physicalName("GroupName", 128))
		if _, err := invoke[cognito.CreateGroupOutput](ctx, w.deploy, cognitoIDP, "CreateGroup", &in); err != nil {
			return err
		}
		w.row.PhysicalID = *in.GroupName
		w.row.Handles = map[string]string{"UserPoolId": w.text("UserPoolId")}
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		in := cognito.UpdateGroupInput{}
		if err := into(w.properties, &in); err != nil {
			return err
		}
		in.GroupName = &w.row.PhysicalID
		// What is not given would stay, the role above all.
		if in.RoleArn == nil {
			in.RoleArn = aws.String("")
		}
		if in.Description == nil {
			in.Description = aws.String("")
		}
		if in.Precedence == nil && w.changed["Precedence"] {
			return errors.New("a group's Precedence cannot be taken away: give it another one, or give the group another name")
		}
		_, err := invoke[cognito.UpdateGroupOutput](ctx, w.deploy, cognitoIDP, "UpdateGroup", &in)
		return err
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[cognito.DeleteGroupOutput](ctx, w.deploy, cognitoIDP, "DeleteGroup",
			&cognito.DeleteGroupInput{UserPoolId: ptr(w.row.Handles["UserPoolId"]), GroupName: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		name, pool := w.physicalName("GroupName", 128), w.text("UserPoolId")
		out, err := invoke[cognito.GetGroupOutput](ctx, w.deploy, cognitoIDP, "GetGroup",
			&cognito.GetGroupInput{UserPoolId: &pool, GroupName: &name})
		if err != nil {
			return false, unlessGone(err)
		}
		if ours, err := w.madeBy(ctx, name, pool, out.Group.CreationDate); err != nil || !ours {
			return false, err
		}
		w.row.PhysicalID, w.row.Handles = name, map[string]string{"UserPoolId": pool}
		return true, nil
	},
}

var userPoolMembershipType = &resourceType{
	name:       "AWS::Cognito::UserPoolUserToGroupAttachment",
	properties: fields{"UserPoolId": str.must().replaces(), "GroupName": str.must().replaces(), "Username": str.must().replaces()},
	identity:   []string{"UserPoolId", "GroupName", "Username"},
	create: func(ctx context.Context, w *work) error {
		var in cognito.AdminAddUserToGroupInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		if _, err := invoke[cognito.AdminAddUserToGroupOutput](ctx, w.deploy, cognitoIDP, "AdminAddUserToGroup", &in); err != nil {
			return err
		}
		w.membershipIs()
		return nil
	},
	// Taking someone out of a group who is not in it changes nothing.
	find: func(_ context.Context, w *work) (bool, error) {
		w.membershipIs()
		return true, nil
	},
	remove: func(ctx context.Context, w *work) error {
		h := w.row.Handles
		_, err := invoke[cognito.AdminRemoveUserFromGroupOutput](ctx, w.deploy, cognitoIDP, "AdminRemoveUserFromGroup",
			&cognito.AdminRemoveUserFromGroupInput{UserPoolId: ptr(h["UserPoolId"]), GroupName: ptr(h["GroupName"]), Username: ptr(h["Username"])})
		return unlessGone(err)
	},
}

func (w *work) membershipIs() {
	pool, group, user := w.text("UserPoolId"), w.text("GroupName"), w.text("Username")
	w.row.PhysicalID = pool + "|" + group + "|" + user
	w.row.Handles = map[string]string{"UserPoolId": pool, "GroupName": group, "Username": user}
}
