package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// httpFunction is AWS_PROXY of an HTTP API.
type httpFunction struct {
	lambda
	two     bool // version 2.0 of event and answer; otherwise 1.0
	changes changes
}

func compileHTTPFunction(s *stage, i *HTTPIntegration, c changes) (integration, error) {
	uri, missing := substitute(i.URI, s.variables)
	if missing != "" {
		return nil, fmt.Errorf("the stage has no variable %q, which the integration's URI names", missing)
	}
	if strings.Contains(uri, ":lambda:path/") {
		parts := functionURI.FindStringSubmatch(uri)
		if parts == nil {
			return nil, errNamesNoFunction
		}
		uri = parts[2]
	}
	if !functionARN.MatchString(uri) {
		return nil, errNamesNoFunction
	}
	switch i.PayloadVersion {
	case PayloadOne, PayloadTwo:
	default:
		return nil, fmt.Errorf("the payload format version %q is none", i.PayloadVersion)
	}
	return &httpFunction{lambdaAs(uri, i.CredentialsARN), i.PayloadVersion == PayloadTwo, c}, nil
}

var errNamesNoFunction = errors.New("the integration's URI, with the stage's variables in it, names no function")

func (f *httpFunction) serve(_ context.Context, g *Gateway, x *exchange) verdict {
	body, refused := readBody(x)
	if refused.denial != nil {
		return refused
	}
	room := rooms.Get().(*[]byte)
	event, ok := f.appendEvent((*room)[:0], x, body)
	if !ok {
		return denied(denyBadRequest, badMapping)
	}
	payload, failure := f.ask(g, x, room, event)
	if failure.denial != nil {
		return failure
	}
	read := readAnswerOne
	if f.two {
		read = readAnswerTwo
	}
	a, err := read(payload, x.stage.http.cors != nil)
	if err != nil {
		return denied(failBadAnswer, "malformed answer of the function: "+err.Error())
	}
	return x.answerHTTP(&a, &f.changes)
}

// appendEvent appends the event of the integration's version. ok is false for a
// mapped value that cannot stand where it is to go.
func (f *httpFunction) appendEvent(b []byte, x *exchange, body []byte) (_ []byte, ok bool) {
	r := messageRooms.Get().(*messageRoom)
	defer r.release()
	r.headers, r.query = x.httpHeaders(r.headers[:0], body, &r.length), x.httpQuery(r.query[:0])
	q := &r.message
	q.headers, q.query = r.headers, r.query
	if !q.change(x, f.changes.request, body) {
		return b, false
	}
	if f.two {
		return x.appendEventTwo(b, q, body), true
	}
	return x.appendEventOne(b, q, body), true
}

// messageRoom is memory for the parts of an event. The next one uses it again.
type messageRoom struct {
	message httpMessage
	headers []field
	query   []pair
	length  [1]string
}

var messageRooms = sync.Pool{New: func() any { return new(messageRoom) }}

func (r *messageRoom) release() {
	clear(r.headers)
	clear(r.query)
	*r = messageRoom{headers: r.headers[:0], query: r.query[:0]}
	messageRooms.Put(r)
}

// answerHTTP sends the answer of an integration of an HTTP API.
func (x *exchange) answerHTTP(a *answer, c *changes) verdict {
	if !c.answer(x, a) {
		return denied(failBadAnswer, badMapping)
	}
	x.stage.http.cors.tellOrigin(x)
	a.write(x)
	return verdict{outcome: served}
}
