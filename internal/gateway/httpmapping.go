package gateway

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// changes are what an integration of an HTTP API changes in the requests to it,
// and by status in its answers.
type changes struct {
	request   []change
	responses map[int][]change
}

// change is one Parameter. All values are taken from the message as it was; then
// first things are removed, then overwritten, then appended.
type change struct {
	Parameter
	status int // of overwrite:statuscode
}

func compileChanges(i *HTTPIntegration) (changes, error) {
	var made changes
	var err error
	if made.request, err = compileMessage(OfRequest, i.RequestParameters); err != nil {
		return made, err
	}
	for status, parameters := range i.ResponseParameters {
		code, err := strconv.Atoi(status)
		if err != nil {
			return made, mistake("Invalid response parameters specified: %q is no status", status)
		}
		if made.responses == nil {
			made.responses = map[int][]change{}
		}
		if made.responses[code], err = compileMessage(OfResponse, parameters); err != nil {
			return made, err
		}
	}
	return made, nil
}

func compileMessage(d Direction, parameters map[string]string) ([]change, error) {
	var made []change
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		p, err := ParseParameter(d, key, parameters[key])
		if err != nil {
			return nil, err
		}
		c := change{Parameter: p}
		switch p.Place {
		case PlaceHeader:
			c.Name = canonicalName(p.Name)
		case PlaceStatus:
			if c.status, err = strconv.Atoi(parameters[key]); err != nil {
				return nil, err
			}
		}
		made = append(made, c)
	}
	slices.SortStableFunc(made, func(a, b change) int { return cmp.Compare(a.order(), b.order()) })
	return made, nil
}

func (c change) order() int {
	return slices.Index([]string{ActionRemove, ActionOverwrite, ActionAppend}, c.Action)
}

// message is where the values of changes come from.
type message struct {
	x       *exchange
	headers func(name string) []string
	query   []pair
	body    []byte
}

// value is all parts in a row. Without any of what it refers to there is none.
func (m *message) value(parts []ParameterPart) (text string, ok bool) {
	if len(parts) == 1 {
		return m.part(parts[0])
	}
	var b strings.Builder
	for _, p := range parts {
		got, found := m.part(p)
		b.WriteString(got)
		ok = ok || found
	}
	return b.String(), ok
}

func (m *message) part(p ParameterPart) (string, bool) {
	switch p.From {
	case "":
		return p.Literal, true
	case FromHeader:
		values := m.headers(p.Name)
		return strings.Join(values, ","), len(values) > 0
	case FromQuerystring:
		var values []string
		for _, q := range m.query {
			if q.name == p.Name {
				values = append(values, q.value)
			}
		}
		return strings.Join(values, ","), len(values) > 0
	case FromPath:
		if p.Name == "" {
			return decodedPath(m.x.path()), true
		}
		for _, param := range m.x.params {
			if param.name == p.Name {
				return param.value, true
			}
		}
	case FromBody:
		return memberOf(m.body, p.Name)
	case FromContext:
		return m.x.variable(p.Name)
	case FromStage:
		text, ok := m.x.stage.variables[p.Name]
		return text, ok
	}
	return "", false
}

// bodyInView is how much of a body is looked into, in bytes. What is longer is cut
// off there by AWS, and so holds no member.
const bodyInView = 100 << 10

// memberOf is what stands at a path such as user.addresses[0].city in a JSON text:
// the text of a string, the JSON of anything else. "" is all of the body. Where a
// name comes twice nobody can say which counts, so there is none.
func memberOf(body []byte, path string) (string, bool) {
	if path == "" {
		return string(body), len(body) > 0
	}
	if len(body) > bodyInView || !json.Valid(body) {
		return "", false
	}
	at := body[skipSpace(body, 0):]
	for step := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(step, "[")
		var found []byte
		if at[0] == '{' {
			for member, value := range members(at) {
				if string(member) != name {
					continue
				}
				if found != nil {
					return "", false
				}
				found = value
			}
		}
		for ; indexed && found != nil; index = strings.TrimPrefix(index, "[") {
			var digits string
			digits, index, _ = strings.Cut(index, "]")
			found = elementOf(found, digits)
			indexed = index != ""
		}
		if found == nil {
			return "", false
		}
		at = found
	}
	if isNull(at) {
		return "", false
	}
	if text, ok := readScalar(at); ok {
		return string(text), true
	}
	return string(at), true
}

