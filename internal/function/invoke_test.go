package function_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/store"
)

func TestInvoke(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	w.runner.set(func(_ *runner.Function, e runner.Event) (runner.Result, error) {
		return runner.Result{Payload: e.Payload, Log: []byte("START\nEND\n")}, nil
	})
	out := must(w.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: name, Payload: []byte(`{"size":"large"}`), LogType: types.LogTypeTail,
		ClientContext: aws.String(base64.StdEncoding.EncodeToString([]byte(`{"custom":1}`))),
	}))(t)
	if out.StatusCode != 200 || string(out.Payload) != `{"size":"large"}` || *out.ExecutedVersion != "$LATEST" || out.FunctionError != nil ||
		*out.LogResult != base64.StdEncoding.EncodeToString([]byte("START\nEND\n")) {
		t.Fatalf("answered %+v", out)
	}
	e := w.runner.all()[0]
	if e.event.ClientContext != `{"custom":1}` || e.event.ARN != pizzaARN || e.event.RequestID == "" || e.function.Timeout != 3*time.Second || e.function.MemoryMB != 128 ||
		e.function.Region != region || e.function.Role != role {
		t.Errorf("ran %+v with %+v", e.function, e.event)
	}
	if content := must(os.ReadFile(e.function.Dir + "/bootstrap"))(t); string(content) != "one" {
		t.Errorf("code is %q", content)
	}
	if out := must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t); string(out.Payload) != "{}" || out.LogResult != nil {
		t.Errorf("no payload: %s, log %v", out.Payload, out.LogResult)
	}

	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) {
		return runner.Result{Payload: []byte(`{"errorMessage":"burnt"}`), FunctionError: "Unhandled"}, nil
	})
	if out := must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t); out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" || string(out.Payload) != `{"errorMessage":"burnt"}` {
		t.Errorf("a failing function answered %+v", out)
	}
	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) {
		return runner.Result{Payload: []byte(`"` + strings.Repeat("x", runner.MaxPayload) + `"`)}, nil
	})
	if out := must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t); !strings.Contains(string(out.Payload), "Function.ResponseSizeTooLarge") || aws.ToString(out.FunctionError) != "Unhandled" {
		t.Errorf("an answer too large: %d bytes, %v", len(out.Payload), out.FunctionError)
	}
	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) { return runner.Result{}, runner.ErrBusy })
	_, err := w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
	refused(t, err, "TooManyRequestsException", "Rate Exceeded.")
	if status(t, err) != 429 {
		t.Error("status", status(t, err))
	}
	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) {
		return runner.Result{}, errors.New("disk /var/secret is full")
	})
	_, err = w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
	if status(t, err) != 500 || strings.Contains(err.Error(), "secret") {
		t.Errorf("a broken runner: %v", err)
	}
}

func TestEventsThatNeverReachTheFunction(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	for what, c := range map[string]struct {
		in         lambda.InvokeInput
		code, text string
		status     int
	}{
		"not JSON":           {lambda.InvokeInput{Payload: []byte("{size:1}")}, "InvalidRequestContentException", "Could not parse request body into json: Could not parse payload into json:", 400},
		"two values":         {lambda.InvokeInput{Payload: []byte("{}{}")}, "InvalidRequestContentException", "", 400},
		"not UTF-16 nor -8":  {lambda.InvokeInput{Payload: []byte{0xFF, 0xFE}}, "InvalidRequestContentException", "", 400},
		"too large":          {lambda.InvokeInput{Payload: []byte(`"` + strings.Repeat("x", 6<<20) + `"`)}, "RequestTooLargeException", "Request must be smaller than 6291456 bytes for the InvokeFunction operation", 413},
		"too large to queue": {lambda.InvokeInput{InvocationType: types.InvocationTypeEvent, Payload: []byte(`"` + strings.Repeat("x", 1<<20) + `"`)}, "RequestTooLargeException", "", 413},
		"an odd type":        {lambda.InvokeInput{InvocationType: "Later"}, "ValidationException", "", 400},
		"an odd log type":    {lambda.InvokeInput{LogType: "All"}, "ValidationException", "", 400},
		"a context no JSON":  {lambda.InvokeInput{ClientContext: aws.String("e30")}, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.", 400},
		"a tenant":           {lambda.InvokeInput{TenantId: aws.String("t")}, "InvalidParameterValueException", "", 400},
		"no such alias":      {lambda.InvokeInput{Qualifier: aws.String("live")}, "ResourceNotFoundException", "Function not found: " + pizzaARN + ":live", 404},
		"no such version":    {lambda.InvokeInput{Qualifier: aws.String("1"), InvocationType: types.InvocationTypeEvent}, "ResourceNotFoundException", "", 404},
		"no such function":   {lambda.InvokeInput{FunctionName: aws.String("soup"), InvocationType: types.InvocationTypeDryRun}, "ResourceNotFoundException", "", 404},
	} {
		t.Run(what, func(t *testing.T) {
			if c.in.FunctionName == nil {
				c.in.FunctionName = name
			}
			_, err := w.Invoke(t.Context(), &c.in)
			refused(t, err, c.code, c.text)
			if got := status(t, err); got != c.status {
				t.Errorf("status %d", got)
			}
		})
	}
	if out := must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeDryRun}))(t); out.StatusCode != 204 {
		t.Errorf("a dry run answered %d", out.StatusCode)
	}
	if n := len(w.runner.all()); n != 0 {
		t.Errorf("%d events reached the function", n)
	}
}

