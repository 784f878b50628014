package gateway

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

// tree has a guarded method beside an open one at each turn.
func tree() *node {
	root := &node{}
	for _, template := range []string{"/", "/{proxy+}", "/admin", "/admin/users", "/items/{id}", "/items/secret", "/items/{id}/parts/{part}"} {
		root.add(template, &route{id: template, template: template})
	}
	return root
}

// FuzzLookup: no path reaches an open route if some plain way of reading it,
// once or twice unescaped and cleaned, is a guarded literal one.
func FuzzLookup(f *testing.F) {
	for _, seed := range []string{"/admin", "//admin", "/a/../admin", "/admin%2Fusers", "/%61dmin", "/admin;x", "/items/a%2Fb", "/items/..%5c..%5cadmin", "/x/%2e%2e;/admin", "/items//secret", "", "/", "//", "/%"} {
		f.Add(seed)
	}
	root := tree()
	f.Fuzz(func(t *testing.T, raw string) {
		found, params := root.lookup("", raw, nil)
		if found == nil {
			return
		}
		for _, p := range params {
			if strings.ContainsFunc(p.value, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
				t.Fatalf("%q: a control character reaches the parameter %s", raw, p.name)
			}
			for part := range strings.FieldsFuncSeq(p.value, isSeparator) {
				if part == "." || part == ".." {
					t.Fatalf("%q: a dot segment reaches the parameter %s", raw, p.name)
				}
			}
		}
		again, _ := root.lookup("", raw, nil)
		if again != found {
			t.Fatalf("%q: two lookups differ", raw)
		}
		if found.template != "/{proxy+}" {
			return
		}
		decoded, err := url.PathUnescape(raw)
		if err != nil {
			t.Fatalf("%q: a broken escape is routed", raw)
		}
		for _, reading := range []string{raw, decoded, strings.ReplaceAll(decoded, `\`, "/")} {
			var kept []string
			for part := range strings.SplitSeq(reading, "/") {
				part, _, _ = strings.Cut(part, ";")
				kept = append(kept, part)
			}
			clean := path.Clean("/" + strings.Join(kept, "/"))
			if slices.Contains([]string{"/admin", "/admin/users", "/items/secret"}, clean) {
				t.Fatalf("%q reaches the open route, and reads as %s", raw, clean)
			}
		}
	})
}

// FuzzEvent: whatever a client sends, the event is JSON, and says what was sent.
func FuzzEvent(f *testing.F) {
	f.Add("/a/b", "q=1&q=2;r=%zz", "X-A", "v\"\\\x00", "body\xff", "image/png", "198.51.100.7")
	f.Add("", "", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, rawPath, query, name, value, body, contentType, source string) {
		x := &exchange{
			r: &http.Request{Method: "POST", Proto: "HTTP/1.1", Host: "h", Header: http.Header{
				http.CanonicalHeaderKey(name): {"first", value}, "Content-Type": {contentType}}},
			address: Address{API: "a", Stage: "s", Path: rawPath, Query: query},
			stage:   &stage{api: "a", name: "s", account: "1", binary: binaryTypes{"image/png"}, variablesJSON: []byte("null")},
			route:   &route{id: "r", template: "/{proxy+}"}, method: &method{}, verb: "POST", source: source, at: time.Unix(1700000000, 0),
			params: []param{{name: "proxy", raw: value}},
		}
		text := x.appendEvent(nil, []byte(body))
		var event struct {
			Path            string
			Headers         map[string]string
			MultiValue      map[string][]string `json:"multiValueHeaders"`
			Query           map[string]string   `json:"queryStringParameters"`
			MultiQuery      map[string][]string `json:"multiValueQueryStringParameters"`
			PathParameters  map[string]string
			RequestContext  map[string]any
			Body            *string
			IsBase64Encoded bool
		}
		if err := json.Unmarshal(text, &event); err != nil {
			t.Fatalf("not JSON: %v\n%s", err, text)
		}
		if isUTF8(value) && event.PathParameters["proxy"] != value {
			t.Fatalf("path parameter %q, sent %q", event.PathParameters["proxy"], value)
		}
		if isUTF8(rawPath) && rawPath != "" && event.Path != rawPath {
			t.Fatalf("path %q, sent %q", event.Path, rawPath)
		}
		if (event.Body == nil) != (body == "") {
			t.Fatalf("body %v, sent %q", event.Body, body)
		}
		if body != "" && isUTF8(body) && !event.IsBase64Encoded && *event.Body != body {
			t.Fatalf("body %q, sent %q", *event.Body, body)
		}
		for name, values := range event.MultiQuery {
			if event.Query[name] != values[len(values)-1] {
				t.Fatalf("query %s: %q is not the last of %q", name, event.Query[name], values)
			}
		}
		for name, values := range event.MultiValue {
			if event.Headers[name] != values[len(values)-1] {
				t.Fatalf("header %s: %q is not the last of %q", name, event.Headers[name], values)
			}
		}
	})
}

func isUTF8(s string) bool { return strings.ToValidUTF8(s, "\ufffd") == s }

// FuzzAnswer: no payload of a function breaks the gateway, and what is accepted
// is what encoding/json reads from it, in a form that HTTP can carry.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"statusCode":200,"headers":{"a":"b","c":true},"multiValueHeaders":{"a":["x",1]},"body":"\u00e9\"","isBase64Encoded":false}`,
		`{}`, `null`, `{"a":{"b":[1,2,{"c":"}"}]}}`, `{"body":"\ud800"}`, `{"body":"\ud83c\udf55\udf55\ud83c\n\ud83cx\/\b\f\r\t\\"}`, `{"b\u006fdy":"x","body":"\u00E9\uD83C\uDF55"}`, ` {"statusCode" : "201" , "body":null } `, `{"headers":{"a":"b\r\n"}}`, "{\"body\":\"\xff\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		a, err := readAnswer(payload)
		if err != nil {
			return
		}
		if a.status < 200 || a.status > 599 {
			t.Fatalf("status %d", a.status)
		}
		for _, h := range a.headers {
			if !isHeaderName(h.name) || !isHeaderValue(h.value) {
				t.Fatalf("header %q: %q", h.name, h.value)
			}
		}
		var same map[string]json.RawMessage
		if err := json.Unmarshal(payload, &same); err != nil {
			t.Fatalf("accepted what is no JSON object: %v", err)
		}
		for name := range same {
			if !slices.Contains([]string{"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}, name) {
				t.Fatalf("accepted the key %q", name)
			}
		}
		var body string
		if raw := same["body"]; len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &body) == nil && string(a.body) != body {
			t.Fatalf("body %q, encoding/json reads %q", a.body, body)
		}
	})
}

// FuzzText: a JSON string of ours reads back as what it was.
func FuzzText(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\"\\\n\u2028é\xff\xf0\x9f\x8d\x95")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(appendText(nil, s), &back); err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(s)
		var same string
		_ = json.Unmarshal(want, &same)
		if back != same {
			t.Fatalf("%q reads back as %q", s, back)
		}
	})
}

// FuzzLocate: nothing but the two forms finds an API, and neither loses the path.
func FuzzLocate(f *testing.F) {
	f.Add("abc.execute-api.eu-west-1.localhost:4566", "/prod/a%2Fb?x")
	f.Add("localhost", "/_aws/execute-api/abc/prod//x")
	f.Add("localhost", "http:///_aws/execute-api/")
	f.Fuzz(func(t *testing.T, host, target string) {
		a, ok := Locate(&http.Request{Host: host, RequestURI: target}, "localhost")
		if !ok {
			return
		}
		if a.Path != "" && a.Path[0] != '/' || strings.ContainsAny(a.Stage, "/?") || strings.Contains(a.Path, "?") {
			t.Fatalf("%q %q: %+v", host, target, a)
		}
		if !strings.Contains(target, a.Stage+a.Path) {
			t.Fatalf("%q: the path %q was not sent", target, a.Stage+a.Path)
		}
	})
}
