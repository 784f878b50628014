package awsapi

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a message. AWS's deepest input has eight levels.
const maxDepth = 64

// badInput is a message that is no message of its protocol, or whose values do
// not fit the operation's shape. The text goes to the client.
type badInput struct{ text string }

func (e *badInput) Error() string { return e.text }

func bad(text string) error { return &badInput{text} }

// clip shortens what a client wrote before it is said back to it.
func clip(text string) string {
	if len(text) <= 128 {
		return text
	}
	return strings.ToValidUTF8(text[:128], "") + "..."
}

// jsonText reads one JSON text strictly (RFC 8259): no trailing bytes, no
// invalid UTF-8, no lone surrogates, bounded depth. It keeps no copy of what it
// does not need.
type jsonText struct {
	data  []byte
	pos   int
	depth int
}

// token is the kind of the value that comes next, by its first byte.
type token byte

const (
	tokenEnd    token = 0
	tokenObject token = '{'
	tokenList   token = '['
	tokenString token = '"'
	tokenNumber token = '0'
	tokenTrue   token = 't'
	tokenFalse  token = 'f'
	tokenNull   token = 'n'
	tokenBad    token = '?'
)

// newJSONText refuses what is not UTF-8 at once, so that nothing below needs to ask.
func newJSONText(data []byte) (*jsonText, error) {
	if !utf8.Valid(data) {
		return nil, bad("The request is not valid UTF-8")
	}
	return &jsonText{data: data}, nil
}

func (t *jsonText) space() {
	for t.pos < len(t.data) {
		switch t.data[t.pos] {
		case ' ', '\t', '\n', '\r':
			t.pos++
		default:
			return
		}
	}
}

func (t *jsonText) peek() token {
	t.space()
	if t.pos >= len(t.data) {
		return tokenEnd
	}
	switch c := t.data[t.pos]; c {
	case '{', '[', '"', 't', 'f', 'n':
		return token(c)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return tokenNumber
	}
	return tokenBad
}

func (t *jsonText) broken() error {
	if t.pos >= len(t.data) {
		return bad("Unexpected end of the JSON text")
	}
	return bad("Unexpected character in the JSON text at byte " + strconv.Itoa(t.pos))
}

// finish makes sure that nothing follows.
func (t *jsonText) finish() error {
	if t.space(); t.pos < len(t.data) {
		return bad("Unexpected text after the JSON value at byte " + strconv.Itoa(t.pos))
	}
	return nil
}

func (t *jsonText) literal(word string) error {
	if len(t.data)-t.pos < len(word) || string(t.data[t.pos:t.pos+len(word)]) != word {
		return t.broken()
	}
	t.pos += len(word)
	return nil
}

// null takes a null if one comes next.
func (t *jsonText) null() (bool, error) {
	if t.peek() != tokenNull {
		return false, nil
	}
	return true, t.literal("null")
}

// object calls member for each name of an object, at its value. name is good
// until the next read.
func (t *jsonText) object(member func(name []byte) error) error {
	if err := t.open('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		t.space()
		if done, err := t.next('}', first); done || err != nil {
			return err
		}
		if t.peek() != tokenString {
			return t.broken()
		}
		name, err := t.text()
		if err != nil {
			return err
		}
		if t.space(); t.pos >= len(t.data) || t.data[t.pos] != ':' {
			return t.broken()
		}
		t.pos++
		if err := member(name); err != nil {
			return err
		}
	}
}

// list calls element for each element of a list, at its value.
func (t *jsonText) list(element func() error) error {
	if err := t.open('['); err != nil {
		return err
	}
	for first := true; ; first = false {
		t.space()
		if done, err := t.next(']', first); done || err != nil {
			return err
		}
		if err := element(); err != nil {
			return err
		}
	}
}

func (t *jsonText) open(c byte) error {
	if t.space(); t.pos >= len(t.data) || t.data[t.pos] != c {
		return t.broken()
	}
	if t.depth++; t.depth > maxDepth {
		return bad("The JSON text is nested too deeply")
	}
	t.pos++
	return nil
}

