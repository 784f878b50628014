package sigv4_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/sigv4"
)

// What the operator reads about a refused signature says more than AWS says to
// the client, and nothing of what the client's words may hold in private.
func TestReasons(t *testing.T) {
	const wrong = "The request signature we calculated does not match the signature you provided. Check it.\n\nThe Canonical String for this request should have been\n'GET\n/private"
	for name, c := range map[string]struct {
		err  *sigv4.Error
		key  string
		want string
	}{
		"unsigned":      {sigv4.ErrUnsigned, "", "Missing Authentication Token"},
		"unknown key":   {sigv4.ErrUnknownKey, "AKIAIOSFODNN7EXAMPLE", "no active access key has the id that the request names, or its session token is none of that key's (access key AKIAIOSFODNN7EXAMPLE)"},
		"expired":       {sigv4.ErrExpiredToken, "ASIAIOSFODNN7EXAMPLE", "the session of the temporary key is over or was cut off (access key ASIAIOSFODNN7EXAMPLE)"},
		"wrong":         {&sigv4.Error{Kind: sigv4.Mismatch, Message: wrong}, "AKIAIOSFODNN7EXAMPLE", "the signature is not the one for this request: it was made with another secret, or method, host, path, query, headers or body were changed after it (access key AKIAIOSFODNN7EXAMPLE)"},
		"host unsigned": {&sigv4.Error{Kind: sigv4.Mismatch, Message: "'Host' must be signed."}, "AKIAIOSFODNN7EXAMPLE", "'Host' must be signed. (access key AKIAIOSFODNN7EXAMPLE)"},
		"endless key":   {sigv4.ErrExpiredToken, strings.Repeat("A", 127) + "é" + strings.Repeat("B", 9999), "the session of the temporary key is over or was cut off (access key " + strings.Repeat("A", 127) + "...)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.err.Reason(c.key); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
