package main

import (
	"fmt"
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
	fmt.Fprintf(b, "Request %s: %s, status %d\n", visible(r.RequestID), r.Outcome, r.Status)
	line("when", fmt.Sprintf("%s, for %v", r.At.UTC().Format("2006-01-02 15:04:05.000 UTC"), time.Duration(r.Took)*time.Microsecond))
	line("who", whoAsked(r))
	line("from", strings.TrimSpace(r.Source+" "+bracketed(r.UserAgent)))
	line("asked for", strings.TrimSpace(strings.TrimSpace(r.Service+" "+r.Operation)+" "+bracketed(r.Region)))
	line("resource", r.Resource)
	fmt.Fprintf(b, "\n%s\n", visible(verdictOf(r)))
	if len(r.Steps) > 0 {
		fmt.Fprintf(b, "\nStep by step:\n")
		for _, s := range r.Steps {
			fmt.Fprintf(b, "  %-8s %-10s %s\n", s.Outcome, visible(s.Name), visible(s.Detail))
		}
	}
	if r.Policies != nil {
		explainPolicies(b, r.Policies)
	}
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
		return sentence("It was no refusal: the step " + step.Name + " failed: " + step.Detail + "; the server's log may know more under this id")
	case step.Name == "handler":
		return sentence("The caller may do this; the operation itself said no: " + step.Detail)
	case step.Name == "signature":
		return sentence("The signature was not accepted, so nobody knows who asked: " + step.Detail)
	case step.Name == "route" && r.Operation != "":
		return sentence("Nothing here takes " + r.Operation + ": " + step.Detail)
	}
	return sentence("The step " + step.Name + " refused it: " + step.Detail)
}

func deciding(r *audit.Report) (audit.ReportStep, bool) {
	for _, s := range r.Steps {
		if s.Outcome != "passed" {
			return s, true
		}
	}
	return audit.ReportStep{}, false
}

func sentence(text string) string {
	text = strings.TrimRight(text, " .:")
	if strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

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
