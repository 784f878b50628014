package template

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/sallyport/sallyport/internal/policy"
)

// shape is the form that a property's value must have, and what is known of it.
type shape struct {
	kind     shapeKind
	item     *shape // of a list or a table
	fields   fields // of a record
	allowed  []string
	required bool
	fixed    bool   // a change needs a new resource
	refused  string // known, not supported: why
	inert    string // accepted, without effect here: why
	hidden   bool   // set by this package, never written in a template
	early    bool   // read while SAM's resources are expanded: it cannot wait for a resource
	filled   bool   // empty text would mean something else than whoever wrote it thinks
	policy   policy.Kind
}

type shapeKind uint8

const (
	anyText shapeKind = iota
	wholeNumber
	anyNumber
	trueFalse
	listOf
	record
	tableOf  // free keys, all values of one shape
	document // any JSON
	policyText
)

type fields map[string]shape

var (
	str     = shape{kind: anyText}
	integer = shape{kind: wholeNumber}
	decimal = shape{kind: anyNumber}
	flag    = shape{kind: trueFalse}
	strs    = listing(str)
	strMap  = shape{kind: tableOf, item: &shape{kind: anyText}}
	anyJSON = shape{kind: document}
)

func listing(item shape) shape         { return shape{kind: listOf, item: &item} }
func records(f fields) shape           { return shape{kind: record, fields: f} }
func unsupported(why string) shape     { return shape{kind: document, refused: why} }
func noEffect(why string) shape        { return shape{kind: document, inert: why} }
func oneOf(words ...string) shape      { return shape{kind: anyText, allowed: words} }
func (s shape) must() shape            { s.required = true; return s }
func (s shape) replaces() shape        { s.fixed = true; return s }
func (s shape) of(w ...string) shape   { s.allowed = w; return s }
func (s shape) internal() shape        { s.hidden = true; return s }
func (s shape) without(w string) shape { s.inert = w; return s }
func (s shape) now() shape             { s.early = true; return s }

// checkFields reports what is wrong with a mapping's fields. What still waits
// for a resource is checked again once it is known.
func checkFields(r *report, n *node, want fields, owner string) {
	for _, f := range n.fields {
		s, ok := want[f.name]
		switch {
		case !ok || s.hidden:
			r.problem(f.at, "unknown property %q of %s%s%s", f.name, owner, didYouMean(f.name, supported(want)), r.supported(supported(want)))
		case s.refused != "":
			r.problem(f.at, "property %q of %s is not supported: %s", f.name, owner, s.refused)
		case s.inert != "":
			r.note(f.at, "%s of %s has no effect here: %s", f.name, owner, s.inert)
			check(r, f.value, s, f.name)
		default:
			check(r, f.value, s, f.name)
		}
	}
	for name, s := range want {
		if s.required && n.get(name) == nil {
			r.problem(n.at, "%s needs the property %q", owner, name)
		}
	}
}

func check(r *report, n *node, s shape, name string) {
	if n.kind == function && s.early {
		r.problem(n.at, "%s must be known before resources are made", name)
	}
	if n.kind == function || n.kind == absent || n.kind == unusable || s.kind == document {
		return
	}
	wrong := func(want string) { r.problem(n.at, "%s must be %s, not %s", name, want, n.kind) }
	switch s.kind {
	case anyText:
		if !n.scalar() {
			wrong("text")
		} else if s.filled && n.text == "" {
			r.problem(n.at, "%s cannot be empty: leave it out, or name something", name)
		} else if s.allowed != nil && !slices.Contains(s.allowed, n.text) {
			r.problem(n.at, "%s cannot be %q; supported: %s", name, n.text, names(s.allowed))
		}
	case wholeNumber:
		if _, err := strconv.ParseInt(n.text, 10, 32); !n.scalar() || err != nil {
			wrong("a whole number")
		}
	case anyNumber:
		if _, err := strconv.ParseFloat(n.text, 64); !n.scalar() || err != nil {
			wrong("a number")
		}
	case trueFalse:
		if !n.is("true") && !n.is("false") {
			wrong("true or false")
		} else if s.allowed != nil && !slices.Contains(s.allowed, n.text) {
			r.problem(n.at, "%s cannot be %s; supported: %s", name, n.text, names(s.allowed))
		}
	case listOf:
		if n.kind != list {
			wrong("a list")
		}
		for _, item := range n.items {
			check(r, item, *s.item, name)
		}
	case tableOf:
		if n.kind != mapping {
			wrong("a mapping")
		}
		for _, f := range n.fields {
			check(r, f.value, *s.item, name+"."+f.name)
		}
	case record:
		if n.kind != mapping {
			wrong("a mapping")
			return
		}
		checkFields(r, n, s.fields, name)
	case policyText:
		checkPolicy(r, n, s.policy, name)
	}
}

func supported(f fields) (all []string) {
	for name, s := range f {
		if s.refused == "" && !s.hidden {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// plain is a known value as JSON would hold it, typed by its shape. Inert
// properties are left out.
func plain(n *node, s shape) any {
	switch s.kind {
	case wholeNumber:
		i, _ := strconv.ParseInt(n.text, 10, 32)
		return i
	case anyNumber:
		f, _ := strconv.ParseFloat(n.text, 64)
		return f
	case trueFalse:
		return n.text == "true"
	case listOf:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = plain(item, *s.item)
		}
		return out
	case tableOf:
		out := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			out[f.name] = plain(f.value, *s.item)
		}
		return out
	case record:
		return plainFields(n, s.fields)
	case document:
		return loose(n)
	case policyText:
		return documentText(n)
	}
	return n.text
}

func plainFields(n *node, want fields) map[string]any {
	out := make(map[string]any, len(n.fields))
	for _, f := range n.fields {
		if s := want[f.name]; s.inert == "" && f.value.kind != absent {
			out[f.name] = plain(f.value, s)
		}
	}
	return out
}

// loose is a value of no particular shape.
func loose(n *node) any {
	switch n.kind {
	case null, absent:
		return nil
	case boolean:
		return n.text == "true"
	case number:
		if f, err := strconv.ParseFloat(n.text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
		return n.text
	case list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = loose(item)
		}
		return out
	case mapping:
		out := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			out[f.name] = loose(f.value)
		}
		return out
	}
	return n.text
}

// into fills an SDK shape from plain properties: their names are the same.
func into[T any](properties map[string]any, target *T) error {
	b, err := json.Marshal(properties)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, target)
}
