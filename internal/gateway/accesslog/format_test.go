package accesslog_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/gateway/accesslog"
)

// The formats that AWS's console offers.
const (
	clf      = `$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId`
	asCSV    = `$context.identity.sourceIp,$context.identity.caller,$context.identity.user,$context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,$context.status,$context.responseLength,$context.requestId,$context.extendedRequestId`
	asJSON   = `{ "requestId":"$context.requestId", "extendedRequestId":"$context.extendedRequestId","ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", "requestTime":"$context.requestTime", "status":"$context.status", "agent":"$context.identity.userAgent"}`
	asXML    = `<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <agent>$context.identity.userAgent</agent> <status>$context.status</status> </request>`
	overHTTP = `{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "httpMethod":"$context.httpMethod","routeKey":"$context.routeKey", "status":"$context.status","protocol":"$context.protocol", "responseLength":"$context.responseLength" }`
)

type values map[string]string

func (v values) of(name string) (string, bool) { text, ok := v[name]; return text, ok }

var request = values{
	"identity.sourceIp": "203.0.113.9", "requestTime": "21/Nov/2026:08:30:00 +0000", "httpMethod": "GET", "resourcePath": "/pets/{id}",
	"protocol": "HTTP/1.1", "status": "200", "responseLength": "42", "requestId": "id-1", "extendedRequestId": "ext=", "routeKey": "GET /pets/{id}",
	"identity.userAgent": "curl/8", "error.message": "Forbidden",
}

func line(t testing.TB, format string, api accesslog.API, v values) string {
	t.Helper()
	f, err := accesslog.Compile(format, api)
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return string(f.Append(nil, v.of))
}

