package server_test

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/config"
)

// provider is an OpenID provider elsewhere. What it serves can be changed.
type provider struct {
	url    string
	hits   atomic.Int64
	mu     sync.Mutex
	routes map[string]http.HandlerFunc
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	p := &provider{routes: map[string]http.HandlerFunc{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.hits.Add(1)
		p.mu.Lock()
		answer := p.routes[r.URL.Path]
		p.mu.Unlock()
		if answer == nil {
			answer = http.NotFound
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	p.url = s.URL
	p.serve(configurationPath, configured(p.url, p.url+"/keys"))
	return p
}

const configurationPath = "/.well-known/openid-configuration"

func (p *provider) serve(path string, answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.routes[path] = answer
}

func text(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, body)
	}
}

func configured(issuer, keys string) http.HandlerFunc {
	return text("application/json", fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, keys))
}

// publishes serves a key set of some keys.
func (p *provider) publishes(t testing.TB, keys map[string]any) string {
	t.Helper()
	var set jose.JSONWebKeySet
	for kid, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: kid, Use: "sig"})
	}
	document := string(must(json.Marshal(set))(t))
	p.serve("/keys", text("application/json", document))
	return document
}

// foreign is an HTTP API whose callers a provider elsewhere vouches for. A server
// that counts stands behind it.
type foreign struct {
	*world
	*provider
	apis2      *apigatewayv2.Client
	id         string
	authorizer string
	reached    atomic.Int64
	key        *rsa.PrivateKey
	began      time.Time
}

const foreignAudience = "https://pizza.example"

func newForeign(t *testing.T) *foreign {
	t.Helper()
	ctx := t.Context()
	w := start(t, config.Config{}, nil)
	f := &foreign{world: w, provider: newProvider(t), apis2: apigatewayv2.NewFromConfig(w.aws), key: newRSAKey(t), began: time.Now()}
	f.publishes(t, map[string]any{"k1": f.key.Public()})
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { f.reached.Add(1) }))
	t.Cleanup(backend.Close)
	f.id = *must(f.apis2.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("foreign"), ProtocolType: v2types.ProtocolTypeHttp}))(t).ApiId
	must(f.apis2.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: &f.id, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true)}))(t)
	f.authorizer = f.trust(t, f.provider.url, "$request.header.Authorization")
	i := must(f.apis2.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{ApiId: &f.id, IntegrationType: v2types.IntegrationTypeHttpProxy,
		IntegrationUri: &backend.URL, IntegrationMethod: aws.String("ANY"), PayloadFormatVersion: aws.String("1.0")}))(t)
	byQuery := f.trust(t, f.provider.url, "$request.querystring.token")
	for _, r := range []apigatewayv2.CreateRouteInput{
		{RouteKey: aws.String("GET /any"), AuthorizationType: v2types.AuthorizationTypeJwt, AuthorizerId: &f.authorizer},
		{RouteKey: aws.String("GET /scoped"), AuthorizationType: v2types.AuthorizationTypeJwt, AuthorizerId: &f.authorizer, AuthorizationScopes: []string{"bake", "eat"}},
		{RouteKey: aws.String("GET /query"), AuthorizationType: v2types.AuthorizationTypeJwt, AuthorizerId: &byQuery},
		{RouteKey: aws.String("GET /signed"), AuthorizationType: v2types.AuthorizationTypeAwsIam},
	} {
		r.ApiId, r.Target = &f.id, aws.String("integrations/"+*i.IntegrationId)
		must(f.apis2.CreateRoute(ctx, &r))(t)
	}
	return f
}

func (f *foreign) trust(t testing.TB, issuer, source string) (authorizer string) {
	t.Helper()
	return *must(f.apis2.CreateAuthorizer(t.Context(), &apigatewayv2.CreateAuthorizerInput{ApiId: &f.id, Name: aws.String(source), AuthorizerType: v2types.AuthorizerTypeJwt,
		IdentitySource: []string{source}, JwtConfiguration: &v2types.JWTConfiguration{Issuer: &issuer, Audience: []string{foreignAudience}}}))(t).AuthorizerId
}

// claims are those of a token that is good for a day.
func (f *foreign) claims(t testing.TB, change map[string]any) []byte {
	t.Helper()
	all := map[string]any{"iss": f.provider.url, "sub": "ann", "aud": foreignAudience, "iat": f.began.Unix() - 60, "exp": f.began.Unix() + 24*3600, "scope": "read bake"}
	maps.Copy(all, change)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return must(json.Marshal(all))(t)
}

func (f *foreign) token(t testing.TB, change map[string]any) string {
	t.Helper()
	return forged(t, jose.RS256, f.key, "k1", f.claims(t, change), nil)
}

func (f *foreign) get(t testing.TB, target string, headers ...string) reply {
	t.Helper()
	before := f.reached.Load()
	got := f.send(t, "GET", "/_aws/execute-api/"+f.id+"/$default"+target, "", headers...)
	if reached := f.reached.Load() - before; (got.status == 200) != (reached == 1) || reached > 1 {
		t.Errorf("%s: %d, and %d requests have reached the server behind", target, got.status, reached)
	}
	return got
}

// expect calls /any with a token and looks at what the challenge says of it.
func (f *foreign) expect(t testing.TB, name, token string, status int, words string) {
	t.Helper()
	got := f.get(t, "/any", "Authorization", "Bearer "+token)
	challenge := ""
	if words != "" {
		challenge = `Bearer scope="" error="invalid_token" error_description="` + words + `"`
	}
	if got.status != status || got.header.Get("Www-Authenticate") != challenge {
		t.Errorf("%s: %d %s, want %d %s", name, got.status, got.header.Get("Www-Authenticate"), status, challenge)
	}
}
