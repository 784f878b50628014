package identitypool

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/sallyport/sallyport/internal/access"
)

// PrincipalTags are the session tags that claims of one provider become.
// https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
type PrincipalTags struct {
	Defaults bool
	Claims   map[string]string `json:",omitempty"` // tag key -> claim
}

// defaultTags are those of UseDefaults.
var defaultTags = map[string]string{"username": "sub", "client": "aud"}

func (t PrincipalTags) effective() map[string]string {
	if t.Defaults {
		return defaultTags
	}
	return t.Claims
}

// SetPrincipalTagAttributeMap sets the tags of one provider. An empty map and no
// defaults take them away.
func (s *Service) SetPrincipalTagAttributeMap(ctx context.Context, call *access.Call, in *ci.SetPrincipalTagAttributeMapInput) (*ci.SetPrincipalTagAttributeMapOutput, error) {
	name := deref(in.IdentityProviderName)
	if err := check("identityProviderName", name, 1, 128, nil); err != nil {
		return nil, err
	}
	for _, claim := range in.PrincipalTags {
		if err := check("principalTags", claim, 1, 256, nil); err != nil {
			return nil, err
		}
	}
	if err := checkSessionKeys(in.PrincipalTags); err != nil {
		return nil, err
	}
	tags := PrincipalTags{Defaults: deref(in.UseDefaults)}
	if !tags.Defaults {
		tags.Claims = in.PrincipalTags
	}
	p, err := s.changePool(ctx, call, in.IdentityPoolId, func(p *Pool) error {
		if !p.tags(name) {
			return invalid("%s", textNoProvider(name))
		}
		p.PrincipalTags = maps.Clone(p.PrincipalTags)
		if p.PrincipalTags == nil {
			p.PrincipalTags = map[string]PrincipalTags{}
		}
		p.PrincipalTags[name] = tags
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &ci.SetPrincipalTagAttributeMapOutput{
		IdentityPoolId: &p.ID, IdentityProviderName: &name, PrincipalTags: tags.effective(), UseDefaults: &tags.Defaults,
	}, nil
}

// checkSessionKeys holds the keys of principal tags to what session tags can be:
// otherwise nobody would get a session.
func checkSessionKeys(tags map[string]string) error {
	if err := checkCount("principalTags", len(tags), maxPrincipalTags); err != nil {
		return err
	}
	for key := range tags {
		if err := check("principalTags", key, 1, 128, sessionTags); err != nil {
			return err
		}
	}
	return checkTagKeys(slices.Collect(maps.Keys(tags)))
}

// tags reports whether principal tags may stand under a name: that of a
// provider, for a user pool without its client.
func (p *Pool) tags(name string) bool {
	return p.maps(name) || slices.ContainsFunc(p.UserPools, func(u UserPoolProvider) bool { return u.Name == name }) ||
		slices.ContainsFunc(p.OpenID, func(arn string) bool { return openIDName(arn) == name })
}

// GetPrincipalTagAttributeMap shows the tags of one provider.
func (s *Service) GetPrincipalTagAttributeMap(_ context.Context, call *access.Call, in *ci.GetPrincipalTagAttributeMapInput) (*ci.GetPrincipalTagAttributeMapOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	name := deref(in.IdentityProviderName)
	if err := check("identityProviderName", name, 1, 128, nil); err != nil {
		return nil, err
	}
	if !p.tags(name) {
		return nil, invalid("%s", textNoProvider(name))
	}
	t := p.PrincipalTags[name]
	return &ci.GetPrincipalTagAttributeMapOutput{
		IdentityPoolId: &p.ID, IdentityProviderName: &name, PrincipalTags: t.effective(), UseDefaults: &t.Defaults,
	}, nil
}

// sessionTags are the tags of a session for somebody who came by these logins. A
// claim that is not there is no tag; one that cannot be a tag refuses the
// session, because a policy may rest on it. Of two logins with the same tag the
// values must agree.
func (p *Pool) sessionTags(logins []login) (map[string]string, error) {
	tags, size := map[string]string{}, 0
	put := func(key, value string) bool {
		for have, other := range tags {
			if strings.EqualFold(have, key) {
				return have == key && other == value
			}
		}
		tags[key] = value
		size += len(key) + len(value)
		return utf8.RuneCountInString(value) <= 256 && sessionTags.MatchString(value) && size <= maxPrincipalTagSize && len(tags) <= maxPrincipalTags
	}
	for _, l := range logins {
		for key, value := range l.tags {
			if !put(key, value) {
				return nil, notAuthorized(textTags)
			}
		}
		for key, name := range p.principalTags(l) {
			values := l.claims(name).values
			if len(values) == 0 {
				continue
			}
			if len(values) > 1 || !put(key, values[0]) {
				return nil, notAuthorized(textTags)
			}
		}
	}
	return tags, nil
}

func (p *Pool) principalTags(l login) map[string]string {
	for _, name := range l.names {
		if t, ok := p.PrincipalTags[name]; ok {
			return t.effective()
		}
	}
	return nil
}
