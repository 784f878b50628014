package identitypool

import (
	"context"
	"errors"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// CreateIdentityPool makes a pool. Names need not be unique.
func (s *Service) CreateIdentityPool(ctx context.Context, call *access.Call, in *ci.CreateIdentityPoolInput) (*ci.CreateIdentityPoolOutput, error) {
	id, err := newID(s.random, call.Region)
	if err != nil {
		return nil, err
	}
	p := &Pool{ID: id, Region: call.Region, Created: call.Time, Modified: call.Time}
	if err := p.settings(&ci.UpdateIdentityPoolInput{
		IdentityPoolId: &id, IdentityPoolName: in.IdentityPoolName, AllowUnauthenticatedIdentities: in.AllowUnauthenticatedIdentities,
		AllowClassicFlow: in.AllowClassicFlow, CognitoIdentityProviders: in.CognitoIdentityProviders, DeveloperProviderName: in.DeveloperProviderName,
		IdentityPoolTags: in.IdentityPoolTags, OpenIdConnectProviderARNs: in.OpenIdConnectProviderARNs,
		SamlProviderARNs: in.SamlProviderARNs, SupportedLoginProviders: in.SupportedLoginProviders,
	}); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := poolTable.Count(ctx, tx, ofRegion, call.Region)
		if err != nil {
			return err
		}
		if n >= maxPools {
			return tooMany(textTooManyPools)
		}
		return poolTable.Insert(ctx, tx, p)
	})
	if err != nil {
		return nil, err
	}
	out := ci.CreateIdentityPoolOutput(*p.shape())
	return &out, nil
}

// DescribeIdentityPool shows a pool.
func (s *Service) DescribeIdentityPool(_ context.Context, call *access.Call, in *ci.DescribeIdentityPoolInput) (*ci.DescribeIdentityPoolOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return p.shape(), nil
}

// UpdateIdentityPool replaces the settings of a pool: what is left out is gone,
// but for tags and the developer provider's name. Roles have calls of their own.
func (s *Service) UpdateIdentityPool(ctx context.Context, call *access.Call, in *ci.UpdateIdentityPoolInput) (*ci.UpdateIdentityPoolOutput, error) {
	p, err := s.changePool(ctx, call, in.IdentityPoolId, func(p *Pool) error { return p.settings(in) })
	if err != nil {
		return nil, err
	}
	out := ci.UpdateIdentityPoolOutput(*p.shape())
	return &out, nil
}

func (s *Service) changePool(ctx context.Context, call *access.Call, id *string, change func(*Pool) error) (*Pool, error) {
	p, err := s.pool(call, id)
	if err != nil {
		return nil, err
	}
	p, err = poolTable.Update(ctx, s.db, func(p *Pool) error {
		p.Modified = call.Time
		return change(p)
	}, p.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.noPool(id)
	}
	return p, err
}

// writePool runs a transaction on what is in a pool. It reads the pool first,
// and transactions are serialisable: the pool cannot be deleted meanwhile and
// leave what was added behind.
func (s *Service) writePool(ctx context.Context, id string, fn func(tx *store.Tx) error) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := poolTable.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return s.noPool(&id)
		}
		if err != nil {
			return err
		}
		return fn(tx)
	})
}

// DeleteIdentityPool removes a pool and the identities in it. Credentials that
// they hold live on until they expire, as at AWS: they are the role's.
func (s *Service) DeleteIdentityPool(ctx context.Context, call *access.Call, in *ci.DeleteIdentityPoolInput) (*ci.DeleteIdentityPoolOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.writePool(ctx, p.ID, func(tx *store.Tx) error {
		if _, err := loginTable.DeleteWhere(ctx, tx, ofPool, p.ID); err != nil {
			return err
		}
		if _, err := identityTable.DeleteWhere(ctx, tx, ofPool, p.ID); err != nil {
			return err
		}
		return poolTable.Delete(ctx, tx, p.ID)
	})
}

// ListIdentityPools pages through the pools of the region.
func (s *Service) ListIdentityPools(ctx context.Context, call *access.Call, in *ci.ListIdentityPoolsInput) (*ci.ListIdentityPoolsOutput, error) {
	page, err := s.openPage("ListIdentityPools", call.Region, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := poolTable.List(ctx, s.db, poolsAfter, call.Region, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(p *Pool) string { return p.ID })
	out := &ci.ListIdentityPoolsOutput{NextToken: next, IdentityPools: []types.IdentityPoolShortDescription{}}
	for _, p := range rows {
		out.IdentityPools = append(out.IdentityPools, types.IdentityPoolShortDescription{IdentityPoolId: &p.ID, IdentityPoolName: &p.Name})
	}
	return out, nil
}
