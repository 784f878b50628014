// The kitchen: answers with what was asked for, and who asked.
//
// Nothing here asks who may do what: an event only comes when an authorizer has
// let it in, and says as whom.
package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
)

// event is what events of both kinds of API have in common here.
type event struct {
	RouteKey       string `json:"routeKey"` // of an HTTP API
	HTTPMethod     string `json:"httpMethod"`
	Resource       string `json:"resource"`
	RequestContext struct {
		Authorizer json.RawMessage `json:"authorizer"`
		Identity   struct {
			UserARN string `json:"userArn"`
		} `json:"identity"`
	} `json:"requestContext"`
}

type answer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

func handle(_ context.Context, e event) (answer, error) {
	asked := e.RouteKey
	if asked == "" {
		asked = e.HTTPMethod + " " + e.Resource
	}
	body, err := json.Marshal(map[string]any{"asked": asked, "by": e.RequestContext.Authorizer, "signer": e.RequestContext.Identity.UserARN})
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "https://pizza.example"}, string(body)}, nil
}

func main() { lambda.Start(handle) }
