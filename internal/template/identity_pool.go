package template

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
)

const cognitoIdentity = "cognito-identity"

var identityPoolType = &resourceType{
	name: "AWS::Cognito::IdentityPool",
	properties: fields{
		"IdentityPoolName": str, "AllowUnauthenticatedIdentities": flag.must(), "AllowClassicFlow": flag,
		"CognitoIdentityProviders": listing(records(fields{"ClientId": str.must(), "ProviderName": str.must(), "ServerSideTokenCheck": flag})),
		"DeveloperProviderName":    str, "OpenIdConnectProviderARNs": strs, "SamlProviderARNs": strs,
		"SupportedLoginProviders": strMap, "IdentityPoolTags": tagsShape,
		"CognitoEvents":  unsupported("data is not synchronized"),
		"CognitoStreams": unsupported("data is not synchronized"),
		"PushSync":       unsupported("data is not synchronized"),
	},
	attributes: []string{"Name"},
	identity:   []string{"IdentityPoolName"},
	create:     createIdentityPool, update: updateIdentityPool, remove: removeIdentityPool, find: findIdentityPool,
}

func (w *work) identityPoolIs(id, name string) {
	w.row.PhysicalID, w.row.Attributes = id, map[string]string{"Name": name}
}

// identityPoolShape gives the tags the form that the operations use.
func (w *work) identityPoolShape() map[string]any {
	shape := make(map[string]any, len(w.properties))
	for name, v := range w.properties {
		shape[name] = v
	}
	tags := map[string]any{}
	list, _ := w.properties["IdentityPoolTags"].([]any)
	for _, t := range list {
		t := t.(map[string]any)
		tags[t["Key"].(string)] = t["Value"]
	}
	shape["IdentityPoolTags"] = tags
	return shape
}

// alike is where a row keeps the ids of the pools that had the name before: a
// pool tells neither who made it nor when.
const alike = "Alike"

func createIdentityPool(ctx context.Context, w *work) error {
	var in cognitoidentity.CreateIdentityPoolInput
	if err := into(w.identityPoolShape(), &in); err != nil {
		return err
	}
	in.IdentityPoolName = aws.String(w.physicalName("IdentityPoolName", 128))
	before, err := w.identityPools(ctx, *in.IdentityPoolName)
	if err != nil {
		return err
	}
	w.row.Lookup[alike] = strings.Join(before, " ")
	if err := w.save(ctx, w.row); err != nil {
		return err
	}
	out, err := invoke[cognitoidentity.CreateIdentityPoolOutput](ctx, w.deploy, cognitoIdentity, "CreateIdentityPool", &in)
	if err != nil {
		return err
	}
	w.identityPoolIs(aws.ToString(out.IdentityPoolId), *in.IdentityPoolName)
	return nil
}

func updateIdentityPool(ctx context.Context, w *work) error {
	var in cognitoidentity.UpdateIdentityPoolInput
	if err := into(w.identityPoolShape(), &in); err != nil {
		return err
	}
	in.IdentityPoolName, in.IdentityPoolId = aws.String(w.physicalName("IdentityPoolName", 128)), &w.row.PhysicalID
	if err := run(ctx, w.deploy, cognitoIdentity, "UpdateIdentityPool", &in); err != nil {
		return err
	}
	w.identityPoolIs(w.row.PhysicalID, *in.IdentityPoolName)
	return nil
}

func removeIdentityPool(ctx context.Context, w *work) error {
	return unlessGone(run(ctx, w.deploy, cognitoIdentity, "DeleteIdentityPool", &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: &w.row.PhysicalID}))
}

func findIdentityPool(ctx context.Context, w *work) (bool, error) {
	before, asked := w.row.Lookup[alike]
	if !asked { // the deploy ended before anything was made
		return false, nil
	}
	name := w.physicalName("IdentityPoolName", 128)
	ids, err := w.identityPools(ctx, name)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if slices.Contains(strings.Fields(before), id) {
			continue
		}
		if owned, err := w.owned(ctx, w.row.Type, id, ""); err != nil || owned {
			if err != nil {
				return false, err
			}
			continue
		}
		w.identityPoolIs(id, name)
		return true, nil
	}
	return false, nil
}

// identityPools are the ids of all pools of a name.
func (w *work) identityPools(ctx context.Context, name string) (ids []string, err error) {
	in := &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(60)}
	for {
		out, err := invoke[cognitoidentity.ListIdentityPoolsOutput](ctx, w.deploy, cognitoIdentity, "ListIdentityPools", in)
		if err != nil {
			return nil, err
		}
		for _, p := range out.IdentityPools {
			if aws.ToString(p.IdentityPoolName) == name {
				ids = append(ids, aws.ToString(p.IdentityPoolId))
			}
		}
		if out.NextToken == nil {
			return ids, nil
		}
		in.NextToken = out.NextToken
	}
}
