package awsapi

import (
	"io"
	"reflect"
	"time"

	smithydocument "github.com/aws/smithy-go/document"
	"github.com/aws/smithy-go/middleware"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	bytesType    = reflect.TypeFor[[]byte]()
	readerType   = reflect.TypeFor[io.Reader]()
	metadataType = reflect.TypeFor[middleware.Metadata]()
	documentType = reflect.TypeFor[smithydocument.Marshaler]()
)

// member is one field of a shape that travels.
type member struct {
	index int
	field string // the Go name
	wire  string // the name in a message
	typ   reflect.Type
}

// naming gives the wire name of a shape's field.
type naming func(shape reflect.Type, field string) string

// members are the fields of a shape that travel, without the SDK's own.
func members(shape reflect.Type, name naming) []member {
	list := make([]member, 0, shape.NumField())
	for i := range shape.NumField() {
		f := shape.Field(i)
		if !f.IsExported() || f.Anonymous || f.Type == metadataType {
			continue
		}
		list = append(list, member{i, f.Name, name(shape, f.Name), f.Type})
	}
	return list
}

// renaming is the small table of exceptions over a rule: the service's own
// first, then AWS's.
func renaming(rule func(string) string, renamed map[string]string) naming {
	return func(shape reflect.Type, field string) string {
		if wire, ok := renamed[shape.Name()+"."+field]; ok {
			return wire
		}
		if wire, ok := renamed[field]; ok {
			return wire
		}
		if wire, ok := exceptions[sdkService(shape)][shape.Name()+"."+field]; ok {
			return wire
		}
		return rule(field)
	}
}

func asIs(field string) string { return field }

// lowerFirst gives userPoolId for UserPoolId.
func lowerFirst(field string) string {
	if field == "" || field[0] < 'A' || field[0] > 'Z' {
		return field
	}
	return string(field[0]+'a'-'A') + field[1:]
}

// absent reports whether a field leaves no trace in a message: what points to
// nothing, and an enum that is not set. Plain numbers and booleans always
// travel, as AWS sends them.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	}
	return false
}

// errorRule is rule for the shapes of errors, whose message is "message".
func errorRule(rule func(string) string) func(string) string {
	return func(field string) string {
		if field == "Message" {
			return "message"
		}
		return rule(field)
	}
}
