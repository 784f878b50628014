package gateway

import (
	"net/url"
	"slices"
	"strings"
)

// pair is one parameter of the query, unescaped.
type pair struct{ name, value string }

// parseQuery splits a raw query at & and ;, as API Gateway does, and sorts it
// by name, keeping the order of equal ones. What is badly escaped stays as sent.
func parseQuery(raw string, into []pair) []pair {
	for raw != "" {
		part := raw
		if i := strings.IndexAny(raw, "&;"); i >= 0 {
			part, raw = raw[:i], raw[i+1:]
		} else {
			raw = ""
		}
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		into = append(into, pair{queryUnescape(name), queryUnescape(value)})
	}
	slices.SortStableFunc(into, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return into
}

func queryUnescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if value, err := url.QueryUnescape(s); err == nil {
		return value
	}
	return s
}
