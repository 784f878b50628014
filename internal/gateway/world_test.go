package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/issuer"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/restapi"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	account     = "000000000000"
	region      = "eu-west-1"
	poolARN     = "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_pizza"
	otherPool   = "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_other"
	functionURI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:000000000000:function:pizza/invocations"
)

// world is a gateway with its control plane on one HTTP server, a function that
// records what reached it, and user pools whose tokens the test signs.
type world struct {
	t       testing.TB
	gateway *gateway.Gateway
	db      *store.DB
	client  *apigateway.Client
	http    *apigatewayv2.Client
	server  *httptest.Server
	clock   *clock.Clock
	fn      *function
	pools   *pools
	signers *signers
	records *records
}

func newWorld(t testing.TB) *world { return newWorldOn(t, openMemory(t)) }

func openMemory(t testing.TB) *store.DB {
	db, err := store.Open(t.Context(), store.Options{Memory: true})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func newWorldOn(t testing.TB, db *store.DB, change ...func(*gateway.Config)) *world {
	t.Helper()
	keys, err := keyring.Open(t.Context(), master(), keyring.NewShelf(db))
	must(t, err)
	w := &world{t: t, db: db, clock: new(clock.Clock), fn: &function{}, pools: newPools(t), signers: &signers{}, records: &records{}}
	config := gateway.Config{
		DB: db, Clock: w.clock, Random: rand.Reader, Account: account, Domain: "localhost",
		Invoker: w.fn, Pools: w.pools, Keys: w.signers, Policies: w.signers, Records: w.records, Logger: slog.New(slog.DiscardHandler),
	}
	config.Issuers = issuer.New(issuer.Config{Now: w.clock.Now, Own: w.pools})
	t.Cleanup(func() { config.Issuers.Close() })
	if _, measured := t.(*testing.B); measured { // what a request costs, not how many may come
		config.AccountLimit = throttle.Limit{Rate: 1e9, Burst: 1e9}
	}
	for _, c := range change {
		c(&config)
	}
	w.gateway, err = gateway.New(t.Context(), config)
	must(t, err)
	api := awsapi.New(awsapi.Config{
		Account: account, Region: region, Keys: rootKey{}, Authorizer: anybody{}, Clock: w.clock,
		Logger: slog.New(slog.DiscardHandler), Records: w.records, MaxBody: 1 << 20,
	}, restapi.New(restapi.Config{DB: db, Pages: awsapi.NewPages(keys), Clock: w.clock, Random: rand.Reader, Roles: anyRole{}, Policies: anybody{}, Gateway: w.gateway}).API(),
		httpapi.New(httpapi.Config{DB: db, Pages: awsapi.NewPages(keys), Random: rand.Reader, Roles: anyRole{}, URL: "http://127.0.0.1:4566", Domain: "localhost"}).API())
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if a, ok := gateway.Locate(r, "localhost"); ok {
			w.gateway.Serve(rw, r, a)
			return
		}
		api.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	w.client = apigateway.New(apigateway.Options{
		Region: region, BaseEndpoint: aws.String(w.server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDROOT", "secret", ""),
	})
	w.http = apigatewayv2.New(apigatewayv2.Options{
		Region: region, BaseEndpoint: aws.String(w.server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDROOT", "secret", ""),
	})
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// anybody may define APIs.
type anybody struct{}

func (anybody) Authorize(context.Context, *access.Call, string, string) access.Verdict {
	return access.Verdict{Allowed: true}
}

// anyRole lets every role be handed out.
type anyRole struct{}

func (anyRole) MayPass(*access.Call, string) access.Verdict { return access.Verdict{Allowed: true} }
func (anyRole) Trusts(*access.Call, string) bool            { return true }

type rootKey struct{}

func (rootKey) Key(context.Context, string, string) (string, access.Caller, error) {
	return "secret", access.Caller{Kind: access.Root, Account: account, ARN: "arn:aws:iam::000000000000:root", ID: account}, nil
}

type records struct {
	mu   sync.Mutex
	last audit.Record
}

func (r *records) Write(record *audit.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = *record
}

func (r *records) latest() audit.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// function is a fake of what runs functions. It answers what it is told to.
type function struct {
	mu     sync.Mutex
	calls  []gateway.Invocation
	answer string
	failed bool
	err    error
	wait   bool          // until the gateway has given up
	hold   chan struct{} // the answer waits for it; nil: not
	ended  bool          // it has given an answer after that wait
	muted  bool          // keeps no calls: for benchmarks
}

var hello = []byte(`{"statusCode":200,"body":"hello"}`)

func (f *function) mute() { f.muted = true }

func (f *function) Invoke(ctx context.Context, i gateway.Invocation) ([]byte, bool, error) {
	if f.muted {
		return hello, false, nil
	}
	f.mu.Lock()
	kept := i
	kept.Payload = append([]byte(nil), i.Payload...)
	f.calls = append(f.calls, kept)
	answer, failed, err, wait := f.answer, f.failed, f.err, f.wait
	f.mu.Unlock()
	if wait {
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	if f.hold != nil {
		select {
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-f.hold:
		}
		f.mu.Lock()
		f.ended = true
		f.mu.Unlock()
	}
	if answer == "" {
		answer = `{"statusCode":200,"body":"hello"}`
	}
	return []byte(answer), failed, err
}

func (f *function) says(answer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *function) finished() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

func (f *function) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// event is what the last call brought, decoded.
func (f *function) event(t testing.TB) map[string]any {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		t.Fatal("the function was not called")
	}
	var event map[string]any
	must(t, json.Unmarshal(f.calls[len(f.calls)-1].Payload, &event))
	return event
}

// api is an API under construction, with shorthands for what tests do often.
type api struct {
	*world
	id        string
	resources map[string]string // path -> id
}

func (w *world) newAPI(binary ...string) *api {
	w.t.Helper()
	made, err := w.client.CreateRestApi(w.t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("pizza"), BinaryMediaTypes: binary})
	must(w.t, err)
	return &api{w, *made.Id, map[string]string{"/": *made.RootResourceId}}
}

// resource makes a path and those above it.
func (a *api) resource(path string) string {
	a.t.Helper()
	if id := a.resources[path]; id != "" {
		return id
	}
	i := strings.LastIndex(path, "/")
	parent := a.resource("/" + strings.Trim(path[:i], "/"))
	made, err := a.client.CreateResource(a.t.Context(), &apigateway.CreateResourceInput{RestApiId: &a.id, ParentId: &parent, PathPart: aws.String(path[i+1:])})
	must(a.t, err)
	a.resources[path] = *made.Id
	return *made.Id
}

// open defines a method that anybody may call, with the function behind it.
func (a *api) open(verb, path string) {
	a.t.Helper()
	a.method(verb, path, &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.lambda(verb, path)
}

// guarded defines a method behind an authorizer.
func (a *api) guarded(verb, path, authorizer string, scopes ...string) {
	a.t.Helper()
	a.method(verb, path, &apigateway.PutMethodInput{
		AuthorizationType: aws.String("COGNITO_USER_POOLS"), AuthorizerId: &authorizer, AuthorizationScopes: scopes,
	})
	a.lambda(verb, path)
}

func (a *api) method(verb, path string, in *apigateway.PutMethodInput) {
	a.t.Helper()
	in.RestApiId, in.ResourceId, in.HttpMethod = &a.id, aws.String(a.resource(path)), &verb
	_, err := a.client.PutMethod(a.t.Context(), in)
	must(a.t, err)
}

func (a *api) lambda(verb, path string) {
	a.t.Helper()
	a.integrate(verb, path, &apigateway.PutIntegrationInput{
		Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(functionURI),
	})
}

func (a *api) integrate(verb, path string, in *apigateway.PutIntegrationInput) {
	a.t.Helper()
	in.RestApiId, in.ResourceId, in.HttpMethod = &a.id, aws.String(a.resource(path)), &verb
	_, err := a.client.PutIntegration(a.t.Context(), in)
	must(a.t, err)
}

func (a *api) authorizer(name string, poolARNs ...string) string {
	a.t.Helper()
	made, err := a.client.CreateAuthorizer(a.t.Context(), &apigateway.CreateAuthorizerInput{
		RestApiId: &a.id, Name: &name, Type: types.AuthorizerTypeCognitoUserPools, ProviderARNs: poolARNs,
		IdentitySource: aws.String("method.request.header.Authorization"),
	})
	must(a.t, err)
	return *made.Id
}

func (a *api) deploy(stage string) string {
	a.t.Helper()
	d, err := a.client.CreateDeployment(a.t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &a.id, StageName: &stage})
	must(a.t, err)
	return *d.Id
}

// reply is what a client got.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request exactly as written: target goes on the wire as it stands.
func (a *api) send(verb, target string, change ...func(*http.Request)) reply {
	a.t.Helper()
	return a.sendTo(a.id+".execute-api."+region+".localhost:4566", verb, target, change...)
}

func (w *world) sendTo(host, verb, target string, change ...func(*http.Request)) reply {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), verb, w.server.URL, nil)
	must(w.t, err)
	r.Host = host
	path, query, _ := strings.Cut(target, "?")
	r.URL.Opaque, r.URL.RawQuery = path, query
	if strings.HasPrefix(path, "//") {
		// Opaque text that starts with // would be taken for a host.
		r.URL.Opaque = w.server.URL + path
	}
	for _, c := range change {
		c(r)
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	must(w.t, err)
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	must(w.t, err)
	return reply{got.StatusCode, got.Header, string(body)}
}

func withHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func withBody(body string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
}

// expectError says which modelled error is due: its code, and what its message holds.
func expectError(t *testing.T, err error, code, message string) {
	t.Helper()
	var coded interface {
		ErrorCode() string
		ErrorMessage() string
	}
	if !errors.As(err, &coded) || coded.ErrorCode() != code || !strings.Contains(coded.ErrorMessage(), message) {
		t.Errorf("got %v, want %s: %s", err, code, message)
	}
}

// master is one for all, so that two worlds can share a database.
var master = sync.OnceValue(keyring.NewMaster)
