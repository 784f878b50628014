package account_test

import (
	"encoding/base64"
	"reflect"
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// FuzzSAMLResponse: whatever is cut out of a signed response or put into it, it
// is refused, or it says what the provider has signed and nothing else.
func FuzzSAMLResponse(f *testing.F) {
	now := new(clock.Clock)
	db := open(f, store.Options{Memory: true, Clock: now})
	s := started(f, db, openRing(f, db, keyring.NewMaster()), account.Credentials{})
	idp := newSAMLIDP(f, "idp.example.com", firstKey())
	call := accessCall(now)
	made, err := s.CreateSAMLProvider(f.Context(), call, &iam.CreateSAMLProviderInput{Name: new("corp"), SAMLMetadataDocument: new(idp.metadata())})
	if err != nil {
		f.Fatal(err)
	}
	at := call.Time
	d := idp.signed(idp.request(at, attribute(awsNames+"RoleSessionName", "ann")))
	both, err := d.WriteToBytes()
	if err != nil {
		f.Fatal(err)
	}
	d.Root().RemoveChild(part(f, d.Root(), "Signature"))
	inner, err := d.WriteToBytes()
	if err != nil {
		f.Fatal(err)
	}
	want, err := s.VerifySAML(at, *made.SAMLProviderArn, base64.StdEncoding.EncodeToString(both))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint(0), uint(0), `<!DOCTYPE a [<!ENTITY b "c">]>`, true)
	f.Add(uint(700), uint(0), "<!-- -->", false)
	f.Add(uint(len(inner)-18), uint(0), `<saml:Assertion ID="x"/>`, false)
	f.Fuzz(func(t *testing.T, from, cut uint, insert string, outer bool) {
		text := inner
		if outer {
			text = both
		}
		from %= uint(len(text) + 1)
		cut = min(cut%512, uint(len(text))-from)
		text = slices.Concat(text[:from], []byte(insert), text[from+cut:])
		got, err := s.VerifySAML(at, *made.SAMLProviderArn, base64.StdEncoding.EncodeToString(text))
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("it says %+v", got)
		}
	})
}

func BenchmarkVerifySAML(b *testing.B) {
	now := new(clock.Clock)
	db := open(b, store.Options{Memory: true, Clock: now})
	s := started(b, db, openRing(b, db, keyring.NewMaster()), account.Credentials{})
	idp := newSAMLIDP(b, "idp.example.com", firstKey())
	call := accessCall(now)
	made, err := s.CreateSAMLProvider(b.Context(), call, &iam.CreateSAMLProviderInput{Name: new("corp"), SAMLMetadataDocument: new(idp.metadata())})
	if err != nil {
		b.Fatal(err)
	}
	response := encode(b, idp.signed(idp.request(call.Time, attribute(awsNames+"RoleSessionName", "ann"))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.VerifySAML(call.Time, *made.SAMLProviderArn, response); err != nil {
			b.Fatal(err)
		}
	}
}
