package gateway

import "strings"

// The events of authorizers' functions.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html

// appendTokenEvent: a TOKEN authorizer hears three things.
func appendTokenEvent(_ *exchange, b []byte, arn string, values []string) []byte {
	b = append(b, `{"type":"TOKEN"`...)
	b = appendMember(b, "methodArn", arn)
	b = appendMember(b, "authorizationToken", values[0])
	return append(b, '}')
}

// appendRequestEvent: a REQUEST authorizer hears what the integration will, but
// the body. What is empty is an empty object here.
func appendRequestEvent(x *exchange, b []byte, arn string, _ []string) []byte {
	headers := x.backendHeaders(nil, &x.own)
	query := x.query(nil)
	b = append(b, `{"type":"REQUEST"`...)
	b = appendMember(b, "methodArn", arn)
	b = appendMember(b, "resource", x.route.template)
	b = appendMember(b, "path", x.path())
	b = appendMember(b, "httpMethod", x.verb)
	b = append(b, `,"headers":`...)
	b = appendHeaders(b, headers)
	b = append(b, `,"multiValueHeaders":`...)
	b = appendAllHeaders(b, headers)
	b = append(b, `,"queryStringParameters":`...)
	b = orEmpty(b, len(query), func(b []byte) []byte { return appendQuery(b, query) })
	b = append(b, `,"multiValueQueryStringParameters":`...)
	b = orEmpty(b, len(query), func(b []byte) []byte { return appendWholeQuery(b, query) })
	b = append(b, `,"pathParameters":`...)
	b = orEmpty(b, len(x.params), func(b []byte) []byte { return appendSentParams(b, x.params) })
	b = append(b, `,"stageVariables":`...)
	b = orEmpty(b, len(x.stage.variables), func(b []byte) []byte { return append(b, x.stage.variablesJSON...) })
	b = append(b, `,"requestContext":`...)
	b = x.appendContext(b, true)
	return append(b, '}')
}

func orEmpty(b []byte, n int, appendIt func([]byte) []byte) []byte {
	if n == 0 {
		return append(b, "{}"...)
	}
	return appendIt(b)
}

// appendHTTPRequestOne is the event of an HTTP API's authorizer, format 1.0.
func appendHTTPRequestOne(x *exchange, b []byte, arn string, values []string) []byte {
	headers := x.backendHeaders(nil, &x.own)
	query := x.httpQuery(nil)
	path := x.shownPath()
	identity := strings.Join(values, ",")
	b = append(b, `{"version":"1.0","type":"REQUEST"`...)
	b = appendMember(b, "methodArn", arn)
	b = appendMember(b, "identitySource", identity)
	b = appendMember(b, "authorizationToken", identity)
	b = appendMember(b, "resource", x.route.template)
	b = appendMember(b, "path", path)
	b = appendMember(b, "httpMethod", x.verb)
	b = append(b, `,"headers":{`...)
	for _, h := range headers {
		if len(h.values) > 0 {
			b = appendText(appendLower(b, h.name), h.values[len(h.values)-1])
		}
	}
	b = append(b, `},"queryStringParameters":`...)
	b = orEmpty(b, len(query), func(b []byte) []byte { return appendQuery(b, query) })
	b = append(b, `,"pathParameters":`...)
	b = orEmpty(b, len(x.params), func(b []byte) []byte { return appendParams(b, x.params) })
	b = append(b, `,"stageVariables":`...)
	b = orEmpty(b, len(x.stage.variables), func(b []byte) []byte { return append(b, x.stage.variablesJSON...) })
	b = append(b, `,"requestContext":{`...)
	b = appendMember(b, "path", path)
	b = appendMember(b, "accountId", x.stage.account)
	b = append(b, `,"resourceId":null`...)
	b = appendMember(b, "stage", x.stage.name)
	b = appendMember(b, "requestId", x.extended)
	b = append(b, `,"identity":`...)
	b = x.appendIdentity(b)
	b = appendMember(b, "resourcePath", x.route.template)
	b = appendMember(b, "httpMethod", x.verb)
	b = appendMember(b, "apiId", x.stage.api)
	return append(b, "}}"...)
}

// appendHTTPRequestTwo is the like of format 2.0. What is empty is left out.
func appendHTTPRequestTwo(x *exchange, b []byte, arn string, values []string) []byte {
	headers := x.backendHeaders(nil, &x.own)
	query := x.httpQuery(nil)
	path := x.shownPath()
	b = append(b, `{"version":"2.0","type":"REQUEST"`...)
	b = appendMember(b, "routeArn", arn)
	b = append(b, `,"identitySource":[`...)
	for i, value := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, value)
	}
	b = append(b, ']')
	b = appendMember(b, "routeKey", x.method.key)
	b = appendMember(b, "rawPath", path)
	b = appendMember(b, "rawQueryString", x.rawQuery())
	b = appendCookies(b, headers)
	b = append(b, `,"headers":`...)
	b = appendJoinedHeaders(b, headers)
	if len(query) > 0 {
		b = append(b, `,"queryStringParameters":`...)
		b = appendJoinedQuery(b, query)
	}
	b = append(b, `,"requestContext":`...)
	b = x.appendContextTwo(b, path)
	if len(x.params) > 0 {
		b = append(b, `,"pathParameters":`...)
		b = appendParams(b, x.params)
	}
	if len(x.stage.variables) > 0 {
		b = append(b, `,"stageVariables":`...)
		b = append(b, x.stage.variablesJSON...)
	}
	return append(b, '}')
}
