package bearer_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

const (
	segments  = "token contains an invalid number of segments"
	malformed = "the token is malformed"
	noMethod  = "signing method (alg) is unavailable."
	noKey     = "the token does not have a valid key id"
	badSign   = "crypto/rsa: verification error"
	badIssuer = "the token does not have a valid issuer"
	badAud    = "the token does not have a valid audience"
	expired   = "the token has expired"
	early     = "the token is not valid yet"
)

func method(name string) string { return "signing method " + name + " is invalid" }

func TestForgedAlgorithms(t *testing.T) {
	w := newWorld(t)
	body := w.payload(nil)
	signature := strings.Split(w.token(nil), ".")[2]
	for _, none := range []string{"none", "None", "NONE", "nOnE", "noné", "", " none", "none ", "null", "none\u0000"} {
		words := noMethod
		if none == "none" {
			words = method(none)
		}
		unsigned := segment(fmt.Sprintf(`{"alg":%q,"kid":"k1"}`, none)) + "." + segment(body) + "."
		if strings.Contains(none, "\x00") { // %q is no JSON for it
			unsigned = segment(`{"alg":"none\u0000","kid":"k1"}`) + "." + segment(body) + "."
		}
		w.refused("unsigned, alg "+none, unsigned, words)
		w.refused("alg "+none+" over a signature", unsigned+signature, words)
	}
	der, _ := x509.MarshalPKIXPublicKey(firstKey().Public())
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	modulus := firstKey().N.Bytes()
	for name, secret := range map[string][]byte{
		"PEM": block, "PEM without its last line break": block[:len(block)-1], "DER": der, "PKCS 1": x509.MarshalPKCS1PublicKey(&firstKey().PublicKey),
		"modulus": modulus, "modulus as text": []byte(base64.RawURLEncoding.EncodeToString(modulus)), "key id": []byte("k1"), "nothing": {},
	} {
		w.refused("HS256 by the public key: "+name, hmacToken(`{"alg":"HS256","kid":"k1"}`, body, secret), method("HS256"))
	}
	w.refused("HS256 called RS256", hmacToken(`{"alg":"RS256","kid":"k1"}`, body, block), badSign)
	// These are good signatures, by keys that the issuer publishes.
	for _, ps := range []jose.SignatureAlgorithm{jose.PS256, jose.PS384, jose.PS512} {
		w.refused(string(ps), w.signed(ps, firstKey(), "k1", nil), method(string(ps)))
	}
	w.refused("ES256", w.signed(jose.ES256, curveKey(), "ec", nil), method("ES256"))
	w.refused("RS512 under a key for RS256", w.signed(jose.RS512, secondKey(), "k2", nil), method("RS512"))
	w.refused("RS256 under a curve's key", forge(`{"alg":"RS256","kid":"ec"}`, body), method("RS256"))
	w.refused("EdDSA", forge(`{"alg":"EdDSA","kid":"k1"}`, body), method("EdDSA"))
	w.refused("RS384 over a hash of 256 bits", forge(`{"alg":"RS384","kid":"k1"}`, body), badSign)
	for name, alg := range map[string]string{
		"lower case": `"rs256"`, "with a space": `"RS256 "`, "a full-width S": `"RＳ256"`, "one that breaks out": `"RS256\" x=\"\r\nSet-Cookie: a=b"`,
		"RS1": `"RS1"`, "very long": `"` + strings.Repeat("R", 2000) + `"`,
	} {
		w.refused("alg "+name, forge(`{"kid":"k1","alg":`+alg+`}`, body), noMethod)
	}
	for name, header := range map[string]string{
		"alg missing": `{"kid":"k1"}`, "alg null": `{"kid":"k1","alg":null}`, "alg a list": `{"kid":"k1","alg":["RS256"]}`, "alg a number": `{"kid":"k1","alg":256}`,
		"ALG": `{"kid":"k1","ALG":"RS256"}`, "alg twice": `{"kid":"k1","alg":"RS256","alg":"none"}`, "alg twice, once escaped": `{"kid":"k1","alg":"RS256","\u0061lg":"none"}`,
	} {
		w.refused(name, forge(header, body), malformed)
	}
}

