package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	basicISO   = "20060102T150405Z"
	maxExpires = 604800 // seconds: a week
)

// Signature is what a request claims about itself. Nothing in it may be
// trusted before Verify has returned nil.
type Signature struct {
	AccessKeyID  string
	Day          string // yyyymmdd of the credential scope
	Region       string
	Service      string
	SessionToken string // "" for a long-term key
	Time         time.Time
	Presigned    bool
	Expires      time.Duration // of a presigned request; 0 when it names none
	Headers      []string      // signed header names: lower case, ascending, unique

	credential string // as sent
	end        string // last part of the credential, which must be "aws4_request"
	shaped     bool   // credential has five parts
	stamp      string // Time as it stands in the string to sign
	signature  string
	request    requestParts
}

// requestParts is what the signature covers, as the client sent it.
type requestParts struct {
	method, path, query, host string
	header                    http.Header
	length                    int64
}

// Parse finds the signature of r, in the Authorization header or in the query.
// Its errors are ErrUnsigned and *Error of kinds Incomplete and Mismatch (a
// header that must be signed is not). It proves nothing.
func Parse(r *http.Request) (*Signature, error) {
	path, query := target(r)
	s := &Signature{request: requestParts{r.Method, path, query, r.Host, r.Header, r.ContentLength}}

	auth := r.Header["Authorization"]
	inQuery, err := readQueryAuth(query)
	if err != nil {
		return nil, err
	}
	switch {
	case len(auth) == 0 && inQuery == nil:
		return nil, ErrUnsigned
	case len(auth) > 0 && inQuery != nil:
		return nil, incomplete("Only one form of authentication is allowed: an Authorization header or X-Amz-Algorithm query-string parameters, not both.")
	case len(auth) > 1:
		return nil, incomplete("Authorization header must not be repeated.")
	}
	for _, once := range onceOnly {
		if len(r.Header[once]) > 1 {
			return nil, incomplete("Header '" + once + "' must not be repeated.")
		}
	}
	if inQuery != nil {
		err = s.fromQuery(inQuery)
	} else {
		err = s.fromHeader(auth[0])
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Headers that decide the verdict and so may not have two readings.
var onceOnly = [...]string{"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256"}

func (s *Signature) fromHeader(value string) error {
	name, rest, found := strings.Cut(value, " ")
	switch {
	case value == "":
		return incomplete("Authorization header cannot be empty: ''.")
	case strings.Contains(name, "="):
		return incomplete("Authorization header must begin with the algorithm name, which cannot include an equal-sign")
	case name != algorithm && strings.HasPrefix(name, "AWS"):
		return incomplete("Unsupported AWS 'algorithm': '" + name + "'.")
	}
	var credential, headers, signature string
	seen := map[string]bool{}
	for found {
		var pair string
		pair, rest, found = strings.Cut(rest, ",")
		key, v, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok {
			return incomplete("Invalid key=value pair (missing equal-sign) in Authorization header " +
				"(hashed with SHA-256 and encoded with Base64): '" + hashed(value) + "'.")
		}
		var into *string
		switch key {
		case "Credential":
			into = &credential
		case "SignedHeaders":
			into = &headers
		case "Signature":
			into = &signature
		default:
			return incomplete("Authorization header has an unknown parameter (hashed with SHA-256 and encoded with Base64): '" + hashed(value) + "'.")
		}
		if seen[key] {
			return incomplete("Authorization header has parameter '" + key + "' more than once.")
		}
		seen[key], *into = true, v
	}
	_, hasAmzDate := s.request.header["X-Amz-Date"]
	date := s.request.header.Get("X-Amz-Date")
	if !hasAmzDate {
		date = s.request.header.Get("Date")
	}

	var missing string
	for _, need := range [...]struct{ name, value string }{{"Credential", credential}, {"Signature", signature}, {"SignedHeaders", headers}} {
		if need.value == "" {
			missing += "Authorization header requires '" + need.name + "' parameter. "
		}
	}
	if date == "" {
		missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	}
	if missing != "" {
		return incomplete(missing + "(Hashed with SHA-256 and encoded with Base64) Authorization=" + hashed(value))
	}
	if name != algorithm {
		return incomplete("Unsupported AWS 'algorithm': '" + name + "'.")
	}
	s.SessionToken = s.request.header.Get("X-Amz-Security-Token")
	return s.fill(credential, headers, signature, date, !hasAmzDate)
}

func (s *Signature) fromQuery(q *queryAuth) error {
	s.Presigned = true
	if q.algorithm != "" && q.algorithm != algorithm {
		return incomplete("Unsupported AWS 'algorithm': '" + q.algorithm + "'.")
	}
	var missing string
	for _, need := range [...]struct{ name, value string }{
		{"X-Amz-Algorithm", q.algorithm}, {"X-Amz-Credential", q.credential}, {"X-Amz-Signature", q.signature},
		{"X-Amz-SignedHeaders", q.headers}, {"X-Amz-Date", q.date},
	} {
		if need.value == "" {
			missing += "AWS query-string parameters must include '" + need.name + "'. "
		}
	}
	if missing != "" {
		return incomplete(missing + "Re-examine the query-string parameters.")
	}
	if q.seen["X-Amz-Expires"] {
		n, err := strconv.Atoi(q.expires)
		switch {
		case err != nil || strconv.Itoa(n) != q.expires:
			return incomplete("X-Amz-Expires should be a number")
		case n < 1:
			return incomplete("X-Amz-Expires must be greater than 0 seconds")
		case n > maxExpires:
			return incomplete("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
		}
		s.Expires = time.Duration(n) * time.Second
	}
	s.SessionToken = q.token
	if header := s.request.header.Get("X-Amz-Security-Token"); header != "" {
		if q.token != "" {
			return incomplete("X-Amz-Security-Token must not be both a header and a query-string parameter.")
		}
		s.SessionToken = header
	}
	return s.fill(q.credential, q.headers, q.signature, q.date, false)
}

// fill checks what both forms have in common: which headers are signed, then the date.
func (s *Signature) fill(credential, headers, signature, date string, dateHeader bool) error {
	s.credential, s.signature = credential, signature
	s.Headers = strings.Split(headers, ";")
	for i, h := range s.Headers {
		if h == "" || strings.ToLower(h) != h || i > 0 && s.Headers[i-1] >= h {
			return incomplete("SignedHeaders must be lower-case header names in ascending order, each named once, separated by ';'.")
		}
	}
	if !s.Signs("host") && !s.Signs(":authority") {
		return &Error{Mismatch, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."}
	}
	for name := range s.request.header {
		if len(name) > 6 && strings.EqualFold(name[:6], "X-Amz-") && !s.Signs(strings.ToLower(name)) {
			return &Error{Mismatch, "'" + strings.ToLower(name) + "' must be a 'SignedHeader' in the AWS Authorization."}
		}
	}
	t, err := time.Parse(basicISO, date)
	if err == nil && len(date) != len(basicISO) {
		err = strconv.ErrSyntax // time.Parse lets fractions of a second pass
	}
	if err != nil && dateHeader {
		t, err = http.ParseTime(date)
	}
	if err != nil {
		return incomplete("Date must be in ISO-8601 'basic format'. Got '" + date + "'. See http://en.wikipedia.org/wiki/ISO_8601")
	}
	s.Time, s.stamp = t.UTC(), t.UTC().Format(basicISO)

	if parts := strings.Split(credential, "/"); len(parts) == 5 && parts[0] != "" {
		s.AccessKeyID, s.Day, s.Region, s.Service, s.end = parts[0], parts[1], parts[2], parts[3], parts[4]
		s.shaped = true
	}
	return nil
}

// Signs reports whether the signature covers a header, named in lower case.
func (s *Signature) Signs(name string) bool {
	_, ok := slices.BinarySearch(s.Headers, name)
	return ok
}

// hashed stands in for a header that may hold somebody's token.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// target is path and query of the request as they were sent, before net/http
// decoded or anything rewrote them.
func target(r *http.Request) (path, query string) {
	raw := r.RequestURI
	if raw == "" && r.URL != nil { // a request that did not come through a server
		raw = r.URL.RequestURI()
	}
	if !strings.HasPrefix(raw, "/") { // absolute form: scheme://authority/path
		if _, after, ok := strings.Cut(raw, "://"); ok {
			if i := strings.IndexAny(after, "/?"); i >= 0 {
				raw = after[i:]
			} else {
				raw = "/"
			}
		}
	}
	path, query, _ = strings.Cut(raw, "?")
	return path, query
}
