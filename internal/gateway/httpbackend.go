package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/upstream"
)

// httpBackend is HTTP_PROXY of an HTTP API: the request goes on to an HTTP server,
// its answer to the client.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
type httpBackend struct {
	verb    string // towards the server; ANY: the client's own
	secure  bool   // https
	host    string
	path    []pathPart
	whole   bool   // of $default: the path of the request follows that of the URI
	query   string // of the URI itself
	changes changes
}

func compileHTTPBackend(s *stage, key RouteKey, i *HTTPIntegration, c changes) (integration, error) {
	uri, missing := substitute(i.URI, s.variables)
	if missing != "" {
		return nil, fmt.Errorf("the stage has no variable %q, which the integration's URI names", missing)
	}
	if err := CheckBackendURI(uri); err != nil {
		return nil, err
	}
	if i.Method != AnyVerb && !IsVerb(i.Method) {
		return nil, fmt.Errorf("the integration's method %q is none", i.Method)
	}
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, slash := strings.Cut(rest, "/")
	if slash {
		path = "/" + path
	}
	u, err := url.Parse(scheme + "://" + authority)
	if err != nil {
		return nil, err
	}
	if key.Default {
		path = strings.TrimSuffix(path, "/")
	}
	b := &httpBackend{
		verb: i.Method, secure: strings.EqualFold(scheme, "https"), host: u.Host, whole: key.Default, query: escapeWritten(query), changes: c,
	}
	if path != "" || !b.whole {
		b.path = compilePath(path)
	}
	for _, part := range b.path {
		if part.variable != "" && !slices.Contains(key.Variables(), part.variable) {
			return nil, fmt.Errorf("the integration's URI has a variable %q that the route's path has not", part.variable)
		}
	}
	return b, nil
}

func (b *httpBackend) serve(ctx context.Context, g *Gateway, x *exchange) verdict {
	body, refused := readBody(x)
	if refused.denial != nil {
		return refused
	}
	c := carriages.Get().(*carriage)
	defer c.release()
	c.sent = slices.DeleteFunc(x.backendHeaders(c.sent[:0], &c.own), func(f field) bool { return strings.HasPrefix(f.name, "X-Forwarded-") })
	var queryRoom [16]pair
	m := httpMessage{headers: c.sent, query: x.httpQuery(queryRoom[:0])}
	if !m.change(x, b.changes.request, body) {
		return denied(denyBadRequest, badMapping)
	}
	target, err := b.target(x, &m, c.target)
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
	q.Fields = httpFields(x, m.headers, q.Fields[:0])
	if err := g.backend.Do(ctx, q, &c.answer); err != nil {
		return backendFailed(err)
	}
	a := answer{status: c.answer.Status, body: c.answer.Body, unmeasured: q.Method == http.MethodHead, headers: httpShown(c, x.stage.http.cors != nil)}
	return x.answerHTTP(&a, &b.changes)
}

// target appends the request target. Each value is escaped to be what it was in
// the client's path, so that none can choose another one.
func (b *httpBackend) target(x *exchange, m *httpMessage, into []byte) ([]byte, error) {
	if m.path != "" {
		into = append(into, escapeWhole(m.path)...)
	} else {
		for _, part := range b.path {
			if part.variable == "" {
				into = append(into, part.text...)
				continue
			}
			value, err := pathVariableOf(x, part.variable)
			if err != nil {
				return nil, err
			}
			into = append(into, value...)
		}
		if b.whole {
			into = append(into, escapeSent(x.path())...)
		}
		if len(b.path) > 1 && hasDotSegment(string(into)) {
			return nil, errPathValue // of what was written and a value together
		}
	}
	separator := byte('?')
	if b.query != "" {
		into = append(append(into, '?'), b.query...)
		separator = '&'
	}
	for _, p := range m.query {
		into = append(into, separator)
		into = append(into, url.QueryEscape(p.name)...)
		into = append(into, '=')
		into = append(into, url.QueryEscape(p.value)...)
		separator = '&'
	}
	return into, nil
}

