package accesslog

import (
	"encoding/json"
	"strings"
)

// Limits of a format and of what fills it.
const (
	maxFormat    = 8 << 10 // bytes
	maxVariables = 100
	maxValue     = 2 << 10 // bytes, before they are escaped
)

// Mistake is what is wrong with a setting, in words for whoever wrote it.
type Mistake string

func (m Mistake) Error() string { return string(m) }

// What is wrong with a format. The first two are AWS's words.
const (
	wordsUnsupported = "The following context variables are not supported: ["
	wordsOneLine     = "Access Log format must be single line, new line character is allowed only at end of the format"
	wordsRequestID   = "Access Log format must include $context.requestId or $context.extendedRequestId"
	wordsControl     = "Access Log format must have no control characters"
	wordsBraces      = "Access Log format must name its variables as $context.name: ${context.name} is not supported"
	wordsTooLong     = "Access Log format must have at most 8192 bytes and 100 variables"
)

// Format is a compiled format, safe for concurrent use.
type Format struct {
	parts []part
}

// part is text, and then a value.
type part struct {
	text     string
	variable string // without $context.; "": none follows
	place    place
}

// Compile reads a format of an API of the kind: JSON, XML, CSV, the Common Log
// Format or any other line. Its error is what the control plane answers.
func Compile(text string, api API) (*Format, error) {
	text = strings.TrimRight(text, "\r\n")
	switch {
	case strings.ContainsAny(text, "\r\n"):
		return nil, Mistake(wordsOneLine)
	case strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && !isPrint(r) }):
		return nil, Mistake(wordsControl)
	case strings.Contains(text, "${context"):
		return nil, Mistake(wordsBraces)
	case len(text) > maxFormat:
		return nil, Mistake(wordsTooLong)
	}
	f := &Format{}
	var unknown []string
	requestID := false
	for rest := text; rest != ""; {
		literal, after, found := strings.Cut(rest, "$context")
		if !found {
			f.parts = append(f.parts, part{text: rest})
			break
		}
		name, left := readName(after)
		if !api.Known(name) {
			unknown = append(unknown, "$context"+after[:len(after)-len(left)])
		}
		requestID = requestID || name == "requestId" || name == "extendedRequestId"
		f.parts = append(f.parts, part{text: literal, variable: name})
		rest = left
	}
	switch {
	case len(unknown) > 0:
		return nil, Mistake(wordsUnsupported + strings.Join(unknown, ", ") + "]")
	case !requestID:
		return nil, Mistake(wordsRequestID)
	case len(f.parts) > maxVariables:
		return nil, Mistake(wordsTooLong)
	}
	f.place()
	return f, nil
}

// readName reads ".requestId": names with dots between them, no dot at the end.
// The name of a claim may have : and - in it, as cognito:username has.
func readName(s string) (name, rest string) {
	end := 0
	for end < len(s) {
		c := s[end]
		joint := c == '.' || (c == ':' || c == '-') && strings.HasPrefix(s[:end], "."+claims)
		if !isWord(c) && !(joint && end+1 < len(s) && isWord(s[end+1])) {
			break
		}
		end++
	}
	name, ok := strings.CutPrefix(s[:end], ".")
	if !ok {
		name = "" // $context itself, or $contextual: no variable
	}
	return name, s[end:]
}

func isWord(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c == '_' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// place decides how each value is to be escaped, from what stands around it.
func (f *Format) place() {
	style := f.style()
	quoted := false
	for i := range f.parts {
		p := &f.parts[i]
		quoted = endsQuoted(p.text, quoted, style)
		p.place = places[style][0]
		if quoted {
			p.place = places[style][1]
		}
		switch p.variable {
		case "requestTime":
			if p.place == bareText {
				p.place = quotedText // the Common Log Format has it in brackets, with a space in it
			}
		case "error.messageString":
			// It is the message in quotes: which ones, and what is escaped within, is ours to say.
			p.variable = "error.message"
			if as, ok := asString[p.place]; ok {
				p.place = as
			}
		}
	}
}

type style uint8

const (
	styleText style = iota
	styleCSV
	styleJSON
	styleXML
)

// style tells what a format is by what it looks like.
func (f *Format) style() style {
	var plain strings.Builder // with a number for each value
	for _, p := range f.parts {
		plain.WriteString(p.text)
		if p.variable != "" {
			plain.WriteByte('0')
		}
	}
	text := strings.TrimSpace(plain.String())
	switch {
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "[") && json.Valid([]byte(text)):
		return styleJSON
	case len(text) > 1 && text[0] == '<' && isLetter(text[1]):
		return styleXML
	}
	quoted := false
	for _, p := range f.parts {
		for i := range len(p.text) {
			if quoted = endsQuoted(p.text[i:i+1], quoted, styleText); !quoted && p.text[i] == ',' {
				return styleCSV
			}
		}
	}
	return styleText
}

// endsQuoted says whether what follows text stands in quotes. Whether it begins
// in them is quoted. A backslash hides a quote in JSON, and nowhere else.
func endsQuoted(text string, quoted bool, s style) bool {
	for i := 0; i < len(text); i++ {
		switch {
		case s == styleJSON && quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		}
	}
	return quoted
}

// Append appends the line, without a newline, with each variable's value from
// of. One that of does not have, or that is empty, is "-".
func (f *Format) Append(b []byte, of func(name string) (value string, ok bool)) []byte {
	for i := range f.parts {
		p := &f.parts[i]
		b = append(b, p.text...)
		if p.variable == "" {
			continue
		}
		value, ok := of(p.variable)
		if !ok || value == "" {
			b = p.place.appendMissing(b)
			continue
		}
		b = p.place.append(b, cut(value))
	}
	return b
}
