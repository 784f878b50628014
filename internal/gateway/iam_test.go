package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// signedAPI has AWS_IAM on every method but GET /open.
func signedAPI(t testing.TB) *api {
	a := newWorld(t).newAPI()
	a.iam("GET", "/")
	a.iam("GET", "/menu")
	a.iam("POST", "/inventory")
	a.iam("ANY", "/items/{id}")
	a.iam("GET", "/items/{id}/parts")
	a.iam("ANY", "/files/{proxy+}")
	a.open("GET", "/open")
	a.guarded("GET", "/token", a.authorizer("pool", poolARN))
	a.deploy("prod")
	return a
}

// forms are the two URLs of an API: host and what stands before the stage.
func (a *api) forms() map[string][2]string {
	return map[string][2]string{
		"by host": {hostOf(a.id), ""},
		"by path": {strings.TrimPrefix(a.server.URL, "http://"), "/_aws/execute-api/" + a.id},
	}
}

func identityOf(t testing.TB, event map[string]any) map[string]any {
	t.Helper()
	context := event["requestContext"].(map[string]any)
	if _, has := context["authorizer"]; has {
		t.Errorf("a signed request has an authorizer block: %v", context["authorizer"])
	}
	return context["identity"].(map[string]any)
}

func TestASignedRequestReachesTheFunctionWithItsSigner(t *testing.T) {
	a := signedAPI(t)
	user, customer := a.signers.user("ann", allowing(everyAPI)), a.signers.customer("cus", allowing(everyAPI))
	body := strings.Repeat("a topping\n", 10_000)
	for name, form := range a.forms() {
		for _, presign := range []bool{false, true} {
			order := order{verb: "POST", target: form[1] + "/prod/inventory?a=1&b=x%20y", body: body, host: form[0], presign: presign}
			if got := a.do(a.sign(user, order)); got.status != 200 || got.body != "hello" {
				t.Fatalf("%s, presigned %v: %d %s", name, presign, got.status, got.body)
			}
			event := a.fn.event(t)
			if event["body"] != body {
				t.Errorf("%s: the body has changed on its way", name)
			}
			query := event["queryStringParameters"].(map[string]any)
			if query["b"] != "x y" || query["X-Amz-Signature"] != nil {
				t.Errorf("%s: query %v", name, query)
			}
			for header := range event["headers"].(map[string]any) {
				if header == "Authorization" {
					t.Errorf("%s: the function sees the signature", name)
				}
			}
			want := map[string]any{
				"accountId": account, "caller": "AIDAANN", "user": "AIDAANN", "accessKey": "AKIAANN", "userArn": "arn:aws:iam::" + account + ":user/ann",
				"cognitoIdentityId": nil, "cognitoIdentityPoolId": nil, "cognitoAuthenticationType": nil, "cognitoAuthenticationProvider": nil,
				"sourceIp": "127.0.0.1", "userAgent": "Go-http-client/1.1", "principalOrgId": nil,
			}
			expectSame(t, identityOf(t, event), want)

			if got := a.do(a.sign(customer, order)); got.status != 200 {
				t.Fatalf("%s: a customer: %d %s", name, got.status, got.body)
			}
			expectSame(t, identityOf(t, a.fn.event(t)), map[string]any{
				"accountId": account, "caller": "AROACUSTOMERS:CognitoIdentityCredentials", "user": "AROACUSTOMERS:CognitoIdentityCredentials",
				"accessKey": "ASIACUS", "userArn": "arn:aws:sts::" + account + ":assumed-role/customers/CognitoIdentityCredentials",
				"cognitoIdentityId": "eu-west-1:11111111-2222-3333-4444-555555555555", "cognitoIdentityPoolId": "eu-west-1:pool", "cognitoAuthenticationType": "authenticated",
				"cognitoAuthenticationProvider": "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pizza,cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pizza:CognitoSignIn:a-sub",
				"sourceIp":                      "127.0.0.1", "userAgent": "Go-http-client/1.1", "principalOrgId": nil,
			})
			record := a.records.latest()
			if !strings.Contains(record.Caller, "assumed-role/customers") || record.Resource != apiARN(a, "POST/inventory") {
				t.Errorf("the record has %s on %s", record.Caller, record.Resource)
			}
		}
	}
	// The SourceArn for the function's own policy names the template, as at AWS.
	a.do(a.sign(user, order{verb: "GET", target: "/prod/items/7"}))
	a.fn.mu.Lock()
	defer a.fn.mu.Unlock()
	if got := a.fn.calls[len(a.fn.calls)-1].SourceARN; got != apiARN(a, "GET/items/{id}") {
		t.Errorf("SourceArn %s", got)
	}
}