func TestForgedKeys(t *testing.T) {
	w := newWorld(t)
	body := w.payload(nil)
	stranger := rsaKey()
	embedded := func(key *rsa.PrivateKey) string {
		return fmt.Sprintf(`{"kty":"RSA","kid":"k1","alg":"RS256","n":%q,"e":"AQAB"}`, base64.RawURLEncoding.EncodeToString(key.N.Bytes()))
	}
	w.refused("kid missing", forge(`{"alg":"RS256"}`, body), noKey)
	for _, kid := range []string{"other", "K1", "k1 ", " k1", "k1\\u0000", "ｋ1", "../k1", "k1/../k1", "file:///dev/null", "https://evil.example/k1", "k1' OR '1'='1", "x\\r\\nlevel=INFO", "k2\\u0000k1", strings.Repeat("k", 2000)} {
		w.refused("kid "+kid, forge(`{"alg":"RS256","kid":"`+kid+`"}`, body), noKey)
	}
	for name, kid := range map[string]string{"empty": `""`, "null": `null`, "a number": `1`, "a list": `["k1"]`, "an object": `{"k1":1}`, "twice": `"k1","kid":"k2"`, "half a surrogate": `"\ud800"`} {
		w.refused("kid "+name, forge(`{"alg":"RS256","kid":`+kid+`}`, body), malformed)
	}
	w.refused("the other key's kid", forge(`{"alg":"RS256","kid":"k2"}`, body), badSign)
	w.refused("a stranger's key", w.signed(jose.RS256, stranger, "k1", nil), badSign)
	for name, member := range map[string]string{
		"jku": `"jku":"https://evil.example/jwks.json"`, "x5u": `"x5u":"https://evil.example/cert.pem"`, "x5c": `"x5c":["MIIB"]`, "x5t": `"x5t":"AAAA"`,
	} {
		header := `{"alg":"RS256","kid":"k1",` + member + `}`
		w.accepted(name+" has no effect", forge(header, body))
		parts := strings.Split(forge(header, body), ".")
		w.refused(name+" helps no stranger", parts[0]+"."+parts[1]+"."+strings.Split(w.signed(jose.RS256, stranger, "k1", nil), ".")[2], badSign)
	}
	for name, member := range map[string]string{
		"jwk, the stranger's": `"jwk":` + embedded(stranger), "jwk, the issuer's": `"jwk":` + embedded(firstKey()), "crit": `"crit":["exp"],"exp":1`, "crit empty": `"crit":[]`,
		"b64": `"b64":false,"crit":["b64"]`, "b64 alone": `"b64":false`, "zip": `"zip":"DEF"`, "enc": `"enc":"A256GCM"`, "cty": `"cty":"JWT"`,
		"typ of a proof": `"typ":"dpop+jwt"`, "typ of a logout": `"typ":"logout+jwt"`, "typ a list": `"typ":["JWT"]`,
	} {
		w.refused(name, forge(`{"alg":"RS256","kid":"k1",`+member+`}`, body), malformed)
	}
}

