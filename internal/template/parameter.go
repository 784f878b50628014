package template

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxParameter = 4096 // bytes of a value, as in CloudFormation

var parameterFields = fields{
	"Type":                  str.must(),
	"Default":               str,
	"Description":           str,
	"AllowedValues":         strs,
	"AllowedPattern":        str,
	"ConstraintDescription": str,
	"MinLength":             integer,
	"MaxLength":             integer,
	"MinValue":              str,
	"MaxValue":              str,
	"NoEcho":                flag,
}

// readParameters checks the declarations and gives each a value: from given, or its default.
func (e *environment) readParameters(section *node, given map[string]string) {
	e.parameters = map[string]*node{}
	if section != nil && section.kind != mapping {
		e.problem(section.at, "Parameters must be a mapping of names to declarations")
		return
	}
	var known []string
	if section != nil {
		for _, f := range section.fields {
			known = append(known, f.name)
			if !logicalID.MatchString(f.name) {
				e.problem(f.at, "%q cannot be the name of a parameter: letters and digits only", f.name)
			}
			text, ok := given[f.name]
			e.parameters[f.name] = e.parameter(f, text, ok)
		}
	}
	for name := range given {
		if !slices.Contains(known, name) {
			e.problem(Position{}, "a value is given for parameter %q, which the template does not declare%s", name, didYouMean(name, known))
		}
	}
}

func (e *environment) parameter(f field, given string, isGiven bool) *node {
	failed := &node{kind: unusable, at: f.at}
	d := f.value
	if d.kind != mapping {
		e.problem(f.at, "parameter %q must be a mapping with a Type", f.name)
		return failed
	}
	before := len(e.problems)
	checkFields(e.report, d, parameterFields, "parameter "+f.name)
	if !d.known() {
		e.problem(f.at, "a declaration of a parameter holds no functions")
	}
	if len(e.problems) > before {
		return failed
	}
	v, at := given, f.at
	if !isGiven {
		standard := d.get("Default")
		if standard == nil {
			e.problem(f.at, "parameter %q has no default: give it a value with --parameter %s=VALUE", f.name, f.name)
			return failed
		}
		v, at = standard.text, standard.at
	}
	kind := d.get("Type")
	if len(v) > maxParameter {
		e.problem(at, "the value of parameter %q has %d bytes; at most %d are allowed", f.name, len(v), maxParameter)
		return failed
	}
	pattern, why := allowedPattern(d)
	if why != "" {
		e.problem(d.get("AllowedPattern").at, "AllowedPattern of parameter %q %s", f.name, why)
		return failed
	}
	var parts []string
	switch {
	case kind.text == "String" || kind.text == "Number":
		parts = []string{v}
	case kind.text == "CommaDelimitedList" || kind.text == "List<Number>" || kind.text == "List<String>":
		if v != "" {
			parts = strings.Split(v, ",")
		}
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
	case strings.HasPrefix(kind.text, "AWS::"):
		e.problem(kind.at, "parameters of type %s are not supported; use String", kind.text)
		return failed
	default:
		e.problem(kind.at, "unknown parameter type %q; supported are String, Number, CommaDelimitedList and List<Number>", kind.text)
		return failed
	}
	secret := d.get("NoEcho") != nil && d.get("NoEcho").text == "true"
	isNumber := strings.Contains(kind.text, "Number")
	out := &node{kind: list, at: at, secret: secret}
	for _, part := range parts {
		if why := constraint(d, part, pattern, isNumber); why != "" {
			e.refuseValue(at, f.name, part, secret, d, why)
			return failed
		}
		item := &node{kind: text, at: at, text: part, secret: secret}
		if isNumber {
			item.kind = number
		}
		out.items = append(out.items, item)
	}
	if kind.text == "String" || kind.text == "Number" {
		return out.items[0]
	}
	return out
}

func (e *environment) refuseValue(at Position, name, value string, secret bool, d *node, why string) {
	if c := d.get("ConstraintDescription"); c != nil {
		why += " (" + c.text + ")"
	}
	if secret { // a password must not end up on a screen because it is too short
		e.problem(at, "the value of parameter %q %s", name, why)
		return
	}
	e.problem(at, "the value %q of parameter %q %s", value, name, why)
}

// allowedPattern is nil if there is none. Go's regular expressions run in
// linear time; what they lack (look-around) is refused.
func allowedPattern(d *node) (compiled *regexp.Regexp, why string) {
	pattern := d.get("AllowedPattern")
	if pattern == nil {
		return nil, ""
	}
	if len(pattern.text) > 1000 {
		return nil, "is longer than 1000 characters"
	}
	compiled, err := regexp.Compile(`\A(?:` + pattern.text + `)\z`)
	if err != nil {
		return nil, "cannot be used: " + err.Error()
	}
	return compiled, ""
}

// constraint is what is wrong with a value, or "".
func constraint(d *node, value string, pattern *regexp.Regexp, isNumber bool) string {
	if isNumber {
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return "is not a number"
		}
		if low := d.get("MinValue"); low != nil {
			if l, err := strconv.ParseFloat(low.text, 64); err != nil || x < l {
				return "is less than " + low.text
			}
		}
		if high := d.get("MaxValue"); high != nil {
			if h, err := strconv.ParseFloat(high.text, 64); err != nil || x > h {
				return "is more than " + high.text
			}
		}
	}
	length := utf8.RuneCountInString(value)
	if low := d.get("MinLength"); low != nil && length < atoi(low.text) {
		return "is shorter than " + low.text + " characters"
	}
	if high := d.get("MaxLength"); high != nil && length > atoi(high.text) {
		return "is longer than " + high.text + " characters"
	}
	if pattern != nil && !pattern.MatchString(value) {
		return "does not match the pattern " + d.get("AllowedPattern").text
	}
	if allowed := d.get("AllowedValues"); allowed != nil {
		if !slices.ContainsFunc(allowed.items, func(a *node) bool { return a.text == value }) {
			if words := allowed.texts(); len(words) <= 20 && d.get("NoEcho") == nil {
				return "is not one of the allowed values " + names(words)
			}
			return "is not one of the allowed values"
		}
	}
	return ""
}

func atoi(s string) int {
	i, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return i
}