func apiARN(a *api, rest string) string {
	return "arn:aws:execute-api:" + region + ":" + account + ":" + a.id + "/prod/" + rest
}

func expectSame(t testing.TB, got, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	for name := range got {
		if _, known := want[name]; !known {
			t.Errorf("%s is not expected", name)
		}
	}
}

func TestOnlyASignatureFillsTheIdentity(t *testing.T) {
	a := signedAPI(t)
	user := a.signers.user("ann", allowing(everyAPI))
	if got := a.do(a.sign(user, order{verb: "GET", target: "/prod/open"})); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for name, value := range identityOf(t, a.fn.event(t)) {
		if value != nil && name != "sourceIp" && name != "userAgent" {
			t.Errorf("an open method has %s: %v", name, value)
		}
	}
	// Nor does a signature open a method that wants a token.
	if got := a.do(a.sign(user, order{verb: "GET", target: "/prod/token"})); got.status != 401 {
		t.Errorf("a token's method: %d %s", got.status, got.body)
	}
}

func TestPoliciesDecideWhatASignerMayCall(t *testing.T) {
	a := signedAPI(t)
	arn := func(rest string) string { return "arn:aws:execute-api:*:*:" + a.id + "/" + rest }
	because := " because no identity-based policy allows the execute-api:Invoke action"
	explicit := " with an explicit deny in an identity-based policy"
	for name, c := range map[string]struct {
		statements, verb, target string
		refused                  string // method and path in the message; "": allowed
		cause                    string
	}{
		"everything":                       {allowing("*"), "GET", "/prod/menu", "", ""},
		"the whole API":                    {allowing(arn("*")), "POST", "/prod/inventory", "", ""},
		"one method":                       {allowing(apiARN(a, "GET/menu")), "GET", "/prod/menu", "", ""},
		"the root":                         {allowing(arn("*/GET/")), "GET", "/prod/", "", ""},
		"the root without a slash":         {allowing(arn("*/GET/")), "GET", "/prod", "", ""},
		"nothing":                          {allowing("arn:aws:execute-api:*:*:otherapi/*"), "GET", "/prod/menu", "GET/menu", because},
		"another action":                   {strings.Replace(allowing("*"), "Invoke", "InvalidateCache", 1), "GET", "/prod/menu", "GET/menu", because},
		"another stage":                    {allowing(arn("test/*")), "GET", "/prod/menu", "GET/menu", because},
		"another verb":                     {allowing(arn("*/GET/*")), "POST", "/prod/inventory", "POST/inventory", because},
		"a verb in lower case":             {allowing(arn("*/get/menu")), "GET", "/prod/menu", "GET/menu", because},
		"another region":                   {allowing("arn:aws:execute-api:us-east-1:*:*"), "GET", "/prod/menu", "GET/menu", because},
		"the story":                        {allowing(arn("*")) + "," + denying(arn("*/POST/inventory")), "POST", "/prod/inventory", "POST/inventory", explicit},
		"the story's other half":           {allowing(arn("*")) + "," + denying(arn("*/POST/inventory")), "GET", "/prod/menu", "", ""},
		"ANY is never the verb":            {allowing(arn("*/ANY/*")), "GET", "/prod/items/7", "GET/items/7", because},
		"the values, not the template":     {allowing(arn("*/GET/items/7")), "GET", "/prod/items/7", "", ""},
		"another value":                    {allowing(arn("*/GET/items/7")), "GET", "/prod/items/8", "GET/items/8", because},
		"the template itself":              {allowing(arn("*/GET/items/{id}")), "GET", "/prod/items/7", "GET/items/7", because},
		"a star in the path is no star":    {allowing(arn("*/GET/items/7")), "GET", "/prod/items/*", "GET/items/*", because},
		"a mark in the path is no mark":    {allowing(arn("*/GET/items/7")), "GET", "/prod/items/%3F", "GET/items/?", because},
		"a wildcard reaches over slashes":  {allowing(arn("*/GET/*/parts")), "GET", "/prod/items/7/parts", "", ""},
		"a value with a colon":             {allowing(arn("*/GET/items/eu-west-1:7")), "GET", "/prod/items/eu-west-1:7", "", ""},
		"a value with an escaped colon":    {allowing(arn("*/GET/items/eu-west-1:7")), "GET", "/prod/items/eu-west-1%3A7", "", ""},
		"a value that looks like a path":   {allowing(arn("*/GET/items/7/parts")), "GET", "/prod/items/7%2Fparts", "GET/items/7%2Fparts", because},
		"a path that looks like a value":   {allowing(arn("*/GET/items/7%2Fparts")), "GET", "/prod/items/7%2Fparts", "GET/items/7/parts", because},
		"a condition of the gateway's own": {conditional("IpAddress", "aws:SourceIp", "127.0.0.0/8"), "GET", "/prod/menu", "", ""},
		"from another address":             {conditional("IpAddress", "aws:SourceIp", "192.0.2.0/24"), "GET", "/prod/menu", "GET/menu", because},
		"without TLS":                      {conditional("Bool", "aws:SecureTransport", "true"), "GET", "/prod/menu", "GET/menu", because},
		"in another region":                {conditional("StringEquals", "aws:RequestedRegion", "us-east-1"), "GET", "/prod/menu", "GET/menu", because},
	} {
		t.Run(name, func(t *testing.T) {
			user := a.signers.user("bob", c.statements)
			before := a.fn.count()
			got := a.do(a.sign(user, order{verb: c.verb, target: c.target}))
			if c.refused == "" {
				if got.status != 200 || a.fn.count() != before+1 {
					t.Fatalf("%d %s", got.status, got.body)
				}
				return
			}
			want := `{"Message":"User: ` + "arn:aws:iam::" + account + `:user/bob is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:` +
				region + `:********0000:` + a.id + `/prod/` + c.refused + c.cause + `"}`
			if got.status != 403 || got.body != want || got.header.Get("x-amzn-ErrorType") != "AccessDeniedException" {
				t.Fatalf("%d %s %s\nwant %s", got.status, got.header.Get("x-amzn-ErrorType"), got.body, want)
			}
			if a.fn.count() != before {
				t.Error("the function ran")
			}
			record := a.records.latest()
			if d := record.Denied; d == nil || d.Action != "execute-api:Invoke" || d.Resource != apiARN(a, c.refused) || d.Trace == nil || !strings.HasSuffix(d.Principal, "user/bob") {
				t.Errorf("the record's denial is %+v", d)
			}
			if steps := record.Steps(); steps[len(steps)-1].Name != "authorize" || steps[len(steps)-1].Detail == "" {
				t.Errorf("the deciding step is %+v", steps[len(steps)-1])
			}
		})
	}
}

