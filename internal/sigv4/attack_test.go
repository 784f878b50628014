package sigv4_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sallyport/sallyport/internal/sigv4"
)

// Requests that must not pass, and what AWS says to each. {h} stands for the
// Base64 SHA-256 of the Authorization header.
func TestRefusals(t *testing.T) {
	const good = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260304/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=" +
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, c := range []struct {
		name, auth string
		also       func(r *http.Request, p *sigv4.Params)
		kind       sigv4.Kind
		message    string
	}{
		{"a bearer token", "Bearer x", nil, sigv4.Incomplete,
			"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'uTem/WB082UJMN2ajD6lH6UChGpTAddMJSx2iu923No='."},
		{"one word", "eyJhbGciOi", func(r *http.Request, _ *sigv4.Params) { r.Header.Del("X-Amz-Date") }, sigv4.Incomplete,
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " +
				"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization="},
		{"an empty header", "", nil, sigv4.Incomplete, "Authorization header cannot be empty: ''."},
		{"no algorithm", "Credential=a, Signature=b", nil, sigv4.Incomplete, "Authorization header must begin with the algorithm name, which cannot include an equal-sign"},
		{"another algorithm", with("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), nil, sigv4.Incomplete, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."},
		{"an asymmetric algorithm", with("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), nil, sigv4.Incomplete, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."},
		{"a foreign algorithm with good pairs", with("AWS4-HMAC-SHA256", "Digest"), nil, sigv4.Incomplete, "Unsupported AWS 'algorithm': 'Digest'."},
		{"lower-case algorithm", with("AWS4-HMAC-SHA256", "aws4-hmac-sha256"), nil, sigv4.Incomplete, "Unsupported AWS 'algorithm'"},
		{"extra commas", with(", SignedHeaders", ",, SignedHeaders"), nil, sigv4.Incomplete, "Invalid key=value pair (missing equal-sign)"},
		{"a comma at the end", good + ",", nil, sigv4.Incomplete, "Invalid key=value pair (missing equal-sign)"},
		{"a doubled parameter", good + ", Signature=b", nil, sigv4.Incomplete, "Authorization header has parameter 'Signature' more than once."},
		{"a doubled parameter, first empty", with("Credential=", "Credential=, Credential="), nil, sigv4.Incomplete, "more than once"},
		{"an unknown parameter", good + ", Extra=b", nil, sigv4.Incomplete, "Authorization header has an unknown parameter"},
		{"no signature", with("Signature=", "Signature=,"), nil, sigv4.Incomplete, "Invalid key=value pair"},
		{"a doubled Authorization header", good, func(r *http.Request, _ *sigv4.Params) { r.Header.Add("Authorization", good) }, sigv4.Incomplete, "Authorization header must not be repeated."},
		{"a doubled date", good, func(r *http.Request, _ *sigv4.Params) { r.Header.Add("X-Amz-Date", "20260304T050607Z") }, sigv4.Incomplete, "Header 'X-Amz-Date' must not be repeated."},
		{"a doubled token", with("x-amz-date", "x-amz-date;x-amz-security-token"), func(r *http.Request, _ *sigv4.Params) { r.Header["X-Amz-Security-Token"] = []string{"a", "b"} },
			sigv4.Incomplete, "Header 'X-Amz-Security-Token' must not be repeated."},
		{"header and query at once", good, func(r *http.Request, _ *sigv4.Params) { r.RequestURI += "?X-Amz-Signature=a" }, sigv4.Incomplete, "Only one form of authentication is allowed"},
		{"header and escaped query at once", good, func(r *http.Request, _ *sigv4.Params) { r.RequestURI += "?X%2DAmz-Credential=a" }, sigv4.Incomplete, "Only one form of authentication is allowed"},
		{"host not signed", with("host;", ""), nil, sigv4.Mismatch, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		{"an unsigned x-amz header", good, func(r *http.Request, _ *sigv4.Params) { r.Header.Set("X-Amz-Target", "x") }, sigv4.Mismatch, "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."},
		{"an unsigned session token", good, func(r *http.Request, _ *sigv4.Params) { r.Header.Set("X-Amz-Security-Token", "x") }, sigv4.Mismatch, "'x-amz-security-token' must be a 'SignedHeader'"},
		{"an unsigned date", with(";x-amz-date", ""), nil, sigv4.Mismatch, "'x-amz-date' must be a 'SignedHeader'"},
		{"signed headers out of order", with("host;x-amz-date", "x-amz-date;host"), nil, sigv4.Incomplete, "SignedHeaders must be"},
		{"a signed header twice", with("host;", "host;host;"), nil, sigv4.Incomplete, "SignedHeaders must be"},
		{"an upper-case signed header", with("host;", "Host;"), nil, sigv4.Incomplete, "SignedHeaders must be"},
		{"an empty signed header", with("host;", ";host;"), nil, sigv4.Incomplete, "SignedHeaders must be"},
		{"a date with hyphens", good, date("2026-03-04T05:06:07Z"), sigv4.Incomplete, "Date must be in ISO-8601 'basic format'. Got '2026-03-04T05:06:07Z'. See http://en.wikipedia.org/wiki/ISO_8601"},
		{"a date with a fraction", good, date("20260304T050607.5Z"), sigv4.Incomplete, "Date must be in ISO-8601 'basic format'."},
		{"an empty date", good, date(""), sigv4.Incomplete, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."},
		{"an empty date beside a Date header", good, func(r *http.Request, _ *sigv4.Params) { date("")(r, nil); r.Header.Set("Date", "20260304T050607Z") }, sigv4.Incomplete, "requires existence"},
		{"an impossible date", good, date("20260230T050607Z"), sigv4.Incomplete, "Date must be in ISO-8601 'basic format'."},
		{"too old", good, now(5*time.Minute + time.Second), sigv4.Expired, "Signature expired: 20260304T050607Z is now earlier than 20260304T050608Z (20260304T051108Z - 5 min.)"},
		{"from the future", good, now(-5*time.Minute - time.Second), sigv4.NotYet, "Signature not yet current: 20260304T050607Z is still later than 20260304T050606Z (20260304T050106Z + 5 min.)"},
		{"four parts", with("/aws4_request", ""), nil, sigv4.Incomplete,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20260304/eu-west-1/execute-api'"},
		{"six parts", with("AKIDEXAMPLE/", "A/B/"), nil, sigv4.Incomplete, "Credential must have exactly 5 slash-delimited elements"},
		{"no key id", with("AKIDEXAMPLE/", "/"), nil, sigv4.Incomplete, "Credential must have exactly 5 slash-delimited elements"},
		{"everything wrong with the scope", with("20260304/eu-west-1/execute-api/aws4_request", "20260303/mars-1/lambda/aws5"), nil, sigv4.WrongScope,
			"Credential should be scoped to a valid region, not 'mars-1'. Credential should be scoped to correct service: 'execute-api'. " +
				"Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. " +
				"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260303' != '20260304', from '20260304T050607Z'."},
		{"no region, any allowed", with("eu-west-1", ""), func(_ *http.Request, p *sigv4.Params) { p.Region = "" }, sigv4.WrongScope, "Credential should be scoped to a valid region, not ''."},
		{"a wrong signature", good, nil, sigv4.Mismatch, "The request signature we calculated does not match"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := received(t, "GET /pizza HTTP/1.1\r\nHost: abc\r\nX-Amz-Date: 20260304T050607Z\r\n\r\n")
			r.Header["Authorization"] = []string{c.auth}
			p := params(nil)
			if c.also != nil {
				c.also(r, &p)
			}
			err := verify(r, p)
			e, ok := err.(*sigv4.Error)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if e.Kind != c.kind || !strings.HasPrefix(e.Message, c.message) && !strings.Contains(e.Message, c.message) {
				t.Fatalf("got kind %d %q\nwant kind %d %q", e.Kind, e.Message, c.kind, c.message)
			}
			if strings.Contains(e.Message, "Bearer") || strings.Contains(e.Message, "eyJ") {
				t.Error("the message repeats the credential")
			}
		})
	}
}

func date(value string) func(*http.Request, *sigv4.Params) {
	return func(r *http.Request, _ *sigv4.Params) { r.Header.Set("X-Amz-Date", value) }
}

func now(after time.Duration) func(*http.Request, *sigv4.Params) {
	return func(_ *http.Request, p *sigv4.Params) { p.Now = signedAt.Add(after) }
}

// Forms of a right signature that are not the right signature, and bodies that the service would have to trust.
func TestRefusesAlmostRightSignatures(t *testing.T) {
	for name, change := range map[string]func(signature string) string{
		"truncated":      func(s string) string { return s[:32] },
		"upper-case hex": strings.ToUpper,
		"longer":         func(s string) string { return s + "00" },
		"with a space":   func(s string) string { return s[:63] + " " },
	} {
		r := newRequest(t, "GET", "http://host/", nil)
		sign(t, r, nil, keys)
		auth := r.Header.Get("Authorization")
		i := strings.Index(auth, "Signature=") + len("Signature=")
		r.Header.Set("Authorization", auth[:i]+change(auth[i:]))
		if got := kindOf(verify(sent(t, r, nil), params(nil))); got != sigv4.Mismatch {
			t.Errorf("%s: kind %d, want Mismatch", name, got)
		}
	}
	for _, claim := range []string{"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", hash([]byte("other")), ""} {
		body := []byte("{}")
		r := newRequest(t, "POST", "http://host/", body)
		r.Header["X-Amz-Content-Sha256"] = []string{claim}
		if err := v4.NewSigner().SignHTTP(context.Background(), keys, r, claim, "execute-api", "eu-west-1", signedAt); err != nil {
			t.Fatal(err)
		}
		if got := kindOf(verify(sent(t, r, body), params(body))); got != sigv4.Mismatch {
			t.Errorf("payload hash %q: kind %d, want Mismatch", claim, got)
		}
	}
}

func TestRefusesPresignedRequests(t *testing.T) {
	fresh := func() url.Values {
		return url.Values{
			"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Credential": {"AKIDEXAMPLE/20260304/eu-west-1/execute-api/aws4_request"},
			"X-Amz-Date": {"20260304T050607Z"}, "X-Amz-Expires": {"60"}, "X-Amz-SignedHeaders": {"host"}, "X-Amz-Signature": {strings.Repeat("a", 64)},
		}
	}
	set := func(name, value string) func(url.Values, *sigv4.Params) {
		return func(q url.Values, _ *sigv4.Params) { q.Set(name, value) }
	}
	for _, c := range []struct {
		name    string
		change  func(url.Values, *sigv4.Params)
		kind    sigv4.Kind
		message string
	}{
		{"a wrong signature", set("page", "2"), sigv4.Mismatch, "The request signature we calculated does not match"},
		{"an algorithm that is not ours", set("X-Amz-Algorithm", "none"), sigv4.Incomplete, "Unsupported AWS 'algorithm': 'none'."},
		{"only a signature", func(q url.Values, _ *sigv4.Params) {
			for k := range q {
				if k != "X-Amz-Signature" {
					q.Del(k)
				}
			}
		}, sigv4.Incomplete, "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. " +
			"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		{"doubled", func(q url.Values, _ *sigv4.Params) { q.Add("X-Amz-Expires", "604800") }, sigv4.Incomplete, "Query-string parameter 'X-Amz-Expires' must not be repeated."},
		{"zero seconds", set("X-Amz-Expires", "0"), sigv4.Incomplete, "X-Amz-Expires must be"},
		{"negative", set("X-Amz-Expires", "-5"), sigv4.Incomplete, "X-Amz-Expires must be"},
		{"more than a week", set("X-Amz-Expires", "604801"), sigv4.Incomplete, "X-Amz-Expires must be less than a week"},
		{"not a number", set("X-Amz-Expires", "6e1"), sigv4.Incomplete, "X-Amz-Expires should be a number"},
		{"a number in another spelling", set("X-Amz-Expires", "+60"), sigv4.Incomplete, "X-Amz-Expires should be a number"},
		{"empty", set("X-Amz-Expires", ""), sigv4.Incomplete, "X-Amz-Expires should be a number"},
		{"host not signed", set("X-Amz-SignedHeaders", "x-a"), sigv4.Mismatch, "'Host' or ':authority'"},
		{"over", func(_ url.Values, p *sigv4.Params) { p.Now = signedAt.Add(61 * time.Second) }, sigv4.Expired,
			"Signature expired: 20260304T050607Z is now earlier than 20260304T050608Z (20260304T050708Z - 1 min.)"},
		{"from the future", func(_ url.Values, p *sigv4.Params) { p.Now = signedAt.Add(-time.Hour) }, sigv4.NotYet, "Signature not yet current"},
		{"without a window, after the skew", func(q url.Values, p *sigv4.Params) { q.Del("X-Amz-Expires"); p.Now = signedAt.Add(301 * time.Second) }, sigv4.Expired, "Signature expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, p := fresh(), params(nil)
			c.change(q, &p)
			err := verify(received(t, "GET /?"+q.Encode()+" HTTP/1.1\r\nHost: abc\r\n\r\n"), p)
			e, ok := err.(*sigv4.Error)
			if !ok || e.Kind != c.kind || !strings.HasPrefix(e.Message, c.message) {
				t.Fatalf("got %v\nwant kind %d %q", err, c.kind, c.message)
			}
		})
	}
}

func TestUnsigned(t *testing.T) {
	for _, target := range []string{"/", "/?a=b", "/?x-amz-signature=lower-case", "/?X-Amz-Date=20260304T050607Z"} {
		if _, err := sigv4.Parse(received(t, "GET "+target+" HTTP/1.1\r\nHost: abc\r\n\r\n")); err != sigv4.ErrUnsigned {
			t.Errorf("%s: %v, want ErrUnsigned", target, err)
		}
	}
}

// Whatever comes in: no panic, and nothing verifies that was not signed with the secret.
func FuzzVerify(f *testing.F) {
	f.Add("/a%20b/../c?b=2&a=1", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260304/eu-west-1/execute-api/aws4_request, SignedHeaders=host, Signature=00", "20260304T050607Z", "one", []byte("{}"))
	f.Add("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260304%2Feu-west-1%2Fexecute-api%2Faws4_request&X-Amz-Date=20260304T050607Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00", "", "", "", []byte{})
	f.Add("//%2e%2e/%zz?%&=&a=%2&+=+", "Bearer x", "Wed, 04 Mar 2026 05:06:07 GMT", "  a  b ", []byte("x"))
	f.Fuzz(func(t *testing.T, target, auth, stamp, value string, body []byte) {
		r := &http.Request{Method: "POST", RequestURI: target, Host: "abc", Header: http.Header{}, URL: &url.URL{}}
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		if stamp != "" {
			r.Header.Set("X-Amz-Date", stamp)
		}
		r.Header.Set("X-Tag", value)
		if err := verify(r, params(body)); err == nil {
			t.Fatal("verified")
		} else if _, ok := err.(*sigv4.Error); !ok {
			t.Fatalf("an error outside the closed set: %v", err)
		}
	})
}
