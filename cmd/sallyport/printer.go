package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/template"
)

// printer is what up tells the person in front of it, on standard output.
type printer struct {
	mu    sync.Mutex
	out   io.Writer
	color bool
	shown string // the surroundings as last told; deploys run one at a time
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}

func (p *printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *printer) paint(code, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p *printer) ready(url string, c config.Config, took time.Duration) {
	kept := "data in " + c.Data
	switch {
	case c.Ephemeral:
		kept = "ephemeral: nothing is kept"
	case c.Database.Reveal() != "":
		kept = "data in PostgreSQL, functions in " + c.Data
	}
	p.line("Sallyport is ready at %s (account %s, region %s; %s; started in %d ms)", url, c.Account, c.Region, kept, took.Milliseconds())
	p.line("%s", messagesLeave(c))
}

// messagesLeave says what becomes of mails and texts.
func messagesLeave(c config.Config) string {
	const stay = "stay in the outbox (sallyport outbox shows them)"
	mails, texts := "", ""
	if server, err := courier.ParseMailServer(c.SMTP); err == nil {
		mails = "leave by " + server.String() + " from " + c.MailFrom
	}
	if to, err := courier.ParseWebhook(c.SMSWebhook.Reveal()); err == nil {
		texts = "are posted to " + to.Host // its path may be a secret
	}
	if mails == "" && texts == "" {
		return "Messages to users " + stay
	}
	return "Mails " + orElse(mails, stay) + "; texts " + orElse(texts, stay)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// event shows a step of a deploy as it happens: what begins only where it may
// take a while, and what ended.
func (p *printer) event(e template.Event) {
	status, color := string(e.Status), "2"
	switch {
	case strings.HasSuffix(status, "FAILED"):
		color = "31"
	case strings.HasSuffix(status, "COMPLETE"):
		color = "32"
	case strings.HasSuffix(status, "IN_PROGRESS") && e.Status != template.BuildInProgress:
		return
	}
	name := e.LogicalID
	if e.Label != "" { // what SAM makes has names that nobody has written
		name = e.Label
	}
	text := fmt.Sprintf("%s  %s  %-34s %s", e.Time.Local().Format("15:04:05"), p.paint(color, fmt.Sprintf("%-17s", status)), e.Type, name)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	p.line("%s", text)
}

// outcome tells what is there now and what to do with it.
func (p *printer) outcome(o *template.Outcome) {
	if len(o.Changes) == 0 {
		p.line("Stack %s is as the template says; nothing to change", o.Stack)
	} else {
		p.line("Stack %s: %s", o.Stack, summary(o.Changes))
	}
	for _, n := range o.Notes {
		p.line("note: %s", n.String())
	}
	if len(o.Left) > 0 {
		p.line("not removed yet: %s; the next deploy tries again", strings.Join(o.Left, ", "))
	}
	var text strings.Builder
	(&printer{out: &text}).surroundings(o)
	if text.String() == p.shown { // as before a deploy of code alone
		return
	}
	p.shown = text.String()
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.out, p.shown)
}

// surroundings tells where everything is, who may sign in, and what to try.
func (p *printer) surroundings(o *template.Outcome) {
	width := 0
	for _, out := range o.Outputs {
		width = max(width, len(out.Name))
	}
	for _, out := range o.Outputs {
		switch value := out.Value; {
		case out.Secret:
			p.line("output %-*s  [a secret; it is not shown]", width, out.Name)
		case out.Local != "":
			p.line("output %-*s  %s  (at AWS: %s)", width, out.Name, out.Local, value)
		default:
			p.line("output %-*s  %s", width, out.Name, value)
		}
	}
	for _, api := range o.APIs {
		p.api(api, o)
	}
	for _, pool := range o.Pools {
		for _, u := range pool.Users {
			if u.Password != nil {
				p.line("\nUser %s of %s, password %s", u.Username, pool.Name, u.Password.Reveal())
			} else {
				p.line("\nUser %s of %s", u.Username, pool.Name)
			}
		}
		switch {
		case len(pool.Users) > 0:
		case pool.SignUp && len(pool.Clients) > 0:
			p.signUp(pool)
		default:
			p.line("\nUser pool %s (%s) has no user in the template. To try it, add one of type AWS::Cognito::UserPoolUser\n"+
				"with Metadata: {Sallyport: {PermanentPassword: Generate}}; its password is shown here.", pool.Name, pool.ID)
		}
	}
	p.tryIt(o)
}

// signUp tells how somebody gets into a pool that is open to all.
func (p *printer) signUp(pool template.Pool) {
	client, base, endpoint, hash, flow := pool.Clients[0], strings.TrimSuffix(pool.Issuer, "/"+pool.ID), "", "", ""
	if i := slices.IndexFunc(pool.Clients, func(c template.Client) bool { return !c.HasSecret }); i >= 0 {
		client = pool.Clients[i]
	}
	if client.HasSecret { // sallyport secret-hash makes it
		hash = " --secret-hash HASH"
	}
	if len(client.Flows) > 0 && !slices.Contains(client.Flows, "ALLOW_USER_SRP_AUTH") {
		flow = " --user-password-auth"
	}
	if base != "http://"+config.DefaultListen {
		endpoint = " --endpoint " + shellQuote(base)
	}
	p.line("\nAnybody may sign up to user pool %s; what they are mailed or texted, sallyport outbox shows:", pool.Name)
	for _, does := range []string{"sign-up --username NAME --password PASSWORD", "confirm-sign-up --username NAME --confirmation-code CODE"} {
		p.line("  aws --endpoint-url %s --region %s --no-sign-request cognito-idp %s --client-id %s%s", shellQuote(base), regionOf(pool.ID), does, client.ID, hash)
	}
	p.line("  sallyport login%s --user-pool %s --client %s --user NAME%s", endpoint, pool.ID, client.ID, flow)
}

