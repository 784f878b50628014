package sigv4

import (
	"net/http"
	"strconv"
	"strings"
)

// canonical is the canonical request over path (encoded as sent, or normalised).
func (s *Signature) canonical(path, bodyHash string) []byte {
	r := &s.request
	dst := make([]byte, 0, 512+len(path)+2*len(r.query))
	dst = append(dst, r.method...)
	dst = append(dst, '\n')
	if path == "" {
		dst = append(dst, '/')
	}
	for i := 0; i < len(path); i++ { // encoded already by the sender, and now once more
		if path[i] == '/' {
			dst = append(dst, '/')
			continue
		}
		dst = appendByte(dst, path[i])
	}
	dst = append(dst, '\n')
	dst = appendQuery(dst, r.query, s.Presigned)
	dst = append(dst, '\n')
	for _, name := range s.Headers {
		dst = append(dst, name...)
		dst = append(dst, ':')
		dst = s.appendHeader(dst, name)
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	for i, name := range s.Headers {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, name...)
	}
	dst = append(dst, '\n')
	return append(dst, bodyHash...)
}

// shown is the canonical request as a refused client reads it: as it was signed,
// but without session tokens, because answers end up in more logs than requests.
func shown(canonical []byte) string {
	text := masked(string(canonical), "\nx-amz-security-token:", "\n")
	return masked(text, "X-Amz-Security-Token=", "&\n")
}

// masked hides what stands after each mark, up to one of the ends.
func masked(text, mark, ends string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString(mark + "********")
		if i := strings.IndexAny(after, ends); i >= 0 {
			after = after[i:]
		}
		text = after
	}
}

// appendHeader writes a header's values, joined by commas in the order in which they came.
func (s *Signature) appendHeader(dst []byte, name string) []byte {
	switch name {
	case "host", ":authority": // net/http takes it out of the header
		return appendTrimmed(dst, s.request.host)
	case "content-length":
		if s.request.length >= 0 && len(s.request.header["Content-Length"]) == 0 {
			return strconv.AppendInt(dst, s.request.length, 10)
		}
	}
	for i, value := range s.request.header[http.CanonicalHeaderKey(name)] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendTrimmed(dst, value)
	}
	return dst
}

// absent is the first signed header that the request does not have. One that
// was signed while empty and then taken out would look the same to a server
// that let it pass.
func (s *Signature) absent() (string, bool) {
	for _, name := range s.Headers {
		switch name {
		case "host", ":authority":
			continue
		case "content-length":
			if s.request.length >= 0 {
				continue
			}
		}
		if _, ok := s.request.header[http.CanonicalHeaderKey(name)]; !ok {
			return name, true
		}
	}
	return "", false
}

// appendTrimmed writes a header value without the spaces and tabs around it and with each run of spaces inside as one.
// Unicode has more spaces, but to HTTP they are part of the value, and whoever is behind us sees them.
func appendTrimmed(dst []byte, v string) []byte {
	v = strings.Trim(v, " \t")
	for i := 0; i < len(v); i++ {
		if v[i] == ' ' && v[i-1] == ' ' {
			continue
		}
		dst = append(dst, v[i])
	}
	return dst
}

// normalised takes empty, "." and ".." segments out of an encoded path, as the
// SDKs that normalise do. An escaped slash or dot is a letter like any other.
func normalised(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path
	}
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, segment)
		}
	}
	clean := "/" + strings.Join(kept, "/")
	if strings.HasSuffix(path, "/") && len(kept) > 0 {
		clean += "/"
	}
	return clean
}
