package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/gateway"
)

const internalError = `{"message":"Internal server error"}`

func TestAnswersOfAFunction(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("ANY", "/x")
	a.deploy("prod")
	for answer, want := range map[string]struct {
		status int
		body   string
	}{
		`{"statusCode":200}`:                           {200, ""},
		`{"statusCode":"200"}`:                         {200, ""},
		`{"headers":{"a":"b"}}`:                        {200, ""},
		`{"statusCode":201,"headers":null,"body":"x"}`: {201, "x"},
		`{}`:                             {200, ""},
		` { "body" : "a\"\u00e9\n" } `:   {200, "a\"é\n"},
		`{"statusCode":404,"body":null}`: {404, ""},
		`{"statusCode":200,"headers":{"X-Bool":true}}`:         {200, ""},
		`{"statusCode":200,"isBase64Encoded":true,"body":"e"}`: {200, "e"},
		`{"statusCode":204,"body":"lost"}`:                     {204, ""},
		`{"statusCode":"abc"}`:                                 {502, internalError},
		`{"statusCode":100}`:                                   {502, internalError},
		`{"statusCode":101}`:                                   {502, internalError},
		`{"statusCode":600}`:                                   {502, internalError},
		`{"statusCode":20000000000000000000}`:                  {502, internalError},
		`{"statusCode":-200}`:                                  {502, internalError},
		`{"statusCode":2e2}`:                                   {502, internalError},
		`{"statusCode":{}}`:                                    {502, internalError},
		`{"statusCode":200,"extra":1}`:                         {502, internalError},
		`{"statuscode":200}`:                                   {502, internalError},
		`{"statusCode":200,"cookies":["a=b"]}`:                 {502, internalError},
		`{"errorMessage":"x","errorType":"Error"}`:             {502, internalError},
		`"just text"`:                                          {502, internalError},
		`null`:                                                 {502, internalError},
		`[]`:                                                   {502, internalError},
		`{`:                                                    {502, internalError},
		`{"statusCode":200} trailing`:                          {502, internalError},
		`not json`:                                             {502, internalError},
		`{"statusCode":200,"body":{"a":1}}`:                    {502, internalError},
		`{"statusCode":200,"body":["a"]}`:                      {502, internalError},
		`{"statusCode":200,"headers":["a"]}`:                   {502, internalError},
		`{"statusCode":200,"headers":"a"}`:                     {502, internalError},
		`{"statusCode":200,"headers":{"a":{"b":1}}}`:           {502, internalError},
		`{"statusCode":200,"multiValueHeaders":{"a":"b"}}`:     {502, internalError},
		`{"statusCode":200,"multiValueHeaders":{"a":[["b"]]}}`: {502, internalError},
		`{"statusCode":200,"headers":{"a":"b\r\nSet-Cookie: admin=1"}}`: {502, internalError},
		`{"statusCode":200,"headers":{"a\r\nb":"c"}}`:                   {502, internalError},
		`{"statusCode":200,"headers":{"":"c"}}`:                         {502, internalError},
		`{"statusCode":200,"headers":{"a:b":"c"}}`:                      {502, internalError},
		`{"statusCode":200,"isBase64Encoded":"maybe"}`:                  {502, internalError},
	} {
		w.fn.says(answer)
		got := a.send("GET", "/prod/x")
		if got.status != want.status || got.body != want.body {
			t.Errorf("%s: %d %q, want %d %q", answer, got.status, got.body, want.status, want.body)
		}
		if got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s smuggled a header", answer)
		}
		if want.status == 200 && got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: Content-Type %q", answer, got.header.Get("Content-Type"))
		}
	}
	w.fn.says(`{"body":"` + strings.Repeat("x", 6<<20) + `"}`)
	if got := a.send("GET", "/prod/x"); got.status != 502 {
		t.Errorf("an answer over 6 MB: %d", got.status)
	}
	w.fn.says(`{"body":"hello"}`)
	if got := a.send("HEAD", "/prod/x"); got.status != 200 || got.body != "" || got.header.Get("Content-Length") != "5" {
		t.Errorf("HEAD: %+v", got)
	}
}

func TestHeadersOfAnAnswer(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	a.deploy("prod")
	w.fn.says(`{"headers":{"x-a":"single","content-type":"text/plain","Connection":"close","Content-Length":"3","Date":"never","Server":"mine",
		"Transfer-Encoding":"chunked","WWW-Authenticate":"Basic","x-amzn-RequestId":"forged","X-Amzn-Trace-Id":"forged","x-amzn-ErrorType":"forged","N":1,"B":false,"Z":null},
		"multiValueHeaders":{"X-A":["one","two"],"Set-Cookie":["a=1","b=2"]},"body":"hello"}`)
	got := a.send("GET", "/prod/x")
	for name, want := range map[string]string{
		"X-A": "one,two,single", "Set-Cookie": "a=1,b=2", "Content-Type": "text/plain", "Content-Length": "5",
		"x-amzn-Remapped-Connection": "close", "x-amzn-Remapped-Content-Length": "3", "x-amzn-Remapped-Date": "never",
		"x-amzn-Remapped-Server": "mine", "x-amzn-Remapped-WWW-Authenticate": "Basic", "x-amzn-Remapped-x-amzn-RequestId": "forged",
		"WWW-Authenticate": "", "Server": "", "x-amzn-ErrorType": "", "N": "1", "B": "false", "Z": "",
	} {
		if values := strings.Join(got.header.Values(name), ","); values != want {
			t.Errorf("%s: %q, want %q", name, values, want)
		}
	}
	for _, name := range []string{"x-amzn-RequestId", "X-Amzn-Trace-Id", "Date"} {
		if v := got.header.Get(name); v == "" || v == "forged" || v == "never" {
			t.Errorf("%s: %q", name, v)
		}
	}
	if got.body != "hello" {
		t.Errorf("body %q", got.body)
	}
}

