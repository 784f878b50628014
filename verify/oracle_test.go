package verify_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/sallyport/sallyport/verify"
)

var everyAlgorithm = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// oracleAccepts asks go-jose: is this signed by one of the keys, and are issuer,
// times and client right?
func oracleAccepts(keys jose.JSONWebKeySet, token string) bool {
	parsed, err := jwt.ParseSigned(token, everyAlgorithm)
	if err != nil {
		return false
	}
	var standard jwt.Claims
	var more struct {
		Use    string `json:"token_use"`
		Client string `json:"client_id"`
	}
	if err := parsed.Claims(keys, &standard, &more); err != nil {
		return false
	}
	if standard.Expiry == nil || more.Use != "access" || more.Client != clientID {
		return false
	}
	// It cuts fractions of a second off, which makes it a second stricter than we.
	const cut = time.Second
	return standard.Expiry.Time().Add(cut).After(testNow) &&
		standard.ValidateWithLeeway(jwt.Expected{Issuer: issuer, Time: testNow}, cut) == nil
}

func oracleKeys(signers ...signer) (keys jose.JSONWebKeySet) {
	for _, s := range signers {
		keys.Keys = append(keys.Keys, jose.JSONWebKey{Key: s.private.Public(), KeyID: s.id, Algorithm: string(s.algorithm), Use: "sig"})
	}
	return keys
}

func everyKey(t testing.TB) *verify.KeySet {
	t.Helper()
	var keys []verify.Key
	for _, s := range everySigner() {
		keys = append(keys, s.key(t))
	}
	set, err := verify.NewKeySet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func everyVerifier(t testing.TB, keys verify.KeySource) *verify.Verifier {
	t.Helper()
	v, err := verify.NewAccessToken(issuer, verify.Clients(clientID), keys, verify.WithClock(atTestNow),
		verify.WithAlgorithms(verify.RS256, verify.RS384, verify.RS512, verify.PS256, verify.PS384, verify.PS512, verify.ES256, verify.ES384, verify.ES512, verify.EdDSA))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTokensThatGoJoseSignsAreAccepted(t *testing.T) {
	v := everyVerifier(t, everyKey(t))
	for _, s := range everySigner() {
		maker, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(s.algorithm), Key: jose.JSONWebKey{Key: s.private, KeyID: s.id}}, (&jose.SignerOptions{}).WithType("JWT"))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			token, err := jwt.Signed(maker).Claims(accessClaims()).Serialize()
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, v, token)
			if other := s.token(accessClaims()); !oracleAccepts(oracleKeys(everySigner()...), other) {
				t.Errorf("%s: go-jose refuses our test token", s.algorithm)
			}
		}
	}
}

func TestKeySetsThatGoJoseWritesAreRead(t *testing.T) {
	text, err := json.Marshal(oracleKeys(everySigner()...))
	if err != nil {
		t.Fatal(err)
	}
	set, err := verify.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range everySigner() {
		key, err := set.Key(t.Context(), s.id)
		if err != nil || !key.Equal(s.key(t)) {
			t.Errorf("%s: %v", s.id, err)
		}
	}
}

// Every single change of one character: both must refuse, or accept for the same
// reason.
func TestEveryChangedCharacterIsRefused(t *testing.T) {
	v := everyVerifier(t, everyKey(t))
	for _, s := range everySigner() {
		if s.algorithm != verify.RS256 && s.algorithm != verify.ES256 && s.algorithm != verify.EdDSA {
			continue
		}
		token := s.token(accessClaims())
		for i := range token {
			for _, change := range []byte{token[i] ^ 1, token[i] ^ 0x20, '.', '=', 'A'} {
				if change == token[i] {
					continue
				}
				forged := token[:i] + string(rune(change&0x7f)) + token[i+1:]
				if _, err := v.Verify(t.Context(), forged); err == nil {
					t.Fatalf("%s: character %d changed to %q: accepted", s.algorithm, i, change)
				}
			}
		}
	}
}

// A grammar of tokens around the border between good and bad, with real
// signatures: whatever we accept, go-jose accepts as well.
func TestGoJoseAcceptsWhateverWeAccept(t *testing.T) {
	headers := []string{
		`{"alg":%q,"kid":%q}`, `{"kid":"x","alg":%q,"kid":%q}`, `{"alg":%q,"kid":%q,"typ":"JWT"}`, `{"alg":%q,"kid":%q,"typ":"at+jwt"}`,
		`{"alg":%q,"kid":%q,"b64":true}`, `{"alg":%q,"kid":%q,"crit":[]}`, ` {"alg":%q , "kid":%q}`, `{"alg":%q,"kid":%q,"x":1e999}`,
		`{"alg":%q,"kid":%q,"x5t":"abc"}`, `{"alg":%q,"kid":%q,"nonce":"n"}`, `[%q,%q]`,
	}
	numbers := []string{"0", "-1", "1767323045", "1767326645", "1767323044.999", "1767323045.001", "1.7673230460e9", "1e400", "1E10", "-0", "253402300799", "253402300800", "9223372036854775808", `"1767326645"`, "null", "true", "[]", "{}"}
	keys := oracleKeys(everySigner()...)
	v := everyVerifier(t, everyKey(t))
	tried, both := 0, 0
	for _, s := range everySigner() {
		if s.algorithm != verify.ES256 && s.algorithm != verify.EdDSA {
			continue // RSA signs slowly, and the grammar is the same
		}
		for _, header := range headers {
			for j, exp := range numbers {
				iat := numbers[(5*j+1)%len(numbers)]
				for _, times := range []string{`"exp":` + exp + `,"iat":1767323000`, `"exp":1767326645,"iat":` + iat, `"exp":` + exp + `,"iat":1767323000,"nbf":` + iat} {
					payload := fmt.Sprintf(`{"iss":%q,"sub":"s","token_use":"access","client_id":%q,%s}`, issuer, clientID, times)
					token := s.sign(fmt.Sprintf(header, s.algorithm, s.id), payload)
					_, err := v.Verify(t.Context(), token)
					tried++
					if err != nil {
						continue
					}
					both++
					if !oracleAccepts(keys, token) {
						t.Errorf("we accept what go-jose refuses: %s %s", header, payload)
					}
				}
			}
		}
	}
	if both == 0 || both == tried {
		t.Errorf("accepted %d of %d: the grammar is worth nothing", both, tried)
	}
}
