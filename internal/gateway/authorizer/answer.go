package authorizer

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/strictjson"
)

// MaxAnswer is the most bytes that a function may answer.
const MaxAnswer = 64 << 10

// Form is which answers are taken, and what their context may hold. The zero
// value takes none.
type Form uint8

const (
	// REST: a policy, a principal, a context of texts, numbers, booleans and nulls.
	REST Form = iota + 1
	// HTTP1: of an HTTP API, format 1.0. A policy; the context has no claims.
	HTTP1
	// HTTP2: of an HTTP API, format 2.0 without simple responses. A policy.
	HTTP2
	// Simple: of an HTTP API, format 2.0. isAuthorized in place of a policy.
	Simple
)

// Answer is what a function said of a caller. It never changes, and any number
// of requests may share it.
type Answer struct {
	Principal string // principalId; "" where an HTTP API's function says none
	Context   Context
	// Caller is how records name who was proved. Whoever has called the function
	// sets it, before anybody shares the answer.
	Caller string

	policy []policy.Attached // one; none of a simple response
	yes    bool              // of a simple response
	size   int               // bytes of memory, about
}

// Read reads the answer of an authorizer's function. What is wrong with it comes
// as a *Failure of the kind Misconfigured, and nobody passes. By name the policy
// is called in explanations.
func Read(form Form, name string, answer []byte) (*Answer, error) {
	if form < REST || form > Simple {
		return nil, malformed("the authorizer's form of answers is not known")
	}
	if len(answer) > MaxAnswer {
		return nil, malformed("the answer has %d bytes, and %d are the most", len(answer), MaxAnswer)
	}
	if !utf8.Valid(answer) {
		return nil, malformed("the answer is not UTF-8")
	}
	if err := strictjson.Check(answer, maxDepth); err != nil {
		return nil, malformed("the answer is %v", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(answer, &members); err != nil || members == nil {
		return nil, malformed("the answer is no JSON object")
	}
	a := &Answer{}
	if err := a.decision(form, name, members); err != nil {
		return nil, err
	}
	if err := a.principal(form, members); err != nil {
		return nil, err
	}
	context, err := readContext(form, members["context"])
	if err != nil {
		return nil, err
	}
	a.Context = context
	a.Context.write(a.Principal)
	// A compiled policy was measured to take up to 17 times its text, a context 4 times.
	a.size = 1024 + 4*len(answer) + 16*len(members["policyDocument"])
	return a, nil
}

func (a *Answer) decision(form Form, name string, members map[string]json.RawMessage) error {
	if form == Simple {
		raw, there := members["isAuthorized"]
		if !there {
			return malformed("the answer has no isAuthorized, which simple responses need")
		}
		if string(raw) != "true" && string(raw) != "false" {
			return malformed("isAuthorized is neither true nor false")
		}
		a.yes = string(raw) == "true"
		return nil
	}
	document, there := members["policyDocument"]
	if !there || string(document) == "null" {
		return malformed("the answer has no policyDocument")
	}
	p, err := policy.Parse(policy.Authorizer, document)
	if err != nil {
		if wrong, ok := errors.AsType[*policy.MalformedError](err); ok {
			return malformed("policyDocument: %v", wrong)
		}
		return malformed("policyDocument cannot be read")
	}
	a.policy = []policy.Attached{{Name: name, Policy: p}}
	return nil
}

// principal reads principalId. Everything that is logged and handed on of a
// REST API's caller hangs on it, so a policy for nobody is no answer.
func (a *Answer) principal(form Form, members map[string]json.RawMessage) error {
	raw, there := members["principalId"]
	if !there || string(raw) == "null" || form == Simple {
		if form == REST {
			return malformed("the answer has no principalId")
		}
		return nil
	}
	if json.Unmarshal(raw, &a.Principal) != nil {
		return malformed("principalId is no string")
	}
	if a.Principal == "" && form == REST {
		return malformed("principalId is empty")
	}
	return nil
}
