package userpool

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

func (s *Service) providerOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onPool(s, "CreateIdentityProvider", s.CreateIdentityProvider, func(in *idp.CreateIdentityProviderInput) *string { return in.UserPoolId }, "ProviderName", "ProviderType", "ProviderDetails"),
		onPool(s, "DescribeIdentityProvider", s.DescribeIdentityProvider, func(in *idp.DescribeIdentityProviderInput) *string { return in.UserPoolId }, "ProviderName"),
		onPool(s, "GetIdentityProviderByIdentifier", s.GetIdentityProviderByIdentifier, func(in *idp.GetIdentityProviderByIdentifierInput) *string { return in.UserPoolId }, "IdpIdentifier"),
		onPool(s, "UpdateIdentityProvider", s.UpdateIdentityProvider, func(in *idp.UpdateIdentityProviderInput) *string { return in.UserPoolId }, "ProviderName"),
		onPool(s, "DeleteIdentityProvider", s.DeleteIdentityProvider, func(in *idp.DeleteIdentityProviderInput) *string { return in.UserPoolId }, "ProviderName"),
		onPool(s, "ListIdentityProviders", s.ListIdentityProviders, func(in *idp.ListIdentityProvidersInput) *string { return in.UserPoolId }),
	}
}

// CreateIdentityProvider adds a provider to a pool. Its name and its identifiers
// mean one provider of the pool each.
func (s *Service) CreateIdentityProvider(ctx context.Context, call *access.Call, in *idp.CreateIdentityProviderInput) (*idp.CreateIdentityProviderOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	name := deref(in.ProviderName)
	switch n := utf8.RuneCountInString(name); {
	case n < 1 || n > maxProviderName || !providerPattern.MatchString(name):
		return nil, invalid(textNotAProviderName)
	case strings.EqualFold(name, ownProvider):
		return nil, invalid("ProviderName must not be " + ownProvider + ", which stands for the user pool itself.")
	}
	if err := checkDetails(in.ProviderType, in.ProviderDetails); err != nil {
		return nil, err
	}
	if err := checkIdentifiers(in.IdpIdentifiers); err != nil {
		return nil, err
	}
	i := &IdentityProvider{
		PoolID: p.ID, Name: name, Kind: string(in.ProviderType), Mapping: in.AttributeMapping,
		Identifiers: in.IdpIdentifiers, Created: call.Time, Modified: call.Time,
	}
	if err := s.sealDetails(i, in.ProviderDetails); err != nil {
		return nil, err
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) error {
		if err := p.checkMapping(i.Mapping); err != nil {
			return err
		}
		switch n, err := providerTable.Count(ctx, tx, ofPool, p.ID); {
		case err != nil:
			return err
		case n >= maxProviders:
			return tooLarge("A user pool has at most 300 identity providers.")
		}
		if err := providerTable.Insert(ctx, tx, i); err != nil {
			return providerTaken(err)
		}
		return putIdentifiers(ctx, tx, i)
	})
	if err != nil {
		return nil, err
	}
	return &idp.CreateIdentityProviderOutput{IdentityProvider: i.shape()}, nil
}

func putIdentifiers(ctx context.Context, tx *store.Tx, i *IdentityProvider) error {
	for _, identifier := range i.Identifiers {
		if err := identifierTable.Insert(ctx, tx, &identifierRow{i.PoolID, identifier, i.Name}); err != nil {
			return providerTaken(err)
		}
	}
	return nil
}

func providerTaken(err error) error {
	if errors.Is(err, store.ErrExists) {
		text := textProviderTaken
		return &types.DuplicateProviderException{Message: &text}
	}
	return err
}

// provider finds a provider of a pool, with its details.
func (s *Service) provider(ctx context.Context, poolID, name string) (*IdentityProvider, error) {
	i, err := providerTable.Get(ctx, s.db, poolID, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noResource(textNoProvider(name))
	}
	if err != nil {
		return nil, err
	}
	return i, s.openDetails(i)
}

// DescribeIdentityProvider shows a provider.
func (s *Service) DescribeIdentityProvider(ctx context.Context, call *access.Call, in *idp.DescribeIdentityProviderInput) (*idp.DescribeIdentityProviderOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	i, err := s.provider(ctx, p.ID, deref(in.ProviderName))
	if err != nil {
		return nil, err
	}
	return &idp.DescribeIdentityProviderOutput{IdentityProvider: i.shape()}, nil
}

