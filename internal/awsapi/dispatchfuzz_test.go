package awsapi_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whatever an unsigned request looks like, only a public operation runs, the
// answer is well-formed, and there is one record.
func FuzzDispatch(f *testing.F) {
	f.Add("POST", "/", "AWSCognitoIdentityProviderService.InitiateAuth", "application/x-amz-json-1.1", "", initiate)
	f.Add("POST", "/", "AWSCognitoIdentityProviderService.CreateUserPool", "application/x-amz-json-1.1", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00", "{}")
	f.Add("POST", "/", "", "application/x-www-form-urlencoded", "", "Action=GetCallerIdentity&Version=2011-06-15")
	f.Add("GET", "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Signature=0", "", "", "", "")
	f.Add("GET", "/2015-03-31/functions/a%2Fb?Qualifier=1", "", "", "Bearer x", "")
	f.Add("OPTIONS", "/", "", "", "", "")
	f.Fuzz(func(t *testing.T, method, target, amzTarget, contentType, authorization, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") || method == "" {
			return
		}
		r := &http.Request{Method: method, URL: u, RequestURI: target, Host: "localhost", Header: http.Header{},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), RemoteAddr: "127.0.0.1:1"}
		for name, value := range map[string]string{"X-Amz-Target": amzTarget, "Content-Type": contentType, "Authorization": authorization} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		h := newHouse(t)
		w := h.do(r)
		for _, ran := range h.runs {
			if ran != "InitiateAuth" {
				t.Fatalf("%s ran unsigned", ran)
			}
		}
		if len(h.recs) != 1 || h.recs[0].Status != w.Code {
			t.Fatalf("%d records", len(h.recs))
		}
		text := w.Body.String()
		switch kind := w.Header().Get("Content-Type"); {
		case kind == "text/xml":
			if err := xml.Unmarshal([]byte(text), new(struct{})); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		case !json.Valid([]byte(text)):
			t.Fatalf("%s is not JSON", text)
		}
		if strings.Contains(h.log.String(), "panic") && !strings.Contains(body, "panic") {
			t.Fatal(h.log.String())
		}
	})
}
