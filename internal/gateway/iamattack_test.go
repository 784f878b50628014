package gateway_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sallyport/sallyport/internal/access"
)

// refused expects a refusal in the data plane's form that never reached the function.
func refused(t *testing.T, a *api, got reply, kind, message string) {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || len(body) != 1 {
		t.Errorf("the body is %s", got.body)
	}
	if got.status != 403 || got.header.Get("x-amzn-ErrorType") != kind || got.header.Get("Content-Type") != "application/json" || got.header.Get("x-amzn-RequestId") == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if !strings.Contains(body["message"], message) {
		t.Errorf("message %q, want %q", body["message"], message)
	}
	if n := a.fn.count(); n != 0 {
		t.Errorf("the function ran %d times", n)
	}
	if d := a.records.latest(); d.Denied != nil || d.Caller != "anonymous" {
		t.Errorf("the record has %q and %+v", d.Caller, d.Denied)
	}
}

const (
	incompleteKind = "IncompleteSignatureException"
	invalidKind    = "InvalidSignatureException"
	mismatchText   = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. " +
		"Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'"
)

func TestATamperedRequestIsRefused(t *testing.T) {
	a := signedAPI(t)
	user := a.signers.user("ann", allowing("*"))
	customer := a.signers.customer("cus", allowing("*"))
	a.signers.user("bob", allowing("*"))
	for form, at := range a.forms() {
		for name, c := range map[string]struct {
			kind, message string
			change        func(r *http.Request)
		}{
			"another verb":          {invalidKind, mismatchText, func(r *http.Request) { r.Method = "PUT" }},
			"another path":          {invalidKind, mismatchText, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "files/7", "files/8", 1) }},
			"a slash more":          {invalidKind, mismatchText, func(r *http.Request) { r.URL.Path += "/" }},
			"a slash twice":         {invalidKind, mismatchText, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "files/7", "files//7", 1) }},
			"an escape":             {invalidKind, mismatchText, func(r *http.Request) { r.URL.RawPath = strings.Replace(r.URL.Path, "files/7", "files/%37", 1) }},
			"a value of the query":  {invalidKind, mismatchText, func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "q=1", "q=2", 1) }},
			"a parameter more":      {invalidKind, mismatchText, func(r *http.Request) { r.URL.RawQuery += "&admin=true" }},
			"a parameter by ;":      {invalidKind, mismatchText, func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "q=1", "q=1;admin=true", 1) }},
			"a broken escape":       {incompleteKind, "malformed", func(r *http.Request) { r.URL.RawQuery += "&x=%zz" }},
			"a parameter less":      {invalidKind, mismatchText, func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "q=1", "", 1) }},
			"a signed header":       {invalidKind, mismatchText, func(r *http.Request) { r.Header.Set("X-Order", "2") }},
			"a signed header twice": {invalidKind, mismatchText, func(r *http.Request) { r.Header.Add("X-Order", "1") }},
			"a signed header less":  {invalidKind, "'x-order' is a 'SignedHeader' but the request does not have it.", func(r *http.Request) { r.Header.Del("X-Order") }},
			"an amz header more":    {invalidKind, "'x-amz-meta' must be a 'SignedHeader' in the AWS Authorization.", func(r *http.Request) { r.Header.Set("X-Amz-Meta", "x") }},
			"the body":              {invalidKind, mismatchText, func(r *http.Request) { withBody("the bodY")(r) }},
			"a longer body":         {invalidKind, mismatchText, func(r *http.Request) { withBody("the body ")(r) }},
			"no body":               {invalidKind, "", func(r *http.Request) { withBody("")(r) }},
			"another host":          {invalidKind, mismatchText, func(r *http.Request) { r.Host = strings.Replace(r.Host, ":", ".:", 1) }},
		} {
			for who, credentials := range map[string]aws.Credentials{"user": user, "session": customer} {
				for _, presign := range []bool{false, true} {
					t.Run(form+"/"+who+"/"+name, func(t *testing.T) {
						r := a.sign(credentials, order{verb: "POST", target: at[1] + "/prod/files/7?q=1", body: "the body", host: at[0], presign: presign, headers: http.Header{"X-Order": {"1"}}})
						c.change(r)
						message := c.message
						if presign && strings.HasPrefix(message, "'x-order'") {
							message = "'"
						}
						if form == "by path" && name == "another host" {
							message = "" // it is another text where a host's form is not the API's
						}
						got := a.do(r)
						refused(t, a, got, c.kind, message)
						if strings.Contains(got.body, "secret of") || strings.Contains(got.body, "token+") || strings.Contains(got.body, url.QueryEscape("token+")) {
							t.Errorf("the refusal tells a secret: %s", got.body)
						}
					})
				}
			}
		}
	}
}

