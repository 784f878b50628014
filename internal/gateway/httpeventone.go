package gateway

import "strconv"

// appendEventOne appends the event of version 1.0, which is nearly that of REST
// APIs. Empty parts are null.
func (x *exchange) appendEventOne(b []byte, q *httpMessage, body []byte) []byte {
	path := q.path
	if path == "" {
		path = x.shownPath()
	}
	b = append(b, `{"version":"1.0"`...)
	b = appendMember(b, "resource", x.route.template)
	b = appendMember(b, "path", path)
	b = appendMember(b, "httpMethod", x.verb)
	b = append(b, `,"headers":{`...)
	for _, h := range q.headers {
		if len(h.values) > 0 {
			b = appendText(appendLower(b, h.name), h.values[len(h.values)-1])
		}
	}
	b = append(b, `},"multiValueHeaders":{`...)
	for _, h := range q.headers {
		if len(h.values) == 0 {
			continue
		}
		b = append(appendLower(b, h.name), '[')
		for i, value := range h.values {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, value)
		}
		b = append(b, ']')
	}
	b = append(b, `},"queryStringParameters":`...)
	b = appendQuery(b, q.query)
	b = append(b, `,"multiValueQueryStringParameters":`...)
	b = appendWholeQuery(b, q.query)
	b = append(b, `,"requestContext":`...)
	b = x.appendContextOne(b, path)
	b = append(b, `,"pathParameters":`...)
	b = appendParams(b, x.params)
	b = append(b, `,"stageVariables":`...)
	b = append(b, x.stage.variablesJSON...)
	encoded := false
	b = append(b, `,"body":`...)
	if len(body) == 0 {
		b = append(b, "null"...)
	} else {
		b, encoded = x.appendHTTPBody(b, body)
	}
	b = append(b, `,"isBase64Encoded":`...)
	b = strconv.AppendBool(b, encoded)
	return append(b, '}')
}

func (x *exchange) appendContextOne(b []byte, path string) []byte {
	b = append(b, '{')
	b = appendMember(b, "accountId", x.stage.account)
	b = appendMember(b, "apiId", x.stage.api)
	b = x.appendAuthorizerOne(b)
	b = appendMember(b, "domainName", x.stage.host)
	b = appendMember(b, "domainPrefix", x.stage.api)
	b = appendMember(b, "extendedRequestId", x.extended)
	b = appendMember(b, "httpMethod", x.verb)
	b = append(b, `,"identity":`...)
	b = x.appendIdentity(b)
	if x.method.operation != "" {
		b = appendMember(b, "operationName", x.method.operation)
	}
	b = appendMember(b, "path", path)
	b = appendMember(b, "protocol", x.r.Proto)
	b = appendMember(b, "requestId", x.extended)
	b = append(b, `,"requestTime":"`...)
	b = appendRequestTime(b, x.at)
	b = append(b, `","requestTimeEpoch":`...)
	b = strconv.AppendInt(b, x.at.UnixMilli(), 10)
	b = append(b, `,"resourceId":null`...)
	b = appendMember(b, "resourcePath", x.route.template)
	b = appendMember(b, "stage", x.stage.name)
	return append(b, '}')
}

// appendAuthorizerOne: a token's claims, or what an authorizer's function said.
// Who has signed stands in identity, as in REST APIs.
func (x *exchange) appendAuthorizerOne(b []byte) []byte {
	if x.said.answer != nil {
		return x.said.append(append(b, `,"authorizer":`...))
	}
	if x.bearer != nil {
		b = append(append(b, `,"authorizer":{"claims":`...), x.bearer.Claims()...)
		return append(append(append(b, `,"scopes":`...), x.bearer.Scopes()...), '}')
	}
	return append(b, `,"authorizer":{"claims":null,"scopes":null}`...)
}