func conditional(operator, key, value string) string {
	return `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}}`
}

// However a path is written, what policies are asked about is what is routed.
func TestNoSpellingOfAPathPassesByADenial(t *testing.T) {
	a := signedAPI(t)
	user := a.signers.user("eve", allowing("*")+","+denying("arn:aws:execute-api:*:*:*/*/*/files/secret*")+","+
		denying("arn:aws:execute-api:*:*:*/*/POST/inventory")+","+denying("arn:aws:execute-api:*:*:*/*/*/items/7"))
	for _, target := range []string{
		"/files/secret", "/files/secret/", "/files/secret/x", "/files//secret", "//files/secret", "/files/%73ecret", "/files/secre%74/x", "/files%2Fsecret",
		"/files/;x/secret", "/files/;/secret", "/files/%5Csecret", "/files/%2Fsecret", "/files/x/../secret", "/files/./secret", "/files/%2e%2e/files/secret", "/files/;a=b/secret;c",
		"/items/7", "/items/7/", "/items/%37", "/items//7", "/items/7;x", "/items/7%2F", "/items/%2F7", "/items/7%5C", "/items;x/7",
	} {
		for _, verb := range []string{"GET", "POST", "PUT"} {
			r := a.sign(user, order{verb: verb, target: "/prod" + target})
			if got := a.do(r); got.status < 400 {
				t.Errorf("%s %s passes: %d; the policy was asked about %s", verb, target, got.status, a.records.latest().Resource)
			}
			record := a.records.latest()
			if why := record.Why(); strings.HasPrefix(why, "signature") {
				t.Errorf("%s %s was not even asked about: %s", verb, target, why)
			}
		}
	}
	for _, target := range []string{"/inventory", "/inventory/", "/%69nventory", "/inventory%2F", "/inventory;x", "//inventory", "/inventory//"} {
		if got := a.do(a.sign(user, order{verb: "POST", target: "/prod" + target})); got.status < 400 {
			t.Errorf("POST %s passes; the policy was asked about %s", target, a.records.latest().Resource)
		}
	}
	if n := a.fn.count(); n != 0 {
		t.Errorf("the function ran %d times", n)
	}
	long := "/prod/items/" + strings.Repeat("x", 1600)
	if got := a.do(a.sign(user, order{verb: "GET", target: long})); got.status != 414 {
		t.Errorf("an ARN over 1600 bytes: %d %s", got.status, got.body)
	}
}

