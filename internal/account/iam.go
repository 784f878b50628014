package account

import (
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// IAM is the registration of Identity and Access Management.
func (s *Service) IAM() *awsapi.Service {
	return &awsapi.Service{
		Name:       "iam",
		Protocol:   awsapi.Query("2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/"),
		Global:     true,
		Status:     iamStatus,
		Unions:     iamUnions(),
		Operations: slices.Concat(s.entityOperations(), s.providerOperations(), s.inquiryOperations(), s.absentOperations()),
	}
}

// entityOperations are those on users, groups, roles and their policies.
func (s *Service) entityOperations() []awsapi.Operation {
	return []awsapi.Operation{
		on(s, user, "CreateUser", s.CreateUser, "UserName"),
		on(s, user, "GetUser", s.GetUser),
		under(s, user, "ListUsers", s.ListUsers),
		on(s, user, "UpdateUser", s.UpdateUser, "UserName"),
		on(s, user, "DeleteUser", s.DeleteUser, "UserName"),

		on(s, group, "CreateGroup", s.CreateGroup, "GroupName"),
		on(s, group, "GetGroup", s.GetGroup, "GroupName"),
		under(s, group, "ListGroups", s.ListGroups),
		on(s, group, "UpdateGroup", s.UpdateGroup, "GroupName"),
		on(s, group, "DeleteGroup", s.DeleteGroup, "GroupName"),
		on(s, group, "AddUserToGroup", s.AddUserToGroup, "GroupName", "UserName"),
		on(s, group, "RemoveUserFromGroup", s.RemoveUserFromGroup, "GroupName", "UserName"),
		on(s, user, "ListGroupsForUser", s.ListGroupsForUser, "UserName"),

		on(s, role, "CreateRole", s.CreateRole, "RoleName", "AssumeRolePolicyDocument"),
		on(s, role, "GetRole", s.GetRole, "RoleName"),
		under(s, role, "ListRoles", s.ListRoles),
		on(s, role, "UpdateRole", s.UpdateRole, "RoleName"),
		on(s, role, "UpdateRoleDescription", s.UpdateRoleDescription, "RoleName", "Description"),
		on(s, role, "UpdateAssumeRolePolicy", s.UpdateAssumeRolePolicy, "RoleName", "PolicyDocument"),
		on(s, role, "DeleteRole", s.DeleteRole, "RoleName"),

		onPolicy(s, "CreatePolicy", s.CreatePolicy, "PolicyName", "PolicyDocument"),
		onPolicy(s, "GetPolicy", s.GetPolicy, "PolicyArn"),
		onAny("ListPolicies", s.ListPolicies),
		onPolicy(s, "DeletePolicy", s.DeletePolicy, "PolicyArn"),
		onPolicy(s, "CreatePolicyVersion", s.CreatePolicyVersion, "PolicyArn", "PolicyDocument"),
		onPolicy(s, "GetPolicyVersion", s.GetPolicyVersion, "PolicyArn", "VersionId"),
		onPolicy(s, "ListPolicyVersions", s.ListPolicyVersions, "PolicyArn"),
		onPolicy(s, "DeletePolicyVersion", s.DeletePolicyVersion, "PolicyArn", "VersionId"),
		onPolicy(s, "SetDefaultPolicyVersion", s.SetDefaultPolicyVersion, "PolicyArn", "VersionId"),
		onPolicy(s, "ListEntitiesForPolicy", s.ListEntitiesForPolicy, "PolicyArn"),

		on(s, user, "AttachUserPolicy", s.AttachUserPolicy, "UserName", "PolicyArn"),
		on(s, user, "DetachUserPolicy", s.DetachUserPolicy, "UserName", "PolicyArn"),
		on(s, user, "ListAttachedUserPolicies", s.ListAttachedUserPolicies, "UserName"),
		on(s, group, "AttachGroupPolicy", s.AttachGroupPolicy, "GroupName", "PolicyArn"),
		on(s, group, "DetachGroupPolicy", s.DetachGroupPolicy, "GroupName", "PolicyArn"),
		on(s, group, "ListAttachedGroupPolicies", s.ListAttachedGroupPolicies, "GroupName"),
		on(s, role, "AttachRolePolicy", s.AttachRolePolicy, "RoleName", "PolicyArn"),
		on(s, role, "DetachRolePolicy", s.DetachRolePolicy, "RoleName", "PolicyArn"),
		on(s, role, "ListAttachedRolePolicies", s.ListAttachedRolePolicies, "RoleName"),

		on(s, user, "PutUserPolicy", s.PutUserPolicy, "UserName", "PolicyName", "PolicyDocument"),
		on(s, user, "GetUserPolicy", s.GetUserPolicy, "UserName", "PolicyName"),
		on(s, user, "ListUserPolicies", s.ListUserPolicies, "UserName"),
		on(s, user, "DeleteUserPolicy", s.DeleteUserPolicy, "UserName", "PolicyName"),
		on(s, group, "PutGroupPolicy", s.PutGroupPolicy, "GroupName", "PolicyName", "PolicyDocument"),
		on(s, group, "GetGroupPolicy", s.GetGroupPolicy, "GroupName", "PolicyName"),
		on(s, group, "ListGroupPolicies", s.ListGroupPolicies, "GroupName"),
		on(s, group, "DeleteGroupPolicy", s.DeleteGroupPolicy, "GroupName", "PolicyName"),
		on(s, role, "PutRolePolicy", s.PutRolePolicy, "RoleName", "PolicyName", "PolicyDocument"),
		on(s, role, "GetRolePolicy", s.GetRolePolicy, "RoleName", "PolicyName"),
		on(s, role, "ListRolePolicies", s.ListRolePolicies, "RoleName"),
		on(s, role, "DeleteRolePolicy", s.DeleteRolePolicy, "RoleName", "PolicyName"),

		on(s, user, "PutUserPermissionsBoundary", s.PutUserPermissionsBoundary, "UserName", "PermissionsBoundary"),
		on(s, user, "DeleteUserPermissionsBoundary", s.DeleteUserPermissionsBoundary, "UserName"),
		on(s, role, "PutRolePermissionsBoundary", s.PutRolePermissionsBoundary, "RoleName", "PermissionsBoundary"),
		on(s, role, "DeleteRolePermissionsBoundary", s.DeleteRolePermissionsBoundary, "RoleName"),

		on(s, user, "TagUser", s.TagUser, "UserName", "Tags"),
		on(s, user, "UntagUser", s.UntagUser, "UserName", "TagKeys"),
		on(s, user, "ListUserTags", s.ListUserTags, "UserName"),
		on(s, role, "TagRole", s.TagRole, "RoleName", "Tags"),
		on(s, role, "UntagRole", s.UntagRole, "RoleName", "TagKeys"),
		on(s, role, "ListRoleTags", s.ListRoleTags, "RoleName"),
		onPolicy(s, "TagPolicy", s.TagPolicy, "PolicyArn", "Tags"),
		onPolicy(s, "UntagPolicy", s.UntagPolicy, "PolicyArn", "TagKeys"),
		onPolicy(s, "ListPolicyTags", s.ListPolicyTags, "PolicyArn"),

		on(s, user, "CreateAccessKey", s.CreateAccessKey),
		on(s, user, "ListAccessKeys", s.ListAccessKeys),
		on(s, user, "UpdateAccessKey", s.UpdateAccessKey, "AccessKeyId", "Status"),
		on(s, user, "DeleteAccessKey", s.DeleteAccessKey, "AccessKeyId"),
		// Whose key it is must be known before anybody can be asked for it.
		awsapi.Op("GetAccessKeyLastUsed", awsapi.AnyCaller, s.GetAccessKeyLastUsed, awsapi.Require("AccessKeyId")),
		onAny("GetAccountSummary", s.GetAccountSummary),
	}
}

// on registers an operation on the entity that its UserName, GroupName or
// RoleName names, or on whoever calls when there is none.
func on[In, Out any](s *Service, kind entityKind, name string, do awsapi.Handler[In, Out], required ...string) awsapi.Operation {
	resource := func(call *access.Call, in *In) (string, error) {
		v := reflect.ValueOf(in).Elem()
		call.Conditions = conditionsOf(v)
		if given, ok := member(v, titles[kind]+"Name"); ok {
			path, _ := member(v, "Path")
			return entityARN(s.account, kind, pathOr(path), given), nil
		}
		if call.Caller.Kind == access.User {
			return call.Caller.ARN, nil
		}
		return entityARN(s.account, kind, "/", "*"), nil
	}
	return awsapi.Op(name, awsapi.Action("iam:"+name, resource), do, awsapi.Require(required...))
}

// under registers a list of all entities of a kind under a path.
func under[In, Out any](s *Service, kind entityKind, name string, do awsapi.Handler[In, Out]) awsapi.Operation {
	resource := func(_ *access.Call, in *In) (string, error) {
		prefix, _ := member(reflect.ValueOf(in).Elem(), "PathPrefix")
		return entityARN(s.account, kind, pathOr(prefix), ""), nil
	}
	return awsapi.Op(name, awsapi.Action("iam:"+name, resource), do)
}

// onPolicy registers an operation on a managed policy.
func onPolicy[In, Out any](s *Service, name string, do awsapi.Handler[In, Out], required ...string) awsapi.Operation {
	resource := func(call *access.Call, in *In) (string, error) {
		v := reflect.ValueOf(in).Elem()
		call.Conditions = conditionsOf(v)
		if arn, ok := member(v, "PolicyArn"); ok {
			delete(call.Conditions, "iam:policyarn") // a key of what is attached, not of the policy itself
			return arn, nil
		}
		path, _ := member(v, "Path")
		made, _ := member(v, "PolicyName")
		return "arn:aws:iam::" + s.account + ":policy" + pathOr(path) + made, nil
	}
	return awsapi.Op(name, awsapi.Action("iam:"+name, resource), do, awsapi.Require(required...))
}

// onAny registers an operation that concerns no resource.
func onAny[In, Out any](name string, do awsapi.Handler[In, Out], required ...string) awsapi.Operation {
	return awsapi.Op(name, awsapi.Action("iam:"+name, awsapi.AnyResource), do, awsapi.Require(required...))
}

func pathOr(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "/"
	}
	return path
}

// member is the text of an input's member of that name.
func member(in reflect.Value, name string) (string, bool) {
	f := in.FieldByName(name)
	if !f.IsValid() || f.Kind() != reflect.Pointer || f.IsNil() || f.Type().Elem().Kind() != reflect.String {
		return "", false
	}
	return f.Elem().String(), true
}

// conditionsOf are the condition keys that an input speaks for: its tags, and
// the policies that it attaches or bounds with.
func conditionsOf(in reflect.Value) map[string][]string {
	keys := access.Keys{}
	if f := in.FieldByName("Tags"); f.IsValid() {
		tags, _ := f.Interface().([]types.Tag)
		for _, t := range tags {
			keys.Tag(deref(t.Key), deref(t.Value))
		}
	}
	if f := in.FieldByName("TagKeys"); f.IsValid() {
		list, _ := f.Interface().([]string)
		keys.Takes(list)
	}
	if arn, ok := member(in, "PolicyArn"); ok {
		keys["iam:policyarn"] = []string{arn}
	}
	if arn, ok := member(in, "PermissionsBoundary"); ok {
		keys["iam:permissionsboundary"] = []string{arn}
	}
	return keys
}
