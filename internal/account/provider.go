package account

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// providerKind is the sort of an identity provider, as ARNs write it.
type providerKind string

const (
	openID       providerKind = "oidc-provider"
	samlProvider providerKind = "saml-provider"
)

// providerQuotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const providerQuota = 100 // of each kind

var (
	providerQuotaNames = map[providerKind]string{openID: "OpenIdConnectProvidersPerAccount", samlProvider: "SAMLProvidersPerAccount"}
	providerMembers    = map[providerKind]string{openID: "OpenIDConnectProviderArn", samlProvider: "SAMLProviderArn"}
)

// identityProvider is somebody outside of the account whose word for who a
// person is is taken.
type identityProvider struct {
	ARN     string          `json:"arn"`
	Kind    providerKind    `json:"kind"`
	Created time.Time       `json:"created"`
	Tags    []tag           `json:"tags,omitempty"` // by key
	OpenID  *openIDSettings `json:"openId,omitempty"`
	SAML    *samlSettings   `json:"saml,omitempty"`
}

var providers = store.NewTable(store.Schema[identityProvider]{
	Table: "iam_providers",
	Key:   []store.Column[identityProvider]{{Name: "arn", Value: func(p *identityProvider) any { return p.ARN }}},
	Columns: []store.Column[identityProvider]{
		{Name: "kind", Value: func(p *identityProvider) any { return string(p.Kind) }},
	},
	Feed: true,
})

func (s *Service) providerARN(kind providerKind, name string) string {
	return "arn:aws:iam::" + s.account + ":" + string(kind) + "/" + name
}

// compiledProvider is a provider with what proves its users. One whose
// settings cannot be read proves nobody.
type compiledProvider struct {
	*identityProvider
	openID *openIDProof
	saml   *samlDescriptor
}

// putProvider takes a provider into the next snapshot.
func (s *Service) putProvider(next *snapshot, p *identityProvider) {
	c := &compiledProvider{identityProvider: p}
	switch {
	case p.OpenID != nil:
		c.openID = s.newOpenIDProof(p.OpenID)
	case p.SAML != nil:
		c.saml, _ = readMetadata(p.SAML.Metadata) // it was read before it was stored
	}
	next.providers[p.ARN] = c
}

// providerOperations are those on identity providers: OpenID Connect and SAML.
func (s *Service) providerOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onProvider(s, openID, "CreateOpenIDConnectProvider", s.CreateOpenIDConnectProvider, "Url"),
		onProvider(s, openID, "GetOpenIDConnectProvider", s.GetOpenIDConnectProvider),
		onAny("ListOpenIDConnectProviders", s.ListOpenIDConnectProviders),
		onProvider(s, openID, "DeleteOpenIDConnectProvider", s.DeleteOpenIDConnectProvider),
		onProvider(s, openID, "AddClientIDToOpenIDConnectProvider", s.AddClientIDToOpenIDConnectProvider, "ClientID"),
		onProvider(s, openID, "RemoveClientIDFromOpenIDConnectProvider", s.RemoveClientIDFromOpenIDConnectProvider, "ClientID"),
		onProvider(s, openID, "UpdateOpenIDConnectProviderThumbprint", s.UpdateOpenIDConnectProviderThumbprint, "ThumbprintList"),
		onProvider(s, openID, "TagOpenIDConnectProvider", s.TagOpenIDConnectProvider, "Tags"),
		onProvider(s, openID, "UntagOpenIDConnectProvider", s.UntagOpenIDConnectProvider, "TagKeys"),
		onProvider(s, openID, "ListOpenIDConnectProviderTags", s.ListOpenIDConnectProviderTags),

		onProvider(s, samlProvider, "CreateSAMLProvider", s.CreateSAMLProvider, "Name", "SAMLMetadataDocument"),
		onProvider(s, samlProvider, "GetSAMLProvider", s.GetSAMLProvider),
		onAny("ListSAMLProviders", s.ListSAMLProviders),
		onProvider(s, samlProvider, "UpdateSAMLProvider", s.UpdateSAMLProvider),
		onProvider(s, samlProvider, "DeleteSAMLProvider", s.DeleteSAMLProvider),
		onProvider(s, samlProvider, "TagSAMLProvider", s.TagSAMLProvider, "Tags"),
		onProvider(s, samlProvider, "UntagSAMLProvider", s.UntagSAMLProvider, "TagKeys"),
		onProvider(s, samlProvider, "ListSAMLProviderTags", s.ListSAMLProviderTags),
	}
}

