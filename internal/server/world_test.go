package server_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/server"
)

const (
	account    = "000000000000"
	region     = "us-east-1"
	rootKey    = "AKIAIOSFODNN7EXAMPLE"
	rootSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	password   = "Pineapple-4-ever"
)

// world is a running server and AWS's clients for it.
type world struct {
	server  *server.Server
	url     string
	address string // host:port
	pools   *idp.Client
	lambda  *lambda.Client
	apis    *apigateway.Client
	sts     *sts.Client
	aws     aws.Config // of root, for the clients of other services
}

// start starts a server with the settings that an operator gives by
// environment and flags; ephemeral unless they say where to keep things.
func start(t testing.TB, c config.Config, env map[string]string) *world {
	t.Helper()
	return startLogging(t, c, env, slog.New(slog.DiscardHandler))
}

func startLogging(t testing.TB, c config.Config, env map[string]string, logger *slog.Logger) *world {
	t.Helper()
	settings := resolve(t, c, env)
	s, err := server.Start(t.Context(), settings, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return clients(s.URL(), settings.RootAccessKeyID, settings.RootSecretAccessKey.Reveal(), s)
}

func resolve(t testing.TB, c config.Config, env map[string]string) config.Config {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Data == "" {
		c.Ephemeral = true
	}
	given := map[string]string{config.EnvRootKeyID: rootKey, config.EnvRootSecret: rootSecret}
	for name, value := range env {
		given[name] = value
	}
	c, err := c.Resolve(func(name string) string { return given[name] })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func clients(url, id, secret string, s *server.Server) *world {
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
	})
	c := aws.Config{BaseEndpoint: &url, Region: region, Credentials: credentials, HTTPClient: awsapitest.Client(),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
	return &world{
		server: s, url: url, address: strings.TrimPrefix(url, "http://"),
		pools: idp.NewFromConfig(c), lambda: lambda.NewFromConfig(c), apis: apigateway.NewFromConfig(c), sts: sts.NewFromConfig(c), aws: c,
	}
}

// stop may come twice: a test that closes a server leaves nothing to do here.
func stop(t testing.TB, s *server.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("closing: %v", err)
	}
}

func must[T any](out T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// people are a pool, a client without a secret, and a user with a password.
type people struct{ pool, arn, client, user string }

func (w *world) people(t testing.TB, user string) people {
	t.Helper()
	pool := must(w.pools.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("pizza")}))(t).UserPool
	client := must(w.pools.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: pool.Id, ClientName: aws.String("app"), AccessTokenValidity: aws.Int32(1), IdTokenValidity: aws.Int32(1),
		ExplicitAuthFlows: []idptypes.ExplicitAuthFlowsType{idptypes.ExplicitAuthFlowsTypeAllowUserPasswordAuth, idptypes.ExplicitAuthFlowsTypeAllowRefreshTokenAuth},
	}))(t).UserPoolClient
	p := people{pool: *pool.Id, arn: *pool.Arn, client: *client.ClientId, user: user}
	w.user(t, p, user)
	return p
}

func (w *world) user(t testing.TB, p people, name string) {
	t.Helper()
	must(w.pools.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: &p.pool, Username: &name, MessageAction: idptypes.MessageActionTypeSuppress}))(t)
	must(w.pools.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: &p.pool, Username: &name, Password: aws.String(password), Permanent: true}))(t)
}

func (w *world) trySignIn(ctx context.Context, p people) (*idp.InitiateAuthOutput, error) {
	return w.pools.InitiateAuth(ctx, &idp.InitiateAuthInput{
		ClientId: &p.client, AuthFlow: idptypes.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": p.user, "PASSWORD": password},
	})
}

func (w *world) signIn(t testing.TB, p people) *idptypes.AuthenticationResultType {
	t.Helper()
	return must(w.trySignIn(t.Context(), p))(t).AuthenticationResult
}

// counting is a function that says how often it has run, and what it was told.
// It counts at the test, not in its process: there may be a second one, when
// the first is not quite ready again.
const counting = `const count = () => new Promise((done, failed) =>
  require("http").get(process.env.COUNTER, (answer) => answer.on("data", (d) => done(Number(d)))).on("error", failed))
exports.handler = async (event) => {
  const runs = await count()
  return { statusCode: 200, body: JSON.stringify({ runs, pid: process.pid, path: event.path, claims: event.requestContext?.authorizer?.claims, identity: event.requestContext?.identity }) }
}`