func TestASignatureThatProvesNothingIsRefusedInAWSsWords(t *testing.T) {
	a := signedAPI(t)
	user, customer := a.signers.user("ann", allowing("*")), a.signers.customer("cus", allowing("*"))
	over := a.signers.add(signer{credentials: aws.Credentials{AccessKeyID: "ASIAOVER", SecretAccessKey: "s", SessionToken: "t"}, over: true, policy: statementsOf(allowing("*"))})
	nobody := a.signers.add(signer{credentials: aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "s"}, owner: access.Caller{Kind: access.Anonymous}, policy: statementsOf(allowing("*"))})
	empty := a.signers.user("empty", allowing("*"))
	a.signers.add(signer{credentials: aws.Credentials{AccessKeyID: empty.AccessKeyID}, owner: access.Caller{Kind: access.User, ARN: "arn:aws:iam::1:user/empty"}, policy: statementsOf(allowing("*"))})
	now := time.Now()
	get := order{verb: "GET", target: "/prod/menu?q=1"}
	signed := func(who aws.Credentials, change func(o *order), after ...func(r *http.Request)) *http.Request {
		o := get
		if change != nil {
			change(&o)
		}
		r := a.sign(who, o)
		for _, f := range after {
			f(r)
		}
		return r
	}
	as := func(value ...string) func(r *http.Request) {
		return func(r *http.Request) { r.Header["Authorization"] = value }
	}
	edit := func(old, new string) func(r *http.Request) {
		return func(r *http.Request) {
			if !strings.Contains(r.Header.Get("Authorization"), old) {
				t.Fatalf("no %q in %q", old, r.Header.Get("Authorization"))
			}
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	query := func(f func(q url.Values)) func(r *http.Request) {
		return func(r *http.Request) {
			q := r.URL.Query()
			f(q)
			r.URL.RawQuery = q.Encode()
		}
	}
	presigned := func(o *order) { o.presign = true }
	with := func(k aws.Credentials, f func(*aws.Credentials)) aws.Credentials { f(&k); return k }
	const unknown, invalidToken = "UnrecognizedClientException", "The security token included in the request is invalid."
	for name, c := range map[string]struct {
		r             *http.Request
		kind, message string
	}{
		"unsigned":                     {signed(user, nil, as()), "MissingAuthenticationTokenException", "Missing Authentication Token"},
		"a bearer token":               {signed(user, nil, as("Bearer eyJ.eyJ.sig")), incompleteKind, "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '"},
		"a bare token":                 {signed(user, nil, as("eyJ.eyJ.sig")), incompleteKind, "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256 and encoded with Base64) Authorization="},
		"a pair first":                 {signed(user, nil, as("Credential=x")), incompleteKind, "Authorization header must begin with the algorithm name, which cannot include an equal-sign"},
		"nothing in the header":        {signed(user, nil, as("")), incompleteKind, "Authorization header cannot be empty"},
		"the header twice":             {signed(user, nil, func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }), incompleteKind, "must not be repeated"},
		"a token beside a signature":   {signed(user, nil, func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }), incompleteKind, "must not be repeated"},
		"header and query":             {signed(user, presigned, as("AWS4-HMAC-SHA256 Credential=x")), incompleteKind, "Only one form of authentication is allowed"},
		"the date twice":               {signed(user, nil, func(r *http.Request) { r.Header.Add("X-Amz-Date", "20200101T000000Z") }), incompleteKind, "'X-Amz-Date' must not be repeated"},
		"the token twice":              {signed(customer, nil, func(r *http.Request) { r.Header.Add("X-Amz-Security-Token", "x") }), incompleteKind, "'X-Amz-Security-Token' must not be repeated"},
		"another algorithm":            {signed(user, nil, edit("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")), incompleteKind, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."},
		"no date":                      {signed(user, nil, func(r *http.Request) { r.Header.Del("X-Amz-Date") }), incompleteKind, "existence of either a 'X-Amz-Date' or a 'Date' header"},
		"a date that is none":          {signed(user, nil, func(r *http.Request) { r.Header.Set("X-Amz-Date", "yesterday") }), incompleteKind, "Date must be in ISO-8601 'basic format'. Got 'yesterday'."},
		"the host not signed":          {signed(user, nil, edit("host;", "")), invalidKind, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		"the date not signed":          {signed(user, nil, edit(";x-amz-date", "")), invalidKind, "'x-amz-date' must be a 'SignedHeader'"},
		"four parts of a credential":   {signed(user, nil, edit("/aws4_request", "")), incompleteKind, "Credential must have exactly 5 slash-delimited elements"},
		"another region":               {signed(user, func(o *order) { o.region = "us-east-1" }), invalidKind, "Credential should be scoped to a valid region, not 'us-east-1'."},
		"another service":              {signed(user, func(o *order) { o.service = "lambda" }), invalidKind, "Credential should be scoped to correct service: 'execute-api'."},
		"the control plane's":          {signed(user, func(o *order) { o.service = "apigateway" }), invalidKind, "Credential should be scoped to correct service: 'execute-api'."},
		"another end":                  {signed(user, nil, edit("aws4_request", "aws4_answer")), invalidKind, "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4_answer'."},
		"another day":                  {signed(user, nil, edit(now.UTC().Format("/20060102/"), "/20200101/")), invalidKind, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20200101'"},
		"too old":                      {signed(user, func(o *order) { o.at = now.Add(-5*time.Minute - 2*time.Second) }), invalidKind, "Signature expired: "},
		"too new":                      {signed(user, func(o *order) { o.at = now.Add(6 * time.Minute) }), invalidKind, "Signature not yet current: "},
		"an unknown key":               {signed(with(user, func(k *aws.Credentials) { k.AccessKeyID = "AKIAUNKNOWN" }), nil), unknown, invalidToken},
		"another secret":               {signed(with(user, func(k *aws.Credentials) { k.SecretAccessKey = "x" }), nil), invalidKind, mismatchText},
		"a key that is nobody's":       {signed(nobody, nil), unknown, invalidToken},
		"a key without a secret":       {signed(with(empty, func(k *aws.Credentials) { k.SecretAccessKey = "x" }), nil), unknown, invalidToken},
		"no session token":             {signed(with(customer, func(k *aws.Credentials) { k.SessionToken = "" }), nil), unknown, invalidToken},
		"another session token":        {signed(with(customer, func(k *aws.Credentials) { k.SessionToken = "t" }), nil), unknown, invalidToken},
		"a token cut short":            {signed(with(customer, func(k *aws.Credentials) { k.SessionToken = k.SessionToken[:8] }), nil), unknown, invalidToken},
		"a token with a long-term key": {signed(with(user, func(k *aws.Credentials) { k.SessionToken = customer.SessionToken }), nil), unknown, invalidToken},
		"a session that is over":       {signed(over, nil), "ExpiredTokenException", "The security token included in the request is expired"},
		"an unsigned payload":          {signed(user, func(o *order) { o.headers = http.Header{"X-Amz-Content-Sha256": {"UNSIGNED-PAYLOAD"}} }), invalidKind, "x-amz-content-sha256"},
		"the signature in capitals": {signed(user, nil, func(r *http.Request) {
			h := r.Header.Get("Authorization")
			i := strings.Index(h, "Signature=") + 10
			r.Header.Set("Authorization", h[:i]+strings.ToUpper(h[i:]))
		}), invalidKind, mismatchText},
		"half a signature": {signed(user, nil, func(r *http.Request) {
			h := r.Header.Get("Authorization")
			r.Header.Set("Authorization", h[:len(h)-32])
		}), invalidKind, mismatchText},

		"presigned, no signature":      {signed(user, presigned, query(func(q url.Values) { q.Del("X-Amz-Signature") })), incompleteKind, "AWS query-string parameters must include 'X-Amz-Signature'."},
		"presigned, a parameter twice": {signed(user, presigned, query(func(q url.Values) { q.Add("X-Amz-Credential", "x") })), incompleteKind, "must not be repeated"},
		"presigned, a longer life":     {signed(user, func(o *order) { o.presign, o.target = true, "/prod/menu?X-Amz-Expires=60" }, query(func(q url.Values) { q.Set("X-Amz-Expires", "3600") })), invalidKind, mismatchText},
		"presigned, over a week":       {signed(user, func(o *order) { o.presign, o.target = true, "/prod/menu?X-Amz-Expires=604801" }), incompleteKind, "X-Amz-Expires must be less than a week"},
		"presigned, past its time": {signed(user, func(o *order) {
			o.presign, o.target, o.at = true, "/prod/menu?X-Amz-Expires=60", now.Add(-62*time.Second)
		}), invalidKind, "Signature expired: "},
		"presigned, its token gone":  {signed(customer, presigned, query(func(q url.Values) { q.Del("X-Amz-Security-Token") })), unknown, invalidToken},
		"presigned, the token twice": {signed(customer, presigned, func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", customer.SessionToken) }), incompleteKind, "must not be both a header and a query-string parameter"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, a, a.do(c.r), c.kind, c.message) })
	}
}

// As at AWS, a signature may be used again while it is fresh, and a presigned
// URL for as long as it says.
func TestASignatureIsGoodUntilItsTimeIsOver(t *testing.T) {
	a := signedAPI(t)
	user := a.signers.user("ann", allowing("*"))
	now := time.Now()
	for name, o := range map[string]order{
		"four minutes old":     {at: now.Add(-4 * time.Minute)},
		"four minutes early":   {at: now.Add(4 * time.Minute)},
		"presigned for a day":  {presign: true, target: "/prod/menu?X-Amz-Expires=86400", at: now.Add(-23 * time.Hour)},
		"presigned for a week": {presign: true, target: "/prod/menu?X-Amz-Expires=604800", at: now},
	} {
		if o.verb = "GET"; o.target == "" {
			o.target = "/prod/menu"
		}
		for range 2 {
			r := a.sign(user, o)
			if got := a.do(r); got.status != 200 {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			if got := a.do(r); got.status != 200 {
				t.Errorf("%s, sent again: %d %s", name, got.status, got.body)
			}
		}
	}
	fresh := a.sign(user, order{verb: "GET", target: "/prod/menu", at: time.Now().Add(-5 * time.Second)})
	a.clock.Advance(5 * time.Minute)
	if got := a.do(fresh); got.status != 403 || !strings.Contains(got.body, "- 5 min.)") {
		t.Errorf("five minutes later: %d %s", got.status, got.body)
	}
}

// FuzzSignedRequest: bytes of a signed request are replaced. What still passes
// means what was signed.
func FuzzSignedRequest(f *testing.F) {
	a := signedAPI(f)
	user := a.signers.user("ann", allowing("*"))
	now := func(t testing.TB) string { // signed anew each time: its time would run out
		return raw(t, a.with(t).sign(user, order{verb: "POST", target: "/prod/files/a%20b/c?q=1&r=x%20y", body: "the body", headers: http.Header{"X-Order": {"one two"}}}))
	}
	good := now(f)
	if !a.passes(f, read(good)) {
		f.Fatal("the request does not pass as it is")
	}
	for i := 0; i < len(good); i += 7 {
		f.Add(i, 1, "x")
	}
	f.Add(strings.Index(good, "q=1"), 3, "q=2")
	f.Add(strings.Index(good, "&r"), 1, ";")
	f.Add(strings.Index(good, "/c"), 0, "/")
	f.Add(strings.Index(good, "%20y"), 3, "+")
	f.Add(strings.Index(good, "X-Order"), 0, "X-Http-Method-Override: PUT\r\n")
	f.Add(strings.Index(good, "X-Order"), 0, "Transfer-Encoding: chunked\r\n")
	f.Add(strings.Index(good, "X-Order"), 0, "Connection: x-order\r\n")
	f.Add(strings.Index(good, "one two"), 0, "\u00a0")
	f.Fuzz(func(t *testing.T, at, cut int, put string) {
		good := now(t)
		want := read(good)
		if at < 0 || cut < 0 || at > len(good) || at+cut > len(good) {
			return
		}
		text := good[:at] + put + good[at+cut:]
		r := read(text)
		if text == good || r == nil || !a.passes(t, read(text)) {
			return
		}
		event := a.fn.event(t)
		if event["httpMethod"] != "POST" || event["path"] != "/files/a%20b/c" || event["body"] != "the body" || r.Host != want.Host {
			t.Fatalf("passes as %v %v %v on %s:\n%s", event["httpMethod"], event["path"], event["body"], r.Host, text)
		}
		query, _ := json.Marshal(event["multiValueQueryStringParameters"])
		if string(query) != `{"q":["1"],"r":["x y"]}` {
			t.Fatalf("passes with the query %s:\n%s", query, text)
		}
		got, _ := json.Marshal(event["multiValueHeaders"].(map[string]any)["X-Order"])
		if strings.Join(strings.FieldsFunc(string(got), func(c rune) bool { return c == ' ' }), " ") != `["one two"]` {
			t.Fatalf("passes with X-Order %s:\n%s", got, text)
		}
		for name := range r.Header {
			if strings.HasPrefix(name, "X-Amz-") && !slices.Equal(r.Header[name], want.Header[name]) {
				t.Fatalf("passes with %s: %q:\n%s", name, r.Header[name], text)
			}
		}
	})
}

// read is the request that net/http makes of a text, nil for none.
func read(text string) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil
	}
	r.RemoteAddr = "127.0.0.1:1"
	return r
}

// with is the same API for another test.
func (a *api) with(t testing.TB) *api {
	w, same := *a.world, *a
	w.t, same.world = t, &w
	return &same
}

// passes says whether the function was called.
func (a *api) passes(t testing.TB, r *http.Request) bool {
	t.Helper()
	before, w := a.fn.count(), httptest.NewRecorder()
	a.gateway.ServeHTTP(w, r)
	if ran := a.fn.count() > before; ran != (w.Code == 200) {
		t.Fatalf("the function ran: %v, and the answer is %d", ran, w.Code)
	}
	return w.Code == 200
}
