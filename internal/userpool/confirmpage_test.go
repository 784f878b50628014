package userpool_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/userpool"
)

func linking(in *idp.CreateUserPoolInput) {
	in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
	in.VerificationMessageTemplate = &types.VerificationMessageTemplateType{
		DefaultEmailOption: types.DefaultEmailOptionTypeConfirmWithLink, EmailSubjectByLink: aws.String("Welcome, {username}"),
		EmailMessageByLink: aws.String("<p>Dear {username}, {##<b>click</b> here##} or {##there##}</p>"),
	}
}

// link is what the last mail leads to.
func (w *world) mailedLink() string {
	w.t.Helper()
	found := regexp.MustCompile(`<a href="([^"]+)">`).FindStringSubmatch(w.outbox.last(w.t).Body)
	if found == nil {
		w.t.Fatalf("no link in %q", w.outbox.last(w.t).Body)
	}
	return html.UnescapeString(found[1])
}

// page is an answer as a browser gets it.
type page struct {
	status int
	header http.Header
	text   string
}

func (w *world) page(method, address string, form url.Values) page {
	w.t.Helper()
	request := must(http.NewRequest(method, address, strings.NewReader(form.Encode())))(w.t)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := must(http.DefaultClient.Do(request))(w.t)
	defer answer.Body.Close()
	return page{answer.StatusCode, answer.Header, string(must(io.ReadAll(answer.Body))(w.t))}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// press does what the button of a page does.
func (w *world) press(address string) page {
	w.t.Helper()
	form := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(w.page("GET", address, nil).text, -1) {
		form.Add(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	base, _, _ := strings.Cut(address, "?")
	return w.page("POST", base, form)
}

func TestALinkConfirmsWhenItsButtonIsPressed(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(linking)
		c := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true }) // the link proves no secret, as at AWS
		must(w.SignUp(t.Context(), &idp.SignUpInput{ClientId: c.ClientId, Username: aws.String("ann&<b>"), Password: aws.String(password),
			SecretHash: aws.String(secretHash(c, "ann&<b>")), UserAttributes: pairs([]string{"email", "ann@example.com"})}))(t)
		m := w.outbox.last(t)
		address := w.mailedLink()
		want := w.url + "/" + *pool.Id + "/confirmUser?client_id=" + *c.ClientId + "&confirmation_code=" + m.Code + "&user_name=ann%26%3Cb%3E"
		if address != want || m.Subject != "Welcome, ann&<b>" ||
			m.Body != `<p>Dear ann&amp;&lt;b&gt;, <a href="`+html.EscapeString(want)+`"><b>click</b> here</a> or <a href="`+html.EscapeString(want)+`">there</a></p>` {
			t.Fatalf("the mail is %s\n%s\n%s", m.Subject, m.Body, want)
		}
		for range 3 { // programs that look through mails
			for _, method := range []string{"GET", "HEAD"} {
				if p := w.page(method, address, nil); p.status != 200 || method == "HEAD" && p.text != "" {
					t.Fatalf("%s: %d %s", method, p.status, p.text)
				}
			}
		}
		if got := w.status(pool, "ann&<b>"); got != "UNCONFIRMED" {
			t.Fatalf("looking at the page made the account %s", got)
		}
		if p := w.press(address); p.status != 200 || !strings.Contains(p.text, "Your account is confirmed") {
			t.Fatalf("%d %s", p.status, p.text)
		}
		u := must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("ann&<b>")}))(t)
		verified := ""
		for _, a := range u.UserAttributes {
			if *a.Name == "email_verified" {
				verified = *a.Value
			}
		}
		if u.UserStatus != types.UserStatusTypeConfirmed || verified != "true" {
			t.Errorf("the account is %s, the address %s", u.UserStatus, verified)
		}
		if p := w.press(address); p.status != 400 || !strings.Contains(p.text, "does not work any more") {
			t.Errorf("pressed again: %d %s", p.status, p.text)
		}
	})
}

func TestALinkWorksOnceHoweverOftenItIsPressedAtOnce(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(linking)
		must(w.signUp(w.client(pool, nil), "ann", "email", "ann@example.com"))(t)
		address := w.mailedLink()
		var all sync.WaitGroup
		statuses := make(chan int, 8)
		for range cap(statuses) {
			all.Go(func() { statuses <- w.press(address).status })
		}
		all.Wait()
		close(statuses)
		good := 0
		for s := range statuses {
			if s == 200 {
				good++
			}
		}
		if good != 1 || w.status(pool, "ann") != "CONFIRMED" {
			t.Errorf("%d presses confirmed it, and it is %s", good, w.status(pool, "ann"))
		}
	})
}

