package server_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/go-jose/go-jose/v4"
)

// Whatever a provider does, a token is 401 at worst; and when it is itself again,
// tokens are good again.
func TestAProviderThatIsSlowGoneOrHostile(t *testing.T) {
	f := newForeign(t)
	set := f.publishes(t, map[string]any{"k1": f.key.Public()})
	mine := newRSAKey(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { text("application/json", set)(w, r) }))
	defer elsewhere.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	key := func(kid string, public any) string {
		return string(must(json.Marshal(jose.JSONWebKey{Key: public, KeyID: kid, Use: "sig"}))(t))
	}
	hangs := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drips := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	self := configured(f.provider.url, f.provider.url+"/keys")
	keys := text("application/json", set)
	const discovery, jwks = "OIDC discovery endpoint communication error", "JWKS communication error"
	for _, c := range []struct {
		name          string
		configuration http.HandlerFunc
		keys          http.HandlerFunc
		words         string // "": tokens are good
	}{
		{"no configuration", http.NotFound, keys, discovery},
		{"a configuration that never comes", hangs, keys, discovery},
		{"a configuration that never ends", drips, keys, discovery},
		{"another issuer's configuration", configured("https://evil.example", f.provider.url+"/keys"), keys, discovery},
		{"a configuration with a slash more", configured(f.provider.url+"/", f.provider.url+"/keys"), keys, discovery},
		{"a configuration with the issuer twice", text("application/json", fmt.Sprintf(`{"issuer":"x","issuer":%q,"jwks_uri":%q}`, f.provider.url, f.provider.url+"/keys")), keys, discovery},
		{"a page", text("text/html", "<html>"), keys, discovery},
		{"too long a configuration", text("application/json", `{"x":"`+strings.Repeat("x", 150_000)+`"}`), keys, discovery},
		{"a configuration that leads elsewhere", http.RedirectHandler(elsewhere.URL, http.StatusFound).ServeHTTP, keys, discovery},
		{"a configuration in a circle", http.RedirectHandler(configurationPath, http.StatusFound).ServeHTTP, keys, discovery},
		{"keys over an open line", configured(f.provider.url, "http://keys.example/"), keys, discovery},
		{"keys in a file", configured(f.provider.url, "file:///etc/passwd"), keys, discovery},
		{"keys nowhere", configured(f.provider.url, ""), keys, discovery},
		{"keys where nobody listens", configured(f.provider.url, "http://"+gone.Addr().String()), keys, jwks},
		{"keys that never come", self, hangs, jwks},
		{"keys that lead elsewhere", self, http.RedirectHandler(elsewhere.URL, http.StatusFound).ServeHTTP, jwks},
		{"too many keys", self, text("application/json", `{"keys":[`+strings.Repeat(key("x", mine.Public())+",", 300)+key("k1", f.key.Public())+"]}"), jwks},
		{"keys that are too long", self, text("application/json", strings.TrimSuffix(set, "}")+`,"x":"`+strings.Repeat("x", 150_000)+`"}`), jwks},
		{"two keys of one id", self, text("application/json", `{"keys":[`+key("k1", mine.Public())+","+key("k1", f.key.Public())+"]}"), jwks},
		{"the private key", self, text("application/json", `{"keys":[`+key("k1", f.key)+"]}"), jwks},
		{"an error that looks like keys", self, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); keys(w, r) }, jwks},
		{"half of the keys", self, text("application/json", set[:len(set)/2]), jwks},
		{"no keys", self, text("application/json", `{"keys":[]}`), "the token does not have a valid key id"},
		{"another key of that id", self, text("application/json", `{"keys":[`+key("k1", mine.Public())+"]}"), "crypto/rsa: verification error"},
		{"a type that is none", self, text("image/png", set), ""},
		{"at the same origin by a redirect", self, http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP, ""},
	} {
		f.advance(t, "3h") // what is held is too old
		f.began = f.began.Add(3 * 3600e9)
		good := f.token(t, nil)
		f.serve(configurationPath, c.configuration)
		f.serve("/keys", c.keys)
		f.serve("/elsewhere", keys)
		status := 401
		if c.words == "" {
			status = 200
		}
		f.expect(t, c.name, good, status, c.words)
		asked := f.hits.Load()
		f.expect(t, c.name+", again", good, status, c.words)
		// One that never answers has used up its pause when it is given up.
		if never := strings.Contains(c.name, "never"); !never && status == 401 && f.hits.Load() != asked && c.words != "the token does not have a valid key id" {
			t.Errorf("%s: the provider was asked again at once", c.name)
		}
		f.serve(configurationPath, self)
		f.serve("/keys", keys)
		f.advance(t, "11s")
		if c.words != "crypto/rsa: verification error" { // which no fetch can mend before it is due
			f.expect(t, c.name+", mended", good, 200, "")
		}
	}
}

