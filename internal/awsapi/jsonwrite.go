package awsapi

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	smithydocument "github.com/aws/smithy-go/document"
)

// jsonWrite appends v to a message.
type jsonWrite func(dst []byte, v reflect.Value) ([]byte, error)

// jsonWriters compiles writers, one a type, so that shapes may contain themselves.
type jsonWriters struct {
	name    naming
	isoTime bool
	done    map[reflect.Type]*jsonWrite
}

func newJSONWriters(name naming, isoTime bool) *jsonWriters {
	return &jsonWriters{name, isoTime, map[reflect.Type]*jsonWrite{}}
}

func (c *jsonWriters) value(typ reflect.Type) (jsonWrite, error) {
	slot, known := c.done[typ]
	if !known {
		slot = new(jsonWrite)
		c.done[typ] = slot
		write, err := c.compile(typ)
		if err != nil {
			return nil, err
		}
		*slot = write
	}
	if *slot != nil {
		return *slot, nil
	}
	return func(dst []byte, v reflect.Value) ([]byte, error) { return (*slot)(dst, v) }, nil
}

func (c *jsonWriters) compile(typ reflect.Type) (jsonWrite, error) {
	switch {
	case typ == timeType:
		return c.writeTime, nil
	case typ == bytesType:
		return func(dst []byte, v reflect.Value) ([]byte, error) {
			dst = append(dst, '"')
			dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
			return append(dst, '"'), nil
		}, nil
	case typ.Kind() == reflect.Interface && typ.Implements(documentType):
		return writeDocument, nil
	}
	switch typ.Kind() {
	case reflect.Pointer:
		elem, err := c.value(typ.Elem())
		if err != nil {
			return nil, err
		}
		return func(dst []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return append(dst, "null"...), nil
			}
			return elem(dst, v.Elem())
		}, nil
	case reflect.String:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return appendJSONString(dst, v.String()), nil }, nil
	case reflect.Bool:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(dst, v.Bool()), nil }, nil
	case reflect.Int32, reflect.Int64:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(dst, v.Int(), 10), nil }, nil
	case reflect.Float32, reflect.Float64:
		return writeFloat, nil
	case reflect.Slice:
		return c.slice(typ)
	case reflect.Map:
		return c.table(typ)
	case reflect.Struct:
		return c.structure(members(typ, c.name))
	}
	return nil, fmt.Errorf("%s cannot be written to a message", typ)
}

func (c *jsonWriters) structure(list []member) (jsonWrite, error) {
	type field struct {
		index int
		key   []byte // with its quotes and colon
		write jsonWrite
	}
	fields := make([]field, len(list))
	for i, m := range list {
		write, err := c.value(m.typ)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", m.field, err)
		}
		fields[i] = field{m.index, append(appendJSONString(nil, m.wire), ':'), write}
	}
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		dst = append(dst, '{')
		first := true
		for i := range fields {
			f := &fields[i]
			value := v.Field(f.index)
			if absent(value) {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(dst, f.key...)
			var err error
			if dst, err = f.write(dst, value); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}, nil
}

func (c *jsonWriters) slice(typ reflect.Type) (jsonWrite, error) {
	elem, err := c.value(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = elem(dst, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	}, nil
}

// table writes keys in order, so that the same answer is the same bytes.
func (c *jsonWriters) table(typ reflect.Type) (jsonWrite, error) {
	if typ.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: keys of a map are strings", typ)
	}
	elem, err := c.value(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		dst = append(dst, '{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, key.String()), ':')
			var err error
			if dst, err = elem(dst, v.MapIndex(key)); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}, nil
}

func sortedKeys(v reflect.Value) []reflect.Value {
	return slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int {
		return cmp.Compare(a.String(), b.String())
	})
}

func (c *jsonWriters) writeTime(dst []byte, v reflect.Value) ([]byte, error) {
	when := v.Interface().(time.Time)
	if c.isoTime {
		dst = append(dst, '"')
		dst = appendISO(dst, when)
		return append(dst, '"'), nil
	}
	return appendEpoch(dst, when), nil
}

// appendEpoch writes seconds since 1970, with three decimals if they are needed.
func appendEpoch(dst []byte, when time.Time) []byte {
	milli := when.UnixMilli()
	if milli < 0 {
		dst = append(dst, '-')
		milli = -milli
	}
	dst = strconv.AppendInt(dst, milli/1000, 10)
	if rest := milli % 1000; rest != 0 {
		dst = append(dst, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return dst
}

// appendISO writes 2006-01-02T15:04:05Z, with milliseconds if there are any.
func appendISO(dst []byte, when time.Time) []byte {
	return when.UTC().Truncate(time.Millisecond).AppendFormat(dst, "2006-01-02T15:04:05.999Z")
}

func writeFloat(dst []byte, v reflect.Value) ([]byte, error) {
	f := v.Float()
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...), nil
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...), nil
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...), nil
	}
	return strconv.AppendFloat(dst, f, 'g', -1, v.Type().Bits()), nil
}

func writeDocument(dst []byte, v reflect.Value) ([]byte, error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	text, err := v.Interface().(smithydocument.Marshaler).MarshalSmithyDocument()
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return append(dst, text...), nil
}

const lowerHex = "0123456789abcdef"

// appendJSONString writes s as a JSON string: only what JSON must escape is
// escaped, and what is not UTF-8 becomes U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
