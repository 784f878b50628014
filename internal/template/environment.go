package template

import (
	"fmt"
	"strings"
)

// environment is what expressions are evaluated in. While a template is loaded,
// attribute is nil and whatever needs a resource stays a function.
type environment struct {
	*report
	parameters map[string]*node
	pseudo     map[string]*node
	mappings   map[string]*node
	conditions map[string]*condition
	resources  map[string]bool   // logical ids that may be referred to
	leftOut    map[string]string // logical ids that are not made, and the condition that says so
	aliases    map[string]*node  // "FunctionRole.Arn": names that SAM gives to what it makes
	attribute  func(id, name string) (*node, error)
	steps      int
	produced   int
}

const (
	maxSteps    = 200_000 // nodes visited by one evaluation of a template
	maxProduced = 8 << 20 // bytes of text made by it
	maxText     = 1 << 20 // bytes of one text made
)

const tooLarge = "the template grows too large when it is evaluated"

// eval gives n with everything done that can be done.
func (e *environment) eval(n *node) *node {
	if e.steps++; e.steps > maxSteps {
		e.stop(Position{}, tooLarge)
		return &node{kind: unusable}
	}
	switch {
	case n == nil:
		return &node{}
	case n.kind == list:
		out := &node{kind: list, at: n.at}
		for _, item := range n.items {
			if v := e.eval(item); v.kind != absent {
				out.items = append(out.items, v)
			}
		}
		return out
	case n.kind == mapping:
		out := &node{kind: mapping, at: n.at}
		for _, f := range n.fields {
			if v := e.eval(f.value); v.kind != absent {
				out.fields = append(out.fields, field{f.name, f.at, v})
			}
		}
		return out
	case n.kind == function:
		return e.apply(n)
	}
	return n
}

// text makes a text node, within the bounds.
func (e *environment) text(at Position, s string, secret bool) *node {
	if e.produced += len(s); e.produced > maxProduced || len(s) > maxText {
		e.stop(at, tooLarge)
		return &node{kind: unusable}
	}
	return &node{kind: text, at: at, text: s, secret: secret}
}

func pseudoParameters(s Settings) map[string]*node {
	partition, suffix := "aws", "amazonaws.com"
	switch {
	case strings.HasPrefix(s.Region, "cn-"):
		partition, suffix = "aws-cn", "amazonaws.com.cn"
	case strings.HasPrefix(s.Region, "us-gov-"):
		partition = "aws-us-gov"
	}
	plain := func(v string) *node { return newText(Position{}, v) }
	return map[string]*node{
		"AWS::Region":           plain(s.Region),
		"AWS::AccountId":        plain(s.Account),
		"AWS::Partition":        plain(partition),
		"AWS::URLSuffix":        plain(suffix),
		"AWS::StackName":        plain(s.Stack),
		"AWS::StackId":          plain("arn:" + partition + ":cloudformation:" + s.Region + ":" + s.Account + ":stack/" + s.Stack + "/sallyport"),
		"AWS::NotificationARNs": {kind: list},
		"AWS::NoValue":          {},
	}
}

// referable are the names that a Ref may have.
func (e *environment) referable() (all []string) {
	for name := range e.parameters {
		all = append(all, name)
	}
	for name := range e.resources {
		all = append(all, name)
	}
	for name := range e.pseudo {
		all = append(all, name)
	}
	return all
}

// unknown is what to say about a reference to nothing.
func (e *environment) unknown(name string) string {
	if condition, ok := e.leftOut[name]; ok {
		return fmt.Sprintf("%q is not made, because its condition %q is false; use Fn::If with AWS::NoValue", name, condition)
	}
	return fmt.Sprintf("%q is neither a parameter nor a resource of this template%s", name, didYouMean(name, e.referable()))
}
