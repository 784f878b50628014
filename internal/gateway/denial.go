package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// denial is an answer that the gateway gives of itself. These are AWS's words,
// in one place; those that rest on reports and not on recordings are marked.
type denial struct {
	status int
	kind   string // x-amzn-ErrorType
	body   string
}

var (
	denyUnknownRoute  = &denial{403, "MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`}
	denyForbidden     = &denial{403, "ForbiddenException", `{"message":"Forbidden"}`}
	denyAccess        = &denial{403, "AccessDeniedException", `{"Message":"User is not authorized to access this resource"}`}
	denyUnauthorized  = &denial{401, "UnauthorizedException", `{"message":"Unauthorized"}`}
	denyExpired       = &denial{401, "UnauthorizedException", `{"message":"The incoming token has expired"}`}
	denyAuthorizer    = &denial{500, "AuthorizerConfigurationException", `{"message":null}`}
	denyTooLong       = &denial{413, "RequestTooLargeException", `{"message":"Request Too Long"}`}
	denyURITooLong    = &denial{414, "RequestTooLargeException", `{"message":"Request URI too long"}`}            // reported
	denyHeaders       = &denial{431, "RequestTooLargeException", `{"message":"Request header fields too large"}`} // reported
	denyBadRequest    = &denial{400, "BadRequestException", `{"message":"Bad Request"}`}                          // reported
	denyMediaType     = &denial{415, "BadRequestException", `{"message":"Unsupported Media Type"}`}
	failInternal      = &denial{500, "InternalServerErrorException", `{"message":"Internal server error"}`}
	failBadAnswer     = &denial{502, "InternalServerErrorException", `{"message":"Internal server error"}`}
	failTimeout       = &denial{504, "InternalServerErrorException", `{"message":"Endpoint request timed out"}`}
	failUnreachable   = &denial{504, "InternalServerErrorException", `{"message":"Network error communicating with endpoint"}`} // reported
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
	return &denial{403, incompleteKind, string(appendText([]byte(`{"message":`), message)) + "}"}
}

// write sends d. The id headers are there already.
func (d *denial) write(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = jsonContentType
	h["x-amzn-ErrorType"] = []string{d.kind}
	h["Content-Length"] = []string{strconv.Itoa(len(d.body))}
	w.WriteHeader(d.status)
	_, _ = w.Write([]byte(d.body)) // a client that is gone needs no answer
}

var jsonContentType = []string{"application/json"}
