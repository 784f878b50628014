package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/textproto"
)

// What functions behind HTTP APIs answer. Keys that mean nothing are passed over.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response

var (
	errNotJSON      = errors.New("it is not JSON")
	errNoStatusCode = errors.New("it has no statusCode")
	errOneHeaders   = errors.New("headers, multiValueHeaders and cookies must be objects of valid header values, of lists of them, and a list of them")
	errDoubleKey    = errors.New("it has a key twice")
)

// textHeaders say what an answer is that does not. Not to be changed, as those of
// an answer whose headers are inferred.
var textHeaders = []header{{"Content-Type", "text/plain; charset=utf-8"}}

// parts are the members of an answer that mean something.
type parts struct {
	status, headers, multi, cookies, body, encoded []byte
}

func readParts(payload []byte) (parts, error) {
	var p parts
	for name, value := range members(payload) {
		var of *[]byte
		switch string(name) {
		case "statusCode":
			of = &p.status
		case "headers":
			of = &p.headers
		case "multiValueHeaders":
			of = &p.multi
		case "cookies":
			of = &p.cookies
		case "body":
			of = &p.body
		case "isBase64Encoded":
			of = &p.encoded
		default:
			continue
		}
		if *of != nil {
			return p, errDoubleKey
		}
		*of = value
	}
	return p, nil
}

// readAnswerTwo reads an answer of version 2.0. JSON without a statusCode is the
// body as it stands, but for a string, which is its text. ownCORS: the gateway
// says itself what other origins may do.
func readAnswerTwo(payload []byte, ownCORS bool) (answer, error) {
	if payload = bytes.Trim(payload, jsonSpace); !json.Valid(payload) {
		return answer{}, errNotJSON
	}
	var p parts
	if payload[0] == '{' {
		var err error
		if p, err = readParts(payload); err != nil {
			return answer{}, err
		}
	}
	if p.status == nil {
		if payload[0] == '"' {
			payload = unquote(payload)
		}
		return answer{status: http.StatusOK, headers: inferredHeaders, body: payload}, nil
	}
	p.multi = nil // 2.0 has none
	return p.answer(ownCORS)
}

var inferredHeaders = []header{{"Content-Type", "application/json"}}

// readAnswerOne reads an answer of version 1.0.
func readAnswerOne(payload []byte, ownCORS bool) (answer, error) {
	payload = bytes.Trim(payload, jsonSpace)
	if len(payload) == 0 || payload[0] != '{' || !json.Valid(payload) {
		return answer{}, errNotObject
	}
	p, err := readParts(payload)
	if err != nil {
		return answer{}, err
	}
	if p.status == nil {
		return answer{}, errNoStatusCode
	}
	p.cookies = nil // 1.0 has none
	return p.answer(ownCORS)
}

func (p parts) answer(ownCORS bool) (answer, error) {
	var a answer
	var ok bool
	if a.status, ok = readStatus(p.status); !ok {
		return a, errStatus
	}
	if p.body != nil {
		if a.body, ok = readScalar(p.body); !ok {
			return a, errBody
		}
	}
	if p.encoded != nil {
		if a.encoded, ok = readBoolean(p.encoded); !ok {
			return a, errBody
		}
	}
	if !a.readHeaders(p, ownCORS) {
		return a, errOneHeaders
	}
	if a.encoded { // whatever the client accepts
		plain, err := base64.StdEncoding.AppendDecode(nil, a.body)
		if err != nil {
			return a, errBase64
		}
		a.body, a.encoded = plain, false
	}
	return a, nil
}

func (a *answer) readHeaders(p parts, ownCORS bool) bool {
	if !isObjectOrNull(p.multi) || !isObjectOrNull(p.headers) || !isNull(p.cookies) && p.cookies[0] != '[' {
		return false
	}
	for name, values := range members(p.multi) {
		if isNull(values) {
			continue
		}
		if values[0] != '[' {
			return false
		}
		for value := range elements(values) {
			if !a.addHTTP(string(name), value, ownCORS) {
				return false
			}
		}
	}
	several := len(a.headers)
	for name, value := range members(p.headers) {
		if !a.addHTTP(string(name), value, ownCORS) {
			return false
		}
	}
	a.dropRepeated(several)
	if !isNull(p.cookies) {
		for cookie := range elements(p.cookies) {
			if !a.addHTTP("Set-Cookie", cookie, ownCORS) {
				return false
			}
		}
	}
	for _, h := range a.headers {
		if h.name == "Content-Type" {
			return true
		}
	}
	if a.headers == nil {
		a.headers = textHeaders
	} else {
		a.headers = append(a.headers, textHeaders...)
	}
	return true
}

func isObjectOrNull(raw []byte) bool { return isNull(raw) || raw[0] == '{' }

func (a *answer) addHTTP(name string, raw []byte, ownCORS bool) bool {
	if isNull(raw) {
		return true
	}
	value, ok := readScalar(raw)
	if !ok || !isHeaderName(name) || !isHeaderValue(string(value)) {
		return false
	}
	if name = textproto.CanonicalMIMEHeaderKey(name); passesToClient(name, ownCORS) {
		a.headers = append(a.headers, header{name, string(value)})
	}
	return true
}

// notAnswered are headers of an integration that mean nothing to the client: those
// of its own connection, and what only the gateway may say.
var notAnswered = nameSet("Connection", "Content-Length", "Date", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection",
	"TE", "Trailer", "Transfer-Encoding", "Upgrade", "Apigw-Requestid")

func passesToClient(canonical string, ownCORS bool) bool {
	return !notAnswered[canonical] && !(ownCORS && isCORSHeader(canonical))
}
