package function

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/runner"
)

// Limits of an event and an answer, in bytes.
const (
	maxSyncPayload  = 6 << 20
	maxAsyncPayload = 1 << 20
	maxAnswer       = runner.MaxPayload // an answer may be a little longer than an event, as at AWS
	maxContext      = 3583
)

var (
	// ErrNoFunction: there is no such function, version or alias.
	ErrNoFunction = errors.New("function: not found")
	// ErrNotPermitted: policies do not let the source invoke it.
	ErrNotPermitted = errors.New("function: not permitted")
	// ErrRole: no process can start, for its role cannot be assumed any more.
	ErrRole = errors.New("function: the role cannot be assumed")
	// ErrThrottled: too many events are under way.
	ErrThrottled = errors.New("function: throttled")
)

// errReserved is ErrThrottled by the function's own reservation.
var errReserved = fmt.Errorf("%w: reserved concurrency is used up", ErrThrottled)

// InvokeAs runs a function on behalf of an AWS service, if the function's
// resource policy permits that service and source, or from.Decide does. A function that fails is a
// Result; ErrNoFunction, ErrNotPermitted, ErrRole, ErrThrottled or any other error
// means that it was never asked. When ctx ends, InvokeAs returns its error at once, and
// the function runs on to its own time limit, as at AWS: it may have side effects
// to finish. payload is the caller's again only if ctx has not ended.
func (s *Service) InvokeAs(ctx context.Context, from Source, functionARN string, payload []byte, requestID, traceID string) (runner.Result, error) {
	t, ok := s.parseARN(functionARN)
	if !ok {
		return runner.Result{}, ErrNoFunction
	}
	e := s.current.Load().functions[key{t.region, t.name}]
	if e == nil {
		return runner.Result{}, ErrNoFunction
	}
	g := e.permissions[t.qualifier]
	if ok, why := g.lets(&from, functionARN); !ok {
		return runner.Result{}, fmt.Errorf("%w: %s", ErrNotPermitted, why)
	}
	v := e.resolve(t.qualifier, s.chance)
	if v == nil {
		return runner.Result{}, ErrNoFunction
	}
	event := runner.Event{RequestID: requestID, ARN: functionARN, Payload: payload, TraceID: traceID}
	if ctx.Done() == nil {
		return s.run(s.life, e, v, event)
	}
	type outcome struct {
		result runner.Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := s.run(s.life, e, v, event)
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return runner.Result{}, ctx.Err()
	}
}

// run takes one place of the function's reservation and runs a version.
func (s *Service) run(ctx context.Context, e *entry, v *version, event runner.Event) (runner.Result, error) {
	if now := e.busy.Add(1); e.reserved >= 0 && now > e.reserved {
		e.busy.Add(-1)
		return runner.Result{}, errReserved
	}
	defer e.busy.Add(-1)
	f := v.prepared.Load()
	if f == nil {
		var err error
		if f, err = s.prepare(ctx, v); err != nil {
			return runner.Result{}, err
		}
	}
	r, err := s.runner.Invoke(ctx, f, event)
	if errors.Is(err, runner.ErrBusy) {
		return r, fmt.Errorf("%w: %w", ErrThrottled, err)
	}
	if err == nil && len(r.Payload) > maxAnswer {
		r.FunctionError = "Unhandled"
		r.Payload = fmt.Appendf(nil, `{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (%d bytes)."}`, maxAnswer)
	}
	return r, err
}

// Invoke runs a function for a caller with credentials.
func (s *Service) Invoke(_ context.Context, call *access.Call, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	t, err := here(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	event, err := eventFrom(call, t, in)
	if err != nil {
		return nil, err
	}
	e := s.current.Load().functions[key{t.region, t.name}]
	if e == nil {
		return nil, notFound(t.arn())
	}
	v := e.resolve(t.qualifier, s.chance)
	if v == nil {
		return nil, notFound(t.arn())
	}
	switch in.InvocationType {
	case types.InvocationTypeDryRun:
		return &lambda.InvokeOutput{StatusCode: 204, ExecutedVersion: &v.label}, nil
	case types.InvocationTypeEvent:
		if !s.enqueue(t, event) {
			return nil, throttled(types.ThrottleReasonCallerRateLimitExceeded)
		}
		return &lambda.InvokeOutput{StatusCode: 202}, nil
	}
	// A client that goes away does not stop the function, as at AWS.
	r, err := s.run(s.life, e, v, event)
	switch {
	case errors.Is(err, errReserved):
		return nil, throttled(types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded)
	case errors.Is(err, ErrRole):
		return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: unassumable}
	case errors.Is(err, ErrThrottled):
		return nil, throttled(types.ThrottleReasonConcurrentInvocationLimitExceeded)
	case err != nil:
		return nil, err
	}
	out := &lambda.InvokeOutput{StatusCode: 200, ExecutedVersion: &v.label, Payload: r.Payload}
	if r.FunctionError != "" {
		out.FunctionError = &r.FunctionError
	}
	if in.LogType == types.LogTypeTail {
		out.LogResult = aws.String(base64.StdEncoding.EncodeToString(r.Log))
	}
	return out, nil
}

func eventFrom(call *access.Call, t target, in *lambda.InvokeInput) (runner.Event, error) {
	event := runner.Event{RequestID: call.RequestID, ARN: t.arn(), Payload: in.Payload}
	limit := maxSyncPayload
	switch in.InvocationType {
	case "", types.InvocationTypeRequestResponse, types.InvocationTypeDryRun:
	case types.InvocationTypeEvent:
		limit = maxAsyncPayload
	default:
		return event, constraint(string(in.InvocationType), "invocationType", "Member must satisfy enum value set: [Event, RequestResponse, DryRun]")
	}
	switch {
	case in.LogType != "" && in.LogType != types.LogTypeNone && in.LogType != types.LogTypeTail:
		return event, constraint(string(in.LogType), "logType", "Member must satisfy enum value set: [None, Tail]")
	case text(in.TenantId) != "":
		return event, unsupported("TenantId", "all events of a function share its processes")
	case text(in.DurableExecutionName) != "":
		return event, unsupported("DurableExecutionName", "an invocation lives at most 15 minutes")
	case len(in.Payload) > limit:
		return event, tooLarge(limit)
	}
	if len(bytes.TrimSpace(event.Payload)) == 0 {
		event.Payload = []byte("{}")
	} else if err := notJSON(event.Payload); err != "" {
		return event, badContent("Could not parse request body into json: Could not parse payload into json: " + err)
	}
	if c := text(in.ClientContext); c != "" {
		plain, err := base64.StdEncoding.DecodeString(c)
		if err != nil || len(c) > maxContext || !json.Valid(plain) {
			return event, badContent("Client context must be a valid Base64-encoded JSON object.")
		}
		event.ClientContext = string(plain)
	}
	return event, nil
}

// notJSON says where a payload stops being JSON; "" if it is.
func notJSON(payload []byte) string {
	if json.Valid(payload) {
		return ""
	}
	var into json.RawMessage
	err := json.Unmarshal(payload, &into)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("%s (at byte %d)", syntax.Error(), syntax.Offset)
	}
	return "it is not valid JSON"
}
