package awsapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

const initiate = `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"c"}`

func TestRefusalsLeaveInTheClientsProtocol(t *testing.T) {
	get := func(url string) request { return request{"GET", url, "", nil} }
	with := func(q request, name, value string) request {
		h := map[string]string{name: value}
		for k, v := range q.header {
			h[k] = v
		}
		q.header = h
		return q
	}
	signedAs := func(q request, key, secret, service, region string) func(testing.TB) *http.Request {
		return func(t testing.TB) *http.Request { return sign(t, q.make(), q.body, key, secret, service, region) }
	}
	root := func(q request, service string) func(testing.TB) *http.Request {
		return signedAs(q, rootKey, rootSecret, service, "us-east-1")
	}
	plain := func(q request) func(testing.TB) *http.Request {
		return func(testing.TB) *http.Request { return q.make() }
	}
	after := func(f func(testing.TB) *http.Request, change func(*http.Request)) func(testing.TB) *http.Request {
		return func(t testing.TB) *http.Request {
			r := f(t)
			change(r)
			return r
		}
	}
	create := jsonCall("CreateUserPool", `{"PoolName":"p"}`)
	identity := queryCall("Action=GetCallerIdentity&Version=2011-06-15")

	for _, c := range []struct {
		name   string
		call   func(testing.TB) *http.Request
		status int
		body   string // part of it
	}{
		{"json unsigned", plain(create), 400, `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`},
		{"query unsigned", plain(identity), 403, `<Code>MissingAuthenticationToken</Code>`},
		{"rest unsigned", plain(get("/2015-03-31/functions/f")), 403, `{"message":"Missing Authentication Token"}`},
		{"rest unsigned, path of no operation", plain(get("/restapis/x/models")), 403, `{"message":"Missing Authentication Token"}`},
		{"rest unsigned, v2 apis", plain(get("/v2/apis")), 403, `{"message":"Missing Authentication Token"}`},
		{"nothing at all", plain(get("/")), 403, `{"message":"Missing Authentication Token"}`},
		{"bearer token", plain(with(create, "Authorization", "Bearer x")), 400, `"__type":"IncompleteSignatureException"`},
		{"bearer token, rest", plain(with(get("/2015-03-31/functions"), "Authorization", "Bearer x")), 403, `Invalid key=value pair (missing equal-sign) in Authorization header`},

		{"unknown key", signedAs(create, "AKIAUNKNOWNEXAMPLE00", rootSecret, "cognito-idp", "us-east-1"), 400, `"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		{"unknown key, query", signedAs(identity, "AKIAUNKNOWNEXAMPLE00", rootSecret, "sts", "us-east-1"), 403, `<Code>InvalidClientTokenId</Code>`},
		{"expired session", signedAs(create, oldKey, rootSecret, "cognito-idp", "us-east-1"), 400, `ExpiredTokenException`},
		{"expired session, query", signedAs(identity, oldKey, rootSecret, "sts", "us-east-1"), 403, `<Code>ExpiredToken</Code>`},
		{"wrong secret", signedAs(create, rootKey, guestSecret, "cognito-idp", "us-east-1"), 400, `"__type":"InvalidSignatureException"`},
		{"wrong secret, query", signedAs(identity, rootKey, guestSecret, "sts", "us-east-1"), 403, `<Code>SignatureDoesNotMatch</Code>`},
		{"wrong secret, rest", signedAs(get("/2015-03-31/functions"), rootKey, guestSecret, "lambda", "us-east-1"), 403, `The request signature we calculated does not match`},
		{"body changed", after(root(create, "cognito-idp"), func(r *http.Request) { r.Body = jsonCall("", `{"PoolName":"q"}`).make().Body }), 400, `InvalidSignatureException`},
		{"operation changed", after(root(jsonCall("InitiateAuth", `{"PoolName":"p"}`), "cognito-idp"), func(r *http.Request) {
			r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.CreateUserPool")
		}), 400, `InvalidSignatureException`},
		{"path changed", after(root(get("/2015-03-31/functions/a"), "lambda"), func(r *http.Request) {
			r.URL.Path, r.RequestURI = "/2015-03-31/functions/b", "/2015-03-31/functions/b"
		}), 403, `The request signature we calculated does not match`},
		{"moved to what its path normalises to", after(root(get("/2015-03-31/functions"), "lambda"), func(r *http.Request) {
			r.URL.Path, r.RequestURI = "/2015-03-31/functions/.", "/2015-03-31/functions/."
		}), 404, `There is no operation GET /2015-03-31/functions/. here.`},
		{"moved to what its path normalises to, two dots", after(root(get("/2015-03-31"), "lambda"), func(r *http.Request) {
			r.URL.Path, r.RequestURI = "/2015-03-31/functions/..", "/2015-03-31/functions/.."
		}), 404, `There is no operation GET /2015-03-31/functions/.. here.`},

		{"scope of another service", root(create, "lambda"), 400, `Credential should be scoped to correct service: 'cognito-idp'.`},
		{"scope of another service, rest", root(get("/2015-03-31/functions"), "cognito-idp"), 403, `Credential should be scoped to correct service: 'lambda'.`},
		{"scope of another service, query", root(identity, "lambda"), 403, `Credential should be scoped to correct service: &apos;sts&apos;.`},
		{"scope of no region", signedAs(create, rootKey, rootSecret, "cognito-idp", "Mars"), 400, `Credential should be scoped to a valid region, not 'Mars'.`},

		{"unknown operation", root(jsonCall("Frobnicate", "{}"), "cognito-idp"), 400, `{"__type":"UnknownOperationException","message":"cognito-idp has no operation Frobnicate here."}`},
		{"unknown operation, unsigned", plain(jsonCall("Frobnicate", "{}")), 400, `cognito-idp has no operation Frobnicate here.`},
		{"unknown operation, wrong secret", signedAs(jsonCall("Frobnicate", "{}"), rootKey, guestSecret, "cognito-idp", "us-east-1"), 400, `InvalidSignatureException`},
		{"unknown operation, query", root(queryCall("Action=Frobnicate&Version=2011-06-15"), "sts"), 400, `<Code>InvalidAction</Code><Message>sts has no operation Frobnicate here.`},
		{"unknown operation, rest", root(get("/2015-03-31/layers"), "lambda"), 404, `There is no operation GET /2015-03-31/layers here.`},
		{"known path, other method", root(request{"PATCH", "/2015-03-31/functions", "", nil}, "lambda"), 404, `There is no operation PATCH /2015-03-31/functions here.`},
		{"unknown service", root(request{"POST", "/", "{}", map[string]string{"X-Amz-Target": "DynamoDB_20120810.ListTables"}}, "dynamodb"), 400, `The service dynamodb is not available here.`},
		{"unknown service, unsigned", plain(request{"POST", "/", "{}", map[string]string{"X-Amz-Target": "DynamoDB_20120810.ListTables"}}), 400, `There is no operation DynamoDB_20120810.ListTables here.`},
		{"unknown service, query", root(queryCall("Action=ListQueues&Version=2012-11-05"), "sqs"), 400, `The service sqs is not available here.`},
		{"unknown service, rest", root(get("/bucket/key"), "s3"), 404, `The service s3 is not available here.`},

		{"target by GET", root(request{"GET", "/", "", create.header}, "cognito-idp"), 400, `UnknownOperationException`},
		{"target on a path of REST", root(request{"GET", "/2015-03-31/functions", "", create.header}, "lambda"), 400, `UnknownOperationException`},
		{"doubled authorization", after(root(create, "cognito-idp"), func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }), 400, `must not be repeated`},
		{"doubled target", after(root(create, "cognito-idp"), func(r *http.Request) {
			r.Header.Add("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth")
		}), 400, `X-Amz-Target must not be repeated`},
		{"doubled target, first public", after(plain(jsonCall("InitiateAuth", initiate)), func(r *http.Request) {
			r.Header.Add("X-Amz-Target", "AWSCognitoIdentityProviderService.CreateUserPool")
		}), 400, `X-Amz-Target must not be repeated`},
		{"header and query both sign", after(root(create, "cognito-idp"), func(r *http.Request) {
			r.URL.RawQuery, r.RequestURI = "X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256", "/?X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256"
		}), 400, `IncompleteSignatureException`},
		{"doubled action", root(queryCall("Action=GetCallerIdentity&Action=AssumeRole&Version=2011-06-15"), "sts"), 400, `<Code>MalformedInput</Code>`},

		{"not allowed", signedAs(create, guestKey, guestSecret, "cognito-idp", "us-east-1"), 400,
			`{"__type":"AccessDeniedException","message":"User: arn:aws:iam::000000000000:user/guest is not authorized to perform: cognito-idp:CreateUserPool on resource: * because no identity-based policy allows the cognito-idp:CreateUserPool action"}`},
		{"not allowed, rest", signedAs(get("/2015-03-31/functions/f"), guestKey, guestSecret, "lambda", "eu-west-1"), 403, `on resource: arn:aws:lambda:eu-west-1:000000000000:function:f because no identity-based policy`},
		{"not allowed, query", signedAs(queryCall("Action=AssumeRole&Version=2011-06-15&RoleArn=arn&RoleSessionName=s"), guestKey, guestSecret, "sts", "us-east-1"), 403, `<Code>AccessDenied</Code>`},
		{"denied by a statement", root(jsonCall("DeleteUserPool", `{"UserPoolId":"us-east-1_a"}`), "cognito-idp"), 400, `userpool/us-east-1_a with an explicit deny in an identity-based policy`},

		{"required member", root(jsonCall("CreateUserPool", `{}`), "cognito-idp"), 400, `{"__type":"InvalidParameterException","message":"1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null"}`},
		{"required members, public", plain(jsonCall("InitiateAuth", `{"ClientId":null}`)), 400, `2 validation errors detected: Value null at 'authFlow' failed to satisfy constraint: Member must not be null; Value null at 'clientId'`},
		{"required members, query", root(queryCall("Action=AssumeRole&Version=2011-06-15&RoleArn=a"), "sts"), 400, `<Code>ValidationError</Code><Message>1 validation error detected: Value null at &apos;roleSessionName&apos;`},
		{"required members, rest", root(request{"POST", "/2015-03-31/functions", `{"FunctionName":"f","Role":"r"}`, nil}, "lambda"), 400, `Value null at 'code'`},

		{"body too large, public", plain(jsonCall("InitiateAuth", strings.Repeat(" ", 1<<20+1))), 413, `RequestEntityTooLargeException`},
		{"body too large, signed", root(jsonCall("CreateUserPool", strings.Repeat(" ", maxBody+1)), "cognito-idp"), 413, `RequestEntityTooLargeException`},
		{"body too large, no length", after(plain(jsonCall("InitiateAuth", strings.Repeat(" ", 1<<20+1))), func(r *http.Request) { r.ContentLength = -1 }), 413, `larger than the 1048576 bytes`},
		{"body too large, form", plain(queryCall("Action=GetCallerIdentity&x=" + strings.Repeat("a", 1<<20))), 413, `<Code>RequestEntityTooLarge</Code>`},
		{"body shorter than its length", after(plain(jsonCall("InitiateAuth", initiate)), func(r *http.Request) { r.ContentLength = 1000 }), 400, `could not be read to its end`},

		{"handler's error", plain(jsonCall("InitiateAuth", `{"AuthFlow":"A","ClientId":"deny"}`)), 400, `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`},
		{"handler's error, server", plain(jsonCall("InitiateAuth", `{"AuthFlow":"A","ClientId":"server"}`)), 500, `{"__type":"InternalErrorException","message":"é <b>"}`},
		{"handler's error, rest", root(get("/2015-03-31/functions/f"), "lambda"), 404, `{"Message":"Function not found: f","Type":"User"}`},
		{"handler failed", plain(jsonCall("InitiateAuth", `{"AuthFlow":"A","ClientId":"fail"}`)), 500, `"__type":"InternalFailure"`},
		{"handler panicked", plain(jsonCall("InitiateAuth", `{"AuthFlow":"A","ClientId":"panic"}`)), 500, `"__type":"InternalFailure"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			w := h.do(c.call(t))
			body := w.Body.String()
			if w.Code != c.status || !strings.Contains(strings.ReplaceAll(body, "'", "&apos;"), strings.ReplaceAll(c.body, "'", "&apos;")) {
				t.Errorf("got %d %s\nwant %d %s", w.Code, body, c.status, c.body)
			}
			for _, ran := range h.runs {
				if !strings.HasPrefix(c.name, "handler") {
					t.Errorf("the handler of %s ran", ran)
				}
			}
			id := w.Header().Get("x-amzn-RequestId")
			rec := h.record(t)
			if len(h.recs) != 1 || rec.ID != id || rec.Status != c.status || rec.Outcome == audit.Passed || rec.Why() == "" {
				t.Errorf("%d records, the last %+v (%s), request id %s", len(h.recs), rec, rec.Why(), id)
			}
			if strings.HasPrefix(body, "<") && !strings.Contains(body, "<RequestId>"+id+"</RequestId>") {
				t.Errorf("no request id in %s", body)
			}
			if strings.HasPrefix(body, "{") == (w.Header().Get("X-Amzn-Errortype") == "") {
				t.Errorf("error type in the header: %q", w.Header().Get("X-Amzn-Errortype"))
			}
			if strings.Contains(body, "hunter2") || strings.Contains(body, "EOF") || strings.Contains(fmt.Sprint(rec), "hunter2") {
				t.Errorf("the inside shows: %s", body)
			}
		})
	}
}

