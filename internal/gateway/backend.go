package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// backend is HTTP_PROXY: the request goes on to an HTTP server, its answer to the client.
type backend struct {
	verb     string // towards the server; ANY: the client's own
	scheme   string
	host     string
	path     string // escaped, with {variables}
	query    string // of the URI itself
	mappings []mapping
}

// newBackend is the transport of HTTP_PROXY: bounded in what it reads, without
// proxies of the environment, never following a redirect (it is no client).
func newBackend() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // what is encoded is the client's to decode
	}
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
	host, path, slash := strings.Cut(rest, "/")
	b := &backend{verb: i.Method, scheme: strings.ToLower(scheme), host: host, query: query}
	if slash {
		b.path = "/" + path
	}
	for target, source := range i.RequestParameters {
		m, err := compileMapping(s, target, source)
		if err != nil {
			return nil, err
		}
		b.mappings = append(b.mappings, m)
	}
	return b, nil
}

var errPathValue = errors.New("a value for the path of the backend is empty or a dot segment")

// target builds the URL. Every value is escaped to be one segment, or for
// {proxy+} several, so that none can choose another path than its own.
func (b *backend) target(x *exchange) (*url.URL, error) {
	values := map[string]string{}
	query := x.query(nil)
	for _, m := range b.mappings {
		got := m.value(x)
		switch {
		case m.place == "path" && len(got) > 0:
			escaped, err := escapePath(x, m, got[0])
			if err != nil {
				return nil, err
			}
			values[m.name] = escaped
		case m.place == "querystring":
			for _, v := range got {
				query = append(query, pair{m.name, v})
			}
		}
	}
	var missing bool
	path := pathVariable.ReplaceAllStringFunc(b.path, func(variable string) string {
		value, ok := values[pathVariable.FindStringSubmatch(variable)[1]]
		missing = missing || !ok
		return value
	})
	if missing {
		return nil, errPathValue
	}
	var encoded strings.Builder
	encoded.WriteString(b.query)
	for _, p := range query {
		if encoded.Len() > 0 {
			encoded.WriteByte('&')
		}
		encoded.WriteString(url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value))
	}
	u, err := url.Parse(b.scheme + "://" + b.host + path)
	if err != nil {
		return nil, err
	}
	u.RawQuery = encoded.String()
	return u, nil
}

// escapePath escapes a value for the path. A greedy variable keeps the slashes
// that were sent as slashes, and no others.
func escapePath(x *exchange, m mapping, value string) (string, error) {
	for _, p := range x.params {
		if p.value != value || !strings.Contains(p.raw, "/") {
			continue
		}
		parts := strings.Split(p.raw, "/")
		for i, part := range parts {
			plain, _ := unescape(part)
			parts[i] = escapeSegment(plain)
		}
		return strings.Join(parts, "/"), nil
	}
	if value == "" || value == "." || value == ".." {
		return "", errPathValue
	}
	return escapeSegment(value), nil
}

func (b *backend) serve(ctx context.Context, g *Gateway, x *exchange) verdict {
	body, d := readBody(x)
	// The transport may go on reading what it was given after it has answered: no
	// later exchange gets this memory.
	if len(body) > 0 {
		x.body = bytes.Buffer{}
	}
	if d != nil {
		return denied(d, badBody)
	}
	target, err := b.target(x)
	if err != nil {
		return denied(denyBadRequest, err.Error())
	}
	ctx, stop := context.WithTimeout(ctx, x.method.timeout)
	defer stop()
	request := (&http.Request{
		Method: b.verb, URL: target, Host: target.Host, Header: b.headers(x),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if b.verb == AnyVerb {
		request.Method = x.verb
	}
	if len(body) > 0 {
		// GetBody lets the transport try again, on a new connection, what an idle one did not take.
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		request.Body, _ = request.GetBody()
		request.ContentLength = int64(len(body))
	}
	for _, m := range b.mappings {
		if m.place != "header" {
			continue
		}
		values := m.value(x)
		for _, v := range values {
			if !isHeaderValue(v) {
				return denied(denyBadRequest, "a value for the header "+m.name+" has control characters")
			}
		}
		if len(values) > 0 {
			request.Header[canonicalName(m.name)] = values
		}
	}
	response, err := g.backend.RoundTrip(request)
	if err != nil {
		return backendFailed(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 599 {
		return denied(failBadAnswer, "the backend's status is not from 200 to 599")
	}
	answerBody, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return backendFailed(ctx, err)
	}
	if len(answerBody) > maxBody {
		return denied(failBadAnswer, "the backend's answer is over 10 MB")
	}
	a := answer{status: response.StatusCode, body: answerBody, unmeasured: request.Method == http.MethodHead}
	hop := nominated(response.Header)
	for name, values := range response.Header {
		if name = answerName(name); name == "" || hop[name] {
			continue
		}
		for _, value := range values {
			a.headers = append(a.headers, header{name, value})
		}
	}
	a.write(x)
	return verdict{outcome: served}
}

// headers are those that the backend sees.
func (b *backend) headers(x *exchange) http.Header {
	sent := x.backendHeaders(nil, new([5]string))
	h := make(http.Header, len(sent)+2)
	for _, f := range sent {
		// The method override has been obeyed, or the integration has a method of
		// its own: the backend must not take another one from it.
		if f.name != "Host" && f.name != methodOverride {
			h[f.name] = f.values
		}
	}
	h["X-Amzn-Apigateway-Api-Id"] = []string{x.stage.api}
	if len(h["User-Agent"]) == 0 {
		h["User-Agent"] = []string{"AmazonAPIGateway_" + x.stage.api}
	}
	return h
}

// backendFailed tells a backend that is slow from one that cannot be reached
// and one that talks nonsense.
func backendFailed(ctx context.Context, err error) verdict {
	var network net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return denied(failTimeout, "the backend did not answer in time")
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EPIPE):
		return denied(failUnreachable, "the backend cannot be reached or broke off")
	}
	return denied(failBadAnswer, "the backend's answer is not HTTP that can be trusted")
}
