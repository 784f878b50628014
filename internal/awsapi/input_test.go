package awsapi_test

import (
	"net/http"
	"strings"
	"testing"
)

// What a message may not be, in the words that the client gets.
func TestMalformedJSONIsRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for body, want := range map[string]string{
		`{`:                                  "Unexpected end of the JSON text",
		`{"PoolName"`:                        "Unexpected end",
		`{"PoolName":"p"`:                    "Unexpected end",
		`{"PoolName":"p",}`:                  "Unexpected character",
		`{"PoolName":"p"}x`:                  "Unexpected text after the JSON value",
		`{"PoolName":"p"}{"PoolName":"q"}`:   "Unexpected text after",
		`{'PoolName':"p"}`:                   "Unexpected character",
		`{PoolName:"p"}`:                     "Unexpected character",
		"{\"PoolName\":\"a\nb\"}":            "Unexpected character",
		"{\"PoolName\":\"\xff\"}":            "not valid UTF-8",
		"{\"X\":\"\xed\xa0\x80\"}":           "not valid UTF-8",
		`{"PoolName":"\ud800"}`:              "Invalid escape",
		`{"PoolName":"\udc00\ud800"}`:        "Invalid escape",
		`{"PoolName":"\u12"}`:                "Invalid escape",
		`{"PoolName":"\x"}`:                  "Unexpected character",
		`{"PoolName":"\`:                     "Unexpected end",
		`{"PoolName":01}`:                    "NUMBER_VALUE can not be converted to a String",
		`{"PoolName":1}`:                     "NUMBER_VALUE can not be converted to a String",
		`{"PoolName":true}`:                  "TRUE_VALUE can not be converted to a String",
		`{"PoolName":["p"]}`:                 "Start of list found where not expected",
		`{"PoolName":{}}`:                    "Start of structure or map found where not expected.",
		`{"PoolName":nul}`:                   "Unexpected character",
		`{"PoolName":"p","PoolName":"q"}`:    "'PoolName' stands there more than once",
		`{"UserPoolTags":{"a":"1","a":"2"}}`: "The key 'a' stands there more than once",
		`{"UserPoolTags":{"a":1}}`:           "NUMBER_VALUE can not be converted to a String",
		`{"UserPoolTags":[]}`:                "Start of list found where not expected",
		`{"Schema":{}}`:                      "Start of structure or map found",
		`{"Schema":["a"]}`:                   "STRING_VALUE can not be converted to a structure",
		`{"Schema":[{"Mutable":"true"}]}`:    "STRING_VALUE can not be converted to a Boolean",
		`{"Policies":{"PasswordPolicy":{"MinimumLength":"8"}}}`:        "STRING_VALUE can not be converted to an Integer",
		`{"Policies":{"PasswordPolicy":{"MinimumLength":8.5}}}`:        "NUMBER_VALUE can not be converted to an Integer",
		`{"Policies":{"PasswordPolicy":{"MinimumLength":3000000000}}}`: "NUMBER_VALUE can not be converted to an Integer",
		`{"Policies":{"PasswordPolicy":{"MinimumLength":1e99999999}}}`: "NUMBER_VALUE can not be converted to an Integer",
		`{"Policies":{"PasswordPolicy":{"MinimumLength":-}}}`:          "Unexpected character",
		`{"Unknown":` + deep + `}`:                                     "nested too deeply",
		`{"Unknown":[1,2`:                                              "Unexpected end",
		`{"Unknown":tru}`:                                              "Unexpected character",
		`null`:                                                         "Unexpected character",
		`[]`:                                                           "Start of list found where not expected",
		`"x"`:                                                          "STRING_VALUE can not be converted to a structure",
		`{"` + strings.Repeat("k", 100_000) + `":`:                     "Unexpected end",
		"\ufeff{}":                                                     "Unexpected character",
	} {
		h := newHouse(t)
		w := h.do(jsonCall("CreateUserPool", body).signed(t, "cognito-idp"))
		got := strings.ReplaceAll(w.Body.String(), `\"`, `"`)
		if w.Code != 400 || !strings.Contains(got, `"__type":"SerializationException"`) || !strings.Contains(got, want) || len(h.runs) > 0 {
			t.Errorf("%.80q: %d %s, want %q", body, w.Code, w.Body, want)
		}
	}
}

func TestOddButGoodJSONIsRead(t *testing.T) {
	for body, name := range map[string]string{
		` { "PoolName" : "p" } ` + "\r\n":                                       "p",
		`{"PoolName":"\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\"}`:                     "é😀/\\u0008\\u000c\\n\\r\\t\\\"\\\\",
		`{"PoolName":"p","Schema":null,"UserPoolTags":{"a":null}}`:              "p",
		`{"PoolName":"p","Policies":{"PasswordPolicy":{"MinimumLength":1e1}}}`:  "p",
		`{"PoolName":"p","Other":{"Other":[1,-2.5e-3,"x",null,true,false,{}]}}`: "p",
		`{"poolname":"q","PoolName":"p"}`:                                       "p",
	} {
		h := newHouse(t)
		w := h.do(jsonCall("CreateUserPool", body).signed(t, "cognito-idp"))
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"Name":"`+name+`"`) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestMalformedFormsAreRefused(t *testing.T) {
	const good = "Action=AssumeRole&Version=2011-06-15&RoleArn=a&RoleSessionName=s"
	for form, want := range map[string]string{
		good + "&RoleArn=b":                              "'RoleArn' stands there more than once",
		good + "&DurationSeconds=x":                      "can not be converted to an Integer",
		good + "&DurationSeconds=99999999999":            "can not be converted to an Integer",
		good + "&DurationSeconds.x=1":                    "Start of structure or map found",
		good + "&Tags=x":                                 "can not be converted to a list",
		good + "&Tags.member.x.Key=k":                    "'x' is not the number of an element",
		good + "&Tags.member.0.Key=k":                    "'0' is not the number",
		good + "&Tags.member.-1.Key=k":                   "'-1' is not the number",
		good + "&Tags.member.01.Key=k":                   "'01' is not the number",
		good + "&Tags.member.99999999999999999999.Key=k": "is not the number",
		good + "&Tags.member.1=k":                        "can not be converted to a structure",
		good + "&a" + strings.Repeat(".a", 100) + "=1":   "nested too deeply",
		good + "&ExternalId=%ff":                         "not valid UTF-8",
		good + "&%zz=1":                                  "The form is malformed",
		good + "&a;b=1":                                  "The form is malformed",
		good + "&x=" + strings.Repeat("&y=", 20_000):     "The form is malformed",
		"Action=AssumeRole&Version=2011-06-15&Version=2011-06-16&RoleArn=a&RoleSessionName=s": "more than once",
	} {
		h := newHouse(t)
		w := h.do(queryCall(form).signed(t, "sts"))
		got := strings.ReplaceAll(w.Body.String(), "&apos;", "'")
		if w.Code != 400 || !strings.Contains(got, "<Code>MalformedInput</Code>") || !strings.Contains(got, want) || len(h.runs) > 0 {
			t.Errorf("%.120q: %d %s, want %q", form, w.Code, w.Body, want)
		}
	}
}

// A list's elements come in the order of their numbers, whatever the numbers are.
func TestNumbersOfAFormCostNothing(t *testing.T) {
	h := newHouse(t)
	w := h.do(queryCall("Action=AssumeRole&Version=2011-06-15&RoleArn=a&RoleSessionName=s&Tags.member.2000000000.Key=b&Tags.member.7.Key=a").signed(t, "sts"))
	if w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestMalformedRESTCallsAreRefused(t *testing.T) {
	for _, c := range []struct {
		call request
		code int
		want string
	}{
		{request{"GET", "/2015-03-31/functions?MaxItems=x", "", nil}, 400, "can not be converted to an Integer"},
		{request{"GET", "/2015-03-31/functions?MaxItems=1&MaxItems=2", "", nil}, 400, "'MaxItems' stands there more than once"},
		{request{"POST", "/2015-03-31/functions", `{"Code":{"ZipFile":"!"}}`, nil}, 400, "it is not base64"},
		{request{"POST", "/2015-03-31/functions", `{"Code":{"ZipFile":"YWJj\n"}}`, nil}, 400, "it is not base64"},
		{request{"POST", "/2015-03-31/functions", `{"Timeout":"3"}`, nil}, 400, "STRING_VALUE can not be converted to an Integer"},
		{request{"POST", "/2015-03-31/functions", `[]`, nil}, 400, "Start of list found where not expected"},
		{request{"GET", "/2015-03-31/functions/f/g", "", nil}, 404, "There is no operation GET"},
		{request{"GET", "/2015-03-31//functions", "", nil}, 404, "There is no operation GET"},
		{request{"GET", "/2015-03-31/Functions", "", nil}, 404, "There is no operation GET"},
	} {
		h := newHouse(t)
		w := h.do(c.call.signed(t, "lambda"))
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) || len(h.runs) > 0 {
			t.Errorf("%s %s: %d %s, want %q", c.call.url, c.call.body, w.Code, w.Body, c.want)
		}
	}
}

// net/url would drop what it cannot parse; then the signature and the handler
// would see different queries.
func TestQueriesWithTwoReadingsAreRefused(t *testing.T) {
	for _, query := range []string{"a;b", "%zz", "Marker=%", "Marker=a;Marker=b"} {
		h := newHouse(t)
		w := h.do(request{"GET", "/2015-03-31/functions?" + query, "", nil}.make())
		if w.Code != 400 || !strings.Contains(w.Body.String(), "The query string is malformed") {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

// A label is one segment as it was sent: an escaped slash does not end it.
func TestLabelsAreTakenFromThePathAsSent(t *testing.T) {
	h := newHouse(t)
	w := h.do(request{"GET", "/2015-03-31/functions/arn%3Aaws%2F..%2F..%2Fsecret", "", nil}.signed(t, "lambda"))
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "Function not found: arn:aws/../../secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
