package gateway_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

func TestInvokingAnAuthorizerForATest(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	id := a.authorizer("pool", poolARN)
	try := func(token string) *apigateway.TestInvokeAuthorizerOutput {
		out, err := w.client.TestInvokeAuthorizer(t.Context(), &apigateway.TestInvokeAuthorizerInput{RestApiId: &a.id, AuthorizerId: &id, Headers: map[string]string{"authorization": token}})
		must(t, err)
		return out
	}
	if out := try(w.pools.sign(t, poolARN, "id", nil)); out.ClientStatus != 0 || out.Claims["cognito:groups"] != "cooks,waiters" {
		t.Errorf("a good token: %+v", out)
	}
	bad := w.pools.sign(t, otherPool, "id", nil)
	if out := try(bad); out.ClientStatus != 401 || len(out.Claims) != 0 || strings.Contains(*out.Log, bad) {
		t.Errorf("a foreign token: %+v", out)
	}
}
