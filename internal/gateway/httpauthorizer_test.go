package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// httpGuarded serves an HTTP API, under its default stage, whose routes are all
// guarded by one authorizer's function.
func httpGuarded(t testing.TB, change func(a *gateway.HTTPAuthorizer), payload string, routes ...string) (*api, *guardian) {
	t.Helper()
	g := &guardian{}
	w := newWorldOn(t, openMemory(t), func(c *gateway.Config) {
		g.function = c.Invoker.(*function)
		c.Invoker = g
	})
	made := &api{w, "httpapi000", nil}
	guard := &gateway.HTTPAuthorizer{APIID: made.id, ID: "guard1", Name: "guard", Type: "REQUEST", URI: guardURI, PayloadVersion: "2.0"}
	change(guard)
	d := gateway.Deployment{APIID: made.id, ID: "d1", Definition: gateway.Definition{HTTP: &gateway.HTTPDefinition{
		Authorizers:  []*gateway.HTTPAuthorizer{guard},
		Integrations: []*gateway.HTTPIntegration{{APIID: made.id, ID: "i1", Type: "AWS_PROXY", Method: "POST", URI: functionURI, PayloadVersion: payload, TimeoutMillis: 30000}},
	}}}
	for i, key := range routes {
		d.Definition.HTTP.Routes = append(d.Definition.HTTP.Routes, &gateway.HTTPRoute{
			APIID: made.id, ID: fmt.Sprintf("route%d", i), Key: key, Target: "integrations/i1", Authorization: "CUSTOM", AuthorizerID: "guard1",
		})
	}
	must(t, w.db.Write(t.Context(), func(tx *store.Tx) error {
		if err := gateway.Deployments.Insert(t.Context(), tx, &d); err != nil {
			return err
		}
		return gateway.Stages.Insert(t.Context(), tx, &gateway.Stage{APIID: made.id, Name: "$default", Region: region, DeploymentID: "d1", HTTP: true, Variables: map[string]string{"tier": "gold"}})
	}))
	return made, g
}

func remembering(seconds int32, sources ...string) func(a *gateway.HTTPAuthorizer) {
	return func(a *gateway.HTTPAuthorizer) { a.TTLSeconds, a.IdentitySources = &seconds, sources }
}

func simply(change func(a *gateway.HTTPAuthorizer)) func(a *gateway.HTTPAuthorizer) {
	return func(a *gateway.HTTPAuthorizer) {
		a.SimpleResponses = true
		change(a)
	}
}

func inFormatOne(change func(a *gateway.HTTPAuthorizer)) func(a *gateway.HTTPAuthorizer) {
	return func(a *gateway.HTTPAuthorizer) {
		a.PayloadVersion = "1.0"
		change(a)
	}
}

func TestWhatAFunctionSaysDecidesOnHTTPAPIs(t *testing.T) {
	const unauthorized, forbidden, failed = `{"message":"Unauthorized"}`, `{"message":"Forbidden"}`, `{"message":"Internal Server Error"}`
	none := func(*gateway.HTTPAuthorizer) {}
	for form, configure := range map[string]func(a *gateway.HTTPAuthorizer){"1.0": inFormatOne(none), "2.0": none, "simple": simply(none)} {
		a, g := httpGuarded(t, configure, "2.0", "GET /a")
		for name, c := range map[string]struct {
			answer string
			failed bool
			err    error
			status map[string]int
		}{
			"allow":             {allows("Allow", "*", "null"), false, nil, map[string]int{"1.0": 200, "2.0": 200, "simple": 500}},
			"deny":              {allows("Deny", "*", "null"), false, nil, map[string]int{"1.0": 403, "2.0": 403, "simple": 500}},
			"another API":       {allows("Allow", "arn:aws:execute-api:eu-west-1:000000000000:other00000/*", "null"), false, nil, map[string]int{"1.0": 403, "2.0": 403, "simple": 500}},
			"authorized":        {`{"isAuthorized":true}`, false, nil, map[string]int{"1.0": 500, "2.0": 500, "simple": 200}},
			"not authorized":    {`{"isAuthorized":false}`, false, nil, map[string]int{"1.0": 500, "2.0": 500, "simple": 403}},
			"authorized a text": {`{"isAuthorized":"true"}`, false, nil, map[string]int{"1.0": 500, "2.0": 500, "simple": 500}},
			"no principal":      {`{"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}`, false, nil, map[string]int{"1.0": 200, "2.0": 200, "simple": 500}},
			"claims":            {allows("Allow", "*", `{"claims":{}}`), false, nil, map[string]int{"1.0": 500, "2.0": 200, "simple": 500}},
			"Unauthorized":      {`{"errorMessage":"Unauthorized"}`, true, nil, map[string]int{"1.0": 401, "2.0": 500, "simple": 500}},
			"a crash":           {`{"errorMessage":"boom"}`, true, nil, map[string]int{"1.0": 500, "2.0": 500, "simple": 500}},
			"no permission":     {"", false, gateway.ErrNotPermitted, map[string]int{"1.0": 500, "2.0": 500, "simple": 500}},
		} {
			g.mu.Lock()
			g.answer = func(map[string]any) (string, bool, error) { return c.answer, c.failed, c.err }
			g.mu.Unlock()
			body := map[int]string{200: "hello", 401: unauthorized, 403: forbidden, 500: failed}[c.status[form]]
			got := a.send("GET", "/a")
			expectReply(t, form+", "+name, got, c.status[form], body)
			if got.header.Get("x-amzn-ErrorType") != "" || got.header.Get("Www-Authenticate") != "" {
				t.Errorf("%s, %s: headers of a REST API or of a token: %v", form, name, got.header)
			}
		}
	}
}

