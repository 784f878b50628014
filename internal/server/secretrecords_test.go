package server_test

import (
	"bytes"
	"compress/flate"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	_ "modernc.org/sqlite"

	"github.com/sallyport/sallyport/internal/config"
)

// No step of any request quotes what only its sender should know.
func TestRecordsHoldNoSecret(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	w := start(t, config.Config{Data: folder}, nil)
	p := w.people(t, "regular")
	api := w.api(t, p.arn, w.function(t, "counting", counting))
	tokens := w.signIn(t, p)
	path := "/_aws/execute-api/" + api + "/prod/"
	const word = "Recognisable-Secret-0815"
	encoded := base64.RawURLEncoding.EncodeToString([]byte(word))
	jwt := "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"`+word+`"}`)) + "." + encoded
	w.send(t, "GET", path, "", "Authorization", *tokens.IdToken).runs(t)
	for _, authorization := range []string{
		word, "Bearer " + word, "Basic " + encoded, jwt, "Bearer " + jwt, *tokens.IdToken + word, *tokens.AccessToken, *tokens.RefreshToken,
		"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=" + word,
		"AWS4-HMAC-SHA256 " + word,
	} {
		for _, target := range []string{path, path + "pizzas", "/_aws/execute-api/aaaaaaaaaa/prod/", "/_aws/execute-api/" + api + "/none/", "/restapis", "/2015-03-31/functions"} {
			for _, query := range []string{"", "?password=" + word + "&X-Amz-Security-Token=" + word + "&X-Amz-Signature=" + encoded} {
				for _, method := range []string{"GET", "POST"} {
					w.send(t, method, target+query, `{"Password":"`+word+`"}`, "Authorization", authorization, "Cookie", "session="+word, "X-Api-Key", word,
						"X-Amz-Security-Token", word, "X-Amz-Content-Sha256", word, "Content-Type", "application/json")
				}
			}
		}
	}
	for _, body := range []string{
		`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"` + p.client + `","AuthParameters":{"USERNAME":"regular","PASSWORD":"` + word + `"}}`,
		`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"` + p.client + `","AuthParameters":{"USERNAME":"regular","PASSWORD":["` + word + `"]}}`,
		`{"AuthFlow":"USER_PASSWORD_AUTH","` + word, `{"AuthFlow":"` + p.client + `","` + word + `":1}`,
	} {
		w.send(t, "POST", "/", body, "Content-Type", jsonType, "X-Amz-Target", target+"InitiateAuth")
	}
	w.send(t, "POST", "/", `{"AccessToken":"`+word+`"}`, "Content-Type", jsonType, "X-Amz-Target", target+"GetUser")
	w.send(t, "POST", "/", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=s&RoleArn=arn:aws:iam::000000000000:role/pizza&WebIdentityToken="+jwt,
		"Content-Type", "application/x-www-form-urlencoded")

	w.talkative(t, word)
	w.talkativeHTTP(t, p, word, jwt, *tokens.IdToken+word, *tokens.RefreshToken)

	secrets := []string{word, encoded, password, rootSecret, signatureOf(*tokens.IdToken), *tokens.RefreshToken}
	look := func(where, text string) {
		t.Helper()
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s holds %q: …%s…", where, secret, text[max(at-200, 0):min(at+200, len(text))])
			}
		}
	}
	known, guards := 0, map[string]bool{}
	for after := ""; ; {
		r := w.asked(t, "GET", "/_sallyport/requests?limit=50&after="+after, rootKey, rootSecret, nil)
		look("a search", r.body)
		var out listed
		if err := json.Unmarshal([]byte(r.body), &out); err != nil {
			t.Fatal(err)
		}
		known += len(out.Requests)
		for _, one := range out.Requests {
			guards[one.Guard] = true
		}
		if after == "" {
			for _, one := range out.Requests {
				look("an explanation", w.asked(t, "GET", requestsPath+one.RequestID, rootKey, rootSecret, nil).body)
			}
		}
		if after = out.Next; after == "" {
			break
		}
	}
	if known < 200 {
		t.Errorf("%d requests are known", known)
	}
	for _, guard := range []string{"COGNITO_USER_POOLS people", "CUSTOM TOKEN", "CUSTOM REQUEST", "CUSTOM 10", "CUSTOM 20", "JWT header", "JWT query", "NONE"} {
		if !guards[guard] {
			t.Errorf("no request came to %s", guard)
		}
	}
	stop(t, w.server)
	db := must(sql.Open("sqlite", filepath.Join(folder, "sallyport.db")))(t)
	defer db.Close()
	rows := must(db.Query("select doc from journal_records"))(t)
	defer rows.Close()
	found := 0
	for rows.Next() {
		var doc string
		var content struct{ Deflated []byte }
		if err := rows.Scan(&doc); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(doc), &content); err != nil {
			t.Fatal(err)
		}
		plain := must(io.ReadAll(flate.NewReader(bytes.NewReader(content.Deflated))))(t)
		if !bytes.Contains(plain, []byte("execute-api")) && !bytes.Contains(plain, []byte("cognito-idp")) {
			t.Errorf("a block without a name that should be there: %q", plain)
		}
		look("the database", string(plain))
		found++
	}
	if found < 2 {
		t.Errorf("%d blocks", found)
	}
}

