package policy

import "strings"

// name is an ARN in its six parts, or a text that is none.
type name struct {
	text  string
	parts [6]string
	isARN bool
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
	// start is how the whole must begin, up to the first part with a wildcard.
	start string
	// head and tail are how the last part must begin and end, which tells most
	// resources apart.
	head, tail string
	// open: the last part is its head and then anything.
	open bool
	// first is where the parts begin that start does not tell.
	first int8
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

// index notes what tells most resources apart without looking at the parts.
func (p *arnPattern) index() {
	last := &p.parts[partResource]
	p.head, p.tail, p.open = last.head(), last.tail(), last.open()
	for i := range partResource {
		if !p.parts[i].plain {
			break
		}
		p.start += p.parts[i].exact + ":"
		p.first++
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

func (p *arnPattern) match(n *name, c Context) bool {
	switch {
	case p.all:
		return true
	case p.never || !n.isARN:
		return false
	case p.whole:
		return p.parts[partResource].match(n.text, c)
	case p.api:
		_, path, found := strings.Cut(n.parts[partResource], "/")
		return found && n.parts[partService] == "execute-api" && p.parts[partResource].match(path, c)
	}
	if last := n.parts[partResource]; !strings.HasPrefix(last, p.head) || !strings.HasSuffix(last, p.tail) {
		return false
	}
	if !strings.HasPrefix(n.text, p.start) {
		return false
	}
	for i := int(p.first); i < len(p.parts); i++ {
		if i == partResource && p.open {
			return true
		}
		if !p.parts[i].all && !p.parts[i].match(n.parts[i], c) {
			return false
		}
	}
	return true
}

func (p *arnPattern) resolvable(c Context) bool {
	for i := range p.parts {
		if !p.parts[i].resolvable(c) {
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
