package httpapi_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/restapi"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	account     = "000000000000"
	region      = "eu-west-1"
	functionARN = "arn:aws:lambda:eu-west-1:000000000000:function:pizza"
	functionURI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/" + functionARN + "/invocations"
	roleARN     = "arn:aws:iam::000000000000:role/caller"
)

// world is the control planes of both kinds of API on one server, with a
// database below and an account that says yes unless told otherwise.
type world struct {
	t      testing.TB
	db     *store.DB
	client *apigatewayv2.Client
	rest   *apigateway.Client
	api    *awsapi.API
	url    string
	guard  *guard
}

func newWorld(t testing.TB, urls ...string) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Memory: true})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	keys, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db))
	must(t, err)
	w := &world{t: t, db: db, guard: &guard{}}
	url := "http://127.0.0.1:4566"
	if len(urls) > 0 {
		url = urls[0]
	}
	now := new(clock.Clock)
	api := awsapi.New(awsapi.Config{
		Account: account, Region: region, Keys: w.guard, Authorizer: w.guard, Clock: now,
		Logger: slog.New(slog.DiscardHandler), Records: w.guard, MaxBody: 1 << 20,
	},
		restapi.New(restapi.Config{DB: db, Pages: awsapi.NewPages(keys), Clock: now, Random: rand.Reader}).API(),
		httpapi.New(httpapi.Config{DB: db, Pages: awsapi.NewPages(keys), Random: rand.Reader, Roles: w.guard, URL: url, Domain: "localhost"}).API(),
	)
	w.api = api
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.client = w.in(region)
	w.rest = apigateway.New(apigateway.Options{
		Region: region, BaseEndpoint: &server.URL, RetryMaxAttempts: 1, HTTPClient: awsapitest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDROOT", "secret", ""),
	})
	return w
}

// in is a client of another region.
func (w *world) in(region string) *apigatewayv2.Client {
	return apigatewayv2.New(apigatewayv2.Options{
		Region: region, BaseEndpoint: &w.url, RetryMaxAttempts: 1, HTTPClient: awsapitest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDROOT", "secret", ""),
	})
}

// guard is the account: one key, and the questions that were asked.
type guard struct {
	mu       sync.Mutex
	asked    []question
	passed   []string // roles
	refusing bool     // to pass roles
}

type question struct {
	action, resource string
	conditions       map[string][]string
}

func (g *guard) Key(context.Context, string, string) (string, access.Caller, error) {
	return "secret", access.Caller{Kind: access.User, Account: account, ARN: "arn:aws:iam::000000000000:user/ann", ID: "AIDAANN"}, nil
}

func (g *guard) Authorize(_ context.Context, call *access.Call, action, resource string) access.Verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, question{action, resource, call.Conditions})
	return access.Verdict{Allowed: true}
}

func (g *guard) MayPass(_ *access.Call, role string) access.Verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passed = append(g.passed, role)
	return access.Verdict{Allowed: !g.refusing}
}

func (g *guard) Trusts(*access.Call, string) bool { return true }

func (g *guard) Write(*audit.Record) {}

func (g *guard) last() question {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[len(g.asked)-1]
}

