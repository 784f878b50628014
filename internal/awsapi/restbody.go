package awsapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// restCodec is where each member of one operation travels.
type restCodec struct {
	labels  []textField
	query   []textField
	rest    *textField // map of the parameters that no member takes
	reserve []string   // parameters that members or the route take
	headers []textField
	payload int      // index of the member that is the body; -1
	body    jsonRead // nil: no member travels in the body

	status     int
	outStatus  int // index of the member that is the status; -1 if there is none
	outHeaders []outText
	outPayload int       // index; -1
	write      jsonWrite // nil: no member travels in the body
}

// textField is an input member that travels as text, once or, as a list, many times.
type textField struct {
	index int
	wire  string
	read  textRead
	typ   reflect.Type // what read reads
	list  bool
}

type outText struct {
	index int
	wire  string
	write func(dst []byte, v reflect.Value) []byte
}

type restCompiler struct {
	readers *jsonReaders
	writers *jsonWriters
	name    naming
}

func (c restCompiler) codec(op *operation, r *route) (restCodec, error) {
	codec := restCodec{status: op.http.status, payload: -1, outStatus: -1, outPayload: -1}
	if codec.status == 0 {
		codec.status = http.StatusOK
	}
	if err := c.input(op, r, &codec); err != nil {
		return codec, fmt.Errorf("input: %w", err)
	}
	if err := c.output(op, &codec); err != nil {
		return codec, fmt.Errorf("output: %w", err)
	}
	return codec, nil
}

// taker hands out each member once: none may travel in two places.
type taker struct{ left []member }

func (t *taker) take(field string) (member, error) {
	for i, m := range t.left {
		if m.field == field {
			t.left = slices.Delete(t.left, i, i+1)
			return m, nil
		}
	}
	return member{}, fmt.Errorf("there is no member %s, or it is bound twice", field)
}

func (c restCompiler) input(op *operation, r *route, codec *restCodec) error {
	t := taker{members(op.in, c.name)}
	for _, label := range r.labels() {
		m, err := t.take(label)
		if err != nil {
			return err
		}
		f, err := newTextField(m, label)
		if err != nil || f.list {
			return fmt.Errorf("label %s cannot travel in a path: %v", label, err)
		}
		codec.labels = append(codec.labels, f)
	}
	for _, q := range r.query {
		codec.reserve = append(codec.reserve, q[0])
	}
	for _, b := range op.http.inQuery {
		m, err := t.take(b.member)
		if err != nil {
			return err
		}
		if b.wire == "*" {
			if m.typ != reflect.TypeFor[map[string]string]() {
				return fmt.Errorf("%s takes the other parameters and must be a map of strings", m.field)
			}
			codec.rest = &textField{index: m.index}
			continue
		}
		f, err := newTextField(m, b.wire)
		if err != nil {
			return err
		}
		codec.query = append(codec.query, f)
		codec.reserve = append(codec.reserve, b.wire)
	}
	for _, b := range op.http.inHeader {
		m, err := t.take(b.member)
		if err != nil {
			return err
		}
		f, err := newTextField(m, http.CanonicalHeaderKey(b.wire))
		if err != nil || f.list {
			return fmt.Errorf("%s cannot travel in a header: %v", m.field, err)
		}
		codec.headers = append(codec.headers, f)
	}
	if name := op.http.inPayload; name != "" {
		m, err := t.take(name)
		if err != nil {
			return err
		}
		if len(t.left) > 0 {
			return fmt.Errorf("%s has no place beside the payload", t.left[0].field)
		}
		if m.typ != bytesType && m.typ != readerType && m.typ != reflect.TypeFor[*string]() {
			return fmt.Errorf("%s is a %s and cannot be a body", name, m.typ)
		}
		codec.payload = m.index
		return nil
	}
	if len(t.left) > 0 {
		var err error
		codec.body, err = c.readers.structure(t.left)
		return err
	}
	return nil
}

func newTextField(m member, wire string) (textField, error) {
	f := textField{index: m.index, wire: wire, typ: m.typ}
	if f.typ.Kind() == reflect.Slice && f.typ != bytesType {
		f.list, f.typ = true, f.typ.Elem()
	}
	if f.typ.Kind() == reflect.Pointer {
		f.typ = f.typ.Elem()
	}
	var ok bool
	if f.read, ok = textReader(f.typ); !ok {
		return f, fmt.Errorf("%s is a %s and cannot travel as text", m.field, m.typ)
	}
	return f, nil
}

