package gateway

import (
	"strings"
)

// pathReading says how a raw path may be read.
type pathReading uint8

const (
	pathRefused pathReading = iota // dot segments, control characters, broken escapes
	pathOdd                        // could be read in more than one way
	pathPlain
)

// inspect looks for what makes two programs read one path differently.
func inspect(path string) pathReading {
	plain := true
	for i := range len(path) {
		switch c := path[i]; {
		case c < 0x20 || c == 0x7f:
			return pathRefused
		case c == '%' || c == ';' || c == '\\' || c == '.':
			plain = false
		case c == '/' && i > 0 && path[i-1] == '/':
			plain = false
		}
	}
	if plain {
		return pathPlain
	}
	decoded, ok := unescape(path)
	if !ok {
		return pathRefused
	}
	for i := range len(decoded) {
		if c := decoded[i]; c < 0x20 || c == 0x7f {
			return pathRefused
		}
	}
	// A dot segment is refused however it is dressed: %2e%2e, ..%2F, ..\, ..;x
	// The whole path is read with every separator, so that none can hide.
	for part := range strings.FieldsFuncSeq(decoded, isSeparator) {
		part, _, _ = strings.Cut(part, ";")
		if part == "." || part == ".." {
			return pathRefused
		}
	}
	if decoded == path && !strings.ContainsAny(path, ";\\") && !strings.Contains(path, "//") {
		return pathPlain // only single dots, as in "v1.2"
	}
	return pathOdd
}

func isSeparator(r rune) bool { return r == '/' || r == '\\' }

// plainReading is the path as a careless reader takes it: matrix parameters cut
// off, repeated slashes merged and, with escapedSlashes, %2F and backslashes
// read as slashes. Each segment is written as write has it.
func plainReading(path string, escapedSlashes bool, write func(segment string) string) string {
	var plain strings.Builder
	for raw := range strings.SplitSeq(path, "/") {
		value, _ := unescape(raw)
		parts := []string{value}
		if escapedSlashes {
			parts = strings.FieldsFunc(value, isSeparator)
		}
		for _, part := range parts {
			part, _, _ = strings.Cut(part, ";")
			if part != "" {
				plain.WriteByte('/')
				plain.WriteString(write(part))
			}
		}
	}
	return plain.String()
}

const upperHex = "0123456789ABCDEF"

// escapeSegment escapes everything but RFC 3986's unreserved characters, so
// that a value can be nothing but one segment to whoever reads it next.
func escapeSegment(s string) string {
	clean := true
	for i := range len(s) {
		clean = clean && isUnreserved(s[i])
	}
	if clean {
		return s
	}
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
