package runner_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/runner"
)

func TestNodeHandlers(t *testing.T) {
	r := open(t, nil)
	for name, c := range map[string]struct {
		file, source  string
		answer        string
		kind, message string
		log           string
		handler       string
	}{
		"async": {file: "index.mjs", source: `export const handler = async (event, context) => ({ n: event.n + 1, id: context.awsRequestId.length, left: context.getRemainingTimeInMillis() > 1000, name: context.functionName, mem: context.memoryLimitInMB })`,
			answer: `{"n":2,"id":36,"left":true,"name":"script","mem":"512"}`},
		"commonjs": {file: "index.js", source: `const p = require("path"); exports.handler = async (e) => p.join("a", "b")`, answer: `"a/b"`},
		"cjs":      {file: "index.cjs", source: `module.exports.handler = (e, c, cb) => cb(null, "called back")`, answer: `"called back"`},
		"callback waits for the event loop": {file: "index.js",
			source: `exports.handler = (e, c, cb) => { cb(null, "first"); setTimeout(() => console.log("last words"), 50) }`,
			answer: `"first"`, log: "INFO\tlast words"},
		"callback that does not wait": {file: "index.js",
			source: `exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 1e6); cb(null, "at once") }`, answer: `"at once"`},
		"context.succeed":              {file: "index.js", source: `exports.handler = (e, c) => c.succeed({ok: 1})`, answer: `{"ok":1}`},
		"nothing is ever answered":     {file: "index.js", source: `exports.handler = () => {}`, answer: `null`},
		"a promise that never settles": {file: "index.mjs", source: `export const handler = () => new Promise(() => {})`, answer: `null`},
		"undefined":                    {file: "index.mjs", source: `export const handler = async () => {}`, answer: `null`},
		"nested export":                {file: "index.js", handler: "index.a.b", source: `exports.a = { b: async () => 1 }`, answer: `1`},
		"process.memoryUsage and os work": {file: "index.mjs", source: `import os from "node:os"; import dns from "node:dns/promises";
export const handler = async () => [process.memoryUsage().rss > 0, os.cpus().length > 0, os.tmpdir() === process.env.TMPDIR, (await dns.lookup("localhost")).address.length > 0]`,
			answer: `[true,true,true,true]`},
		"a child process works": {file: "index.mjs", source: `import { execFileSync } from "node:child_process"; export const handler = async () => execFileSync("/bin/echo", ["hi"]).toString()`, answer: `"hi\n"`},
		"thrown":                {file: "index.mjs", source: `export const handler = async () => { throw new TypeError("not so") }`, kind: "TypeError", message: "not so", log: "ERROR\tInvoke Error"},
		"/tmp is closed, and the log says what to use": {file: "index.js", source: `exports.handler = async () => require("fs").writeFileSync("/tmp/cache", "x")`,
			kind: "Error", message: "EACCES: permission denied, open '/tmp/cache'", log: "Hint: /tmp is the machine's and closed to functions"},
		"thrown at once":        {file: "index.js", source: `exports.handler = () => { throw new Error("early") }`, kind: "Error", message: "early"},
		"callback with error":   {file: "index.js", source: `exports.handler = (e, c, cb) => cb(new RangeError("far"))`, kind: "RangeError", message: "far"},
		"thrown string":         {file: "index.js", source: `exports.handler = async () => { throw "text" }`, kind: "string", message: "text"},
		"error with a bad name": {file: "index.js", source: `exports.handler = async () => { const e = new Error("x"); e.name = "a\r\nb\u2028"; throw e }`, kind: "a\r\nb\u2028", message: "x"},
		"circular answer":       {file: "index.js", source: `exports.handler = async () => { const a = {}; a.a = a; return a }`, kind: "Runtime.MarshalError"},
		"uncaught": {file: "index.js", source: `exports.handler = (e, c, cb) => { setTimeout(() => { throw new Error("nobody catches") }, 1) }`,
			kind: "Error", message: "nobody catches", log: "Uncaught Exception"},
		"unhandled rejection": {file: "index.js", source: `exports.handler = (e, c, cb) => { Promise.reject(new Error("left alone")); setTimeout(cb, 1000) }`,
			kind: "Runtime.UnhandledPromiseRejection", message: "Error: left alone"},
		"process.exit":     {file: "index.js", source: `exports.handler = async () => process.exit(0)`, kind: "Runtime.ExitError"},
		"no such file":     {file: "other.js", source: ``, kind: "Runtime.ImportModuleError", message: "Error: Cannot find module 'index'"},
		"no such package":  {file: "index.js", source: `require("left-pad")`, kind: "Runtime.ImportModuleError"},
		"no such export":   {file: "index.js", source: `exports.other = 1`, kind: "Runtime.HandlerNotFound", message: "index.handler is undefined or not exported"},
		"not a function":   {file: "index.js", source: `exports.handler = 1`, kind: "Runtime.HandlerNotFound", message: "index.handler is not a function"},
		"syntax":           {file: "index.mjs", source: `export const handler = (`, kind: "Runtime.UserCodeSyntaxError"},
		"throws at import": {file: "index.mjs", source: `throw new Error("no start")`, kind: "Error", message: "no start"},
		"climbs out":       {file: "index.mjs", handler: "../index.handler", source: ``, kind: "Runtime.MalformedHandlerName"},
	} {
		t.Run(name, func(t *testing.T) {
			f := script(t, "nodejs20.x", c.file, c.source)
			if c.handler != "" {
				f.Handler = c.handler
			}
			check(t, r, f, c.answer, c.kind, c.message, c.log)
			r.Retire(f.ID)
		})
	}
}

