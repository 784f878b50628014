package account

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// What names, paths and tags may be, and what AWS says when they are not.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern = regexp.MustCompile(`^/([\x21-\x7E]+/)?$`)
	tagKey      = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`)
	tagValue    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

const (
	maxPath = 512
	maxTags = 50
)

func longest(kind entityKind) int {
	if kind == group {
		return 128
	}
	return 64
}

// checkName holds a name against AWS's form; member is its name in the input.
func checkName(member, name string, longest int) error {
	switch {
	case name == "":
		return validation("1 validation error detected: Value '' at '%s' failed to satisfy constraint: Member must have length greater than or equal to 1", member)
	case utf8.RuneCountInString(name) > longest:
		return validation("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, longest)
	case !namePattern.MatchString(name):
		return validation("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", member)
	}
	return nil
}

// pathOf is the path that was given, "/" by default.
func pathOf(given *string) (string, error) {
	if given == nil {
		return "/", nil
	}
	if len(*given) > maxPath || !pathPattern.MatchString(*given) {
		return "", validation("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return *given, nil
}

// tagsOf reads tags. Keys that differ by their case alone are one key.
func tagsOf(given []types.Tag) ([]tag, error) {
	list := make([]tag, 0, len(given))
	for _, t := range given {
		list = append(list, tag{deref(t.Key), deref(t.Value)})
	}
	return list, checkTags(list)
}

func checkTags(list []tag) error {
	seen := map[string]bool{}
	for _, t := range list {
		switch {
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128 || !tagKey.MatchString(t.Key):
			return validation("1 validation error detected: Value at 'tags.member.key' failed to satisfy constraint: Member must have 1 to 128 characters and satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return invalidInput("System tags cannot be added/updated by requester")
		case utf8.RuneCountInString(t.Value) > 256 || !tagValue.MatchString(t.Value):
			return validation("1 validation error detected: Value at 'tags.member.value' failed to satisfy constraint: Member must have at most 256 characters and satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")
		case seen[strings.ToLower(t.Key)]:
			return invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[strings.ToLower(t.Key)] = true
	}
	if len(list) > maxTags {
		return limitExceeded("The number of tags has reached the maximum limit.")
	}
	return nil
}

// checkDescription: IAM takes tabs, line ends and Latin text.
func checkDescription(text string) error {
	if utf8.RuneCountInString(text) > 1000 {
		return validation("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 1000")
	}
	for _, r := range text {
		if r != '\t' && r != '\n' && r != '\r' && (r < ' ' || r > '~' && r < 0xA1 || r > 0xFF) {
			return validation("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*")
		}
	}
	return nil
}

func deref(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
