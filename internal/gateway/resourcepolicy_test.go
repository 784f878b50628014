package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
)

func statement(effect, resource, condition string) string {
	s := `{"Effect":"` + effect + `","Principal":"*","Action":"execute-api:Invoke","Resource":"` + resource + `"`
	if condition != "" {
		s += `,"Condition":` + condition
	}
	return s + "}"
}

func resourcePolicy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// The tables of AWS's authorization flow, and what a path can do to them.
func TestTheAPIsOwnPolicyDecidesWithEachAuthorizer(t *testing.T) {
	a := newWorld(t).newAPI()
	a.open("GET", "/open")
	a.guarded("GET", "/token", a.authorizer("pool", poolARN))
	a.iam("GET", "/signed")
	a.open("GET", "/files/{proxy+}")
	a.deploy("prod")
	token := a.pools.sign(t, poolARN, "id", nil)
	may, mayNot, never := a.signers.user("may", allowing(everyAPI)), a.signers.user("nothing", allowing("arn:aws:execute-api:*:*:other/*")), a.signers.user("never", denying(everyAPI))
	arn := "arn:aws:execute-api:" + region + ":" + account + ":" + a.id
	asked := func(path string) string {
		return `"User: anonymous is not authorized to perform: execute-api:Invoke on resource: ` + strings.Replace(arn, account, "********"+account[8:], 1) + "/prod/GET/" + path
	}
	here, elsewhere := `{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`, `{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`
	const silent, implicit, explicit = "", `"`, ` with an explicit deny"`
	for _, c := range []struct {
		name, policy                string
		open, token                 string // what the refusal ends with, "" for none
		signed, unallowed, forsaken int    // statuses of who may by their own policies, of whom these say nothing, and of whom they deny
	}{
		{"none: authorizers decide alone", "", silent, silent, 200, 403, 403},
		{"allow everybody", resourcePolicy(statement("Allow", arn+"/*", "")), silent, silent, 200, 200, 403},
		{"deny everybody", resourcePolicy(statement("Allow", arn+"/*", ""), statement("Deny", arn+"/*", "")), explicit, explicit, 403, 403, 403},
		{"silent about the path", resourcePolicy(statement("Allow", arn+"/prod/GET/other", "")), implicit, implicit, 200, 403, 403},
		{"allow another stage", resourcePolicy(statement("Allow", arn+"/test/*", "")), implicit, implicit, 200, 403, 403},
		{"allow another API", resourcePolicy(statement("Allow", "arn:aws:execute-api:*:*:zzzzzzzzzz/*", "")), implicit, implicit, 200, 403, 403},
		{"allow from here", resourcePolicy(statement("Allow", arn+"/*", here)), silent, silent, 200, 200, 403},
		{"allow from elsewhere", resourcePolicy(statement("Allow", arn+"/*", elsewhere)), implicit, implicit, 200, 403, 403},
		{"deny from here", resourcePolicy(statement("Allow", arn+"/*", ""), statement("Deny", arn+"/*", here)), explicit, explicit, 403, 403, 403},
		{"deny from elsewhere", resourcePolicy(statement("Allow", arn+"/*", ""), statement("Deny", arn+"/*", elsewhere)), silent, silent, 200, 200, 403},
		{"one that cannot be read", `{"Statement":[{"Effect":"Allow"`, explicit, explicit, 403, 403, 403},
	} {
		a.redefine("prod", func(d *gateway.Definition) { d.Policy = c.policy })
		before := a.fn.count()
		for path, want := range map[string]string{"open": c.open, "token": c.token} {
			got := a.send("GET", "/prod/"+path, withHeader("Authorization", token))
			if want == silent {
				expectReply(t, c.name+": "+path, got, 200, "hello")
				continue
			}
			expectReply(t, c.name+": "+path, got, 403, `{"Message":`+asked(path)+want+"}")
			if got.header.Get("x-amzn-ErrorType") != "AccessDeniedException" {
				t.Errorf("%s: error type %s", c.name, got.header.Get("x-amzn-ErrorType"))
			}
			if d := a.records.latest().Denied; d == nil || d.Trace == nil {
				t.Errorf("%s: nothing explains the refusal", c.name)
			}
		}
		expectReply(t, c.name+": no token", a.send("GET", "/prod/token"), 401, `{"message":"Unauthorized"}`)
		for i, who := range []struct {
			status int
			got    reply
		}{
			{c.signed, a.do(a.sign(may, order{verb: "GET", target: "/prod/signed"}))},
			{c.unallowed, a.do(a.sign(mayNot, order{verb: "GET", target: "/prod/signed"}))},
			{c.forsaken, a.do(a.sign(never, order{verb: "GET", target: "/prod/signed"}))},
		} {
			if who.got.status != who.status {
				t.Errorf("%s: signer %d: %d %s, want %d", c.name, i, who.got.status, who.got.body, who.status)
			}
		}
		if unsigned := a.send("GET", "/prod/signed"); unsigned.status != 403 {
			t.Errorf("%s: unsigned: %d", c.name, unsigned.status)
		}
		if c.open != silent && c.signed != 200 && a.fn.count() != before {
			t.Errorf("%s: the function ran", c.name)
		}
	}
}