func TestSignedCallsRunAsTheirSigner(t *testing.T) {
	for _, c := range []struct {
		call    request
		service string
		body    string
	}{
		{jsonCall("CreateUserPool", `{"PoolName":"p","Unknown":[{"a":1}]}`), "cognito-idp", `{"UserPool":{"EstimatedNumberOfUsers":0,"Name":"p"}}`},
		{queryCall("Action=GetCallerIdentity&Version=2011-06-15"), "sts", `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root&lt;&amp;&gt;</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>`},
		{request{"GET", "/?Action=GetCallerIdentity&Version=2011-06-15", "", nil}, "sts", `<GetCallerIdentityResult>`},
		{request{"GET", "/2015-03-31/functions/?Marker=a%20b", "", nil}, "lambda", `{"NextMarker":"a b"}`},
		{request{"POST", "/2015-03-31/functions", `{"FunctionName":"f","Role":"r","Code":{},"MemorySize":128}`, nil}, "lambda", `"MemorySize":128`},
	} {
		h := newHouse(t)
		w := h.do(c.call.signed(t, c.service))
		if w.Code/100 != 2 || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s", c.call.url, c.call.body, w.Code, w.Body)
			continue
		}
		if h.last.Caller.Kind != access.Root || h.last.Region != "us-east-1" || h.last.Account != "000000000000" || h.last.RequestID != w.Header().Get("X-Amzn-Requestid") {
			t.Errorf("%+v", h.last)
		}
		rec := h.record(t)
		if rec.Outcome != audit.Passed || rec.Service != c.service || rec.Caller != "arn:aws:iam::000000000000:root" || rec.Why() != "" {
			t.Errorf("%+v %s", rec, rec.Why())
		}
	}
}

