package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pattern is the text of a policy in pieces: literal runs, wildcards and
// variables. What a variable stands for is taken literally: a tag whose value
// is * matches an asterisk and nothing else.
type pattern struct {
	text   string // as written
	pieces []piece
	plain  bool // one literal run, which is exact, or nothing
	exact  string
	all    bool   // a single *
	screen screen // of texts in conditions
}

type pieceKind uint8

const (
	literal pieceKind = iota
	anyRun            // *
	anyOne            // ?
	variable
)

type piece struct {
	kind pieceKind
	text string     // the literal; empty for a variable
	key  contextKey // of a variable
	// fallback is the default of a variable, when it has one.
	fallback    string
	hasFallback bool
}

// dialect is what a text may contain beside literals.
type dialect struct {
	wildcards, variables bool
}

func compilePattern(text string, d dialect) pattern {
	p := pattern{text: text}
	var run []byte
	flush := func() {
		if len(run) > 0 {
			p.pieces = append(p.pieces, piece{kind: literal, text: string(run)})
			run = run[:0]
		}
	}
	for i := 0; i < len(text); {
		if d.variables && strings.HasPrefix(text[i:], "${") {
			if v, length, ok := readVariable(text[i:]); ok {
				if v.kind == literal {
					run = append(run, v.text...)
				} else {
					flush()
					p.pieces = append(p.pieces, v)
				}
				i += length
				continue
			}
		}
		switch c := text[i]; {
		case d.wildcards && c == '*':
			flush()
			if n := len(p.pieces); n == 0 || p.pieces[n-1].kind != anyRun {
				p.pieces = append(p.pieces, piece{kind: anyRun})
			}
		case d.wildcards && c == '?':
			flush()
			p.pieces = append(p.pieces, piece{kind: anyOne})
		default:
			run = append(run, c)
		}
		i++
	}
	flush()
	p.plain = len(p.pieces) == 0 || len(p.pieces) == 1 && p.pieces[0].kind == literal
	if p.plain && len(p.pieces) == 1 {
		p.exact = p.pieces[0].text
	}
	p.all = len(p.pieces) == 1 && p.pieces[0].kind == anyRun
	return p
}

// readVariable reads ${key}, ${key, 'default'} or an escape at the head of text.
// What has no end, or no key, is no variable but text.
func readVariable(text string) (v piece, length int, ok bool) {
	if len(text) >= 4 && text[3] == '}' && strings.IndexByte("*?$", text[2]) >= 0 {
		return piece{kind: literal, text: text[2:3]}, 4, true
	}
	end := strings.IndexByte(text, '}')
	if end < 0 {
		return v, 0, false
	}
	inside := text[2:end]
	if key, rest, comma := strings.Cut(inside, ","); comma {
		open := strings.TrimLeft(rest, " ")
		if !strings.HasPrefix(open, "'") {
			return v, 0, false
		}
		start := strings.IndexByte(text, '\'') + 1
		length := strings.Index(text[start:], "'}")
		if length < 0 {
			return v, 0, false
		}
		v.fallback, v.hasFallback = text[start:start+length], true
		inside, end = key, start+length+1
	}
	key := strings.TrimSpace(inside)
	if key == "" {
		return v, 0, false
	}
	v.kind, v.key = variable, newContextKey(key)
	return v, end + 1, true
}

// resolve is the literal text of a piece; false when its variable has no value.
func (p *piece) resolve(f *facts) (string, bool) {
	if p.kind == literal {
		return p.text, true
	}
	if value, ok := f.value(p.key).only(); ok {
		return value, true
	}
	return p.fallback, p.hasFallback
}

// resolvable reports whether each variable has a value.
func (p *pattern) resolvable(f *facts) bool {
	for i := range p.pieces {
		if p.pieces[i].kind == variable {
			if _, ok := p.pieces[i].resolve(f); !ok {
				return false
			}
		}
	}
	return true
}

// head is the literal with which whatever matches begins.
func (p *pattern) head() string {
	if len(p.pieces) > 0 && p.pieces[0].kind == literal {
		return p.pieces[0].text
	}
	return ""
}

// open reports whether the pattern is its head and then anything.
func (p *pattern) open() bool {
	return p.all || len(p.pieces) == 2 && p.pieces[0].kind == literal && p.pieces[1].kind == anyRun
}

// tail is the literal with which whatever matches ends.
func (p *pattern) tail() string {
	if n := len(p.pieces); n > 0 && p.pieces[n-1].kind == literal {
		return p.pieces[n-1].text
	}
	return ""
}

// runs are the literal runs, the first being the head and the last the tail.
func (p *pattern) runs() []string {
	runs := []string{p.head()}
	for i := range p.pieces {
		if p.pieces[i].kind == literal {
			runs = append(runs, p.pieces[i].text)
		}
	}
	return append(runs, p.tail())
}

// match holds s against the whole pattern. An unresolved variable matches
// nothing. It remembers only the last star: when the pieces after it fit, no
// earlier star could do better.
func (p *pattern) match(s string, f *facts) bool {
	if p.plain {
		return s == p.exact
	}
	if p.all {
		return true
	}
	at, i := 0, 0
	star, starAt := -1, 0
	for {
		if i == len(p.pieces) {
			if at == len(s) {
				return true
			}
		} else {
			switch q := &p.pieces[i]; q.kind {
			case anyRun:
				if i == len(p.pieces)-1 {
					return true
				}
				skip := p.seek(i, s[at:])
				if skip < 0 {
					return false
				}
				at += skip
				star, starAt = i, at
				i++
				continue
			case anyOne:
				if at < len(s) {
					at += runeLength(s[at:])
					i++
					continue
				}
			default:
				text, ok := q.resolve(f)
				if !ok {
					return false
				}
				if strings.HasPrefix(s[at:], text) {
					at += len(text)
					i++
					continue
				}
			}
		}
		if star < 0 || starAt >= len(s) {
			return false
		}
		starAt += runeLength(s[starAt:])
		skip := p.seek(star, s[starAt:])
		if skip < 0 {
			return false
		}
		starAt += skip
		at, i = starAt, star+1
	}
}

// seek is how far into s the star at piece i must reach, at the least, for the
// literal after it to fit; -1 when it fits nowhere.
func (p *pattern) seek(i int, s string) int {
	if next := &p.pieces[i+1]; next.kind == literal {
		return strings.Index(s, next.text)
	}
	return 0
}

// matchFold is match without regard to case and without wildcards.
func (p *pattern) matchFold(s string, f *facts) bool {
	for i := range p.pieces {
		text, ok := p.pieces[i].resolve(f)
		if !ok {
			return false
		}
		n, ok := foldPrefix(s, text)
		if !ok {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// foldPrefix is how many bytes of s are prefix in another case.
func foldPrefix(s, prefix string) (int, bool) {
	at := 0
	for _, want := range prefix {
		if at == len(s) {
			return 0, false
		}
		got, n := utf8.DecodeRuneInString(s[at:])
		if !sameLetter(got, want) {
			return 0, false
		}
		at += n
	}
	return at, true
}

func sameLetter(a, b rune) bool {
	if a == b {
		return true
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}

func runeLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
