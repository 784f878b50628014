package awsapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// Names of a record's steps.
const (
	stepMatch     = "match"
	stepSignature = "signature"
	stepInput     = "input"
	stepAuthorise = "authorise"
	stepHandler   = "handler"
)

// exchange is one call under way.
type exchange struct {
	api    *API
	w      http.ResponseWriter
	r      *http.Request
	ctx    context.Context // carries the request id
	record *audit.Record
	form   protocol // in which a refusal leaves
	found  match
	cors   bool
	named  string // id of the access key that the request names; proven or not
}

// ServeHTTP answers one AWS call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.preflight(w, r) {
		return
	}
	id := uuid.NewString()
	source := remote(r)
	x := &exchange{
		api: a, w: w, r: r,
		ctx:  audit.WithRequestID(r.Context(), id),
		form: restForm,
		record: &audit.Record{
			ID: id, At: a.config.Clock.Now(), Plane: "control",
			Source: source.String(), UserAgent: r.UserAgent(), Caller: "anonymous",
		},
	}
	call := &access.Call{
		Account: a.config.Account, RequestID: id, Source: source,
		UserAgent: r.UserAgent(), Referer: r.Referer(), Secure: r.TLS != nil, Time: x.record.At, Record: x.record,
	}
	x.send(x.run(call))
	a.finish(x.record)
}

// run goes the whole way from message to answer. It never panics.
func (x *exchange) run(call *access.Call) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = x.fail(x.api.panicked(x.ctx, x.record, p))
		}
	}()
	m, f := x.dispatch(call)
	if f != nil {
		return x.fail(f)
	}
	op := x.found.op
	in, err := x.found.service.protocol.decode(op, m, x.found)
	if err != nil {
		x.note(stepInput, audit.Refused, err.Error())
		return x.fail(refuse(malformed, err.Error()))
	}
	out, f := x.api.perform(x.ctx, call, op, in)
	if f != nil {
		return x.fail(f)
	}
	a, err = x.found.service.protocol.encode(op, out, x.record.ID)
	if err != nil {
		return x.fail(x.api.broken(x.ctx, x.record, "encode", err))
	}
	x.record.Outcome = audit.Passed
	return a
}

func (x *exchange) fail(f *fault) answer { return x.form.fail(f, x.record.ID) }

func (x *exchange) note(step string, o audit.Outcome, detail string) {
	x.record.Note(step, o, detail, x.api.config.Clock.Now())
}

// send writes the answer. A client that has gone away is nobody's failure.
func (x *exchange) send(a answer) {
	h := x.w.Header()
	h.Set("X-Amzn-Requestid", x.record.ID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	for _, pair := range a.header {
		h.Set(pair[0], pair[1])
	}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if x.cors {
		allowOrigin(h)
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	x.record.Status = a.status
	x.w.WriteHeader(a.status)
	x.w.Write(a.body)
}

// readBody reads at most limit bytes; ok is false for more.
func (x *exchange) readBody(limit int64) ([]byte, *fault) {
	large := func() *fault {
		x.note(stepInput, audit.Refused, fmt.Sprintf("a body of more than %d bytes", limit))
		x.w.Header().Set("Connection", "close") // the rest is not worth reading
		return refuse(tooLarge, fmt.Sprintf(textLarge, limit))
	}
	if x.r.ContentLength > limit {
		return nil, large()
	}
	if x.r.Body == nil || x.r.ContentLength == 0 {
		return nil, nil
	}
	var body []byte
	var err error
	if n := x.r.ContentLength; n > 0 && n <= 64<<10 {
		body = make([]byte, n)
		_, err = io.ReadFull(x.r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(x.r.Body, limit+1))
	}
	switch {
	case err != nil:
		x.note(stepInput, audit.Refused, "the body broke off")
		return nil, refuse(malformed, "The request's body could not be read to its end")
	case int64(len(body)) > limit:
		return nil, large()
	}
	return body, nil
}

// remote is the address of the client.
func remote(r *http.Request) netip.Addr {
	source, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return source.Addr().Unmap()
}

// finish closes the record and hands it on, once.
func (a *API) finish(r *audit.Record) {
	r.Took = a.config.Clock.Now().Sub(r.At).Round(time.Microsecond)
	a.config.Records.Write(r)
}

// broken is a failure of ours: the log gets the text, the client the request id.
func (a *API) broken(ctx context.Context, r *audit.Record, step string, err error) *fault {
	a.config.Logger.ErrorContext(ctx, "operation failed", slog.String("requestId", r.ID),
		slog.String("service", r.Service), slog.String("operation", r.Operation), slog.Any("error", err))
	r.Note(step, audit.Failed, "an error that is not of AWS's model; see the log", a.config.Clock.Now())
	r.Outcome = audit.Failed
	return refuse(internalFailure, textInternal)
}

func (a *API) panicked(ctx context.Context, r *audit.Record, p any) *fault {
	a.config.Logger.ErrorContext(ctx, "operation panicked", slog.String("requestId", r.ID),
		slog.String("service", r.Service), slog.String("operation", r.Operation),
		slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	r.Note(stepHandler, audit.Failed, "panic; see the log", a.config.Clock.Now())
	r.Outcome = audit.Failed
	return refuse(internalFailure, textInternal)
}
