// The shop: a menu, and an inventory that somebody adds to.
//
// Nothing here asks who may do what. The gateway has proved the signature and
// asked the caller's policies, or this function would not have been called; who
// it was comes with the event.
package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

type answer struct {
	Message string `json:"message"`
	Caller  string `json:"caller"` // the session of the role that the caller has
}

var messages = map[string]string{
	"GET /menu":       "Bread, soup, and a pizza on Fridays",
	"POST /inventory": "Noted",
}

func handle(_ context.Context, request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	message, ok := messages[request.HTTPMethod+" "+request.Resource]
	if !ok {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusNotFound}, nil
	}
	body, err := json.Marshal(answer{message, request.RequestContext.Identity.UserArn})
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
