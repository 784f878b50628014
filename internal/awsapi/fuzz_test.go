package awsapi

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// knot is a shape with everything in it, itself included.
type knot struct {
	Text  *string
	Yes   *bool
	Plain bool
	Whole *int32
	Long  int64
	Real  *float64
	Blob  []byte
	When  *time.Time
	Texts []string
	Self  *knot
	Knots []knot
	Table map[string]string
	Lists map[string][]string
	Deep  map[string]knot
}

func knotCodec(t testing.TB) (jsonRead, jsonWrite, formRead) {
	name := renaming(asIs, nil)
	read, err := newJSONReaders(name, false).value(reflect.TypeFor[knot]())
	if err != nil {
		t.Fatal(err)
	}
	write, err := newJSONWriters(name, false).value(reflect.TypeFor[knot]())
	if err != nil {
		t.Fatal(err)
	}
	form, err := newFormReaders(name).value(reflect.TypeFor[knot]())
	if err != nil {
		t.Fatal(err)
	}
	return read, write, form
}

// What is read as JSON is JSON to encoding/json too, and what it is written as
// reads back as the same.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"Text":"\ud83d\ude00é","Yes":true,"Whole":-1,"Long":9223372036854775807,"Real":1.5e3,"Blob":"AP8=","When":1700000000.25}`,
		`{"Self":{"Self":{"Texts":["a",null]}},"Knots":[{},{}],"Table":{"a":"b"},"Lists":{"a":["b"]},"Deep":{"k":{"Text":"x"}}}`,
		`{"Unknown":[1,{"a":[]}],"Text":null}`, `{"Real":"NaN"}`, `{"When":-1e11}`, "{\"Text\":\"\xff\"}", `{"a":1}x`} {
		f.Add([]byte(seed))
	}
	read, write, _ := knotCodec(f)
	decode := func(data []byte) (k knot, err error) {
		t, err := newJSONText(data)
		if err != nil {
			return k, err
		}
		if err = read(t, reflect.ValueOf(&k).Elem()); err != nil {
			return k, err
		}
		return k, t.finish()
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := decode(data)
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q was read, but is not JSON", data)
		}
		text, err := write(nil, reflect.ValueOf(k))
		if err != nil || !json.Valid(text) {
			t.Fatalf("%q was written as %q, %v", data, text, err)
		}
		again, err := decode(text)
		if err != nil {
			t.Fatalf("%q reads back with %v", text, err)
		}
		twice, _ := write(nil, reflect.ValueOf(again))
		if !bytes.Equal(text, twice) {
			t.Fatalf("%q and then %q", text, twice)
		}
	})
}

// A form of any sort is read or refused, in bounded time, and what it means
// does not depend on the order of a map.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"Text=a&Yes=true&Whole=1", "Texts.member.1=a&Texts.member.3=b", "Texts=", "Self.Self.Text=x",
		"Table.entry.1.key=a&Table.entry.1.value=b", "Knots.member.1.Knots.member.1.Text=a", "Deep.entry.1.value.Text=a&Deep.entry.1.key=k", "a..b=1&.=2", "Text.x=1"} {
		f.Add(seed)
	}
	_, write, form := knotCodec(f)
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		var first string
		for range 3 {
			var k knot
			tree, err := newFormNode(values)
			if err == nil {
				err = form(tree, reflect.ValueOf(&k).Elem())
			}
			if err != nil {
				return
			}
			out, err := write(nil, reflect.ValueOf(k))
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(out)
			}
			if first != string(out) {
				t.Fatalf("%q means %s and %s", text, first, out)
			}
		}
	})
}

// Labels never hold what the path did not, and a route never takes another's path.
func FuzzRoute(f *testing.F) {
	var list []route
	for _, p := range []string{"/a", "/a?x=1", "/a/{B}", "/a/b", "/a/{B}/c/{D}", "/g/{Rest+}"} {
		r, err := parseRoute(&operation{Operation: Operation{name: p, http: httpBinding{method: "GET", path: p}}})
		if err != nil {
			f.Fatal(err)
		}
		list = append(list, r)
		f.Add(p, "x=1")
	}
	rs, err := newRoutes(list)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		values, _ := url.ParseQuery(query)
		r, labels := rs.find("GET", path, values)
		if r == nil {
			return
		}
		if len(labels) != len(r.labels()) {
			t.Fatalf("%q has %d labels for %s", path, len(labels), r.shape())
		}
		for _, label := range labels {
			if label == "" || !r.greedy && strings.Count(label, "/") > strings.Count(strings.ToLower(path), "%2f") {
				t.Fatalf("%q gave the label %q", path, label)
			}
		}
	})
}

func TestRoutesPreferWhatSaysMore(t *testing.T) {
	var list []route
	for _, p := range []string{"/g/{Rest+}", "/a/{B}", "/a", "/a?mode=x", "/a/b", "/{Z}/b"} {
		r, err := parseRoute(&operation{Operation: Operation{name: p, http: httpBinding{method: "GET", path: p}}})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	rs, err := newRoutes(list)
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{
		"/a": "/a", "/a/": "/a", "/a?mode=x": "/a?mode=x", "/a?mode=y": "/a", "/a?mode=x&mode=x": "/a",
		"/a/b": "/a/b", "/a/c": "/a/{B}", "/a/%62": "/a/{B}", "/c/b": "/{Z}/b", "/g/h/i": "/g/{Rest+}", "/a/c/d": "", "/": "", "//b": "", "/a/%zz": "",
	} {
		path, query, _ := strings.Cut(target, "?")
		values, _ := url.ParseQuery(query)
		got := ""
		if r, _ := rs.find("GET", path, values); r != nil {
			got = r.op.name
		}
		if got != want {
			t.Errorf("%s is %q, want %q", target, got, want)
		}
	}
}
