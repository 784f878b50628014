package main

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestWelcomeSaysWhoCame(t *testing.T) {
	var request events.APIGatewayProxyRequest
	request.RequestContext.Authorizer = map[string]any{"claims": map[string]any{"cognito:username": "regular"}}
	answer, err := handle(context.Background(), request)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("status %d, error %v; want 200", answer.StatusCode, err)
	}
	var got struct {
		Message string
		Claims  map[string]string
	}
	if err := json.Unmarshal([]byte(answer.Body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Message != "Welcome" || got.Claims["cognito:username"] != "regular" {
		t.Errorf("answer %s", answer.Body)
	}
}
