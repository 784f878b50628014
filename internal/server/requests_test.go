package server_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/config"
)

const requestsPath = "/_sallyport/requests/"

// asked asks the operator's door for a path, signed by a key if there is one.
func (w *world) asked(t testing.TB, method, path, id, secret string, change func(*http.Request)) reply {
	t.Helper()
	r := must(http.NewRequest(method, w.url+path, nil))(t)
	if id != "" {
		if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r, emptyHash, "sallyport", region, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(r)
	}
	response := must(http.DefaultClient.Do(r))(t)
	defer response.Body.Close()
	var body json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// refusedRequest is the id of a request that nobody's token came with.
func (w *world) refusedRequest(t testing.TB) string {
	t.Helper()
	r := w.send(t, "GET", "/_aws/execute-api/aaaaaaaaaa/prod/menu", "")
	if r.status != 403 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	return r.header.Get("X-Amzn-Requestid")
}

func TestARequestIsExplainedToTheOperatorAlone(t *testing.T) {
	w := start(t, config.Config{Data: filepath.Join(t.TempDir(), "data")}, nil)
	users := iam.NewFromConfig(w.aws)
	must(users.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("admin")}))(t)
	must(users.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("admin"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}))(t)
	admin := must(users.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("admin")}))(t).AccessKey
	id := w.refusedRequest(t)

	var report audit.Report
	r := w.asked(t, "GET", requestsPath+id, rootKey, rootSecret, nil)
	if err := json.Unmarshal([]byte(r.body), &report); err != nil || r.status != 200 || report.RequestID != id || report.Status != 403 || report.Plane != audit.PlaneData {
		t.Errorf("root: %d %s", r.status, r.body)
	}
	if r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("it may be cached: %v", r.header)
	}
	for name, r := range map[string]reply{
		"nobody":                   w.asked(t, "GET", requestsPath+id, "", "", nil),
		"an administrator":         w.asked(t, "GET", requestsPath+id, *admin.AccessKeyId, *admin.SecretAccessKey, nil),
		"a wrong secret":           w.asked(t, "GET", requestsPath+id, rootKey, rootSecret+"x", nil),
		"signed for another id":    w.asked(t, "GET", requestsPath+"x"+id, rootKey, rootSecret, func(r *http.Request) { r.URL.Path = requestsPath + id }),
		"signed for the outbox":    w.asked(t, "GET", "/_sallyport/outbox", rootKey, rootSecret, func(r *http.Request) { r.URL.Path = requestsPath + id }),
		"nobody, of what is not":   w.asked(t, "GET", requestsPath+"none", "", "", nil),
		"nobody, by another verb":  w.asked(t, "DELETE", requestsPath+id, "", "", nil),
		"nobody, of all":           w.asked(t, "GET", "/_sallyport/requests", "", "", nil),
		"an administrator, of all": w.asked(t, "GET", "/_sallyport/requests", *admin.AccessKeyId, *admin.SecretAccessKey, nil),
		"nobody, who follows":      w.asked(t, "GET", "/_sallyport/requests?follow=true", "", "", nil),
		"signed for another query": w.asked(t, "GET", "/_sallyport/requests?api=a", rootKey, rootSecret, func(r *http.Request) { r.URL.RawQuery = "api=b" }),
		"a door of another prefix": w.asked(t, "GET", "/_sallyport/requestsx/"+id, rootKey, rootSecret, nil),
	} {
		if r.status != 404 || r.body != `{"message":"Not Found"}` {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	for _, id := range []string{"none", "", strings.ToUpper(id), id + "/", id + "/../" + id, "..%2f" + id} {
		r := w.asked(t, "GET", requestsPath+id, rootKey, rootSecret, nil)
		if r.status != 404 || strings.Contains(r.body, "steps") {
			t.Errorf("%q: %d %s", id, r.status, r.body)
		}
	}
	if r := w.asked(t, "GET", requestsPath+"none", rootKey, rootSecret, nil); !strings.Contains(r.body, `"requestId":"none"`) || !strings.Contains(r.body, "the newest 100000 are kept, for 168h at most") {
		t.Errorf("a request that is not known: %s", r.body)
	}
	if r := w.asked(t, "POST", requestsPath+id, rootKey, rootSecret, nil); r.status != 405 || r.header.Get("Allow") != "GET" {
		t.Errorf("POST: %d %v", r.status, r.header)
	}
}

func TestRequestsAreForgottenWithTheRest(t *testing.T) {
	w := start(t, config.Config{}, nil)
	id := w.refusedRequest(t)
	if r := w.send(t, "GET", requestsPath+id, ""); r.status != 200 {
		t.Errorf("a test on this machine: %d %s", r.status, r.body)
	}
	for name, headers := range map[string][]string{"a page of another origin": {"Origin", "https://evil.example"}, "a rebound name": {"Host", "evil.example"}, "by a proxy": {"Via", "1.1 x"}} {
		if r := w.send(t, "GET", requestsPath+id, "", headers...); r.status != 404 || strings.Contains(r.body, id) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := w.send(t, "POST", "/_sallyport/reset", ""); r.status != 204 {
		t.Fatalf("reset: %d %s", r.status, r.body)
	}
	if r := w.send(t, "GET", requestsPath+id, ""); r.status != 404 {
		t.Errorf("after a reset: %d %s", r.status, r.body)
	}
}
