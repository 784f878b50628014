package account

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

// Limits of https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
const (
	maxProviderURL = 255
	maxClientID    = 255
	maxClientIDs   = 100
	maxThumbprints = 5
)

// openIDSettings is what an OpenID Connect provider alone has. Thumbprints are
// kept and shown, but decide nothing, as at AWS for most providers: a line to
// a provider is proved by the certificate authorities that this machine trusts.
type openIDSettings struct {
	URL         string   `json:"url"` // the iss of its tokens, byte by byte
	ClientIDs   []string `json:"clientIds,omitempty"`
	Thumbprints []string `json:"thumbprints,omitempty"`
}

// name is the URL without its scheme: in the ARN, and before the colon of
// condition keys.
func (o *openIDSettings) name() string {
	_, name, _ := strings.Cut(o.URL, "://")
	return name
}

var (
	thumbprints   = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)
	providerPaths = regexp.MustCompile(`^[A-Za-z0-9._~:/%+@=,\[\]-]+$`)
)

// checkProviderURL: https, or http to this machine, whose tokens would travel
// no wire. Neither query nor fragment: the URL is the issuer.
func checkProviderURL(text string) error {
	if len(text) > maxProviderURL {
		return validation("1 validation error detected: Value at 'url' failed to satisfy constraint: Member must have length less than or equal to %d", maxProviderURL)
	}
	invalid := validation("Invalid Open ID Connect Provider URL")
	address, err := url.Parse(text)
	if err != nil || !providerPaths.MatchString(text) || address.RawQuery != "" || address.ForceQuery {
		return invalid
	}
	if _, err := verify.NewRemoteKeys(text); err != nil { // its rules for addresses of keys are these
		return invalid
	}
	// A bare name could stand for one of AWS's own families of condition keys.
	if host := strings.TrimSuffix(address.Hostname(), "."); host != "localhost" && !strings.ContainsAny(host, ".:") || strings.EqualFold(host, identityPools) { // keys know no case
		return invalid
	}
	return nil
}

func checkClientID(id string) error {
	if id == "" || len(id) > maxClientID {
		return validation("1 validation error detected: Value at 'clientID' failed to satisfy constraint: Member must have length between 1 and %d", maxClientID)
	}
	return nil
}

func checkThumbprints(list []string) error {
	if len(list) > maxThumbprints {
		return invalidInput("Thumbprint list must contain fewer than %d entries.", maxThumbprints+1)
	}
	for _, t := range list {
		if !thumbprints.MatchString(t) {
			return validation("1 validation error detected: Value at 'thumbprintList' failed to satisfy constraint: Member must have length 40 and be hexadecimal")
		}
	}
	return nil
}

func tooManyClientIDs() error {
	return limitExceeded("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", maxClientIDs)
}

// CreateOpenIDConnectProvider registers an issuer of ID tokens.
func (s *Service) CreateOpenIDConnectProvider(ctx context.Context, call *access.Call, in *iam.CreateOpenIDConnectProviderInput) (*iam.CreateOpenIDConnectProviderOutput, error) {
	if err := checkProviderURL(deref(in.Url)); err != nil {
		return nil, err
	}
	o := &openIDSettings{URL: *in.Url}
	for _, id := range in.ClientIDList {
		if err := checkClientID(id); err != nil {
			return nil, err
		}
		if !slices.Contains(o.ClientIDs, id) {
			o.ClientIDs = append(o.ClientIDs, id)
		}
	}
	if len(o.ClientIDs) > maxClientIDs {
		return nil, tooManyClientIDs()
	}
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	o.Thumbprints = in.ThumbprintList
	tags, err := sortedTags(in.Tags)
	if err != nil {
		return nil, err
	}
	p := &identityProvider{ARN: s.providerARN(openID, o.name()), Kind: openID, Created: second(call), Tags: tags, OpenID: o}
	if err := s.addProvider(ctx, p); errors.Is(err, store.ErrExists) {
		return nil, alreadyExists("Provider with url %s already exists.", o.URL)
	} else if err != nil {
		return nil, err
	}
	return &iam.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: &p.ARN, Tags: tagShapes(p.Tags)}, nil
}

