package userpool

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold is the form of a name that is looked up: as written where case matters,
// or else in lower case. Two names are one user's only if they differ in nothing
// but the case of letters that have one capital and one small form:
//
//   - no letter becomes another one than its own small form. The Kelvin sign is
//     no k, the capital dotted İ of Turkish no i and the Angstrom sign no å,
//     although Unicode's tables lower them so: whoever proves the address
//     admİn@example.com has not proved admin@example.com;
//   - nothing becomes longer, shorter or simpler: ß is not ss, ﬁ not fi, the
//     final ς not σ;
//   - nothing is composed or taken apart: é in one character and é in two
//     (NFC, NFD) are two names, and so are names that only look alike.
func (p *Pool) fold(name string) string {
	if p.CaseSensitive {
		return name
	}
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return strings.Map(small, name)
		}
	}
	return strings.ToLower(name)
}

// small is the small form of a capital letter, if that letter is its only capital.
func small(r rune) rune {
	if low := unicode.ToLower(r); unicode.ToUpper(low) == r {
		return low
	}
	return r
}
