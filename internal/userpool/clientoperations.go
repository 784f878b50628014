package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

const clientIDLength = 26

// CreateUserPoolClient makes an app client. Its secret, if it has one, is
// stored sealed.
func (s *Service) CreateUserPoolClient(ctx context.Context, call *access.Call, in *idp.CreateUserPoolClientInput) (*idp.CreateUserPoolClientOutput, error) {
	if _, err := s.pool(call, in.UserPoolId); err != nil {
		return nil, err
	}
	id, err := randomText(s.random, lowerAlphanumeric, clientIDLength)
	if err != nil {
		return nil, err
	}
	secret, err := s.chooseSecret(in)
	if err != nil {
		return nil, err
	}
	c := &Client{ID: id, PoolID: deref(in.UserPoolId), Created: call.Time, Modified: call.Time}
	if secret != "" {
		if _, err = s.addSecret(c, secret, call.Time); err != nil {
			return nil, err
		}
	}
	err = s.writePool(ctx, c.PoolID, func(tx *store.Tx, p *Pool) error {
		if err := c.configure(ctx, tx, p, &idp.UpdateUserPoolClientInput{
			ClientName: in.ClientName, AccessTokenValidity: in.AccessTokenValidity, AllowedOAuthFlows: in.AllowedOAuthFlows,
			AllowedOAuthFlowsUserPoolClient: in.AllowedOAuthFlowsUserPoolClient, AllowedOAuthScopes: in.AllowedOAuthScopes,
			AnalyticsConfiguration: in.AnalyticsConfiguration, AuthSessionValidity: in.AuthSessionValidity, CallbackURLs: in.CallbackURLs,
			DefaultRedirectURI: in.DefaultRedirectURI, EnablePropagateAdditionalUserContextData: in.EnablePropagateAdditionalUserContextData,
			EnableTokenRevocation: in.EnableTokenRevocation, ExplicitAuthFlows: in.ExplicitAuthFlows, IdTokenValidity: in.IdTokenValidity,
			LogoutURLs: in.LogoutURLs, PreventUserExistenceErrors: in.PreventUserExistenceErrors, ReadAttributes: in.ReadAttributes,
			RefreshTokenRotation: in.RefreshTokenRotation, RefreshTokenValidity: in.RefreshTokenValidity,
			SupportedIdentityProviders: in.SupportedIdentityProviders, TokenValidityUnits: in.TokenValidityUnits, WriteAttributes: in.WriteAttributes,
		}); err != nil {
			return err
		}
		if err := checkProviders(ctx, tx, p, c.IdentityProviders); err != nil {
			return err
		}
		n, err := clientTable.Count(ctx, tx, ofPool, p.ID)
		if err != nil {
			return err
		}
		if n >= maxClients {
			return tooLarge("A user pool has at most 1000 app clients.")
		}
		return clientTable.Insert(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	state, err := s.newClientState(c)
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserPoolClientOutput{UserPoolClient: state.shape()}, nil
}

// chooseSecret is the secret that was given or asked for; "" for none.
func (s *Service) chooseSecret(in *idp.CreateUserPoolClientInput) (string, error) {
	switch {
	case in.ClientSecret != nil && in.GenerateSecret:
		return "", invalid("ClientSecret and GenerateSecret cannot be used together.")
	case in.ClientSecret != nil:
		if !secretPattern.MatchString(*in.ClientSecret) {
			return "", invalid(textSecretForm)
		}
		return *in.ClientSecret, nil
	case in.GenerateSecret:
		return randomText(s.random, lowerAlphanumeric, secretLength)
	}
	return "", nil
}

// DescribeUserPoolClient shows a client with its secret; of two, the newest.
func (s *Service) DescribeUserPoolClient(_ context.Context, call *access.Call, in *idp.DescribeUserPoolClientInput) (*idp.DescribeUserPoolClientOutput, error) {
	c, err := s.clientOf(call, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &idp.DescribeUserPoolClientOutput{UserPoolClient: c.shape()}, nil
}

// UpdateUserPoolClient replaces a client's settings; what is left out goes back
// to its default, as in AWS. The secrets stay.
func (s *Service) UpdateUserPoolClient(ctx context.Context, call *access.Call, in *idp.UpdateUserPoolClientInput) (*idp.UpdateUserPoolClientOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	known, err := s.client(p, in.ClientId)
	if err != nil {
		return nil, err
	}
	var c *Client
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) (err error) {
		c, err = clientTable.Update(ctx, tx, func(c *Client) error {
			c.Modified = call.Time
			return c.configure(ctx, tx, p, in)
		}, known.ID)
		if err != nil {
			return unlessNoClient(err, known.ID)
		}
		return checkProviders(ctx, tx, p, c.IdentityProviders)
	})
	if err != nil {
		return nil, err
	}
	state, err := s.newClientState(c)
	if err != nil {
		return nil, err
	}
	return &idp.UpdateUserPoolClientOutput{UserPoolClient: state.shape()}, nil
}

// DeleteUserPoolClient removes a client. Its access tokens are good for gateways
// until they expire, as in AWS; refreshing ends at once.
func (s *Service) DeleteUserPoolClient(ctx context.Context, call *access.Call, in *idp.DeleteUserPoolClientInput) (*idp.DeleteUserPoolClientOutput, error) {
	c, err := s.clientOf(call, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := clientTable.Delete(ctx, s.db, c.ID); err != nil {
		return nil, unlessNoClient(err, c.ID)
	}
	return &idp.DeleteUserPoolClientOutput{}, nil
}

// ListUserPoolClients pages through a pool's clients.
func (s *Service) ListUserPoolClients(ctx context.Context, call *access.Call, in *idp.ListUserPoolClientsInput) (*idp.ListUserPoolClientsOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.openPage("ListUserPoolClients", p.ID, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := clientTable.List(ctx, s.db, clientsAfter, p.ID, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(c *Client) string { return c.ID })
	out := &idp.ListUserPoolClientsOutput{NextToken: next, UserPoolClients: []types.UserPoolClientDescription{}}
	for _, c := range rows {
		out.UserPoolClients = append(out.UserPoolClients, types.UserPoolClientDescription{ClientId: &c.ID, ClientName: &c.Name, UserPoolId: &c.PoolID})
	}
	return out, nil
}
