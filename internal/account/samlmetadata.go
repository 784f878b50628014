package account

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	validator "github.com/mattermost/xml-roundtrip-validator"
)

// Metadata for the OASIS Security Assertion Markup Language (SAML) V2.0: what
// an identity provider says of itself, as far as it is needed here.
type entityDescriptor struct {
	XMLName    xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	EntityID   string   `xml:"entityID,attr"`
	ValidUntil string   `xml:"validUntil,attr"`
	Roles      []struct {
		Protocols  string `xml:"protocolSupportEnumeration,attr"`
		ValidUntil string `xml:"validUntil,attr"`
		Keys       []struct {
			Use          string   `xml:"use,attr"`
			Certificates []string `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo>X509Data>X509Certificate"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
		SignOn []struct {
			Location string `xml:"Location,attr"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleSignOnService"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
}

// samlDescriptor is what decides about the assertions of a provider.
type samlDescriptor struct {
	entityID     string
	certificates []*x509.Certificate
	validUntil   time.Time // zero: not said
}

const (
	protocolSAML = "urn:oasis:names:tc:SAML:2.0:protocol"
	maxSAMLKeys  = 10
	maxEntityID  = 1024
	leastRSABits = 2048
)

// readMetadata reads the descriptor of one identity provider. Its errors are
// for whoever gave it.
func readMetadata(text string) (*samlDescriptor, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if err := checkXML([]byte(text), true); err != nil {
		return nil, err
	}
	var e entityDescriptor
	if err := xml.Unmarshal([]byte(text), &e); err != nil {
		return nil, errors.New("it is not an EntityDescriptor of SAML 2.0")
	}
	switch {
	case e.EntityID == "" || len(e.EntityID) > maxEntityID:
		return nil, errors.New("the entityID is missing or too long")
	case len(e.Roles) != 1:
		return nil, errors.New("it must have one IDPSSODescriptor")
	}
	role := &e.Roles[0]
	switch {
	case !hasWord(role.Protocols, protocolSAML):
		return nil, errors.New("the IDPSSODescriptor does not support SAML 2.0")
	case len(role.SignOn) == 0 || role.SignOn[0].Location == "":
		return nil, errors.New("it has no SingleSignOnService")
	}
	d := &samlDescriptor{entityID: e.EntityID}
	for _, until := range []string{e.ValidUntil, role.ValidUntil} {
		if until == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, until)
		if err != nil {
			return nil, errors.New("validUntil is not a time")
		}
		if d.validUntil.IsZero() || at.Before(d.validUntil) {
			d.validUntil = at.UTC().Truncate(time.Second)
		}
	}
	for _, key := range role.Keys {
		if key.Use != "" && key.Use != "signing" {
			continue
		}
		for _, encoded := range key.Certificates {
			c, err := readCertificate(encoded)
			if err != nil {
				return nil, err
			}
			d.certificates = append(d.certificates, c)
		}
	}
	if len(d.certificates) == 0 {
		return nil, errors.New("it has no certificate for signing")
	}
	return d, nil
}

func hasWord(text, word string) bool {
	for w := range strings.FieldsSeq(text) {
		if w == word {
			return true
		}
	}
	return false
}

// readCertificate reads a certificate, of which only the key counts: when it
// expires is the provider's affair, as at AWS.
func readCertificate(encoded string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		return nil, errors.New("a certificate is not base64")
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New("a certificate cannot be read")
	}
	key, ok := c.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		return nil, errors.New("the key of a certificate for signing is not RSA, and no other keys are available here")
	case key.N.BitLen() < leastRSABits:
		return nil, fmt.Errorf("the RSA key of a certificate has less than %d bits", leastRSABits)
	}
	return c, nil
}

const (
	maxXMLDepth      = 24
	maxXMLElements   = 2048
	maxXMLAttributes = 32
)

// checkXML holds a document from outside against what two readers could read
// differently, or what reads files and grows: document types and with them
// entities, processing instructions, comments unless they are allowed, names
// that do not survive being written again; and it bounds its shape.
func checkXML(text []byte, comments bool) error {
	if err := validator.Validate(bytes.NewReader(text)); err != nil {
		return errors.New("it is not well-formed XML")
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	depth, elements, roots := 0, 0, 0
	for first := true; ; first = false {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return errors.New("it is not well-formed XML")
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("it has a document type")
		case xml.ProcInst:
			if !first || t.Target != "xml" {
				return errors.New("it has a processing instruction")
			}
		case xml.Comment:
			if !comments {
				return errors.New("it has a comment")
			}
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(t)) > 0 {
				return errors.New("it has text outside of its root")
			}
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			elements++
			if depth > maxXMLDepth || elements > maxXMLElements || len(t.Attr) > maxXMLAttributes {
				return errors.New("it is nested too deeply or has too many parts")
			}
			seen := map[xml.Name]bool{}
			for _, a := range t.Attr {
				if seen[a.Name] {
					return errors.New("an element has an attribute twice")
				}
				seen[a.Name] = true
			}
		}
	}
	if roots != 1 {
		return errors.New("it has no root, or several")
	}
	return nil
}
