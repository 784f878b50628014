package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

func TestTheDoorOpensForTheKeyAlone(t *testing.T) {
	t.Setenv("PARTNER_KEY", "the-key")
	for name, test := range map[string]struct {
		request request
		want    string
	}{
		"REST, the key":          {request{MethodARN: "arn:x/Prod/GET/stock", Headers: map[string]string{"X-Partner-Key": "the-key"}}, `"Effect":"Allow"`},
		"REST, another":          {request{MethodARN: "arn:x/Prod/GET/stock", Headers: map[string]string{"X-Partner-Key": "the-kex"}}, `"Effect":"Deny"`},
		"HTTP, the key":          {request{Version: "2.0", Headers: map[string]string{"x-partner-key": "the-key"}}, `"isAuthorized":true`},
		"HTTP, none":             {request{Version: "2.0"}, `"isAuthorized":false`},
		"HTTP, one with a blank": {request{Version: "2.0", Headers: map[string]string{"x-partner-key": "the-key "}}, `"isAuthorized":false`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := authorize(context.Background(), test.request)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := json.Marshal(got)
			if !strings.Contains(string(text), test.want) {
				t.Errorf("%s, want %s", text, test.want)
			}
		})
	}
}

func TestWithoutAKeyOfItsOwnTheDoorStaysShut(t *testing.T) {
	t.Setenv("PARTNER_KEY", "")
	got, _ := authorize(context.Background(), request{Version: "2.0", Headers: map[string]string{"x-partner-key": ""}})
	if got["isAuthorized"] != false {
		t.Error("an empty key opens the door")
	}
}
