package sigv4_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sallyport/sallyport/internal/sigv4"
)

var (
	signedAt = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	keys     = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
)

func params(body []byte) sigv4.Params {
	return sigv4.Params{Secret: keys.SecretAccessKey, Now: signedAt, Skew: sigv4.SkewExecute, Region: "eu-west-1", Service: "execute-api", Body: body}
}

// sent is a request as a server reads it off the wire.
func sent(t testing.TB, r *http.Request, body []byte) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	r.Body = nil
	if len(body) > 0 {
		r.Body = readCloser{bytes.NewReader(body)}
		r.ContentLength = int64(len(body))
	}
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	return received(t, wire.String())
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func received(t testing.TB, wire string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, wire)
	}
	return r
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func newRequest(t testing.TB, method, target string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sign(t testing.TB, r *http.Request, body []byte, c aws.Credentials) {
	t.Helper()
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hash(body), "execute-api", "eu-west-1", signedAt); err != nil {
		t.Fatal(err)
	}
}

func verify(r *http.Request, p sigv4.Params) error {
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	return s.Verify(p)
}

func kindOf(err error) sigv4.Kind {
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return e.Kind
	}
	return 0
}

// generated is a random request of the odd kinds that people do send.
func generated(t testing.TB, random *rand.Rand) (*http.Request, []byte) {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	var path strings.Builder
	for range random.IntN(5) {
		path.WriteString("/" + pick("a", "", ".", "..", "a%2Fb", "a%20b", "ünï", "a(b)", "~x", "a+b", "%25", "%e2%82%ac", "$default", "a:b@c", "*", "%2e%2e"))
	}
	if path.Len() == 0 || random.IntN(3) == 0 {
		path.WriteString("/")
	}
	var query []string
	for range random.IntN(5) {
		query = append(query, pick("a", "b", "", "%C3%A9", "a%20b", "A", "a-b", "filter[]", "x%2Fy")+
			pick("", "=", "=1", "=a+b", "=a%2Bb", "=%2f", "=~", "==", "=a=b", "=%E2%82%AC", "=a%20", "=,"))
	}
	target := "http://abc.execute-api.eu-west-1.localhost:4566" + path.String()
	if len(query) > 0 {
		target += "?" + strings.Join(query, "&")
	}
	var body []byte
	method := pick("GET", "POST", "PUT", "DELETE", "PATCH")
	if method != "GET" && random.IntN(2) == 0 {
		body = []byte(strings.Repeat("pizza ", random.IntN(40)))
	}
	r := newRequest(t, method, target, body)
	for range random.IntN(4) {
		r.Header.Add(pick("X-Tag", "Content-Type", "X-Amz-Target", "Cache-Control", "My-Header1"), pick("a", "  b  c  ", "a,b", "a   \"b   c\"", "", "é"))
	}
	if random.IntN(3) == 0 {
		r.Header.Set("X-Amz-Content-Sha256", hash(body))
	}
	return r, body
}

func credentials(random *rand.Rand) aws.Credentials {
	c := keys
	if random.IntN(2) == 0 {
		c.SessionToken = "FwoGZXIvYXdzE+/=token=="
	}
	return c
}

func TestAcceptsWhatTheSDKSigns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	cache := sigv4.NewKeyCache(8)
	for range 4000 {
		r, body := generated(t, random)
		c := credentials(random)
		sign(t, r, body, c)
		r = sent(t, r, body)
		s, err := sigv4.Parse(r)
		if err != nil {
			t.Fatalf("%s: %v", r.RequestURI, err)
		}
		if s.AccessKeyID != c.AccessKeyID || s.SessionToken != c.SessionToken || s.Presigned || !s.Time.Equal(signedAt) {
			t.Fatalf("read as %+v", s)
		}
		p := params(body)
		p.Keys = cache
		if err := s.Verify(p); err != nil {
			t.Fatalf("%s %s %v: %v\n%s", r.Method, r.RequestURI, r.Header, err, err.(*sigv4.Error).Message)
		}
	}
}

func TestAcceptsWhatTheSDKPresigns(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		r, body := generated(t, random)
		r.Header.Del("X-Amz-Target") // hoisted into the query, where no service reads it
		q := r.URL.Query()
		q.Set("X-Amz-Expires", "60")
		r.URL.RawQuery = q.Encode()
		c := credentials(random)
		signed, header, err := v4.NewSigner().PresignHTTP(context.Background(), c, r, hash(body), "execute-api", "eu-west-1", signedAt)
		if err != nil {
			t.Fatal(err)
		}
		got := newRequest(t, r.Method, signed, body)
		for k, v := range header {
			got.Header[k] = v
		}
		got = sent(t, got, body)
		s, err := sigv4.Parse(got)
		if err != nil {
			t.Fatalf("%s: %v", signed, err)
		}
		if !s.Presigned || s.Expires != time.Minute || s.SessionToken != c.SessionToken {
			t.Fatalf("read as %+v", s)
		}
		p := params(body)
		if err := s.Verify(p); err != nil {
			t.Fatalf("%s: %v\n%s", signed, err, err.(*sigv4.Error).Message)
		}
		p.Now = signedAt.Add(61 * time.Second)
		if got := kindOf(s.Verify(p)); got != sigv4.Expired {
			t.Fatalf("a minute later: kind %d, want Expired", got)
		}
	}
}

