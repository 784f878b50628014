package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// integration is what stands behind a method. It answers the request or denies it.
type integration interface {
	serve(ctx context.Context, g *Gateway, x *exchange) verdict
}

func integrate(ctx context.Context, g *Gateway, x *exchange) verdict {
	return x.method.integration.serve(ctx, g, x)
}

// broken answers for an integration that could not be compiled.
type broken struct{ reason string }

func (b broken) serve(context.Context, *Gateway, *exchange) verdict {
	return denied(failInternal, b.reason)
}

// lambda is AWS_PROXY: the request becomes an event, the function's answer the response.
type lambda struct {
	function string
	role     string // that calls it; "": API Gateway itself
	asCaller bool   // whoever has signed calls it
}

// callerCredentials stands, as an integration's credentials, for those of
// whoever calls.
const callerCredentials = "arn:aws:iam::*:user/*"

const maxAnswer = 6 << 20 // bytes, of a function's answer

func compileLambda(s *stage, i *Integration) (integration, error) {
	// AWS takes any verb here and then fails every request but with POST.
	if i.Method != http.MethodPost {
		return nil, errors.New("the integration's HTTP method towards a function must be POST")
	}
	uri, missing := substitute(i.URI, s.variables)
	if missing != "" {
		return nil, fmt.Errorf("the stage has no variable %q, which the integration's URI names", missing)
	}
	parts := functionURI.FindStringSubmatch(uri)
	if parts == nil || !functionARN.MatchString(parts[2]) {
		return nil, errors.New("the integration's URI, with the stage's variables in it, names no function")
	}
	return lambdaAs(parts[2], i.CredentialsARN), nil
}

// lambdaAs calls a function with the credentials of an integration: "", a role, or
// those of whoever calls.
func lambdaAs(function, credentials string) lambda {
	if credentials == callerCredentials {
		return lambda{function: function, asCaller: true}
	}
	return lambda{function: function, role: credentials}
}

func (l lambda) serve(_ context.Context, g *Gateway, x *exchange) verdict {
	body, refused := readBody(x)
	if refused.denial != nil {
		return refused
	}
	room := rooms.Get().(*[]byte)
	payload, failure := l.ask(g, x, room, x.appendEvent((*room)[:0], body))
	if failure.denial != nil {
		return failure
	}
	a, err := readAnswer(payload)
	if err != nil {
		return denied(failBadAnswer, "malformed answer of the function: "+err.Error())
	}
	if err := a.decode(x); err != nil {
		return denied(failInternal, err.Error()) // 500 at AWS, where other bad answers are 502
	}
	x.addHeader("X-Amzn-Trace-Id", x.shownTrace())
	a.write(x)
	return verdict{outcome: served}
}

// ask runs the function on an event, whose memory is room's. A failure without a
// denial is none: the payload is what the function has answered.
func (l lambda) ask(g *Gateway, x *exchange, room *[]byte, event []byte) (payload []byte, failure verdict) {
	// A client that goes away does not stop the function: it may be in the middle
	// of its work. So its time does not hang on the request's context.
	waiting, stop := context.WithTimeout(context.Background(), x.method.timeout)
	defer stop()
	call := Invocation{FunctionARN: l.function, SourceARN: x.arn, RequestID: x.id, TraceID: x.trace, Payload: event, RoleARN: l.role}
	if l.asCaller {
		if x.signer == nil {
			return nil, denied(failInternal, "the function is to be called with the credentials of a caller who has none")
		}
		call.Caller = &x.signer.call.Caller
	}
	payload, functionError, err := g.invoker.Invoke(waiting, call)
	if waiting.Err() != nil {
		return nil, denied(failTimeout, "the function did not answer in time")
	}
	// Only now is it certain that nobody reads the event any more.
	if cap(event) <= largestRoom {
		*room = event
		rooms.Put(room)
	}
	switch {
	case err == nil:
	case errors.Is(err, ErrNotPermitted), errors.Is(err, ErrNoFunction), errors.Is(err, ErrThrottled):
		return nil, denied(failInternal, err.Error())
	default:
		return nil, denied(failInternal, "the function could not be run: "+err.Error())
	}
	if functionError {
		return nil, denied(failBadAnswer, "the function failed")
	}
	if len(payload) > maxAnswer {
		return nil, denied(failBadAnswer, "the function's answer is over 6 MB")
	}
	return payload, verdict{}
}

// rooms holds the memory of events between requests.
var rooms = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}
