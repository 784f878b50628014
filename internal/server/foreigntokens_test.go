package server_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func newRSAKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	return must(rsa.GenerateKey(rand.Reader, 2048))(t)
}

// Forged, bent and misplaced tokens on a real server, whose keys come over a line.
func TestForgedTokensOfAProviderElsewhereReachNothing(t *testing.T) {
	f := newForeign(t)
	mine := newRSAKey(t)
	curve := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	edPublic, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := f.publishes(t, map[string]any{"k1": f.key.Public(), "ec": curve.Public(), "ed": edPublic})
	der := must(x509.MarshalPKIXPublicKey(f.key.Public()))(t)
	encode := base64.RawURLEncoding.EncodeToString
	good := f.token(t, nil)
	parts := strings.Split(good, ".")
	other := strings.Split(f.token(t, map[string]any{"sub": "bob"}), ".")
	with := func(change map[string]any) string { return f.token(t, change) }
	by := func(alg jose.SignatureAlgorithm, key any, kid string, extra map[jose.HeaderKey]any) string {
		return forged(t, alg, key, kid, f.claims(t, nil), extra)
	}
	// raw signs whatever text stands there as header and payload.
	raw := func(header, payload string) string {
		text := encode([]byte(header)) + "." + encode([]byte(payload))
		return text + "." + encode(signed256(t, f.key, text))
	}
	const header = `{"alg":"RS256","kid":"k1"}`
	claims := string(f.claims(t, nil))
	plus := func(members string) string { return strings.TrimSuffix(claims, "}") + "," + members + "}" }
	now := f.began.Unix()
	f.serve("/mine", func(http.ResponseWriter, *http.Request) { t.Error("a key was fetched from where a token says") })

	for name, token := range map[string]string{
		"a good one":               good,
		"signed by hand":           raw(header, claims),
		"RS512":                    by(jose.RS512, f.key, "k1", nil),
		"of several audiences":     with(map[string]any{"aud": []string{"x", foreignAudience}}),
		"client_id instead of aud": with(map[string]any{"aud": nil, "client_id": foreignAudience}),
	} {
		f.expect(t, name, token, 200, "")
	}
	for name, token := range map[string]string{
		"no token":                "let-me-in",
		"two parts":               parts[0] + "." + parts[1],
		"four parts":              good + "." + parts[2],
		"five parts":              good + ".." + parts[2],
		"dots":                    "..",
		"one dot":                 ".",
		"no signature":            parts[0] + "." + parts[1] + ".",
		"no payload":              parts[0] + ".." + parts[2],
		"no header":               "." + parts[1] + "." + parts[2],
		"another's signature":     parts[0] + "." + parts[1] + "." + other[2],
		"another's payload":       parts[0] + "." + other[1] + "." + parts[2],
		"a flipped bit":           flipped(good),
		"padding":                 good + "==",
		"a space inside":          parts[0] + ". " + parts[1] + "." + parts[2],
		"the other alphabet":      parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "+",
		"two schemes":             "Bearer " + good,
		"quoted":                  `"` + good + `"`,
		"two tokens":              good + ", " + good,
		"two tokens with schemes": good + ", Bearer " + good,
		"a comma":                 good + ",",
		"JSON serialization":      `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"too long":                with(map[string]any{"x": strings.Repeat("x", 12<<10)}),

		"none":                          encode([]byte(`{"alg":"none","kid":"k1"}`)) + "." + parts[1] + ".",
		"None":                          encode([]byte(`{"alg":"None","kid":"k1"}`)) + "." + parts[1] + ".",
		"none, with a signature":        encode([]byte(`{"alg":"none","kid":"k1"}`)) + "." + parts[1] + "." + parts[2],
		"no alg":                        raw(`{"kid":"k1"}`, claims),
		"alg null":                      raw(`{"alg":null,"kid":"k1"}`, claims),
		"alg in a list":                 raw(`{"alg":["RS256"],"kid":"k1"}`, claims),
		"rs256":                         raw(`{"alg":"rs256","kid":"k1"}`, claims),
		"alg twice":                     raw(`{"alg":"none","alg":"RS256","kid":"k1"}`, claims),
		"a header name in another case": raw(`{"Alg":"RS256","kid":"k1"}`, claims),
		"kid twice":                     raw(`{"alg":"RS256","kid":"k9","kid":"k1"}`, claims),
		"kid a number":                  raw(`{"alg":"RS256","kid":1}`, claims),
		"a header that is a list":       raw(`["RS256"]`, claims),
		"HS256 by the set":              by(jose.HS256, []byte(set), "k1", nil),
		"HS256 by the modulus":          by(jose.HS256, f.key.N.Bytes(), "k1", nil),
		"HS256 by PEM":                  by(jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "k1", nil),
		"HS256 by DER":                  by(jose.HS256, der, "k1", nil),
		"HS512 by nothing":              by(jose.HS512, make([]byte, 64), "k1", nil),
		"PS256 by the key":              by(jose.PS256, f.key, "k1", nil),
		"PS256 by mine":                 by(jose.PS256, mine, "k1", nil),
		"ES256 by a published key":      by(jose.ES256, curve, "ec", nil),
		"EdDSA by a published key":      by(jose.EdDSA, ed, "ed", nil),
		"ES256 under the RSA key":       by(jose.ES256, curve, "k1", nil),
		"RS256 under the curve's key":   by(jose.RS256, f.key, "ec", nil),

		"my key, its id":        by(jose.RS256, mine, "k1", nil),
		"my key, my id":         by(jose.RS256, mine, "mine", nil),
		"no id":                 by(jose.RS256, f.key, "", nil),
		"an id with a path":     by(jose.RS256, mine, "../../dev/null", nil),
		"an id with a query":    by(jose.RS256, mine, "k1' OR '1'='1", nil),
		"my key in the header":  by(jose.RS256, mine, "k1", map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: mine.Public()}}),
		"my key by URL":         by(jose.RS256, mine, "mine", map[jose.HeaderKey]any{"jku": f.provider.url + "/mine"}),
		"my certificate by URL": by(jose.RS256, mine, "k1", map[jose.HeaderKey]any{"x5u": f.provider.url + "/mine"}),
		"critical":              by(jose.RS256, f.key, "k1", map[jose.HeaderKey]any{"crit": []string{"exp"}}),
		"b64":                   by(jose.RS256, f.key, "k1", map[jose.HeaderKey]any{"b64": false}),

		"another issuer":                      with(map[string]any{"iss": "https://evil.example"}),
		"a slash more":                        with(map[string]any{"iss": f.provider.url + "/"}),
		"in capitals":                         with(map[string]any{"iss": strings.ToUpper(f.provider.url)}),
		"no issuer":                           with(map[string]any{"iss": nil}),
		"issuers":                             with(map[string]any{"iss": []string{f.provider.url}}),
		"issuer null and twice":               raw(header, plus(`"iss":"`+f.provider.url+`"`)),
		"another audience":                    with(map[string]any{"aud": "x"}),
		"a part of it":                        with(map[string]any{"aud": foreignAudience[:10]}),
		"no audience":                         with(map[string]any{"aud": nil}),
		"an empty list":                       with(map[string]any{"aud": []string{}}),
		"an empty one":                        with(map[string]any{"aud": ""}),
		"a wildcard":                          with(map[string]any{"aud": "*"}),
		"client_id beside another aud":        with(map[string]any{"aud": "x", "client_id": foreignAudience}),
		"client_id beside an empty aud":       with(map[string]any{"aud": []string{}, "client_id": foreignAudience}),
		"client_id beside a null aud":         raw(header, strings.Replace(plus(`"client_id":"`+foreignAudience+`"`), `"aud":"`+foreignAudience+`"`, `"aud":null`, 1)),
		"audience in an object":               with(map[string]any{"aud": map[string]any{foreignAudience: true}}),
		"audience in a list of lists":         with(map[string]any{"aud": []any{[]string{foreignAudience}}}),
		"audience among others that are none": with(map[string]any{"aud": []any{1, foreignAudience}}),
		"aud twice":                           raw(header, plus(`"aud":"x"`)),
		"azp alone":                           with(map[string]any{"aud": nil, "azp": foreignAudience}),
		"expired":                             with(map[string]any{"exp": now - 1}),
		"expires now":                         with(map[string]any{"exp": now}),
		"no exp":                              with(map[string]any{"exp": nil}),
		"exp a text":                          with(map[string]any{"exp": "9999999999"}),
		"exp without end":                     raw(header, strings.Replace(claims, `"exp":`, `"exp":1e999,"x":`, 1)),
		"exp negative":                        with(map[string]any{"exp": -1}),
		"exp twice":                           raw(header, plus(`"exp":9999999999`)),
		"exp true":                            with(map[string]any{"exp": true}),
		"nbf ahead":                           with(map[string]any{"nbf": now + 3600}),
		"nbf a text":                          with(map[string]any{"nbf": "0"}),
		"iat ahead":                           with(map[string]any{"iat": now + 3600}),
		"a name twice, escaped":               raw(header, plus(`"\u0061ud":"x"`)),
		"text behind":                         raw(header, claims+"{}"),
		"not JSON":                            raw(header, "sub=ann"),
		"a list":                              raw(header, "["+claims+"]"),
		"bad UTF-8":                           raw(header, plus("\"x\":\"\xff\"")),
	} {
		got := f.get(t, "/any", "Authorization", "Bearer "+token)
		want := 401
		if name == "too long" {
			want = 431
		}
		if got.status != want || want == 401 && (got.body != `{"message":"Unauthorized"}` || !strings.HasPrefix(got.header.Get("Www-Authenticate"), `Bearer scope="" error="invalid_token" error_description="`)) {
			t.Errorf("%s: %d %s %v", name, got.status, got.body, got.header)
		}
		if len(got.header.Values("Www-Authenticate")) > 1 || got.header.Get("Apigw-Requestid") == "" || got.header.Get("X-Amzn-ErrorType") != "" {
			t.Errorf("%s: headers %v", name, got.header)
		}
	}
	for name, c := range map[string]struct {
		target  string
		headers []string
		status  int
	}{
		"no header":                        {"/any", nil, 401},
		"an empty one":                     {"/any", []string{"Authorization", ""}, 401},
		"a scheme alone":                   {"/any", []string{"Authorization", "Bearer"}, 401},
		"a tab":                            {"/any", []string{"Authorization", "Bearer\t" + good}, 401},
		"the name in capitals":             {"/any", []string{"AUTHORIZATION", "BEARER " + good}, 200},
		"bare":                             {"/any", []string{"authorization", good}, 200},
		"named by Connection":              {"/any", []string{"Authorization", good, "Connection", "Authorization"}, 200},
		"twice":                            {"/any", []string{"Authorization", good, "authorization", good}, 401},
		"once empty":                       {"/any", []string{"Authorization", "", "Authorization", good}, 401},
		"after another":                    {"/any", []string{"Authorization", "x", "Authorization", good}, 401},
		"before another":                   {"/any", []string{"Authorization", good, "Authorization", "x"}, 401},
		"folded, which is one line":        {"/any", []string{"Authorization", "Bearer\r\n " + good}, 200},
		"in the query":                     {"/any?Authorization=" + good + "&token=" + good + "&access_token=" + good, nil, 401},
		"in a cookie":                      {"/any", []string{"Cookie", "Authorization=" + good}, 401},
		"for a proxy":                      {"/any", []string{"Proxy-Authorization", "Bearer " + good}, 401},
		"with an underscore":               {"/any", []string{"Authorization_", good}, 401},
		"of a stage that is none":          {"/../any", []string{"Authorization", good}, 404},
		"the query's":                      {"/query?token=" + good, nil, 200},
		"the query's with its scheme":      {"/query?token=Bearer%20" + good, nil, 200},
		"the query's, twice":               {"/query?token=" + good + "&token=" + good, nil, 401},
		"the query's, and an empty one":    {"/query?token=&token=" + good, nil, 401},
		"the query's name escaped":         {"/query?%74oken=" + good, nil, 200},
		"the query's twice, one escaped":   {"/query?%74oken=x&token=" + good, nil, 401},
		"the query's in capitals":          {"/query?Token=" + good, nil, 401},
		"after a semicolon":                {"/query?a=1;token=" + good, nil, 401},
		"in the header":                    {"/query", []string{"Authorization", good}, 401},
		"in a list":                        {"/query?token[]=" + good, nil, 401},
		"a signature":                      {"/any", []string{"Authorization", "AWS4-HMAC-SHA256 Credential=" + rootKey + "/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00"}, 401},
		"a token where a signature is due": {"/signed", []string{"Authorization", "Bearer " + good}, 403},
		"a token and a signature":          {"/signed", []string{"Authorization", good, "Authorization", "AWS4-HMAC-SHA256 Credential=" + rootKey + "/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00"}, 403},
		"a scope":                          {"/scoped", []string{"Authorization", good}, 200},
		"without one":                      {"/scoped", []string{"Authorization", with(map[string]any{"scope": nil})}, 403},
		"another":                          {"/scoped", []string{"Authorization", with(map[string]any{"scope": "bakery eats"})}, 403},
		"in capitals too":                  {"/scoped", []string{"Authorization", with(map[string]any{"scope": "BAKE"})}, 403},
		"scp":                              {"/scoped", []string{"Authorization", with(map[string]any{"scope": nil, "scp": []string{"eat"}})}, 200},
		"scopes with commas":               {"/scoped", []string{"Authorization", with(map[string]any{"scope": "bake,eat"})}, 403},
		"an object of scopes":              {"/scoped", []string{"Authorization", with(map[string]any{"scope": map[string]any{"bake": true}})}, 401},
		"scopes":                           {"/scoped", []string{"Authorization", with(map[string]any{"scope": nil, "scopes": "bake"})}, 403},
	} {
		if got := f.get(t, c.target, c.headers...); got.status != c.status {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, c.status)
		}
	}
}

func signed256(t testing.TB, key *rsa.PrivateKey, text string) []byte {
	t.Helper()
	h := crypto.SHA256.New()
	h.Write([]byte(text))
	return must(rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, h.Sum(nil)))(t)
}
