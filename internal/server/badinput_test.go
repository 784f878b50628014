package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"crypto/sha256"
	"encoding/hex"

	"github.com/sallyport/sallyport/internal/config"
)

// signed sends a request that the root key has signed, body and all.
func (w *world) signed(t testing.TB, service, method, target, body string, headers ...string) reply {
	t.Helper()
	r := must(http.NewRequest(method, w.url+target, strings.NewReader(body)))(t)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: rootKey, SecretAccessKey: rootSecret}, r, hex.EncodeToString(sum[:]), service, region, time.Now()); err != nil {
		t.Fatal(err)
	}
	response := must(http.DefaultClient.Do(r))(t)
	defer response.Body.Close()
	return reply{response.StatusCode, response.Header, string(must(io.ReadAll(response.Body))(t))}
}

// errorOf reads the code from an error's wire form: __type in awsJson,
// x-amzn-ErrorType in restJson, Code in Query.
func errorOf(r reply) (code, message string) {
	var q struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if xml.Unmarshal([]byte(r.body), &q) == nil && q.Code != "" {
		return q.Code, q.Message
	}
	var j struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if json.Unmarshal([]byte(r.body), &j) != nil {
		return "not in AWS's form: " + r.body, ""
	}
	if j.Type == "" {
		j.Type = r.header.Get("X-Amzn-Errortype")
	}
	return j.Type, j.Message
}

const (
	jsonType = "application/x-amz-json-1.1"
	formType = "application/x-www-form-urlencoded"
	target   = "AWSCognitoIdentityProviderService."
)

func TestWhatIsWrongIsToldInTheProtocolsForm(t *testing.T) {
	w := start(t, config.Config{}, nil)
	deep := strings.Repeat("[", 100_000)
	cognito := func(operation, body string) reply {
		return w.signed(t, "cognito-idp", "POST", "/", body, "Content-Type", jsonType, "X-Amz-Target", target+operation)
	}
	query := func(body string) reply {
		return w.signed(t, "sts", "POST", "/", body, "Content-Type", formType)
	}
	rest := func(service, method, path, body string) reply {
		return w.signed(t, service, method, path, body, "Content-Type", "application/json")
	}
	for name, c := range map[string]struct {
		got    reply
		status int
		code   string
	}{
		"awsJson: broken JSON":              {cognito("CreateUserPool", `{"PoolName":`), 400, "SerializationException"},
		"awsJson: no object":                {cognito("CreateUserPool", `[]`), 400, "SerializationException"},
		"awsJson: text after the end":       {cognito("CreateUserPool", `{"PoolName":"a"} x`), 400, "SerializationException"},
		"awsJson: a number for a string":    {cognito("CreateUserPool", `{"PoolName":1}`), 400, "SerializationException"},
		"awsJson: a string for a structure": {cognito("CreateUserPool", `{"PoolName":"a","Policies":"none"}`), 400, "SerializationException"},
		"awsJson: a fraction for a number":  {cognito("ListUserPools", `{"MaxResults":1.5}`), 400, "SerializationException"},
		"awsJson: very deep":                {cognito("CreateUserPool", deep), 400, "SerializationException"},
		"awsJson: a member is missing":      {cognito("DescribeUserPool", `{}`), 400, "InvalidParameterException"},
		"awsJson: unknown operation":        {cognito("MakeCoffee", `{}`), 400, "UnknownOperationException"},
		"awsJson: unknown service":          {w.signed(t, "cognito-idp", "POST", "/", `{}`, "Content-Type", jsonType, "X-Amz-Target", "Coffee.Make"), 400, "UnknownOperationException"},
		"awsJson: unknown pool":             {cognito("DescribeUserPool", `{"UserPoolId":"us-east-1_nosuchpoo"}`), 400, "ResourceNotFoundException"},
		"awsJson: a pool of another region": {cognito("DescribeUserPool", `{"UserPoolId":"eu-west-1_nosuchpoo"}`), 400, "ResourceNotFoundException"},
		"query: unknown action":             {query("Action=MakeCoffee&Version=2011-06-15"), 400, "InvalidAction"},
		"query: broken escape":              {query("Action=GetCallerIdentity&Version=2011-06-15&x=%zz"), 400, "MalformedInput"},
		"query: another version":            {query("Action=GetCallerIdentity&Version=1999-01-01"), 400, "InvalidAction"},
		"rest: broken JSON":                 {rest("apigateway", "POST", "/restapis", `{"name":`), 400, "SerializationException"},
		"rest: a number for a string":       {rest("apigateway", "POST", "/restapis", `{"name":7}`), 400, "SerializationException"},
		"rest: a member is missing":         {rest("apigateway", "POST", "/restapis", `{}`), 400, "BadRequestException"},
		"rest: unknown path":                {rest("apigateway", "GET", "/restapis/abc/coffee", ""), 404, "UnknownOperationException"},
		"rest: unknown API":                 {rest("apigateway", "GET", "/restapis/nosuchapi1", ""), 404, "NotFoundException"},
		"rest: unknown function":            {rest("lambda", "GET", "/2015-03-31/functions/nosuch", ""), 404, "ResourceNotFoundException"},
		"rest: broken JSON for a function":  {rest("lambda", "POST", "/2015-03-31/functions", `{`), 400, "SerializationException"},
		"signed for another service":        {w.signed(t, "sts", "POST", "/", `{}`, "Content-Type", jsonType, "X-Amz-Target", target+"ListUserPools"), 400, "InvalidSignatureException"},
	} {
		got, message := errorOf(c.got)
		if c.got.status != c.status || got != c.code || message == "" {
			t.Errorf("%s: %d %s %q, want %d %s", name, c.got.status, got, message, c.status, c.code)
		}
		if c.got.header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s: no request id", name)
		}
	}
	if out := must(w.pools.ListUserPools(t.Context(), &idp.ListUserPoolsInput{MaxResults: aws.Int32(60)}))(t); len(out.UserPools) != 0 {
		t.Errorf("something has been half made: %v", out.UserPools)
	}
	if out := must(w.apis.GetRestApis(t.Context(), &apigateway.GetRestApisInput{}))(t); len(out.Items) != 0 {
		t.Errorf("something has been half made: %v", out.Items)
	}
}

