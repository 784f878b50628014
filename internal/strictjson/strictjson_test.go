package strictjson_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/strictjson"
)

func TestWhatEveryReaderTakesAlike(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"a value":              {`{"a":[1,{"b":null}],"c":"d"}`, ""},
		"a number alone":       {`1e999`, ""},
		"as deep as it may be": {deep(3), ""},
		"the same name in two": {`[{"a":1},{"a":2}]`, ""},
		"deeper":               {deep(4), "nested deeper than 3 levels"},
		"a member twice":       {`{"a":1,"b":2,"a":3}`, "JSON that names a member twice"},
		"twice by an escape":   {`{"a":1,"\u0061":2}`, "JSON that names a member twice"},
		"something after it":   {`{} {}`, "JSON with something after it"},
		"cut off":              {`{"a":`, "not JSON"},
		"nothing":              {``, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := strictjson.Check([]byte(c.text), 3); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
