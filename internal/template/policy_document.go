package template

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/sallyport/sallyport/internal/policy"
)

// policyOf is a property that holds a policy: a mapping, or its JSON as text.
// Its value, once resolved, is the JSON.
func policyOf(kind policy.Kind) shape { return shape{kind: policyText, policy: kind} }

// ownPolicy is a policy whose service has short forms of its own, and judges it.
var ownPolicy = shape{kind: policyText}

// checkPolicy reads a policy as IAM will, so that what is wrong with it is
// told with its line and before anything is made.
func checkPolicy(r *report, n *node, kind policy.Kind, name string) {
	if n.kind != mapping && n.kind != text {
		r.problem(n.at, "%s must be a policy, not %s", name, n.kind)
		return
	}
	if kind == 0 {
		return
	}
	complete := true
	n.walk(func(m *node) { complete = complete && m.kind != function && m.kind != unusable })
	if !complete {
		return
	}
	document := documentText(n)
	if len(document) > policy.MaxDocument {
		r.problem(n.at, "%s has %d bytes; at most %d are read", name, len(document), policy.MaxDocument)
		return
	}
	p, err := policy.Parse(kind, []byte(document))
	if err == nil {
		err = p.CheckSize()
	}
	var malformed *policy.MalformedError
	switch {
	case err == nil:
	case hasSecret(n):
		r.problem(n.at, "%s is not a valid policy", name)
	case errors.As(err, &malformed): // its line is one of the JSON
		why := malformed.Message
		if malformed.Detail != "" {
			why += " (" + malformed.Detail + ")"
		}
		r.problem(n.at, "%s is not a valid policy: %s", name, why)
	default:
		r.problem(n.at, "%s is not a valid policy: %v", name, err)
	}
}

// documentText is a policy as JSON, in the order in which it is written: it is
// what people see when they ask IAM for it.
func documentText(n *node) string {
	if n.kind == text {
		return n.text
	}
	var out strings.Builder
	writeJSON(&out, n)
	return out.String()
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func writeJSON(out *strings.Builder, n *node) {
	switch {
	case n.kind == list:
		out.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSON(out, item)
		}
		out.WriteByte(']')
	case n.kind == mapping:
		out.WriteByte('{')
		for i, f := range n.fields {
			if i > 0 {
				out.WriteByte(',')
			}
			writeText(out, f.name)
			out.WriteByte(':')
			writeJSON(out, f.value)
		}
		out.WriteByte('}')
	case n.kind == null || n.kind == absent:
		out.WriteString("null")
	case n.kind == boolean:
		out.WriteString(n.text)
	case n.kind == number && jsonNumber.MatchString(n.text):
		out.WriteString(n.text)
	default: // an account such as 012345678901 is no number of JSON's
		writeText(out, n.text)
	}
}

func writeText(out *strings.Builder, s string) {
	b, _ := json.Marshal(s) // a text always can be
	out.Write(b)
}
