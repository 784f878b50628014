package restapi_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/restapi"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	account     = "000000000000"
	region      = "eu-west-1"
	poolARN     = "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_pizza"
	functionURI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:000000000000:function:pizza/invocations"
	logGroup    = "arn:aws:logs:eu-west-1:000000000000:log-group:pizza"
	roleARN     = "arn:aws:iam::000000000000:role/caller"
)

// world is the control plane on an HTTP server, with a gateway that serves what
// it deploys.
type world struct {
	t       testing.TB
	db      *store.DB
	gateway *gateway.Gateway
	client  *apigateway.Client
	server  *httptest.Server
	asked   *asked
	roles   *roles
}

func newWorld(t testing.TB) *world {
	db, err := store.Open(t.Context(), store.Options{Memory: true})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return newWorldOn(t, db)
}

func newWorldOn(t testing.TB, db *store.DB) *world {
	t.Helper()
	keys, err := keyring.Open(t.Context(), master(), keyring.NewShelf(db))
	must(t, err)
	w := &world{t: t, db: db, asked: &asked{}, roles: &roles{}}
	now, logger := new(clock.Clock), slog.New(slog.DiscardHandler)
	w.gateway, err = gateway.New(t.Context(), gateway.Config{
		DB: db, Clock: now, Random: rand.Reader, Account: account, Domain: "localhost",
		Invoker: hello{}, Pools: noPools{}, Keys: noKeys{}, Policies: resourcePolicies{}, Records: noRecords{}, Logger: logger,
	})
	must(t, err)
	api := awsapi.New(awsapi.Config{
		Account: account, Region: region, Keys: rootKey{}, Authorizer: w.asked, Clock: now,
		Logger: logger, Records: noRecords{}, MaxBody: 1 << 20,
	}, restapi.New(restapi.Config{
		DB: db, Pages: awsapi.NewPages(keys), Clock: now, Random: rand.Reader, Roles: w.roles, Policies: w.asked, Gateway: w.gateway,
	}).API())
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if a, ok := gateway.Locate(r, "localhost"); ok {
			w.gateway.Serve(rw, r, a)
			return
		}
		api.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	w.client = apigateway.New(apigateway.Options{
		Region: region, BaseEndpoint: aws.String(w.server.URL), RetryMaxAttempts: 1, HTTPClient: awsapitest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDROOT", "secret", ""),
	})
	return w
}

// resourcePolicies decides by an API's own policy, for callers who are unknown.
type resourcePolicies struct{}

func (resourcePolicies) Authorize(_ context.Context, call *access.Call, action, resource string) access.Verdict {
	about, err := policy.NewContext(map[string][]string{"aws:SourceIp": {call.Source.String()}})
	if err != nil {
		return access.Verdict{}
	}
	d := policy.Evaluate(&policy.Request{Action: action, Resource: resource, Context: about}, &policy.Set{Resource: call.Own})
	return access.Verdict{Allowed: d.Allowed(), Explicit: d.Outcome == policy.ExplicitDeny}
}

// asked keeps what was decided on, and refuses what it is told to.
type asked struct {
	mu         sync.Mutex
	conditions map[string][]string // of the last
	questions  []string            // action and resource
	refused    string              // an action
}

func (a *asked) Authorize(_ context.Context, call *access.Call, action, resource string) access.Verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conditions = maps.Clone(call.Conditions)
	a.questions = append(a.questions, action+" "+resource)
	return access.Verdict{Allowed: action != a.refused}
}

func (a *asked) refuse(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refused = action
}

// about is what was asked since the last call of it.
func (a *asked) about() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.questions
	a.questions = nil
	return q
}

// roles are all there, and may be handed out, but for those named.
type roles struct{ kept, untrusting []string }

func (r *roles) MayPass(call *access.Call, arn string) access.Verdict {
	return access.Verdict{Allowed: !slices.Contains(r.kept, arn) && call.Conditions == nil}
}

func (r *roles) Trusts(_ *access.Call, arn string) bool { return !slices.Contains(r.untrusting, arn) }

type rootKey struct{}

func (rootKey) Key(context.Context, string, string) (string, access.Caller, error) {
	return "secret", access.Caller{Kind: access.Root, Account: account, ARN: "arn:aws:iam::000000000000:root", ID: account}, nil
}

type noRecords struct{}

func (noRecords) Write(*audit.Record) {}

type noKeys struct{}

func (noKeys) Key(context.Context, string, string) (string, access.Caller, error) {
	return "", access.Caller{}, awsapi.ErrUnknownKey
}

type noPools struct{}

func (noPools) Verifiers(string) (id, access gateway.TokenVerifier) { return nil, nil }

// hello is the function behind every method.
type hello struct{}

func (hello) Invoke(context.Context, gateway.Invocation) ([]byte, bool, error) {
	return []byte(`{"statusCode":200,"body":"hello"}`), false, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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

// tokenAuthorizer makes one with a function behind it.
func (a *api) tokenAuthorizer(name string, change func(*apigateway.CreateAuthorizerInput)) string {
	a.t.Helper()
	in := &apigateway.CreateAuthorizerInput{
		RestApiId: &a.id, Name: &name, Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(functionURI),
		IdentitySource: aws.String("method.request.header.Authorization"),
	}
	if change != nil {
		change(in)
	}
	made, err := a.client.CreateAuthorizer(a.t.Context(), in)
	must(a.t, err)
	return *made.Id
}

func (a *api) deploy(stage string) string {
	a.t.Helper()
	d, err := a.client.CreateDeployment(a.t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &a.id, StageName: &stage})
	must(a.t, err)
	return *d.Id
}

// status is that of the answer to a request for the API.
func (a *api) status(verb, path string) int {
	a.t.Helper()
	return a.world.status(a.id, verb, path)
}

func (w *world) status(id, verb, path string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), verb, w.server.URL+path, nil)
	must(w.t, err)
	r.Host = id + ".execute-api." + region + ".localhost"
	got, err := http.DefaultClient.Do(r)
	must(w.t, err)
	must(w.t, got.Body.Close())
	return got.StatusCode
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

// expectStatus says which HTTP status an error came with.
func expectStatus(t *testing.T, err error, status int) {
	t.Helper()
	var answer interface{ HTTPStatusCode() int }
	if !errors.As(err, &answer) || answer.HTTPStatusCode() != status {
		t.Errorf("%v, want status %d", err, status)
	}
}
