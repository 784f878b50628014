package gateway_test

import (
	"strings"
	"testing"
)

func TestAnHTTPAPIRoutesBySpecificity(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "ANY /pets/dog/1", "POST /pets/{id}", "GET /{kind}/dog/deep", "GET /")
	for _, c := range []struct{ verb, target, want string }{
		{"GET", "/pets/dog/1", "GET /pets/dog/1"},
		{"GET", "/pets/dog/2", "GET /pets/dog/{id}"},
		{"GET", "/pets/cat/1", "GET /pets/{proxy+}"},
		{"GET", "/pets/dog/2/3", "GET /pets/{proxy+}"},
		{"PUT", "/pets/dog/1", "ANY /pets/dog/1"},
		{"PUT", "/pets/dog/2", "ANY /{proxy+}"}, // the path is known, its method is not
		{"POST", "/pets/7", "POST /pets/{id}"},
		{"GET", "/pets/7", "GET /pets/{proxy+}"},
		{"GET", "/pets/dog/deep", "GET /pets/dog/{id}"},
		{"GET", "/cows/dog/deep", "GET /{kind}/dog/deep"}, // a full match before a greedy one
		{"POST", "/test/5", "ANY /{proxy+}"},
		{"GET", "/", "GET /"},
		{"GET", "", "GET /"},
		{"GET", "/pets/dog/1/", "GET /pets/dog/1"},
		{"GET", "/%70ets/dog/1", "GET /pets/dog/1"},
		{"GET", "/Pets/dog/1", "ANY /{proxy+}"},
	} {
		if got := a.send(c.verb, c.target); got.status != 200 || a.lastRoute() != c.want {
			t.Errorf("%s %s: %d by %q, want %q", c.verb, c.target, got.status, a.lastRoute(), c.want)
		}
		if w.records.latest().Route != c.want {
			t.Errorf("%s %s: recorded %q", c.verb, c.target, w.records.latest().Route)
		}
	}
}

func TestWhatNoRouteAnswersIsNotFound(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("GET /pets/{id}", "POST /{proxy+}")
	for _, c := range [][2]string{
		{"GET", "/"}, {"GET", "/pets"}, {"GET", "/pets/"}, {"GET", "/pets/1/2"}, {"DELETE", "/pets/1"}, {"POST", "/"},
		{"TRACE", "/pets/1"}, {"get", "/pets/1"}, {"PROPFIND", "/a"},
	} {
		got := a.send(c[0], c[1])
		expectReply(t, c[0]+" "+c[1], got, 404, `{"message":"Not Found"}`)
		expectHeader(t, c[0]+" "+c[1], got, "Content-Type", "application/json")
		if id := got.header.Get("apigw-requestid"); !strings.HasSuffix(id, "=") || id != w.records.latest().ID {
			t.Errorf("%s: apigw-requestid %q, recorded %q", c, id, w.records.latest().ID)
		}
		if got.header.Get("x-amzn-ErrorType") != "" || got.header.Get("x-amzn-RequestId") != "" {
			t.Errorf("%s: the answer has headers of a REST API: %v", c, got.header)
		}
	}
	if w.fn.count() != 0 {
		t.Error("the function was called")
	}
	if got := a.send("GET", "/pets/1", withHeader("X-HTTP-Method-Override", "DELETE")); got.status != 200 {
		t.Errorf("an override of the method means something: %+v", got)
	}
}

func TestTheDefaultRouteTakesWhatNoOtherTakes(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("$default", "GET /pets")
	for target, want := range map[string]string{"/pets": "GET /pets", "/": "$default", "/x/y": "$default", "/a//b": "$default"} {
		if a.send("GET", target); a.lastRoute() != want {
			t.Errorf("GET %s: %q, want %q", target, a.lastRoute(), want)
		}
	}
	if a.send("POST", "/pets"); a.lastRoute() != "$default" {
		t.Errorf("POST /pets: %q", a.lastRoute())
	}
	if got := w.fn.calls[len(w.fn.calls)-1]; got.SourceARN != "arn:aws:execute-api:eu-west-1:000000000000:"+a.id+"/$default/$default" {
		t.Errorf("called for %s", got.SourceARN)
	}
}

func TestStagesOfAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.stage("dev", map[string]string{"colour": "red"})
	a.open("GET /pets/{id}", "$default")
	a.stage("late", nil)
	for _, c := range []struct{ host, target, stage, rawPath, route string }{
		{hostOf(a.id), "/pets/1", "$default", "/pets/1", "GET /pets/{id}"},
		{hostOf(a.id), "/dev/pets/1", "dev", "/dev/pets/1", "GET /pets/{id}"},
		{hostOf(a.id), "/dev", "dev", "/dev/", "$default"},
		{hostOf(a.id), "/device/pets/1", "$default", "/device/pets/1", "$default"},
		{"127.0.0.1:4566", "/_aws/execute-api/" + a.id + "/$default/pets/1", "$default", "/pets/1", "GET /pets/{id}"},
		{"127.0.0.1:4566", "/_aws/execute-api/" + a.id + "/dev/pets/1", "dev", "/dev/pets/1", "GET /pets/{id}"},
	} {
		if got := w.sendTo(c.host, "GET", c.target); got.status != 200 {
			t.Errorf("%s%s: %+v", c.host, c.target, got)
			continue
		}
		event := w.fn.event(t)
		context := event["requestContext"].(map[string]any)
		if context["stage"] != c.stage || event["rawPath"] != c.rawPath || event["routeKey"] != c.route || context["http"].(map[string]any)["path"] != c.rawPath {
			t.Errorf("%s%s: stage %v, rawPath %v, route %v", c.host, c.target, context["stage"], event["rawPath"], event["routeKey"])
		}
		if variables, there := event["stageVariables"].(map[string]any); there != (c.stage == "dev") || there && variables["colour"] != "red" {
			t.Errorf("%s: stageVariables %v", c.target, event["stageVariables"])
		}
	}
	expectReply(t, "no such stage", w.sendTo("127.0.0.1:4566", "GET", "/_aws/execute-api/"+a.id+"/prod/pets/1"), 404, `{"message":"Not Found"}`)
}

// What software behind the gateway could read as the path of a guarded route is
// not served by an open one.
func TestNoPathTrickPassesAnAuthorizerByOnAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	guard := byToken(a.jwt("$request.header.Authorization", poolARN, "client-1"))
	a.route("ANY /admin", a.lambda, guard)
	a.route("ANY /admin/{proxy+}", a.lambda, guard)
	a.route("ANY /users/{id}/keys", a.lambda, guard)
	a.open("$default", "GET /users/{id}", "ANY /files/{proxy+}")
	for _, target := range []string{
		"/admin", "/admin/", "/admin/x", "/%61dmin", "/admin%2Fx", "/admin%2fx", "/admin%5Cx", `/admin\x`, "//admin", "///admin//x", "/admin//",
		"/admin;x", "/admin;x=1/y", "/;/admin", "/./admin", "/x/../admin", "/x/%2e%2e/admin", "/x/..;/admin", "/x%2F..%2Fadmin", "/%2Fadmin",
		"/admin%00", "/admin%0a", "/admin%20%00", "/%2561dmin", "/admin%252Fx", "/files/%252e%252e/admin", "/files/..%2f..%2fadmin", "/%252Fadmin",
		"/admin%", "/admin%zz", "/users/1%2Fkeys", "/users/1//keys", "/users/1/keys;", "/users/1/keys/", "/users%2F1%2Fkeys", "/users/1%252Fkeys",
		"/files/%2e%2e%2fadmin", "/files/.%2e/admin", "/%5cadmin", "/admin/..",
	} {
		for _, verb := range []string{"GET", "POST"} {
			before := w.fn.count()
			got := w.sendTo("127.0.0.1:4566", verb, "/_aws/execute-api/"+a.id+"/$default"+target)
			if w.fn.count() != before || got.status != 401 && got.status != 404 && got.status != 400 {
				t.Errorf("%s %s: %d, the function was called %d times", verb, target, got.status, w.fn.count()-before)
			}
		}
	}
	for target, route := range map[string]string{
		"/users/1": "GET /users/{id}", "/users/a.b": "GET /users/{id}", "/files/a/b.txt": "ANY /files/{proxy+}", "/files/a%20b": "ANY /files/{proxy+}",
		"/Admin": "$default", "/administration": "$default", "/files/100%25": "ANY /files/{proxy+}", "/files/a//b": "ANY /files/{proxy+}",
	} {
		if got := a.send("GET", target); got.status != 200 || a.lastRoute() != route {
			t.Errorf("GET %s: %d by %q, want %q", target, got.status, a.lastRoute(), route)
		}
	}
}
