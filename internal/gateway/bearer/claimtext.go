package bearer

import (
	"bytes"
	"encoding/json"

	"github.com/sallyport/sallyport/verify"
)

// appendClaims appends the claims as HTTP APIs hand them on: one JSON object, in
// which every value is a string. What is null is left out.
func appendClaims(b []byte, token *verify.Token) []byte {
	b = append(b, '{')
	for name, value := range token.All() {
		start := len(b)
		if start > 1 {
			b = append(b, ',')
		}
		encoded, err := json.Marshal(name)
		if err != nil {
			return []byte("{}") // a string cannot fail
		}
		b = append(append(b, encoded...), ':')
		var ok bool
		if b, ok = appendClaimText(b, value); !ok {
			b = b[:start]
		}
	}
	return append(b, '}')
}

// appendClaimText appends a claim as a JSON string: text as it is, numbers and
// booleans as the token spells them, lists as [a b], objects as JSON. ok is false
// for null.
//
// The value has passed verify's reader. So what stands between the quotes of its
// strings may stand between others as it is.
func appendClaimText(b []byte, value json.RawMessage) (_ []byte, ok bool) {
	if len(value) == 0 || value[0] == 'n' {
		return b, false
	}
	b = append(b, '"')
	return append(appendInner(b, value), '"'), true
}

// appendInner appends what stands between the quotes.
func appendInner(b []byte, value json.RawMessage) []byte {
	switch value[0] {
	case '"':
		return append(b, value[1:len(value)-1]...)
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(value, &elements) != nil {
			return b
		}
		b = append(b, '[')
		for i, element := range elements {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendInner(b, element)
		}
		return append(b, ']')
	case '{':
		var compact bytes.Buffer
		if json.Compact(&compact, value) != nil {
			return b
		}
		for _, c := range compact.Bytes() {
			if c == '"' || c == '\\' {
				b = append(b, '\\')
			}
			b = append(b, c)
		}
		return b
	}
	return append(b, value...) // a number, true, false, or null in a list
}
