package policy_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/policy"
)

// FuzzWildcards holds the three places in which wildcards are matched, with all
// that they pass over unseen, against the plainest matcher there is.
func FuzzWildcards(f *testing.F) {
	for _, seed := range [][2]string{
		{"*", ""}, {"", ""}, {"a", "a"}, {"a*", "a"}, {"*a", "ba"}, {"a?c", "abc"}, {"*ab*ab", "abxabab"}, {"abcdefghi*", "abcdefgh"}, {"*bcdefghij", "abcdefghij"},
		{"a\x00*", "a"}, {"*\x00", ""}, {"??", "ä"}, {"*/GET/*/17/*", "prod/GET/menu/17/x"}, {"*/GET/*/17/*", "prod/GET/menu/71/x"}, {"abcdefgh*abcdefgh", "abcdefgh"}, {"**?**", "x"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(text) || len(pattern) > 40 || len(text) > 80 {
			return
		}
		want := plainly([]rune(pattern), []rune(text))
		statement := func(action, resource string, condition map[string]map[string][]string) refPolicy {
			return refPolicy{Version: "2008-10-17", Statement: []refStatement{{Effect: "Allow", Action: []string{action}, Resource: []string{resource}, Condition: condition}}}
		}
		try := func(what string, p refPolicy, action, resource string, values ...string) {
			parsed, err := policy.Parse(policy.Identity, p.text())
			if err != nil {
				t.Fatal(err)
			}
			r := request(action, resource)
			r.Context = policy.ContextFunc(func(string) policy.Values { return policy.Many(values) })
			if got := policy.Evaluate(r, &policy.Set{Identity: attach(parsed)}).Allowed(); got != want {
				t.Errorf("%s: %q matches %q: %v", what, pattern, text, got)
			}
		}
		try("resource", statement("*", "arn:aws:x:::"+pattern, nil), "x:Y", "arn:aws:x:::"+text)
		try("condition", statement("*", "*", map[string]map[string][]string{"StringLike": {"x:key": {pattern}}}), "x:Y", "*", text)
		try("ARN", statement("*", "*", map[string]map[string][]string{"ArnLike": {"x:key": {"arn:aws:x:::" + pattern}}}), "x:Y", "*", "arn:aws:x:::"+text)
		if ascii(pattern) && ascii(text) && !strings.Contains(pattern, ":") {
			want = plainly([]rune(strings.ToLower("x:"+pattern)), []rune(strings.ToLower("x:"+text)))
			try("action", statement("X:"+pattern, "*", nil), "x:"+text, "*")
		}
	})
}

// plainly fills in, for each beginning of the pattern, which beginnings of the
// text it matches.
func plainly(pattern, text []rune) bool {
	fits := make([]bool, len(text)+1)
	fits[0] = true
	for _, p := range pattern {
		next := make([]bool, len(text)+1)
		for i := range next {
			switch {
			case p == '*':
				next[i] = fits[i] || i > 0 && next[i-1]
			case i > 0:
				next[i] = fits[i-1] && (p == '?' || p == text[i-1])
			}
		}
		fits = next
	}
	return fits[len(text)]
}

func ascii(s string) bool {
	for _, c := range []byte(s) {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