func TestAnIdentitySourceMustBeThereOnHTTPAPIs(t *testing.T) {
	for _, ttl := range []int32{0, 300} {
		a, g := httpGuarded(t, simply(remembering(ttl, "$request.header.X-User", "$request.querystring.team", "$stageVariables.tier", "$context.routeKey")), "2.0", "GET /a")
		g.says(always(`{"isAuthorized":true}`))
		user := withHeader("x-uSER", "ann")
		for name, got := range map[string]reply{
			"no header":       a.send("GET", "/a?team=red"),
			"empty header":    a.send("GET", "/a?team=red", withHeader("X-User", "")),
			"two headers":     a.send("GET", "/a?team=red", user, withHeader("X-User", "bob")),
			"no parameter":    a.send("GET", "/a", user),
			"another case":    a.send("GET", "/a?Team=red", user),
			"two parameters":  a.send("GET", "/a?team=red&team=blue", user),
			"behind a letter": a.send("GET", "/a?x=1;team=red", user),
		} {
			expectReply(t, name, got, 401, `{"message":"Unauthorized"}`)
		}
		a.send("GET", "/a?team=red")
		told := a.records.latest()
		if steps := told.Steps(); len(steps) == 0 || steps[len(steps)-1].Detail != "the identity source $request.header.X-User is absent or empty" {
			t.Errorf("who asks why is told %+v", steps)
		}
		if g.count() != 0 {
			t.Errorf("the function was called")
		}
		expectReply(t, "all there", a.send("GET", "/a?team=red", user), 200, "hello")
		if _, event := g.last(t); fmt.Sprint(event["identitySource"]) != "[ann red gold GET /a]" {
			t.Errorf("the identity is %v", event["identitySource"])
		}
	}
}

// The boolean of a simple response is what is remembered, unless the route is
// part of the identity; a policy is asked again.
func TestWhatIsRememberedOnHTTPAPIs(t *testing.T) {
	bearing := func(token string) func(*http.Request) { return withHeader("Authorization", token) }
	const header = "$request.header.Authorization"
	onlyA := func(event map[string]any) string {
		return fmt.Sprintf(`{"isAuthorized":%v}`, event["routeKey"] == "GET /a")
	}
	policyOfRoute := func(event map[string]any) string { return allows("Allow", event["routeArn"].(string), "null") }
	for name, c := range map[string]struct {
		configure func(a *gateway.HTTPAuthorizer)
		answer    func(map[string]any) string
		b, calls  int
	}{
		"a boolean":                  {simply(remembering(60, header)), onlyA, 200, 1},
		"a boolean, for the route":   {simply(remembering(60, header, "$context.routeKey")), onlyA, 403, 2},
		"a boolean, not remembered":  {simply(remembering(0, header)), onlyA, 403, 2},
		"a boolean, nothing said":    {simply(func(a *gateway.HTTPAuthorizer) { a.IdentitySources = []string{header} }), onlyA, 403, 2},
		"a policy":                   {remembering(60, header), policyOfRoute, 403, 1},
		"a policy, for the route":    {remembering(60, header, "$context.routeKey"), policyOfRoute, 200, 2},
		"a policy, without identity": {func(*gateway.HTTPAuthorizer) {}, policyOfRoute, 200, 2},
	} {
		a, g := httpGuarded(t, c.configure, "2.0", "GET /a", "GET /b")
		g.says(c.answer)
		expectReply(t, name+", GET /a", a.send("GET", "/a", bearing("t1")), 200, "")
		expectReply(t, name+", GET /b", a.send("GET", "/b", bearing("t1")), c.b, "")
		if g.count() != c.calls {
			t.Errorf("%s: %d calls, want %d", name, g.count(), c.calls)
		}
	}
}

