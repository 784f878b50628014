package template

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

func TestAMethodUnderAnotherNameIsRefusedAndStays(t *testing.T) {
	d, _ := services(t)
	source := `
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: plain}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: NONE, Integration: {Type: MOCK}}
`
	o := deployed(t, d, source)
	_, err := d.Deploy(context.Background(), parsed(t, changed(t, source, "  Get:", "  Look:"), nil))
	if err == nil || !strings.Contains(err.Error(), "Get of this stack has that name already") {
		t.Errorf("error %v", err)
	}
	_, err = invoke[apigateway.GetMethodOutput](context.Background(), &deploy{Deployer: d}, apiGateway, "GetMethod", &apigateway.GetMethodInput{
		RestApiId: &o.APIs[0].ID, ResourceId: aws.String(rootOf(t, d, o.APIs[0].ID)), HttpMethod: aws.String("GET")})
	must(t, err)
}

func rootOf(t testing.TB, d *Deployer, api string) string {
	t.Helper()
	root, err := (&work{deploy: &deploy{Deployer: d}}).rootResource(context.Background(), api)
	must(t, err)
	return root
}

func TestAPathsVariableCanBeRenamed(t *testing.T) {
	d, _ := services(t)
	deployed(t, d, guarded)
	o := deployed(t, d, changed(t, guarded, "/pizzas/{id}", "/pizzas/{name}"))
	if r := o.APIs[0].Routes; r[2].Path != "/pizzas/{name}" || len(r) != 3 || len(o.Left) > 0 {
		t.Errorf("routes %+v, left %v", r, o.Left)
	}
}

func TestAFailureSaysWhatWasChangedBefore(t *testing.T) {
	a := newAccount(t)
	d, _ := newDeployer(t, a)
	deployed(t, d, guarded)
	a.fail["CreateStage"] = errors.New("out of order")
	_, err := d.Deploy(context.Background(), parsed(t, changed(t, guarded, "Default: hello", "Default: hi", "StageName: Prod", "StageName: Test"), nil))
	if err == nil || !strings.Contains(err.Error(), "changed already and not taken back: Fn (Environment)") {
		t.Errorf("error %v", err)
	}
}

func TestARouteSaysWhoseTokensItTakesAndWhere(t *testing.T) {
	d, _ := services(t)
	source := changed(t, guarded, "SignedIn: {UserPoolArn: !GetAtt Pool.Arn}", "SignedIn: {UserPoolArn: !GetAtt Pool.Arn}, Staff: {UserPoolArn: [!GetAtt Other.Arn], Identity: {Header: X-Token}}",
		"Path: /pizzas, Method: get", "Path: /pizzas, Method: get, Auth: {Authorizer: Staff}", "  App:\n", "  Other: {Type: AWS::Cognito::UserPool}\n  App:\n")
	o := deployed(t, d, source)
	pools := map[string]string{}
	for _, p := range o.Pools {
		pools[p.LogicalID] = p.ID
	}
	staff, people := o.APIs[0].Routes[1], o.APIs[0].Routes[2]
	if staff.Header != "X-Token" || !slices.Equal(staff.Pools, []string{pools["Other"]}) || people.Header != "Authorization" || !slices.Equal(people.Pools, []string{pools["Pool"]}) {
		t.Errorf("routes %+v and %+v; pools %v", staff, people, pools)
	}
}

// The list of runtimes is the function service's own, which this package cannot import.
func TestEveryRuntimeThatATemplateMayHaveIsStarted(t *testing.T) {
	d, _ := services(t)
	var source strings.Builder
	source.WriteString("Transform: AWS::Serverless-2016-10-31\nResources:\n")
	for i, runtime := range runtimes {
		if !strings.HasPrefix(runtime, "provided.") {
			fmt.Fprintf(&source, "  F%d: {Type: AWS::Serverless::Function, Properties: {Runtime: %s, Handler: index.handler, InlineCode: x}}\n", i, runtime)
		}
	}
	deployed(t, d, source.String())
}
