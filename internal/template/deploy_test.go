package template

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

const guarded = `
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String, Default: hello}
  Password: {Type: String, NoEcho: true, Default: "Correct-horse-1"}
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: people}
  App:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, GenerateSecret: true, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH]}
  Regular:
    Type: AWS::Cognito::UserPoolUser
    Metadata: {Sallyport: {PermanentPassword: !Ref Password}}
    Properties: {UserPoolId: !Ref Pool, Username: regular}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      Auth:
        DefaultAuthorizer: SignedIn
        Authorizers: {SignedIn: {UserPoolArn: !GetAtt Pool.Arn}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: "exports.handler = async () => ({statusCode: 200})"
      Environment: {Variables: {GREETING: !Ref Greeting}}
      Events:
        List: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /pizzas, Method: get}}
        One: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/pizzas/{id}", Method: any}}
        Open: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /health, Method: get, Auth: {Authorizer: NONE}}}
Outputs:
  Url: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/Prod/pizzas"}
  Secret: {Value: !GetAtt App.ClientSecret}
`

func parsed(t testing.TB, source string, parameters map[string]string) *Template {
	t.Helper()
	tmpl, err := read(filepath.Join(t.TempDir(), "template.yaml"), []byte(source), Settings{Region: "us-east-1", Account: "000000000000", Parameters: parameters})
	if err != nil {
		t.Fatalf("the template is refused:\n%v", err)
	}
	return tmpl
}