// regionOf is the part of a pool's id that names it.
func regionOf(pool string) string {
	region, _, _ := strings.Cut(pool, "_")
	return region
}

func (p *printer) api(api template.API, o *template.Outcome) {
	for _, stage := range api.Stages {
		p.line("\n%s API %s at %s", api.Kind, api.Name, stage.URL)
		for _, r := range api.Routes {
			guard := "open to everybody"
			if api.HasPolicy {
				guard = "open to whom the API's resource policy lets in"
			}
			if r.Authorizer != "" {
				guard = "guarded by " + r.Authorizer
			}
			if len(r.Scopes) > 0 {
				guard += ", scope " + strings.Join(r.Scopes, " or ")
			}
			p.line("  %-7s %-24s %s", r.Method, r.Path, guard)
		}
	}
}

// tryIt prints lines to paste, each of which stands alone: a guarded route as
// a stranger, one as a user of the template, who signs in on the way, and an
// open one.
func (p *printer) tryIt(o *template.Outcome) {
	p.tryGuarded(o)
	if url, r, ok := first(o, func(r template.Route) bool { return r.Authorizer == "" && r.Method != "OPTIONS" }); ok {
		p.line("\nOpen to everybody:\n  curl -i %s%s", verb(r), shellQuote(url))
	}
}

// The stranger and the user knock at the same door, if the template has a user
// who can open one.
func (p *printer) tryGuarded(o *template.Outcome) {
	// An SDK's sign-in gives no scopes.
	var signIn string
	url, r, known := first(o, func(r template.Route) bool {
		if r.Authorizer == "" || len(r.Scopes) > 0 {
			return false
		}
		line, ok := signInLine(o, r.Pools)
		signIn = line
		return ok
	})
	ok := known
	for _, byFunction := range []bool{false, true} {
		if !ok {
			url, r, ok = first(o, func(r template.Route) bool { return r.Authorizer != "" && r.ByFunction == byFunction })
		}
	}
	if !ok {
		return
	}
	refused := "401"
	switch {
	case r.Signed:
		refused = "403"
	case r.ByFunction:
		refused = "401 or 403: its function decides"
	}
	p.line("\nAs a stranger (%s):\n  curl -i %s%s", refused, verb(r), shellQuote(url))
	if known {
		p.line("\nSigned in (200):\n  curl -i %s-H \"%s: $(%s)\" %s", verb(r), r.Header, signIn, shellQuote(url))
	}
}

func verb(r template.Route) string {
	if r.Method == "GET" || r.Method == "ANY" {
		return ""
	}
	return "-X " + r.Method + " "
}

var variable = regexp.MustCompile(`\{([^}+]+)\+?\}`)

// first is the first route of its kind with its address; one without variables
// in its path if there is any, otherwise with their names for their values.
func first(o *template.Outcome, wanted func(template.Route) bool) (url string, route template.Route, ok bool) {
	for _, variables := range []bool{false, true} {
		for _, api := range o.APIs {
			for _, r := range api.Routes {
				if len(api.Stages) > 0 && strings.Contains(r.Path, "{") == variables && wanted(r) {
					path := variable.ReplaceAllString(r.Path, "$1")
					if path == "$default" { // takes what no other route does
						path = "/"
					}
					return api.Stages[0].URL + path, r, true
				}
			}
		}
	}
	return "", template.Route{}, false
}

// signInLine is a command that prints an ID token of one of these pools, if the
// template has a user whose password we know and a client that signs people in with it.
func signInLine(o *template.Outcome, pools []string) (string, bool) {
	for _, pool := range o.Pools {
		if !slices.Contains(pools, pool.ID) {
			continue
		}
		for _, c := range pool.Clients {
			if c.HasSecret || !slices.Contains(c.Flows, "ALLOW_USER_PASSWORD_AUTH") && !slices.Contains(c.Flows, "USER_PASSWORD_AUTH") {
				continue
			}
			for _, u := range pool.Users {
				if u.Password == nil {
					continue
				}
				body, err := json.Marshal(map[string]any{
					"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": c.ID,
					"AuthParameters": map[string]string{"USERNAME": u.Username, "PASSWORD": u.Password.Reveal()},
				})
				if err != nil {
					return "", false
				}
				base := strings.TrimSuffix(pool.Issuer, "/"+pool.ID)
				return "curl -s " + shellQuote(base+"/") +
					" -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' -d " +
					shellQuote(string(body)) + ` | sed 's/.*"IdToken":"\([^"]*\)".*/\1/'`, true
			}
		}
	}
	return "", false
}

func summary(changes []template.Change) string {
	var parts []string
	for _, action := range []template.Action{template.Created, template.Updated, template.Replaced, template.Deleted} {
		n := 0
		for _, c := range changes {
			if c.Action == action {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, action))
		}
	}
	return strings.Join(parts, ", ")
}

// problems shows each of several problems on a line of its own and returns one
// error that sums them up.
func (p *printer) problems(to io.Writer, err error) error {
	var list template.Problems
	if !errors.As(err, &list) || len(list) < 2 {
		return err
	}
	for _, one := range list {
		fmt.Fprintln(to, one.String())
	}
	return fmt.Errorf("the template has %d problems; see above", len(list))
}
