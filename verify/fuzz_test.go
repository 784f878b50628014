package verify_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/verify"
)

// Whatever comes in: no panic, a typed refusal that is fit for a log, and no
// token that go-jose would refuse.
func FuzzVerify(f *testing.F) {
	for _, s := range everySigner() {
		f.Add(s.token(accessClaims()))
	}
	f.Add("")
	f.Add("..")
	f.Add(segment(`{"alg":"none"}`) + "." + segment(`{}`) + ".")
	keys := oracleKeys(everySigner()...)
	v := everyVerifier(f, everyKey(f))
	f.Fuzz(func(t *testing.T, text string) {
		token, err := v.Verify(t.Context(), text)
		expectHonest(t, token, err, text)
		if err == nil && !oracleAccepts(keys, text) {
			t.Errorf("go-jose refuses %q", text)
		}
		if decoded, err := verify.InsecureDecode(text); (decoded == nil) == (err == nil) {
			t.Errorf("InsecureDecode: %v, %v", decoded, err)
		}
	})
}

// With a real signature under it, any header and payload gets past the first
// checks.
func FuzzSignedText(f *testing.F) {
	s := everySigner()[9]
	f.Add(s.header(), toJSON(accessClaims()))
	f.Add(`{"alg":"EdDSA","kid":"eddsa","typ":"JWT","crit":[]}`, `{"exp":1e9,"iss":"\u0041","aud":["x"],"scope":["a b"],"cognito:groups":["\ud83c\udf55"]}`)
	f.Add(`{"alg":"EdDSA","kid":"eddsa"}`, `{"a":{"b":[1.5e-3,-0,null,true,false,{}]}, "":""}`)
	keys := oracleKeys(everySigner()...)
	v := everyVerifier(f, everyKey(f))
	f.Fuzz(func(t *testing.T, header, payload string) {
		text := s.sign(header, payload)
		token, err := v.Verify(t.Context(), text)
		expectHonest(t, token, err, text)
		if err == nil && !oracleAccepts(keys, text) {
			t.Errorf("go-jose refuses %q %q", header, payload)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(jwks(accessSigner(), idSigner())))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","kid":"a"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"fU0Of2FTpptiQrUiq77mhf2kQg-INLEIw72uNp71Sfo"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := verify.ParseKeys(text)
		if (set == nil) == (err == nil) {
			t.Fatalf("%v, %v", set, err)
		}
		if err == nil && len(set.IDs()) == 0 {
			t.Error("a set without keys")
		}
	})
}

func expectHonest(t *testing.T, token *verify.Token, err error, text string) {
	t.Helper()
	if (token == nil) == (err == nil) {
		t.Fatalf("%v, %v", token, err)
	}
	if err == nil {
		return
	}
	var refusal *verify.Error
	if !errors.As(err, &refusal) || refusal.Check == 0 {
		t.Fatalf("an untyped refusal: %v", err)
	}
	if message := err.Error(); len(message) > 2000 || strings.ContainsAny(message, "\r\n\x00\x1b") {
		t.Errorf("not fit for a log: %q", message)
	}
}
