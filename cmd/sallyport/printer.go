package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/template"
)

// printer is what up tells the person in front of it, on standard output.
type printer struct {
	mu    sync.Mutex
	out   io.Writer
	color bool
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
}

// event shows a step of a deploy as it happens.
func (p *printer) event(e template.Event) {
	status := string(e.Status)
	switch {
	case strings.HasSuffix(status, "FAILED"):
		status = p.paint("31", fmt.Sprintf("%-19s", status))
	case strings.HasSuffix(status, "COMPLETE"):
		status = p.paint("32", fmt.Sprintf("%-19s", status))
	default:
		status = p.paint("2", fmt.Sprintf("%-19s", status))
	}
	text := fmt.Sprintf("%s  %s %s", e.Time.Local().Format("15:04:05"), status, e.LogicalID)
	if e.Label != "" && e.Label != e.LogicalID {
		text += " (" + e.Label + ")"
	}
	text += p.paint("2", " "+e.Type)
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
	for _, out := range o.Outputs {
		switch value := out.Value; {
		case out.Secret:
			p.line("output %-12s [a secret; it is not shown]", out.Name)
		case out.Local != "":
			p.line("output %-12s %s  (here: %s)", out.Name, value, out.Local)
		default:
			p.line("output %-12s %s", out.Name, value)
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
	}
	p.tryIt(o)
}

func (p *printer) api(api template.API, o *template.Outcome) {
	for _, stage := range api.Stages {
		p.line("\nAPI %s at %s", api.Name, stage.URL)
		for _, r := range api.Routes {
			guard := "open to everybody"
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

// tryIt prints lines to paste: one as a stranger, one as a user of the
// template. Each stands alone; the second one signs in first.
func (p *printer) tryIt(o *template.Outcome) {
	url, route, ok := firstGuarded(o)
	if !ok {
		return
	}
	how := ""
	if route.Method != "GET" && route.Method != "ANY" {
		how = "-X " + route.Method + " "
	}
	p.line("\nAs a stranger (401):\n  curl -i %s%s", how, shellQuote(url))
	signIn, ok := signInLine(o)
	if !ok || len(route.Scopes) > 0 {
		return // an SDK's sign-in gives no scopes
	}
	p.line("\nSigned in (200):\n  curl -i %s-H \"Authorization: $(%s)\" %s", how, signIn, shellQuote(url))
}

func firstGuarded(o *template.Outcome) (url string, r template.Route, ok bool) {
	for _, api := range o.APIs {
		for _, r := range api.Routes {
			if r.Authorizer != "" && len(api.Stages) > 0 && !strings.Contains(r.Path, "{") {
				return api.Stages[0].URL + r.Path, r, true
			}
		}
	}
	return "", r, false
}

// signInLine is a command that prints an ID token, if the template has a user
// whose password we know and a client that signs people in with it.
func signInLine(o *template.Outcome) (string, bool) {
	for _, pool := range o.Pools {
		for _, c := range pool.Clients {
			if c.HasSecret || !slices.Contains(c.Flows, "ALLOW_USER_PASSWORD_AUTH") {
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
