package template

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	iams "github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	lambdas "github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/identitypool"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/kms"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/restapi"
	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
	"github.com/sallyport/sallyport/verify"
)

// The neighbours that the services need and a deploy never uses.
type nobody struct{}

func (nobody) Invoke(context.Context, *runner.Function, runner.Event) (runner.Result, error) {
	return runner.Result{}, runner.ErrClosed
}
func (nobody) Retire(string)                                            {}
func (nobody) Verifiers(string) (id, access gateway.TokenVerifier)      { return nil, nil }
func (nobody) Write(*audit.Record)                                      {}
func (nobody) Put(context.Context, store.Session, outbox.Message) error { return nil }
func (nobody) Key(context.Context, string, string) (string, access.Caller, error) {
	return "", access.Caller{}, awsapi.ErrUnknownKey
}
func (nobody) Authorize(_ context.Context, call *access.Call, _, _ string) access.Verdict {
	return access.Verdict{Allowed: call.Caller.Kind == access.Root}
}

// roles are those of the account, for functions that never run.
type roles struct{ people *iams.Service }

func (r roles) MayPass(call *access.Call, arn string) access.Verdict {
	return r.people.MayPass(call, arn, "lambda.amazonaws.com")
}
func (r roles) Trusts(call *access.Call, arn string) bool {
	return r.people.Trusts(call, arn, "lambda.amazonaws.com")
}
func (roles) Credentials(context.Context, string, string) (runner.Credentials, error) {
	return runner.Credentials{}, runner.ErrClosed
}

// handed lets API Gateway use roles.
type handed struct{ people *iams.Service }

func (h handed) MayPass(call *access.Call, arn string) access.Verdict {
	return h.people.MayPass(call, arn, "apigateway.amazonaws.com")
}
func (h handed) Trusts(call *access.Call, arn string) bool {
	return h.people.Trusts(call, arn, "apigateway.amazonaws.com")
}

// poolRoles lets root give any role to an identity pool; nobody ever gets one.
type poolRoles struct{ people *iams.Service }

func (r poolRoles) MayPass(call *access.Call, arn string) access.Verdict {
	return r.people.MayPass(call, arn, "cognito-identity.amazonaws.com")
}
func (poolRoles) Assume(*access.Call, identitypool.Assumption) (identitypool.Credentials, error) {
	return identitypool.Credentials{}, identitypool.ErrNotTrusted
}

// strangers prove nobody's tokens.
type strangers struct{}

func (strangers) IDToken(context.Context, string, string) (*verify.Token, error) {
	return nil, identitypool.ErrNoProvider
}
func (strangers) StillSignedIn(context.Context, string, *verify.Token) (bool, error) {
	return false, identitypool.ErrNoProvider
}
func (strangers) OpenID(context.Context, string, string) (*verify.Token, error) {
	return nil, identitypool.ErrNoProvider
}
func (strangers) SAML(context.Context, string, string, time.Time) (identitypool.Assertion, error) {
	return identitypool.Assertion{}, identitypool.ErrNoProvider
}

type noTriggers struct{}

func (noTriggers) Invoke(context.Context, trigger.Invocation) ([]byte, bool, error) {
	return nil, false, trigger.ErrNoFunction
}

type noInvoker struct{}

func (noInvoker) Invoke(context.Context, gateway.Invocation) ([]byte, bool, error) {
	return nil, false, gateway.ErrNoFunction
}

