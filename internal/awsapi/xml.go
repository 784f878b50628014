package awsapi

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

// xmlWrite appends v as an element called name.
type xmlWrite func(dst []byte, name string, v reflect.Value) ([]byte, error)

type xmlWriters struct {
	name naming
	done map[reflect.Type]*xmlWrite
}

func newXMLWriters(name naming) *xmlWriters {
	return &xmlWriters{name, map[reflect.Type]*xmlWrite{}}
}

func (c *xmlWriters) value(typ reflect.Type) (xmlWrite, error) {
	slot, known := c.done[typ]
	if !known {
		slot = new(xmlWrite)
		c.done[typ] = slot
		write, err := c.compile(typ)
		if err != nil {
			return nil, err
		}
		*slot = write
	}
	return func(dst []byte, name string, v reflect.Value) ([]byte, error) { return (*slot)(dst, name, v) }, nil
}

func (c *xmlWriters) compile(typ reflect.Type) (xmlWrite, error) {
	if write, ok := textWriter(typ); ok {
		return element(func(dst []byte, v reflect.Value) ([]byte, error) {
			if typ.Kind() == reflect.String {
				return appendXMLText(dst, v.String()), nil
			}
			return write(dst, v), nil
		}), nil
	}
	switch typ.Kind() {
	case reflect.Pointer:
		elem, err := c.value(typ.Elem())
		if err != nil {
			return nil, err
		}
		return func(dst []byte, name string, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return dst, nil
			}
			return elem(dst, name, v.Elem())
		}, nil
	case reflect.Slice:
		elem, err := c.value(typ.Elem())
		if err != nil {
			return nil, err
		}
		return element(func(dst []byte, v reflect.Value) (_ []byte, err error) {
			for i := range v.Len() {
				if dst, err = elem(dst, "member", v.Index(i)); err != nil {
					return nil, err
				}
			}
			return dst, nil
		}), nil
	case reflect.Map:
		return c.table(typ)
	case reflect.Struct:
		return c.structure(members(typ, c.name))
	}
	return nil, fmt.Errorf("%s cannot be written to an answer", typ)
}

func (c *xmlWriters) structure(list []member) (xmlWrite, error) {
	writes := make([]xmlWrite, len(list))
	for i, m := range list {
		var err error
		if writes[i], err = c.value(m.typ); err != nil {
			return nil, fmt.Errorf("member %s: %w", m.field, err)
		}
	}
	return element(func(dst []byte, v reflect.Value) (_ []byte, err error) {
		for i, m := range list {
			field := v.Field(m.index)
			if absent(field) {
				continue
			}
			if dst, err = writes[i](dst, m.wire, field); err != nil {
				return nil, err
			}
		}
		return dst, nil
	}), nil
}

func (c *xmlWriters) table(typ reflect.Type) (xmlWrite, error) {
	if typ.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: keys of a map are strings", typ)
	}
	elem, err := c.value(typ.Elem())
	if err != nil {
		return nil, err
	}
	return element(func(dst []byte, v reflect.Value) (_ []byte, err error) {
		for _, key := range sortedKeys(v) {
			dst = append(dst, "<entry><key>"...)
			dst = appendXMLText(dst, key.String())
			dst = append(dst, "</key>"...)
			if dst, err = elem(dst, "value", v.MapIndex(key)); err != nil {
				return nil, err
			}
			dst = append(dst, "</entry>"...)
		}
		return dst, nil
	}), nil
}

// element puts what inside writes between tags.
func element(inside func(dst []byte, v reflect.Value) ([]byte, error)) xmlWrite {
	return func(dst []byte, name string, v reflect.Value) ([]byte, error) {
		dst = append(dst, '<')
		dst = append(dst, name...)
		dst = append(dst, '>')
		dst, err := inside(dst, v)
		if err != nil {
			return nil, err
		}
		dst = append(dst, '<', '/')
		dst = append(dst, name...)
		return append(dst, '>'), nil
	}
}

// textWriter is the reverse of textReader.
func textWriter(typ reflect.Type) (write func(dst []byte, v reflect.Value) []byte, ok bool) {
	switch {
	case typ == timeType:
		return func(dst []byte, v reflect.Value) []byte { return appendISO(dst, v.Interface().(time.Time)) }, true
	case typ == bytesType:
		return func(dst []byte, v reflect.Value) []byte {
			return base64.StdEncoding.AppendEncode(dst, v.Bytes())
		}, true
	}
	switch typ.Kind() {
	case reflect.String:
		return func(dst []byte, v reflect.Value) []byte { return append(dst, v.String()...) }, true
	case reflect.Bool:
		return func(dst []byte, v reflect.Value) []byte { return strconv.AppendBool(dst, v.Bool()) }, true
	case reflect.Int32, reflect.Int64:
		return func(dst []byte, v reflect.Value) []byte { return strconv.AppendInt(dst, v.Int(), 10) }, true
	case reflect.Float32, reflect.Float64:
		return func(dst []byte, v reflect.Value) []byte {
			return strconv.AppendFloat(dst, v.Float(), 'g', -1, typ.Bits())
		}, true
	}
	return nil, false
}

// appendXMLText escapes s. What XML 1.0 cannot hold becomes U+FFFD.
func appendXMLText(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '"':
			dst = append(dst, "&quot;"...)
		case r == '\r':
			dst = append(dst, "&#xD;"...)
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			dst = append(dst, "\uFFFD"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}
