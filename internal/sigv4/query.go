package sigv4

import (
	"slices"
	"strings"
)

// queryAuth is the X-Amz-* parameters of a presigned request, decoded.
type queryAuth struct {
	algorithm, credential, signature, headers, date, expires, token string
	seen                                                            map[string]bool
}

// readQueryAuth returns nil if the query does not authenticate. A parameter
// that authenticates and stands there twice is an error: two readers could
// each believe another one.
func readQueryAuth(raw string) (*queryAuth, error) {
	q := queryAuth{}
	for pair := range pairs(raw) {
		name, value, _ := strings.Cut(pair, "=")
		name = decode(name)
		if !strings.HasPrefix(name, "X-Amz-") {
			continue
		}
		var into *string
		switch name {
		case "X-Amz-Algorithm":
			into = &q.algorithm
		case "X-Amz-Credential":
			into = &q.credential
		case "X-Amz-Signature":
			into = &q.signature
		case "X-Amz-SignedHeaders":
			into = &q.headers
		case "X-Amz-Date":
			into = &q.date
		case "X-Amz-Expires":
			into = &q.expires
		case "X-Amz-Security-Token":
			into = &q.token
		default:
			continue
		}
		if q.seen == nil {
			q.seen = make(map[string]bool, 8)
		}
		if q.seen[name] {
			return nil, incomplete("Query-string parameter '" + name + "' must not be repeated.")
		}
		q.seen[name] = true
		*into = decode(value)
	}
	if !q.seen["X-Amz-Algorithm"] && !q.seen["X-Amz-Signature"] && !q.seen["X-Amz-Credential"] {
		return nil, nil
	}
	return &q, nil
}

// pairs yields the non-empty parts between '&'.
func pairs(raw string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for raw != "" {
			var pair string
			pair, raw, _ = strings.Cut(raw, "&")
			if pair != "" && !yield(pair) {
				return
			}
		}
	}
}

// appendQuery writes the canonical query: each name and value decoded and
// encoded anew ('+' is a space), sorted by encoded name, then by encoded value.
// Nothing is ever dropped, not even what net/url cannot parse; only the
// signature of a presigned request does not cover itself.
func appendQuery(dst []byte, raw string, presigned bool) []byte {
	if raw == "" {
		return dst
	}
	type parameter struct{ name, value string }
	list := make([]parameter, 0, 1+strings.Count(raw, "&"))
	encoded := make([]byte, 0, len(raw)+len(raw)/2)
	for pair := range pairs(raw) {
		name, value, _ := strings.Cut(pair, "=")
		if presigned && decode(name) == "X-Amz-Signature" {
			continue
		}
		encoded = appendEncoded(encoded[:0], name)
		n := len(encoded)
		encoded = appendEncoded(encoded, value)
		both := string(encoded)
		list = append(list, parameter{both[:n], both[n:]})
	}
	slices.SortFunc(list, func(a, b parameter) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range list {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}

// appendEncoded re-encodes one name or value of a query: byte by byte through
// its decoded form. A '%' that starts no valid escape stands for itself.
func appendEncoded(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c, width := decodeByte(s, i)
		i += width - 1
		dst = appendByte(dst, c)
	}
	return dst
}

func decode(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c, width := decodeByte(s, i)
		i += width - 1
		out = append(out, c)
	}
	return string(out)
}

// decodeByte is the byte that s[i:] starts with in a query, and how much of s it takes.
func decodeByte(s string, i int) (c byte, width int) {
	switch c = s[i]; {
	case c == '+':
		return ' ', 1
	case c == '%' && i+2 < len(s):
		if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi|lo < 16 {
			return hi<<4 | lo, 3
		}
	}
	return c, 1
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xFF
}

const upperHex = "0123456789ABCDEF"

// appendByte writes c as it is if RFC 3986 leaves it unreserved, else as %XX.
func appendByte(dst []byte, c byte) []byte {
	switch {
	case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		return append(dst, c)
	}
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}