// next steps over what stands between two elements, or over the end.
func (t *jsonText) next(end byte, first bool) (done bool, err error) {
	if t.pos >= len(t.data) {
		return false, t.broken()
	}
	switch c := t.data[t.pos]; {
	case c == end:
		t.pos++
		t.depth--
		return true, nil
	case first:
		return false, nil
	case c == ',':
		t.pos++
		return false, nil
	}
	return false, t.broken()
}

// text reads a string. The result may point into the message.
func (t *jsonText) text() ([]byte, error) {
	t.pos++ // the opening quote
	start := t.pos
	for t.pos < len(t.data) {
		switch c := t.data[t.pos]; {
		case c == '"':
			t.pos++
			return t.data[start : t.pos-1], nil
		case c == '\\':
			return t.escaped(append(make([]byte, 0, t.pos-start+64), t.data[start:t.pos]...))
		case c < ' ':
			return nil, t.broken()
		}
		t.pos++
	}
	return nil, t.broken()
}

// escaped goes on with a string that has escapes.
func (t *jsonText) escaped(out []byte) ([]byte, error) {
	for t.pos < len(t.data) {
		c := t.data[t.pos]
		switch {
		case c == '"':
			t.pos++
			return out, nil
		case c < ' ':
			return nil, t.broken()
		case c != '\\':
			out = append(out, c)
			t.pos++
			continue
		}
		if t.pos+1 >= len(t.data) {
			t.pos = len(t.data)
			break
		}
		switch e := t.data[t.pos+1]; e {
		case '"', '\\', '/':
			out = append(out, e)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := t.unit(t.pos)
			if utf16.IsSurrogate(r) {
				low, lowOK := t.unit(t.pos + 6)
				r = utf16.DecodeRune(r, low)
				ok = ok && lowOK && r != utf8.RuneError
				t.pos += 6
			}
			if !ok {
				return nil, bad("Invalid escape in the JSON text")
			}
			out = utf8.AppendRune(out, r)
			t.pos += 4
		default:
			return nil, t.broken()
		}
		t.pos += 2
	}
	return nil, t.broken()
}

// unit reads the UTF-16 unit of the \u0000 form at i.
func (t *jsonText) unit(i int) (rune, bool) {
	if i+6 > len(t.data) || t.data[i] != '\\' || t.data[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range t.data[i+2 : i+6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number as it is written.
func (t *jsonText) number() (string, error) {
	start := t.pos
	if t.at('-') {
		t.pos++
	}
	switch {
	case t.at('0'):
		t.pos++
	case !t.digits():
		return "", t.broken()
	}
	if t.at('.') {
		if t.pos++; !t.digits() {
			return "", t.broken()
		}
	}
	if t.at('e') || t.at('E') {
		if t.pos++; t.at('+') || t.at('-') {
			t.pos++
		}
		if !t.digits() {
			return "", t.broken()
		}
	}
	return string(t.data[start:t.pos]), nil
}

func (t *jsonText) at(c byte) bool { return t.pos < len(t.data) && t.data[t.pos] == c }

func (t *jsonText) digits() bool {
	start := t.pos
	for t.pos < len(t.data) && '0' <= t.data[t.pos] && t.data[t.pos] <= '9' {
		t.pos++
	}
	return t.pos > start
}

// skip reads over a value of any kind, checking that it is one.
func (t *jsonText) skip() error {
	switch t.peek() {
	case tokenObject:
		return t.object(func([]byte) error { return t.skip() })
	case tokenList:
		return t.list(t.skip)
	case tokenString:
		_, err := t.text()
		return err
	case tokenNumber:
		_, err := t.number()
		return err
	case tokenTrue:
		return t.literal("true")
	case tokenFalse:
		return t.literal("false")
	case tokenNull:
		return t.literal("null")
	}
	return t.broken()
}
