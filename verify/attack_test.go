package verify_test

import (
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/verify"
)

// attack is a token that must be refused, and by which check.
type attack struct {
	name  string
	token string
	check verify.Check
}

func expectRefused(t *testing.T, v *verify.Verifier, attacks []attack) {
	t.Helper()
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			token, err := v.Verify(t.Context(), a.token)
			if err == nil || token != nil {
				t.Fatalf("accepted: %v %v", token, err)
			}
			var refusal *verify.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("refused with an untyped error: %v", err)
			}
			if refusal.Check != a.check {
				t.Errorf("refused by %q, want %q: %v", refusal.Check, a.check, err)
			}
			expectDiscreet(t, err, a.token)
		})
	}
}

// expectDiscreet makes sure that a message holds no segment of the token, nor
// anything about the person.
func expectDiscreet(t *testing.T, err error, token string) {
	t.Helper()
	message := err.Error()
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 8 && strings.Contains(message, part) {
			t.Errorf("the message holds a part of the token: %s", message)
		}
	}
	for _, private := range []string{subject, "regular"} {
		if strings.Contains(message, private) {
			t.Errorf("the message holds %q: %s", private, message)
		}
	}
	if len(message) > 1000 || strings.ContainsAny(message, "\r\n\x00") {
		t.Errorf("the message is not fit for a log: %q", message)
	}
}

