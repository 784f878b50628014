package awsapi

import (
	"net/http"
	"strings"
)

// Browsers call Cognito's public operations from pages of any origin; AWS lets
// them, and what they send is in the body, never in a cookie. Signed calls are
// not offered: Authorization is not among the headers that a page may send.
const (
	corsHeaders = "Content-Type, X-Amz-Target, X-Amz-User-Agent, X-Amz-Content-Sha256, Amz-Sdk-Invocation-Id, Amz-Sdk-Request, Cache-Control"
	corsExposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
	corsMaxAge  = "172800" // seconds, as AWS says
)

// preflight answers a browser that asks whether a page may call. The question
// does not name the operation, so this says only what any public one would.
func (a *API) preflight(w http.ResponseWriter, r *http.Request) bool {
	asked := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || r.Header.Get("Origin") == "" || asked == "" {
		return false
	}
	if !a.cors || asked != http.MethodPost || r.URL.Path != "/" ||
		!strings.Contains(strings.ToLower(r.Header.Get("Access-Control-Request-Headers")), "x-amz-target") {
		return false
	}
	h := w.Header()
	allowOrigin(h)
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return true
}

func allowOrigin(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", corsExposed)
}