func elementOf(array []byte, index string) []byte {
	n, err := strconv.Atoi(index)
	if err != nil || array[0] != '[' {
		return nil
	}
	for value := range elements(array) {
		if n == 0 {
			return value
		}
		n--
	}
	return nil
}

// applied is what came of a change: its value, if there is one.
type applied struct {
	change
	value string
	found bool
}

func (m *message) take(list []change) []applied {
	got := make([]applied, 0, len(list))
	for _, c := range list {
		a := applied{change: c}
		if c.Action != ActionRemove {
			a.value, a.found = m.value(c.Parameter.Value)
		}
		got = append(got, a)
	}
	return got
}

// removes says whether the change takes away what is there. To overwrite with
// nothing takes it away, too: a header that is to say who the caller is must not
// stay as the caller wrote it.
func (a applied) removes() bool { return a.Action != ActionAppend }

// httpMessage is a request on its way to an integration of an HTTP API.
type httpMessage struct {
	headers []field // sorted by name
	query   []pair  // sorted by name
	changed bool    // the query is no longer what was sent
	path    string  // overwrites the path; "": does not
}

const badMapping = "a mapped value cannot stand where it is to go"

// change applies the changes of a request. ok is false for a value that cannot
// stand where it is to go.
func (q *httpMessage) change(x *exchange, list []change, body []byte) (ok bool) {
	if len(list) == 0 {
		return true
	}
	m := message{x: x, query: q.query, body: body, headers: func(name string) []string { return mappable(x, name) }}
	for _, a := range m.take(list) {
		switch a.Place {
		case PlaceHeader:
			if a.removes() {
				q.headers = slices.DeleteFunc(q.headers, func(f field) bool { return readAlike(f.name, a.Name) })
			}
			if !isHeaderValue(a.value) {
				return false
			}
			if a.found {
				q.addHeader(a.Name, a.value)
			}
		case PlaceQuerystring:
			q.query, q.changed = slices.Clone(q.query), true
			if a.removes() {
				q.query = slices.DeleteFunc(q.query, func(p pair) bool { return p.name == a.Name })
			}
			if a.found {
				q.query = append(q.query, pair{a.Name, a.value})
			}
		case PlacePath:
			// As with the path of the client: no reading of it may lead elsewhere.
			if !strings.HasPrefix(a.value, "/") || inspect(escapeWhole(a.value)) == pathRefused {
				return false
			}
			q.path = a.value
		}
	}
	slices.SortFunc(q.headers, func(a, b field) int { return strings.Compare(a.name, b.name) })
	slices.SortStableFunc(q.query, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return true
}

func (q *httpMessage) addHeader(name, value string) {
	for i, f := range q.headers {
		if f.name == name {
			q.headers[i].values = append(slices.Clip(f.values), value)
			return
		}
	}
	q.headers = append(q.headers, field{name, []string{value}})
}

// escapeWhole escapes a decoded path, segment by segment.
func escapeWhole(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = escapeSegment(part)
	}
	return strings.Join(parts, "/")
}

// answer applies the changes of an answer with its status.
func (c *changes) answer(x *exchange, a *answer) (ok bool) {
	list := c.responses[a.status]
	if len(list) == 0 {
		return true
	}
	m := message{x: x, body: a.body, headers: func(name string) (values []string) {
		for _, h := range a.headers {
			if strings.EqualFold(h.name, name) {
				values = append(values, h.value)
			}
		}
		return values
	}}
	for _, p := range m.take(list) {
		if p.Place == PlaceStatus {
			a.status = p.status
			continue
		}
		if p.removes() {
			a.headers = slices.DeleteFunc(slices.Clone(a.headers), func(h header) bool { return strings.EqualFold(h.name, p.Name) })
		}
		if !isHeaderValue(p.value) {
			return false
		}
		if p.found {
			a.headers = append(slices.Clip(a.headers), header{p.Name, p.value})
		}
	}
	return true
}