// Whatever is wrong, the page and its headers are the same to the letter.
func TestThePageTellsNobodyWhoThereIs(t *testing.T) {
	w := newWorld(t)
	pool, other := w.pool(linking), w.pool(linking)
	c, foreign := w.client(pool, nil), w.client(other, nil) // both show their users; here nobody does
	codes := w.pool(mailing)
	typed := w.client(codes, nil)
	must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
	good := must(url.Parse(w.mailedLink()))(t).Query()
	must(w.signUp(c, "bob", "email", "bob@example.com"))(t)
	bobs := w.outbox.last(t).Code
	if p := w.press(w.mailedLink()); p.status != 200 {
		t.Fatal(p)
	}
	w.user(pool, "cleo", "email", "cleo@example.com")
	must(w.signUp(c, "dora", "email", "dora@example.com"))(t)
	must(w.AdminDisableUser(t.Context(), &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("dora")}))(t)
	doras := w.outbox.last(t).Code
	must(w.signUp(typed, "ann", "email", "ann@example.com"))(t)
	typedCode := w.outbox.last(t).Code

	with := func(change ...string) url.Values {
		v := url.Values{"client_id": {good.Get("client_id")}, "user_name": {"ann"}, "confirmation_code": {good.Get("confirmation_code")}}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	wrong := w.page("POST", w.url+"/"+*pool.Id+"/confirmUser", with("confirmation_code", "none"))
	if wrong.status != 400 {
		t.Fatal(wrong)
	}
	for name, try := range map[string]struct {
		pool string
		form url.Values
	}{
		"nobody":              {*pool.Id, with("user_name", "nobody")},
		"a confirmed one":     {*pool.Id, with("user_name", "bob")},
		"with what was used":  {*pool.Id, with("user_name", "bob", "confirmation_code", bobs)},
		"an invited one":      {*pool.Id, with("user_name", "cleo")},
		"a disabled one":      {*pool.Id, with("user_name", "dora", "confirmation_code", doras)},
		"another's code":      {*pool.Id, with("confirmation_code", bobs)},
		"no name":             {*pool.Id, with("user_name", "")},
		"a name of no end":    {*pool.Id, with("user_name", strings.Repeat("x", 5000))},
		"no code":             {*pool.Id, with("confirmation_code", "")},
		"a code of no end":    {*pool.Id, with("confirmation_code", strings.Repeat("1", 5000))},
		"no client":           {*pool.Id, with("client_id", "")},
		"a client elsewhere":  {*pool.Id, with("client_id", *foreign.ClientId)},
		"a pool elsewhere":    {*other.Id, with()},
		"no pool":             {"eu-west-1_000000000", with()},
		"codes, not links":    {*codes.Id, url.Values{"client_id": {*typed.ClientId}, "user_name": {"ann"}, "confirmation_code": {typedCode}}},
		"nothing":             {*pool.Id, nil},
		"too much":            {*pool.Id, with("more", strings.Repeat("x", 20<<10))},
		"what is no form":     {*pool.Id, url.Values{"%zz": nil}},
		"a name that is none": {*pool.Id, with("user_name", "a\x00b")},
	} {
		p := w.page("POST", w.url+"/"+try.pool+"/confirmUser", try.form)
		for _, h := range []http.Header{p.header, wrong.header} {
			h.Del("Date")
			h.Del("Connection")
		}
		if p.status != wrong.status || p.text != wrong.text || fmt.Sprint(p.header) != fmt.Sprint(wrong.header) {
			t.Errorf("%s: %d %v\n%s\nwant as for a wrong code: %d %v", name, p.status, p.header, p.text, wrong.status, wrong.header)
		}
	}
	if got := w.status(pool, "ann"); got != "UNCONFIRMED" {
		t.Errorf("ann is %s", got)
	}
	// What stands in the link's query is not what was pressed.
	if p := w.page("POST", w.url+"/"+*pool.Id+"/confirmUser?"+with().Encode(), url.Values{}); p.status != 400 {
		t.Errorf("a POST without its form confirms: %d", p.status)
	}
	if p := w.page("POST", w.url+"/"+*pool.Id+"/confirmUser", with()); p.status != 200 {
		t.Errorf("the right one: %d", p.status)
	}
}

