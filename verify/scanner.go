package verify

import (
	"encoding/json"
	"strconv"
)

// scanner walks over a JSON text once and checks all of it (RFC 8259).
type scanner struct {
	text string
	at   int
	most int // members of one object
}

// peek is the next byte, or 0 at the end: no JSON token starts with 0.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// value checks one value and moves behind it.
func (s *scanner) value(depth int) error {
	switch c := s.peek(); {
	case c == '"':
		_, err := s.quoted()
		return err
	case c == '{':
		_, err := s.object(nil, depth+1)
		return err
	case c == '[':
		return s.array(depth + 1)
	case c == '-' || isDigit(c):
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	default:
		return errJSON
	}
}

func (s *scanner) object(members []member, depth int) ([]member, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	s.at++ // {
	s.space()
	if s.peek() == '}' {
		s.at++
		return members, nil
	}
	for {
		s.space()
		name, err := s.string()
		if err != nil {
			return nil, err
		}
		if _, twice := memberNamed(members, name); twice {
			return nil, errDuplicate
		}
		if len(members) == s.most {
			return nil, errMembers
		}
		s.space()
		if s.peek() != ':' {
			return nil, errJSON
		}
		s.at++
		s.space()
		start := s.at
		if err := s.value(depth); err != nil {
			return nil, err
		}
		members = append(members, member{name, s.text[start:s.at]})
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return members, nil
		default:
			return nil, errJSON
		}
	}
}

func (s *scanner) array(depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	s.at++ // [
	s.space()
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		s.space()
		if err := s.value(depth); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return errJSON
		}
	}
}

// string reads a string and undoes its escapes, so that "\u0069ss" is known
// for what it is.
func (s *scanner) string() (string, error) {
	start := s.at
	escaped, err := s.quoted()
	if err != nil {
		return "", err
	}
	if !escaped {
		return s.text[start+1 : s.at-1], nil
	}
	var text string
	if err := json.Unmarshal([]byte(s.text[start:s.at]), &text); err != nil {
		return "", errJSON
	}
	return text, nil
}

// quoted checks a string and moves behind it.
func (s *scanner) quoted() (escaped bool, err error) {
	if s.peek() != '"' {
		return false, errJSON
	}
	s.at++
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return escaped, nil
		case c == '\\':
			escaped = true
			if !s.escape() {
				return false, errJSON
			}
		case c < ' ':
			return false, errJSON
		default:
			s.at++
		}
	}
	return false, errJSON
}

// escape checks one escape. Half a surrogate pair is refused: a reader that
// replaces it would see two different names as one.
func (s *scanner) escape() bool {
	s.at++ // backslash
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return true
	case 'u':
		unit, ok := s.hex4()
		switch {
		case !ok || unit >= 0xDC00 && unit <= 0xDFFF:
			return false
		case unit < 0xD800 || unit > 0xDFFF:
			return true
		}
		if s.peek() != '\\' {
			return false
		}
		s.at++
		low, ok := s.hex4()
		return ok && low >= 0xDC00 && low <= 0xDFFF
	}
	return false
}

func (s *scanner) hex4() (unit rune, ok bool) {
	if s.peek() != 'u' || len(s.text)-s.at < 5 {
		return 0, false
	}
	for _, c := range []byte(s.text[s.at+1 : s.at+5]) {
		unit <<= 4
		switch {
		case isDigit(c):
			unit |= rune(c - '0')
		case 'a' <= c && c <= 'f':
			unit |= rune(c - 'a' + 10)
		case 'A' <= c && c <= 'F':
			unit |= rune(c - 'A' + 10)
		default:
			return 0, false
		}
	}
	s.at += 5
	return unit, true
}

// number checks a number. One that is too large for a float64 means nothing that
// readers agree about.
func (s *scanner) number() error {
	start, large := s.at, false
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return errJSON
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return errJSON
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		large = true
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return errJSON
		}
	}
	if large || s.at-start > 300 {
		if _, err := strconv.ParseFloat(s.text[start:s.at], 64); err != nil {
			return errNumber
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.at
	for isDigit(s.peek()) {
		s.at++
	}
	return s.at > start
}

func (s *scanner) word(word string) error {
	if len(s.text)-s.at < len(word) || s.text[s.at:s.at+len(word)] != word {
		return errJSON
	}
	s.at += len(word)
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
