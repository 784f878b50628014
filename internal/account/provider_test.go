package account_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func TestAnOpenIDConnectProviderFromItsMakingToItsEnd(t *testing.T) {
	w := newWorld(t)
	root, ctx := w.iam(w.root), t.Context()
	print := strings.Repeat("0a", 20)
	made := done[*iam.CreateOpenIDConnectProviderOutput](w)(root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: new("https://idp.example.com/tenant"), ClientIDList: []string{"b", "a", "b"}, ThumbprintList: []string{print}, Tags: []types.Tag{{Key: new("team"), Value: new("pizza")}},
	}))
	arn := made.OpenIDConnectProviderArn
	if *arn != "arn:aws:iam::"+number+":oidc-provider/idp.example.com/tenant" || len(made.Tags) != 1 {
		t.Errorf("made %s with %d tags", *arn, len(made.Tags))
	}
	_, err := root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: new("https://idp.example.com/tenant")})
	w.said("a second time", err, "EntityAlreadyExists", "Provider with url https://idp.example.com/tenant already exists.")
	for range 2 { // which changes nothing the second time
		done[*iam.AddClientIDToOpenIDConnectProviderOutput](w)(root.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("c")}))
		done[*iam.RemoveClientIDFromOpenIDConnectProviderOutput](w)(root.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("b")}))
	}
	done[*iam.UpdateOpenIDConnectProviderThumbprintOutput](w)(root.UpdateOpenIDConnectProviderThumbprint(ctx, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{print, print}}))
	done[*iam.TagOpenIDConnectProviderOutput](w)(root.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, Tags: []types.Tag{{Key: new("shift"), Value: new("late")}}}))
	done[*iam.UntagOpenIDConnectProviderOutput](w)(root.UntagOpenIDConnectProvider(ctx, &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, TagKeys: []string{"TEAM"}}))
	shown := done[*iam.GetOpenIDConnectProviderOutput](w)(root.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))
	tags := done[*iam.ListOpenIDConnectProviderTagsOutput](w)(root.ListOpenIDConnectProviderTags(ctx, &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn}))
	if *shown.Url != "idp.example.com/tenant" || !slices.Equal(shown.ClientIDList, []string{"a", "c"}) || len(shown.ThumbprintList) != 2 || shown.CreateDate == nil ||
		len(shown.Tags) != 1 || len(tags.Tags) != 1 || *tags.Tags[0].Key != "shift" {
		t.Errorf("shown %+v", shown)
	}
	list := done[*iam.ListOpenIDConnectProvidersOutput](w)(root.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{}))
	if len(list.OpenIDConnectProviderList) != 1 || *list.OpenIDConnectProviderList[0].Arn != *arn {
		t.Errorf("listed %+v", list)
	}
	for range 2 {
		done[*iam.DeleteOpenIDConnectProviderOutput](w)(root.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))
	}
	_, err = root.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	w.said("when it is gone", err, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+*arn)
	_, err = root.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("c")})
	w.refused("a client of what is gone", err, "NoSuchEntity")
}

func TestOpenIDConnectProvidersThatAreNone(t *testing.T) {
	w := newWorld(t)
	root, ctx := w.iam(w.root), t.Context()
	for _, url := range []string{
		"", "idp.example.com", "http://idp.example.com", "ftp://idp.example.com", "https://", "https:///path", "https://user:pass@idp.example.com",
		"https://idp.example.com?x=y", "https://idp.example.com?", "https://idp.example.com#x", "https://idp.example.com/a b", "https://idp.example.com/*", "https://idp.example.com/ü",
		"https://saml", "https://aws/x", "https://cognito-identity.amazonaws.com", "https://Cognito-Identity.amazonaws.com", "https://cognito-identity.amazonaws.com.", "https://COGNITO-IDENTITY.amazonaws.com:443/x", "https://aws./x", "https://AWS:443", "http://169.254.169.254/latest", "https://idp.example.com/" + strings.Repeat("a", 255),
	} {
		_, err := root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: &url, ClientIDList: []string{"a"}})
		w.refused("the URL "+url, err, "ValidationError")
	}
	for name, in := range map[string]*iam.CreateOpenIDConnectProviderInput{
		"six thumbprints":     {ThumbprintList: slices.Repeat([]string{strings.Repeat("0a", 20)}, 6)},
		"no thumbprint":       {ThumbprintList: []string{"0a"}},
		"no hexadecimal":      {ThumbprintList: []string{strings.Repeat("zz", 20)}},
		"an empty client":     {ClientIDList: []string{""}},
		"a client's long id":  {ClientIDList: []string{strings.Repeat("a", 256)}},
		"a tag of AWS":        {Tags: []types.Tag{{Key: new("aws:x"), Value: new("")}}},
		"a tag twice":         {Tags: []types.Tag{{Key: new("x"), Value: new("")}, {Key: new("X"), Value: new("")}}},
		"a hundred and one":   {ClientIDList: numbered(101)},
		"an address, by http": {},
	} {
		in.Url = new("https://idp.example.com")
		want := map[string]string{"six thumbprints": "InvalidInput", "a tag of AWS": "InvalidInput", "a tag twice": "InvalidInput", "a hundred and one": "LimitExceeded"}[name]
		if want == "" {
			want = "ValidationError"
		}
		if name == "an address, by http" {
			in.Url = new("http://10.0.0.1")
		}
		_, err := root.CreateOpenIDConnectProvider(ctx, in)
		w.refused(name, err, want)
	}
	arn := new(w.register("https://idp.example.com", numbered(100)...))
	_, err := root.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("one more")})
	w.said("a hundred and first client", err, "LimitExceeded", "ClientIdsPerOpenIdConnectProvider: 100")
	for name, arn := range map[string]string{"another account's": "arn:aws:iam::111111111111:oidc-provider/idp.example.com", "a SAML provider": "arn:aws:iam::" + number + ":saml-provider/idp.example.com", "no ARN": "idp.example.com/and/some/more"} {
		_, err := root.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
		w.refused(name, err, "InvalidInput")
		_, err = root.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
		w.refused(name, err, "InvalidInput")
	}
	for i := range 99 {
		w.register(fmt.Sprintf("https://idp%d.example.com", i))
	}
	_, err = root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: new("https://more.example.com")})
	w.said("a hundred and first provider", err, "LimitExceeded", "Cannot exceed quota for")
}

