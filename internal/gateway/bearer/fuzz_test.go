package bearer_test

import (
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Whatever comes in: a refusal that is fit for a header and a log, or a caller
// whose token go-jose accepts, too.
func FuzzAuthorize(f *testing.F) {
	w := newWorld(f)
	for _, value := range []string{"", "Bearer ", "..", "Bearer " + w.token(nil), w.token(claims{"aud": "x"}), hmacToken(`{"alg":"HS256","kid":"k1"}`, w.payload(nil), nil), segment(`{"alg":"none"}`) + "." + segment("{}") + "."} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) { w.expectHonest(t, value, value) })
}

// With a real signature under it, any header and payload gets past the first
// checks.
func FuzzSignedText(f *testing.F) {
	w := newWorld(f)
	f.Add(`{"alg":"RS256","kid":"k1"}`, w.payload(nil))
	f.Add(`{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, w.payload(claims{"aud": nil, "client_id": audience, "scp": []string{"read"}, "x": []any{1, "a", nil, claims{"b": "\"\\"}}}))
	f.Add(`{"alg":"RS512","kid":"k2","crit":[]}`, `{"exp":1e9,"iss":"\u0041","aud":["x"],"scope":["a b"]}`)
	f.Fuzz(func(t *testing.T, header, payload string) {
		token := forge(header, payload)
		w.expectHonest(t, token, token)
	})
}

func (w *world) expectHonest(t *testing.T, value, token string) {
	for range 2 {
		caller, refusal := w.Authorize(t.Context(), []string{value}, []string{"read"})
		if (caller == nil) == (refusal == nil) {
			t.Fatalf("%v, %v", caller, refusal)
		}
		if refusal != nil {
			if refusal.Status != 401 && refusal.Status != 403 {
				t.Errorf("status %d", refusal.Status)
			}
			(&world{TB: t}).discreet("fuzzed", refusal, "")
			continue
		}
		var all map[string]string
		if err := json.Unmarshal(caller.Claims(), &all); err != nil || all["iss"] != tenant {
			t.Errorf("claims %s: %v", caller.Claims(), err)
		}
		for name, text := range all {
			if claim, ok := caller.Claim(name); !ok || claim != text {
				t.Errorf("claim %q is %q", name, claim)
			}
		}
		if len(token) > 7 && (token[6] == ' ') {
			token = token[7:]
		}
		signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512})
		if err != nil {
			t.Fatalf("go-jose cannot read %q: %v", token, err)
		}
		key := firstKey().Public()
		if signed.Signatures[0].Header.KeyID == "k2" {
			key = secondKey().Public()
		}
		if _, err := signed.Verify(key); err != nil {
			t.Errorf("go-jose refuses %q: %v", token, err)
		}
	}
}
