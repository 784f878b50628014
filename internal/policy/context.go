package policy

import (
	"fmt"
	"strings"
)

// Context gives the values of a request's condition keys. Value is called with
// the key in lower case, for keys are the same in any case, those of tags too
// ("aws:principaltag/team"). The zero Values says that the key is absent.
//
// As long as a request is evaluated or explained, Value must give the same
// answer to the same key: how often it is asked, and in which order, is not
// promised, and what it said once may be kept. So what changes by itself, such
// as the time, is read before and not in Value. It must not block, and should
// not allocate.
type Context interface {
	Value(key string) Values
}

// ContextFunc makes a function a Context.
type ContextFunc func(key string) Values

func (f ContextFunc) Value(key string) Values { return f(key) }

// Values are what a request says for one key: nothing, one, or several.
type Values struct {
	first string
	rest  []string // all of them, first included, when there are several
	n     int
}

// One is a key with a single value; the empty text is a value, too.
func One(value string) Values { return Values{first: value, n: 1} }

// Many is a key with a list of values. An empty list is an absent key. The
// list is kept, not copied.
func Many(values []string) Values {
	if len(values) == 0 {
		return Values{}
	}
	return Values{first: values[0], rest: values, n: len(values)}
}

// Present reports whether the request has the key.
func (v Values) Present() bool { return v.n > 0 }

// Len is how many values there are.
func (v Values) Len() int { return v.n }

// At is the value at i, which must be under Len.
func (v Values) At(i int) string {
	if v.rest == nil && i == 0 {
		return v.first
	}
	return v.rest[i]
}

// only is the value of a key that has exactly one.
func (v Values) only() (string, bool) { return v.first, v.n == 1 }

// contextMap is a Context of lower-case keys.
type contextMap map[string]Values

func (m contextMap) Value(key string) Values { return m[key] }

// NewContext makes a Context of keys in any case. A key that stands there twice
// in different cases is an error, for which of them is meant?
func NewContext(values map[string][]string) (Context, error) {
	m := make(contextMap, len(values))
	for key, list := range values {
		folded := foldKey(key)
		if _, twice := m[folded]; twice {
			return nil, fmt.Errorf("the context has the key %q twice, in different cases", folded)
		}
		m[folded] = Many(list)
	}
	return m, nil
}

func lookup(c Context, key string) Values {
	if c == nil {
		return Values{}
	}
	return c.Value(key)
}

// foldKey is the form in which keys are compared.
func foldKey(key string) string { return strings.ToLower(key) }
