package userpool

import (
	"context"
	"errors"
	"maps"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// CreateUserPool makes a pool with its two signing keys.
func (s *Service) CreateUserPool(ctx context.Context, call *access.Call, in *idp.CreateUserPoolInput) (*idp.CreateUserPoolOutput, error) {
	if err := s.ownFunctions(in.LambdaConfig); err != nil {
		return nil, err
	}
	if err := s.mayUseKey(ctx, call, nil, in.LambdaConfig); err != nil {
		return nil, err
	}
	id, err := newPoolID(s.random, call.Region)
	if err != nil {
		return nil, err
	}
	p := &Pool{ID: id, Region: call.Region, Created: call.Time, Modified: call.Time}
	if err := p.changeable(&idp.UpdateUserPoolInput{
		PoolName: in.PoolName, AccountRecoverySetting: in.AccountRecoverySetting, AdminCreateUserConfig: in.AdminCreateUserConfig,
		AutoVerifiedAttributes: in.AutoVerifiedAttributes, DeletionProtection: in.DeletionProtection, DeviceConfiguration: in.DeviceConfiguration,
		EmailConfiguration: in.EmailConfiguration, EmailVerificationMessage: in.EmailVerificationMessage,
		EmailVerificationSubject: in.EmailVerificationSubject, IssuerConfiguration: in.IssuerConfiguration, KeyConfiguration: in.KeyConfiguration,
		LambdaConfig: in.LambdaConfig, MfaConfiguration: in.MfaConfiguration, Policies: in.Policies,
		SmsAuthenticationMessage: in.SmsAuthenticationMessage, SmsConfiguration: in.SmsConfiguration, SmsVerificationMessage: in.SmsVerificationMessage,
		UserAttributeUpdateSettings: in.UserAttributeUpdateSettings, UserPoolAddOns: in.UserPoolAddOns, UserPoolTags: in.UserPoolTags,
		UserPoolTier: in.UserPoolTier, VerificationMessageTemplate: in.VerificationMessageTemplate,
	}); err != nil {
		return nil, err
	}
	if err := p.fixed(in); err != nil {
		return nil, err
	}
	keys, err := s.makeKeys(ctx, id, call.Time)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := poolTable.Count(ctx, tx, "region = $1", call.Region)
		if err != nil {
			return err
		}
		if n >= maxPools {
			return tooLarge("An account has at most 1000 user pools in a region.")
		}
		for _, k := range keys {
			if err := keyTable.Insert(ctx, tx, k); err != nil {
				return err
			}
		}
		return poolTable.Insert(ctx, tx, p)
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateUserPoolOutput{UserPool: p.shape(s.account, 0)}, nil
}

// DescribeUserPool shows a pool.
func (s *Service) DescribeUserPool(ctx context.Context, call *access.Call, in *idp.DescribeUserPoolInput) (*idp.DescribeUserPoolOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	users, err := userTable.Count(ctx, s.db, ofPool, p.ID)
	if err != nil {
		return nil, err
	}
	return &idp.DescribeUserPoolOutput{UserPool: p.shape(s.account, users)}, nil
}

// UpdateUserPool replaces the settings that may change; what is left out goes
// back to its default, as in AWS.
func (s *Service) UpdateUserPool(ctx context.Context, call *access.Call, in *idp.UpdateUserPoolInput) (*idp.UpdateUserPoolOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if err := s.ownFunctions(in.LambdaConfig); err != nil {
		return nil, err
	}
	if err := s.mayUseKey(ctx, call, p.Lambda, in.LambdaConfig); err != nil {
		return nil, err
	}
	err = s.changePool(ctx, p.ID, func(p *Pool) error {
		p.Modified = call.Time
		return p.changeable(in)
	})
	if err != nil {
		return nil, err
	}
	return &idp.UpdateUserPoolOutput{}, nil
}

func (s *Service) changePool(ctx context.Context, id string, change func(*Pool) error) error {
	_, err := poolTable.Update(ctx, s.db, change, id)
	if errors.Is(err, store.ErrNotFound) {
		return noPool(id)
	}
	return err
}

// writePool runs a transaction that adds to a pool. It reads the pool first, and
// transactions are serialisable: the pool cannot be deleted meanwhile and leave
// what was added behind.
func (s *Service) writePool(ctx context.Context, id string, fn func(tx *store.Tx, p *Pool) error) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		p, err := poolTable.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return noPool(id)
		}
		if err != nil {
			return err
		}
		return fn(tx, p)
	})
}

