package template

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// functions are the intrinsic functions by their long names, with what is to be
// said about those that are known and not supported.
var functions = map[string]string{
	"Ref": "", "Condition": "", "Fn::GetAtt": "", "Fn::Sub": "", "Fn::Join": "", "Fn::If": "", "Fn::Equals": "",
	"Fn::Not": "", "Fn::And": "", "Fn::Or": "", "Fn::FindInMap": "", "Fn::Select": "", "Fn::Split": "", "Fn::Base64": "",
	"Fn::ImportValue":  "other stacks' exports cannot be imported: use a parameter",
	"Fn::GetAZs":       "there are no availability zones here",
	"Fn::Cidr":         "there are no networks here",
	"Fn::Transform":    "the only transform is AWS::Serverless-2016-10-31, in the Transform section",
	"Fn::Length":       "language extensions are not supported",
	"Fn::ToJsonString": "language extensions are not supported",
	"Fn::ForEach":      "language extensions are not supported",
}

// parse reads a template's text. What is wrong with it goes to r; the node is nil if nothing could be read.
func parse(source []byte, r *report) *node {
	if len(source) > maxSize {
		r.problem(Position{}, "the template has %d bytes; at most %d are allowed", len(source), maxSize)
		return nil
	}
	if !utf8.Valid(source) {
		r.problem(Position{}, "the template is not UTF-8 text")
		return nil
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if len(bytes.TrimSpace(source)) == 0 {
		r.problem(Position{}, "the template is empty")
		return nil
	}
	if bytes.HasPrefix(bytes.TrimSpace(source), []byte("{")) {
		return parseJSON(source, r)
	}
	return parseYAML(source, r)
}

func parseYAML(source []byte, r *report) (root *node) {
	// A mistake in the YAML library must not take the server down.
	defer func() {
		if p := recover(); p == (enough{}) {
			panic(p)
		} else if p != nil {
			r.problem(Position{}, "the template is not YAML that can be read")
			root = nil
		}
	}()
	if bytes.IndexByte(source, 0) >= 0 {
		r.problem(Position{}, "the template holds a zero byte")
		return nil
	}
	tokens := lexer.Tokenize(string(source))
	if len(tokens) > maxTokens {
		r.problem(Position{}, "the template has more than %d words and signs; split it, or write it in JSON", maxTokens)
		return nil
	}
	if !shallow(tokens, r) || !narrow(tokens, r) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		syntaxProblem(err, r)
		return nil
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		if d.Body.Type() == ast.DirectiveType {
			r.problem(place(d.Body), "YAML directives are not supported")
			return nil
		}
		if body != nil {
			at := place(d.Body)
			if d.Start != nil {
				at = Position{d.Start.Position.Line, d.Start.Position.Column}
			}
			r.problem(at, "a template is one YAML document; a second one starts here")
			return nil
		}
		body = d.Body
	}
	if body == nil {
		r.problem(Position{}, "the template is empty")
		return nil
	}
	return (&yamlReader{r}).read(body, 0)
}

func syntaxProblem(err error, r *report) {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
		p := e.GetToken().Position
		message := e.GetMessage()
		if strings.Contains(message, "'\t'") {
			message = "a tab cannot indent; use spaces"
		}
		r.problem(Position{p.Line, p.Column}, "not valid YAML: %s", message)
		return
	}
	message, _, _ := strings.Cut(err.Error(), "\n")
	r.problem(Position{}, "not valid YAML: %s", message)
}

func place(n ast.Node) Position {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return Position{t.Position.Line, t.Position.Column}
	}
	return Position{}
}

type yamlReader struct{ *report }

