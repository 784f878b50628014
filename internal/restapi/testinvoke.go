package restapi

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
)

// testInvokeAuthorizer runs an authorizer, as it is edited now, on the request
// that the call describes. Of its body no authorizer hears.
func (svc *Service) testInvokeAuthorizer(ctx context.Context, call *access.Call, in *apigateway.TestInvokeAuthorizerInput) (*apigateway.TestInvokeAuthorizerOutput, error) {
	row, err := readAuthorizer(ctx, svc.db, call, in.RestApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	if len(in.AdditionalContext) > 0 {
		return nil, unsupported("Additional context of a test (additionalContext)")
	}
	headers := http.Header{}
	for name, values := range in.MultiValueHeaders {
		for _, value := range values {
			headers.Add(name, value)
		}
	}
	for name, value := range in.Headers { // the same header may stand in both
		if len(in.MultiValueHeaders[name]) == 0 {
			headers.Add(name, value)
		}
	}
	result, err := svc.gateway.TryAuthorizer(ctx, row, gateway.Trial{
		Region: call.Region, Headers: headers, Path: text(in.PathWithQueryString), Variables: in.StageVariables,
	})
	if err != nil {
		return nil, err
	}
	out := &apigateway.TestInvokeAuthorizerOutput{
		ClientStatus: int32(result.Status), Log: &result.Log, Latency: result.Latency.Milliseconds(), Claims: result.Claims,
		PrincipalId: optional(result.Principal), Policy: optional(result.Policy),
	}
	for name, value := range result.Context {
		if out.Authorization == nil {
			out.Authorization = map[string][]string{}
		}
		out.Authorization[name] = []string{value}
	}
	return out, nil
}
