package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/config"
)

// guarded is a world with a guarded API on a counting function.
type guarded struct {
	*world
	people
	api   string
	forms map[string]form
}

// form is one of the two ways to name an API in a URL.
type form struct{ host, prefix string }

func newGuarded(t testing.TB) *guarded {
	t.Helper()
	w := start(t, config.Config{}, nil)
	p := w.people(t, "regular")
	g := &guarded{world: w, people: p, api: w.api(t, p.arn, w.function(t, "counting", counting))}
	port := w.address[strings.LastIndexByte(w.address, ':'):]
	g.forms = map[string]form{
		"by path": {w.address, "/_aws/execute-api/" + g.api},
		"by host": {g.api + ".execute-api." + region + ".localhost" + port, ""},
	}
	return g
}

func (g *guarded) call(t testing.TB, f form, target string, headers ...string) reply {
	t.Helper()
	return g.send(t, "GET", f.prefix+target, "", append([]string{"Host", f.host}, headers...)...)
}

func TestASignedInUserReachesTheFunctionWithHerClaims(t *testing.T) {
	g := newGuarded(t)
	tokens := g.signIn(t, g.people)
	for name, f := range g.forms {
		for _, value := range []string{*tokens.IdToken, "Bearer " + *tokens.IdToken} {
			r := g.call(t, f, "/prod/a/b", "Authorization", value)
			var out struct {
				Path   string
				Claims map[string]string
			}
			if r.status != 200 || json.Unmarshal([]byte(r.body), &out) != nil {
				t.Fatalf("%s: %d %s", name, r.status, r.body)
			}
			if out.Path != "/a/b" || out.Claims["cognito:username"] != "regular" || out.Claims["token_use"] != "id" || out.Claims["aud"] != g.client {
				t.Errorf("%s: the function was told %s", name, r.body)
			}
		}
	}
}

