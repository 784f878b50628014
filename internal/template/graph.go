package template

import (
	"slices"
	"strings"
)

// sort puts every resource after those that it needs, otherwise in the order
// of the file, and reports those that need each other.
func (l *loader) sort() {
	for _, r := range l.resources {
		r.needs = l.allNeeds(r)
	}
	const (
		visiting = 1
		done     = 2
	)
	state := make(map[string]int, len(l.resources))
	var trail []string
	var visit func(id string)
	visit = func(id string) {
		switch state[id] {
		case done:
			return
		case visiting:
			circle := append(slices.Clone(trail[slices.Index(trail, id):]), id)
			l.problem(l.resources[id].at, "these resources need each other: %s", strings.Join(circle, " -> "))
			return
		}
		state[id] = visiting
		trail = append(trail, id)
		for _, need := range l.resources[id].needs {
			visit(need)
		}
		trail = trail[:len(trail)-1]
		state[id] = done
		l.order = append(l.order, id)
	}
	for _, id := range l.ids {
		visit(id)
	}
}

// allNeeds are the resources that r refers to, follows, or says it depends on.
func (l *loader) allNeeds(r *resource) []string {
	var needs []string
	add := func(id string) {
		if l.resources[id] != nil && !slices.Contains(needs, id) {
			needs = append(needs, id)
		}
	}
	for _, id := range r.needs {
		if !l.env.resources[id] && l.env.leftOut[id] == "" {
			l.problem(r.at, "%s depends on %q, which is not a resource of this template%s", r.id, id, didYouMean(id, l.ids))
		}
		add(id)
	}
	for _, id := range r.follows {
		add(id)
	}
	r.properties.walk(func(m *node) {
		if m.kind != function {
			return
		}
		switch m.text {
		case "Ref":
			add(m.argument().text)
		case "Fn::GetAtt":
			add(m.argument().items[0].text)
		}
	})
	slices.Sort(needs)
	return needs
}
