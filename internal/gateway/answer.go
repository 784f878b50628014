package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// answer is a function's answer to a proxied request.
type answer struct {
	status  int
	headers []header // under the names that the client sees, in their order
	body    []byte
	encoded bool // the body is base64

	unmeasured bool // nobody knows how long the body would be: an answer to HEAD
}

// header is one value of a header. A name may come again.
type header struct{ name, value string }

var (
	errNotObject = errors.New("it is not one JSON object")
	errUnknown   = errors.New("it has a key that is none of statusCode, headers, multiValueHeaders, body and isBase64Encoded")
	errStatus    = errors.New("statusCode is not a number from 200 to 599")
	errHeaders   = errors.New("headers and multiValueHeaders must be objects of valid header values and of lists of them")
	errBody      = errors.New("body must be a text, and isBase64Encoded a boolean")
	errBase64    = errors.New("the function's body says that it is base64, and is not")
)

// readAnswer holds a function's payload to the form that API Gateway accepts.
// Keys are compared exactly; an unknown one fails, as at AWS.
func readAnswer(payload []byte) (answer, error) {
	payload = bytes.Trim(payload, jsonSpace)
	if len(payload) == 0 || payload[0] != '{' || !json.Valid(payload) {
		return answer{}, errNotObject
	}
	a := answer{status: 200}
	var single, multi []byte
	for name, value := range members(payload) {
		ok, fail := true, error(nil)
		switch string(name) {
		case "statusCode":
			a.status, ok = readStatus(value)
			fail = errStatus
		case "headers":
			single, ok = value, value[0] == '{' || isNull(value)
			fail = errHeaders
		case "multiValueHeaders":
			multi, ok = value, value[0] == '{' || isNull(value)
			fail = errHeaders
		case "body":
			a.body, ok = readScalar(value)
			fail = errBody
		case "isBase64Encoded":
			a.encoded, ok = readBoolean(value)
			fail = errBody
		default:
			return answer{}, errUnknown
		}
		if !ok {
			return answer{}, fail
		}
	}
	// Multiple values go first, then the single one of the same name.
	for name, values := range members(multi) {
		if values[0] != '[' {
			return answer{}, errHeaders
		}
		for value := range elements(values) {
			if !a.add(name, value) {
				return answer{}, errHeaders
			}
		}
	}
	several := len(a.headers)
	for name, value := range members(single) {
		if !a.add(name, value) {
			return answer{}, errHeaders
		}
	}
	a.dropRepeated(several)
	return a, nil
}

func (a *answer) add(name, raw []byte) bool {
	if isNull(raw) {
		return true
	}
	value, ok := readScalar(raw)
	if !ok || !isHeaderName(string(name)) || !isHeaderValue(string(value)) {
		return false
	}
	if shown := answerName(string(name)); shown != "" {
		a.headers = append(a.headers, header{shown, string(value)})
	}
	return true
}

// dropRepeated drops those headers after the first several that stand among them
// with the same value: many frameworks give both maps, and mean one Content-Type.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
func (a *answer) dropRepeated(several int) {
	if several == 0 {
		return
	}
	multi, kept := a.headers[:several], a.headers[:several]
	for _, h := range a.headers[several:] {
		if !slices.ContainsFunc(multi, func(m header) bool { return m.value == h.value && strings.EqualFold(m.name, h.name) }) {
			kept = append(kept, h)
		}
	}
	a.headers = kept
}

// decode undoes the base64 of a body, if the client accepts what is binary for
// the API; otherwise it goes out as the function wrote it.
func (a *answer) decode(x *exchange) error {
	if !a.encoded || !x.stage.binary.match(x.r.Header.Get("Accept")) {
		return nil
	}
	body, err := base64.StdEncoding.AppendDecode(nil, a.body)
	if err != nil {
		return errBase64
	}
	a.body = body
	return nil
}

// write sends the answer.
func (a *answer) write(x *exchange) {
	for _, h := range a.headers {
		x.addHeader(h.name, h.value)
	}
	if h := x.w.Header(); len(h["Content-Type"]) == 0 {
		h["Content-Type"] = jsonContentType
	}
	bodiless := a.status == http.StatusNoContent || a.status == http.StatusNotModified
	if !bodiless && !a.unmeasured {
		x.addHeader("Content-Length", strconv.Itoa(len(a.body)))
	}
	x.record.Status, x.answered = a.status, a.status
	x.w.WriteHeader(a.status)
	if len(a.body) > 0 && !bodiless && x.r.Method != http.MethodHead {
		x.sent = int64(len(a.body))
		_, _ = x.w.Write(a.body) // a client that is gone needs no answer
	}
}

// readStatus reads 200 or "200". 1xx is no answer.
func readStatus(raw []byte) (int, bool) {
	text, ok := readScalar(raw)
	if !ok || len(text) != 3 || !isDigits(string(text)) {
		return 0, false
	}
	n := int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0')
	return n, n >= 200 && n <= 599
}

func readBoolean(raw []byte) (value, ok bool) {
	switch string(bytes.Trim(raw, `"`)) {
	case "true":
		return true, true
	case "false", "null":
		return false, true
	}
	return false, false
}