// set reads one text into the member, through the pointer if it is one.
func (f *textField) set(in reflect.Value, texts []string) error {
	v := in.Field(f.index)
	if f.list {
		list := reflect.MakeSlice(v.Type(), len(texts), len(texts))
		v.Set(list)
		for i, text := range texts {
			if err := f.read(text, list.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(texts) != 1 {
		return bad("'" + f.wire + "' stands there more than once")
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(f.typ))
		v = v.Elem()
	}
	return f.read(texts[0], v)
}

func (c restCodec) read(m *message, labels []string, in reflect.Value) error {
	for i := range c.labels {
		if err := c.labels[i].set(in, labels[i:i+1]); err != nil {
			return err
		}
	}
	for i := range c.query {
		if texts, ok := m.query[c.query[i].wire]; ok {
			if err := c.query[i].set(in, texts); err != nil {
				return err
			}
		}
	}
	if c.rest != nil {
		if err := c.readRest(m, in); err != nil {
			return err
		}
	}
	for i := range c.headers {
		if texts, ok := m.r.Header[c.headers[i].wire]; ok {
			if err := c.headers[i].set(in, texts); err != nil {
				return err
			}
		}
	}
	switch {
	case len(m.body) == 0:
		return nil
	case c.payload >= 0:
		setPayload(in.Field(c.payload), m.body)
		return nil
	case c.body == nil:
		return nil // no member travels there; AWS does not look at it either
	}
	t, err := newJSONText(m.body)
	if err != nil {
		return err
	}
	if err := c.body(t, in); err != nil {
		return err
	}
	return t.finish()
}

func (c restCodec) readRest(m *message, in reflect.Value) error {
	rest := map[string]string{}
	for name, texts := range m.query {
		if slices.Contains(c.reserve, name) || strings.HasPrefix(name, "X-Amz-") {
			continue
		}
		if len(texts) != 1 {
			return bad("'" + clip(name) + "' stands there more than once")
		}
		rest[name] = texts[0]
	}
	if len(rest) > 0 {
		in.Field(c.rest.index).Set(reflect.ValueOf(rest))
	}
	return nil
}

func setPayload(v reflect.Value, body []byte) {
	switch v.Type() {
	case bytesType:
		v.SetBytes(body)
	case readerType:
		v.Set(reflect.ValueOf(io.Reader(bytes.NewReader(body))))
	default:
		text := string(body)
		v.Set(reflect.ValueOf(&text))
	}
}

func (c restCompiler) output(op *operation, codec *restCodec) error {
	t := taker{members(op.out, c.name)}
	if name := op.http.outStatus; name != "" {
		m, err := t.take(name)
		if err != nil {
			return err
		}
		if m.typ.Kind() != reflect.Int32 {
			return fmt.Errorf("%s is a %s and cannot be a status", name, m.typ)
		}
		codec.outStatus = m.index
	}
	for _, b := range op.http.outHeader {
		m, err := t.take(b.member)
		if err != nil {
			return err
		}
		typ := m.typ
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		write, ok := textWriter(typ)
		if !ok || typ == timeType {
			return fmt.Errorf("%s is a %s and cannot be a header", b.member, m.typ)
		}
		codec.outHeaders = append(codec.outHeaders, outText{m.index, http.CanonicalHeaderKey(b.wire), write})
	}
	if name := op.http.outPayload; name != "" {
		m, err := t.take(name)
		if err != nil {
			return err
		}
		if m.typ != bytesType {
			return fmt.Errorf("%s is a %s and cannot be a body", name, m.typ)
		}
		if len(t.left) > 0 {
			return fmt.Errorf("%s has no place beside the payload", t.left[0].field)
		}
		codec.outPayload = m.index
		return nil
	}
	if len(t.left) > 0 {
		var err error
		codec.write, err = c.writers.structure(t.left)
		return err
	}
	return nil
}

func (c restCodec) answer(out reflect.Value) (answer, error) {
	a := answer{status: c.status, contentType: restContentType}
	if c.outStatus >= 0 {
		if status := int(out.Field(c.outStatus).Int()); status >= 200 && status <= 599 {
			a.status = status
		}
	}
	for _, h := range c.outHeaders {
		v := out.Field(h.index)
		if absent(v) {
			continue
		}
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		text := string(h.write(nil, v))
		if h.wire == "Content-Type" {
			a.contentType = text
		} else {
			a.header = append(a.header, [2]string{h.wire, text})
		}
	}
	var err error
	switch {
	case c.outPayload >= 0:
		a.body = out.Field(c.outPayload).Bytes()
	case c.write != nil && a.status != http.StatusNoContent:
		a.body, err = c.write(make([]byte, 0, 512), out)
	}
	if len(a.body) == 0 {
		a.contentType = ""
	}
	return a, err
}
