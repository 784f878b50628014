package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/sigv4"
)

// denial is an answer that the gateway gives of itself: to a refused request, or
// for what failed behind it. These are AWS's words, in one place; those that rest
// on reports and not on recordings are marked. Each kind of API has its own.
type denial struct {
	// Of a REST API.
	response responseType // which gateway response of the API's own replaces it; "": none
	status   int
	kind     []string // x-amzn-ErrorType
	length   []string // Content-Length
	body     []byte
	message  string // $context.error.message; "" is null

	// Of an HTTP API.
	http      *httpWords
	challenge string // www-authenticate; "": none
}

// httpWords is what an HTTP API says: {"message":"..."}, and nothing that could
// be set to be something else.
type httpWords struct {
	status  int
	length  []string
	body    []byte
	message string
}

func newHTTPWords(status int, message string) *httpWords {
	body := `{"message":"` + message + `"}`
	return &httpWords{status, []string{strconv.Itoa(len(body))}, []byte(body), message}
}

var (
	httpBadRequest   = newHTTPWords(400, "Bad Request")
	httpUnauthorized = newHTTPWords(401, "Unauthorized")
	httpForbidden    = newHTTPWords(403, "Forbidden")
	httpNotFound     = newHTTPWords(404, "Not Found")
	httpTooLarge     = newHTTPWords(413, "Request Entity Too Large")        // reported
	httpURITooLong   = newHTTPWords(414, "Request URI Too Long")            // reported
	httpTooMany      = newHTTPWords(429, "Too Many Requests")               // reported
	httpHeaders      = newHTTPWords(431, "Request Header Fields Too Large") // reported
	httpInternal     = newHTTPWords(500, "Internal Server Error")
	httpUnavailable  = newHTTPWords(503, "Service Unavailable") // reported
)

// responseType names a gateway response.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type responseType string

// newDenial makes one whose message stands in body under "message".
func newDenial(response responseType, status int, kind, message string, http *httpWords) *denial {
	return sayingIn("message", response, status, kind, message, http)
}

func sayingIn(member string, response responseType, status int, kind, message string, http *httpWords) *denial {
	body := append([]byte(`{"`), member...)
	body = append(body, `":`...)
	if message == "" {
		body = append(body, "null"...)
	} else {
		body = appendText(body, message)
	}
	body = append(body, '}')
	return &denial{
		response: response, status: status, kind: []string{kind}, length: []string{strconv.Itoa(len(body))}, body: body,
		message: message, http: http,
	}
}

var (
	denyUnknownRoute = newDenial("MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", "Missing Authentication Token", httpNotFound)
	denyUnsigned     = newDenial("MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", "Missing Authentication Token", httpForbidden)
	denyForbidden    = newDenial("", 403, "ForbiddenException", "Forbidden", httpForbidden)
	denyNoStage      = newDenial("", 403, "ForbiddenException", "Forbidden", httpNotFound)
	denyDisabled     = newDenial("", 403, "ForbiddenException", "Forbidden", httpNotFound)
	denyAccess       = sayingIn("Message", "ACCESS_DENIED", 403, "AccessDeniedException", "User is not authorized to access this resource", httpForbidden)
	denyExplicitly   = sayingIn("Message", "ACCESS_DENIED", 403, "AccessDeniedException", "User is not authorized to access this resource with an explicit deny", httpForbidden)
	denyUnauthorized = newDenial("UNAUTHORIZED", 401, "UnauthorizedException", "Unauthorized", httpUnauthorized)
	denyExpired      = newDenial("UNAUTHORIZED", 401, "UnauthorizedException", "The incoming token has expired", httpUnauthorized)
	denyAuthorizer   = newDenial("AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException", "", httpInternal)
	failAuthorizer   = newDenial("AUTHORIZER_FAILURE", 500, "AuthorizerConfigurationException", "", httpInternal)
	denyThrottled    = newDenial("THROTTLED", 429, "TooManyRequestsException", "Too Many Requests", httpTooMany)
	denyTooLong      = newDenial("", 413, "RequestTooLargeException", "Request Too Long", httpTooLarge)
	denyURITooLong   = newDenial("", 414, "RequestTooLargeException", "Request URI too long", httpURITooLong)         // reported
	denyHeaders      = newDenial("", 431, "RequestTooLargeException", "Request header fields too large", httpHeaders) // reported
	denyBadRequest   = newDenial("DEFAULT_4XX", 400, "BadRequestException", "Bad Request", httpBadRequest)            // reported
	denyMediaType    = newDenial("UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException", "Unsupported Media Type", httpBadRequest)
	failInternal     = newDenial("API_CONFIGURATION_ERROR", 500, "InternalServerErrorException", "Internal server error", httpInternal)
	failBadAnswer    = newDenial("DEFAULT_5XX", 502, "InternalServerErrorException", "Internal server error", httpInternal)
	failNoRoom       = newDenial("", 503, "ServiceUnavailableException", "Service Unavailable", httpUnavailable) // reported
	failTimeout      = newDenial("INTEGRATION_TIMEOUT", 504, "InternalServerErrorException", "Endpoint request timed out", httpUnavailable)
	failUnreachable  = newDenial("INTEGRATION_FAILURE", 504, "InternalServerErrorException", "Network error communicating with endpoint", httpUnavailable) // reported
)

const (
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
	return saying("DEFAULT_4XX", incompleteKind, message)
}

// saying is a refusal with words of its own.
func saying(response responseType, kind, message string) *denial {
	return newDenial(response, 403, kind, message, httpForbidden)
}

// signatureDenial is what API Gateway says to a signature that proves nothing.
func signatureDenial(e *sigv4.Error) *denial {
	switch e.Kind {
	case sigv4.Unsigned:
		return denyUnsigned
	case sigv4.Incomplete:
		return saying("DEFAULT_4XX", incompleteKind, e.Message)
	case sigv4.UnknownKey:
		return saying("ACCESS_DENIED", "UnrecognizedClientException", e.Message)
	case sigv4.ExpiredToken:
		return saying("EXPIRED_TOKEN", "ExpiredTokenException", e.Message)
	}
	return saying("INVALID_SIGNATURE", "InvalidSignatureException", e.Message) // Mismatch, Expired, NotYet, WrongScope
}

// policyDenial is what a caller hears whom policies do not let in. AWS writes
// this Message with a capital letter.
func policyDenial(message string) *denial {
	return sayingIn("Message", "ACCESS_DENIED", 403, "AccessDeniedException", message, httpForbidden)
}

// write sends d in the words of the kind of API that was called, and returns the
// status. The id headers are there already.
func (d *denial) write(x *exchange) int {
	h := x.w.Header()
	h["Content-Type"] = jsonContentType
	if x.overHTTP() {
		if x.stage != nil {
			x.stage.http.cors.tellOrigin(x)
		}
		if d.challenge != "" {
			h["Www-Authenticate"] = []string{d.challenge}
		}
		h["Content-Length"] = d.http.length
		x.sent = int64(len(d.http.body))
		x.w.WriteHeader(d.http.status)
		_, _ = x.w.Write(d.http.body) // a client that is gone needs no answer
		return d.http.status
	}
	h["x-amzn-ErrorType"] = d.kind
	if x.stage != nil {
		if own := x.stage.responses.of(d); own != nil {
			return own.write(x, d)
		}
	}
	h["Content-Length"] = d.length
	x.sent = int64(len(d.body))
	x.w.WriteHeader(d.status)
	_, _ = x.w.Write(d.body)
	return d.status
}

var jsonContentType = []string{"application/json"}
