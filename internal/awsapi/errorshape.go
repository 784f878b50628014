package awsapi

import (
	"reflect"
	"sync"
)

// errorShapes writes the members that a modelled error has beside its code and
// message. Which errors a handler returns is not known at registration, so
// each is compiled when it is first seen.
type errorShapes struct {
	name naming
	done sync.Map // reflect.Type -> *errorShape
}

type errorShape struct {
	message string    // wire name of the message
	rest    jsonWrite // the further members as an object; nil if there are none
	retry   int       // index of RetryAfterSeconds, which travels as a header; -1 if there is none
}

func (c *errorShapes) of(typ reflect.Type) *errorShape {
	if known, ok := c.done.Load(typ); ok {
		return known.(*errorShape)
	}
	shape := &errorShape{message: "message", retry: -1}
	var rest []member
	for _, m := range members(typ, c.name) {
		switch m.field {
		case "Message":
			shape.message = m.wire
		case "ErrorCodeOverride": // the SDK's own
		case "RetryAfterSeconds":
			shape.retry = m.index
		default:
			rest = append(rest, m)
		}
	}
	if len(rest) > 0 {
		// A member that cannot be written is left out: the code and the message
		// are what clients act on.
		shape.rest, _ = newJSONWriters(c.name, false).structure(rest)
	}
	known, _ := c.done.LoadOrStore(typ, shape)
	return known.(*errorShape)
}

// appendError writes the body of a JSON error: kind first if typed, the
// message, then what else the error's shape has.
func (c *errorShapes) appendError(dst []byte, f *fault, code string, typed bool) (body []byte, retryAfter string) {
	shape := &errorShape{message: "message", retry: -1}
	if f.shape.IsValid() {
		shape = c.of(f.shape.Type())
	}
	dst = append(dst, '{')
	if typed {
		dst = append(dst, `"__type":`...)
		dst = append(appendJSONString(dst, code), ',')
	}
	dst = append(appendJSONString(dst, shape.message), ':')
	dst = appendJSONString(dst, f.message)
	if shape.rest != nil {
		if rest, err := shape.rest(nil, f.shape); err == nil && len(rest) > 2 {
			dst = append(dst, ',')
			dst = append(dst, rest[1:len(rest)-1]...)
		}
	}
	if shape.retry >= 0 {
		if p, ok := f.shape.Field(shape.retry).Interface().(*string); ok && p != nil {
			retryAfter = *p
		}
	}
	return append(dst, '}'), retryAfter
}
