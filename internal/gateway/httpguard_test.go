package gateway_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	httpUnauthorizedBody = `{"message":"Unauthorized"}`
	httpForbiddenBody    = `{"message":"Forbidden"}`
)

func TestTokensOnAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	staff := a.jwt("$request.header.Authorization", poolARN, "client-1", "client-2")
	a.route("GET /any", a.lambda, byToken(staff))
	a.route("GET /scoped", a.lambda, byToken(staff, "pizza/write", "pizza/read"))
	a.route("GET /admin", a.lambda, byToken(staff, "pizza/admin", "pizza/root"))
	a.route("GET /query", a.lambda, byToken(a.jwt("$request.querystring.token", poolARN, "client-1")))
	a.route("GET /other", a.lambda, byToken(a.jwt("$request.header.X-Token", otherPool, "client-1")))
	id, access := w.pools.sign(t, poolARN, "id", nil), w.pools.sign(t, poolARN, "access", nil)
	with := func(value string) func(*http.Request) { return withHeader("Authorization", value) }
	const bad, none = `Bearer scope="" error="invalid_token" error_description="`, "Bearer"
	for _, c := range []struct {
		name, target string
		change       func(*http.Request)
		status       int
		challenge    string // what it starts with
	}{
		{"an ID token", "/any", with("Bearer " + id), 200, ""},
		{"an access token", "/any", with(access), 200, ""},
		{"a scope", "/scoped", with("bearer " + access), 200, ""},
		{"in the query", "/query?token=" + access, with(""), 200, ""},
		{"another pool's, where it is due", "/other", withHeader("x-token", w.pools.sign(t, otherPool, "access", nil)), 200, ""},

		{"nothing", "/any", func(*http.Request) {}, 401, none},
		{"an empty header", "/any", with(""), 401, none},
		{"in the header, not the query", "/query", with(access), 401, none},
		{"in the query, not the header", "/any?Authorization=" + access, func(*http.Request) {}, 401, none},
		{"under another case of the parameter", "/query?Token=" + access, func(*http.Request) {}, 401, none},
		{"twice", "/any", func(r *http.Request) { r.Header["Authorization"] = []string{access, access} }, 401, bad},
		{"twice in the query", "/query?token=" + access + "&token=" + access, func(*http.Request) {}, 401, bad},
		{"another pool's", "/any", with(w.pools.sign(t, otherPool, "access", nil)), 401, bad},
		{"this pool's, where another's is due", "/other", withHeader("X-Token", access), 401, bad},
		{"no JWT", "/any", with("Bearer abc"), 401, bad},
		{"another scheme", "/any", with("Basic " + access), 401, bad},
		{"another audience", "/any", with(w.pools.sign(t, poolARN, "id", claims{"aud": "client-9"})), 401, bad + "the token does not have a valid audience"},
		{"client_id beside a wrong aud", "/any", with(w.pools.sign(t, poolARN, "access", claims{"aud": "client-9"})), 401, bad},
		{"expired", "/any", with(w.pools.sign(t, poolARN, "id", claims{"exp": 1})), 401, bad},
		{"not yet", "/any", with(w.pools.sign(t, poolARN, "id", claims{"nbf": 4102444800})), 401, bad},
		{"issued later", "/any", with(w.pools.sign(t, poolARN, "id", claims{"iat": 4102444800})), 401, bad},
		{"another issuer", "/any", with(w.pools.sign(t, poolARN, "id", claims{"iss": poolIssuer + "eu-west-1_pizza/"})), 401, bad},
		{"changed", "/any", with(access[:len(access)-4] + "AAAA"), 401, bad},
		{"without the scope", "/admin", with(access), 403, `Bearer scope="pizza/admin pizza/root" error="insufficient_scope" error_description="expected scopes: [pizza/admin pizza/root]"`},
		{"an ID token has no scopes", "/scoped", with(id), 403, `Bearer scope="pizza/write pizza/read" error="insufficient_scope"`},
	} {
		before := w.fn.count()
		got := a.send("GET", c.target, c.change)
		body := map[int]string{200: "hello", 401: httpUnauthorizedBody, 403: httpForbiddenBody}[c.status]
		expectReply(t, c.name, got, c.status, body)
		if challenge := got.header.Get("Www-Authenticate"); !strings.HasPrefix(challenge, c.challenge) || c.challenge == "" && challenge != "" || c.challenge == none && challenge != none {
			t.Errorf("%s: www-authenticate %q, want %q", c.name, challenge, c.challenge)
		}
		if (w.fn.count() > before) != (c.status == 200) {
			t.Errorf("%s: the function was called %d times", c.name, w.fn.count()-before)
		}
		r := w.records.latest()
		for _, step := range r.Steps() {
			if strings.Contains(step.Detail, access[len(access)-40:]) {
				t.Errorf("%s: a token stands in the record", c.name)
			}
		}
	}
}

