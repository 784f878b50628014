package template

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// apply evaluates one intrinsic function.
func (e *environment) apply(n *node) *node {
	switch n.text {
	case "Ref":
		return e.ref(n)
	case "Fn::GetAtt":
		return e.getAtt(n)
	case "Fn::Sub":
		return e.sub(n)
	case "Fn::If":
		return e.ifElse(n)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Condition":
		e.problem(n.at, "%s stands only in Conditions; here use Fn::If with the name of a condition", n.text)
		return &node{kind: unusable}
	}
	argument := e.eval(n.argument())
	if argument.kind == unusable || slices.ContainsFunc(argument.items, func(i *node) bool { return i.kind == unusable }) {
		return &node{kind: unusable}
	}
	switch n.text {
	case "Fn::Join":
		return e.join(n.at, argument)
	case "Fn::Split":
		return e.split(n.at, argument)
	case "Fn::Select":
		return e.choose(n.at, argument)
	case "Fn::FindInMap":
		return e.findInMap(n.at, argument)
	case "Fn::Base64":
		if argument.kind == function {
			return newFunction(n.at, n.text, argument)
		}
		if !argument.scalar() {
			e.problem(n.at, "Fn::Base64 takes one text")
			return &node{kind: unusable}
		}
		return e.text(n.at, base64.StdEncoding.EncodeToString([]byte(argument.text)), argument.secret)
	}
	e.problem(n.at, "unknown function %s", n.text)
	return &node{kind: unusable}
}

func (e *environment) ref(n *node) *node {
	name := n.argument()
	if name.kind != text {
		e.problem(n.at, "Ref takes the name of a parameter or a resource")
		return &node{kind: unusable}
	}
	return e.reference(n.at, name.text)
}

func (e *environment) reference(at Position, name string) *node {
	if v, ok := e.parameters[name]; ok {
		return v.moved(at)
	}
	if v, ok := e.pseudo[name]; ok {
		return v.moved(at)
	}
	if v, ok := e.aliases[name]; ok {
		return e.eval(v.moved(at))
	}
	if !e.resources[name] {
		e.problem(at, "%s", e.unknown(name))
		return &node{kind: unusable}
	}
	if e.attribute == nil {
		return newRef(at, name)
	}
	return e.fetch(at, name, "")
}

func (e *environment) getAtt(n *node) *node {
	argument := n.argument()
	id, attribute, ok := "", "", false
	switch {
	case argument.kind == text:
		id, attribute, ok = strings.Cut(argument.text, ".")
	case argument.kind == list && len(argument.items) == 2:
		name := e.eval(argument.items[1])
		if argument.items[0].kind == text && name.kind == text {
			id, attribute, ok = argument.items[0].text, name.text, true
		}
	}
	if !ok || id == "" || attribute == "" {
		e.problem(n.at, "Fn::GetAtt takes a resource and the name of its attribute, as in !GetAtt Pool.Arn")
		return &node{kind: unusable}
	}
	return e.attributeOf(n.at, id, attribute)
}

func (e *environment) attributeOf(at Position, id, attribute string) *node {
	if v, ok := e.aliases[id+"."+attribute]; ok {
		return e.eval(v.moved(at))
	}
	if !e.resources[id] {
		e.problem(at, "%s", e.unknown(id))
		return &node{kind: unusable}
	}
	if e.attribute == nil {
		return newGetAtt(at, id, attribute)
	}
	return e.fetch(at, id, attribute)
}

func (e *environment) fetch(at Position, id, attribute string) *node {
	v, err := e.attribute(id, attribute)
	if err != nil {
		e.problem(at, "%v", err)
		return &node{kind: unusable}
	}
	return v.moved(at)
}

// sub turns "a${B}c" into a concatenation. ${!x} is a literal ${x}.
func (e *environment) sub(n *node) *node {
	argument, variables := n.argument(), map[string]*node{}
	if argument.kind == list && len(argument.items) == 2 && argument.items[1].kind == mapping {
		for _, f := range argument.items[1].fields {
			variables[f.name] = e.eval(f.value)
		}
		argument = argument.items[0]
	}
	if argument.kind != text {
		e.problem(n.at, "Fn::Sub takes a text, or a list of a text and a mapping of variables")
		return &node{kind: unusable}
	}
	var parts []*node
	rest := argument.text
	for {
		if e.steps++; e.steps > maxSteps {
			e.stop(n.at, tooLarge)
			return &node{kind: unusable}
		}
		before, after, found := strings.Cut(rest, "${")
		if before != "" {
			parts = append(parts, newText(n.at, before))
		}
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			e.problem(n.at, "in this Fn::Sub a ${ has no closing }")
			return &node{kind: unusable}
		}
		rest = tail
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			parts = append(parts, newText(n.at, "${"+literal+"}"))
			continue
		}
		name = strings.TrimSpace(name)
		if v, ok := variables[name]; ok {
			parts = append(parts, v)
			continue
		}
		_, isAlias := e.aliases[name]
		if id, attribute, dotted := strings.Cut(name, "."); dotted && !isAlias {
			parts = append(parts, e.attributeOf(n.at, id, attribute))
		} else {
			parts = append(parts, e.reference(n.at, name))
		}
	}
	return e.concatenate(n.at, "", parts)
}

