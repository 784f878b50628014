package verify

import (
	"encoding/base64"
	"strings"
)

const (
	defaultTokenLimit = 16 << 10 // bytes
	headerLimit       = 4 << 10  // bytes of the encoded header: read before anything is proved
)

// compact is a token taken apart (RFC 7515 §3.1): nothing in it is proved.
type compact struct {
	signed    []byte // header "." payload, as sent: what the signature covers
	payload   []byte // decoded
	signature []byte // decoded
	header
}

// header is what a verifier may look at before the signature holds.
type header struct {
	algorithm Algorithm
	keyID     string
	text      string // the JSON
}

// strict refuses padding and stray trailing bits. It still skips line breaks,
// which parseCompact refuses first.
var strict = base64.RawURLEncoding.Strict()

func parseCompact(token string, limit int) (compact, error) {
	if len(token) > limit {
		return compact{}, malformed("it is longer than the limit")
	}
	first := strings.IndexByte(token, '.')
	last := strings.LastIndexByte(token, '.')
	if first == last || strings.IndexByte(token[first+1:], '.') != last-first-1 {
		return compact{}, malformed(segments(token))
	}
	if first > headerLimit {
		return compact{}, malformed("its header is too long")
	}
	if strings.HasPrefix(token, "Bearer ") {
		return compact{}, malformed(`it begins with "Bearer ": pass what follows`)
	}
	if strings.ContainsAny(token, "\r\n") {
		return compact{}, malformed(notBase64)
	}

	// One copy of the token and one buffer for all that is decoded from it.
	raw := []byte(token)
	decoded := make([]byte, 0, len(raw)*3/4)
	decoded, err := strict.AppendDecode(decoded, raw[:first])
	if err != nil {
		return compact{}, malformed(notBase64)
	}
	headerEnd := len(decoded)
	decoded, err = strict.AppendDecode(decoded, raw[first+1:last])
	if err != nil {
		return compact{}, malformed(notBase64)
	}
	payloadEnd := len(decoded)
	decoded, err = strict.AppendDecode(decoded, raw[last+1:])
	if err != nil {
		return compact{}, malformed(notBase64)
	}
	head, err := parseHeader(string(decoded[:headerEnd]))
	if err != nil {
		return compact{}, err
	}
	return compact{
		signed:    raw[:last],
		payload:   decoded[headerEnd:payloadEnd],
		signature: decoded[payloadEnd:],
		header:    head,
	}, nil
}

const notBase64 = "a segment is not canonical base64url without padding"

// segments explains a token that is not three segments.
func segments(token string) string {
	switch dots := strings.Count(token, "."); {
	case token == "":
		return "it is empty"
	case dots == 4:
		return "it has five segments: encrypted tokens (JWE), such as Cognito's refresh tokens, cannot be verified"
	case token[0] == '{':
		return "it is JSON; only the compact form is accepted"
	default:
		return "it must have three segments"
	}
}

// parseHeader reads the JOSE header (RFC 7515 §4). Members that point to a key
// (jku, x5u, x5c, x5t) are ignored: keys come from the KeySource alone. Members
// that change what the signature or the payload means are refused.
func parseHeader(text string) (header, error) {
	var room [8]member
	members, err := parseObject(text, maxHeaderMembers, room[:0])
	if err != nil {
		return header{}, malformed("its header: " + err.Error())
	}
	head := header{text: text}
	var hasAlgorithm bool
	for _, m := range members {
		switch m.name {
		case "alg":
			name, ok := parseString(m.value)
			if !ok {
				return header{}, malformed("its header: alg is not a string")
			}
			head.algorithm, hasAlgorithm = Algorithm(name), true
		case "kid":
			id, ok := parseString(m.value)
			if !ok || id == "" {
				return header{}, malformed("its header: kid is not a string with something in it")
			}
			head.keyID = id
		case "typ":
			if kind, ok := parseString(m.value); !ok || !isTokenType(kind) {
				return header{}, &Error{Check: CheckMalformed, Detail: "its header: typ names another kind of object", Expected: "JWT", Found: public(kind)}
			}
		case "cty":
			return header{}, malformed("its header: cty announces a nested token, which is not accepted")
		case "crit", "b64", "enc", "zip", "jwk":
			return header{}, malformed("its header: " + m.name + " is not accepted")
		}
	}
	if !hasAlgorithm {
		return header{}, malformed("its header: alg is missing")
	}
	return head, nil
}

// isTokenType accepts ID and access tokens (RFC 7519 §5.1, RFC 9068 §2.1). What
// says that it is something else, a proof of possession or a logout notice, is
// not a token to let somebody in with (RFC 8725 §3.11).
func isTokenType(kind string) bool {
	kind = strings.ToLower(kind)
	switch strings.TrimPrefix(kind, "application/") {
	case "jwt", "at+jwt", "jose":
		return true
	}
	return false
}
