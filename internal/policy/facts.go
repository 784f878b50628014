package policy

import "unique"

// facts are what is known about one request: its context, and beside it what
// the statements before have already asked and read of it, for the many
// statements of a busy account ask the same few keys. That a Context gives the
// same answer all through a request makes it safe.
type facts struct {
	context  Context
	places   [remembered]place
	outcomes [remembered]outcome
	// The last text that was read as each of these; a value is read again only
	// when another one came between.
	address reading[address]
	instant reading[instant]
	arn     reading[name]
	lines   reading[outline]
}

// remembered is how many keys facts remember, and how many conditions that
// statements share, each in a place of its own.
const remembered = 8

type place struct {
	key    unique.Handle[string]
	values Values
}

// outcome is what came of a condition.
type outcome struct {
	of    *condition
	holds bool
}

// reading is a text read as something, or found to be nothing of the sort.
type reading[T any] struct {
	text string
	as   T
	ok   bool
}

func (r *reading[T]) read(text string, as func(string) (T, bool)) {
	r.text = text
	r.as, r.ok = as(text)
}

// contextKey is the name of a condition key as it is looked up: in lower case,
// with the place at which facts remember it. Equal names have equal handles,
// which compare as one pointer.
type contextKey struct {
	handle unique.Handle[string]
	place  uint8
}

func newContextKey(written string) contextKey {
	folded := foldKey(written)
	return contextKey{unique.Make(folded), uint8(hash([]byte(folded)) / 2 % remembered)}
}

func (k contextKey) name() string { return k.handle.Value() }

// value asks the context, once for most keys. What it points to holds until the
// next call.
func (f *facts) value(k contextKey) *Values {
	p := &f.places[k.place%remembered]
	if p.key != k.handle {
		f.ask(p, k)
	}
	return &p.values
}

func (f *facts) ask(p *place, k contextKey) {
	p.key, p.values = k.handle, lookup(f.context, k.name())
}

func (f *facts) asAddress(text string) (address, bool) {
	if f.address.text != text || text == "" {
		f.address.read(text, parseAddress)
	}
	return f.address.as, f.address.ok
}

func (f *facts) asInstant(text string) (instant, bool) {
	if f.instant.text != text || text == "" {
		f.instant.read(text, parseInstant)
	}
	return f.instant.as, f.instant.ok
}

func (f *facts) outline(text string) *outline {
	if f.lines.text != text || text == "" {
		f.lines.text, f.lines.as = text, outlineOf(text)
	}
	return &f.lines.as
}

func (f *facts) asARN(text string) *name {
	if f.arn.text != text || text == "" {
		f.arn.text, f.arn.as = text, splitARN(text)
	}
	return &f.arn.as
}
