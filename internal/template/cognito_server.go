package template

import (
	"context"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// A resource server is known by the identifier that the template gives it: Ref
// is that identifier.
var resourceServerType = &resourceType{
	name: "AWS::Cognito::UserPoolResourceServer",
	properties: fields{
		"UserPoolId": str.must().replaces(), "Identifier": str.must().replaces(), "Name": str.must(),
		"Scopes": listing(records(fields{"ScopeName": str.must(), "ScopeDescription": str.must()})),
	},
	identity: []string{"UserPoolId", "Identifier"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in cognito.CreateResourceServerInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		if _, err := invoke[cognito.CreateResourceServerOutput](ctx, w.deploy, cognitoIDP, "CreateResourceServer", &in); err != nil {
			return err
		}
		w.serverIs()
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		var in cognito.UpdateResourceServerInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		_, err := invoke[cognito.UpdateResourceServerOutput](ctx, w.deploy, cognitoIDP, "UpdateResourceServer", &in)
		return err
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[cognito.DeleteResourceServerOutput](ctx, w.deploy, cognitoIDP, "DeleteResourceServer",
			&cognito.DeleteResourceServerInput{UserPoolId: ptr(w.row.Handles["UserPoolId"]), Identifier: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		pool, identifier := w.text("UserPoolId"), w.text("Identifier")
		_, err := invoke[cognito.DescribeResourceServerOutput](ctx, w.deploy, cognitoIDP, "DescribeResourceServer",
			&cognito.DescribeResourceServerInput{UserPoolId: &pool, Identifier: &identifier})
		if err != nil {
			return false, unlessGone(err)
		}
		if ours, err := w.madeBy(ctx, identifier, pool, nil); err != nil || !ours {
			return false, err
		}
		w.serverIs()
		return true, nil
	},
}

func (w *work) serverIs() {
	w.row.PhysicalID = w.text("Identifier")
	w.row.Handles = map[string]string{"UserPoolId": w.text("UserPoolId")}
}