func TestNoReadingOfAPathPassesByADenyOfTheAPIsPolicy(t *testing.T) {
	a := newWorld(t).newAPI()
	a.open("GET", "/files/{proxy+}")
	a.deploy("prod")
	arn := "arn:aws:execute-api:" + region + ":" + account + ":" + a.id
	a.redefine("prod", func(d *gateway.Definition) {
		d.Policy = resourcePolicy(statement("Allow", arn+"/*", ""), statement("Deny", arn+"/prod/GET/files/secret*", ""))
	})
	expectReply(t, "another file", a.send("GET", "/prod/files/menu"), 200, "")
	for _, path := range []string{"/files/secret", "/files//secret", "/files/%73ecret", "/files/secret/", "/files/%2Fsecret", "/files/x/../secret", "/files/;a/secret", "/files/secret;a=b", "/files/secret%2Fx"} {
		if got := a.send("GET", "/prod"+path); got.status == 200 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if a.fn.count() != 1 {
		t.Errorf("the function ran %d times", a.fn.count())
	}
}

// Table A of AWS's authorization flow: either policy may allow, each may deny. A
// deny of the API's own ends the request before the function is asked.
func TestTheAPIsOwnPolicyAndAnAuthorizersFunctionDecideTogether(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/a", a.byToken("", 0))
	a.deploy("prod")
	here, elsewhere := a.arnOf("prod/GET/*"), a.arnOf("prod/POST/*")
	own := map[string]string{
		"none": "", "allows": resourcePolicy(statement("Allow", here, "")), "is silent": resourcePolicy(statement("Allow", elsewhere, "")),
		"denies": resourcePolicy(statement("Deny", here, "")), "allows and denies": resourcePolicy(statement("Allow", here, ""), statement("Deny", here, "")),
	}
	said := map[string]string{
		"allows": allows("Allow", "*", "null"), "is silent": allows("Allow", elsewhere, "null"), "denies": allows("Deny", "*", "null"),
	}
	for _, c := range []struct {
		own, said string
		status    int
		body      string
	}{
		{"none", "allows", 200, "hello"}, {"none", "is silent", 403, implicitly}, {"none", "denies", 403, explicitly},
		{"allows", "allows", 200, "hello"}, {"allows", "is silent", 200, "hello"}, {"allows", "denies", 403, explicitly},
		{"is silent", "allows", 200, "hello"}, {"is silent", "is silent", 403, implicitly}, {"is silent", "denies", 403, explicitly},
		{"denies", "allows", 403, ""}, {"denies", "is silent", 403, ""}, {"denies", "denies", 403, ""},
		{"allows and denies", "allows", 403, ""},
	} {
		name := fmt.Sprintf("the API's own %s, the function's %s", c.own, c.said)
		a.redefine("prod", func(d *gateway.Definition) { d.Policy = own[c.own] })
		g.says(always(said[c.said]))
		before := g.count()
		got := a.send("GET", "/prod/a", bearing("t1"))
		expectReply(t, name, got, c.status, c.body)
		denies := strings.Contains(c.own, "denies")
		if denies && !strings.HasSuffix(got.body, `with an explicit deny"}`) {
			t.Errorf("%s: %s", name, got.body)
		}
		if asked := g.count() > before; asked == denies {
			t.Errorf("%s: the function was asked: %v", name, asked)
		}
		unproven := 401
		if denies { // which comes first
			unproven = 403
		}
		expectReply(t, name+", without a token", a.send("GET", "/prod/a"), unproven, "")
	}
}

// What one reading of a path leaves to the function, another may forbid.
func TestNoReadingOfAPathHidesADenyFromAnAuthorizersFunction(t *testing.T) {
	a, g := newGuarded(t)
	a.custom("GET", "/files/{proxy+}", a.byToken("", 300))
	a.deploy("prod")
	for name, policy := range map[string]string{
		"a deny alone":        resourcePolicy(statement("Deny", a.arnOf("prod/GET/files/secret*"), "")),
		"beside another path": resourcePolicy(statement("Allow", a.arnOf("prod/GET/menu"), ""), statement("Deny", a.arnOf("prod/GET/files/secret*"), "")),
		"beside an allow":     resourcePolicy(statement("Allow", a.arnOf("*"), ""), statement("Deny", a.arnOf("prod/GET/files/secret*"), "")),
	} {
		a.redefine("prod", func(d *gateway.Definition) { d.Policy = policy })
		expectReply(t, name+": another file", a.send("GET", "/prod/files/menu", bearing("t1")), 200, "")
		reached, asked := g.function.count(), g.count()
		for _, path := range []string{"secret", "/secret", "%73ecret", "secret/", "%2Fsecret", ";a/secret", "secret;a=b", "secret%2Fx", "%5Csecret"} {
			got := a.send("GET", "/prod/files/"+path, bearing("t1"))
			if got.status != 403 || !strings.HasSuffix(got.body, `with an explicit deny"}`) {
				t.Errorf("%s: %s: %d %s", name, path, got.status, got.body)
			}
			if d := a.records.latest().Denied; d == nil || d.Principal != "anonymous" || !strings.Contains(d.Resource, "/files/secret") {
				t.Errorf("%s: %s: the record shows %+v", name, path, d)
			}
		}
		if g.function.count() != reached || g.count() != asked {
			t.Errorf("%s: a function was called", name)
		}
	}
}

// A Referer that is sent twice is none: two readers may each take another one.
func TestAConditionOnTheRefererWantsOne(t *testing.T) {
	a, g := newGuarded(t)
	a.open("GET", "/open")
	a.custom("GET", "/function", a.byToken("", 0))
	a.deploy("prod")
	const here = `{"StringLike":{"aws:Referer":"https://pizza.example/*"}}`
	g.says(always(`{"principalId":"ann","policyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + here + `}}}`))
	for path, policy := range map[string]string{"/open": resourcePolicy(statement("Allow", "*", here)), "/function": ""} {
		a.redefine("prod", func(d *gateway.Definition) { d.Policy = policy })
		for _, c := range []struct {
			from   []string
			status int
		}{
			{nil, 403}, {[]string{"https://pizza.example/menu"}, 200}, {[]string{"https://evil.example/"}, 403},
			{[]string{"https://pizza.example/menu", "https://evil.example/"}, 403}, {[]string{"https://evil.example/", "https://pizza.example/menu"}, 403},
		} {
			got := a.send("GET", "/prod"+path, bearing("t"), func(r *http.Request) {
				if c.from != nil {
					r.Header["Referer"] = c.from
				}
			})
			expectReply(t, fmt.Sprint(path, c.from), got, c.status, "")
		}
	}
}
