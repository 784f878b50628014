package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"unicode/utf8"
)

// parseJSON reads a JSON template token by token, because only the tokens'
// offsets tell on which line a value stands.
func parseJSON(source []byte, r *report) *node {
	j := &jsonReader{report: r, source: source, decoder: json.NewDecoder(bytes.NewReader(source))}
	j.decoder.UseNumber()
	for i, b := range source {
		if b == '\n' {
			j.lines = append(j.lines, i+1)
		}
	}
	root, err := j.value(0)
	if err == nil {
		if _, err = j.decoder.Token(); err == io.EOF {
			return root
		}
		err = errors.New("something follows the end of the template")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the template ends too early")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		r.problem(j.position(int(syntax.Offset)-1), "not valid JSON: %v", err)
	} else {
		r.problem(j.position(int(j.decoder.InputOffset())), "not valid JSON: %v", err)
	}
	return nil
}

type jsonReader struct {
	*report
	source  []byte
	lines   []int // offsets at which the lines after the first start
	decoder *json.Decoder
	tokens  int
	counted int // offset up to which the characters of the line are counted, so that one long line is counted once
	column  int
}

// next is the next token and where it starts.
func (j *jsonReader) next() (json.Token, Position, error) {
	start := int(j.decoder.InputOffset())
	for start < len(j.source) && bytes.IndexByte([]byte(" \t\r\n,:"), j.source[start]) >= 0 {
		start++
	}
	t, err := j.decoder.Token()
	at := j.position(start)
	if j.tokens++; j.tokens > maxValues {
		j.stop(at, "the template has more than %d names and values; split it", maxValues)
	}
	return t, at, err
}

func (j *jsonReader) position(offset int) Position {
	offset = max(0, min(offset, len(j.source)))
	line := sort.SearchInts(j.lines, offset+1)
	start := 0
	if line > 0 {
		start = j.lines[line-1]
	}
	if j.counted < start || j.counted > offset {
		j.counted, j.column = start, 0
	}
	j.column += utf8.RuneCount(j.source[j.counted:offset])
	j.counted = offset
	return Position{line + 1, j.column + 1}
}

func (j *jsonReader) value(depth int) (*node, error) {
	t, at, err := j.next()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errTooDeep
	}
	switch t := t.(type) {
	case nil:
		return &node{kind: null, at: at}, nil
	case bool:
		return &node{kind: boolean, at: at, text: fmt.Sprint(t)}, nil
	case json.Number:
		return &node{kind: number, at: at, text: t.String()}, nil
	case string:
		return newText(at, t), nil
	case json.Delim:
		if t == '[' {
			return j.list(at, depth)
		}
		return j.mapping(at, depth)
	}
	return nil, errors.New("unexpected token")
}

func (j *jsonReader) list(at Position, depth int) (*node, error) {
	l := &node{kind: list, at: at}
	for j.decoder.More() {
		item, err := j.value(depth + 1)
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, item)
	}
	_, err := j.decoder.Token()
	return l, err
}

func (j *jsonReader) mapping(at Position, depth int) (*node, error) {
	m := &node{kind: mapping, at: at}
	seen := map[string]bool{}
	for j.decoder.More() {
		t, where, err := j.next()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, errors.New("a key must be text")
		}
		v, err := j.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			j.problem(where, "%q is given twice", name)
			continue
		}
		seen[name] = true
		m.fields = append(m.fields, field{name, where, v})
		if len(m.fields) > maxFields {
			j.stop(where, tooManyNames, maxFields)
		}
	}
	if _, err := j.decoder.Token(); err != nil {
		return nil, err
	}
	return asFunction(m, j.report), nil
}
