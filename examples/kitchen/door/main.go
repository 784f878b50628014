// The door: a Lambda authorizer that knows the partner's key. It serves a REST
// API with a policy, and an HTTP API with a simple yes or no.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
)

type request struct {
	Version   string            `json:"version"` // "2.0": of an HTTP API
	MethodARN string            `json:"methodArn"`
	Headers   map[string]string `json:"headers"`
}

func authorize(_ context.Context, r request) (map[string]any, error) {
	known := os.Getenv("PARTNER_KEY")
	ok := known != "" && same(header(r.Headers, "x-partner-key"), known)
	context := map[string]any{"partner": "trattoria"}
	if r.Version == "2.0" {
		return map[string]any{"isAuthorized": ok, "context": context}, nil
	}
	effect := "Deny"
	if ok {
		effect = "Allow"
	}
	// The policy is kept for other requests with the same key, so it speaks of the
	// whole stage: of this method alone, it would refuse every other one.
	api, _, _ := strings.Cut(r.MethodARN, "/")
	return map[string]any{
		"principalId": "partner",
		"context":     context,
		"policyDocument": map[string]any{
			"Version":   "2012-10-17",
			"Statement": []any{map[string]any{"Effect": effect, "Action": "execute-api:Invoke", "Resource": api + "/*/GET/stock"}},
		},
	}, nil
}

// header finds a header whatever the case in which it came.
func header(all map[string]string, name string) string {
	for n, value := range all {
		if strings.EqualFold(n, name) {
			return value
		}
	}
	return ""
}

// same compares in a time that tells nothing of where two texts differ.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func main() { lambda.Start(authorize) }