// services is the API of the services themselves, on one database.
func services(t *testing.T) (*Deployer, *awsapi.API) {
	t.Helper()
	ctx, log, now := t.Context(), slog.New(slog.NewTextHandler(io.Discard, nil)), &clock.Clock{}
	db, err := store.Open(ctx, store.Options{Memory: true, Logger: log})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	keys, err := keyring.Open(ctx, keyring.NewMaster(), keyring.NewShelf(db))
	must(t, err)
	const account, url = "000000000000", "http://127.0.0.1:4566"
	keyService, err := kms.New(kms.Config{DB: db, Keys: keys, Account: account, Policies: nobody{}, Random: rand.Reader, Clock: now, Logger: log})
	must(t, err)
	must(t, keyService.Start(ctx))
	pools, err := userpool.New(userpool.Config{DB: db, Keys: keys, PublicURL: url, Account: account, Outbox: nobody{}, Roles: rootOnly{}, LogRoles: rootOnly{}, ImportURL: url + "/import", Functions: noTriggers{}, KMS: keyService, Random: rand.Reader, Clock: now, Logger: log})
	must(t, err)
	must(t, pools.Start(ctx))
	people := iams.New(account, db, keys, iams.Credentials{AccessKeyID: "root", SecretAccessKey: keyring.NewSecret("rootsecret")})
	must(t, people.Start(ctx))
	functions, err := lambdas.New(lambdas.Config{DB: db, Keys: keys, Account: account, Dir: t.TempDir(), Runner: nobody{}, Roles: roles{people}, Random: rand.Reader, Clock: now, Logger: log})
	must(t, err)
	must(t, functions.Start(ctx))
	t.Cleanup(func() { functions.Close() })
	served, err := gateway.New(ctx, gateway.Config{DB: db, Clock: now, Random: rand.Reader, Account: account, Domain: "localhost",
		Invoker: noInvoker{}, Pools: nobody{}, Records: nobody{}, Logger: log})
	must(t, err)
	apis := restapi.New(restapi.Config{DB: db, Policies: nobody{}, Pages: awsapi.NewPages(keys), Clock: now, Random: rand.Reader, Roles: handed{people}, Gateway: served})
	httpAPIs := httpapi.New(httpapi.Config{DB: db, Pages: awsapi.NewPages(keys), Random: rand.Reader, Roles: handed{people}, URL: url, Domain: "localhost"})
	ids, err := identitypool.New(identitypool.Config{DB: db, Keys: keys, Account: account, UserPools: strangers{}, Providers: strangers{}, Roles: poolRoles{people},
		Random: rand.Reader, Clock: now, Logger: log})
	must(t, err)
	must(t, ids.Start(ctx))
	api := awsapi.New(awsapi.Config{Account: account, Region: "us-east-1", Keys: nobody{}, Authorizer: nobody{}, Clock: now, Logger: log, Records: nobody{}, MaxBody: 1 << 20},
		pools.API(), functions.API(), apis.API(), httpAPIs.API(), people.IAM(), ids.API(), keyService.API())
	return &Deployer{Operations: withIdentities{api, newAccount(t)}, Store: db, Keys: keys, Clock: now, Random: rand.Reader, URL: url, Call: func() *access.Call {
		at := now.Now()
		return &access.Call{Caller: access.Caller{Kind: access.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root"}, Account: account,
			Region: "us-east-1", RequestID: rand.Text(), Time: at, Record: &audit.Record{At: at}}
	}}, api
}

// withIdentities is the services with identity pools in memory.
type withIdentities struct {
	Operations
	identities *account
}

func (w withIdentities) Call(ctx context.Context, call *access.Call, service, operation string, in any) (any, error) {
	if service == cognitoIdentity {
		return w.identities.Call(ctx, call, service, operation, in)
	}
	return w.Operations.Call(ctx, call, service, operation, in)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheServicesTakeWhatATemplateAsksFor(t *testing.T) {
	d, _ := services(t)
	ctx := context.Background()
	first := deployed(t, d, guarded)
	if again := deployed(t, d, guarded); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	run := &deploy{Deployer: d}
	pool, client := first.Pools[0], first.Pools[0].Clients[0]
	secret, err := invoke[cognito.DescribeUserPoolClientOutput](ctx, run, cognitoIDP, "DescribeUserPoolClient", &cognito.DescribeUserPoolClientInput{UserPoolId: &pool.ID, ClientId: &client.ID})
	must(t, err)
	if aws.ToString(secret.UserPoolClient.ClientSecret) != first.Outputs[1].Value {
		t.Error("the output is not the client's secret")
	}
	user, err := invoke[cognito.AdminGetUserOutput](ctx, run, cognitoIDP, "AdminGetUser", &cognito.AdminGetUserInput{UserPoolId: &pool.ID, Username: aws.String("regular")})
	must(t, err)
	if user.UserStatus != cognitotypes.UserStatusTypeConfirmed {
		t.Errorf("the user is %s", user.UserStatus)
	}
	changed := guarded
	for from, to := range map[string]string{"Default: hello": "Default: hi", "statusCode: 200": "statusCode: 201", "Correct-horse-1": "Correct-horse-2", "UserPoolName: people": "UserPoolName: guests",
		"StageName: Prod\n":                                    "StageName: Prod\n      Variables: {a: b}\n      Description: new\n      BinaryMediaTypes: [image~1png]\n      Cors: \"'*'\"\n",
		"{UserPoolArn: !GetAtt Pool.Arn}":                      "{UserPoolArn: !GetAtt Pool.Arn, Identity: {Header: X-Token, ReauthorizeEvery: 60}}",
		"Path: /health, Method: get, Auth: {Authorizer: NONE}": "Path: /alive, Method: post", "GenerateSecret: true": "GenerateSecret: false"} {
		next := strings.Replace(changed, from, to, 1)
		if next == changed {
			t.Fatalf("%q is not in the template", from)
		}
		changed = next
		if o := deployed(t, d, changed); len(o.Left) > 0 || len(o.Changes) == 0 {
			t.Errorf("%s: changes %v, left %v", to, o.Changes, o.Left)
		}
	}
	o := deployed(t, d, changed)
	if len(o.Changes) > 0 || o.APIs[0].ID != first.APIs[0].ID {
		t.Errorf("at the end: changes %v, API %s, first %s", o.Changes, o.APIs[0].ID, first.APIs[0].ID)
	}
	deployments, err := invoke[apigateway.GetDeploymentsOutput](ctx, run, apiGateway, "GetDeployments", &apigateway.GetDeploymentsInput{RestApiId: &o.APIs[0].ID})
	must(t, err)
	if len(deployments.Items) != 1 {
		t.Errorf("%d deployments are left", len(deployments.Items))
	}
	deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
	left, err := invoke[lambda.ListFunctionsOutput](ctx, run, "lambda", "ListFunctions", &lambda.ListFunctionsInput{})
	must(t, err)
	apis, err := invoke[apigateway.GetRestApisOutput](ctx, run, apiGateway, "GetRestApis", &apigateway.GetRestApisInput{})
	must(t, err)
	if len(left.Functions) > 0 || len(apis.Items) > 0 {
		t.Errorf("what left the template is still there: %v %v", left.Functions, apis.Items)
	}
}

// Killed after each of its calls, against the services themselves.
func TestTheServicesHoldNothingTwiceAfterAKill(t *testing.T) {
	for k := 0; ; k += 4 {
		d, api := services(t)
		d.Operations = api
		done := deployedOrKilled(t, d, guarded, k+1)
		deployed(t, d, guarded)
		run := &deploy{Deployer: d}
		pools, err := invoke[cognito.ListUserPoolsOutput](context.Background(), run, cognitoIDP, "ListUserPools", &cognito.ListUserPoolsInput{MaxResults: aws.Int32(10)})
		must(t, err)
		apis, err := invoke[apigateway.GetRestApisOutput](context.Background(), run, apiGateway, "GetRestApis", &apigateway.GetRestApisInput{})
		must(t, err)
		functions, err := invoke[lambda.ListFunctionsOutput](context.Background(), run, "lambda", "ListFunctions", &lambda.ListFunctionsInput{})
		must(t, err)
		if len(pools.UserPools) != 1 || len(apis.Items) != 1 || len(functions.Functions) != 1 {
			t.Errorf("killed after call %d: %d pools, %d APIs, %d functions", k, len(pools.UserPools), len(apis.Items), len(functions.Functions))
		}
		if done {
			return
		}
	}
}

type after struct {
	Operations
	do func()
}

func (a after) Call(ctx context.Context, call *access.Call, service, operation string, in any) (any, error) {
	out, err := a.Operations.Call(ctx, call, service, operation, in)
	a.do()
	return out, err
}

// deployedOrKilled deploys source, but as if the program were killed right after
// its call number n. It reports whether the deploy had fewer calls, and so was
// done; d is afterwards what a new start would have.
func deployedOrKilled(t *testing.T, d *Deployer, source string, n int) (done bool) {
	t.Helper()
	type killed struct{}
	api := d.Operations
	defer func() {
		d.Operations = api
		if r := recover(); r != nil && r != (killed{}) {
			panic(r)
		}
	}()
	calls := 0
	d.Operations = after{api, func() {
		if calls++; calls == n {
			panic(killed{})
		}
	}}
	_, err := d.Deploy(context.Background(), parsed(t, source, nil))
	must(t, err)
	return true
}

func TestTheExampleDeploys(t *testing.T) {
	d, _ := services(t)
	tmpl, err := Load(filepath.Join("..", "..", "examples", "pizza", "template.yaml"), Settings{Region: "us-east-1", Account: "000000000000"})
	must(t, err)
	o, err := d.Deploy(context.Background(), tmpl)
	must(t, err)
	if r := o.APIs[0].Routes; len(r) != 1 || r[0].Authorizer != "SignedIn" || r[0].Function != "Pizzeria" || r[0].Method+" "+r[0].Path != "GET /" {
		t.Errorf("routes %+v", r)
	}
	if u := o.Pools[0].Users; len(u) != 1 || u[0].Username != "regular" || u[0].Password == nil {
		t.Errorf("users %+v", u)
	}
	if !slices.ContainsFunc(o.Outputs, func(o Output) bool { return strings.HasPrefix(o.Local, d.URL) }) {
		t.Errorf("no output says where the API is here: %+v", o.Outputs)
	}
	if _, err := os.Stat(filepath.Join(tmpl.dir, "function", "bootstrap")); err == nil {
		t.Error("the build has left a file in the source folder")
	}
}

// rootOnly lets nobody but root give a role to a group.
type rootOnly struct{}

func (rootOnly) MayPass(*access.Call, string) access.Verdict { return access.Verdict{} }
