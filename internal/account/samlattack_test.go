package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

func TestResponsesThatProveNothing(t *testing.T) {
	w := newSAMLWorld(t)
	foreign := newSAMLIDP(t, "idp.example.com", secondKey()) // the same name, another key
	second := newSAMLIDP(t, "second.example.com", secondKey())
	w.trustIDP("second", second.metadata())
	now := w.clock.Now()
	const invalid = "InvalidIdentityToken"
	// changed signs what change has made of the assertion.
	changed := func(change func(r *saml.IdpAuthnRequest)) string {
		r := w.request()
		change(r)
		return encode(t, w.idp.signed(r))
	}
	// tampered changes what has been signed.
	tampered := func(change func(d *etree.Document)) string {
		d := w.idp.signed(w.request())
		change(d)
		return encode(t, d)
	}
	text := func(change func(string) string) string {
		plain, err := w.idp.signed(w.request()).WriteToString()
		if err != nil {
			t.Fatal(err)
		}
		return encodeText(change(plain))
	}
	unsign := func(e *etree.Element) { e.RemoveChild(part(t, e, "Signature")) }
	evil := func(e *etree.Element) *etree.Element {
		c := e.Copy()
		unsign(c)
		c.SelectAttr("ID").Value = "id-evil"
		part(t, c, "Subject/NameID").SetText("root@example.com")
		return c
	}
	confirmation := func(r *saml.IdpAuthnRequest) *saml.SubjectConfirmationData {
		return r.Assertion.Subject.SubjectConfirmations[0].SubjectConfirmationData
	}
	for name, c := range map[string]struct{ response, code, said string }{
		"not base64":          {"<Response/>", invalid, "not base64"},
		"no XML":              {encodeText("hello"), invalid, ""},
		"not a response":      {encodeText(`<a xmlns="urn:x"/>`), invalid, "not a Response"},
		"too long":            {strings.Repeat("A", 100001), "ValidationError", "100000"},
		"unsigned":            {tampered(func(d *etree.Document) { unsign(d.Root()); unsign(part(t, d.Root(), "Assertion")) }), invalid, "nothing in it is signed"},
		"of another key":      {encode(t, foreign.signed(foreign.request(now, w.attributes()...))), invalid, "Response signature invalid"},
		"of another provider": {encode(t, second.signed(second.request(now, w.attributes()...))), invalid, "Response signature invalid"},
		"another subject":     {tampered(func(d *etree.Document) { part(t, d.Root(), "Assertion/Subject/NameID").SetText("root") }), invalid, "Response signature invalid"},
		"another role": {tampered(func(d *etree.Document) {
			part(t, d.Root(), "Assertion/AttributeStatement/Attribute/AttributeValue").SetText("x")
		}), invalid, "Response signature invalid"},
		"a comment in a name": {tampered(func(d *etree.Document) { part(t, d.Root(), "Assertion/Subject/NameID").CreateComment("x") }), invalid, "comment"},
		"an instruction":      {text(func(s string) string { return strings.Replace(s, "<saml:Subject>", "<?x y?><saml:Subject>", 1) }), invalid, "processing instruction"},
		"a document type":     {text(func(s string) string { return `<!DOCTYPE r [<!ENTITY e "x">]>` + s }), invalid, ""},
		"an outside entity": {text(func(s string) string {
			return `<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + strings.Replace(s, "ann@", "&e;@", 1)
		}), invalid, ""},
		"an unknown entity":    {text(func(s string) string { return strings.Replace(s, "ann@", "&e;@", 1) }), invalid, ""},
		"a second root":        {text(func(s string) string { return s + s }), invalid, ""},
		"text behind its root": {text(func(s string) string { return s + "x" }), invalid, ""},
		"nested without end":   {encodeText(strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000)), invalid, "nested too deeply"},
		"too many parts":       {encodeText("<a>" + strings.Repeat("<b/>", 5000) + "</a>"), invalid, "too many parts"},

		"wrapped: a second assertion first": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			a := part(t, d.Root(), "Assertion")
			d.Root().InsertChildAt(a.Index(), evil(a))
		}), invalid, "where none belongs"},
		"wrapped: a second assertion last": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			d.Root().AddChild(evil(part(t, d.Root(), "Assertion")))
		}), invalid, "where none belongs"},
		"wrapped: the signed one inside the other": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			a := part(t, d.Root(), "Assertion")
			outer := evil(a)
			d.Root().RemoveChild(a)
			outer.AddChild(a)
			d.Root().AddChild(outer)
		}), invalid, "where none belongs"},
		"wrapped: the signed one in its own signature's Object": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			a := part(t, d.Root(), "Assertion")
			outer := evil(a)
			signature := part(t, a, "Signature").Copy()
			signature.CreateElement("ds:Object").AddChild(a.Copy())
			outer.InsertChildAt(1, signature)
			d.Root().RemoveChild(a)
			d.Root().AddChild(outer)
		}), invalid, "where none belongs"},
		"wrapped: the signature moved to another": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			a := part(t, d.Root(), "Assertion")
			outer := evil(a)
			outer.InsertChildAt(1, part(t, a, "Signature").Copy())
			d.Root().RemoveChild(a)
			d.Root().AddChild(outer)
		}), invalid, "not over the element"},
		"wrapped: the same id twice": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			a := part(t, d.Root(), "Assertion")
			extensions := d.Root().CreateElement("samlp:Extensions")
			extensions.CreateAttr("ID", a.SelectAttrValue("ID", ""))
		}), invalid, "one ID"},
		"wrapped: a response in a response": {tampered(func(d *etree.Document) {
			inner := d.Root().Copy()
			outer := d.Root()
			unsign(outer)
			outer.SelectAttr("ID").Value = "id-evil"
			outer.RemoveChild(part(t, outer, "Assertion"))
			outer.AddChild(inner)
		}), invalid, "second response"},
		"two signatures": {tampered(func(d *etree.Document) {
			d.Root().AddChild(part(t, d.Root(), "Signature").Copy())
		}), invalid, "two signatures"},
		"a signature that carries more": {tampered(func(d *etree.Document) {
			info := part(t, d.Root(), "Signature/SignedInfo")
			for range 20 {
				info.CreateElement("ds:More")
			}
		}), invalid, "carries something else"},
		"two references": {tampered(func(d *etree.Document) {
			info := part(t, d.Root(), "Signature/SignedInfo")
			info.AddChild(part(t, info, "Reference").Copy())
		}), invalid, "not over the element"},
		"a reference to everything": {tampered(func(d *etree.Document) {
			part(t, d.Root(), "Signature/SignedInfo/Reference").SelectAttr("URI").Value = ""
		}), invalid, "not over the element"},
		"another transform": {tampered(func(d *etree.Document) {
			part(t, d.Root(), "Signature/SignedInfo/Reference/Transforms/Transform").SelectAttr("Algorithm").Value = "http://www.w3.org/TR/1999/REC-xpath-19991116"
		}), invalid, "transforms what it signs"},
		"a signature of SHA-1": {tampered(func(d *etree.Document) {
			part(t, d.Root(), "Signature/SignedInfo/SignatureMethod").SelectAttr("Algorithm").Value = dsig.RSASHA1SignatureMethod
		}), invalid, "Response signature invalid"},
		"an HMAC": {tampered(func(d *etree.Document) {
			part(t, d.Root(), "Signature/SignedInfo/SignatureMethod").SelectAttr("Algorithm").Value = "http://www.w3.org/2000/09/xmldsig#hmac-sha256"
		}), invalid, "Response signature invalid"},
		"an encrypted assertion": {tampered(func(d *etree.Document) { d.Root().CreateElement("saml:EncryptedAssertion") }), invalid, "encrypted assertions are not available"},

		"another audience": {changed(func(r *saml.IdpAuthnRequest) {
			r.Assertion.Conditions.AudienceRestrictions[0].Audience.Value = "https://shop.example.com"
		}), invalid, "required audience"},
		"no audience": {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.Conditions.AudienceRestrictions = nil }), invalid, "required audience"},
		"a second restriction to others": {changed(func(r *saml.IdpAuthnRequest) {
			c := r.Assertion.Conditions
			c.AudienceRestrictions = append(c.AudienceRestrictions, saml.AudienceRestriction{Audience: saml.Audience{Value: "https://shop.example.com"}})
		}), invalid, "required audience"},
		"another recipient": {changed(func(r *saml.IdpAuthnRequest) { confirmation(r).Recipient = "https://signin.aws.amazon.com.evil/saml" }), invalid, "required audience"},
		"no recipient":      {changed(func(r *saml.IdpAuthnRequest) { confirmation(r).Recipient = "" }), invalid, "required audience"},
		"without an end":    {changed(func(r *saml.IdpAuthnRequest) { confirmation(r).NotOnOrAfter = time.Time{} }), invalid, "bearer"},
		"not for its bearer": {changed(func(r *saml.IdpAuthnRequest) {
			r.Assertion.Subject.SubjectConfirmations[0].Method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
		}), invalid, "bearer"},
		"unconfirmed": {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.Subject.SubjectConfirmations = nil }), invalid, "bearer"},
		"over":        {changed(func(r *saml.IdpAuthnRequest) { confirmation(r).NotOnOrAfter = now.Add(-time.Second) }), "ExpiredTokenException", "5 minutes"},
		"its conditions over": {changed(func(r *saml.IdpAuthnRequest) {
			r.Assertion.Conditions.NotOnOrAfter = now.Add(-time.Second)
		}), "ExpiredTokenException", "5 minutes"},
		"its conditions to come": {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.Conditions.NotBefore = now.Add(2 * time.Minute) }), invalid, "future"},
		"issued long ago":        {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.IssueInstant = now.Add(-6 * time.Minute) }), "ExpiredTokenException", "5 minutes"},
		"of the future":          {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.IssueInstant = now.Add(2 * time.Minute) }), invalid, "future"},
		"its sign-in over": {changed(func(r *saml.IdpAuthnRequest) {
			r.Assertion.AuthnStatements[0].SessionNotOnOrAfter = new(now.Add(-time.Second))
		}), "ExpiredTokenException", ""},
		"another issuer":  {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.Issuer.Value = second.entity }), invalid, "Issuer not present"},
		"another version": {tampered(func(d *etree.Document) { unsign(d.Root()); d.Root().SelectAttr("Version").Value = "1.1" }), invalid, "2.0"},
		"no subject":      {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.Subject.NameID = nil }), invalid, "NameID"},
		"no conditions":   {changed(func(r *saml.IdpAuthnRequest) { r.Assertion.Conditions = nil }), invalid, "Conditions"},
		"not signed in": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			part(t, d.Root(), "Status/StatusCode").SelectAttr("Value").Value = "urn:oasis:names:tc:SAML:2.0:status:Responder"
		}), "IDPRejectedClaim", ""},
		"sent elsewhere": {tampered(func(d *etree.Document) {
			unsign(d.Root())
			d.Root().SelectAttr("Destination").Value = "https://shop.example.com/acs"
		}), invalid, "required audience"},
	} {
		_, err := w.redeem(c.response)
		w.said(name, err, c.code, c.said)
		if err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	_, err := w.redeem(encode(t, w.idp.signed(w.request())))
	w.refused("and one that is good", err, "")
}