func (e *environment) join(at Position, argument *node) *node {
	if argument.kind != list || len(argument.items) != 2 || !argument.items[0].scalar() {
		e.problem(at, "Fn::Join takes a delimiter and a list")
		return &node{kind: unusable}
	}
	values := argument.items[1]
	switch values.kind {
	case list:
		return e.concatenate(at, argument.items[0].text, values.items)
	case function:
		return newFunction(at, "Fn::Join", argument)
	}
	e.problem(at, "Fn::Join takes a delimiter and a list")
	return &node{kind: unusable}
}

// concatenate joins what is known and leaves a Fn::Join if something is not.
func (e *environment) concatenate(at Position, delimiter string, parts []*node) *node {
	var made strings.Builder
	known, secret := true, false
	for i, p := range parts {
		switch {
		case p.kind == function:
			known = false
		case p.kind == unusable:
			return p
		case !p.scalar() && p.kind != absent:
			e.problem(at, "%s cannot be part of a text", p.kind)
			return &node{kind: unusable}
		case known:
			if i > 0 {
				made.WriteString(delimiter)
			}
			made.WriteString(p.text)
			secret = secret || p.secret
		}
		if made.Len() > maxText {
			break
		}
	}
	if known {
		return e.text(at, made.String(), secret)
	}
	return newFunction(at, "Fn::Join", newList(at, newText(at, delimiter), newList(at, parts...)))
}

func (e *environment) split(at Position, argument *node) *node {
	if argument.kind != list || len(argument.items) != 2 || !argument.items[0].scalar() || argument.items[0].text == "" {
		e.problem(at, "Fn::Split takes a delimiter and a text")
		return &node{kind: unusable}
	}
	source := argument.items[1]
	if source.kind == function {
		return newFunction(at, "Fn::Split", argument)
	}
	if !source.scalar() {
		e.problem(at, "Fn::Split takes a delimiter and a text")
		return &node{kind: unusable}
	}
	out := newList(at)
	for _, part := range strings.Split(source.text, argument.items[0].text) {
		if e.steps++; e.steps > maxSteps {
			e.stop(at, tooLarge)
			return &node{kind: unusable}
		}
		out.items = append(out.items, &node{kind: text, at: at, text: part, secret: source.secret})
	}
	return out
}

func (e *environment) choose(at Position, argument *node) *node {
	if argument.kind != list || len(argument.items) != 2 {
		e.problem(at, "Fn::Select takes an index and a list")
		return &node{kind: unusable}
	}
	index, choices := argument.items[0], argument.items[1]
	if index.kind == function || choices.kind == function {
		return newFunction(at, "Fn::Select", argument)
	}
	i, err := strconv.Atoi(index.text)
	if choices.kind != list || err != nil {
		e.problem(at, "Fn::Select takes an index and a list")
		return &node{kind: unusable}
	}
	if i < 0 || i >= len(choices.items) {
		e.problem(at, "Fn::Select asks for item %d of a list of %d; the first is 0", i, len(choices.items))
		return &node{kind: unusable}
	}
	return choices.items[i]
}

func (e *environment) findInMap(at Position, argument *node) *node {
	if argument.kind != list || len(argument.items) != 3 {
		e.problem(at, "Fn::FindInMap takes the name of a mapping and two keys")
		return &node{kind: unusable}
	}
	var keys [3]string
	for i, k := range argument.items {
		if !k.scalar() {
			e.problem(at, "the keys of Fn::FindInMap must be known before resources are made: text, parameters or other mappings")
			return &node{kind: unusable}
		}
		keys[i] = k.text
	}
	table, ok := e.mappings[keys[0]]
	if !ok {
		e.problem(at, "no mapping is named %q", keys[0])
		return &node{kind: unusable}
	}
	row := table.get(keys[1])
	if row == nil {
		e.problem(at, "mapping %q has no key %q", keys[0], keys[1])
		return &node{kind: unusable}
	}
	v := row.get(keys[2])
	if v == nil {
		e.problem(at, "mapping %q has no key %q under %q", keys[0], keys[2], keys[1])
		return &node{kind: unusable}
	}
	return v.moved(at)
}

func (e *environment) ifElse(n *node) *node {
	argument := n.argument()
	if argument.kind != list || len(argument.items) != 3 || argument.items[0].kind != text {
		e.problem(n.at, "Fn::If takes the name of a condition and two values")
		return &node{kind: unusable}
	}
	if e.holds(argument.items[0].at, argument.items[0].text) {
		return e.eval(argument.items[1])
	}
	return e.eval(argument.items[2])
}
