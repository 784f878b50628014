package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/audit"
)

// refusedAt sends a request for an API that is not there, and returns its id.
func refusedAt(t testing.TB, url string) string {
	t.Helper()
	response, err := http.Get(url + "/_aws/execute-api/aaaaaaaaaa/prod/")
	check(t, err)
	response.Body.Close()
	return response.Header.Get("X-Amzn-Requestid")
}

func TestRequestsAreFollowedUntilSomebodyEndsIt(t *testing.T) {
	p := serve(t, freeAddress(t), nil, "--ephemeral")
	listen := []string{"SALLYPORT_LISTEN=" + strings.TrimPrefix(p.url, "http://")}
	before := refusedAt(t, p.url)
	table := launch(t, listen, "requests", "--follow", "--denied", "--ephemeral")
	lines := launch(t, listen, "requests", "-f", "-n", "0", "--json", "--ephemeral", "--outcome", "refused")
	table.shows(t, "", "TIME", before)
	var ids []string
	for range 3 {
		id := refusedAt(t, p.url)
		table.shows(t, "", id+" 403 refused execute-api")
		ids = append(ids, id)
	}
	if got := strings.Count(table.out.String(), "TIME"); got != 1 {
		t.Errorf("%d headers", got)
	}
	lines.shows(t, "", ids[2])
	if strings.Contains(lines.out.String(), before) {
		t.Error("of -n 0, what was before is shown")
	}
	table.interrupt(t)
	if table.err.String() != "" {
		t.Errorf("after Ctrl-C it says %s", table.err)
	}
	p.interrupt(t) // which does not wait for those who follow
	if code := lines.exits(t); code != exitFailed || lines.err.String() != "sallyport: the server at "+p.url+" has ended\n" {
		t.Errorf("when the server ends, it ends with %d: %s", code, lines.err)
	}
}

// What a search has shown is there after the hardest end.
func TestRequestsOutliveAKill(t *testing.T) {
	address, data := freeAddress(t), filepath.Join(t.TempDir(), "data")
	p := serve(t, address, nil, "--data", data)
	id := refusedAt(t, p.url)
	ask := func(args ...string) string {
		t.Helper()
		asking := launch(t, []string{"SALLYPORT_LISTEN=" + address, "SALLYPORT_DATA=" + data}, args...)
		if code := asking.exits(t); code != exitDone {
			t.Fatalf("%v ends with %d: %s", args, code, asking.err)
		}
		return asking.out.String()
	}
	if got := ask("requests"); !strings.Contains(got, id) {
		t.Fatalf("it is not listed: %s", got)
	}
	p.kill()
	serve(t, address, nil, "--data", data)
	if got := ask("requests", "--denied"); !strings.Contains(got, id) {
		t.Errorf("it is forgotten: %s", got)
	}
	if got := ask("explain", id[:8]); !strings.Contains(got, "no such API") {
		t.Errorf("it cannot be explained: %s", got)
	}
}

func TestAServerMayKeepNoRequests(t *testing.T) {
	p := serve(t, freeAddress(t), nil, "--ephemeral", "--keep-requests", "0")
	asking := launch(t, []string{"SALLYPORT_LISTEN=" + strings.TrimPrefix(p.url, "http://")}, "requests", "--ephemeral")
	if code := asking.exits(t); code != exitFailed || !strings.Contains(asking.err.String(), "keeps no requests") {
		t.Errorf("it ends with %d: %s", code, asking.err)
	}
}

// The story in a sentence, for each sort of end.
func TestTheVerdictIsToldAsAPersonWould(t *testing.T) {
	step := func(name, outcome, detail string) []audit.ReportStep {
		return []audit.ReportStep{{Name: "route", Outcome: "passed"}, {Name: name, Outcome: outcome, Detail: detail}}
	}
	for want, r := range map[string]audit.Report{
		`Refused: 401 Unauthorized. The token is for another audience: it has "b", the authorizer wants "a".`:                                                  {Status: 401, Outcome: "refused", Steps: step("authorize", "refused", `verify: the token is for another audience (expected "a", found "b")`)},
		`Refused: 401 Unauthorized. The token's signature does not hold: its key is "k1".`:                                                                     {Status: 401, Outcome: "refused", Steps: step("authorize", "refused", `verify: the token's signature does not hold (found "k1")`)},
		`Refused: 401 Unauthorized. The token has expired: it has "12:00".`:                                                                                    {Status: 401, Outcome: "refused", Steps: step("authorize", "refused", `verify: the token has expired (found "12:00")`)},
		`Refused: 429 Too Many Requests. It would have been served at a quieter time. The stage's limit of 10 requests a second is reached.`:                   {Status: 429, Outcome: "refused", Steps: step("throttle", "refused", "the stage's limit of 10 requests a second is reached")},
		`Refused: 403 Forbidden. The API's own resource policy does not let it in: no statement allows it.`:                                                    {Status: 403, Outcome: "refused", Steps: step("resource policy", "refused", "no statement allows it")},
		`Refused: 403 Forbidden. The step authorize did not let it pass.`:                                                                                      {Status: 403, Outcome: "refused", Steps: step("authorize", "refused", "")},
		`Failed: 502 Bad Gateway. It was no refusal: the step integrate could not be done. The function failed. The server's log may know more under this id.`: {Status: 502, Outcome: "failed", Steps: step("integrate", "failed", "the function failed")},
		`Every check let it pass. The status 500 is the answer of what stands behind the route: look there (in the function's own log, say) for the reason.`:   {Status: 500, Outcome: "passed", Plane: "data", Steps: step("integrate", "passed", "")},
		`Refused. The caller may do this; the operation itself said no: NoSuchEntity.`:                                                                         {Outcome: "refused", Steps: step("handler", "refused", "NoSuchEntity")},
		`It passed every check.`: {Status: 200, Outcome: "passed", Plane: "data"},
		`It ended before any step decided; the server's log may know more under this id.`: {Outcome: "refused"},
	} {
		if got := verdictOf(&r); got != want {
			t.Errorf("it says\n%s\nwant\n%s", got, want)
		}
	}
}

// Every width has room for every column, and no line is longer than it.
func TestTheTableFitsItsTerminal(t *testing.T) {
	for width := 80; width <= 200; width++ {
		columns := requestColumns(width)
		sum := len(columns) - 1
		for _, c := range columns {
			if sum += c.width; c.width < len(c.title) && c.title != "ST" {
				t.Errorf("in %d columns %s has %d", width, c.title, c.width)
			}
		}
		if sum != width {
			t.Errorf("of %d columns %d are used", width, sum)
		}
	}
	for text, want := range map[string]string{"": "", "abc": "abc", "abcd": "abcd", "abcde": "abc…", "äöüßé": "äöü…"} {
		if got := fit(text, 4); got != want {
			t.Errorf("%q is cut to %q", text, got)
		}
	}
}
