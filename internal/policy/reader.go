package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// reader walks a JSON text token by token, because what matters in a policy is
// lost by unmarshalling: doubled names, other spellings of a name, and where
// things stand. It never descends further than its caller does, so depth is
// bounded by the grammar.
type reader struct {
	text []byte
	dec  *json.Decoder
}

func newReader(text []byte) *reader {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return &reader{text: text, dec: dec}
}

// place is where the next token begins.
func (r *reader) place() int {
	at := int(r.dec.InputOffset())
	for at < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,:"), r.text[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) fail(at int, detail string) error {
	e := &MalformedError{Message: msgSyntax, Detail: detail}
	e.Line, e.Column = lineColumn(r.text, at)
	return e
}

func lineColumn(text []byte, at int) (line, column int) {
	at = min(at, len(text))
	before := text[:at]
	line = 1 + bytes.Count(before, []byte("\n"))
	column = 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return line, column
}

func (r *reader) token() (json.Token, error) {
	at := r.place()
	t, err := r.dec.Token()
	if err == nil {
		return t, nil
	}
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return nil, r.fail(int(max(syntax.Offset-1, 0)), "not JSON: "+syntax.Error())
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, r.fail(len(r.text), "not JSON: it ends too early")
	}
	return nil, r.fail(at, "not JSON")
}

// object calls member for each member; it must read exactly the value.
func (r *reader) object(what string, member func(name string, at int) error) error {
	at := r.place()
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return r.fail(at, what+" must be an object")
	}
	seen := map[string]bool{}
	for r.dec.More() {
		at := r.place()
		t, err := r.token()
		if err != nil {
			return err
		}
		name, isText := t.(string)
		if !isText {
			return r.fail(at, "a name must be a string")
		}
		if seen[name] {
			return r.fail(at, quote(name)+" stands twice in "+what)
		}
		seen[name] = true
		if err := member(name, at); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// word reads a string; of scalars, when loose, also a number or a boolean.
func (r *reader) word(what string, loose bool) (string, error) {
	at := r.place()
	t, err := r.token()
	if err != nil {
		return "", err
	}
	switch v := t.(type) {
	case string:
		return v, nil
	case json.Number:
		if loose {
			return v.String(), nil
		}
	case bool:
		if loose && v {
			return "true", nil
		}
		if loose {
			return "false", nil
		}
	}
	return "", r.fail(at, what+" must be a string")
}

// words reads one value or a list of them.
func (r *reader) words(what string, loose bool) ([]located, error) {
	at := r.place()
	if at >= len(r.text) || r.text[at] != '[' {
		w, err := r.word(what, loose)
		return []located{{w, at}}, err
	}
	list := []located{}
	err := r.list(what, func() error {
		at := r.place()
		w, err := r.word("each "+what, loose)
		list = append(list, located{w, at})
		return err
	})
	return list, err
}

func (r *reader) list(what string, each func() error) error {
	at := r.place()
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return r.fail(at, what+" must be a list")
	}
	for r.dec.More() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// end makes sure that nothing follows.
func (r *reader) end() error {
	at := r.place()
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return r.fail(at, "something follows the policy")
	}
	return nil
}
