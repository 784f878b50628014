package template

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The part of the account in memory that is IAM: roles and what is on them.

func (a *account) doIAM(in any) (any, error) {
	now := time.Now()
	missing := &iamtypes.NoSuchEntityException{Message: aws.String("cannot be found")}
	role := func(name *string) *iamtypes.Role { r, _ := a.things["role "+*name].(*iamtypes.Role); return r }
	put := func(owner, kind, name *string, v any) error {
		if role(owner) == nil {
			return missing
		}
		a.things[*kind+" "+*owner+"/"+*name] = v
		return nil
	}
	cut := func(owner *string, kind string, name *string) error {
		key := kind + " " + *owner + "/" + *name
		if a.things[key] == nil {
			return missing
		}
		delete(a.things, key)
		return nil
	}
	switch in := in.(type) {
	case *iam.CreateRoleInput:
		if role(in.RoleName) != nil {
			return nil, &iamtypes.EntityAlreadyExistsException{}
		}
		r := &iamtypes.Role{RoleName: in.RoleName, RoleId: aws.String(a.id("AROA")), CreateDate: &now, Description: in.Description, AssumeRolePolicyDocument: in.AssumeRolePolicyDocument,
			Tags: in.Tags, Arn: aws.String("arn:aws:iam::000000000000:role" + *orSlash(in.Path) + *in.RoleName)}
		a.things["role "+*in.RoleName] = r
		return &iam.CreateRoleOutput{Role: r}, nil
	case *iam.GetRoleInput:
		if r := role(in.RoleName); r != nil {
			return &iam.GetRoleOutput{Role: r}, nil
		}
		return nil, missing
	case *iam.UpdateRoleInput:
		return &iam.UpdateRoleOutput{}, nil
	case *iam.UpdateAssumeRolePolicyInput:
		role(in.RoleName).AssumeRolePolicyDocument = in.PolicyDocument
		return &iam.UpdateAssumeRolePolicyOutput{}, nil
	case *iam.DeleteRolePermissionsBoundaryInput:
		return nil, missing
	case *iam.ListRoleTagsInput:
		return &iam.ListRoleTagsOutput{Tags: role(in.RoleName).Tags}, nil
	case *iam.TagRoleInput, *iam.UntagRoleInput:
		return nil, nil
	case *iam.DeleteRoleInput:
		for key := range a.things {
			if strings.Contains(key, " "+*in.RoleName+"/") {
				return nil, &iamtypes.DeleteConflictException{Message: aws.String("Cannot delete entity, must detach all policies first.")}
			}
		}
		if role(in.RoleName) == nil {
			return nil, missing
		}
		return nil, a.drop("role " + *in.RoleName)
	case *iam.AttachRolePolicyInput:
		return nil, put(in.RoleName, aws.String("attached"), in.PolicyArn, true)
	case *iam.DetachRolePolicyInput:
		return nil, cut(in.RoleName, "attached", in.PolicyArn)
	case *iam.PutRolePolicyInput:
		return nil, put(in.RoleName, aws.String("inline"), in.PolicyName, *in.PolicyDocument)
	case *iam.GetRolePolicyInput:
		if text, ok := a.things["inline "+*in.RoleName+"/"+*in.PolicyName].(string); ok {
			return &iam.GetRolePolicyOutput{RoleName: in.RoleName, PolicyName: in.PolicyName, PolicyDocument: &text}, nil
		}
		return nil, missing
	case *iam.DeleteRolePolicyInput:
		return nil, cut(in.RoleName, "inline", in.PolicyName)
	}
	return nil, nil
}

func orSlash(path *string) *string {
	if path == nil {
		return aws.String("/")
	}
	return path
}
