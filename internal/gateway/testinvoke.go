package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/verify"
)

// testInvokeAuthorizer runs an authorizer, as it is edited now, on the headers
// of the call: 200 and the claims for an ID token that it accepts, else 401.
func (g *Gateway) testInvokeAuthorizer(ctx context.Context, call *access.Call, in *apigateway.TestInvokeAuthorizerInput) (*apigateway.TestInvokeAuthorizerOutput, error) {
	row, err := readAuthorizer(ctx, g.db, call, in.RestApiId, in.AuthorizerId)
	if err != nil {
		return nil, err
	}
	c := compileCognito(row)
	if c == nil {
		return nil, badRequest("The authorizer cannot be run")
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
	started := g.clock.Now()
	token, why := (*verify.Token)(nil), errors.New("the header "+c.header+" does not hold exactly one token")
	if raw, ok := bearer(headerValues(headers, c.header)); ok {
		token, _, why = c.prove(ctx, g.pools, raw)
	}
	out := &apigateway.TestInvokeAuthorizerOutput{ClientStatus: 401, Latency: g.clock.Now().Sub(started).Milliseconds()}
	if token == nil {
		out.Log = aws.String(fmt.Sprintf("Unauthorized: %v", why))
		return out, nil
	}
	out.ClientStatus, out.Log = 200, aws.String("Authorized")
	for name, value := range token.All() {
		if text, ok := claimText(token, name, value); ok {
			setEntry(&out.Claims, name, text)
		}
	}
	return out, nil
}
