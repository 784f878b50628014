package awsapi_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
)

func echoes[In, Out any](context.Context, *access.Call, *In) (*Out, error) { return nil, io.EOF }

// A mistake in a registration stops the program at its start, and says where it is.
func TestMistakesInARegistrationPanic(t *testing.T) {
	type get = lambda.GetFunctionInput
	list := echoes[lambda.ListFunctionsInput, lambda.ListFunctionsOutput]
	one := echoes[get, lambda.GetFunctionOutput]
	rest := awsapi.REST(awsapi.RESTNames{})
	json := awsapi.JSON("T")
	at := awsapi.Route("GET", "/f/{FunctionName}")

	for name, c := range map[string]struct {
		protocol awsapi.Protocol
		make     func() []awsapi.Operation
		want     string
	}{
		"nobody said who may": {json, func() []awsapi.Operation { return []awsapi.Operation{awsapi.Op("A", awsapi.Access{}, one)} }, "does not say who may call it"},
		"no handler": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op[get, lambda.GetFunctionOutput]("A", awsapi.Public, nil)}
		}, "no handler"},
		"not made by Op": {json, func() []awsapi.Operation { return []awsapi.Operation{{}} }, "Op did not make"},
		"action without service": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Action("GetFunction", awsapi.AnyResource), one)}
		}, "service:Name"},
		"resource of another shape": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Action("a:A", func(*access.Call, *lambda.ListFunctionsInput) (string, error) { return "", nil }), one)}
		}, "its resource is found from"},
		"twice": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one), awsapi.Op("A", awsapi.Public, list)}
		}, "two operations A"},
		"requires what is not there": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one, awsapi.Require("Name"))}
		}, "requires Name"},
		"requires what cannot be absent": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, echoes[cognitoidentityprovider.UpdateUserPoolClientInput, cognitoidentityprovider.UpdateUserPoolClientOutput], awsapi.Require("RefreshTokenValidity"))}
		}, "cannot be absent"},
		"a document in the input": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, echoes[cognitoidentityprovider.CreateManagedLoginBrandingInput, cognitoidentityprovider.CreateManagedLoginBrandingOutput])}
		}, "member Settings"},
		"a union in the input": {awsapi.Query("1", "x"), func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, echoes[iam.SimulatePrincipalPolicyInput, iam.SimulatePrincipalPolicyOutput])}
		}, "cannot be read from a form"},
		"not a shape": {json, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, echoes[string, get])}
		}, "takes and returns structs"},
		"no route":         {rest, func() []awsapi.Operation { return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one)} }, "no route"},
		"a route for JSON": {json, func() []awsapi.Operation { return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one, at)} }, "a route is for REST"},
		"the same route": {rest, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one, at), awsapi.Op("B", awsapi.Public, echoes[lambda.DeleteFunctionInput, lambda.DeleteFunctionOutput], awsapi.Route("GET", "/f/{FunctionName}"))}
		}, "are the same"},
		"a label that is no member": {rest, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one, awsapi.Route("GET", "/f/{Name}"))}
		}, "no member Name"},
		"a member in two places": {rest, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one, at, awsapi.InQuery("FunctionName"))}
		}, "bound twice"},
		"a broken label": {rest, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, one, awsapi.Route("GET", "/f/{FunctionName"))}
		}, "broken label"},
		"no place beside the payload": {rest, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, echoes[lambda.InvokeInput, lambda.InvokeOutput], at, awsapi.InPayload("Payload"))}
		}, "no place beside the payload"},
		"a list as a header": {rest, func() []awsapi.Operation {
			return []awsapi.Operation{awsapi.Op("A", awsapi.Public, echoes[lambda.CreateFunctionInput, lambda.CreateFunctionOutput], awsapi.Route("POST", "/f"), awsapi.InHeader("Layers"))}
		}, "cannot travel in a header"},
		"a prefix with a dot": {awsapi.JSON("T.x"), func() []awsapi.Operation { return nil }, "before the dot"},
		"no protocol":         {awsapi.Protocol{}, func() []awsapi.Operation { return nil }, "no protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &house{}
			defer func() {
				if text := fmt.Sprint(recover()); !strings.Contains(text, c.want) {
					t.Errorf("panicked with %q, want %q", text, c.want)
				}
			}()
			awsapi.New(awsapi.Config{Account: "0", Region: "us-east-1", Keys: h, Authorizer: h, Clock: new(clock.Clock),
				Logger: slog.New(slog.DiscardHandler), Records: h, MaxBody: 1}, &awsapi.Service{Name: "s", Protocol: c.protocol, Operations: c.make()})
		})
	}
}

func TestServicesOfOneEndpointMayNotHideEachOther(t *testing.T) {
	h := &house{}
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "are the same") {
			t.Errorf("panicked with %q", text)
		}
	}()
	awsapi.New(awsapi.Config{Account: "0", Region: "us-east-1", Keys: h, Authorizer: h, Clock: new(clock.Clock),
		Logger: slog.New(slog.DiscardHandler), Records: h, MaxBody: 1}, h.lambda(), func() *awsapi.Service { s := h.lambda(); s.Name = "other"; return s }())
}