func TestTheConsolesFormats(t *testing.T) {
	for format, want := range map[string]string{
		clf:   `203.0.113.9 - - [21/Nov/2026:08:30:00 +0000] "GET /pets/{id} HTTP/1.1" 200 42 id-1 ext=`,
		asCSV: `203.0.113.9,-,-,"21/Nov/2026:08:30:00 +0000",GET,/pets/{id},HTTP/1.1,200,42,id-1,ext=`,
		asXML: `<request id="id-1"> <ip>203.0.113.9</ip> <agent>curl/8</agent> <status>200</status> </request>`,
		asJSON: `{ "requestId":"id-1", "extendedRequestId":"ext=","ip": "203.0.113.9", "caller":"-", "requestTime":"21/Nov/2026:08:30:00 +0000", ` +
			`"status":"200", "agent":"curl/8"}`,
	} {
		if got := line(t, format, accesslog.REST, request); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	want := `{ "requestId":"id-1", "ip": "203.0.113.9", "httpMethod":"GET","routeKey":"GET /pets/{id}", "status":"200","protocol":"HTTP/1.1", "responseLength":"42" }`
	if got := line(t, overHTTP, accesslog.HTTP, request); got != want {
		t.Error(got)
	}
}

func TestWhereAValueStandsDecidesHowItLooks(t *testing.T) {
	for _, c := range []struct{ format, value, want string }{
		{`{"v":"$context.path","i":"$context.requestId"}`, "a\"b\\c\n\u2028\x00é\xff", `{"v":"a\"b\\c\u000a\u2028\u0000é\ufffd","i":"id-1"}`},
		{`{"v":$context.path,"i":"$context.requestId"}`, "12.5e3", `{"v":12.5e3,"i":"id-1"}`},
		{`{"v":$context.path,"i":"$context.requestId"}`, "true", `{"v":true,"i":"id-1"}`},
		{`{"v":$context.path,"i":"$context.requestId"}`, "", `{"v":"-","i":"id-1"}`},
		{`{"v":$context.path,"i":"$context.requestId"}`, `1,"admin":true`, `{"v":"1,\"admin\":true","i":"id-1"}`},
		{`{"v":$context.path,"i":"$context.requestId"}`, "1 ", `{"v":"1 ","i":"id-1"}`},
		{`{"v":$context.path,"i":"$context.requestId"}`, "01", `{"v":"01","i":"id-1"}`},
		{`{"v":"\"$context.path","i":"$context.requestId"}`, `"`, `{"v":"\"\"","i":"id-1"}`},
		{`["$context.path",$context.requestId]`, `"`, `["\"","id-1"]`},
		{`$context.requestId $context.path`, `a "b" c`, `id-1 a\x20\"b\"\x20c`},
		{`$context.requestId [$context.path]`, `a] [b`, `id-1 [a\x5d\x20[b]`},
		{`$context.requestId "$context.path"`, `a" "b`, `id-1 "a\" \"b"`},
		{`$context.requestId $context.path`, "a\nb\r\t\x1b[31m\u202e\xff", `id-1 a\x0ab\x0d\x09\x1b[31m\xe2\x80\xae\xff`},
		{`$context.requestId,$context.path`, `a,b`, `id-1,"a,b"`},
		{`$context.requestId,$context.path`, `a"b`, `id-1,"a""b"`},
		{`$context.requestId,$context.path`, "a\nb", `id-1,a\x0ab`},
		{`$context.requestId,"$context.path"`, `a"b`, `id-1,"a""b"`},
		{`<r i="$context.requestId">$context.path</r>`, "<b a=\"1\" c='2'>&\n", `<r i="id-1">&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;` + "\ufffd</r>"},
		{`$context.requestId`, "", `id-1`},
		{"$context.requestId\n", "", `id-1`},
	} {
		if got := line(t, c.format, accesslog.REST, values{"path": c.value, "requestId": "id-1"}); got != c.want {
			t.Errorf("%s with %q\ngot  %s\nwant %s", c.format, c.value, got, c.want)
		}
	}
}

// $context.error.messageString comes with quotes of its own, wherever it stands.
func TestTheQuotedMessageHasItsQuotes(t *testing.T) {
	for format, want := range map[string]string{
		`{"m":$context.error.messageString,"i":"$context.requestId"}`:   `{"m":"no \"x\"","i":"id-1"}`,
		`{"m":"$context.error.messageString","i":"$context.requestId"}`: `{"m":"no \"x\"","i":"id-1"}`,
		`$context.requestId $context.error.messageString`:               `id-1 "no \"x\""`,
		`$context.requestId,$context.error.messageString`:               `id-1,"no ""x"""`,
	} {
		if got := line(t, format, accesslog.REST, values{"error.message": `no "x"`, "requestId": "id-1"}); got != want {
			t.Errorf("%s: %s", format, got)
		}
	}
	if got := line(t, `{"m":$context.error.messageString,"i":"$context.requestId"}`, accesslog.REST, values{"error.message": "1", "requestId": "2"}); got != `{"m":"1","i":"2"}` {
		t.Error(got)
	}
}

func TestFormatsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		format string
		api    accesslog.API
		want   string
	}{
		{`$context.requestId $context.nothing`, accesslog.REST, "The following context variables are not supported: [$context.nothing]"},
		{`$context.requestId $context.resourcePath $context.resourceId`, accesslog.HTTP, "The following context variables are not supported: [$context.resourcePath, $context.resourceId]"},
		{`$context.requestId $context.routeKey`, accesslog.REST, "The following context variables are not supported: [$context.routeKey]"},
		{`$context.requestId $context`, accesslog.REST, "The following context variables are not supported: [$context]"},
		{`$context.requestId $contextual`, accesslog.REST, "The following context variables are not supported: [$contextual]"},
		{`$context.requestIds`, accesslog.REST, "The following context variables are not supported: [$context.requestIds]"},
		{`$context.requestId $context.authorizer.claims.`, accesslog.REST, ""}, // a dot after the claims, which are null
		{`$context.requestId $context.authorizer.a.b`, accesslog.REST, "The following context variables are not supported: [$context.authorizer.a.b]"},
		{`$context.requestId $context.request.header.Authorization`, accesslog.REST, "The following context variables are not supported: [$context.request.header.Authorization]"},
		{`$context.requestId $context.identity.accessKey`, accesslog.REST, "The following context variables are not supported: [$context.identity.accessKey]"},
		{`$context.status`, accesslog.REST, "Access Log format must include $context.requestId or $context.extendedRequestId"},
		{``, accesslog.REST, "Access Log format must include $context.requestId or $context.extendedRequestId"},
		{"$context.requestId\n$context.status", accesslog.REST, "Access Log format must be single line, new line character is allowed only at end of the format"},
		{"$context.requestId \x1b[31m", accesslog.REST, "Access Log format must have no control characters"},
		{"${context.requestId} $context.requestId", accesslog.REST, "Access Log format must name its variables as $context.name: ${context.name} is not supported"},
		{"$context.requestId" + strings.Repeat("x", 9000), accesslog.REST, "Access Log format must have at most 8192 bytes and 100 variables"},
		{strings.Repeat("$context.requestId ", 101), accesslog.REST, "Access Log format must have at most 8192 bytes and 100 variables"},
		{`$context.requestId`, 0, "The following context variables are not supported: [$context.requestId]"},
		{`$context.extendedRequestId`, accesslog.HTTP, ""},
		{`$context.requestId $input.body $5`, accesslog.REST, ""},
		{`$context.requestId $context.authorizer.claims.cognito:username-$context.authorizer.claims.custom:tier`, accesslog.REST, ""},
	} {
		_, err := accesslog.Compile(c.format, c.api)
		if got := message(err); got != c.want {
			t.Errorf("%.60q: %q, want %q", c.format, got, c.want)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNamesEndWhereTheyEnd(t *testing.T) {
	v := values{"requestId": "i", "status": "200", "authorizer.claims.cognito:username": "mia", "authorizer.claims.sub": "s", "path": "/p"}
	for format, want := range map[string]string{
		`$context.requestId.$context.status`:                                   `i.200`,
		`$context.requestId-$context.status`:                                   `i-200`,
		`$context.requestId$context.status!`:                                   `i200!`,
		`$context.requestId. `:                                                 `i. `,
		`$context.requestId $context.authorizer.claims.cognito:username`:       `i mia`,
		`$context.requestId $context.authorizer.claims.sub:$context.status`:    `i s:200`,
		`$context.requestId $context.authorizer.claims.sub - $context.status`:  `i s - 200`,
		`$context.requestId <$context.path> $$context.status`:                  `i </p> $200`,
		`$context.requestId,$context.authorizer.claims,$context.identity.user`: `i,-,-`,
	} {
		if got := line(t, format, accesslog.REST, v); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
}

func TestValuesAreCut(t *testing.T) {
	for _, value := range []string{strings.Repeat("x", 5000), strings.Repeat("é", 5000), strings.Repeat("\xff", 5000), strings.Repeat("\xbf", 5000)} {
		got := line(t, `{"i":"$context.requestId"}`, accesslog.REST, values{"requestId": value})
		var read struct{ I string }
		if err := json.Unmarshal([]byte(got), &read); err != nil || !strings.HasSuffix(read.I, "...") || len([]rune(read.I)) > 2051 {
			t.Errorf("%.10q: %d characters, %v", value, len(read.I), err)
		}
	}
}

// Every variable of AWS's lists is taken, and none that shows a token.
func TestTheListsOfVariables(t *testing.T) {
	for _, api := range []accesslog.API{accesslog.REST, accesslog.HTTP} {
		for _, name := range append(api.Names(), "authorizer.claims.sub", "authorizer.tier") {
			if _, err := accesslog.Compile("$context.requestId $context."+name, api); err != nil {
				t.Error(err)
			}
			if lower := strings.ToLower(name); strings.Contains(lower, "token") || strings.Contains(lower, "header.") || strings.Contains(lower, "secret") {
				t.Errorf("$context.%s can be asked for", name)
			}
		}
	}
}

// Whatever a client sends, a line is one line, and reads as what its format says.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{"", "curl/8", `"`, "\\", "a,b", "</agent>", "\n", "\u2028", "\xff", "1", "-", `","x":"`, "]]>", "é", "\U0001f600", strings.Repeat("a", 3000)} {
		f.Add(seed)
	}
	const (
		bare  = `{"v":$context.path,"w":"$context.path","i":"$context.requestId"}`
		words = `$context.requestId $context.path "$context.path" $context.status`
		table = `$context.requestId,$context.path,"$context.path",$context.status`
	)
	f.Fuzz(func(t *testing.T, value string) {
		v := values{"path": value, "requestId": "id", "status": "200", "identity.userAgent": value, "identity.sourceIp": value, "identity.caller": value, "identity.user": value, "resourcePath": value}
		for _, format := range []string{clf, asCSV, asJSON, asXML, bare, words, table} {
			got := line(t, format, accesslog.REST, v)
			if strings.ContainsFunc(got, func(r rune) bool { return r == '\n' || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) || !utf8.ValidString(got) {
				t.Fatalf("%q is not one line of text", got)
			}
			if len(got) > 100<<10 {
				t.Fatalf("a line of %d bytes", len(got))
			}
			switch format {
			case asJSON, bare:
				var read map[string]any
				if err := json.Unmarshal([]byte(got), &read); err != nil {
					t.Fatalf("%s: %v", got, err)
				}
				if n := strings.Count(format, "$"); len(read) != n {
					t.Fatalf("%s has %d members, want %d", got, len(read), n)
				}
				if short := len(value) <= 2048 && value != "" && utf8.ValidString(value); short && format == bare && read["w"] != value {
					t.Fatalf("%q came back as %q", value, read["w"])
				}
			case asXML:
				var read struct {
					ID     string   `xml:"id,attr"`
					IP     []string `xml:"ip"`
					Agent  []string `xml:"agent"`
					Status []string `xml:"status"`
				}
				if err := xml.Unmarshal([]byte(got), &read); err != nil || len(read.IP) != 1 || len(read.Agent) != 1 || len(read.Status) != 1 || read.Status[0] != "200" {
					t.Fatalf("%s: %+v, %v", got, read, err)
				}
			case asCSV, table:
				read, err := csv.NewReader(strings.NewReader(got)).ReadAll()
				if err != nil || len(read) != 1 || len(read[0]) != strings.Count(format, "$") {
					t.Fatalf("%s: %q, %v", got, read, err)
				}
			case words:
				fields := strings.Fields(got)
				if fields[0] != "id" || fields[len(fields)-1] != "200" || !strings.HasPrefix(fields[2], `"`) {
					t.Fatalf("%q", got)
				}
			}
		}
	})
}

// Whatever an operator writes, it is refused or makes lines.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{clf, asCSV, asJSON, asXML, overHTTP, "", "$context", "$context.", `{"a":"\`, `<$context.requestId`, `$context.requestId"$context.status`, `[$context.requestId,"]`} {
		f.Add(seed)
	}
	v := values{"requestId": "a\"b\nc</d>,", "status": "\r\n"}
	f.Fuzz(func(t *testing.T, format string) {
		for _, api := range []accesslog.API{accesslog.REST, accesslog.HTTP} {
			compiled, err := accesslog.Compile(format, api)
			if err != nil {
				continue
			}
			if got := string(compiled.Append(nil, v.of)); strings.ContainsAny(got, "\r\n") {
				t.Fatalf("%q makes %q", format, got)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	f, err := accesslog.Compile(asJSON, accesslog.REST)
	if err != nil {
		b.Fatal(err)
	}
	room := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		room = f.Append(room[:0], request.of)
	}
}
