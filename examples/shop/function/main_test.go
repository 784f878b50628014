package main

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestTheShopSaysWhoCame(t *testing.T) {
	const stefan = "arn:aws:sts::000000000000:assumed-role/staff/CognitoIdentityCredentials"
	for _, test := range []struct {
		verb, resource string
		status         int
	}{{"GET", "/menu", 200}, {"POST", "/inventory", 200}, {"POST", "/menu", 404}} {
		request := events.APIGatewayProxyRequest{HTTPMethod: test.verb, Resource: test.resource}
		request.RequestContext.Identity.UserArn = stefan
		response, err := handle(context.Background(), request)
		if err != nil || response.StatusCode != test.status {
			t.Errorf("%s %s: status %d, error %v; want %d", test.verb, test.resource, response.StatusCode, err, test.status)
		}
		if test.status != 200 {
			continue
		}
		var got answer
		if err := json.Unmarshal([]byte(response.Body), &got); err != nil || got.Caller != stefan || got.Message == "" {
			t.Errorf("answer %s, %v", response.Body, err)
		}
	}
}
