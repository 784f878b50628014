package template

// condition is one entry of Conditions, evaluated when it is first asked for.
type condition struct {
	value *node
	state conditionState
	holds bool
}

type conditionState uint8

const (
	unasked conditionState = iota
	asking
	answered
)

// readConditions keeps the entries; they may refer to each other in any order.
func (e *environment) readConditions(section *node) {
	e.conditions = map[string]*condition{}
	if section == nil {
		return
	}
	if section.kind != mapping {
		e.problem(section.at, "Conditions must be a mapping of names to conditions")
		return
	}
	for _, f := range section.fields {
		e.conditions[f.name] = &condition{value: f.value}
	}
	for _, f := range section.fields {
		e.holds(f.at, f.name)
	}
}

// holds says whether a condition is true. What is wrong with it is reported
// once, and it is then false.
func (e *environment) holds(at Position, name string) bool {
	c, ok := e.conditions[name]
	if !ok {
		known := make([]string, 0, len(e.conditions))
		for k := range e.conditions {
			known = append(known, k)
		}
		e.problem(at, "no condition is named %q%s", name, didYouMean(name, known))
		return false
	}
	switch c.state {
	case asking:
		e.problem(at, "condition %q depends on itself", name)
		return false
	case unasked:
		c.state = asking
		c.holds = e.truth(c.value)
		c.state = answered
	}
	return c.holds
}

func (e *environment) truth(n *node) bool {
	if e.steps++; e.steps > maxSteps {
		e.stop(n.at, tooLarge)
		return false
	}
	if n.kind != function {
		e.problem(n.at, "a condition is made of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition")
		return false
	}
	argument := n.argument()
	switch n.text {
	case "Condition":
		if argument.kind == text {
			return e.holds(n.at, argument.text)
		}
	case "Fn::Not":
		if argument.kind == list && len(argument.items) == 1 {
			return !e.truth(argument.items[0])
		}
	case "Fn::And", "Fn::Or":
		if argument.kind != list || len(argument.items) < 2 || len(argument.items) > 10 {
			e.problem(n.at, "%s takes a list of two to ten conditions", n.text)
			return false
		}
		all, some := true, false
		for _, item := range argument.items { // all of them, so that every mistake is reported
			holds := e.truth(item)
			all, some = all && holds, some || holds
		}
		if n.text == "Fn::And" {
			return all
		}
		return some
	case "Fn::Equals":
		if argument.kind != list || len(argument.items) != 2 {
			break
		}
		a, b := e.eval(argument.items[0]), e.eval(argument.items[1])
		if a.kind == function || b.kind == function {
			e.problem(n.at, "a condition cannot depend on a resource: conditions decide which resources there are")
			return false
		}
		return a.kind != unusable && b.kind != unusable && same(a, b)
	default:
		e.problem(n.at, "%s does not give a condition; use Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition", n.text)
		return false
	}
	e.problem(n.at, "%s has the wrong arguments", n.text)
	return false
}

// same compares values by their text, as CloudFormation does: 1 and "1" are equal.
func same(a, b *node) bool {
	if a.scalar() && b.scalar() {
		return a.text == b.text
	}
	if a.kind != b.kind || len(a.items) != len(b.items) || len(a.fields) != len(b.fields) {
		return false
	}
	for i := range a.items {
		if !same(a.items[i], b.items[i]) {
			return false
		}
	}
	for _, f := range a.fields {
		if v := b.get(f.name); v == nil || !same(f.value, v) {
			return false
		}
	}
	return true
}

// readMappings checks the two levels of keys that Fn::FindInMap looks up.
func (e *environment) readMappings(section *node) {
	e.mappings = map[string]*node{}
	if section == nil {
		return
	}
	if section.kind != mapping {
		e.problem(section.at, "Mappings must be a mapping of names to tables")
		return
	}
	for _, table := range section.fields {
		if table.value.kind != mapping {
			e.problem(table.at, "mapping %q must have two levels of keys", table.name)
			continue
		}
		for _, row := range table.value.fields {
			if row.value.kind != mapping {
				e.problem(row.at, "mapping %q must have two levels of keys", table.name)
				continue
			}
			for _, cell := range row.value.fields {
				if !cell.value.known() || cell.value.kind == mapping {
					e.problem(cell.at, "a value of a mapping is a text or a list of texts")
				}
			}
		}
		e.mappings[table.name] = table.value
	}
}