// A forgery is what stands in one or more Authorization headers.
func TestARefusedRequestNeverReachesTheFunction(t *testing.T) {
	g := newGuarded(t)
	tokens := g.signIn(t, g.people)
	good := *tokens.IdToken
	stranger := g.signIn(t, g.world.people(t, "regular"))
	header, claims := opened(t, good)
	mine := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	curve := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	public := g.keys(t)
	parts := strings.Split(good, ".")
	claim := func(pairs ...any) []byte {
		c := maps.Clone(claims)
		for i := 0; i < len(pairs); i += 2 {
			c[pairs[i].(string)] = pairs[i+1]
		}
		return must(json.Marshal(c))(t)
	}
	encode := base64.RawURLEncoding.EncodeToString
	kid := header["kid"].(string)

	forgeries := map[string][]string{
		"no token":                        nil,
		"an empty one":                    {""},
		"a scheme without a token":        {"Bearer"},
		"another scheme":                  {"Basic " + good},
		"not a token":                     {"let-me-in"},
		"two tokens in one header":        {good + ", " + good},
		"a good token after a bad one":    {"x", good},
		"a bad token after a good one":    {good, "x"},
		"the same token twice":            {good, good},
		"an access token":                 {*tokens.AccessToken},
		"a refresh token":                 {*tokens.RefreshToken},
		"an ID token of another pool":     {*stranger.IdToken},
		"no signature":                    {parts[0] + "." + parts[1] + "."},
		"two parts":                       {parts[0] + "." + parts[1]},
		"four parts":                      {good + "." + parts[2]},
		"another payload":                 {parts[0] + "." + encode(claim("cognito:username", "admin")) + "." + parts[2]},
		"another user's signature":        {parts[0] + "." + parts[1] + "." + strings.Split(*stranger.IdToken, ".")[2]},
		"the other token's signature":     {parts[0] + "." + parts[1] + "." + strings.Split(*tokens.AccessToken, ".")[2]},
		"a flipped bit of the signature":  {flipped(good)},
		"padded base64":                   {good + "=="},
		"a space inside":                  {parts[0] + ". " + parts[1] + "." + parts[2]},
		"alg none":                        {encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."},
		"alg none with the key's id":      {encode([]byte(`{"alg":"none","kid":"`+kid+`"}`)) + "." + parts[1] + "." + parts[2]},
		"HMAC with the public key's text": {forged(t, jose.HS256, public.text, kid, claim(), nil)},
		"HMAC with the modulus":           {forged(t, jose.HS256, public.modulus, kid, claim(), nil)},
		"a key of my own, the pool's id":  {forged(t, jose.RS256, mine, kid, claim(), nil)},
		"a key of my own, my own id":      {forged(t, jose.RS256, mine, "mine", claim(), nil)},
		"a key of my own, in the header":  {forged(t, jose.RS256, mine, kid, claim(), map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: &mine.PublicKey}})},
		"a key of my own, by URL":         {forged(t, jose.RS256, mine, kid, claim(), map[jose.HeaderKey]any{"jku": g.url + "/mine.json"})},
		"a key of another kind":           {forged(t, jose.ES256, curve, kid, claim(), nil)},
		"PS256 where RS256 is due":        {forged(t, jose.PS256, mine, kid, claim(), nil)},
		"no key id":                       {forged(t, jose.RS256, mine, "", claim(), nil)},
		"a critical header":               {forged(t, jose.RS256, mine, kid, claim(), map[jose.HeaderKey]any{"crit": []string{"b64"}, "b64": false})},
		"long past what a pool issues":    {forged(t, jose.RS256, mine, kid, claim("padding", strings.Repeat("x", 6<<10)), nil)},
	}
	authenticates := func(values []string) (headers []string) {
		for _, v := range values {
			headers = append(headers, "Authorization", v)
		}
		return headers
	}
	for formName, f := range g.forms {
		before := g.call(t, f, "/prod/", "Authorization", good).runs(t)
		for name, values := range forgeries {
			t.Run(formName+"/"+name, func(t *testing.T) {
				r := g.call(t, f, "/prod/", authenticates(values)...)
				if r.status != 401 || strings.TrimSpace(r.body) != `{"message":"Unauthorized"}` {
					t.Errorf("answered %d %s", r.status, r.body)
				}
				if strings.Contains(r.body, "kid") || r.header.Get("X-Amzn-Requestid") == "" {
					t.Errorf("headers %v", r.header)
				}
			})
		}
		elsewhere := map[string][]string{
			"in the query":              {},
			"in a cookie":               {"Cookie", "Authorization=" + good},
			"in another header":         {"X-Forwarded-Authorization", good},
			"in Proxy-Authorization":    {"Proxy-Authorization", "Bearer " + good},
			"as the caller of a signer": {"X-Amz-Security-Token", good},
			"in a look-alike header":    {"Authorization_", good},
		}
		for name, headers := range elsewhere {
			t.Run(formName+"/the token "+name, func(t *testing.T) {
				if r := g.call(t, f, "/prod/?Authorization="+good, headers...); r.status != 401 {
					t.Errorf("answered %d %s", r.status, r.body)
				}
			})
		}
		if after := g.call(t, f, "/prod/", "Authorization", good).runs(t); after != before+1 {
			t.Errorf("%s: the function ran %d times for refused requests", formName, after-before-1)
		}
	}

	// An hour and a minute later the token itself has expired.
	f := g.forms["by path"]
	before := g.call(t, f, "/prod/", "Authorization", good).runs(t)
	g.advance(t, "61m")
	for _, f := range g.forms {
		if r := g.call(t, f, "/prod/", "Authorization", good); r.status != 401 || !strings.Contains(r.body, "The incoming token has expired") {
			t.Errorf("an expired token: %d %s", r.status, r.body)
		}
	}
	if after := g.call(t, f, "/prod/", "Authorization", *g.signIn(t, g.people).IdToken).runs(t); after != before+1 {
		t.Errorf("the function ran %d times for expired tokens", after-before-1)
	}
}

