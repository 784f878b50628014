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

// httpTree has a guarded route beside an open one at each turn.
func httpTree(t testing.TB) *httpRoutes {
	routes := &httpRoutes{}
	for _, key := range []string{"$default", "GET /", "ANY /{proxy+}", "GET /admin", "GET /admin/users", "ANY /items/{id}", "GET /items/secret", "GET /items/{id}/parts/{part}", "POST /items/{id}/keys"} {
		k, err := ParseRouteKey(key)
		if err != nil {
			t.Fatal(err)
		}
		routes.add(k, &method{key: key, variables: k.Variables()})
	}
	return routes
}

// FuzzHTTPLookup: no path reaches an open route if some plain way of reading it,
// once or twice unescaped and cleaned, is a guarded literal one.
func FuzzHTTPLookup(f *testing.F) {
	for _, seed := range []string{"/admin", "//admin", "/a/../admin", "/admin%2Fusers", "/%61dmin", "/%2561dmin", "/admin;x", "/items/a%2Fb", "/items/..%5c..%5cadmin",
		"/x/%2e%2e;/admin", "/x/%252e%252e/admin", "/items//secret", "/admin/", "/admin//", "", "/", "//", "/%", "/100%25", "/items/1%2Fkeys", "/%25%32%66admin"} {
		f.Add(seed)
	}
	routes := httpTree(f)
	guarded := []string{"/admin", "/admin/users", "/items/secret"}
	f.Fuzz(func(t *testing.T, raw string) {
		found, params, why := routes.lookup("GET", raw, nil)
		if (found == nil) != (why != "") {
			t.Fatalf("%q: found %v, why %q", raw, found, why)
		}
		if found == nil {
			return
		}
		if len(params) != len(found.variables) {
			t.Fatalf("%q: %d values for %d variables of %s", raw, len(params), len(found.variables), found.key)
		}
		for i, p := range params {
			if p.name != found.variables[i] || p.value == "" {
				t.Fatalf("%q: %+v for %q", raw, p, found.variables[i])
			}
			if strings.ContainsFunc(p.value, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
				t.Fatalf("%q: a control character reaches the parameter %s", raw, p.name)
			}
			for part := range strings.FieldsFuncSeq(p.value, isSeparator) {
				if part == "." || part == ".." {
					t.Fatalf("%q: a dot segment reaches the parameter %s", raw, p.name)
				}
			}
		}
		if again, _, _ := routes.lookup("GET", raw, nil); again != found {
			t.Fatalf("%q: two lookups differ", raw)
		}
		if found.key != "ANY /{proxy+}" && found.key != "$default" && found.key != "ANY /items/{id}" {
			return
		}
		decoded, err := url.PathUnescape(raw)
		if err != nil {
			t.Fatalf("%q: a broken escape is routed", raw)
		}
		readings := []string{raw, decoded, strings.ReplaceAll(decoded, `\`, "/")}
		if twice, err := url.PathUnescape(decoded); err == nil {
			readings = append(readings, twice, strings.ReplaceAll(twice, `\`, "/"))
		}
		for _, reading := range readings {
			var kept []string
			for part := range strings.SplitSeq(reading, "/") {
				part, _, _ = strings.Cut(part, ";")
				kept = append(kept, part)
			}
			if clean := path.Clean("/" + strings.Join(kept, "/")); slices.Contains(guarded, clean) {
				t.Fatalf("%q reaches %s, and reads as %s", raw, found.key, clean)
			}
		}
	})
}

// FuzzHTTPEvent: whatever a client sends, both events are JSON that says what was
// sent.
func FuzzHTTPEvent(f *testing.F) {
	f.Add("/a/b", "q=1&q=2;r=%zz", "X-A", "v\"\\\x00", "body\xff", "image/png", "a=1; b=\"2\"")
	f.Add("/%C3%A9", "", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, rawPath, query, name, value, body, contentType, cookie string) {
		if !isHeaderName(name) {
			name = "X-Other" // net/http lets no other in
		}
		x := &exchange{
			r: &http.Request{Method: "POST", Proto: "HTTP/1.1", Host: "h", Header: http.Header{
				http.CanonicalHeaderKey(name): {"first", value}, "Content-Type": {contentType}, "Cookie": {cookie}}},
			address: Address{API: "a", Stage: "s", Path: rawPath, Query: query},
			stage:   &stage{api: "a", name: "s", account: "1", variablesJSON: []byte("null"), http: &httpStage{}},
			route:   &route{id: "r", template: "/{proxy+}"}, method: &method{key: "ANY /{proxy+}"}, verb: "POST", at: time.Unix(1700000000, 0),
			params: []param{{name: "proxy", value: value}}, http: true,
		}
		var room [1]string
		q := httpMessage{headers: x.httpHeaders(nil, []byte(body), &room), query: x.httpQuery(nil)}
		for version, text := range map[string][]byte{"2.0": x.appendEventTwo(nil, &q, []byte(body)), "1.0": x.appendEventOne(nil, &q, []byte(body))} {
			var event struct {
				Version         string
				RawPath         string
				Path            string
				RawQueryString  string
				Headers         map[string]string
				Cookies         []string
				Query           map[string]string   `json:"queryStringParameters"`
				MultiQuery      map[string][]string `json:"multiValueQueryStringParameters"`
				PathParameters  map[string]string
				Body            *string
				IsBase64Encoded bool
			}
			if err := json.Unmarshal(text, &event); err != nil || event.Version != version {
				t.Fatalf("%s: not JSON: %v\n%s", version, err, text)
			}
			shown := "/s" + decodedPath(x.path())
			if isUTF8(shown) && event.RawPath+event.Path != shown {
				t.Fatalf("path %q, sent %q", event.RawPath+event.Path, shown)
			}
			if isUTF8(value) && event.PathParameters["proxy"] != value {
				t.Fatalf("path parameter %q, sent %q", event.PathParameters["proxy"], value)
			}
			if version == "2.0" && isUTF8(query) && event.RawQueryString != query {
				t.Fatalf("query %q, sent %q", event.RawQueryString, query)
			}
			if (event.Body == nil) != (body == "") || body != "" && isUTF8(body) && !event.IsBase64Encoded && *event.Body != body {
				t.Fatalf("body %v, sent %q", event.Body, body)
			}
			for name := range event.Headers {
				if strings.ContainsFunc(name, func(r rune) bool { return 'A' <= r && r <= 'Z' }) || version == "2.0" && name == "cookie" {
					t.Fatalf("%s: the header %q", version, name)
				}
			}
			for name, values := range event.MultiQuery {
				if event.Query[name] != values[len(values)-1] {
					t.Fatalf("query %s: %q is not the last of %q", name, event.Query[name], values)
				}
			}
		}
	})
}

// FuzzHTTPAnswer: no payload of a function breaks the gateway, and what is
// accepted is what encoding/json reads from it, in a form that HTTP can carry.
func FuzzHTTPAnswer(f *testing.F) {
	for _, seed := range []string{`{"statusCode":200,"headers":{"a":"b","c":true},"cookies":["a=1"],"body":"\u00e9\"","isBase64Encoded":false}`, `{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`,
		`{}`, `null`, `"text"`, ` [1]`, `5`, `{"a":{"b":[1,2,{"c":"}"}]}}`, `{"statusCode":"201","cookies":["a\r\nb"]}`, `{"statusCode":200,"multiValueHeaders":{"a":["x",1]}}`, `{"statusCode":200,"statusCode":500}`, "\f0", "\u00a0{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for version, read := range map[string]func([]byte, bool) (answer, error){"1.0": readAnswerOne, "2.0": readAnswerTwo} {
			a, err := read(payload, true)
			if err != nil {
				continue
			}
			if a.status < 200 || a.status > 599 || a.encoded || !json.Valid(payload) {
				t.Fatalf("%s: accepted %q as %+v", version, payload, a)
			}
			typed := false
			for _, h := range a.headers {
				if !isHeaderName(h.name) || !isHeaderValue(h.value) || isCORSHeader(h.name) || notAnswered[h.name] {
					t.Fatalf("%s: header %q: %q", version, h.name, h.value)
				}
				typed = typed || h.name == "Content-Type"
			}
			if !typed {
				t.Fatalf("%s: no content type", version)
			}
			var same map[string]json.RawMessage
			if json.Unmarshal(payload, &same) != nil || same["statusCode"] == nil {
				continue
			}
			var body string
			if raw := same["body"]; len(raw) > 0 && raw[0] == '"' && string(same["isBase64Encoded"]) != "true" && string(same["isBase64Encoded"]) != `"true"` &&
				json.Unmarshal(raw, &body) == nil && string(a.body) != body {
				t.Fatalf("body %q, encoding/json reads %q", a.body, body)
			}
		}
	})
}

// FuzzMemberOf: what a mapping takes from a body is what encoding/json finds there.
func FuzzMemberOf(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,{"c":"x"}]}}`), "a.b[1].c")
	f.Add([]byte(` {"a" : [ [ 2 ] ] , "b":null}`), "a[0][0]")
	f.Add([]byte(`{"a":1,"a":2}`), "a")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		if bodyName.FindString(path) != path {
			return
		}
		text, ok := memberOf(body, path)
		if path == "" || !ok {
			return
		}
		var at any
		if err := json.Unmarshal(body, &at); err != nil {
			t.Fatalf("%q taken from what is no JSON: %v", text, err)
		}
		if strings.Contains(path, "[") {
			return
		}
		for name := range strings.SplitSeq(path, ".") {
			at = at.(map[string]any)[name]
		}
		switch v := at.(type) {
		case nil:
			t.Fatalf("%q is null", path)
		case string:
			if v != text {
				t.Fatalf("%q, encoding/json reads %q", text, v)
			}
		default:
			var same any
			if json.Unmarshal([]byte(text), &same) != nil {
				t.Fatalf("%q is not the JSON of %v", text, v)
			}
		}
	})
}

func TestHTTPLookupAllocatesNothing(t *testing.T) {
	routes := httpTree(t)
	var room [8]param
	if n := testing.AllocsPerRun(100, func() { routes.lookup("GET", "/items/7/parts/42", room[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