// during is a body before whose first byte something happens.
type during struct {
	io.Reader
	happens func()
}

func (d during) Read(p []byte) (int, error) {
	d.happens()
	return d.Reader.Read(p)
}

// Whoever begins calls and holds back their bodies keeps nothing of a key that is taken away.
func TestAKeyThatIsTakenAwayWhileTheBodyArrivesOpensNothing(t *testing.T) {
	h := newHouse(t)
	call := jsonCall("CreateUserPool", `{"PoolName":"p"}`)
	r := call.signed(t, "cognito-idp")
	r.Body = io.NopCloser(during{strings.NewReader(call.body), func() { h.gone = true }})
	if w := h.do(r); w.Code != 400 || !strings.Contains(w.Body.String(), "UnrecognizedClientException") || len(h.runs) > 0 {
		t.Errorf("%d %s, and %v ran", w.Code, w.Body, h.runs)
	}
}

// A signature on a public operation is not looked at, so nothing can be gained by one.
func TestPublicOperationsRunForAnybodyAsNobody(t *testing.T) {
	call := jsonCall("InitiateAuth", initiate)
	for name, r := range map[string]*http.Request{
		"unsigned":        call.make(),
		"signed":          call.signed(t, "cognito-idp"),
		"badly signed":    sign(t, call.make(), "other", rootKey, guestSecret, "lambda", "us-east-1"),
		"bearer":          func() *http.Request { r := call.make(); r.Header.Set("Authorization", "Bearer x"); return r }(),
		"another's scope": sign(t, call.make(), initiate, rootKey, rootSecret, "lambda", "us-east-1"),
	} {
		h := newHouse(t)
		w := h.do(r)
		if w.Code != 200 || w.Body.String() != `{"Session":"<&>`+"\u2028"+`\"é"}` {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
			continue
		}
		if h.last.Caller != (access.Caller{}) || h.last.Region != "" || h.record(t).Caller != "anonymous" {
			t.Errorf("%s: ran as %+v in %q", name, h.last.Caller, h.last.Region)
		}
	}
}

