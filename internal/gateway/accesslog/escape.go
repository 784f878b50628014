package accesslog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// place is where in a format a value stands, and so how it is escaped. Its zero
// value is none, and shows nothing.
type place uint8

const (
	noPlace    place = iota
	bareText         // a word, be it in brackets: no space, no quote
	quotedText       // between quotes: no quote
	wholeText        // with quotes of its own
	bareCSV          // a column: in quotes where it must be
	quotedCSV        // between the quotes of a column
	wholeCSV         // a column in quotes, always
	bareJSON         // a number, true, false or null as it is, all else in quotes
	quotedJSON       // between the quotes of a string
	wholeJSON        // a string, always
	inXML            // in an element or in an attribute
)

// places are those outside and inside quotes.
var places = map[style][2]place{
	styleText: {bareText, quotedText}, styleCSV: {bareCSV, quotedCSV}, styleJSON: {bareJSON, quotedJSON}, styleXML: {inXML, inXML},
}

// asString are the places of a value that always has quotes.
var asString = map[place]place{bareText: wholeText, bareCSV: wholeCSV, bareJSON: wholeJSON}

func (p place) appendMissing(b []byte) []byte {
	if p == bareJSON || p == wholeJSON {
		return append(b, `"-"`...)
	}
	return append(b, '-')
}

func (p place) append(b []byte, value string) []byte {
	switch p {
	case wholeText, wholeCSV, wholeJSON:
		return append(p.escape(append(b, '"'), value), '"')
	case bareCSV:
		if strings.ContainsAny(value, "\", \t;") {
			return append(quotedCSV.escape(append(b, '"'), value), '"')
		}
	case bareJSON:
		if isLiteral(value) {
			return append(b, value...)
		}
		return append(quotedJSON.escape(append(b, '"'), value), '"')
	}
	return p.escape(b, value)
}

// escape appends value so that it cannot end where it stands. What cannot be
// printed (control characters, other line ends, marks that turn the direction
// of a line, bytes that are no UTF-8) shows as a number or not at all.
func (p place) escape(b []byte, value string) []byte {
	for i := 0; i < len(value); {
		plain := i
		for plain < len(value) && isPlain(value[plain]) {
			plain++
		}
		if plain > i {
			b = append(b, value[i:plain]...)
			i = plain
			continue
		}
		r, size := utf8.DecodeRuneInString(value[i:])
		bad := r == utf8.RuneError && size == 1
		switch {
		case bad || !isPrint(r):
			b = p.appendUnprintable(b, value[i:i+size], r, bad)
		default:
			b = p.appendPrintable(b, r)
		}
		i += size
	}
	return b
}

// isPlain is true for what means nothing anywhere: most of what is sent.
func isPlain(c byte) bool {
	return c >= '(' && c <= '~' && c != '<' && c != '>' && c != '\\' && c != ']' || c >= '#' && c <= '%' || c == '!'
}

func (p place) appendPrintable(b []byte, r rune) []byte {
	switch p {
	case bareText:
		if r == ' ' || r == ']' { // or the brackets around it would end
			return append(b, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
		}
		fallthrough
	case quotedText, wholeText, quotedJSON, wholeJSON:
		if r == '"' || r == '\\' {
			b = append(b, '\\')
		}
	case bareCSV, quotedCSV, wholeCSV:
		if r == '"' || r == '\\' {
			b = append(b, byte(r)) // "" as RFC 4180 has it
		}
	case inXML:
		if entity := entities[r]; entity != "" {
			return append(b, entity...)
		}
	default:
		return b
	}
	return utf8.AppendRune(b, r)
}

var entities = map[rune]string{'<': "&lt;", '>': "&gt;", '&': "&amp;", '"': "&quot;", '\'': "&#39;"}

const hexDigits = "0123456789abcdef"

func (p place) appendUnprintable(b []byte, raw string, r rune, bad bool) []byte {
	switch p {
	case bareText, quotedText, wholeText, bareCSV, quotedCSV, wholeCSV:
		for i := range len(raw) {
			b = append(b, '\\', 'x', hexDigits[raw[i]>>4], hexDigits[raw[i]&15])
		}
	case quotedJSON, wholeJSON:
		if bad {
			return append(b, `\ufffd`...)
		}
		if r > 0xffff { // a surrogate pair
			r -= 0x10000
			b = appendU(b, 0xd800|r>>10)
			r = 0xdc00 | r&0x3ff
		}
		b = appendU(b, r)
	case inXML: // which cannot hold a control character in any way
		b = utf8.AppendRune(b, utf8.RuneError)
	}
	return b
}

func appendU(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// isPrint is true for what takes its place in a line and does nothing else.
func isPrint(r rune) bool { return r >= ' ' && r < 0x7f || r > 0x7f && unicode.IsPrint(r) }

// isLiteral reports whether s is a number of JSON, or true, false or null.
func isLiteral(s string) bool {
	switch s {
	case "true", "false", "null":
		return true
	}
	const longest = 32 // digits of what is a number to those who read it
	if len(s) > longest {
		return false
	}
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	s = strings.TrimPrefix(s, "-")
	if len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' || !digits() {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "."); ok {
		if s = rest; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}

// cut bounds a value, and says that it did.
func cut(value string) string {
	if len(value) <= maxValue {
		return value
	}
	end := maxValue
	for end > maxValue-utf8.UTFMax && !utf8.RuneStart(value[end]) {
		end--
	}
	return value[:end] + "..."
}