func TestForgedHeadersAreRefused(t *testing.T) {
	pool, stranger := accessSigner(), strangers()
	body := toJSON(accessClaims())
	signed := pool.token(accessClaims())
	parts := strings.Split(signed, ".")
	header := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }

	der, _ := x509.MarshalPKIXPublicKey(pool.private.Public())
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	pkcs1 := x509.MarshalPKCS1PublicKey(pool.private.Public().(*rsa.PublicKey))
	modulus := base64.RawURLEncoding.EncodeToString(pool.private.Public().(*rsa.PublicKey).N.Bytes())
	jwk := header(`{"kty":"RSA","alg":"RS256","use":"sig","kid":"access-key=","n":%q,"e":"AQAB"}`, modulus)
	strangersModulus := base64.RawURLEncoding.EncodeToString(stranger.private.Public().(*rsa.PublicKey).N.Bytes())
	strangersJWK := header(`{"kty":"RSA","kid":"access-key=","n":%q,"e":"AQAB"}`, strangersModulus)
	hs256 := `{"alg":"HS256","kid":"access-key="}`

	var attacks []attack
	add := func(name, token string, check verify.Check) {
		attacks = append(attacks, attack{name, token, check})
	}
	for _, none := range []string{"none", "None", "NONE", "nOnE", "", " none", "none ", "null"} {
		unsigned := segment(header(`{"alg":%q,"kid":"access-key="}`, none)) + "." + parts[1] + "."
		add("alg "+none+" without signature", unsigned, verify.CheckAlgorithm)
		add("alg "+none+" with the old signature", unsigned+parts[2], verify.CheckAlgorithm)
	}
	for name, secret := range map[string][]byte{
		"PEM": block, "PEM without its last line break": block[:len(block)-1], "DER": der, "PKCS 1": pkcs1,
		"JWK": []byte(jwk), "the modulus": pool.private.Public().(*rsa.PublicKey).N.Bytes(),
		"the modulus as text": []byte(modulus), "the key id": []byte("access-key="), "nothing": {},
	} {
		add("HS256 with the public key as secret: "+name, hmacToken(hs256, body, secret), verify.CheckAlgorithm)
	}
	add("alg in lower case", pool.sign(`{"alg":"rs256","kid":"access-key="}`, body), verify.CheckAlgorithm)
	add("alg missing", pool.sign(`{"kid":"access-key="}`, body), verify.CheckMalformed)
	add("alg null", pool.sign(`{"alg":null,"kid":"access-key="}`, body), verify.CheckMalformed)
	add("alg a list", pool.sign(`{"alg":["RS256"],"kid":"access-key="}`, body), verify.CheckMalformed)
	add("alg under another case", pool.sign(`{"ALG":"RS256","kid":"access-key="}`, body), verify.CheckMalformed)
	add("alg twice, none last", pool.sign(`{"alg":"RS256","kid":"access-key=","alg":"none"}`, body), verify.CheckMalformed)
	add("alg twice, behind an escape", pool.sign(`{"alg":"RS256","kid":"access-key=","\u0061lg":"none"}`, body), verify.CheckMalformed)
	add("alg PS256 under an RS256 key", signer{"access-key=", verify.PS256, pool.private}.token(accessClaims()), verify.CheckAlgorithm)
	add("alg RS512 under an RS256 key", signer{"access-key=", verify.RS512, pool.private}.token(accessClaims()), verify.CheckAlgorithm)
	add("alg ES256 under an RSA key", signer{"access-key=", verify.ES256, ecPrivate(elliptic.P256())}.token(accessClaims()), verify.CheckAlgorithm)

	add("kid missing", pool.sign(`{"alg":"RS256"}`, body), verify.CheckMalformed)
	add("kid empty", pool.sign(`{"alg":"RS256","kid":""}`, body), verify.CheckMalformed)
	add("kid a number", pool.sign(`{"alg":"RS256","kid":1}`, body), verify.CheckMalformed)
	add("kid null", pool.sign(`{"alg":"RS256","kid":null}`, body), verify.CheckMalformed)
	add("kid unknown", pool.sign(`{"alg":"RS256","kid":"other"}`, body), verify.CheckKey)
	add("kid a path", pool.sign(`{"alg":"RS256","kid":"../../../../dev/null"}`, body), verify.CheckKey)
	add("kid SQL", pool.sign(`{"alg":"RS256","kid":"x' UNION SELECT 'k"}`, body), verify.CheckKey)
	add("kid a URL", pool.sign(`{"alg":"RS256","kid":"https://evil.example/key"}`, body), verify.CheckKey)
	add("kid with a NUL behind it", pool.sign(`{"alg":"RS256","kid":"access-key=\u0000"}`, body), verify.CheckKey)
	add("kid with line breaks for the log", pool.sign(`{"alg":"RS256","kid":"x\r\nlevel=INFO msg=welcome"}`, body), verify.CheckKey)
	add("kid in another case", pool.sign(`{"alg":"RS256","kid":"ACCESS-KEY="}`, body), verify.CheckKey)
	add("kid very long", pool.sign(`{"alg":"RS256","kid":"`+strings.Repeat("k", 2000)+`"}`, body), verify.CheckKey)
	add("kid of the other key", pool.sign(`{"alg":"RS256","kid":"id-key="}`, body), verify.CheckSignature)
	add("another pool's key under the same kid", stranger.token(accessClaims()), verify.CheckSignature)

	add("jwk embedded", stranger.sign(header(`{"alg":"RS256","kid":"access-key=","jwk":%s}`, strangersJWK), body), verify.CheckMalformed)
	add("jku", stranger.sign(`{"alg":"RS256","kid":"access-key=","jku":"https://evil.example/jwks.json"}`, body), verify.CheckSignature)
	add("x5u", stranger.sign(`{"alg":"RS256","kid":"access-key=","x5u":"https://evil.example/cert.pem"}`, body), verify.CheckSignature)
	add("x5c", stranger.sign(`{"alg":"RS256","kid":"access-key=","x5c":["MIIB"]}`, body), verify.CheckSignature)
	add("crit empty", pool.sign(`{"alg":"RS256","kid":"access-key=","crit":[]}`, body), verify.CheckMalformed)
	add("crit exp", pool.sign(`{"alg":"RS256","kid":"access-key=","crit":["exp"],"exp":1}`, body), verify.CheckMalformed)
	add("b64 false", pool.sign(`{"alg":"RS256","kid":"access-key=","b64":false,"crit":["b64"]}`, body), verify.CheckMalformed)
	add("b64 false, not critical", pool.sign(`{"alg":"RS256","kid":"access-key=","b64":false}`, body), verify.CheckMalformed)
	add("zip", pool.sign(`{"alg":"RS256","kid":"access-key=","zip":"DEF"}`, body), verify.CheckMalformed)
	add("enc", pool.sign(`{"alg":"RS256","kid":"access-key=","enc":"A256GCM"}`, body), verify.CheckMalformed)
	add("nested", pool.sign(`{"alg":"RS256","kid":"access-key=","cty":"JWT"}`, signed), verify.CheckMalformed)
	add("nested, other case", pool.sign(`{"alg":"RS256","kid":"access-key=","cty":"jwt"}`, body), verify.CheckMalformed)
	for _, typ := range []string{"dpop+jwt", "logout+jwt", "secevent+jwt", "kb+jwt", "JWE", ""} {
		add("typ "+typ, pool.sign(header(`{"alg":"RS256","kid":"access-key=","typ":%q}`, typ), body), verify.CheckMalformed)
	}
	add("typ a list", pool.sign(`{"alg":"RS256","kid":"access-key=","typ":["JWT"]}`, body), verify.CheckMalformed)

	for name, text := range map[string]string{
		"a list": `["RS256"]`, "a string": `"RS256"`, "null": `null`, "nothing": ``, "a space": ` `, "cut off": `{"alg":"RS256"`,
		"two objects": pool.header() + pool.header(), "a comment": `{"alg":"RS256","kid":"access-key="/**/}`,
		"a trailing comma": `{"alg":"RS256","kid":"access-key=",}`, "single quotes": `{'alg':'RS256'}`,
		"a byte order mark": "\ufeff" + pool.header(), "invalid UTF-8": "{\"alg\":\"RS256\",\"kid\":\"access-key=\",\"x\":\"\xff\"}",
		"deeply nested": `{"alg":"RS256","kid":"access-key=","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"a NUL behind":  pool.header() + "\x00",
	} {
		add("header is "+name, pool.sign(text, body), verify.CheckMalformed)
	}
	add("header with too many members", pool.sign(`{"alg":"RS256","kid":"access-key=",`+manyMembers(31)+`}`, body), verify.CheckMalformed)
	add("header too long", pool.sign(`{"alg":"RS256","kid":"access-key=","x":"`+strings.Repeat("x", 4096)+`"}`, body), verify.CheckMalformed)

	expectRefused(t, accessVerifier(t), attacks)
}

func TestForgedSegmentsAreRefused(t *testing.T) {
	pool := accessSigner()
	token := pool.token(accessClaims())
	parts := strings.Split(token, ".")
	head, body, signature := parts[0], parts[1], parts[2]
	raw, _ := base64.RawURLEncoding.DecodeString(signature)
	at := func(signature []byte) string {
		return head + "." + body + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	flipped := func(i int) string {
		other := append([]byte(nil), raw...)
		other[i] ^= 1
		return at(other)
	}
	plainBody, _ := base64.RawURLEncoding.DecodeString(body)

	attacks := []attack{
		{"empty", "", verify.CheckMalformed},
		{"one dot", ".", verify.CheckMalformed},
		{"two dots", "..", verify.CheckMalformed},
		{"one segment", head, verify.CheckMalformed},
		{"two segments", head + "." + body, verify.CheckMalformed},
		{"four segments", token + ".", verify.CheckMalformed},
		{"four full segments", token + "." + signature, verify.CheckMalformed},
		{"five segments (JWE)", token + "." + body + "." + signature, verify.CheckMalformed},
		{"leading dot", "." + token, verify.CheckMalformed},
		{"only dots", strings.Repeat(".", 5000), verify.CheckMalformed},
		{"no signature", head + "." + body + ".", verify.CheckSignature},
		{"no payload, detached", head + ".." + signature, verify.CheckSignature},
		{"detached and signed so", pool.signSegments(head, ""), verify.CheckMalformed},
		{"no header", "." + body + "." + signature, verify.CheckMalformed},
		{"payload not encoded", pool.signSegments(head, string(plainBody)), verify.CheckMalformed},
		{"JSON serialization", fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, head, body, signature), verify.CheckMalformed},
		{"Bearer in front", "Bearer " + token, verify.CheckMalformed},
		{"space in front", " " + token, verify.CheckMalformed},
		{"space behind", token + " ", verify.CheckMalformed},
		{"line break behind", token + "\n", verify.CheckMalformed},
		{"line break within", head + ".\r\n" + body + "." + signature, verify.CheckMalformed},
		{"line break within, signed so", pool.signSegments(head, body[:10]+"\n"+body[10:]), verify.CheckMalformed},
		{"NUL behind", token + "\x00", verify.CheckMalformed},
		{"padding at the signature", token + "==", verify.CheckMalformed},
		{"padding at the header, signed so", pool.signSegments(base64.URLEncoding.EncodeToString([]byte(paddable(pool.header()))), body), verify.CheckMalformed},
		{"standard base64 in the payload, signed so", pool.signSegments(head, base64.RawStdEncoding.EncodeToString([]byte(`{"x":"?>?>???~~~"}`))), verify.CheckMalformed},
		{"a percent escape", strings.Replace(token, ".", "%2E", 1), verify.CheckMalformed},
		{"a full-width dot", strings.Replace(token, ".", "．", 1), verify.CheckMalformed},
		{"first bit of the signature", flipped(0), verify.CheckSignature},
		{"last bit of the signature", flipped(len(raw) - 1), verify.CheckSignature},
		{"signature cut off", at(raw[:len(raw)-1]), verify.CheckSignature},
		{"signature with a zero in front", at(append([]byte{0}, raw...)), verify.CheckSignature},
		{"signature with a zero behind", at(append(raw[:len(raw):len(raw)], 0)), verify.CheckSignature},
		{"signature all zeros", at(make([]byte, len(raw))), verify.CheckSignature},
		{"signature of another token", head + "." + segment(toJSON(accessClaims(claims{"username": "root"}))) + "." + signature, verify.CheckSignature},
		{"segments swapped", body + "." + head + "." + signature, verify.CheckMalformed},
		{"17 KiB", pool.token(accessClaims(claims{"x": strings.Repeat("x", 17<<10)})), verify.CheckMalformed},
		{"1 MiB", pool.token(accessClaims(claims{"x": strings.Repeat("x", 1<<20)})), verify.CheckMalformed},
		{"1 MiB of nothing", strings.Repeat("A", 1<<20), verify.CheckMalformed},
	}
	// Another spelling of the same signature: only its unused trailing bits differ.
	last := strings.IndexByte(base64url, signature[len(signature)-1])
	attacks = append(attacks, attack{"stray trailing bits", token[:len(token)-1] + string(base64url[last^1]), verify.CheckMalformed})

	expectRefused(t, accessVerifier(t), attacks)
}

// paddable adds spaces until base64 would pad the text.
func paddable(text string) string {
	for len(text)%3 == 0 {
		text += " "
	}
	return text
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestForgedPayloadsAreRefused(t *testing.T) {
	pool := accessSigner()
	good := toJSON(accessClaims())
	inside := strings.TrimSuffix(good, "}")
	var attacks []attack
	for name, payload := range map[string]string{
		"nothing": ``, "a list": `[` + good + `]`, "a string": `"x"`, "null": `null`, "a number": `1`,
		"two objects": good + good, "text behind": good + "x", "cut off": inside, "not UTF-8": inside + `,"x":"` + "\xc3\x28" + `"}`,
		"iss twice":                       inside + `,"iss":"` + issuer + `"}`,
		"iss twice, behind an escape":     inside + `,"\u0069ss":"https://evil.example"}`,
		"exp twice":                       inside + `,"exp":4000000000}`,
		"groups twice":                    inside + `,"cognito:groups":["admins"]}`,
		"a name twice in an inner object": inside + `,"address":{"a":1,"a":2}}`,
		"a name twice in a list's object": inside + `,"identities":[{"userId":"1","user\u0049d":"2"}]}`,
		"half a surrogate pair":           inside + `,"x":"\ud800"}`,
		"a control character":             inside + ",\"x\":\"\x01\"}",
		"NaN":                             inside + `,"x":NaN}`,
		"a hexadecimal number":            inside + `,"x":0x10}`,
		"a number with a leading zero":    inside + `,"x":01}`,
		"a number with a plus":            inside + `,"x":+1}`,
		"1000 lists in one another":       inside + `,"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"1000 objects in one another":     inside + `,"x":` + strings.Repeat(`{"":`, 1000) + "1" + strings.Repeat("}", 1000) + `}`,
		"lists that are never closed":     inside + `,"x":` + strings.Repeat("[", 5000),
		"1200 members":                    inside + `,` + manyMembers(1200) + `}`,
	} {
		attacks = append(attacks, attack{"payload is or has " + name, pool.sign(pool.header(), payload), verify.CheckMalformed})
	}
	expectRefused(t, accessVerifier(t), attacks)
}

