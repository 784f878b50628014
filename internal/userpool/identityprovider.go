package userpool

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// IdentityProvider is somebody else who may say who a user is: how they are
// asked, and which of their claims become which attributes. Users of a pool are
// linked to accounts there (AdminLinkProviderForUser), and clients name those
// that they take.
type IdentityProvider struct {
	PoolID      string
	Name        string
	Kind        string
	Sealed      []byte            // the details as JSON: most hold a secret
	Mapping     map[string]string `json:",omitempty"` // attribute of the pool -> claim of the provider
	Identifiers []string          `json:",omitempty"`
	Created     time.Time
	Modified    time.Time

	details map[string]string
}

const (
	maxProviders     = 300 // a pool
	maxIdentifiers   = 50  // a provider
	maxProviderName  = 32  // characters
	maxDetail        = 131072
	usernameOfClaims = "username" // of a mapping: the claim that names the user
	ownProvider      = "COGNITO"
)

var (
	providerPattern   = regexp.MustCompile(`^[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+$`)
	identifierPattern = regexp.MustCompile(`^[\w\s+=.@-]{1,40}$`)
)

// detailKeys are what a kind of provider is described by: what must be there,
// and what may be.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html
type detailKeys struct{ must, may []string }

func keysOfKind(kind types.IdentityProviderTypeType) (detailKeys, bool) {
	social := []string{"client_id", "client_secret", "authorize_scopes"}
	// What AWS fills in for a social provider is described along with it, and may come back.
	filled := []string{"attributes_url", "attributes_url_add_attributes", "authorize_url", "token_url", "token_request_method", "oidc_issuer"}
	switch kind {
	case types.IdentityProviderTypeTypeFacebook:
		return detailKeys{social, append(filled, "api_version")}, true
	case types.IdentityProviderTypeTypeGoogle, types.IdentityProviderTypeTypeLoginWithAmazon:
		return detailKeys{social, filled}, true
	case types.IdentityProviderTypeTypeSignInWithApple:
		return detailKeys{[]string{"client_id", "team_id", "key_id", "authorize_scopes"}, append(filled, "private_key")}, true
	case types.IdentityProviderTypeTypeOidc:
		return detailKeys{
			[]string{"client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"},
			[]string{"client_secret", "authorize_url", "token_url", "attributes_url", "jwks_uri", "attributes_url_add_attributes"},
		}, true
	case types.IdentityProviderTypeTypeSaml:
		return detailKeys{nil, []string{
			"MetadataFile", "MetadataURL", "IDPSignout", "IDPInit", "EncryptedResponses", "RequestSigningAlgorithm",
			"ActiveEncryptionCertificate", "SLORedirectBindingURI", "SSORedirectBindingURI",
		}}, true
	}
	return detailKeys{}, false
}

// checkDetails says whether a provider of that kind can be asked by these details.
func checkDetails(kind types.IdentityProviderTypeType, details map[string]string) error {
	keys, ok := keysOfKind(kind)
	if !ok {
		return invalid("ProviderType must be one of SAML, Facebook, Google, LoginWithAmazon, SignInWithApple and OIDC.")
	}
	for _, key := range keys.must {
		if details[key] == "" {
			return invalid("ProviderDetails of a provider of type " + string(kind) + " must have " + key + ".")
		}
	}
	for _, key := range sortedNames(details) {
		if !slices.Contains(keys.must, key) && !slices.Contains(keys.may, key) {
			return invalid("ProviderDetails of a provider of type " + string(kind) + " have no " + key + ".")
		}
		if len(details[key]) > maxDetail || !utf8.ValidString(details[key]) {
			return invalid("The value of " + key + " in ProviderDetails is too long or not valid text.")
		}
		if strings.HasSuffix(key, "_url") || key == "jwks_uri" || key == "oidc_issuer" || strings.HasSuffix(key, "URL") {
			if why := badEndpoint(details[key]); why != "" {
				return invalid(key + " in ProviderDetails " + why)
			}
		}
	}
	switch kind {
	case types.IdentityProviderTypeTypeOidc:
		if m := details["attributes_request_method"]; m != "GET" && m != "POST" {
			return invalid("attributes_request_method in ProviderDetails must be GET or POST.")
		}
		if !slices.Contains(strings.Fields(details["authorize_scopes"]), "openid") {
			return invalid("authorize_scopes in ProviderDetails of a provider of type OIDC must hold openid.")
		}
	case types.IdentityProviderTypeTypeSaml:
		if (details["MetadataFile"] == "") == (details["MetadataURL"] == "") {
			return invalid("ProviderDetails of a provider of type SAML must have one of MetadataFile and MetadataURL.")
		}
	}
	return nil
}

