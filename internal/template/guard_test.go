package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// bothKinds is one function behind a guarded REST API and a guarded HTTP API; the
// %s are what the APIs say of Auth, and what the events do.
const bothKinds = `
Transform: AWS::Serverless-2016-10-31
Parameters: {Empty: {Type: String, Default: ""}}
Conditions: {Never: !Equals [a, b]}
Globals:
  Function: {Runtime: nodejs22.x, Handler: index.handler, InlineCode: "exports.handler = async () => ({})"}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Rest:
    Type: AWS::Serverless::Api
    Properties: {StageName: v1, Auth: {%[1]s Authorizers: {Own: {UserPoolArn: !GetAtt Pool.Arn, AuthorizationScopes: [all]}}}}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties: {Auth: {%[1]s Authorizers: {Own: {AuthorizationScopes: [all], JwtConfiguration: {issuer: "https://example.com", audience: [a]}}}}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        R: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /a, Method: %[2]s, %[3]s}}
        H: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /a, Method: %[2]s, %[3]s}}
`

// What looks like a guard is one, or the template is refused, or a note says that
// the route is open.
func TestWhatLooksGuardedIs(t *testing.T) {
	const byDefault = "DefaultAuthorizer: Own, "
	const open, own, bare = "NONE", "guarded by all", "guarded"
	for _, test := range []struct {
		name, api, verb, event string
		rest, http             string // what the route is, or the problem
		notes                  int
	}{
		{"nothing said", byDefault, "get", "", own, own, 0},
		{"none", byDefault, "get", "Auth: {Authorizer: NONE}", open, open, 0},
		{"an empty name", byDefault, "get", `Auth: {Authorizer: ""}`, "Authorizer cannot be empty", "Authorizer cannot be empty", 0},
		{"an empty parameter", byDefault, "get", "Auth: {Authorizer: !Ref Empty}", "Authorizer cannot be empty", "Authorizer cannot be empty", 0},
		{"no value", byDefault, "get", `Auth: {Authorizer: !If [Never, NONE, !Ref "AWS::NoValue"]}`, own, own, 0},
		{"a name that is not known yet", byDefault, "get", "Auth: {Authorizer: !Ref Pool}", "Authorizer must be known before", "Authorizer must be known before", 0},
		{"an Auth that is not known yet", "", "get", "Auth: !Ref Pool", "Auth must be known before", "Auth must be known before", 0},
		{"an empty default", `DefaultAuthorizer: "", `, "get", "", "DefaultAuthorizer cannot be empty", "DefaultAuthorizer cannot be empty", 0},
		{"another case", byDefault, "get", "Auth: {Authorizer: own}", `no authorizer "own"`, `no authorizer "own"`, 0},
		{"the default's word on an event", "", "get", "Auth: {DefaultAuthorizer: Own}", `unknown property "DefaultAuthorizer"`, `unknown property "DefaultAuthorizer"`, 0},
		{"an authorizer beside Auth", "", "get", "Authorizer: Own", `unknown property "Authorizer"`, `unknown property "Authorizer"`, 0},
		{"authorizers, and nobody takes one", "", "get", "", open, open, 2},
		{"no scopes", byDefault, "get", "Auth: {Authorizer: Own, AuthorizationScopes: []}", bare, own, 0},
		{"scopes without an authorizer", "", "get", "Auth: {AuthorizationScopes: [x]}", "AuthorizationScopes need an authorizer", "Auth of event H guards nothing", 0},
		{"an OPTIONS of its own", byDefault, "options", "", own, open, 1},
		{"an OPTIONS of its own, let through", byDefault + "AddDefaultAuthorizerToCorsPreflight: false, ", "options", "", open, open, 1},
		{"an OPTIONS of its own, guarded", byDefault, "options", "Auth: {Authorizer: Own}", own, own, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := fmt.Sprintf(bothKinds, test.api, test.verb, test.event)
			at := strings.Index(source, "  Http:") // the setting for preflights is REST APIs' alone
			source = source[:at] + strings.Replace(source[at:], "AddDefaultAuthorizerToCorsPreflight: false, ", "", 1)
			tmpl, err := read("t.yaml", []byte(source), Settings{Region: "us-east-1", Account: "000000000000"})
			if err != nil {
				for _, want := range []string{test.rest, test.http} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("refused with\n%v\nwant %s", err, want)
					}
				}
				return
			}
			for _, r := range tmpl.resources {
				want := test.rest
				if r.kind == httpRouteType {
					want = test.http
				} else if r.kind != methodType {
					continue
				}
				got := open
				if r.properties.get("AuthorizerId") != nil {
					got = strings.TrimSpace(strings.Join([]string{"guarded by", strings.Join(r.properties.get("AuthorizationScopes").texts(), " ")}, " "))
					got = strings.TrimSuffix(got, " by")
				}
				if got != want {
					t.Errorf("%s is %s, want %s", r.id, got, want)
				}
			}
			if len(tmpl.notes) != test.notes {
				t.Errorf("notes %v, want %d", tmpl.notes, test.notes)
			}
		})
	}
}