// function makes a Node function that API Gateway may call.
func (w *world) function(t testing.TB, name, source string) (arn string) {
	t.Helper()
	role := w.role(t, "pizza")
	made := must(w.lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: lambdatypes.RuntimeNodejs22x, Handler: aws.String("index.handler"), Timeout: aws.Int32(30),
		Role: &role, Code: &lambdatypes.FunctionCode{ZipFile: zipped(t, "index.js", source)},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"TOPPING": "a-secret-topping-of-the-house", "COUNTER": counter(t)}},
	}))(t)
	must(w.lambda.AddPermission(t.Context(), &lambda.AddPermissionInput{
		FunctionName: &name, StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("apigateway.amazonaws.com"), SourceArn: aws.String("arn:aws:execute-api:" + region + ":" + account + ":*"),
	}))(t)
	return *made.FunctionArn
}

// role makes a role that functions may run as, unless it is there.
func (w *world) role(t testing.TB, name string) (arn string) {
	t.Helper()
	_, err := iam.NewFromConfig(w.aws).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	if err != nil && code(err) != "EntityAlreadyExists" {
		t.Fatal(err)
	}
	return "arn:aws:iam::" + account + ":role/" + name
}

// counter is the address of a server that answers how often it was asked.
func counter(t testing.TB) string {
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, asked.Add(1))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func zipped(t testing.TB, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f := must(z.Create(name))(t)
	must(io.WriteString(f, content))(t)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// api makes a REST API whose every path is guarded by the pool and answered by
// the function, deployed to the stage prod.
func (w *world) api(t testing.TB, poolARN, functionARN string) (id string) {
	t.Helper()
	ctx := t.Context()
	id = *must(w.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("pizza")}))(t).Id
	root := must(w.apis.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &id}))(t).Items[0].Id
	rest := must(w.apis.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: &id, ParentId: root, PathPart: aws.String("{proxy+}")}))(t).Id
	authorizer := must(w.apis.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{
		RestApiId: &id, Name: aws.String("people"), Type: apitypes.AuthorizerTypeCognitoUserPools,
		ProviderARNs: []string{poolARN}, IdentitySource: aws.String("method.request.header.Authorization"),
	}))(t).Id
	for _, resource := range []*string{root, rest} {
		must(w.apis.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &id, ResourceId: resource, HttpMethod: aws.String("GET"),
			AuthorizationType: aws.String("COGNITO_USER_POOLS"), AuthorizerId: authorizer}))(t)
		must(w.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: &id, ResourceId: resource, HttpMethod: aws.String("GET"),
			Type: apitypes.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"),
			Uri: aws.String("arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + functionARN + "/invocations")}))(t)
	}
	must(w.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}))(t)
	return id
}

// reply is an answer that has been read.
type reply struct {
	status int
	header http.Header
	body   string
}

// raw sends the bytes of a request as they stand and reads one answer.
func (w *world) raw(t testing.TB, request string) reply {
	t.Helper()
	conn, err := net.Dial("tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	sent := make(chan struct{})
	go func() { // the answer may come before all of it is sent
		defer close(sent)
		io.WriteString(conn, request)
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer to %.80q: %v", request, err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	conn.Close()
	<-sent
	return reply{response.StatusCode, response.Header, string(body)}
}

// send sends a request with headers, in pairs of name and value. Host is one of them.
func (w *world) send(t testing.TB, method, target, body string, headers ...string) reply {
	t.Helper()
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\nConnection: close\r\n")
	host := "Host: " + w.address + "\r\n"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			host = ""
		}
		b.WriteString(headers[i] + ": " + headers[i+1] + "\r\n")
	}
	b.WriteString(host)
	if body != "" || method == "POST" || method == "PUT" {
		b.WriteString("Content-Length: " + itoa(len(body)) + "\r\n")
	}
	return w.raw(t, b.String()+"\r\n"+body)
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// runs is the count in an answer of the counting function.
func (r reply) runs(t testing.TB) int {
	t.Helper()
	var out struct{ Runs int }
	if r.status != 200 || json.Unmarshal([]byte(r.body), &out) != nil || out.Runs == 0 {
		t.Fatalf("the function answers %d %s", r.status, r.body)
	}
	return out.Runs
}

// code is AWS's code of an error.
func code(err error) string {
	var e smithy.APIError
	if !errors.As(err, &e) {
		return ""
	}
	return e.ErrorCode()
}

// eventually polls until is true, for what becomes so without another call.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
