package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/runner"
)

const api = "/2018-06-01/runtime/"

// Bytes on the Runtime API from within the function, while it has an event.
func TestTheRuntimeAPIIsStrict(t *testing.T) {
	r := open(t, nil)
	f := function("strict")
	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }
	post := func(path, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
	}
	for name, c := range map[string]struct{ send, status string }{
		"a poll out of turn":             {get(api + "invocation/next"), "403"},
		"an unknown request":             {post(api+"invocation/none/response", "1"), "400"},
		"an unknown request's error":     {post(api+"invocation/none/error", "{}"), "400"},
		"an empty request id":            {post(api+"invocation//response", "1"), "400"},
		"init error after init":          {post(api+"init/error", "{}"), "403"},
		"another version":                {get("/2020-01-01/extension/register"), "404"},
		"another resource":               {post(api+"invocation/x/y", ""), "404"},
		"restore":                        {get(api + "restore/next"), "404"},
		"another method":                 {"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
		"not HTTP":                       {"\x16\x03\x01\x02\x00\x01\x00\x01", ""},
		"a line of garbage":              {"hello\r\n\r\n", "400"},
		"HTTP/2":                         {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
		"bare line feeds":                {"GET / HTTP/1.1\nHost: x\n\n", "400"},
		"no Host":                        {"GET / HTTP/1.1\r\n\r\n", "400"},
		"two Hosts":                      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		"a folded header":                {"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"},
		"a space before the colon":       {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
		"length and chunks":              {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		"chunks and length":              {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", "400"},
		"two lengths":                    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1", "400"},
		"a signed length":                {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n1", "400"},
		"another coding":                 {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "400"},
		"a chunk longer than it says":    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", "400"},
		"a chunk of 16 EB":               {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "400"},
		"a long target":                  {get("/" + strings.Repeat("a", 600)), "400"},
		"a very long line":               {get("/" + strings.Repeat("a", 100_000)), "400"},
		"a body that ends too early":     {"POST " + api + "init/error HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1", ""},
		"endless headers":                {"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: "+strings.Repeat("a", 1000)+"\r\n", 2500), "400"},
		"a control character in a value": {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", "400"},
	} {
		t.Run(name, func(t *testing.T) {
			got := answerOf[said](t, ask(t, r, f, `{"do":"raw","value":`+quote(t, c.send)+`}`)).Got
			status := ""
			if fields := strings.Fields(got); len(fields) > 1 {
				status = fields[1]
			}
			if status != c.status {
				t.Errorf("%.60q, want status %q", got, c.status)
			}
		})
	}
	if w := answerOf[who](t, ask(t, r, f, `{"do":"who"}`)); w.Served < 20 {
		t.Errorf("the process was replaced: it has served %d", w.Served)
	}
}

// A runtime of one's own, one connection for each call.
const shellRuntime = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while :; do
  headers=$(mktemp)
  body=$(curl -sS -D "$headers" "$api/invocation/next")
  id=$(tr -d '\r' < "$headers" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
  %s
done
`

func TestACustomRuntime(t *testing.T) {
	r := open(t, nil)
	for name, c := range map[string]struct{ loop, payload, kind, answer string }{
		"answers": {loop: `curl -sS "$api/invocation/$id/response" -d "{\"you\":$body}" >/dev/null`, answer: `{"you":{"n":1}}`},
		"answers twice": {loop: `curl -sS "$api/invocation/$id/response" -d 1 >/dev/null
  curl -sS -o /dev/null -w '%{http_code}' "$api/invocation/$id/response" -d 2 > $TMPDIR/second
  [ "$(cat $TMPDIR/second)" = 403 ] || exit 9`, answer: `1`},
		"waits for 100 Continue": {loop: `head -c 2000000 /dev/zero | tr '\0' 1 | curl -sS -H 'Expect: 100-continue' "$api/invocation/$id/response" --data-binary @- >/dev/null`, answer: strings.Repeat("1", 2000000)},
		"reports an error":       {loop: `curl -sS "$api/invocation/$id/error" -H 'Lambda-Runtime-Function-Error-Type: Mine' -d '{"errorType":"Mine","errorMessage":"m"}' >/dev/null`, kind: "Mine"},
		"reports no document":    {loop: `curl -sS "$api/invocation/$id/error" -H 'Lambda-Runtime-Function-Error-Type: Mine' -d 'oops' >/dev/null`, kind: "Mine"},
		"polls twice":            {loop: `[ "$(curl -sS -o /dev/null -w '%{http_code}' "$api/invocation/next")" = 403 ] && curl -sS "$api/invocation/$id/response" -d 3 >/dev/null`, answer: `3`},
		"gives up its poll": {loop: `curl -sS "$api/invocation/$id/response" -d 4 >/dev/null
  curl -sS -m 0.2 "$api/invocation/next" >/dev/null 2>&1`, answer: `4`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			// Not Sprintf: the loop has percent signs of its own.
			source := strings.Replace(shellRuntime, "%s", c.loop, 1)
			if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(source), 0o700); err != nil {
				t.Fatal(err)
			}
			f := &runner.Function{ID: dir, Name: "sh", Version: "1", Dir: dir, Runtime: "provided.al2023", MemoryMB: 256, Timeout: 10e9}
			times := 2
			if name == "gives up its poll" {
				times = 1 // an event on the poll that is given up would be lost with it, as on AWS
			}
			for range times {
				res := ask(t, r, f, `{"n":1}`)
				if c.kind != "" {
					if got := failureOf(t, res); got.Type != c.kind {
						t.Errorf("%+v", got)
					}
				} else if res.FunctionError != "" || string(res.Payload) != c.answer {
					t.Errorf("%s %.100s\n%s", res.FunctionError, res.Payload, res.Log)
				}
			}
			r.Retire(dir)
		})
	}
}
