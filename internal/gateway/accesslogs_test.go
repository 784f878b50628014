package gateway_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/gateway/accesslog"
)

var logGroup = accesslog.LogGroup{Region: region, Name: "/aws/apigateway/Pets"}

const logGroupARN = "arn:aws:logs:" + region + ":" + account + ":log-group:/aws/apigateway/Pets"

// logged is a world whose stages' access logs are written, and what reads the
// newest lines of the group.
func logged(t testing.TB, change ...func(*gateway.Config)) (*world, func(n int) []string) {
	t.Helper()
	dir := t.TempDir()
	writer, err := accesslog.NewWriter(accesslog.Config{Dir: dir, Clock: new(clock.Clock), Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { must(t, writer.Close()) })
	w := newWorldOn(t, openMemory(t), append(change, func(c *gateway.Config) { c.AccessLogs = writer })...)
	return w, func(n int) []string {
		t.Helper()
		writer.Flush()
		var out bytes.Buffer
		must(t, accesslog.Tail(t.Context(), dir, logGroup, n, false, &out))
		return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	}
}

func logTo(format string) func(*gateway.Stage) {
	return func(s *gateway.Stage) {
		s.AccessLog = &gateway.AccessLog{DestinationARN: logGroupARN, Format: format}
	}
}

func TestALineOfTheAccessLogHoldsWhatWasAsked(t *testing.T) {
	w, newest := logged(t)
	a := w.newAPI()
	a.guarded("POST", "/pets/{id}", a.authorizer("pool", poolARN))
	a.deploy("prod")
	a.stage("prod", logTo(`{"requestId":"$context.requestId","extended":"$context.extendedRequestId","ip":"$context.identity.sourceIp","agent":"$context.identity.userAgent",`+
		`"method":"$context.httpMethod","path":"$context.path","resource":"$context.resourcePath","protocol":"$context.protocol","status":$context.status,`+
		`"length":$context.responseLength,"api":"$context.apiId","stage":"$context.stage","account":"$context.accountId","domain":"$context.domainName",`+
		`"sub":"$context.authorizer.claims.sub","groups":"$context.authorizer.claims.cognito:groups","user":"$context.identity.user",`+
		`"error":$context.error.messageString,"type":"$context.error.responseType","integration":$context.integration.status,"lambda":$context.integrationStatus}`))
	read := func(line string) map[string]any {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return m
	}

	token := w.pools.sign(t, poolARN, "id", nil)
	w.fn.says(`{"statusCode":201,"body":"made!"}`)
	got := a.send("POST", "/prod/pets/7?secret=1", withHeader("Authorization", token), withHeader("User-Agent", `evil","status":"200`))
	line := newest(1)[0]
	m := read(line)
	for name, want := range map[string]any{
		"requestId": got.header.Get("x-amzn-RequestId"), "extended": got.header.Get("x-amz-apigw-id"), "ip": "127.0.0.1", "agent": `evil","status":"200`,
		"method": "POST", "path": "/prod/pets/7", "resource": "/pets/{id}", "protocol": "HTTP/1.1", "status": 201.0, "length": 5.0,
		"api": a.id, "stage": "prod", "account": account, "domain": a.id + ".execute-api." + region + ".localhost",
		"groups": "cooks,waiters", "user": "-", "error": "-", "type": "-", "integration": 201.0, "lambda": 200.0,
	} {
		if m[name] != want {
			t.Errorf("%s is %v, want %v", name, m[name], want)
		}
	}
	if m["sub"] == "-" || strings.Contains(line, token) || strings.Contains(line, "secret") {
		t.Error(line)
	}

	got = a.send("POST", "/prod/pets/7", withHeader("Authorization", "not-a-token"))
	line = newest(1)[0]
	m = read(line)
	if m["status"] != 401.0 || m["error"] != "Unauthorized" || m["type"] != "UNAUTHORIZED" || m["sub"] != "-" || m["integration"] != "-" ||
		m["length"] != float64(len(got.body)) || m["requestId"] != got.header.Get("x-amzn-RequestId") || strings.Contains(line, "not-a-token") {
		t.Errorf("of a refusal: %s", line)
	}

	a.send("GET", "/prod/nothing\u2028%0a%22", withHeader("User-Agent", "\u202e"))
	if m = read(newest(1)[0]); m["status"] != 403.0 || m["resource"] != "-" || m["method"] != "GET" {
		t.Errorf("of a route that is not there: %v", m)
	}
}

// Each request is one line, whatever is in it, until the stage logs no more.
func TestTheAccessLogHasOneLineForEachRequest(t *testing.T) {
	w, newest := logged(t)
	a := w.newAPI()
	a.open("GET", "/pets")
	a.deploy("prod")
	a.deploy("quiet")
	a.stage("prod", logTo("$context.requestId $context.status $context.identity.userAgent\n"))
	var want []string
	for _, agent := range []string{"curl/8", "a b", "a\tb", `"`, "\xff"} {
		got := a.send("GET", "/prod/pets", withHeader("User-Agent", agent))
		want = append(want, got.header.Get("x-amzn-RequestId")+" 200 ")
		a.send("GET", "/quiet/pets", withHeader("User-Agent", agent))
	}
	lines := newest(100)
	if len(lines) != len(want) {
		t.Fatalf("%d lines of %d requests: %q", len(lines), len(want), lines)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) || len(strings.Fields(line)) != 3 {
			t.Errorf("%q, want %q...", line, want[i])
		}
	}
	a.stage("prod", func(s *gateway.Stage) { s.AccessLog = nil })
	a.send("GET", "/prod/pets")
	a.stage("prod", func(s *gateway.Stage) { s.AccessLog = &gateway.AccessLog{DestinationARN: logGroupARN} })
	a.send("GET", "/prod/pets")
	if got := newest(100); len(got) != len(want) {
		t.Errorf("a stage without a format has logged: %q", got)
	}
}

