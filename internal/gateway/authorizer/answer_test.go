package authorizer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway/authorizer"
	"github.com/sallyport/sallyport/internal/policy"
)

const (
	account  = "000000000000"
	readPets = "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/GET/pets"
	dropPets = "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/DELETE/pets"
)

func statement(effect, action, resource string) string {
	return fmt.Sprintf(`{"Effect":%q,"Action":%q,"Resource":%q}`, effect, action, resource)
}

func answering(statements ...string) string {
	return `{"principalId":"ann","policyDocument":{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}}`
}

func with(context string) string {
	return strings.TrimSuffix(answering(statement("Allow", "execute-api:Invoke", "*")), "}") + `,"context":` + context + "}"
}

func read(t testing.TB, form authorizer.Form, text string) *authorizer.Answer {
	t.Helper()
	a, err := authorizer.Read(form, "staff", []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return a
}

func ask(arn string, values map[string][]string) *authorizer.Question {
	c, err := policy.NewContext(values)
	if err != nil {
		panic(err)
	}
	return &authorizer.Question{Account: account, ARN: arn, Conditions: c}
}

func TestAPolicyDecidesEachMethodByItself(t *testing.T) {
	const any = "execute-api:Invoke"
	for name, c := range map[string]struct {
		answer    string
		get, drop policy.Outcome
	}{
		"one method":              {answering(statement("Allow", any, readPets)), policy.Allowed, policy.ImplicitDeny},
		"everything":              {answering(statement("Allow", any, "*")), policy.Allowed, policy.Allowed},
		"every action":            {answering(statement("Allow", "*", "*")), policy.Allowed, policy.Allowed},
		"every action of APIs":    {answering(statement("Allow", "execute-api:*", "*")), policy.Allowed, policy.Allowed},
		"action in another case":  {answering(statement("Allow", "EXECUTE-API:invoke", "*")), policy.Allowed, policy.Allowed},
		"a foreign action":        {answering(statement("Allow", "lambda:InvokeFunction", "*")), policy.ImplicitDeny, policy.ImplicitDeny},
		"every verb":              {answering(statement("Allow", any, "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/*/pets")), policy.Allowed, policy.Allowed},
		"any region and account":  {answering(statement("Allow", any, "arn:aws:execute-api:*:*:*/prod/GET/*")), policy.Allowed, policy.ImplicitDeny},
		"whole API":               {answering(statement("Allow", any, "arn:aws:execute-api:eu-west-1:000000000000:abc/*")), policy.Allowed, policy.Allowed},
		"another API":             {answering(statement("Allow", any, "arn:aws:execute-api:eu-west-1:000000000000:xyz/*")), policy.ImplicitDeny, policy.ImplicitDeny},
		"another account's API":   {answering(statement("Allow", any, "arn:aws:execute-api:eu-west-1:111111111111:abc/*")), policy.ImplicitDeny, policy.ImplicitDeny},
		"another stage":           {answering(statement("Allow", any, "arn:aws:execute-api:eu-west-1:000000000000:abc/test/*")), policy.ImplicitDeny, policy.ImplicitDeny},
		"path in another case":    {answering(statement("Allow", any, "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/GET/PETS")), policy.ImplicitDeny, policy.ImplicitDeny},
		"a deny wins":             {answering(statement("Allow", any, "*"), statement("Deny", any, dropPets)), policy.Allowed, policy.ExplicitDeny},
		"a deny of all":           {answering(statement("Deny", any, "*")), policy.ExplicitDeny, policy.ExplicitDeny},
		"one statement, no list":  {`{"principalId":"ann","policyDocument":{"Statement":` + statement("Allow", any, readPets) + `}}`, policy.Allowed, policy.ImplicitDeny},
		"lists":                   {answering(`{"Effect":"Allow","Action":["a:b","execute-api:Invoke"],"Resource":["` + readPets + `"]}`), policy.Allowed, policy.ImplicitDeny},
		"NotAction":               {answering(`{"Effect":"Allow","NotAction":"execute-api:Invoke","Resource":"*"}`), policy.ImplicitDeny, policy.ImplicitDeny},
		"NotResource":             {answering(`{"Effect":"Allow","Action":"execute-api:Invoke","NotResource":"` + readPets + `"}`), policy.ImplicitDeny, policy.Allowed},
		"a condition that holds":  {answering(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`), policy.Allowed, policy.Allowed},
		"a condition that fails":  {answering(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`), policy.ImplicitDeny, policy.ImplicitDeny},
		"no claim of the context": {`{"principalId":"ann","context":{"aws:username":"root"},"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:username":"root"}}}}}`, policy.ImplicitDeny, policy.ImplicitDeny},
		"members of no meaning":   {strings.Replace(answering(statement("Allow", any, "*")), `{"principalId"`, `{"isAuthorized":false,"usageIdentifierKey":"k","principalId"`, 1), policy.Allowed, policy.Allowed},
	} {
		for _, form := range []authorizer.Form{authorizer.REST, authorizer.HTTP1, authorizer.HTTP2} {
			a := read(t, form, c.answer)
			for arn, want := range map[string]policy.Outcome{readPets: c.get, dropPets: c.drop} {
				q := ask(arn, map[string][]string{"aws:SourceIp": {"10.1.2.3"}})
				d := a.Decide(q)
				if d.Outcome != want || d.Layer != policy.LayerAuthorizer {
					t.Errorf("%s: %s is %v by the %v, want %v", name, arn, d.Outcome, d.Layer, want)
				}
				if told, trace, reason := a.Explain(q); told != d || trace == nil || reason == "" {
					t.Errorf("%s: explained as %v (%q), decided as %v", name, told, reason, d)
				}
			}
		}
	}
}

func TestASimpleResponseIsOneBoolean(t *testing.T) {
	if d := read(t, authorizer.Simple, `{"isAuthorized":true,"context":{"a":1}}`).Decide(ask(dropPets, nil)); !d.Allowed() {
		t.Errorf("true is %v", d.Outcome)
	}
	for _, no := range []string{`{"isAuthorized":false}`, `{"isAuthorized":false,"policyDocument":{"Statement":` + statement("Allow", "*", "*") + `}}`} {
		if d := read(t, authorizer.Simple, no).Decide(ask(readPets, nil)); d.Outcome != policy.ImplicitDeny {
			t.Errorf("%s is %v", no, d.Outcome)
		}
	}
	if (&authorizer.Answer{}).Decide(ask(readPets, nil)).Allowed() {
		t.Error("the zero Answer allows")
	}
}

func TestWhatIsNoAnswerLetsNobodyPass(t *testing.T) {
	allow := answering(statement("Allow", "*", "*"))
	long := "arn:aws:execute-api:eu-west-1:000000000000:abc/" + strings.Repeat("a", 512)
	for name, c := range map[string]struct {
		form   authorizer.Form
		answer string
	}{
		"nothing":                    {authorizer.REST, ""},
		"null":                       {authorizer.REST, "null"},
		"a text":                     {authorizer.REST, `"Allow"`},
		"a list":                     {authorizer.REST, "[" + allow + "]"},
		"true":                       {authorizer.Simple, "true"},
		"not JSON":                   {authorizer.REST, allow[:len(allow)-1]},
		"something after it":         {authorizer.REST, allow + allow},
		"not UTF-8":                  {authorizer.REST, strings.Replace(allow, "ann", "an\xff", 1)},
		"too large":                  {authorizer.REST, with(`{"a":"` + strings.Repeat("x", authorizer.MaxAnswer) + `"}`)},
		"too deep":                   {authorizer.HTTP2, with(`{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`)},
		"no policy":                  {authorizer.REST, `{"principalId":"ann"}`},
		"policy null":                {authorizer.HTTP2, `{"principalId":"ann","policyDocument":null}`},
		"policy as a text":           {authorizer.REST, `{"principalId":"ann","policyDocument":"{}"}`},
		"policy without statements":  {authorizer.REST, answering()},
		"another version":            {authorizer.REST, strings.Replace(allow, "2012-10-17", "2026-01-01", 1)},
		"no effect":                  {authorizer.REST, answering(`{"Action":"*","Resource":"*"}`)},
		"allow in lower case":        {authorizer.REST, answering(statement("allow", "*", "*"))},
		"no action":                  {authorizer.REST, answering(`{"Effect":"Allow","Resource":"*"}`)},
		"no resource":                {authorizer.REST, answering(`{"Effect":"Allow","Action":"*"}`)},
		"no resources":               {authorizer.REST, answering(`{"Effect":"Allow","Action":"*","Resource":[]}`)},
		"a resource that is none":    {authorizer.REST, answering(statement("Allow", "*", "prod/GET/pets"))},
		"a resource that is long":    {authorizer.REST, answering(statement("Allow", "*", long))},
		"a principal in a statement": {authorizer.REST, answering(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)},
		"an unknown operator":        {authorizer.REST, answering(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Equals":{"a":"b"}}}`)},
		"no principal":               {authorizer.REST, strings.Replace(allow, `"principalId":"ann",`, "", 1)},
		"principal null":             {authorizer.REST, strings.Replace(allow, `"ann"`, "null", 1)},
		"principal empty":            {authorizer.REST, strings.Replace(allow, `"ann"`, `""`, 1)},
		"principal a number":         {authorizer.HTTP1, strings.Replace(allow, `"ann"`, "7", 1)},
		"principal twice":            {authorizer.REST, strings.Replace(allow, `"principalId":"ann"`, `"principalId":"ann","principalId":"bob"`, 1)},
		"policy twice":               {authorizer.REST, strings.Replace(allow, `"policyDocument"`, `"policyDocument":{},"policyDocument"`, 1)},
		"policy twice, escaped":      {authorizer.REST, strings.Replace(allow, `"policyDocument"`, `"policyD\u006fcument":{},"policyDocument"`, 1)},
		"effect twice":               {authorizer.REST, answering(`{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}`)},
		"names in other cases":       {authorizer.REST, strings.Replace(allow, "policyDocument", "PolicyDocument", 1)},
		"context of an object":       {authorizer.REST, with(`{"a":{}}`)},
		"context of a list":          {authorizer.REST, with(`{"a":[1]}`)},
		"context a text":             {authorizer.REST, with(`"a"`)},
		"context a list":             {authorizer.HTTP2, with(`[]`)},
		"context twice":              {authorizer.HTTP2, with(`{"a":1,"a":2}`)},
		"context twice, deep":        {authorizer.HTTP2, with(`{"a":[{"b":1,"b":2}]}`)},
		"claims":                     {authorizer.HTTP1, with(`{"claims":"a"}`)},
		"policy for a simple one":    {authorizer.Simple, allow},
		"simple for a policy":        {authorizer.HTTP2, `{"isAuthorized":true}`},
		"simple as a text":           {authorizer.Simple, `{"isAuthorized":"true"}`},
		"simple as a number":         {authorizer.Simple, `{"isAuthorized":1}`},
		"simple null":                {authorizer.Simple, `{"isAuthorized":null}`},
		"simple twice":               {authorizer.Simple, `{"isAuthorized":false,"isAuthorized":true}`},
		"no form":                    {0, allow},
	} {
		a, err := authorizer.Read(c.form, "staff", []byte(c.answer))
		var failure *authorizer.Failure
		if a != nil || !errors.As(err, &failure) || failure.Kind != authorizer.Misconfigured {
			t.Errorf("%s: got %v, %v", name, a, err)
		}
	}
}

func TestAContextReachesARESTFunctionAsTextsAndOthersAsItIs(t *testing.T) {
	const context = `{ "text":"a\"\u00e9", "number":1.50, "big":123456789012345678901234567890, "yes":true, "none":null, "principalId":"root", "integrationLatency":7 }`
	const members = `"principalId":"ann","big":"123456789012345678901234567890","none":null,"number":"1.50","text":"a\"é","yes":"true"`
	for _, form := range []authorizer.Form{authorizer.REST, authorizer.HTTP1, authorizer.HTTP2} {
		a := read(t, form, with(context))
		if got := string(a.Context.Members); got != members {
			t.Errorf("members are %s", got)
		}
		for name, want := range map[string]string{"text": `a"é`, "number": "1.50", "yes": "true", "principalId": "ann"} {
			if got, ok := a.Context.Text(name); got != want || !ok {
				t.Errorf("%s is %q", name, got)
			}
		}
		for _, name := range []string{"none", "gone", "integrationLatency"} {
			if got, ok := a.Context.Text(name); ok {
				t.Errorf("%s is %q", name, got)
			}
		}
	}
	a := read(t, authorizer.Simple, `{"isAuthorized":true,"context":{ "list":[1,{"a":null}], "n":1.0, "claims":{"a":"b"} }}`)
	if got := string(a.Context.Typed); got != `{"list":[1,{"a":null}],"n":1.0,"claims":{"a":"b"}}` {
		t.Errorf("typed is %s", got)
	}
	if got, _ := a.Context.Text("list"); got != `[1,{"a":null}]` {
		t.Errorf("the list's text is %s", got)
	}
	for _, none := range []string{`{"isAuthorized":true}`, `{"isAuthorized":true,"context":null}`} {
		if got := string(read(t, authorizer.Simple, none).Context.Typed); got != "null" {
			t.Errorf("%s has the context %s", none, got)
		}
	}
}

func TestOnlyTheVeryWordIsUnauthorized(t *testing.T) {
	for document, want := range map[string]authorizer.Kind{
		`{"errorMessage":"Unauthorized","errorType":"Error"}`: authorizer.Unauthorized,
		`{"errorMessage":"Unauthorized"}`:                     authorizer.Unauthorized,
		`{"errorMessage":"unauthorized"}`:                     authorizer.Broken,
		`{"errorMessage":"Unauthorized "}`:                    authorizer.Broken,
		`{"errorMessage":"[401] Unauthorized"}`:               authorizer.Broken,
		`{"errorMessage":"boom","errorType":"Unauthorized"}`:  authorizer.Broken,
		`{"errorMessage":null}`:                               authorizer.Broken,
		`{"errorMessage":7}`:                                  authorizer.Broken,
		`"Unauthorized"`:                                      authorizer.Broken,
		`Unauthorized`:                                        authorizer.Broken,
		``:                                                    authorizer.Broken,
	} {
		for _, form := range []authorizer.Form{authorizer.REST, authorizer.HTTP1} {
			if got := authorizer.FailureOf(form, []byte(document)); got.Kind != want || got.Error() == "" {
				t.Errorf("%s is %v, want %v", document, got.Kind, want)
			}
		}
		if got := authorizer.FailureOf(authorizer.Simple, []byte(document)); got.Kind != authorizer.Broken {
			t.Errorf("of a simple response %s is %v", document, got.Kind)
		}
	}
	secret := authorizer.FailureOf(authorizer.REST, []byte(`{"errorMessage":"token eyJsecret is bad"}`))
	if strings.Contains(secret.Error(), "eyJ") {
		t.Errorf("the failure shows what the function wrote: %v", secret)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		answering(statement("Allow", "execute-api:Invoke", readPets)), with(`{"a":1,"b":"c","d":null,"e":[{}]}`),
		`{"isAuthorized":true,"context":{"a":{"b":[1,2]}}}`, `{"principalId":"\ud800","policyDocument":{}}`, `{"isAuthorized":tru`,
	} {
		for form := range byte(5) {
			f.Add(form, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, form byte, text []byte) {
		a, err := authorizer.Read(authorizer.Form(form), "staff", text)
		if (a == nil) == (err == nil) {
			t.Fatalf("%v, %v", a, err)
		}
		if err != nil {
			return
		}
		q := ask(readPets, nil)
		if told, _, _ := a.Explain(q); told != a.Decide(q) {
			t.Fatal("decided and explained differ")
		}
		for _, made := range []string{"{" + string(a.Context.Members) + "}", string(a.Context.Typed)} {
			if !json.Valid([]byte(made)) {
				t.Fatalf("%q is no JSON", made)
			}
		}
		var members map[string]any
		if err := json.Unmarshal([]byte("{"+string(a.Context.Members)+"}"), &members); err != nil || members["principalId"] != a.Principal {
			t.Fatalf("the principal is %q in the answer and %v in the event", a.Principal, members["principalId"])
		}
	})
}