// A request whose every signed part is changed in turn.
func TestRefusesEveryChange(t *testing.T) {
	body := []byte(`{"size":"large"}`)
	fresh := func() *http.Request {
		r := newRequest(t, "POST", "http://abc.execute-api.eu-west-1.localhost:4566/prod/pizza%2Fx/y?a=1&b=2&a=3", body)
		r.Header.Set("Content-Type", "application/json")
		r.Header["X-Tag"] = []string{"one", "two"}
		r.Header.Set("X-Empty", "")
		c := keys
		c.SessionToken = "session"
		sign(t, r, body, c)
		return sent(t, r, body)
	}
	if err := verify(fresh(), params(body)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(r *http.Request, p *sigv4.Params){
		"method":                func(r *http.Request, _ *sigv4.Params) { r.Method = "PUT" },
		"host":                  func(r *http.Request, _ *sigv4.Params) { r.Host = "xyz.execute-api.eu-west-1.localhost:4566" },
		"port":                  func(r *http.Request, _ *sigv4.Params) { r.Host = strings.TrimSuffix(r.Host, ":4566") },
		"path":                  func(r *http.Request, _ *sigv4.Params) { r.RequestURI = strings.Replace(r.RequestURI, "/y", "/z", 1) },
		"escape in path":        func(r *http.Request, _ *sigv4.Params) { r.RequestURI = strings.Replace(r.RequestURI, "%2F", "/", 1) },
		"case of an escape":     func(r *http.Request, _ *sigv4.Params) { r.RequestURI = strings.Replace(r.RequestURI, "%2F", "%2f", 1) },
		"trailing slash":        func(r *http.Request, _ *sigv4.Params) { r.RequestURI = strings.Replace(r.RequestURI, "/y", "/y/", 1) },
		"query value":           func(r *http.Request, _ *sigv4.Params) { r.RequestURI = strings.Replace(r.RequestURI, "b=2", "b=3", 1) },
		"query added":           func(r *http.Request, _ *sigv4.Params) { r.RequestURI += "&c=1" },
		"query added unparsed":  func(r *http.Request, _ *sigv4.Params) { r.RequestURI += "&%zz=1" },
		"query with semicolon":  func(r *http.Request, _ *sigv4.Params) { r.RequestURI += "&x;y=1" },
		"query removed":         func(r *http.Request, _ *sigv4.Params) { r.RequestURI = strings.Replace(r.RequestURI, "&b=2", "", 1) },
		"content type":          func(r *http.Request, _ *sigv4.Params) { r.Header.Set("Content-Type", "text/plain") },
		"header value":          func(r *http.Request, _ *sigv4.Params) { r.Header["X-Tag"] = []string{"one", "three"} },
		"header order":          func(r *http.Request, _ *sigv4.Params) { r.Header["X-Tag"] = []string{"two", "one"} },
		"header value removed":  func(r *http.Request, _ *sigv4.Params) { r.Header["X-Tag"] = []string{"one"} },
		"a space of Unicode":    func(r *http.Request, _ *sigv4.Params) { r.Header["X-Tag"] = []string{"one", "two\u00a0"} },
		"a line of Unicode":     func(r *http.Request, _ *sigv4.Params) { r.Header["X-Tag"] = []string{"\u2028one", "two"} },
		"header removed":        func(r *http.Request, _ *sigv4.Params) { r.Header.Del("X-Tag") },
		"empty header removed":  func(r *http.Request, _ *sigv4.Params) { r.Header.Del("X-Empty") },
		"date":                  func(r *http.Request, _ *sigv4.Params) { r.Header.Set("X-Amz-Date", "20260304T050608Z") },
		"session token":         func(r *http.Request, _ *sigv4.Params) { r.Header.Set("X-Amz-Security-Token", "another") },
		"session token removed": func(r *http.Request, _ *sigv4.Params) { r.Header.Del("X-Amz-Security-Token") },
		"body":                  func(_ *http.Request, p *sigv4.Params) { p.Body = []byte(`{"size":"small"}`) },
		"body removed":          func(_ *http.Request, p *sigv4.Params) { p.Body = nil },
		"secret":                func(_ *http.Request, p *sigv4.Params) { p.Secret += "x" },
		"no secret":             func(_ *http.Request, p *sigv4.Params) { p.Secret = "" },
		"another region":        func(r *http.Request, p *sigv4.Params) { replaceAuth(r, "eu-west-1", "eu-west-2"); p.Region = "" },
		"another service":       func(r *http.Request, p *sigv4.Params) { replaceAuth(r, "execute-api", "lambda"); p.Service = "" },
		"signed header dropped": func(r *http.Request, _ *sigv4.Params) { replaceAuth(r, ";x-tag", "") },
		"signed header added":   func(r *http.Request, _ *sigv4.Params) { replaceAuth(r, ";x-tag", ";x-tag;x-tah") },
	} {
		t.Run(name, func(t *testing.T) {
			r, p := fresh(), params(body)
			change(r, &p)
			err := verify(r, p)
			if k := kindOf(err); k != sigv4.Mismatch && k != sigv4.UnknownKey {
				t.Fatalf("got %v, want a refusal", err)
			}
		})
	}
}

func replaceAuth(r *http.Request, old, new string) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
}

