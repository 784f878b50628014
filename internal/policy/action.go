package policy

import "strings"

// maxAction is more than any action's name has bytes; what is longer is denied.
const maxAction = 192

// action is the name of what a request wants to do, in lower case.
type action struct {
	bytes   [maxAction]byte // an array, so that it needs no heap
	length  int
	service uint64 // the hash of its service with the colon
	outline outline
	// The list of patterns that was looked at last, and what came of it.
	list  *actionPattern
	among bool
}

// fold takes a name of at most maxAction bytes.
func (a *action) fold(name string) {
	a.length = len(name)
	for i := range len(name) {
		a.bytes[i] = lowerByte(name[i])
	}
	a.service = hash(a.bytes[:strings.IndexByte(name, ':')+1])
	a.outline = outlineOf(a.bytes[:a.length])
}

// isAmong reports whether any of the patterns matches. Statements that were
// written with the same list share it.
func (a *action) isAmong(list []actionPattern) bool {
	if len(list) > 0 && a.list != &list[0] {
		a.look(list)
	}
	return a.among && len(list) > 0
}

func (a *action) look(list []actionPattern) {
	a.list, a.among = &list[0], false
	for i := range list {
		if p := &list[i]; p.screen.lets(&a.outline) && p.match(a) {
			a.among = true
			return
		}
	}
}

// An actionPattern is matched without regard to case. It is kept in lower case,
// its literal head apart, which tells most statements apart at once.
type actionPattern struct {
	text string // as written
	head string
	tail string // from the first wildcard on, "" when there is none
	all  bool
	open bool // the tail is a star
	// screen turns away most actions.
	screen screen
}

func compileAction(text string) actionPattern {
	p := actionPattern{text: text, head: lowerASCII(text), all: wildOnly(text) || text == "*:*"}
	if !p.all {
		whole := compilePattern(p.head, dialect{wildcards: true})
		p.screen = newScreen(whole.runs())
	}
	if i := strings.IndexAny(p.head, "*?"); i >= 0 {
		p.head, p.tail = p.head[:i], p.head[i:]
	}
	p.open = p.tail == "*"
	return p
}

// service is that which all the actions of a statement belong to, with its
// colon; "" when they may be of several.
func service(actions []actionPattern) string {
	one := ""
	for i := range actions {
		at := strings.IndexByte(actions[i].head, ':')
		if at < 0 || one != "" && actions[i].head[:at+1] != one {
			return ""
		}
		one = actions[i].head[:at+1]
	}
	return one
}

// hash is FNV-1a; it is never 0.
func hash(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h | 1
}

// match goes on where the screen has let the action through.
func (p *actionPattern) match(a *action) bool {
	n := len(p.head)
	switch {
	case p.all:
		return true
	case a.length < n || string(a.bytes[:n]) != p.head:
		return false
	case p.open:
		return true
	}
	return glob(p.tail, a.bytes[n:a.length])
}

func glob(p string, s []byte) bool {
	i, at, star, starAt := 0, 0, -1, 0
	for at < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, starAt = i, at
			i++
			continue
		case i < len(p) && (p[i] == '?' || p[i] == s[at]):
			i++
			at++
			continue
		case star < 0:
			return false
		}
		starAt++
		i, at = star+1, starAt
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
