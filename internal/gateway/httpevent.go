package gateway

import (
	"encoding/base64"
	"net/textproto"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The events that functions behind HTTP APIs get, version 2.0. Optional parts that
// are empty are left out; keys stand in the order in which API Gateway has them.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

// httpQuery appends the parameters of the query. A semicolon is a letter. A
// signature was for the gateway: nobody behind it is to use it again.
func (x *exchange) httpQuery(into []pair) []pair {
	raw := x.address.Query
	if x.presigned() {
		raw = x.rawQuery()
	}
	return parseQuery(raw, "&", into)
}

func (x *exchange) presigned() bool { return x.signer != nil && x.signer.signature.Presigned }

// rawQuery is the query as sent, without a signature.
func (x *exchange) rawQuery() string {
	if !x.presigned() {
		return x.address.Query
	}
	var kept []string
	for part := range strings.SplitSeq(x.address.Query, "&") {
		if name, _, _ := strings.Cut(part, "="); queryUnescape(name) != "X-Amz-Signature" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// decodedPath is a path as HTTP APIs show it to functions, with its escapes read.
// That loses which slashes were %2F: lookup has refused what it could matter to.
func decodedPath(path string) string {
	decoded, ok := unescape(path)
	if !ok {
		return path
	}
	return decoded
}

// shownPath is rawPath: with the stage, unless that is $default.
func (x *exchange) shownPath() string {
	path := decodedPath(x.path())
	if x.stage.name == DefaultRoute {
		return path
	}
	return "/" + x.stage.name + path
}

// httpHeaders are the headers that a function behind an HTTP API sees.
func (x *exchange) httpHeaders(into []field, body []byte, room *[1]string) []field {
	room[0] = strconv.Itoa(len(body))
	return append(x.backendHeaders(into, &x.own), field{"Content-Length", room[:]})
}

// appendEventTwo appends the event of version 2.0.
func (x *exchange) appendEventTwo(b []byte, q *httpMessage, body []byte) []byte {
	path := q.path
	if path == "" {
		path = x.shownPath()
	}
	b = append(b, `{"version":"2.0"`...)
	b = appendMember(b, "routeKey", x.method.key)
	b = appendMember(b, "rawPath", path)
	b = append(b, `,"rawQueryString":`...)
	if q.changed {
		b = appendText(b, encodeQuery(q.query))
	} else {
		b = appendText(b, x.rawQuery())
	}
	b = appendCookies(b, q.headers)
	b = append(b, `,"headers":`...)
	b = appendJoinedHeaders(b, q.headers)
	if len(q.query) > 0 {
		b = append(b, `,"queryStringParameters":`...)
		b = appendJoinedQuery(b, q.query)
	}
	b = append(b, `,"requestContext":`...)
	b = x.appendContextTwo(b, path)
	encoded := false
	if len(body) > 0 {
		b = append(b, `,"body":`...)
		b, encoded = x.appendHTTPBody(b, body)
	}
	if len(x.params) > 0 {
		b = append(b, `,"pathParameters":`...)
		b = appendParams(b, x.params)
	}
	b = append(b, `,"isBase64Encoded":`...)
	b = strconv.AppendBool(b, encoded)
	if len(x.stage.variables) > 0 {
		b = append(b, `,"stageVariables":`...)
		b = append(b, x.stage.variablesJSON...)
	}
	return append(b, '}')
}

func (x *exchange) appendContextTwo(b []byte, path string) []byte {
	b = append(b, '{')
	b = appendMember(b, "accountId", x.stage.account)
	b = appendMember(b, "apiId", x.stage.api)
	b = x.appendAuthorizerTwo(b)
	b = appendMember(b, "domainName", x.stage.host)
	b = appendMember(b, "domainPrefix", x.stage.api)
	b = append(b, `,"http":{`...)
	b = appendMember(b, "method", x.verb)
	b = appendMember(b, "path", path)
	b = appendMember(b, "protocol", x.r.Proto)
	b = appendMember(b, "sourceIp", x.source)
	b = appendMember(b, "userAgent", x.r.UserAgent())
	b = append(b, '}')
	b = appendMember(b, "requestId", x.extended)
	b = appendMember(b, "routeKey", x.method.key)
	b = appendMember(b, "stage", x.stage.name)
	b = append(b, `,"time":"`...)
	b = appendRequestTime(b, x.at)
	b = append(b, `","timeEpoch":`...)
	b = strconv.AppendInt(b, x.at.UnixMilli(), 10)
	return append(b, '}')
}

// appendAuthorizerTwo appends who was proved to call; nothing on open routes.
func (x *exchange) appendAuthorizerTwo(b []byte) []byte {
	switch {
	case x.said.answer != nil:
		b = append(b, `,"authorizer":{"lambda":`...)
		return append(append(b, x.said.answer.Context.Typed...), '}')
	case x.bearer != nil:
		b = append(b, `,"authorizer":{"jwt":{"claims":`...)
		b = append(append(b, x.bearer.Claims()...), `,"scopes":`...)
		return append(append(b, x.bearer.Scopes()...), "}}"...)
	case x.signer != nil:
		b = append(b, `,"authorizer":{"iam":`...)
		b = x.appendSigner(b)
		return append(b, '}')
	}
	return b
}

// appendSigner is who has signed, in the words of HTTP APIs.
func (x *exchange) appendSigner(b []byte) []byte {
	i := x.identity()
	b = append(b, '{')
	b = appendMember(b, "accessKey", i.accessKey)
	b = appendMember(b, "accountId", i.account)
	b = appendMember(b, "callerId", i.caller)
	b = append(b, `,"cognitoIdentity":`...)
	if i.identityID == "" {
		b = append(b, "null"...)
	} else {
		b = append(b, `{"amr":[`...)
		for n, method := range x.signer.call.Caller.Session.Claims[identityPool+":amr"] {
			if n > 0 {
				b = append(b, ',')
			}
			b = appendText(b, method)
		}
		b = append(b, ']')
		b = appendMember(b, "identityId", i.identityID)
		b = appendMember(b, "identityPoolId", i.poolID)
		b = append(b, '}')
	}
	b = append(b, `,"principalOrgId":null`...)
	b = appendMember(b, "userArn", i.userARN)
	b = appendMember(b, "userId", i.caller)
	return append(b, '}')
}

// appendCookies appends the cookies, which version 2.0 takes out of the headers.
func appendCookies(b []byte, headers []field) []byte {
	first := true
	for _, h := range headers {
		if h.name != "Cookie" {
			continue
		}
		for _, value := range h.values {
			for cookie := range strings.SplitSeq(value, ";") {
				if cookie = textproto.TrimString(cookie); cookie == "" {
					continue
				}
				if first {
					b = append(b, `,"cookies":[`...)
				} else {
					b = append(b, ',')
				}
				first = false
				b = appendText(b, cookie)
			}
		}
	}
	if first {
		return b
	}
	return append(b, ']')
}

// appendLower appends the name of a header in lower case, as a member's name.
func appendLower(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	for i := range len(name) { // a token: nothing in it needs an escape
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return append(b, '"', ':')
}

// appendJoinedHeaders has the values of a header in one text, with commas.
func appendJoinedHeaders(b []byte, headers []field) []byte {
	b = append(b, '{')
	for _, h := range headers {
		if h.name == "Cookie" || len(h.values) == 0 {
			continue
		}
		b = appendLower(b, h.name)
		b = append(b, '"')
		for i, value := range h.values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendEscaped(b, value)
		}
		b = append(b, '"')
	}
	return append(b, '}')
}

// appendJoinedQuery is the like of a query, which is sorted by name.
func appendJoinedQuery(b []byte, query []pair) []byte {
	b = append(b, '{')
	for i, p := range query {
		if i == 0 || query[i-1].name != p.name {
			if i > 0 {
				b = append(b, '"')
			}
			b = appendName(b, p.name)
			b = append(b, '"')
		} else {
			b = append(b, ',')
		}
		b = appendEscaped(b, p.value)
	}
	return append(b, '"', '}')
}

// appendHTTPBody appends the body as text or, of a type that is none, as base64.
func (x *exchange) appendHTTPBody(b, body []byte) (_ []byte, encoded bool) {
	if isTextBody(x.r.Header["Content-Type"], x.r.Header["Content-Encoding"], body) {
		return appendText(b, body), false
	}
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, body)
	return append(b, '"'), true
}

// isTextBody knows what HTTP APIs hand on as it is: text/*, JSON, XML and
// JavaScript that nobody has compressed. A form is not among it. A body of which
// nothing is said is text if it can be read as such.
func isTextBody(contentType, encoding []string, body []byte) bool {
	if len(encoding) > 0 && !strings.EqualFold(encoding[0], "identity") {
		return false
	}
	if len(contentType) == 0 {
		return utf8.Valid(body)
	}
	kind, _, _ := strings.Cut(contentType[0], ";")
	kind = textproto.TrimString(kind)
	const text = "text/"
	return len(kind) > len(text) && strings.EqualFold(kind[:len(text)], text) || strings.EqualFold(kind, "application/json") ||
		strings.EqualFold(kind, "application/xml") || strings.EqualFold(kind, "application/javascript")
}