func deployed(t testing.TB, d *Deployer, source string) *Outcome {
	t.Helper()
	o, err := d.Deploy(context.Background(), parsed(t, source, nil))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestADeployMakesWhatTheTemplateSays(t *testing.T) {
	a := newAccount(t)
	d, events := newDeployer(t, a)
	o := deployed(t, d, guarded)
	for kind, want := range map[string]int{"pool": 1, "client": 1, "user": 1, "function": 1, "api": 1, "authorizer": 1, "resource": 3, "method": 3, "deployment": 1, "stage": 1, "permission": 3} {
		if got := a.has(kind); len(got) != want {
			t.Errorf("%d of %s: %v; want %d", len(got), kind, got, want)
		}
	}
	api := o.APIs[0]
	var routes []string
	for _, r := range api.Routes {
		routes = append(routes, r.Method+" "+r.Path+" "+r.Authorizer+" "+r.Function)
	}
	if want := []string{"GET /health  Fn", "GET /pizzas SignedIn Fn", "ANY /pizzas/{id} SignedIn Fn"}; !slices.Equal(routes, want) {
		t.Errorf("routes %q; want %q", routes, want)
	}
	if want := "http://127.0.0.1:4566/_aws/execute-api/" + api.ID + "/Prod"; api.Stages[0].URL != want {
		t.Errorf("stage at %s; want %s", api.Stages[0].URL, want)
	}
	if out := o.Outputs[0]; out.Value != "https://"+api.ID+".execute-api.us-east-1.amazonaws.com/Prod/pizzas" || out.Local != "http://127.0.0.1:4566/_aws/execute-api/"+api.ID+"/Prod/pizzas" {
		t.Errorf("output %+v", out)
	}
	if out := o.Outputs[1]; out.Value != "s3cret" || !out.Secret {
		t.Errorf("a client's secret is not marked as one: %+v", out)
	}
	sources := []string{}
	for _, p := range a.has("permission") {
		sources = append(sources, a.things["permission "+p].(string))
	}
	slices.Sort(sources)
	prefix := "arn:aws:execute-api:us-east-1:000000000000:" + api.ID
	if want := []string{prefix + "/*/*/pizzas/*", prefix + "/*/GET/health", prefix + "/*/GET/pizzas"}; !slices.Equal(sources, want) {
		t.Errorf("permissions for %q; want %q", sources, want)
	}
	if in := a.inputs["AdminSetUserPassword"].(*cognito.AdminSetUserPasswordInput); *in.Password != "Correct-horse-1" || !in.Permanent {
		t.Errorf("password set to %+v", in)
	}
	for _, e := range *events {
		if strings.Contains(e.Reason, "horse") {
			t.Errorf("the password is in an event: %+v", e)
		}
	}
}

func TestASecondDeployDoesNothing(t *testing.T) {
	a := newAccount(t)
	d, events := newDeployer(t, a)
	deployed(t, d, guarded)
	a.calls, *events = nil, nil
	o := deployed(t, d, guarded)
	if m := a.mutations(); len(m) > 0 || len(o.Changes) > 0 {
		t.Errorf("called %v, changes %v", m, o.Changes)
	}
}

func TestChangesAreMadeInPlaceWhereTheyCanBe(t *testing.T) {
	tests := []struct {
		name     string
		from, to string
		calls    []string
	}{
		{"a function's variable", "Default: hello", "Default: hi", []string{"UpdateFunctionConfiguration"}},
		{"a function's code", "statusCode: 200", "statusCode: 201", []string{"UpdateFunctionCode"}},
		{"a user's password", "Correct-horse-1", "Correct-horse-2", []string{"AdminSetUserPassword"}},
		{"a pool's name", "UserPoolName: people", "UserPoolName: guests", []string{"UpdateUserPool"}},
		{"an output", "Prod/pizzas", "Prod/pizza", nil},
		{"a route's authorizer", ", Auth: {Authorizer: NONE}", "", []string{"DeleteMethod", "PutMethod", "PutIntegration", "CreateDeployment", "UpdateStage", "DeleteDeployment"}},
		{"a route's path", "Path: /health", "Path: /alive", []string{
			"CreateResource", "PutMethod", "PutIntegration", "AddPermission", "RemovePermission", "DeleteMethod", "DeleteResource", "CreateDeployment", "UpdateStage", "DeleteDeployment"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAccount(t)
			d, _ := newDeployer(t, a)
			deployed(t, d, guarded)
			a.calls = nil
			changed := strings.Replace(guarded, test.from, test.to, 1)
			if changed == guarded {
				t.Fatal("the test changes nothing")
			}
			deployed(t, d, changed)
			got := a.mutations()
			for _, want := range test.calls {
				if !slices.Contains(got, want) {
					t.Errorf("%s was not called: %v", want, got)
				}
			}
			if len(test.calls) <= 1 && len(got) != len(test.calls) {
				t.Errorf("called %v; want %v", got, test.calls)
			}
		})
	}
}

func TestARouteThatLeavesTheTemplateIsNotInTheNextDeployment(t *testing.T) {
	a := newAccount(t)
	d, _ := newDeployer(t, a)
	deployed(t, d, guarded)
	line := "        Open: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /health, Method: get, Auth: {Authorizer: NONE}}}\n"
	deployed(t, d, strings.Replace(guarded, line, "", 1))
	stage := a.things["stage "+a.has("stage")[0]].(*apigateway.GetStageOutput)
	if got := a.frozen[*stage.DeploymentId]; len(got) != 2 {
		t.Errorf("the deployment that is served has %v; want the two routes that are left", got)
	}
	if got := a.has("deployment"); len(got) != 1 {
		t.Errorf("deployments %v; want the one that is served", got)
	}
	if len(a.has("method")) != 2 || len(a.has("resource")) != 2 || len(a.has("permission")) != 2 {
		t.Errorf("left: %v %v %v", a.has("method"), a.has("resource"), a.has("permission"))
	}
}

func TestAFailedDeployLeavesNothing(t *testing.T) {
	for _, operation := range []string{"CreateUserPool", "CreateUserPoolClient", "AdminCreateUser", "AdminSetUserPassword", "CreateFunction", "CreateRestApi",
		"CreateAuthorizer", "CreateResource", "PutMethod", "PutIntegration", "AddPermission", "CreateDeployment", "CreateStage"} {
		t.Run(operation, func(t *testing.T) {
			a := newAccount(t)
			d, _ := newDeployer(t, a)
			a.fail[operation] = errors.New("out of order")
			_, err := d.Deploy(context.Background(), parsed(t, guarded, nil))
			var failed *Error
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), operation+": out of order") || failed.Problem.At.Line == 0 {
				t.Fatalf("error %v", err)
			}
			if len(a.things) > 0 {
				t.Errorf("left behind: %v", a.things)
			}
			delete(a.fail, operation)
			deployed(t, d, guarded)
		})
	}
}

// A deploy is stopped dead before or after each of its calls, in turn; the next
// one must end with exactly what the template says.
func TestADeployThatWasKilledIsTakenUpAgain(t *testing.T) {
	type killed struct{}
	count := newAccount(t)
	d, _ := newDeployer(t, count)
	deployed(t, d, guarded)
	total := len(count.calls)
	for k := range total {
		for _, moment := range []string{"before", "after"} {
			a := newAccount(t)
			d, _ := newDeployer(t, a)
			n := 0
			stop := func(string) {
				if n++; n == k+1 {
					panic(killed{})
				}
			}
			if moment == "before" {
				a.before = stop
			} else {
				a.after = stop
			}
			func() {
				defer func() {
					if r := recover(); r != nil && r != (killed{}) {
						panic(r)
					}
				}()
				_, _ = d.Deploy(context.Background(), parsed(t, guarded, nil))
			}()
			a.before, a.after = nil, nil
			deployed(t, d, guarded)
			for _, kind := range []string{"pool", "client", "user", "function", "api", "authorizer", "resource", "method", "deployment", "stage", "permission"} {
				if got, want := len(a.has(kind)), len(count.has(kind)); got != want {
					t.Errorf("killed %s call %d (%s): %d of %s; want %d", moment, k, count.calls[k], got, kind, want)
				}
			}
		}
	}
}

