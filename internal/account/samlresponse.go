package account

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"
)

// A SAML response, from its base64 to the one assertion that its provider has
// signed:
//
//	base64 -> checkXML -> shape: one Response, one Assertion, each signature where
//	it belongs and over its parent alone -> every signature holds -> the Assertion
//	as the signature has it, which is all that is read from then on
//
// The shape leaves no room for signature wrapping: there is no second assertion
// that could be read instead of the signed one, no id that two elements have,
// and no signature over anything but the element it stands in.

const (
	maxSAMLResponse = 100000 // characters of base64, as at AWS
	maxSignedInfo   = 16     // elements in a SignedInfo

	nsProtocol  = protocolSAML
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsSignature = dsig.Namespace

	statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"
)

var errResponseSignature = errors.New("no signature of the provider holds")

// samlResponse is a response whose shape is right, before and after its proof.
type samlResponse struct {
	response, assertion *etree.Element
	signed              []*etree.Element // response, assertion or both
}

// parseResponse reads base64 and checks the shape.
func parseResponse(encoded string) (*samlResponse, error) {
	if len(encoded) > maxSAMLResponse {
		return nil, errors.New("it is too long")
	}
	plain, err := base64.StdEncoding.Strict().DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(encoded))
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	if err := checkXML(plain, false); err != nil {
		return nil, err
	}
	document := etree.NewDocument()
	if err := document.ReadFromBytes(plain); err != nil {
		return nil, errors.New("it is not well-formed XML")
	}
	r := &samlResponse{response: document.Root()}
	if !is(r.response, nsProtocol, "Response") {
		return nil, errors.New("it is not a Response of SAML 2.0")
	}
	if err := r.survey(r.response, map[string]bool{}); err != nil {
		return nil, err
	}
	if r.assertion == nil {
		return nil, errors.New("it has no assertion")
	}
	for _, e := range []*etree.Element{r.response, r.assertion} {
		signatures := children(e, nsSignature, dsig.SignatureTag)
		if len(signatures) == 0 {
			continue
		}
		if err := checkSignatureShape(e, signatures); err != nil {
			return nil, err
		}
		r.signed = append(r.signed, e)
	}
	if len(r.signed) == 0 {
		return nil, errors.New("nothing in it is signed")
	}
	return r, nil
}

// survey walks over every element and refuses what has no place in a response.
func (r *samlResponse) survey(e *etree.Element, ids map[string]bool) error {
	for _, a := range e.Attr {
		switch strings.ToLower(a.Key) {
		case "id", "assertionid", "responseid":
			if a.Space == "xmlns" {
				continue
			}
			if ids[a.Value] {
				return errors.New("two elements have one ID")
			}
			ids[a.Value] = true
		}
	}
	switch {
	case is(e, nsAssertion, "EncryptedAssertion"):
		return errors.New("encrypted assertions are not available here")
	case is(e, nsAssertion, "Assertion"):
		if r.assertion != nil || e.Parent() != r.response {
			return errors.New("it has an assertion where none belongs")
		}
		r.assertion = e
	case is(e, nsSignature, dsig.SignatureTag):
		if e.Parent() != r.response && e.Parent() != r.assertion {
			return errors.New("it has a signature where none belongs")
		}
	case is(e, nsProtocol, "Response") && e != r.response:
		return errors.New("it has a second response")
	}
	for _, child := range e.ChildElements() {
		if err := r.survey(child, ids); err != nil {
			return err
		}
	}
	return nil
}

// transforms are those that leave the whole element signed.
var transforms = map[string]bool{
	string(dsig.EnvelopedSignatureAltorithmId):      true,
	string(dsig.CanonicalXML10ExclusiveAlgorithmId): true,
}

// checkSignatureShape: one signature, with one reference, to the element that
// it stands in, all of it.
func checkSignatureShape(e *etree.Element, signatures []*etree.Element) error {
	if len(signatures) > 1 {
		return errors.New("an element has two signatures")
	}
	for _, part := range signatures[0].ChildElements() {
		if part.NamespaceURI() != nsSignature || part.Tag != dsig.SignedInfoTag && part.Tag != dsig.SignatureValueTag && part.Tag != dsig.KeyInfoTag {
			return errors.New("a signature carries something else")
		}
	}
	infos := children(signatures[0], nsSignature, dsig.SignedInfoTag)
	if len(infos) != 1 {
		return errors.New("a signature has no SignedInfo, or several")
	}
	if len(infos[0].FindElements(".//*")) > maxSignedInfo {
		return errors.New("a signature carries something else")
	}
	if methods := children(infos[0], nsSignature, dsig.CanonicalizationMethodTag); len(methods) != 1 || methods[0].SelectAttrValue(dsig.AlgorithmAttr, "") != string(dsig.CanonicalXML10ExclusiveAlgorithmId) {
		return errors.New("a signature is not in exclusive canonical form")
	}
	references := children(infos[0], nsSignature, dsig.ReferenceTag)
	id := e.SelectAttrValue(dsig.DefaultIdAttr, "")
	if len(references) != 1 || id == "" || references[0].SelectAttrValue(dsig.URIAttr, "") != "#"+id {
		return errors.New("a signature is not over the element that it stands in")
	}
	list := children(references[0], nsSignature, dsig.TransformsTag)
	if len(list) != 1 {
		return errors.New("a signature has no transforms")
	}
	seen := map[string]bool{}
	for _, t := range list[0].ChildElements() {
		algorithm := t.SelectAttrValue(dsig.AlgorithmAttr, "")
		if !is(t, nsSignature, dsig.TransformTag) || !transforms[algorithm] || seen[algorithm] {
			return errors.New("a signature transforms what it signs")
		}
		seen[algorithm] = true
	}
	if len(seen) != len(transforms) {
		return errors.New("a signature lacks a transform")
	}
	return nil
}