// Many frameworks give both maps, and mean one header.
func TestAHeaderInBothMapsIsSentOnce(t *testing.T) {
	w := newWorld(t)
	rest, h := w.newAPI(), w.newHTTPAPI()
	rest.open("GET", "/x")
	rest.deploy("prod")
	h.route("GET /x", h.function("1.0", nil))
	w.fn.says(`{"statusCode":200,"headers":{"Content-Type":"text/html","set-cookie":"b=2","X-A":"three","X-B":"one"},
		"multiValueHeaders":{"content-type":["text/html"],"Set-Cookie":["a=1","b=2"],"X-A":["one","one"]}}`)
	for name, got := range map[string]reply{"REST": rest.send("GET", "/prod/x"), "HTTP": h.send("GET", "/x")} {
		for header, want := range map[string]string{"Content-Type": "text/html", "Set-Cookie": "a=1,b=2", "X-A": "one,one,three", "X-B": "one"} {
			if values := strings.Join(got.header.Values(header), ","); got.status != 200 || values != want {
				t.Errorf("%s: %d, %s: %q, want %q", name, got.status, header, values, want)
			}
		}
	}
}

func TestBinaryBodies(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI("image/png")
	a.open("POST", "/x")
	a.deploy("prod")
	raw := "\x89PNG\x00\xff"
	w.fn.says(`{"isBase64Encoded":true,"body":"iVBORwD/","headers":{"Content-Type":"image/png"}}`)
	got := a.send("POST", "/prod/x", withBody(raw), withHeader("Content-Type", "image/png"), withHeader("Accept", "image/png, text/html"))
	event := w.fn.event(t)
	if event["body"] != "iVBORwD/" || event["isBase64Encoded"] != true || got.body != raw {
		t.Errorf("event body %v, encoded %v; answer %q", event["body"], event["isBase64Encoded"], got.body)
	}
	for _, accept := range []string{"", "text/html, image/png"} {
		if got := a.send("POST", "/prod/x", withHeader("Accept", accept)); got.body != "iVBORwD/" {
			t.Errorf("Accept %q: %q", accept, got.body)
		}
	}
	w.fn.says(`{"isBase64Encoded":true,"body":"!!"}`)
	if got := a.send("POST", "/prod/x", withHeader("Accept", "image/png")); got.status != 500 {
		t.Errorf("a body that is not base64: %+v", got)
	}
	a.send("POST", "/prod/x", withBody(raw), withHeader("Content-Type", "text/plain"))
	if event := w.fn.event(t); event["body"] != "\ufffdPNG\x00\ufffd" || event["isBase64Encoded"] != false {
		t.Errorf("a body that is no text: %q", event["body"])
	}
}

