package trigger

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/strictjson"
)

const (
	// MaxAnswer is the most bytes that a function may answer. It leaves room for an
	// event with every attribute that a user can have.
	MaxAnswer = 2 << 20
	maxDepth  = 32 // how deep an answer may be nested
)

// envelopeMembers must be in an answer: a function gives back the event that it got.
var envelopeMembers = []string{"version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"}

// read takes an answer's response into the value that into points to, if the
// answer is whole. Only response counts; whatever else a function has changed in
// its event changes nothing.
func read(k Kind, answer []byte, into any) error {
	switch {
	case len(answer) > MaxAnswer:
		return unreadable(k, "it is too long")
	case !utf8.Valid(answer):
		return unreadable(k, "it is not UTF-8")
	}
	if err := strictjson.Check(answer, maxDepth); err != nil {
		return unreadable(k, "it is "+err.Error())
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(answer, &members) != nil || members == nil {
		return unreadable(k, "it is no JSON object")
	}
	for _, name := range envelopeMembers {
		if _, there := members[name]; !there {
			return unreadable(k, "it has no "+name)
		}
	}
	response := members["response"]
	if response[0] != '{' {
		return unreadable(k, "its response is no object")
	}
	if wrong := unknown(response, reflect.TypeOf(into)); wrong != "" {
		return unreadable(k, "its response has "+wrong)
	}
	// What is left out is as if the function had never seen it, not as it was given.
	fresh := reflect.New(reflect.TypeOf(into).Elem())
	if err := json.Unmarshal(response, fresh.Interface()); err != nil {
		return unreadable(k, "its response has members of the wrong type")
	}
	reflect.ValueOf(into).Elem().Set(fresh.Elem())
	return nil
}

// Given is a member of a response that means one thing when it is left out and
// another when it is null.
type Given[T any] struct {
	There bool
	Value *T // nil: null
}

// UnmarshalJSON implements json.Unmarshaler, as strictly as the rest is read.
func (g *Given[T]) UnmarshalJSON(text []byte) error {
	g.There = true
	if wrong := unknown(text, reflect.TypeFor[T]()); wrong != "" {
		return errors.New(wrong)
	}
	return json.Unmarshal(text, &g.Value)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// unknown finds a member that the type has no field for. encoding/json takes
// names in any case, and two spellings of one name for each other.
func unknown(text json.RawMessage, t reflect.Type) string {
	for t.Kind() == reflect.Pointer && !t.Implements(unmarshaler) {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(unmarshaler) || text[0] != '{' {
		return ""
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return "a member that cannot be read"
	}
	fields := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = f.Type
	}
	for name, value := range members {
		field, ok := fields[name]
		if !ok {
			return "a member that is not known"
		}
		if wrong := unknown(value, field); wrong != "" {
			return wrong
		}
	}
	return ""
}
