package server_test

import (
	"errors"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/gateway/bearer"
	"github.com/sallyport/sallyport/verify"
)

// A JWT authorizer may name a user pool of this server by its issuer here, or by
// the URL that published templates make of its id. Neither asks over the wire.
func TestUserPoolsAreIssuersOfJWTAuthorizers(t *testing.T) {
	w := start(t, config.Config{}, nil)
	p := w.people(t, "regular")
	tokens := w.signIn(t, p)
	atAWS, err := verify.UserPoolIssuer(p.pool)
	if err != nil {
		t.Fatal(err)
	}
	authorize := func(issuer, audience, token string) *bearer.Refusal {
		t.Helper()
		from, err := w.server.IssuersForTest().Issuer(issuer)
		if err != nil {
			t.Fatal(err)
		}
		a, err := bearer.New(bearer.Config{Issuer: from, Audience: []string{audience}, Clock: &clock.Clock{}})
		if err != nil {
			t.Fatal(err)
		}
		_, refusal := a.Authorize(t.Context(), []string{token}, nil)
		return refusal
	}
	for _, issuer := range []string{w.url + "/" + p.pool, atAWS} {
		for kind, token := range map[string]string{"ID": *tokens.IdToken, "access": *tokens.AccessToken} {
			if refusal := authorize(issuer, p.client, token); refusal != nil {
				t.Errorf("the %s token, by %s: %+v", kind, issuer, refusal)
			}
			if refusal := authorize(issuer, "other", token); refusal == nil {
				t.Errorf("the %s token for another audience, by %s: let in", kind, issuer)
			}
		}
	}
	for _, other := range []string{w.url + "/" + p.pool + "/", w.url + "/us-east-1_000000000", w.url + "/"} {
		if refusal := authorize(other, p.client, *tokens.IdToken); refusal == nil {
			t.Errorf("let in by %s", other)
		}
	}

	from, err := w.server.IssuersForTest().Issuer(atAWS)
	if err != nil || from.Name() != w.url+"/"+p.pool {
		t.Fatalf("its name is %s, %v", from.Name(), err)
	}
	must(w.pools.DeleteUserPool(t.Context(), &idp.DeleteUserPoolInput{UserPoolId: &p.pool}))(t)
	if _, err := from.Key(t.Context(), "any"); !errors.Is(err, verify.ErrUnknownKey) {
		t.Errorf("the pool is gone: %v", err)
	}
	if refusal := authorize(w.url+"/"+p.pool, p.client, *tokens.IdToken); refusal == nil {
		t.Error("let in by a pool that is gone")
	}
}
