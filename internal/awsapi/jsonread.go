package awsapi

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// jsonRead reads the value that comes next into v, which is settable. Null has
// been dealt with: it leaves v as it is.
type jsonRead func(t *jsonText, v reflect.Value) error

// jsonReaders compiles readers, one a type, so that shapes may contain themselves.
type jsonReaders struct {
	name     naming
	isoTime  bool
	document Document
	done     map[reflect.Type]*jsonRead
}

func newJSONReaders(name naming, isoTime bool) *jsonReaders {
	return &jsonReaders{name: name, isoTime: isoTime, done: map[reflect.Type]*jsonRead{}}
}

// value is the reader of typ, with null taken care of.
func (c *jsonReaders) value(typ reflect.Type) (jsonRead, error) {
	slot, known := c.done[typ]
	if !known {
		slot = new(jsonRead)
		c.done[typ] = slot
		read, err := c.compile(typ)
		if err != nil {
			return nil, err
		}
		*slot = read
	}
	return func(t *jsonText, v reflect.Value) error {
		if null, err := t.null(); null || err != nil {
			return err
		}
		return (*slot)(t, v)
	}, nil
}

func (c *jsonReaders) compile(typ reflect.Type) (jsonRead, error) {
	switch {
	case typ == timeType:
		return c.readTime, nil
	case typ == bytesType:
		return readBlob, nil
	case c.document.Is(typ):
		return c.document.read, nil
	}
	switch typ.Kind() {
	case reflect.Pointer:
		elem, err := c.value(typ.Elem())
		if err != nil {
			return nil, err
		}
		return func(t *jsonText, v reflect.Value) error {
			p := reflect.New(typ.Elem())
			v.Set(p)
			return elem(t, p.Elem())
		}, nil
	case reflect.String:
		return readString, nil
	case reflect.Bool:
		return readBool, nil
	case reflect.Int32, reflect.Int64:
		return readInt, nil
	case reflect.Float32, reflect.Float64:
		return readFloat, nil
	case reflect.Slice:
		return c.slice(typ)
	case reflect.Map:
		return c.table(typ)
	case reflect.Struct:
		list := members(typ, c.name)
		return c.structure(list)
	}
	return nil, fmt.Errorf("%s cannot be read from a message", typ)
}

// structure reads an object into the fields that list names. Unknown members
// are skipped, as AWS skips them; a member that stands there twice is refused,
// because two readers could each believe another one.
func (c *jsonReaders) structure(list []member) (jsonRead, error) {
	type field struct {
		index, bit int
		read       jsonRead
	}
	fields := make(map[string]field, len(list))
	for i, m := range list {
		read, err := c.value(m.typ)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", m.field, err)
		}
		fields[m.wire] = field{m.index, i, read}
	}
	if len(list) > 128 {
		return nil, fmt.Errorf("a shape of %d members", len(list))
	}
	return func(t *jsonText, v reflect.Value) error {
		if err := expect(t, tokenObject, "a structure"); err != nil {
			return err
		}
		var seen [2]uint64
		return t.object(func(name []byte) error {
			f, ok := fields[string(name)]
			if !ok {
				return t.skip()
			}
			if word, bit := f.bit/64, uint64(1)<<(f.bit%64); seen[word]&bit != 0 {
				return bad("The member '" + clip(string(name)) + "' stands there more than once")
			} else {
				seen[word] |= bit
			}
			return f.read(t, v.Field(f.index))
		})
	}, nil
}

func (c *jsonReaders) slice(typ reflect.Type) (jsonRead, error) {
	elem, err := c.value(typ.Elem())
	if err != nil {
		return nil, err
	}
	zero := reflect.Zero(typ.Elem())
	return func(t *jsonText, v reflect.Value) error {
		if err := expect(t, tokenList, "a list"); err != nil {
			return err
		}
		list := reflect.MakeSlice(typ, 0, 4)
		err := t.list(func() error {
			if null, err := t.null(); null || err != nil {
				return err // as in a map: no element
			}
			list = reflect.Append(list, zero)
			return elem(t, list.Index(list.Len()-1))
		})
		v.Set(list)
		return err
	}, nil
}

func (c *jsonReaders) table(typ reflect.Type) (jsonRead, error) {
	if typ.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: keys of a map are strings", typ)
	}
	elem, err := c.value(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(t *jsonText, v reflect.Value) error {
		if err := expect(t, tokenObject, "a map"); err != nil {
			return err
		}
		m := reflect.MakeMap(typ)
		v.Set(m)
		return t.object(func(name []byte) error {
			key := reflect.ValueOf(string(name)).Convert(typ.Key())
			if m.MapIndex(key).IsValid() {
				return bad("The key '" + clip(string(name)) + "' stands there more than once")
			}
			if null, err := t.null(); null || err != nil {
				return err // a null entry is no entry
			}
			value := reflect.New(typ.Elem()).Elem()
			if err := elem(t, value); err != nil {
				return err
			}
			m.SetMapIndex(key, value)
			return nil
		})
	}, nil
}

