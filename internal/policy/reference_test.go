package policy_test

import (
	"encoding/json"
	"regexp"
	"strings"
)

// The reference: a second engine, written straight from the rules with maps and
// regular expressions, slow and without a thought for order. What it shares with
// the real one is the documentation.

type refCase struct {
	Principal string              `json:"principal"`
	Action    string              `json:"action"`
	Resource  string              `json:"resource"`
	Owner     string              `json:"owner"`
	Context   map[string][]string `json:"context"` // keys in lower case
	Identity  []refPolicy         `json:"identity"`
	Boundary  []refPolicy         `json:"boundary"`
	Session   []refPolicy         `json:"session"`
	Service   [][]refPolicy       `json:"service"`
	OnIt      *refPolicy          `json:"onIt"`
	MustAllow bool                `json:"mustAllow"`
}

type refPolicy struct {
	Version   string
	Statement []refStatement
}

type refStatement struct {
	Effect       string
	Principal    any                            `json:",omitempty"`
	NotPrincipal any                            `json:",omitempty"`
	Action       []string                       `json:",omitempty"`
	NotAction    []string                       `json:",omitempty"`
	Resource     []string                       `json:",omitempty"`
	NotResource  []string                       `json:",omitempty"`
	Condition    map[string]map[string][]string `json:",omitempty"`
}

func (p refPolicy) text() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return b
}

// decide gives Allow, ImplicitDeny or ExplicitDeny.
func (c *refCase) decide() string {
	all := append(append(append([]refPolicy{}, c.Identity...), c.Boundary...), c.Session...)
	for _, level := range c.Service {
		all = append(all, level...)
	}
	for _, p := range all {
		for _, s := range p.Statement {
			if s.Effect == "Deny" && c.applies(p, s) {
				return "ExplicitDeny"
			}
		}
	}
	named := ""
	if c.OnIt != nil {
		for _, s := range c.OnIt.Statement {
			how := c.named(s)
			if how == "" || !c.applies(*c.OnIt, s) {
				continue
			}
			if s.Effect == "Deny" {
				return "ExplicitDeny"
			}
			if named == "" || how == "self" || how == "role" && named == "account" {
				named = how
			}
		}
	}
	if c.Principal == "*" || strings.HasSuffix(c.Principal, ".amazonaws.com") {
		return allowIf(named != "")
	}
	for _, level := range c.Service {
		if !c.allowedBy(level) {
			return "ImplicitDeny"
		}
	}
	mine := strings.Split(c.Principal, ":")[4]
	owner := c.Owner
	if parts := strings.SplitN(c.Resource, ":", 6); len(parts) == 6 && regexp.MustCompile(`^[0-9]{12}$`).MatchString(parts[4]) {
		owner = parts[4]
	}
	if owner == "" {
		owner = mine
	}
	limits := (len(c.Boundary) == 0 || c.allowedBy(c.Boundary)) && (len(c.Session) == 0 || c.allowedBy(c.Session))
	identity := c.allowedBy(c.Identity) || strings.HasSuffix(c.Principal, ":root")
	switch {
	case owner != mine:
		return allowIf(named != "" && identity && limits)
	case named == "self" && strings.HasPrefix(c.Principal, "arn:aws:sts:"):
		return "Allow"
	case named == "self":
		return allowIf(len(c.Session) == 0 || c.allowedBy(c.Session))
	case named == "role":
		return allowIf(limits)
	case c.MustAllow && named == "":
		return "ImplicitDeny"
	}
	return allowIf(identity && limits)
}

func allowIf(b bool) string {
	if b {
		return "Allow"
	}
	return "ImplicitDeny"
}

func (c *refCase) allowedBy(policies []refPolicy) bool {
	for _, p := range policies {
		for _, s := range p.Statement {
			if s.Effect == "Allow" && c.applies(p, s) {
				return true
			}
		}
	}
	return false
}

