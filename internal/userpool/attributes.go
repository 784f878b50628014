package userpool

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	attributeSub           = "sub"
	attributeEmail         = "email"
	attributeEmailVerified = "email_verified"
	attributePhone         = "phone_number"
	attributePhoneVerified = "phone_number_verified"
	attributePreferred     = "preferred_username"
	attributeIdentities    = "identities"
	attributeAddress       = "address"
	attributeUpdated       = "updated_at"

	customPrefix    = "custom:"
	developerPrefix = "dev:custom:"
)

// AttributeKind is the type of an attribute's value.
type AttributeKind string

const (
	KindString   AttributeKind = "String"
	KindNumber   AttributeKind = "Number"
	KindBoolean  AttributeKind = "Boolean"
	KindDateTime AttributeKind = "DateTime"
)

// Attribute is the rule for one user attribute of a pool. Min and Max bound a
// string's length or a number's value; nil is no bound.
type Attribute struct {
	Name          string
	Kind          AttributeKind
	Mutable       bool
	Required      bool
	DeveloperOnly bool   `json:",omitempty"`
	Min           *int64 `json:",omitempty"`
	Max           *int64 `json:",omitempty"`
}

// Schema is the attributes that users of a pool may have, in order.
type Schema []Attribute

const (
	maxValue            = 2048 // characters, of any attribute value
	maxUsername         = 128  // characters
	maxCustomAttributes = 50
	maxAddedAttributes  = 25 // by one AddCustomAttributes
	maxCustomName       = 20
)

func bound(n int64) *int64 { return &n }

// standardSchema is what every pool starts from: the OpenID Connect claims, as
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html lists them.
func standardSchema() Schema {
	text := func(name string) Attribute {
		return Attribute{Name: name, Kind: KindString, Mutable: true, Min: bound(0), Max: bound(maxValue)}
	}
	flag := func(name string) Attribute { return Attribute{Name: name, Kind: KindBoolean, Mutable: true} }
	sub := Attribute{Name: attributeSub, Kind: KindString, Required: true, Min: bound(1), Max: bound(maxValue)}
	birthdate := Attribute{Name: "birthdate", Kind: KindString, Mutable: true, Min: bound(10), Max: bound(10)}
	updated := Attribute{Name: attributeUpdated, Kind: KindNumber, Mutable: true, Min: bound(0)}
	identities := Attribute{Name: attributeIdentities, Kind: KindString, Mutable: true}
	return Schema{
		sub, text("name"), text("given_name"), text("family_name"), text("middle_name"), text("nickname"),
		text(attributePreferred), text("profile"), text("picture"), text("website"), text(attributeEmail),
		flag(attributeEmailVerified), text("gender"), birthdate, text("zoneinfo"), text("locale"),
		text(attributePhone), flag(attributePhoneVerified), text(attributeAddress), updated, identities,
	}
}

// Find returns the rule for an attribute.
func (s Schema) Find(name string) (Attribute, bool) {
	i := slices.IndexFunc(s, func(a Attribute) bool { return a.Name == name })
	if i < 0 {
		return Attribute{}, false
	}
	return s[i], true
}

// Custom says whether the attribute is the pool's own, not a standard one.
func (a Attribute) Custom() bool {
	return strings.HasPrefix(a.Name, customPrefix) || strings.HasPrefix(a.Name, developerPrefix)
}

var (
	// E.164: a plus and at most 15 digits.
	phonePattern = regexp.MustCompile(`^\+[0-9]{1,15}$`)
	// A user name: no control characters, no spaces.
	usernamePattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)
)

// validEmail accepts one bare address, local@domain, as mail can be sent to.
func validEmail(s string) bool {
	if len(s) > 254 || strings.ContainsAny(s, "<>\"() \t\r\n") {
		return false
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return false
	}
	_, domain, _ := strings.Cut(s, "@")
	return strings.Contains(domain, ".") && !strings.HasSuffix(domain, ".")
}

func validPhone(s string) bool { return phonePattern.MatchString(s) }

// Check says why value cannot stand in the attribute, in AWS's words, or "".
func (a Attribute) Check(value string) string {
	fail := func(why string) string { return textSchema + a.Name + ": " + why }
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return fail("The value is not valid text")
	}
	switch {
	case a.Name == attributeEmail && !validEmail(value):
		return textBadEmail
	case a.Name == attributePhone && !validPhone(value):
		return textBadPhone
	case a.Name == attributePreferred && !usernamePattern.MatchString(value):
		return fail("The value may not hold spaces or control characters")
	case a.Name == "birthdate":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return fail("Invalid birthdate format. It must be YYYY-MM-DD")
		}
	}
	switch a.Kind {
	case KindBoolean:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return fail("Boolean must be either true or false")
		}
	case KindNumber:
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil:
			return fail("Number must be a valid integer")
		case a.Min != nil && n < *a.Min:
			return fail("Number must be no less than " + strconv.FormatInt(*a.Min, 10))
		case a.Max != nil && n > *a.Max:
			return fail("Number must be no greater than " + strconv.FormatInt(*a.Max, 10))
		}
	case KindDateTime:
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return fail("DateTime must be an ISO 8601 date and time or Unix seconds")
			}
		}
	case KindString:
		n, limit := int64(utf8.RuneCountInString(value)), int64(maxValue)
		if a.Max != nil && *a.Max < limit {
			limit = *a.Max
		}
		switch {
		case a.Min != nil && n < *a.Min:
			return fail("String must be no shorter than " + strconv.FormatInt(*a.Min, 10) + " characters")
		case n > limit:
			return fail("String must be no longer than " + strconv.FormatInt(limit, 10) + " characters")
		}
	default:
		return fail("The attribute has no known type")
	}
	return ""
}

// without are those of names that the schema does not have.
func (s Schema) without(names []string) (list []string) {
	for _, name := range names {
		if _, ok := s.Find(name); !ok {
			list = append(list, name)
		}
	}
	return list
}

// checkAttributes holds values against the schema. Only an administrator may
// say that an address is verified, and nobody may set a sub.
func (s Schema) checkAttributes(values map[string]string) error {
	for _, name := range sortedNames(values) {
		a, ok := s.Find(name)
		switch {
		case !ok:
			return invalid(textUnknownAttribute(name))
		case name == attributeSub || name == attributeIdentities:
			return invalid(textImmutable(name))
		}
		if why := a.Check(values[name]); why != "" {
			return invalid(why)
		}
	}
	return nil
}

// missing names the required attributes that values lacks, in schema order.
func (s Schema) missing(values map[string]string) []string {
	var names []string
	for _, a := range s {
		if a.Required && a.Name != attributeSub && values[a.Name] == "" {
			names = append(names, a.Name)
		}
	}
	return names
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