func readString(t *jsonText, v reflect.Value) error {
	if err := expect(t, tokenString, "a String"); err != nil {
		return err
	}
	text, err := t.text()
	v.SetString(string(text))
	return err
}

func readBool(t *jsonText, v reflect.Value) error {
	switch t.peek() {
	case tokenTrue:
		v.SetBool(true)
		return t.literal("true")
	case tokenFalse:
		v.SetBool(false)
		return t.literal("false")
	}
	return expect(t, tokenTrue, "a Boolean")
}

func readInt(t *jsonText, v reflect.Value) error {
	what := "an Integer"
	if v.Kind() == reflect.Int64 {
		what = "a Long"
	}
	if err := expect(t, tokenNumber, what); err != nil {
		return err
	}
	text, err := t.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil { // 1.0 and 1e3 are whole numbers too
		f, _ := strconv.ParseFloat(text, 64)
		if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return bad("NUMBER_VALUE can not be converted to " + what)
		}
		n = int64(f)
	}
	if v.OverflowInt(n) {
		return bad("NUMBER_VALUE can not be converted to " + what)
	}
	v.SetInt(n)
	return nil
}

func readFloat(t *jsonText, v reflect.Value) error {
	if t.peek() == tokenString {
		text, err := t.text()
		if err != nil {
			return err
		}
		switch string(text) {
		case "NaN":
			v.SetFloat(math.NaN())
		case "Infinity":
			v.SetFloat(math.Inf(1))
		case "-Infinity":
			v.SetFloat(math.Inf(-1))
		default:
			return bad("STRING_VALUE can not be converted to a Double")
		}
		return nil
	}
	if err := expect(t, tokenNumber, "a Double"); err != nil {
		return err
	}
	text, err := t.number()
	if err != nil {
		return err
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || v.OverflowFloat(f) {
		return bad("NUMBER_VALUE can not be converted to a Double")
	}
	v.SetFloat(f)
	return nil
}

func readBlob(t *jsonText, v reflect.Value) error {
	if err := expect(t, tokenString, "a Blob"); err != nil {
		return err
	}
	text, err := t.text()
	if err != nil {
		return err
	}
	blob, err := decodeBlob(text)
	v.SetBytes(blob)
	return err
}

func decodeBlob(text []byte) ([]byte, error) {
	blob := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(blob, text)
	if err != nil || bytes.ContainsAny(text, "\r\n") { // which the decoder steps over
		return nil, bad("STRING_VALUE can not be converted to a Blob: it is not base64")
	}
	return blob[:n], nil
}

func (c *jsonReaders) readTime(t *jsonText, v reflect.Value) error {
	var when time.Time
	var err error
	if c.isoTime {
		if err := expect(t, tokenString, "a Timestamp"); err != nil {
			return err
		}
		var text []byte
		if text, err = t.text(); err != nil {
			return err
		}
		when, err = parseISO(string(text))
	} else {
		if err := expect(t, tokenNumber, "a Timestamp"); err != nil {
			return err
		}
		var text string
		if text, err = t.number(); err != nil {
			return err
		}
		when, err = parseEpoch(text)
	}
	v.Set(reflect.ValueOf(when))
	return err
}

// parseEpoch reads seconds since 1970 with a fraction, to the millisecond.
func parseEpoch(text string) (time.Time, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(f) > 253402300799 { // the end of the year 9999
		return time.Time{}, bad("NUMBER_VALUE can not be converted to a Timestamp")
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), nil
}

// parseISO reads ISO 8601 as AWS's clients write it.
func parseISO(text string) (time.Time, error) {
	when, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, bad("STRING_VALUE can not be converted to a Timestamp")
	}
	return when.UTC(), nil
}

// expect says in AWS's words why the value that comes next does not fit.
func expect(t *jsonText, want token, what string) error {
	got := t.peek()
	if got == want {
		return nil
	}
	name := ""
	switch got {
	case tokenObject:
		return bad("Start of structure or map found where not expected.")
	case tokenList:
		return bad("Start of list found where not expected")
	case tokenString:
		name = "STRING_VALUE"
	case tokenNumber:
		name = "NUMBER_VALUE"
	case tokenTrue:
		name = "TRUE_VALUE"
	case tokenFalse:
		name = "FALSE_VALUE"
	default:
		return t.broken()
	}
	return bad(name + " can not be converted to " + what)
}
