package awsapi_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"crypto/sha256"
	"encoding/hex"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
)

const (
	rootKey     = "AKIAIOSFODNN7EXAMPLE"
	rootSecret  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	guestKey    = "AKIAI44QH8DHBEXAMPLE"
	guestSecret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
	oldKey      = "ASIAIOSFODNN7EXAMPLE"
	maxBody     = 2 << 20
)

// house is an API over three small services, with everything that it did kept.
type house struct {
	*awsapi.API
	log  *bytes.Buffer
	mu   sync.Mutex
	runs []string // operations whose handler ran
	last *access.Call
	recs []audit.Record
	gone bool // all keys
}

func (h *house) Write(r *audit.Record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recs = append(h.recs, *r)
}

func (h *house) Key(_ context.Context, id, token string) (string, access.Caller, error) {
	caller := access.Caller{Kind: access.User, Account: "000000000000", AccessKeyID: id}
	switch {
	case h.gone:
	case id == rootKey && token == "":
		caller.Kind, caller.ARN = access.Root, "arn:aws:iam::000000000000:root"
		return rootSecret, caller, nil
	case id == guestKey && token == "":
		caller.ARN = "arn:aws:iam::000000000000:user/guest"
		return guestSecret, caller, nil
	case id == oldKey:
		return "", access.Caller{}, awsapi.ErrExpiredToken
	}
	return "", access.Caller{}, awsapi.ErrUnknownKey
}

func (h *house) Authorize(_ context.Context, c *access.Call, action, _ string) access.Verdict {
	if strings.HasSuffix(action, "DeleteUserPool") {
		return access.Verdict{Explicit: true, Reason: "policy keep, statement 1"}
	}
	return access.Verdict{Allowed: c.Caller.Kind == access.Root, Reason: "only root"}
}

func (h *house) ran(name string, c *access.Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runs, h.last = append(h.runs, name), c
}

func newHouse(t testing.TB) *house {
	h := &house{log: new(bytes.Buffer)}
	h.API = awsapi.New(awsapi.Config{
		Account: "000000000000", Region: "us-east-1", Keys: h, Authorizer: h, Clock: new(clock.Clock),
		Logger: slog.New(slog.NewTextHandler(h.log, nil)), Records: h, MaxBody: maxBody,
	}, h.cognito(), h.lambda(), h.sts())
	return h
}

type (
	initiateIn  = cognitoidentityprovider.InitiateAuthInput
	initiateOut = cognitoidentityprovider.InitiateAuthOutput
)

func (h *house) cognito() *awsapi.Service {
	return &awsapi.Service{
		Name: "cognito-idp", Protocol: awsapi.JSON("AWSCognitoIdentityProviderService"), CORS: true, InvalidInput: "InvalidParameterException",
		Operations: []awsapi.Operation{
			awsapi.Op("InitiateAuth", awsapi.Public, func(_ context.Context, c *access.Call, in *initiateIn) (*initiateOut, error) {
				h.ran("InitiateAuth", c)
				switch aws.ToString(in.ClientId) {
				case "panic":
					panic("the pass" + "word is hunter2")
				case "fail":
					return nil, io.ErrUnexpectedEOF
				case "deny":
					return nil, &cognitotypes.NotAuthorizedException{Message: aws.String("Incorrect username or password.")}
				case "server":
					return nil, &cognitotypes.InternalErrorException{Message: aws.String("é <b>")}
				}
				return &initiateOut{Session: aws.String("<&>\u2028\"é")}, nil
			}, awsapi.Require("AuthFlow", "ClientId")),
			awsapi.Op("CreateUserPool", awsapi.Action("cognito-idp:CreateUserPool", awsapi.AnyResource),
				func(_ context.Context, c *access.Call, in *cognitoidentityprovider.CreateUserPoolInput) (*cognitoidentityprovider.CreateUserPoolOutput, error) {
					h.ran("CreateUserPool", c)
					return &cognitoidentityprovider.CreateUserPoolOutput{UserPool: &cognitotypes.UserPoolType{Name: in.PoolName}}, nil
				}, awsapi.Require("PoolName")),
			awsapi.Op("DeleteUserPool", awsapi.Action("cognito-idp:DeleteUserPool",
				func(c *access.Call, in *cognitoidentityprovider.DeleteUserPoolInput) (string, error) {
					return "arn:aws:cognito-idp:" + c.Region + ":" + c.Account + ":userpool/" + *in.UserPoolId, nil
				}),
				func(_ context.Context, c *access.Call, _ *cognitoidentityprovider.DeleteUserPoolInput) (*cognitoidentityprovider.DeleteUserPoolOutput, error) {
					h.ran("DeleteUserPool", c)
					return nil, nil
				}, awsapi.Require("UserPoolId")),
		},
	}
}

