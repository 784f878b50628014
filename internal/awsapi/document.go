package awsapi

import (
	"encoding/json"
	"reflect"
)

// Document makes the values of an SDK package's free-form members. Their
// interface is closed, so only the package itself can make one.
//
// https://smithy.io/2.0/spec/simple-types.html#document
type Document struct {
	face  reflect.Type
	value func(any) any
}

// DocumentOf registers how an SDK package makes documents:
//
//	awsapi.DocumentOf(document.NewLazyDocument)
func DocumentOf[I any](lazy func(any) I) Document {
	return Document{face: reflect.TypeFor[I](), value: func(v any) any { return lazy(v) }}
}

// Is says whether typ is the interface of these documents.
func (d Document) Is(typ reflect.Type) bool { return d.face != nil && d.face == typ }

// Of makes the document of a JSON value, as encoding/json reads one.
func (d Document) Of(v any) any { return d.value(v) }

// read takes whatever value comes next, as strictly as all the rest.
func (d Document) read(t *jsonText, v reflect.Value) error {
	t.space()
	start := t.pos
	if err := t.skip(); err != nil {
		return err
	}
	var value any
	if err := json.Unmarshal(t.data[start:t.pos], &value); err != nil {
		return bad("Unexpected value in the JSON text")
	}
	v.Set(reflect.ValueOf(d.value(value)))
	return nil
}
