package account_test

import (
	"crypto"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
)

// samlWorld is a world with a provider, and a role that it may give.
type samlWorld struct {
	*world
	idp            *samlIDP
	provider, role string
}

const bySAML = `["sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity"]`

func newSAMLWorld(t *testing.T) *samlWorld {
	w := &samlWorld{world: newWorld(t), idp: newSAMLIDP(t, "idp.example.com", firstKey())}
	w.account.Join(account.Neighbours{URL: w.url})
	w.provider = w.trustIDP("corp", w.idp.metadata())
	w.role = w.world.role("cook", webTrust(w.provider, bySAML, `{"StringEquals":{"SAML:aud":"`+signInPage+`","saml:iss":"`+w.idp.entity+`"}}`), allow("iam:ListUsers", "*"))
	return w
}

// attributes are those that a session in the role needs.
func (w *samlWorld) attributes(more ...saml.Attribute) []saml.Attribute {
	return append([]saml.Attribute{attribute(awsNames+"Role", w.provider+","+w.role), attribute(awsNames+"RoleSessionName", "ann")}, more...)
}

func (w *samlWorld) request(more ...saml.Attribute) *saml.IdpAuthnRequest {
	return w.idp.request(w.clock.Now(), w.attributes(more...)...)
}

func (w *samlWorld) redeem(response string) (*sts.AssumeRoleWithSAMLOutput, error) {
	return w.redeemFor(response, &sts.AssumeRoleWithSAMLInput{})
}

func (w *samlWorld) redeemFor(response string, in *sts.AssumeRoleWithSAMLInput) (*sts.AssumeRoleWithSAMLOutput, error) {
	in.SAMLAssertion = &response
	if in.RoleArn == nil {
		in.RoleArn = &w.role
	}
	if in.PrincipalArn == nil {
		in.PrincipalArn = &w.provider
	}
	return w.sts(aws.Credentials{}).AssumeRoleWithSAML(w.Context(), in)
}

func TestAnAssertionBecomesCredentials(t *testing.T) {
	w := newSAMLWorld(t)
	done[*iam.PutRolePolicyOutput](w.world)(w.iam(w.root).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: new("cook"), PolicyName: new("own"), PolicyDocument: new(
		doc(`{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"saml:sub":"ann@example.com","saml:sub_type":"persistent","saml:doc":"` + number + `/corp",
			"saml:cn":"Ann","aws:PrincipalTag/team":"pizza","aws:SourceIdentity":"ann"},"ForAllValues:StringEquals":{"saml:edupersonaffiliation":["staff","cooks"]}}}`))}))
	r := w.request(attribute(awsNames+"PrincipalTag:team", "pizza"), attribute(awsNames+"TransitiveTagKeys", "team"), attribute(awsNames+"SourceIdentity", "ann"), attribute(awsNames+"SessionDuration", "1800"))
	out := done[*sts.AssumeRoleWithSAMLOutput](w.world)(w.redeem(encode(t, w.idp.signed(r))))
	sum := sha1.Sum([]byte(w.idp.entity + number + "/corp"))
	if *out.Audience != signInPage || *out.Issuer != w.idp.entity || *out.Subject != "ann@example.com" || *out.SubjectType != "persistent" ||
		*out.NameQualifier != base64.StdEncoding.EncodeToString(sum[:]) || *out.SourceIdentity != "ann" || *out.AssumedRoleUser.Arn != "arn:aws:sts::"+number+":assumed-role/cook/ann" {
		t.Errorf("answered %+v", out)
	}
	c := temporary(out.Credentials)
	w.refused("what the role may", w.listUsers(c), "")
	w.clock.Advance(31 * time.Minute)
	w.refused("after the time that the provider gave", w.listUsers(c), "ExpiredToken")
}

