package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"math/big"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/clock"
)

// samlIDP is a SAML identity provider: that of crewjam/saml.
type samlIDP struct {
	*saml.IdentityProvider
	t      testing.TB
	entity string
}

func certificate(t testing.TB, key any, from time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: from, NotAfter: from.Add(time.Hour)}
	var public any
	switch k := key.(type) {
	case *rsa.PrivateKey:
		public = k.Public()
	case *ecdsa.PrivateKey:
		public = k.Public()
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newSAMLIDP(t testing.TB, host string, key *rsa.PrivateKey) *samlIDP {
	entity := "https://" + host + "/metadata"
	at, err := url.Parse(entity)
	if err != nil {
		t.Fatal(err)
	}
	return &samlIDP{t: t, entity: entity, IdentityProvider: &saml.IdentityProvider{
		Key: key, Certificate: certificate(t, key, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)), // which is long over
		MetadataURL: *at, SSOURL: *at.JoinPath("sso"), SignatureMethod: dsig.RSASHA256SignatureMethod,
	}}
}

func (i *samlIDP) metadata() string {
	text, err := xml.MarshalIndent(i.Metadata(), "", "  ")
	if err != nil {
		i.t.Fatal(err)
	}
	return string(text)
}

const signInPage = "https://signin.aws.amazon.com/saml"

func attribute(name string, values ...string) saml.Attribute {
	a := saml.Attribute{Name: name, NameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}
	for _, v := range values {
		a.Values = append(a.Values, saml.AttributeValue{Type: "xs:string", Value: v})
	}
	return a
}

const awsNames = "https://aws.amazon.com/SAML/Attributes/"

// request is a sign-in under way: an assertion about ann, for AWS.
func (i *samlIDP) request(now time.Time, attributes ...saml.Attribute) *saml.IdpAuthnRequest {
	r := &saml.IdpAuthnRequest{
		IDP: i.IdentityProvider, HTTPRequest: httptest.NewRequest("GET", "https://idp/", nil), Now: now,
		ServiceProviderMetadata: &saml.EntityDescriptor{EntityID: "urn:amazon:webservices"},
		SPSSODescriptor:         &saml.SPSSODescriptor{},
		ACSEndpoint:             &saml.IndexedEndpoint{Location: signInPage},
	}
	s := &saml.Session{NameID: "ann@example.com", NameIDFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", CreateTime: now,
		Groups: []string{"staff", "cooks"}, UserCommonName: "Ann", CustomAttributes: attributes}
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(r, s); err != nil {
		i.t.Fatal(err)
	}
	r.Assertion.IssueInstant = now
	return r
}

// signed makes the response, with the assertion and itself signed.
func (i *samlIDP) signed(r *saml.IdpAuthnRequest) *etree.Document {
	if err := r.MakeResponse(); err != nil {
		i.t.Fatal(err)
	}
	return i.again(r.ResponseEl)
}

// again writes an element and reads it, so that nothing is shared.
func (i *samlIDP) again(e *etree.Element) *etree.Document {
	text, err := etree.NewDocumentWithRoot(e.Copy()).WriteToBytes()
	if err != nil {
		i.t.Fatal(err)
	}
	d := etree.NewDocument()
	if err := d.ReadFromBytes(text); err != nil {
		i.t.Fatal(err)
	}
	return d
}

func encode(t testing.TB, d *etree.Document) string {
	text, err := d.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return encodeText(text)
}

func encodeText(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// part finds the one element with that name, whatever its prefix.
func part(t testing.TB, e *etree.Element, path string) *etree.Element {
	t.Helper()
	for tag := range strings.SplitSeq(path, "/") {
		next := e.SelectElement(tag)
		if next == nil {
			t.Fatalf("%s has no %s", e.Tag, tag)
		}
		e = next
	}
	return e
}

func (w *world) trustIDP(name, metadata string) string {
	w.Helper()
	return *done[*iam.CreateSAMLProviderOutput](w)(w.iam(w.root).CreateSAMLProvider(w.Context(), &iam.CreateSAMLProviderInput{Name: &name, SAMLMetadataDocument: &metadata})).SAMLProviderArn
}

func ecdsaKey(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func accessCall(now *clock.Clock) *access.Call { return &access.Call{Time: now.Now()} }
