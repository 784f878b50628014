package account

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/policy"
)

var actionNames = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9-]+$`)

// unreadable is for a policy given for a simulation that is none.
func unreadable(id string, err error) error {
	var known *policy.MalformedError
	if errors.As(err, &known) {
		return invalidInput("Invalid Input %s: %s", id, known.Message)
	}
	return err
}

// check holds a question against AWS's form, before anything is asked.
func (q *question) check() error {
	for i, action := range q.Actions {
		if n := utf8.RuneCountInString(action); n < 3 || n > 128 {
			return validation("1 validation error detected: Value at 'actionNames.%d.member' failed to satisfy constraint: Member must have length between 3 and 128", i+1)
		}
		if !actionNames.MatchString(action) {
			return invalidInput("Invalid Action: %s. An action is service:Name, without wildcards.", action)
		}
	}
	for i, resource := range q.Resources {
		if n := utf8.RuneCountInString(resource); n < 1 || n > 2048 {
			return validation("1 validation error detected: Value at 'resourceArns.%d.member' failed to satisfy constraint: Member must have length between 1 and 2048", i+1)
		}
		if resource != "*" && (!strings.HasPrefix(resource, "arn:") || strings.Count(resource, ":") < 5) {
			return invalidInput(`Invalid Resource Arn: %s. A resource is an ARN or "*".`, resource)
		}
	}
	if len(q.Boundaries) > 1 {
		return invalidInput("Only one permissions boundary can be simulated.")
	}
	if q.Handling != nil {
		return invalidInput("ResourceHandlingOption is for Amazon EC2's operations, which are not simulated here.")
	}
	return nil
}

// ownerOf reads ResourceOwner: the number of an account or the ARN of its root.
func ownerOf(given *string, caller string) (string, error) {
	if given == nil {
		return caller, nil
	}
	account := strings.TrimSuffix(strings.TrimPrefix(*given, "arn:aws:iam::"), ":root")
	if p, err := policy.ParsePrincipal(account); err != nil || p.Caller != policy.Root {
		return "", invalidInput("Invalid Resource Owner: %s", *given)
	}
	return account, nil
}

// contextOf reads the condition keys of a simulation. Values must be of the
// type that they say they are; a type that ends in List takes several.
func contextOf(entries []types.ContextEntry) (policy.Context, map[string]bool, error) {
	values, given := map[string][]string{}, map[string]bool{}
	for i, e := range entries {
		name := deref(e.ContextKeyName)
		if n := utf8.RuneCountInString(name); n < 5 || n > 256 {
			return nil, nil, validation("1 validation error detected: Value at 'contextEntries.%d.member.contextKeyName' failed to satisfy constraint: Member must have length between 5 and 256", i+1)
		}
		kind, list := strings.CutSuffix(string(e.ContextKeyType), "List")
		is, known := contextTypes[kind]
		switch {
		case !known:
			return nil, nil, validation("1 validation error detected: Value '%s' at 'contextEntries.%d.member.contextKeyType' failed to satisfy constraint: Member must satisfy enum value set: %v", e.ContextKeyType, i+1, e.ContextKeyType.Values())
		case kind != "" && !list && len(e.ContextKeyValues) != 1:
			return nil, nil, invalidInput("The context key %s is of the type %s, which has one value.", name, e.ContextKeyType)
		}
		for _, v := range e.ContextKeyValues {
			if !is(v) {
				return nil, nil, invalidInput("The context key %s is of the type %s, but has the value %s.", name, e.ContextKeyType, v)
			}
		}
		if given[strings.ToLower(name)] {
			return nil, nil, invalidInput("The context key %s is given twice.", name)
		}
		given[strings.ToLower(name)] = true
		values[name] = e.ContextKeyValues
	}
	context, err := policy.NewContext(values)
	return context, given, err
}

var contextTypes = map[string]func(value string) bool{
	"":        func(string) bool { return true }, // no type was said
	"string":  func(string) bool { return true },
	"numeric": func(v string) bool { _, err := strconv.ParseFloat(v, 64); return err == nil },
	"boolean": func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") },
	"binary":  func(v string) bool { _, err := base64.StdEncoding.DecodeString(v); return err == nil },
	"date":    isDate,
	"ip": func(v string) bool {
		_, err := netip.ParseAddr(v)
		if err != nil {
			_, err = netip.ParsePrefix(v)
		}
		return err == nil
	},
}

// isDate takes ISO 8601 as policies do, and seconds since 1970.
func isDate(v string) bool {
	if _, err := strconv.ParseFloat(v, 64); err == nil {
		return true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if _, err := time.Parse(layout, v); err == nil {
			return true
		}
	}
	return false
}
