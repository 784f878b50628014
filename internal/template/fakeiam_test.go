package template

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	identitytypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The parts of the account in memory that are IAM, roles and what is on them,
// and identity pools.

func (a *account) doIdentities(in any) (any, error) {
	missing := &identitytypes.ResourceNotFoundException{Message: aws.String("IdentityPool not found.")}
	pool := func(id *string) *cognitoidentity.UpdateIdentityPoolInput {
		p, _ := a.things["identity pool "+*id].(*cognitoidentity.UpdateIdentityPoolInput)
		return p
	}
	switch in := in.(type) {
	case *cognitoidentity.CreateIdentityPoolInput:
		id := a.id("us-east-1:00000000-0000-0000-0000-00000000000")
		a.things["identity pool "+id] = &cognitoidentity.UpdateIdentityPoolInput{IdentityPoolId: &id, IdentityPoolName: in.IdentityPoolName,
			AllowUnauthenticatedIdentities: in.AllowUnauthenticatedIdentities, CognitoIdentityProviders: in.CognitoIdentityProviders, IdentityPoolTags: in.IdentityPoolTags}
		return &cognitoidentity.CreateIdentityPoolOutput{IdentityPoolId: &id, IdentityPoolName: in.IdentityPoolName}, nil
	case *cognitoidentity.UpdateIdentityPoolInput:
		if pool(in.IdentityPoolId) == nil {
			return nil, missing
		}
		a.things["identity pool "+*in.IdentityPoolId] = in
		return &cognitoidentity.UpdateIdentityPoolOutput{IdentityPoolId: in.IdentityPoolId}, nil
	case *cognitoidentity.ListIdentityPoolsInput:
		out := &cognitoidentity.ListIdentityPoolsOutput{}
		for _, id := range a.has("identity") {
			if p := pool(aws.String(strings.TrimPrefix(id, "pool "))); p != nil {
				out.IdentityPools = append(out.IdentityPools, identitytypes.IdentityPoolShortDescription{IdentityPoolId: p.IdentityPoolId, IdentityPoolName: p.IdentityPoolName})
			}
		}
		return out, nil
	case *cognitoidentity.DeleteIdentityPoolInput:
		if pool(in.IdentityPoolId) == nil {
			return nil, missing
		}
		for key := range a.things {
			if strings.HasPrefix(key, "identity ") && strings.Contains(key, *in.IdentityPoolId) {
				delete(a.things, key)
			}
		}
		return &cognitoidentity.DeleteIdentityPoolOutput{}, nil
	case *cognitoidentity.SetIdentityPoolRolesInput:
		if pool(in.IdentityPoolId) == nil {
			return nil, missing
		}
		a.things["identity roles "+*in.IdentityPoolId] = in
		return &cognitoidentity.SetIdentityPoolRolesOutput{}, nil
	case *cognitoidentity.GetIdentityPoolRolesInput:
		if pool(in.IdentityPoolId) == nil {
			return nil, missing
		}
		out := &cognitoidentity.GetIdentityPoolRolesOutput{IdentityPoolId: in.IdentityPoolId}
		if set, ok := a.things["identity roles "+*in.IdentityPoolId].(*cognitoidentity.SetIdentityPoolRolesInput); ok {
			out.Roles, out.RoleMappings = set.Roles, set.RoleMappings
		}
		return out, nil
	case *cognitoidentity.SetPrincipalTagAttributeMapInput:
		if pool(in.IdentityPoolId) == nil {
			return nil, missing
		}
		a.things["identity tags "+*in.IdentityPoolId+"/"+*in.IdentityProviderName] = in
		return &cognitoidentity.SetPrincipalTagAttributeMapOutput{}, nil
	}
	return nil, nil
}

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
