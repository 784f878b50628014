package identitypool

import (
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// API is the service with its operations: what AWS lets anyone call, and what
// needs credentials and permission.
func (s *Service) API() *awsapi.Service {
	return &awsapi.Service{
		Name:         "cognito-identity",
		Protocol:     awsapi.JSON("AWSCognitoIdentityService"),
		InvalidInput: "InvalidParameterException",
		CORS:         true, // web apps ask for credentials from their own pages
		Operations:   append(s.openToAll(), s.guarded()...),
	}
}

// openToAll are the operations of people: their logins are the proof, or for a
// guest the identity's id.
func (s *Service) openToAll() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("GetId", awsapi.Public, s.GetId, awsapi.Require("IdentityPoolId")),
		awsapi.Op("GetCredentialsForIdentity", awsapi.Public, s.GetCredentialsForIdentity, awsapi.Require("IdentityId")),
		awsapi.Op("GetOpenIdToken", awsapi.Public, s.GetOpenIdToken, awsapi.Require("IdentityId")),
		awsapi.Op("UnlinkIdentity", awsapi.Public, s.UnlinkIdentity, awsapi.Require("IdentityId", "Logins", "LoginsToRemove")),
	}
}

// guarded are the operations of administrators and servers. Those on identities
// that do not name their pool have no resource, as at AWS:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html
func (s *Service) guarded() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("CreateIdentityPool", awsapi.Action("cognito-identity:CreateIdentityPool", created), s.CreateIdentityPool, awsapi.Require("IdentityPoolName")),
		awsapi.Op("ListIdentityPools", awsapi.Action("cognito-identity:ListIdentityPools", awsapi.AnyResource), s.ListIdentityPools, awsapi.Require("MaxResults")),
		awsapi.Op("DescribeIdentity", awsapi.Action("cognito-identity:DescribeIdentity", awsapi.AnyResource), s.DescribeIdentity, awsapi.Require("IdentityId")),
		awsapi.Op("DeleteIdentities", awsapi.Action("cognito-identity:DeleteIdentities", awsapi.AnyResource), s.DeleteIdentities, awsapi.Require("IdentityIdsToDelete")),

		onPool(s, "DescribeIdentityPool", s.DescribeIdentityPool, func(in *ci.DescribeIdentityPoolInput) *string { return in.IdentityPoolId }),
		awsapi.Op("UpdateIdentityPool", awsapi.Action("cognito-identity:UpdateIdentityPool", s.updated), s.UpdateIdentityPool, awsapi.Require("IdentityPoolId", "IdentityPoolName")),
		onPool(s, "DeleteIdentityPool", s.DeleteIdentityPool, func(in *ci.DeleteIdentityPoolInput) *string { return in.IdentityPoolId }),
		onPool(s, "ListIdentities", s.ListIdentities, func(in *ci.ListIdentitiesInput) *string { return in.IdentityPoolId }, "MaxResults"),

		onPool(s, "SetIdentityPoolRoles", s.SetIdentityPoolRoles, func(in *ci.SetIdentityPoolRolesInput) *string { return in.IdentityPoolId }, "Roles"),
		onPool(s, "GetIdentityPoolRoles", s.GetIdentityPoolRoles, func(in *ci.GetIdentityPoolRolesInput) *string { return in.IdentityPoolId }),
		onPool(s, "SetPrincipalTagAttributeMap", s.SetPrincipalTagAttributeMap, func(in *ci.SetPrincipalTagAttributeMapInput) *string { return in.IdentityPoolId }, "IdentityProviderName"),
		onPool(s, "GetPrincipalTagAttributeMap", s.GetPrincipalTagAttributeMap, func(in *ci.GetPrincipalTagAttributeMapInput) *string { return in.IdentityPoolId }, "IdentityProviderName"),

		onPool(s, "GetOpenIdTokenForDeveloperIdentity", s.GetOpenIdTokenForDeveloperIdentity, func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) *string { return in.IdentityPoolId }, "Logins"),
		onPool(s, "LookupDeveloperIdentity", s.LookupDeveloperIdentity, func(in *ci.LookupDeveloperIdentityInput) *string { return in.IdentityPoolId }),
		onPool(s, "MergeDeveloperIdentities", s.MergeDeveloperIdentities, func(in *ci.MergeDeveloperIdentitiesInput) *string { return in.IdentityPoolId },
			"SourceUserIdentifier", "DestinationUserIdentifier", "DeveloperProviderName"),
		onPool(s, "UnlinkDeveloperIdentity", s.UnlinkDeveloperIdentity, func(in *ci.UnlinkDeveloperIdentityInput) *string { return in.IdentityPoolId },
			"IdentityId", "DeveloperProviderName", "DeveloperUserIdentifier"),

		onARN(s, "TagResource", s.TagResource, func(in *ci.TagResourceInput) (*string, access.Keys) { return in.ResourceArn, tagsSaid(in.Tags) }, "Tags"),
		onARN(s, "UntagResource", s.UntagResource, func(in *ci.UntagResourceInput) (*string, access.Keys) {
			return in.ResourceArn, access.Keys{"aws:tagkeys": in.TagKeys}
		}, "TagKeys"),
		onARN(s, "ListTagsForResource", s.ListTagsForResource, func(in *ci.ListTagsForResourceInput) (*string, access.Keys) { return in.ResourceArn, nil }),
	}
}

// tagsSaid are the condition keys of tags in a request.
func tagsSaid(tags map[string]string) access.Keys {
	keys := access.Keys{}
	keys.Gives(tags)
	return keys
}

// about is the ARN of a pool, existing or not, and tells the authorizer the tags
// that it has and what the call says itself.
func (s *Service) about(call *access.Call, id string, said access.Keys) string {
	if said == nil {
		said = access.Keys{}
	}
	if p := s.current.Load().pools[id]; p != nil && p.Region == call.Region {
		said.Has(p.Tags)
	}
	call.Conditions = said
	return poolARN(call.Region, s.account, id)
}

func created(call *access.Call, in *ci.CreateIdentityPoolInput) (string, error) {
	call.Conditions = tagsSaid(in.IdentityPoolTags)
	return "*", nil
}

func (s *Service) updated(call *access.Call, in *ci.UpdateIdentityPoolInput) (string, error) {
	return s.about(call, deref(in.IdentityPoolId), tagsSaid(in.IdentityPoolTags)), nil
}

// onPool registers an operation whose resource is the pool named in its input,
// in the region of the call.
func onPool[In, Out any](s *Service, name string, do awsapi.Handler[In, Out], pool func(*In) *string, required ...string) awsapi.Operation {
	resource := func(call *access.Call, in *In) (string, error) { return s.about(call, deref(pool(in)), nil), nil }
	return awsapi.Op(name, awsapi.Action("cognito-identity:"+name, resource), do, awsapi.Require(append([]string{"IdentityPoolId"}, required...)...))
}

// onARN registers an operation whose input names its resource by ARN.
func onARN[In, Out any](s *Service, name string, do awsapi.Handler[In, Out], read func(*In) (*string, access.Keys), required ...string) awsapi.Operation {
	resource := func(call *access.Call, in *In) (string, error) {
		arn, said := read(in)
		region, id, ok := poolOfARN(deref(arn), s.account)
		if !ok || region != call.Region {
			call.Conditions = said
			return deref(arn), nil // the handler refuses it, after the caller was allowed to ask
		}
		return s.about(call, id, said), nil
	}
	return awsapi.Op(name, awsapi.Action("cognito-identity:"+name, resource), do, awsapi.Require(append([]string{"ResourceArn"}, required...)...))
}
