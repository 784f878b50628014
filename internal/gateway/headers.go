package gateway

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// droppedRequest are the headers of a client that no backend sees: those of the
// connection, and those that API Gateway takes away.
var droppedRequest = nameSet("Connection", "Content-Length", "Content-MD5", "Expect", "Keep-Alive", "Max-Forwards",
	"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Server", "TE", "Trailer", "Transfer-Encoding",
	"Upgrade", "WWW-Authenticate")

// remapped are the headers of a backend that reach the client under another
// name, x-amzn-Remapped-{name}, because the gateway's own count.
var remapped = nameSet("Authorization", "Connection", "Content-Length", "Content-MD5", "Date", "Expect", "Host",
	"Max-Forwards", "Proxy-Authenticate", "Server", "Trailer", "Upgrade", "User-Agent", "WWW-Authenticate", "X-Amzn-RequestId")

// droppedAnswer are headers of a backend that mean nothing to the client: the
// backend's own connection, and what only the gateway may say.
var droppedAnswer = nameSet("Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding",
	"X-Amz-Apigw-Id", "X-Amzn-ErrorType", "X-Amzn-Trace-Id")

func nameSet(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[textproto.CanonicalMIMEHeaderKey(name)] = true
	}
	return set
}

// passesToBackend says whether a header of the client reaches the backend. Of
// X-Amzn-* the gateway alone says what they hold.
func passesToBackend(name string, values []string) bool {
	if droppedRequest[name] || strings.HasPrefix(name, "X-Amzn-") || poses(name) {
		return false
	}
	return !areSignature(name, values)
}

// poses finds a header that servers of CGI and its heirs (WSGI, Rack, PHP) would
// take for another one, of which the gateway alone says what it holds or whether
// it is there: to them X_Forwarded_For is X-Forwarded-For.
func poses(name string) bool {
	if strings.IndexByte(name, '_') < 0 {
		return false
	}
	as := canonicalName(strings.ReplaceAll(name, "_", "-"))
	return droppedRequest[as] || as == methodOverride || strings.HasPrefix(as, "X-Amzn-") || strings.HasPrefix(as, "X-Forwarded-")
}

// readAlike says whether one server or another takes two header names for the same.
func readAlike(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if headerByte(a[i]) != headerByte(b[i]) {
			return false
		}
	}
	return true
}

func headerByte(c byte) byte {
	switch {
	case c == '_':
		return '-'
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}

// isOwnHeader knows the headers of a request that the gateway itself sets, by their
// canonical names. What a client sends under them is not what is behind them.
func isOwnHeader(canonical string) bool {
	switch canonical {
	case "Host", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto":
		return true
	}
	return strings.HasPrefix(canonical, "X-Amzn-")
}

// areSignature finds what was for the gateway and is to be used by nobody behind
// it; other credentials in Authorization may be for the backend.
func areSignature(name string, values []string) bool {
	return name == "Authorization" && slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, sigV4Algorithm) })
}

// nominated are the headers that the client's Connection header names: they
// belong to the connection and go no further.
func nominated(h http.Header) map[string]bool {
	values := h["Connection"]
	if len(values) == 0 {
		return nil
	}
	var names map[string]bool
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
			// Nobody can take away what the gateway itself decides on or sets.
			if name == "" || name == "Authorization" || strings.HasPrefix(name, "X-Forwarded-") || name == "Host" {
				continue
			}
			if names == nil {
				names = map[string]bool{}
			}
			names[name] = true
		}
	}
	return names
}

// answerName is the name under which a backend's header reaches the client, ""
// for not at all.
func answerName(name string) string {
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	switch {
	case droppedAnswer[canonical]:
		return ""
	case remapped[canonical]:
		return "x-amzn-Remapped-" + name
	}
	return canonical
}

// isHeaderName and isHeaderValue hold a function's answer to RFC 9110: a name
// is a token, a value has no control characters, so that no header can smuggle
// in a second one.
func isHeaderName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isUnreserved(c) && strings.IndexByte("!#$%&'*+^`|", c) < 0 {
			return false
		}
	}
	return s != ""
}

func isHeaderValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// binaryTypes are an API's binaryMediaTypes.
type binaryTypes []string

// match says whether the first media type of an Accept or Content-Type header
// is binary. API Gateway looks at no other.
func (b binaryTypes) match(header string) bool {
	if len(b) == 0 {
		return false
	}
	kind, _, _ := strings.Cut(header, ",")
	kind, _, _ = strings.Cut(kind, ";")
	kind = strings.TrimSpace(kind)
	for _, t := range b {
		if family, _, _ := strings.Cut(t, "/"); family == "*" && t != "*/*" {
			continue // AWS knows no wildcard on the left alone
		}
		if t == "*/*" || strings.EqualFold(t, kind) {
			return true
		}
		if family, ok := strings.CutSuffix(t, "/*"); ok {
			if got, _, ok := strings.Cut(kind, "/"); ok && strings.EqualFold(got, family) {
				return true
			}
		}
	}
	return false
}

func canonicalName(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }
