package awsapi

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// formNode is the parameters of a form as the tree that their dots draw:
// Tags.member.1.Key is Tags -> member -> 1 -> Key.
type formNode struct {
	value    string
	given    bool // value was there
	children map[string]*formNode
}

// maxParameters bounds a form; AWS's largest call has a few hundred.
const maxParameters = 10_000

// newFormNode draws the tree. A parameter that stands there twice is refused.
func newFormNode(form url.Values) (*formNode, error) {
	if len(form) > maxParameters {
		return nil, bad("The request has too many parameters")
	}
	root := &formNode{}
	for key, values := range form {
		if len(values) != 1 {
			return nil, bad("The parameter '" + clip(key) + "' stands there more than once")
		}
		if !utf8.ValidString(key) || !utf8.ValidString(values[0]) {
			return nil, bad("The request is not valid UTF-8")
		}
		if strings.HasPrefix(key, "X-Amz-") {
			continue // a presigned call's signature
		}
		node := root
		for depth := 0; ; depth++ {
			if depth > maxDepth {
				return nil, bad("The parameters are nested too deeply")
			}
			part, rest, more := strings.Cut(key, ".")
			child := node.children[part]
			if child == nil {
				if node.children == nil {
					node.children = map[string]*formNode{}
				}
				child = &formNode{}
				node.children[part] = child
			}
			node = child
			if !more {
				break
			}
			key = rest
		}
		node.value, node.given = values[0], true
	}
	return root, nil
}

// numbered are the children called 1, 2, 3 ..., in order. Any gaps close.
func (n *formNode) numbered() ([]*formNode, error) {
	if n == nil {
		return nil, nil
	}
	type element struct {
		number int
		node   *formNode
	}
	list := make([]element, 0, len(n.children))
	for key, child := range n.children {
		number, err := strconv.Atoi(key)
		if err != nil || number < 1 || strconv.Itoa(number) != key {
			return nil, bad("'" + clip(key) + "' is not the number of an element")
		}
		list = append(list, element{number, child})
	}
	slices.SortFunc(list, func(a, b element) int { return cmp.Compare(a.number, b.number) })
	nodes := make([]*formNode, len(list))
	for i, e := range list {
		nodes[i] = e.node
	}
	return nodes, nil
}

// formRead reads a node into v.
type formRead func(n *formNode, v reflect.Value) error

type formReaders struct {
	name   naming
	unions []Union
	done   map[reflect.Type]*formRead
}

func newFormReaders(name naming, unions ...Union) *formReaders {
	return &formReaders{name, unions, map[reflect.Type]*formRead{}}
}

func (c *formReaders) value(typ reflect.Type) (formRead, error) {
	slot, known := c.done[typ]
	if !known {
		slot = new(formRead)
		c.done[typ] = slot
		read, err := c.compile(typ)
		if err != nil {
			return nil, err
		}
		*slot = read
	}
	return func(n *formNode, v reflect.Value) error { return (*slot)(n, v) }, nil
}

func (c *formReaders) compile(typ reflect.Type) (formRead, error) {
	if read, ok := textReader(typ); ok {
		return func(n *formNode, v reflect.Value) error {
			if n.children != nil {
				return bad("Start of structure or map found where not expected.")
			}
			return read(n.value, v)
		}, nil
	}
	switch typ.Kind() {
	case reflect.Pointer:
		elem, err := c.value(typ.Elem())
		if err != nil {
			return nil, err
		}
		return func(n *formNode, v reflect.Value) error {
			p := reflect.New(typ.Elem())
			v.Set(p)
			return elem(n, p.Elem())
		}, nil
	case reflect.Slice:
		return c.slice(typ)
	case reflect.Map:
		return c.table(typ)
	case reflect.Struct:
		return c.structure(members(typ, c.name))
	case reflect.Interface:
		if u, ok := unionOf(c.unions, typ); ok {
			return c.union(u)
		}
	}
	return nil, fmt.Errorf("%s cannot be read from a form", typ)
}

