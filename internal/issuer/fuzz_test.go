package issuer_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/verify"
)

// Whatever the documents say: no key, unless the configuration names exactly its
// issuer, and nobody but this machine is asked.
func FuzzConfiguration(f *testing.F) {
	f.Add(`{"issuer":"%s","jwks_uri":"%s/keys"}`)
	f.Add(`{"issuer":"%s","jwks_uri":"%s/keys","issuer":"x"}`)
	f.Add(`{"issuer":"%s/","jwks_uri":"https://192.0.2.1/"}`)
	f.Add(`{"issuer":"%s","jwks_uri":"%s/keys","iSsuer":""}`)
	f.Add(`{"jwks_uri":["%s/keys"],"issuer":{"a":1}}`)
	p := newProvider(f, "a")
	f.Fuzz(func(t *testing.T, document string) {
		if strings.Contains(strings.ToLower(document), "https") {
			return // it might be somebody's address
		}
		p.change(func() { p.document = document })
		d, _ := directory(t, nil)
		key, err := find(t, d, p.URL).Key(t.Context(), "a")
		if (err == nil) == (key == verify.Key{}) {
			t.Fatalf("%v, %v", key, err)
		}
		if err == nil {
			var read map[string]any
			if json.Unmarshal([]byte(strings.ReplaceAll(document, "%s", p.URL)), &read) != nil || read["issuer"] != p.URL {
				t.Errorf("believed: %q", document)
			}
		}
		if err != nil && !errors.Is(err, verify.ErrKeysUnavailable) && !errors.Is(err, verify.ErrUnknownKey) {
			t.Errorf("untyped: %v", err)
		}
	})
}

func BenchmarkKey(b *testing.B) {
	p := newProvider(b, "a")
	d, _ := directory(b, nil)
	i := find(b, d, p.URL)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Key(b.Context(), "a"); err != nil {
			b.Fatal(err)
		}
	}
}