func TestFunctionsThatCannotBeRun(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	a.method("GET", "/get", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.integrate("GET", "/get", &apigateway.PutIntegrationInput{Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String(functionURI)})
	a.method("GET", "/slow", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.integrate("GET", "/slow", &apigateway.PutIntegrationInput{Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(functionURI), TimeoutInMillis: aws.Int32(50)})
	a.deploy("prod")
	for _, err := range []error{gateway.ErrNotPermitted, gateway.ErrNoFunction, gateway.ErrThrottled, http.ErrServerClosed} {
		w.fn.err = err
		if got := a.send("GET", "/prod/x"); got.status != 500 || got.body != internalError || got.header.Get("x-amzn-ErrorType") != "InternalServerErrorException" {
			t.Errorf("%v: %+v", err, got)
		}
	}
	w.fn.err, w.fn.failed = nil, true
	if got := a.send("GET", "/prod/x"); got.status != 502 || got.body != internalError {
		t.Errorf("a function error: %+v", got)
	}
	w.fn.failed = false
	before := w.fn.count()
	if got := a.send("GET", "/prod/get"); got.status != 500 || got.body != internalError || w.fn.count() != before {
		t.Errorf("an integration whose method is not POST: %+v", got)
	}
	w.fn.wait = true
	if got := a.send("GET", "/prod/slow"); got.status != 504 || got.body != `{"message":"Endpoint request timed out"}` {
		t.Errorf("a function that does not answer: %+v", got)
	}
}

func TestLimitsOfARequest(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("POST", "/x")
	a.guarded("POST", "/guarded", a.authorizer("pool", poolARN))
	a.deploy("prod")
	big := strings.Repeat("x", 10<<20)
	if got := a.send("POST", "/prod/x", withBody(big)); got.status != 200 {
		t.Errorf("a body of 10 MB: %d %s", got.status, got.body)
	}
	before := w.fn.count()
	for name, change := range map[string]func(*http.Request){
		"declared": withBody(big + "x"),
		"chunked":  func(r *http.Request) { withBody(big + "x")(r); r.ContentLength = -1 },
	} {
		if got := a.send("POST", "/prod/x", change); got.status != 413 || got.body != `{"message":"Request Too Long"}` {
			t.Errorf("%s body over 10 MB: %+v", name, got)
		}
	}
	if got := a.send("POST", "/prod/guarded", withBody("x")); got.status != 401 {
		t.Errorf("guarded: %+v", got)
	}
	if got := a.send("POST", "/prod/x", withHeader("X-Big", strings.Repeat("x", 10240))); got.status != 431 {
		t.Errorf("headers over 10240 bytes: %+v", got)
	}
	if got := a.send("POST", "/prod/x?"+strings.Repeat("x", 10240)); got.status != 414 {
		t.Errorf("a URL over 10240 bytes: %+v", got)
	}
	if w.fn.count() != before {
		t.Error("an oversize request reached the function")
	}
}

func TestStageServesWhatWasDeployed(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	first := a.deploy("prod")
	a.open("GET", "/later")
	authorizer := a.authorizer("pool", poolARN)
	_, err := w.client.UpdateMethod(t.Context(), &apigateway.UpdateMethodInput{RestApiId: &a.id, ResourceId: aws.String(a.resource("/x")), HttpMethod: aws.String("GET"), PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/authorizationType"), Value: aws.String("COGNITO_USER_POOLS")},
		{Op: types.OpReplace, Path: aws.String("/authorizerId"), Value: &authorizer},
	}})
	must(t, err)
	expect := func(what string, x, later int) {
		t.Helper()
		if got := a.send("GET", "/prod/x"); got.status != x {
			t.Errorf("%s: /x answers %d, want %d", what, got.status, x)
		}
		if got := a.send("GET", "/prod/later"); got.status != later {
			t.Errorf("%s: /later answers %d, want %d", what, got.status, later)
		}
	}
	expect("edited, not deployed", 200, 403)
	a.deploy("prod")
	expect("deployed", 401, 200)
	_, err = w.client.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &a.id, StageName: aws.String("prod"), PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/deploymentId"), Value: &first}}})
	must(t, err)
	expect("rolled back", 200, 403)
	_, err = w.client.DeleteStage(t.Context(), &apigateway.DeleteStageInput{RestApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	expect("stage deleted", 403, 403)
	a.deploy("prod")
	expect("stage made again", 401, 200)
	_, err = w.client.DeleteRestApi(t.Context(), &apigateway.DeleteRestApiInput{RestApiId: &a.id})
	must(t, err)
	expect("API deleted", 403, 403)
}

func TestStageVariablesNameTheFunction(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.method("GET", "/x", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.integrate("GET", "/x", &apigateway.PutIntegrationInput{Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"),
		Uri: aws.String("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:000000000000:function:${stageVariables.fn}/invocations")})
	a.open("GET", "/other")
	d := a.deploy("none")
	for _, c := range []struct {
		stage, value string
		status       int
		function     string
	}{
		{"dev", "pizza-dev", 200, "arn:aws:lambda:eu-west-1:000000000000:function:pizza-dev"},
		{"live", "pizza:live", 200, "arn:aws:lambda:eu-west-1:000000000000:function:pizza:live"},
		{"odd", "pizza/../x", 500, ""},
	} {
		_, err := w.client.CreateStage(t.Context(), &apigateway.CreateStageInput{RestApiId: &a.id, StageName: &c.stage, DeploymentId: &d, Variables: map[string]string{"fn": c.value}})
		must(t, err)
		if got := a.send("GET", "/"+c.stage+"/x"); got.status != c.status {
			t.Errorf("stage %s: %+v", c.stage, got)
		} else if c.function != "" && w.fn.calls[len(w.fn.calls)-1].FunctionARN != c.function {
			t.Errorf("stage %s ran %s", c.stage, w.fn.calls[len(w.fn.calls)-1].FunctionARN)
		}
	}
	if v := w.fn.event(t)["stageVariables"].(map[string]any)["fn"]; v != "pizza:live" {
		t.Errorf("stageVariables.fn is %v", v)
	}
	if got := a.send("GET", "/none/x"); got.status != 500 {
		t.Errorf("a stage without the variable: %+v", got)
	}
	if got := a.send("GET", "/none/other"); got.status != 200 {
		t.Errorf("the method beside it: %+v", got)
	}
}

func TestClockOfTheEventIsTheServers(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	a.deploy("prod")
	now := w.clock.Advance(48 * time.Hour)
	a.send("GET", "/prod/x")
	at := w.fn.event(t)["requestContext"].(map[string]any)["requestTimeEpoch"].(float64)
	if int64(at) < now.UnixMilli() {
		t.Errorf("requestTimeEpoch %v is before %v", at, now.UnixMilli())
	}
}
