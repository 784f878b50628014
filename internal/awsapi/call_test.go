package awsapi_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
)

func TestCallsInProcessPassTheSameChecks(t *testing.T) {
	root := access.Caller{Kind: access.Root, ARN: "arn:aws:iam::000000000000:root"}
	guest := access.Caller{Kind: access.User, ARN: "arn:aws:iam::000000000000:user/guest"}
	name := aws.String("x")
	for _, c := range []struct {
		name, service, operation string
		caller                   access.Caller
		in                       any
		code                     string // "" for success
	}{
		{"allowed", "cognito-idp", "CreateUserPool", root, &cognitoidentityprovider.CreateUserPoolInput{PoolName: name}, ""},
		{"anonymous", "cognito-idp", "CreateUserPool", access.Caller{}, &cognitoidentityprovider.CreateUserPoolInput{PoolName: name}, "MissingAuthenticationTokenException"},
		{"anonymous, any caller", "sts", "GetCallerIdentity", access.Caller{}, &sts.GetCallerIdentityInput{}, "MissingAuthenticationToken"},
		{"not allowed", "cognito-idp", "CreateUserPool", guest, &cognitoidentityprovider.CreateUserPoolInput{PoolName: name}, "AccessDeniedException"},
		{"denied", "cognito-idp", "DeleteUserPool", root, &cognitoidentityprovider.DeleteUserPoolInput{UserPoolId: name}, "AccessDeniedException"},
		{"required member", "cognito-idp", "CreateUserPool", root, &cognitoidentityprovider.CreateUserPoolInput{}, "InvalidParameterException"},
		{"no such operation", "cognito-idp", "Frobnicate", root, &cognitoidentityprovider.CreateUserPoolInput{}, "UnknownOperationException"},
		{"no such service", "dynamodb", "ListTables", root, &cognitoidentityprovider.CreateUserPoolInput{}, "UnknownOperationException"},
		{"another's input", "cognito-idp", "CreateUserPool", root, &sts.GetCallerIdentityInput{}, "SerializationException"},
		{"no input", "cognito-idp", "CreateUserPool", root, nil, "SerializationException"},
		{"nil input", "cognito-idp", "CreateUserPool", root, (*cognitoidentityprovider.CreateUserPoolInput)(nil), "SerializationException"},
		{"modelled error", "lambda", "GetFunction", root, &lambda.GetFunctionInput{FunctionName: name}, "ResourceNotFoundException"},
		{"panic", "cognito-idp", "InitiateAuth", root, &initiateIn{AuthFlow: "A", ClientId: aws.String("panic")}, "InternalFailure"},
		{"failure", "cognito-idp", "InitiateAuth", root, &initiateIn{AuthFlow: "A", ClientId: aws.String("fail")}, "InternalFailure"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			outer := &audit.Record{}
			out, err := h.Call(context.Background(), &access.Call{Caller: c.caller, Region: "us-east-1", RequestID: "r-1", Record: outer}, c.service, c.operation, c.in)
			var known smithy.APIError
			if errors.As(err, &known); (err == nil) != (c.code == "") || err != nil && known.ErrorCode() != c.code || (out == nil) != (err != nil) {
				t.Fatalf("%v, %v", out, err)
			}
			if c.name == "modelled error" && !errors.As(err, new(*lambdatypes.ResourceNotFoundException)) {
				t.Errorf("%T is not what the handler returned", err)
			}
			rec := h.record(t)
			if len(h.recs) != 1 || rec.ID != "r-1" || rec.Operation != c.operation || (rec.Outcome == audit.Passed) != (err == nil) || len(outer.Steps()) != 0 {
				t.Errorf("%d records: %+v %s", len(h.recs), rec, rec.Why())
			}
			if strings.Contains(c.code, "Authentication") || strings.Contains(c.code, "Denied") {
				if len(h.runs) > 0 {
					t.Error("the handler ran")
				}
			}
		})
	}
}

// The zero value of an Authorizer's verdict denies, and an explicit denial wins over a yes.
func TestOnlyAClearYesIsAYes(t *testing.T) {
	for _, v := range []access.Verdict{{}, {Explicit: true}, {Allowed: true, Explicit: true}} {
		h := newHouse(t)
		api := awsapi.New(awsapi.Config{Account: "0", Region: "us-east-1", Keys: h, Authorizer: fixed(v), Clock: new(clock.Clock),
			Logger: slog.New(slog.DiscardHandler), Records: h, MaxBody: 1}, h.cognito())
		_, err := api.Call(context.Background(), &access.Call{Caller: access.Caller{Kind: access.Root}}, "cognito-idp", "CreateUserPool",
			&cognitoidentityprovider.CreateUserPoolInput{PoolName: aws.String("p")})
		if err == nil || len(h.runs) > 0 {
			t.Errorf("%+v let the call through", v)
		}
	}
}

type fixed access.Verdict

func (f fixed) Authorize(context.Context, *access.Call, string, string) access.Verdict {
	return access.Verdict(f)
}

func TestInternalTextGoesToTheLogWithTheRequestID(t *testing.T) {
	for client, text := range map[string]string{"fail": "unexpected EOF", "panic": "hunter2"} {
		h := newHouse(t)
		w := h.do(jsonCall("InitiateAuth", `{"AuthFlow":"A","ClientId":"`+client+`"}`).make())
		if log := h.log.String(); !strings.Contains(log, text) || !strings.Contains(log, w.Header().Get("X-Amzn-Requestid")) {
			t.Errorf("the log says %q", log)
		}
		if h.record(t).Outcome != audit.Failed {
			t.Errorf("recorded as %s", h.record(t).Outcome)
		}
	}
}

func TestRequestIDIsInTheContext(t *testing.T) {
	h := newHouse(t)
	var seen string
	service := &awsapi.Service{Name: "sts", Protocol: awsapi.Query("1", "x"), Operations: []awsapi.Operation{
		awsapi.Op("GetCallerIdentity", awsapi.Public, func(ctx context.Context, _ *access.Call, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
			seen = audit.RequestID(ctx)
			return nil, nil
		})}}
	api := awsapi.New(awsapi.Config{Account: "0", Region: "us-east-1", Keys: h, Authorizer: h, Clock: new(clock.Clock),
		Logger: slog.New(slog.DiscardHandler), Records: h, MaxBody: 100}, service)
	h.API = api
	w := h.do(queryCall("Action=GetCallerIdentity&Version=1").make())
	if w.Code != 200 || seen == "" || seen != w.Header().Get("X-Amzn-Requestid") {
		t.Errorf("%d, %q", w.Code, seen)
	}
}