func TestTheMethodThatIsAskedIsTheOneThatAnswers(t *testing.T) {
	a := signedAPI(t)
	user := a.signers.user("ann", allowing(everyAPI+"/*/GET/*")+","+allowing(everyAPI+"/*/DELETE/*"))
	override := func(verb string) http.Header { return http.Header{"X-Http-Method-Override": {verb}} }
	if got := a.do(a.sign(user, order{verb: "POST", target: "/prod/items/7", headers: override("DELETE")})); got.status != 200 {
		t.Errorf("an override that was signed: %d %s", got.status, got.body)
	}
	if verb := a.fn.event(t)["httpMethod"]; verb != "DELETE" {
		t.Errorf("the function is told of %v", verb)
	}
	before := a.fn.count()
	got := a.do(a.sign(user, order{verb: "GET", target: "/prod/items/7", headers: override("PUT")}))
	if got.status != 403 || !strings.Contains(got.body, "/prod/PUT/items/7 because") {
		t.Errorf("an override to what is not allowed: %d %s", got.status, got.body)
	}
	added := a.sign(user, order{verb: "GET", target: "/prod/items/7"})
	added.Header["X-Http-Method-Override"] = []string{"DELETE"}
	if got := a.do(added); got.status != 403 || !strings.Contains(got.body, "'x-http-method-override' must be a 'SignedHeader'") {
		t.Errorf("an override that was not signed: %d %s", got.status, got.body)
	}
	if a.fn.count() != before {
		t.Error("the function ran")
	}
}

func TestABackendSeesWhoSigned(t *testing.T) {
	var seen *http.Request
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		_, _ = w.Write([]byte("from the backend"))
	}))
	defer backend.Close()
	a := newWorld(t).newAPI()
	mappings := map[string]string{}
	for header, source := range map[string]string{
		"Who": "caller", "User": "user", "Arn": "userArn", "Account": "accountId", "Key": "accessKey",
		"Identity": "cognitoIdentityId", "Pool": "cognitoIdentityPoolId", "Kind": "cognitoAuthenticationType", "Provider": "cognitoAuthenticationProvider",
	} {
		mappings["integration.request.header."+header] = "context.identity." + source
	}
	for path, authorization := range map[string]string{"/signed": "AWS_IAM", "/open": "NONE"} {
		a.method("POST", path, &apigateway.PutMethodInput{AuthorizationType: &authorization})
		a.integrate("POST", path, &apigateway.PutIntegrationInput{
			Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(backend.URL + "/b"), RequestParameters: mappings,
		})
	}
	a.deploy("prod")
	customer := a.signers.customer("cus", allowing("*"))
	for _, presign := range []bool{false, true} {
		got := a.do(a.sign(customer, order{verb: "POST", target: "/prod/signed?q=1", body: "the body", presign: presign}))
		if got.status != 200 || got.body != "from the backend" || seen.ContentLength != int64(len("the body")) {
			t.Fatalf("presigned %v: %d %s", presign, got.status, got.body)
		}
		for header, want := range map[string]string{
			"Who": "AROACUSTOMERS:CognitoIdentityCredentials", "User": "AROACUSTOMERS:CognitoIdentityCredentials", "Account": account, "Key": "ASIACUS",
			"Identity": "eu-west-1:11111111-2222-3333-4444-555555555555", "Pool": "eu-west-1:pool", "Kind": "authenticated", "Authorization": "",
			"Arn":      "arn:aws:sts::" + account + ":assumed-role/customers/CognitoIdentityCredentials",
			"Provider": "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pizza,cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pizza:CognitoSignIn:a-sub",
		} {
			if seen.Header.Get(header) != want {
				t.Errorf("presigned %v: %s: %q, want %q", presign, header, seen.Header.Get(header), want)
			}
		}
		if query := seen.URL.Query(); query.Get("q") != "1" || query.Has("X-Amz-Signature") {
			t.Errorf("presigned %v: the backend's query is %v", presign, query)
		}
	}
	if got := a.do(a.sign(customer, order{verb: "POST", target: "/prod/open"})); got.status != 200 || seen.Header.Get("Who") != "" || seen.Header.Get("Kind") != "" {
		t.Errorf("an open method names a caller: %d %v", got.status, seen.Header)
	}
}

