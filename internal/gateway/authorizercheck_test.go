package gateway_test

import (
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
)

func TestWhatAnAuthorizerMayBe(t *testing.T) {
	seconds := func(n int32) *int32 { return &n }
	const header, role = "method.request.header.Authorization", "arn:aws:iam::000000000000:role/caller"
	pools := []string{poolARN}
	for _, c := range []struct {
		name string
		a    gateway.Authorizer
		good bool
	}{
		{"pools", gateway.Authorizer{Type: "COGNITO_USER_POOLS", IdentitySource: header, ProviderARNs: pools}, true},
		{"pools with a function", gateway.Authorizer{Type: "COGNITO_USER_POOLS", IdentitySource: header, ProviderARNs: pools, URI: functionURI}, false},
		{"pools by the query", gateway.Authorizer{Type: "COGNITO_USER_POOLS", IdentitySource: "method.request.querystring.t", ProviderARNs: pools}, false},
		{"no pool", gateway.Authorizer{Type: "COGNITO_USER_POOLS", IdentitySource: header}, false},
		{"token", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, Validation: "^Bearer "}, true},
		{"token under a role", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, CredentialsARN: role}, true},
		{"token of a stage's function", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:000000000000:function:${stageVariables.fn}/invocations"}, true},
		{"token without a header", gateway.Authorizer{Type: "TOKEN", URI: functionURI, TTLSeconds: seconds(0)}, false},
		{"token of two headers", gateway.Authorizer{Type: "TOKEN", IdentitySource: header + ",method.request.header.B", URI: functionURI}, false},
		{"token without a function", gateway.Authorizer{Type: "TOKEN", IdentitySource: header}, false},
		{"token with pools", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, ProviderARNs: pools}, false},
		{"token of a URL", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: "https://example.com/"}, false},
		{"token of a bare function", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: "arn:aws:lambda:eu-west-1:000000000000:function:pizza"}, false},
		{"token by a user", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, CredentialsARN: "arn:aws:iam::000000000000:user/u"}, false},
		{"bad expression", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, Validation: "(?=x)"}, false},
		{"request", gateway.Authorizer{Type: "REQUEST", IdentitySource: header + ", method.request.querystring.a b,stageVariables.v,context.httpMethod", URI: functionURI}, false},
		{"request of all kinds", gateway.Authorizer{Type: "REQUEST", IdentitySource: header + ", method.request.querystring.a[0],stageVariables.v,context.httpMethod", URI: functionURI}, true},
		{"request without sources", gateway.Authorizer{Type: "REQUEST", URI: functionURI}, false},
		{"request without sources or cache", gateway.Authorizer{Type: "REQUEST", URI: functionURI, TTLSeconds: seconds(0)}, true},
		{"request by a path variable", gateway.Authorizer{Type: "REQUEST", IdentitySource: "method.request.path.id", URI: functionURI}, false},
		{"request by the body", gateway.Authorizer{Type: "REQUEST", IdentitySource: "method.request.body", URI: functionURI}, false},
		{"request by what it says itself", gateway.Authorizer{Type: "REQUEST", IdentitySource: "context.authorizer.principalId", URI: functionURI}, false},
		{"request by an empty part", gateway.Authorizer{Type: "REQUEST", IdentitySource: header + ",", URI: functionURI}, false},
		{"request by no header", gateway.Authorizer{Type: "REQUEST", IdentitySource: "method.request.header.", URI: functionURI}, false},
		{"request by a forged header", gateway.Authorizer{Type: "REQUEST", IdentitySource: "method.request.header.A\r\nB", URI: functionURI}, false},
		{"an hour", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, TTLSeconds: seconds(3600)}, true},
		{"longer", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, TTLSeconds: seconds(3601)}, false},
		{"negative", gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI, TTLSeconds: seconds(-1)}, false},
		{"of HTTP APIs", gateway.Authorizer{Type: "JWT", IdentitySource: header}, false},
		{"no type", gateway.Authorizer{IdentitySource: header, ProviderARNs: pools}, false},
	} {
		c.a.Name = "n"
		if err := c.a.Check(); (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if (&gateway.Authorizer{Type: "TOKEN", IdentitySource: header, URI: functionURI}).Check() == nil {
		t.Error("an authorizer without a name")
	}
	list, err := (&gateway.Authorizer{IdentitySource: " method.request.header.X-Y ,context.path"}).IdentitySources()
	if want := []gateway.IdentitySource{{From: gateway.HeaderSource, Name: "X-Y"}, {From: gateway.ContextSource, Name: "path"}}; err != nil || !slices.Equal(list, want) {
		t.Errorf("%v %v", list, err)
	}
}
