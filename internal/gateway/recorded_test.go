package gateway_test

import (
	"strings"
	"testing"
)

// A resource without the verb leaves the request to a less specific one, whose
// authorizer is then the one to pass.
func TestAVerbThatAResourceHasNotGoesToALessSpecificOne(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	authorizer := a.authorizer("pool", poolARN)
	a.open("POST", "/test")
	a.open("ANY", "/test/any")
	a.guarded("OPTIONS", "/{proxy+}", authorizer)
	a.deploy("prod")
	for call, want := range map[string]int{
		"POST /test": 200, "OPTIONS /test": 401, "OPTIONS /test/any": 200, "GET /test/any": 200, "GET /test": 403, "OPTIONS /x": 401, "GET /x": 403,
		"OPTIONS //test": 401, "POST //test": 200, "OPTIONS /test;x": 403,
	} {
		verb, path, _ := strings.Cut(call, " ")
		if got := a.send(verb, "/prod"+path); got.status != want {
			t.Errorf("%s: %d %s, want %d", call, got.status, got.body, want)
		}
	}
}

// A client's own span stays; the variables of a path reach the function as sent.
func TestWhatAFunctionHearsAsItWasSent(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("ANY", "/{proxy+}")
	a.deploy("prod")
	const trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
	got := a.send("GET", "/prod/user/test%2Balias@gmail.com/a+b", withHeader("X-Amzn-Trace-Id", trace))
	if got.status != 200 || got.header.Get("X-Amzn-Trace-Id") != trace {
		t.Errorf("%+v", got)
	}
	if got := w.fn.event(t)["pathParameters"].(map[string]any)["proxy"]; got != "user/test%2Balias@gmail.com/a+b" {
		t.Errorf("pathParameters.proxy %q", got)
	}
}

// Slashes before the path, or before the stage, are one; the context of the
// event shows those that stood before the path.
func TestSlashesBeforeAPath(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("ANY", "/{proxy+}")
	a.open("GET", "/hardcoded")
	a.deploy("stage")
	for target, want := range map[string][3]string{
		"/stage//x":         {"/{proxy+}", "/x", "/stage//x"},
		"/stage//hardcoded": {"/hardcoded", "/hardcoded", "/stage//hardcoded"},
		"/stage/x//y":       {"/{proxy+}", "/x//y", "/stage/x//y"},
		"/stage///x/":       {"/{proxy+}", "/x/", "/stage///x/"},
	} {
		if got := a.send("GET", target); got.status != 200 {
			t.Errorf("%s: %d %s", target, got.status, got.body)
			continue
		}
		event := w.fn.event(t)
		context := event["requestContext"].(map[string]any)
		if got := [3]string{event["resource"].(string), event["path"].(string), context["path"].(string)}; got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func TestAWildcardOnTheLeftOfABinaryMediaTypeMatchesNothing(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI("image/png", "*/test")
	a.open("GET", "/x")
	a.deploy("prod")
	w.fn.says(`{"statusCode":200,"isBase64Encoded":true,"body":"aGk=","headers":{"Content-Type":"image/png"}}`)
	for accept, want := range map[string]string{"image/png": "hi", "*/test": "aGk=", "random/test": "aGk=", "image/*": "aGk="} {
		if got := a.send("GET", "/prod/x", withHeader("Accept", accept)); got.body != want {
			t.Errorf("%s: %q, want %q", accept, got.body, want)
		}
	}
}