func TestEitherSignatureIsEnoughAndBothMustHold(t *testing.T) {
	w := newSAMLWorld(t)
	d := w.idp.signed(w.request())
	d.Root().RemoveChild(part(t, d.Root(), "Signature"))
	_, err := w.redeem(encode(t, d))
	w.refused("the assertion's alone", err, "")
	r := w.request()
	_, err = w.redeem(encode(t, w.idp.signResponse(r, r.Assertion.Element(), firstKey())))
	w.refused("the response's alone", err, "")
	r = w.request()
	if err := r.MakeAssertionEl(); err != nil {
		t.Fatal(err)
	}
	_, err = w.redeem(encode(t, w.idp.signResponse(r, r.AssertionEl, secondKey())))
	w.said("a good one in a bad one", err, "InvalidIdentityToken", "Response signature invalid")
}

// signResponse signs the response alone, around an assertion as it is.
func (i *samlIDP) signResponse(r *saml.IdpAuthnRequest, assertion *etree.Element, key any) *etree.Document {
	response := &saml.Response{ID: "id-response", IssueInstant: r.Now, Version: "2.0", Destination: signInPage,
		Issuer: &saml.Issuer{Value: i.entity}, Status: saml.Status{StatusCode: saml.StatusCode{Value: saml.StatusSuccess}}}
	e := response.Element()
	e.AddChild(assertion)
	return i.again(i.envelope(e, key))
}

func (i *samlIDP) envelope(e *etree.Element, key any) *etree.Element {
	c := certificate(i.t, key, i.Certificate.NotBefore)
	signing, err := dsig.NewSigningContext(key.(crypto.Signer), [][]byte{c.Raw})
	if err != nil {
		i.t.Fatal(err)
	}
	signing.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := signing.SetSignatureMethod(dsig.RSASHA256SignatureMethod); err != nil {
		i.t.Fatal(err)
	}
	signed, err := signing.SignEnveloped(e)
	if err != nil {
		i.t.Fatal(err)
	}
	return signed
}

func TestAnAssertionIsGoodOnce(t *testing.T) {
	w := newSAMLWorld(t)
	response := encode(t, w.idp.signed(w.request()))
	other := w.world.role("other", webTrust(w.provider, bySAML, ""), "")
	_, err := w.redeemFor(response, &sts.AssumeRoleWithSAMLInput{RoleArn: &other})
	w.refused("for a role that it does not offer", err, "AccessDenied")
	answers := make(chan error)
	for range 8 {
		go func() {
			_, err := w.redeem(response)
			answers <- err
		}()
	}
	good := 0
	for range 8 {
		if err := <-answers; err == nil {
			good++
		} else {
			w.said("again", err, "InvalidIdentityToken", "used before")
		}
	}
	if good != 1 {
		t.Errorf("eight at once: %d were let in", good)
	}
	// The same assertion in another wrapping is the same assertion.
	d := w.idp.signed(w.request())
	_, err = w.redeem(encode(t, d))
	w.refused("a new one", err, "")
	d.Root().RemoveChild(part(t, d.Root(), "Signature"))
	d.Root().SelectAttr("ID").Value = "id-other"
	_, err = w.redeem(encode(t, d))
	w.said("again, in another response", err, "InvalidIdentityToken", "used before")
}

func TestAnAssertionIsGoodOnceOnAllNodes(t *testing.T) {
	w := newSAMLWorld(t)
	nodes := []*account.Service{w.account}
	for range 3 {
		nodes = append(nodes, started(t, w.db, w.ring, account.Credentials{}))
	}
	for round := range 4 {
		response := encode(t, w.idp.signed(w.request()))
		answers := make(chan error)
		for _, node := range nodes {
			go func() {
				_, err := node.AssumeRoleWithSAML(t.Context(), &access.Call{Account: number, Time: w.clock.Now()}, &sts.AssumeRoleWithSAMLInput{SAMLAssertion: &response, RoleArn: &w.role, PrincipalArn: &w.provider})
				answers <- err
			}()
		}
		good := 0
		for range nodes {
			if err := <-answers; err == nil {
				good++
			} else {
				w.said("at another node", err, "InvalidIdentityToken", "used before")
			}
		}
		if good != 1 {
			t.Errorf("round %d: %d nodes took it", round, good)
		}
	}
}

