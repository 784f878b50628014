package userpool

import (
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// API is the service with its operations: what AWS lets anyone call, and what
// needs credentials and permission.
func (s *Service) API() *awsapi.Service {
	return &awsapi.Service{
		Name:         "cognito-idp",
		Protocol:     awsapi.JSON("AWSCognitoIdentityProviderService"),
		InvalidInput: "InvalidParameterException",
		CORS:         true,                                        // web apps sign people in from their own pages
		Document:     awsapi.DocumentOf(document.NewLazyDocument), // what browsers say of passkeys
		Operations: slices.Concat(
			s.public(),
			s.guarded(),
			s.deviceOperations(),
			s.passkeyOperations(),
			s.providerOperations(),
			s.resourceServerOperations(),
			s.clientSecretOperations(),
			s.importOperations(),
			s.protectionOperations(),
			s.mfaOperations(),
			s.absentOperations(),
		),
	}
}

// public are the operations of people and applications: the password, the
// session or the token in the input is the proof.
func (s *Service) public() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("InitiateAuth", awsapi.Public, s.InitiateAuth, awsapi.Require("AuthFlow", "ClientId")),
		awsapi.Op("RespondToAuthChallenge", awsapi.Public, s.RespondToAuthChallenge, awsapi.Require("ClientId", "ChallengeName")),
		awsapi.Op("GetUser", awsapi.Public, s.GetUser, awsapi.Require("AccessToken")),
		awsapi.Op("SignUp", awsapi.Public, s.SignUp, awsapi.Require("ClientId", "Username")),
		awsapi.Op("ConfirmSignUp", awsapi.Public, s.ConfirmSignUp, awsapi.Require("ClientId", "Username", "ConfirmationCode")),
		awsapi.Op("ResendConfirmationCode", awsapi.Public, s.ResendConfirmationCode, awsapi.Require("ClientId", "Username")),
		awsapi.Op("ForgotPassword", awsapi.Public, s.ForgotPassword, awsapi.Require("ClientId", "Username")),
		awsapi.Op("ConfirmForgotPassword", awsapi.Public, s.ConfirmForgotPassword, awsapi.Require("ClientId", "Username", "ConfirmationCode", "Password")),
		awsapi.Op("ChangePassword", awsapi.Public, s.ChangePassword, awsapi.Require("AccessToken", "ProposedPassword")),
		awsapi.Op("GetUserAttributeVerificationCode", awsapi.Public, s.GetUserAttributeVerificationCode, awsapi.Require("AccessToken", "AttributeName")),
		awsapi.Op("VerifyUserAttribute", awsapi.Public, s.VerifyUserAttribute, awsapi.Require("AccessToken", "AttributeName", "Code")),
		awsapi.Op("UpdateUserAttributes", awsapi.Public, s.UpdateUserAttributes, awsapi.Require("AccessToken", "UserAttributes")),
		awsapi.Op("DeleteUserAttributes", awsapi.Public, s.DeleteUserAttributes, awsapi.Require("AccessToken", "UserAttributeNames")),
		awsapi.Op("DeleteUser", awsapi.Public, s.DeleteUser, awsapi.Require("AccessToken")),
		awsapi.Op("GlobalSignOut", awsapi.Public, s.GlobalSignOut, awsapi.Require("AccessToken")),
		awsapi.Op("RevokeToken", awsapi.Public, s.RevokeToken, awsapi.Require("Token", "ClientId")),
	}
}

