package policy

import "strings"

type family uint8

const (
	noFamily family = iota
	texts
	foldedTexts
	likeTexts
	numbers
	dates
	booleans
	binaries
	addresses
	arns
	null
)

type relation uint8

const (
	equal relation = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

type setPrefix uint8

const (
	noSet setPrefix = iota
	forAny
	forAll
)

// operator is a condition operator with its prefix and suffix taken off.
type operator struct {
	name     string // in AWS's spelling, prefix and suffix included
	family   family
	relation relation
	negated  bool
	set      setPrefix
	ifExists bool
}

// baseOperators in the order of the reference page, by which they are found
// without regard to case.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
var baseOperators = []operator{
	{name: "StringEquals", family: texts},
	{name: "StringNotEquals", family: texts, negated: true},
	{name: "StringEqualsIgnoreCase", family: foldedTexts},
	{name: "StringNotEqualsIgnoreCase", family: foldedTexts, negated: true},
	{name: "StringLike", family: likeTexts},
	{name: "StringNotLike", family: likeTexts, negated: true},
	{name: "NumericEquals", family: numbers},
	{name: "NumericNotEquals", family: numbers, negated: true},
	{name: "NumericLessThan", family: numbers, relation: less},
	{name: "NumericLessThanEquals", family: numbers, relation: lessOrEqual},
	{name: "NumericGreaterThan", family: numbers, relation: greater},
	{name: "NumericGreaterThanEquals", family: numbers, relation: greaterOrEqual},
	{name: "DateEquals", family: dates},
	{name: "DateNotEquals", family: dates, negated: true},
	{name: "DateLessThan", family: dates, relation: less},
	{name: "DateLessThanEquals", family: dates, relation: lessOrEqual},
	{name: "DateGreaterThan", family: dates, relation: greater},
	{name: "DateGreaterThanEquals", family: dates, relation: greaterOrEqual},
	{name: "Bool", family: booleans},
	{name: "BinaryEquals", family: binaries},
	{name: "IpAddress", family: addresses},
	{name: "NotIpAddress", family: addresses, negated: true},
	{name: "ArnEquals", family: arns},
	{name: "ArnLike", family: arns},
	{name: "ArnNotEquals", family: arns, negated: true},
	{name: "ArnNotLike", family: arns, negated: true},
	{name: "Null", family: null},
}

func parseOperator(text string) (operator, bool) {
	rest := text
	set := noSet
	prefix := ""
	if p, after, found := strings.Cut(text, ":"); found {
		switch {
		case strings.EqualFold(p, "ForAnyValue"):
			set, prefix = forAny, "ForAnyValue:"
		case strings.EqualFold(p, "ForAllValues"):
			set, prefix = forAll, "ForAllValues:"
		default:
			return operator{}, false
		}
		rest = after
	}
	const suffix = "IfExists"
	ifExists := len(rest) > len(suffix) && strings.EqualFold(rest[len(rest)-len(suffix):], suffix)
	if ifExists {
		rest = rest[:len(rest)-len(suffix)]
	}
	for _, op := range baseOperators {
		if !strings.EqualFold(op.name, rest) {
			continue
		}
		if op.family == null && (ifExists || set != noSet) {
			return operator{}, false
		}
		op.name = prefix + op.name
		if ifExists {
			op.name += suffix
		}
		op.set, op.ifExists = set, ifExists
		return op, true
	}
	return operator{}, false
}
