package gateway

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

var errPathValue = errors.New("a value for the path of the backend is empty or a dot segment")

// pathPart is a piece of a backend's path: escaped text, or a variable.
type pathPart struct{ text, variable string }

// compilePath splits a path at its variables. What is written in it is escaped
// once and for all, so that no value can change how the rest is read.
func compilePath(path string) []pathPart {
	if path == "" {
		path = "/"
	}
	var parts []pathPart
	at := 0
	for _, found := range pathVariable.FindAllStringSubmatchIndex(path, -1) {
		parts = append(parts, pathPart{text: escapeWritten(path[at:found[0]])}, pathPart{variable: path[found[2]:found[3]]})
		at = found[1]
	}
	return append(parts, pathPart{text: escapeWritten(path[at:])})
}

// escapeWritten escapes what cannot stand in a URL, and leaves what can, escapes
// among it, as its owner wrote it.
func escapeWritten(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) || strings.IndexByte("!$&'()*+,;=:@/?%[]", c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

// target appends the request target. Every value is escaped to be one segment, or
// for {proxy+} several, so that none can choose another path than its own.
func (b *backend) target(x *exchange, into []byte) ([]byte, error) {
	for _, part := range b.path {
		if part.variable == "" {
			into = append(into, part.text...)
			continue
		}
		escaped, err := b.pathValue(x, part.variable)
		if err != nil {
			return nil, err
		}
		into = append(into, escaped...)
	}
	if len(b.path) > 1 && hasDotSegment(string(into)) {
		return nil, errPathValue // of what was written and a value together
	}
	separator := byte('?')
	if b.query != "" {
		into = append(append(into, '?'), b.query...)
		separator = '&'
	}
	add := func(name, value string) {
		into = append(into, separator)
		into = append(into, url.QueryEscape(name)...)
		into = append(into, '=')
		into = append(into, url.QueryEscape(value)...)
		separator = '&'
	}
	if x.address.Query != "" {
		for _, p := range x.query(nil) {
			if !b.sets("querystring", p.name) {
				add(p.name, p.value)
			}
		}
	}
	for _, m := range b.mappings {
		if m.place == "querystring" {
			for _, v := range m.value(x) {
				add(m.name, v)
			}
		}
	}
	return into, nil
}

// sets reports whether a mapping says what a parameter is: then the client does not.
func (b *backend) sets(place, name string) bool {
	return slices.ContainsFunc(b.mappings, func(m mapping) bool { return m.place == place && m.name == name })
}

// pathValue is the escaped value of a variable of the path.
func (b *backend) pathValue(x *exchange, name string) (string, error) {
	for _, m := range b.mappings {
		if m.place == "path" && m.name == name {
			if got := m.value(x); len(got) > 0 {
				return escapePath(x, m, got[0])
			}
		}
	}
	return "", errPathValue
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// escapePath escapes a value for the path. A greedy variable keeps the slashes
// that were sent as slashes, and no others.
func escapePath(x *exchange, m mapping, value string) (string, error) {
	for _, p := range x.params {
		if p.value != value || !strings.Contains(p.raw, "/") {
			continue
		}
		parts := strings.Split(p.raw, "/")
		for i, part := range parts {
			plain, _ := unescape(part)
			parts[i] = escapeSegment(plain)
		}
		return strings.Join(parts, "/"), nil
	}
	if value == "" || value == "." || value == ".." {
		return "", errPathValue
	}
	return escapeSegment(value), nil
}
