package template

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	identitytypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

// Which roles an identity pool gives to whom.

var roleMappingShape = records(fields{
	"IdentityProvider": str, "Type": oneOf("Token", "Rules").must(), "AmbiguousRoleResolution": oneOf("AuthenticatedRole", "Deny"),
	"RulesConfiguration": records(fields{"Rules": listing(records(fields{
		"Claim": str.must(), "MatchType": oneOf("Equals", "Contains", "StartsWith", "NotEqual").must(), "RoleARN": str.must(), "Value": str.must(),
	})).must()}),
})

var roleAttachmentType = &resourceType{
	name: "AWS::Cognito::IdentityPoolRoleAttachment",
	properties: fields{
		"IdentityPoolId": str.must().replaces(),
		"Roles":          records(fields{"authenticated": str, "unauthenticated": str}),
		"RoleMappings":   {kind: tableOf, item: &roleMappingShape},
	},
	attributes: []string{"Id"},
	identity:   []string{"IdentityPoolId"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		w.roleAttachmentIs()
		return w.setIdentityRoles(ctx)
	},
	update: func(ctx context.Context, w *work) error { return w.setIdentityRoles(ctx) },
	remove: func(ctx context.Context, w *work) error {
		return unlessGone(run(ctx, w.deploy, cognitoIdentity, "SetIdentityPoolRoles",
			&cognitoidentity.SetIdentityPoolRolesInput{IdentityPoolId: &w.row.PhysicalID, Roles: map[string]string{}}))
	},
	// A pool has one set of roles: another attachment would take the place of the first.
	find: func(ctx context.Context, w *work) (bool, error) {
		pool := w.text("IdentityPoolId")
		out, err := invoke[cognitoidentity.GetIdentityPoolRolesOutput](ctx, w.deploy, cognitoIdentity, "GetIdentityPoolRoles", &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: &pool})
		if err != nil || len(out.Roles) == 0 && len(out.RoleMappings) == 0 {
			return false, unlessGone(err)
		}
		w.roleAttachmentIs()
		return true, nil
	},
}

func (w *work) roleAttachmentIs() {
	w.row.PhysicalID = w.text("IdentityPoolId")
	w.row.Attributes = map[string]string{"Id": w.row.PhysicalID}
}

func (w *work) setIdentityRoles(ctx context.Context) error {
	in := &cognitoidentity.SetIdentityPoolRolesInput{IdentityPoolId: &w.row.PhysicalID, Roles: map[string]string{}}
	roles, _ := w.properties["Roles"].(map[string]any)
	for who, role := range roles {
		in.Roles[who] = role.(string)
	}
	mappings, _ := w.properties["RoleMappings"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(mappings)) {
		properties, provider := mappings[name].(map[string]any), name
		// A provider's name often is not known before it is made, and names of
		// fields cannot be functions: so the mapping may say it inside.
		if given, ok := properties["IdentityProvider"].(string); ok {
			provider = given
		}
		if _, twice := in.RoleMappings[provider]; twice {
			return fmt.Errorf("RoleMappings has two entries for the identity provider %s", provider)
		}
		var m identitytypes.RoleMapping
		if err := into(properties, &m); err != nil {
			return err
		}
		if in.RoleMappings == nil {
			in.RoleMappings = map[string]identitytypes.RoleMapping{}
		}
		in.RoleMappings[provider] = m
	}
	return run(ctx, w.deploy, cognitoIdentity, "SetIdentityPoolRoles", in)
}

var principalTagType = &resourceType{
	name: "AWS::Cognito::IdentityPoolPrincipalTag",
	properties: fields{
		"IdentityPoolId": str.must().replaces(), "IdentityProviderName": str.must().replaces(), "UseDefaults": flag, "Tags": strMap,
	},
	identity: []string{"IdentityPoolId", "IdentityProviderName"},
	create: func(ctx context.Context, w *work) error {
		w.principalTagIs()
		return w.setPrincipalTags(ctx)
	},
	update: func(ctx context.Context, w *work) error { return w.setPrincipalTags(ctx) },
	remove: func(ctx context.Context, w *work) error {
		w.properties = nil // no tags
		return unlessGone(w.setPrincipalTags(ctx))
	},
	find: func(_ context.Context, w *work) (bool, error) {
		w.principalTagIs()
		return true, nil
	},
}

func (w *work) principalTagIs() {
	pool, provider := w.text("IdentityPoolId"), w.text("IdentityProviderName")
	w.row.PhysicalID = pool + "|" + provider
	w.row.Handles = map[string]string{"IdentityPoolId": pool, "IdentityProviderName": provider}
}

func (w *work) setPrincipalTags(ctx context.Context) error {
	byDefault, _ := w.properties["UseDefaults"].(bool)
	in := &cognitoidentity.SetPrincipalTagAttributeMapInput{
		IdentityPoolId: ptr(w.row.Handles["IdentityPoolId"]), IdentityProviderName: ptr(w.row.Handles["IdentityProviderName"]),
		UseDefaults: &byDefault, PrincipalTags: map[string]string{},
	}
	tags, _ := w.properties["Tags"].(map[string]any)
	for key, claim := range tags {
		in.PrincipalTags[key] = claim.(string)
	}
	return run(ctx, w.deploy, cognitoIdentity, "SetPrincipalTagAttributeMap", in)
}
