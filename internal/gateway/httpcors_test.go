package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

func withCORS(c *types.Cors) func(*apigatewayv2.CreateApiInput) {
	return func(in *apigatewayv2.CreateApiInput) { in.CorsConfiguration = c }
}

var shopCORS = &types.Cors{
	AllowOrigins: []string{"https://shop.example", "http://localhost:3000"}, AllowMethods: []string{"GET", "POST"}, AllowHeaders: []string{"authorization", "x-a"},
	ExposeHeaders: []string{"x-total"}, MaxAge: aws.Int32(300), AllowCredentials: aws.Bool(true),
}

func preflight(origin string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
	}
}

// corsOf is what an answer tells of other origins.
func corsOf(got reply) string {
	var all []string
	for _, name := range []string{"Origin", "Credentials", "Methods", "Headers"} {
		if v := got.header["Access-Control-Allow-"+name]; v != nil {
			all = append(all, name+"="+strings.Join(v, "|"))
		}
	}
	for _, name := range []string{"Expose-Headers", "Max-Age"} {
		if v := got.header["Access-Control-"+name]; v != nil {
			all = append(all, name+"="+strings.Join(v, "|"))
		}
	}
	return strings.Join(all, " ")
}

func TestThePreflightIsAnsweredByTheGateway(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI(withCORS(shopCORS))
	a.route("$default", a.lambda, byToken(a.jwt("$request.header.Authorization", poolARN, "client-1")))
	a.route("OPTIONS /own", a.lambda)
	const all = "Origin=https://shop.example Credentials=true Methods=GET,POST Headers=authorization,x-a Max-Age=300"
	for _, target := range []string{"/", "/anything/at/all", "/own"} {
		got := a.send("OPTIONS", target, preflight("https://shop.example"))
		if got.status != 204 || got.body != "" || corsOf(got) != all || got.header.Get("Apigw-Requestid") == "" || got.header.Get("Vary") != "Origin" {
			t.Errorf("%s: %d %q, %v", target, got.status, corsOf(got), got.header)
		}
	}
	for _, origin := range []string{"https://evil.example", "https://shop.example.evil.example", "https://shop.example:444", "http://shop.example", "null", "https://shop.exampl"} {
		if got := a.send("OPTIONS", "/", preflight(origin)); got.status != 204 || corsOf(got) != "" {
			t.Errorf("%s: %d %q", origin, got.status, corsOf(got))
		}
	}
	if w.fn.count() != 0 {
		t.Error("a preflight reached the function")
	}
	// What is no preflight goes its way.
	expectReply(t, "no Origin", a.send("OPTIONS", "/own", withHeader("Access-Control-Request-Method", "GET")), 200, "hello")
	expectReply(t, "asks for no method", a.send("OPTIONS", "/own", withHeader("Origin", "https://shop.example")), 200, "hello")
	expectReply(t, "guarded", a.send("OPTIONS", "/x", withHeader("Origin", "https://shop.example")), 401, "")
	expectReply(t, "another method", a.send("GET", "/x", preflight("https://shop.example")), 401, "")
}

func TestAnswersTellOfOtherOriginsWhatTheAPISays(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI(withCORS(shopCORS))
	a.open("GET /")
	a.route("GET /secret", a.lambda, byToken(a.jwt("$request.header.Authorization", poolARN, "client-1")))
	w.fn.says(`{"statusCode":200,"body":"x","headers":{"Access-Control-Allow-Origin":"*","access-control-allow-credentials":"true","Access-Control-Max-Age":"1","Vary":"Accept"}}`)
	const told = "Origin=http://localhost:3000 Credentials=true Expose-Headers=x-total"
	for target, status := range map[string]int{"/": 200, "/secret": 401, "/none": 404} {
		from := withHeader("Origin", "http://localhost:3000")
		if got := a.send("GET", target, from); got.status != status || corsOf(got) != told {
			t.Errorf("%s: %d %q", target, got.status, corsOf(got))
		}
		for name, change := range map[string]func(*http.Request){
			"no origin": func(*http.Request) {}, "another": withHeader("Origin", "https://evil.example"),
			"two": func(r *http.Request) {
				r.Header["Origin"] = []string{"http://localhost:3000", "https://evil.example"}
			},
		} {
			if got := a.send("GET", target, change); got.status != status || corsOf(got) != "" {
				t.Errorf("%s, %s: %d %q", target, name, got.status, corsOf(got))
			}
		}
	}
}

func TestWildcardsOfOrigins(t *testing.T) {
	for _, c := range []struct {
		origins string
		told    map[string]string
	}{
		{"*", map[string]string{"https://a.example": "Origin=*", "null": "Origin=*", "": ""}},
		{"https://*", map[string]string{"https://a.example": "Origin=https://a.example", "http://a.example": "", "https://": "", "null": "",
			"https://a.example, https://b.example": "", "https://a.example/": "", "https://u@a.example": "", "https://a b": "", "https://\u212aa": "", "https://[::1]:8": "Origin=https://[::1]:8"}},
		{"http://*", map[string]string{"https://a.example": "", "http://a.example:80": "Origin=http://a.example:80"}},
	} {
		a := newWorld(t).newHTTPAPI(withCORS(&types.Cors{AllowOrigins: []string{c.origins}}))
		a.open("GET /")
		for origin, want := range c.told {
			if got := a.send("GET", "/", withHeader("Origin", origin)); got.status != 200 || corsOf(got) != want {
				t.Errorf("%s told %q to %q, want %q", c.origins, corsOf(got), origin, want)
			}
		}
	}
}

func TestWithoutCORSTheFunctionSpeaksForItself(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("GET /", "OPTIONS /")
	w.fn.says(`{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"https://own.example"}}`)
	from := preflight("https://shop.example")
	if got := a.send("GET", "/", from); corsOf(got) != "Origin=https://own.example" {
		t.Errorf("%q", corsOf(got))
	}
	expectReply(t, "preflight with a route", a.send("OPTIONS", "/", from), 200, "")
	expectReply(t, "preflight without one", a.send("OPTIONS", "/x", from), 404, "")
}
