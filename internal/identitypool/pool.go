package identitypool

import (
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

// Pool is an identity pool: whose word it takes, and which roles it gives.
type Pool struct {
	ID       string // {region}:{uuid}
	Region   string
	Name     string
	Created  time.Time
	Modified time.Time

	Guests    bool               // identities without logins get credentials
	Classic   bool               // basic flow: tokens for sts:AssumeRoleWithWebIdentity
	Developer string             `json:",omitempty"` // login key of the developer's own users
	UserPools []UserPoolProvider `json:",omitempty"`
	OpenID    []string           `json:",omitempty"` // ARNs of providers in IAM
	SAML      []string           `json:",omitempty"`
	Public    map[string]string  `json:",omitempty"` // login key of a public provider -> client id there
	Tags      map[string]string  `json:",omitempty"`

	Roles         map[string]string        `json:",omitempty"` // authenticated, unauthenticated -> ARN
	Mappings      map[string]Mapping       `json:",omitempty"` // by provider; see mappingKeys
	PrincipalTags map[string]PrincipalTags `json:",omitempty"` // by provider
}

// UserPoolProvider takes ID tokens of one client of a user pool.
type UserPoolProvider struct {
	Name     string // login key: cognito-idp.{region}.amazonaws.com/{poolId}
	ClientID string
	// ServerSideCheck asks the user pool each time whether the user is still there,
	// enabled and signed in.
	ServerSideCheck bool
}

const (
	roleAuthenticated   = "authenticated"
	roleUnauthenticated = "unauthenticated"
)

// newID is an id of a pool or an identity: clients read the region from it.
func newID(random io.Reader, region string) (string, error) {
	id, err := uuid.NewRandomFromReader(random)
	return region + ":" + id.String(), err
}

func poolARN(region, account, id string) string {
	return "arn:aws:cognito-identity:" + region + ":" + account + ":identitypool/" + id
}

// poolOfARN returns the region and id that a pool's ARN names.
func poolOfARN(text, account string) (region, id string, ok bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "cognito-identity" || parts[4] != account {
		return "", "", false
	}
	id, ok = strings.CutPrefix(parts[5], "identitypool/")
	return parts[3], id, ok && ids.MatchString(id)
}

// settings are what both CreateIdentityPool and UpdateIdentityPool take. What an
// update leaves out is gone, but for tags.
func (p *Pool) settings(in *ci.UpdateIdentityPoolInput) error {
	if err := check("identityPoolName", deref(in.IdentityPoolName), 1, 128, poolNames); err != nil {
		return err
	}
	p.Name, p.Guests, p.Classic = *in.IdentityPoolName, in.AllowUnauthenticatedIdentities, deref(in.AllowClassicFlow)
	if in.DeveloperProviderName != nil {
		if err := check("developerProviderName", *in.DeveloperProviderName, 1, 128, developerNames); err != nil {
			return err
		}
		if reserved(*in.DeveloperProviderName) {
			return invalid(textTaken, *in.DeveloperProviderName)
		}
	}
	if name := deref(in.DeveloperProviderName); p.Developer != "" && name != p.Developer && name != "" {
		return invalid(textDeveloperFixed)
	} else if name != "" {
		p.Developer = name
	}
	if err := p.setUserPools(in.CognitoIdentityProviders); err != nil {
		return err
	}
	if err := checkProviderARNs("openIdConnectProviderARNs", in.OpenIdConnectProviderARNs); err != nil {
		return err
	}
	if err := checkProviderARNs("samlProviderARNs", in.SamlProviderARNs); err != nil {
		return err
	}
	p.OpenID, p.SAML = in.OpenIdConnectProviderARNs, in.SamlProviderARNs
	if err := checkCount("supportedLoginProviders", len(in.SupportedLoginProviders), maxPublicProviders); err != nil {
		return err
	}
	for key, id := range in.SupportedLoginProviders {
		if err := check("supportedLoginProviders", key, 1, 128, nil); err != nil {
			return err
		}
		if err := check("supportedLoginProviders", id, 1, 128, clientIDValue); err != nil {
			return err
		}
	}
	p.Public = in.SupportedLoginProviders
	if p.Developer != "" && p.proves(p.Developer) { // one login key, two who vouch for its subjects
		return invalid(textTaken, p.Developer)
	}
	if in.IdentityPoolTags != nil {
		p.Tags = in.IdentityPoolTags
	}
	return checkTags(p.Tags)
}

// proves reports whether a login key is that of a provider that proves logins.
func (p *Pool) proves(key string) bool {
	_, public := p.Public[key]
	return public || slices.Contains(p.SAML, key) ||
		slices.ContainsFunc(p.UserPools, func(u UserPoolProvider) bool { return u.Name == key }) ||
		slices.ContainsFunc(p.OpenID, func(arn string) bool { return openIDName(arn) == key })
}

// reserved are names that mean something else in Logins, or in the amr of tokens.
func reserved(name string) bool {
	return name == ownProvider || name == roleAuthenticated || name == roleUnauthenticated
}

// clientIDValue is the form of a client id of a public provider.
var clientIDValue = regexp.MustCompile(`^[\w.;_/-]+$`)

func (p *Pool) setUserPools(given []types.CognitoIdentityProvider) error {
	if err := checkCount("cognitoIdentityProviders", len(given), maxUserPools); err != nil {
		return err
	}
	p.UserPools = nil
	for _, g := range given {
		if err := check("providerName", deref(g.ProviderName), 1, 128, providerNames); err != nil {
			return err
		}
		if err := check("clientId", deref(g.ClientId), 1, 128, clientIDs); err != nil {
			return err
		}
		u := UserPoolProvider{*g.ProviderName, *g.ClientId, deref(g.ServerSideTokenCheck)}
		if slices.ContainsFunc(p.UserPools, func(o UserPoolProvider) bool { return o.Name == u.Name && o.ClientID == u.ClientID }) {
			return invalid("The provider %s with the client %s is there twice.", u.Name, u.ClientID)
		}
		p.UserPools = append(p.UserPools, u)
	}
	return nil
}

func checkProviderARNs(member string, arns []string) error {
	if err := checkCount(member, len(arns), maxProviderARNs); err != nil {
		return err
	}
	for _, arn := range arns {
		if err := checkARN(member, arn); err != nil {
			return err
		}
	}
	return nil
}

// shape is the pool as AWS shows it.
func (p *Pool) shape() *ci.DescribeIdentityPoolOutput {
	out := &ci.DescribeIdentityPoolOutput{
		IdentityPoolId: &p.ID, IdentityPoolName: &p.Name, AllowUnauthenticatedIdentities: p.Guests, AllowClassicFlow: &p.Classic,
		OpenIdConnectProviderARNs: p.OpenID, SamlProviderARNs: p.SAML, SupportedLoginProviders: p.Public, IdentityPoolTags: maps.Clone(p.Tags),
	}
	if out.IdentityPoolTags == nil {
		out.IdentityPoolTags = map[string]string{}
	}
	if p.Developer != "" {
		out.DeveloperProviderName = &p.Developer
	}
	for i := range p.UserPools {
		u := &p.UserPools[i]
		out.CognitoIdentityProviders = append(out.CognitoIdentityProviders, types.CognitoIdentityProvider{
			ProviderName: &u.Name, ClientId: &u.ClientID, ServerSideTokenCheck: &u.ServerSideCheck,
		})
	}
	return out
}
