package authorizer

import (
	"encoding/json"
	"fmt"
)

// Kind is why an authorizer gave no answer. The zero value is Misconfigured, the
// one that nobody can mistake for a refusal of the caller.
type Kind uint8

const (
	// Misconfigured: the function cannot be invoked, was given up on, or what it said
	// is no answer. 500.
	Misconfigured Kind = iota
	// Broken: the function failed, crashed, ran out of its own time or is throttled. 500.
	Broken
	// Unauthorized: the function said so, in that very word. 401.
	Unauthorized
)

func (k Kind) String() string {
	switch k {
	case Broken:
		return "authorizer failure"
	case Unauthorized:
		return "unauthorized"
	}
	return "authorizer configuration error"
}

// Failure is an authorizer without an answer. Reason is for the operator: it
// says what was wrong and shows nothing of what the function wrote but names.
type Failure struct {
	Kind   Kind
	Reason string
}

func (f *Failure) Error() string { return f.Kind.String() + ": " + f.Reason }

func malformed(format string, args ...any) error {
	return &Failure{Misconfigured, fmt.Sprintf(format, args...)}
}

// unauthorized is what a function throws to have its caller refused with a 401.
const unauthorized = "Unauthorized"

// FailureOf reads the error document of a function that failed. Its words, which
// may hold anything, go no further.
func FailureOf(form Form, document []byte) *Failure {
	var said struct {
		Message *string `json:"errorMessage"`
		Kind    string  `json:"errorType"`
	}
	if len(document) <= MaxAnswer && json.Unmarshal(document, &said) == nil && said.Message != nil {
		// An HTTP API whose authorizer has the format 2.0 knows isAuthorized for that.
		if *said.Message == unauthorized && (form == REST || form == HTTP1) {
			return &Failure{Unauthorized, "the function said Unauthorized"}
		}
		return &Failure{Broken, "the function failed with an error of its own"}
	}
	return &Failure{Broken, "the function failed without an error document"}
}