// onProvider registers an operation on the provider that its ARN names, or that
// will have the URL or name that is given.
func onProvider[In, Out any](s *Service, kind providerKind, name string, do awsapi.Handler[In, Out], required ...string) awsapi.Operation {
	creates := strings.HasPrefix(name, "Create")
	if !creates {
		required = append([]string{providerMembers[kind]}, required...)
	}
	resource := func(call *access.Call, in *In) (string, error) {
		v := reflect.ValueOf(in).Elem()
		call.Conditions = conditionsOf(v)
		if creates {
			given, _ := member(v, "Name")
			if kind == openID {
				given, _ = member(v, "Url")
				_, given, _ = strings.Cut(given, "://")
			}
			return s.providerARN(kind, given), nil
		}
		arn, _ := member(v, providerMembers[kind])
		if p := s.current.Load().providers[arn]; p != nil {
			for _, t := range p.Tags {
				key := strings.ToLower(t.Key)
				call.Conditions["aws:resourcetag/"+key] = []string{t.Value}
				call.Conditions["iam:resourcetag/"+key] = []string{t.Value}
			}
		}
		return arn, nil
	}
	return awsapi.Op(name, awsapi.Action("iam:"+name, resource), do, awsapi.Require(required...))
}

func noProvider(kind providerKind, arn string) error {
	if kind == samlProvider {
		return noSuchEntity("Manifest not found for arn %s", arn)
	}
	return noSuchEntity("OpenIDConnect Provider not found for arn %s", arn)
}

// provider reads a provider of one kind by its ARN.
func (s *Service) provider(ctx context.Context, session store.Session, kind providerKind, arn *string) (*identityProvider, error) {
	if !strings.HasPrefix(deref(arn), s.providerARN(kind, "")) || len(deref(arn)) > 2048 {
		return nil, invalidInput("Invalid ARN: %.256s is not of a provider of this account.", deref(arn))
	}
	p, err := providers.Get(ctx, session, *arn)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noProvider(kind, *arn)
	}
	return p, err
}

// addProvider stores a new provider within the account's quota.
func (s *Service) addProvider(ctx context.Context, p *identityProvider) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := providers.Count(ctx, tx, "kind = $1", string(p.Kind))
		if err != nil {
			return err
		}
		if n >= providerQuota {
			return limitExceeded("Cannot exceed quota for %s: %d", providerQuotaNames[p.Kind], providerQuota)
		}
		return providers.Insert(ctx, tx, p)
	})
}

func (s *Service) changeProvider(ctx context.Context, kind providerKind, arn *string, fn func(p *identityProvider) error) error {
	if _, err := s.provider(ctx, s.db, kind, arn); err != nil {
		return err
	}
	_, err := providers.Update(ctx, s.db, fn, *arn)
	if errors.Is(err, store.ErrNotFound) { // gone meanwhile
		return noProvider(kind, *arn)
	}
	return err
}

func (s *Service) tagProvider(ctx context.Context, kind providerKind, arn *string, given []types.Tag) error {
	tags, err := tagsOf(given)
	if err != nil {
		return err
	}
	return s.changeProvider(ctx, kind, arn, func(p *identityProvider) (err error) {
		p.Tags, err = withTags(p.Tags, tags)
		return err
	})
}

func (s *Service) untagProvider(ctx context.Context, kind providerKind, arn *string, keys []string) error {
	return s.changeProvider(ctx, kind, arn, func(p *identityProvider) error {
		p.Tags = withoutTags(p.Tags, anyKey(keys))
		return nil
	})
}

func (s *Service) listProviderTags(ctx context.Context, kind providerKind, arn, marker *string, maxItems *int32) ([]types.Tag, bool, *string, error) {
	l, err := s.listing("ListProviderTags", deref(arn), marker, maxItems)
	if err != nil {
		return nil, false, nil, err
	}
	p, err := s.provider(ctx, s.db, kind, arn)
	if err != nil {
		return nil, false, nil, err
	}
	tags, truncated, next := page(l, p.Tags, func(t tag) string { return t.Key })
	return tagShapes(tags), truncated, next, nil
}

// listProviders are all of a kind, by ARN; AWS has no pages here.
func (s *Service) listProviders(ctx context.Context, kind providerKind) ([]*identityProvider, error) {
	return providers.List(ctx, s.db, "kind = $1 order by arn", string(kind))
}
