package gateway

import (
	"strings"
)

// identityValue takes one value by which an authorizer's answers are remembered.
// It is what the function's event shows, so that nothing a function can decide by
// differs between two requests that share an answer. A header or parameter that
// is sent twice has none: two readers may each take another one.
type identityValue struct {
	name string                                   // as it was configured
	of   func(x *exchange) (value, reason string) // "": none, and why
}

const (
	absent  = "is absent or empty"
	doubled = "is there more than once"
)

// compileIdentity knows the sources that IdentitySources lets through.
func compileIdentity(s IdentitySource) identityValue {
	v := identityValue{name: s.From + s.Name}
	switch s.From {
	case HeaderSource:
		v.of = headerIdentity(s.Name)
	case QuerySource:
		v.of = queryIdentity(s.Name)
	case VariableSource:
		v.of = func(x *exchange) (string, string) { return x.stage.variables[s.Name], absent }
	case ContextSource:
		v.of = func(x *exchange) (string, string) {
			value, _ := x.variable(s.Name)
			return value, absent
		}
	default:
		v.of = func(*exchange) (string, string) { return "", "is of no kind that is known" }
	}
	return v
}

func headerIdentity(name string) func(x *exchange) (string, string) {
	name = canonicalName(name)
	switch name {
	case "Host":
		return func(x *exchange) (string, string) { return x.r.Host, absent }
	case "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Amzn-Trace-Id":
		// What the client sends under these names is not what the function sees.
		return func(x *exchange) (string, string) {
			for _, h := range x.backendHeaders(nil, &x.own) {
				if h.name == name {
					return h.values[len(h.values)-1], absent
				}
			}
			return "", absent
		}
	}
	return func(x *exchange) (string, string) {
		values := x.r.Header[name]
		switch {
		case len(values) == 0 || len(values) == 1 && values[0] == "":
			return "", absent
		case len(values) > 1:
			return "", doubled
		case !passesToBackend(name, values):
			return "", "is a header that the function would not see"
		case name != "Authorization" && nominated(x.r.Header)[name]:
			return "", "is named by the Connection header, and goes no further"
		}
		return values[0], ""
	}
}

func queryIdentity(name string) func(x *exchange) (string, string) {
	return func(x *exchange) (string, string) {
		var room [16]pair
		var value string
		n := 0
		query := x.query
		if x.overHTTP() {
			query = x.httpQuery
		}
		for _, p := range query(room[:0]) {
			if p.name == name {
				value = p.value
				n++
			}
		}
		if n > 1 {
			return "", doubled
		}
		return value, absent
	}
}

// methodARNs are the n ARNs about which a policy is asked, one for each way in
// which the path can be read; the function hears the first.
//
// A function mostly allows the very ARN that it was given. In a policy * and ?
// are wildcards and ${ begins a variable, so a path that has them would come back
// as a pattern for others: here they stand escaped.
func (x *exchange) methodARNs() (arns [2]string, n int, d *denial) {
	routed, plain := pathsAsked(x.address.Path)
	base := x.verbARN() + "/"
	arns[0], n = base+literal(routed), 1
	if plain != routed {
		arns[1], n = base+literal(plain), 2
	}
	for _, arn := range arns[:n] {
		if len(arn) > maxARN {
			return arns, n, denyURITooLong
		}
	}
	return arns, n, nil
}

var wildcards = strings.NewReplacer("*", "%2A", "?", "%3F", "${", "%24{")

func literal(path string) string {
	if !strings.ContainsAny(path, "*?$") {
		return path
	}
	return wildcards.Replace(path)
}