// pathVariableOf is the escaped value of a variable. A greedy one keeps the
// slashes that were sent as slashes, and no others.
func pathVariableOf(x *exchange, name string) (string, error) {
	for _, p := range x.params {
		if p.name != name {
			continue
		}
		if p.value == "." || p.value == ".." {
			break
		}
		return escapeSent(p.raw), nil
	}
	return "", errPathValue
}

// escapeSent writes a path anew, with each segment escaped in the one way that
// nobody can misread.
func escapeSent(raw string) string {
	plain := true
	for i := range len(raw) {
		plain = plain && (isUnreserved(raw[i]) || raw[i] == '/')
	}
	if plain {
		return raw
	}
	parts := strings.Split(raw, "/")
	for i, part := range parts {
		value, _ := unescape(part)
		parts[i] = escapeSegment(value)
	}
	return strings.Join(parts, "/")
}

// encodeQuery is the query that functions see when parameters were changed.
func encodeQuery(query []pair) string {
	var b strings.Builder
	for i, p := range query {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value))
	}
	return b.String()
}

// httpFields are the headers that the backend sees. HTTP APIs tell of the hops
// before it in Forwarded (RFC 7239); of X-Forwarded-* it gets what a mapping sets.
func httpFields(x *exchange, headers []field, into []upstream.Field) []upstream.Field {
	agent := false
	var hops []string
	via := "HTTP/1.1 AmazonAPIGateway"
	for _, f := range headers {
		switch {
		case f.name == "Host":
			continue
		case f.name == "Forwarded":
			hops = append(hops, f.values...)
			continue
		case f.name == "Via":
			via = strings.Join(f.values, ", ") + ", " + via
			continue
		}
		agent = agent || f.name == "User-Agent"
		for _, value := range f.values {
			into = append(into, upstream.Field{Name: f.name, Value: value})
		}
	}
	hops = append(append(hops, earlierHops(x.r.Header["X-Forwarded-For"])...), ownHop(x))
	into = append(into, upstream.Field{Name: "Forwarded", Value: strings.Join(hops, ", ")}, upstream.Field{Name: "Via", Value: via})
	if !agent {
		into = append(into, upstream.Field{Name: "User-Agent", Value: "AmazonAPIGateway_" + x.stage.api})
	}
	return into
}

// earlierHops are what the client says of those before it. It proves nothing.
func earlierHops(forwardedFor []string) []string {
	var hops []string
	for _, value := range forwardedFor {
		for address := range strings.SplitSeq(value, ",") {
			if address = strings.Trim(address, " \t"); address != "" {
				hops = append(hops, "for="+hopNode(address))
			}
		}
	}
	return hops
}

// ownHop is what the gateway knows: the last one of the list.
func ownHop(x *exchange) string {
	hop := "for=" + hopNode(x.source) + ";host=" + quotedHop(x.r.Host) + ";proto=" + scheme(x.r)
	if own, ok := x.r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return "by=" + hopNode(own.IP.String()) + ";" + hop
	}
	return hop
}

// hopNode writes an address; one of IPv6 stands in brackets.
func hopNode(address string) string {
	if strings.Contains(address, ":") && !strings.Contains(address, "[") && net.ParseIP(address) != nil {
		address = "[" + address + "]"
	}
	return quotedHop(address)
}

// quotedHop quotes what is no token, so that no value can begin another one.
func quotedHop(value string) string {
	if isHeaderName(value) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// httpShown are the headers of the backend that the client sees.
func httpShown(c *carriage, ownCORS bool) []header {
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
		if name := canonicalName(f.Name); !hop[name] && passesToClient(name, ownCORS) {
			c.shown = append(c.shown, header{name, f.Value})
		}
	}
	return c.shown
}