func TestWhatCostsAKeyIsBounded(t *testing.T) {
	a := signedAPI(t)
	user := a.signers.user("ann", allowing("*"))
	large := strings.Repeat("x", 10<<20+1)
	if got := a.do(a.sign(user, order{verb: "POST", target: "/prod/inventory", body: large})); got.status != 413 {
		t.Errorf("a body over 10 MB: %d", got.status)
	}
	if got := a.do(a.sign(user, order{verb: "POST", target: "/prod/inventory", body: large[:10<<20]})); got.status != 200 {
		t.Errorf("a body of 10 MB: %d %s", got.status, got.body)
	}
	if body := a.fn.event(t)["body"]; body != large[:10<<20] {
		t.Error("the function got another body")
	}
	if got := a.do(a.sign(user, order{verb: "GET", target: "/prod/menu", headers: http.Header{"X-Long": {strings.Repeat("x", 10240)}}})); got.status != 431 {
		t.Errorf("headers over 10 KB: %d", got.status)
	}
}

func TestTheAuthorizationTypeAWSIAMIsDeployedAndChanged(t *testing.T) {
	a := signedAPI(t)
	ctx := t.Context()
	put := func(in apigateway.PutMethodInput) error {
		in.RestApiId, in.ResourceId, in.HttpMethod = &a.id, aws.String(a.resource("/menu")), aws.String("PUT")
		_, err := a.client.PutMethod(ctx, &in)
		return err
	}
	expectError(t, put(apigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM"), AuthorizationScopes: []string{"a/b"}}), "BadRequestException", "AWS_IAM can have neither")
	expectError(t, put(apigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM"), AuthorizerId: aws.String("abc123")}), "BadRequestException", "AWS_IAM can have neither")
	expectError(t, put(apigateway.PutMethodInput{AuthorizationType: aws.String("IAM")}), "BadRequestException", "Invalid authorization type specified")

	// From a token with scopes to a signature, and back to nothing.
	a.guarded("DELETE", "/menu", a.authorizer("second", poolARN), "a/b")
	change := func(kind string) {
		t.Helper()
		out, err := a.client.UpdateMethod(ctx, &apigateway.UpdateMethodInput{RestApiId: &a.id, ResourceId: aws.String(a.resource("/menu")), HttpMethod: aws.String("DELETE"),
			PatchOperations: []types.PatchOperation{{Op: types.OpReplace, Path: aws.String("/authorizationType"), Value: &kind}}})
		must(t, err)
		if *out.AuthorizationType != kind || out.AuthorizerId != nil || len(out.AuthorizationScopes) > 0 {
			t.Errorf("%+v", out)
		}
	}
	change("AWS_IAM")
	deployment := a.deploy("prod")
	d, err := a.client.GetDeployment(ctx, &apigateway.GetDeploymentInput{RestApiId: &a.id, DeploymentId: &deployment, Embed: []string{"apisummary"}})
	must(t, err)
	if got := d.ApiSummary["/menu"]["DELETE"]; *got.AuthorizationType != "AWS_IAM" {
		t.Errorf("the summary has %s", *got.AuthorizationType)
	}
	if got := a.send("DELETE", "/prod/menu"); got.status != 403 || got.body != `{"message":"Missing Authentication Token"}` {
		t.Errorf("unsigned: %d %s", got.status, got.body)
	}
	change("NONE")
	if got := a.send("DELETE", "/prod/menu"); got.status != 403 {
		t.Errorf("before the next deployment: %d", got.status)
	}
	a.deploy("prod")
	if got := a.send("DELETE", "/prod/menu"); got.status != 200 {
		t.Errorf("open: %d %s", got.status, got.body)
	}
}