// An outage fails no token whose key is held, until it is two hours old.
func TestKeysOutliveAnOutageForTwoHours(t *testing.T) {
	f := newForeign(t)
	good := f.token(t, nil)
	f.expect(t, "before", good, 200, "")
	f.serve(configurationPath, http.NotFound)
	f.advance(t, "119m")
	f.expect(t, "after 119 minutes", good, 200, "")
	f.advance(t, "2m")
	f.expect(t, "after two hours", good, 401, "OIDC discovery endpoint communication error")
}

func TestKeysThatAProviderRotates(t *testing.T) {
	f := newForeign(t)
	next := newRSAKey(t)
	old := f.token(t, nil)
	f.expect(t, "the first key", old, 200, "")
	under := func(kid string) string { return forged(t, jose.RS256, next, kid, f.claims(t, nil), nil) }
	f.publishes(t, map[string]any{"k1": f.key.Public(), "k2": next.Public()})
	f.advance(t, "11s")
	f.expect(t, "the next key, at once", under("k2"), 200, "")
	f.expect(t, "the next key under the first one's id", under("k1"), 401, "crypto/rsa: verification error")
	// Strangers who invent ids do not make the server ask for each of them.
	asked := f.hits.Load()
	for i := range 20 {
		f.expect(t, "an invented id", under(fmt.Sprint("x", i)), 401, "the token does not have a valid key id")
	}
	if f.hits.Load() != asked {
		t.Errorf("the provider was asked %d times for ids that strangers invent", f.hits.Load()-asked)
	}
	// What was proved before is nothing without its key.
	f.publishes(t, map[string]any{"k2": next.Public()})
	f.advance(t, "11s")
	f.expect(t, "another unknown id", under("x"), 401, "the token does not have a valid key id")
	f.expect(t, "the first key, withdrawn", old, 401, "the token does not have a valid key id")
	f.expect(t, "the next key", under("k2"), 200, "")
}