func TestAsynchronousEventsAreTriedThreeTimes(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	done := make(chan struct{})
	tries := 0
	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) {
		if tries++; tries == 3 {
			close(done)
		}
		return runner.Result{FunctionError: "Unhandled"}, nil
	})
	if out := must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"n":1}`)}))(t); out.StatusCode != 202 {
		t.Fatalf("answered %d", out.StatusCode)
	}
	<-done
	w.service.Close()
	baked := w.runner.all()
	if len(baked) != 3 || string(baked[2].event.Payload) != `{"n":1}` || baked[0].event.RequestID != baked[2].event.RequestID {
		t.Errorf("tried %d times", len(baked))
	}
	if !slices.Equal(w.waits.list, []time.Duration{time.Minute, 2 * time.Minute}) {
		t.Errorf("waited %v", w.waits.list)
	}
	_, err := w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent})
	refused(t, err, "TooManyRequestsException", "")
}

func TestAsynchronousEventsWaitForRoom(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	done := make(chan struct{})
	tries := 0
	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) {
		if tries++; tries < 5 {
			return runner.Result{}, runner.ErrBusy
		}
		close(done)
		return runner.Result{}, nil
	})
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent}))(t)
	<-done
	w.service.Close()
	if fmt.Sprint(w.waits.list) != "[1s 2s 4s 8s]" {
		t.Errorf("waited %v", w.waits.list)
	}
}

func TestTheQueueOfEventsIsBounded(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	hold := make(chan struct{})
	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) {
		<-hold
		return runner.Result{}, nil
	})
	taken := 0
	for range 1100 {
		_, err := w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent})
		if err != nil {
			refused(t, err, "TooManyRequestsException", "Rate Exceeded.")
			break
		}
		taken++
	}
	close(hold)
	if taken != 1000 {
		t.Errorf("took %d", taken)
	}
}

func TestReservedConcurrency(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	hold, begun := make(chan struct{}), make(chan struct{}, 8)
	w.runner.set(func(*runner.Function, runner.Event) (runner.Result, error) {
		begun <- struct{}{}
		<-hold
		return runner.Result{Payload: []byte("1")}, nil
	})
	must(w.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(2)}))(t)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if _, err := w.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: name}); err != nil {
				t.Error(err)
			}
		})
		<-begun
	}
	_, err := w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
	refused(t, err, "TooManyRequestsException", "Rate Exceeded.")
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("throttled as %+v", throttled)
	}
	// Changing the function meanwhile does not forget who is inside.
	must(w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(9)}))(t)
	_, err = w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
	refused(t, err, "TooManyRequestsException", "")
	close(hold)
	wait.Wait()
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t)

	must(w.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)}))(t)
	_, err = w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
	refused(t, err, "TooManyRequestsException", "")
	if got := must(w.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: name}))(t); *got.ReservedConcurrentExecutions != 0 {
		t.Errorf("reserved %v", *got.ReservedConcurrentExecutions)
	}
	must(w.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: name}))(t)
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t)
}

// A node that did not take the upload runs the function all the same, unpacking its package once.
func TestEveryNodeRunsEveryFunction(t *testing.T) {
	w := newWorld(t)
	other := newNode(t, w.db, w.keys, new(oven))
	w.create(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := other.Invoke(context.Background(), &lambda.InvokeInput{FunctionName: name}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	baked := other.runner.all()
	for _, b := range baked {
		if b.function != baked[0].function {
			t.Error("prepared more than once")
		}
	}
	if content := must(os.ReadFile(baked[0].function.Dir + "/bootstrap"))(t); string(content) != "one" {
		t.Errorf("code is %q", content)
	}
}

func TestAWarmInvocationReadsNoDatabase(t *testing.T) {
	w := newWorldOn(t, store.Options{Memory: true})
	w.create(t)
	must(w.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("x"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com")}))(t)
	from := function.Source{Service: "apigateway.amazonaws.com", ARN: "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/GET/", Account: account}
	if _, err := w.service.InvokeAs(t.Context(), from, pizzaARN, []byte("{}"), "r", ""); err != nil {
		t.Fatal(err)
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.InvokeAs(t.Context(), from, pizzaARN, []byte("{}"), "r", ""); err != nil {
		t.Fatalf("with the database closed: %v", err)
	}
}

func TestAFunctionOutlivesTheServiceThatAsked(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	must(w.AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("x"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com")}))(t)
	begun, hold, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	w.runner.watch = func(ctx context.Context) {
		close(begun)
		<-hold
		ended <- ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, err := w.service.InvokeAs(ctx, function.Source{Service: "apigateway.amazonaws.com"}, pizzaARN, []byte("{}"), "r", "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(hold)
	if err := <-ended; err != nil {
		t.Errorf("the function was broken off: %v", err)
	}
}

func BenchmarkInvokeAs(b *testing.B) {
	w := newWorld(b)
	w.create(b)
	must(w.AddPermission(b.Context(), &lambda.AddPermissionInput{FunctionName: name, StatementId: aws.String("x"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("apigateway.amazonaws.com"), SourceArn: aws.String("arn:aws:execute-api:eu-west-1:000000000000:abc/*/GET/*")}))(b)
	from := function.Source{Service: "apigateway.amazonaws.com", ARN: "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/GET/pizzas", Account: account}
	still := new(quiet)
	service := newNode(b, w.db, w.keys, still).service
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := service.InvokeAs(ctx, from, pizzaARN, []byte("{}"), "r", ""); err != nil {
			b.Fatal(err)
		}
	}
}

// quiet is a runner that does nothing, so that only the way to it is measured.
type quiet struct{}

func (quiet) Invoke(context.Context, *runner.Function, runner.Event) (runner.Result, error) {
	return runner.Result{}, nil
}
func (quiet) Retire(string) {}
