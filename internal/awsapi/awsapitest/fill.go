package awsapitest

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	smithydocument "github.com/aws/smithy-go/document"
	"github.com/aws/smithy-go/middleware"

	"github.com/sallyport/sallyport/internal/awsapi"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	bytesType    = reflect.TypeFor[[]byte]()
	readerType   = reflect.TypeFor[io.Reader]()
	metadataType = reflect.TypeFor[middleware.Metadata]()
	documentType = reflect.TypeFor[smithydocument.Marshaler]()
)

// filler makes values, each different from the one before, so that a member
// that lands in another's place is seen.
type filler struct {
	n        int
	unions   []awsapi.Union
	turn     int // of the forms of unions
	document awsapi.Document
}

// forms are those of a union that is registered.
func (f *filler) forms(face reflect.Type) []reflect.Type {
	for _, u := range f.unions {
		if known, forms := u.Forms(); known == face {
			return forms
		}
	}
	return nil
}

// maxLevels ends shapes that contain themselves.
const maxLevels = 7

// fill sets every member of a struct. Members at the top may travel in a path,
// a query or a header, so their text is what those can carry.
func (f *filler) fill(v reflect.Value) {
	for i := range v.NumField() {
		if travels(v.Type().Field(i)) {
			f.set(v.Field(i), 0)
		}
	}
}

// fillOnly sets the members named.
func (f *filler) fillOnly(v reflect.Value, names []string) {
	for _, name := range names {
		f.set(v.FieldByName(name), 0)
	}
}

func (f *filler) set(v reflect.Value, level int) {
	f.n++
	if level > maxLevels {
		return
	}
	switch v.Type() {
	case timeType:
		v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000 + int64(f.n)*1000 + 250).UTC()))
		return
	case bytesType:
		v.SetBytes([]byte{0, byte(f.n), 0xFF, '<', byte(f.n >> 8), '"'})
		return
	case readerType:
		v.Set(reflect.ValueOf(io.Reader(strings.NewReader(fmt.Sprintf(`{"n":%d}`, f.n)))))
		return
	}
	switch v.Kind() {
	case reflect.Interface: // a document, a union, or what cannot be filled
		if f.document.Is(v.Type()) {
			v.Set(reflect.ValueOf(f.document.Of(map[string]any{"n": float64(f.n), "list": []any{f.text(1), true, nil}})))
		} else if forms := f.forms(v.Type()); len(forms) > 0 {
			f.turn++
			form := reflect.New(forms[f.turn%len(forms)])
			f.set(form.Elem().FieldByName("Value"), level+1)
			v.Set(form)
		}
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		f.set(p.Elem(), level)
		v.Set(p)
	case reflect.String:
		v.SetString(f.text(level))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(210 + int64(f.n)%80) // also a status that has a body
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
	case reflect.Slice:
		n := max(2, len(f.forms(v.Type().Elem())))
		list := reflect.MakeSlice(v.Type(), n, n)
		for i := range n {
			f.set(list.Index(i), level+1)
		}
		v.Set(list)
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.n++
			key.SetString(fmt.Sprintf("key-%d", f.n))
			f.set(value, level+1)
			m.SetMapIndex(key, value)
		}
		v.Set(m)
	case reflect.Struct:
		for i := range v.NumField() {
			if travels(v.Type().Field(i)) {
				f.set(v.Field(i), level+1)
			}
		}
	}
}

func (f *filler) text(level int) string {
	if level == 0 {
		return fmt.Sprintf("v%d a/b+c%%20:~&=?#", f.n)
	}
	return fmt.Sprintf("v%d <é\"\\/&'> \u2028 😀 \t\n%%", f.n)
}

// travels reports whether a field is a member of AWS's model that can be filled.
func travels(f reflect.StructField) bool {
	return f.IsExported() && !f.Anonymous && f.Type != metadataType && f.Name != "ErrorCodeOverride" &&
		(f.Type.Kind() != reflect.Interface || f.Type == readerType || f.Type.Implements(documentType))
}

// same compares what travels and names the first difference.
func same(want, got reflect.Value, path string) error {
	if want.Type() != got.Type() {
		return fmt.Errorf("%s: %s, want %s", path, got.Type(), want.Type())
	}
	switch want.Type() {
	case timeType:
		if a, b := want.Interface().(time.Time), got.Interface().(time.Time); !a.Equal(b) {
			return fmt.Errorf("%s: %s, want %s", path, b, a)
		}
		return nil
	case readerType:
		a, b := drain(want), drain(got)
		if a != b {
			return fmt.Errorf("%s: %q, want %q", path, b, a)
		}
		return nil
	}
	switch want.Kind() {
	case reflect.Interface:
		if want.Type().Implements(documentType) {
			return sameDocument(want, got, path)
		}
		if want.IsNil() || got.IsNil() {
			return fmt.Errorf("%s: a union without a form", path)
		}
		return same(want.Elem(), got.Elem(), path)
	case reflect.Pointer:
		if want.IsNil() != got.IsNil() {
			return fmt.Errorf("%s: absent is %v, want %v", path, got.IsNil(), want.IsNil())
		}
		if want.IsNil() {
			return nil
		}
		return same(want.Elem(), got.Elem(), path)
	case reflect.Struct:
		for i := range want.NumField() {
			if f := want.Type().Field(i); travels(f) {
				if err := same(want.Field(i), got.Field(i), path+"."+f.Name); err != nil {
					return err
				}
			}
		}
		return nil
	case reflect.Slice:
		if want.Len() != got.Len() || want.IsNil() != got.IsNil() {
			return fmt.Errorf("%s: %d elements, want %d", path, got.Len(), want.Len())
		}
		for i := range want.Len() {
			if err := same(want.Index(i), got.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		if want.Len() != got.Len() {
			return fmt.Errorf("%s: %d entries, want %d", path, got.Len(), want.Len())
		}
		for _, key := range want.MapKeys() {
			other := got.MapIndex(key)
			if !other.IsValid() {
				return fmt.Errorf("%s: no entry %s", path, key)
			}
			if err := same(want.MapIndex(key), other, path+"["+key.String()+"]"); err != nil {
				return err
			}
		}
		return nil
	}
	if !want.Equal(got) {
		return fmt.Errorf("%s: %v, want %v", path, got, want)
	}
	return nil
}

// sameDocument compares free-form values by what they are as JSON.
func sameDocument(want, got reflect.Value, path string) error {
	var values [2]any
	for i, v := range []reflect.Value{want, got} {
		if v.IsNil() {
			continue
		}
		text, err := v.Interface().(smithydocument.Marshaler).MarshalSmithyDocument()
		if err == nil {
			err = json.Unmarshal(text, &values[i])
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if !reflect.DeepEqual(values[0], values[1]) {
		return fmt.Errorf("%s: %v, want %v", path, values[1], values[0])
	}
	return nil
}

// drain reads a reader that the client may have read before.
func drain(v reflect.Value) string {
	if v.IsNil() {
		return ""
	}
	r := v.Interface().(io.Reader)
	if s, ok := r.(io.Seeker); ok {
		s.Seek(0, io.SeekStart)
	}
	text, _ := io.ReadAll(r)
	return string(text)
}

// Fill sets the named members of a struct to values, each different.
func Fill(shape reflect.Value, members []string) { (&filler{}).fillOnly(shape, members) }