func TestForgedForms(t *testing.T) {
	w := newWorld(t)
	token := w.token(nil)
	parts := strings.Split(token, ".")
	head, body, signature := parts[0], parts[1], parts[2]
	raw, _ := base64.RawURLEncoding.DecodeString(signature)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	trailing := token[:len(token)-1] + string(alphabet[strings.IndexByte(alphabet, token[len(token)-1])^1])
	for name, c := range map[string]struct{ value, words string }{
		"a scheme alone":                   {"Bearer", segments},
		"Bearer twice":                     {"Bearer Bearer " + token, malformed},
		"another scheme":                   {"Basic YWRtaW46YWRtaW4=", segments},
		"another scheme before the token":  {"DPoP " + token, malformed},
		"a tab after the scheme":           {"Bearer\t" + token, malformed},
		"a quoted token":                   {`Bearer "` + token + `"`, malformed},
		"two tokens, comma":                {token + "," + token, segments},
		"two tokens, headers joined":       {"Bearer " + token + ", Bearer " + token, segments},
		"a token and another scheme":       {"Bearer " + token + ", Basic YWRtaW4=", malformed},
		"text":                             {"hello", segments},
		"one dot":                          {".", segments},
		"two dots":                         {"..", malformed},
		"two segments":                     {head + "." + body, segments},
		"four segments":                    {token + ".", segments},
		"five segments":                    {token + "." + body + "." + signature, segments},
		"a leading dot":                    {"." + token, segments},
		"only dots":                        {strings.Repeat(".", 5000), segments},
		"no signature":                     {head + "." + body + ".", badSign},
		"a detached payload":               {head + ".." + signature, badSign},
		"no header":                        {"." + body + "." + signature, malformed},
		"segments swapped":                 {body + "." + head + "." + signature, malformed},
		"padding behind":                   {token + "==", malformed},
		"padding in the header, signed so": {forgeSegments(base64.URLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"k1"}  `)), body), malformed},
		"standard base64, signed so":       {forgeSegments(head, base64.RawStdEncoding.EncodeToString([]byte(`{"x":"?>?>???~~~"}`))), malformed},
		"trailing bits":                    {trailing, malformed},
		"a line break within, signed so":   {forgeSegments(head, body[:8]+"\n"+body[8:]), malformed},
		"a NUL behind":                     {token + "\x00", malformed},
		"a percent escape":                 {strings.Replace(token, ".", "%2E", 1), segments},
		"a full-width dot":                 {strings.Replace(token, ".", "．", 1), segments},
		"a zero-width space within":        {token[:9] + "\u200b" + token[9:], malformed},
		"a signature that is cut":          {head + "." + body + "." + base64.RawURLEncoding.EncodeToString(raw[:255]), badSign},
		"a zero before the signature":      {head + "." + body + "." + base64.RawURLEncoding.EncodeToString(append([]byte{0}, raw...)), badSign},
		"a signature of zeros":             {head + "." + body + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256)), badSign},
		"another payload":                  {head + "." + segment(w.payload(claims{"sub": "root"})) + "." + signature, badSign},
		"longer than all headers":          {w.token(claims{"x": strings.Repeat("x", 8000)}), malformed},
		"1 MiB":                            {strings.Repeat("A", 1<<20), malformed},
		"a long header":                    {forge(`{"alg":"RS256","kid":"k1","x":"`+strings.Repeat("x", 4000)+`"}`, w.payload(nil)), malformed},
		"a header in 1000 lists":           {forge(`{"alg":"RS256","kid":"k1","x":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+`}`, w.payload(nil)), malformed},
	} {
		w.refused(name, c.value, c.words)
	}
}