func TestNoPathLeadsAroundTheAuthorizer(t *testing.T) {
	g := newGuarded(t)
	good := *g.signIn(t, g.people).IdToken
	for formName, f := range g.forms {
		before := g.call(t, f, "/prod/", "Authorization", good).runs(t)
		for _, target := range []string{
			"", "/", "/prod", "/prod/", "/prod//", "//prod/", "/prod/./", "/prod/../prod/", "/prod/a/../", "/prod/%2e%2e/", "/prod/%2E%2E%2Fprod/",
			"/prod/%2f", "/prod%2F", "/prod/a%00b", "/prod/;x", "/prod/a;/b", "/Prod/", "/PROD/", "/prod/%70", "/prod/?proxy=/", "/prod/\\", "/prod/#",
			"/test-invoke-stage/", "/prod/.well-known/jwks.json", "/prod/_sallyport/health", "/_sallyport/health", "/prod/_aws/execute-api/" + g.api + "/prod/",
		} {
			for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "get", "PRI"} {
				r := g.send(t, method, f.prefix+target, "", "Host", f.host, "X-HTTP-Method-Override", "OPTIONS", "X-Original-URL", "/open", "X-Forwarded-Host", "elsewhere.localhost")
				if r.status < 400 {
					t.Errorf("%s: %s %s: answered %d %s", formName, method, target, r.status, r.body)
				}
			}
		}
		absolute := g.raw(t, "GET http://"+f.host+f.prefix+"/prod/ HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n")
		if absolute.status != 401 {
			t.Errorf("%s: in absolute form: %d %s", formName, absolute.status, absolute.body)
		}
		if after := g.call(t, f, "/prod/", "Authorization", good).runs(t); after != before+1 {
			t.Errorf("%s: the function ran %d times without a token", formName, after-before-1)
		}
	}
}

func TestAnAPIsOwnHostOwnsEveryPath(t *testing.T) {
	g := newGuarded(t)
	f := g.forms["by host"]
	for _, target := range []string{"/_sallyport/health", "/_sallyport/reset", "/" + g.pool + "/.well-known/jwks.json", "/restapis"} {
		if r := g.call(t, f, target); r.status != 403 || !strings.Contains(r.body, `{"message":"`) {
			t.Errorf("%s on an API's host: %d %s", target, r.status, r.body)
		}
	}
	f.host = "nosuchapi1.execute-api." + region + ".localhost"
	if r := g.call(t, f, "/prod/"); r.status != 403 || !strings.Contains(r.body, `"Forbidden"`) {
		t.Errorf("an API that is not there: %d %s", r.status, r.body)
	}
}

func opened(t testing.TB, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	for i, into := range []*map[string]any{&header, &claims} {
		if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(parts[i]))(t), into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// flipped changes a bit in the middle of the signature, where every bit counts.
func flipped(token string) string {
	b := []byte(token)
	i := strings.LastIndexByte(token, '.') + 20
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

// forged signs claims with a key of the forger's, by a library that is not ours.
func forged(t testing.TB, alg jose.SignatureAlgorithm, key any, kid string, claims []byte, extra map[jose.HeaderKey]any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	maps.Copy(options.ExtraHeaders, extra)
	if kid != "" {
		options.ExtraHeaders["kid"] = kid
	}
	signer := must(jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options))(t)
	return must(must(signer.Sign(claims))(t).CompactSerialize())(t)
}

type publicKey struct{ text, modulus []byte }

// keys is the pool's first public key, as a forger would take it for a shared secret.
func (g *guarded) keys(t testing.TB) publicKey {
	t.Helper()
	response := must(http.Get(g.url + "/" + g.pool + "/.well-known/jwks.json"))(t)
	defer response.Body.Close()
	text := must(io.ReadAll(response.Body))(t)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	return publicKey{text, set.Keys[0].Key.(*rsa.PublicKey).N.Bytes()}
}

func (w *world) advance(t testing.TB, by string) {
	t.Helper()
	if r := w.send(t, "POST", "/_sallyport/clock", `{"advance":"`+by+`"}`); r.status != 200 {
		t.Fatalf("the clock answers %d %s", r.status, r.body)
	}
}
