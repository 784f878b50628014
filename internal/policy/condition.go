package policy

import "strings"

// condition is one key under one operator. Only what its operator's family needs
// is filled.
type condition struct {
	key contextKey
	op  operator
	// shared is one more than the place at which facts remember what came of a
	// condition that several statements of the policy have; 0 for one alone.
	shared  uint8
	exact   []string // texts that are only equal to themselves
	texts   []pattern
	arns    []arnPattern
	numbers []decimal
	dates   []instant
	nets    []network
	binary  []string
	written string // the key, as in the policy
}

// holds is decide, once for all statements that have the condition.
func (k *condition) holds(f *facts) bool {
	if k.shared == 0 {
		return k.decide(f)
	}
	o := &f.outcomes[(k.shared-1)%remembered]
	if o.of != k {
		o.of, o.holds = k, k.decide(f)
	}
	return o.holds
}

// decide decides the condition for the values that the request has.
//
// A key that is absent fails, save for a negated operator, IfExists and
// ForAllValues. Several values need ForAnyValue or ForAllValues: without, the
// condition does not hold, whatever the operator.
func (k *condition) decide(f *facts) bool {
	v := f.value(k.key)
	if v.n == 1 && k.op.set == noSet && k.op.family != null {
		return k.fits(v.first, f)
	}
	if k.op.family == null {
		want := "true"
		if v.n > 0 {
			want = "false"
		}
		for i := range k.texts {
			if strings.EqualFold(k.texts[i].text, want) {
				return true
			}
		}
		return false
	}
	if v.n == 0 {
		return k.op.ifExists || k.op.set == forAll || k.op.negated && k.op.set == noSet
	}
	if k.op.set == noSet {
		return false
	}
	// The first value that fits ends ForAnyValue, the first that does not ends
	// ForAllValues. They are copied, for a variable may take their place.
	any, values := k.op.set == forAny, *v
	for i := range values.Len() {
		if k.fits(values.At(i), f) == any {
			return any
		}
	}
	return !any
}

// fits decides one value: any of the policy's for an operator, none of them
// for a negated one. What cannot be compared is not equal.
func (k *condition) fits(value string, f *facts) bool {
	return k.any(value, f) != k.op.negated
}

func (k *condition) any(value string, f *facts) bool {
	switch k.op.family {
	case texts, likeTexts:
		for _, text := range k.exact {
			if text == value {
				return true
			}
		}
		if len(k.texts) == 0 {
			return false
		}
		o := f.outline(value)
		for i := range k.texts {
			if p := &k.texts[i]; p.screen.lets(o) && p.match(value, f) {
				return true
			}
		}
	case foldedTexts:
		for i := range k.texts {
			if k.texts[i].matchFold(value, f) {
				return true
			}
		}
	case booleans:
		truth, ok := boolean(value)
		if !ok {
			return false
		}
		for _, text := range k.exact {
			if text == truth {
				return true
			}
		}
		for i := range k.texts {
			if k.texts[i].matchFold(truth, f) {
				return true
			}
		}
	case arns:
		n := f.asARN(value)
		for i := range k.arns {
			if p := &k.arns[i]; p.screen.lets(&n.last) && p.match(n, f) {
				return true
			}
		}
	case numbers:
		if d, ok := parseDecimal(value); ok {
			for i := range k.numbers {
				if k.op.relation.holds(d.compare(k.numbers[i])) {
					return true
				}
			}
		}
	case dates:
		if t, ok := f.asInstant(value); ok {
			for i := range k.dates {
				if k.op.relation.holds(t.compare(k.dates[i])) {
					return true
				}
			}
		}
	case addresses:
		if a, ok := f.asAddress(value); ok {
			for i := range k.nets {
				if k.nets[i].contains(a) {
					return true
				}
			}
		}
	case binaries:
		value = unpadded(value)
		for i := range k.binary {
			if k.binary[i] == value {
				return true
			}
		}
	}
	return false
}

func (r relation) holds(order int) bool {
	switch r {
	case less:
		return order < 0
	case lessOrEqual:
		return order <= 0
	case greater:
		return order > 0
	case greaterOrEqual:
		return order >= 0
	}
	return order == 0
}

// compileCondition: a value that its operator cannot read is left out, so that
// it equals nothing; lint says so.
func compileCondition(op operator, key string, values []located, variables bool) *condition {
	k := &condition{op: op, key: newContextKey(key), written: key}
	for _, v := range values {
		switch op.family {
		case booleans:
			if truth, ok := boolean(v.text); ok {
				k.exact = append(k.exact, truth)
			} else {
				k.texts = append(k.texts, compilePattern(v.text, dialect{variables: variables}))
			}
		case foldedTexts:
			k.texts = append(k.texts, compilePattern(v.text, dialect{variables: variables}))
		case texts, likeTexts:
			p := compilePattern(v.text, dialect{wildcards: op.family == likeTexts, variables: variables})
			if p.plain {
				k.exact = append(k.exact, p.exact)
			} else {
				p.screen = newScreen(p.runs())
				k.texts = append(k.texts, p)
			}
		case null:
			k.texts = append(k.texts, compilePattern(v.text, dialect{}))
		case arns:
			k.arns = append(k.arns, compileARNValue(v.text, variables))
		case numbers:
			if d, ok := parseDecimal(v.text); ok {
				k.numbers = append(k.numbers, d)
			}
		case dates:
			if t, ok := parseInstant(v.text); ok {
				k.dates = append(k.dates, t)
			}
		case addresses:
			if n, ok := parseNetwork(v.text); ok {
				k.nets = append(k.nets, n)
			}
		case binaries:
			k.binary = append(k.binary, unpadded(v.text))
		}
	}
	return k
}

// boolean is true or false in lower case, when the text is one of them.
func boolean(text string) (string, bool) {
	switch {
	case text == "true", text == "false":
		return text, true
	case strings.EqualFold(text, "true"):
		return "true", true
	case strings.EqualFold(text, "false"):
		return "false", true
	}
	return "", false
}

// unpadded makes the spellings of the same bytes one, with and without padding.
func unpadded(base64 string) string { return strings.TrimRight(base64, "=") }
