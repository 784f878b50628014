package passkey

import (
	"encoding/base64"
	"errors"
	"testing"
)

func TestWhichOriginsSpeakForARelyingParty(t *testing.T) {
	for origin, want := range map[string]map[string]bool{
		"https://example.com":           {"example.com": true, "shop.example.com": false, "localhost": false},
		"https://shop.example.com":      {"example.com": true, "shop.example.com": true},
		"https://a.b.example.com:8443":  {"example.com": true},
		"http://example.com":            {"example.com": false},
		"http://localhost":              {"localhost": true, "example.com": false},
		"http://localhost:3000":         {"localhost": true},
		"https://localhost:3000":        {"localhost": true},
		"http://app.localhost:3000":     {"localhost": false},
		"https://badexample.com":        {"example.com": false},
		"https://example.com.evil.org":  {"example.com": false},
		"https://example.com@evil.org":  {"example.com": false},
		"https://evil.org#.example.com": {"example.com": false},
		"https://evil.org/.example.com": {"example.com": false},
		"https://evil.org?.example.com": {"example.com": false},
		`https://evil.org\.example.com`: {"example.com": false},
		"https://example.com/":          {"example.com": false},
		"https://example.com:":          {"example.com": false},
		"https://example.com:0":         {"example.com": false},
		"https://example.com:99999":     {"example.com": false},
		"https://EXAMPLE.com":           {"example.com": false},
		"HTTPS://example.com":           {"example.com": false},
		"https://.example.com":          {"": false},
		"https://":                      {"": false, "example.com": false},
		"":                              {"": false, "example.com": false},
		"null":                          {"": false, "example.com": false},
		"example.com":                   {"example.com": false},
		"ftp://example.com":             {"example.com": false},
		"android:apk-key-hash:abc":      {"example.com": false},
		"https://[::1]":                 {"localhost": false, "": false},
	} {
		for id, allowed := range want {
			if got := (RelyingParty{ID: id}).allows(origin); got != allowed {
				t.Errorf("%s for %q: %v, want %v", origin, id, got, allowed)
			}
		}
	}
}

func TestCountersGoUp(t *testing.T) {
	for _, c := range []struct {
		kept, came uint32
		want       error
	}{
		{0, 0, nil}, {0, 1, nil}, {1, 2, nil}, {1, 1 << 31, nil}, {1, 1, ErrRolledBack}, {2, 1, ErrRolledBack}, {1, 0, ErrRolledBack},
	} {
		key := &Credential{Counter: c.kept}
		if err := key.Count(Proof{Counter: c.came}); !errors.Is(err, c.want) || err == nil && key.Counter != c.came {
			t.Errorf("%d after %d: %v, now %d", c.came, c.kept, err, key.Counter)
		}
	}
}

// Whatever bytes come as an answer, they are read or refused, and prove nothing.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA"}}`,
		`{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","signature":"MAA","userHandle":""}}`,
		registration, assertion, `{}`, `[]`, `null`, `"x"`,
	} {
		f.Add([]byte(seed))
	}
	rp := RelyingParty{ID: "example.com"}
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := ReadRegistration(text); err == nil {
			if _, err := rp.Register(r, []byte("a challenge that nobody was given")); err == nil {
				t.Error("a registration of no challenge")
			}
			if challenge, err := r.Challenge(); err == nil {
				if key, err := rp.Register(r, challenge); err == nil && (len(key.ID) == 0 || len(key.PublicKey) == 0) {
					t.Error("a key that is none")
				}
			}
		} else if !errors.Is(err, ErrMalformed) {
			t.Errorf("%v", err)
		}
		if a, err := ReadAssertion(text); err == nil {
			key := &Credential{ID: a.CredentialID(), PublicKey: key(t)}
			if _, err := rp.Prove(a, []byte("a challenge that nobody was given"), key); err == nil {
				t.Error("a proof of no challenge")
			}
		} else if !errors.Is(err, ErrMalformed) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatABrowserSaid(t *testing.T) {
	r, err := ReadRegistration([]byte(registration))
	if err != nil {
		t.Fatal(err)
	}
	challenge, err := r.Challenge()
	if err != nil {
		t.Fatal(err)
	}
	rp := RelyingParty{ID: "example.com", VerifyUser: true}
	key, err := rp.Register(r, challenge)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ReadAssertion([]byte(assertion))
	if err != nil {
		t.Fatal(err)
	}
	if proof, err := rp.Prove(a, challenge, key); err != nil || !proof.UserVerified || proof.Counter != 1 {
		t.Errorf("%+v, %v", proof, err)
	}
	if Text(key.PublicKey) != keyText {
		t.Error("another key was read")
	}
	if _, err := (RelyingParty{ID: "com"}).Prove(a, challenge, key); !errors.Is(err, ErrRelyingParty) {
		t.Errorf("for another relying party: %v", err)
	}
}

func key(t testing.TB) []byte {
	b, err := base64.RawURLEncoding.DecodeString(keyText)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