func TestForgedClaims(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now().Unix()
	for name, c := range map[string]struct {
		given claims
		words string
	}{
		"iss missing":                  {claims{"iss": nil}, badIssuer},
		"iss empty":                    {claims{"iss": ""}, badIssuer},
		"iss without its slash":        {claims{"iss": strings.TrimSuffix(tenant, "/")}, badIssuer},
		"iss with another slash":       {claims{"iss": tenant + "/"}, badIssuer},
		"iss in another case":          {claims{"iss": "https://Tenant.example/"}, badIssuer},
		"iss by plain http":            {claims{"iss": "http://tenant.example/"}, badIssuer},
		"iss longer":                   {claims{"iss": tenant + ".evil.example"}, badIssuer},
		"iss with a port":              {claims{"iss": "https://tenant.example:443/"}, badIssuer},
		"iss with a full-width dot":    {claims{"iss": "https://tenant．example/"}, badIssuer},
		"iss a list":                   {claims{"iss": []string{tenant}}, malformed},
		"aud missing":                  {claims{"aud": nil}, badAud},
		"aud empty":                    {claims{"aud": ""}, badAud},
		"aud another":                  {claims{"aud": "other"}, badAud},
		"aud in another case":          {claims{"aud": strings.ToUpper(audience)}, badAud},
		"aud longer":                   {claims{"aud": audience + ".evil.example"}, badAud},
		"aud shorter":                  {claims{"aud": audience[:10]}, badAud},
		"aud with a space":             {claims{"aud": audience + " second"}, badAud},
		"aud of none":                  {claims{"aud": []string{}}, badAud},
		"aud of others":                {claims{"aud": []string{"a", "b"}}, badAud},
		"aud of lists":                 {claims{"aud": [][]string{{audience}}}, malformed},
		"aud of a number among":        {claims{"aud": []any{audience, 1}}, malformed},
		"aud an object":                {claims{"aud": claims{"0": audience}}, malformed},
		"aud a number":                 {claims{"aud": 7}, malformed},
		"client_id beside a bad aud":   {claims{"aud": "other", "client_id": audience}, badAud},
		"client_id beside an empty":    {claims{"aud": "", "client_id": audience}, badAud},
		"client_id beside aud of none": {claims{"aud": []string{}, "client_id": audience}, badAud},
		"client_id another":            {claims{"aud": nil, "client_id": "other"}, badAud},
		"client_id empty":              {claims{"aud": nil, "client_id": ""}, badAud},
		"client_id a list":             {claims{"aud": nil, "client_id": []string{audience}}, malformed},
		"azp alone":                    {claims{"aud": nil, "azp": audience}, badAud},
		"cid alone":                    {claims{"aud": nil, "cid": audience}, badAud},
		"exp missing":                  {claims{"exp": nil}, malformed},
		"exp a second ago":             {claims{"exp": now - 1}, expired},
		"exp now":                      {claims{"exp": now}, expired},
		"exp zero":                     {claims{"exp": 0}, expired},
		"exp negative":                 {claims{"exp": -1}, malformed},
		"exp a string":                 {claims{"exp": fmt.Sprint(now + 3600)}, malformed},
		"exp a list":                   {claims{"exp": []int64{now + 3600}}, malformed},
		"exp true":                     {claims{"exp": true}, malformed},
		"exp a fraction ago":           {claims{"exp": float64(now) - 0.5}, expired},
		"exp in milliseconds":          {claims{"exp": now * 1000}, malformed},
		"exp 1e300":                    {claims{"exp": 1e300}, malformed},
		"nbf in the future":            {claims{"nbf": now + 60}, early},
		"nbf a string":                 {claims{"nbf": "1"}, malformed},
		"iat in the future":            {claims{"iat": now + 60}, early},
		"iat a string":                 {claims{"iat": "1"}, malformed},
		"scope a number":               {claims{"scope": 7}, malformed},
		"scp an object":                {claims{"scp": claims{"read": true}}, malformed},
	} {
		w.refused(name, w.token(c.given), c.words)
	}
	header, good := `{"alg":"RS256","kid":"k1"}`, strings.TrimSuffix(w.payload(nil), "}")
	for name, payload := range map[string]string{
		"iss twice": good + `,"iss":"` + tenant + `"}`, "aud twice": good + `,"aud":"other"}`, "aud twice, once escaped": good + `,"\u0061ud":"other"}`,
		"exp twice": good + `,"exp":4000000000}`, "a name twice within": good + `,"x":{"a":1,"a":2}}`, "exp null": `{"exp":null,` + w.payload(claims{"exp": nil})[1:], "aud null": `{"aud":null,` + w.payload(claims{"aud": nil, "client_id": audience})[1:],
		"exp 1e400": `{"exp":1e400,` + w.payload(claims{"exp": nil})[1:], "exp beyond 64 bits": `{"exp":18446744073709551617,` + w.payload(claims{"exp": nil})[1:],
		"a list": "[" + good + "}]", "two objects": good + "}{}", "nothing": "", "cut off": good, "not UTF-8": good + ",\"x\":\"\xc3\x28\"}", "a byte order mark": "\ufeff" + good + "}",
		"half a surrogate": good + `,"x":"\ud800"}`, "a NUL behind": good + "}\x00", "NaN": good + `,"x":NaN}`, "1000 lists": good + `,"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}",
	} {
		w.refused("payload: "+name, forge(header, payload), malformed)
	}
	w.refused("payload: a name in another case", forge(header, strings.Replace(good, `"exp"`, `"Exp"`, 1)+"}"), malformed)
}
