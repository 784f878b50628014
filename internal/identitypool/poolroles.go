package identitypool

import (
	"context"
	"maps"
	"slices"
	"strings"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// Mapping chooses the role of somebody who came by one provider.
type Mapping struct {
	Rules     []Rule `json:",omitempty"`
	ByToken   bool   // the token names the role; otherwise Rules do
	Ambiguous types.AmbiguousRoleResolutionType
}

// Rule gives a role to whom a claim says something of.
type Rule struct {
	Claim string
	Match types.MappingRuleMatchType
	Value string
	Role  string // ARN
}

const passRole = "iam:PassRole"

// SetIdentityPoolRoles sets the roles of a pool and how one is chosen. Whoever
// calls must be allowed to pass each of them.
func (s *Service) SetIdentityPoolRoles(ctx context.Context, call *access.Call, in *ci.SetIdentityPoolRolesInput) (*ci.SetIdentityPoolRolesOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	for kind, arn := range in.Roles {
		if err := check("roles", kind, 1, 128, roleTypes); err != nil {
			return nil, err
		}
		if err := checkARN("roles", arn); err != nil {
			return nil, err
		}
	}
	if err := checkCount("roleMappings", len(in.RoleMappings), maxMappings); err != nil {
		return nil, err
	}
	mappings := map[string]Mapping{}
	for provider, given := range in.RoleMappings {
		if !p.maps(provider) {
			return nil, invalid("%s", textNoProvider(provider))
		}
		if mappings[provider], err = newMapping(given); err != nil {
			return nil, err
		}
	}
	if err := s.mayPass(call, in.Roles, mappings); err != nil {
		return nil, err
	}
	_, err = s.changePool(ctx, call, in.IdentityPoolId, func(p *Pool) error {
		p.Roles, p.Mappings = in.Roles, mappings
		return nil
	})
	return nil, err
}

// mayPass requires iam:PassRole for every role that the pool is to hand out.
func (s *Service) mayPass(call *access.Call, roles map[string]string, mappings map[string]Mapping) error {
	all := slices.Collect(maps.Values(roles))
	for _, m := range mappings {
		for _, r := range m.Rules {
			all = append(all, r.Role)
		}
	}
	slices.Sort(all)
	for _, arn := range slices.Compact(all) {
		if v := s.roles.MayPass(call, arn); !v.Allowed || v.Explicit {
			return awsapi.Denied(call, passRole, arn, v)
		}
	}
	return nil
}

// maps reports whether a mapping may stand under that name: a mapping that
// nobody meets would leave people with the role that it was to keep from them.
func (p *Pool) maps(name string) bool {
	if slices.ContainsFunc(p.UserPools, func(u UserPoolProvider) bool { return u.mappingKey() == name }) {
		return true
	}
	_, public := p.Public[name]
	return public || slices.Contains(p.OpenID, name) || slices.Contains(p.SAML, name)
}

func (u UserPoolProvider) mappingKey() string { return u.Name + ":" + u.ClientID }

func newMapping(given types.RoleMapping) (Mapping, error) {
	m := Mapping{ByToken: given.Type == types.RoleMappingTypeToken, Ambiguous: given.AmbiguousRoleResolution}
	switch {
	case given.Type != types.RoleMappingTypeToken && given.Type != types.RoleMappingTypeRules:
		return m, constraint("roleMappings", "Member must satisfy enum value set: [Token, Rules]")
	case m.Ambiguous != types.AmbiguousRoleResolutionTypeAuthenticatedRole && m.Ambiguous != types.AmbiguousRoleResolutionTypeDeny:
		return m, invalid("AmbiguousRoleResolution is required, and is AuthenticatedRole or Deny.")
	case m.ByToken && given.RulesConfiguration != nil:
		return m, invalid("RulesConfiguration goes with mappings of type Rules only.")
	case m.ByToken:
		return m, nil
	case given.RulesConfiguration == nil || len(given.RulesConfiguration.Rules) == 0:
		return m, invalid("RulesConfiguration is required for mappings of type Rules.")
	}
	if err := checkCount("rules", len(given.RulesConfiguration.Rules), maxRules); err != nil {
		return m, err
	}
	for _, g := range given.RulesConfiguration.Rules {
		r := Rule{deref(g.Claim), g.MatchType, deref(g.Value), deref(g.RoleARN)}
		if err := check("claim", r.Claim, 1, 64, claimNames); err != nil {
			return m, err
		}
		if err := check("value", r.Value, 1, 128, nil); err != nil {
			return m, err
		}
		if err := checkARN("roleARN", r.Role); err != nil {
			return m, err
		}
		if !slices.Contains(r.Match.Values(), r.Match) {
			return m, constraint("matchType", "Member must satisfy enum value set: [Equals, Contains, StartsWith, NotEqual]")
		}
		m.Rules = append(m.Rules, r)
	}
	return m, nil
}

// shape is the mapping as AWS shows it.
func (m Mapping) shape() types.RoleMapping {
	out := types.RoleMapping{Type: types.RoleMappingTypeRules, AmbiguousRoleResolution: m.Ambiguous}
	if m.ByToken {
		out.Type = types.RoleMappingTypeToken
		return out
	}
	out.RulesConfiguration = &types.RulesConfigurationType{}
	for i := range m.Rules {
		r := &m.Rules[i]
		out.RulesConfiguration.Rules = append(out.RulesConfiguration.Rules, types.MappingRule{Claim: &r.Claim, MatchType: r.Match, Value: &r.Value, RoleARN: &r.Role})
	}
	return out
}

// GetIdentityPoolRoles shows what SetIdentityPoolRoles set.
func (s *Service) GetIdentityPoolRoles(_ context.Context, call *access.Call, in *ci.GetIdentityPoolRolesInput) (*ci.GetIdentityPoolRolesOutput, error) {
	p, err := s.pool(call, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	out := &ci.GetIdentityPoolRolesOutput{IdentityPoolId: &p.ID, Roles: p.Roles}
	for provider, m := range p.Mappings {
		if out.RoleMappings == nil {
			out.RoleMappings = map[string]types.RoleMapping{}
		}
		out.RoleMappings[provider] = m.shape()
	}
	return out, nil
}

// openIDName is the login key of an OpenID Connect provider: its issuer's host
// and path. "" for an ARN that is none.
func openIDName(arn string) string {
	_, name, _ := strings.Cut(arn, ":oidc-provider/")
	return name
}
