package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

var userPoolClientType = &resourceType{
	name: "AWS::Cognito::UserPoolClient",
	properties: fields{
		"UserPoolId": str.must().replaces(), "ClientName": str, "GenerateSecret": flag.replaces(),
		"ExplicitAuthFlows": strs, "PreventUserExistenceErrors": oneOf("ENABLED", "LEGACY"),
		"AccessTokenValidity": integer, "IdTokenValidity": integer, "RefreshTokenValidity": integer, "AuthSessionValidity": integer,
		"TokenValidityUnits":    records(fields{"AccessToken": str, "IdToken": str, "RefreshToken": str}),
		"EnableTokenRevocation": flag, "ReadAttributes": strs, "WriteAttributes": strs,
		"AllowedOAuthFlows": strs, "AllowedOAuthFlowsUserPoolClient": flag, "AllowedOAuthScopes": strs,
		"CallbackURLs": strs, "LogoutURLs": strs, "DefaultRedirectURI": str, "SupportedIdentityProviders": strs,
		"RefreshTokenRotation":                     records(fields{"Feature": str, "RetryGracePeriodSeconds": integer}),
		"EnablePropagateAdditionalUserContextData": flag,
		"AnalyticsConfiguration":                   noEffect("there is no Pinpoint here: nothing is sent anywhere"),
	},
	attributes: []string{"ClientId", "ClientSecret", "Name"},
	create:     createClient, update: updateClient, remove: removeClient, find: findClient, read: readClient,
	identity: []string{"UserPoolId", "ClientName"},
}

func (w *work) clientIs(id string) {
	w.row.PhysicalID = id
	w.row.Attributes = map[string]string{"ClientId": id, "Name": w.physicalName("ClientName", 128)}
	w.row.Handles = map[string]string{"UserPoolId": w.text("UserPoolId")}
}

func createClient(ctx context.Context, w *work) error {
	var in cognito.CreateUserPoolClientInput
	if err := into(w.properties, &in); err != nil {
		return err
	}
	in.ClientName = aws.String(w.physicalName("ClientName", 128))
	out, err := invoke[cognito.CreateUserPoolClientOutput](ctx, w.deploy, cognitoIDP, "CreateUserPoolClient", &in)
	if err != nil {
		return err
	}
	w.clientIs(aws.ToString(out.UserPoolClient.ClientId))
	return nil
}

func updateClient(ctx context.Context, w *work) error {
	var in cognito.UpdateUserPoolClientInput
	if err := into(w.properties, &in); err != nil {
		return err
	}
	in.ClientName, in.ClientId = aws.String(w.physicalName("ClientName", 128)), &w.row.PhysicalID
	if _, err := invoke[cognito.UpdateUserPoolClientOutput](ctx, w.deploy, cognitoIDP, "UpdateUserPoolClient", &in); err != nil {
		return err
	}
	w.clientIs(w.row.PhysicalID)
	return nil
}

func removeClient(ctx context.Context, w *work) error {
	_, err := invoke[cognito.DeleteUserPoolClientOutput](ctx, w.deploy, cognitoIDP, "DeleteUserPoolClient",
		&cognito.DeleteUserPoolClientInput{UserPoolId: ptr(w.row.Handles["UserPoolId"]), ClientId: &w.row.PhysicalID})
	return unlessGone(err)
}

func findClient(ctx context.Context, w *work) (bool, error) {
	pool, name := w.text("UserPoolId"), w.physicalName("ClientName", 128)
	in := &cognito.ListUserPoolClientsInput{UserPoolId: &pool, MaxResults: aws.Int32(60)}
	for {
		page, err := invoke[cognito.ListUserPoolClientsOutput](ctx, w.deploy, cognitoIDP, "ListUserPoolClients", in)
		if err != nil {
			return false, unlessGone(err)
		}
		for _, c := range page.UserPoolClients {
			if aws.ToString(c.ClientName) != name {
				continue
			}
			out, err := w.describeClient(ctx, pool, aws.ToString(c.ClientId))
			if err != nil {
				return false, err
			}
			if ours, err := w.madeBy(ctx, aws.ToString(c.ClientId), pool, out.UserPoolClient.CreationDate); err != nil {
				return false, err
			} else if ours {
				w.clientIs(aws.ToString(c.ClientId))
				return true, nil
			}
		}
		if page.NextToken == nil {
			return false, nil
		}
		in.NextToken = page.NextToken
	}
}

func (w *work) describeClient(ctx context.Context, pool, id string) (*cognito.DescribeUserPoolClientOutput, error) {
	return invoke[cognito.DescribeUserPoolClientOutput](ctx, w.deploy, cognitoIDP, "DescribeUserPoolClient",
		&cognito.DescribeUserPoolClientInput{UserPoolId: &pool, ClientId: &id})
}

func readClient(ctx context.Context, w *work, attribute string) (string, error) {
	out, err := w.describeClient(ctx, w.row.Handles["UserPoolId"], w.row.PhysicalID)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.UserPoolClient.ClientSecret), nil
}