// DeleteUserPool removes a pool and all that is in it. A protected pool stays.
func (s *Service) DeleteUserPool(ctx context.Context, call *access.Call, in *idp.DeleteUserPoolInput) (*idp.DeleteUserPoolOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		if p.Protected {
			return invalid(textProtected)
		}
		if err := poolTable.Delete(ctx, tx, p.ID); err != nil {
			return err
		}
		for _, empty := range rowsOfPool {
			if _, err := empty(ctx, tx, ofPool, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &idp.DeleteUserPoolOutput{}, nil
}

// ListUserPools pages through the pools of the region.
func (s *Service) ListUserPools(ctx context.Context, call *access.Call, in *idp.ListUserPoolsInput) (*idp.ListUserPoolsOutput, error) {
	if n := deref(in.MaxResults); n < 1 || n > maxPage {
		return nil, invalid("MaxResults must be between 1 and 60.")
	}
	page, err := s.openPage("ListUserPools", call.Region, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := poolTable.List(ctx, s.db, poolsAfter, call.Region, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(p *Pool) string { return p.ID })
	out := &idp.ListUserPoolsOutput{NextToken: next, UserPools: []types.UserPoolDescriptionType{}}
	for _, p := range rows {
		out.UserPools = append(out.UserPools, types.UserPoolDescriptionType{
			Id: &p.ID, Name: &p.Name, CreationDate: &p.Created, LastModifiedDate: &p.Modified, LambdaConfig: p.lambdaShape(),
		})
	}
	return out, nil
}

// AddCustomAttributes adds attributes to a pool's schema. They can never be removed.
func (s *Service) AddCustomAttributes(ctx context.Context, call *access.Call, in *idp.AddCustomAttributesInput) (*idp.AddCustomAttributesOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if n := len(in.CustomAttributes); n < 1 || n > maxAddedAttributes {
		return nil, invalid("CustomAttributes must have 1 to 25 attributes.")
	}
	err = s.changePool(ctx, p.ID, func(p *Pool) error {
		p.Modified = call.Time
		return p.Schema.add(in.CustomAttributes, false)
	})
	if err != nil {
		return nil, err
	}
	return &idp.AddCustomAttributesOutput{}, nil
}

// tagged finds the pool whose ARN a tagging call names.
func (s *Service) tagged(call *access.Call, resource *string) (*poolState, error) {
	_, id, ok := poolOfARN(deref(resource), s.account)
	if !ok {
		return nil, invalid("ResourceArn must be the ARN of a user pool.")
	}
	return s.pool(call, &id)
}

// TagResource adds tags to a pool or replaces their values.
func (s *Service) TagResource(ctx context.Context, call *access.Call, in *idp.TagResourceInput) (*idp.TagResourceOutput, error) {
	p, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	err = s.changePool(ctx, p.ID, func(p *Pool) error {
		if p.Tags == nil {
			p.Tags = map[string]string{}
		}
		maps.Copy(p.Tags, in.Tags)
		return checkTags(p.Tags)
	})
	if err != nil {
		return nil, err
	}
	return &idp.TagResourceOutput{}, nil
}

// UntagResource removes tags from a pool.
func (s *Service) UntagResource(ctx context.Context, call *access.Call, in *idp.UntagResourceInput) (*idp.UntagResourceOutput, error) {
	p, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	err = s.changePool(ctx, p.ID, func(p *Pool) error {
		for _, key := range in.TagKeys {
			delete(p.Tags, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &idp.UntagResourceOutput{}, nil
}

// ListTagsForResource shows a pool's tags.
func (s *Service) ListTagsForResource(_ context.Context, call *access.Call, in *idp.ListTagsForResourceInput) (*idp.ListTagsForResourceOutput, error) {
	p, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := maps.Clone(p.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	return &idp.ListTagsForResourceOutput{Tags: tags}, nil
}