// named says how a statement of a resource policy names the caller: as
// themselves, by the role, by the account, or "".
func (c *refCase) named(s refStatement) string {
	element, not := s.Principal, false
	if element == nil {
		element, not = s.NotPrincipal, true
	}
	found := map[string]bool{}
	one := func(sort, value string) {
		caller := strings.Split(c.Principal, ":")
		service := strings.HasSuffix(c.Principal, ".amazonaws.com")
		switch {
		case sort == "Service":
			if service && value == c.Principal {
				found["self"] = true
			}
		case sort == "*" || value == "*":
			found["self"], found["everybody"] = true, true
		case c.Principal == "*" || service:
		case value == caller[4] || value == "arn:aws:iam::"+caller[4]+":root":
			if caller[5] == "root" {
				found["self"] = true
			} else {
				found["account"] = true
			}
		case value == c.Principal && strings.HasPrefix(caller[5], "role/"):
			found["role"] = true
		case value == c.Principal:
			found["self"] = true
		case strings.HasPrefix(caller[5], "assumed-role/"):
			path := strings.Split(strings.SplitN(value, ":", 6)[5], "/")
			if strings.HasPrefix(value, "arn:aws:iam::"+caller[4]+":role/") && path[len(path)-1] == strings.Split(caller[5], "/")[1] {
				found["role"] = true
			}
		}
	}
	if element == "*" {
		one("*", "*")
	} else if m, ok := element.(map[string]any); ok {
		for sort, values := range m {
			for _, v := range refList(values) {
				one(sort, v)
			}
		}
	}
	if not {
		exempt := found["self"]
		switch {
		case s.Effect == "Allow":
			exempt = len(found) > 0
		case len(c.Boundary) > 0:
			exempt = false
		case strings.Contains(c.Principal, ":assumed-role/"):
			exempt = found["everybody"] || found["self"] && found["role"]
		case strings.Contains(c.Principal, ":role/"):
			exempt = found["self"] || found["role"]
		}
		if exempt {
			return ""
		}
		return "self"
	}
	for _, how := range []string{"self", "role", "account"} {
		if found[how] {
			return how
		}
	}
	return ""
}

func refList(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		var list []string
		for _, one := range v {
			list = append(list, one.(string))
		}
		return list
	}
	return nil
}

func (c *refCase) applies(p refPolicy, s refStatement) bool {
	action := func(list []string) bool {
		for _, a := range list {
			if refGlob("(?is)", a, "").MatchString(c.Action) {
				return true
			}
		}
		return false
	}
	if len(s.Action) > 0 && !action(s.Action) || len(s.NotAction) > 0 && action(s.NotAction) {
		return false
	}
	covered, known := false, true
	for _, r := range append(s.Resource, s.NotResource...) {
		hit, sure := c.covers(p, r)
		covered, known = covered || hit, known && sure
	}
	if len(s.Resource) > 0 && !covered {
		return false
	}
	if len(s.NotResource) > 0 && (covered || !known && s.Effect == "Allow") {
		return false
	}
	for op, keys := range s.Condition {
		for key, values := range keys {
			if !c.holds(p, op, key, values) {
				return false
			}
		}
	}
	return true
}

func (c *refCase) covers(p refPolicy, pattern string) (hit, sure bool) {
	if pattern == "*" {
		return true, true
	}
	want, have := strings.SplitN(pattern, ":", 6), strings.SplitN(c.Resource, ":", 6)
	for len(want) < 6 {
		want = append(want, "*")
	}
	hit, sure = len(have) == 6, true
	for i := range want {
		text, ok := want[i], true
		if i == 5 {
			text, ok = c.expand(p, text)
		} else {
			text = strings.ReplaceAll(text, "${", "\x00{")
		}
		sure = sure && ok
		if hit {
			hit = ok && refGlob("(?s)", text, "\x00").MatchString(have[i])
		}
	}
	return hit, sure
}

var refVariable = regexp.MustCompile(`\$\{([^},]+)(?:, *'([^']*)')?\}`)

// expand puts in the variables, marking what is literal in them by \x01 before
// each character; false when one has no value.
func (c *refCase) expand(p refPolicy, text string) (string, bool) {
	if p.Version != "2012-10-17" {
		return strings.ReplaceAll(text, "${", "\x00{"), true
	}
	ok := true
	mark := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteString("\x01" + string(r))
		}
		return b.String()
	}
	text = refVariable.ReplaceAllStringFunc(text, func(v string) string {
		m := refVariable.FindStringSubmatch(v)
		key := strings.ToLower(strings.TrimSpace(m[1]))
		switch key {
		case "*", "?", "$":
			return mark(key)
		}
		if values := c.Context[key]; len(values) == 1 {
			return mark(values[0])
		}
		if strings.Contains(v, "'") {
			return mark(m[2])
		}
		ok = false
		return ""
	})
	return text, ok
}

// refGlob makes a regular expression: * and ? are wild unless marked.
func refGlob(flags, text, dollar string) *regexp.Regexp {
	var b strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case r == 1 && i+1 < len(runes):
			i++
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		case r == 0 && dollar != "":
			b.WriteString(`\$`)
		case r == '*':
			b.WriteString(".*")
		case r == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile(flags + "^" + b.String() + "$")
}
