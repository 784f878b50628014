package account

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
)

// FuzzSAMLMetadata: nothing makes reading fail but by an error, and what is
// taken has all that decides about assertions.
func FuzzSAMLMetadata(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, leastRSABits)
	if err != nil {
		f.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		f.Fatal(err)
	}
	certificate := base64.StdEncoding.EncodeToString(der)
	// A short word stands for the certificate, so that what is tried is the XML.
	const good = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x" validUntil="2030-01-02T03:04:05Z">` +
		`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>CERTIFICATE</X509Certificate></X509Data></KeyInfo></KeyDescriptor>` +
		`<SingleSignOnService Location="https://idp.example.com"/></IDPSSODescriptor></EntityDescriptor>`
	if _, err := readMetadata(strings.ReplaceAll(good, "CERTIFICATE", certificate)); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor/></EntityDescriptor>`)
	f.Add(`<!DOCTYPE x [<!ENTITY a "b">]><EntityDescriptor entityID="&a;"/>`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := readMetadata(strings.ReplaceAll(text, "CERTIFICATE", certificate))
		if err == nil && (d.entityID == "" || len(d.certificates) == 0 || len(d.certificates[0].Raw) == 0) {
			t.Errorf("taken: %+v", d)
		}
	})
}
