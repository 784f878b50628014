package gateway_test

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/gateway"
)

func TestAnAPIRefusesInItsOwnWords(t *testing.T) {
	a := newWorld(t).newAPI()
	a.open("GET", "/open/{id}")
	a.guarded("GET", "/token", a.authorizer("pool", poolARN))
	a.iam("GET", "/signed")
	a.deploy("prod")
	json := func(template string) map[string]string { return map[string]string{"application/json": template} }
	a.redefine("prod", func(d *gateway.Definition) {
		d.Responses = []*gateway.GatewayResponse{
			{Type: "UNAUTHORIZED", Status: "404", Templates: json(`{"oops":$context.error.messageString,"type":"$context.error.responseType","path":"$context.resourcePath","id":"$context.requestId"}`),
				Parameters: map[string]string{
					"gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
					"gatewayresponse.header.x-asked":                     "method.request.header.X-Ask",
					"gatewayresponse.header.x-stage":                     "context.stage",
				}},
			{Type: "DEFAULT_4XX", Parameters: map[string]string{"gatewayresponse.header.x-default": "'yes'"}},
			{Type: "API_CONFIGURATION_ERROR", Templates: map[string]string{"text/html": "<p>${method.request.path.id} $method.request.querystring.q</p>", "application/json": `{"q":"$method.request.querystring.q"}`}},
		}
	})
	got := a.send("GET", "/prod/token", withHeader("X-Ask", "me"))
	want := `{"oops":"Unauthorized","type":"UNAUTHORIZED","path":"/token","id":"` + got.header.Get("x-amzn-RequestId") + `"}`
	expectReply(t, "a type of its own", got, 404, want)
	for name, value := range map[string]string{"Access-Control-Allow-Origin": "*", "X-Asked": "me", "X-Stage": "prod", "X-Default": "", "Content-Type": "application/json", "x-amzn-ErrorType": "UnauthorizedException"} {
		if got.header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), value)
		}
	}
	if r := a.records.latest(); r.Status != 404 {
		t.Errorf("the record says %d", r.Status)
	}
	got = a.send("GET", "/prod/nothing")
	expectReply(t, "one that DEFAULT_4XX stands for", got, 403, `{"message":"Missing Authentication Token"}`)
	if got.header.Get("X-Default") != "yes" {
		t.Error("the default's header is not there")
	}
	got = a.send("GET", "/prod/signed")
	expectReply(t, "an unsigned request", got, 403, `{"message":"Missing Authentication Token"}`)

	a.fn.mu.Lock()
	a.fn.err = gateway.ErrNotPermitted
	a.fn.mu.Unlock()
	got = a.send("GET", "/prod/open/%3Cb%3E?q="+"%22%3Cscript%3Ealert(1)%3C%2Fscript%3E", withHeader("Accept", "text/html"))
	expectReply(t, "a page", got, 500, "<p>&lt;b&gt; &#34;&lt;script&gt;alert(1)&lt;/script&gt;</p>")
	if got.header.Get("Content-Type") != "text/html" {
		t.Errorf("type %s", got.header.Get("Content-Type"))
	}
	got = a.send("GET", "/prod/open/1?q=%22%3Cscript%3Ealert(1)%3C%2Fscript%3E%0D%0A")
	expectReply(t, "JSON out of which nothing breaks", got, 500, `{"q":"\"<script>alert(1)</script>\r\n"}`)
}