// GetIdentityProviderByIdentifier shows the provider that an identifier means.
func (s *Service) GetIdentityProviderByIdentifier(ctx context.Context, call *access.Call, in *idp.GetIdentityProviderByIdentifierInput) (*idp.GetIdentityProviderByIdentifierOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	row, err := identifierTable.Get(ctx, s.db, p.ID, deref(in.IdpIdentifier))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noResource(textNoProvider(deref(in.IdpIdentifier)))
	}
	if err != nil {
		return nil, err
	}
	i, err := s.provider(ctx, p.ID, row.Name)
	if err != nil {
		return nil, err
	}
	return &idp.GetIdentityProviderByIdentifierOutput{IdentityProvider: i.shape()}, nil
}

// UpdateIdentityProvider replaces those of details, mapping and identifiers that
// are given. Name and type stay.
func (s *Service) UpdateIdentityProvider(ctx context.Context, call *access.Call, in *idp.UpdateIdentityProviderInput) (*idp.UpdateIdentityProviderOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if err := checkIdentifiers(in.IdpIdentifiers); err != nil {
		return nil, err
	}
	var i *IdentityProvider
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, p *Pool) (err error) {
		i, err = providerTable.Update(ctx, tx, func(i *IdentityProvider) error {
			if in.ProviderDetails != nil {
				if err := checkDetails(types.IdentityProviderTypeType(i.Kind), in.ProviderDetails); err != nil {
					return err
				}
				if err := s.sealDetails(i, in.ProviderDetails); err != nil {
					return err
				}
			}
			if in.AttributeMapping != nil {
				i.Mapping = in.AttributeMapping
			}
			if in.IdpIdentifiers != nil {
				i.Identifiers = in.IdpIdentifiers
			}
			i.Modified = call.Time
			return p.checkMapping(i.Mapping)
		}, p.ID, deref(in.ProviderName))
		if errors.Is(err, store.ErrNotFound) {
			return noResource(textNoProvider(deref(in.ProviderName)))
		}
		if err != nil || in.IdpIdentifiers == nil {
			return err
		}
		if _, err := identifierTable.DeleteWhere(ctx, tx, identifiersOf, p.ID, i.Name); err != nil {
			return err
		}
		return putIdentifiers(ctx, tx, i)
	})
	if err != nil {
		return nil, err
	}
	if err := s.openDetails(i); err != nil {
		return nil, err
	}
	return &idp.UpdateIdentityProviderOutput{IdentityProvider: i.shape()}, nil
}

// DeleteIdentityProvider removes a provider. Clients that name it name nobody then.
func (s *Service) DeleteIdentityProvider(ctx context.Context, call *access.Call, in *idp.DeleteIdentityProviderInput) (*idp.DeleteIdentityProviderOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	name := deref(in.ProviderName)
	err = s.withoutLinks(ctx, p.ID, name, func(tx *store.Tx, p *Pool) error {
		err := providerTable.Delete(ctx, tx, p.ID, name)
		if errors.Is(err, store.ErrNotFound) {
			return noResource(textNoProvider(name))
		}
		if err != nil {
			return err
		}
		_, err = identifierTable.DeleteWhere(ctx, tx, identifiersOf, p.ID, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &idp.DeleteIdentityProviderOutput{}, nil
}

// ListIdentityProviders pages through a pool's providers by name.
func (s *Service) ListIdentityProviders(ctx context.Context, call *access.Call, in *idp.ListIdentityProvidersInput) (*idp.ListIdentityProvidersOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.openPage("ListIdentityProviders", p.ID, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := providerTable.List(ctx, s.db, providersAfter, p.ID, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(i *IdentityProvider) string { return i.Name })
	out := &idp.ListIdentityProvidersOutput{NextToken: next, Providers: []types.ProviderDescription{}}
	for _, i := range rows {
		out.Providers = append(out.Providers, types.ProviderDescription{
			ProviderName: &i.Name, ProviderType: types.IdentityProviderTypeType(i.Kind), CreationDate: &i.Created, LastModifiedDate: &i.Modified,
		})
	}
	return out, nil
}

// checkProviders refuses a client that takes a provider that the pool does not have.
func checkProviders(ctx context.Context, tx *store.Tx, p *Pool, names []string) error {
	for _, name := range names {
		if name == ownProvider {
			continue
		}
		_, err := providerTable.Get(ctx, tx, p.ID, name)
		if errors.Is(err, store.ErrNotFound) {
			return invalid("The provider " + name + " does not exist for User Pool " + p.ID + ".")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
