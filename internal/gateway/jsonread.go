package gateway

import (
	"iter"
	"unicode/utf16"
	"unicode/utf8"
)

// The reader of a function's answer. It walks over JSON that json.Valid has
// passed, without building anything from it, and shares the answer's memory.

// jsonSpace is what may stand around JSON, and no other white space (RFC 8259).
const jsonSpace = " \t\r\n"

func isNull(raw []byte) bool { return len(raw) == 0 || raw[0] == 'n' }

// readScalar is a text, or the text of a number or boolean; null is empty.
func readScalar(raw []byte) ([]byte, bool) {
	switch raw[0] {
	case '{', '[':
		return nil, false
	case 'n':
		return nil, true
	case '"':
		return unquote(raw), true
	}
	return raw, true
}

// unquote reads a JSON string as encoding/json does: what is not UTF-8, and
// half of a surrogate pair, become U+FFFD.
func unquote(raw []byte) []byte {
	raw = raw[1 : len(raw)-1]
	i := plainLength(raw)
	if i == len(raw) {
		return raw
	}
	text := append(make([]byte, 0, len(raw)), raw[:i]...)
	for i < len(raw) {
		switch c := raw[i]; {
		case c == '\\' && raw[i+1] == 'u':
			r := hexRune(raw[i+2:])
			if i += 6; utf16.IsSurrogate(r) {
				low := rune(-1)
				if i+1 < len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
					low = hexRune(raw[i+2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			text = utf8.AppendRune(text, r)
		case c == '\\':
			text = append(text, unescaped(raw[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			text = append(text, c)
			i++
		default:
			r, size := utf8.DecodeRune(raw[i:])
			text = utf8.AppendRune(text, r)
			i += size
		}
	}
	return text
}

// plainLength is how much of a string stands for itself.
func plainLength(s []byte) int {
	for i := 0; i < len(s); {
		if s[i] == '\\' {
			return i
		}
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(s)
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a slash or a backslash
}

func hexRune(digits []byte) (r rune) {
	for _, c := range digits[:4] {
		switch {
		case c <= '9':
			r = r<<4 | rune(c-'0')
		default:
			r = r<<4 | rune(c|0x20-'a'+10)
		}
	}
	return r
}

// members are the names and raw values of an object of valid JSON. Of nothing,
// and of null, there are none.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		if isNull(object) {
			return
		}
		for i := skipSpace(object, 1); object[i] != '}'; {
			end := valueEnd(object, i)
			name := object[i:end]
			i = skipSpace(object, skipSpace(object, end)+1) // over the colon
			end = valueEnd(object, i)
			if !yield(unquote(name), object[i:end]) {
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
