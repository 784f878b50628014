package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says what sort of finding it is.
type Severity string

const (
	// Malformed: AWS refuses the policy.
	Malformed Severity = "malformed"
	// Dangerous: it lets in more than its author can have wanted.
	Dangerous Severity = "dangerous"
	// Doubtful: it does something else than it seems to say.
	Doubtful Severity = "doubtful"
)

// Finding is one thing to mend, and where it stands, from 1.
type Finding struct {
	Line, Column int
	Severity     Severity
	Message      string
}

// GuessKind is the kind that the elements of a document speak for: with
// principals and without resources it is a trust policy, with both a resource
// policy, and an identity policy without principals.
func GuessKind(text []byte) Kind {
	d, err := read(text)
	if err != nil {
		return Identity
	}
	principals, resources, assumes := false, false, true
	for _, s := range d.statements {
		principals = principals || s.hasPrincipal
		resources = resources || s.hasResource
		for _, a := range s.actions {
			assumes = assumes && isTrustAction(a.text)
		}
	}
	switch {
	case principals && !resources && assumes:
		return Trust
	case principals:
		return Resource
	}
	return Identity
}

// Lint names what is malformed, dangerous or doubtful in a policy, in the order
// of the text. A policy that cannot be read at all has one finding.
func Lint(kind Kind, text []byte) []Finding {
	p, notes, err := ParseForTrial(kind, text)
	l := &linter{text: text, kind: kind}
	for _, note := range append(notes, err) {
		if note == nil {
			continue
		}
		f := Finding{Line: 1, Column: 1, Severity: Malformed, Message: note.Error()}
		if m := (*MalformedError)(nil); errors.As(note, &m) && m.Line > 0 {
			f.Line, f.Column = m.Line, m.Column
			bare := *m
			bare.Line = 0
			f.Message = bare.Error()
		}
		l.findings = append(l.findings, f)
	}
	if err == nil {
		l.policy(p)
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return l.findings
}

type linter struct {
	text     []byte
	kind     Kind
	findings []Finding
}

func (l *linter) find(at int, severity Severity, format string, args ...any) {
	f := Finding{Severity: severity, Message: fmt.Sprintf(format, args...)}
	f.Line, f.Column = lineColumn(l.text, at)
	l.findings = append(l.findings, f)
}

func (l *linter) policy(p *Policy) {
	if err := p.CheckSize(); err != nil {
		l.find(0, Malformed, "%s It has %d.", err, p.Size())
	}
	variables := p.doc.version == version2012
	for i := range p.statements {
		raw, s := &p.doc.statements[i], &p.statements[i]
		l.principals(raw, s)
		if s.effect == Allow {
			l.allow(raw, s)
		}
		l.resources(raw, variables)
		l.conditions(raw, s, variables)
	}
}

func (l *linter) principals(raw *rawStatement, s *statement) {
	if !s.addressed {
		return
	}
	if raw.notPrincipal {
		if s.effect == Allow {
			l.find(raw.at, Dangerous, "an Allow by NotPrincipal lets in everybody else in the world, without having signed in")
		} else {
			l.find(raw.at, Doubtful, "a Deny by NotPrincipal also denies sessions of those it spares, unless role and session are both named, and everybody with a permissions boundary: use a condition on aws:PrincipalArn")
		}
		return
	}
	if s.effect != Allow {
		return
	}
	for _, named := range raw.principals {
		for _, v := range named.values {
			switch {
			case v.text == "*" && len(s.conditions) == 0:
				l.find(v.at, Dangerous, "a wildcard principal without a condition lets in %s", everybody(named.sort, l.kind))
			case v.text == "*" && !narrows(s):
				l.find(v.at, Dangerous, "a wildcard principal lets in %s, and the condition does not say who: its keys are in the caller's own hands", everybody(named.sort, l.kind))
			case named.sort == "Federated" && l.kind == Trust && !tiesToken(s, v.text):
				l.find(v.at, Dangerous, "nothing ties the role to an audience or a subject: whoever %s has given a token may assume it; add a condition on its aud, sub or app", quote(v.text))
			}
		}
	}
}

func everybody(sort string, kind Kind) string {
	switch {
	case sort == "Service":
		return "every AWS service, on anybody's behalf"
	case sort == "Federated":
		return "the users of every identity provider"
	case kind == Trust:
		return "every AWS account in the world"
	}
	return "everybody in the world"
}

// narrows reports whether some condition says who: one that must be met, on a
// key that a caller cannot choose.
func narrows(s *statement) bool {
	for i := range s.conditions {
		k := s.conditions[i]
		if k.op.negated || k.op.ifExists || k.op.set == forAll || k.op.family == null {
			continue
		}
		switch k.key.name() {
		case "aws:useragent", "aws:referer", "aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:requestedregion":
		default:
			return true
		}
	}
	return false
}

func tiesToken(s *statement, provider string) bool {
	if strings.Contains(provider, ":saml-provider/") {
		return true // an assertion is made for one audience already
	}
	for i := range s.conditions {
		k := s.conditions[i]
		_, claim, found := cutLast(k.key.name(), ':')
		if found && (claim == "aud" || claim == "sub" || claim == "app_id") && !k.op.negated && !k.op.ifExists && k.op.set != forAll {
			return true
		}
	}
	return false
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
