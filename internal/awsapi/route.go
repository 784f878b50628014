package awsapi

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// route is the method and path of one REST operation.
type route struct {
	method   string
	segments []segment
	greedy   bool // the last segment takes the rest of the path
	query    [][2]string
	op       *operation
}

type segment struct {
	literal string // "" for a label
	label   string
}

// parseRoute reads "/restapis/{RestApiId}/deployments?mode=import".
func parseRoute(op *operation) (route, error) {
	r := route{method: op.http.method, op: op}
	path, query, _ := strings.Cut(op.http.path, "?")
	if r.method == "" || !strings.HasPrefix(path, "/") {
		return r, fmt.Errorf("%s has no route", op.name)
	}
	if query != "" {
		for pair := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			r.query = append(r.query, [2]string{name, value})
		}
	}
	parts := strings.Split(strings.TrimPrefix(trimSlash(path), "/"), "/")
	for i, part := range parts {
		label, ok := strings.CutPrefix(part, "{")
		if !ok {
			r.segments = append(r.segments, segment{literal: part})
			continue
		}
		if label, ok = strings.CutSuffix(label, "}"); !ok {
			return r, fmt.Errorf("%s: broken label in %s", op.name, op.http.path)
		}
		if label, ok = strings.CutSuffix(label, "+"); ok {
			if i != len(parts)-1 {
				return r, fmt.Errorf("%s: {%s+} takes the rest and must be last", op.name, label)
			}
			r.greedy = true
		}
		r.segments = append(r.segments, segment{label: label})
	}
	return r, nil
}

// labels are the names of the route's labels, in order.
func (r *route) labels() []string {
	var names []string
	for _, s := range r.segments {
		if s.literal == "" && s.label != "" {
			names = append(names, s.label)
		}
	}
	return names
}

// shape is the route without the names of its labels: two routes of one shape
// hide each other.
func (r *route) shape() string {
	var b strings.Builder
	b.WriteString(r.method)
	for _, s := range r.segments {
		b.WriteByte('/')
		if s.label != "" {
			b.WriteString("{}")
		}
		b.WriteString(s.literal)
	}
	if r.greedy {
		b.WriteByte('+')
	}
	for _, q := range r.query {
		b.WriteString("?" + q[0] + "=" + q[1])
	}
	return b.String()
}

// routes finds the operation of a path. A literal wins over a label, from left
// to right, a label over the rest of a path, and what the query says over silence.
type routes []route

func newRoutes(list []route) (routes, error) {
	seen := map[string]string{}
	for i := range list {
		shape := list[i].shape()
		if other, ok := seen[shape]; ok {
			return nil, fmt.Errorf("the routes of %s and %s are the same: %s", other, list[i].op.name, shape)
		}
		seen[shape] = list[i].op.name
	}
	slices.SortStableFunc(list, func(a, b route) int {
		return cmp.Or(
			yesFirst(!a.greedy, !b.greedy),
			len(b.segments)-len(a.segments),
			slices.CompareFunc(a.segments, b.segments, func(x, y segment) int { return yesFirst(x.label == "", y.label == "") }),
			len(b.query)-len(a.query),
		)
	})
	return list, nil
}

func yesFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// find returns the route and the decoded labels. path is as it was sent,
// escapes and all, so that a %2F inside a label does not end it.
//
// A path with an empty, "." or ".." segment has no route: a signature covers
// what it normalises to, and could be moved to it from another operation's path.
func (rs routes) find(method, path string, query url.Values) (*route, []string) {
	parts := strings.Split(strings.TrimPrefix(trimSlash(path), "/"), "/")
	for _, part := range parts {
		if part == "" || part == "." || part == ".." {
			return nil, nil
		}
	}
	for i := range rs {
		if rs[i].method != method {
			continue
		}
		if labels, ok := rs[i].take(parts, query); ok {
			return &rs[i], labels
		}
	}
	return nil, nil
}

func (r *route) take(parts []string, query url.Values) ([]string, bool) {
	if len(parts) != len(r.segments) && !(r.greedy && len(parts) > len(r.segments)) {
		return nil, false
	}
	for _, q := range r.query {
		if !slices.Equal(query[q[0]], []string{q[1]}) {
			return nil, false
		}
	}
	var labels []string
	for i, s := range r.segments {
		part := parts[i]
		if r.greedy && i == len(r.segments)-1 {
			part = strings.Join(parts[i:], "/")
		}
		if s.label == "" {
			if part != s.literal {
				return nil, false
			}
			continue
		}
		label, err := url.PathUnescape(part)
		if err != nil || label == "" {
			return nil, false
		}
		labels = append(labels, label)
	}
	return labels, true
}

// trimSlash takes one slash off the end: older clients send
// /2015-03-31/functions/, newer ones /2015-03-31/functions.
func trimSlash(path string) string {
	if len(path) > 1 {
		return strings.TrimSuffix(path, "/")
	}
	return path
}