// blabbing is an authorizer that puts the token everywhere it may not stand.
const blabbing = `exports.handler = async (event) => {
  const token = event.authorizationToken ?? event.headers.Authorization ?? event.headers.authorization
  const mode = (event.rawPath ?? event.methodArn).split("/").pop().split("-").pop()
  const policy = (effect, resource) => ({ Version: "2012-10-17", Statement: [{ Effect: effect, Action: "execute-api:Invoke", Resource: resource }] })
  switch (mode) {
    case "throws": throw new Error(token)
    case "typed": { const e = new Error(token); e.name = token; throw e }
    case "text": return token
    case "simple": return { isAuthorized: token, context: { [token]: token } }
    case "version": return { principalId: "p", policyDocument: { Version: token, Statement: [] } }
    case "element": return { principalId: "p", policyDocument: { ...policy("Allow", "*"), [token]: token } }
    case "effect": return { principalId: "p", policyDocument: policy(token, "*") }
    case "context": return { principalId: "p", policyDocument: policy("Allow", "*"), context: { [token]: [token] } }
    case "principal": return { principalId: token, policyDocument: policy("Allow", "*") }
    case "piece": return { principalId: token.slice(2, 22), policyDocument: policy("Deny", "*") }
    case "denies": return { principalId: "p", policyDocument: policy("Deny", "*"), context: { token } }
    case "elsewhere": return { principalId: "p", policyDocument: policy("Allow", "arn:aws:execute-api:us-east-1:000000000000:other/*") }
  }
  return { principalId: "p", policyDocument: policy("Allow", "*"), context: { token } }
}`

// clumsy is a function whose answers are malformed by what it was sent.
const clumsy = `exports.handler = async (event) => {
  const token = event.headers.Authorization ?? event.headers.authorization
  switch ("/" + (event.rawPath ?? event.path).split("/").pop()) {
    case "/throws-behind": throw new Error(token)
    case "/status-behind": return { statusCode: token }
    case "/header-behind": return { statusCode: 200, headers: { [token + "\n"]: token, "x-y": token + "\r\n" } }
    case "/text-behind": return token
    case "/body-behind": return { statusCode: 200, body: { token } }
  }
  return { statusCode: 200, body: token, headers: { "x-token": token } }
}`

var (
	modes      = []string{"throws", "typed", "text", "simple", "version", "element", "effect", "context", "principal", "piece", "denies", "elsewhere", "allows"}
	clumsiness = []string{"throws-behind", "status-behind", "header-behind", "text-behind", "body-behind", "good-behind"}
)

// talkative sends word to authorizers, functions and backends that do not keep
// it to themselves.
func (w *world) talkative(t testing.TB, word string) {
	t.Helper()
	ctx := t.Context()
	id := *must(w.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("talkative")}))(t).Id
	root := must(w.apis.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &id}))(t).Items[0].Id
	uri := func(function string) *string {
		return aws.String("arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + function + "/invocations")
	}
	guards := map[string]*string{}
	asked := uri(w.function(t, "blabbing", blabbing))
	for _, kind := range []apitypes.AuthorizerType{apitypes.AuthorizerTypeToken, apitypes.AuthorizerTypeRequest} {
		guards[string(kind)] = must(w.apis.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{RestApiId: &id, Name: aws.String(string(kind)), Type: kind,
			AuthorizerUri: asked, IdentitySource: aws.String("method.request.header.Authorization"), AuthorizerResultTtlInSeconds: aws.Int32(0)}))(t).Id
	}
	route := func(path string, guard *string, put apigateway.PutIntegrationInput) {
		resource := must(w.apis.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: &id, ParentId: root, PathPart: &path}))(t).Id
		method := apigateway.PutMethodInput{RestApiId: &id, ResourceId: resource, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")}
		if guard != nil {
			method.AuthorizationType, method.AuthorizerId = aws.String("CUSTOM"), guard
		}
		must(w.apis.PutMethod(ctx, &method))(t)
		put.RestApiId, put.ResourceId, put.HttpMethod = &id, resource, aws.String("GET")
		must(w.apis.PutIntegration(ctx, &put))(t)
	}
	behind := apigateway.PutIntegrationInput{Type: apitypes.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: uri(w.function(t, "clumsy", clumsy))}
	var paths []string
	for _, mode := range modes {
		for kind, guard := range guards {
			path := strings.ToLower(kind) + "-" + mode
			route(path, guard, behind)
			paths = append(paths, path)
		}
	}
	for _, path := range clumsiness {
		route(path, nil, behind)
		paths = append(paths, path)
	}
	for path, says := range map[string]string{"silent-host": "", "no-http": word, "bad-status": "HTTP/1.1 " + word + " " + word + "\r\n\r\n",
		"bad-header": "HTTP/1.1 200 OK\r\n" + word + "\r\n\r\n", "bad-length": "HTTP/1.1 200 OK\r\nContent-Length: " + word + "\r\n\r\n"} {
		route(path, nil, apigateway.PutIntegrationInput{Type: apitypes.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("http://" + saying(t, says) + "/x")})
		paths = append(paths, path)
	}
	route("dead-host", nil, apigateway.PutIntegrationInput{Type: apitypes.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("http://127.0.0.1:1/x")})
	must(w.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}))(t)
	for _, path := range append(paths, "dead-host") {
		w.send(t, "GET", "/_aws/execute-api/"+id+"/prod/"+path+"?token="+word, "", "Authorization", word, "Cookie", "session="+word)
	}
}

