// The pizzeria: it welcomes whoever comes in and says who they are.
//
// There is no check of a token here. The gateway has made it, or this function
// would not have been called; what it found in the token comes with the event.
package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

type welcome struct {
	Message string `json:"message"`
	Claims  any    `json:"claims"`
}

func handle(_ context.Context, request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	body, err := json.Marshal(welcome{
		Message: "Welcome",
		Claims:  request.RequestContext.Authorizer["claims"],
	})
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	return events.APIGatewayProxyResponse{
		StatusCode: http.StatusOK,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       string(body),
	}, nil
}

func main() { lambda.Start(handle) }