// signHTTP signs as the SDK does, for the URL of an HTTP API.
func (a *httpAPI) sign(who string, policy string, o order) *http.Request {
	a.t.Helper()
	return (&api{world: a.world, id: a.id}).sign(a.signers.user(who, policy), o)
}

func TestSignaturesOnAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.stage("dev", nil)
	a.route("GET /pets/{id}", a.lambda, bySignature)
	a.route("$default", a.lambda, bySignature)
	arn := "arn:aws:execute-api:eu-west-1:000000000000:" + a.id + "/"
	for _, c := range []struct {
		name, policy, verb, target string
		status                     int
	}{
		{"all", allowing(everyAPI), "GET", "/pets/1?x=1", 200},
		{"$default stands there", allowing(arn + "$default/GET/pets/1"), "GET", "/pets/1", 200},
		{"the path, not the template", allowing(arn + "$default/GET/pets/{id}"), "GET", "/pets/1", 403},
		{"another stage", allowing(arn + "$default/*"), "GET", "/dev/pets/1", 403},
		{"the stage", allowing(arn + "dev/GET/pets/*"), "GET", "/dev/pets/1", 200},
		{"the $default route, by the path", allowing(arn + "$default/POST/any/thing"), "POST", "/any/thing", 200},
		{"the $default route, not by its name", allowing(arn + "$default/$default"), "POST", "/any/thing", 403},
		{"another verb", allowing(arn + "$default/POST/pets/1"), "GET", "/pets/1", 403},
		{"denied", allowing(everyAPI) + "," + denying(arn+"*/pets/2"), "GET", "/pets/2", 403},
		{"denied, in another dress", allowing(everyAPI) + "," + denying(arn+"*/any/2"), "GET", "/any%2F2", 403},
		{"nothing", denying("arn:aws:execute-api:*:*:nothing"), "GET", "/pets/1", 403},
	} {
		before := w.fn.count()
		body := "hello"
		if c.status == 403 {
			body = httpForbiddenBody
		}
		got := a.do(a.sign("ann", c.policy, order{verb: c.verb, target: c.target}))
		expectReply(t, c.name, got, c.status, body)
		if (w.fn.count() > before) != (c.status == 200) {
			t.Errorf("%s: the function was called %d times", c.name, w.fn.count()-before)
		}
	}
	byPath := order{verb: "GET", host: strings.TrimPrefix(w.server.URL, "http://"), target: "/_aws/execute-api/" + a.id + "/$default/pets/1?b=2&a=1"}
	expectReply(t, "by path", a.do(a.sign("ann", allowing(everyAPI), byPath)), 200, "hello")
	byPath.presign = true
	expectReply(t, "by path, presigned", a.do(a.sign("ann", allowing(everyAPI), byPath)), 200, "hello")
	for name, change := range map[string]func(*http.Request){
		"unsigned": func(r *http.Request) { r.Header.Del("Authorization") },
		"a wrong key": func(r *http.Request) {
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), "AKIAANN", "AKIABOB"))
		},
		"another path":     func(r *http.Request) { r.URL.Path = "/pets/2" },
		"another query":    func(r *http.Request) { r.URL.RawQuery = "admin=1" },
		"another host":     func(r *http.Request) { r.Host = a.id + ".execute-api." + region + ".localhost:1" },
		"a bearer token":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		"two signatures":   func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) },
		"an old date":      func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") },
		"garbage":          func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 garbage") },
		"another body":     withBody("changed"),
		"another verb":     func(r *http.Request) { r.Method = "POST" },
		"without its date": func(r *http.Request) { r.Header.Del("X-Amz-Date") },
	} {
		r := a.sign("ann", allowing(everyAPI), order{verb: "GET", target: "/pets/1"})
		change(r)
		got := a.do(r)
		expectReply(t, name, got, 403, httpForbiddenBody)
		if got.header.Get("x-amzn-ErrorType") != "" {
			t.Errorf("%s: an error type", name)
		}
	}
}

