package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/sigv4"
)

// denial is an answer that the gateway gives of itself. These are AWS's words,
// in one place; those that rest on reports and not on recordings are marked.
type denial struct {
	status int
	kind   []string // x-amzn-ErrorType
	length []string // Content-Length
	body   []byte
}

func newDenial(status int, kind, body string) *denial {
	return &denial{status, []string{kind}, []string{strconv.Itoa(len(body))}, []byte(body)}
}

var (
	denyUnknownRoute  = newDenial(403, "MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`)
	denyForbidden     = newDenial(403, "ForbiddenException", `{"message":"Forbidden"}`)
	denyAccess        = newDenial(403, "AccessDeniedException", `{"Message":"User is not authorized to access this resource"}`)
	denyUnauthorized  = newDenial(401, "UnauthorizedException", `{"message":"Unauthorized"}`)
	denyExpired       = newDenial(401, "UnauthorizedException", `{"message":"The incoming token has expired"}`)
	denyAuthorizer    = newDenial(500, "AuthorizerConfigurationException", `{"message":null}`)
	denyTooLong       = newDenial(413, "RequestTooLargeException", `{"message":"Request Too Long"}`)
	denyURITooLong    = newDenial(414, "RequestTooLargeException", `{"message":"Request URI too long"}`)            // reported
	denyHeaders       = newDenial(431, "RequestTooLargeException", `{"message":"Request header fields too large"}`) // reported
	denyBadRequest    = newDenial(400, "BadRequestException", `{"message":"Bad Request"}`)                          // reported
	denyMediaType     = newDenial(415, "BadRequestException", `{"message":"Unsupported Media Type"}`)
	failInternal      = newDenial(500, "InternalServerErrorException", `{"message":"Internal server error"}`)
	failBadAnswer     = newDenial(502, "InternalServerErrorException", `{"message":"Internal server error"}`)
	failTimeout       = newDenial(504, "InternalServerErrorException", `{"message":"Endpoint request timed out"}`)
	failUnreachable   = newDenial(504, "InternalServerErrorException", `{"message":"Network error communicating with endpoint"}`) // reported
	incompleteKind    = "IncompleteSignatureException"
	sigV4Algorithm    = "AWS4-HMAC-SHA256"
	missingCredential = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
		"Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
		"(Hashed with SHA-256 and encoded with Base64) Authorization="
	missingEqualSign = "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): "
)

// unknownRoute answers for a path or method that is not there. AWS then takes
// an Authorization header for a signature and complains about its form; it
// shows a hash of what was sent, never what was sent.
func unknownRoute(authorization []string) *denial {
	if len(authorization) == 0 || authorization[0] == "" || strings.HasPrefix(authorization[0], sigV4Algorithm) {
		return denyUnknownRoute
	}
	sum := sha256.Sum256([]byte(authorization[0]))
	hash := base64.StdEncoding.EncodeToString(sum[:])
	message := missingEqualSign + "'" + hash + "'."
	if strings.Contains(authorization[0], "=") {
		message = missingCredential + hash
	}
	return saying(incompleteKind, "message", message)
}

// saying is a refusal with words of its own.
func saying(kind, member, message string) *denial {
	return newDenial(403, kind, string(append(appendMember([]byte{'{'}, member, message), '}')))
}

// signatureDenial is what API Gateway says to a signature that proves nothing.
func signatureDenial(e *sigv4.Error) *denial {
	switch e.Kind {
	case sigv4.Unsigned:
		return denyUnknownRoute // the very same words
	case sigv4.Incomplete:
		return saying(incompleteKind, "message", e.Message)
	case sigv4.UnknownKey:
		return saying("UnrecognizedClientException", "message", e.Message)
	case sigv4.ExpiredToken:
		return saying("ExpiredTokenException", "message", e.Message)
	}
	return saying("InvalidSignatureException", "message", e.Message) // Mismatch, Expired, NotYet, WrongScope
}

// policyDenial is what a caller hears whom policies do not let in. AWS writes
// this Message with a capital letter.
func policyDenial(message string) *denial {
	return saying("AccessDeniedException", "Message", message)
}

// write sends d. The id headers are there already.
func (d *denial) write(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = jsonContentType
	h["x-amzn-ErrorType"] = d.kind
	h["Content-Length"] = d.length
	w.WriteHeader(d.status)
	_, _ = w.Write(d.body) // a client that is gone needs no answer
}

var jsonContentType = []string{"application/json"}
