package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// Servers of CGI and its heirs take X_User for X-User. So whoever is not to say
// what the one holds is not to say the other, either.
func TestNoHeaderPosesAsOneOfTheGateways(t *testing.T) {
	w := newWorld(t)
	var seen http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header }))
	defer server.Close()
	a := w.newAPI()
	a.proxied("GET", "/x", server.URL, nil, map[string]string{
		"integration.request.header.X-User-Id": "context.identity.sourceIp", "integration.request.header.x_tier": "'free'", "integration.request.header.X-None": "stageVariables.none",
	})
	a.open("GET", "/function")
	a.deploy("prod")
	forged := []string{"X_User_Id", "X-User_Id", "x_user-id", "X-Tier", "X_NONE", "X_Forwarded_For", "X-Forwarded_Proto", "X_HTTP_Method_Override",
		"X_Amzn_Trace_Id", "X-Amzn_Oidc-Identity", "Transfer_Encoding", "Content_Length", "Proxy_Authorization"}
	change := func(r *http.Request) {
		for _, name := range forged {
			r.Header[name] = []string{"forged"}
		}
		r.Header["X_Other"], r.Header["api_key"] = []string{"kept"}, []string{"kept"}
	}
	expectReply(t, "a server", a.send("GET", "/prod/x", change), 200, "")
	for name, values := range seen {
		if strings.Contains(fmt.Sprint(values), "forged") {
			t.Errorf("the server sees %s: %v", name, values)
		}
	}
	if seen.Get("X-User-Id") != "127.0.0.1" || seen.Get("X_tier") != "free" || seen.Get("X_Other") != "kept" || seen.Get("Api_key") != "kept" {
		t.Errorf("the server sees %v", seen)
	}
	http := w.newHTTPAPI()
	http.route("GET /x", http.backend(server.URL, func(in *apigatewayv2.CreateIntegrationInput) {
		in.RequestParameters = map[string]string{
			"overwrite:header.X-User-Id": "$context.identity.sourceIp", "overwrite:header.x_tier": "free", "remove:header.X-None": "",
		}
	}))
	seen = nil
	expectReply(t, "a server of an HTTP API", w.sendTo(hostOf(http.id), "GET", "/x", change), 200, "")
	for name, values := range seen {
		if strings.Contains(fmt.Sprint(values), "forged") {
			t.Errorf("the server of an HTTP API sees %s: %v", name, values)
		}
	}
	expectReply(t, "a function", a.send("GET", "/prod/function", change), 200, "")
	for name, value := range w.fn.event(t)["headers"].(map[string]any) {
		if value == "forged" && !strings.HasPrefix(name, "X_u") && !strings.HasPrefix(name, "X-User") && !strings.HasPrefix(name, "X-Tier") && !strings.HasPrefix(name, "X_none") {
			t.Errorf("the function sees %s: %v", name, value)
		}
	}
}