func TestControlCallsWithoutASignatureAreRefused(t *testing.T) {
	w := start(t, config.Config{}, nil)
	for name, c := range map[string]struct {
		got    reply
		status int
		code   string
	}{
		"by header":             {w.send(t, "POST", "/", `{"PoolName":"a"}`, "Content-Type", jsonType, "X-Amz-Target", target+"CreateUserPool"), 400, "MissingAuthenticationTokenException"},
		"by action in the form": {w.send(t, "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", "Content-Type", formType), 403, "MissingAuthenticationToken"},
		"by action in the URL":  {w.send(t, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", ""), 403, "MissingAuthenticationToken"},
		"lambda by path":        {w.send(t, "GET", "/2015-03-31/functions", ""), 403, "MissingAuthenticationTokenException"},
		"invoke by path":        {w.send(t, "POST", "/2015-03-31/functions/pizza/invocations", "{}"), 403, "MissingAuthenticationTokenException"},
		"apigateway by path":    {w.send(t, "GET", "/restapis", ""), 403, "MissingAuthenticationTokenException"},
		"apigatewayv2 by path":  {w.send(t, "GET", "/v2/apis", ""), 403, "MissingAuthenticationTokenException"},
		"anything else":         {w.send(t, "GET", "/", ""), 403, "MissingAuthenticationTokenException"},
		"another path":          {w.send(t, "DELETE", "/no/such/thing", ""), 403, "MissingAuthenticationTokenException"},
		"a bearer token":        {w.send(t, "GET", "/restapis", "", "Authorization", "Bearer abc"), 403, "IncompleteSignatureException"},
		"two signatures":        {w.send(t, "GET", "/restapis", "", "Authorization", "AWS4-HMAC-SHA256 a=b", "Authorization", "AWS4-HMAC-SHA256 a=b"), 400, "SerializationException"},
		"two targets":           {w.send(t, "POST", "/", `{}`, "Content-Type", jsonType, "X-Amz-Target", target+"InitiateAuth", "X-Amz-Target", target+"CreateUserPool"), 400, "SerializationException"},
	} {
		got, message := errorOf(c.got)
		if c.got.status != c.status || got != c.code || message == "" {
			t.Errorf("%s: %d %s %q, want %d %s", name, c.got.status, got, message, c.status, c.code)
		}
	}
	// What AWS lets everybody call needs no signature, and a bad one is not looked at.
	p := w.people(t, "regular")
	body := string(must(json.Marshal(map[string]any{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": p.client, "AuthParameters": map[string]string{"USERNAME": "regular", "PASSWORD": password}}))(t))
	if r := w.send(t, "POST", "/", body, "Content-Type", jsonType, "X-Amz-Target", target+"InitiateAuth"); r.status != 200 || !strings.Contains(r.body, `"IdToken":"`) {
		t.Errorf("signing in: %d %s", r.status, r.body)
	}
}

func TestABodyOverItsLimitIsRefusedBeforeItIsRead(t *testing.T) {
	w := start(t, config.Config{}, nil)
	huge := func(headers string, length int) reply {
		// The body never comes: whoever waited for it would not answer.
		return w.raw(t, "POST / HTTP/1.1\r\nHost: "+w.address+"\r\n"+headers+"Content-Length: "+itoa(length)+"\r\n\r\n")
	}
	for name, r := range map[string]reply{
		"awsJson, public": huge("Content-Type: "+jsonType+"\r\nX-Amz-Target: "+target+"InitiateAuth\r\n", 2<<20),
		"query":           huge("Content-Type: "+formType+"\r\n", 2<<20),
	} {
		if got, message := errorOf(r); r.status != 413 || !strings.HasPrefix(got, "RequestEntityTooLarge") || message == "" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	// Unsigned, nothing is read however long it says it is.
	if r := w.raw(t, "POST /2015-03-31/functions HTTP/1.1\r\nHost: "+w.address+"\r\nContent-Length: 99999999999\r\n\r\n"); r.status != 403 {
		t.Errorf("unsigned: %d %s", r.status, r.body)
	}
	// In chunks nobody says how long it will be.
	chunks := strings.Repeat("10000\r\n"+strings.Repeat("a", 1<<16)+"\r\n", 33)
	if r := w.raw(t, "POST / HTTP/1.1\r\nHost: "+w.address+"\r\nContent-Type: "+jsonType+"\r\nX-Amz-Target: "+target+"InitiateAuth\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks); r.status != 413 {
		t.Errorf("chunked: %d %s", r.status, r.body)
	}
	// A header block beyond the listener's limit.
	if r := w.raw(t, "GET / HTTP/1.1\r\nHost: "+w.address+"\r\nX: "+strings.Repeat("a", 100<<10)+"\r\n\r\n"); r.status != 431 {
		t.Errorf("headers: %d %s", r.status, r.body)
	}
	// The event of a function: 6 MiB.
	w.function(t, "counting", counting)
	payload := append(append([]byte(`"`), bytes.Repeat([]byte("a"), 6<<20)...), '"')
	_, err := w.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("counting"), Payload: payload})
	if code(err) != "RequestTooLargeException" {
		t.Errorf("an event of more than 6 MiB: %v", err)
	}
	out := must(w.lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("counting"), Payload: []byte("{}")}))(t)
	if !strings.Contains(string(out.Payload), `\"runs\":1,`) {
		t.Errorf("the function ran for a refused event: %s", out.Payload)
	}
}

func TestSigningInWithWhatIsWrong(t *testing.T) {
	w := start(t, config.Config{}, nil)
	p := w.people(t, "regular")
	ctx := t.Context()
	secretive := must(w.pools.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: &p.pool, ClientName: aws.String("secretive"), GenerateSecret: true,
		PreventUserExistenceErrors: idptypes.PreventUserExistenceErrorTypesEnabled,
		ExplicitAuthFlows:          []idptypes.ExplicitAuthFlowsType{idptypes.ExplicitAuthFlowsTypeAllowUserPasswordAuth}}))(t).UserPoolClient
	tokens := w.signIn(t, p)
	try := func(client string, parameters ...string) error {
		m := map[string]string{}
		for i := 0; i < len(parameters); i += 2 {
			m[parameters[i]] = parameters[i+1]
		}
		_, err := w.pools.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &client, AuthFlow: idptypes.AuthFlowTypeUserPasswordAuth, AuthParameters: m})
		return err
	}
	getUser := func(token *string) error {
		_, err := w.pools.GetUser(ctx, &idp.GetUserInput{AccessToken: token})
		return err
	}
	weak := func(password string) error {
		_, err := w.pools.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: &p.pool, Username: aws.String("regular"), Password: &password, Permanent: true})
		return err
	}
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"an unknown client":                {try("nosuchclientnosuchclient12", "USERNAME", "regular", "PASSWORD", password), "ResourceNotFoundException"},
		"no secret hash":                   {try(*secretive.ClientId, "USERNAME", "regular", "PASSWORD", password), "NotAuthorizedException"},
		"a wrong secret hash":              {try(*secretive.ClientId, "USERNAME", "regular", "PASSWORD", password, "SECRET_HASH", base64.StdEncoding.EncodeToString(make([]byte, 32))), "NotAuthorizedException"},
		"no password":                      {try(p.client, "USERNAME", "regular"), "InvalidParameterException"},
		"a wrong password":                 {try(p.client, "USERNAME", "regular", "PASSWORD", "Wrong-4-ever"), "NotAuthorizedException"},
		"an ID token where access is due":  {getUser(tokens.IdToken), "NotAuthorizedException"},
		"a refresh token":                  {getUser(tokens.RefreshToken), "NotAuthorizedException"},
		"a tampered access token":          {getUser(aws.String(flipped(*tokens.AccessToken))), "NotAuthorizedException"},
		"an access token with a character": {getUser(aws.String(*tokens.AccessToken + "A")), "NotAuthorizedException"},
		"a weak password: short":           {weak("Sh0rt!"), "InvalidPasswordException"},
		"a weak password: no digit":        {weak("Long-enough"), "InvalidPasswordException"},
		"a weak password: no symbol":       {weak("Long4enough"), "InvalidPasswordException"},
	} {
		if code(c.err) != c.code {
			t.Errorf("%s: %v, want %s", name, c.err, c.code)
		}
	}
	if err := getUser(tokens.AccessToken); err != nil {
		t.Errorf("a good token: %v", err)
	}
}
