package server_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	_ "modernc.org/sqlite"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

// listed is the answer to a search.
type listed struct {
	Requests []audit.Report
	Next     string
	Dropped  map[string]int64
}

// search asks with a query, in pairs of name and value, signed by root's key.
func (w *world) search(t testing.TB, id, secret string, pairs ...string) listed {
	t.Helper()
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Add(pairs[i], pairs[i+1])
	}
	r := w.asked(t, "GET", "/_sallyport/requests?"+q.Encode(), id, secret, nil)
	var out listed
	if err := json.Unmarshal([]byte(r.body), &out); err != nil || r.status != 200 {
		t.Fatalf("%v: %d %s", pairs, r.status, r.body)
	}
	return out
}

func (l listed) has(id string) bool {
	return slices.ContainsFunc(l.Requests, func(r audit.Report) bool { return r.RequestID == id })
}

func TestRequestsAreSearchedByWhatTheyWere(t *testing.T) {
	w := start(t, config.Config{}, nil)
	must(w.pools.ListUserPools(t.Context(), &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)}))(t)
	id := w.refusedRequest(t)
	for _, c := range []struct {
		pairs string
		found bool
	}{
		{"", true}, {"outcome=refused", true}, {"outcome=passed", false}, {"service=execute-api", true}, {"service=cognito-idp", false},
		{"caller=anonymous", true}, {"caller=root", false}, {"status=403", true}, {"status=4xx", true}, {"status=5xx", false},
		{"plane=data", true}, {"plane=control", false}, {"since=1h", true}, {"until=1h", false}, {"since=2026-01-02T15:04:05Z", true},
		{"operation=GET *", true}, {"operation=PUT *", false}, {"limit=1", true}, {"limit=1&outcome=", true},
	} {
		q, err := url.ParseQuery(c.pairs)
		if err != nil {
			t.Fatal(err)
		}
		r := w.send(t, "GET", "/_sallyport/requests?"+q.Encode(), "")
		var out listed
		if err := json.Unmarshal([]byte(r.body), &out); err != nil || r.status != 200 || out.has(id) != c.found {
			t.Errorf("%s: %d %s", c.pairs, r.status, r.body)
		}
	}
	for _, bad := range []string{"denied=true", "outcome=denied", "outcome=refused&outcome=passed", "limit=1001", "limit=-1", "limit=x", "since=yesterday", "since=-1h",
		"status=42", "after=x", "plane=all", "follow=yes", "follow=true&after=1.1.a", "follow=true&until=1h", "Outcome=refused"} {
		if r := w.send(t, "GET", "/_sallyport/requests?"+bad, ""); r.status != 400 || !strings.Contains(r.body, `"message":`) {
			t.Errorf("%s: %d %s", bad, r.status, r.body)
		}
	}
	// Pages hand on where they end.
	first := w.search(t, "", "", "limit", "1")
	second := w.search(t, "", "", "limit", "1", "after", first.Next)
	if !first.has(id) || len(second.Requests) != 1 || second.has(id) || second.Requests[0].Service != "cognito-idp" {
		t.Errorf("pages: %+v, %+v", first, second)
	}
	if r := w.send(t, "POST", "/_sallyport/reset", ""); r.status != 204 {
		t.Fatalf("reset: %d %s", r.status, r.body)
	}
	if left := w.search(t, "", ""); len(left.Requests) != 0 {
		t.Errorf("after a reset: %+v", left)
	}
}

func TestRequestsOutliveTheServer(t *testing.T) {
	c := config.Config{Data: filepath.Join(t.TempDir(), "data")}
	w := start(t, c, nil)
	id := w.refusedRequest(t)
	stop(t, w.server)
	w = start(t, c, nil)
	var report audit.Report
	r := w.asked(t, "GET", requestsPath+id, rootKey, rootSecret, nil)
	if err := json.Unmarshal([]byte(r.body), &report); err != nil || r.status != 200 || report.RequestID != id || len(report.Steps) == 0 {
		t.Errorf("by its id: %d %s", r.status, r.body)
	}
	if r := w.asked(t, "GET", requestsPath+id[:8], rootKey, rootSecret, nil); r.status != 200 || !strings.Contains(r.body, id) {
		t.Errorf("by how its id begins: %d %s", r.status, r.body)
	}
	if !w.search(t, rootKey, rootSecret, "outcome", "refused").has(id) {
		t.Error("it is not found")
	}
}