// talkativeHTTP does so by an HTTP API, whose JWT authorizer sees all the words.
func (w *world) talkativeHTTP(t testing.TB, p people, words ...string) {
	t.Helper()
	ctx, apis := t.Context(), apigatewayv2.NewFromConfig(w.aws)
	id := must(apis.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("talkative"), ProtocolType: v2types.ProtocolTypeHttp}))(t).ApiId
	must(apis.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: id, StageName: aws.String("$default"), AutoDeploy: aws.Bool(true)}))(t)
	behind := map[string]*string{}
	for _, version := range []string{"1.0", "2.0"} {
		behind[version] = must(apis.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{ApiId: id, IntegrationType: v2types.IntegrationTypeAwsProxy,
			IntegrationUri: aws.String("arn:aws:lambda:" + region + ":" + account + ":function:clumsy"), PayloadFormatVersion: &version}))(t).IntegrationId
	}
	var paths []string
	route := func(path, version string, kind v2types.AuthorizationType, guard *string) {
		must(apis.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{ApiId: id, RouteKey: aws.String("GET /" + path), Target: aws.String("integrations/" + *behind[version]),
			AuthorizationType: kind, AuthorizerId: guard}))(t)
		paths = append(paths, path)
	}
	for source, name := range map[string]string{"$request.header.Authorization": "header", "$request.querystring.token": "query"} {
		guard := must(apis.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{ApiId: id, Name: &name, AuthorizerType: v2types.AuthorizerTypeJwt, IdentitySource: []string{source},
			JwtConfiguration: &v2types.JWTConfiguration{Issuer: aws.String(w.url + "/" + p.pool), Audience: []string{p.client}}}))(t).AuthorizerId
		route("jwt-"+name, "2.0", v2types.AuthorizationTypeJwt, guard)
	}
	for version := range behind {
		name := strings.ReplaceAll(version, ".", "")
		guard := must(apis.CreateAuthorizer(ctx, &apigatewayv2.CreateAuthorizerInput{ApiId: id, Name: &name, AuthorizerType: v2types.AuthorizerTypeRequest,
			IdentitySource: []string{"$request.header.Authorization"}, AuthorizerPayloadFormatVersion: &version, EnableSimpleResponses: aws.Bool(version == "2.0"),
			AuthorizerUri:                aws.String("arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/arn:aws:lambda:" + region + ":" + account + ":function:blabbing/invocations"),
			AuthorizerResultTtlInSeconds: aws.Int32(0)}))(t).AuthorizerId
		for _, mode := range modes {
			route(name+"-"+mode, version, v2types.AuthorizationTypeCustom, guard)
		}
		for _, path := range clumsiness {
			route(name+"/"+path, version, v2types.AuthorizationTypeNone, nil)
		}
	}
	eventually(t, "the last route is deployed", func() bool {
		return w.send(t, "GET", "/_aws/execute-api/"+*id+"/$default/"+paths[len(paths)-1], "").status != 404
	})
	for _, path := range paths {
		for i, word := range words {
			if i == 0 || strings.HasPrefix(path, "jwt") {
				w.send(t, "GET", "/_aws/execute-api/"+*id+"/$default/"+path+"?token="+word, "", "Authorization", word, "Cookie", "session="+word)
			}
		}
	}
}

// saying is the address of a host that says some bytes to whoever comes, and
// hangs up.
func saying(t testing.TB, text string) string {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 16<<10)) // the request
			io.WriteString(conn, text)
			conn.Close()
		}
	}()
	return l.Addr().String()
}
