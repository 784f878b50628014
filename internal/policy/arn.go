package policy

import (
	"math/bits"
	"strings"
)

// name is an ARN in its six parts, or a text that is none.
type name struct {
	text  string
	parts [6]string
	isARN bool
	last  outline // of the last part
}

func splitARN(text string) name {
	n := name{text: text}
	rest := text
	for i := range 5 {
		at := strings.IndexByte(rest, ':')
		if at < 0 {
			return name{text: text}
		}
		n.parts[i], rest = rest[:at], rest[at+1:]
	}
	n.parts[5] = rest
	n.isARN = n.parts[0] == "arn"
	n.last = outlineOf(rest)
	return n
}

const (
	partPartition = 1
	partService   = 2
	partAccount   = 4
	partResource  = 5
)

// arnPattern compares an ARN part by part, so that no wildcard can reach over a
// colon into another part: the last part alone may hold colons of its own.
type arnPattern struct {
	// screen turns away most names by their last part.
	screen screen
	// start is how the whole must begin, up to the first part with a wildcard.
	start string
	// rest has a bit for each part that is still to be matched when screen and
	// start have said what they can.
	rest uint8
	// all is "*", which also fits what is no ARN.
	all bool
	// api is the short form of an API's own resource policy,
	// execute-api:/stage/VERB/path: parts[5] is what follows the API's id.
	api bool
	// whole is a condition's single variable, which stands for the whole ARN.
	whole bool
	never bool
	// parts stand apart, so that what is mostly looked at lies together.
	parts *[6]pattern
	text  string
}

const shortAPI = "execute-api:/"

func isShortAPI(text string) bool { return strings.HasPrefix(text, shortAPI) }

// compileResource: variables count only after the fifth colon. Parts that are
// missing at the end are completed by wildcards, as AWS does.
func compileResource(text string, variables bool) arnPattern {
	p := arnPattern{text: text, all: wildOnly(text), parts: new([6]pattern)}
	switch {
	case p.all:
	case isShortAPI(text):
		p.api = true
		p.parts[partResource] = compilePattern(text[len(shortAPI):], dialect{wildcards: true, variables: variables})
	default:
		parts := strings.SplitN(text, ":", 6)
		for i := range p.parts {
			part := "*"
			if i < len(parts) {
				part = parts[i]
			}
			d := dialect{wildcards: true, variables: variables && i == partResource}
			p.parts[i] = compilePattern(part, d)
		}
		p.index()
	}
	return p
}

// index notes what tells most names apart without looking at the parts.
func (p *arnPattern) index() {
	last := &p.parts[partResource]
	p.screen = newScreen(last.runs())
	literal := 0
	for literal < partResource && p.parts[literal].plain {
		p.start += p.parts[literal].exact + ":"
		literal++
	}
	for i := literal; i < len(p.parts); i++ {
		if !p.parts[i].all {
			p.rest |= 1 << i
		}
	}
	if last.open() && settles(last.head()) {
		p.rest &^= 1 << partResource
	}
}

// compileARNValue is for the Arn operators: six parts, each of which may hold
// variables, whose values cannot move the others.
func compileARNValue(text string, variables bool) arnPattern {
	p := arnPattern{text: text, parts: new([6]pattern)}
	d := dialect{wildcards: true, variables: variables}
	if one := compilePattern(text, d); len(one.pieces) == 1 && one.pieces[0].kind == variable {
		p.whole = true
		p.parts[partResource] = one
		return p
	}
	parts, ok := splitTemplate(text, variables)
	if !ok {
		p.never = true
		return p
	}
	for i := range p.parts {
		p.parts[i] = compilePattern(parts[i], d)
	}
	p.index()
	return p
}

// splitTemplate splits at colons outside of variables.
func splitTemplate(text string, variables bool) (parts [6]string, ok bool) {
	n, start := 0, 0
	for i := 0; i < len(text) && n < 5; i++ {
		if variables && strings.HasPrefix(text[i:], "${") {
			if _, length, isVariable := readVariable(text[i:]); isVariable {
				i += length - 1
				continue
			}
		}
		if text[i] == ':' {
			parts[n] = text[start:i]
			n, start = n+1, i+1
		}
	}
	parts[n] = text[start:]
	return parts, n == 5
}

// match goes on where the screen has let the name through.
func (p *arnPattern) match(n *name, f *facts) bool {
	switch {
	case p.all:
		return true
	case p.never || !n.isARN:
		return false
	case p.whole:
		return p.parts[partResource].match(n.text, f)
	case p.api:
		_, path, found := strings.Cut(n.parts[partResource], "/")
		return found && n.parts[partService] == "execute-api" && p.parts[partResource].match(path, f)
	case !strings.HasPrefix(n.text, p.start):
		return false
	}
	for rest := p.rest; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros8(rest)
		if !p.parts[i].match(n.parts[i], f) {
			return false
		}
	}
	return true
}

func (p *arnPattern) resolvable(f *facts) bool {
	for i := range p.parts {
		if !p.parts[i].resolvable(f) {
			return false
		}
	}
	return true
}

// isAccount reports whether a part of an ARN is the number of an account.
func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
