package policy

// Policy is a document that was found in order, compiled. It never changes and
// may be used by any number of goroutines.
type Policy struct {
	kind       Kind
	doc        *document
	size       int
	statements []statement
	glances    []glance // one for each statement
}

// Effect is what a statement does when it applies.
type Effect uint8

const (
	Allow Effect = iota + 1
	Deny
)

func (e Effect) String() string {
	switch e {
	case Allow:
		return "Allow"
	case Deny:
		return "Deny"
	}
	return ""
}

// Parse reads a policy of a kind. What is wrong with it comes as a
// *MalformedError. It does not hold the policy against Limit, which is for those
// who store it: see Policy.CheckSize.
func Parse(kind Kind, text []byte) (*Policy, error) {
	return parse(kind, text, nil)
}

// ParseForTrial is Parse for trying out policies that AWS would not take, when
// what they mean is plain. A Principal in a policy that has none is passed over;
// a statement of a resource policy without Principal never applies, one without
// Resource is about the resource that it stands on; a mere string is an AWS
// principal, a principal with wildcards nobody; the Resource of a trust policy
// counts; what is no date equals none; a policy without statements says nothing.
// The notes say so. Never decide a real request by such a policy.
func ParseForTrial(kind Kind, text []byte) (p *Policy, notes []error, err error) {
	p, err = parse(kind, text, &notes)
	return p, notes, err
}

func parse(kind Kind, text []byte, notes *[]error) (*Policy, error) {
	if !kind.valid() {
		return nil, &MalformedError{Message: msgSyntax, Detail: "there is no such kind of policy"}
	}
	doc, err := read(text)
	if err != nil {
		return nil, err
	}
	v := validator{kind: kind, text: text, doc: doc, notes: notes}
	if err := v.validate(); err != nil {
		return nil, err
	}
	return compile(kind, doc, sizeOf(text)), nil
}

// MustParse is Parse for policies that stand in the program. It panics.
func MustParse(kind Kind, text string) *Policy {
	p, err := Parse(kind, []byte(text))
	if err != nil {
		panic("policy: " + err.Error())
	}
	return p
}

// Kind is what the policy was parsed as.
func (p *Policy) Kind() Kind { return p.kind }

// Len is how many statements it has.
func (p *Policy) Len() int { return len(p.statements) }

// Sid is that of statement i, "" when it has none.
func (p *Policy) Sid(i int) string { return p.statements[i].sid }

// Effect is that of statement i.
func (p *Policy) Effect(i int) Effect { return p.statements[i].effect }

// Size is how many characters AWS counts: those of the text without white space.
func (p *Policy) Size() int { return p.size }

// CheckSize holds the policy against the Limit of its kind.
func (p *Policy) CheckSize() error {
	if limit := Limit(p.kind); p.size > limit {
		return tooLong(limit)
	}
	return nil
}

func sizeOf(text []byte) int {
	n := 0
	for _, c := range string(text) {
		switch c {
		case ' ', '\t', '\n', '\r':
		default:
			n++
		}
	}
	return n
}

// ContextKeys are the condition keys that the policy asks for, in conditions
// and in variables, as they were first written, in order.
func (p *Policy) ContextKeys() []string {
	var keys []string
	seen := map[string]bool{}
	add := func(key string) {
		if folded := foldKey(key); !seen[folded] {
			seen[folded] = true
			keys = append(keys, key)
		}
	}
	for i := range p.statements {
		p.statements[i].eachResourceKey(add)
		p.statements[i].eachConditionKey(add)
	}
	return keys
}

// StatementKeys are the keys of ContextKeys that statement i asks for until it
// is known that clause ("Resource") keeps it from applying; all of them for
// "Condition" and for "", which is a statement that applies.
func (p *Policy) StatementKeys(i int, clause string) []string {
	var keys []string
	add := func(key string) { keys = append(keys, key) }
	switch s := &p.statements[i]; clause {
	case "", "Condition":
		s.eachResourceKey(add)
		s.eachConditionKey(add)
	case "Resource", "NotResource":
		s.eachResourceKey(add)
	}
	return keys
}

// Span is where statement i stands in the text that was parsed: the offsets in
// bytes of its first character and of what follows it.
func (p *Policy) Span(i int) (from, to int) {
	return p.doc.statements[i].at, p.doc.statements[i].end
}

func (s *statement) eachResourceKey(f func(key string)) {
	for j := range s.resources {
		s.resources[j].eachVariable(f)
	}
}

func (s *statement) eachConditionKey(f func(key string)) {
	for j := range s.conditions {
		k := s.conditions[j]
		f(k.written)
		for v := range k.texts {
			k.texts[v].eachVariable(f)
		}
		for v := range k.arns {
			k.arns[v].eachVariable(f)
		}
	}
}

func (p *pattern) eachVariable(f func(key string)) {
	for _, q := range p.pieces {
		if q.kind == variable {
			f(q.key.name())
		}
	}
}

func (p *arnPattern) eachVariable(f func(key string)) {
	for i := range p.parts {
		p.parts[i].eachVariable(f)
	}
}