func TestAServerThatKeepsNoRequests(t *testing.T) {
	w := start(t, config.Config{}, map[string]string{config.EnvKeepRequests: "0"})
	id := w.refusedRequest(t)
	if r := w.send(t, "GET", requestsPath+id, ""); r.status != 200 {
		t.Errorf("by its id: %d %s", r.status, r.body)
	}
	if r := w.send(t, "GET", "/_sallyport/requests", ""); r.status != 409 || !strings.Contains(r.body, "--keep-requests 0") {
		t.Errorf("a search: %d %s", r.status, r.body)
	}
	if r := w.send(t, "GET", requestsPath+"none", ""); r.status != 404 || !strings.Contains(r.body, "newest 4096 in memory") {
		t.Errorf("unknown: %d %s", r.status, r.body)
	}
}

func TestNodesTellOfEachOthersRequests(t *testing.T) {
	const master = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	database := storetest.Postgres(t)
	first, second := join(t, node(t, database, master)), join(t, node(t, database, master))
	id := first.refusedRequest(t)
	key, secret := second.server.RootKeyForTest()
	eventually(t, "the second node finds the first's request", func() bool {
		return second.asked(t, "GET", requestsPath+id, key, secret, nil).status == 200
	})
	if !second.search(t, key, secret, "outcome", "refused").has(id) {
		t.Error("a search does not find it")
	}
	if !second.search(t, key, secret, "outcome", "refused").has(second.refusedRequest(t)) && !second.search(t, key, secret).has(id) {
		t.Error("its own are not found")
	}
}

// follower reads what a server streams, line by line.
func (w *world) follower(t testing.TB, query string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	response := must(http.Get(w.url + "/_sallyport/requests?follow=true" + query))(t)
	t.Cleanup(func() { response.Body.Close() })
	return response, bufio.NewScanner(response.Body)
}

// next is the next record, past signs of life.
func next(t testing.TB, lines *bufio.Scanner) audit.Report {
	t.Helper()
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var r audit.Report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		return r
	}
	t.Fatalf("the stream ended: %v", lines.Err())
	return audit.Report{}
}