// What was proved once is asked about again wherever the answer could be another.
func TestAProvedTokenIsNoneWhereItIsNotWanted(t *testing.T) {
	f := newForeign(t)
	ctx := t.Context()
	good := f.token(t, nil)
	short := f.token(t, map[string]any{"exp": f.began.Unix() + 60})
	bearer := []string{"Authorization", "Bearer " + good}
	change := func(audience, issuer string) {
		t.Helper()
		must(f.apis2.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{ApiId: &f.id, AuthorizerId: &f.authorizer,
			JwtConfiguration: &v2types.JWTConfiguration{Issuer: &issuer, Audience: []string{audience}}}))(t)
	}
	f.expect(t, "a token for a minute", short, 200, "")
	f.expect(t, "proved", good, 200, "")
	if got := f.get(t, "/scoped", bearer...); got.status != 200 {
		t.Errorf("scoped: %d", got.status)
	}
	change("another", f.provider.url)
	f.expect(t, "for another audience", good, 401, "the token does not have a valid audience")
	change(foreignAudience, f.provider.url+"/")
	f.expect(t, "of another issuer", good, 401, "OIDC discovery endpoint communication error")
	change(foreignAudience, f.provider.url)
	f.expect(t, "wanted again", good, 200, "")
	routes := must(f.apis2.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &f.id}))(t).Items
	for _, r := range routes {
		if *r.RouteKey == "GET /scoped" {
			must(f.apis2.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{ApiId: &f.id, RouteId: r.RouteId, AuthorizationScopes: []string{"eat"}}))(t)
		}
	}
	if got := f.get(t, "/scoped", bearer...); got.status != 403 || !strings.Contains(got.header.Get("Www-Authenticate"), `scope="eat" error="insufficient_scope"`) {
		t.Errorf("for other scopes: %d %v", got.status, got.header)
	}
	f.advance(t, "61s")
	f.expect(t, "after its minute", short, 401, "the token has expired")
	f.expect(t, "the other one", good, 200, "")
	f.advance(t, "24h")
	f.publishes(t, map[string]any{"k1": f.key.Public()})
	f.expect(t, "a day later", good, 401, "the token has expired")
}

// The pools of this server, by either of their URLs; those of elsewhere are others.
func TestTokensOfOwnPoolsOnAnHTTPAPI(t *testing.T) {
	f := newForeign(t)
	ctx := t.Context()
	p := f.people(t, "regular")
	tokens := f.signIn(t, p)
	other := f.signIn(t, f.people(t, "regular"))
	trust := func(issuer string) {
		t.Helper()
		must(f.apis2.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{ApiId: &f.id, AuthorizerId: &f.authorizer, JwtConfiguration: &v2types.JWTConfiguration{Issuer: &issuer, Audience: []string{p.client}}}))(t)
	}
	get := func(target, token string) int {
		t.Helper()
		return f.get(t, target, "Authorization", "Bearer "+token).status
	}
	atAWS := "https://cognito-idp." + region + ".amazonaws.com/" + p.pool
	for _, issuer := range []string{f.world.url + "/" + p.pool, atAWS} {
		trust(issuer)
		for name, c := range map[string]struct {
			target, token string
			want          int
		}{
			"the ID token": {"/any", *tokens.IdToken, 200}, "the access token": {"/any", *tokens.AccessToken, 200}, "the refresh token": {"/any", *tokens.RefreshToken, 401},
			"the ID token, scopes wanted": {"/scoped", *tokens.IdToken, 403}, "the access token, others wanted": {"/scoped", *tokens.AccessToken, 403}, "another pool's": {"/any", *other.IdToken, 401},
		} {
			if got := get(c.target, c.token); got != c.want {
				t.Errorf("%s, by %s: %d, want %d", name, issuer, got, c.want)
			}
		}
	}
	// A pool of another name, or the same in another region, is not asked for on the line.
	f.advance(t, "1s")
	for _, issuer := range []string{f.world.url + "/" + p.pool + "/", f.world.url + "/" + region + "_000000000", f.world.url + "/" + strings.Replace(p.pool, region, "eu-west-1", 1)} {
		trust(issuer)
		if got := get("/any", *tokens.IdToken); got != 401 {
			t.Errorf("by %s: %d", issuer, got)
		}
	}
	for _, issuer := range []string{atAWS, f.world.url + "/" + p.pool} {
		trust(issuer)
		if got := get("/any", *tokens.IdToken); got != 200 {
			t.Fatalf("by %s: %d", issuer, got)
		}
	}
	must(f.pools.DeleteUserPool(ctx, &idp.DeleteUserPoolInput{UserPoolId: aws.String(p.pool)}))(t)
	if got := get("/any", *tokens.IdToken); got != 401 {
		t.Errorf("of a pool that is gone: %d", got)
	}
	trust(f.world.url + "/" + p.pool)
	if got := get("/any", *tokens.IdToken); got != 401 {
		t.Errorf("of a pool that is gone, deployed anew: %d", got)
	}
}
