package restapi_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// show is a gateway response as text.
func show(r types.GatewayResponse) string {
	text, _ := json.Marshal(map[string]any{"status": r.StatusCode, "default": r.DefaultResponse, "parameters": r.ResponseParameters, "templates": r.ResponseTemplates})
	return string(text)
}

func shownAs(status string, byDefault bool, parameters, template string) string {
	if status != "null" {
		status = `"` + status + `"`
	}
	flag := map[bool]string{true: "true", false: "false"}[byDefault]
	text, _ := json.Marshal(template)
	return `{"default":` + flag + `,"parameters":` + parameters + `,"status":` + status + `,"templates":{"application/json":` + string(text) + `}}`
}

func TestGatewayResponsesAreShownWithWhatTheyFollow(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	ctx, c := t.Context(), w.client
	const usual = `{"message":$context.error.messageString}`
	get := func(kind types.GatewayResponseType) string {
		t.Helper()
		got, err := c.GetGatewayResponse(ctx, &apigateway.GetGatewayResponseInput{RestApiId: &a.id, ResponseType: kind})
		must(t, err)
		return show(types.GatewayResponse{StatusCode: got.StatusCode, DefaultResponse: got.DefaultResponse, ResponseParameters: got.ResponseParameters, ResponseTemplates: got.ResponseTemplates})
	}
	expect := func(kind types.GatewayResponseType, want string) {
		t.Helper()
		if got := get(kind); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
	statuses := map[string]string{
		"ACCESS_DENIED": "403", "API_CONFIGURATION_ERROR": "500", "AUTHORIZER_CONFIGURATION_ERROR": "500", "AUTHORIZER_FAILURE": "500",
		"BAD_REQUEST_BODY": "400", "BAD_REQUEST_PARAMETERS": "400", "DEFAULT_4XX": "null", "DEFAULT_5XX": "null", "EXPIRED_TOKEN": "403",
		"INTEGRATION_FAILURE": "504", "INTEGRATION_TIMEOUT": "504", "INVALID_API_KEY": "403", "INVALID_SIGNATURE": "403",
		"MISSING_AUTHENTICATION_TOKEN": "403", "QUOTA_EXCEEDED": "429", "REQUEST_TOO_LARGE": "413", "RESOURCE_NOT_FOUND": "404",
		"THROTTLED": "429", "UNAUTHORIZED": "401", "UNSUPPORTED_MEDIA_TYPE": "415", "WAF_FILTERED": "403",
	}
	all, err := c.GetGatewayResponses(ctx, &apigateway.GetGatewayResponsesInput{RestApiId: &a.id})
	must(t, err)
	for _, r := range all.Items {
		if want := shownAs(statuses[string(r.ResponseType)], true, "{}", usual); show(r) != want {
			t.Errorf("%s: %s, want %s", r.ResponseType, show(r), want)
		}
		delete(statuses, string(r.ResponseType))
	}
	if len(statuses) != 0 || all.Position != nil {
		t.Errorf("not listed: %v", statuses)
	}

	put, err := c.PutGatewayResponse(ctx, &apigateway.PutGatewayResponseInput{RestApiId: &a.id, ResponseType: "UNAUTHORIZED", ResponseParameters: map[string]string{"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}})
	must(t, err)
	const cors = `{"gatewayresponse.header.Access-Control-Allow-Origin":"'*'"}`
	if put.DefaultResponse || *put.StatusCode != "401" || put.ResponseTemplates["application/json"] != usual {
		t.Errorf("put with parameters alone: %+v", put)
	}
	expect("UNAUTHORIZED", shownAs("401", false, cors, usual))
	_, err = c.PutGatewayResponse(ctx, &apigateway.PutGatewayResponseInput{RestApiId: &a.id, ResponseType: "DEFAULT_4XX", StatusCode: aws.String("418"), ResponseTemplates: map[string]string{"application/json": "no"}})
	must(t, err)
	expect("DEFAULT_4XX", shownAs("418", false, "{}", "no"))
	expect("THROTTLED", shownAs("418", true, "{}", "no"))
	expect("UNAUTHORIZED", shownAs("401", false, cors, usual))
	expect("INTEGRATION_TIMEOUT", shownAs("504", true, "{}", usual))

	// A change of what only followed begins where it stood.
	_, err = c.UpdateGatewayResponse(ctx, &apigateway.UpdateGatewayResponseInput{RestApiId: &a.id, ResponseType: "THROTTLED", PatchOperations: []types.PatchOperation{
		{Op: types.OpAdd, Path: aws.String("/responseParameters/gatewayresponse.header.Retry-After"), Value: aws.String("'1'")},
		{Op: types.OpReplace, Path: aws.String("/statusCode"), Value: aws.String("503")},
		{Op: types.OpReplace, Path: aws.String("/responseTemplates/application~1json"), Value: aws.String("later")},
	}})
	must(t, err)
	expect("THROTTLED", shownAs("503", false, `{"gatewayresponse.header.Retry-After":"'1'"}`, "later"))
	expect("DEFAULT_4XX", shownAs("418", false, "{}", "no"))

	_, err = c.DeleteGatewayResponse(ctx, &apigateway.DeleteGatewayResponseInput{RestApiId: &a.id, ResponseType: "UNAUTHORIZED"})
	must(t, err)
	expect("UNAUTHORIZED", shownAs("418", true, "{}", "no"))
	_, err = c.DeleteGatewayResponse(ctx, &apigateway.DeleteGatewayResponseInput{RestApiId: &a.id, ResponseType: "UNAUTHORIZED"})
	expectError(t, err, "NotFoundException", "Gateway response type not defined on api")

	// They are deployed with the API.
	a.open("GET", "/x")
	a.deploy("prod")
	if got := a.status("GET", "/prod/nothing"); got != 418 {
		t.Errorf("the deployed API answers %d", got)
	}
	_, err = c.DeleteGatewayResponse(ctx, &apigateway.DeleteGatewayResponseInput{RestApiId: &a.id, ResponseType: "DEFAULT_4XX"})
	must(t, err)
	if got := a.status("GET", "/prod/nothing"); got != 418 {
		t.Errorf("before the next deployment it answers %d", got)
	}
	a.deploy("prod")
	if got := a.status("GET", "/prod/nothing"); got != 403 {
		t.Errorf("after it, %d", got)
	}
}

func TestBadGatewayResponses(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	for name, c := range map[string]struct {
		in            apigateway.PutGatewayResponseInput
		code, message string
	}{
		"no such type":          {apigateway.PutGatewayResponseInput{ResponseType: "TEAPOT"}, "ValidationException", "1 validation error detected: Value 'TEAPOT' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: ["},
		"a status":              {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", StatusCode: aws.String("99")}, "BadRequestException", "Invalid status code specified"},
		"a status of words":     {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", StatusCode: aws.String("no")}, "BadRequestException", "Invalid status code specified"},
		"no header":             {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", ResponseParameters: map[string]string{"method.response.header.X": "'x'"}}, "BadRequestException", "Invalid mapping expression specified: method.response.header.X"},
		"a header's injection":  {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", ResponseParameters: map[string]string{"gatewayresponse.header.X": "'x\r\nSet-Cookie: a=b'"}}, "BadRequestException", "Invalid mapping expression specified"},
		"the gateway's header":  {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", ResponseParameters: map[string]string{"gatewayresponse.header.Transfer-Encoding": "'chunked'"}}, "BadRequestException", "Invalid mapping expression specified"},
		"an unquoted value":     {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", ResponseParameters: map[string]string{"gatewayresponse.header.X": "*"}}, "BadRequestException", "Invalid mapping expression specified: *"},
		"no content type":       {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", ResponseTemplates: map[string]string{"json": "x"}}, "BadRequestException", "Invalid content type specified"},
		"Velocity":              {apigateway.PutGatewayResponseInput{ResponseType: "THROTTLED", ResponseTemplates: map[string]string{"application/json": "#if(true)x#end"}}, "BadRequestException", "is not supported by Sallyport yet"},
		"an API that is no one": {apigateway.PutGatewayResponseInput{RestApiId: aws.String("none99"), ResponseType: "THROTTLED"}, "NotFoundException", "Invalid API identifier specified 000000000000:none99"},
	} {
		if c.in.RestApiId == nil {
			c.in.RestApiId = &a.id
		}
		t.Run(name, func(t *testing.T) {
			_, err := w.client.PutGatewayResponse(t.Context(), &c.in)
			expectError(t, err, c.code, c.message)
		})
	}
	_, err := w.client.GetGatewayResponse(t.Context(), &apigateway.GetGatewayResponseInput{RestApiId: &a.id, ResponseType: "TEAPOT"})
	expectError(t, err, "ValidationException", "TEAPOT")
}

func TestPagesOfGatewayResponses(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	seen := map[types.GatewayResponseType]int{}
	in := &apigateway.GetGatewayResponsesInput{RestApiId: &a.id, Limit: aws.Int32(4)}
	for range 10 {
		page, err := w.client.GetGatewayResponses(t.Context(), in)
		must(t, err)
		for _, r := range page.Items {
			seen[r.ResponseType]++
		}
		if in.Position = page.Position; in.Position == nil {
			break
		}
	}
	if len(seen) != 21 {
		t.Errorf("%d types: %v", len(seen), seen)
	}
	for kind, n := range seen {
		if n != 1 {
			t.Errorf("%s: %d times", kind, n)
		}
	}
}