// prove holds every signature against the provider's certificates. Afterwards
// response (if it is signed) and assertion are what the signatures are over.
func (r *samlResponse) prove(certificates []*x509.Certificate) error {
	for _, e := range r.signed {
		proved, err := proveElement(e, certificates)
		if err != nil {
			return err
		}
		if e != r.response {
			r.assertion = proved
			continue
		}
		inside := children(proved, nsAssertion, "Assertion")
		if len(inside) != 1 {
			return errResponseSignature
		}
		r.response = proved
		if len(r.signed) == 1 { // else the assertion's own signature gives it
			r.assertion = inside[0]
		}
	}
	return nil
}

// proveElement gives what the signature in e is over, as the signature has it.
// Whose key it is says the provider's metadata, never the message; and nothing
// of a stranger's message is digested, for which of the keys has signed is
// found out first.
func proveElement(e *etree.Element, certificates []*x509.Certificate) (*etree.Element, error) {
	signer, err := signerOf(children(e, nsSignature, dsig.SignatureTag)[0], certificates)
	if err != nil {
		return nil, err
	}
	e, err = detached(e)
	if err != nil {
		return nil, err
	}
	for _, s := range children(e, nsSignature, dsig.SignatureTag) {
		for _, info := range children(s, nsSignature, dsig.KeyInfoTag) {
			s.RemoveChild(info)
		}
	}
	check := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{signer}})
	check.Clock = dsig.NewFakeClockAt(signer.NotBefore) // how long a certificate is good is the provider's affair
	proved, err := check.Validate(e)
	if err != nil {
		return nil, errResponseSignature
	}
	return proved, nil
}

var signatureMethods = map[string]x509.SignatureAlgorithm{
	dsig.RSASHA256SignatureMethod: x509.SHA256WithRSA,
	dsig.RSASHA384SignatureMethod: x509.SHA384WithRSA,
	dsig.RSASHA512SignatureMethod: x509.SHA512WithRSA,
}

// signerOf finds the certificate whose key has signed the SignedInfo of a signature.
func signerOf(signature *etree.Element, certificates []*x509.Certificate) (*x509.Certificate, error) {
	infos, values := children(signature, nsSignature, dsig.SignedInfoTag), children(signature, nsSignature, dsig.SignatureValueTag)
	if len(infos) != 1 || len(values) != 1 {
		return nil, errResponseSignature
	}
	methods := children(infos[0], nsSignature, dsig.SignatureMethodTag)
	if len(methods) != 1 {
		return nil, errResponseSignature
	}
	method, known := signatureMethods[methods[0].SelectAttrValue(dsig.AlgorithmAttr, "")]
	value, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(values[0].Text()), ""))
	if !known || err != nil {
		return nil, errResponseSignature
	}
	info, err := detached(infos[0])
	if err != nil {
		return nil, err
	}
	canonical, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(info)
	if err != nil {
		return nil, errResponseSignature
	}
	for _, c := range certificates {
		if c.CheckSignature(method, canonical, value) == nil {
			return c, nil
		}
	}
	return nil, errResponseSignature
}

// detached is a copy of e that declares every name space it uses.
func detached(e *etree.Element) (*etree.Element, error) {
	context, err := etreeutils.NSBuildParentContext(e)
	if err == nil {
		context, err = context.SubContext(e)
	}
	if err == nil {
		e, err = etreeutils.NSDetatch(context, e)
	}
	if err != nil {
		return nil, errors.New("its name spaces cannot be read")
	}
	return e, nil
}

// written is the XML of an element by itself.
func written(e *etree.Element) ([]byte, error) {
	e, err := detached(e)
	if err != nil {
		return nil, err
	}
	return etree.NewDocumentWithRoot(e).WriteToBytes()
}

func is(e *etree.Element, namespace, tag string) bool {
	return e != nil && e.Tag == tag && e.NamespaceURI() == namespace
}

func children(e *etree.Element, namespace, tag string) []*etree.Element {
	var list []*etree.Element
	for _, child := range e.ChildElements() {
		if is(child, namespace, tag) {
			list = append(list, child)
		}
	}
	return list
}
