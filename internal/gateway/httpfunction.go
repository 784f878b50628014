package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	return &httpFunction{lambda{function: uri, role: i.CredentialsARN}, i.PayloadVersion == PayloadTwo, c}, nil
}

var errNamesNoFunction = errors.New("the integration's URI, with the stage's variables in it, names no function")

func (f *httpFunction) serve(_ context.Context, g *Gateway, x *exchange) verdict {
	body, d := readBody(x)
	if d != nil {
		return denied(d, badBody)
	}
	var headerRoom [24]field
	var queryRoom [16]pair
	var lengthRoom [1]string
	q := httpMessage{headers: x.httpHeaders(headerRoom[:0], body, &lengthRoom), query: x.httpQuery(queryRoom[:0])}
	if !q.change(x, f.changes.request, body) {
		return denied(denyBadRequest, badMapping)
	}
	room := rooms.Get().(*[]byte)
	event := (*room)[:0]
	if f.two {
		event = x.appendEventTwo(event, &q, body)
	} else {
		event = x.appendEventOne(event, &q, body)
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

// answerHTTP sends the answer of an integration of an HTTP API.
func (x *exchange) answerHTTP(a *answer, c *changes) verdict {
	if !c.answer(x, a) {
		return denied(failBadAnswer, badMapping)
	}
	x.stage.http.cors.tellOrigin(x)
	a.write(x)
	return verdict{outcome: served}
}