func (c *formReaders) structure(list []member) (formRead, error) {
	type field struct {
		index int
		wire  string
		read  formRead
	}
	fields := make([]field, len(list))
	for i, m := range list {
		read, err := c.value(m.typ)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", m.field, err)
		}
		fields[i] = field{m.index, m.wire, read}
	}
	return func(n *formNode, v reflect.Value) error {
		if n.value != "" {
			return bad("STRING_VALUE can not be converted to a structure")
		}
		for _, f := range fields {
			if child := n.children[f.wire]; child != nil {
				if err := f.read(child, v.Field(f.index)); err != nil {
					return err
				}
			}
		}
		return nil
	}, nil
}

// slice reads Foo.member.N; "Foo=" is the empty list.
func (c *formReaders) slice(typ reflect.Type) (formRead, error) {
	elem, err := c.value(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(n *formNode, v reflect.Value) error {
		if n.value != "" {
			return bad("STRING_VALUE can not be converted to a list")
		}
		nodes, err := n.children["member"].numbered()
		if err != nil {
			return err
		}
		list := reflect.MakeSlice(typ, len(nodes), len(nodes))
		v.Set(list)
		for i, node := range nodes {
			if err := elem(node, list.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// table reads Foo.entry.N.key and Foo.entry.N.value.
func (c *formReaders) table(typ reflect.Type) (formRead, error) {
	if typ.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: keys of a map are strings", typ)
	}
	elem, err := c.value(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(n *formNode, v reflect.Value) error {
		if n.value != "" {
			return bad("STRING_VALUE can not be converted to a map")
		}
		nodes, err := n.children["entry"].numbered()
		if err != nil {
			return err
		}
		m := reflect.MakeMapWithSize(typ, len(nodes))
		v.Set(m)
		for _, node := range nodes {
			key, value := node.children["key"], node.children["value"]
			if key == nil || value == nil {
				return bad("An entry of a map has a key and a value")
			}
			k := reflect.ValueOf(key.value).Convert(typ.Key())
			if m.MapIndex(k).IsValid() {
				return bad("The key '" + clip(key.value) + "' stands there more than once")
			}
			e := reflect.New(typ.Elem()).Elem()
			if err := elem(value, e); err != nil {
				return err
			}
			m.SetMapIndex(k, e)
		}
		return nil
	}, nil
}

// textRead reads a value from plain text: of a form, a path, a query, a header.
type textRead func(text string, v reflect.Value) error

// textReader is how a simple type is written as text; ok is false for others.
func textReader(typ reflect.Type) (read textRead, ok bool) {
	switch {
	case typ == timeType:
		return func(text string, v reflect.Value) error {
			when, err := parseISO(text)
			v.Set(reflect.ValueOf(when))
			return err
		}, true
	case typ == bytesType:
		return func(text string, v reflect.Value) error {
			blob, err := decodeBlob([]byte(text))
			v.SetBytes(blob)
			return err
		}, true
	}
	switch typ.Kind() {
	case reflect.String:
		return func(text string, v reflect.Value) error { v.SetString(text); return nil }, true
	case reflect.Bool:
		return func(text string, v reflect.Value) error {
			switch text {
			case "true":
				v.SetBool(true)
			case "false":
				v.SetBool(false)
			default:
				return bad("STRING_VALUE can not be converted to a Boolean")
			}
			return nil
		}, true
	case reflect.Int32, reflect.Int64:
		return func(text string, v reflect.Value) error {
			n, err := strconv.ParseInt(text, 10, typ.Bits())
			if err != nil {
				return bad("STRING_VALUE can not be converted to an Integer")
			}
			v.SetInt(n)
			return nil
		}, true
	case reflect.Float32, reflect.Float64:
		return func(text string, v reflect.Value) error {
			f, err := strconv.ParseFloat(text, typ.Bits())
			if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
				return bad("STRING_VALUE can not be converted to a Double")
			}
			v.SetFloat(f)
			return nil
		}, true
	}
	return nil, false
}