func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("client", i)
	}
	return list
}

func TestASAMLProviderFromItsMakingToItsEnd(t *testing.T) {
	w := newWorld(t)
	root, ctx := w.iam(w.root), t.Context()
	idp := newSAMLIDP(t, "idp.example.com", firstKey())
	arn := w.trustIDP("corp", idp.metadata())
	if arn != "arn:aws:iam::"+number+":saml-provider/corp" {
		t.Errorf("made %s", arn)
	}
	_, err := root.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: new("corp"), SAMLMetadataDocument: new(idp.metadata())})
	w.refused("a second time", err, "EntityAlreadyExists")
	done[*iam.TagSAMLProviderOutput](w)(root.TagSAMLProvider(ctx, &iam.TagSAMLProviderInput{SAMLProviderArn: &arn, Tags: []types.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b"), Value: new("2")}}}))
	done[*iam.UntagSAMLProviderOutput](w)(root.UntagSAMLProvider(ctx, &iam.UntagSAMLProviderInput{SAMLProviderArn: &arn, TagKeys: []string{"a"}}))
	tags := done[*iam.ListSAMLProviderTagsOutput](w)(root.ListSAMLProviderTags(ctx, &iam.ListSAMLProviderTagsInput{SAMLProviderArn: &arn}))
	second := newSAMLIDP(t, "idp2.example.com", secondKey())
	done[*iam.UpdateSAMLProviderOutput](w)(root.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: &arn, SAMLMetadataDocument: new(second.metadata())}))
	shown := done[*iam.GetSAMLProviderOutput](w)(root.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: &arn}))
	if !strings.Contains(*shown.SAMLMetadataDocument, "idp2.example.com") || len(shown.Tags) != 1 || len(tags.Tags) != 1 || len(*shown.SAMLProviderUUID) < 22 || shown.ValidUntil.Before(w.clock.Now().Add(time.Hour)) {
		t.Errorf("shown %+v", shown)
	}
	list := done[*iam.ListSAMLProvidersOutput](w)(root.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{}))
	if len(list.SAMLProviderList) != 1 || *list.SAMLProviderList[0].Arn != arn {
		t.Errorf("listed %+v", list)
	}
	done[*iam.DeleteSAMLProviderOutput](w)(root.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: &arn}))
	_, err = root.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: &arn})
	w.refused("again", err, "NoSuchEntity")
}