// GetOpenIDConnectProvider shows a provider; its URL without https, as AWS does.
func (s *Service) GetOpenIDConnectProvider(ctx context.Context, _ *access.Call, in *iam.GetOpenIDConnectProviderInput) (*iam.GetOpenIDConnectProviderOutput, error) {
	p, err := s.provider(ctx, s.db, openID, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	shown := strings.TrimPrefix(p.OpenID.URL, "https://")
	return &iam.GetOpenIDConnectProviderOutput{
		Url: &shown, ClientIDList: p.OpenID.ClientIDs, ThumbprintList: p.OpenID.Thumbprints, CreateDate: &p.Created, Tags: tagShapes(p.Tags),
	}, nil
}

// ListOpenIDConnectProviders names all providers by their ARNs.
func (s *Service) ListOpenIDConnectProviders(ctx context.Context, _ *access.Call, _ *iam.ListOpenIDConnectProvidersInput) (*iam.ListOpenIDConnectProvidersOutput, error) {
	rows, err := s.listProviders(ctx, openID)
	if err != nil {
		return nil, err
	}
	list := make([]types.OpenIDConnectProviderListEntry, len(rows))
	for i, p := range rows {
		list[i].Arn = &p.ARN
	}
	return &iam.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: list}, nil
}

// DeleteOpenIDConnectProvider forgets a provider; it is no error if there is
// none. Roles that trust it stay as they are: nobody can assume them by it.
func (s *Service) DeleteOpenIDConnectProvider(ctx context.Context, _ *access.Call, in *iam.DeleteOpenIDConnectProviderInput) (*iam.DeleteOpenIDConnectProviderOutput, error) {
	if !strings.HasPrefix(deref(in.OpenIDConnectProviderArn), s.providerARN(openID, "")) {
		return nil, invalidInput("Invalid ARN: %.256s is not of a provider of this account.", deref(in.OpenIDConnectProviderArn))
	}
	if err := providers.Delete(ctx, s.db, *in.OpenIDConnectProviderArn); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return nil, nil
}

// AddClientIDToOpenIDConnectProvider accepts tokens for another client. One that
// is there already is no error.
func (s *Service) AddClientIDToOpenIDConnectProvider(ctx context.Context, _ *access.Call, in *iam.AddClientIDToOpenIDConnectProviderInput) (*iam.AddClientIDToOpenIDConnectProviderOutput, error) {
	id := deref(in.ClientID)
	if err := checkClientID(id); err != nil {
		return nil, err
	}
	return nil, s.changeProvider(ctx, openID, in.OpenIDConnectProviderArn, func(p *identityProvider) error {
		switch {
		case slices.Contains(p.OpenID.ClientIDs, id):
			return nil
		case len(p.OpenID.ClientIDs) >= maxClientIDs:
			return tooManyClientIDs()
		}
		p.OpenID.ClientIDs = append(p.OpenID.ClientIDs, id)
		return nil
	})
}

// RemoveClientIDFromOpenIDConnectProvider refuses tokens for a client from now
// on. One that is not there is no error.
func (s *Service) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, _ *access.Call, in *iam.RemoveClientIDFromOpenIDConnectProviderInput) (*iam.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return nil, s.changeProvider(ctx, openID, in.OpenIDConnectProviderArn, func(p *identityProvider) error {
		p.OpenID.ClientIDs = slices.DeleteFunc(p.OpenID.ClientIDs, func(id string) bool { return id == deref(in.ClientID) })
		return nil
	})
}

// UpdateOpenIDConnectProviderThumbprint replaces the thumbprints.
func (s *Service) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, _ *access.Call, in *iam.UpdateOpenIDConnectProviderThumbprintInput) (*iam.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	return nil, s.changeProvider(ctx, openID, in.OpenIDConnectProviderArn, func(p *identityProvider) error {
		p.OpenID.Thumbprints = in.ThumbprintList
		return nil
	})
}

// TagOpenIDConnectProvider puts tags on a provider.
func (s *Service) TagOpenIDConnectProvider(ctx context.Context, _ *access.Call, in *iam.TagOpenIDConnectProviderInput) (*iam.TagOpenIDConnectProviderOutput, error) {
	return nil, s.tagProvider(ctx, openID, in.OpenIDConnectProviderArn, in.Tags)
}

// UntagOpenIDConnectProvider takes tags from a provider.
func (s *Service) UntagOpenIDConnectProvider(ctx context.Context, _ *access.Call, in *iam.UntagOpenIDConnectProviderInput) (*iam.UntagOpenIDConnectProviderOutput, error) {
	return nil, s.untagProvider(ctx, openID, in.OpenIDConnectProviderArn, in.TagKeys)
}

// ListOpenIDConnectProviderTags pages through the tags of a provider.
func (s *Service) ListOpenIDConnectProviderTags(ctx context.Context, _ *access.Call, in *iam.ListOpenIDConnectProviderTagsInput) (*iam.ListOpenIDConnectProviderTagsOutput, error) {
	tags, truncated, next, err := s.listProviderTags(ctx, openID, in.OpenIDConnectProviderArn, in.Marker, in.MaxItems)
	return &iam.ListOpenIDConnectProviderTagsOutput{Tags: tags, IsTruncated: truncated, Marker: next}, err
}
