package userpool

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// filter is what ListUsers searches for: attribute = "value" or attribute ^= "value".
// https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html
type filter struct {
	attribute string
	prefix    bool
	value     string
}

const (
	filterStatus  = "cognito:user_status"
	filterEnabled = "status"
	maxFilter     = 256 // characters
)

// parseFilter reads a filter; nil for none. Its errors are AWS's InvalidParameterException.
func parseFilter(text string) (*filter, error) {
	if text == "" {
		return nil, nil
	}
	bad := invalid("Error while parsing filter.")
	if utf8.RuneCountInString(text) > maxFilter {
		return nil, bad
	}
	rest := strings.TrimSpace(text)
	end := strings.IndexAny(rest, "^= \t\"")
	if end <= 0 {
		return nil, bad
	}
	f := &filter{attribute: rest[:end]}
	rest = strings.TrimLeft(rest[end:], " \t")
	if after, ok := strings.CutPrefix(rest, "^="); ok {
		f.prefix, rest = true, after
	} else if after, ok := strings.CutPrefix(rest, "="); ok {
		rest = after
	} else {
		return nil, bad
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(rest, " \t"), `"`)
	if !ok {
		return nil, bad
	}
	value, rest, ok := quoted(rest)
	if !ok || rest != "" || strings.ContainsRune(value, 0) || strings.ToValidUTF8(value, "") != value {
		return nil, bad
	}
	f.value = value
	return f, f.check()
}

// quoted reads up to the closing quote; a backslash takes the next quote or
// backslash as it is.
func quoted(text string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

func (f *filter) check() error {
	switch f.attribute {
	case filterStatus:
		// Those that users can have here start with different letters, so a prefix is
		// a search for one; nobody has the others.
		for _, s := range types.UserStatusType("").Values() {
			if strings.EqualFold(f.value, string(s)) || f.prefix && f.value != "" && strings.HasPrefix(string(s), strings.ToUpper(f.value)) {
				f.value = string(s)
				return nil
			}
		}
		return invalid("Invalid value for the filter cognito:user_status.")
	case filterEnabled:
		for _, s := range []types.StatusType{types.StatusTypeEnabled, types.StatusTypeDisabled} {
			if strings.EqualFold(f.value, string(s)) {
				f.value = string(s)
				return nil
			}
		}
		return invalid("Invalid value for the filter status.")
	}
	if !slices.Contains(searchable, f.attribute) {
		return invalid("Invalid search attribute: " + f.attribute)
	}
	return nil
}

// prefixEnd is the first text after all those that begin with prefix, as bytes.
func prefixEnd(prefix string) []byte {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return []byte{0xff, 0xff} // not reached by UTF-8
}
