package sigv4_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/sigv4"
)

// A signature over /a/b, sent with paths that normalise to it.
func TestAnExactSignatureHoldsForThePathAsSentAlone(t *testing.T) {
	for path, exact := range map[string]bool{"/a/b": true, "/a//b": false, "//a/b": false, "/a/./b": false, "/a/x/../b": false, "/a/b/": false} {
		r := newRequest(t, http.MethodGet, "http://example.amazonaws.com/a/b", nil)
		sign(t, r, nil, keys)
		r = sent(t, r, nil)
		r.RequestURI = path
		s, err := sigv4.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		p := params(nil)
		if err := s.Verify(p); (err == nil) != (path != "/a/b/") {
			t.Errorf("%s, normalised: %v", path, err)
		}
		p.Exact = true
		if err := s.Verify(p); (err == nil) != exact {
			t.Errorf("%s, exact: %v", path, err)
		}
	}
}

func TestAMismatchShowsNoSessionToken(t *testing.T) {
	c := keys
	c.SessionToken = "a/token+of=="
	inHeader := newRequest(t, http.MethodGet, "http://example.amazonaws.com/a?x=1", nil)
	sign(t, inHeader, nil, c)
	p := params(nil)
	p.Secret = "another"
	inHeader = sent(t, inHeader, nil)
	inQuery := newRequest(t, http.MethodGet, "http://example.amazonaws.com/a?x=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host&X-Amz-Signature=00&X-Amz-Date="+
		inHeader.Header.Get("X-Amz-Date")+"&X-Amz-Security-Token="+url.QueryEscape(c.SessionToken)+"&X-Amz-Credential="+
		url.QueryEscape(c.AccessKeyID+"/"+inHeader.Header.Get("X-Amz-Date")[:8]+"/"+p.Region+"/"+p.Service+"/aws4_request")+"&y=2", nil)
	inQuery = sent(t, inQuery, nil)
	for name, r := range map[string]*http.Request{"in a header": inHeader, "in the query": inQuery} {
		s, err := sigv4.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Verify(p)
		if err == nil {
			t.Fatal("verified")
		}
		message := err.(*sigv4.Error).Message
		if strings.Contains(message, "token+of") || strings.Contains(message, "token%2Bof") || !strings.Contains(message, "********") || !strings.Contains(message, "String-to-Sign") {
			t.Errorf("%s: %s", name, message)
		}
		if name == "in the query" && !strings.Contains(message, "X-Amz-Security-Token=********&") {
			t.Errorf("what stands beside it is gone: %s", message)
		}
	}
}