func TestAGatewayResponseThatCannotBeAnswered(t *testing.T) {
	for name, r := range map[string]*gateway.GatewayResponse{
		"Invalid gateway response type":                       {Type: "NONE_SUCH"},
		"Invalid status code":                                 {Type: "UNAUTHORIZED", Status: "99"},
		"Invalid mapping expression specified: method":        {Type: "UNAUTHORIZED", Parameters: map[string]string{"method.response.header.X": "'x'"}},
		"Invalid mapping expression specified: gatewayrespon": {Type: "UNAUTHORIZED", Parameters: map[string]string{"gatewayresponse.header.Transfer-Encoding": "'chunked'"}},
		"Invalid mapping expression specified: integration":   {Type: "UNAUTHORIZED", Parameters: map[string]string{"gatewayresponse.header.X": "integration.response.header.Y"}},
		"Velocity": {Type: "UNAUTHORIZED", Templates: map[string]string{"application/json": `#set($x = 1)`}},
	} {
		err := r.Check()
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
	if len(gateway.ResponseTypes()) != 21 {
		t.Errorf("%d types", len(gateway.ResponseTypes()))
	}
}

// No status of a response of its own leaves a body behind that the next answer of
// the connection would begin with.
func TestAGatewayResponseIsOneAnswerWhateverItsStatus(t *testing.T) {
	a := newWorld(t).newAPI()
	a.guarded("ANY", "/token", a.authorizer("pool", poolARN))
	a.deploy("prod")
	for status, framed := range map[string]bool{"200": true, "204": false, "205": true, "304": false, "302": true, "401": true, "599": true} {
		a.redefine("prod", func(d *gateway.Definition) {
			d.Responses = []*gateway.GatewayResponse{{Type: "UNAUTHORIZED", Status: status, Templates: map[string]string{"text/plain": "what was here before"}}}
		})
		for _, verb := range []string{"GET", "HEAD"} {
			one := verb + " /prod/token HTTP/1.1\r\nHost: " + hostOf(a.id) + "\r\n"
			answers := a.raw(one + "\r\n" + one + "Connection: close\r\n\r\n")
			if n := strings.Count(answers, "HTTP/1.1 "+status+" "); n != 2 {
				t.Errorf("%s %s: %d answers: %q", verb, status, n, answers)
			}
			if framed != strings.Contains(answers, "Content-Length: ") {
				t.Errorf("%s %s: %q", verb, status, answers)
			}
			bodies := 0
			if framed && verb == "GET" {
				bodies = 2
			}
			if n := strings.Count(answers, "what was here before"); n != bodies {
				t.Errorf("%s %s: %d bodies: %q", verb, status, n, answers)
			}
		}
	}
}

// What counts for escaping is what the client takes the document for.
func TestWhatAClientSaysIsEscapedForTheDocumentThatIsRead(t *testing.T) {
	a := newWorld(t).newAPI()
	a.open("GET", "/open")
	a.iam("GET", "/signed")
	a.deploy("prod")
	a.redefine("prod", func(d *gateway.Definition) {
		d.Responses = []*gateway.GatewayResponse{
			{Type: "API_CONFIGURATION_ERROR", Templates: map[string]string{"application/json": "<p>$method.request.querystring.q $stageVariables.none$context.error.message</p>"},
				Parameters: map[string]string{"gatewayresponse.header.content-type": "'text/html; charset=utf-8'", "gatewayresponse.header.X-Asked": "method.request.querystring.q"}},
			{Type: "DEFAULT_4XX", Templates: map[string]string{"text/html": "<p>$context.error.messageString</p>", "application/json": `{"m":$context.error.messageString}`}},
		}
	})
	a.fn.mu.Lock()
	a.fn.err = gateway.ErrNotPermitted
	a.fn.mu.Unlock()
	got := a.send("GET", "/prod/open?q=%3Cscript%3E")
	expectReply(t, "a page under another name", got, 500, "<p>&lt;script&gt; Internal server error</p>")
	if kind := got.header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
		t.Errorf("type %s", kind)
	}
	if got.header.Get("X-Asked") != "<script>" {
		t.Errorf("a mapped header is %q", got.header.Get("X-Asked"))
	}
	got = a.send("GET", "/prod/open?q=x%0D%0ASet-Cookie:%20admin=1")
	if got.header.Values("X-Asked") != nil || got.header.Get("Set-Cookie") != "" {
		t.Errorf("a line break leads to %v", got.header)
	}
	// The words about a wrong signature show the headers that it covers.
	ann := a.signers.user("ann", allowing(everyAPI))
	wrong := order{verb: "GET", target: "/prod/signed", headers: http.Header{"X-Link": {"<script>\"1\"</script>"}, "Accept": {"text/html"}}}
	ann.SecretAccessKey += "x"
	got = a.do(a.sign(ann, wrong))
	if got.status != 403 || strings.Contains(got.body, "<script>") || !strings.Contains(got.body, "x-link:&lt;script&gt;") {
		t.Errorf("a page about a wrong signature: %d %s", got.status, got.body)
	}
	wrong.headers = http.Header{"X-Link": {"<script>"}}
	got = a.do(a.sign(ann, wrong))
	var read struct{ M string }
	if err := json.Unmarshal([]byte(got.body), &read); err != nil || !strings.Contains(read.M, "x-link:<script>") {
		t.Errorf("the same as JSON: %v %s", err, got.body)
	}
}

