package gateway

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/gateway/bearer"
	"github.com/sallyport/sallyport/verify"
)

// exchange is one request on its way through the steps of its method. One
// goroutine owns it, until Serve returns: then the next request has it. So what
// others keep, such as the values of the answer's headers, is never stored in it.
type exchange struct {
	w http.ResponseWriter
	r *http.Request

	address Address
	stage   *stage
	http    bool // the API is an HTTP API, whether it has the stage or not
	route   *route
	method  *method
	verb    string
	params  []param

	id       string // x-amzn-RequestId
	extended string // x-amz-apigw-id
	slashes  string // of a REST API's request: those before the path that were one too many
	trace    string // "Root=1-...", and ";Parent=...;Sampled=1" of a client that goes on with its own
	at       time.Time
	source   string // the address of the connection, no port
	arn      string // what is called: execute-api ARN with the path template

	token      *verify.Token  // proven by a Cognito authorizer
	remembered *remembered    // what was made of it before
	signer     *signer        // proven by a signature, of an AWS_IAM method
	bearer     *bearer.Caller // proven by a JWT authorizer

	resourceAllowed bool  // the API's own policy allows the request, before a Lambda authorizer is asked
	grant           grant // what an authorizer's function said; nil: none did
	said            said  // room for it

	answered  int     // the integration's own status; 0: none yet
	sent      int64   // bytes of the answer's body
	refusal   *denial // the gateway's own answer, if it gave one
	refusedAt string  // the step that did

	record audit.Record
	values []string // room for the answer's header values, made anew for each

	room   [8]param  // for params
	own    [5]string // room for the gateway's own headers of an event
	random [randomBytes]byte
	body   bytes.Buffer // room for the request's body
	read   bool         // the body is in its room
	held   int64        // bytes of it that are counted in bodies
	bodies *bodies
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

const largestRoom = 256 << 10 // bytes: what is larger is not worth keeping

// release gives x to the next request, with nothing of this one in it but room.
func (x *exchange) release() {
	body := x.body
	if body.Reset(); body.Cap() > largestRoom {
		body = bytes.Buffer{}
	}
	*x = exchange{body: body}
	exchanges.Put(x)
}

// addHeader adds a value to a header of the answer. The values of one answer
// share an array; each header has a part of it that cannot grow into the next.
func (x *exchange) addHeader(name, value string) {
	h := x.w.Header()
	if before := h[name]; len(before) > 0 {
		h[name] = append(before, value)
		return
	}
	if len(x.values) == cap(x.values) {
		x.values = make([]string, 0, 8)
	}
	n := len(x.values)
	x.values = append(x.values, value)
	h[name] = x.values[n : n+1 : n+1]
}

// step is one thing that a request goes through. A method's steps are fixed
// when its stage is compiled.
type step struct {
	name string
	do   func(ctx context.Context, g *Gateway, x *exchange) verdict
}

// verdict is what a step decides. The zero value denies.
type verdict struct {
	outcome outcome
	denial  *denial // what the client hears, for deny; nil: denyAccess
	reason  string  // for the operator's record
}

type outcome uint8

const (
	deny   outcome = iota
	pass           // on to the next step
	served         // the answer is written; the way ends here
)

func denied(d *denial, reason string) verdict { return verdict{deny, d, reason} }
func passed(reason string) verdict            { return verdict{pass, nil, reason} }

// run takes x through the steps. Steps that run out without an answer are a
// mistake, answered as one.
func (g *Gateway) run(ctx context.Context, x *exchange) {
	for i := range x.method.steps {
		s := &x.method.steps[i]
		v := s.do(ctx, g, x)
		switch v.outcome {
		case pass:
			x.record.Note(s.name, audit.Passed, v.reason, g.clock.Now())
		case served:
			x.record.Note(s.name, audit.Passed, v.reason, g.clock.Now())
			x.record.Outcome = audit.Passed
			return
		default:
			d := v.denial
			if d == nil {
				d = denyAccess
			}
			g.refuse(x, s.name, d, v.reason)
			return
		}
	}
	g.refuse(x, "end", failInternal, "no step answered")
}

// refuse writes a denial and notes why.
func (g *Gateway) refuse(x *exchange, step string, d *denial, reason string) {
	outcome := audit.Refused
	if d.status >= 500 {
		outcome = audit.Failed
	}
	x.record.Note(step, outcome, reason, g.clock.Now())
	x.record.Outcome = outcome
	x.refusal, x.refusedAt = d, step
	x.record.Status = d.write(x)
}
