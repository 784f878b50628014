package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrText: a text to be stored or searched is not UTF-8, or has a zero byte.
// PostgreSQL takes neither, so that no engine does. (Get, GetBy, Update and Delete
// answer ErrNotFound: there can be no such row.)
var ErrText = errors.New("store: text is not valid UTF-8 or has a zero byte")

// plain turns the value of a column into one of string, int64, bool, []byte and nil.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, int64, bool:
		return v, nil
	case string:
		if strings.IndexByte(v, 0) >= 0 || !utf8.ValidString(v) {
			return nil, ErrText
		}
		return v, nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return v, nil
	case int:
		return int64(v), nil
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return plain(r.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Bool:
		return r.Bool(), nil
	}
	return nil, fmt.Errorf("store: a column cannot hold a %T: give string, int64, bool, []byte or nil", v)
}

func plainAll(values []any) ([]any, error) {
	out := make([]any, len(values))
	for i, v := range values {
		p, err := plain(v)
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

// keyText is a key value as a Change names it.
func keyText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []byte:
		return hex.EncodeToString(v)
	}
	return ""
}

// sameValue compares two plain values.
func sameValue(a, b any) bool {
	x, ok := a.([]byte)
	if !ok {
		return a == b
	}
	y, ok := b.([]byte)
	return ok && string(x) == string(y)
}