func TestPagesOfAnyOriginMayCallPublicOperationsOnly(t *testing.T) {
	h := newHouse(t)
	preflight := request{"OPTIONS", "/", "", map[string]string{"Origin": "https://app.example",
		"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-amz-target,x-amz-user-agent"}}
	w := h.do(preflight.make())
	if w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Access-Control-Allow-Methods") != "POST" ||
		!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "X-Amz-Target") || strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
	for call, allowed := range map[*http.Request]bool{
		jsonCall("InitiateAuth", initiate).make():                               true,
		jsonCall("InitiateAuth", `{"AuthFlow":"A","ClientId":"deny"}`).make():   true,
		jsonCall("InitiateAuth", `{`).make():                                    true,
		jsonCall("CreateUserPool", `{"PoolName":"p"}`).signed(t, "cognito-idp"): false,
		queryCall("Action=GetCallerIdentity&Version=2011-06-15").make():         false,
		request{"DELETE", "/2015-03-31/functions/f", "", nil}.make():            false,
	} {
		call.Header.Set("Origin", "https://app.example")
		w := h.do(call)
		if got := w.Header().Get("Access-Control-Allow-Origin") == "*"; got != allowed {
			t.Errorf("%s %s: allowed is %v", call.Method, call.Header.Get("X-Amz-Target"), got)
		}
		if w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Error("credentials are never shared with a page")
		}
	}
	preflight.url = "/2015-03-31/functions"
	if w := h.do(preflight.make()); w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("a preflight of another path was answered")
	}
}
