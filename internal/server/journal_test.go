package server_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

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
