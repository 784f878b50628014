package policy

import (
	"fmt"
	"strconv"
	"strings"
)

// Trace is how a decision came about, statement by statement, in the order in
// which they were asked.
type Trace struct {
	Decision Decision
	Steps    []Step
}

// Step is what became of one statement.
type Step struct {
	Layer     Layer
	Level     int // of service control policies, from 0
	Policy    string
	Statement int // from 0
	Sid       string
	Effect    Effect
	Applies   bool
	// Clause is the element that kept it from applying, as it is named in the
	// policy; "" when it applies.
	Clause string
	// Detail says what that element wanted and what the request has.
	Detail string
}

func (s Step) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, statement %d", s.Layer, quote(s.Policy), s.Statement)
	if s.Sid != "" {
		fmt.Fprintf(&b, " (%s)", s.Sid)
	}
	if s.Applies {
		fmt.Fprintf(&b, ": %s applies", s.Effect)
		return b.String()
	}
	fmt.Fprintf(&b, ": %s does not apply, %s: %s", s.Effect, s.Clause, s.Detail)
	return b.String()
}

// Deciding are the statements that made the decision: all that deny, or all
// that allow it, or none.
func (t *Trace) Deciding() []Ref {
	var list []Ref
	for _, s := range t.Steps {
		if s.Applies && (t.Decision.Outcome == ExplicitDeny && s.Effect == Deny || t.Decision.Outcome == Allowed && s.Effect == Allow) {
			list = append(list, Ref{s.Policy, s.Statement, s.Effect})
		}
	}
	return list
}

// Reason says in one sentence what decided, for operators.
func (t *Trace) Reason(r *Request) string {
	d := t.Decision
	switch {
	case d.Layer == LayerEngine:
		return "it could not be decided: a policy is missing or has no place where it stands, or the request names no action"
	case d.By.Effect == Deny:
		return "statement " + strconv.Itoa(d.By.Statement) + " of the " + d.Layer.String() + " " + quote(d.By.Policy) + " denies it explicitly"
	case d.By.Effect == Allow:
		return "statement " + strconv.Itoa(d.By.Statement) + " of the " + d.Layer.String() + " " + quote(d.By.Policy) + " allows it, and nothing denies it"
	case d.Layer == LayerReserved:
		return "AWS keeps " + quote(r.Resource) + " to itself: no policy can allow the " + r.Action + " action"
	case d.Layer == LayerOpen:
		return "the " + r.Action + " action is open to every caller with credentials, and nothing denies it"
	case d.Allowed():
		return "the root of the account needs no policy of its own, and nothing denies it"
	}
	text := "no " + d.Layer.String() + " allows the " + r.Action + " action"
	if near, ok := t.nearest(d.Layer); ok {
		text += "; the nearest is statement " + strconv.Itoa(near.Statement) + " of " + quote(near.Policy) + ", whose " + near.Clause + " does not fit: " + near.Detail
	}
	return text
}

// nearest is the allow of a layer that failed at the latest clause: what its
// author most likely meant for this request.
func (t *Trace) nearest(l Layer) (near Step, ok bool) {
	rank := func(clause string) int {
		return strings.Index("Action Principal Resource Condition", strings.TrimPrefix(clause, "Not"))
	}
	for _, s := range t.Steps {
		if s.Layer == l && s.Effect == Allow && !s.Applies && (!ok || rank(s.Clause) > rank(near.Clause)) {
			near, ok = s, true
		}
	}
	return near, ok && rank(near.Clause) > 0
}

func (t *Trace) add(e *evaluation, layer Layer, level int, from *Attached, i int, v verdict) {
	s := &from.Policy.statements[i]
	step := Step{Layer: layer, Level: level, Policy: from.Name, Statement: i, Sid: s.sid, Effect: s.effect, Applies: v.failed == applies}
	raw := &from.Policy.doc.statements[i]
	not := func(negated bool, name string) string {
		if negated {
			return "Not" + name
		}
		return name
	}
	switch v.failed {
	case actionClause:
		step.Clause = not(s.notAction, "Action")
		step.Detail = wanted(s.notAction, words(raw.actions), e.request.Action)
	case principalClause:
		step.Clause = not(s.notPrincipal, "Principal")
		var list []string
		for _, p := range s.principals {
			list = append(list, p.text)
		}
		who := e.request.Principal.ARN
		if e.request.Principal.Caller == Anonymous {
			who = "nobody known"
		}
		step.Detail = wanted(s.notPrincipal, list, who)
	case resourceClause:
		step.Clause = not(s.notResource, "Resource")
		step.Detail = wanted(s.notResource, words(raw.resources), e.request.Resource)
	case conditionClause:
		step.Clause = "Condition"
		step.Detail = s.conditions[v.condition].explain(raw, e.request.Context, v.condition)
	}
	t.Steps = append(t.Steps, step)
}

func wanted(negated bool, list []string, has string) string {
	verb := "is none of "
	if negated {
		verb = "is among "
	}
	return quote(has) + " " + verb + listed(list)
}

// explain says what the condition at position n wanted and what there is.
func (k *condition) explain(raw *rawStatement, c Context, n int) string {
	var values []located
	for _, r := range raw.conditions {
		if n < len(r.keys) {
			values = r.keys[n].values
			break
		}
		n -= len(r.keys)
	}
	has := "the request does not have it"
	if v := lookup(c, k.key.name()); v.Present() {
		var list []string
		for i := range v.Len() {
			list = append(list, v.At(i))
		}
		has = "the request has " + listed(list)
		if v.Len() > 1 && k.op.set == noSet {
			has += ", and several values need ForAnyValue or ForAllValues"
		}
	}
	return fmt.Sprintf("%s of %s wants %s, %s", k.op.name, k.written, listed(words(values)), has)
}

func words(list []located) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.text
	}
	return out
}

// listed quotes at most four, so that a reason stays readable.
func listed(list []string) string {
	const most = 4
	var b strings.Builder
	for i, w := range list {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(list)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(w))
	}
	if len(list) == 0 {
		return "nothing"
	}
	return b.String()
}
