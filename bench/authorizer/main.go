// Authorizer is a Lambda authorizer of kind TOKEN that knows one caller. The
// benchmark's gateway asks it once and remembers its answer.
package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// known is the only token that is let in.
const known = "Bearer ann-s-own-key"

// errUnauthorized has the text that API Gateway answers with 401.
var errUnauthorized = errors.New("Unauthorized")

func authorize(_ context.Context, request events.APIGatewayCustomAuthorizerRequest) (events.APIGatewayCustomAuthorizerResponse, error) {
	if request.AuthorizationToken != known {
		return events.APIGatewayCustomAuthorizerResponse{}, errUnauthorized
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: "ann",
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{
			{Effect: "Allow", Action: []string{"execute-api:Invoke"}, Resource: []string{request.MethodArn}},
		}},
	}, nil
}

func main() { lambda.Start(authorize) }
