package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/server"
)

// The scripts of this test meet a server that runs and keeps its data, and ids
// of requests to it that have happened.
func TestOperatorsOfARunningServer(t *testing.T) {
	folder := t.TempDir()
	address, data := freeAddress(t), filepath.Join(folder, "data")
	serve(t, address, nil, "--data", data)
	settings, err := config.Config{Data: data}.Resolve(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	key, err := server.RootKey(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	root := signedBy("http://"+address, key.AccessKeyID, key.SecretAccessKey.Reveal())
	given := map[string]string{
		"SALLYPORT_LISTEN": address, "SALLYPORT_DATA": data, "NOBODY": freeAddress(t),
		"OTHER": freeAddress(t), "OTHERDATA": filepath.Join(folder, "other"),
	}
	serve(t, given["OTHER"], nil, "--data", given["OTHERDATA"])
	for name, id := range happened(t, root) {
		given[name] = id
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/running",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			for name, value := range given {
				e.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails": fails,
			// may FILE: the key whose id and secret are the words of FILE may list user pools.
			"may": func(ts *testscript.TestScript, neg bool, args []string) {
				words := strings.Fields(ts.ReadFile(args[0]))
				if len(words) != 2 {
					ts.Fatalf("%s holds no key", args[0])
				}
				_, err := idp.NewFromConfig(signedBy(*root.BaseEndpoint, words[0], words[1])).ListUserPools(context.Background(), &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
				if denied := strings.Contains(errorText(err), "is not authorized to perform"); err != nil && !denied || denied != neg {
					ts.Fatalf("it is answered %v", err)
				}
			},
		},
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func signedBy(url, id, secret string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &url, HTTPClient: awsapitest.Client(), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")}
}

// idOf is the request's id as its client sees it.
func idOf(t testing.TB, metadata middleware.Metadata, err error) string {
	t.Helper()
	id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
	if failed := (*awshttp.ResponseError)(nil); errors.As(err, &failed) {
		id = failed.ServiceRequestID()
	}
	if id == "" {
		t.Fatalf("the client was told no request id: %v", err)
	}
	return id
}

const annsPolicy = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Look","Effect":"Allow","Action":["cognito-idp:ListUserPools","cognito-idp:DescribeUserPool"],"Resource":"*"},
	{"Sid":"OwnTeam","Effect":"Allow","Action":"cognito-idp:CreateUserPool","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"pizza"}}},
	{"Sid":"Anything","Effect":"Allow","Action":"iam:*","Resource":"*"},
	{"Sid":"NoUsers","Effect":"Deny","Action":"iam:*User*","Resource":"*"},
	{"Sid":"Order","Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/prod/*"},
	{"Sid":"StaffOnly","Effect":"Deny","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/*/POST/signed"}]}`

// happened are requests that came to every sort of end, by name.
func happened(t testing.TB, root aws.Config) map[string]string {
	t.Helper()
	ctx, users := t.Context(), iam.NewFromConfig(root)
	_, err := users.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ann")})
	check(t, err)
	_, err = users.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("ann"), PolicyName: aws.String("pizzeria"), PolicyDocument: aws.String(annsPolicy)})
	check(t, err)
	made, err := users.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("ann")})
	check(t, err)
	ann := signedBy(*root.BaseEndpoint, *made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey)
	pools := idp.NewFromConfig(ann)
	ids := map[string]string{"ANNSKEY": *made.AccessKey.AccessKeyId}

	listed, err := pools.ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	check(t, err)
	ids["ALLOWED"] = idOf(t, listed.ResultMetadata, nil)
	_, err = iam.NewFromConfig(ann).DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("root-of-all-evil")})
	ids["EXPLICIT"] = idOf(t, middleware.Metadata{}, err)
	_, err = pools.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("p"), UserPoolTags: map[string]string{"team": "pasta"}})
	ids["IMPLICIT"] = idOf(t, middleware.Metadata{}, err)
	_, err = pools.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: aws.String("us-east-1_AbCdEfGhI")})
	ids["NOSUCH"] = idOf(t, middleware.Metadata{}, err)
	_, err = idp.NewFromConfig(signedBy(*root.BaseEndpoint, *made.AccessKey.AccessKeyId, "not-the-secret-of-ann")).ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	ids["WRONGSECRET"] = idOf(t, middleware.Metadata{}, err)
	_, err = idp.NewFromConfig(signedBy(*root.BaseEndpoint, "AKIAIOSFODNN7UNKNOWN", "x")).ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	ids["UNKNOWNKEY"] = idOf(t, middleware.Metadata{}, err)

	api := mocked(t, root)
	for name, c := range map[string]struct{ method, path, authorization, agent string }{
		"NOTOKEN":     {"GET", "/guarded?token=in-the-query", "", "curl/8"},
		"BADTOKEN":    {"GET", "/guarded", "Bearer let.me.in", "curl/8"},
		"OPEN":        {"GET", "/open", "", "curl/8"},
		"NOROUTE":     {"GET", "/no/such/route?password=hunter2", "", "\u009b31mevil"},
		"NOAPI":       {"GET", "", "", "curl/8"},
		"SIGNED":      {"GET", "/signed", signed, "curl/8"},
		"ROUTEDENIED": {"POST", "/signed", signed, "curl/8"},
		"UNSIGNED":    {"POST", "/signed", "", "curl/8"},
		"ROUTESECRET": {"GET", "/signed", forged, "curl/8"},
	} {
		url := api + c.path
		if c.path == "" {
			url = *root.BaseEndpoint + "/_aws/execute-api/aaaaaaaaaa/prod/"
		}
		request, err := http.NewRequestWithContext(ctx, c.method, url, nil)
		check(t, err)
		request.Header.Set("User-Agent", c.agent)
		switch c.authorization {
		case "":
		case signed, forged:
			credentials, err := ann.Credentials.Retrieve(ctx)
			check(t, err)
			if c.authorization == forged {
				credentials.SecretAccessKey = "not-the-secret-of-ann"
			}
			nothing := sha256.Sum256(nil)
			check(t, v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(nothing[:]), "execute-api", ann.Region, time.Now()))
		default:
			request.Header.Set("Authorization", c.authorization)
		}
		response, err := http.DefaultClient.Do(request)
		check(t, err)
		response.Body.Close()
		if ids[name] = response.Header.Get("X-Amzn-Requestid"); ids[name] == "" {
			t.Fatalf("%s has no request id", name)
		}
	}
	return ids
}

// signed stands for a signature of ann's.
const (
	signed = "AWS4-HMAC-SHA256"
	forged = "AWS4-HMAC-SHA256, by another secret"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mocked is the URL of an API with routes for tokens, for signatures and for
// all, which answers 403 by itself.
func mocked(t testing.TB, root aws.Config) string {
	t.Helper()
	ctx, apis := t.Context(), apigateway.NewFromConfig(root)
	pool, err := idp.NewFromConfig(root).CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("people")})
	check(t, err)
	api, err := apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("pizza")})
	check(t, err)
	guard, err := apis.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{RestApiId: api.Id, Name: aws.String("people"), Type: apitypes.AuthorizerTypeCognitoUserPools,
		ProviderARNs: []string{*pool.UserPool.Arn}, IdentitySource: aws.String("method.request.header.Authorization")})
	check(t, err)
	for path, method := range map[string]apigateway.PutMethodInput{
		"guarded": {AuthorizationType: aws.String("COGNITO_USER_POOLS"), AuthorizerId: guard.Id},
		"open":    {AuthorizationType: aws.String("NONE")},
		"signed":  {AuthorizationType: aws.String("AWS_IAM")},
	} {
		resource, err := apis.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: api.RootResourceId, PathPart: &path})
		check(t, err)
		method.RestApiId, method.ResourceId, method.HttpMethod = api.Id, resource.Id, aws.String("ANY")
		_, err = apis.PutMethod(ctx, &method)
		check(t, err)
		_, err = apis.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: method.HttpMethod, StatusCode: aws.String("403")})
		check(t, err)
		_, err = apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: method.HttpMethod,
			Type: apitypes.IntegrationTypeMock, RequestTemplates: map[string]string{"application/json": `{"statusCode":403}`}})
		check(t, err)
		_, err = apis.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: method.HttpMethod, StatusCode: aws.String("403")})
		check(t, err)
	}
	_, err = apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: aws.String("prod")})
	check(t, err)
	patch := map[string]string{
		"/accessLogSettings/destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:/aws/apigateway/Pizza",
		"/accessLogSettings/format":         "$context.requestId $context.status $context.httpMethod $context.resourcePath $context.identity.userAgent",
	}
	logged := apigateway.UpdateStageInput{RestApiId: api.Id, StageName: aws.String("prod")}
	for path, value := range patch {
		logged.PatchOperations = append(logged.PatchOperations, apitypes.PatchOperation{Op: apitypes.OpReplace, Path: &path, Value: &value})
	}
	_, err = apis.UpdateStage(ctx, &logged)
	check(t, err)
	return *root.BaseEndpoint + "/_aws/execute-api/" + *api.Id + "/prod"
}

// A server for tests asks for no key, whatever key lies around.
func TestExplainAsksAServerForTestsWithoutAKey(t *testing.T) {
	p := serve(t, freeAddress(t), nil, "--ephemeral")
	response, err := http.Get(p.url + "/_aws/execute-api/aaaaaaaaaa/prod/")
	check(t, err)
	response.Body.Close()
	id := response.Header.Get("X-Amzn-Requestid")
	for _, args := range [][]string{{"--ephemeral"}, {"--data", t.TempDir()}} {
		asking := launch(t, []string{"SALLYPORT_LISTEN=" + strings.TrimPrefix(p.url, "http://")}, append([]string{"explain", id}, args...)...)
		if code := asking.exits(t); code != exitDone || !strings.Contains(asking.out.String(), "no such API") {
			t.Errorf("%v: it ended with %d: %s%s", args, code, asking.out, asking.err)
		}
	}
}

// What answers on the port may be anything.
func TestExplainTellsThatAnotherProgramAnswers(t *testing.T) {
	address := freeAddress(t)
	other := &http.Server{Addr: address, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "-moved") {
			http.Redirect(w, r, "http://"+os.Getenv("NOWHERE"), http.StatusFound)
			return
		}
		w.Write([]byte("<html>hello</html>"))
	})}
	go other.ListenAndServe()
	t.Cleanup(func() { other.Close() })
	for _, id := range []string{"11111111-2222", "11111111-moved"} {
		asking := launch(t, append([]string{"SALLYPORT_LISTEN=" + address}, rootEnv...), "explain", id)
		if code := asking.exits(t); code != exitFailed || !strings.Contains(asking.err.String(), "is no sallyport") {
			t.Errorf("%s: it ended with %d: %s", id, code, asking.err)
		}
	}
}
