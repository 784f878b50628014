// Package strictjson holds what somebody else wrote to JSON that every reader
// takes alike.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

var errNotJSON = errors.New("not JSON")

// Check holds a text to one JSON value, nested at most so many levels deep, in
// which no object names a member twice: two readers could each take another one.
// Its errors hold nothing of the text.
func Check(text []byte, levels int) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := checkValue(dec, levels, levels); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("JSON with something after it")
	}
	return nil
}

func checkValue(dec *json.Decoder, left, levels int) error {
	t, err := dec.Token()
	if err != nil {
		return errNotJSON
	}
	delim, nested := t.(json.Delim)
	switch {
	case !nested:
		return nil
	case left == 0:
		return fmt.Errorf("nested deeper than %d levels", levels)
	}
	seen := map[string]bool{}
	for dec.More() {
		if delim == '{' {
			t, err := dec.Token()
			if err != nil {
				return errNotJSON
			}
			name, _ := t.(string)
			if seen[name] {
				return errors.New("JSON that names a member twice")
			}
			seen[name] = true
		}
		if err := checkValue(dec, left-1, levels); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return errNotJSON
	}
	return nil
}
