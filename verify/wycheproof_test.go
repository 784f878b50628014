package verify

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"
)

type vectorFile struct {
	NumberOfTests int `json:"numberOfTests"`
	TestGroups    []struct {
		Comment string          `json:"comment"`
		Public  json.RawMessage `json:"public"`
		Private json.RawMessage `json:"private"`
		Tests   []struct {
			ID      int             `json:"tcId"`
			Comment string          `json:"comment"`
			JWS     json.RawMessage `json:"jws"`
			Result  string          `json:"result"`
		} `json:"tests"`
	} `json:"testGroups"`
}

// signatureAccepted is Verify up to the signature: the vectors sign any bytes,
// not only claims.
func signatureAccepted(jwks, token string) bool {
	set, err := ParseKeys([]byte(jwks))
	if err != nil {
		return false
	}
	v, err := NewJWT("vectors", AnyClient(), set)
	if err != nil {
		return false
	}
	parts, err := parseCompact(token, defaultTokenLimit)
	if err != nil {
		return false
	}
	key, err := v.keyFor(context.Background(), parts.header)
	return err == nil && signatureHolds(parts.algorithm, key.material.public, parts.signed, parts.signature)
}

func TestWycheproofVectors(t *testing.T) {
	// The vectors call these valid; here they are refused, because the key itself
	// says that it is for something else. With the key corrected they must pass.
	contradictory := map[string]map[int]string{
		"json_web_signature_test.json": {
			346: `"PS384"`, // the key says PS256
			347: `"ES512"`, // the key says ES521, which does not exist
			350: `"PS384"`,
			351: `"ES512"`,
		},
	}
	for _, name := range []string{"json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"} {
		t.Run(name, func(t *testing.T) {
			text, err := fs.ReadFile(wycheproof.TestVectors, name)
			if err != nil {
				t.Fatal(err)
			}
			var file vectorFile
			if err := json.Unmarshal(text, &file); err != nil {
				t.Fatal(err)
			}
			seen, accepted := 0, 0
			for _, group := range file.TestGroups {
				keys := group.Public
				if keys == nil {
					keys = group.Private // symmetric: nothing of it may ever pass
				}
				symmetric := strings.Contains(string(keys), `"oct"`)
				if !strings.Contains(string(keys), `"keys"`) {
					keys = json.RawMessage(`{"keys":[` + string(keys) + `]}`)
				}
				for _, vector := range group.Tests {
					seen++
					if vector.JWS == nil {
						continue // encryption
					}
					var token string
					if json.Unmarshal(vector.JWS, &token) != nil {
						token = string(vector.JWS) // JSON serialization
					}
					want := vector.Result == "valid" && !symmetric
					set := string(keys)
					if algorithm := contradictory[name][vector.ID]; algorithm != "" {
						if signatureAccepted(set, token) {
							t.Errorf("%d (%s): accepted under a key for another algorithm", vector.ID, vector.Comment)
						}
						set = correctedAlgorithm(t, set, algorithm)
					}
					got := signatureAccepted(set, token)
					if got {
						accepted++
					}
					if got != want {
						t.Errorf("%d (%s, %s): accepted %v, want %v", vector.ID, group.Comment, vector.Comment, got, want)
					}
				}
			}
			if seen != file.NumberOfTests || accepted == 0 {
				t.Errorf("saw %d of %d vectors, accepted %d", seen, file.NumberOfTests, accepted)
			}
		})
	}
}

func correctedAlgorithm(t *testing.T, jwks, algorithm string) string {
	t.Helper()
	var set struct {
		Keys []map[string]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal([]byte(jwks), &set); err != nil {
		t.Fatal(err)
	}
	set.Keys[0]["alg"] = json.RawMessage(algorithm)
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The raw signature vectors: every algorithm's edge cases, beyond what the JWS
// files hold.
func TestWycheproofSignatureVectors(t *testing.T) {
	for name, algorithm := range map[string]Algorithm{
		"rsa_signature_2048_sha256_test.json":    RS256,
		"rsa_signature_2048_sha384_test.json":    RS384,
		"rsa_signature_2048_sha512_test.json":    RS512,
		"rsa_signature_3072_sha256_test.json":    RS256,
		"rsa_signature_4096_sha512_test.json":    RS512,
		"rsa_pss_2048_sha256_mgf1_32_test.json":  PS256,
		"rsa_pss_2048_sha256_mgf1_0_test.json":   PS256,
		"rsa_pss_2048_sha384_mgf1_48_test.json":  PS384,
		"rsa_pss_4096_sha512_mgf1_64_test.json":  PS512,
		"rsa_pss_4096_sha512_mgf1_32_test.json":  PS512,
		"ecdsa_secp256r1_sha256_p1363_test.json": ES256,
		"ecdsa_secp384r1_sha384_p1363_test.json": ES384,
		"ecdsa_secp521r1_sha512_p1363_test.json": ES512,
		"ed25519_test.json":                      EdDSA,
	} {
		t.Run(name, func(t *testing.T) { rawSignatures(t, name, algorithm) })
	}
}

func rawSignatures(t *testing.T, name string, algorithm Algorithm) {
	text, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		TestGroups []struct {
			Key   string `json:"publicKeyDer"`
			Salt  *int   `json:"sLen"`
			Tests []struct {
				ID        int      `json:"tcId"`
				Comment   string   `json:"comment"`
				Flags     []string `json:"flags"`
				Message   string   `json:"msg"`
				Signature string   `json:"sig"`
				Result    string   `json:"result"`
			} `json:"tests"`
		} `json:"testGroups"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	hash, _ := algorithm.hash(nil)
	seen := 0
	for _, group := range file.TestGroups {
		der := unhex(t, group.Key)
		parsed, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			t.Fatal(err)
		}
		key, err := NewKey("", parsed, algorithm)
		if err != nil {
			t.Fatal(err)
		}
		// RFC 7518 §3.5 wants a salt as long as the hash.
		otherSalt := group.Salt != nil && *group.Salt != hash.Size()
		for _, vector := range group.Tests {
			seen++
			want := vector.Result == "valid" && !otherSalt
			if otherSalt && vector.Comment == fmt.Sprintf("s_len changed to %d", hash.Size()) {
				want = true // wrong for the file, right for us
			}
			if got := signatureHolds(algorithm, key.material.public, unhex(t, vector.Message), unhex(t, vector.Signature)); got != want {
				t.Errorf("%d %v: holds %v, want %v", vector.ID, vector.Flags, got, want)
			}
		}
	}
	if seen == 0 {
		t.Error("no vectors")
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	decoded, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