// A route that another function takes over is the same route: an API has one of a key.
func TestAnEventOfAnHTTPAPIMayGetAnotherName(t *testing.T) {
	d, _ := services(t)
	source := fmt.Sprintf(bothKinds, "DefaultAuthorizer: Own, ", "get", "")
	o := deployed(t, d, source)
	id := o.APIs[slices.IndexFunc(o.APIs, func(a API) bool { return a.LogicalID == "Http" })].ID
	before := call[apigatewayv2.GetRoutesOutput](t, d, apiGatewayV2, "GetRoutes", &apigatewayv2.GetRoutesInput{ApiId: &id}).Items
	renamed := changed(t, source, "  Fn:\n", "  Handler:\n", "        H: {", "        Menu: {")
	if o := deployed(t, d, renamed); len(o.Left) > 0 {
		t.Errorf("left %v", o.Left)
	}
	after := call[apigatewayv2.GetRoutesOutput](t, d, apiGatewayV2, "GetRoutes", &apigatewayv2.GetRoutesInput{ApiId: &id}).Items
	if len(after) != 1 || *after[0].RouteId != *before[0].RouteId || *after[0].Target == *before[0].Target {
		t.Errorf("routes %+v, were %+v", after, before)
	}
}

// An authorizer that was changed after its method goes with it all the same.
func TestAnAuthorizerGoesAfterWhatReliesOnIt(t *testing.T) {
	d, _ := services(t)
	source := strings.ReplaceAll(fmt.Sprintf(bothKinds, "", "get", "Auth: {Authorizer: Own}"), "\n  Fn:", `
  Gone:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        R: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /gone, Method: get, Auth: {Authorizer: Other}}}
        H: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /gone, Method: get, TimeoutInMillis: 5000, Auth: {Authorizer: Other}}}
  Fn:`)
	source = changed(t, source, "{UserPoolArn: !GetAtt Pool.Arn, AuthorizationScopes: [all]}", "{UserPoolArn: !GetAtt Pool.Arn}, Other: {UserPoolArn: !GetAtt Pool.Arn, Identity: {Header: X-A}}",
		"audience: [a]}}", "audience: [a]}}, Other: {JwtConfiguration: {issuer: \"https://example.com\", audience: [b]}}")
	deployed(t, d, source)
	source = changed(t, source, "Header: X-A", "Header: X-B", "audience: [b]", "audience: [c]", "TimeoutInMillis: 5000", "TimeoutInMillis: 6000")
	deployed(t, d, source)
	from, to := strings.Index(source, "  Gone:"), strings.Index(source, "  Fn:")
	source = changed(t, source[:from]+source[to:], ", Other: {UserPoolArn: !GetAtt Pool.Arn, Identity: {Header: X-B}}", "",
		", Other: {JwtConfiguration: {issuer: \"https://example.com\", audience: [c]}}", "")
	if o := deployed(t, d, source); len(o.Left) > 0 {
		t.Errorf("left %v", o.Left)
	}
}

// A deployment that is written out freezes its API. What changes afterwards is not
// served, and the outcome says so until there is another deployment; what has left
// the template is not in that one.
func TestADeploymentThatIsOlderThanTheTemplateIsTold(t *testing.T) {
	d, _ := services(t)
	open := changed(t, saidOfREST, "AuthorizationType: CUSTOM\n      AuthorizerId: !Ref Function\n", "AuthorizationType: NONE\n")
	told := func(o *Outcome, name string) bool {
		return slices.ContainsFunc(o.Notes, func(p Problem) bool {
			return strings.Contains(p.String(), "serves the API as it was when "+name+" was made")
		})
	}
	if o := deployed(t, d, open); told(o, "Deployment") {
		t.Errorf("notes of the first deploy: %v", o.Notes)
	}
	for range 2 {
		if o := deployed(t, d, saidOfREST); !told(o, "Deployment") {
			t.Errorf("nothing says that the route is open still: %v", o.Notes)
		}
	}
	next := strings.ReplaceAll(changed(t, saidOfREST, "  Denied:\n", "  Kept:\n", "[Get, Denied, Users]", "[Get, Kept, Users]", "ACCESS_DENIED", "UNAUTHORIZED"), "Deployment:", "Second:")
	next = changed(t, next, "!Ref Deployment", "!Ref Second")
	o := deployed(t, d, next)
	if told(o, "Second") || len(o.Left) > 0 {
		t.Errorf("notes %v, left %v", o.Notes, o.Left)
	}
	all := call[apigateway.GetDeploymentsOutput](t, d, apiGateway, "GetDeployments", &apigateway.GetDeploymentsInput{RestApiId: &o.APIs[0].ID}).Items
	made := call[apigateway.GetDeploymentOutput](t, d, apiGateway, "GetDeployment", &apigateway.GetDeploymentInput{RestApiId: &o.APIs[0].ID, DeploymentId: all[0].Id, Embed: []string{"apisummary"}})
	if len(all) != 1 || aws.ToString(made.ApiSummary["/x"]["GET"].AuthorizationType) != "CUSTOM" {
		t.Errorf("deployments %+v, the first %+v", all, made)
	}
	if told(deployed(t, d, next), "Second") {
		t.Error("a deployment that is up to date is called old")
	}
	http := changed(t, guardedHTTP, "RouteKey: GET /x", "RouteKey: GET /y", "        GET /x:\n          ThrottlingBurstLimit: 4\n          ThrottlingRateLimit: 5 #\n", "")
	deployed(t, d, guardedHTTP)
	if o := deployed(t, d, http); !told(o, "Frozen") {
		t.Errorf("nothing says that the stage of the HTTP API is old: %v", o.Notes)
	}
}