func TestANodeWhoseClockIsAheadForgetsNothingThatAnotherTakes(t *testing.T) {
	w := newSAMLWorld(t)
	behind, now := started(t, w.db, w.ring, account.Credentials{}), w.clock.Now()
	redeem := func(node *account.Service, now time.Time, response string) error {
		_, err := node.AssumeRoleWithSAML(t.Context(), &access.Call{Account: number, Time: now}, &sts.AssumeRoleWithSAMLInput{SAMLAssertion: &response, RoleArn: &w.role, PrincipalArn: &w.provider})
		return err
	}
	first := encode(t, w.idp.signed(w.idp.request(now, w.attributes()...)))
	w.refused("at first", redeem(w.account, now, first), "")
	later := now.Add(7 * time.Minute)
	w.refused("another one, much later", redeem(w.account, later, encode(t, w.idp.signed(w.idp.request(later, w.attributes()...)))), "")
	w.said("the first, where it is earlier", redeem(behind, now.Add(time.Minute), first), "InvalidIdentityToken", "used before")
}

func TestWhatAnAssertionMustSayForARole(t *testing.T) {
	w := newSAMLWorld(t)
	session := attribute(awsNames+"RoleSessionName", "ann")
	role := attribute(awsNames+"Role", w.role+","+w.provider) // the other way round
	untrusting := w.world.role("untrusting", webTrust(w.provider, byWeb, ""), "")
	plain := w.world.role("plain", webTrust(w.provider, `"sts:AssumeRoleWithSAML"`, ""), "")
	offered := func(arn string) saml.Attribute { return attribute(awsNames+"Role", w.provider+", "+arn) }
	in := func(role string) *sts.AssumeRoleWithSAMLInput { return &sts.AssumeRoleWithSAMLInput{RoleArn: &role} }
	const invalid = "InvalidIdentityToken"
	const denied = "Not authorized to perform sts:AssumeRoleWithSAML"
	for name, c := range map[string]struct {
		attributes []saml.Attribute
		in         *sts.AssumeRoleWithSAMLInput
		code, said string
	}{
		"role and name":             {[]saml.Attribute{role, session}, in(w.role), "", ""},
		"no role":                   {[]saml.Attribute{session}, in(w.role), "AccessDenied", denied},
		"another role":              {[]saml.Attribute{offered(untrusting), session}, in(w.role), "AccessDenied", denied},
		"by another provider":       {[]saml.Attribute{attribute(awsNames+"Role", w.role+","+w.provider+"2"), session}, in(w.role), "AccessDenied", denied},
		"a role that does not":      {[]saml.Attribute{offered(untrusting), session}, in(untrusting), "AccessDenied", denied},
		"a role that is not there":  {[]saml.Attribute{offered(nobody), session}, in(nobody), "AccessDenied", denied},
		"no name":                   {[]saml.Attribute{role}, in(w.role), invalid, "RoleSessionName is required in AuthnResponse"},
		"two names":                 {[]saml.Attribute{role, attribute(awsNames+"RoleSessionName", "ann", "bob")}, in(w.role), invalid, "RoleSessionName is required"},
		"a name with a slash":       {[]saml.Attribute{role, attribute(awsNames+"RoleSessionName", "a/b")}, in(w.role), invalid, "RoleSessionName in AuthnResponse must match"},
		"a duration of a minute":    {[]saml.Attribute{role, session, attribute(awsNames+"SessionDuration", "60")}, in(w.role), invalid, "SessionDuration"},
		"a duration in words":       {[]saml.Attribute{role, session, attribute(awsNames+"SessionDuration", "long")}, in(w.role), invalid, "SessionDuration"},
		"longer than the role's":    {[]saml.Attribute{role, session}, &sts.AssumeRoleWithSAMLInput{DurationSeconds: new(int32(3601))}, "ValidationError", "MaxSessionDuration"},
		"tags that are not allowed": {[]saml.Attribute{offered(plain), session, attribute(awsNames+"PrincipalTag:a", "b")}, in(plain), "AccessDenied", denied},
		"a tag with two values":     {[]saml.Attribute{role, session, attribute(awsNames+"PrincipalTag:a", "b", "c")}, in(w.role), invalid, "one value"},
		"a transitive tag alone":    {[]saml.Attribute{role, session, attribute(awsNames+"TransitiveTagKeys", "a")}, in(w.role), "InvalidParameterValue", ""},
		"a source that may not be":  {[]saml.Attribute{offered(plain), session, attribute(awsNames+"SourceIdentity", "ann")}, in(plain), "AccessDenied", denied},
		"a source with a blank":     {[]saml.Attribute{role, session, attribute(awsNames+"SourceIdentity", "a b")}, in(w.role), invalid, "Source Identity"},
		"an unknown provider":       {[]saml.Attribute{role, session}, &sts.AssumeRoleWithSAMLInput{PrincipalArn: new(w.provider + "2")}, invalid, "Specified provider doesn't exist"},
		"no provider's ARN":         {[]saml.Attribute{role, session}, &sts.AssumeRoleWithSAMLInput{PrincipalArn: &w.role}, "ValidationError", "is invalid"},
		"more than can be carried":  {[]saml.Attribute{role, session, attribute("urn:oid:1.3.6.1.4.1.5923.1.1.1.7", noise(6000))}, in(w.role), "PackedPolicyTooLarge", ""},
	} {
		_, err := w.redeemFor(encode(t, w.idp.signed(w.idp.request(w.clock.Now(), c.attributes...))), c.in)
		w.said(name, err, c.code, c.said)
	}
}

