package account

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// samlSettings is what a SAML provider alone has.
type samlSettings struct {
	UUID     string    `json:"uuid"`
	Metadata string    `json:"metadata"` // as it was given
	Until    time.Time `json:"until"`    // good until then
}

const (
	// leastMetadata is AWS's bound, in characters; mostMetadata is less than AWS's
	// ten million: a document of one provider has a few thousand.
	leastMetadata = 1000
	mostMetadata  = 256 << 10
	// metadataLife is how long metadata is good that does not say it, as at AWS.
	metadataYears = 100
)

// setMetadata reads the metadata of an identity provider. now is the call's time.
func (p *samlSettings) setMetadata(text string, now time.Time) error {
	switch n := utf8.RuneCountInString(text); {
	case n < leastMetadata:
		return validation("1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length greater than or equal to %d", leastMetadata)
	case n > mostMetadata:
		return validation("1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length less than or equal to %d", mostMetadata)
	}
	d, err := readMetadata(text)
	if err != nil {
		return invalidInput("Could not parse metadata: %s", err)
	}
	if len(d.certificates) > maxSAMLKeys {
		return limitExceeded("Cannot exceed quota for KeysPerSAMLProvider: %d", maxSAMLKeys)
	}
	until := d.validUntil
	switch {
	case until.IsZero():
		until = now.AddDate(metadataYears, 0, 0)
	case !now.Before(until):
		return invalidInput("Could not parse metadata: it was valid until %s", until.Format(time.RFC3339))
	}
	p.Metadata, p.Until = text, until
	return nil
}

// plainAssertions refuses what goes with encrypted assertions.
func plainAssertions(mode types.AssertionEncryptionModeType, keys ...*string) error {
	for _, k := range keys {
		if k != nil {
			return invalidInput("Private keys for encrypted SAML assertions are not available here.")
		}
	}
	if mode != "" {
		return invalidInput("AssertionEncryptionMode is not available here: encrypted SAML assertions are refused.")
	}
	return nil
}

// CreateSAMLProvider registers an identity provider by its metadata.
func (s *Service) CreateSAMLProvider(ctx context.Context, call *access.Call, in *iam.CreateSAMLProviderInput) (*iam.CreateSAMLProviderOutput, error) {
	if err := checkName("name", deref(in.Name), 128); err != nil {
		return nil, err
	}
	if err := plainAssertions(in.AssertionEncryptionMode, in.AddPrivateKey); err != nil {
		return nil, err
	}
	p := &identityProvider{ARN: s.providerARN(samlProvider, *in.Name), Kind: samlProvider, Created: second(call), SAML: &samlSettings{UUID: uuid.NewString()}}
	if err := p.SAML.setMetadata(deref(in.SAMLMetadataDocument), call.Time); err != nil {
		return nil, err
	}
	var err error
	if p.Tags, err = sortedTags(in.Tags); err != nil {
		return nil, err
	}
	if err := s.addProvider(ctx, p); errors.Is(err, store.ErrExists) {
		return nil, alreadyExists("SAMLProvider with name %s already exists.", *in.Name)
	} else if err != nil {
		return nil, err
	}
	return &iam.CreateSAMLProviderOutput{SAMLProviderArn: &p.ARN, Tags: tagShapes(p.Tags)}, nil
}

// GetSAMLProvider shows a provider with its metadata.
func (s *Service) GetSAMLProvider(ctx context.Context, _ *access.Call, in *iam.GetSAMLProviderInput) (*iam.GetSAMLProviderOutput, error) {
	p, err := s.provider(ctx, s.db, samlProvider, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetSAMLProviderOutput{
		SAMLMetadataDocument: &p.SAML.Metadata, SAMLProviderUUID: &p.SAML.UUID,
		CreateDate: &p.Created, ValidUntil: &p.SAML.Until, Tags: tagShapes(p.Tags),
	}, nil
}

// ListSAMLProviders shows all providers without their metadata.
func (s *Service) ListSAMLProviders(ctx context.Context, _ *access.Call, _ *iam.ListSAMLProvidersInput) (*iam.ListSAMLProvidersOutput, error) {
	rows, err := s.listProviders(ctx, samlProvider)
	if err != nil {
		return nil, err
	}
	list := make([]types.SAMLProviderListEntry, len(rows))
	for i, p := range rows {
		list[i] = types.SAMLProviderListEntry{Arn: &p.ARN, CreateDate: &p.Created, ValidUntil: &p.SAML.Until}
	}
	return &iam.ListSAMLProvidersOutput{SAMLProviderList: list}, nil
}

// UpdateSAMLProvider replaces the metadata. Assertions that other keys have
// signed are refused from then on.
func (s *Service) UpdateSAMLProvider(ctx context.Context, call *access.Call, in *iam.UpdateSAMLProviderInput) (*iam.UpdateSAMLProviderOutput, error) {
	if err := plainAssertions(in.AssertionEncryptionMode, in.AddPrivateKey, in.RemovePrivateKey); err != nil {
		return nil, err
	}
	if in.SAMLMetadataDocument == nil {
		return nil, invalidInput("There is nothing to update: SAMLMetadataDocument is missing.")
	}
	err := s.changeProvider(ctx, samlProvider, in.SAMLProviderArn, func(p *identityProvider) error {
		return p.SAML.setMetadata(*in.SAMLMetadataDocument, call.Time)
	})
	if err != nil {
		return nil, err
	}
	return &iam.UpdateSAMLProviderOutput{SAMLProviderArn: in.SAMLProviderArn}, nil
}

// DeleteSAMLProvider forgets a provider. Roles that trust it stay as they are:
// nobody can assume them by it.
func (s *Service) DeleteSAMLProvider(ctx context.Context, _ *access.Call, in *iam.DeleteSAMLProviderInput) (*iam.DeleteSAMLProviderOutput, error) {
	p, err := s.provider(ctx, s.db, samlProvider, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	if err := providers.Delete(ctx, s.db, p.ARN); errors.Is(err, store.ErrNotFound) {
		return nil, noProvider(samlProvider, p.ARN)
	} else if err != nil {
		return nil, err
	}
	return nil, nil
}

// TagSAMLProvider puts tags on a provider.
func (s *Service) TagSAMLProvider(ctx context.Context, _ *access.Call, in *iam.TagSAMLProviderInput) (*iam.TagSAMLProviderOutput, error) {
	return nil, s.tagProvider(ctx, samlProvider, in.SAMLProviderArn, in.Tags)
}

// UntagSAMLProvider takes tags from a provider.
func (s *Service) UntagSAMLProvider(ctx context.Context, _ *access.Call, in *iam.UntagSAMLProviderInput) (*iam.UntagSAMLProviderOutput, error) {
	return nil, s.untagProvider(ctx, samlProvider, in.SAMLProviderArn, in.TagKeys)
}

// ListSAMLProviderTags pages through the tags of a provider.
func (s *Service) ListSAMLProviderTags(ctx context.Context, _ *access.Call, in *iam.ListSAMLProviderTagsInput) (*iam.ListSAMLProviderTagsOutput, error) {
	tags, truncated, next, err := s.listProviderTags(ctx, samlProvider, in.SAMLProviderArn, in.Marker, in.MaxItems)
	return &iam.ListSAMLProviderTagsOutput{Tags: tags, IsTruncated: truncated, Marker: next}, err
}