func TestMetadataThatIsNone(t *testing.T) {
	w := newWorld(t)
	root, ctx := w.iam(w.root), t.Context()
	good := newSAMLIDP(t, "idp.example.com", firstKey()).metadata()
	pad := "<!--" + strings.Repeat("x", 1000) + "-->"
	withKey := func(key any) string {
		idp := newSAMLIDP(t, "idp.example.com", firstKey())
		idp.Certificate = certificate(t, key, w.clock.Now())
		return idp.metadata()
	}
	elliptic := withKey(ecdsaKey(t))
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak := withKey(small)
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the metadata has no %s", old)
		}
		return strings.ReplaceAll(good, old, new)
	}
	for name, c := range map[string]struct{ text, code string }{
		"short":                  {"<EntityDescriptor/>", "ValidationError"},
		"long":                   {good + strings.Repeat(" ", 256<<10), "ValidationError"},
		"no XML":                 {strings.Repeat("x", 1000), "InvalidInput"},
		"a document type":        {`<!DOCTYPE x [<!ENTITY a "b">]>` + good, "InvalidInput"},
		"an outside entity":      {`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + good, "InvalidInput"},
		"cut short":              {good[:len(good)-20], "InvalidInput"},
		"twice":                  {good + good, "InvalidInput"},
		"another name space":     {swap("urn:oasis:names:tc:SAML:2.0:metadata", "urn:x"), "InvalidInput"},
		"a service provider":     {swap("IDPSSODescriptor", "SPSSODescriptor"), "InvalidInput"},
		"another protocol":       {swap("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol"), "InvalidInput"},
		"no place to sign in":    {swap("SingleSignOnService", "ArtifactResolutionService"), "InvalidInput"},
		"no key that signs":      {swap(`use="signing"`, `use="encryption"`), "InvalidInput"},
		"a certificate cut":      {swap("<X509Certificate", "<X509Certificate>AAAA</X509Certificate><X509Certificate"), "InvalidInput"},
		"no entity id":           {swap(`entityID="https://idp.example.com/metadata"`, ``), "InvalidInput"},
		"an end that is no time": {swap(`validUntil="`, `validUntil="x`), "InvalidInput"},
		"over":                   {swap(`validUntil="2`, `validUntil="1`), "InvalidInput"},
		"a key that is not RSA":  {elliptic, "InvalidInput"},
		"a key of 1024 bits":     {weak, "InvalidInput"},
		"a comment":              {good + pad, ""},
	} {
		_, err := root.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: new("corp"), SAMLMetadataDocument: &c.text})
		w.refused(name, err, c.code)
	}
	for name, in := range map[string]*iam.CreateSAMLProviderInput{
		"a private key":        {Name: new("x"), AddPrivateKey: new("x")},
		"encrypted assertions": {Name: new("x"), AssertionEncryptionMode: types.AssertionEncryptionModeTypeRequired},
	} {
		in.SAMLMetadataDocument = &good
		_, err := root.CreateSAMLProvider(ctx, in)
		w.said(name, err, "InvalidInput", "not available here")
	}
	_, err = root.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: new("a/b"), SAMLMetadataDocument: &good})
	w.refused("a name with a slash", err, "ValidationError")
	_, err = root.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: new("arn:aws:iam::" + number + ":saml-provider/corp")})
	w.refused("nothing to update", err, "InvalidInput")
}

func TestPoliciesAreAskedAboutProvidersByARNAndTag(t *testing.T) {
	w := newWorld(t)
	arn := w.register("https://idp.example.com/a", "app")
	done[*iam.TagOpenIDConnectProviderOutput](w)(w.iam(w.root).TagOpenIDConnectProvider(t.Context(), &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, Tags: []types.Tag{{Key: new("team"), Value: new("pizza")}}}))
	get := func(policy string, name string) error {
		c := w.user(name, policy)
		_, err := w.iam(c).GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
		return err
	}
	w.refused("by its ARN", get(allow("iam:GetOpenIDConnectProvider", arn), "a"), "")
	w.refused("by another's", get(allow("iam:GetOpenIDConnectProvider", arn+"b"), "b"), "AccessDenied")
	tagged := func(team string) string {
		return doc(`{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"` + team + `"}}}`)
	}
	w.refused("by its tag", get(tagged("pizza"), "c"), "")
	w.refused("by another tag", get(tagged("pasta"), "d"), "AccessDenied")
	maker := w.user("maker", doc(`{"Effect":"Allow","Action":"iam:CreateOpenIDConnectProvider","Resource":"arn:aws:iam::`+number+`:oidc-provider/idp.example.com/m*","Condition":{"StringEquals":{"aws:RequestTag/team":"pizza"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}`))
	make := func(url, team string) error {
		_, err := w.iam(maker).CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: &url, Tags: []types.Tag{{Key: new("team"), Value: &team}}})
		return err
	}
	w.refused("made with its tag", make("https://idp.example.com/m", "pizza"), "")
	w.refused("made with another", make("https://idp.example.com/mm", "pasta"), "AccessDenied")
	w.refused("made elsewhere", make("https://idp.example.com/n", "pizza"), "AccessDenied")
	w.refused("a list, which concerns all", func() error {
		_, err := w.iam(maker).ListOpenIDConnectProviders(t.Context(), &iam.ListOpenIDConnectProvidersInput{})
		return err
	}(), "AccessDenied")
}
