package userpool

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// add puts attributes into the schema. Standard ones may be made required or
// immutable at creation; others become custom.
func (s *Schema) add(given []types.SchemaAttributeType, creating bool) error {
	custom := 0
	for _, a := range *s {
		if a.Custom() {
			custom++
		}
	}
	seen := map[string]bool{}
	for _, in := range given {
		name := deref(in.Name)
		if seen[name] {
			return invalid("Duplicate attribute name: " + name)
		}
		seen[name] = true
		if rule, ok := s.Find(name); ok && creating && !rule.Custom() {
			if err := s.adjust(rule, in); err != nil {
				return err
			}
			continue
		}
		a, err := customAttribute(in)
		if err != nil {
			return err
		}
		if _, ok := s.Find(a.Name); ok {
			return invalid(customPrefix + name + ": Existing attribute already has name " + a.Name + ".")
		}
		if custom++; custom > maxCustomAttributes {
			return tooLarge("A user pool has at most 50 custom attributes.")
		}
		*s = append(*s, a)
	}
	return nil
}

// adjust changes a standard attribute: whether it is required, may change, and how long it is.
func (s *Schema) adjust(rule Attribute, in types.SchemaAttributeType) error {
	if in.AttributeDataType != "" && string(in.AttributeDataType) != string(rule.Kind) {
		return invalid(textStandardAttribute(rule.Name))
	}
	before := rule
	if in.Required != nil {
		rule.Required = *in.Required
	}
	if in.Mutable != nil {
		rule.Mutable = *in.Mutable
	}
	if err := rule.constrain(in); err != nil {
		return err
	}
	// What describes a pool also describes its sub, and may come back unchanged.
	if deref(in.DeveloperOnlyAttribute) || rule.Name == attributeSub && !reflect.DeepEqual(rule, before) {
		return invalid(textStandardAttribute(rule.Name))
	}
	for i := range *s {
		if (*s)[i].Name == rule.Name {
			(*s)[i] = rule
		}
	}
	return nil
}

func customAttribute(in types.SchemaAttributeType) (Attribute, error) {
	name := deref(in.Name)
	if n := utf8.RuneCountInString(name); n < 1 || n > maxCustomName || !usernamePattern.MatchString(name) || strings.ContainsAny(name, ":") {
		return Attribute{}, invalid("A custom attribute's name must have 1 to 20 characters, without spaces and colons: " + name)
	}
	if deref(in.Required) {
		return Attribute{}, invalid("Required custom attributes are not supported currently.")
	}
	a := Attribute{Name: customPrefix + name, Kind: AttributeKind(in.AttributeDataType), Mutable: true, DeveloperOnly: deref(in.DeveloperOnlyAttribute)}
	if a.DeveloperOnly {
		a.Name = developerPrefix + name
	}
	if in.Mutable != nil {
		a.Mutable = *in.Mutable
	}
	switch a.Kind {
	case KindString, KindNumber, KindBoolean, KindDateTime:
	case "":
		return Attribute{}, invalid("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
	default:
		return Attribute{}, invalid("Validation error detected: Value '" + string(a.Kind) + "' failed to satisfy constraint: Member must satisfy enum value set: [Boolean, Number, String, DateTime]")
	}
	return a, a.constrain(in)
}

// constrain takes the bounds that are meant for the attribute's type; others are
// ignored, as in AWS.
func (a *Attribute) constrain(in types.SchemaAttributeType) error {
	name := deref(in.Name)
	set := func(to **int64, text *string) bool {
		if text == nil || *text == "" {
			return true
		}
		n, err := strconv.ParseInt(*text, 10, 64)
		*to = &n
		return err == nil
	}
	switch {
	case a.Kind == KindString && in.StringAttributeConstraints != nil:
		const of = "StringAttributeConstraints"
		c := in.StringAttributeConstraints
		if !set(&a.Min, c.MinLength) || !set(&a.Max, c.MaxLength) {
			return invalid("Invalid " + of + " for schema attribute " + name)
		}
		switch {
		case a.Min != nil && *a.Min < 0, a.Max != nil && *a.Max < 0:
			return invalid("Invalid " + of + " for schema attribute " + name)
		case a.Min != nil && *a.Min > maxValue, a.Max != nil && *a.Max > maxValue:
			return invalid("user." + name + ": String attributes cannot have a length of more than " + strconv.Itoa(maxValue))
		case a.crossed():
			return invalid("user." + name + ": Max length cannot be less than min length.")
		}
	case a.Kind == KindNumber && in.NumberAttributeConstraints != nil:
		const of = "NumberAttributeConstraints"
		c := in.NumberAttributeConstraints
		if !set(&a.Min, c.MinValue) || !set(&a.Max, c.MaxValue) {
			return invalid("Invalid " + of + " for schema attribute " + name)
		}
		if a.crossed() {
			return invalid("user." + name + ": Max value cannot be less than min value.")
		}
	}
	return nil
}

// crossed says whether no value can lie between the bounds.
func (a *Attribute) crossed() bool { return a.Min != nil && a.Max != nil && *a.Min > *a.Max }

func textStandardAttribute(name string) string {
	return "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute " + name
}