func TestGuessesAtALinkEndForSomebodyAsForNobody(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(linking)
	c := w.client(pool, nil)
	must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
	right := w.outbox.last(t).Code
	var seen [2][]int
	for i, name := range []string{"ann", "nobody"} {
		for n := range 17 {
			p := w.page("POST", w.url+"/"+*pool.Id+"/confirmUser", url.Values{"client_id": {*c.ClientId}, "user_name": {name}, "confirmation_code": {fmt.Sprint("guess", n)}})
			seen[i] = append(seen[i], p.status)
		}
	}
	if fmt.Sprint(seen[0]) != fmt.Sprint(seen[1]) || seen[0][14] != 400 || seen[0][15] != 429 {
		t.Errorf("somebody %v\nnobody   %v", seen[0], seen[1])
	}
	w.clock.Advance(time.Hour)
	p := w.page("POST", w.url+"/"+*pool.Id+"/confirmUser", url.Values{"client_id": {*c.ClientId}, "user_name": {"ann"}, "confirmation_code": {right}})
	if p.status != 400 || w.status(pool, "ann") != "UNCONFIRMED" {
		t.Errorf("after fifteen wrong answers the right one is answered %d", p.status)
	}
	must(w.ResendConfirmationCode(t.Context(), &idp.ResendConfirmationCodeInput{ClientId: c.ClientId, Username: aws.String("ann")}))(t)
	if p := w.press(w.mailedLink()); p.status != 200 {
		t.Errorf("a new link: %d", p.status)
	}
}

func TestALinkEnds(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(linking)
	must(w.signUp(w.client(pool, nil), "ann", "email", "ann@example.com"))(t)
	w.clock.Advance(24 * time.Hour)
	if p := w.press(w.mailedLink()); p.status != 400 {
		t.Errorf("after a day: %d", p.status)
	}
}

func TestAnAddressThatIsTakenIsToldToItsProverOnly(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		linking(in)
		in.AliasAttributes = []types.AliasAttributeType{"email"}
	})
	c := w.client(pool, nil)
	must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
	first := w.mailedLink()
	must(w.signUp(c, "eve", "email", "ann@example.com"))(t)
	second := w.mailedLink()
	if p := w.press(first); p.status != 200 {
		t.Fatal(p)
	}
	guess := strings.Replace(second, "confirmation_code=", "confirmation_code=x", 1)
	if p := w.press(guess); p.status != 400 {
		t.Errorf("whoever guesses is told %d", p.status)
	}
	if p := w.press(second); p.status != 409 || !strings.Contains(p.text, "Another account has this address") {
		t.Errorf("whoever proves it is told %d", p.status)
	}
}

func TestThePageRunsNothingAndStandsInNoFrame(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(linking)
	evil := `"><script>alert(1)</script><a href="javascript:x">{{.Code}}`
	for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS"} {
		q := url.Values{"client_id": {evil}, "user_name": {evil}, "confirmation_code": {evil}}
		p := w.page(method, w.url+"/"+*pool.Id+"/confirmUser?"+q.Encode(), q)
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		} {
			if got := p.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", method, name, got)
			}
		}
		for _, rule := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "style-src 'sha256-"} {
			if !strings.Contains(p.header.Get("Content-Security-Policy"), rule) || strings.Contains(p.header.Get("Content-Security-Policy"), "unsafe") {
				t.Errorf("%s: the policy is %q", method, p.header.Get("Content-Security-Policy"))
			}
		}
		if strings.Contains(p.text, "<script") || strings.Contains(p.text, `href="javascript`) || strings.Contains(p.text, `value=""`) {
			t.Errorf("%s: the page holds what came with the link:\n%s", method, p.text)
		}
		if want := map[string]int{"GET": 200, "POST": 400}[method]; want != 0 && p.status != want || want == 0 && (p.status != 405 || p.header.Get("Allow") == "") {
			t.Errorf("%s: %d", method, p.status)
		}
	}
	if strings.Contains(w.records.text.String(), "alert") {
		t.Error("the record holds what came with the link")
	}
}

func TestWhichPathsArePagesOfPools(t *testing.T) {
	for path, want := range map[string]bool{
		"/eu-west-1_aB3/confirmUser": true, "/confirmUser": false, "/restapis/confirmUser": false, "/2015-03-31/functions/confirmUser": false, "/eu-west-1_aB3/confirmUser/": false,
		"/a/eu-west-1_aB3/confirmUser": false, "/eu-west-1_aB3/confirmuser": false, "/eu-west-1_aB3/x/confirmUser": false, "//eu-west-1_aB3/confirmUser": false, "/eu-west-1_aB3/confirmUser\n": false,
	} {
		if got := userpool.IsConfirmPath(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}
