package verify_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/verify"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestDiscoveryLeadsToTheKeys(t *testing.T) {
	for _, suffix := range []string{"", "/", "/pool_1", "/tenant/"} {
		k := newKeyServer(t)
		name := k.URL + suffix
		k.handle(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case strings.TrimSuffix(suffix, "/") + "/.well-known/openid-configuration":
				fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q,"response_types_supported":["code"]}`, name, k.URL+"/the/keys")
			case "/the/keys":
				w.Write([]byte(jwks(accessSigner())))
			default:
				http.NotFound(w, r)
			}
		})
		keys, err := verify.Discover(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { keys.Close() })
		expectKey(t, keys, "access-key=", nil)
		k.expectFetches(t, 2)
	}
}

func TestDiscoveryBelievesNobodyElse(t *testing.T) {
	k := newKeyServer(t)
	for name, document := range map[string]string{
		"another issuer":          `{"issuer":"https://evil.example","jwks_uri":"%[1]s/keys"}`,
		"a slash behind":          `{"issuer":"%[1]s/","jwks_uri":"%[1]s/keys"}`,
		"no issuer":               `{"jwks_uri":"%[1]s/keys"}`,
		"issuer in a list":        `{"issuer":["%[1]s"],"jwks_uri":"%[1]s/keys"}`,
		"issuer twice":            `{"issuer":"https://evil.example","issuer":"%[1]s","jwks_uri":"%[1]s/keys"}`,
		"Issuer in another case":  `{"Issuer":"%[1]s","jwks_uri":"%[1]s/keys"}`,
		"no keys":                 `{"issuer":"%[1]s"}`,
		"keys over http":          `{"issuer":"%[1]s","jwks_uri":"http://example.com/keys"}`,
		"keys in a file":          `{"issuer":"%[1]s","jwks_uri":"file:///etc/passwd"}`,
		"keys at the metadata IP": `{"issuer":"%[1]s","jwks_uri":"http://169.254.169.254/keys"}`,
		"a relative address":      `{"issuer":"%[1]s","jwks_uri":"/keys"}`,
		"a web page":              `<html>%[1]s</html>`,
		"nothing":                 ``,
	} {
		t.Run(name, func(t *testing.T) {
			k.handle(func(w http.ResponseWriter, _ *http.Request) {
				w.Write([]byte(strings.ReplaceAll(document, "%[1]s", k.URL)))
			})
			if keys, err := verify.Discover(t.Context(), k.URL); err == nil || keys != nil {
				t.Errorf("got %v, %v", keys, err)
			}
		})
	}
	k.fail()
	if _, err := verify.Discover(t.Context(), k.URL); !errors.Is(err, verify.ErrKeysUnavailable) {
		t.Errorf("an outage: %v", err)
	}
	for _, bad := range []string{"", "http://example.com", "example.com", "https://example.com/?x=y", "https://example.com/#x"} {
		if _, err := verify.Discover(t.Context(), bad); err == nil {
			t.Errorf("issuer %q was accepted", bad)
		}
	}
}

func TestDiscoveryOverHTTPSNeverLeadsToHTTP(t *testing.T) {
	plain := newKeyServer(t, accessSigner())
	var secure *httptest.Server
	secure = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, secure.URL, plain.URL)
	}))
	t.Cleanup(secure.Close)
	if _, err := verify.Discover(t.Context(), secure.URL, verify.WithTransport(secure.Client().Transport)); err == nil || !strings.Contains(err.Error(), "https is required") {
		t.Errorf("got %v", err)
	}
	plain.expectFetches(t, 0)
}

func TestUserPoolIssuers(t *testing.T) {
	for id, want := range map[string]string{
		"eu-west-1_AbCdEf123":              "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
		"us-gov-west-1_AbCdEf123":          "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_AbCdEf123",
		"cn-north-1_AbCdEf123":             "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbCdEf123",
		"":                                 "",
		"eu-west-1":                        "",
		"eu-west-1_":                       "",
		"eu-west-1_a/../b":                 "",
		"evil.example/eu-west-1_AbCdEf123": "",
		"eu-west-1_AbCdEf123\n":            "",
	} {
		if got, err := verify.UserPoolIssuer(id); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", id, got, err)
		}
	}
}

func TestDiscoveredKeysFollowTheIssuer(t *testing.T) {
	k := newKeyServer(t)
	serve := func(place string, signers ...signer) {
		k.handle(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/.well-known/openid-configuration":
				fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, k.URL, k.URL+place)
			case place:
				w.Write([]byte(jwks(signers...)))
			default:
				http.NotFound(w, r)
			}
		})
	}
	serve("/first", accessSigner())
	clock := &testClock{}
	keys, err := verify.NewDiscoveredKeys(k.URL, verify.WithClock(clock.now), verify.WithoutProxy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	k.expectFetches(t, 0)
	expectKey(t, keys, "access-key=", nil)
	expectKey(t, keys, "access-key=", nil)
	k.expectFetches(t, 2)
	serve("/second", idSigner())
	expectKey(t, keys, "id-key=", verify.ErrUnknownKey) // a moment ago there was none
	clock.advance(11 * time.Second)
	expectKey(t, keys, "id-key=", nil)
	expectKey(t, keys, "access-key=", verify.ErrUnknownKey)
	k.expectFetches(t, 4)

	// An outage, and strangers who ask for keys meanwhile, take no key away.
	k.fail()
	for range 20 {
		clock.advance(11 * time.Second)
		expectKey(t, keys, "forged", verify.ErrKeysUnavailable)
		expectKey(t, keys, "id-key=", nil)
	}
	clock.advance(2 * time.Hour)
	if _, err := keys.Key(t.Context(), "id-key="); !errors.Is(err, verify.ErrKeysUnavailable) || !errors.Is(err, verify.ErrDiscovery) {
		t.Errorf("too old: %v", err)
	}
	serve("/third", idSigner())
	clock.advance(11 * time.Second)
	expectKey(t, keys, "id-key=", nil)
}

func TestDiscoveredKeysTellWhichOfTheTwoDocumentsFailed(t *testing.T) {
	k := newKeyServer(t)
	k.handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/openid-configuration" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, k.URL, k.URL+"/keys")
	})
	keys, err := verify.NewDiscoveredKeys(k.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Key(t.Context(), "x"); !errors.Is(err, verify.ErrKeysUnavailable) || errors.Is(err, verify.ErrDiscovery) {
		t.Errorf("no key set: %v", err)
	}
	for _, bad := range []string{"", "http://example.com", "example.com", "https://example.com/?x=y", "https://example.com/?", "https://example.com/#x"} {
		if _, err := verify.NewDiscoveredKeys(bad); err == nil {
			t.Errorf("issuer %q was accepted", bad)
		}
	}
}
