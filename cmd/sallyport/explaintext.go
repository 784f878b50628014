package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/policy"
)

// explained is a report as a person tells it. Nothing in it moves the cursor:
// much of it was written by whoever made the request.
func explained(r *audit.Report) string {
	var b strings.Builder
	explainOne(&b, r)
	for i := range r.Within {
		b.WriteString("\nOn the way the server asked of itself:\n\n")
		explainOne(&b, &r.Within[i])
	}
	return b.String()
}

func explainOne(b *strings.Builder, r *audit.Report) {
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(b, "  %-9s %s\n", label, visible(text))
		}
	}
	fmt.Fprintf(b, "Request %s: %s\n", visible(r.RequestID), ending(r))
	line("when", fmt.Sprintf("%s, for %v", r.At.UTC().Format("2006-01-02 15:04:05.000 UTC"), time.Duration(r.Took)*time.Microsecond))
	line("who", whoAsked(r))
	line("from", strings.TrimSpace(r.Source+" "+bracketed(r.UserAgent)))
	line("asked for", strings.TrimSpace(strings.TrimSpace(r.Service+" "+r.Operation)+" "+bracketed(r.Region)))
	line("route", routeOf(r))
	line("guard", r.Guard)
	line("resource", r.Resource)
	fmt.Fprintf(b, "\n%s\n", visible(verdictOf(r)))
	if len(r.Steps) > 0 {
		width := 0
		for _, s := range r.Steps {
			width = max(width, len(visible(s.Name)))
		}
		fmt.Fprintf(b, "\nStep by step, with the time since it came:\n")
		for _, s := range r.Steps {
			row := fmt.Sprintf("%10s  %-8s %-*s  %s", milliseconds(s.After), s.Outcome, width, visible(s.Name), visible(detailOf(&s)))
			fmt.Fprintln(b, strings.TrimRight(row, " "))
		}
	}
	if r.Policies != nil {
		explainPolicies(b, r.Policies)
	}
}

// ending is how a request ended: refused, status 403.
func ending(r *audit.Report) string {
	if r.Status == 0 { // what the server asks of itself has none
		return r.Outcome
	}
	return r.Outcome + ", status " + strconv.Itoa(r.Status)
}

// routeOf is what of an API the request came to, as far as it came.
func routeOf(r *audit.Report) string {
	if r.API == "" {
		return ""
	}
	text := "API " + r.API
	if r.Stage != "" {
		text += ", stage " + r.Stage
	}
	if r.Route != "" {
		return r.Route + " of " + text
	}
	return "none; " + text
}

func milliseconds(micros int64) string {
	return strconv.FormatFloat(float64(micros)/1000, 'f', 3, 64) + " ms"
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}

func whoAsked(r *audit.Report) string {
	if r.Caller == audit.Anonymous {
		return "anonymous: nobody who was proved"
	}
	return r.Caller
}

// verdictOf says in a sentence or two what decided, and what that means for
// whoever looks for the cause.
func verdictOf(r *audit.Report) string {
	step, decided := deciding(r)
	why := sentence(told(step.Detail))
	switch {
	case r.Policies != nil && !r.Policies.Forgotten:
		return policyVerdict(r.Policies)
	case !decided && r.Outcome == "passed" && r.Plane == audit.PlaneData && r.Status >= 400:
		return "Every check let it pass. The status " + strconv.Itoa(r.Status) + " is the answer of what stands behind the route: look there (in the function's own log, say) for the reason."
	case !decided && r.Outcome == "passed":
		return "It passed every check."
	case !decided:
		return "It ended before any step decided; the server's log may know more under this id."
	case step.Outcome == "failed":
		return "Failed" + answered(r) + " It was no refusal: the step " + step.Name + " could not be done. " + why + " The server's log may know more under this id."
	case step.Name == "handler":
		return "Refused" + answered(r) + " The caller may do this; the operation itself said no: " + bare(step.Detail) + "."
	case step.Detail == unsigned:
		return "Refused" + answered(r) + " The request carries no signature, so nobody knows who asked."
	case step.Name == "signature":
		return "Refused" + answered(r) + " The signature was not accepted, so nobody knows who asked: " + bare(told(step.Detail)) + "."
	case step.Name == "route":
		text := "Refused" + answered(r) + " Nothing here takes " + r.Operation + ": " + bare(step.Detail) + "."
		if r.Stage != "" && r.Route == "" {
			text += " A stage serves what was deployed to it: a route that was made since waits for the next deployment."
		}
		return text
	case step.Name == "throttle":
		return "Refused" + answered(r) + " It would have been served at a quieter time. " + why
	case step.Name == "resource policy":
		return "Refused" + answered(r) + " The API's own resource policy does not let it in: " + bare(step.Detail) + "."
	case why == "":
		return "Refused" + answered(r) + " The step " + step.Name + " did not let it pass."
	case strings.Contains(step.Detail, "the token names an unknown key"):
		why += " Its issuer, a user pool say, may be another one than the authorizer trusts."
	}
	return "Refused" + answered(r) + " " + why
}

// answered is what the client was told: ": 401 Unauthorized."
func answered(r *audit.Report) string {
	if r.Status == 0 {
		return "."
	}
	return strings.TrimRight(": "+strconv.Itoa(r.Status)+" "+http.StatusText(r.Status), " ") + "."
}

