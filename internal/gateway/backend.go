package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/upstream"
)

// backend is HTTP_PROXY: the request goes on to an HTTP server, its answer to the client.
type backend struct {
	verb     string // towards the server; ANY: the client's own
	secure   bool   // https
	host     string
	path     []pathPart
	query    string // of the URI itself
	mappings []mapping
}

func compileBackend(s *stage, r *route, i *Integration) (integration, error) {
	uri, missing := substitute(i.URI, s.variables)
	if missing != "" {
		return nil, fmt.Errorf("the stage has no variable %q, which the integration's URI names", missing)
	}
	// Again, now that the variables of the stage stand in it.
	if err := CheckBackendURI(uri); err != nil {
		return nil, err
	}
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, slash := strings.Cut(rest, "/")
	if slash {
		path = "/" + path
	}
	u, err := url.Parse(scheme + "://" + authority) // which reads %5B in an address, for example
	if err != nil {
		return nil, err
	}
	b := &backend{verb: i.Method, secure: strings.EqualFold(scheme, "https"), host: u.Host, path: compilePath(path), query: escapeWritten(query)}
	for target, source := range i.RequestParameters {
		m, err := compileMapping(s, target, source)
		if err != nil {
			return nil, err
		}
		b.mappings = append(b.mappings, m)
	}
	return b, nil
}

// carriage is the memory of a request to a backend and of its answer. The next
// one uses it again, so nothing of it is kept.
type carriage struct {
	request upstream.Request
	answer  upstream.Answer
	sent    []field
	shown   []header
	own     [5]string
	target  []byte
}

var carriages = sync.Pool{New: func() any { return new(carriage) }}

func (c *carriage) release() {
	clear(c.request.Fields)
	clear(c.answer.Fields)
	clear(c.sent)
	clear(c.shown)
	body := c.answer.Body[:0]
	if cap(body) > largestRoom {
		body = nil
	}
	*c = carriage{
		request: upstream.Request{Fields: c.request.Fields[:0]}, answer: upstream.Answer{Fields: c.answer.Fields[:0], Body: body},
		sent: c.sent[:0], shown: c.shown[:0], target: c.target[:0],
	}
	carriages.Put(c)
}

func (b *backend) serve(ctx context.Context, g *Gateway, x *exchange) verdict {
	body, refused := readBody(x)
	if refused.denial != nil {
		return refused
	}
	c := carriages.Get().(*carriage)
	defer c.release()
	target, err := b.target(x, c.target)
	if err != nil {
		return denied(denyBadRequest, err.Error())
	}
	c.target = target
	q := &c.request
	q.Secure, q.Host, q.Method, q.Target, q.Body = b.secure, b.host, b.verb, string(target), body
	if b.verb == AnyVerb {
		q.Method = x.verb
	}
	q.Deadline, q.MaxBody = time.Now().Add(x.method.timeout), maxBody
	if err := b.headers(x, c); err != nil {
		return denied(denyBadRequest, err.Error())
	}
	if err := g.backend.Do(ctx, q, &c.answer); err != nil {
		return backendFailed(err)
	}
	a := answer{status: c.answer.Status, body: c.answer.Body, unmeasured: q.Method == http.MethodHead, headers: shownHeaders(c)}
	a.write(x)
	return verdict{outcome: served}
}

// shownHeaders are those of the backend that the client sees.
func shownHeaders(c *carriage) []header {
	var connection []string
	for _, f := range c.answer.Fields {
		if strings.EqualFold(f.Name, "Connection") {
			connection = append(connection, f.Value)
		}
	}
	var hop map[string]bool
	if connection != nil {
		hop = nominated(http.Header{"Connection": connection})
	}
	for _, f := range c.answer.Fields {
		canonical := canonicalName(f.Name)
		if hop[canonical] {
			continue
		}
		if name := answerName(canonical); name != "" {
			c.shown = append(c.shown, header{name, f.Value})
		}
	}
	return c.shown
}

// headers fills in those that the backend sees.
func (b *backend) headers(x *exchange, c *carriage) error {
	fields := c.request.Fields[:0]
	c.sent = x.backendHeaders(c.sent[:0], &c.own)
	agent := false
	for _, f := range c.sent {
		// The method override has been obeyed, or the integration has a method of
		// its own: the backend must not take another one from it. What a mapping sets
		// is nobody else's to say, also when it has no value: a header that is to say
		// who the caller is must not stay as they wrote it.
		if f.name == "Host" || f.name == methodOverride || b.setsHeader(f.name) {
			continue
		}
		agent = agent || f.name == "User-Agent"
		for _, value := range f.values {
			fields = append(fields, upstream.Field{Name: f.name, Value: value})
		}
	}
	fields = append(fields, upstream.Field{Name: "X-Amzn-Apigateway-Api-Id", Value: x.stage.api})
	for _, m := range b.mappings {
		if m.place != "header" {
			continue
		}
		name := canonicalName(m.name)
		for _, v := range m.value(x) {
			if !isHeaderValue(v) {
				return errors.New("a value for the header " + m.name + " has control characters")
			}
			agent = agent || name == "User-Agent"
			fields = append(fields, upstream.Field{Name: name, Value: v})
		}
	}
	if !agent {
		fields = append(fields, upstream.Field{Name: "User-Agent", Value: "AmazonAPIGateway_" + x.stage.api})
	}
	c.request.Fields = fields
	return nil
}

// setsHeader reports whether a mapping says what a header is, to any server.
func (b *backend) setsHeader(name string) bool {
	return slices.ContainsFunc(b.mappings, func(m mapping) bool { return m.place == "header" && readAlike(m.name, name) })
}

// backendFailed tells a backend that is slow from one that cannot be reached
// and one that talks nonsense. Whoever has gone away hears nothing of it.
func backendFailed(err error) verdict {
	var failed *upstream.Error
	if !errors.As(err, &failed) {
		return denied(failInternal, err.Error())
	}
	switch failed.Kind {
	case upstream.Timeout:
		return denied(failTimeout, "the backend did not answer in time")
	case upstream.Canceled:
		return denied(failUnreachable, "the client went away before the backend had answered")
	case upstream.Unreachable:
		return denied(failUnreachable, "the backend cannot be reached or broke off: "+failed.Err.Error())
	case upstream.TooLarge:
		return denied(failBadAnswer, failed.Err.Error())
	case upstream.Malformed:
		return denied(failBadAnswer, "the backend's answer is not HTTP that can be trusted: "+failed.Err.Error())
	}
	return denied(failBadAnswer, "the request cannot be sent to the backend: "+failed.Err.Error())
}
