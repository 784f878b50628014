package gateway

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
	b = orEmpty(b, len(x.params), func(b []byte) []byte { return appendParams(b, x.params) })
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
