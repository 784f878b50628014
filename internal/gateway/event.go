package gateway

import (
	"encoding/base64"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// field is a header with all its values.
type field struct {
	name   string
	values []string
}

// backendHeaders are the headers that a function or backend sees: the client's,
// without those that are the connection's or the gateway's to say, and the
// gateway's own, whose values stand in own. Sorted by name.
func (x *exchange) backendHeaders(into []field, own *[5]string) []field {
	hop := nominated(x.r.Header)
	for name, values := range x.r.Header {
		switch {
		case hop[name] && !x.signs(name) || !passesToBackend(name, values):
		case name == "Host": // HTTP/2 lets one pass beside :authority, which is what was signed and looked at
		case name == "X-Forwarded-For" || name == "X-Forwarded-Port" || name == "X-Forwarded-Proto":
		default:
			into = append(into, field{name, values})
		}
	}
	// What the client says of earlier hops stays, before what is known: the last
	// address is the only one that the gateway vouches for.
	forwarded := x.source
	if earlier := x.r.Header["X-Forwarded-For"]; len(earlier) > 0 {
		forwarded = strings.Join(earlier, ", ") + ", " + x.source
	}
	*own = [5]string{x.r.Host, x.trace, forwarded, localPort(x.r), scheme(x.r)}
	into = append(into,
		field{"Host", own[0:1:1]}, field{"X-Amzn-Trace-Id", own[1:2:2]}, field{"X-Forwarded-For", own[2:3:3]},
		field{"X-Forwarded-Port", own[3:4:4]}, field{"X-Forwarded-Proto", own[4:5:5]})
	slices.SortFunc(into, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return into
}

// signs reports whether a signature covers the header. Nobody can then take it
// away by naming it in a Connection header, which mostly is not signed.
func (x *exchange) signs(name string) bool {
	return x.signer != nil && x.signer.signature.Signs(strings.ToLower(name))
}

// headerValues are the values of a header by its name in any casing; Host is
// not among net/http's.
func headerValues(h http.Header, name string) []string {
	return h[http.CanonicalHeaderKey(name)]
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// localPort is the port that the client connected to.
func localPort(r *http.Request) string {
	if addr, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return strconv.Itoa(addr.Port)
	}
	if r.TLS != nil {
		return "443"
	}
	return "80"
}

// appendEvent appends the event of a Lambda proxy integration, with its keys in
// the order that API Gateway writes them.
func (x *exchange) appendEvent(b, body []byte) []byte {
	var headerRoom [24]field
	var queryRoom [16]pair
	headers := x.backendHeaders(headerRoom[:0], &x.own)
	query := x.query(queryRoom[:0])

	b = append(b, `{"resource":`...)
	b = appendText(b, x.route.template)
	b = append(b, `,"path":`...)
	b = appendText(b, x.path())
	b = append(b, `,"httpMethod":`...)
	b = appendText(b, x.verb)
	b = append(b, `,"headers":`...)
	b = appendHeaders(b, headers)
	b = append(b, `,"multiValueHeaders":`...)
	b = appendAllHeaders(b, headers)
	b = append(b, `,"queryStringParameters":`...)
	b = appendQuery(b, query)
	b = append(b, `,"multiValueQueryStringParameters":`...)
	b = appendWholeQuery(b, query)
	b = append(b, `,"pathParameters":`...)
	b = appendSentParams(b, x.params)
	b = append(b, `,"stageVariables":`...)
	b = append(b, x.stage.variablesJSON...)
	b = append(b, `,"requestContext":`...)
	b = x.appendContext(b, false)
	b = append(b, `,"body":`...)
	b, encoded := x.appendBody(b, body)
	b = append(b, `,"isBase64Encoded":`...)
	b = strconv.AppendBool(b, encoded)
	return append(b, '}')
}

// path is the path below the stage, as sent.
func (x *exchange) path() string {
	if x.address.Path == "" {
		return "/"
	}
	return x.address.Path
}

// appendContext appends requestContext, for an authorizer's function with asking.
func (x *exchange) appendContext(b []byte, asking bool) []byte {
	b = append(b, `{"resourceId":`...)
	b = appendText(b, x.route.id)
	switch {
	case x.remembered != nil:
		b = append(b, `,"authorizer":{"claims":`...)
		b = append(b, x.remembered.claimsJSON()...)
		b = append(b, '}')
	case x.said.answer != nil:
		b = append(b, `,"authorizer":`...)
		b = x.said.append(b)
	}
	b = appendMember(b, "resourcePath", x.route.template)
	if x.method.operation != "" {
		b = appendMember(b, "operationName", x.method.operation)
	}
	b = appendMember(b, "httpMethod", x.verb)
	b = appendMember(b, "extendedRequestId", x.extended)
	b = append(b, `,"requestTime":"`...)
	b = appendRequestTime(b, x.at)
	b = append(b, `","path":"/`...)
	b = appendEscaped(b, x.stage.name)
	b = appendEscaped(b, x.slashes)
	b = appendEscaped(b, x.address.Path)
	b = append(b, '"')
	b = appendMember(b, "accountId", x.stage.account)
	b = appendMember(b, "protocol", x.r.Proto)
	b = appendMember(b, "stage", x.stage.name)
	b = appendMember(b, "domainPrefix", x.stage.api)
	b = append(b, `,"requestTimeEpoch":`...)
	b = strconv.AppendInt(b, x.at.UnixMilli(), 10)
	b = appendMember(b, "requestId", x.id)
	b = append(b, `,"identity":`...)
	b = x.appendIdentity(b)
	b = appendMember(b, "domainName", x.stage.host)
	if !asking {
		b = appendMember(b, "deploymentId", x.stage.deployment)
	}
	b = appendMember(b, "apiId", x.stage.api)
	return append(b, '}')
}

func appendHeaders(b []byte, headers []field) []byte {
	b = append(b, '{')
	for _, h := range headers {
		if len(h.values) > 0 {
			b = appendMember(b, h.name, h.values[len(h.values)-1])
		}
	}
	return append(b, '}')
}

func appendAllHeaders(b []byte, headers []field) []byte {
	b = append(b, '{')
	for _, h := range headers {
		if len(h.values) == 0 {
			continue
		}
		b = appendName(b, h.name)
		b = append(b, '[')
		for i, value := range h.values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, value)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendQuery keeps the last value of a repeated parameter. query is sorted by name.
func appendQuery(b []byte, query []pair) []byte {
	if len(query) == 0 {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for i, p := range query {
		if i+1 == len(query) || query[i+1].name != p.name {
			b = appendMember(b, p.name, p.value)
		}
	}
	return append(b, '}')
}

func appendWholeQuery(b []byte, query []pair) []byte {
	if len(query) == 0 {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for i, p := range query {
		if i == 0 || query[i-1].name != p.name {
			if i > 0 {
				b = append(b, ']')
			}
			b = appendName(b, p.name)
			b = append(b, '[')
		} else {
			b = append(b, ',')
		}
		b = appendText(b, p.value)
	}
	return append(b, "]}"...)
}

// appendSentParams appends the variables of the path as they were sent: functions
// of REST APIs unescape them themselves.
func appendSentParams(b []byte, params []param) []byte {
	if len(params) == 0 {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for _, p := range params {
		b = appendMember(b, p.name, p.raw)
	}
	return append(b, '}')
}

func appendParams(b []byte, params []param) []byte {
	if len(params) == 0 {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for _, p := range params {
		b = appendMember(b, p.name, p.value)
	}
	return append(b, '}')
}

// appendBody appends the body as text, or base64 if its type is binary for the
// API. An empty body is null.
func (x *exchange) appendBody(b, body []byte) (_ []byte, encoded bool) {
	if len(body) == 0 {
		return append(b, "null"...), false
	}
	if x.stage.binary.match(x.r.Header.Get("Content-Type")) {
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, body)
		return append(b, '"'), true
	}
	return appendText(b, body), false
}
