package main

import (
	"context"
	"encoding/json"
	"testing"
)

func TestTheKitchenSaysWhatWasAskedAndByWhom(t *testing.T) {
	for name, test := range map[string]struct{ event, asked, by string }{
		"REST API": {`{"httpMethod":"POST","resource":"/pizzas","requestContext":{"authorizer":{"claims":{"sub":"s"}}}}`, "POST /pizzas", `{"claims":{"sub":"s"}}`},
		"HTTP API": {`{"routeKey":"GET /orders","requestContext":{"authorizer":{"jwt":{"claims":{"sub":"s"}}}}}`, "GET /orders", `{"jwt":{"claims":{"sub":"s"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var e event
			if err := json.Unmarshal([]byte(test.event), &e); err != nil {
				t.Fatal(err)
			}
			got, err := handle(context.Background(), e)
			if err != nil {
				t.Fatal(err)
			}
			var body struct {
				Asked string
				By    json.RawMessage
			}
			if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
				t.Fatal(err)
			}
			if body.Asked != test.asked || string(body.By) != test.by {
				t.Errorf("answer %s", got.Body)
			}
		})
	}
}