func TestWhoHasSignedIsInTheEvent(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.route("GET /two", a.lambda, bySignature)
	a.route("GET /one", a.function("1.0", nil), bySignature)
	rest := &api{world: w, id: a.id}
	customer := w.signers.customer("cus", allowing(everyAPI))
	expectReply(t, "a customer", a.do(rest.sign(customer, order{verb: "GET", target: "/two?a=1&b=%20", presign: true})), 200, "hello")
	event := w.fn.event(t)
	issuer := "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pizza"
	arn := "arn:aws:sts::000000000000:assumed-role/customers/CognitoIdentityCredentials"
	want := map[string]any{"iam": map[string]any{
		"accessKey": "ASIACUS", "accountId": account, "callerId": "AROACUSTOMERS:CognitoIdentityCredentials", "principalOrgId": nil, "userArn": arn,
		"userId": "AROACUSTOMERS:CognitoIdentityCredentials", "cognitoIdentity": map[string]any{
			"amr": []any{"authenticated", issuer, issuer + ":CognitoSignIn:a-sub"}, "identityId": "eu-west-1:11111111-2222-3333-4444-555555555555", "identityPoolId": "eu-west-1:pool",
		},
	}}
	if got := event["requestContext"].(map[string]any)["authorizer"]; !reflect.DeepEqual(got, want) {
		t.Errorf("authorizer %v", got)
	}
	if query := event["rawQueryString"].(string); strings.Contains(query, "Signature") || !strings.Contains(query, "b=%20") {
		t.Errorf("the signature went on: %s", query)
	}
	expectReply(t, "a user", a.do(a.sign("ann", allowing(everyAPI), order{verb: "GET", target: "/two"})), 200, "hello")
	event = w.fn.event(t)
	iam := event["requestContext"].(map[string]any)["authorizer"].(map[string]any)["iam"].(map[string]any)
	if iam["cognitoIdentity"] != nil || iam["userArn"] != "arn:aws:iam::000000000000:user/ann" || event["headers"].(map[string]any)["authorization"] != nil {
		t.Errorf("%v", event)
	}
	expectReply(t, "a user, 1.0", a.do(a.sign("ann", allowing(everyAPI), order{verb: "GET", target: "/one"})), 200, "hello")
	if identity := w.fn.event(t)["requestContext"].(map[string]any)["identity"].(map[string]any); identity["userArn"] != "arn:aws:iam::000000000000:user/ann" || identity["accessKey"] != "AKIAANN" {
		t.Errorf("identity %v", identity)
	}
}

// What the data plane cannot decide on stays closed, whoever wrote it.
func TestARouteOfAnHTTPAPIThatCannotBeDecidedIsClosed(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	staff := a.jwt("$request.header.Authorization", poolARN, "client-1")
	a.route("GET /", a.lambda, byToken(staff))
	a.open("GET /open")
	token := withHeader("Authorization", w.pools.sign(t, poolARN, "id", nil))
	expectReply(t, "before", a.send("GET", "/", token), 200, "hello")
	for name, change := range map[string]func(*gateway.HTTPDefinition){
		"unknown kind":            func(d *gateway.HTTPDefinition) { routeOf(d, "GET /").Authorization = "MAGIC" },
		"no kind":                 func(d *gateway.HTTPDefinition) { routeOf(d, "GET /").Authorization = "" },
		"an authorizer gone":      func(d *gateway.HTTPDefinition) { d.Authorizers = nil },
		"another type":            func(d *gateway.HTTPDefinition) { d.Authorizers[0].Type = "REQUEST" },
		"no audience":             func(d *gateway.HTTPDefinition) { d.Authorizers[0].Audience = nil },
		"an issuer over http":     func(d *gateway.HTTPDefinition) { d.Authorizers[0].Issuer = "http://example.com" },
		"CUSTOM by a JWT one":     func(d *gateway.HTTPDefinition) { routeOf(d, "GET /").Authorization = gateway.AuthorizationCustom },
		"a Cognito of a REST API": func(d *gateway.HTTPDefinition) { routeOf(d, "GET /").Authorization = gateway.AuthorizationCognito },
	} {
		undo := a.redefine(change)
		expectReply(t, name, a.send("GET", "/", token), 500, `{"message":"Internal Server Error"}`)
		expectReply(t, name+": another route", a.send("GET", "/open"), 200, "hello")
		undo()
	}
	// Which requests a route was to guard whose key is none, nobody knows.
	a.redefine(func(d *gateway.HTTPDefinition) { routeOf(d, "GET /").Key = "GET //x/{}" })
	expectReply(t, "an unreadable key", a.send("GET", "/open"), 500, "")
}

func routeOf(d *gateway.HTTPDefinition, key string) *gateway.HTTPRoute {
	for _, r := range d.Routes {
		if r.Key == key {
			return r
		}
	}
	return nil
}

// redefine changes what $default serves behind the control plane's back.
func (a *httpAPI) redefine(change func(d *gateway.HTTPDefinition)) (undo func()) {
	a.t.Helper()
	var before gateway.HTTPDefinition
	write := func(change func(d *gateway.HTTPDefinition)) {
		must(a.t, a.db.Write(a.t.Context(), func(tx *store.Tx) error {
			row, err := gateway.Stages.Update(a.t.Context(), tx, func(s *gateway.Stage) error { s.Updated++; return nil }, a.id, "$default")
			if err != nil {
				return err
			}
			_, err = gateway.Deployments.Update(a.t.Context(), tx, func(d *gateway.Deployment) error {
				change(d.Definition.HTTP)
				return nil
			}, a.id, row.DeploymentID)
			return err
		}))
	}
	write(func(d *gateway.HTTPDefinition) {
		before = gateway.HTTPDefinition{CORS: d.CORS, Integrations: d.Integrations}
		for _, r := range d.Routes {
			copied := *r
			before.Routes = append(before.Routes, &copied)
		}
		for _, z := range d.Authorizers {
			copied := *z
			before.Authorizers = append(before.Authorizers, &copied)
		}
		change(d)
	})
	return func() { write(func(d *gateway.HTTPDefinition) { *d = before }) }
}