func TestKeepsNothingOfAnOldSecret(t *testing.T) {
	cache := sigv4.NewKeyCache(1)
	r := newRequest(t, "GET", "http://host/", nil)
	sign(t, r, nil, keys)
	r = sent(t, r, nil)
	p := params(nil)
	p.Keys = cache
	for range 2 {
		if err := verify(r, p); err != nil {
			t.Fatal(err)
		}
	}
	p.Secret = "changed"
	if got := kindOf(verify(r, p)); got != sigv4.Mismatch {
		t.Fatalf("after the secret changed: kind %d, want Mismatch", got)
	}
	p.Secret = keys.SecretAccessKey
	if err := verify(r, p); err != nil {
		t.Fatal(err)
	}
}

func TestMismatchShowsWhatShouldHaveBeenSigned(t *testing.T) {
	r := newRequest(t, "GET", "http://host/a%20b?q=1", nil)
	sign(t, r, nil, keys)
	replaceAuth(r, "Signature=", "Signature=0")
	err := verify(sent(t, r, nil), params(nil))
	e, ok := errors.AsType[*sigv4.Error](err)
	if !ok {
		t.Fatal(err)
	}
	want := "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. " +
		"Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'GET\n/a%2520b\nq=1\nhost:host\nx-amz-date:20260304T050607Z\n\nhost;x-amz-date\n" +
		hash(nil) + "'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20260304T050607Z\n20260304/eu-west-1/execute-api/aws4_request\n"
	if !strings.HasPrefix(e.Message, want) {
		t.Fatalf("got  %q\nwant %q...", e.Message, want)
	}
	if strings.Contains(e.Error(), "Canonical") {
		t.Error("the text for logs repeats the request")
	}
}

func TestReadsTheDateHeaderWhenThereIsNoOther(t *testing.T) {
	// Both forms that clients put into Date; the string to sign has the same instant.
	for _, date := range []string{"20260304T050607Z", "Wed, 04 Mar 2026 05:06:07 GMT"} {
		r := newRequest(t, "GET", "http://host/", nil)
		r.Header.Set("Date", date)
		sign(t, r, nil, keys)
		r.Header.Del("X-Amz-Date")
		replaceAuth(r, ";x-amz-date", "")
		s, err := sigv4.Parse(sent(t, r, nil))
		if err != nil || !s.Time.Equal(signedAt) {
			t.Errorf("%q: %v, %v", date, s, err)
		}
	}
}

func TestRewritingTheURLChangesNothing(t *testing.T) {
	r := newRequest(t, "GET", "http://host/_aws/execute-api/abc/prod/x%2Fy?z=1", nil)
	sign(t, r, nil, keys)
	r = sent(t, r, nil)
	r.URL = &url.URL{Path: "/x/y"}
	if err := verify(r, params(nil)); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkVerify(b *testing.B) {
	body := bytes.Repeat([]byte("pizza!! "), 128) // 1 KiB
	r := newRequest(b, "POST", "http://abc.execute-api.eu-west-1.localhost:4566/prod/pizzas?size=large&limit=10", body)
	r.Header.Set("Content-Type", "application/json")
	sign(b, r, body, keys)
	r = sent(b, r, body)
	for _, cached := range []bool{true, false} {
		b.Run(fmt.Sprintf("cached=%t", cached), func(b *testing.B) {
			p := params(body)
			if cached {
				p.Keys = sigv4.NewKeyCache(8)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := verify(r, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