func TestTheServersOwnAddressIsARecipient(t *testing.T) {
	w := newSAMLWorld(t)
	r := w.request()
	r.Assertion.Conditions.AudienceRestrictions[0].Audience.Value = w.url + "/saml"
	r.Assertion.Subject.SubjectConfirmations[0].SubjectConfirmationData.Recipient = "https://eu-west-1.signin.aws.amazon.com/saml"
	r.ACSEndpoint.Location = w.url + "/saml"
	end := w.clock.Now().Add(20 * time.Minute)
	r.Assertion.AuthnStatements[0].SessionNotOnOrAfter = &end
	identity, err := w.account.VerifySAML(w.clock.Now(), w.provider, encode(t, w.idp.signed(r)))
	if err != nil || identity.Subject != "ann@example.com" || identity.Attributes["urn:oid:2.5.4.3"][0] != "Ann" {
		t.Fatalf("%+v, %v", identity, err)
	}
	if _, err := w.account.VerifySAML(w.clock.Now(), w.provider+"2", ""); !errors.Is(err, account.ErrNoProvider) {
		t.Error(err)
	}
	r = w.request()
	r.Assertion.AuthnStatements[0].SessionNotOnOrAfter = &end
	out := done[*sts.AssumeRoleWithSAMLOutput](w.world)(w.redeem(encode(t, w.idp.signed(r))))
	if out.Credentials.Expiration.After(end) {
		t.Errorf("the session goes on until %s, the sign-in until %s", out.Credentials.Expiration, end)
	}
}

func TestMetadataThatChangesCountsAtOnce(t *testing.T) {
	w := newSAMLWorld(t)
	before := encode(t, w.idp.signed(w.request()))
	next := newSAMLIDP(t, "idp.example.com", secondKey())
	done[*iam.UpdateSAMLProviderOutput](w.world)(w.iam(w.root).UpdateSAMLProvider(t.Context(), &iam.UpdateSAMLProviderInput{SAMLProviderArn: &w.provider, SAMLMetadataDocument: new(next.metadata())}))
	_, err := w.redeem(before)
	w.said("by the old key", err, "InvalidIdentityToken", "Response signature invalid")
	_, err = w.redeem(encode(t, next.signed(next.request(w.clock.Now(), w.attributes()...))))
	w.refused("by the new one", err, "")
	w.clock.Advance(49 * time.Hour)
	_, err = w.redeem(encode(t, next.signed(next.request(w.clock.Now(), w.attributes()...))))
	w.said("when the metadata is over", err, "InvalidIdentityToken", "metadata was valid until")
	done[*iam.DeleteSAMLProviderOutput](w.world)(w.iam(w.root).DeleteSAMLProvider(t.Context(), &iam.DeleteSAMLProviderInput{SAMLProviderArn: &w.provider}))
	_, err = w.redeem(encode(t, next.signed(next.request(w.clock.Now(), w.attributes()...))))
	w.said("of a provider that is gone", err, "InvalidIdentityToken", "Specified provider doesn't exist")
}