func (y *yamlReader) read(n ast.Node, depth int) *node {
	if n == nil {
		return &node{kind: null}
	}
	at := place(n)
	if depth > maxDepth {
		y.problem(at, "nested too deeply; at most %d levels are allowed", maxDepth)
		return &node{kind: null, at: at}
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{kind: null, at: at}
	case *ast.BoolNode:
		return &node{kind: boolean, at: at, text: strings.ToLower(n.Token.Value)}
	case *ast.IntegerNode, *ast.FloatNode:
		// The text as written: an account id with a leading zero must keep it.
		return &node{kind: number, at: at, text: n.GetToken().Value}
	case *ast.InfinityNode, *ast.NanNode:
		return newText(at, n.GetToken().Value)
	case *ast.StringNode:
		return newText(at, n.Value)
	case *ast.LiteralNode:
		if n.Value == nil {
			return newText(at, "")
		}
		return newText(at, n.Value.Value)
	case *ast.MappingValueNode:
		return y.mapping(place(n.Key), []*ast.MappingValueNode{n}, depth)
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			at = place(n.Values[0].Key)
		}
		return y.mapping(at, n.Values, depth)
	case *ast.SequenceNode:
		l := &node{kind: list, at: at}
		for _, v := range n.Values {
			l.items = append(l.items, y.read(v, depth+1))
		}
		return l
	case *ast.TagNode:
		return y.tag(n, depth)
	case *ast.AnchorNode, *ast.AliasNode:
		y.problem(at, "anchors and aliases are not supported, as in CloudFormation: write the value out")
	default:
		y.problem(at, "this kind of YAML (%s) is not supported", strings.ToLower(n.Type().String()))
	}
	return &node{kind: null, at: at}
}

func (y *yamlReader) mapping(at Position, values []*ast.MappingValueNode, depth int) *node {
	m := &node{kind: mapping, at: at}
	if len(values) > maxFields {
		y.stop(at, tooManyNames, maxFields)
	}
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		name, where, ok := y.key(v.Key)
		if !ok {
			continue
		}
		if seen[name] {
			y.problem(where, "%q is given twice", name)
			continue
		}
		seen[name] = true
		m.fields = append(m.fields, field{name, where, y.read(v.Value, depth+1)})
	}
	return asFunction(m, y.report)
}

func (y *yamlReader) key(k ast.MapKeyNode) (string, Position, bool) {
	switch k := k.(type) {
	case *ast.MergeKeyNode:
		y.problem(place(k), "merge keys (<<) are not supported, as in CloudFormation: write the fields out")
	case *ast.StringNode:
		return k.Value, place(k), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return k.GetToken().Value, place(k), true
	default:
		y.problem(place(k), "a key must be plain text")
	}
	return "", Position{}, false
}

// tag reads a short form: !Sub text is {"Fn::Sub": text}.
func (y *yamlReader) tag(n *ast.TagNode, depth int) *node {
	at := place(n)
	short := strings.TrimPrefix(n.Start.Value, "!")
	argument := y.read(n.Value, depth+1)
	name := short
	if short != "Ref" && short != "Condition" {
		name = "Fn::" + short
	}
	switch why, ok := functions[name]; {
	case strings.HasPrefix(n.Start.Value, "!!"):
		y.problem(at, "YAML tag %s is not supported; write the value without it", n.Start.Value)
		return argument
	case !ok:
		y.problem(at, "unknown function !%s%s", short, didYouMean(short, shortNames()))
		return &node{kind: null, at: at}
	case why != "":
		y.problem(at, "!%s is not supported: %s", short, why)
		return &node{kind: null, at: at}
	}
	return newFunction(at, name, argument)
}

// asFunction turns {"Fn::Sub": x}, the long form, into a function.
func asFunction(m *node, r *report) *node {
	for _, f := range m.fields {
		isFunction := strings.HasPrefix(f.name, "Fn::") || (f.name == "Ref" || f.name == "Condition" && f.value.kind == text) && len(m.fields) == 1
		if !isFunction {
			continue
		}
		switch why, ok := functions[f.name]; {
		case !ok && !strings.HasPrefix(f.name, "Fn::ForEach"):
			r.problem(f.at, "unknown function %s%s", f.name, didYouMean(f.name, longNames()))
		case why != "" || !ok:
			r.problem(f.at, "%s is not supported: %s", f.name, why)
		case len(m.fields) > 1:
			r.problem(f.at, "%s must be the only key of its mapping", f.name)
		default:
			return newFunction(f.at, f.name, f.value)
		}
		return &node{kind: null, at: f.at}
	}
	return m
}

func longNames() (all []string) {
	for name, why := range functions {
		if why == "" {
			all = append(all, name)
		}
	}
	return all
}

func shortNames() (all []string) {
	for _, name := range longNames() {
		all = append(all, strings.TrimPrefix(name, "Fn::"))
	}
	return all
}

var errTooDeep = fmt.Errorf("nested too deeply; at most %d levels are allowed", maxDepth)