// unsigned is all that a record says of a request without a signature: the words
// that its client heard.
const unsigned = "Missing Authentication Token"

// detailOf is what a step looked at.
func detailOf(s *audit.ReportStep) string {
	if s.Name == "signature" && s.Outcome == "passed" && s.Detail != "" {
		return "made with the access key " + s.Detail
	}
	return told(s.Detail)
}

// Values in the words of package verify.
var (
	wantedAndHad = regexp.MustCompile(` \(expected ("(?:[^"\\]|\\.)*"), found ("(?:[^"\\]|\\.)*")\)`)
	wanted       = regexp.MustCompile(` \(expected ("(?:[^"\\]|\\.)*")\)`)
	had          = regexp.MustCompile(` \(found ("(?:[^"\\]|\\.)*")\)`)
)

// told is a detail without the marks of a program: "the token is for another
// audience: it has "b", the authorizer wants "a"".
func told(detail string) string {
	if detail == unsigned {
		return "the request carries no signature"
	}
	text := strings.TrimPrefix(detail, "verify: ")
	text = wantedAndHad.ReplaceAllString(text, ": it has $2, the authorizer wants $1")
	text = wanted.ReplaceAllString(text, ": the authorizer wants $1")
	if strings.HasPrefix(text, "the token names an unknown key") || strings.HasPrefix(text, "the token's signature does not hold") {
		return had.ReplaceAllString(text, ": its key is $1")
	}
	return had.ReplaceAllString(text, ": it has $1")
}

func deciding(r *audit.Report) (audit.ReportStep, bool) {
	for _, s := range r.Steps {
		if s.Outcome != "passed" {
			return s, true
		}
	}
	return audit.ReportStep{}, false
}

// sentence begins with a capital, unless with a name, and ends in a full stop.
func sentence(text string) string {
	if text = bare(text); text == "" {
		return ""
	}
	first, _, _ := strings.Cut(text, " ")
	if !strings.ContainsFunc(first, func(r rune) bool { return r < 'a' || r > 'z' }) {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	if strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// bare is a detail to which a full stop can be added.
func bare(text string) string { return strings.TrimRight(text, " .:") }

func policyVerdict(p *audit.Policies) string {
	what := p.Action + " on " + p.Resource
	if p.Decision == policy.ExplicitDeny.String() {
		for i := range p.Statements {
			if s := &p.Statements[i]; s.Decided {
				return "Refused by " + named(s) + ", which denies " + what + ". No allow outweighs a deny."
			}
		}
		return "Refused: a policy denies " + what + " explicitly."
	}
	if p.Layer == policy.LayerEngine.String() {
		return "Refused: policies could not decide " + what + ", because one of them is missing or cannot be read."
	}
	text := "Refused because no " + p.Layer + " allows " + what + "."
	switch p.Layer {
	case policy.LayerBoundary.String(), policy.LayerSession.String(), policy.LayerServiceControl.String():
		text += " What other policies allow does not count beyond that bound."
	}
	if len(p.Statements) == 0 && p.Left == 0 {
		text += " No policy with a statement applies to the caller at all."
	}
	return text
}

// named is which statement of which policy: identity-based policy "readers",
// statement 1 (OwnUser).
func named(s *audit.Statement) string {
	text := s.Layer + " " + strconv.Quote(s.Policy)
	if s.Level > 0 {
		text += " of level " + strconv.Itoa(s.Level)
	}
	text += ", statement " + strconv.Itoa(s.Statement)
	if s.Sid != "" {
		text += " (" + s.Sid + ")"
	}
	return text
}

func explainPolicies(b *strings.Builder, p *audit.Policies) {
	if p.Forgotten {
		b.WriteString("\nPolicies refused it; what each statement had to say is kept of the newest refusals only.\n")
		return
	}
	section := func(title string, tell func(*audit.Statement) string) {
		first := true
		for i := range p.Statements {
			if text := tell(&p.Statements[i]); text != "" {
				if first {
					fmt.Fprintf(b, "\n%s\n", title)
					first = false
				}
				fmt.Fprintf(b, "  %s\n", visible(text))
			}
		}
	}
	fmt.Fprintf(b, "\nPolicies were asked whether %s may %s on %s\n(statements are counted from 0).\n", visible(p.Principal), visible(p.Action), visible(p.Resource))
	others := 0
	section("Denies it:", func(s *audit.Statement) string {
		switch {
		case s.Effect != "Deny":
			return ""
		case !s.Applies:
			others++
			return ""
		}
		return named(s)
	})
	section("Allows it, which was not enough:", func(s *audit.Statement) string {
		if s.Effect != "Allow" || !s.Applies {
			return ""
		}
		return named(s)
	})
	section("Allows other things, but not this:", func(s *audit.Statement) string {
		if s.Effect != "Allow" || s.Applies {
			return ""
		}
		return named(s) + ": its " + s.Clause + " does not fit: " + s.Detail
	})
	if others > 0 {
		fmt.Fprintf(b, "\n%s other things; --json shows them.\n", counted(others, "statement that denies", "statements that deny"))
	}
	if p.Left > 0 {
		fmt.Fprintf(b, "\n%s not kept for want of room; those above came nearest.\n", counted(p.Left, "further statement was", "further statements were"))
	}
}

func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + several
}
