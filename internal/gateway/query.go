package gateway

import (
	"net/url"
	"slices"
	"strings"
)

// pair is one parameter of the query, unescaped.
type pair struct{ name, value string }

// query appends the parameters that the integration sees. A signature takes a ;
// for a letter, so whoever acts on a signed query does, too; and a signature in
// the query was for the gateway: nobody behind it is to use it again.
func (x *exchange) query(into []pair) []pair {
	if x.signer == nil {
		return parseQuery(x.address.Query, "&;", into)
	}
	into = parseQuery(x.address.Query, "&", into)
	if x.signer.signature.Presigned {
		into = slices.DeleteFunc(into, func(p pair) bool { return p.name == "X-Amz-Signature" })
	}
	return into
}

// parseQuery splits a raw query at separators (API Gateway: & and ;) and sorts
// it by name, keeping the order of equal ones. What is badly escaped stays as sent.
func parseQuery(raw, separators string, into []pair) []pair {
	for raw != "" {
		part := raw
		if i := strings.IndexAny(raw, separators); i >= 0 {
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

// wellEscaped says that each % starts an escape.
func wellEscaped(raw string) bool {
	for {
		_, after, found := strings.Cut(raw, "%")
		if !found {
			return true
		}
		if len(after) < 2 || !isHexDigit(after[0]) || !isHexDigit(after[1]) {
			return false
		}
		raw = after[2:]
	}
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
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