func TestTheEventsOfHTTPAPIsAuthorizers(t *testing.T) {
	send := func(a *api) {
		expectReply(t, "allowed", a.send("GET", "/items/7?q=1&q=2", withHeader("X-User", "ann"), withHeader("Accept", "a"), withHeader("Accept", "b"), withHeader("Cookie", "c=1; d=2")), 200, "")
	}
	const arn = "arn:aws:execute-api:eu-west-1:000000000000:httpapi000/$default/GET/items/7"
	a, g := httpGuarded(t, remembering(60, "$request.header.X-User"), "2.0", "GET /items/{id}")
	g.says(always(allows("Allow", "*", `{"n":1,"o":{"p":[true,null]}}`)))
	send(a)
	call, event := g.last(t)
	expectKeys(t, "2.0", event, "version type routeArn identitySource routeKey rawPath rawQueryString cookies headers queryStringParameters requestContext pathParameters stageVariables")
	for name, want := range map[string]string{
		"version": "2.0", "type": "REQUEST", "routeArn": arn, "identitySource": "[ann]", "routeKey": "GET /items/{id}", "rawPath": "/items/7",
		"rawQueryString": "q=1&q=2", "cookies": "[c=1 d=2]", "queryStringParameters": "map[q:1,2]", "pathParameters": "map[id:7]", "stageVariables": "map[tier:gold]",
	} {
		if got := fmt.Sprint(event[name]); got != want {
			t.Errorf("2.0: %s is %s, want %s", name, got, want)
		}
	}
	expectKeys(t, "2.0's context", event["requestContext"].(map[string]any), "accountId apiId domainName domainPrefix http requestId routeKey stage time timeEpoch")
	if h := event["headers"].(map[string]any); h["x-user"] != "ann" || h["accept"] != "a,b" || h["cookie"] != nil {
		t.Errorf("2.0: headers are %v", h)
	}
	if call.SourceARN != "arn:aws:execute-api:eu-west-1:000000000000:httpapi000/authorizers/guard1" {
		t.Errorf("called for %s", call.SourceARN)
	}
	if got := fmt.Sprint(g.function.event(t)["requestContext"].(map[string]any)["authorizer"]); got != "map[lambda:map[n:1 o:map[p:[true <nil>]]]]" {
		t.Errorf("2.0: the function hears %s", got)
	}

	a, g = httpGuarded(t, inFormatOne(remembering(60, "$request.header.X-User", "$request.header.Accept")), "1.0", "ANY /items/{id}")
	g.says(always(allows("Allow", "*", `{"n":1,"t":"x"}`)))
	expectReply(t, "1.0", a.send("GET", "/items/7", withHeader("X-User", "ann"), withHeader("Accept", "a")), 200, "")
	_, event = g.last(t)
	expectKeys(t, "1.0", event, "version type methodArn identitySource authorizationToken resource path httpMethod headers queryStringParameters pathParameters stageVariables requestContext")
	expectKeys(t, "1.0's context", event["requestContext"].(map[string]any), "path accountId resourceId stage requestId identity resourcePath httpMethod apiId")
	for name, want := range map[string]string{
		"version": "1.0", "type": "REQUEST", "methodArn": arn, "identitySource": "ann,a", "authorizationToken": "ann,a", "resource": "/items/{id}",
		"path": "/items/7", "httpMethod": "GET", "queryStringParameters": "map[]", "pathParameters": "map[id:7]", "stageVariables": "map[tier:gold]",
	} {
		if got := fmt.Sprint(event[name]); got != want {
			t.Errorf("1.0: %s is %s, want %s", name, got, want)
		}
	}
	given := g.function.event(t)["requestContext"].(map[string]any)["authorizer"].(map[string]any)
	delete(given, "integrationLatency")
	if got := fmt.Sprint(given); got != "map[n:1 principalId:ann t:x]" {
		t.Errorf("1.0: the function hears %s", got)
	}
}

func TestTheDefaultRouteIsAskedAboutByItsVerbAndPath(t *testing.T) {
	a, g := httpGuarded(t, func(*gateway.HTTPAuthorizer) {}, "2.0", "$default")
	g.says(func(event map[string]any) string { return allows("Allow", event["routeArn"].(string), "null") })
	expectReply(t, "allowed", a.send("POST", "/x/y"), 200, "")
	if _, event := g.last(t); !strings.HasSuffix(event["routeArn"].(string), ":httpapi000/$default/POST/x/y") || event["routeKey"] != "$default" {
		t.Errorf("the ARN is %v, the key %v", event["routeArn"], event["routeKey"])
	}
}

func TestARouteWhoseAuthorizerCannotBeAskedIsClosed(t *testing.T) {
	for name, change := range map[string]func(a *gateway.HTTPAuthorizer){
		"another type":             func(a *gateway.HTTPAuthorizer) { a.Type = "JWT" },
		"another id":               func(a *gateway.HTTPAuthorizer) { a.ID = "other1" },
		"no function":              func(a *gateway.HTTPAuthorizer) { a.URI = "" },
		"no format":                func(a *gateway.HTTPAuthorizer) { a.PayloadVersion = "" },
		"simple in the old format": inFormatOne(simply(func(*gateway.HTTPAuthorizer) {})),
		"remembered for all":       remembering(300),
		"a source that is none":    remembering(300, "$request.body"),
		"a variable that is none": func(a *gateway.HTTPAuthorizer) {
			a.URI = strings.Replace(guardURI, ":guard", ":${stageVariables.no}", 1)
		},
	} {
		a, g := httpGuarded(t, change, "2.0", "GET /a")
		g.says(always(`{"isAuthorized":true}`))
		expectReply(t, name, a.send("GET", "/a"), 500, `{"message":"Internal Server Error"}`)
	}
}
