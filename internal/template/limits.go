package template

import "github.com/goccy/go-yaml/token"

// What reading a template may cost. The YAML library compares every name of a
// mapping with every other, so names are counted before it sees them.
const (
	maxSize      = 1 << 20 // bytes of a template; CloudFormation's own limit
	maxDepth     = 64      // of nested lists, mappings and functions
	maxTokens    = 20_000  // words and signs of a YAML template, some 5,000 lines: the library's time grows with their square
	maxValues    = 20_000  // names and values of a JSON template
	maxFields    = 500     // of one mapping; CloudFormation's own limit on resources
	maxResources = 2_000   // with those that SAM makes
)

// shallow refuses nesting so deep that the parser's recursion would be at the
// mercy of the text. Indentation bounds itself by the size limit; brackets and
// several indicators on one line do not.
func shallow(tokens token.Tokens, r *report) bool {
	brackets, indicators, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
			indicators = 0
		case token.SequenceEndType, token.MappingEndType:
			brackets--
			indicators = 0
		case token.CollectEntryType:
			indicators = 0
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.TagType, token.AnchorType, token.AliasType:
			if brackets <= 0 && t.Position.Line != line {
				indicators = 0
			}
			line = t.Position.Line
			indicators++
		}
		if brackets > maxDepth || indicators > maxDepth {
			r.problem(Position{t.Position.Line, t.Position.Column}, "nested too deeply; at most %d levels are allowed", maxDepth)
			return false
		}
	}
	return true
}

// narrow refuses mappings of more names than are read anyway, before the
// parser, which compares every name with every other, gets to see them. It
// goes by the columns of names, as indentation does.
func narrow(tokens token.Tokens, r *report) bool {
	type open struct{ column, names int }
	var mappings []open // the block mappings that a token stands in
	brackets := 0
	for _, t := range tokens {
		name := t
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.MappingValueType:
			name = firstOfName(t)
		}
		isName := t.Type == token.MappingValueType || t.Type == token.MappingKeyType
		if brackets > 0 || !isName && t.Type != token.SequenceEntryType {
			continue
		}
		for len(mappings) > 0 && mappings[len(mappings)-1].column > name.Position.Column {
			mappings = mappings[:len(mappings)-1]
		}
		if !isName {
			continue
		}
		if len(mappings) == 0 || mappings[len(mappings)-1].column < name.Position.Column {
			mappings = append(mappings, open{column: name.Position.Column})
		}
		last := &mappings[len(mappings)-1]
		if last.names++; last.names > maxFields {
			r.problem(Position{name.Position.Line, name.Position.Column}, tooManyNames, maxFields)
			return false
		}
	}
	return true
}

// firstOfName is where the name before a colon begins, its anchor and tag included.
func firstOfName(colon *token.Token) *token.Token {
	first := colon
	for p := colon.Prev; p != nil && p.Position.Line == colon.Position.Line; p = p.Prev {
		if p.Type == token.SequenceEntryType || p.Type == token.MappingKeyType || p.Type == token.MappingValueType {
			break
		}
		first = p
	}
	return first
}

const tooManyNames = "a mapping has more than %d names; split it"