// guarded are the operations of administrators and servers, on one pool each
// but for the first two.
func (s *Service) guarded() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("CreateUserPool", awsapi.Action("cognito-idp:CreateUserPool", newPool), s.CreateUserPool, awsapi.Require("PoolName")),
		awsapi.Op("ListUserPools", awsapi.Action("cognito-idp:ListUserPools", awsapi.AnyResource), s.ListUserPools, awsapi.Require("MaxResults")),

		onPool(s, "DescribeUserPool", s.DescribeUserPool, func(in *idp.DescribeUserPoolInput) *string { return in.UserPoolId }),
		onPool(s, "UpdateUserPool", s.UpdateUserPool, func(in *idp.UpdateUserPoolInput) *string { return in.UserPoolId }),
		onPool(s, "DeleteUserPool", s.DeleteUserPool, func(in *idp.DeleteUserPoolInput) *string { return in.UserPoolId }),
		onPool(s, "AddCustomAttributes", s.AddCustomAttributes, func(in *idp.AddCustomAttributesInput) *string { return in.UserPoolId }, "CustomAttributes"),

		onPool(s, "CreateUserPoolClient", s.CreateUserPoolClient, func(in *idp.CreateUserPoolClientInput) *string { return in.UserPoolId }, "ClientName"),
		onPool(s, "DescribeUserPoolClient", s.DescribeUserPoolClient, func(in *idp.DescribeUserPoolClientInput) *string { return in.UserPoolId }, "ClientId"),
		onPool(s, "UpdateUserPoolClient", s.UpdateUserPoolClient, func(in *idp.UpdateUserPoolClientInput) *string { return in.UserPoolId }, "ClientId"),
		onPool(s, "DeleteUserPoolClient", s.DeleteUserPoolClient, func(in *idp.DeleteUserPoolClientInput) *string { return in.UserPoolId }, "ClientId"),
		onPool(s, "ListUserPoolClients", s.ListUserPoolClients, func(in *idp.ListUserPoolClientsInput) *string { return in.UserPoolId }),

		onPool(s, "AdminCreateUser", s.AdminCreateUser, func(in *idp.AdminCreateUserInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminSetUserPassword", s.AdminSetUserPassword, func(in *idp.AdminSetUserPasswordInput) *string { return in.UserPoolId }, "Username", "Password"),
		onPool(s, "AdminConfirmSignUp", s.AdminConfirmSignUp, func(in *idp.AdminConfirmSignUpInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminResetUserPassword", s.AdminResetUserPassword, func(in *idp.AdminResetUserPasswordInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminGetUser", s.AdminGetUser, func(in *idp.AdminGetUserInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminDeleteUser", s.AdminDeleteUser, func(in *idp.AdminDeleteUserInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminEnableUser", s.AdminEnableUser, func(in *idp.AdminEnableUserInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminDisableUser", s.AdminDisableUser, func(in *idp.AdminDisableUserInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "AdminUpdateUserAttributes", s.AdminUpdateUserAttributes, func(in *idp.AdminUpdateUserAttributesInput) *string { return in.UserPoolId }, "Username", "UserAttributes"),
		onPool(s, "AdminUserGlobalSignOut", s.AdminUserGlobalSignOut, func(in *idp.AdminUserGlobalSignOutInput) *string { return in.UserPoolId }, "Username"),
		onPool(s, "ListUsers", s.ListUsers, func(in *idp.ListUsersInput) *string { return in.UserPoolId }),

		onPool(s, "AdminInitiateAuth", s.AdminInitiateAuth, func(in *idp.AdminInitiateAuthInput) *string { return in.UserPoolId }, "ClientId", "AuthFlow"),
		onPool(s, "AdminRespondToAuthChallenge", s.AdminRespondToAuthChallenge, func(in *idp.AdminRespondToAuthChallengeInput) *string { return in.UserPoolId }, "ClientId", "ChallengeName"),

		onPool(s, "CreateGroup", s.CreateGroup, func(in *idp.CreateGroupInput) *string { return in.UserPoolId }, "GroupName"),
		onPool(s, "GetGroup", s.GetGroup, func(in *idp.GetGroupInput) *string { return in.UserPoolId }, "GroupName"),
		onPool(s, "UpdateGroup", s.UpdateGroup, func(in *idp.UpdateGroupInput) *string { return in.UserPoolId }, "GroupName"),
		onPool(s, "DeleteGroup", s.DeleteGroup, func(in *idp.DeleteGroupInput) *string { return in.UserPoolId }, "GroupName"),
		onPool(s, "ListGroups", s.ListGroups, func(in *idp.ListGroupsInput) *string { return in.UserPoolId }),
		onPool(s, "ListUsersInGroup", s.ListUsersInGroup, func(in *idp.ListUsersInGroupInput) *string { return in.UserPoolId }, "GroupName"),
		onPool(s, "AdminAddUserToGroup", s.AdminAddUserToGroup, func(in *idp.AdminAddUserToGroupInput) *string { return in.UserPoolId }, "Username", "GroupName"),
		onPool(s, "AdminRemoveUserFromGroup", s.AdminRemoveUserFromGroup, func(in *idp.AdminRemoveUserFromGroupInput) *string { return in.UserPoolId }, "Username", "GroupName"),
		onPool(s, "AdminListGroupsForUser", s.AdminListGroupsForUser, func(in *idp.AdminListGroupsForUserInput) *string { return in.UserPoolId }, "Username"),

		onARN(s, "TagResource", s.TagResource, func(in *idp.TagResourceInput) *string { return in.ResourceArn }, "Tags"),
		onARN(s, "UntagResource", s.UntagResource, func(in *idp.UntagResourceInput) *string { return in.ResourceArn }, "TagKeys"),
		onARN(s, "ListTagsForResource", s.ListTagsForResource, func(in *idp.ListTagsForResourceInput) *string { return in.ResourceArn }),
	}
}

// onPool registers an operation whose resource is the pool named in its input,
// in the region of the call.
func onPool[In, Out any](s *Service, name string, do awsapi.Handler[In, Out], pool func(*In) *string, required ...string) awsapi.Operation {
	resource := func(call *access.Call, in *In) (string, error) {
		return s.toldOfPool(call, deref(pool(in)), in), nil
	}
	return awsapi.Op(name, awsapi.Action("cognito-idp:"+name, resource), do, awsapi.Require(append([]string{"UserPoolId"}, required...)...))
}

// onARN registers an operation whose input names its resource by ARN.
func onARN[In, Out any](s *Service, name string, do awsapi.Handler[In, Out], resource func(*In) *string, required ...string) awsapi.Operation {
	find := func(call *access.Call, in *In) (string, error) {
		return s.toldOfARN(call, deref(resource(in)), in), nil
	}
	return awsapi.Op(name, awsapi.Action("cognito-idp:"+name, find), do, awsapi.Require(append([]string{"ResourceArn"}, required...)...))
}
