package template

import (
	"context"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// An identity provider of a pool is known by its name: Ref is that name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolidentityprovider.html
var userPoolProviderType = &resourceType{
	name: "AWS::Cognito::UserPoolIdentityProvider",
	properties: fields{
		"UserPoolId": str.must().replaces(), "ProviderName": str.must().replaces(), "ProviderType": str.must().replaces(),
		"ProviderDetails": shape{kind: tableOf, item: &str, required: true}, "AttributeMapping": strMap, "IdpIdentifiers": strs,
	},
	identity: []string{"UserPoolId", "ProviderName"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in cognito.CreateIdentityProviderInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		if err := run(ctx, w.deploy, cognitoIDP, "CreateIdentityProvider", &in); err != nil {
			return err
		}
		w.poolProviderIs()
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		var in cognito.UpdateIdentityProviderInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		// What is not given would stay.
		if in.AttributeMapping == nil {
			in.AttributeMapping = map[string]string{}
		}
		if in.IdpIdentifiers == nil {
			in.IdpIdentifiers = []string{}
		}
		return run(ctx, w.deploy, cognitoIDP, "UpdateIdentityProvider", &in)
	},
	remove: func(ctx context.Context, w *work) error {
		return unlessGone(run(ctx, w.deploy, cognitoIDP, "DeleteIdentityProvider",
			&cognito.DeleteIdentityProviderInput{UserPoolId: ptr(w.row.Handles["UserPoolId"]), ProviderName: &w.row.PhysicalID}))
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		pool, name := w.text("UserPoolId"), w.text("ProviderName")
		out, err := invoke[cognito.DescribeIdentityProviderOutput](ctx, w.deploy, cognitoIDP, "DescribeIdentityProvider",
			&cognito.DescribeIdentityProviderInput{UserPoolId: &pool, ProviderName: &name})
		if err != nil {
			return false, unlessGone(err)
		}
		if ours, err := w.madeBy(ctx, name, pool, out.IdentityProvider.CreationDate); err != nil || !ours {
			return false, err
		}
		w.poolProviderIs()
		return true, nil
	},
}

func (w *work) poolProviderIs() {
	w.row.PhysicalID = w.text("ProviderName")
	w.row.Handles = map[string]string{"UserPoolId": w.text("UserPoolId")}
}
