package verify_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/verify"
)

func TestBadAnswersNeverReplaceGoodKeys(t *testing.T) {
	good := jwks(accessSigner())
	padded := strings.TrimSuffix(good, "}") + `,"x":"` + strings.Repeat("x", 200_000) + `"}`
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }
	}
	elsewhere := newKeyServer(t, accessSigner())
	for name, answer := range map[string]http.HandlerFunc{
		"status 500":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); w.Write([]byte(good)) },
		"status 204":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"status 404":      func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"nothing":         text(""),
		"a web page":      text("<html>Please sign in to the airport's network</html>"),
		"a list":          text("[" + good + "]"),
		"no keys":         text(`{}`),
		"keys no list":    text(`{"keys":{}}`),
		"keys twice":      text(`{"keys":[],` + good[1:]),
		"a key no object": text(`{"keys":[1]}`),
		"text behind":     text(good + "x"),
		"two equal ids":   text(jwks(accessSigner(), renamed(strangers(), "access-key="))),
		"a private key":   text(strings.Replace(good, `"kty"`, `"d":"AQAB","kty"`, 1)),
		"a symmetric key": text(`{"keys":[{"kty":"oct","kid":"x","k":"AQAB"},` + good[len(`{"keys":[`):]),
		"too many keys":   text(`{"keys":[` + strings.Repeat(`{},`, 256) + `{}]}`),
		"too long":        text(padded),
		"endless":         endless,
		"a zip bomb":      zipBomb,
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			w.Write([]byte(good))
		},
		"silence":      func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a hang-up":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"another host": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"another scheme": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		},
		"redirects for ever": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeyServer(t, accessSigner())
			keys, clock := remoteKeys(t, k, verify.WithFetchTimeout(250*time.Millisecond))
			expectKey(t, keys, "access-key=", nil)
			k.handle(answer)
			if err := keys.Refresh(t.Context()); !errors.Is(err, verify.ErrKeysUnavailable) {
				t.Errorf("Refresh: %v", err)
			}
			expectKey(t, keys, "access-key=", nil)
			clock.advance(2 * time.Hour)
			expectKey(t, keys, "access-key=", verify.ErrKeysUnavailable)
		})
	}
	elsewhere.expectFetches(t, 0)
}

func endless(w http.ResponseWriter, r *http.Request) {
	chunk := bytes.Repeat([]byte(" "), 32<<10)
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func zipBomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	zipped := gzip.NewWriter(w)
	defer zipped.Close()
	chunk := bytes.Repeat([]byte(" "), 32<<10)
	for range 1000 {
		if _, err := zipped.Write(chunk); err != nil {
			return
		}
	}
}

func TestRedirectsStayWithinTheOrigin(t *testing.T) {
	k := newKeyServer(t)
	k.handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			http.Redirect(w, r, "/keys", http.StatusFound)
			return
		}
		w.Write([]byte(jwks(accessSigner())))
	})
	keys, _ := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)
}

func TestRedirectsFromHTTPSNeverLeadToHTTP(t *testing.T) {
	plain := newKeyServer(t, accessSigner())
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	keys, err := verify.NewRemoteKeys(secure.URL, verify.WithTransport(secure.Client().Transport))
	if err != nil {
		t.Fatal(err)
	}
	expectKey(t, keys, "access-key=", verify.ErrKeysUnavailable)
	plain.expectFetches(t, 0)
}

func TestAnIssuerWithoutAProperCertificateIsNotBelieved(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(jwks(accessSigner()))) }))
	secure.Config.ErrorLog = quiet()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	keys, err := verify.NewRemoteKeys(secure.URL)
	if err != nil {
		t.Fatal(err)
	}
	expectKey(t, keys, "access-key=", verify.ErrKeysUnavailable)
}

func TestClosedKeysAreGone(t *testing.T) {
	k := newKeyServer(t, accessSigner())
	keys, clock := remoteKeys(t, k)
	expectKey(t, keys, "access-key=", nil)
	started, _ := k.hold(t)
	clock.advance(time.Hour)
	expectKey(t, keys, "access-key=", nil) // begins a refresh, which Close ends
	<-started
	if err := keys.Close(); err != nil {
		t.Fatal(err)
	}
	expectKey(t, keys, "access-key=", verify.ErrKeysUnavailable)
	if err := keys.Refresh(t.Context()); !errors.Is(err, verify.ErrKeysUnavailable) {
		t.Errorf("Refresh: %v", err)
	}
	if err := keys.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	k.expectFetches(t, 2)
}

func TestUnsafeKeyURLsAreRefused(t *testing.T) {
	for _, bad := range []string{
		"", "jwks.json", "/jwks.json", "http://example.com/jwks.json", "http://10.0.0.1/jwks.json", "http://169.254.169.254/latest",
		"http://localhost.evil.example/", "http://127.0.0.1.evil.example/", "http://[::2]/", "http://0.0.0.0/", "ftp://localhost/", "file:///etc/passwd",
		"https://", "https://user:secret@example.com/jwks.json", "https://example.com/jwks.json#x", "https:example.com", "http://127.1/", "http://2130706433/", "\x00",
	} {
		if keys, err := verify.NewRemoteKeys(bad); err == nil || keys != nil {
			t.Errorf("%q was accepted", bad)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the message holds a password: %v", err)
		}
	}
	for _, good := range []string{"https://example.com/jwks.json", "http://localhost:4566/p/jwks.json", "http://api.localhost/x", "http://127.0.0.1:1/", "http://127.9.9.9/", "http://[::1]:80/", "HTTPS://EXAMPLE.com/"} {
		if _, err := verify.NewRemoteKeys(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for name, opt := range map[string]verify.RemoteOption{
		"nil": nil, "transport": verify.WithTransport(nil), "limit": verify.WithFetchLimit(0), "no limit": verify.WithFetchLimit(1 << 40),
		"timeout": verify.WithFetchTimeout(0), "no age": verify.WithMaxAge(0), "for ever": verify.WithMaxAge(1000 * time.Hour),
		"cool-down": verify.WithCoolDown(0), "clock": verify.WithClock(nil),
	} {
		if _, err := verify.NewRemoteKeys("https://example.com/", opt); err == nil {
			t.Errorf("option %s was accepted", name)
		}
	}
}
