package awsapi

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

// perform is what the wire and Call have in common: required members,
// authorisation, handler.
func (a *API) perform(ctx context.Context, call *access.Call, op *operation, in any) (any, *fault) {
	note := func(step string, o audit.Outcome, detail string) {
		call.Record.Note(step, o, detail, a.config.Clock.Now())
	}
	if names := op.missing(reflect.ValueOf(in).Elem()); names != nil {
		text := missingText(names)
		note(stepInput, audit.Refused, text)
		return nil, refuse(invalidInput, text)
	}
	if f := a.authorise(ctx, call, op, in, note); f != nil {
		return nil, f
	}
	out, err := op.do(ctx, call, in)
	if err != nil {
		return nil, a.handlerFault(ctx, call.Record, err, note)
	}
	note(stepHandler, audit.Passed, "")
	return out, nil
}

type noteFunc func(step string, o audit.Outcome, detail string)

// authorise asks whether call.Caller may. Whatever is not a clear yes is a no.
func (a *API) authorise(ctx context.Context, call *access.Call, op *operation, in any, note noteFunc) *fault {
	who := op.access
	call.Conditions, call.Own = nil, policy.Attached{} // those of an operation around this one are not its own
	if who.public {
		note(stepAuthorise, audit.Passed, "anybody may")
		return nil
	}
	if call.Caller.Kind == access.Anonymous {
		note(stepAuthorise, audit.Refused, "the caller is anonymous")
		return refuse(unsigned, textUnsigned)
	}
	if who.anyone {
		note(stepAuthorise, audit.Passed, "every proven caller may")
		return nil
	}
	if who.action == "" || who.resource == nil {
		note(stepAuthorise, audit.Refused, "the operation does not say who may call it")
		return refuse(notAuthorized, "")
	}
	resource, err := who.resource(call, in)
	if err != nil {
		return a.handlerFault(ctx, call.Record, err, note)
	}
	call.Record.Resource = resource
	verdict := a.config.Authorizer.Authorize(ctx, call, who.action, resource)
	if !verdict.Allowed || verdict.Explicit {
		note(stepAuthorise, audit.Refused, who.action+": "+verdict.Reason)
		if verdict.Trace != nil {
			call.Record.Denied = &audit.Denied{Principal: callerName(call.Caller), Action: who.action, Resource: resource, Trace: verdict.Trace}
		}
		return refuse(notAuthorized, verdict.Refusal(call.Caller, who.action, resource))
	}
	note(stepAuthorise, audit.Passed, who.action+": "+verdict.Reason)
	return nil
}

// handlerFault lets an error of AWS's model through and hides every other.
func (a *API) handlerFault(ctx context.Context, r *audit.Record, err error, note noteFunc) *fault {
	var known smithy.APIError
	if !errors.As(err, &known) {
		return a.broken(ctx, r, stepHandler, err)
	}
	f := modelled(err, known)
	if f.server {
		note(stepHandler, audit.Failed, f.code)
		r.Outcome = audit.Failed
	} else {
		note(stepHandler, audit.Refused, f.code)
	}
	return f
}

// Call runs an operation in process, for call.Caller, with the same checks as
// the wire: required members, authorisation, record. in and the result are
// pointers to the SDK's shapes. call.Record stays its owner's; the operation
// has a record of its own, under the same request id if call has one. Every
// error is a smithy.APIError.
func (a *API) Call(ctx context.Context, call *access.Call, serviceName, operation string, in any) (out any, err error) {
	inner := *call
	if inner.RequestID == "" {
		inner.RequestID = uuid.NewString()
	}
	if inner.Time.IsZero() {
		inner.Time = a.config.Clock.Now()
	}
	if inner.Account == "" {
		inner.Account = a.config.Account
	}
	ctx = audit.WithRequestID(ctx, inner.RequestID)
	inner.Record = &audit.Record{
		ID: inner.RequestID, At: a.config.Clock.Now(), Plane: "program", UserAgent: inner.UserAgent,
		Service: serviceName, Operation: operation, Region: inner.Region, Caller: callerName(inner.Caller),
	}
	if inner.Source.IsValid() {
		inner.Record.Source = inner.Source.String()
	}
	var f *fault
	found := a.lookup(serviceName, operation)
	var at *service // gives a refusal its words
	if found != nil {
		at = found.service
	}
	defer func() {
		if p := recover(); p != nil {
			f = a.panicked(ctx, inner.Record, p)
		}
		if f != nil {
			out, err = nil, f.asError(at)
			_, inner.Record.Status = f.wire(at)
		} else {
			inner.Record.Status, inner.Record.Outcome = 200, audit.Passed
		}
		a.finish(inner.Record)
	}()
	if found == nil {
		f = refuse(unknownOperation, fmt.Sprintf("%s has no operation %s here.", serviceName, operation))
		inner.Record.Note(stepMatch, audit.Refused, f.message, a.config.Clock.Now())
		return nil, nil
	}
	if v := reflect.ValueOf(in); v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem() != found.in {
		f = refuse(malformed, fmt.Sprintf("%s takes a *%s, not a %T.", operation, found.in, in))
		inner.Record.Note(stepInput, audit.Refused, f.message, a.config.Clock.Now())
		return nil, nil
	}
	if found.service.Global {
		inner.Region = globalRegion
	}
	out, f = a.perform(ctx, &inner, found, in)
	return out, nil
}

func (a *API) lookup(service, name string) *operation {
	for _, s := range a.services {
		if op := s.operations[name]; s.Name == service && op != nil {
			return op
		}
	}
	return nil
}