// What an authorizer's function says is logged, but not the token that it may
// carelessly repeat.
func TestWhatAnAuthorizerSaysIsLoggedWithoutTheToken(t *testing.T) {
	g := &guardian{}
	w, newest := logged(t, func(c *gateway.Config) {
		g.function = c.Invoker.(*function)
		c.Invoker = g
	})
	a := w.newAPI()
	a.custom("GET", "/", a.byToken("", 300))
	a.custom("GET", "/request", a.functional(&apigateway.CreateAuthorizerInput{
		Name: aws.String("asked about all"), Type: types.AuthorizerTypeRequest, AuthorizerResultTtlInSeconds: aws.Int32(0),
	}))
	a.deploy("prod")
	a.stage("prod", logTo(`$context.requestId,$context.authorizer.principalId,$context.authorizer.tier,$context.authorizer.echo,$context.authorizer.count`))
	const token = "a-token-of-more-than-16-bytes"
	g.says(always(`{"principalId":"` + token + `","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}]},` +
		`"context":{"tier":"gold","echo":"<Bearer ` + token + `>","count":3}}`))
	for _, path := range []string{"/prod", "/prod/request"} {
		if got := a.send("GET", path, bearing("Bearer "+token)); got.status != 200 {
			t.Fatalf("%+v", got)
		}
		line := newest(1)[0]
		if !strings.HasSuffix(line, ",[withheld],gold,<[withheld]>,3") || strings.Contains(line, token) {
			t.Errorf("%s: %s", path, line)
		}
	}
}

func TestAccessLogsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		l    *gateway.AccessLog
		http bool
		ok   bool
	}{
		{nil, false, true},
		{&gateway.AccessLog{DestinationARN: logGroupARN, Format: "$context.requestId"}, false, true},
		{&gateway.AccessLog{DestinationARN: logGroupARN, Format: "$context.requestId $context.routeKey"}, true, true},
		{&gateway.AccessLog{DestinationARN: logGroupARN, Format: "$context.requestId $context.routeKey"}, false, false},
		{&gateway.AccessLog{DestinationARN: strings.Replace(logGroupARN, region, "us-east-1", 1), Format: "$context.requestId"}, false, false},
		{&gateway.AccessLog{DestinationARN: "arn:aws:firehose:eu-west-1:000000000000:deliverystream/amazon-apigateway-x"}, false, false},
	} {
		if err := gateway.CheckAccessLog(c.l, c.http, account, region); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.l, err)
		}
	}
}

// BenchmarkAccessLog is what a line of the console's JSON format adds to a request.
func BenchmarkAccessLog(b *testing.B) {
	w, _ := logged(b)
	w.fn.mute()
	a := w.newAPI()
	a.open("GET", "/pets")
	a.deploy("quiet")
	a.deploy("prod")
	a.stage("prod", logTo(`{ "requestId":"$context.requestId", "extendedRequestId":"$context.extendedRequestId","ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", `+
		`"user":"$context.identity.user", "requestTime":"$context.requestTime", "httpMethod":"$context.httpMethod", "resourcePath":"$context.resourcePath", `+
		`"status":"$context.status", "protocol":"$context.protocol", "responseLength":"$context.responseLength" }`))
	for _, stage := range []string{"quiet", "prod"} {
		b.Run(stage, func(b *testing.B) { serve(b, w.gateway, ask(b, a.id, "/"+stage+"/pets", "", ""), 200) })
	}
}