func TestPythonHandlers(t *testing.T) {
	r := open(t, nil)
	for name, c := range map[string]struct {
		file, source  string
		answer        string
		kind, message string
		log           string
		handler       string
	}{
		"answers": {source: "def handler(event, context):\n  return {'n': event['n'] + 1, 'left': context.get_remaining_time_in_millis() > 1000, 'id': len(context.aws_request_id), 'mem': context.memory_limit_in_mb}",
			answer: `{"n":2,"left":true,"id":36,"mem":"512"}`},
		"logging": {source: "import logging\nlog = logging.getLogger()\nlog.setLevel('INFO')\ndef handler(event, context):\n  log.info('said %s', 'this')\n  logging.getLogger('a.b').warning('and that')\n  logging.debug('never this')\n  return context.aws_request_id in str(context)",
			answer: `true`, log: "\tsaid this\n[WARNING]\t"},
		"logging.basicConfig leaves the runtime's handler alone": {source: "import logging\nlogging.basicConfig(level='INFO')\ndef handler(event, context):\n  logging.getLogger().setLevel('INFO')\n  logging.info('once')",
			answer: `null`, log: "\tonce\nEND "},
		"/tmp is closed, and the log says what to use": {source: "def handler(event, context):\n  open('/tmp/cache', 'w')",
			kind: "PermissionError", message: "[Errno 13] Permission denied: '/tmp/cache'", log: "Hint: /tmp is the machine's and closed to functions"},
		"prints":                    {source: "def handler(event, context):\n  print('said this')", answer: `null`, log: "said this\nEND "},
		"prints no line end":        {source: "import sys\ndef handler(event, context):\n  sys.stdout.write('said this')", answer: `null`, log: "said this\nEND "},
		"writes to /tmp's stand-in": {source: "import tempfile\ndef handler(event, context):\n  with tempfile.TemporaryFile() as f:\n    return f.write(b'123')", answer: `3`},
		"subprocess":                {source: "import subprocess\ndef handler(event, context):\n  return subprocess.run(['/bin/echo', 'hi'], capture_output=True, start_new_session=True).stdout.decode()", answer: `"hi\n"`},
		"ssl and lookup":            {source: "import ssl, socket\ndef handler(event, context):\n  return [len(ssl.create_default_context().get_ca_certs()) >= 0, socket.gethostbyname('localhost')]", answer: `[true,"127.0.0.1"]`},
		"asyncio":                   {source: "import asyncio\nasync def f():\n  await asyncio.sleep(0)\n  return 5\ndef handler(event, context):\n  return asyncio.run(f())", answer: `5`},
		"in a package":              {file: "pkg.py", handler: "pkg.go", source: "def go(event, context):\n  return 1", answer: `1`},
		"raises":                    {source: "def handler(event, context):\n  raise ValueError('not so')", kind: "ValueError", message: "not so", log: "[ERROR] ValueError: not so\nTraceback"},
		"not JSON":                  {source: "def handler(event, context):\n  return {1, 2}", kind: "Runtime.MarshalError", message: "Unable to marshal response: Object of type set is not JSON serializable"},
		"no module":                 {file: "other.py", source: "", kind: "Runtime.ImportModuleError", message: "Unable to import module 'index': No module named 'index'"},
		"missing import":            {source: "import nowhere", kind: "Runtime.ImportModuleError", message: "Unable to import module 'index': No module named 'nowhere'"},
		"no handler":                {source: "x = 1", kind: "Runtime.HandlerNotFound", message: "Handler 'handler' missing on module 'index'"},
		"syntax":                    {source: "def handler(", kind: "Runtime.UserCodeSyntaxError"},
		"raises at import":          {source: "raise RuntimeError('no start')", kind: "RuntimeError", message: "no start"},
		"exits at import":           {source: "import sys; sys.exit(4)", kind: "Runtime.ExitError"},
		"exits":                     {source: "import os\ndef handler(event, context):\n  os._exit(2)", kind: "Runtime.ExitError"},
		"no dot":                    {handler: "index", source: "", kind: "Runtime.MalformedHandlerName"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.file == "" {
				c.file = "index.py"
			}
			f := script(t, "python3.11", c.file, c.source)
			if c.handler != "" {
				f.Handler = c.handler
			}
			check(t, r, f, c.answer, c.kind, c.message, c.log)
			r.Retire(f.ID)
		})
	}
}

// check asks twice: a handler that failed must not have spoilt its process.
func check(t *testing.T, r *runner.Runner, f *runner.Function, answer, kind, message, log string) {
	t.Helper()
	f.Timeout = 10 * time.Second
	for range 2 {
		res := ask(t, r, f, `{"n":1}`)
		if kind == "" {
			if res.FunctionError != "" || !same(t, res.Payload, answer) {
				t.Fatalf("%s %s, want %s\n%s", res.FunctionError, res.Payload, answer, res.Log)
			}
		} else if got := failureOf(t, res); got.Type != kind || message != "" && got.Message != message {
			t.Fatalf("%s %q, want %s %q\n%s", got.Type, got.Message, kind, message, res.Log)
		}
		if !strings.Contains(string(res.Log), log) {
			t.Fatalf("the log lacks %q:\n%s", log, res.Log)
		}
	}
}

// same compares JSON without regard to white space and order.
func same(t *testing.T, got []byte, want string) bool {
	t.Helper()
	return string(canonical(t, got)) == string(canonical(t, []byte(want)))
}

func canonical(t *testing.T, b []byte) []byte {
	t.Helper()
	out, err := json.Marshal(decoded[any](t, b))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func quote(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
