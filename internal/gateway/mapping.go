package gateway

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A mapping sets a path variable, a query parameter or a header of the request
// to a backend: integration.request.path.id <- method.request.path.id.
type mapping struct {
	place string // path, querystring or header
	name  string
	value func(x *exchange) []string // none: not sent
}

var (
	mappingTarget = regexp.MustCompile(`^integration\.request\.(path|querystring|header)\.([a-zA-Z0-9._$-]+)$`)
	mappingSource = regexp.MustCompile(`^(method\.request)\.(path|querystring|header|multivaluequerystring|multivalueheader)\.([a-zA-Z0-9._$-]+)$`)
	pathVariable  = regexp.MustCompile(`\{([a-zA-Z0-9._-]+)\+?\}`)
)

// CheckMappings holds an HTTP_PROXY integration's parameters to what can be
// sent, and its URI's variables to those that a mapping sets.
func CheckMappings(resourcePath string, m *Method, i *Integration) error {
	for target, source := range i.RequestParameters {
		if kind := mappingSource.FindStringSubmatch(source); kind != nil {
			// As at AWS: the method declares what it lets through.
			if _, declared := m.RequestParameters[source]; !declared {
				return mistake("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]", source)
			}
			if kind[2] == "path" && !slices.Contains(PathVariables(resourcePath), kind[3]) {
				return mistake("Invalid mapping expression specified: %s is no variable of the path %s", source, resourcePath)
			}
		}
		if _, err := compileMapping(nil, target, source); err != nil {
			return err
		}
	}
	plain := stageVariable.ReplaceAllString(i.URI, "")
	for _, found := range pathVariable.FindAllStringSubmatch(plain, -1) {
		if _, mapped := i.RequestParameters["integration.request.path."+found[1]]; !mapped {
			return mistake("Invalid mapping expression specified: the URI's variable %s needs a request parameter integration.request.path.%s", found[0], found[1])
		}
	}
	return nil
}

// compileMapping reads one mapping; its error is what the control plane answers.
func compileMapping(s *stage, target, source string) (mapping, error) {
	to := mappingTarget.FindStringSubmatch(target)
	if to == nil {
		return mapping{}, mistake("Invalid mapping expression specified: %s", target)
	}
	m := mapping{place: to[1], name: to[2]}
	if m.place == "header" && !settable(m.name) {
		return mapping{}, mistake("Invalid mapping expression specified: the header %s cannot be set", m.name)
	}
	if value, ok := Literal(source); ok {
		if !isHeaderValue(value) {
			return mapping{}, mistake("Invalid mapping expression specified: %s has control characters", target)
		}
		m.value = func(*exchange) []string { return []string{value} }
		return m, nil
	}
	if name, ok := strings.CutPrefix(source, "stageVariables."); ok && variableName.MatchString(name) {
		m.value = func(x *exchange) []string { return oneOrNone(x.stage.variables[name]) }
		return m, nil
	}
	if name, ok := strings.CutPrefix(source, "context."); ok && isRequestVariable(name) {
		m.value = func(x *exchange) []string {
			value, _ := x.variable(name)
			return oneOrNone(value)
		}
		return m, nil
	}
	from := mappingSource.FindStringSubmatch(source)
	if from == nil {
		return mapping{}, Unsupported(fmt.Sprintf("The mapping expression %q", source))
	}
	name := from[3]
	switch from[2] {
	case "path":
		m.value = func(x *exchange) []string {
			for _, p := range x.params {
				if p.name == name {
					return []string{p.value}
				}
			}
			return nil
		}
	case "header":
		m.value = func(x *exchange) []string { return last(mappable(x, name)) }
	case "multivalueheader":
		m.value = func(x *exchange) []string { return mappable(x, name) }
	case "querystring":
		m.value = func(x *exchange) []string { return last(queryValues(x, name)) }
	case "multivaluequerystring":
		m.value = func(x *exchange) []string { return queryValues(x, name) }
	}
	return m, nil
}

// mappable are the values of a header of the client that a mapping may take. Of
// those that the gateway sets, they are the gateway's: whoever maps the address of
// the client to a header of their own must not get what the client says it is.
func mappable(x *exchange, name string) []string {
	canonical := canonicalName(name)
	if isOwnHeader(canonical) {
		var own [5]string
		for _, f := range x.backendHeaders(nil, &own) {
			if f.name == canonical {
				return f.values
			}
		}
		return nil
	}
	values := x.r.Header[canonical]
	if areSignature(canonical, values) {
		return nil
	}
	return values
}

// settable says whether a mapping may set a header: not those of the connection,
// and not those by which the gateway itself speaks.
func settable(name string) bool {
	canonical := canonicalName(name)
	return isHeaderName(name) && !droppedRequest[canonical] && canonical != "Host" &&
		!strings.HasPrefix(canonical, "X-Amzn-") && !strings.HasPrefix(canonical, "X-Forwarded-")
}

func oneOrNone(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func last(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return values[len(values)-1:]
}

func queryValues(x *exchange, name string) []string {
	var values []string
	for _, p := range x.query(nil) {
		if p.name == name {
			values = append(values, p.value)
		}
	}
	return values
}

// claimOf is a claim as text; "" if the caller was proven by no token or has no such claim.
func claimOf(x *exchange, name string) string {
	if x.bearer != nil {
		text, _ := x.bearer.Claim(name)
		return text
	}
	if x.token == nil {
		return ""
	}
	value, ok := x.token.Claim(name)
	if !ok {
		return ""
	}
	text, _ := claimText(x.token, name, json.RawMessage(value))
	return text
}
