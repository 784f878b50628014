package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
)

// answer is a function's answer to a proxied request.
type answer struct {
	status  int
	headers http.Header // under the names that the client sees
	body    string
	encoded bool // the body is base64
}

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
func readAnswer(payload []byte) (*answer, error) {
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 || payload[0] != '{' || !json.Valid(payload) {
		return nil, errNotObject
	}
	a := &answer{status: 200, headers: make(http.Header, 8)}
	var single, multi []byte
	for name, value := range members(payload) {
		ok, fail := true, error(nil)
		switch name {
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
			return nil, errUnknown
		}
		if !ok {
			return nil, fail
		}
	}
	// Multiple values go first, then the single one of the same name.
	for name, values := range members(multi) {
		if values[0] != '[' {
			return nil, errHeaders
		}
		for value := range elements(values) {
			if !a.add(name, value) {
				return nil, errHeaders
			}
		}
	}
	for name, value := range members(single) {
		if !a.add(name, value) {
			return nil, errHeaders
		}
	}
	return a, nil
}

func (a *answer) add(name string, raw []byte) bool {
	if isNull(raw) {
		return true
	}
	value, ok := readScalar(raw)
	if !ok || !isHeaderName(name) || !isHeaderValue(value) {
		return false
	}
	if name = answerName(name); name != "" {
		a.headers[name] = append(a.headers[name], value)
	}
	return true
}

// decode undoes the base64 of a body, if the client accepts what is binary for
// the API; otherwise it goes out as the function wrote it.
func (a *answer) decode(x *exchange) error {
	if !a.encoded || !x.stage.binary.match(x.r.Header.Get("Accept")) {
		return nil
	}
	body, err := base64.StdEncoding.DecodeString(a.body)
	if err != nil {
		return errBase64
	}
	a.body = string(body)
	return nil
}

// write sends the answer.
func (a *answer) write(x *exchange) {
	h := x.w.Header()
	for name, values := range a.headers {
		h[name] = values
	}
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = jsonContentType
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		h["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	}
	x.record.Status = a.status
	x.w.WriteHeader(a.status)
	if a.body != "" && x.r.Method != http.MethodHead {
		_, _ = io.WriteString(x.w, a.body) // a client that is gone needs no answer
	}
}

// readStatus reads 200 or "200". 1xx is no answer.
func readStatus(raw []byte) (int, bool) {
	text, ok := readScalar(raw)
	if !ok || len(text) != 3 || !isDigits(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 200 && n <= 599
}

func readBoolean(raw []byte) (value, ok bool) {
	switch strings.Trim(string(raw), `"`) {
	case "true":
		return true, true
	case "false", "null":
		return false, true
	}
	return false, false
}

func isNull(raw []byte) bool { return len(raw) == 0 || raw[0] == 'n' }

// readScalar is a text, or the text of a number or boolean; null is empty.
func readScalar(raw []byte) (string, bool) {
	switch raw[0] {
	case '{', '[':
		return "", false
	case 'n':
		return "", true
	case '"':
		return readString(raw), true
	}
	return string(raw), true
}

// readString reads a JSON string that is known to be valid.
func readString(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // json.Valid has seen it
	return s
}

// members are the names and raw values of an object of valid JSON. Of nothing,
// and of null, there are none.
func members(object []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if isNull(object) {
			return
		}
		for i := skipSpace(object, 1); object[i] != '}'; {
			end := valueEnd(object, i)
			name := object[i:end]
			i = skipSpace(object, skipSpace(object, end)+1) // over the colon
			end = valueEnd(object, i)
			if !yield(readString(name), object[i:end]) {
				return
			}
			if i = skipSpace(object, end); object[i] == ',' {
				i = skipSpace(object, i+1)
			}
		}
	}
}

// elements are the raw values of an array of valid JSON.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := skipSpace(array, 1); array[i] != ']'; {
			end := valueEnd(array, i)
			if !yield(array[i:end]) {
				return
			}
			if i = skipSpace(array, end); array[i] == ',' {
				i = skipSpace(array, i+1)
			}
		}
	}
}

func skipSpace(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' {
		i++
	}
	return i
}

// valueEnd is where the value that starts at i ends, in valid JSON.
func valueEnd(b []byte, i int) int {
	depth := 0
	for ; ; i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\n', '\r', ':':
			if depth == 0 {
				return i
			}
		}
	}
}
