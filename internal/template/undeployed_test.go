package template

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/access"
)

// told notes which operations a deploy calls.
type told struct {
	Operations
	operations *[]string
}

func (c told) Call(ctx context.Context, call *access.Call, service, operation string, in any) (any, error) {
	*c.operations = append(*c.operations, operation)
	return c.Operations.Call(ctx, call, service, operation, in)
}

// What has left the template, be it a route or words for a refusal, is gone before
// the API is frozen anew.
func TestWhatLeavesAnAPIIsNotInItsNextDeployment(t *testing.T) {
	rest := changed(t, strings.Replace(saidOfREST[:strings.Index(saidOfREST, "  Denied:")]+saidOfREST[strings.Index(saidOfREST, "  X:"):], "Get, Denied, Users", "Get, Users", 1),
		"  Deployment:", "  Second:", "!Ref Deployment", "!Ref Second")
	http := guardedHTTP[:strings.Index(guardedHTTP, "  Rest:")] + guardedHTTP[strings.Index(guardedHTTP, "  Stage:"):]
	http = changed(t, strings.ReplaceAll(http, "[Get, Rest]", "[Get]"), "  Frozen:", "  Second:", "!Ref Frozen", "!Ref Second", "        $default: {ThrottlingBurstLimit: 7} #\n", "")
	for _, test := range []struct{ name, before, after, gone, frozen string }{
		{"a gateway response", saidOfREST, rest, "DeleteGatewayResponse", "CreateDeployment"},
		{"a route of an HTTP API", guardedHTTP, http, "DeleteRoute", "CreateDeployment"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			deployed(t, d, test.before)
			var calls []string
			d.Operations = told{d.Operations, &calls}
			deployed(t, d, test.after)
			if gone, frozen := slices.Index(calls, test.gone), slices.Index(calls, test.frozen); gone < 0 || frozen < gone {
				t.Errorf("%s is call %d, %s call %d", test.gone, gone, test.frozen, frozen)
			}
		})
	}
}

// broken fails one operation.
type broken struct {
	Operations
	operation string
}

func (b broken) Call(ctx context.Context, call *access.Call, service, operation string, in any) (any, error) {
	if operation == b.operation {
		return nil, errors.New("broken")
	}
	return b.Operations.Call(ctx, call, service, operation, in)
}

// A deploy that fails has moved a route to a new authorizer, which the rollback
// therefore cannot take away. The route stays guarded, and the next deploy goes on.
func TestANewAuthorizerOutlivesADeployThatFails(t *testing.T) {
	for _, test := range []struct{ name, fails string }{{"REST", "CreateDeployment"}, {"HTTP", "UpdateStage"}} {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			first := fmt.Sprintf(bothKinds, "", "get", "Auth: {Authorizer: Own}")
			deployed(t, d, first)
			next := changed(t, strings.ReplaceAll(first, "Authorizer: Own", "Authorizer: Two"), "Properties: {StageName: v1", "Properties: {StageName: v1, Variables: {a: b}",
				"{UserPoolArn: !GetAtt Pool.Arn, AuthorizationScopes: [all]}", "{UserPoolArn: !GetAtt Pool.Arn}, Two: {UserPoolArn: !GetAtt Pool.Arn, Identity: {Header: X-Two}}",
				"Properties: {Auth: { Authorizers: {Own: {AuthorizationScopes: [all], JwtConfiguration: {issuer: \"https://example.com\", audience: [a]}}",
				"Properties: {StageVariables: {a: b}, Auth: {Authorizers: {Own: {JwtConfiguration: {issuer: \"https://example.com\", audience: [a]}}, Two: {JwtConfiguration: {issuer: \"https://example.com\", audience: [b]}}")
			whole := d.Operations
			d.Operations = broken{whole, test.fails}
			if _, err := d.Deploy(context.Background(), parsed(t, next, nil)); err == nil {
				t.Fatal("the deploy succeeded")
			}
			d.Operations = whole
			o := deployed(t, d, next)
			for _, api := range o.APIs {
				for _, r := range api.Routes {
					if r.Authorizer != "Two" {
						t.Errorf("%s %s is guarded by %q", r.Method, r.Path, r.Authorizer)
					}
				}
			}
			if again := deployed(t, d, next); len(o.Left) > 0 || len(again.Changes) > 0 {
				t.Errorf("left %v, then changed %+v", o.Left, again.Changes)
			}
		})
	}
}
