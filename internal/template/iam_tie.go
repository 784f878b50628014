package template

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// tie is one thing that a resource has put on a user, group or role: an inline
// policy, a managed one, or a place in a group. A row holds its ties, so that
// each is taken away with the resource that made it, and nothing else is.
type tie struct {
	Kind   tieKind
	Entity string // User, Group or Role
	Name   string // of the user, group or role
	What   string // name of the inline policy, ARN of the managed one, name of the group
}

type tieKind string

const (
	tiedInline   tieKind = "inline"
	tiedAttached tieKind = "attached"
	tiedMember   tieKind = "member"
)

const (
	iamUser  = "User"
	iamGroup = "Group"
	iamRole  = "Role"
)

// bond is a tie that is to be made. document is the inline policy.
type bond struct {
	tie
	document string
}

// bind makes the ties of a resource what they are to be. New ones come before
// old ones go: a policy that denies must not be missing for a moment because it
// has another name now.
func (w *work) bind(ctx context.Context, want []bond) error {
	had := slices.Clone(w.row.Ties)
	var ties []tie
	for _, b := range want {
		if !slices.Contains(had, b.tie) {
			if err := w.isFree(ctx, b.tie); err != nil {
				return err
			}
		}
		ties = append(ties, b.tie)
	}
	w.row.Ties = slices.Concat(had, ties) // known before it is made
	if err := w.save(ctx, w.row); err != nil {
		return err
	}
	for _, b := range want {
		if err := w.fasten(ctx, b); err != nil {
			return err
		}
	}
	for _, t := range had {
		if !slices.Contains(ties, t) {
			if err := w.loosen(ctx, t); err != nil {
				return err
			}
		}
	}
	w.row.Ties = ties
	return nil
}

// isFree refuses an inline policy in whose place another one stands. Managed
// policies and places in groups lose nothing by being given twice.
func (w *work) isFree(ctx context.Context, t tie) error {
	if t.Kind != tiedInline {
		return nil
	}
	for _, row := range w.rows {
		if row == w.row || !row.live() || !slices.Contains(row.Ties, t) {
			continue
		}
		if row.LogicalID == w.row.LogicalID || w.resources[row.LogicalID] == nil {
			return nil // it goes, and this takes its place
		}
		return fmt.Errorf("%s of this stack gives %s %s the inline policy %s already: change one of the names", row.LogicalID, t.Entity, t.Name, t.What)
	}
	var err error
	switch t.Entity {
	case iamUser:
		_, err = invoke[iam.GetUserPolicyOutput](ctx, w.deploy, iamService, "GetUserPolicy", &iam.GetUserPolicyInput{UserName: &t.Name, PolicyName: &t.What})
	case iamGroup:
		_, err = invoke[iam.GetGroupPolicyOutput](ctx, w.deploy, iamService, "GetGroupPolicy", &iam.GetGroupPolicyInput{GroupName: &t.Name, PolicyName: &t.What})
	default:
		_, err = invoke[iam.GetRolePolicyOutput](ctx, w.deploy, iamService, "GetRolePolicy", &iam.GetRolePolicyInput{RoleName: &t.Name, PolicyName: &t.What})
	}
	if err == nil {
		return fmt.Errorf("%s %s has an inline policy %s already, which was not made by this stack: choose another name or remove it", t.Entity, t.Name, t.What)
	}
	return unlessGone(err)
}

func (w *work) fasten(ctx context.Context, b bond) error {
	name, what := &b.Name, &b.What
	switch b.Kind {
	case tiedMember:
		return run(ctx, w.deploy, iamService, "AddUserToGroup", &iam.AddUserToGroupInput{UserName: name, GroupName: what})
	case tiedAttached:
		switch b.Entity {
		case iamUser:
			return run(ctx, w.deploy, iamService, "AttachUserPolicy", &iam.AttachUserPolicyInput{UserName: name, PolicyArn: what})
		case iamGroup:
			return run(ctx, w.deploy, iamService, "AttachGroupPolicy", &iam.AttachGroupPolicyInput{GroupName: name, PolicyArn: what})
		}
		return run(ctx, w.deploy, iamService, "AttachRolePolicy", &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: what})
	}
	switch b.Entity {
	case iamUser:
		return run(ctx, w.deploy, iamService, "PutUserPolicy", &iam.PutUserPolicyInput{UserName: name, PolicyName: what, PolicyDocument: &b.document})
	case iamGroup:
		return run(ctx, w.deploy, iamService, "PutGroupPolicy", &iam.PutGroupPolicyInput{GroupName: name, PolicyName: what, PolicyDocument: &b.document})
	}
	return run(ctx, w.deploy, iamService, "PutRolePolicy", &iam.PutRolePolicyInput{RoleName: name, PolicyName: what, PolicyDocument: &b.document})
}

// loosen takes a tie away, unless another resource of the stack has it too.
func (w *work) loosen(ctx context.Context, t tie) error {
	if slices.ContainsFunc(w.rows, func(r *resourceRow) bool { return r != w.row && r.live() && slices.Contains(r.Ties, t) }) {
		return nil
	}
	return w.cut(ctx, t)
}

func (w *work) cut(ctx context.Context, t tie) error {
	name, what := &t.Name, &t.What
	var err error
	switch {
	case t.Kind == tiedMember:
		err = run(ctx, w.deploy, iamService, "RemoveUserFromGroup", &iam.RemoveUserFromGroupInput{UserName: name, GroupName: what})
	case t.Kind == tiedAttached && t.Entity == iamUser:
		err = run(ctx, w.deploy, iamService, "DetachUserPolicy", &iam.DetachUserPolicyInput{UserName: name, PolicyArn: what})
	case t.Kind == tiedAttached && t.Entity == iamGroup:
		err = run(ctx, w.deploy, iamService, "DetachGroupPolicy", &iam.DetachGroupPolicyInput{GroupName: name, PolicyArn: what})
	case t.Kind == tiedAttached:
		err = run(ctx, w.deploy, iamService, "DetachRolePolicy", &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: what})
	case t.Entity == iamUser:
		err = run(ctx, w.deploy, iamService, "DeleteUserPolicy", &iam.DeleteUserPolicyInput{UserName: name, PolicyName: what})
	case t.Entity == iamGroup:
		err = run(ctx, w.deploy, iamService, "DeleteGroupPolicy", &iam.DeleteGroupPolicyInput{GroupName: name, PolicyName: what})
	default:
		err = run(ctx, w.deploy, iamService, "DeleteRolePolicy", &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: what})
	}
	return unlessGone(err)
}

// untie takes away all ties of a row that goes.
func (w *work) untie(ctx context.Context) error {
	for _, t := range w.row.Ties {
		if err := w.loosen(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// strip takes from a user, group, role or managed policy that is about to be
// deleted all that this stack has tied to it. What others have tied stays, and
// IAM then refuses to delete it.
func (w *work) strip(ctx context.Context, concerns func(tie) bool) error {
	for _, row := range w.rows {
		for _, t := range row.Ties {
			if concerns(t) {
				if err := w.cut(ctx, t); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
