package gateway

import (
	"net/url"
	"strings"
)

// node is one segment of the routes of a stage. Compiled once, never changed.
type node struct {
	name     string // of the variable, for a node that is one
	literals map[string]*node
	param    *node
	greedy   *node
	route    *route // nil where no method is defined
}

// route is a resource that has methods.
type route struct {
	id       string
	template string // "/pets/{id}"
	methods  map[string]*method
	any      *method
}

// method finds what answers a verb: its own method, else ANY's.
func (r *route) method(verb string) *method {
	if m := r.methods[verb]; m != nil {
		return m
	}
	if IsVerb(verb) {
		return r.any
	}
	return nil
}

// param is a variable of the path and what the client sent for it.
type param struct {
	name  string
	value string // unescaped; it may hold a "/" that was sent as %2F
	raw   string // as sent
}

// add puts a route into the tree.
func (n *node) add(template string, r *route) {
	for part := range strings.SplitSeq(strings.TrimPrefix(template, "/"), "/") {
		if part == "" {
			continue // the root
		}
		name, greedy, isVariable := Variable(part)
		var next **node
		switch {
		case isVariable && greedy:
			next = &n.greedy
		case isVariable:
			next = &n.param
		default:
			if n.literals == nil {
				n.literals = map[string]*node{}
			}
			child := n.literals[part]
			if child == nil {
				child = &node{}
				n.literals[part] = child
			}
			n = child
			continue
		}
		if *next == nil {
			*next = &node{name: name}
		}
		n = *next
	}
	n.route = r
}

// serves: has the route, if there is one, a method for the verb, or any for ""?
func (r *route) serves(verb string) bool { return r != nil && (verb == "" || r.method(verb) != nil) }

// lookup finds the route of a raw path that serves a verb, or "" for any, and
// appends its variables to params: as at AWS, a resource without the verb leaves
// the request to a less specific one that has it. nil: no route, and none that a
// reading of the path by somebody behind us may find.
func (n *node) lookup(verb, path string, params []param) (*route, []param) {
	form := inspect(path)
	if form == pathRefused {
		return nil, params
	}
	found, filled := n.walk(verb, trim(path), params)
	if found == nil || form == pathPlain {
		return found, filled
	}
	// The path has something (//, ;x, %2F) that software behind the gateway may
	// read in another way. If that reading is another route, its authorizer
	// would have been passed by: refuse.
	greedy := len(filled) > len(params) && strings.HasSuffix(found.template, "+}")
	plain := trim(plainReading(path, greedy, escapeSegment))
	for _, verb := range []string{verb, ""} { // also a route that has only other verbs: why else write it so?
		if other, _ := n.walk(verb, plain, nil); other != nil && other != found {
			return nil, params
		}
	}
	return found, filled
}

// segments is what is left of a path; more is false at its end. "a//b" has an
// empty segment, "" with more false has none.
type segments struct {
	rest string
	more bool
}

// trim drops the leading slash and one at the end, which API Gateway ignores.
func trim(path string) segments {
	path = strings.TrimPrefix(path, "/")
	if len(path) > 1 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return segments{path, path != ""}
}

// walk tries literal, then {param}, then {proxy+}, and turns back where the
// rest of the path does not fit. Each node is visited once at most.
func (n *node) walk(verb string, s segments, params []param) (*route, []param) {
	if !s.more {
		if n.route.serves(verb) {
			return n.route, params
		}
		return nil, params
	}
	raw, rest, more := strings.Cut(s.rest, "/")
	next := segments{rest, more}
	if value, ok := unescape(raw); ok && value != "" {
		if child := n.literals[value]; child != nil {
			if r, p := child.walk(verb, next, params); r != nil {
				return r, p
			}
		}
		if n.param != nil {
			if r, p := n.param.walk(verb, next, append(params, param{n.param.name, value, raw})); r != nil {
				return r, p
			}
		}
	}
	if n.greedy != nil && n.greedy.route.serves(verb) && strings.Trim(s.rest, "/") != "" {
		if value, ok := unescape(s.rest); ok {
			return n.greedy.route, append(params, param{n.greedy.name, value, s.rest})
		}
	}
	return nil, params
}

func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	value, err := url.PathUnescape(s)
	return value, err == nil
}
