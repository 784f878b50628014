package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/sallyport/sallyport/internal/gateway"
)

const brokenBody = `{"message":"Internal Server Error"}`

func TestAnswersOfVersionTwo(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("GET /")
	for _, c := range []struct {
		answer      string
		status      int
		body        string
		contentType string
	}{
		{`{"statusCode":201,"body":"made","headers":{"Content-Type":"text/html"}}`, 201, "made", "text/html"},
		{`{"statusCode":"202","body":"made"}`, 202, "made", "text/plain; charset=utf-8"},
		{`{"statusCode":200}`, 200, "", "text/plain; charset=utf-8"},
		{`{"statusCode":200,"body":null,"headers":null,"cookies":null,"isBase64Encoded":null}`, 200, "", "text/plain; charset=utf-8"},
		{`{"statusCode":200,"body":5,"headers":{"content-type":"application/json","x":true}}`, 200, "5", "application/json"},
		{`{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, 200, "hi", "text/plain; charset=utf-8"},
		{`{"statusCode":200,"unknown":{"a":1},"body":"x"}`, 200, "x", "text/plain; charset=utf-8"},
		{`{"statusCode":200,"multiValueHeaders":{"X":"not a list"},"body":"x"}`, 200, "x", "text/plain; charset=utf-8"},
		{`{"message":"hi"}`, 200, `{"message":"hi"}`, "application/json"},
		{`{"body":"hi","headers":{"X-A":"b"}}`, 200, `{"body":"hi","headers":{"X-A":"b"}}`, "application/json"},
		{`"Hello \"you\""`, 200, `Hello "you"`, "application/json"},
		{` [1, 2] `, 200, `[1, 2]`, "application/json"},
		{`null`, 200, `null`, "application/json"},
		{`{}`, 200, `{}`, "application/json"},

		{`{"statusCode":"ok"}`, 500, brokenBody, "application/json"},
		{`{"statusCode":99}`, 500, brokenBody, "application/json"},
		{`{"statusCode":100}`, 500, brokenBody, "application/json"},
		{`{"statusCode":600}`, 500, brokenBody, "application/json"},
		{`{"statusCode":null,"body":"x"}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"statusCode":201}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"body":{"a":1}}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"headers":["a"]}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"headers":{"X":["a"]}}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"headers":{"X":"a\r\nSet-Cookie: b"}}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"headers":{"X: a\r\nY":"b"}}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"cookies":"a=1"}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"cookies":["a=1\r\nX: y"]}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"isBase64Encoded":"maybe"}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200,"body":"!","isBase64Encoded":true}`, 500, brokenBody, "application/json"},
		{`{"statusCode":200`, 500, brokenBody, "application/json"},
		{`not json`, 500, brokenBody, "application/json"},
		{` `, 500, brokenBody, "application/json"},
	} {
		w.fn.says(c.answer)
		got := a.send("GET", "/")
		expectReply(t, c.answer, got, c.status, "")
		if got.body != c.body {
			t.Errorf("%s: body %q, want %q", c.answer, got.body, c.body)
		}
		expectHeader(t, c.answer, got, "Content-Type", c.contentType)
		if got.header.Get("Apigw-Requestid") == "" {
			t.Errorf("%s: no apigw-requestid", c.answer)
		}
	}
}

func TestAnswersOfVersionOne(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.route("GET /", a.function("1.0", nil))
	for answer, want := range map[string]reply{
		`{"statusCode":201,"body":"made","headers":{"Content-Type":"text/html"}}`: {status: 201, body: "made"},
		`{"statusCode":"200","body":"aGk=","isBase64Encoded":true}`:               {status: 200, body: "hi"},
		`{"statusCode":200,"cookies":"nothing here"}`:                             {status: 200},
		`{"message":"hi"}`: {status: 500, body: brokenBody},
		`"hi"`:             {status: 500, body: brokenBody},
		`[]`:               {status: 500, body: brokenBody},
		`{"statusCode":200,"multiValueHeaders":{"X":"a"}}`: {status: 500, body: brokenBody},
	} {
		w.fn.says(answer)
		expectReply(t, answer, a.send("GET", "/"), want.status, want.body)
	}
	w.fn.says(`{"statusCode":200,"multiValueHeaders":{"Set-Cookie":["a=1","b=2"]},"headers":{"set-cookie":"c=3","X-A":"1"}}`)
	if got := a.send("GET", "/"); fmt.Sprint(got.header["Set-Cookie"]) != "[a=1 b=2 c=3]" || got.header.Get("X-A") != "1" {
		t.Errorf("headers %v", got.header)
	}
}

func TestHeadersOfAnAnswerThatAreNotItsToSay(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("GET /")
	w.fn.says(`{"statusCode":200,"cookies":["a=1; Path=/","b=2"],"body":"12345","headers":{"Content-Length":"999","Connection":"close","Transfer-Encoding":"chunked",
		"Apigw-Requestid":"mine","Date":"yesterday","Keep-Alive":"1","Trailer":"X","Upgrade":"h2c","WWW-Authenticate":"Basic","Access-Control-Allow-Origin":"*","X-Own":"kept"}}`)
	got := a.send("GET", "/")
	if got.status != 200 || got.body != "12345" || got.header.Get("Content-Length") != "5" || got.header.Get("Apigw-Requestid") == "mine" ||
		got.header.Get("Date") == "yesterday" || got.header.Get("Trailer") != "" || got.header.Get("Upgrade") != "" || len(got.header["Apigw-Requestid"]) != 1 {
		t.Errorf("%+v", got)
	}
	for name, want := range map[string]string{"X-Own": "kept", "Www-Authenticate": "Basic", "Access-Control-Allow-Origin": "*"} {
		expectHeader(t, "the answer", got, name, want)
	}
	if fmt.Sprint(got.header["Set-Cookie"]) != "[a=1; Path=/ b=2]" {
		t.Errorf("cookies %q", got.header["Set-Cookie"])
	}
}

func TestAFunctionThatFailsBehindAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	slow := a.integration(&apigatewayv2.CreateIntegrationInput{
		IntegrationType: "AWS_PROXY", IntegrationUri: aws.String(functionARN), PayloadFormatVersion: aws.String("2.0"), TimeoutInMillis: aws.Int32(50),
	})
	a.open("GET /")
	a.route("GET /slow", slow)
	w.fn.failed = true
	expectReply(t, "it failed", a.send("GET", "/"), 500, brokenBody)
	w.fn.failed = false
	for _, err := range []error{gateway.ErrNotPermitted, gateway.ErrNoFunction, gateway.ErrThrottled, errors.New("secret reason")} {
		w.fn.err = err
		expectReply(t, err.Error(), a.send("GET", "/"), 500, brokenBody)
	}
	w.fn.err = nil
	w.fn.says(`{"statusCode":200,"body":"` + strings.Repeat("x", 6<<20) + `"}`)
	expectReply(t, "over 6 MB", a.send("GET", "/"), 500, brokenBody)
	w.fn.wait = true
	expectReply(t, "too slow", a.send("GET", "/slow"), 503, `{"message":"Service Unavailable"}`)
}

func TestLimitsOfARequestToAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newHTTPAPI()
	a.open("POST /{proxy+}")
	within := strings.Repeat("x", 9000)
	expectReply(t, "headers within", a.send("POST", "/x", withHeader("X-Long", within)), 200, "")
	expectReply(t, "headers over", a.send("POST", "/x", withHeader("X-Long", within+strings.Repeat("x", 1300))), 431, `{"message":"Request Header Fields Too Large"}`)
	expectReply(t, "the request line counts", a.send("POST", "/"+within[:5000], withHeader("X-Long", within[:5200])), 431, "")
	expectReply(t, "the query counts", a.send("POST", "/x?"+within+within[:2000]), 431, "")
	before := w.fn.count()
	expectReply(t, "10 MB", a.send("POST", "/x", withBody(strings.Repeat("x", 10<<20))), 200, "")
	expectReply(t, "more", a.send("POST", "/x", withBody(strings.Repeat("x", 10<<20+1))), 413, `{"message":"Request Entity Too Large"}`)
	expectReply(t, "more, of unknown length", a.send("POST", "/x", withBody(strings.Repeat("x", 10<<20+1)), func(r *http.Request) { r.ContentLength = -1 }), 413, "")
	if w.fn.count() != before+1 {
		t.Error("what is too long reached the function")
	}
}