func TestWhatSomebodyElseHasMadeIsNotTakenOver(t *testing.T) {
	a := newAccount(t)
	d, _ := newDeployer(t, a)
	name := strings.Replace(guarded, "Runtime: nodejs22.x", "Runtime: nodejs22.x\n      FunctionName: precious", 1)
	if _, err := a.do(&lambda.CreateFunctionInput{FunctionName: new("precious")}); err != nil {
		t.Fatal(err)
	}
	_, err := d.Deploy(context.Background(), parsed(t, name, nil))
	if err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Fatalf("error %v", err)
	}
	if !slices.Equal(a.has("function"), []string{"precious"}) {
		t.Errorf("functions %v; somebody else's must stay", a.has("function"))
	}
}

func TestARemovedTemplateResourceIsDeletedUnlessRetained(t *testing.T) {
	for _, retain := range []bool{false, true} {
		a := newAccount(t)
		d, _ := newDeployer(t, a)
		source := "Resources:\n  Keep:\n    Type: AWS::Cognito::UserPool\n  Other:\n    Type: AWS::Cognito::UserPool\n"
		if retain {
			source += "    DeletionPolicy: Retain\n"
		}
		deployed(t, d, source)
		deployed(t, d, "Resources:\n  Keep:\n    Type: AWS::Cognito::UserPool\n")
		if want := map[bool]int{false: 1, true: 2}[retain]; len(a.has("pool")) != want {
			t.Errorf("retain %v: pools %v; want %d", retain, a.has("pool"), want)
		}
	}
}

func TestAReplacementComesBeforeTheOldOneGoes(t *testing.T) {
	a := newAccount(t)
	d, _ := newDeployer(t, a)
	deployed(t, d, guarded)
	a.calls = nil
	o := deployed(t, d, strings.Replace(guarded, "GenerateSecret: true", "GenerateSecret: false", 1))
	if got := a.mutations(); !slices.Equal(got, []string{"CreateUserPoolClient", "DeleteUserPoolClient"}) {
		t.Errorf("called %v", got)
	}
	if len(o.Changes) != 1 || o.Changes[0].Action != Replaced || !slices.Equal(o.Changes[0].Properties, []string{"GenerateSecret"}) {
		t.Errorf("changes %+v", o.Changes)
	}
}

func TestTheDatabaseHoldsNoSecretOfATemplate(t *testing.T) {
	a := newAccount(t)
	d, _ := newDeployer(t, a)
	deployed(t, d, guarded)
	rows, err := resourceTable.List(context.Background(), d.Store, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, m := range []map[string]string{row.Properties, row.Attributes, row.Handles, row.Lookup} {
			for name, v := range m {
				if strings.Contains(v, "Correct-horse") || strings.Contains(v, "s3cret") || v == "hello" {
					t.Errorf("%s of %s is stored as %q", name, row.LogicalID, v)
				}
			}
		}
	}
}

func TestCodeThatDoesNotCompileChangesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "fn", "go.mod"), "module fn\n")
	write(t, filepath.Join(dir, "fn", "main.go"), "package main\nfunc main() { oops }\n")
	path := filepath.Join(dir, "template.yaml")
	write(t, path, "Transform: AWS::Serverless-2016-10-31\nResources:\n  Pool:\n    Type: AWS::Cognito::UserPool\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: fn\n      Runtime: provided.al2023\n      Handler: bootstrap\n")
	tmpl, err := Load(path, Settings{Region: "us-east-1", Account: "000000000000"})
	if err != nil {
		t.Fatal(err)
	}
	a := newAccount(t)
	d, _ := newDeployer(t, a)
	_, err = d.Deploy(context.Background(), tmpl)
	if err == nil || !strings.Contains(err.Error(), "template.yaml:8:16: the code of Fn") || !strings.Contains(err.Error(), "undefined: oops") {
		t.Errorf("error %v", err)
	}
	if len(a.calls) > 0 {
		t.Errorf("called %v", a.calls)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
