package gateway

import "strings"

// httpRoutes finds the route of a request to an HTTP API.
//
// The order is AWS's: a full match of path and method, then a greedy one, then
// $default. Of full matches a literal comes before a variable, segment by segment,
// and of greedy ones the longer before the shorter; on one path, a method comes
// before ANY. A path that fits with a method that does not is no match: the search
// goes on to what is less specific.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
//
// A slash at the end does not matter, unless a route's own key ends with one. AWS
// publishes nothing about it and was seen to ignore it; and a route that it would
// lead past, to an open $default, is the oldest trick against gateways.
type httpRoutes struct {
	root      httpNode
	slashed   bool // some route's key ends with a slash
	byDefault *method
}

// httpNode is one segment of the routes. Compiled once, never changed.
type httpNode struct {
	literals map[string]*httpNode
	param    *httpNode
	here     verbMethods // of routes that end here
	beyond   verbMethods // of {greedy+} ones that begin after it
}

// verbMethods are the methods of one path, ANY's among them.
type verbMethods map[string]*method

// of finds what answers a verb. Unknown verbs have no method, not even ANY's.
func (v verbMethods) of(verb string) *method {
	if m := v[verb]; m != nil {
		return m
	}
	if IsVerb(verb) {
		return v[AnyVerb]
	}
	return nil
}

func (v *verbMethods) add(verb string, m *method) {
	if *v == nil {
		*v = verbMethods{}
	}
	(*v)[verb] = m
}

// add puts a route into the tree.
func (t *httpRoutes) add(key RouteKey, m *method) {
	if key.Default {
		t.byDefault = m
		return
	}
	n := &t.root
	for i, s := range key.Segments {
		switch {
		case s.Greedy:
			n.beyond.add(key.Method, m)
			return
		case s.Variable != "":
			if n.param == nil {
				n.param = &httpNode{}
			}
			n = n.param
		default:
			if n.literals == nil {
				n.literals = map[string]*httpNode{}
			}
			if n.literals[s.Literal] == nil {
				n.literals[s.Literal] = &httpNode{}
			}
			n = n.literals[s.Literal]
			t.slashed = t.slashed || s.Literal == "" && i > 0
		}
	}
	n.here.add(key.Method, m)
}

const (
	noSuchRoute    = "no route has this path and method"
	unreadablePath = "the path has dot segments, control characters or broken escapes"
	twoRoutes      = "the path could be read as that of another route"
)

// lookup finds the method that answers a verb and a raw path, and appends the
// values of the path's variables to params. Without one, why says so.
//
// A function gets the path decoded, and may decode it again; a backend may merge
// slashes, cut matrix parameters off or take %2F for a slash. If any such reading
// is another route, its authorizer would have been passed by: then there is none.
func (t *httpRoutes) lookup(verb, path string, params []param) (found *method, filled []param, why string) {
	form := inspect(path)
	if form == pathRefused {
		return nil, params, unreadablePath
	}
	if found, filled = t.find(verb, path, params); found == nil {
		return nil, params, noSuchRoute
	}
	if form == pathPlain {
		return found, filled, ""
	}
	if other, _ := t.find(verb, plainReading(path, true, escapeSegment), nil); other != found {
		return nil, params, twoRoutes
	}
	decoded, _ := unescape(path) // inspect has read it
	if _, again := unescape(decoded); again && strings.Contains(decoded, "%") {
		if inspect(decoded) == pathRefused {
			return nil, params, unreadablePath
		}
		if other, _ := t.find(verb, plainReading(decoded, true, escapeSegment), nil); other != found {
			return nil, params, twoRoutes
		}
	}
	return found, filled, ""
}

// find reads the path in one way.
func (t *httpRoutes) find(verb, path string, params []param) (*method, []param) {
	if t.slashed && len(path) > 1 && strings.HasSuffix(path, "/") {
		rest := strings.TrimPrefix(path, "/")
		if m, p := t.root.full(verb, segments{rest, true}, params); m != nil {
			return m, p
		}
	}
	m, filled := t.root.full(verb, trim(path), params)
	if m == nil {
		rest := strings.TrimPrefix(path, "/")
		m, filled = t.root.greedily(verb, segments{rest, rest != ""}, params)
	}
	if m == nil {
		return t.byDefault.answering(verb), params
	}
	return m, filled
}

// answering is m, if it is there and the verb is one.
func (m *method) answering(verb string) *method {
	if m == nil || !IsVerb(verb) {
		return nil
	}
	return m
}

// full matches all of a path, each segment by itself.
func (n *httpNode) full(verb string, s segments, params []param) (*method, []param) {
	if !s.more {
		m := n.here.of(verb)
		return m, m.named(params)
	}
	raw, rest, more := strings.Cut(s.rest, "/")
	value, ok := unescape(raw)
	if !ok || value == "" && more {
		return nil, params
	}
	if child := n.literals[value]; child != nil {
		if m, p := child.full(verb, segments{rest, more}, params); m != nil {
			return m, p
		}
	}
	if n.param != nil && value != "" {
		return n.param.full(verb, segments{rest, more}, append(params, param{value: value, raw: raw}))
	}
	return nil, params
}

// greedily matches as much as it can before a {greedy+}, which takes the rest.
func (n *httpNode) greedily(verb string, s segments, params []param) (*method, []param) {
	if !s.more {
		return nil, params
	}
	raw, rest, more := strings.Cut(s.rest, "/")
	if value, ok := unescape(raw); ok && value != "" {
		if child := n.literals[value]; child != nil {
			if m, p := child.greedily(verb, segments{rest, more}, params); m != nil {
				return m, p
			}
		}
		if n.param != nil {
			if m, p := n.param.greedily(verb, segments{rest, more}, append(params, param{value: value, raw: raw})); m != nil {
				return m, p
			}
		}
	}
	m := n.beyond.of(verb)
	if m == nil || strings.Trim(s.rest, "/") == "" {
		return nil, params
	}
	value, ok := unescape(s.rest)
	if !ok {
		return nil, params
	}
	return m, m.named(append(params, param{value: value, raw: s.rest}))
}

// named gives the values of a path the names that the route has for them.
func (m *method) named(params []param) []param {
	if m == nil {
		return params
	}
	from := len(params) - len(m.variables)
	for i, name := range m.variables {
		params[from+i].name = name
	}
	return params
}
