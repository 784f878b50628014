package policy

import (
	"bytes"
	"encoding/json"
)

// String is the policy as JSON in one form: the elements in the order of the
// grammar, one value as itself and several as a list. Parsing it gives the same
// policy.
func (p *Policy) String() string {
	var b printer
	b.WriteByte('{')
	if p.doc.version != "" {
		b.member("Version")
		b.text(p.doc.version)
	}
	if p.doc.hasID {
		b.member("Id")
		b.text(p.doc.id)
	}
	b.member("Statement")
	b.WriteByte('[')
	for i := range p.doc.statements {
		b.statement(&p.doc.statements[i])
	}
	b.WriteString("]}")
	return b.String()
}

// MarshalJSON is String.
func (p *Policy) MarshalJSON() ([]byte, error) { return []byte(p.String()), nil }

type printer struct{ bytes.Buffer }

// comma separates, unless something has just been opened.
func (b *printer) comma() {
	switch last := b.Bytes()[b.Len()-1]; last {
	case '{', '[', ':':
	default:
		b.WriteByte(',')
	}
}

func (b *printer) member(name string) {
	b.comma()
	b.text(name)
	b.WriteByte(':')
}

func (b *printer) text(s string) {
	enc := json.NewEncoder(&b.Buffer)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) == nil {
		b.Truncate(b.Len() - 1) // the encoder's newline
	}
}

func (b *printer) words(list []located) {
	if len(list) == 1 {
		b.text(list[0].text)
		return
	}
	b.WriteByte('[')
	for _, w := range list {
		b.comma()
		b.text(w.text)
	}
	b.WriteByte(']')
}

func (b *printer) statement(s *rawStatement) {
	b.comma()
	b.WriteByte('{')
	if s.hasSid {
		b.member("Sid")
		b.text(s.sid)
	}
	b.member("Effect")
	b.text(s.effect)
	not := func(negated bool, name string) {
		if negated {
			name = "Not" + name
		}
		b.member(name)
	}
	if s.hasPrincipal {
		not(s.notPrincipal, "Principal")
		b.principals(s.principals)
	}
	if s.hasAction {
		not(s.notAction, "Action")
		b.words(s.actions)
	}
	if s.hasResource {
		not(s.notResource, "Resource")
		b.words(s.resources)
	}
	if len(s.conditions) > 0 {
		b.member("Condition")
		b.conditions(s.conditions)
	}
	b.WriteByte('}')
}

func (b *printer) principals(list []namedPrincipals) {
	if len(list) == 1 && list[0].sort == "" {
		b.words(list[0].values)
		return
	}
	b.WriteByte('{')
	for _, named := range list {
		b.member(named.sort)
		b.words(named.values)
	}
	b.WriteByte('}')
}

func (b *printer) conditions(list []rawCondition) {
	b.WriteByte('{')
	for _, c := range list {
		b.member(c.operator)
		b.WriteByte('{')
		for _, k := range c.keys {
			b.member(k.key)
			b.words(k.values)
		}
		b.WriteByte('}')
	}
	b.WriteByte('}')
}