func TestRequestsAreFollowed(t *testing.T) {
	w := start(t, config.Config{}, nil)
	w.refusedRequest(t)
	before := w.refusedRequest(t)
	_, lines := w.follower(t, "&limit=1&outcome=refused")
	if got := next(t, lines).RequestID; got != before {
		t.Errorf("it begins with %s, not with the newest, %s", got, before)
	}
	for range 3 {
		must(w.pools.ListUserPools(t.Context(), &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)}))(t)
		if id, got := w.refusedRequest(t), next(t, lines); got.RequestID != id || got.Status != 403 {
			t.Errorf("after %s came %+v", id, got)
		}
	}
	var others []*http.Response
	for range 15 {
		response, _ := w.follower(t, "&limit=0")
		others = append(others, response)
	}
	if response, _ := w.follower(t, ""); response.StatusCode != 429 {
		t.Errorf("one too many: %d", response.StatusCode)
	}
	others[0].Body.Close()
	eventually(t, "one may follow when another has left", func() bool {
		response, _ := w.follower(t, "&limit=0")
		return response.StatusCode == 200
	})
	stop(t, w.server) // does not wait for those who follow
	for lines.Scan() {
		if len(lines.Bytes()) > 0 {
			t.Errorf("at the end: %s", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
}

// No step of any request quotes what only its sender should know.
func TestRecordsHoldNoSecret(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	w := start(t, config.Config{Data: folder}, nil)
	p := w.people(t, "regular")
	api := w.api(t, p.arn, w.function(t, "counting", counting))
	tokens := w.signIn(t, p)
	path := "/_aws/execute-api/" + api + "/prod/"
	const word = "Recognisable-Secret-0815"
	encoded := base64.RawURLEncoding.EncodeToString([]byte(word))
	jwt := "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"`+word+`"}`)) + "." + encoded
	w.send(t, "GET", path, "", "Authorization", *tokens.IdToken).runs(t)
	for _, authorization := range []string{
		word, "Bearer " + word, "Basic " + encoded, jwt, "Bearer " + jwt, *tokens.IdToken + word, *tokens.AccessToken, *tokens.RefreshToken,
		"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=" + word,
		"AWS4-HMAC-SHA256 " + word,
	} {
		for _, target := range []string{path, path + "pizzas", "/_aws/execute-api/aaaaaaaaaa/prod/", "/_aws/execute-api/" + api + "/none/", "/restapis", "/2015-03-31/functions"} {
			for _, query := range []string{"", "?password=" + word + "&X-Amz-Security-Token=" + word + "&X-Amz-Signature=" + encoded} {
				for _, method := range []string{"GET", "POST"} {
					w.send(t, method, target+query, `{"Password":"`+word+`"}`, "Authorization", authorization, "Cookie", "session="+word, "X-Api-Key", word,
						"X-Amz-Security-Token", word, "X-Amz-Content-Sha256", word, "Content-Type", "application/json")
				}
			}
		}
	}
	for _, body := range []string{
		`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"` + p.client + `","AuthParameters":{"USERNAME":"regular","PASSWORD":"` + word + `"}}`,
		`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"` + p.client + `","AuthParameters":{"USERNAME":"regular","PASSWORD":["` + word + `"]}}`,
		`{"AuthFlow":"USER_PASSWORD_AUTH","` + word, `{"AuthFlow":"` + p.client + `","` + word + `":1}`,
	} {
		w.send(t, "POST", "/", body, "Content-Type", jsonType, "X-Amz-Target", target+"InitiateAuth")
	}
	w.send(t, "POST", "/", `{"AccessToken":"`+word+`"}`, "Content-Type", jsonType, "X-Amz-Target", target+"GetUser")
	w.send(t, "POST", "/", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=s&RoleArn=arn:aws:iam::000000000000:role/pizza&WebIdentityToken="+jwt,
		"Content-Type", "application/x-www-form-urlencoded")

	secrets := []string{word, encoded, password, rootSecret, signatureOf(*tokens.IdToken), *tokens.RefreshToken}
	look := func(where, text string) {
		t.Helper()
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s holds %q: …%s…", where, secret, text[max(at-200, 0):min(at+200, len(text))])
			}
		}
	}
	known := 0
	for after := ""; ; {
		r := w.asked(t, "GET", "/_sallyport/requests?limit=50&after="+after, rootKey, rootSecret, nil)
		look("a search", r.body)
		var out listed
		if err := json.Unmarshal([]byte(r.body), &out); err != nil {
			t.Fatal(err)
		}
		known += len(out.Requests)
		if after == "" {
			for _, one := range out.Requests {
				look("an explanation", w.asked(t, "GET", requestsPath+one.RequestID, rootKey, rootSecret, nil).body)
			}
		}
		if after = out.Next; after == "" {
			break
		}
	}
	if known < 200 {
		t.Errorf("%d requests are known", known)
	}
	stop(t, w.server)
	db := must(sql.Open("sqlite", filepath.Join(folder, "sallyport.db")))(t)
	defer db.Close()
	rows := must(db.Query("select doc from journal_records"))(t)
	defer rows.Close()
	found := 0
	for rows.Next() {
		var doc string
		var content struct{ Deflated []byte }
		if err := rows.Scan(&doc); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(doc), &content); err != nil {
			t.Fatal(err)
		}
		plain := must(io.ReadAll(flate.NewReader(bytes.NewReader(content.Deflated))))(t)
		if !bytes.Contains(plain, []byte("execute-api")) && !bytes.Contains(plain, []byte("cognito-idp")) {
			t.Errorf("a block without a name that should be there: %q", plain)
		}
		look("the database", string(plain))
		found++
	}
	if found < 2 {
		t.Errorf("%d blocks", found)
	}
}