// badEndpoint says what is wrong with the address of something that a provider
// serves: https, or http on this machine.
func badEndpoint(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > 2*maxURLLength || u.Host == "" || u.User != nil || u.Fragment != "":
		return "is not an absolute URL."
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return ""
	}
	return "must use https; http is for localhost only."
}

// checkMapping holds a mapping against the pool's schema: what it fills must be
// there, and be the provider's to set.
func (p *Pool) checkMapping(mapping map[string]string) error {
	for _, name := range sortedNames(mapping) {
		claim := mapping[name]
		if claim == "" || utf8.RuneCountInString(claim) > maxValue {
			return invalid("AttributeMapping has no claim for " + name + ".")
		}
		if name == usernameOfClaims {
			continue
		}
		rule, ok := p.Schema.Find(name)
		switch {
		case !ok:
			return invalid("Invalid AttributeMapping: the attribute " + name + " does not exist.")
		case name == attributeSub || name == attributeIdentities || rule.DeveloperOnly:
			return invalid("Invalid AttributeMapping: the attribute " + name + " is not a provider's to set.")
		case !rule.Mutable && !rule.Required:
			return invalid("Invalid AttributeMapping: the attribute " + name + " is immutable, and would be set at each sign-in.")
		}
	}
	return nil
}

func checkIdentifiers(identifiers []string) error {
	if len(identifiers) > maxIdentifiers {
		return invalid("A provider has at most 50 IdpIdentifiers.")
	}
	for i, name := range identifiers {
		if !identifierPattern.MatchString(name) || slices.Contains(identifiers[:i], name) {
			return invalid("IdpIdentifiers must have 1 to 40 characters, letters, digits, space and + = . @ - _, each once.")
		}
	}
	return nil
}

// detailsOwner binds sealed details to their provider.
func (i *IdentityProvider) detailsOwner() string { return "provider/" + i.PoolID + "/" + i.Name }

func (s *Service) sealDetails(i *IdentityProvider, details map[string]string) error {
	plain, err := json.Marshal(details)
	if err != nil {
		return err
	}
	i.details = details
	i.Sealed, err = s.keys.Seal(keyring.ClientSecrets, i.detailsOwner(), plain)
	return err
}

func (s *Service) openDetails(i *IdentityProvider) error {
	plain, err := s.keys.Open(keyring.ClientSecrets, i.detailsOwner(), i.Sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, &i.details)
}

// shape is the provider as AWS shows it, with its secret, to who may describe it.
func (i *IdentityProvider) shape() *types.IdentityProviderType {
	out := &types.IdentityProviderType{
		UserPoolId: &i.PoolID, ProviderName: &i.Name, ProviderType: types.IdentityProviderTypeType(i.Kind),
		ProviderDetails: i.details, AttributeMapping: i.Mapping, IdpIdentifiers: i.Identifiers,
		CreationDate: &i.Created, LastModifiedDate: &i.Modified,
	}
	if out.IdpIdentifiers == nil {
		out.IdpIdentifiers = []string{}
	}
	if out.AttributeMapping == nil {
		out.AttributeMapping = map[string]string{}
	}
	return out
}

var providerTable = store.NewTable(store.Schema[IdentityProvider]{
	Table: "user_pool_providers",
	Key: []store.Column[IdentityProvider]{
		{Name: "pool_id", Value: func(i *IdentityProvider) any { return i.PoolID }},
		{Name: "name", Value: func(i *IdentityProvider) any { return i.Name }},
	},
})

// identifierRow says which provider of a pool an identifier means.
type identifierRow struct{ PoolID, Identifier, Name string }

var identifierTable = store.NewTable(store.Schema[identifierRow]{
	Table: "user_pool_provider_identifiers",
	Key: []store.Column[identifierRow]{
		{Name: "pool_id", Value: func(r *identifierRow) any { return r.PoolID }},
		{Name: "identifier", Value: func(r *identifierRow) any { return r.Identifier }},
	},
	Columns: []store.Column[identifierRow]{{Name: "name", Value: func(r *identifierRow) any { return r.Name }}},
})

const (
	providersAfter       = "pool_id = $1 and name > $2 order by name limit $3"
	identifiersOf        = "pool_id = $1 and name = $2"
	textProviderTaken    = "A provider with that name or identifier exists already in this user pool."
	textNotAProviderName = "ProviderName must have 1 to 32 characters and satisfy regular expression pattern: [^_\\p{Z}][\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}][^_\\p{Z}]+"
)

func textNoProvider(name string) string { return "Identity provider " + name + " does not exist." }