func (g *guard) refuse(passing bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusing = passing
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
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

// api is an API under construction, with shorthands for what tests do often.
type api struct {
	*world
	id string
}

func (w *world) newAPI(change ...func(*apigatewayv2.CreateApiInput)) *api {
	w.t.Helper()
	in := &apigatewayv2.CreateApiInput{Name: aws.String("pizza"), ProtocolType: types.ProtocolTypeHttp}
	for _, c := range change {
		c(in)
	}
	made, err := w.client.CreateApi(w.t.Context(), in)
	must(w.t, err)
	return &api{w, *made.ApiId}
}

func (a *api) integration(change ...func(*apigatewayv2.CreateIntegrationInput)) string {
	a.t.Helper()
	made, err := a.tryIntegration(change...)
	must(a.t, err)
	return *made.IntegrationId
}

// tryIntegration makes one with a function behind it, unless it is changed.
func (a *api) tryIntegration(change ...func(*apigatewayv2.CreateIntegrationInput)) (*apigatewayv2.CreateIntegrationOutput, error) {
	in := &apigatewayv2.CreateIntegrationInput{
		ApiId: &a.id, IntegrationType: types.IntegrationTypeAwsProxy, IntegrationUri: aws.String(functionARN), PayloadFormatVersion: aws.String("2.0"),
	}
	for _, c := range change {
		c(in)
	}
	return a.client.CreateIntegration(a.t.Context(), in)
}

// backend turns an integration into one of a URL.
func backend(in *apigatewayv2.CreateIntegrationInput) {
	in.IntegrationType, in.PayloadFormatVersion = types.IntegrationTypeHttpProxy, nil
	in.IntegrationMethod, in.IntegrationUri = aws.String("ANY"), aws.String("http://127.0.0.1:8080/")
}

func (a *api) route(key string, change ...func(*apigatewayv2.CreateRouteInput)) string {
	a.t.Helper()
	made, err := a.tryRoute(key, change...)
	must(a.t, err)
	return *made.RouteId
}

func (a *api) tryRoute(key string, change ...func(*apigatewayv2.CreateRouteInput)) (*apigatewayv2.CreateRouteOutput, error) {
	in := &apigatewayv2.CreateRouteInput{ApiId: &a.id, RouteKey: &key}
	for _, c := range change {
		c(in)
	}
	return a.client.CreateRoute(a.t.Context(), in)
}

func to(integration string) func(*apigatewayv2.CreateRouteInput) {
	return func(in *apigatewayv2.CreateRouteInput) { in.Target = aws.String("integrations/" + integration) }
}

func behind(kind types.AuthorizationType, authorizer string) func(*apigatewayv2.CreateRouteInput) {
	return func(in *apigatewayv2.CreateRouteInput) {
		if in.AuthorizationType = kind; authorizer != "" {
			in.AuthorizerId = &authorizer
		}
	}
}

func (a *api) jwt(name string) string {
	a.t.Helper()
	made, err := a.tryAuthorizer(func(in *apigatewayv2.CreateAuthorizerInput) { in.Name = &name })
	must(a.t, err)
	return *made.AuthorizerId
}

// tryAuthorizer makes one of tokens, unless it is changed.
func (a *api) tryAuthorizer(change ...func(*apigatewayv2.CreateAuthorizerInput)) (*apigatewayv2.CreateAuthorizerOutput, error) {
	in := &apigatewayv2.CreateAuthorizerInput{
		ApiId: &a.id, Name: aws.String("tokens"), AuthorizerType: types.AuthorizerTypeJwt, IdentitySource: []string{"$request.header.Authorization"},
		JwtConfiguration: &types.JWTConfiguration{Issuer: aws.String("https://issuer.example/"), Audience: []string{"shop"}},
	}
	for _, c := range change {
		c(in)
	}
	return a.client.CreateAuthorizer(a.t.Context(), in)
}

// asking turns an authorizer into a function.
func asking(in *apigatewayv2.CreateAuthorizerInput) {
	in.AuthorizerType, in.JwtConfiguration = types.AuthorizerTypeRequest, nil
	in.AuthorizerUri, in.AuthorizerPayloadFormatVersion = aws.String(functionURI), aws.String("2.0")
}

func (a *api) stage(name string, change ...func(*apigatewayv2.CreateStageInput)) *apigatewayv2.CreateStageOutput {
	a.t.Helper()
	made, err := a.tryStage(name, change...)
	must(a.t, err)
	return made
}

func (a *api) tryStage(name string, change ...func(*apigatewayv2.CreateStageInput)) (*apigatewayv2.CreateStageOutput, error) {
	in := &apigatewayv2.CreateStageInput{ApiId: &a.id, StageName: &name}
	for _, c := range change {
		c(in)
	}
	return a.client.CreateStage(a.t.Context(), in)
}

func byItself(in *apigatewayv2.CreateStageInput) { in.AutoDeploy = aws.Bool(true) }

func (a *api) getStage(name string) *apigatewayv2.GetStageOutput {
	a.t.Helper()
	s, err := a.client.GetStage(a.t.Context(), &apigatewayv2.GetStageInput{ApiId: &a.id, StageName: &name})
	must(a.t, err)
	return s
}

// served is what the data plane reads for a stage, nil for nothing.
func (a *api) served(stage string) *gateway.HTTPDefinition {
	a.t.Helper()
	s, err := gateway.Stages.Get(a.t.Context(), a.db, a.id, stage)
	must(a.t, err)
	if s.DeploymentID == "" {
		return nil
	}
	d, err := gateway.Deployments.Get(a.t.Context(), a.db, a.id, s.DeploymentID)
	must(a.t, err)
	return d.Definition.HTTP
}

// keys are the routes that a stage serves, sorted.
func (a *api) keys(stage string) string {
	a.t.Helper()
	d := a.served(stage)
	if d == nil {
		return ""
	}
	var keys []string
	for _, r := range d.Routes {
		keys = append(keys, r.Key)
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}
