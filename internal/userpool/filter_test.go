package userpool

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`email = "a@b.c"`, `username ^= "a\"b\\"`, `status="Enabled"`, `cognito:user_status ^= "CON"`, `name = "`, `^=""`, "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseFilter(text)
		if err != nil || got == nil {
			if err == nil && text != "" {
				t.Fatalf("%q was taken for no filter", text)
			}
			return
		}
		if !slices.Contains(searchable, got.attribute) && got.attribute != filterStatus && got.attribute != filterEnabled {
			t.Fatalf("%q searches %q", text, got.attribute)
		}
		if !utf8.ValidString(got.value) || strings.ContainsRune(got.value, 0) {
			t.Fatalf("%q has the value %q, which no database takes", text, got.value)
		}
		// Written out again, it reads the same.
		operator := "="
		if got.prefix {
			operator = "^="
		}
		again, err := parseFilter(got.attribute + " " + operator + ` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(got.value) + `"`)
		if len(text) < maxFilter/2 && (err != nil || *again != *got) {
			t.Fatalf("%q read as %+v, and that written out as %+v (%v)", text, got, again, err)
		}
	})
}

func FuzzPrefixEnd(f *testing.F) {
	f.Add("a", "ab")
	f.Add("\xff\xff", "\xff\xff\xff")
	f.Add("ä", "äa")
	f.Fuzz(func(t *testing.T, prefix, text string) {
		if prefix == "" || !utf8.ValidString(prefix) || !utf8.ValidString(text) {
			return
		}
		in := bytes.Compare([]byte(text), []byte(prefix)) >= 0 && bytes.Compare([]byte(text), prefixEnd(prefix)) < 0
		if in != strings.HasPrefix(text, prefix) {
			t.Fatalf("%q in the range of %q: %t", text, prefix, in)
		}
	})
}
