package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

// The root key rotates a pool's keys; a guarded API goes on with the tokens of
// both, and with an emergency's new ones only.
func TestTheOperatorRotatesSigningKeys(t *testing.T) {
	w := start(t, config.Config{Data: t.TempDir()}, nil)
	p := w.people(t, "regular")
	target := "/_aws/execute-api/" + w.api(t, p.arn, w.function(t, "counting", counting)) + "/prod/"
	pool := p.arn[strings.LastIndexByte(p.arn, '/')+1:]
	old := *w.signIn(t, p).IdToken
	knock := func(token string) int { return w.send(t, "GET", target, "", "Authorization", token).status }
	if got := knock(old); got != 200 {
		t.Fatalf("at first: %d", got)
	}
	for _, path := range []string{"/_sallyport/keys?pool=" + pool, "/_sallyport/keys/rotate?pool=" + pool + "&now=true"} {
		method := "GET"
		if strings.Contains(path, "rotate") {
			method = "POST"
		}
		for who, key := range map[string][2]string{"nobody": {"", ""}, "root's name": {rootKey, "not-the-secret"}, "a stranger": {"AKIAIOSFODNN7EXAMPLE", "x"}} {
			if got := w.asked(t, method, path, key[0], key[1], nil); got.status != 404 {
				t.Errorf("%s gets %+v of %s", who, got, path)
			}
		}
	}
	if got := knock(old); got != 200 {
		t.Errorf("a stranger's rotation was done: %d", got)
	}
	keys := func(method, path string) (states []string) {
		t.Helper()
		got := w.asked(t, method, path, rootKey, rootSecret, nil)
		var report struct {
			Pool string
			Keys []struct{ State string }
		}
		if err := json.Unmarshal([]byte(got.body), &report); err != nil || got.status != 200 || report.Pool != pool {
			t.Fatalf("%s: %+v", path, got)
		}
		for _, k := range report.Keys {
			states = append(states, k.State)
		}
		return states
	}
	if got := keys("POST", "/_sallyport/keys/rotate?pool="+pool); strings.Join(got, " ") != "signing signing waiting waiting" {
		t.Errorf("after a rotation: %q", got)
	}
	if got := keys("GET", "/_sallyport/keys?pool="+pool); len(got) != 4 {
		t.Errorf("listed: %q", got)
	}
	if got := knock(old); got != 200 {
		t.Errorf("after a rotation: %d", got)
	}
	if got := keys("POST", "/_sallyport/keys/rotate?now=true&pool="+pool); strings.Join(got, " ") != "signing signing" {
		t.Errorf("after a replacement: %q", got)
	}
	if got := knock(old); got != 401 {
		t.Errorf("a token of a dropped key: %d", got)
	}
	if got := knock(*w.signIn(t, p).IdToken); got != 200 {
		t.Errorf("a token of the new key: %d", got)
	}
	for path, status := range map[string]int{
		"": 400, "?pool=": 400, "?pool=a&pool=b": 400, "?pool=" + pool + "&now=yes": 400, "?pool=" + pool + "&force=true": 400, "?pool=eu-west-1_aaaaaaaaa": 400,
	} {
		if got := w.asked(t, "POST", "/_sallyport/keys/rotate"+path, rootKey, rootSecret, nil); got.status != status {
			t.Errorf("%q: %+v", path, got)
		}
	}
	if got := w.asked(t, "GET", "/_sallyport/keys/rotate?pool="+pool, rootKey, rootSecret, nil); got.status != 405 {
		t.Errorf("a rotation by GET: %+v", got)
	}
}