// Each refusal and failure is of the type that AWS lists for it, with that type's
// status where the API's own response sets none.
func TestEveryRefusalIsOfItsType(t *testing.T) {
	a, g := newGuarded(t)
	guard := a.byToken("", 0)
	a.guarded("GET", "/pool", a.authorizer("pool", poolARN))
	a.custom("GET", "/function", guard)
	a.custom("GET", "/long/{proxy+}", guard)
	a.iam("GET", "/signed")
	for _, path := range []string{"/open", "/limited", "/slow"} {
		a.open("GET", path)
	}
	a.open("POST", "/open")
	a.method("GET", "/mock", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.integrate("GET", "/mock", &apigateway.PutIntegrationInput{Type: types.IntegrationTypeMock, PassthroughBehavior: aws.String("NEVER"), RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`}})
	a.integrate("GET", "/slow", &apigateway.PutIntegrationInput{Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(functionURI), TimeoutInMillis: aws.Int32(50)})
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	gone.Close()
	a.proxied("GET", "/gone", "http://"+gone.Addr().String(), nil, nil)
	a.deploy("prod")
	_, err = a.client.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &a.id, StageName: aws.String("prod"), PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/~1limited/GET/throttling/rateLimit"), Value: aws.String("0")}}})
	must(t, err)
	ann, over := a.signers.user("ann", allowing("arn:aws:execute-api:*:*:other/*")), a.signers.customer("cus", allowing(everyAPI))
	a.signers.mu.Lock()
	ended := a.signers.keys[over.AccessKeyID]
	ended.over = true
	a.signers.keys[over.AccessKeyID] = ended
	a.signers.mu.Unlock()
	forged, unknown := ann, ann
	forged.SecretAccessKey += "x"
	unknown.AccessKeyID = "AKIANOBODY"
	get := func(path string, change ...func(*http.Request)) func() reply {
		return func() reply { return a.send("GET", "/prod"+path, change...) }
	}
	signed := func(who aws.Credentials) func() reply {
		return func() reply { return a.do(a.sign(who, order{verb: "GET", target: "/prod/signed"})) }
	}
	does := func(answer string, failed bool, err error, wait bool) func() {
		return func() {
			a.fn.mu.Lock()
			a.fn.answer, a.fn.failed, a.fn.err, a.fn.wait = answer, failed, err, wait
			a.fn.mu.Unlock()
		}
	}
	well := does("", false, nil, false)
	expired := a.pools.sign(t, poolARN, "id", claims{"exp": 1700000000, "iat": 1600000000})
	for name, c := range map[string]struct {
		before func()
		send   func() reply
		status int
		is     string // the type; "": none, and the gateway's own words stay
	}{
		"unknown path":            {well, get("/unknown"), 403, "MISSING_AUTHENTICATION_TOKEN"},
		"unknown path with a JWT": {well, get("/unknown", bearing("Bearer a.b.c")), 403, "DEFAULT_4XX"},
		"unsigned":                {well, get("/signed"), 403, "MISSING_AUTHENTICATION_TOKEN"},
		"no token":                {well, get("/pool"), 401, "UNAUTHORIZED"},
		"an expired token":        {well, get("/pool", bearing(expired)), 401, "UNAUTHORIZED"},
		"not a token":             {well, get("/pool", bearing("Bearer a.b.c")), 401, "UNAUTHORIZED"},
		"no identity":             {well, get("/function"), 401, "UNAUTHORIZED"},
		"a deny":                  {func() { g.says(always(allows("Deny", "*", "null"))) }, get("/function", bearing("t")), 403, "ACCESS_DENIED"},
		"a function's 401":        {func() { g.fails(`{"errorMessage":"Unauthorized"}`, nil) }, get("/function", bearing("t")), 401, "UNAUTHORIZED"},
		"an authorizer's crash":   {func() { g.fails(`{"errorMessage":"boom"}`, nil) }, get("/function", bearing("t")), 500, "AUTHORIZER_FAILURE"},
		"an authorizer's nothing": {func() { g.says(always("{}")) }, get("/function", bearing("t")), 500, "AUTHORIZER_CONFIGURATION_ERROR"},
		"not to be called":        {func() { g.fails("", gateway.ErrNotPermitted) }, get("/function", bearing("t")), 500, "AUTHORIZER_CONFIGURATION_ERROR"},
		"an ARN over 1600 bytes":  {well, get("/long/"+strings.Repeat("x", 1600), bearing("t")), 414, ""},
		"no policy":               {well, signed(ann), 403, "ACCESS_DENIED"},
		"an unknown key":          {well, signed(unknown), 403, "ACCESS_DENIED"},
		"a wrong signature":       {well, signed(forged), 403, "INVALID_SIGNATURE"},
		"a session that is over":  {well, signed(over), 403, "EXPIRED_TOKEN"},
		"over a limit":            {well, get("/limited"), 429, "THROTTLED"},
		"a wrong override":        {well, get("/open", withHeader("X-HTTP-Method-Override", "x")), 400, "DEFAULT_4XX"},
		"a media type":            {well, get("/mock", withHeader("Content-Type", "text/xml")), 415, "UNSUPPORTED_MEDIA_TYPE"},
		"a body over 10 MB":       {well, func() reply { return a.send("POST", "/prod/open", withBody(strings.Repeat("x", 10<<20+1))) }, 413, ""},
		"not permitted":           {does("", false, gateway.ErrNotPermitted, false), get("/open"), 500, "API_CONFIGURATION_ERROR"},
		"an error":                {does(`{"errorMessage":"x"}`, true, nil, false), get("/open"), 502, "DEFAULT_5XX"},
		"a malformed answer":      {does(`[]`, false, nil, false), get("/open"), 502, "DEFAULT_5XX"},
		"too late":                {does("", false, nil, true), get("/slow"), 504, "INTEGRATION_TIMEOUT"},
		"unreachable":             {well, get("/gone"), 504, "INTEGRATION_FAILURE"},
	} {
		c.before()
		a.redefine("prod", func(d *gateway.Definition) { d.Responses = nil })
		plain := c.send()
		expectReply(t, name, plain, c.status, "")
		a.redefine("prod", func(d *gateway.Definition) {
			for _, kind := range gateway.ResponseTypes() {
				d.Responses = append(d.Responses, &gateway.GatewayResponse{Type: kind, Templates: map[string]string{"application/json": `{"own":"` + kind + `","type":"$context.error.responseType"}`}})
			}
		})
		got := c.send()
		want := `{"own":"` + c.is + `","type":"` + c.is + `"}`
		if c.is == "" {
			want = plain.body
		}
		expectReply(t, name+", in words of its own", got, c.status, want)
		if got.header.Get("x-amzn-ErrorType") == "" || got.header.Get("x-amzn-ErrorType") != plain.header.Get("x-amzn-ErrorType") {
			t.Errorf("%s: the error type is %q, and %q in words of its own", name, plain.header.Get("x-amzn-ErrorType"), got.header.Get("x-amzn-ErrorType"))
		}
		if got.header.Get("X-Amzn-Trace-Id") != "" {
			t.Errorf("%s: a refusal has a trace id", name)
		}
	}
}
