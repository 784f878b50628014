package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sallyport/sallyport/internal/gateway"
)

const overriding = "X-Http-Method-Override"

// A method that is named in a header is guarded as the method that it is, by
// every kind of guard, and each is asked about that method.
func TestAnOverriddenMethodMeetsEveryKindOfGuard(t *testing.T) {
	a, g := newGuarded(t)
	pool, function := a.authorizer("pool", poolARN), a.byToken("", 300)
	for _, path := range []string{"/pool", "/function", "/signed", "/own"} {
		a.open("GET", path)
	}
	a.guarded("DELETE", "/pool", pool)
	a.custom("DELETE", "/function", function)
	a.custom("PUT", "/function", function)
	a.iam("DELETE", "/signed")
	a.open("DELETE", "/own")
	a.open("ANY", "/any")
	a.deploy("prod")
	over := withHeader(overriding, "DELETE")
	token := a.pools.sign(t, poolARN, "id", nil)

	expectReply(t, "pool, no token", a.send("GET", "/prod/pool", over), 401, "")
	expectReply(t, "pool, a token", a.send("GET", "/prod/pool", over, bearing(token)), 200, "")
	if e := a.fn.event(t); e["httpMethod"] != "DELETE" {
		t.Errorf("the function hears %v", e["httpMethod"])
	}

	g.says(func(event map[string]any) string { return allows("Allow", event["methodArn"].(string), "null") })
	expectReply(t, "function, no token", a.send("GET", "/prod/function", over), 401, "")
	expectReply(t, "function, PUT is allowed", a.send("PUT", "/prod/function", bearing("t1")), 200, "")
	expectReply(t, "function, remembered for PUT alone", a.send("PUT", "/prod/function", over, bearing("t1")), 403, implicitly)
	expectReply(t, "function, DELETE is allowed", a.send("GET", "/prod/function", over, bearing("t2")), 200, "")
	if _, e := g.last(t); e["methodArn"] != a.arnOf("prod/DELETE/function") {
		t.Errorf("the function hears %v", e["methodArn"])
	}
	expectReply(t, "function, remembered for DELETE alone", a.send("DELETE", "/prod/function", withHeader(overriding, "PUT"), bearing("t2")), 403, implicitly)

	ann := a.signers.user("ann", allowing(a.arnOf("prod/DELETE/*")))
	bob := a.signers.user("bob", allowing(a.arnOf("prod/GET/*")))
	covered := http.Header{overriding: {"DELETE"}}
	expectReply(t, "signature, none", a.send("GET", "/prod/signed", over), 403, `{"message":"Missing Authentication Token"}`)
	for name, c := range map[string]struct {
		who     aws.Credentials
		headers http.Header
		after   func(r *http.Request)
		status  int
	}{
		"who may delete":                    {ann, covered, func(*http.Request) {}, 200},
		"who may get":                       {bob, covered, func(*http.Request) {}, 403},
		"added to what was signed":          {ann, nil, func(r *http.Request) { r.Header.Set(overriding, "DELETE") }, 403},
		"changed after it was signed":       {ann, http.Header{overriding: {"GET"}}, func(r *http.Request) { r.Header.Set(overriding, "DELETE") }, 403},
		"doubled after it was signed":       {ann, covered, func(r *http.Request) { r.Header.Add(overriding, "GET") }, 400},
		"named by an unsigned Connection":   {ann, covered, func(r *http.Request) { r.Header.Set("Connection", overriding) }, 200},
		"taken away after it was signed":    {bob, covered, func(r *http.Request) { r.Header.Del(overriding) }, 200}, // GET is open to all
		"the signature of GET, as a DELETE": {ann, nil, func(r *http.Request) { r.Method = "DELETE" }, 403},
	} {
		r := a.sign(c.who, order{verb: "GET", target: "/prod/signed", headers: c.headers})
		c.after(r)
		if got := a.do(r); got.status != c.status {
			t.Errorf("signature, %s: %d %s, want %d", name, got.status, got.body, c.status)
		}
	}

	a.redefine("prod", func(d *gateway.Definition) { d.Policy = resourcePolicy(statement("Allow", a.arnOf("prod/GET/*"), "")) })
	expectReply(t, "the API's own policy, GET", a.send("GET", "/prod/own"), 200, "")
	if got := a.send("GET", "/prod/own", over); got.status != 403 || !strings.Contains(got.body, "/prod/DELETE/own") {
		t.Errorf("the API's own policy, DELETE: %d %s", got.status, got.body)
	}
	if got := a.send("DELETE", "/prod/any", withHeader(overriding, "GET")); got.status != 200 {
		t.Errorf("the API's own policy, GET of ANY: %d %s", got.status, got.body)
	}
}