func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"%x":0`, i)
	}
	return strings.Join(members, ",")
}

func TestMisusedAccessTokensAreRefused(t *testing.T) {
	with := func(change claims) string { return accessSigner().token(accessClaims(change)) }
	now := testNow.Unix()
	attacks := []attack{
		{"issuer with a slash behind", with(claims{"iss": issuer + "/"}), verify.CheckIssuer},
		{"issuer in capitals", with(claims{"iss": strings.ToUpper(issuer)}), verify.CheckIssuer},
		{"issuer over http", with(claims{"iss": strings.Replace(issuer, "https", "http", 1)}), verify.CheckIssuer},
		{"issuer of another pool", with(claims{"iss": issuer + "2"}), verify.CheckIssuer},
		{"issuer as a prefix", with(claims{"iss": issuer[:len(issuer)-1]}), verify.CheckIssuer},
		{"issuer with an IDN look-alike", with(claims{"iss": strings.Replace(issuer, "o", "о", 1)}), verify.CheckIssuer},
		{"issuer missing", with(claims{"iss": nil}), verify.CheckIssuer},
		{"issuer empty", with(claims{"iss": ""}), verify.CheckIssuer},
		{"issuer a list", with(claims{"iss": []string{issuer}}), verify.CheckMalformed},
		{"an ID token", accessSigner().token(idClaims()), verify.CheckUse},
		{"an ID token with client_id", accessSigner().token(idClaims(claims{"client_id": clientID})), verify.CheckUse},
		{"token_use missing", with(claims{"token_use": nil}), verify.CheckUse},
		{"token_use in capitals", with(claims{"token_use": "ACCESS"}), verify.CheckUse},
		{"token_use refresh", with(claims{"token_use": "refresh"}), verify.CheckUse},
		{"token_use a list", with(claims{"token_use": []string{"id", "access"}}), verify.CheckMalformed},
		{"another client", with(claims{"client_id": "other"}), verify.CheckAudience},
		{"another client, ours in aud", with(claims{"client_id": "other", "aud": clientID}), verify.CheckAudience},
		{"client missing", with(claims{"client_id": nil}), verify.CheckAudience},
		{"client missing, ours in aud", with(claims{"client_id": nil, "aud": clientID}), verify.CheckAudience},
		{"client missing, ours in azp", with(claims{"client_id": nil, "azp": clientID}), verify.CheckAudience},
		{"client empty", with(claims{"client_id": ""}), verify.CheckAudience},
		{"client a list", with(claims{"client_id": []string{clientID}}), verify.CheckMalformed},
		{"client under another case", with(claims{"client_id": nil, "Client_ID": clientID}), verify.CheckAudience},
		{"subject missing", with(claims{"sub": nil}), verify.CheckMalformed},
		{"subject a number", with(claims{"sub": 7}), verify.CheckMalformed},
		{"exp missing", with(claims{"exp": nil}), verify.CheckMalformed},
		{"exp now", with(claims{"exp": now}), verify.CheckExpired},
		{"exp a second ago", with(claims{"exp": now - 1}), verify.CheckExpired},
		{"exp half a second ago", with(claims{"exp": float64(now) - 0.5}), verify.CheckExpired},
		{"exp zero", with(claims{"exp": 0}), verify.CheckExpired},
		{"exp negative", with(claims{"exp": -1}), verify.CheckMalformed},
		{"exp a string", with(claims{"exp": fmt.Sprint(now + 3600)}), verify.CheckMalformed},
		{"exp null", accessSigner().sign(accessSigner().header(), strings.Replace(toJSON(accessClaims(claims{"exp": 1})), `"exp":1`, `"exp":null`, 1)), verify.CheckMalformed},
		{"exp true", with(claims{"exp": true}), verify.CheckMalformed},
		{"exp a list", with(claims{"exp": []int64{now + 3600}}), verify.CheckMalformed},
		{"exp in milliseconds", with(claims{"exp": now*1000 + 3600}), verify.CheckMalformed},
		{"exp 1e300", with(claims{"exp": 1e300}), verify.CheckMalformed},
		{"exp 1e400", accessSigner().sign(accessSigner().header(), strings.Replace(toJSON(accessClaims(claims{"exp": 1})), `"exp":1`, `"exp":1e400`, 1)), verify.CheckMalformed},
		{"exp beyond 64 bits", accessSigner().sign(accessSigner().header(), strings.Replace(toJSON(accessClaims(claims{"exp": 1})), `"exp":1`, `"exp":18446744073709551617`, 1)), verify.CheckMalformed},
		{"iat missing", with(claims{"iat": nil}), verify.CheckMalformed},
		{"iat in the future", with(claims{"iat": now + 1}), verify.CheckNotYetValid},
		{"iat a string", with(claims{"iat": "1"}), verify.CheckMalformed},
		{"nbf in the future", with(claims{"nbf": now + 1}), verify.CheckNotYetValid},
		{"nbf a string", with(claims{"nbf": "1"}), verify.CheckMalformed},
		{"scope a number", with(claims{"scope": 7}), verify.CheckMalformed},
		{"groups a string", with(claims{"cognito:groups": "cooks"}), verify.CheckMalformed},
		{"groups of numbers", with(claims{"cognito:groups": []int{1}}), verify.CheckMalformed},
		{"no claims", accessSigner().sign(accessSigner().header(), `{}`), verify.CheckIssuer},
	}
	expectRefused(t, accessVerifier(t), attacks)

	anyClient, err := verify.NewAccessToken(issuer, verify.AnyClient(), poolKeys(t), verify.WithClock(atTestNow))
	if err != nil {
		t.Fatal(err)
	}
	expectRefused(t, anyClient, []attack{
		{"any client, but none", with(claims{"client_id": nil}), verify.CheckAudience},
		{"any client, but empty", with(claims{"client_id": ""}), verify.CheckAudience},
		{"any client, ID token", idSigner().token(idClaims()), verify.CheckUse},
	})
}

func TestMisusedIDTokensAreRefused(t *testing.T) {
	with := func(change claims) string { return idSigner().token(idClaims(change)) }
	expectRefused(t, idVerifier(t), []attack{
		{"an access token", accessSigner().token(accessClaims()), verify.CheckUse},
		{"an access token with our aud", accessSigner().token(accessClaims(claims{"aud": clientID})), verify.CheckUse},
		{"another client", with(claims{"aud": "other"}), verify.CheckAudience},
		{"another client, ours in client_id", with(claims{"aud": "other", "client_id": clientID}), verify.CheckAudience},
		{"aud missing, ours in client_id", with(claims{"aud": nil, "client_id": clientID}), verify.CheckAudience},
		{"aud a list with a stranger", with(claims{"aud": []string{clientID, "other"}}), verify.CheckAudience},
		{"aud an empty list", with(claims{"aud": []string{}}), verify.CheckAudience},
		{"aud a list with an empty text", with(claims{"aud": []string{""}}), verify.CheckAudience},
		{"aud an object", with(claims{"aud": claims{"0": clientID}}), verify.CheckMalformed},
		{"aud a list of lists", with(claims{"aud": [][]string{{clientID}}}), verify.CheckMalformed},
		{"aud with a space", with(claims{"aud": clientID + " other"}), verify.CheckAudience},
		{"aud as a prefix", with(claims{"aud": clientID[:5]}), verify.CheckAudience},
		{"expired", with(claims{"exp": testNow.Unix() - 10}), verify.CheckExpired},
	})
}

func TestMisusedJWTsAreRefused(t *testing.T) {
	with := func(change claims) string { return idSigner().token(idClaims(change)) }
	access := accessSigner().token(accessClaims())
	expectRefused(t, jwtVerifier(t), []attack{
		{"no aud", with(claims{"aud": nil}), verify.CheckAudience},
		{"client_id does not stand in unless asked to", access, verify.CheckAudience},
		{"another audience", with(claims{"aud": []string{"other", "more"}}), verify.CheckAudience},
		{"no kid among two keys", idSigner().sign(`{"alg":"RS256"}`, toJSON(idClaims())), verify.CheckKey},
		{"exp missing", with(claims{"exp": nil}), verify.CheckMalformed},
	})
	expectRefused(t, jwtVerifier(t, verify.WithClientIDFallback()), []attack{
		{"client_id does not overrule aud", accessSigner().token(accessClaims(claims{"aud": "other"})), verify.CheckAudience},
		{"client_id does not overrule an empty aud", accessSigner().token(accessClaims(claims{"aud": []string{}})), verify.CheckAudience},
		{"another client", accessSigner().token(accessClaims(claims{"client_id": "other"})), verify.CheckAudience},
		{"neither", accessSigner().token(accessClaims(claims{"client_id": nil})), verify.CheckAudience},
	})
	expectRefused(t, jwtVerifier(t, verify.WithAlgorithms(verify.RS384, verify.RS512)), []attack{
		{"an algorithm that is not wanted", with(nil), verify.CheckAlgorithm},
	})
}
