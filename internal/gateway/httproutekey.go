package gateway

import (
	"regexp"
	"slices"
	"strings"
)

// DefaultRoute is the key of the route that takes what no other takes, and the
// name of the stage that has no segment in the URL.
const DefaultRoute = "$default"

// RouteKey is a route's key, read: which requests the route answers.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
type RouteKey struct {
	Default  bool   // $default; nothing else is set
	Method   string // GET ... or ANY
	Path     string // "/pets/{id}", as it stands in the key
	Segments []RouteSegment
}

// RouteSegment is what stands between two slashes: a literal, or a variable.
// "/" has none. The last one of "/pets/" is the empty literal.
type RouteSegment struct {
	Literal  string
	Variable string // "id" of {id} and {id+}; "" for a literal
	Greedy   bool   // {id+}: takes this segment and all after it
}

var (
	// routeLiteral is what may stand in a path as it is: no escape, so that no
	// path can be written in two ways, and nothing that ends a path.
	routeLiteral  = regexp.MustCompile(`^[A-Za-z0-9\-._~!$&'()*+,=:@]*$`)
	routeVariable = regexp.MustCompile(`^[A-Za-z0-9\-._]{1,128}$`)
)

const (
	longestRouteKey  = 1024 // bytes
	badRouteKey      = `The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"`
	onlyHTTPRouteKey = `; the method is one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS and ANY`
)

// ParseRouteKey reads the key of a route of an HTTP API: $default, or a method
// and a path, with a variable for a whole segment and a greedy one at the end
// only. What it refuses, a *Mistake, must not be routed to: its path could be
// read in more than one way.
func ParseRouteKey(key string) (RouteKey, error) {
	if key == DefaultRoute {
		return RouteKey{Default: true}, nil
	}
	method, path, _ := strings.Cut(key, " ")
	if !strings.HasPrefix(path, "/") || len(key) > longestRouteKey {
		return RouteKey{}, mistake("%s", badRouteKey)
	}
	if method != AnyVerb && !IsVerb(method) {
		return RouteKey{}, mistake("%s", badRouteKey+onlyHTTPRouteKey)
	}
	k := RouteKey{Method: method, Path: path}
	if path == "/" {
		return k, nil
	}
	parts := strings.Split(path[1:], "/")
	var names []string
	for i, part := range parts {
		s, err := routeSegment(part, i == len(parts)-1)
		if err != nil {
			return RouteKey{}, err
		}
		if s.Variable != "" {
			if slices.Contains(names, s.Variable) {
				return RouteKey{}, mistake("Invalid route key %s: the path parameter %s stands there more than once", key, s.Variable)
			}
			names = append(names, s.Variable)
		}
		k.Segments = append(k.Segments, s)
	}
	return k, nil
}

func routeSegment(part string, last bool) (RouteSegment, error) {
	if !strings.ContainsAny(part, "{}") {
		switch {
		case part == "" && !last:
			return RouteSegment{}, mistake("%s; a path has no empty segment", badRouteKey)
		case part == "." || part == "..":
			return RouteSegment{}, mistake("%s; a path has no dot segment", badRouteKey)
		case !routeLiteral.MatchString(part):
			return RouteSegment{}, mistake("%s; the segment %q has characters that cannot stand in a path", badRouteKey, part)
		}
		return RouteSegment{Literal: part}, nil
	}
	name, greedy, ok := Variable(part)
	if !ok || !routeVariable.MatchString(name) {
		return RouteSegment{}, mistake("%s; a path parameter is a whole segment, {name} or {name+}, not %q", badRouteKey, part)
	}
	if greedy && !last {
		return RouteSegment{}, mistake("%s; a greedy path parameter can only stand at the end, not %q", badRouteKey, part)
	}
	return RouteSegment{Variable: name, Greedy: greedy}, nil
}

// Pattern is the key without the names of its variables. Two routes of one
// pattern would answer the same requests.
func (k RouteKey) Pattern() string {
	if k.Default {
		return DefaultRoute
	}
	var b strings.Builder
	b.WriteString(k.Method + " ")
	for _, s := range k.Segments {
		b.WriteByte('/')
		switch {
		case s.Greedy:
			b.WriteString("{+}")
		case s.Variable != "":
			b.WriteString("{}")
		default:
			b.WriteString(s.Literal)
		}
	}
	if len(k.Segments) == 0 {
		b.WriteByte('/')
	}
	return b.String()
}

// Variables are the names of the path's variables, in order.
func (k RouteKey) Variables() []string {
	var names []string
	for _, s := range k.Segments {
		if s.Variable != "" {
			names = append(names, s.Variable)
		}
	}
	return names
}
