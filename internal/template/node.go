package template

// nodeKind is what a node is. The zero value is absent, which is also what
// AWS::NoValue gives: a field that is absent is as if it had not been written.
type nodeKind uint8

const (
	absent nodeKind = iota
	null
	boolean
	number
	text
	list
	mapping
	function // an intrinsic function, by its long name, with one argument
	unusable // its evaluation failed, which has been reported
)

func (k nodeKind) String() string {
	switch k {
	case null:
		return "null"
	case boolean:
		return "a boolean"
	case number:
		return "a number"
	case text:
		return "text"
	case list:
		return "a list"
	case mapping:
		return "a mapping"
	case function:
		return "a function"
	default:
		return "nothing"
	}
}

// node is a value of the template and where it stands. Nodes are not changed
// once made; evaluation returns new ones and shares what stays as it is.
type node struct {
	kind   nodeKind
	at     Position
	text   string // scalars, as written; a function's name
	items  []*node
	fields []field
	secret bool // came from a NoEcho parameter
}

type field struct {
	name  string
	at    Position
	value *node
}

// get is the value of a mapping's field, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.fields {
		if n.fields[i].name == name {
			return n.fields[i].value
		}
	}
	return nil
}

func (n *node) scalar() bool {
	return n != nil && (n.kind == text || n.kind == number || n.kind == boolean)
}

// is says whether n is the scalar word.
func (n *node) is(word string) bool { return n.scalar() && n.text == word }

// texts are the items of a list, nil if n is none.
func (n *node) texts() (all []string) {
	if n != nil {
		for _, item := range n.items {
			all = append(all, item.text)
		}
	}
	return all
}

// argument is what a function is applied to.
func (n *node) argument() *node { return n.items[0] }

// known says that nothing in n waits for a resource.
func (n *node) known() bool {
	known := true
	n.walk(func(m *node) { known = known && m.kind != function })
	return known
}

// walk visits every node once, shared ones too.
func (n *node) walk(visit func(*node)) {
	seen := map[*node]bool{}
	var each func(*node)
	each = func(m *node) {
		if m == nil || seen[m] {
			return
		}
		seen[m] = true
		visit(m)
		for _, item := range m.items {
			each(item)
		}
		for _, f := range m.fields {
			each(f.value)
		}
	}
	each(n)
}

// moved is n as if it stood at another place, so that an error about a
// parameter's value points to where it is used.
func (n *node) moved(at Position) *node {
	m := *n
	m.at = at
	return &m
}

func newText(at Position, s string) *node { return &node{kind: text, at: at, text: s} }

func newList(at Position, items ...*node) *node { return &node{kind: list, at: at, items: items} }

// newMapping takes name, value, name, value ...; nil values are left out.
func newMapping(at Position, pairs ...any) *node {
	n := &node{kind: mapping, at: at}
	for i := 0; i < len(pairs); i += 2 {
		if v, _ := pairs[i+1].(*node); v != nil {
			n.fields = append(n.fields, field{pairs[i].(string), v.at, v})
		}
	}
	return n
}

func newFunction(at Position, name string, argument *node) *node {
	return &node{kind: function, at: at, text: name, items: []*node{argument}}
}

func newRef(at Position, name string) *node { return newFunction(at, "Ref", newText(at, name)) }

func newGetAtt(at Position, id, attribute string) *node {
	return newFunction(at, "Fn::GetAtt", newList(at, newText(at, id), newText(at, attribute)))
}

// newJoin concatenates; it is what Fn::Sub becomes while parts are unknown.
func newJoin(at Position, parts ...*node) *node {
	return newFunction(at, "Fn::Join", newList(at, newText(at, ""), newList(at, parts...)))
}