func (h *house) lambda() *awsapi.Service {
	return &awsapi.Service{
		Name: "lambda", Protocol: awsapi.REST(awsapi.RESTNames{}), InvalidInput: "InvalidParameterValueException",
		Status: map[string]int{"ResourceNotFoundException": 404},
		Operations: []awsapi.Operation{
			awsapi.Op("GetFunction", awsapi.Action("lambda:GetFunction", func(c *access.Call, in *lambda.GetFunctionInput) (string, error) {
				return "arn:aws:lambda:" + c.Region + ":" + c.Account + ":function:" + *in.FunctionName, nil
			}), func(_ context.Context, c *access.Call, in *lambda.GetFunctionInput) (*lambda.GetFunctionOutput, error) {
				h.ran("GetFunction", c)
				return nil, &lambdatypes.ResourceNotFoundException{Type: aws.String("User"), Message: aws.String("Function not found: " + *in.FunctionName)}
			}, awsapi.Require("FunctionName"), awsapi.Route("GET", "/2015-03-31/functions/{FunctionName}"), awsapi.InQuery("Qualifier")),
			awsapi.Op("ListFunctions", awsapi.Action("lambda:ListFunctions", awsapi.AnyResource),
				func(_ context.Context, c *access.Call, in *lambda.ListFunctionsInput) (*lambda.ListFunctionsOutput, error) {
					h.ran("ListFunctions", c)
					return &lambda.ListFunctionsOutput{NextMarker: in.Marker}, nil
				}, awsapi.Route("GET", "/2015-03-31/functions"), awsapi.InQuery("Marker", "MaxItems", "FunctionVersion", "MasterRegion")),
			awsapi.Op("CreateFunction", awsapi.Action("lambda:CreateFunction", awsapi.AnyResource),
				func(_ context.Context, c *access.Call, in *lambda.CreateFunctionInput) (*lambda.CreateFunctionOutput, error) {
					h.ran("CreateFunction", c)
					return &lambda.CreateFunctionOutput{FunctionName: in.FunctionName, MemorySize: in.MemorySize}, nil
				}, awsapi.Require("Code", "FunctionName", "Role"), awsapi.Route("POST", "/2015-03-31/functions"), awsapi.Status(201)),
		},
	}
}

func (h *house) sts() *awsapi.Service {
	return &awsapi.Service{
		Name: "sts", Protocol: awsapi.Query("2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"),
		Operations: []awsapi.Operation{
			awsapi.Op("GetCallerIdentity", awsapi.AnyCaller,
				func(_ context.Context, c *access.Call, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
					h.ran("GetCallerIdentity", c)
					return &sts.GetCallerIdentityOutput{Arn: aws.String(c.Caller.ARN + "<&>")}, nil
				}),
			awsapi.Op("AssumeRole", awsapi.Action("sts:AssumeRole", func(_ *access.Call, in *sts.AssumeRoleInput) (string, error) { return *in.RoleArn, nil }),
				func(_ context.Context, c *access.Call, _ *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
					h.ran("AssumeRole", c)
					return nil, nil
				}, awsapi.Require("RoleArn", "RoleSessionName")),
		},
	}
}

// request is one call by hand.
type request struct {
	method, url, body string
	header            map[string]string
}

func jsonCall(operation, body string) request {
	return request{"POST", "/", body, map[string]string{
		"X-Amz-Target": "AWSCognitoIdentityProviderService." + operation, "Content-Type": "application/x-amz-json-1.1"}}
}

func queryCall(form string) request {
	return request{"POST", "/", form, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}
}

func (q request) make() *http.Request {
	r := httptest.NewRequest(q.method, "http://localhost:4566"+q.url, strings.NewReader(q.body))
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	r.RequestURI = q.url
	return r
}

// sign signs r as an SDK does.
func sign(t testing.TB, r *http.Request, body, key, secret, service, region string) *http.Request {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: key, SecretAccessKey: secret},
		r, hex.EncodeToString(sum[:]), service, region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (q request) signed(t testing.TB, service string) *http.Request {
	return sign(t, q.make(), q.body, rootKey, rootSecret, service, "us-east-1")
}

// do serves r.
func (h *house) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// record is the one that the last call left.
func (h *house) record(t testing.TB) audit.Record {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.recs) == 0 {
		t.Fatal("no record was written")
	}
	return h.recs[len(h.recs)-1]
}
