package function_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/store"
)

// kitchen is a world with the real runner behind it.
func kitchen(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	r, err := runner.New(runner.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newWorldOver(t, db)
	return newNode(t, db, w.keys, r)
}

const menu = `
exports.handler = async (event, context) => {
  console.log("baking " + event.size);
  if (event.burn) throw new Error("burnt");
  return {
    size: event.size, greeting: process.env.GREETING, region: process.env.AWS_REGION, version: context.functionVersion,
    arn: context.invokedFunctionArn, memory: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, request: context.awsRequestId,
  };
};`

func TestRealProcesses(t *testing.T) {
	w := kitchen(t)
	w.create(t, func(in *lambda.CreateFunctionInput) {
		in.Runtime, in.Handler = types.RuntimeNodejs22x, aws.String("index.handler")
		in.Code.ZipFile = zipped(t, file{"index.js", menu, 0})
		in.Environment = &types.Environment{Variables: map[string]string{"GREETING": "Buon appetito"}}
		in.Timeout = aws.Int32(30)
		in.MemorySize = aws.Int32(256)
	})
	bake := func(qualifier *string, payload string) (*lambda.InvokeOutput, map[string]string) {
		t.Helper()
		out := must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: qualifier, Payload: []byte(payload), LogType: types.LogTypeTail}))(t)
		var got map[string]string
		_ = json.Unmarshal(out.Payload, &got)
		return out, got
	}
	out, got := bake(nil, `{"size":"large"}`)
	if got["size"] != "large" || got["greeting"] != "Buon appetito" || got["region"] != region || got["version"] != "$LATEST" || got["arn"] != pizzaARN || got["memory"] != "256" {
		t.Fatalf("answered %s, %v", out.Payload, aws.ToString(out.FunctionError))
	}
	log, err := base64.StdEncoding.DecodeString(*out.LogResult)
	if err != nil || !strings.Contains(string(log), "baking large") || !strings.Contains(string(log), "REPORT RequestId: "+got["request"]) {
		t.Errorf("log %s", log)
	}
	out, got = bake(nil, `{"size":"small","burn":true}`)
	if aws.ToString(out.FunctionError) != "Unhandled" || got["errorMessage"] != "burnt" && !strings.Contains(string(out.Payload), "burnt") {
		t.Errorf("answered %s", out.Payload)
	}

	must(w.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name}))(t)
	must(w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Environment: &types.Environment{Variables: map[string]string{"GREETING": "Ciao"}}}))(t)
	if _, got := bake(nil, `{}`); got["greeting"] != "Ciao" {
		t.Errorf("after the change: %v", got)
	}
	if _, got := bake(aws.String("1"), `{}`); got["greeting"] != "Buon appetito" || got["version"] != "1" {
		t.Errorf("version 1: %v", got)
	}

	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if out, err := w.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: name, Payload: []byte(`{"size":"x"}`)}); err != nil || out.FunctionError != nil {
				t.Errorf("%v, %v", out, err)
			}
		})
	}
	wait.Wait()
}

func TestAPackageWithoutItsProgramFailsWhenInvoked(t *testing.T) {
	w := kitchen(t)
	for what, files := range map[string][]file{
		"no bootstrap":                {{"main", "x", 0o100755}},
		"bootstrap not for execution": {{"bootstrap", "#!/bin/sh\n", 0o100644}},
		"bootstrap no program":        {{"bootstrap", "this is no program", 0o100755}},
	} {
		t.Run(what, func(t *testing.T) {
			id := strings.ReplaceAll(what, " ", "-")
			w.create(t, func(in *lambda.CreateFunctionInput) { in.FunctionName = &id; in.Code.ZipFile = zipped(t, files...) })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out := must(w.Invoke(ctx, &lambda.InvokeInput{FunctionName: &id}))(t)
			if aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), "Runtime.") {
				t.Errorf("answered %s", out.Payload)
			}
		})
	}
}
