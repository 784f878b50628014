package account

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/beevik/etree"
)

type xmlElement = etree.Element

// Attributes that AWS defines.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
const (
	awsAttributes     = "https://aws.amazon.com/SAML/Attributes/"
	roleAttribute     = awsAttributes + "Role"
	nameAttribute     = awsAttributes + "RoleSessionName"
	durationAttribute = awsAttributes + "SessionDuration"
	tagAttribute      = awsAttributes + "PrincipalTag:"
	transitiveTags    = awsAttributes + "TransitiveTagKeys"
	sourceAttribute   = awsAttributes + "SourceIdentity"
	nameFormats       = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
)

// samlClaims is what an assertion asks for the session.
type samlClaims struct {
	sessionName    string
	duration       *int32
	tags           []types.Tag
	transitive     []string
	sourceIdentity string
}

// claims reads AWS's attributes.
func (a *SAMLIdentity) claims() (*samlClaims, error) {
	c := &samlClaims{}
	switch names := a.Attributes[nameAttribute]; {
	case len(names) != 1 || names[0] == "":
		return nil, invalidIdentity("RoleSessionName is required in AuthnResponse")
	case checkText("", &names[0], sessionNames, 2, 64) != nil:
		return nil, invalidIdentity("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
	default:
		c.sessionName = names[0]
	}
	if given, ok := a.Attributes[durationAttribute]; ok {
		n, err := strconv.ParseInt(strings.TrimSpace(strings.Join(given, " ")), 10, 32)
		if err != nil || n < shortestSession || n > maxMaxSession {
			return nil, invalidIdentity("SessionDuration in AuthnResponse must be a number from %d to %d", shortestSession, maxMaxSession)
		}
		c.duration = new(int32(n))
	}
	if given, ok := a.Attributes[sourceAttribute]; ok {
		if len(given) != 1 || !isSourceIdentity(given[0]) {
			return nil, invalidIdentity("%s", textSourceIdentity)
		}
		c.sourceIdentity = given[0]
	}
	for name, values := range a.Attributes {
		key, ok := strings.CutPrefix(name, tagAttribute)
		if !ok {
			continue
		}
		if len(values) != 1 {
			return nil, invalidIdentity("PrincipalTag:%.128s in AuthnResponse must have one value", key)
		}
		c.tags = append(c.tags, types.Tag{Key: &key, Value: &values[0]})
	}
	c.transitive = a.Attributes[transitiveTags]
	return c, nil
}

// offers reports whether the provider gives its subject the role: a value of
// the Role attribute holds both ARNs, in either order.
func (a *SAMLIdentity) offers(role, provider string) bool {
	for _, value := range a.Attributes[roleAttribute] {
		one, other, ok := strings.Cut(value, ",")
		one, other = strings.TrimSpace(one), strings.TrimSpace(other)
		if ok && (one == role && other == provider || one == provider && other == role) {
			return true
		}
	}
	return false
}

// subjectType is the format of the subject's name, without the usual prefix.
func (a *SAMLIdentity) subjectType() string { return strings.TrimPrefix(a.Format, nameFormats) }

// samlKeys are the condition keys of attributes, by the attribute's name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
var samlKeys = map[string][]string{
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.1":                                        {"saml:edupersonaffiliation"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.2":                                        {"saml:edupersonnickname"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.3":                                        {"saml:edupersonorgdn"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.4":                                        {"saml:edupersonorgunitdn"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.5":                                        {"saml:edupersonprimaryaffiliation"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.6":                                        {"saml:edupersonprincipalname"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.7":                                        {"saml:edupersonentitlement"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.8":                                        {"saml:edupersonprimaryorgunitdn"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.9":                                        {"saml:edupersonscopedaffiliation"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.10":                                       {"saml:edupersontargetedid"},
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.11":                                       {"saml:edupersonassurance"},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.2":                                        {"saml:eduorghomepageuri"},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.3":                                        {"saml:eduorgidentityauthnpolicyuri"},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.4":                                        {"saml:eduorglegalname"},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.5":                                        {"saml:eduorgsuperioruri"},
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.6":                                        {"saml:eduorgwhitepagesuri"},
	"urn:oid:2.5.4.3":                                                         {"saml:cn", "saml:commonname"},
	"urn:oid:2.5.4.4":                                                         {"saml:surname"},
	"urn:oid:2.5.4.42":                                                        {"saml:givenname"},
	"urn:oid:2.5.4.45":                                                        {"saml:x500uniqueidentifier"},
	"urn:oid:0.9.2342.19200300.100.1.1":                                       {"saml:uid"},
	"urn:oid:0.9.2342.19200300.100.1.3":                                       {"saml:mail"},
	"urn:oid:0.9.2342.19200300.100.1.45":                                      {"saml:organizationstatus"},
	"http://schemas.xmlsoap.org/claims/CommonName":                            {"saml:commonname"},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname":         {"saml:givenname"},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname":           {"saml:surname"},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":      {"saml:mail"},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":              {"saml:name"},
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/uid":               {"saml:uid"},
	"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": {"saml:primarygroupsid"},
}

// conditions are the condition keys that the assertion speaks for. saml:aud is
// the recipient, as AWS defines it.
func (a *SAMLIdentity) conditions(doc, qualifier string) map[string][]string {
	keys := map[string][]string{
		"saml:aud": {a.Recipient}, "saml:iss": {a.Issuer}, "saml:sub": {a.Subject}, "saml:doc": {doc}, "saml:namequalifier": {qualifier},
	}
	if t := a.subjectType(); t != "" {
		keys["saml:sub_type"] = []string{t}
	}
	for name, values := range a.Attributes {
		for _, key := range samlKeys[name] {
			keys[key] = append(keys[key], values...)
		}
	}
	return keys
}
