package verify

import "unicode/utf8"

// The JSON reader of tokens and key sets. It is stricter than encoding/json,
// which takes the last of two equal names, replaces broken text and matches
// names without regard to case: here one text has one meaning (RFC 7493), or it
// is refused.

const (
	maxDepth = 32 // objects and arrays inside one another

	// Members of one object: equal names are searched pair by pair, and a header
	// is read before anything is proved.
	maxMembers       = 1024
	maxHeaderMembers = 32
)

// member is one name and value of an object; the value is its JSON text.
type member struct{ name, value string }

func memberNamed(members []member, name string) (value string, present bool) {
	for i := range members {
		if members[i].name == name {
			return members[i].value, true
		}
	}
	return "", false
}

type jsonError string

func (e jsonError) Error() string { return string(e) }

const (
	errJSON      = jsonError("it is not valid JSON")
	errNotObject = jsonError("it is not a JSON object")
	errTrailing  = jsonError("something follows the JSON object")
	errDuplicate = jsonError("a name stands twice in one object")
	errDepth     = jsonError("it is nested too deeply")
	errMembers   = jsonError("an object has too many members")
	errNumber    = jsonError("a number is too large")
	errUTF8      = jsonError("it is not valid UTF-8")
)

// parseObject reads a text that is one JSON object and nothing else. Nested
// values are checked as strictly as the outer one. No object in it may have more
// than most members. into may lend its storage.
func parseObject(text string, most int, into []member) ([]member, error) {
	if !utf8.ValidString(text) {
		return nil, errUTF8
	}
	s := scanner{text: text, most: most}
	s.space()
	if s.peek() != '{' {
		return nil, errNotObject
	}
	members, err := s.object(into, 1)
	if err != nil {
		return nil, err
	}
	s.space()
	if s.at != len(s.text) {
		return nil, errTrailing
	}
	return members, nil
}

// parseArray reads the elements of a value that parseObject has checked.
func parseArray(value string) (elements []string, ok bool) {
	s := scanner{text: value, most: maxMembers}
	if s.peek() != '[' {
		return nil, false
	}
	s.at++
	s.space()
	if s.peek() == ']' {
		return nil, true
	}
	for {
		s.space()
		start := s.at
		if s.value(1) != nil {
			return nil, false
		}
		elements = append(elements, s.text[start:s.at])
		s.space()
		if s.peek() != ',' {
			return elements, true
		}
		s.at++
	}
}

// parseString reads a value that parseObject has checked.
func parseString(value string) (text string, ok bool) {
	s := scanner{text: value}
	if s.peek() != '"' {
		return "", false
	}
	text, err := s.string()
	return text, err == nil
}

// parseStrings reads an array of strings.
func parseStrings(value string) (texts []string, ok bool) {
	elements, ok := parseArray(value)
	if !ok {
		return nil, false
	}
	for i, element := range elements {
		if elements[i], ok = parseString(element); !ok {
			return nil, false
		}
	}
	return elements, true
}
